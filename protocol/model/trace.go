package model

import (
	"fmt"
	"strings"
)

// String is the trace's step as a line: what happened, and what is then.
func (t Step) String() string {
	name := "(begin)"
	if t.Action != noAction {
		name = t.Action.String()
	}
	return fmt.Sprintf("%-17s %s", name, t.State.String())
}

// String is the state in words.
func (s *State) String() string {
	parts := []string{"pen " + s.pen.String(), "console " + s.con.String()}
	if l := s.line.String(); l != "" {
		parts = append(parts, "line "+l)
	}
	return strings.Join(parts, " | ")
}

func (m mode) String() string {
	return [...]string{"-", "STANDBY", "READY", "TREATING", "ESTOP"}[m]
}

func (k kind) String() string {
	return [...]string{"-", "HELLO", "PUT", "ARM", "CLEAR", "RESULT_OF", "ESTOP", "DISARM", "LEASE", "a frame of a session that is over"}[k]
}

func (m memory) String() string {
	return [...]string{"NEVER_SEEN", "DONE", "REJECTED", "FORGOTTEN", "BURNT"}[m]
}

func (p phase) String() string {
	return [...]string{"idle", "writing", "pending", "granted", "live", "ending"}[p]
}

func (b belief) String() string {
	return [...]string{"unused", "intended", "armed", "not armed", "over", "uncertain", "unknowable"}[b]
}

func (c check) String() string {
	return [...]string{"unchecked", "stopping", "stopped", "clearing", "checked"}[c]
}

func (s session) String() string {
	return [...]string{"", "", " of the session that the pen left", ""}[s]
}

// words joins what is said under a condition.
type words []string

func (w *words) add(on bool, format string, args ...any) {
	if on {
		*w = append(*w, fmt.Sprintf(format, args...))
	}
}

func (w words) String() string { return strings.Join(w, ", ") }

func (p *pen) String() string {
	var w words
	w.add(true, "%v", p.mode)
	w.add(p.arm != 0, "arm %d", p.arm)
	w.add(p.arm != 0 && p.leased, "leased for %d", p.limit)
	w.add(p.arm != 0 && !p.leased, "not leased, for %d", p.limit)
	w.add(p.output, "ENERGY")
	w.add(p.trigger, "trigger")
	w.add(!p.open, "no session")
	w.add(p.open && !p.confirmed, "nothing confirmed")
	w.add(p.queue.kind != none, "in its queue %v", &p.queue)
	for i, m := range p.ids {
		w.add(m != neverSeen, "id %d %v", i+1, m)
	}
	w.add(p.clear != neverSeen, "CLEAR %v", p.clear)
	w.add(p.pulses > 0, "%d pulses", p.pulses)
	return w.String()
}

func (c *console) String() string {
	var w words
	if !c.up {
		w.add(true, "down")
	}
	w.add(c.up && c.session == nobodys, "no session")
	w.add(c.session == consoles, "another session than the pen")
	w.add(c.session != nobodys, "sees %v", c.status)
	w.add(c.frozen, "frozen for %d", c.touch)
	w.add(c.silence > 0, "silence %d", c.silence)
	w.add(c.phase != idle, "arm %d %v", c.id, c.phase)
	w.add(c.command.kind != none && c.command.sends == 0, "asks %v", c.command.kind)
	w.add(c.command.sends > 0 && !c.command.held, "asks %v (%d sent)", c.command.kind, c.command.sends)
	w.add(c.command.sends > 0 && c.command.held, "asks %v (never again)", c.command.kind)
	w.add(c.stop, "stops")
	w.add(c.clears, "is asked for CLEAR")
	w.add(c.check != unchecked, "check %v", c.check)
	w.add(c.shown == outdated, "shows an old hash")
	for i, b := range c.beliefs {
		w.add(b != unused, "id %d %v", i+1, b)
	}
	w.add(c.clearLost, "CLEAR uncertain")
	w.add(c.pulses > 0, "%d pulses", c.pulses)
	return w.String()
}

func (f *frame) String() string {
	var w words
	switch f.kind {
	case armCommand:
		w.add(true, "ARM %d", f.id)
		w.add(f.age == 0, "late")
		w.add(f.flags&matches == 0, "another hash")
	case lease:
		w.add(true, "LEASE %d of a clock %d old", f.id, f.age)
	case resultOf, disarmOrder:
		w.add(true, "%v %d", f.kind, f.id)
	case clearCommand:
		w.add(true, "CLEAR")
		w.add(f.age > 0, "from before a stop")
		w.add(f.flags&byCheck != 0, "by the check")
	default:
		w.add(true, "%v", f.kind)
	}
	return strings.Join(w, " ") + f.session.String()
}

func (l *line) String() string {
	var w words
	for i := range l.wire {
		w.add(l.wire[i].kind != none, "> %v", &l.wire[i])
	}
	w.add(l.lease.kind != none, "> %v", &l.lease)
	w.add(l.late.kind != none, "late > %v", &l.late)
	for _, r := range l.replies {
		switch r.kind {
		case none:
		case hello, put:
			w.add(true, "< answer to %v", r.kind)
		default:
			w.add(true, "< answer to %v: %v", r.kind, r.outcome)
		}
	}
	w.add(l.stopped != 0, "< STOPPED")
	if r := l.status; r.there {
		said := fmt.Sprintf("< STATUS %v", r.mode)
		if r.under != 0 {
			said += fmt.Sprintf(" under %d", r.under)
		}
		if r.pulses != 0 {
			said += fmt.Sprintf(" with %d pulses", r.pulses)
		}
		w.add(true, "%s", said)
	}
	return w.String()
}
