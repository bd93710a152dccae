//go:build brokenpen

package storm

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"stipple/device/observer"
	"stipple/device/sim"
)

// caught says for a flaw of the pen which rules a storm must find broken, on
// which model. One of them is enough; a flaw of which an empty list is given
// needs more than a storm, and says what.
type caught struct {
	flaw  string
	model sim.Model
	rules []observer.Rule
	needs string
}

func catches() []caught {
	return []caught{
		{"lease_never_expires", sim.R1, []observer.Rule{observer.RuleLease}, ""},
		{"lease_never_expires", sim.N1, []observer.Rule{observer.RuleNeedleLate}, ""},
		{"stale_lease_accepted", sim.R1, []observer.Rule{observer.RuleReady, observer.RuleLease}, ""},
		{"stale_lease_accepted", sim.N1, []observer.Rule{observer.RuleReady, observer.RuleNeedleLate}, ""},
		{"late_lease_revives", sim.R1, []observer.Rule{observer.RuleReady}, ""},
		{"late_lease_revives", sim.N1, []observer.Rule{observer.RuleReady}, ""},
		{"hash_not_compared", sim.R1, []observer.Rule{observer.RuleArm}, ""},
		{"hash_not_compared", sim.N1, []observer.Rule{observer.RuleArm}, ""},
		{"hello_keeps_confirmation", sim.R1, []observer.Rule{observer.RuleArm}, ""},
		{"hello_keeps_confirmation", sim.N1, []observer.Rule{observer.RuleArm}, ""},
		{"duplicate_arm_executed", sim.R1, []observer.Rule{observer.RuleReady, observer.RuleOnce}, ""},
		{"duplicate_arm_executed", sim.N1, []observer.Rule{observer.RuleReady, observer.RuleOnce}, ""},
		{"late_arm_accepted", sim.R1, []observer.Rule{observer.RuleArmTime}, ""},
		{"late_arm_accepted", sim.N1, []observer.Rule{observer.RuleArmTime}, ""},
		{"held_trigger_fires", sim.R1, []observer.Rule{observer.RulePull}, ""},
		{"held_trigger_fires", sim.N1, []observer.Rule{observer.RulePull}, ""},
		{"stop_ignored_in_bulk", sim.R1, []observer.Rule{observer.RuleLatched, observer.RuleStop}, ""},
		{"stop_ignored_in_bulk", sim.N1, []observer.Rule{observer.RuleLatched, observer.RuleNeedleStop}, ""},
		{"stop_forgotten_by_hello", sim.R1, []observer.Rule{observer.RuleStop}, ""},
		{"stop_forgotten_by_hello", sim.N1, []observer.Rule{observer.RuleNeedleStop}, ""},
		{"settings_clamped", sim.R1, []observer.Rule{observer.RuleSettings}, ""},
		{"settings_clamped", sim.N1, []observer.Rule{observer.RuleSettings}, ""},
		{"dose_ignored", sim.R1, []observer.Rule{observer.RuleDose}, ""},
		{"bounce_is_new_spot", sim.R1, []observer.Rule{observer.RulePulses, observer.RuleDose}, ""},
		{"session_not_checked", sim.R1, []observer.Rule{observer.RuleReady}, ""},
		{"session_not_checked", sim.N1, []observer.Rule{observer.RuleReady}, ""},
		{"needle_left_out", sim.R1, []observer.Rule{observer.RuleNeedleBack, observer.RuleNeedleLate}, ""},
		{"needle_left_out", sim.N1, []observer.Rule{observer.RuleNeedleBack, observer.RuleNeedleLate}, ""},
		{"pulse_number_reused", sim.R1, nil, "a boot: package systemtest has it"},
		{"dose_counts_commanded", sim.R1, nil, "an amplifier that gives too much: the conformance suite has it"},
		{"rf_before_depth", sim.R1, nil, "the pen's own word for its depth: the conformance suite has it"},
		{"impedance_not_watched", sim.R1, nil, "a load that changes in a pulse: the conformance suite has it"},
		{"fault_forgotten_by_boot", sim.R1, nil, "a boot with something broken: the conformance suite has it"},
		{"stopped_before_off", sim.R1, nil, "STATUS behind STOPPED: the conformance suite has it"},
		{"clear_outlives_stop", sim.R1, nil, "STATUS behind STOPPED: the conformance suite has it"},
	}
}

// A pen with one flaw is caught within minutes of storm, each time by a rule
// that is about what it does wrong.
func TestStormCatchesBrokenPens(t *testing.T) {
	seen := make(map[string]bool)
	for _, c := range catches() {
		seen[c.flaw] = true
		if c.rules == nil {
			continue
		}
		t.Run(c.flaw+" "+string(c.model), func(t *testing.T) {
			const most = 60
			for seed := range uint64(most) {
				_, _, broken := rage(t, c.model, seed, time.Minute, func(cfg sim.Config) (*sim.Pen, error) { return sim.NewFlawed(cfg, c.flaw) })
				for _, v := range broken {
					if slices.Contains(c.rules, v.Rule) {
						t.Logf("seed %d: %v", seed, v)
						return
					}
				}
			}
			t.Errorf("not caught by %v in %d minutes of storm", c.rules, most)
		})
	}
	for _, name := range sim.FlawNames() {
		if !seen[name] {
			t.Errorf("nothing is said of %s; known: %s", name, strings.Join(slices.Sorted(maps.Keys(seen)), ", "))
		}
	}
}
