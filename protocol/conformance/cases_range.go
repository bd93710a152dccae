package conformance

import (
	"fmt"
	"math"

	"stipple/protocol"
)

func rangeCases() []Case {
	return []Case{
		{"range/depth", "10", "depth: below and above the pen, off the step, below and above the envelope", 0, func(t *trial) { t.bounds(protocol.ParamDepth) }},
		{"range/speed", "10", "speed: the same", 0, func(t *trial) { t.bounds(protocol.ParamSpeed) }},
		{"range/power", "10", "power: the same", NeedRF, func(t *trial) { t.bounds(protocol.ParamPower) }},
		{"range/duration", "10", "duration: the same", NeedRF, func(t *trial) { t.bounds(protocol.ParamDuration) }},
		{"range/maker", "10", "the maker's own parameters: the same", 0, rangeMaker},
		{"range/tip-depth", "10", "depth beyond the tip's needles: ABOVE_LIMIT with their length", 0, rangeTipDepth},
		{"range/tip-power", "10", "power beyond the tip's rated power: ABOVE_LIMIT with that", NeedRF, rangeTipPower},
		{"range/several", "10", "each value is judged by itself: all bad ones get their verdict at once", 0, rangeSeveral},
		{"range/whole-range", "10", "every value from the descriptor's minimum to its maximum on a step is taken, where dose, timing and tip allow", 0, rangeWhole},
		{"dose/over", "10", "a dose over the cap: DOSE on power and on duration, with the cap", NeedRF, doseOver},
		{"dose/exact", "10", "a dose of just the cap is taken: products are compared, not quotients", NeedRF, doseExact},
		{"dose/pulses", "10", "the dose counts every pulse of the spot", NeedRF, dosePulses},
		{"dose/64-bit", "10", "the products have 64 bits: the strongest settings against the smallest cap are over it", NeedRF, doseWide},
		{"dose/before-timing", "10", "a dose that fails is the only verdict: the timing is not judged then", NeedRF, doseBeforeTiming},
		{"timing/over", "10", "a pulse that does not fit into one stamp: TIMING on duration, with the longest that fits", NeedRF, timingOver},
		{"timing/exact", "10", "the longest pulse that fits is taken", NeedRF, timingExact},
	}
}

// verdictFor puts values and expects one bad verdict.
func (t *trial) verdictFor(values []int32, i int, code protocol.Code, bound int32) {
	want := make([]protocol.Verdict, len(values))
	for j := range want {
		want[j].Index = uint8(j)
	}
	want[i].Code, want[i].Bound = code, bound
	t.judged(putSettings(1, values).Fields, want...)
}

// bounds breaks every bound of one parameter.
func (t *trial) bounds(name string) {
	p, i, ok := t.param(name)
	if !ok {
		t.skip("this pen has no %s", name)
		return
	}
	t.boundsOf(p, i)
}

func (t *trial) boundsOf(p protocol.ParameterSpec, i int) {
	t.limit(t.widest())
	base := t.least()
	for _, v := range []int32{p.Min - 1, -1, math.MinInt32} {
		if v < p.Min {
			t.verdictFor(with(base, i, v), i, protocol.CodeBelowPen, p.Min)
		}
	}
	for _, v := range []int64{int64(p.Max) + 1, int64(p.Max) + int64(p.Step), math.MaxInt32} {
		if v > int64(p.Max) && v <= math.MaxInt32 {
			t.verdictFor(with(base, i, int32(v)), i, protocol.CodeAbovePen, p.Max)
		}
	}
	if p.Step > 1 && p.Max > p.Min {
		t.verdictFor(with(base, i, p.Min+1), i, protocol.CodeStep, p.Step)
		t.verdictFor(with(base, i, p.Max-1), i, protocol.CodeStep, p.Step)
	}
	if p.Max-p.Min < 2*p.Step {
		return // no room for an envelope of its own
	}
	// An envelope of the one value in the middle: its neighbours are outside.
	middle := p.Min + p.Step
	t.limit(t.ranged(i, func(r *protocol.Range) { r.Min, r.Max = middle, middle }))
	t.verdictFor(with(base, i, p.Min), i, protocol.CodeBelowLimit, middle)
	bound := t.tipBound(p.Name, middle)
	t.verdictFor(with(base, i, middle+p.Step), i, protocol.CodeAboveLimit, bound)
}

