package alarm

import "time"

// The bounds of the alarm system, each with its reason.
const (
	// AudioPause is the longest time for which a person may silence the sound
	// (safety.md section 7). There is no way to switch it off.
	AudioPause = 120 * time.Second
	// MaxInstances is how many occurrences of one condition stand at a time: a pen
	// that invents an alarm a millisecond takes the place of no other condition.
	MaxInstances = 12
	// MaxPresent is how many occurrences stand at a time in all. Each row of the
	// table finds a place, with all instances of those that have some. One more is
	// kept for the occurrence that tells of what found none.
	MaxPresent = 128
	// MaxHistory is how many occurrences that are over are kept to be looked at.
	// The treatment's record has its own, on disk.
	MaxHistory = 500
)
