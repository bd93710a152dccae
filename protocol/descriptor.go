package protocol

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Bounds of a descriptor.
const (
	// MaxDescriptor is the longest descriptor in bytes.
	MaxDescriptor = 16384
	// MaxReading is the highest value that STATUS and PULSE carry of a
	// parameter: they have 16 bits for it.
	MaxReading = 65535
	// MaxTravel is the longest needle travel, in and out together: at the
	// reference pen's slowest, 30 stamps a minute, there is no time for more.
	MaxTravel Milliseconds = 2000
	// MaxStopToRetracted is the longest way back. A pen begins it when RF ends,
	// and a lease permits motion for just so much longer than RF.
	MaxStopToRetracted = Milliseconds((LeaseMotion - LeaseRF) / time.Millisecond)
)

// ErrDescriptor is a descriptor that is refused; the session can then only
// monitor.
var ErrDescriptor = errors.New("descriptor refused")

// The names and units of the parameters of version 1, in descriptor order. A
// needling pen has the first two.
const (
	ParamDepth    = "depth"    // unit "um"
	ParamSpeed    = "speed"    // unit "spm", strokes or stamps per minute
	ParamPower    = "power"    // unit "mw"
	ParamDuration = "duration" // unit "ms"
)

// The kinds of pen.
const (
	KindNeedling = "needling"
	KindRF       = "rf"
)

// Descriptor is what a pen can do: JSON of integers and short strings, the
// same until the pen reboots. Nothing in it depends on the tip.
type Descriptor struct {
	Format          int32           `json:"format"`                        // of the descriptor: 1
	Kind            string          `json:"kind"`                          // KindNeedling or KindRF
	StatusLayout    int32           `json:"status_layout"`                 // of STATUS: 1
	RatedPowerMW    Milliwatts      `json:"rated_power_mw,omitempty"`      // RF only, 1..MaxReading
	RFFrequencyKHz  int32           `json:"rf_frequency_khz,omitempty"`    // RF only, above 0
	NeedleTravelMS  Milliseconds    `json:"needle_travel_ms"`              // in and out together, for the timing bound; 0..MaxTravel
	StopToRetracted Milliseconds    `json:"stop_to_retracted_ms"`          // ESTOP or lease over to needle back; 1..MaxStopToRetracted
	MaxPulsesSpot   uint8           `json:"max_pulses_per_spot,omitempty"` // RF only, 1..255
	MaxDosePinUJ    Microjoules     `json:"max_dose_per_pin_uj,omitempty"` // RF only, at one spot, 1..2^32-1
	ContactSensor   bool            `json:"contact_sensor"`                // the pen can tell whether the tip touches skin
	Parameters      []ParameterSpec `json:"parameters"`                    // in the order that every index refers to
	Sensors         []SensorSpec    `json:"sensors"`
	Alarms          []AlarmSpec     `json:"alarms"`
	Events          []EventSpec     `json:"events"`
	ArmBlocks       []string        `json:"arm_blocks"` // in bit order: those of version 1, then the maker's

	// What a pen may leave out.
	Hardware       uint16   `json:"hardware,omitempty"`        // revision that firmware is made for
	LogKept        int32    `json:"log_kept,omitempty"`        // records that the log holds before it wraps, KeptRecords or more; 0: no log
	Calibrations   []string `json:"calibrations,omitempty"`    // quantities that have a table; words of Quantity, power on an RF pen only
	SelfTests      []string `json:"self_tests,omitempty"`      // words of Tests
	FirmwareUpdate bool     `json:"firmware_update,omitempty"` // takes FW_BEGIN
}

// ParameterSpec is one thing that can be set.
type ParameterSpec struct {
	Name    string `json:"name"`
	Unit    string `json:"unit"`
	Min     int32  `json:"min"`        // in Unit, 0 or more
	Max     int32  `json:"max"`        // in Unit, a whole number of steps above Min
	Step    int32  `json:"step"`       // in Unit, above 0
	Default int32  `json:"default"`    // in Unit, on a step; what the pen boots with
	Role    string `json:"write_role"` // least role that may set it
}

// SensorSpec is one sensor that is present, with the window outside which the
// pen raises an alarm.
type SensorSpec struct {
	Name string `json:"name"` // "temperature", "impedance"
	Unit string `json:"unit"` // "cdegc", "ohm"
	Min  int32  `json:"min"`
	Max  int32  `json:"max"`
}

