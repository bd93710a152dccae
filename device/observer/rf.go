package observer

import (
	"slices"
	"time"

	"stipple/protocol"
)

// rf is the RF that flows.
type rf struct {
	off   bound         // by when it must be off; not set: it may flow
	on    bool          // a pulse goes on
	start time.Duration // of the newest pulse
	end   time.Duration // newest moment above the floor
	dark  time.Duration // newest moment not above it
	lit   time.Duration // since when it is above
	kept  bool          // the newest pulse is among the deliveries
	peak  protocol.Milliwatts
	// energy of the newest pulse in nJ.
	energy int64
	leaky  bool          // the amplifier has leaked in it
	high   bool          // the amplifier has given too much in it
	unsure bool          // it began so, and may be nothing else
	away   time.Duration // since when the needle has not been at depth in it; never: it is
	arm    uint32
	test   bool   // it is a SERVICE output
	said   []Rule // broken in this pulse, each said once
}

// nJPerUJ and nJPerMWms: 1 mW for 1 ms is 1 µJ, for 1 µs 1 nJ.
const nJPerUJ = 1000

// rfBound says by when RF must be off because something that it needs is
// missing now; not set: nothing is.
func (o *Observer) rfBound() (b bound) {
	p, lag := &o.permit, o.lag()
	if o.defects.dark {
		b.tighten(o.darkFrom+decay+step+lag, RuleDark)
	}
	if o.stopped {
		b.tighten(o.stopAt+rfAfterStop+lag, RuleStop)
	}
	switch {
	case p.id == 0:
		b.tighten(never, RuleArmed)
	case p.over && p.why == endLease:
		b.tighten(p.ended+step+lag, RuleLease)
	case p.over:
		b.tighten(p.ended+rfAfterEnd+lag, RuleArmed)
	case !p.leased:
		b.tighten(never, RuleLease)
	}
	switch {
	case !o.hand.held:
		b.tighten(o.hand.released+rfAfterEnd+lag, RuleTrigger)
	case o.hand.pulled < p.from-notice-lag:
		b.tighten(never, RulePull)
	}
	switch {
	case p.set.Test != nil:
		o.testBound(&b)
	case o.cfg.ContactSensor && !o.touching:
		b.tighten(o.hand.lifted+rfAfterEnd+lag, RuleContact)
	}
	return b
}

// testBound adds what a SERVICE output wants besides.
func (o *Observer) testBound(b *bound) {
	p, lag := &o.permit, o.lag()
	if p.set.Test.Quantity != protocol.QuantityPower {
		b.tighten(never, RuleQuantity)
	}
	if !o.loaded {
		b.tighten(o.hand.unloaded+rfAfterEnd+lag, RuleLoad)
	}
	if p.tested != 0 {
		b.tighten(p.tested+time.Duration(p.set.Duration)*time.Millisecond+notice+decay+lag, RuleTestTime)
	}
}

// followPulse cuts the RF into pulses and adds up what they and the spot get.
func (o *Observer) followPulse(s Sample) {
	r := &o.rf
	r.off.follow(o.rfBound())
	defer o.followAmplifier(s) // in the pulse that this sample is of
	// Two SERVICE outputs may be closer together than two pulses.
	// At rest nothing is shown: a pulse that was over before is so at the next.
	lit := s.PowerMW > o.floor && o.last.PowerMW <= o.floor
	if lit {
		r.lit = s.At
	}
	another := r.on && lit && (r.arm != o.permit.id || s.At-r.end >= burstGap)
	switch above := s.PowerMW > o.floor; {
	case above && (!r.on || another):
		o.keepPulse()
		*r = rf{off: r.off, dark: r.dark, lit: r.lit, on: true, start: s.At, unsure: o.leaking(s.At), away: never, arm: o.permit.id, test: o.permit.set.Test != nil}
		o.counts.Pulses++
		if !r.unsure {
			o.countPulse(s)
		}
	case above && r.unsure && s.At-r.start > leakLimit:
		r.unsure = false // longer than what leaks: somebody has commanded it
		o.countPulse(s)
	case !above && r.on && s.At-r.end >= burstGap:
		r.on = false
		o.keepPulse()
	}
	if s.PowerMW > o.floor {
		r.end, r.peak = s.At, max(r.peak, s.PowerMW)
	} else {
		r.dark = s.At
	}
	if s.PowerMW > 0 {
		e := int64(s.PowerMW) * min(s.At-o.last.At, step).Microseconds()
		r.energy += e
		if s.LoadOhm == 0 {
			o.spot.energy += e
		}
	}
}

// countPulse is a pulse that the spot has got. A load is no spot.
func (o *Observer) countPulse(s Sample) {
	if o.permit.set.Test != nil || o.cfg.Coarse {
		return
	}
	o.spot.pulses++
	if n := o.permit.set.PulsesPerSpot; o.permit.id != 0 && o.spot.pulses > n {
		o.rfBroken(RulePulses, s.At, "at most "+itoa(n)+" on a spot", "%d", o.spot.pulses)
	}
	if o.spot.spent {
		o.rfBroken(RuleSpotAtBoot, s.At, "none before the tip is lifted", "%d mW", s.PowerMW)
	}
}

