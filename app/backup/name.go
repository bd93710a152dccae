package backup

import (
	"strings"
	"time"
)

// The parts of a backup's name, with its time between them. Names sort by time.
const (
	namePrefix = "stipple-backup-"
	nameSuffix = ".age"
	nameTime   = "20060102T150405Z"
)

// Name is the name of a backup that was made at a time, to the second, in UTC.
func Name(at time.Time) string { return namePrefix + at.UTC().Format(nameTime) + nameSuffix }

// TimeOf is the time in the name of a backup; false for any other name.
func TimeOf(name string) (time.Time, bool) {
	text, starts := strings.CutPrefix(name, namePrefix)
	text, ends := strings.CutSuffix(text, nameSuffix)
	at, err := time.Parse(nameTime, text)
	return at, starts && ends && err == nil && Name(at) == name
}
