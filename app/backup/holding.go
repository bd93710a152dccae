package backup

import (
	"slices"
	"time"
)

// Daily is how far apart the backups of a folder are that is written to automatically.
const Daily = 24 * time.Hour

// forever is where looking ahead ends: a policy that keeps a backup longer than ten years
// keeps it for ever, as far as anybody who reads a date is concerned.
const forever = 3660 // days

// Held is a backup in which somebody's data are.
type Held struct {
	Name    string
	Made    time.Time // UTC, to the second
	Expires time.Time // UTC; zero: never by the policy
}

// Holding are the backups that were made while somebody was in the store, from one moment
// to another, oldest first; what is no backup's name is left out.
func Holding(names []string, from, to time.Time) []Held {
	var all []Held
	for _, name := range names {
		// A name is cut off to the second.
		if at, ok := TimeOf(name); ok && !at.Before(from.Truncate(time.Second)) && !at.After(to) {
			all = append(all, Held{Name: name, Made: at})
		}
	}
	slices.SortFunc(all, func(a, b Held) int { return a.Made.Compare(b.Made) })
	all = slices.CompactFunc(all, func(a, b Held) bool { return a.Name == b.Name })
	return all
}

// Expire says when each goes by the policy of the folder of so many names in which it is,
// as long as a good backup is made there each day from now on.
func Expire(held []Held, names []string, good func(name string) bool, p Policy, now time.Time) []Held {
	all, names := slices.Clone(held), slices.Clone(names)
	coming := make(map[string]bool)
	waiting := len(all)
	for day := range forever {
		if waiting == 0 {
			break
		}
		at := now.UTC().Add(time.Duration(day) * Daily)
		if day > 0 {
			coming[Name(at)] = true
			names = append(names, Name(at))
		}
		expired := Expired(names, func(name string) bool { return coming[name] || good(name) }, p)
		for i := range all {
			if all[i].Expires.IsZero() && slices.Contains(expired, all[i].Name) {
				all[i].Expires = at.Truncate(time.Second)
				waiting--
			}
		}
		names = slices.DeleteFunc(names, func(name string) bool { return slices.Contains(expired, name) })
	}
	return all
}
