package observer

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"stipple/protocol"
)

func itoa(n int) string { return strconv.Itoa(n) }

// hex is an arm id as everything else prints it.
func hex(id uint32) string { return fmt.Sprintf("%08x", id) }

// needle is where the needle is, and by when it must be back.
type needle struct {
	back    bound         // not set: it may be out
	fault   bound         // by when it must be back because it was too deep
	stalled time.Duration // when its drive stopped to turn
	excused bool          // a defect has held it, and it may not be home yet
	freed   time.Duration // when nothing held it any more; never: perhaps something does
	caught  bool          // it was out or moved while it was held
	brief   bool          // nothing else had held it when its drive stopped
	doubted bool          // nothing but a supply that may have failed holds it
	driven  time.Duration // when its drive was whole again
	turned  time.Duration // since when it has moved without a stop
	moving  bool
	slow    bool // its drive had stood until it left
	said    []Rule
	out     bool
	left    time.Duration // when it last left the tip
	stood   time.Duration // when it last stood within the tip
	before  time.Duration // when it had stood before it left

	deepest     protocol.Micrometres // that it may go until it has been back
	next        protocol.Micrometres // … and from then on
	deepExcused bool                 // by an overrun; until it has been back
	overran     time.Duration        // when an overrun last began or ended

	began    time.Duration // of a needling pen's strokes
	strokes  int           // since then
	stroking bool
	stroked  uint32 // arm id under which they began
	test     bool   // it was that of a SERVICE output
}

// rearmed takes the depth of new settings; a needle that is still on its way
// back may be where the old ones let it go.
func (n *needle) rearmed(s Settings, out bool) {
	if s.Test != nil && s.Test.Quantity == protocol.QuantityPower {
		return
	}
	n.next = s.Depth
	if out {
		n.deepest = max(n.deepest, s.Depth)
	} else {
		n.deepest = s.Depth
	}
}

// within says whether a needle at that depth is within the tip and need not leave
// it when the drive turns: it was told to go no further than that.
func (n *needle) within(depth protocol.Micrometres) bool {
	return max(depth, n.deepest, n.next) <= needleBack
}

// needleBound says by when the needle must be back because something that it
// needs is missing now; not set: it may be out.
func (o *Observer) needleBound() (b bound) {
	p := &o.permit
	back := o.cfg.Retract + notice + o.lag()
	if o.stopped {
		b.tighten(o.stopAt+back, RuleNeedleStop)
	}
	switch {
	case p.id == 0, !p.leased && !p.over:
		b.tighten(never, RuleNeedle)
	case p.over && p.why == endLease:
		b.tighten(p.ended+needleAfterRF+o.lag(), RuleNeedleLate)
	case p.over:
		b.tighten(p.ended+back, RuleNeedleBack)
	}
	if t := p.set.Test; t != nil && t.Quantity == protocol.QuantityPower {
		b.tighten(never, RuleQuantity)
	} else if t != nil && p.tested != 0 {
		b.tighten(p.tested+time.Duration(p.set.Duration)*time.Millisecond+back, RuleTestTime)
	}
	switch {
	case !o.hand.held:
		b.tighten(o.hand.released+back, RuleNeedleBack)
	case o.hand.pulled < p.from-notice-o.lag():
		b.tighten(never, RulePull)
	}
	return b
}

// followNeedle follows the needle and counts its strokes.
func (o *Observer) followNeedle(s Sample) {
	n := &o.needle
	n.back.follow(o.needleBound())
	o.followHeld(s)
	moving := s.Moving || s.DepthUM != o.last.DepthUM
	if moving && !n.moving {
		n.turned = s.At
	}
	n.moving = moving
	out := s.DepthUM > needleBack
	if out && !n.out {
		o.counts.Strokes++
		n.strokes++
		o.judgeInterval(s.At)
		n.left, n.before = s.At, n.stood
		n.slow = n.driven != never && s.At-n.driven <= startLimit
	}
	n.out = out
	if !o.cfg.RF {
		o.followStrokes(s)
	}
	if s.out() {
		return
	}
	n.stood = s.At
	n.said, n.fault = nil, bound{}
	n.deepest, n.deepExcused = n.next, o.defects.overrun
}

// held is a defect that may hold the needle where it is: a drive that does not
// turn, or no supply to turn it.
func (o *Observer) held() {
	n := &o.needle
	if !n.excused {
		n.caught = o.last.out()
	}
	n.excused, n.freed = true, never
}

// whole says whether no defect holds the needle now.
func (o *Observer) whole() bool {
	return !o.defects.drive && !o.defects.dark && !o.defects.supply
}

// free is a drive that has nothing to wait for any more: the needle comes back.
// A boot may be told late, and have been while the drive still stood.
func (o *Observer) free(at time.Duration) {
	if n := &o.needle; o.whole() && at >= n.driven {
		n.freed, n.excused = at, n.excused && n.caught
	}
}

