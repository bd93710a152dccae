package observer

import "time"

// permit is what an arm id allows, by SPEC.md section 11.
type permit struct {
	id     uint32 // 0: nothing was ever armed
	set    Settings
	from   time.Duration // arrival of ARM
	until  time.Duration // RF limit
	fresh  bool          // no sample has come since
	leased bool          // a lease has come
	tested time.Duration // when something first came out under a Test; 0: not yet
	over   bool
	ended  time.Duration // while over
	why    ending
}

// ending is how an armed state has ended.
type ending uint8

const (
	endLease ending = iota // at its RF limit
	endOther
)

// lease is one that came.
type lease struct {
	at     time.Duration
	id     uint32
	echoed time.Duration
}

// earlyLeases is how many leases are kept for an arm id whose RESULT is still on
// its way from the pen.
const earlyLeases = 8

// expire ends a permit whose RF limit is past.
func (o *Observer) expire(now time.Duration) {
	if p := &o.permit; p.id != 0 && !p.over && now > p.until {
		p.over, p.ended, p.why = true, p.until, endLease
	}
}

// end ends a permit that is not over.
func (p *permit) end(at time.Duration, why ending) {
	if p.id != 0 && !p.over {
		p.over, p.ended, p.why = true, at, why
	}
}

// lasted is how long it has lasted by t.
func (p *permit) lasted(t time.Duration) time.Duration {
	if p.over {
		t = p.ended
	}
	return max(t-p.from, 0)
}

// grant extends the permit by a lease, if it is one, and says whether it is.
func (p *permit) grant(l lease, lag time.Duration) bool {
	if p.over || l.id != p.id || l.echoed > l.at+notice+lag {
		return false
	}
	until := min(l.at+rfAfterLease, l.echoed+rfAfterClock)
	if until <= l.at || p.leased && until <= p.until {
		return until > l.at
	}
	p.until, p.leased = until, true
	return true
}

// arm begins a permit. Leases that came before it was known count. What the old
// one bounds goes on.
func (o *Observer) arm(at, from time.Duration, id uint32, s Settings) {
	o.expire(at)
	o.rf.off.follow(o.rfBound())
	o.needle.back.follow(o.needleBound())
	o.counts.ArmedFor += o.permit.lasted(at)
	o.permit = permit{id: id, set: s, from: from, until: at + rfAfterLease, fresh: true}
	o.counts.Armed++
	o.judgeMended(at)
	o.needle.rearmed(s, o.last.out())
	for i := range o.early {
		if l := o.early[(o.earlyAt+i)%earlyLeases]; l.id == id && l.at >= from {
			o.granted(l)
		}
	}
}

// judgeHeld looks whether the trigger was held when the pen was armed. A release
// at the same instant has been felt by now.
func (o *Observer) judgeHeld(at time.Duration) {
	p := &o.permit
	if p.fresh && o.hand.held && o.hand.pulled < p.from-notice-o.lag() {
		o.violate(RuleArmBlocked, at, "trigger released", "held since %v", o.hand.pulled)
	}
	p.fresh = false
}

func (o *Observer) lease(l lease) {
	o.early[o.earlyAt%earlyLeases] = l
	o.earlyAt++
	o.granted(l)
}

func (o *Observer) granted(l lease) {
	o.expire(l.at)
	if o.permit.id != 0 && o.permit.grant(l, o.lag()) {
		o.counts.Leases++
	}
}

// bound is a time by which something must be over, and the rule that says so.
type bound struct {
	set  bool
	by   time.Duration
	rule Rule
}

// tighten keeps the earlier of two bounds.
func (b *bound) tighten(by time.Duration, r Rule) {
	if !b.set || by < b.by {
		*b = bound{true, by, r}
	}
}

// follow makes b what holds now. What is allowed has no bound; what has never
// been allowed must not be at all, unless it is still ending from before.
func (b *bound) follow(now bound) {
	switch {
	case !now.set:
		*b = bound{}
	case now.by != never || !b.set:
		b.tighten(now.by, now.rule)
	}
}

// cause is the bound to name for a violation of b: what is missing now, if that
// alone would be one, says more than what was missing first.
func (b bound) cause(now bound, late func(bound) bool) bound {
	if late(now) {
		return now
	}
	return b
}

func (b bound) String() string {
	if b.by == never {
		return "never"
	}
	return "off by " + b.by.String()
}
