package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"stipple/device"
	"stipple/device/sim"
	"stipple/protocol"
)

// The JSON objects that penctl prints. A pointer that is nil is a value that
// the pen does not have; the key is absent then.

type settingsShape struct {
	Applied    bool   `json:"applied"` // the pen has confirmed settings active
	Generation uint32 `json:"generation"`
	Hash       string `json:"hash"` // 16 hex digits; zeros while nothing is active
	DepthUM    *int32 `json:"depth_um,omitempty"`
	SpeedSPM   *int32 `json:"speed_spm,omitempty"`
	PowerMW    *int32 `json:"power_mw,omitempty"`
	PulseMS    *int32 `json:"pulse_ms,omitempty"`
}

func shapeSettings(d *protocol.Descriptor, s device.Snapshot) settingsShape {
	shape := settingsShape{Applied: s.Applied, Generation: s.Generation, Hash: hex.EncodeToString(s.Hash[:])}
	for i, p := range d.Parameters {
		if i >= len(s.Values) {
			break
		}
		v := s.Values[i]
		switch p.Name {
		case protocol.ParamDepth:
			shape.DepthUM = &v
		case protocol.ParamSpeed:
			shape.SpeedSPM = &v
		case protocol.ParamPower:
			shape.PowerMW = &v
		case protocol.ParamDuration:
			shape.PulseMS = &v
		}
	}
	return shape
}

type tipShape struct {
	ID             uint32  `json:"id"`
	Lot            string  `json:"lot"`
	Expiry         *string `json:"expiry"` // "2027-03-31"; null: unknown
	Pins           uint16  `json:"pins"`
	Insulated      bool    `json:"insulated"`
	NeedleLengthUM uint16  `json:"needle_length_um"`
	RatedPowerMW   uint32  `json:"rated_power_mw"`
	UseCount       uint32  `json:"use_count"`
	UseLimit       uint32  `json:"use_limit"` // 0: none
}

// shapeTip returns nil for no tip.
func shapeTip(t protocol.TipInfo) *tipShape {
	if t.ID == 0 {
		return nil
	}
	shape := &tipShape{
		ID: t.ID, Lot: t.Lot, Pins: t.Pins, Insulated: t.Insulated, NeedleLengthUM: t.NeedleLength,
		RatedPowerMW: t.RatedPower, UseCount: t.UseCount, UseLimit: t.UseLimit,
	}
	shape.Expiry = expiryDay(t.ExpiryDays)
	return shape
}

// expiryDay is the day that many days after 1970-01-01; nil for 0, unknown.
func expiryDay(days uint16) *string {
	if days == 0 {
		return nil
	}
	day := time.Unix(int64(days)*24*60*60, 0).UTC().Format(time.DateOnly)
	return &day
}

// handShape is the hand's state with the tip's expiry as info has it. Its tip
// replaces that of the embedded state.
type handShape struct {
	sim.HandState
	Tip *handTipShape `json:"tip"` // null: none
}

type handTipShape struct {
	sim.TipSpec
	Expiry     *string `json:"expiry"`      // "2027-03-31"; null: unknown
	ExpiryDays *uint16 `json:"expiry_days"` // days since 1970-01-01; null: unknown
}

func shapeHand(s sim.HandState) handShape {
	shape := handShape{HandState: s}
	if s.Tip == nil {
		return shape
	}
	shape.Tip = &handTipShape{TipSpec: *s.Tip, Expiry: expiryDay(s.Tip.ExpiryDays)}
	if s.Tip.ExpiryDays != 0 {
		shape.Tip.ExpiryDays = &s.Tip.ExpiryDays
	}
	return shape
}

type infoShape struct {
	Port       string         `json:"port"`
	Model      string         `json:"model"`
	Kind       string         `json:"kind"` // "needling", "rf"; empty where the descriptor was refused
	Serial     string         `json:"serial"`
	Firmware   string         `json:"firmware"`
	Simulated  bool           `json:"simulated"`
	Protocol   string         `json:"protocol"` // "1.0"
	Boot       uint32         `json:"boot"`
	Monitor    *string        `json:"monitor"` // why it can only be watched and stopped; null: it can be set
	State      string         `json:"state"`
	Fault      string         `json:"fault"` // "NONE" or the specification's name
	ArmBlocks  []string       `json:"arm_blocks"`
	BatteryPct uint8          `json:"battery_pct"`
	Settings   *settingsShape `json:"settings"`
	Tip        *tipShape      `json:"tip"`
}

func shapeInfo(s *device.Session) infoShape {
	info, st := s.Info(), s.Live().Status
	shape := infoShape{
		Port: info.Port.Path, Model: info.Model, Serial: info.Serial, Firmware: info.Firmware, Simulated: info.Simulated,
		Protocol: fmt.Sprintf("%d.%d", info.Major, info.Minor), Boot: info.Boot,
		State: st.State.String(), Fault: st.Fault.String(), ArmBlocks: st.ArmBlocks.Names(), BatteryPct: st.Battery,
	}
	if shape.ArmBlocks == nil {
		shape.ArmBlocks = []string{}
	}
	if info.Descriptor != nil {
		shape.Kind = info.Descriptor.Kind
	}
	if info.Monitor {
		why := info.MonitorReason.Error()
		shape.Monitor = &why
	}
	if snap, ok := s.Snapshot(); ok && info.Descriptor != nil {
		settings := shapeSettings(info.Descriptor, snap)
		shape.Settings = &settings
	}
	if tip, ok := s.Tip(); ok {
		shape.Tip = shapeTip(tip)
	}
	return shape
}

// print writes one JSON object on a line of its own.
func (c console) print(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	if _, err := fmt.Fprintf(c.out, "%s\n", text); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// Values as a person reads them: millimetres, watts, seconds of a kind.

func millimetres(um int32) string { return fmt.Sprintf("%d.%03d mm", um/1000, um%1000) }
func watts(mw int32) string       { return fmt.Sprintf("%d.%03d W", mw/1000, mw%1000) }

// words is a snapshot for a person.
func (s settingsShape) words() string {
	text := "not applied"
	if s.Applied {
		text = "applied"
	}
	if s.DepthUM != nil {
		text += ", depth " + millimetres(*s.DepthUM)
	}
	if s.SpeedSPM != nil {
		text += fmt.Sprintf(", speed %d/min", *s.SpeedSPM)
	}
	if s.PowerMW != nil {
		text += ", power " + watts(*s.PowerMW)
	}
	if s.PulseMS != nil {
		text += fmt.Sprintf(", pulse %d ms", *s.PulseMS)
	}
	return text
}
