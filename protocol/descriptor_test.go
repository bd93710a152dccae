package protocol

import (
	"crypto/sha256"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// rfDescriptor is a pen like the reference RF pen.
func rfDescriptor() Descriptor {
	return Descriptor{
		Format: 1, Kind: KindRF, StatusLayout: 1, RatedPowerMW: 50_000, RFFrequencyKHz: 2000, NeedleTravelMS: 120, StopToRetracted: 150,
		MaxPulsesSpot: 3, MaxDosePinUJ: 120_000, ContactSensor: true,
		Parameters: []ParameterSpec{
			{ParamDepth, "um", 500, 3500, 100, 500, "clinician"},
			{ParamSpeed, "spm", 30, 120, 1, 30, "clinician"},
			{ParamPower, "mw", 0, 50_000, 1000, 0, "clinician"},
			{ParamDuration, "ms", 10, 1000, 10, 10, "clinician"},
		},
		Sensors:   []SensorSpec{{"temperature", "cdegc", -1000, 6000}, {"impedance", "ohm", 50, 800}},
		Alarms:    []AlarmSpec{{1, "over_temperature", "high", 0, ""}, {2, "depth", "medium", 150, "um"}, {3, "power", "medium", 200, ""}},
		Events:    []EventSpec{{EventStateChange, "state_change", LevelInfo, []string{"from", "to"}}, {EventMaker, "lamp", LevelInfo, nil}},
		ArmBlocks: append((ArmBlocks(1)<<BlockCount - 1).Names(), "LAMP"),
		Hardware:  1, LogKept: KeptRecords, Calibrations: quantityNames[:], SelfTests: testNames[:], FirmwareUpdate: true,
	}
}

// needlingDescriptor is the least that a needling pen says.
func needlingDescriptor() Descriptor {
	return Descriptor{
		Format: 1, Kind: KindNeedling, StatusLayout: 1, StopToRetracted: 200,
		Parameters: []ParameterSpec{{ParamDepth, "um", 0, 2500, 50, 250, "clinician"}, {ParamSpeed, "spm", 3000, 9000, 100, 5000, "clinician"}},
		ArmBlocks:  (ArmBlocks(1)<<BlockCount - 1).Names(),
	}
}

// descriptorCase is a descriptor's text with the rule that it breaks and a part
// of the reason for which it is refused, both empty where it is accepted.
type descriptorCase struct {
	name, text string
	rule       DescriptorRule
	why        string
}

func descriptorCases(t testing.TB) []descriptorCase {
	encode := func(d Descriptor) string {
		b, err := d.Encode()
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	rf, needling := encode(rfDescriptor()), encode(needlingDescriptor())
	list := []descriptorCase{
		{"good_rf", rf, "", ""},
		{"good_needling", needling, "", ""},
		{"good_unknown_keys", strings.Replace(needling, "{", `{"lamp":{"colours":[1,2,[3]]},`, 1), "", ""},
		{"good_nesting_8", strings.Replace(needling, "{", `{"x":[[[[[[[1]]]]]]],`, 1), "", ""},
		{"good_spaces", strings.ReplaceAll(needling, ",", " ,  "), "", ""},
	}
	for _, c := range []struct {
		name, old, new string
		rule           DescriptorRule
		why            string
	}{
		{"bad_empty", rf, "", RuleLength, "0 bytes"},
		{"bad_too_long", "{", "{" + strings.Repeat(" ", MaxDescriptor), RuleLength, "allowed"},
		{"bad_not_json", "{", "hello", RuleJSON, "invalid"},
		{"bad_array", rf, "[" + rf + "]", RuleJSON, "not one JSON object"},
		{"bad_number", rf, "1", RuleJSON, "not one JSON object"},
		{"bad_cut", `"arm_blocks"`, "", RuleJSON, "invalid"},
		{"bad_half", rf, rf[:len(rf)/2], RuleJSON, "EOF"},
		{"bad_two_objects", rf, rf + rf, RuleJSON, "follows"},
		{"bad_text_behind", rf, rf + " x", RuleJSON, "follows"},
		{"bad_control_character", `"clinician"`, "\"clin\x07ician\"", RuleText, "0x07"},
		{"bad_newline", "{", "{\n", RuleText, "0x0A"},
		{"bad_utf8", `"clinician"`, `"médecin"`, RuleText, "0xC3"},
		{"bad_escape", `"clinician"`, `"clin\u0000ician"`, RuleText, "0x5C"},
		{"bad_key_twice", "{", `{"kind":"needling",`, RuleKeyTwice, "twice"},
		{"bad_key_twice_inside", `"min":500`, `"min":500,"min":0`, RuleKeyTwice, "twice"},
		{"bad_key_case", `"kind"`, `"Kind"`, RuleKey, "a-z"},
		{"bad_key_empty", "{", `{"":1,`, RuleKey, "key of 0 bytes"},
		{"bad_nesting", "{", `{"x":[[[[[[[[[[1]]]]]]]]]],`, RuleNesting, "nested"},
		{"bad_nesting_9", "{", `{"x":[[[[[[[[1]]]]]]]],`, RuleNesting, "nested"},
		{"bad_null", `"sensors":[`, `"lamp":null,"sensors":[`, RuleNull, "null"},
		{"bad_null_list", rf[strings.Index(rf, `"sensors":[`):strings.Index(rf, `,"alarms"`)], `"sensors":null`, RuleNull, "null"},
		{"bad_fraction", `"max":3500`, `"max":3500.5`, RuleNumber, "cannot unmarshal"},
		{"bad_exponent", `"max":3500`, `"max":35e2`, RuleNumber, "cannot unmarshal"},
		{"bad_overflow", `"max":3500`, `"max":4294967296`, RuleNumber, "cannot unmarshal"},
		{"bad_type", `"max":3500`, `"max":"3500"`, RuleType, "cannot unmarshal"},
		{"bad_format", `"format":1`, `"format":2`, RuleFormat, "format 2"},
		{"bad_status_layout", `"status_layout":1`, `"status_layout":0`, RuleStatusLayout, "status_layout"},
		{"bad_kind", `"kind":"rf"`, `"kind":"laser"`, RuleKind, "laser"},
		{"bad_kind_needling", `"kind":"rf"`, `"kind":"needling"`, RuleRFOnly, "RF ratings"},
		{"bad_no_rated_power", `"rated_power_mw":50000,`, ``, RuleRatedPower, "rated_power_mw"},
		{"bad_no_frequency", `"rf_frequency_khz":2000,`, ``, RuleFrequency, "rf_frequency_khz"},
		{"bad_no_pulses", `"max_pulses_per_spot":3,`, ``, RulePulses, "max_pulses_per_spot"},
		{"bad_no_dose", `"max_dose_per_pin_uj":120000,`, ``, RuleDose, "max_dose_per_pin_uj"},
		{"bad_dose_too_high", `120000`, `4294967296`, RuleDose, "max_dose_per_pin_uj"},
		{"bad_travel", `"needle_travel_ms":120`, `"needle_travel_ms":-1`, RuleTravel, "needle_travel_ms"},
		{"bad_stop_time", `"stop_to_retracted_ms":150`, `"stop_to_retracted_ms":0`, RuleStopTime, "stop_to_retracted_ms"},
		{"bad_stop_time_long", `"stop_to_retracted_ms":150`, `"stop_to_retracted_ms":201`, RuleStopTime, "stop_to_retracted_ms"},
		{"bad_min_above_max", `"min":500`, `"min":4000`, RuleRange, "min 4000"},
		{"bad_min_negative", `"min":500`, `"min":-500`, RuleRange, "min -500"},
		{"bad_step_zero", `"step":100`, `"step":0`, RuleStep, "step 0"},
		{"bad_step_negative", `"step":100`, `"step":-100`, RuleStep, "step -100"},
		{"bad_step_uneven", `"step":100`, `"step":700`, RuleWholeSteps, "whole number"},
		{"bad_default_beyond", `"default":500`, `"default":400`, RuleDefault, "default 400"},
		{"bad_default_off_step", `"default":500`, `"default":550`, RuleDefault, "default 550"},
		{"bad_reading_too_high", `"max":3500,"step":100`, `"max":65600,"step":100`, RuleReading, "carries"},
		{"bad_power_above_rated", `"rated_power_mw":50000`, `"rated_power_mw":40000`, RulePower, "rated"},
		{"bad_parameter_unit", `"unit":"um"`, `"unit":"mm"`, RuleFixed, "in mm"},
		{"bad_parameter_order", `"name":"depth"`, `"name":"speed"`, RuleFixed, "parameter 0 is speed"},
		{"bad_parameter_missing", `"name":"duration"`, `"name":"time"`, RuleFixed, "parameter 3"},
		{"bad_parameter_none", rf[strings.Index(rf, `{"name":"depth"`):strings.Index(rf, `],"sensors"`)], ``, RuleParameterCount, "0 parameters"},
		{"bad_role_long", `"clinician"`, `"` + strings.Repeat("c", 33) + `"`, RuleWriteRole, "write_role"},
		{"bad_role_empty", `"clinician"`, `""`, RuleWriteRole, "write_role"},
		{"bad_role_unknown", `"clinician"`, `"doctor"`, RuleWriteRole, "write_role"},
		{"bad_sensor_twice", `"name":"impedance","unit":"ohm"`, `"name":"temperature","unit":"cdegc"`, RuleTwice, "twice"},
		{"bad_sensor_window", `"min":50,`, `"min":801,`, RuleWindow, "min 801"},
		{"bad_sensor_unit", `"unit":"ohm"`, `"unit":""`, RuleString, "unit of 0"},
		{"bad_alarm_code_twice", `"code":3,"name":"power"`, `"code":2,"name":"power"`, RuleTwice, "code 2 twice"},
		{"bad_alarm_name_twice", `"code":3,"name":"power"`, `"code":3,"name":"over_temperature"`, RuleTwice, "twice"},
		{"bad_alarm_priority", `"priority":"high"`, `"priority":"loud"`, RulePriority, "loud"},
		{"bad_alarm_tolerance", `"tolerance":150`, `"tolerance":-1`, RuleTolerance, "tolerance"},
		{"bad_event_code_twice", `"code":32768`, `"code":2`, RuleTwice, "code 2 twice"},
		{"bad_event_level", `"level":0`, `"level":3`, RuleLevel, "level 3"},
		{"bad_event_args", `["from","to"]`, `["from","to","why"]`, RuleArgs, "3 arguments"},
		{"bad_arm_block_order", `"ESTOP","FAULT"`, `"FAULT","ESTOP"`, RuleArmBlocks, "arm block 0"},
		{"bad_arm_block_twice", `"LAMP"`, `"VERSION"`, RuleTwice, "twice"},
		{"bad_arm_block_missing", `"TRIGGER_HELD","SERVICE_MODE","LAMP"`, `"TRIGGER_HELD"`, RuleArmBlocks, "13 arm blocks"},
		{"bad_arm_blocks_many", `"LAMP"`, `"LAMP","A","B"`, RuleArmBlocks, "17 arm blocks"},
		{"bad_hardware", `"hardware":1`, `"hardware":65536`, RuleNumber, "cannot unmarshal"},
		{"bad_log_kept", `"log_kept":4096`, `"log_kept":4095`, RuleLogKept, "log_kept 4095"},
		{"bad_log_kept_negative", `"log_kept":4096`, `"log_kept":-1`, RuleLogKept, "log_kept -1"},
		{"bad_calibration_unknown", `"calibrations":["depth"`, `"calibrations":["colour"`, RuleCalibrations, "colour"},
		{"bad_calibration_twice", `"calibrations":["depth","speed"`, `"calibrations":["depth","depth"`, RuleTwice, "twice"},
		{"bad_calibration_window", `"name":"impedance","unit":"ohm","min":50,"max":800`, `"name":"impedance","unit":"ohm","min":50,"max":65536`, RuleImpedance, "65536"},
		{"bad_calibration_window_zero", `"name":"impedance","unit":"ohm","min":50,"max":800`, `"name":"impedance","unit":"ohm","min":-1,"max":0`, RuleImpedance, "window up to 0"},
		{"bad_calibration_sensor", `,{"name":"impedance","unit":"ohm","min":50,"max":800}`, ``, RuleImpedance, "window up to 0"},
		{"bad_self_test_unknown", `"self_tests":["memory"`, `"self_tests":["mood"`, RuleSelfTests, "mood"},
		{"bad_self_test_twice", `"self_tests":["memory","program"`, `"self_tests":["memory","memory"`, RuleTwice, "twice"},
		{"bad_pulses_too_many", `"max_pulses_per_spot":3`, `"max_pulses_per_spot":256`, RuleNumber, "cannot unmarshal"},
		{"bad_key_long", "{", `{"` + strings.Repeat("k", 33) + `":1,`, RuleKey, "key of 33 bytes"},
		{"bad_name_long", `"name":"over_temperature"`, `"name":"` + strings.Repeat("n", 33) + `"`, RuleString, "33 bytes"},
		{"bad_firmware_update", `"firmware_update":true`, `"firmware_update":1`, RuleType, "cannot unmarshal"},
	} {
		text := strings.Replace(rf, c.old, c.new, 1)
		if text == rf {
			t.Fatalf("case %s changes nothing", c.name)
		}
		list = append(list, descriptorCase{c.name, text, c.rule, c.why})
	}
	extra := needlingDescriptor()
	extra.Parameters = append(extra.Parameters, ParameterSpec{ParamPower, "mw", 0, 0, 1, 0, "clinician"})
	amplifier := needlingDescriptor()
	amplifier.Calibrations = []string{QuantityDepth.String(), QuantityPower.String()}
	plain := needlingDescriptor()
	plain.LogKept, plain.Calibrations, plain.SelfTests = KeptRecords, []string{QuantitySpeed.String()}, []string{testNames[4]}
	return append(list,
		descriptorCase{"bad_needling_with_power", encode(extra), RuleRFOnly, "RF parameters"},
		descriptorCase{"bad_needling_with_power_table", encode(amplifier), RuleRFOnly, "calibration of power"},
		descriptorCase{"good_needling_with_families", encode(plain), "", ""})
}

func TestParseDescriptor(t *testing.T) {
	for _, c := range descriptorCases(t) {
		t.Run(c.name, func(t *testing.T) {
			d, err := ParseDescriptor([]byte(c.text), sha256.Sum256([]byte(c.text)))
			switch {
			case c.why == "" && err != nil:
				t.Fatal(err)
			case c.why == "":
				checkDescriptorAgain(t, d)
			case ruleOf(err) != c.rule:
				t.Fatalf("error %v of rule %q, want %q", err, ruleOf(err), c.rule)
			case !strings.Contains(err.Error(), c.why):
				t.Fatalf("error %q does not say %q", err, c.why)
			}
		})
	}
}

// ruleOf is the rule of section 8 that a refused descriptor breaks; empty: the
// error names none.
func ruleOf(err error) DescriptorRule {
	if e, ok := errors.AsType[*RuleError](err); ok && errors.Is(err, ErrDescriptor) {
		return e.Rule
	}
	return ""
}

// checkDescriptorAgain encodes and reads d once more.
func checkDescriptorAgain(t *testing.T, d *Descriptor) {
	b, err := d.Encode()
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseDescriptor(b, sha256.Sum256(b))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(d, again); diff != "" {
		t.Fatalf("encoded and read again (-before +after):\n%s", diff)
	}
}

func TestParseDescriptorDigest(t *testing.T) {
	d := rfDescriptor()
	b, err := d.Encode()
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(b)
	digest[31] ^= 1
	if _, err := ParseDescriptor(b, digest); ruleOf(err) != RuleDigest {
		t.Fatalf("error %v, want one of rule %q", err, RuleDigest)
	}
}

func TestEncodeDescriptorRefuses(t *testing.T) {
	long := rfDescriptor()
	for range 2000 {
		long.ArmBlocks = append(long.ArmBlocks, "BLOCK_NAME")
	}
	escaped := rfDescriptor()
	escaped.Parameters[0].Role = "a\"b"
	for name, d := range map[string]Descriptor{"too long": long, "escape": escaped} {
		if _, err := d.Encode(); !errors.Is(err, ErrDescriptor) {
			t.Errorf("%s: error %v, want ErrDescriptor", name, err)
		}
	}
}

func TestDescriptorLookup(t *testing.T) {
	d := rfDescriptor()
	if i := d.Index(ParamPower); i != 2 {
		t.Errorf("power is parameter %d, want 2", i)
	}
	if i := d.Index("colour"); i != -1 {
		t.Errorf("colour is parameter %d, want -1", i)
	}
	if s, ok := d.Sensor("impedance"); !ok || s.Max != 800 {
		t.Errorf("impedance sensor %v, %v", s, ok)
	}
	if _, ok := d.Sensor("colour"); ok {
		t.Error("a sensor for colour")
	}
}
