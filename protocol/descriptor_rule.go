package protocol

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// DescriptorRule is the word of a rule that a descriptor must keep; SPEC.md
// section 8.1 lists them.
type DescriptorRule string

// The rules of a descriptor, in the order in which they are held.
const (
	RuleLength         DescriptorRule = "length"
	RuleDigest         DescriptorRule = "digest"
	RuleText           DescriptorRule = "text"
	RuleJSON           DescriptorRule = "json"
	RuleNull           DescriptorRule = "null"
	RuleNesting        DescriptorRule = "nesting"
	RuleKey            DescriptorRule = "key"
	RuleKeyTwice       DescriptorRule = "key_twice"
	RuleNumber         DescriptorRule = "number"
	RuleType           DescriptorRule = "type"
	RuleFormat         DescriptorRule = "format"
	RuleStatusLayout   DescriptorRule = "status_layout"
	RuleTravel         DescriptorRule = "needle_travel_ms"
	RuleStopTime       DescriptorRule = "stop_to_retracted_ms"
	RuleKind           DescriptorRule = "kind"
	RuleRFOnly         DescriptorRule = "rf_only"
	RuleRatedPower     DescriptorRule = "rated_power_mw"
	RuleFrequency      DescriptorRule = "rf_frequency_khz"
	RulePulses         DescriptorRule = "max_pulses_per_spot"
	RuleDose           DescriptorRule = "max_dose_per_pin_uj"
	RuleParameterCount DescriptorRule = "parameter_count"
	RuleString         DescriptorRule = "string"
	RuleTwice          DescriptorRule = "twice"
	RuleFixed          DescriptorRule = "fixed"
	RuleStep           DescriptorRule = "step"
	RuleRange          DescriptorRule = "range"
	RuleWholeSteps     DescriptorRule = "whole_steps"
	RuleDefault        DescriptorRule = "default"
	RuleWriteRole      DescriptorRule = "write_role"
	RuleReading        DescriptorRule = "reading"
	RulePower          DescriptorRule = "power"
	RuleWindow         DescriptorRule = "window"
	RulePriority       DescriptorRule = "priority"
	RuleTolerance      DescriptorRule = "tolerance"
	RuleLevel          DescriptorRule = "level"
	RuleArgs           DescriptorRule = "args"
	RuleArmBlocks      DescriptorRule = "arm_blocks"
	RuleLogKept        DescriptorRule = "log_kept"
	RuleCalibrations   DescriptorRule = "calibrations"
	RuleImpedance      DescriptorRule = "impedance"
	RuleSelfTests      DescriptorRule = "self_tests"
)

// A RuleError says which rule a descriptor breaks, and where. It is an
// ErrDescriptor.
type RuleError struct {
	Rule DescriptorRule
	Why  string // the entry and what it says
}

func (e *RuleError) Error() string { return fmt.Sprintf("%v: %s", ErrDescriptor, e.Why) }

// Unwrap makes every RuleError an ErrDescriptor.
func (e *RuleError) Unwrap() error { return ErrDescriptor }

func refuse(rule DescriptorRule, format string, args ...any) error {
	return &RuleError{rule, fmt.Sprintf(format, args...)}
}

// refuseJSON is refuse for what the JSON reader found.
func refuseJSON(err error) error {
	rule := RuleJSON
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		rule = RuleType
		if strings.HasPrefix(e.Value, "number ") { // with its digits: it is one, but not of this field
			rule = RuleNumber
		}
	}
	return &RuleError{rule, err.Error()}
}
