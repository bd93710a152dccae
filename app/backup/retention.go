package backup

import (
	"slices"
	"strings"
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
