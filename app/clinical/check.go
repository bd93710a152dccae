package clinical

import (
	"fmt"
	"slices"

	"stipple/protocol"
)

// Breach is the way in which a value breaks a bound.
type Breach uint8

// The breaches.
const (
	Over    Breach = iota // above the bound
	Under                 // below the bound
	OffStep               // between two steps; the bound is the step below
)

// Violation is one bound that settings break. A dose or a timing that several
// settings make together is reported once: a dose at the power, a timing at
// the speed, unless only the duration could mend it.
type Violation struct {
	Parameter Parameter
	Breach    Breach
	Value     int32 // what was asked, in the base unit
	Bound     Bound // the nearest value that this rule allows, all else unchanged
}

// Text is the violation for people: "RF power 18 W is over 15 W: dose 62
// mJ/pin, type IV".
func (v Violation) Text() string {
	word := "over"
	switch v.Breach {
	case Under:
		word = "under"
	case OffStep:
		word = "off the step, next below is"
	}
	return fmt.Sprintf("%s %s is %s %s: %s", v.Parameter.Name(), FormatWithUnit(v.Parameter, v.Value),
		word, FormatWithUnit(v.Parameter, v.Bound.Value), v.Bound.Reason.Text)
}

// Check reports every bound that s breaks, in the order of the parameters, or
// nothing if s may be applied. It does not depend on the draft of the query:
// dose and timing are judged on s itself, as products of integers.
func (l Limits) Check(s Settings) []Violation {
	var out []Violation
	for _, p := range AllParameters() {
		out = append(out, l.checkRange(p, p.Of(s))...)
	}
	if l.Kind != RF {
		return out
	}
	if doseExceeds(s, l.Pins, l.PulsesPerSpot, l.DoseCapPerPin) {
		out = addViolation(out, l.doseViolation(s))
	}
	if timingExceeds(s, l.NeedleTravel) {
		out = addViolation(out, l.timingViolation(s))
	}
	return out
}

// addViolation adds v unless the parameter's own range has already said the
// same: a bound of dose or timing that holds for every draft is in the range.
func addViolation(out []Violation, v Violation) []Violation {
	if slices.ContainsFunc(out, func(o Violation) bool {
		return o.Parameter == v.Parameter && o.Breach == v.Breach && o.Bound.Value == v.Bound.Value
	}) {
		return out
	}
	return append(out, v)
}

func (l Limits) checkRange(p Parameter, v int32) []Violation {
	lim := l.ByParameter[p]
	if !lim.Present {
		if v == 0 {
			return nil
		}
		none := Bound{Reason: Reason{Layer: LayerPen, Rule: "pen.absent", Text: "the pen has none", Source: sourceDescriptor}}
		return []Violation{{Parameter: p, Breach: Over, Value: v, Bound: none}}
	}
	sp := l.static[p]
	switch {
	case v > sp.max.Value:
		return []Violation{{Parameter: p, Breach: Over, Value: v, Bound: sp.max}}
	case v < sp.min.Value:
		return []Violation{{Parameter: p, Breach: Under, Value: v, Bound: sp.min}}
	}
	if below, changed := l.Snap(p, v); changed {
		step := Bound{Value: below, Reason: Reason{
			Layer: LayerPen, Rule: "pen.step", Text: "pen steps by " + FormatWithUnit(p, lim.Step), Source: sourceDescriptor}}
		return []Violation{{Parameter: p, Breach: OffStep, Value: v, Bound: step}}
	}
	return nil
}

// doseViolation names the power that the duration of s would allow. Where that
// is below what can be set at all, only a shorter pulse helps and the duration
// is named.
func (l Limits) doseViolation(s Settings) Violation {
	power := l.gridMax(Power, maxPowerForDose(l.DoseCapPerPin, l.Pins, l.PulsesPerSpot, s.Duration))
	if power >= l.static[Power].min.Value {
		return Violation{Parameter: Power, Breach: Over, Value: int32(s.Power),
			Bound: Bound{Value: power, Reason: l.DoseReason}}
	}
	duration := l.gridMax(Duration, maxDurationForDose(l.DoseCapPerPin, l.Pins, l.PulsesPerSpot, s.Power))
	return Violation{Parameter: Duration, Breach: Over, Value: int32(s.Duration),
		Bound: Bound{Value: duration, Reason: l.DoseReason}}
}

// timingViolation names the speed that the duration of s would allow, or the
// duration where no speed of the pen is slow enough.
func (l Limits) timingViolation(s Settings) Violation {
	speed := l.gridMax(Speed, maxSpeedForTiming(s.Duration, l.NeedleTravel))
	if speed >= l.static[Speed].min.Value {
		return Violation{Parameter: Speed, Breach: Over, Value: int32(s.Speed),
			Bound: Bound{Value: speed, Reason: timingReason(Speed, s, l.NeedleTravel)}}
	}
	duration := l.gridMax(Duration, maxDurationForTiming(s.Speed, l.NeedleTravel))
	return Violation{Parameter: Duration, Breach: Over, Value: int32(s.Duration),
		Bound: Bound{Value: duration, Reason: timingReason(Duration, s, l.NeedleTravel)}}
}

// gridMax is v brought down to the pen's step.
func (l Limits) gridMax(p Parameter, v int32) int32 {
	lim := l.ByParameter[p]
	return floorToGrid(v, lim.ScaleMin, lim.Step)
}

// DosePerPin is the dose of s per pin at one spot, rounded up, as it is shown.
// It is false where there is no dose to show: no pins known, or no power or
// duration set. It is for showing only; comparisons use the product.
func DosePerPin(s Settings, pins, pulsesPerSpot int) (protocol.Microjoules, bool) {
	if pins <= 0 || s.Power <= 0 || s.Duration <= 0 {
		return 0, false
	}
	energy := int64(protocol.Energy(s.Power, s.Duration))
	pulses := int64(max(pulsesPerSpot, 1))
	if energy > maxShownEnergy/pulses {
		return protocol.Microjoules(maxShownEnergy / int64(pins)), true
	}
	energy *= pulses
	return protocol.Microjoules((energy + int64(pins) - 1) / int64(pins)), true
}

// maxShownEnergy keeps the shown dose of nonsense settings inside an int64
// with room for rounding up.
const maxShownEnergy = int64(1) << 62
