package app

import (
	"testing"
	"time"

	"stipple/app/console"
)

// A console is locked after five minutes without trigger or input, never while it
// treats, and not because the clock was set.
func TestIdleness(t *testing.T) {
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	at := func(d time.Duration) time.Time { return start.Add(d) }
	long := time.Unix(0, 0)
	for _, c := range []struct {
		name  string
		now   time.Duration
		here  time.Time
		phase console.Phase
		want  bool
	}{
		{"just opened", 0, long, console.Standby, false},
		{"not yet", lockAfter - time.Second, long, console.Standby, false},
		{"nobody came", lockAfter, long, console.Standby, true},
		{"also without a pen", lockAfter, long, console.Disconnected, true},
		{"somebody was here", lockAfter, at(time.Second), console.Standby, false},
		{"long ago", lockAfter + time.Minute, at(time.Minute), console.Ready, true},
		{"while treating", 2 * lockAfter, long, console.Treating, false},
		{"a press of the future", lockAfter, at(time.Hour), console.Standby, true},
	} {
		i := idleness{since: start}
		if got := i.tooLong(at(c.now), c.here, c.phase); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	i := idleness{since: start}
	if i.tooLong(at(2*lockAfter), long, console.Treating) || i.tooLong(at(2*lockAfter+time.Second), long, console.Standby) {
		t.Error("locked as soon as the trigger was let go")
	}
	if i.tooLong(at(-time.Hour), long, console.Standby) || !i.tooLong(at(-time.Hour+lockAfter), long, console.Standby) {
		t.Error("a clock that was set back does not begin anew")
	}
}
