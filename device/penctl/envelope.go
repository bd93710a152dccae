package main

import (
	"fmt"
	"slices"

	"stipple/protocol"
)

// merge puts the wanted values over those that are active, all in descriptor
// order. A value for something that the pen does not have is a refusal.
func merge(d *protocol.Descriptor, active []int32, want wanted) ([]int32, error) {
	values := slices.Clone(active)
	for name, v := range want {
		i := d.Index(name)
		if i < 0 {
			return nil, &failure{exit: exitRefused, field: fieldKey(name), text: fmt.Sprintf("a %s pen has no %s", d.Kind, name)}
		}
		values[i] = v
	}
	return values, nil
}

// check holds values against what the pen says of itself and of its tip. The
// pen checks the same and has the last word; looking here first means that a
// refused set changes nothing on the pen, not even its envelope.
func check(d *protocol.Descriptor, tip protocol.TipInfo, values []int32) error {
	for i, p := range d.Parameters {
		v, key := values[i], fieldKey(p.Name)
		switch {
		case v < p.Min:
			return refusal(key, int64(p.Min), "%s %d is below the pen's minimum %d", key, v, p.Min)
		case v > p.Max:
			return refusal(key, int64(p.Max), "%s %d is above the pen's maximum %d", key, v, p.Max)
		case tip.ID != 0 && p.Name == protocol.ParamDepth && v > int32(tip.NeedleLength):
			return refusal(key, int64(tip.NeedleLength), "%s %d is beyond the tip's needles of %d", key, v, tip.NeedleLength)
		case tip.ID != 0 && p.Name == protocol.ParamPower && int64(v) > int64(tip.RatedPower):
			return refusal(key, int64(tip.RatedPower), "%s %d is above the tip's rated %d", key, v, tip.RatedPower)
		// After the tip, so that the value below is within the tip too.
		case (int64(v)-int64(p.Min))%int64(p.Step) != 0:
			return offStep(p, v, p.Step)
		}
	}
	return checkPulse(d, tip, values)
}

// offStep is the refusal of a value off the step, counted from the pen's
// minimum. Its bound is the nearest value below on the step.
func offStep(p protocol.ParameterSpec, v, step int32) *failure {
	// In 64 bits: a descriptor's range may be wider than 32.
	below := int64(v) - (int64(v)-int64(p.Min))%int64(step)
	key := fieldKey(p.Name)
	return refusal(key, below, "%s %d is off the pen's step of %d; the next below is %d", key, v, step, below)
}

// checkPulse holds dose and timing of an RF pulse against the pen's own
// bounds, as products and never as quotients.
func checkPulse(d *protocol.Descriptor, tip protocol.TipInfo, values []int32) error {
	power, duration, speed := d.Index(protocol.ParamPower), d.Index(protocol.ParamDuration), d.Index(protocol.ParamSpeed)
	if power < 0 || duration < 0 || speed < 0 {
		return nil
	}
	energy := protocol.Energy(protocol.Milliwatts(values[power]), protocol.Milliseconds(values[duration]))
	if tip.Pins > 0 && energy > d.MaxDosePinUJ*protocol.Microjoules(tip.Pins) {
		return refusal("power_mw", int64(d.MaxDosePinUJ), "%d mW for %d ms is more than the pen's %d µJ a pin", values[power], values[duration], d.MaxDosePinUJ)
	}
	if busy := int64(values[duration]) + int64(d.NeedleTravelMS); busy*int64(values[speed]) > msPerMinute {
		longest := msPerMinute/int64(values[speed]) - int64(d.NeedleTravelMS)
		return refusal("pulse_ms", longest, "%d ms and the needle's way do not fit into a stamp at %d/min", values[duration], values[speed])
	}
	return nil
}

// msPerMinute is the link's timing rule: pulse and needle travel fit into one
// stamp of a minute's worth.
const msPerMinute = 60_000

// exactEnvelope allows these values and no others, one pulse a spot, and the
// energy of that pulse, rounded up to a whole µJ a pin.
func exactEnvelope(d *protocol.Descriptor, pins uint16, values []int32) protocol.Envelope {
	e := protocol.Envelope{PulsesPerSpot: 1, Pins: pins}
	for i, v := range values {
		e.Ranges = append(e.Ranges, protocol.Range{Index: uint8(i), Min: v, Max: v})
	}
	power, duration := d.Index(protocol.ParamPower), d.Index(protocol.ParamDuration)
	if power < 0 || duration < 0 || pins == 0 {
		return e
	}
	energy := protocol.Energy(protocol.Milliwatts(values[power]), protocol.Milliseconds(values[duration]))
	e.DosePerPin = (energy + protocol.Microjoules(pins) - 1) / protocol.Microjoules(pins)
	return e
}
