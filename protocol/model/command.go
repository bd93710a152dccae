package model

// The console's command lane and its stop: device/lane.go, device/command.go,
// device/outcome.go and device/stop.go.

// ask makes a request the outstanding one, under the next seq of the session:
// everything of the session that is under way is one request older.
func (m *machine) ask(s *State, r command) {
	c := &s.con
	if c.session == nobodys {
		return
	}
	c.command = r
	s.frames(func(f *frame) {
		if f.session == c.session && f.kind != none {
			f.behind = upTo(f.behind, offsets)
		}
	})
	s.answers(func(a *reply) {
		if a.session == c.session && a.kind != none {
			a.behind = upTo(a.behind, offsets)
		}
	})
	if c.session == penOwn && s.pen.last <= offsets {
		s.pen.last = upTo(s.pen.last, offsets)
	}
	if r.kind == clearCommand {
		c.cleared, s.seen.cleared = neverSeen, false
		s.pen.clear = neverSeen   // of this one; nobody asks for those before any more
		s.frames(func(f *frame) { // an older one is another id
			if f.kind == clearCommand {
				f.id = 1
			}
		})
	}
}

// frameOf is the frame of the outstanding command, byte for byte the same for
// each retry.
func (c *console) frameOf() frame {
	r := &c.command
	f := frame{kind: r.kind, id: r.id, session: c.session}
	switch r.kind {
	case armCommand:
		f.age, f.flags = r.grace, matches*flags(bit(r.hash))
	case clearCommand:
		f.age, f.flags = r.stops, byCheck*flags(bit(r.check))|crossed*flags(bit(r.cross))
	}
	return f
}

// commandSent is the first send.
func (m *machine) commandSent(s State) {
	c := &s.con
	if !c.up || c.command.kind == none || c.command.sends > 0 {
		return
	}
	c.command.sends = 1
	if c.command.kind == armCommand {
		// Time has passed since the newest clock was read: its way here, and since.
		c.command.grace = max(m.bounds.Clock.ArmWindow, 1) - min(c.clock-min(c.silence, c.clock), m.bounds.Clock.ArmWindow)
	}
	if s.line.pushed(c.frameOf()) {
		m.emit(CommandSent, s)
	}
}

// commandRetried is the same again.
func (m *machine) commandRetried(s State) {
	c := &s.con
	if !c.up || c.command.sends == 0 || c.command.held || int(c.command.sends) >= m.bounds.Sends || s.line.has(c.command.kind) {
		return
	}
	c.command.sends++
	if s.line.pushed(c.frameOf()) {
		m.emit(CommandRetried, s)
	}
}

// commandGivenUp is a command that has no answer. What must not happen twice is
// uncertain then.
func (m *machine) commandGivenUp(s State) {
	c := &s.con
	if !c.up || c.command.sends == 0 || !c.command.held && int(c.command.sends) < m.bounds.Sends {
		return
	}
	if c.session == penOwn && s.coming(c.command) && !s.spend(bDelays) {
		return
	}
	r := c.command
	c.command = command{}
	switch r.kind {
	case armCommand:
		if c.phase == pending {
			*c.belief(r.id) = m.lost()
			m.endArm(&s, true)
		}
	case clearCommand:
		c.check, c.clearLost = unchecked, true
	}
	m.emit(CommandGivenUp, s)
}

// coming says whether a command, or its answer, is still under way.
func (s *State) coming(r command) (is bool) {
	s.frames(func(f *frame) { is = is || f.kind == r.kind && f.id == r.id && f.session == s.con.session })
	for i := range s.line.replies {
		is = is || s.line.replies[i].kind == r.kind
	}
	return is
}

// outcomeAsked asks what became of what is uncertain: RESULT_OF, and behind it
// the ledger.
func (m *machine) outcomeAsked(s State) {
	c := &s.con
	if !c.up || c.session == nobodys || c.command.kind != none || m.has(NeverAsks) {
		return
	}
	for i, b := range c.beliefs {
		if b == uncertain {
			m.ask(&s, command{kind: resultOf, id: uint8(i + 1)})
			m.emit(OutcomeAsked, s)
			return
		}
	}
	if c.clearLost && c.status != unknown {
		m.ask(&s, command{kind: resultOf})
		m.emit(OutcomeAsked, s)
	}
}

// replyTaken takes the next reply, if it is one to what is outstanding.
func (m *machine) replyTaken(s State) {
	c := &s.con
	if !c.up || s.line.replies[0].kind == none {
		return
	}
	r := s.line.heard()
	action := [...]Action{put: SettingsRead, armCommand: ArmAnswered, clearCommand: ClearAnswered, resultOf: OutcomeAnswered, hello: HelloAcked}[r.kind]
	if r.kind == hello {
		m.helloAcked(s, r)
		return
	}
	if !c.answers(&r) {
		m.emit(action, s)
		return
	}
	asked := c.command
	c.command = command{}
	switch r.kind {
	case put:
		c.shown = outdated
		if r.flags&matches != 0 {
			c.shown = valid
		}
		if r.flags&refused != 0 {
			c.shown = unread
		}
		m.reArm(&s)
	case armCommand:
		m.armAnswered(&s, r)
	case clearCommand:
		c.cleared = r.outcome
		if asked.check {
			c.check = unchecked
			if r.outcome == done {
				c.check = checked
			}
		}
	case resultOf:
		m.outcomeAnswered(&s, r)
	}
	m.emit(action, s)
}

