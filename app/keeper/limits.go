package keeper

import (
	"time"

	"stipple/app/backup"
)

// Every limit of the package, with its reason.
const (
	// every is how old the newest good backup is when the next is begun: a day.
	every = 24 * time.Hour
	// tooOld is when a low alarm tells of it (issue 5): a weekend is not too long.
	tooOld = 3 * 24 * time.Hour
	// again is when a backup that failed is tried again: a stick was plugged in again,
	// or room was made.
	again = 10 * time.Minute
	// lookEvery is how often the folder and the clock are looked at.
	lookEvery = time.Minute
	// lookPatience is how long the folder may take to answer.
	lookPatience = 8 * time.Second
	// stall is how long nothing may move before a backup is given up. A slow stick takes
	// minutes to write what the system has collected for it.
	stall = 15 * time.Minute
	// stuckAfter is how long what was cancelled may take to end before the disk is to
	// blame.
	stuckAfter = 5 * time.Second
	// closePatience is how long the console's end waits for what is going on.
	closePatience = 2 * time.Second

	// mostMade bounds the backups that are remembered; the policy keeps 26 of a folder.
	mostMade = 100
	// mostMemory is what a setting of the store takes, in bytes.
	mostMemory = 60 << 10
	// mostNames bounds what is read of a folder.
	mostNames = 20_000
	// mostMark bounds the file of marks in bytes, and mostMarks how many are in it: more
	// rooms than any practice has.
	mostMark  = 4 << 10
	mostMarks = 100
)

// policy is how long backups are kept: two weeks, and then one a month for a year.
func policy() backup.Policy { return backup.Policy{Newest: 14, Months: 12} }
