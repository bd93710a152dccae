package clinical

import (
	"slices"
	"testing"
	"time"
)

// Only what is certain counts: one ARM of which it is not known, or a pulse, and
// the treatment is one.
func TestNeverArmed(t *testing.T) {
	for _, c := range []struct {
		results []ArmResult
		pulses  int
		want    bool
	}{
		{[]ArmResult{ArmNotSent}, 0, true},
		{[]ArmResult{ArmRejected, ArmNeverSeen, ArmNotSent}, 0, true},
		{[]ArmResult{ArmNotSent, ArmExecuted}, 0, false},
		{[]ArmResult{ArmUnknown}, 0, false},
		{[]ArmResult{ArmForgotten}, 0, false},
		{[]ArmResult{ArmRejected}, 1, false}, // a pen that lies
	} {
		v := Treatment{Pulses: make([]Pulse, c.pulses)}
		for _, r := range c.results {
			v.Arms = append(v.Arms, ArmIntent{Result: r})
		}
		if got := v.NeverArmed(); got != c.want {
			t.Errorf("%v, %d pulses: %v", c.results, c.pulses, got)
		}
	}
}

// Each who armed stands once, behind the one who opened the treatment.
func TestArmers(t *testing.T) {
	a, b := Operator{ID: "a"}, Operator{ID: "b"}
	v := Treatment{Operator: a, Arms: []ArmIntent{{}, {Operator: a}, {Operator: b}, {Operator: a}}}
	if got := v.Armers(); !slices.Equal(got, []Operator{a, b}) {
		t.Errorf("%v", got)
	}
}

// A treatment that never ended took no time, and one whose clock was set back no less than
// none.
func TestSafetyTook(t *testing.T) {
	at := time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		ended time.Time
		took  time.Duration
	}{{at.Add(time.Minute), time.Minute}, {time.Time{}, 0}, {at.Add(-time.Hour), 0}} {
		if r := (Treatment{Started: at, Ended: c.ended}).Safety(); r.Took != c.took {
			t.Errorf("ended %v: took %v", c.ended, r.Took)
		}
	}
}
