package protocol

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"slices"
)

// Bounds within a descriptor.
const (
	// maxName is the longest string in bytes.
	maxName = MaxText
	// maxArmBlocks is how many bits STATUS has for them.
	maxArmBlocks = 16
	// maxDepth is how deep arrays and objects may nest: the descriptor itself
	// needs four, the rest is room for fields of a later minor version.
	maxDepth = 8
)

// checkText refuses every byte but printable ASCII, and the backslash, so that
// a string is the bytes between its quotes and a pen needs no escapes.
func checkText(raw []byte) error {
	for i, c := range raw {
		if c < 0x20 || c > 0x7E || c == '\\' {
			return refuse(RuleText, "byte 0x%02X at %d", c, i)
		}
	}
	return nil
}

// checkKeys refuses what two readers of the same JSON may take differently: a
// key twice in one object, a key in another case, a null, something behind the
// object.
func checkKeys(raw []byte) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var open []*scope
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return refuseJSON(err)
		}
		if tok == nil {
			return refuse(RuleNull, "null")
		}
		if len(open) == 0 && tok != json.Delim('{') {
			return refuse(RuleJSON, "not one JSON object")
		}
		if len(open) > 0 {
			if err := open[len(open)-1].next(tok); err != nil {
				return err
			}
		}
		switch tok {
		case json.Delim('{'), json.Delim('['):
			if len(open) == maxDepth {
				return refuse(RuleNesting, "nested deeper than %d", maxDepth)
			}
			open = append(open, newScope(tok == json.Delim('{')))
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
			if len(open) == 0 && dec.InputOffset() != int64(len(raw)) {
				return refuse(RuleJSON, "something follows the object")
			}
		}
	}
}

// scope is one object or array that checkKeys is inside of.
type scope struct {
	keys  map[string]bool // nil in an array
	value bool            // the next token is a key's value
}

func newScope(object bool) *scope {
	if !object {
		return &scope{}
	}
	return &scope{keys: make(map[string]bool)}
}

// next takes one token within the scope.
func (s *scope) next(tok json.Token) error {
	if s.keys == nil || tok == json.Delim('}') {
		return nil
	}
	if s.value {
		s.value = false
		return nil
	}
	key, _ := tok.(string)
	if key == "" || len(key) > maxName {
		return refuse(RuleKey, "key of %d bytes", len(key))
	}
	for i := range len(key) {
		if c := key[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return refuse(RuleKey, "key %q has another byte than a-z, 0-9 and _", key)
		}
	}
	if s.keys[key] {
		return refuse(RuleKeyTwice, "key %q twice", key)
	}
	s.keys[key] = true
	s.value = true
	return nil
}

// Validate refuses a descriptor that contradicts itself. The error is a
// *RuleError and names the entry.
func (d *Descriptor) Validate() error {
	if d.Format != 1 {
		return refuse(RuleFormat, "format %d, 1 is known", d.Format)
	}
	if d.StatusLayout != 1 {
		return refuse(RuleStatusLayout, "status_layout %d, 1 is known", d.StatusLayout)
	}
	if d.NeedleTravelMS < 0 || d.NeedleTravelMS > MaxTravel {
		return refuse(RuleTravel, "needle_travel_ms %d, 0 to %d allowed", d.NeedleTravelMS, MaxTravel)
	}
	if d.StopToRetracted < 1 || d.StopToRetracted > MaxStopToRetracted {
		return refuse(RuleStopTime, "stop_to_retracted_ms %d, 1 to %d allowed", d.StopToRetracted, MaxStopToRetracted)
	}
	if err := d.checkKind(); err != nil {
		return err
	}
	if err := d.checkParameters(); err != nil {
		return err
	}
	if err := d.checkTables(); err != nil {
		return err
	}
	return d.checkOptional()
}

