package keeper

import (
	"stipple/app/coded"
	"stipple/app/console"
)

// What can go wrong beside what package backup tells.
var (
	// ErrNoFolder: nobody has chosen a folder. Code "backup_no_folder".
	ErrNoFolder = coded.New("backup_no_folder", "no folder for backups was chosen")
	// ErrFolderGone: the folder is not there: a stick that is not plugged in. Code
	// "backup_folder_gone".
	ErrFolderGone = coded.New("backup_folder_gone", "the folder for backups is not there")
	// ErrOtherDisk: the folder is there, and is not the one that was chosen. Code
	// "backup_other_disk".
	ErrOtherDisk = coded.New("backup_other_disk", "the folder is on another disk than the one that was chosen")
	// ErrNoAnswer: the disk does not answer. Code "backup_no_answer".
	ErrNoAnswer = coded.New("backup_no_answer", "the disk with the backups does not answer")
	// ErrReadBack: what was written is not what is read. It was removed. Code
	// "backup_read_back".
	ErrReadBack = coded.New("backup_read_back", "the backup could not be read back")
	// ErrUnknown: no backup of that name is in the folder. Code "backup_unknown".
	ErrUnknown = coded.New("backup_unknown", "there is no such backup in the folder")
	// ErrAbandoned: something is in the hands of a disk that does not answer, and was
	// left there. Code "backup_abandoned".
	ErrAbandoned = coded.New("backup_abandoned", "what was going on with backups was abandoned: the disk does not answer")
)

// NotWrittenError is a backup that the disk did not take. There is none, and earlier
// ones are as they were.
type NotWrittenError struct {
	Folder string
	Fault  console.FileFault
	Cause  error
}

func (e *NotWrittenError) Error() string { return e.Folder + ": " + e.Cause.Error() }

// Unwrap is what package backup said.
func (e *NotWrittenError) Unwrap() error { return e.Cause }

// Code is "backup_not_written_" and why.
func (e *NotWrittenError) Code() string {
	switch e.Fault {
	case console.FileFull, console.FileGone, console.FileForbidden, console.FileReadOnly:
		return "backup_not_written_" + string(e.Fault)
	}
	return "backup_not_written_other"
}

// Args is what the system says.
func (e *NotWrittenError) Args() []any { return []any{e.Cause.Error()} }