// reArm is what no console may do: what was armed before is armed again.
func (m *machine) reArm(s *State) {
	c := &s.con
	id := m.next(c)
	if !m.has(ReArms) || c.phase != idle || id == 0 {
		return
	}
	c.phase, c.id = pending, id
	*c.belief(id) = intended
	m.ask(s, command{kind: armCommand, id: id, hash: c.shown == valid})
}

// armAnswered is the RESULT of ARM.
func (m *machine) armAnswered(s *State, r reply) {
	c := &s.con
	switch {
	case c.phase != pending: // ended meanwhile, and ending sees to the rest
	case r.outcome == done:
		c.phase = granted
		if c.seen {
			c.phase, *c.belief(c.id) = live, armed
		}
	default:
		*c.belief(c.id) = notArmed
		c.phase = idle
	}
}

// outcomeAnswered is the RESULT of RESULT_OF, and the ledger.
func (m *machine) outcomeAnswered(s *State, r reply) {
	c := &s.con
	if r.id == 0 {
		c.clearLost, c.cleared = false, r.outcome
		if r.outcome == neverSeen || r.outcome == burnt {
			c.cleared = rejected
		}
		return
	}
	b := c.belief(r.id)
	if *b != uncertain {
		return
	}
	switch r.outcome {
	case done:
		*b = over
	case forgotten:
		*b = unknowable
	default:
		*b = notArmed
	}
	c.pulses = r.pulses
	c.settled = c.quiet() && !c.tried // in a new session nothing old is armed any more
}

// beginStop begins a stop, unless one goes on. It takes the place of a check's,
// and ends the check: what is latched from then on is not the check's to clear.
func (m *machine) beginStop(s *State, own bool) {
	c := &s.con
	if !own && c.check != unchecked && c.check != checked {
		c.crossed = true
		if !m.has(CheckClearsStop) {
			c.check, c.crossed = unchecked, false
		}
	}
	if !c.stop || c.own && !own {
		c.stop, c.own, c.stopSent = true, own, false
		s.stopBegun()
		if c.command.kind == clearCommand && !m.has(ClearRetriedBehindStop) {
			c.holdClear()
		}
	}
	m.endArm(s, false)
}

// holdClear keeps a CLEAR from going out behind a stop that began after it was
// asked for.
func (c *console) holdClear() {
	if c.command.sends == 0 {
		c.command = command{}
		return
	}
	c.command.held = true
}

// stopBegun makes everything that is about a stop one stop older.
func (s *State) stopBegun() {
	s.frames(func(f *frame) {
		if f.kind == estop || f.kind == clearCommand {
			f.age = upTo(f.age, stopOffsets)
		}
	})
	s.con.overtaken = s.con.overtaken || s.con.clears
	if s.con.command.kind == clearCommand {
		s.con.command.stops = upTo(s.con.command.stops, stopOffsets)
	}
	if s.pen.mode == stopped {
		s.pen.latch = upTo(s.pen.latch, stopOffsets)
	}
	if s.line.stopped > 0 {
		s.line.stopped = upTo(s.line.stopped, stopOffsets+1)
	}
}

// stopSent is ESTOP, again and again until STOPPED confirms it.
func (m *machine) stopSent(s State) {
	c := &s.con
	if !c.up || !c.stop || s.line.has(estop) || m.has(StopSentOnce) && c.stopSent {
		return
	}
	c.stopSent = m.has(StopSentOnce)
	if s.line.pushed(frame{kind: estop, session: leftAlone}) {
		m.emit(StopSent, s)
	}
}

// stopConfirmed is STOPPED. Its nonce alone counts.
func (m *machine) stopConfirmed(s State) {
	c := &s.con
	if !c.up || c.session == nobodys || s.line.stopped == 0 {
		return
	}
	own := s.line.stopped == 1
	s.line.stopped = 0
	if own && c.stop {
		c.stop, c.own, c.stopSent = false, false, false
		if c.check == stopping {
			c.check = confirmed
		}
	}
	m.emit(StopConfirmed, s)
}

// clearQueued is the CLEAR that a person has asked for, unless a stop came
// between: what that has latched is not what was to be cleared.
func (m *machine) clearQueued(s State) {
	c := &s.con
	if !c.up || !c.clears || c.command.kind != none {
		return
	}
	late := c.stop || c.overtaken
	c.clears = false
	if !late || m.has(ClearBehindStop) {
		m.ask(&s, command{kind: clearCommand, stops: bit(late)})
	}
	c.overtaken = false
	m.emit(ClearQueued, s)
}

// checkClears ends the check's own ESTOP, if no other stop came between.
func (m *machine) checkClears(s State) {
	c := &s.con
	if !c.free() || c.check != confirmed || c.status != stopped {
		return
	}
	c.check = clearing
	m.ask(&s, command{kind: clearCommand, check: true, cross: c.crossed})
	m.emit(CheckClears, s)
}
