package sim

import "math"

// playing is a script on its way. Its times are fine steps since Run began.
type playing struct {
	lines []scriptLine
	due   []int64 // of each line's next change; never: not any more
	held  []bool  // what a line turns on for a while is on
	next  int64   // the earliest of due
}

const never = math.MaxInt64

// play begins a script; nil is one without lines.
func play(s *Script) playing {
	p := playing{next: never}
	if s == nil {
		return p
	}
	p.lines = s.lines
	p.due, p.held = make([]int64, len(p.lines)), make([]bool, len(p.lines))
	for i, l := range p.lines {
		p.due[i] = inSteps(l.first)
		p.next = min(p.next, p.due[i])
	}
	return p
}

// happen does everything that is due at step now, in the order of the lines.
func (p *playing) happen(now int64, do func(act)) {
	p.next = never
	for i := range p.lines {
		l := &p.lines[i]
		if p.due[i] <= now {
			a := l.act
			a.on = a.on && !p.held[i]
			do(a)
			p.due[i] = p.after(i)
		}
		p.next = min(p.next, p.due[i])
	}
}

// after is when the line that has just happened happens next.
func (p *playing) after(i int) int64 {
	l := &p.lines[i]
	switch {
	case l.every == 0:
		return never
	case l.held == 0:
		return p.due[i] + inSteps(l.every)
	case p.held[i]:
		p.held[i] = false
		return p.due[i] + inSteps(l.every-l.held)
	}
	p.held[i] = true
	return p.due[i] + inSteps(l.held)
}

// act does one thing of a script, as the hand would.
func (fw *firmware) act(a act) {
	switch a.do {
	case actFault:
		fw.breakDown(a.fault, a.on)
	case actContact:
		fw.plant.touch(a.on)
	case actTrigger:
		fw.plant.trigger = a.on
	case actLoad:
		fw.plant.load = 0
		if a.on {
			fw.plant.load = int64(a.ohm) * moPerOhm
		}
	case actTip:
		if !a.on {
			fw.mount(nil)
			break
		}
		tip := fw.model.tip
		fw.mount(&tip)
	}
	fw.inputs()
	fw.cutOff()
}
