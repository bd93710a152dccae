package backup

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestHolding(t *testing.T) {
	at := func(month, day, hour int) time.Time {
		return time.Date(2026, time.Month(month), day, hour, 0, 0, 0, time.UTC)
	}
	name := func(month, day int) string { return Name(at(month, day, 8)) }
	names := []string{"stipple.db", name(3, 3), name(1, 5), name(1, 20), name(2, 28), name(3, 2), name(3, 2), Name(at(3, 3, 11))}
	now := at(3, 3, 12)
	all := func(string) bool { return true }
	for _, c := range []struct {
		what     string
		from, to time.Time
		good     func(string) bool
		p        Policy
		want     []Held
	}{
		{"made before and after", at(1, 10, 0), at(3, 2, 10), all, Policy{Newest: 3, Months: 2}, []Held{
			// The newest of January is no longer one of two months' once March has its own.
			{name(1, 20), at(1, 20, 8), at(3, 3, 12)},
			// That of February stays until April has one.
			{name(2, 28), at(2, 28, 8), at(4, 1, 12)},
			// The third newest goes with the next.
			{name(3, 2), at(3, 2, 8), at(3, 4, 12)},
		}},
		{"within the second", at(3, 3, 8).Add(700 * time.Millisecond), at(3, 3, 8).Add(800 * time.Millisecond), all, Policy{Newest: 2, Months: 1}, []Held{
			{name(3, 3), at(3, 3, 8), at(3, 4, 12)},
		}},
		{"of every month for ever", at(1, 1, 0), at(1, 31, 0), all, Policy{Newest: 1}, []Held{
			{name(1, 5), at(1, 5, 8), at(3, 3, 12)},
			{name(1, 20), at(1, 20, 8), time.Time{}},
		}},
		{"one that was not checked", at(3, 2, 0), at(3, 2, 9), func(n string) bool { return n == name(2, 28) }, Policy{Newest: 9}, []Held{
			{name(3, 2), at(3, 2, 8), at(3, 4, 12)}, // with the first good one
		}},
		{"nobody then", at(4, 1, 0), at(4, 2, 0), all, Policy{Newest: 1}, nil},
	} {
		t.Run(c.what, func(t *testing.T) {
			if diff := cmp.Diff(c.want, Expire(Holding(names, c.from, c.to), names, c.good, c.p, now)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
