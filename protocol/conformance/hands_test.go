package conformance_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"stipple/device/sim"
	"stipple/device/sim/benchhand"
	"stipple/protocol/conformance"
)

// drawer is a bench that has a trigger, a load and two tips, and makes no defect.
type drawer struct{ *benchhand.Hand }

func (d drawer) Tip(ctx context.Context, which conformance.Tip) error {
	if which > conformance.TipOther {
		return fmt.Errorf("%w: %v", conformance.ErrNotAtHand, which)
	}
	return d.Hand.Tip(ctx, which)
}

func (d drawer) Break(_ context.Context, defect conformance.Defect, _ bool) error {
	return fmt.Errorf("%w: %v", conformance.ErrNotAtHand, defect)
}

// bare is a hand of trigger and contact alone.
type bare struct{ conformance.Hand }

// What a hand can't do is not run, with the reason, and nothing fails of it.
func TestHandThatLacksSomething(t *testing.T) {
	for _, c := range []struct {
		name string
		hand func(*benchhand.Hand) conformance.Hand
		want map[string]string // of these cases, what the reason contains
	}{
		{"no defects and no special tips", func(h *benchhand.Hand) conformance.Hand { return drawer{h} }, map[string]string{
			"blocks/temperature": "not at hand: a tip too warm to arm", "blocks/tip-worn": "not at hand: a tip at its use limit",
			"guard/energy": "not at hand: an amplifier that gives too much", "guard/never-at-depth": "not at hand", "reboot/fault-kept": "not at hand: a tip too hot",
		}},
		{"trigger alone", func(h *benchhand.Hand) conformance.Hand { return bare{h} }, map[string]string{
			"blocks/temperature": "no hand that can make a defect", "blocks/tip-worn": "no hand that can change the tip",
			"guard/window-low": "no hand that can put a load", "reboot/same-spot": "no hand that can cut the supply",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pen := bench(t, sim.R1)
				report, err := conformance.Run(t.Context(), conformance.Config{
					Dial: dial(pen, nil), Hand: c.hand(benchhand.New(pen.Hand())), Energy: true, Marks: true, Only: "blocks/*,guard/*,output/*,reboot/*",
				})
				if err != nil || report.Count(conformance.Failed) != 0 {
					t.Errorf("%v fail, error %v", failedCases(report), err)
				}
				for _, r := range report.Results {
					if why, ok := c.want[r.Case.Name]; ok && (r.Outcome != conformance.NotRun || !strings.Contains(r.Why, why)) {
						t.Errorf("%s: %s, %q, want %q", r.Case.Name, r.Outcome, r.Why, why)
					}
				}
			})
		})
	}
}