// AlarmSpec is one alarm that the pen can raise.
type AlarmSpec struct {
	Code     uint16 `json:"code"`
	Name     string `json:"name"`
	Priority string `json:"priority"` // "high", "medium", "low"
	// Tolerance is in per mille of the commanded value, or absolute in the
	// quantity's base unit where AbsoluteUnit is set; 0 where neither applies.
	Tolerance    int32  `json:"tolerance,omitempty"`
	AbsoluteUnit string `json:"absolute_unit,omitempty"`
}

// The names of alarms that mean the same on every pen (SPEC.md section 22.7).
const (
	AlarmRFUnpermitted   = "rf_unpermitted"
	AlarmOverTemperature = "over_temperature"
	AlarmDepthBeyond     = "depth_beyond_bound"
	AlarmEnergyOver      = "energy_over"
	AlarmPower           = "power_deviation"
	AlarmDepth           = "depth_deviation"
	AlarmSpeed           = "speed_deviation"
	AlarmImpedance       = "impedance_window"
	AlarmOpenPin         = "open_pin"
	AlarmMotorStall      = "motor_stall"
	AlarmTipNearEnd      = "tip_near_end"
	AlarmBatteryLow      = "battery_low"
)

// AlarmNames are all of them, in the order of SPEC.md.
func AlarmNames() []string {
	return []string{
		AlarmRFUnpermitted, AlarmOverTemperature, AlarmDepthBeyond, AlarmEnergyOver, AlarmPower, AlarmDepth,
		AlarmSpeed, AlarmImpedance, AlarmOpenPin, AlarmMotorStall, AlarmTipNearEnd, AlarmBatteryLow,
	}
}

// Alarm returns the alarm of a code, and false where the pen has none.
func (d *Descriptor) Alarm(code int32) (AlarmSpec, bool) {
	for _, a := range d.Alarms {
		if int32(a.Code) == code {
			return a, true
		}
	}
	return AlarmSpec{}, false
}

// Tolerance is that of the alarm of a name; false where the pen has no such
// alarm, or it has none.
func (d *Descriptor) Tolerance(name string) (int32, bool) {
	for _, a := range d.Alarms {
		if a.Name == name {
			return a.Tolerance, a.Tolerance > 0
		}
	}
	return 0, false
}

// EventSpec names one event code.
type EventSpec struct {
	Code  uint16   `json:"code"`
	Name  string   `json:"name"`
	Level Level    `json:"level"`
	Args  []string `json:"args,omitempty"`
}

// Encode returns the descriptor's bytes as the pen sends them. It refuses one
// that is too long or has text that ParseDescriptor refuses; it does not
// Validate. A list that is nil is sent as an empty one: null is not allowed.
func (d *Descriptor) Encode() ([]byte, error) {
	full := *d
	full.Parameters, full.Sensors = listed(d.Parameters), listed(d.Sensors)
	full.Alarms, full.Events, full.ArmBlocks = listed(d.Alarms), listed(d.Events), listed(d.ArmBlocks)
	b, err := json.Marshal(&full)
	if err != nil {
		return nil, fmt.Errorf("encode descriptor: %w", err)
	}
	if len(b) > MaxDescriptor {
		return nil, refuse(RuleLength, "%d bytes, at most %d", len(b), MaxDescriptor)
	}
	if err := checkText(b); err != nil {
		return nil, err
	}
	return b, nil
}

func listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// Index is the place of the named parameter, or -1.
func (d *Descriptor) Index(name string) int {
	for i, p := range d.Parameters {
		if p.Name == name {
			return i
		}
	}
	return -1
}

// Sensor returns the named sensor, if the pen has it.
func (d *Descriptor) Sensor(name string) (SensorSpec, bool) {
	for _, s := range d.Sensors {
		if s.Name == name {
			return s, true
		}
	}
	return SensorSpec{}, false
}

// ParseDescriptor checks raw against the digest of HELLO_ACK and reads it. A
// hostile or broken descriptor is a *RuleError, and so an ErrDescriptor, that
// says what is wrong.
func ParseDescriptor(raw []byte, digest [32]byte) (*Descriptor, error) {
	if len(raw) == 0 || len(raw) > MaxDescriptor {
		return nil, refuse(RuleLength, "%d bytes, 1 to %d allowed", len(raw), MaxDescriptor)
	}
	if sha256.Sum256(raw) != digest {
		return nil, refuse(RuleDigest, "content does not match its digest")
	}
	if err := checkText(raw); err != nil {
		return nil, err
	}
	if err := checkKeys(raw); err != nil {
		return nil, err
	}
	var d Descriptor
	if err := json.Unmarshal(raw, &d); err != nil {
		return nil, refuseJSON(err)
	}
	if err := d.Validate(); err != nil {
		return nil, err
	}
	return &d, nil
}