// tipBound is the smaller of an envelope's maximum and the tip's.
func (t *trial) tipBound(name string, most int32) int32 {
	tip := t.tip()
	switch {
	case tip.ID == 0:
	case name == protocol.ParamDepth:
		return min(most, int32(tip.NeedleLength))
	case name == protocol.ParamPower:
		return min(most, int32(min(tip.RatedPower, math.MaxInt32)))
	}
	return most
}

func rangeMaker(t *trial) {
	found := false
	for i, p := range t.s.desc.Parameters {
		switch p.Name {
		case protocol.ParamDepth, protocol.ParamSpeed, protocol.ParamPower, protocol.ParamDuration:
		default:
			found = true
			t.boundsOf(p, i)
		}
	}
	if !found {
		t.skip("this pen has no parameters of the maker's own")
	}
}

// beyondTip asks for the first value that the tip does not allow.
func (t *trial) beyondTip(name string) {
	p, i, _ := t.param(name)
	most := t.tipBound(name, p.Max)
	if most >= p.Max {
		t.skip("the tip that is on allows all that the pen does")
		return
	}
	t.limit(t.widest())
	over := p.Min + (max(most-p.Min, -1)/p.Step+1)*p.Step
	if most < p.Min {
		over = p.Min
	}
	t.verdictFor(with(t.least(), i, over), i, protocol.CodeAboveLimit, most)
}

func rangeTipDepth(t *trial) { t.beyondTip(protocol.ParamDepth) }
func rangeTipPower(t *trial) { t.beyondTip(protocol.ParamPower) }

func rangeSeveral(t *trial) {
	t.limit(t.widest())
	values := make([]int32, 0, len(t.s.desc.Parameters))
	var want []protocol.Verdict
	for i, p := range t.s.desc.Parameters {
		v := protocol.Verdict{Index: uint8(i), Code: protocol.CodeBelowPen, Bound: p.Min}
		value := p.Min - 1
		if i%2 == 1 && p.Max < math.MaxInt32 {
			v.Code, v.Bound, value = protocol.CodeAbovePen, p.Max, p.Max+1
		}
		values, want = append(values, value), append(want, v)
	}
	t.judged(putSettings(1, values).Fields, want...)
}

// fits says whether the pen should take values under the widest envelope.
func (t *trial) fits(values []int32) bool {
	for i, p := range t.s.desc.Parameters {
		if values[i] < p.Min || values[i] > t.tipBound(p.Name, p.Max) {
			return false
		}
	}
	if !t.rf() {
		return true
	}
	power, duration, speed := t.rfValues(values)
	dose := protocol.Energy(power, duration)
	return dose <= t.s.desc.MaxDosePinUJ*protocol.Microjoules(t.tip().Pins) && t.fitsStamp(duration, speed)
}

func (t *trial) rfValues(values []int32) (protocol.Milliwatts, protocol.Milliseconds, protocol.StrokesPerMinute) {
	d := t.s.desc
	return protocol.Milliwatts(values[d.Index(protocol.ParamPower)]), protocol.Milliseconds(values[d.Index(protocol.ParamDuration)]),
		protocol.StrokesPerMinute(values[d.Index(protocol.ParamSpeed)])
}

const msPerMinute = 60_000

func (t *trial) fitsStamp(duration protocol.Milliseconds, speed protocol.StrokesPerMinute) bool {
	return (int64(duration)+int64(t.s.desc.NeedleTravelMS))*int64(speed) <= msPerMinute
}

func rangeWhole(t *trial) {
	t.limit(t.widest())
	tried := 0
	for i, p := range t.s.desc.Parameters {
		middle := p.Min + (p.Max-p.Min)/p.Step/2*p.Step
		for _, v := range []int32{p.Min, middle, p.Max} {
			if values := with(t.least(), i, v); t.fits(values) {
				tried++
				t.set(values)
			}
		}
	}
	if tried == 0 {
		t.skip("the tip that is on allows no settings of this pen")
	}
}

