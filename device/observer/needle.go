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
	back    bound // not set: it may be out
	fault   bound // by when it must be back because it was too deep
	excused bool  // a defect has held it, and it has not been seen back since
	said    []Rule
	out     bool
	left    time.Duration // when it last left the tip
	stood   time.Duration // when it last stood within the tip
	before  time.Duration // when it had stood before it left

	deepest     protocol.Micrometres // that it may go until it has been back
	next        protocol.Micrometres // … and from then on
	deepExcused bool                 // by an overrun; until it has been back

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

// within says whether the needle can't leave the tip, however the drive turns:
// it was told to go no further than that.
func (n *needle) within() bool { return n.deepest <= needleBack && n.next <= needleBack }

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
	out := s.DepthUM > needleBack
	if out && !n.out {
		o.counts.Strokes++
		n.strokes++
		o.judgeInterval(s.At)
		n.left, n.before = s.At, n.stood
	}
	n.out = out
	if !o.cfg.RF {
		o.followStrokes(s)
	}
	if s.out() {
		return
	}
	n.stood = s.At
	if !o.defects.drive && !o.defects.dark && !o.defects.supply {
		n.excused = false
	}
	n.said, n.fault = nil, bound{}
	n.deepest, n.deepExcused = n.next, o.defects.overrun
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
	late := func(b bound) bool { return b.set && s.At > b.by }
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

func (o *Observer) depthExcused() bool {
	return o.defects.overrun || o.needle.deepExcused || o.defects.leak || o.rf.leaky || o.needle.excused
}

// judgeInterval looks at the time between two strokes or stamps of one pull. What
// still moves from the pull before it, or under other settings, is none of it.
func (o *Observer) judgeInterval(at time.Duration) {
	p, n := &o.permit, &o.needle
	if o.depthExcused() || n.before < p.from || o.cfg.RF && n.before < o.hand.pulled {
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