// drive is a drive that does not turn, or turns again. One that stood for so
// long that the pen may have latched FAULT has no power until CLEAR or a boot.
func (o *Observer) drive(at time.Duration, stands bool) {
	n := &o.needle
	was := o.defects.drive
	o.defects.drive = stands
	n.doubted = n.doubted && !stands
	switch {
	case stands && !was:
		n.stalled, n.brief = at, !n.excused
		o.held()
	case !stands && was:
		n.driven = at
		if n.brief && at-n.stalled < stallMargin || !n.caught {
			o.free(at)
		}
	}
}

// supply is a supply that may fail, or has not failed: what it alone might have
// held comes back then.
func (o *Observer) supply(at time.Duration, doubted bool) {
	n := &o.needle
	was := o.defects.supply
	o.defects.supply = doubted
	switch {
	case doubted && !was:
		n.doubted = !n.excused
		o.held()
	case !doubted && was && n.doubted:
		o.free(at)
	}
}

// followHeld follows a needle that a defect has held. A cam that stands within
// the tip is not home by that, and turns once more when it has power again: only
// what has had the time for it, or leaves the tip with permission, is held no more.
func (o *Observer) followHeld(s Sample) {
	n := &o.needle
	switch {
	case !n.excused:
	case !o.whole():
		n.caught = n.caught || s.out()
	case n.freed != never && s.At > n.freed+o.way() && !o.last.out(), !n.back.set && !o.last.out() && s.out():
		n.excused = false
	}
}

// way is how long a drive takes home.
func (o *Observer) way() time.Duration { return o.cfg.Retract + notice + step + o.lag() }

// late says whether a needle is not back by a bound. What a defect holds stands
// where it is, and nothing but its own drive takes it back: that has its time
// from when it begins to turn, and may take an RF pen's needle no further out.
// A drive that turns within the tip has the same time.
func (o *Observer) late(b bound, s Sample) bool {
	n, way := &o.needle, o.way()
	switch {
	case !b.set || s.At <= b.by:
		return false
	case !n.excused && !n.within(s.DepthUM):
		return true
	case n.moving:
		return s.At > n.turned+way || o.cfg.RF && s.DepthUM > o.last.DepthUM
	}
	return n.freed != never && s.At > n.freed+way
}

// followStrokes keeps the pulls of a needling pen.
func (o *Observer) followStrokes(s Sample) {
	n := &o.needle
	switch {
	case s.Moving && !n.stroking:
		n.stroking, n.began, n.strokes, n.stroked, n.test = true, s.At, 0, o.permit.id, o.permit.set.Test != nil
		o.counts.Pulses++
	case !s.Moving && n.stroking:
		n.stroking = false
		o.pulses = append(o.pulses, Delivery{Start: n.began, End: s.At, Strokes: n.strokes, ArmID: n.stroked, Service: n.test})
	}
}

// judgeNeedle looks whether the needle may be where it is.
func (o *Observer) judgeNeedle(s Sample) {
	n := &o.needle
	late := func(b bound) bool { return o.late(b, s) }
	for _, b := range [...]bound{n.back, n.fault} {
		if late(b) {
			b = b.cause(o.needleBound(), late)
			o.needleBroken(b.rule, s.At, "needle back: "+b.String(), "%d um out, moving %v", s.DepthUM, s.Moving)
		}
	}
	if o.permit.id == 0 || o.cfg.Coarse || s.DepthUM <= o.last.DepthUM {
		return // on its way back, or said already
	}
	most := n.deepest + atDepth
	if o.defects.overrun || n.deepExcused {
		most += overrun
	}
	if s.DepthUM > most {
		o.needleBroken(RuleDepth, s.At, itoa(int(n.deepest))+" um", "%d um", s.DepthUM)
	}
	// So much deeper than its bound is a fault, and the needle comes back.
	if beyond := max(o.permit.set.MaxDepth, n.deepest) + depthBeyond + atDepth; s.DepthUM > beyond {
		n.fault.tighten(s.At+o.cfg.Retract+notice+o.lag(), RuleDepth)
	}
}

// judgeInterval looks at the time between two strokes or stamps of one pull. What
// still moves from the pull before it, or under other settings, is none of it. A
// drive that stood when it was to begin makes one late, and the next is not.
func (o *Observer) judgeInterval(at time.Duration) {
	p, n := &o.permit, &o.needle
	if o.defects.overrun || n.deepExcused || n.excused || n.slow || n.before < p.from || o.cfg.RF && n.before < o.hand.pulled {
		return
	}
	if p.id == 0 || p.over || p.set.Speed <= 0 || n.left < o.hand.pulled || o.hand.pulled < p.from || !o.hand.held {
		return
	}
	period := time.Minute / time.Duration(p.set.Speed)
	least := period - notice
	if !o.cfg.RF {
		least = period*1000/(1000+speedPermille) - step
	}
	if at-n.left < least {
		o.needleBroken(RuleSpeed, at, "a stroke each "+period.String(), "%v", at-n.left)
	}
}

// needleBroken says that a rule is broken, once until the needle has been back.
func (o *Observer) needleBroken(r Rule, at time.Duration, expected, measured string, args ...any) {
	if slices.Contains(o.needle.said, r) {
		return
	}
	o.needle.said = append(o.needle.said, r)
	o.violate(r, at, expected, measured, args...)
}
