package protocol

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// MaxDescriptor is the longest descriptor in bytes.
const MaxDescriptor = 16384

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
	Format          int             `json:"format"` // 1
	Kind            string          `json:"kind"`   // "needling" or "rf"
	StatusLayout    int             `json:"status_layout"`
	RatedPowerMW    Milliwatts      `json:"rated_power_mw,omitempty"`
	RFFrequencyKHz  int32           `json:"rf_frequency_khz,omitempty"`
	NeedleTravelMS  Milliseconds    `json:"needle_travel_ms"`     // in and out together, for the timing bound
	StopToRetracted Milliseconds    `json:"stop_to_retracted_ms"` // ESTOP to needle back
	MaxPulsesSpot   uint8           `json:"max_pulses_per_spot,omitempty"`
	MaxDosePinUJ    Microjoules     `json:"max_dose_per_pin_uj,omitempty"`
	ContactSensor   bool            `json:"contact_sensor"`
	Parameters      []ParameterSpec `json:"parameters"`
	Sensors         []SensorSpec    `json:"sensors"`
	Alarms          []AlarmSpec     `json:"alarms"`
	Events          []EventSpec     `json:"events"`
	ArmBlocks       []string        `json:"arm_blocks"`
}

// ParameterSpec is one thing that can be set.
type ParameterSpec struct {
	Name    string `json:"name"`
	Unit    string `json:"unit"`
	Min     int32  `json:"min"`
	Max     int32  `json:"max"`
	Step    int32  `json:"step"`
	Default int32  `json:"default"`
	Role    string `json:"write_role"`
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

// EventSpec names one event code.
type EventSpec struct {
	Code  uint16   `json:"code"`
	Name  string   `json:"name"`
	Level Level    `json:"level"`
	Args  []string `json:"args,omitempty"`
}

// Encode returns the descriptor's bytes as the pen sends them.
func (d *Descriptor) Encode() ([]byte, error) {
	b, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("encode descriptor: %w", err)
	}
	if len(b) > MaxDescriptor {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrDescriptor, len(b), MaxDescriptor)
	}
	return b, nil
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
// hostile or broken descriptor is an ErrDescriptor that says what is wrong.
func ParseDescriptor(raw []byte, digest [32]byte) (*Descriptor, error) {
	if len(raw) == 0 || len(raw) > MaxDescriptor {
		return nil, fmt.Errorf("%w: %d bytes, 1 to %d allowed", ErrDescriptor, len(raw), MaxDescriptor)
	}
	if sha256.Sum256(raw) != digest {
		return nil, fmt.Errorf("%w: content does not match its digest", ErrDescriptor)
	}
	for i, c := range raw {
		if c < 0x20 || c > 0x7E {
			return nil, fmt.Errorf("%w: byte 0x%02X at %d is not printable ASCII", ErrDescriptor, c, i)
		}
	}
	var d Descriptor
	dec := json.NewDecoder(bytes.NewReader(raw))
	if err := dec.Decode(&d); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDescriptor, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: something follows the object", ErrDescriptor)
	}
	if err := d.Validate(); err != nil {
		return nil, err
	}
	return &d, nil
}
