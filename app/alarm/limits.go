package alarm

import "time"

// The bounds of the alarm system, each with its reason.
const (
	// AudioPause is the longest time for which a person may silence the sound
	// (safety.md section 7). There is no way to switch it off.
	AudioPause = 120 * time.Second
	// MaxPresent is how many occurrences stand at a time: more than the table has
	// conditions, so that only a storm of instances reaches it. One more place is
	// kept for the occurrence that tells of what found none.
	MaxPresent = 64
	// MaxHistory is how many occurrences that are over are kept to be looked at.
	// The treatment's record has its own, on disk.
	MaxHistory = 500
)
