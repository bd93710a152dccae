package benchhand

import (
	"context"
	"errors"
	"fmt"
	"time"

	"stipple/device/sim"
	"stipple/protocol"
	"stipple/protocol/conformance"
)

// patience is how long what the hand does may take to show in STATUS: a simulated
// pen is at once, but its computer may be busy.
const patience = time.Second

// Hand is a simulated pen's hand for the suite. Its calls come from one goroutine.
type Hand struct {
	pen   sim.Handpiece
	found *sim.TipSpec // the tip that was on when another was first asked for
}

var (
	_ conformance.TipHand   = (*Hand)(nil)
	_ conformance.ResetHand = (*Hand)(nil)
	_ conformance.LoadHand  = (*Hand)(nil)
	_ conformance.FaultHand = (*Hand)(nil)
)

// New is the hand on a handpiece, which it does not own.
func New(pen sim.Handpiece) *Hand { return &Hand{pen: pen} }

// Trigger implements conformance.Hand.
func (h *Hand) Trigger(_ context.Context, held bool) error { return h.pen.Trigger(held) }

// Contact implements conformance.Hand.
func (h *Hand) Contact(_ context.Context, on bool) error { return h.pen.Contact(on) }

// Patience implements conformance.Hand.
func (h *Hand) Patience() time.Duration { return patience }

// Reset implements conformance.ResetHand.
func (h *Hand) Reset(context.Context) error { return h.pen.Fault(sim.SwitchReboot, true) }

// Load implements conformance.LoadHand.
func (h *Hand) Load(_ context.Context, ohms int) error { return h.pen.LoadOhm(protocol.Ohms(ohms)) }

// Tip implements conformance.TipHand. The other tip has half of everything.
func (h *Hand) Tip(_ context.Context, which conformance.Tip) error {
	state, err := h.pen.State()
	if err != nil {
		return err
	}
	if on := state.Tip; on != nil && (h.found == nil || on.ID == h.found.ID) {
		h.found = on // with its uses so far
	}
	switch {
	case which == conformance.TipNone:
		return h.pen.RemoveTip()
	case h.found == nil:
		return fmt.Errorf("%w: no tip was on", sim.ErrTip)
	case which == conformance.TipFound:
		return h.pen.ChangeTip(*h.found)
	}
	tip := *h.found // out of its wrapper: the pen gives it an id
	tip.ID, tip.ExpiryDays, tip.UseCount, tip.BoundTreatment = 0, 0, 0, sim.TreatmentID{}
	switch which {
	case conformance.TipOther:
		tip.Pins, tip.NeedleLengthUM, tip.RatedPowerMW = tip.Pins/2, tip.NeedleLengthUM/2, tip.RatedPowerMW/2
	case conformance.TipExpired:
		tip.ExpiryDays = 1 // 1970-01-02
	case conformance.TipWorn:
		tip.UseLimit = max(tip.UseLimit, 1)
		tip.UseCount = tip.UseLimit
	case conformance.TipNoPins:
		tip.Pins = 0
	default:
		return fmt.Errorf("%w: %v", conformance.ErrNotAtHand, which)
	}
	if err := h.pen.ChangeTip(tip); errors.Is(err, sim.ErrTip) {
		return fmt.Errorf("%w: %v (%w)", conformance.ErrNotAtHand, which, err)
	} else if err != nil {
		return err
	}
	return nil
}

// Break implements conformance.FaultHand with the pen's fault switches.
func (h *Hand) Break(_ context.Context, d conformance.Defect, on bool) error {
	name, ok := switches()[d]
	if !ok {
		return fmt.Errorf("%w: %v", conformance.ErrNotAtHand, d)
	}
	err := h.pen.Fault(name, on)
	if errors.Is(err, sim.ErrFaultName) {
		return fmt.Errorf("%w: %v (%w)", conformance.ErrNotAtHand, d, err)
	}
	return err
}

// switches are the fault switches that make the defects.
func switches() map[conformance.Defect]string {
	return map[conformance.Defect]string{
		conformance.DefectWarm:      sim.SwitchWarmTip,
		conformance.DefectHot:       sim.SwitchOverTemperature,
		conformance.DefectBattery:   sim.SwitchBatteryLow,
		conformance.DefectTrigger:   sim.SwitchStuckTrigger,
		conformance.DefectDrive:     sim.SwitchMotorStall,
		conformance.DefectDepth:     sim.SwitchDepthOverrun,
		conformance.DefectPowerHigh: sim.SwitchAmplifierHigh,
		conformance.DefectPowerLow:  sim.SwitchAmplifierLow,
		conformance.DefectLeak:      sim.SwitchRFLeak,
		conformance.DefectImpedance: sim.SwitchImpedanceSpike,
		conformance.DefectPin:       sim.SwitchOpenPin,
		conformance.DefectSensor:    sim.SwitchTemperatureFrozen,
	}
}
