package model

// Property is one promise of the link.
type Property uint8

// The properties. Those but Agreement are looked at in every state and on every
// transition; Agreement is one of the whole graph.
const (
	kept Property = iota

	// Output: no output without a lease that is alive, a confirmed hash that is
	// the one that ARM named, and an act of arming that a person has confirmed
	// and whose intent was on disk before ARM left. SPEC.md section 11, safety.md
	// sections 3 and 8.
	Output
	// StopObeyed: a stop that arrives ends what is armed and latches, and it stays
	// latched until a CLEAR that was asked for after it. Not one of the console's
	// own check where another stop came between; a reset alone, after which
	// nothing is armed anyway, ends it otherwise. SPEC.md sections 5.1 and 13,
	// safety.md section 4.
	StopObeyed
	// Once: no arm id comes into force twice, and no index of a pulse is given
	// out twice, over a reset neither. SPEC.md sections 12 and 15.
	Once
	// Replay: no frame of another session and none that comes later than it may
	// arms or leases. SPEC.md sections 7 and 11.
	Replay
	// Bound: an output ends, whatever the console does: within Clock.EchoRF of the
	// newest pen clock that ever reached it, be it dead, deaf or cut off, and
	// within frozenBound of a window's last sign of life. SPEC.md section 11,
	// safety.md section 4.
	Bound
	// Belief: what the console takes for certain is so. An arming that it calls
	// never carried out was not and never will be, one that it has seen come into
	// force did, a CLEAR alike, and once it says that everything is known, its count of pulses is
	// the pen's. That an arming is over is not among it: behind the RESULT of ARM a
	// STATUS from before it may still come and say STANDBY. Nothing is leased then,
	// and the next STATUS leads to ESTOP. SPEC.md sections 5.2, 12 and 15, safety.md
	// section 5.
	Belief
	// Agreement: from every state the ends come to agree again by what they do by
	// themselves: session, state, arm id and pulses are what the pen has, no stop
	// is unconfirmed, nothing is uncertain that could be asked. SPEC.md sections
	// 5.2, 7 and 12.
	Agreement

	properties
)

// String is the property's name.
func (p Property) String() string {
	names := [properties]string{"kept", "Output", "StopObeyed", "Once", "Replay", "Bound", "Belief", "Agreement"}
	if p < properties {
		return names[p]
	}
	return "unknown"
}

// Properties lists all of them.
func Properties() []Property {
	var all []Property
	for p := kept + 1; p < properties; p++ {
		all = append(all, p)
	}
	return all
}

// judge is the property that a transition breaks: by the state that it leads to,
// or by itself.
func (m *machine) judge(a Action, to *State) Property {
	from := m.from
	if to.seen.bad != kept {
		return to.seen.bad // said where it happened
	}
	if a == StopArrives && (to.pen.mode != stopped || to.pen.output || to.pen.arm != 0) {
		return StopObeyed
	}
	if from.pen.mode == stopped && to.pen.mode != stopped && a != ClearArrives && a != PenReboots && a != PowerFails {
		return StopObeyed
	}
	return m.judgeState(to)
}

func (m *machine) judgeState(s *State) Property {
	p, c := &s.pen, &s.con
	if p.output && (p.arm == 0 || !p.leased || p.limit == 0 || p.mode != treating || !p.trigger || !p.confirmed || !p.hashed) {
		return Output
	}
	if p.arm != 0 && !c.intents[p.arm-1] {
		return Output
	}
	if p.arm != 0 && s.seen.did[p.arm-1] != inForce {
		return Once
	}
	if k := m.bounds.Clock; p.output && !k.timeless() && (c.clock >= k.EchoRF || c.touch >= k.frozenBound()) {
		return Bound
	}
	for i, b := range c.beliefs {
		if b == notArmed && s.seen.did[i] != notDone || b == armed && s.seen.did[i] == notDone {
			return Belief
		}
	}
	if c.cleared == done && !s.seen.cleared || c.cleared == rejected && s.seen.cleared {
		return Belief
	}
	if c.settled && c.pulses != p.pulses {
		return Belief
	}
	return kept
}

// agrees says whether the ends agree: section 5.2 as far as both can know.
func agrees(s *State) bool {
	p, c := &s.pen, &s.con
	if !c.up || c.session != penOwn || c.stop || c.command.kind != none || c.hello || c.clearLost || c.clears {
		return false
	}
	if c.status != p.mode || c.under != p.arm || c.pulses != p.pulses {
		return false
	}
	if c.phase != idle && (c.phase != live || c.id != p.arm) {
		return false
	}
	for i, b := range c.beliefs {
		if !b.final() && !(b == armed && c.phase == live && int(c.id) == i+1) {
			return false
		}
	}
	return true
}

