package backup

import (
	"slices"
	"testing"
	"time"
)

func TestExpired(t *testing.T) {
	day := func(month, day int) string {
		return Name(time.Date(2026, time.Month(month), day, 8, 0, 0, 0, time.UTC))
	}
	all := []string{day(1, 5), day(1, 20), day(2, 3), day(2, 28), day(3, 1), day(3, 2), day(3, 3)}
	for _, c := range []struct {
		name  string
		names []string
		bad   []string
		p     Policy
		want  []string
	}{
		{"nothing", nil, nil, Policy{Newest: 3}, nil},
		{"the only one", all[:1], nil, Policy{Newest: 0, Months: 1}, nil},
		{"a policy of nothing", all, nil, Policy{Newest: -1, Months: -1}, all[:6]},
		{"newest and one a month", all, nil, Policy{Newest: 2}, []string{day(1, 5), day(2, 3), day(3, 1)}},
		{"two months", all, nil, Policy{Newest: 2, Months: 2}, []string{day(1, 5), day(1, 20), day(2, 3), day(3, 1)}},
		{"bad ones do not count", all, []string{day(3, 3), day(3, 2)}, Policy{Newest: 1}, []string{day(1, 5), day(2, 3)}},
		{"a bad one below good ones", all[4:], all[4:5], Policy{Newest: 5}, all[4:5]},
		{"only bad ones", all, all, Policy{Newest: 1}, nil},
		{"the only good one is old", all, all[1:], Policy{Newest: 1, Months: 1}, nil},
		{"what is no backup", []string{"stipple.db", "stipple-backup-1.age", "stipple-backup-20260101T000000Z.age.new-1", day(1, 5), day(1, 6)}, nil, Policy{Newest: 1}, []string{day(1, 5)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			given := slices.Clone(c.names)
			slices.Reverse(given)
			got := Expired(given, func(n string) bool { return !slices.Contains(c.bad, n) }, c.p)
			if !slices.Equal(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

// With one good backup a day, each goes on the day that was told when it was made, and
// on each day after that.
func TestExpiresIsWhatHappens(t *testing.T) {
	good := func(string) bool { return true }
	for _, p := range []Policy{{Newest: 14, Months: 12}, {Newest: 1, Months: 2}, {Newest: 40, Months: 1}, {Newest: 3, Months: -1}} {
		var names []string
		told := make(map[string]time.Time)
		now := time.Date(2026, 1, 20, 9, 30, 0, 0, time.UTC)
		for range 800 {
			names = append(names, Name(now))
			for _, gone := range Expired(names, good, p) {
				if !told[gone].Equal(now) {
					t.Fatalf("%+v: %s went on %v, told was %v", p, gone, now, told[gone])
				}
				names = slices.DeleteFunc(names, func(n string) bool { return n == gone })
			}
			for _, n := range names {
				at := p.Expires(n, names, now)
				if before, ok := told[n]; ok && !before.Equal(at) && !now.Equal(before) {
					t.Fatalf("%+v: %s goes on %v, and on %v as of %v", p, n, before, at, now)
				}
				if !at.After(now) {
					t.Fatalf("%+v: %s is there on %v, and goes on %v", p, n, now, at)
				}
				told[n] = at
			}
			now = now.AddDate(0, 0, 1)
		}
	}
	every := Policy{Newest: 1}
	if at := every.Expires(Name(madeAt()), nil, madeAt().AddDate(0, 1, 0)); !at.IsZero() {
		t.Errorf("one of every month goes on %v", at)
	}
	if at := every.Expires("stipple.db", nil, madeAt()); !at.IsZero() {
		t.Error(at)
	}
}
