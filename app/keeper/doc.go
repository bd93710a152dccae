// Package keeper keeps the backups of a practice: it makes one a day into a folder that
// the administrator has chosen, reads it back, removes the oldest by the policy, and
// tells when there is none that is new enough.
//
// The one idea: what counts is a backup that was read back. It is written down in the
// store before it is begun, and as good only once it was; so nothing that a crash or
// a pulled stick left behind is taken for one, and nothing is ever removed that this
// practice's program did not make.
//
// The folder is known by a file in it (markName), not by its path alone: another stick
// under the same letter, or an empty folder where a stick should be, gets nothing.
//
// Run starts a goroutine for each backup, drill or restoring, one at a time, and one for
// each look at the folder. All end with Run's context; one that the disk does not let
// go of is abandoned closePatience later, and Run says so.
package keeper