// Premise is a circumstance without which a property says nothing. Each must be
// reached somewhere.
type premise struct {
	property Property
	name     string
	holds    func(*Bounds, *State) bool
}

// heldClear is reached only where the line turns frames round that it must not.
const heldClear = "CLEAR is held back behind a stop"

// premises lists what the properties speak of.
func premises() []premise {
	return []premise{
		{Output, "energy flows", func(_ *Bounds, s *State) bool { return s.pen.output }},
		{Output, "energy flows under a second act of arming", func(_ *Bounds, s *State) bool { return s.pen.output && s.pen.arm > 1 }},
		{Output, "ARM with an outdated hash is under way", func(_ *Bounds, s *State) bool {
			f := s.line.wire[0]
			return f.kind == armCommand && f.flags&matches == 0 && s.pen.confirmed
		}},
		{StopObeyed, "ESTOP meets energy", func(_ *Bounds, s *State) bool { return s.pen.output && s.line.wire[0].kind == estop }},
		{StopObeyed, "CLEAR is on the wire behind which a stop was begun", func(_ *Bounds, s *State) bool {
			f := s.line.wire[0]
			return f.kind == clearCommand && f.age > 0
		}},
		{StopObeyed, "ESTOP overtakes CLEAR", func(_ *Bounds, s *State) bool {
			return s.pen.queue.kind == clearCommand && s.line.wire[0].kind == estop
		}},
		{StopObeyed, "the check's CLEAR is on the wire behind which a person stopped", func(_ *Bounds, s *State) bool {
			f := s.line.wire[0]
			return f.kind == clearCommand && f.age > 0 && f.flags&byCheck != 0
		}},
		{StopObeyed, heldClear, func(_ *Bounds, s *State) bool { return s.line.late.kind == clearCommand && s.line.late.age > 0 }},
		{Once, "the same ARM waits that was carried out", func(_ *Bounds, s *State) bool {
			f := s.line.wire[0]
			return f.kind == armCommand && f.session == penOwn && s.seen.did[f.id-1] == inForce
		}},
		{Once, "an outcome is asked that the pen kept over a reset", func(b *Bounds, s *State) bool {
			c := s.con.command
			return c.kind == resultOf && c.id != 0 && s.left[bReboots] < b.of(bReboots) && s.pen.ids[c.id-1] == done
		}},
		{Once, "an id is burnt, and its ARM still comes", func(_ *Bounds, s *State) bool {
			f := s.line.late
			return f.kind == armCommand && f.id != 0 && s.pen.ids[f.id-1] == burnt
		}},
		{Replay, "a frame of another session waits at an open pen", func(_ *Bounds, s *State) bool {
			f := s.line.wire[0]
			return s.pen.open && f.kind != none && (f.session == nobodys || f.session == consoles)
		}},
		{Replay, "an ARM is too late", func(_ *Bounds, s *State) bool {
			f := s.line.wire[0]
			return f.kind == armCommand && f.session == penOwn && f.age == 0 && s.pen.mode == standby
		}},
		{Bound, "energy flows and the console is dead", func(_ *Bounds, s *State) bool { return s.pen.output && !s.con.up }},
		{Bound, "energy flows and the window is frozen", func(_ *Bounds, s *State) bool { return s.pen.output && s.con.frozen && s.con.touch > 2 }},
		{Bound, "energy flows and the console is cut off", func(_ *Bounds, s *State) bool { return s.pen.output && s.con.up && s.con.session == nobodys }},
		{Belief, "never armed, for certain", func(_ *Bounds, s *State) bool { return s.con.beliefs[0] == notArmed }},
		{Belief, "uncertain", func(_ *Bounds, s *State) bool { return s.con.beliefs[0] == uncertain }},
		{Belief, "not to be known", func(_ *Bounds, s *State) bool { return s.con.beliefs[0] == unknowable }},
		{Belief, "everything known, and there were pulses", func(_ *Bounds, s *State) bool { return s.con.settled && s.con.pulses > 0 }},
		{Agreement, "no session", func(_ *Bounds, s *State) bool { return s.con.session == nobodys && !s.pen.open }},
		{Agreement, "a session that the pen has left", func(_ *Bounds, s *State) bool { return s.con.session == consoles }},
		{Agreement, "agreed on ESTOP", func(_ *Bounds, s *State) bool { return agrees(s) && s.pen.mode == stopped }},
		{Agreement, "agreed on READY", func(_ *Bounds, s *State) bool { return agrees(s) && s.pen.mode == ready }},
	}
}