// keepPulse keeps a pulse that is over.
func (o *Observer) keepPulse() {
	r := &o.rf
	if r.start == 0 || r.kept {
		return
	}
	r.kept = true
	o.pulses = append(o.pulses, Delivery{Start: r.start, End: r.end, Energy: protocol.Microjoules(r.energy / nJPerUJ), ArmID: r.arm, Service: r.test})
}

// judgeRF looks whether RF may flow.
func (o *Observer) judgeRF(s Sample) {
	r := &o.rf
	if !r.off.set {
		return
	}
	late := func(b bound) bool { return b.set && s.At > b.by && !o.leakExcuses(s, o.leakSince(b)) }
	if late(r.off) {
		b := r.off.cause(o.rfBound(), late)
		o.rfBroken(b.rule, s.At, b.String(), "%d mW", s.PowerMW)
	}
}

// rfBroken says that a rule is broken, once in a pulse.
func (o *Observer) rfBroken(r Rule, at time.Duration, expected, measured string, args ...any) {
	if slices.Contains(o.rf.said, r) {
		return
	}
	o.rf.said = append(o.rf.said, r)
	o.violate(r, at, expected, measured, args...)
}

// judgeSize compares a pulse with what was confirmed.
func (o *Observer) judgeSize(s Sample) {
	p, r := &o.permit, &o.rf
	if p.id == 0 {
		return // nothing was confirmed: judgeRF says so
	}
	most, late := p.set.Power, time.Duration(0)
	if o.amplifies(s.At) {
		most = most * highPermille / 1000
	}
	if o.leaking(s.At) {
		most = max(most, leakPower)
	}
	if r.leaky {
		late = leakInAll // before it and behind it
	}
	if s.PowerMW > most*(1000+powerPermille)/1000+roundedUp {
		o.rfBroken(RulePower, s.At, itoa(int(p.set.Power))+" mW", "%d mW", s.PowerMW)
	}
	if d := s.At - r.start; d > time.Duration(p.set.Duration)*time.Millisecond+notice+decay+late {
		o.rfBroken(RuleDuration, s.At, itoa(int(p.set.Duration))+" ms", "%v", d)
	}
	switch {
	case !o.awayFromDepth(s):
		r.away = never
	case r.away == never:
		r.away = max(r.lit, o.last.At)
		fallthrough
	default:
		if !o.leakExcuses(s, r.away) {
			o.rfBroken(RuleAtDepth, s.At, itoa(int(p.set.Depth))+" um", "%d um", s.DepthUM)
		}
	}
	o.judgeEnergy(s, late)
}

// awayFromDepth says whether the needle is not where RF may flow. A drive that
// overruns while a pulse goes on takes it deeper; the next pulse does not begin
// there.
func (o *Observer) awayFromDepth(s Sample) bool {
	p, deeper := &o.permit, protocol.Micrometres(0)
	if o.needle.overran >= o.rf.start-step {
		deeper = overrun
	}
	off := s.DepthUM - p.set.Depth
	return p.id != 0 && p.set.Test == nil && !o.cfg.Coarse && (off > atDepth+deeper || off < -atDepth)
}

// judgeEnergy compares the energy of pulse and spot with what was confirmed.
// The rise and fall of the amplifier are within a millisecond of full power.
func (o *Observer) judgeEnergy(s Sample, late time.Duration) {
	p, r := &o.permit, &o.rf
	tail := int64(r.peak)*fall.Microseconds() + int64(leakPower)*late.Microseconds()
	wanted := int64(p.set.Power) * int64(p.set.Duration) * nJPerUJ
	allowed := wanted
	switch {
	case r.high && wanted >= int64(pulseEnergyFloor)*nJPerUJ:
		allowed = wanted * pulseEnergyPermille / 1000
	case r.high:
		allowed = wanted * highPermille / 1000
	case r.leaky && p.set.Power > 0 && p.set.Power < leakPower && wanted >= int64(pulseEnergyFloor)*nJPerUJ:
		allowed = wanted * pulseEnergyPermille / 1000
	case r.leaky && p.set.Power > 0 && p.set.Power < leakPower:
		allowed = int64(leakPower) * int64(p.set.Duration) * nJPerUJ
	}
	if r.energy > allowed+allowed*dosePermille/1000+tail {
		o.rfBroken(RuleEnergy, s.At, itoa(int(wanted/nJPerUJ))+" uJ", "%d uJ", r.energy/nJPerUJ)
	}
	tail += int64(p.set.Power) * int64(o.spot.blind) * blindLimit.Microseconds()
	limit := int64(p.set.SpotCap) * nJPerUJ
	if p.set.Test == nil && o.spot.energy > limit+limit*dosePermille/1000+tail {
		o.rfBroken(RuleDose, s.At, itoa(int(p.set.SpotCap))+" uJ on a spot", "%d uJ", o.spot.energy/nJPerUJ)
	}
}

// spot is what the tissue under the tip has really had.
type spot struct {
	since  time.Duration
	pulses int
	energy int64 // nJ
	spent  bool  // it was under the tip when the pen booted
	blind  int   // how often the power sensor froze
}
