package conformance

import (
	"errors"
	"fmt"

	"stipple/protocol"
)

// press has the trigger of a pen pulled and waits until the pen says so. It is
// for a pen that is not armed: no output may follow.
func (t *trial) press() {
	t.trigger(true)
}

// pull has the trigger of an armed pen pulled: outputs follow. The case needs
// NeedEnergy.
func (t *trial) pull() {
	if !t.s.cfg.Energy {
		t.skip("energy is not allowed")
		return
	}
	t.s.watch.pull(true)
	t.trigger(true)
}

// release has the trigger let go and waits until the pen says so.
func (t *trial) release() { t.trigger(false) }

func (t *trial) trigger(held bool) {
	if t.over() {
		return
	}
	mark := t.mark()
	t.pulled = t.pulled || held
	t.do(t.s.cfg.Hand.Trigger(t.ctx, held))
	t.awaitHand(fmt.Sprintf("STATUS with TRIGGER %v", held), mark, func(s protocol.Status) bool {
		return s.Flags&protocol.FlagTrigger != 0 == held
	})
	t.pulled = held
}

// contact has the tip put on the load, or lifted, and waits until the pen says
// so, where it can tell.
func (t *trial) contact(on bool) {
	if t.over() {
		return
	}
	mark := t.mark()
	t.touched = true
	t.do(t.s.cfg.Hand.Contact(t.ctx, on))
	if t.s.desc.ContactSensor {
		t.awaitHand(fmt.Sprintf("STATUS with CONTACT %v", on), mark, func(s protocol.Status) bool {
			return s.Flags&protocol.FlagContact != 0 == on
		})
	}
}

// mount has the tip changed or taken off, and waits until the pen says so.
func (t *trial) mount(which Tip) protocol.Status {
	hand, ok := t.s.cfg.Hand.(TipHand)
	if t.over() || !ok {
		return protocol.Status{}
	}
	mark, found := t.mark(), t.s.found.tip.ID
	t.tipOff = true
	t.do(hand.Tip(t.ctx, which))
	return t.awaitHand("STATUS with "+which.String(), mark, func(s protocol.Status) bool {
		return mounted(s, found) == min(which, TipOther)
	})
}

// mounted is which tip a STATUS shows, where found was on at first; every other
// one is TipOther.
func mounted(s protocol.Status, found uint32) Tip {
	switch s.TipID {
	case 0:
		return TipNone
	case found:
		return TipFound
	}
	return TipOther
}

// load has a resistor put across the tip. Whether it is on shows only once RF
// shall flow.
func (t *trial) load(ohms int) {
	hand, ok := t.s.cfg.Hand.(LoadHand)
	if t.over() || !ok {
		return
	}
	t.loaded = true
	t.do(hand.Load(t.ctx, ohms))
}

// breaks has a defect made. Whether it is there shows in what the case expects.
func (t *trial) breaks(d Defect) {
	hand, ok := t.s.cfg.Hand.(FaultHand)
	if t.over() || !ok {
		return
	}
	if t.broken == nil {
		t.broken = make(map[Defect]bool)
	}
	t.broken[d] = true
	t.do(hand.Break(t.ctx, d, true))
}

// mends has a defect ended.
func (t *trial) mends(d Defect) {
	hand, ok := t.s.cfg.Hand.(FaultHand)
	if t.over() || !ok {
		return
	}
	t.do(hand.Break(t.ctx, d, false))
	if !t.over() {
		delete(t.broken, d)
	}
}

// do loses the run when the hand can't be asked any more. What it does not have
// is no loss.
func (t *trial) do(err error) {
	switch {
	case errors.Is(err, ErrNotAtHand):
		t.skip("%v", err)
	case err != nil:
		t.lose(fmt.Errorf("hand: %w", err))
	}
}

// awaitHand waits for a STATUS that shows what the hand was asked for.
func (t *trial) awaitHand(what string, mark int, is func(protocol.Status) bool) protocol.Status {
	limit := t.s.patience() + stateLimit + t.s.roundTrip
	a, ok := t.look(limit, mark, t.isStatus(is))
	if !ok {
		t.fail(what, "not within %v; %s", limit, t.came(mark))
		return protocol.Status{}
	}
	return *a.msg.(*protocol.Status)
}

// letGo has the hand let go of what a case has left it holding. It works on
// whatever session is open, so it only asks; the hello behind it sees.
func (t *trial) letGo(of *trial) {
	if of.pulled {
		t.do(t.s.cfg.Hand.Trigger(t.ctx, false))
	}
	if of.touched {
		t.do(t.s.cfg.Hand.Contact(t.ctx, false))
	}
	if hand, ok := t.s.cfg.Hand.(LoadHand); ok && of.loaded {
		t.do(hand.Load(t.ctx, 0))
	}
	if hand, ok := t.s.cfg.Hand.(TipHand); ok && of.tipOff {
		t.do(hand.Tip(t.ctx, TipFound))
	}
	if hand, ok := t.s.cfg.Hand.(FaultHand); ok {
		for d := range defectCount {
			if !of.broken[d] {
				continue
			}
			if err := hand.Break(t.ctx, d, false); !errors.Is(err, ErrNotAtHand) {
				t.do(err)
			}
		}
	}
}

// free waits until trigger, contact and tip are as they were.
func (t *trial) free(of *trial) {
	if !of.pulled && !of.touched && !of.tipOff && !of.broken[DefectTrigger] {
		return
	}
	t.awaitHand("the hand to let go", t.from, func(s protocol.Status) bool {
		held := (of.pulled || of.broken[DefectTrigger]) && s.Flags&protocol.FlagTrigger != 0
		on := of.touched && s.Flags&protocol.FlagContact != 0
		off := of.tipOff && mounted(s, t.s.found.tip.ID) != TipFound
		return !held && !on && !off
	})
}