// checkKind holds the fields that belong to RF to the kind of pen.
func (d *Descriptor) checkKind() error {
	switch d.Kind {
	case KindNeedling:
		if d.RatedPowerMW != 0 || d.RFFrequencyKHz != 0 || d.MaxPulsesSpot != 0 || d.MaxDosePinUJ != 0 {
			return refuse(RuleRFOnly, "a needling pen with RF ratings")
		}
	case KindRF:
		if d.RatedPowerMW < 1 || d.RatedPowerMW > MaxReading {
			return refuse(RuleRatedPower, "rated_power_mw %d, 1 to %d allowed", d.RatedPowerMW, MaxReading)
		}
		if d.RFFrequencyKHz < 1 {
			return refuse(RuleFrequency, "rf_frequency_khz %d", d.RFFrequencyKHz)
		}
		if d.MaxPulsesSpot < 1 {
			return refuse(RulePulses, "max_pulses_per_spot missing on an RF pen")
		}
		if d.MaxDosePinUJ < 1 || d.MaxDosePinUJ > math.MaxUint32 {
			return refuse(RuleDose, "max_dose_per_pin_uj %d, 1 to %d allowed", d.MaxDosePinUJ, uint32(math.MaxUint32))
		}
	default:
		return refuse(RuleKind, "kind %q", d.Kind)
	}
	return nil
}

// parameterUnits are the parameters of version 1 in their order, which is
// that of a settings hash.
func parameterUnits() [4][2]string {
	return [4][2]string{{ParamDepth, "um"}, {ParamSpeed, "spm"}, {ParamPower, "mw"}, {ParamDuration, "ms"}}
}

func (d *Descriptor) checkParameters() error {
	want := parameterUnits()
	n := 2
	if d.Kind == KindRF {
		n = 4
	}
	if len(d.Parameters) < n || len(d.Parameters) > MaxParameters {
		return refuse(RuleParameterCount, "%d parameters, a %s pen has at least %d and at most %d", len(d.Parameters), d.Kind, n, MaxParameters)
	}
	seen := make(map[string]bool)
	for i, p := range d.Parameters {
		if err := checkName("parameter", p.Name, seen); err != nil {
			return err
		}
		if i < n && (p.Name != want[i][0] || p.Unit != want[i][1]) {
			return refuse(RuleFixed, "parameter %d is %s in %s, want %s in %s", i, p.Name, p.Unit, want[i][0], want[i][1])
		}
		if err := p.check(); err != nil {
			return err
		}
		if i < n && p.Max > MaxReading {
			return refuse(RuleReading, "parameter %s: max %d, STATUS carries at most %d", p.Name, p.Max, MaxReading)
		}
		if d.Kind == KindNeedling && (p.Name == ParamPower || p.Name == ParamDuration) {
			return refuse(RuleRFOnly, "a needling pen with RF parameters")
		}
		if p.Name == ParamPower && p.Max > int32(d.RatedPowerMW) {
			return refuse(RulePower, "parameter %s: max %d above the rated %d", p.Name, p.Max, d.RatedPowerMW)
		}
	}
	return nil
}

// check refuses a parameter that contradicts itself.
func (p ParameterSpec) check() error {
	if p.Step <= 0 {
		return refuse(RuleStep, "parameter %s: step %d", p.Name, p.Step)
	}
	if p.Min > p.Max || p.Min < 0 {
		return refuse(RuleRange, "parameter %s: min %d, max %d", p.Name, p.Min, p.Max)
	}
	if (p.Max-p.Min)%p.Step != 0 {
		return refuse(RuleWholeSteps, "parameter %s: max is not a whole number of steps from min", p.Name)
	}
	if p.Default < p.Min || p.Default > p.Max || (p.Default-p.Min)%p.Step != 0 {
		return refuse(RuleDefault, "parameter %s: default %d", p.Name, p.Default)
	}
	if err := checkWord("parameter "+p.Name+" unit", p.Unit); err != nil {
		return err
	}
	if _, ok := RoleNamed(p.Role); !ok {
		return refuse(RuleWriteRole, "parameter %s: write_role %q", p.Name, p.Role)
	}
	return nil
}

// checkOptional holds what a pen may leave out.
func (d *Descriptor) checkOptional() error {
	if d.LogKept != 0 && d.LogKept < KeptRecords {
		return refuse(RuleLogKept, "log_kept %d, 0 or at least %d allowed", d.LogKept, KeptRecords)
	}
	known := func(rule DescriptorRule, what string, names []string, is func(string) bool) error {
		seen := make(map[string]bool)
		for _, name := range names {
			if !is(name) {
				return refuse(rule, "%s %q", what, name)
			}
			if err := checkName(what, name, seen); err != nil {
				return err
			}
		}
		return nil
	}
	isQuantity := func(name string) bool { _, ok := QuantityNamed(name); return ok }
	if err := known(RuleCalibrations, "calibration", d.Calibrations, isQuantity); err != nil {
		return err
	}
	if slices.Contains(d.Calibrations, QuantityPower.String()) && d.Kind != KindRF {
		return refuse(RuleRFOnly, "a needling pen with a calibration of power")
	}
	if s, _ := d.Sensor("impedance"); slices.Contains(d.Calibrations, QuantityImpedance.String()) && (s.Max < 1 || s.Max > MaxReading) {
		return refuse(RuleImpedance, "a calibration of impedance with a window up to %d, 1 to %d allowed", s.Max, MaxReading)
	}
	return known(RuleSelfTests, "self_test", d.SelfTests, func(name string) bool { return slices.Contains(testNames[:], name) })
}

