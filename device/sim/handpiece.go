package sim

import (
	"encoding/hex"
	"errors"
	"fmt"

	"stipple/protocol"
)

// Handpiece is what the operator's hand does to a simulated pen. It stands
// beside the link, never on it. Every call returns once the pen has taken the
// input; a call may come from any goroutine.
type Handpiece interface {
	// Trigger presses or releases the trigger.
	Trigger(held bool) error
	// Contact puts the tip on the skin or lifts it. Each new contact after a
	// lift of at least 100 ms is a new spot with tissue of its own.
	Contact(on bool) error
	// ChangeTip mounts a tip, in place of any that is on. An ID of 0 stands for
	// a tip never seen before and gets an id. The ID of a tip that was on before
	// puts that one on again: uses, binding and expiry are in its own memory, and
	// nothing else of tip counts then. The hand keeps the newest 128 tips.
	ChangeTip(tip TipSpec) error
	// RemoveTip takes the tip off.
	RemoveTip() error
	// LoadOhm puts a resistor of 1 to MaxLoadOhm across the tip, as at a bench
	// for the calibration of RF: it takes the power in place of tissue, wherever
	// the needle is. 0 takes it off. ErrLoad: beyond these.
	LoadOhm(ohms protocol.Ohms) error
	// Fault switches one of the faults that Faults lists. ErrFaultName: there is no such fault.
	Fault(name string, on bool) error
	// State says what the hand does now and what the pen's outputs are.
	State() (HandState, error)
}

// ErrFaultName means that no fault switch has that name.
var ErrFaultName = errors.New("no such fault")

// ErrTip means that a tip contradicts itself.
var ErrTip = errors.New("tip refused")

// ErrLoad means that no load has that many ohms.
var ErrLoad = errors.New("load refused")

// ErrStopped means that the pen is not running any more.
var ErrStopped = errors.New("simulated pen ended")

// TipSpec is a tip as its own memory describes it.
type TipSpec struct {
	ID             uint32               `json:"id"`
	Lot            string               `json:"lot"`
	ExpiryDays     uint16               `json:"expiry_days"` // days since 1970-01-01; 0: unknown
	Pins           uint16               `json:"pins"`        // 0: unknown
	Insulated      bool                 `json:"insulated"`
	NeedleLengthUM protocol.Micrometres `json:"needle_length_um"`
	RatedPowerMW   protocol.Milliwatts  `json:"rated_power_mw"`
	UseCount       uint32               `json:"use_count"`
	UseLimit       uint32               `json:"use_limit"`       // 0: none
	BoundTreatment TreatmentID          `json:"bound_treatment"` // zero: none yet
}

// TreatmentID names a treatment; in text it is 32 hexadecimal digits.
type TreatmentID [16]byte

// MarshalText implements encoding.TextMarshaler.
func (id TreatmentID) MarshalText() ([]byte, error) {
	return hex.AppendEncode(nil, id[:]), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (id *TreatmentID) UnmarshalText(b []byte) error {
	raw, err := hex.DecodeString(string(b))
	if err != nil || len(raw) != len(id) {
		return fmt.Errorf("%w: treatment id is not 32 hexadecimal digits", ErrTip)
	}
	copy(id[:], raw)
	return nil
}

// maxNeedleUM is the longest needle that TIP_INFO can say, far beyond any.
const maxNeedleUM = 65535

func (t TipSpec) check() error {
	switch {
	case len(t.Lot) > protocol.MaxLot:
		return fmt.Errorf("%w: lot of %d bytes, at most %d", ErrTip, len(t.Lot), protocol.MaxLot)
	case t.NeedleLengthUM < 0 || t.NeedleLengthUM > maxNeedleUM:
		return fmt.Errorf("%w: needle length %d um", ErrTip, t.NeedleLengthUM)
	case t.RatedPowerMW < 0:
		return fmt.Errorf("%w: rated power %d mw", ErrTip, t.RatedPowerMW)
	}
	for _, c := range []byte(t.Lot) {
		if c < 0x20 || c > 0x7E {
			return fmt.Errorf("%w: lot is not printable ASCII", ErrTip)
		}
	}
	return nil
}

func (t TipSpec) info() *protocol.TipInfo {
	return &protocol.TipInfo{
		ID: t.ID, Insulated: t.Insulated, Pins: t.Pins, NeedleLength: uint16(t.NeedleLengthUM), RatedPower: uint32(t.RatedPowerMW),
		UseCount: t.UseCount, UseLimit: t.UseLimit, ExpiryDays: t.ExpiryDays, BoundTreatment: t.BoundTreatment, Lot: t.Lot,
	}
}

// MaxLoadOhm is the largest load: what the pen's sensor can tell from an open
// circuit.
const MaxLoadOhm protocol.Ohms = maxOhm / moPerOhm

func checkLoad(ohms protocol.Ohms) error {
	if ohms < 0 || ohms > MaxLoadOhm {
		return fmt.Errorf("%w: %d ohm, want 0 (none) or 1 to %d", ErrLoad, ohms, MaxLoadOhm)
	}
	return nil
}

// HandState is the hand's inputs and, for a drawer that shows them, the pen's
// outputs.
type HandState struct {
	Trigger bool          `json:"trigger"`
	Contact bool          `json:"contact"`
	Tip     *TipSpec      `json:"tip"`      // null: none
	LoadOhm protocol.Ohms `json:"load_ohm"` // across the tip, in place of tissue; 0: none
	Faults  []string      `json:"faults"`
	State   string        `json:"state"`
	RF      bool          `json:"rf"`
	Motion  bool          `json:"motion"`
}
