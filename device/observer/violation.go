package observer

import (
	"fmt"
	"time"
)

// Rule names what a pen has broken. The names are stable: tests and reports use
// them.
type Rule string

// The rules of the outputs.
const (
	RuleArmed      Rule = "rf_only_while_armed"
	RuleLease      Rule = "rf_ends_with_lease"
	RuleTrigger    Rule = "rf_only_while_trigger_held"
	RulePull       Rule = "trigger_pulled_after_ready"
	RuleContact    Rule = "rf_only_in_contact"
	RuleStop       Rule = "rf_off_after_stop"
	RulePower      Rule = "power_within_settings"
	RuleDuration   Rule = "duration_within_settings"
	RuleEnergy     Rule = "pulse_energy_within_settings"
	RuleAtDepth    Rule = "rf_only_at_depth"
	RuleDose       Rule = "spot_energy_within_envelope"
	RulePulses     Rule = "pulses_of_spot_within_envelope"
	RuleSpotAtBoot Rule = "spot_of_boot_is_spent"
	RuleDark       Rule = "no_rf_without_supply"
	RuleNeedle     Rule = "needle_only_while_armed"
	RuleNeedleBack Rule = "needle_back_in_time"
	RuleNeedleStop Rule = "needle_back_after_stop"
	RuleNeedleLate Rule = "needle_back_after_lease"
	RuleDepth      Rule = "depth_within_settings"
	RuleStopped    Rule = "stopped_said_only_when_off"
	RuleQuantity   Rule = "service_one_quantity"
	RuleLoad       Rule = "service_rf_into_declared_load"
	RuleTestTime   Rule = "service_output_ends"
	RuleSpeed      Rule = "speed_within_settings"
)

// The rules of what leads to the outputs, and of what is said of them.
const (
	RuleArm         Rule = "arm_only_what_is_confirmed"
	RuleArmTime     Rule = "arm_only_in_time"
	RuleServiceMode Rule = "service_output_in_service_only"
	RuleArmBlocked  Rule = "arm_not_while_blocked"
	RuleReady       Rule = "ready_only_while_leased"
	RuleLatched     Rule = "stop_stays_latched"
	RuleFault       Rule = "fault_stays_latched"
	RuleSelfTest    Rule = "arm_only_after_self_test"
	RuleOnce        Rule = "command_only_once"
	RuleSession     Rule = "session_is_its_own"
	RuleSettings    Rule = "settings_never_bent"
	RuleBounds      Rule = "settings_within_bounds"
	RuleHash        Rule = "hash_of_what_is_active"
	RulePulseNumber Rule = "pulse_number_once"
	RulePulseTruth  Rule = "pulse_record_is_true"
	RuleClock       Rule = "pen_clock_goes_on"
	RuleEventNumber Rule = "event_number_once"
)

// Violation is one rule that was broken, once.
type Violation struct {
	Rule     Rule          `json:"rule"`
	At       time.Duration `json:"at_ns"`
	Expected string        `json:"expected"`
	Measured string        `json:"measured"`
	// Told are the facts that the Observer was told before, and the newest
	// sample, of the first violation alone. A run is not the same twice, so this
	// is what there is to look at.
	Told []string `json:"told,omitempty"`
}

func (v Violation) String() string {
	return fmt.Sprintf("%v: %s: expected %s, measured %s", v.At, v.Rule, v.Expected, v.Measured)
}

// maxViolations bounds what is kept: a pen that breaks a rule a thousand times
// is as broken as one that does it twice, and a storm must not fill the memory.
const maxViolations = 200

// report keeps violations. It is guarded by the Observer's mutex.
type report struct {
	list  []Violation
	count int
}

func (r *report) add(v Violation) {
	r.count++
	if len(r.list) < maxViolations {
		r.list = append(r.list, v)
	}
}