func (d *Descriptor) checkTables() error {
	seen := make(map[string]bool)
	for _, s := range d.Sensors {
		if err := checkName("sensor", s.Name, seen); err != nil {
			return err
		}
		if err := checkWord("sensor "+s.Name+" unit", s.Unit); err != nil {
			return err
		}
		if s.Min > s.Max {
			return refuse(RuleWindow, "sensor %s: min %d, max %d", s.Name, s.Min, s.Max)
		}
	}
	if err := d.checkAlarms(); err != nil {
		return err
	}
	if err := d.checkEvents(); err != nil {
		return err
	}
	return d.checkArmBlocks()
}

func (d *Descriptor) checkAlarms() error {
	seen := make(map[string]bool)
	codes := make(map[uint16]bool)
	for _, a := range d.Alarms {
		if err := checkName("alarm", a.Name, seen); err != nil {
			return err
		}
		if codes[a.Code] {
			return refuse(RuleTwice, "alarm code %d twice", a.Code)
		}
		codes[a.Code] = true
		if a.Priority != "high" && a.Priority != "medium" && a.Priority != "low" {
			return refuse(RulePriority, "alarm %s: priority %q", a.Name, a.Priority)
		}
		if a.Tolerance < 0 {
			return refuse(RuleTolerance, "alarm %s: tolerance %d", a.Name, a.Tolerance)
		}
		if a.AbsoluteUnit != "" {
			if err := checkWord("alarm "+a.Name+" absolute_unit", a.AbsoluteUnit); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *Descriptor) checkEvents() error {
	seen := make(map[string]bool)
	codes := make(map[uint16]bool)
	for _, e := range d.Events {
		if err := checkName("event", e.Name, seen); err != nil {
			return err
		}
		if codes[e.Code] {
			return refuse(RuleTwice, "event code %d twice", e.Code)
		}
		codes[e.Code] = true
		if e.Level > LevelError {
			return refuse(RuleLevel, "event %s: level %d", e.Name, e.Level)
		}
		if len(e.Args) > 2 {
			return refuse(RuleArgs, "event %s: %d arguments, at most 2 allowed", e.Name, len(e.Args))
		}
		for _, arg := range e.Args {
			if err := checkWord("event "+e.Name+" argument", arg); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkArmBlocks holds a name to its bit: STATUS carries bits only, and the
// lower ones mean the same on every pen.
func (d *Descriptor) checkArmBlocks() error {
	if len(d.ArmBlocks) < BlockCount || len(d.ArmBlocks) > maxArmBlocks {
		return refuse(RuleArmBlocks, "%d arm blocks, %d to %d allowed", len(d.ArmBlocks), BlockCount, maxArmBlocks)
	}
	seen := make(map[string]bool)
	for i, b := range d.ArmBlocks {
		if err := checkName("arm block", b, seen); err != nil {
			return err
		}
		if i < BlockCount && b != armBlockName(i) {
			return refuse(RuleArmBlocks, "arm block %d is %s, want %s", i, b, armBlockName(i))
		}
	}
	return nil
}

// checkName refuses a name that checkWord refuses or that is already in seen.
func checkName(what, name string, seen map[string]bool) error {
	if err := checkWord(what+" name", name); err != nil {
		return err
	}
	if seen[name] {
		return refuse(RuleTwice, "%s %q twice", what, name)
	}
	seen[name] = true
	return nil
}

// checkWord refuses a string that is empty, long or not printable.
func checkWord(what, word string) error {
	if word == "" || len(word) > maxName {
		return refuse(RuleString, "%s of %d bytes, 1 to %d allowed", what, len(word), maxName)
	}
	for i := range len(word) {
		if c := word[i]; c < 0x20 || c > 0x7E {
			return refuse(RuleString, "%s %q is not printable ASCII", what, word)
		}
	}
	return nil
}
