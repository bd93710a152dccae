package benchhand

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"stipple/device/sim"
	"stipple/protocol/conformance"
)

// newHand is the hand of a simulated pen that runs until the test ends.
func newHand(t *testing.T) (*Hand, sim.Handpiece) {
	t.Helper()
	pen, err := sim.New(sim.Config{Model: sim.R1, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- pen.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("pen: %v", err)
		}
	})
	return New(pen.Hand()), pen.Hand()
}

// Every defect that has a name is a fault switch of its own, on and off.
func TestEveryDefectIsMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hand, pen := newHand(t)
		seen := make(map[string]bool)
		n := conformance.Defect(0)
		for ; n.String() != "unknown"; n++ {
			if err := hand.Break(t.Context(), n, true); err != nil {
				t.Fatalf("%v: %v", n, err)
			}
			s, err := pen.State()
			if err != nil || len(s.Faults) != 1 || seen[s.Faults[0]] {
				t.Fatalf("%v: faults %v, error %v", n, s.Faults, err)
			}
			seen[s.Faults[0]] = true
			if err := hand.Break(t.Context(), n, false); err != nil {
				t.Fatalf("%v: %v", n, err)
			}
			if s, err := pen.State(); err != nil || len(s.Faults) != 0 {
				t.Fatalf("%v ended: faults %v, error %v", n, s.Faults, err)
			}
		}
		if err := hand.Break(t.Context(), n, true); !errors.Is(err, conformance.ErrNotAtHand) {
			t.Errorf("a defect that there is not: %v", err)
		}
	})
}

// noFaults is a bench with no fault switch.
type noFaults struct{ sim.Handpiece }

func (noFaults) Fault(string, bool) error { return sim.ErrFaultName }

// A bench that knows no such switch has no such defect.
func TestUnknownSwitchIsNotAtHand(t *testing.T) {
	if err := New(noFaults{}).Break(t.Context(), conformance.DefectHot, true); !errors.Is(err, conformance.ErrNotAtHand) {
		t.Errorf("error %v", err)
	}
}

// Each tip is what its name says, and the one that was found comes back as it was.
func TestTips(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hand, pen := newHand(t)
		on := func(which conformance.Tip) *sim.TipSpec {
			if err := hand.Tip(t.Context(), which); err != nil {
				t.Fatalf("%v: %v", which, err)
			}
			s, err := pen.State()
			if err != nil {
				t.Fatal(err)
			}
			return s.Tip
		}
		before := *on(conformance.TipFound)
		ids := []uint32{before.ID}
		for _, c := range []struct {
			which conformance.Tip
			is    func(sim.TipSpec) bool
		}{
			{conformance.TipOther, func(s sim.TipSpec) bool { return s.Pins != before.Pins && s.NeedleLengthUM < before.NeedleLengthUM }},
			{conformance.TipExpired, func(s sim.TipSpec) bool { return s.ExpiryDays == 1 && s.Pins == before.Pins }},
			{conformance.TipWorn, func(s sim.TipSpec) bool { return s.UseLimit > 0 && s.UseCount == s.UseLimit }},
			{conformance.TipNoPins, func(s sim.TipSpec) bool { return s.Pins == 0 }},
		} {
			tip := on(c.which)
			if tip == nil || !c.is(*tip) || slices.Contains(ids, tip.ID) {
				t.Fatalf("%v: %+v", c.which, tip)
			}
			ids = append(ids, tip.ID)
		}
		if tip := on(conformance.TipNone); tip != nil {
			t.Errorf("no tip: %+v", tip)
		}
		if tip := on(conformance.TipFound); tip == nil || *tip != before {
			t.Errorf("%+v, %+v was on", tip, before)
		}
		if err := hand.Tip(t.Context(), 99); !errors.Is(err, conformance.ErrNotAtHand) {
			t.Errorf("a tip that there is not: %v", err)
		}
	})
}
