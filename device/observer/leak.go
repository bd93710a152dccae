package observer

import "time"

// leak is what the amplifier gives uncommanded, as far as that must not be. A
// pen can't keep it from beginning, and has to end it: see strayRF. So it
// excuses a stretch of that length, and few of them.
type leak struct {
	on    bool
	ended time.Duration // when the amplifier was whole again
	stray time.Duration // how long RF has flowed in all that nobody permitted, in this leak and boot
}

// leaking says whether the amplifier gives what nobody commanded, or what it
// gave is still decaying. Without a supply it gives nothing, once it has decayed;
// what begins to flow long enough behind the supply's failure says that it is
// back, of which the pen tells only once it is met again.
func (o *Observer) leaking(at time.Duration) bool {
	l := &o.leak
	dark := o.defects.dark && at > o.darkFrom+decay+step && o.rf.lit < o.darkFrom+bootLeast
	return !dark && (l.on || l.ended != never && at <= l.ended+decay+step)
}

// leakExcuses says whether RF that must be off since a time may be what leaks,
// because the pen need not have noticed yet. No more leaks than that.
func (o *Observer) leakExcuses(s Sample, since time.Duration) bool {
	at, most := s.At, leakPower
	if o.amplifies(at) {
		most = most * highPermille / 1000
	}
	if s.PowerMW > most*(1000+powerPermille)/1000+o.floor {
		return false
	}
	return o.leaking(at) && at <= since+leakLimit+o.lag() && o.leak.stray <= leakInAll+o.lag()
}

// leakSince is since when RF that a bound forbids is nobody's: since it began,
// or, where it was permitted until then, since the bound. What has its 10 ms to
// end has the time for the leak in them.
func (o *Observer) leakSince(b bound) time.Duration {
	if b.rule == RuleLease || b.rule == RuleTestTime {
		return max(o.rf.lit, b.by)
	}
	return o.rf.lit
}

// leakOn is a leak that begins or ends.
func (o *Observer) leakOn(at time.Duration, on bool) {
	if o.leak.on && !on {
		o.leak.ended = at
	}
	if on && !o.leak.on {
		o.leak.stray = 0
	}
	o.leak.on = on
}

// amplifies says whether the amplifier gives too much, or what it gave is still
// falling.
func (o *Observer) amplifies(at time.Duration) bool {
	return o.defects.high || o.highTo != never && at <= o.highTo+decay+step
}

// followAmplifier keeps what the amplifier has done in a pulse, and adds up what
// flows and must not.
func (o *Observer) followAmplifier(s Sample) {
	r := &o.rf
	if s.PowerMW <= o.floor {
		return
	}
	r.high = r.high || o.amplifies(s.At)
	if !o.leaking(s.At) {
		return
	}
	r.leaky = true
	if r.off.set && s.At > r.off.by || o.awayFromDepth(s) {
		o.leak.stray += min(s.At-o.last.At, step)
	}
}