// doseCase is settings with power and an envelope whose cap is short of their
// dose by one µJ per pin, or just enough.
func (t *trial) doseCase(pulses uint8) (values []int32, short, enough protocol.Envelope) {
	d := t.s.desc
	power, ip, _ := t.param(protocol.ParamPower)
	tip := t.tip()
	if tip.Pins == 0 {
		t.skip("no tip with known pins is on")
		return t.least(), t.widest(), t.widest()
	}
	v := t.tipBound(protocol.ParamPower, power.Max)
	values = with(t.least(), ip, power.Min+(v-power.Min)/power.Step*power.Step)
	p, duration, _ := t.rfValues(values)
	pins := protocol.Microjoules(tip.Pins)
	dose := (protocol.Energy(p, duration)*protocol.Microjoules(pulses) + pins - 1) / pins
	if dose > d.MaxDosePinUJ {
		// The strongest is over every cap: the weakest with power will do.
		values = with(values, ip, max(power.Min, power.Step))
		p, duration, _ = t.rfValues(values)
		dose = (protocol.Energy(p, duration)*protocol.Microjoules(pulses) + pins - 1) / pins
	}
	if dose < 1 || dose > d.MaxDosePinUJ || pulses > d.MaxPulsesSpot {
		t.skip("no settings of this pen have a dose that a cap could cut")
	}
	enough = t.widest()
	enough.DosePerPin, enough.PulsesPerSpot = dose, pulses
	short = enough
	short.DosePerPin--
	return values, short, enough
}

// doseRefused expects DOSE on power and on duration.
func (t *trial) doseRefused(values []int32, e protocol.Envelope) {
	t.limit(e)
	want := make([]protocol.Verdict, len(values))
	for j := range want {
		want[j].Index = uint8(j)
		if name := t.s.desc.Parameters[j].Name; name == protocol.ParamPower || name == protocol.ParamDuration {
			want[j].Code, want[j].Bound = protocol.CodeDose, int32(min(e.DosePerPin, math.MaxInt32))
		}
	}
	t.judged(putSettings(1, values).Fields, want...)
}

func doseOver(t *trial) {
	values, short, _ := t.doseCase(1)
	t.doseRefused(values, short)
}

func doseExact(t *trial) {
	values, _, enough := t.doseCase(1)
	t.limit(enough)
	t.set(values)
}

func dosePulses(t *trial) {
	values, short, enough := t.doseCase(2)
	t.doseRefused(values, short)
	t.limit(enough)
	t.set(values)
}

func doseWide(t *trial) {
	duration, id, _ := t.param(protocol.ParamDuration)
	power, ip, _ := t.param(protocol.ParamPower)
	e := t.widest()
	e.DosePerPin, e.PulsesPerSpot = 0, t.s.desc.MaxPulsesSpot
	values := with(with(t.least(), id, duration.Max), ip, power.Max)
	if t.tipBound(protocol.ParamPower, power.Max) < power.Max || power.Max == 0 {
		t.skip("the tip that is on does not allow the pen's whole power")
	}
	t.doseRefused(values, e)
}

func doseBeforeTiming(t *trial) {
	values, short, _ := t.doseCase(1)
	speed, is, _ := t.param(protocol.ParamSpeed)
	duration, id, _ := t.param(protocol.ParamDuration)
	values = with(with(values, is, speed.Max), id, duration.Max)
	if t.fitsStamp(protocol.Milliseconds(duration.Max), protocol.StrokesPerMinute(speed.Max)) {
		t.skip("every pulse of this pen fits into its fastest stamp")
	}
	t.doseRefused(values, short)
}

// timingCase is the fastest stamp with the longest pulse on a step that fits,
// and with the shortest that does not.
func (t *trial) timingCase() (fits, over []int32, longest int32) {
	speed, is, _ := t.param(protocol.ParamSpeed)
	duration, id, _ := t.param(protocol.ParamDuration)
	longest = max(msPerMinute/speed.Max-int32(t.s.desc.NeedleTravelMS), 0)
	if longest >= duration.Max || longest < duration.Min {
		t.skip("no pulse of this pen is at the bound of its fastest stamp")
		return t.least(), t.least(), longest
	}
	on := duration.Min + (longest-duration.Min)/duration.Step*duration.Step
	fast := with(t.least(), is, speed.Max)
	return with(fast, id, on), with(fast, id, on+duration.Step), longest
}

func timingOver(t *trial) {
	_, over, longest := t.timingCase()
	t.limit(t.widest())
	t.verdictFor(over, t.s.desc.Index(protocol.ParamDuration), protocol.CodeTiming, longest)
}

func timingExact(t *trial) {
	fits, _, longest := t.timingCase()
	t.limit(t.widest())
	r := t.set(fits)
	t.want(t.over() || r.Applied, fmt.Sprintf("a pulse of at most %d ms is taken", longest), "%s", describeMessage(&r))
}
