package sim

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stipple/protocol"
)

// expectation is what a fault must lead to.
type expectation struct {
	fault string
	that  string // in words
	model Model
	check func(*testing.T, *bench)
}

// TestEveryFault holds what each fault switch leads to, on outputs, in STATUS
// and EVENT, and in the state. A switch without an expectation fails.
func TestEveryFault(t *testing.T) {
	list := append(append(plantExpectations(), sensorExpectations()...), linkExpectations()...)
	covered := map[string]bool{}
	for _, e := range list {
		covered[e.fault] = true
		t.Run(e.fault+" "+string(e.model), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e.check(t, newBench(t, Config{Model: e.model, Seed: 71}))
				if t.Failed() {
					t.Logf("expected that %s", e.that)
				}
			})
		})
	}
	seen := map[string]bool{}
	for _, s := range Faults() {
		if !covered[s.Name] {
			t.Errorf("nothing is expected of %s", s.Name)
		}
		if seen[s.Name] || s.Does == "" || strings.Contains(s.Does, "\n") || s.Place != InPlant && s.Place != InSensor && s.Place != InLink {
			t.Errorf("%+v", s)
		}
		seen[s.Name] = true
	}
}

// breakAt turns a fault on while treating and returns the index of the first
// change after it, and when that was.
func (b *bench) breakAt(fault string) (mark int, at time.Duration) {
	b.t.Helper()
	mark, at = b.mark(), time.Since(b.start)
	b.do(b.hand.Fault(fault, true))
	return mark, at
}

// offWithin wants no RF, or on a needling pen no motion, within d of at.
func (b *bench) offWithin(mark int, at, d time.Duration) {
	b.t.Helper()
	off := b.find(mark, "output off", func(c Change) bool { return !c.RF && (b.pen.fw.isRF() || !c.Motion) })
	if off.At-at > d {
		b.t.Errorf("off after %v, want %v", off.At-at, d)
	}
}

// wants checks state and fault of STATUS.
func (c *console) wants(state protocol.State, fault protocol.Fault) {
	c.t.Helper()
	if s := c.status(); s.State != state || s.Fault != fault {
		c.t.Errorf("%v with fault %v, want %v with %v", s.State, s.Fault, state, fault)
	}
}

// endedAs wants that the newest pulse's record has the result.
func (c *console) endedAs(result protocol.PulseResult) *protocol.Pulse {
	c.t.Helper()
	list := all[protocol.Pulse](c)
	if len(list) == 0 {
		c.t.Fatal("no pulse")
	}
	p := list[len(list)-1]
	if p.Result != result {
		c.t.Errorf("pulse ended as %v, want %v", p.Result, result)
	}
	return p
}

// alarms is how often an alarm was raised.
func (c *console) alarms(a Alarm) (n int) {
	for _, e := range all[protocol.Event](c) {
		if e.Code == protocol.EventAlarm && e.Args[0] == int32(a) {
			n++
		}
	}
	return n
}

// quick are settings of two short stamps a second.
func quick() []protocol.Field {
	f := rfSettings(100)
	f[iSpeed].Value = 120
	return f
}

// modelName is the model that the firmware is of.
func (fw *firmware) modelName() Model {
	if fw.isRF() {
		return R1
	}
	return N1
}
