//go:build brokenpen

package systemtest

import (
	"slices"
	"testing"
	"time"

	"stipple/device/observer"
	"stipple/device/sim"
)

// A pen with one flaw is caught in the hands of a proper console, too, where that
// brings the flaw to light; package storm has the others.
func TestSystemCatchesBrokenPens(t *testing.T) {
	for _, c := range []struct {
		flaw  string
		model sim.Model
		rules []observer.Rule // one of them
	}{
		{"lease_never_expires", sim.R1, []observer.Rule{observer.RuleLease}},
		{"lease_never_expires", sim.N1, []observer.Rule{observer.RuleNeedleLate}},
		{"stale_lease_accepted", sim.R1, []observer.Rule{observer.RuleLease, observer.RuleReady}},
		{"late_lease_revives", sim.R1, []observer.Rule{observer.RuleReady}},
		{"stop_forgotten_by_hello", sim.N1, []observer.Rule{observer.RuleLatched}},
		{"settings_clamped", sim.N1, []observer.Rule{observer.RuleSettings}},
		{"bounce_is_new_spot", sim.R1, []observer.Rule{observer.RulePulses, observer.RuleDose}},
		{"needle_left_out", sim.R1, []observer.Rule{observer.RuleNeedleLate, observer.RuleNeedleBack}},
		{"pulse_number_reused", sim.R1, []observer.Rule{observer.RulePulseNumber}},
		{"pulse_number_reused", sim.N1, []observer.Rule{observer.RulePulseNumber}},
	} {
		t.Run(c.flaw+" "+string(c.model), func(t *testing.T) {
			const most = 12
			for seed := range uint64(most) {
				res := run(t, runConfig{Seed: seed, Model: c.model, For: 20 * time.Minute, newPen: func(cfg sim.Config) (*sim.Pen, error) {
					return sim.NewFlawed(cfg, c.flaw)
				}})
				for _, v := range res.Violations {
					if slices.Contains(c.rules, v.Rule) {
						t.Logf("seed %d: %v", seed, v)
						return
					}
				}
			}
			t.Errorf("not caught by %v in %d runs", c.rules, most)
		})
	}
}
