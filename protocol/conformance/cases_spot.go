package conformance

import (
	"fmt"
	"time"

	"stipple/protocol"
)

// What makes another spot, of section 11.

// brisk is values with the fastest stamps that they fit into, so that a case
// that waits for a further one need not wait long.
func (t *trial) brisk(values []int32) []int32 {
	p, i, _ := t.param(protocol.ParamSpeed)
	for v := p.Max; v > p.Min; v -= p.Step {
		if faster := with(values, i, v); t.fits(faster) {
			return faster
		}
	}
	return values
}

// stamp is the time of one stamp at the speed of values.
func (t *trial) stamp(values []int32) time.Duration {
	return time.Minute / time.Duration(max(values[t.s.desc.Index(protocol.ParamSpeed)], 1))
}

func energySpot(t *trial) {
	if !t.s.desc.ContactSensor {
		t.skip("this pen can't tell one spot from another")
		return
	}
	values := t.brisk(t.gentle())
	_, first := t.onePulse(values)
	blocked := func(when string) {
		s := t.awaitHand("SPOT_BLOCKED "+when, t.mark(), func(s protocol.Status) bool { return s.Flags&protocol.FlagSpotBlocked != 0 })
		t.want(t.over() || s.NewestPulse == first.Index, "no further pulse "+when, "pulse %d", s.NewestPulse)
	}
	stamp := t.stamp(values)
	t.wait(2 * stamp)
	blocked("with the trigger still held")
	t.release()
	t.pull()
	t.wait(2 * stamp)
	blocked("after another pull")
	t.release()
	t.put(&protocol.Disarm{})
	t.stopLeasing()
	t.inState(protocol.StateStandby)
	t.readyFor(values)
	t.pull()
	t.wait(2 * stamp)
	blocked("after DISARM and ARM")
	t.contact(false)
	t.wait(2 * protocol.SpotRelease)
	mark := t.mark()
	t.contact(true)
	t.ended(mark, protocol.PulseComplete, 0)
}

// energyBounce lifts the tip for half the time that another spot takes, and what
// the hand adds; the pen's own events say how long it was.
func energyBounce(t *trial) {
	if !t.s.desc.ContactSensor {
		t.skip("this pen can't tell one spot from another")
		return
	}
	values := t.brisk(t.gentle())
	_, first := t.onePulse(values)
	touch := func(on bool) protocol.PenClock {
		mark := t.mark()
		if !t.over() {
			t.do(t.s.cfg.Hand.Contact(t.ctx, on))
		}
		a, ok := t.look(t.s.patience()+stateLimit, mark, t.isEvent(protocol.EventContact))
		if !ok {
			t.fail("EVENT 14, contact", "none; %s", t.came(mark))
			return 0
		}
		return a.msg.(*protocol.Event).Clock
	}
	began := time.Now()
	off := touch(false)
	t.wait(protocol.SpotRelease/2 - 2*time.Since(began)) // a hand takes as long for the other half
	on := touch(true)
	if on.Sub(off) >= protocol.SpotRelease {
		t.skip("the hand was too slow: the tip was off for %v", on.Sub(off))
	}
	stamp := t.stamp(values)
	t.wait(2 * stamp)
	s := t.inState(protocol.StateTreating)
	t.want(t.over() || s.Flags&protocol.FlagSpotBlocked != 0 && s.NewestPulse == first.Index, fmt.Sprintf("SPOT_BLOCKED, newest pulse %d", first.Index), "flags %#x, newest pulse %d", s.Flags, s.NewestPulse)
}
