package backup

import (
	"slices"
	"strings"
	"time"
)

// Policy is how long backups are kept.
type Policy struct {
	Newest int // so many of the newest; at least 1
	Months int // the newest of each of so many newest months, by UTC; 0: of every month
}

// Expired are the names of a folder that may be removed, oldest first. good says that a
// backup was checked: any other counts for nothing, and goes only where a newer good
// one stays. The newest good one is never among them, nor is what is no backup's name.
func Expired(names []string, good func(name string) bool, p Policy) []string {
	var all []string
	for _, name := range names {
		if _, ok := TimeOf(name); ok {
			all = append(all, name)
		}
	}
	slices.SortFunc(all, func(a, b string) int { return strings.Compare(b, a) }) // newest first
	all = slices.Compact(all)
	var expired []string
	months := make(map[string]bool)
	kept := 0 // good ones
	for _, name := range all {
		if !good(name) {
			if kept > 0 {
				expired = append(expired, name)
			}
			continue
		}
		at, _ := TimeOf(name)
		month := at.Format("2006-01")
		monthly := !months[month] && (p.Months == 0 || len(months) < p.Months)
		months[month] = true
		if kept < max(p.Newest, 1) || monthly {
			kept++
			continue
		}
		expired = append(expired, name)
	}
	slices.Reverse(expired)
	return expired
}

// Expires is when a backup goes that was checked, if a good one is made each day from
// now on, to the day; zero: never. names are all that are kept, in any order.
func (p Policy) Expires(name string, names []string, now time.Time) time.Time {
	at, ok := TimeOf(name)
	if !ok {
		return time.Time{}
	}
	newer, last := 0, true // last: of its month
	for _, other := range names {
		t, ok := TimeOf(other)
		if !ok || !t.After(at) {
			continue
		}
		newer++
		last = last && !sameMonth(t, at)
	}
	now = now.UTC()
	byCount := now.AddDate(0, 0, max(max(p.Newest, 1)-newer, 0))
	tomorrow := now.AddDate(0, 0, 1)
	switch {
	case !last || sameMonth(tomorrow, at):
		return byCount // one of its month is newer, or will be
	case p.Months == 0:
		return time.Time{}
	}
	byMonth := time.Date(at.Year(), at.Month()+time.Month(p.Months), 1, now.Hour(), now.Minute(), now.Second(), 0, time.UTC)
	if byMonth.After(byCount) {
		return byMonth
	}
	return byCount
}

func sameMonth(a, b time.Time) bool {
	return a.UTC().Year() == b.UTC().Year() && a.UTC().Month() == b.UTC().Month()
}
