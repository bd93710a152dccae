package model

// What the console does by itself but for commands: session, arming, lease,
// STATUS. It follows device/arm.go, device/lease.go and device/handshake.go.

// belief is what the record says of an arm id.
func (c *console) belief(id uint8) *belief { return &c.beliefs[id-1] }

// endArm ends the armed state, or the attempt (device/arm.go). With disarm,
// DISARM is to be sent until STATUS confirms it.
func (m *machine) endArm(s *State, disarm bool) {
	c := &s.con
	switch {
	case c.phase == writing: // nothing has left, and nothing will
		*c.belief(c.id) = notArmed
		c.phase = idle
	case !c.phase.active():
	case c.command.kind == armCommand && c.command.sends == 0:
		*c.belief(c.id) = notArmed
		c.phase, c.command = idle, command{}
	default:
		if c.command.kind == armCommand {
			c.command.held = true
		}
		c.phase, c.disarm, c.told = ending, disarm, false
	}
}

// unarm is the end of it as far as the session knows.
func (c *console) unarm() {
	if b := c.belief(c.id); *b == intended || *b == armed {
		*b = over
	}
	c.phase = idle
}

// intentWritten is the fsync behind which ARM may leave (safety.md section 3).
func (m *machine) intentWritten(s State) {
	c := &s.con
	if c.phase != writing || c.command.kind != none {
		return
	}
	c.intents[c.id-1] = !m.has(ArmBeforeIntent)
	*c.belief(c.id) = intended
	c.phase = pending
	m.ask(&s, command{kind: armCommand, id: c.id, hash: c.shown == valid})
	m.emit(IntentWritten, s)
}

// consoleStarts is the next run of the program: everything is gone but the disk.
// What has no outcome there is uncertain.
func (m *machine) consoleStarts(s State) {
	c := &s.con
	if c.up {
		return
	}
	c.up = true
	m.emit(ConsoleStarts, s)
}

// helloSent is a HELLO with a new nonce, or the same again.
func (m *machine) helloSent(s State) {
	c := &s.con
	if !c.up || c.session != nobodys || s.line.has(hello) {
		return
	}
	if !c.hello {
		c.hello = true
		s.pen.current = false
		s.frames(func(f *frame) { f.flags &^= current * flags(bit(f.kind == hello)) })
		s.answers(func(r *reply) { r.flags &^= current * flags(bit(r.kind == hello)) })
	}
	if s.line.pushed(frame{kind: hello, session: leftAlone, flags: current}) {
		m.emit(HelloSent, s)
	}
}

func bit(on bool) uint8 {
	if on {
		return 1
	}
	return 0
}

// helloAcked opens the session that the pen has minted, which it may have left
// again meanwhile.
func (m *machine) helloAcked(s State, r reply) {
	c := &s.con
	if !c.hello || r.flags&current == 0 {
		m.emit(HelloAcked, s) // an answer to nothing that is asked
		return
	}
	c.hello = false
	c.session = consoles
	if r.session == penOwn {
		c.session = penOwn
	}
	m.emit(HelloAcked, s)
}

// sessionOver is the end of the console's session, for whatever reason: what was
// sent and has no known outcome is uncertain.
func (m *machine) sessionOver(s *State) {
	c := &s.con
	switch {
	case c.phase == idle:
	case c.phase == writing, c.phase == pending && c.command.sends == 0:
		*c.belief(c.id) = notArmed
	default:
		if b := c.belief(c.id); !b.final() {
			*b = m.lost()
		}
	}
	if c.session == consoles {
		s.moved(consoles, nobodys)
	}
	c.clearLost = c.clearLost || c.command.kind == clearCommand && c.command.sends > 0
	c.session, c.hello = nobodys, false
	c.phase, c.command = idle, command{}
	c.stop, c.own, c.stopSent, c.check, c.crossed, c.shown = false, false, false, unchecked, false, unread
	c.status, c.under, c.tried = unknown, 0, false
	c.clears, c.overtaken = false, false
}

// lost is what is known of an arming whose outcome was lost.
func (m *machine) lost() belief {
	if m.has(UncertainIsNever) {
		return notArmed
	}
	return uncertain
}

// moved gives every frame and answer of one session to another.
func (s *State) moved(from, to session) {
	move := func(at *session) {
		if *at == from {
			*at = to
		}
	}
	s.frames(func(f *frame) { move(&f.session) })
	s.answers(func(r *reply) { move(&r.session) })
	move(&s.line.status.session)
}

// linkSilent gives a session up of which nothing is heard.
func (m *machine) linkSilent(s State) {
	k := m.bounds.Clock
	if s.con.session == nobodys || s.con.silence < k.LinkSilence || k.timeless() && s.con.session == penOwn {
		return
	}
	m.sessionOver(&s)
	m.emit(LinkSilent, s)
}

// statusTaken takes STATUS and holds it against what was confirmed.
func (m *machine) statusTaken(s State) {
	c, r := &s.con, s.line.status
	if !c.up || !r.there {
		return
	}
	s.line.status = report{}
	if c.session == nobodys || r.session != c.session {
		m.emit(StatusTaken, s)
		return
	}
	c.status, c.under, c.pulses, c.silence, c.clock = r.mode, r.under, r.pulses, 0, min(c.clock, r.age)
	if r.mode.permits() {
		m.checkArmed(&s)
	} else {
		m.checkUnarmed(&s)
	}
	m.emit(StatusTaken, s)
}

// checkArmed is READY or TREATING: under the id that was confirmed, or ESTOP.
func (m *machine) checkArmed(s *State) {
	c := &s.con
	switch {
	case c.phase == idle || c.phase == writing || c.id != c.under:
		m.beginStop(s, false)
	case c.phase == pending:
		c.seen = true
	case c.phase == granted:
		c.phase, *c.belief(c.id) = live, armed
	}
}

// checkUnarmed is any other state.
func (m *machine) checkUnarmed(s *State) {
	c := &s.con
	switch c.phase {
	case pending:
		c.seen = false
	case live:
		c.unarm()
	case ending:
		if c.command.kind != armCommand && (c.told || !c.disarm) {
			c.unarm()
		}
	}
}

// alive says whether the window has shown life lately.
func (m *machine) alive(c *console) bool {
	k := m.bounds.Clock
	return k.timeless() && !c.frozen || c.touch < k.Liveness
}

// heard says whether STATUS has come lately.
func (m *machine) heard(c *console) bool {
	k := m.bounds.Clock
	return k.timeless() || c.silence < k.StatusSilence
}

// mayLease says whether the pen may go on. It is looked at for each lease anew.
func (m *machine) mayLease(c *console) bool {
	return c.up && c.session != nobodys && (c.phase == granted || c.phase == live) && !c.stop &&
		(m.alive(c) || m.has(FrozenLeases)) && (m.heard(c) || m.has(LeaseUnheard))
}

// leaseSent is LEASE, with the newest clock that this console knows.
func (m *machine) leaseSent(s State) {
	c := &s.con
	if !m.mayLease(c) || s.line.lease.kind != none {
		return
	}
	age := c.clock
	if m.has(LeaseUnheard) {
		age = 0 // it makes up the clock that it has not heard
	}
	s.line.lease = frame{kind: lease, id: c.id, session: c.session, age: age}
	m.emit(LeaseSent, s)
}

// disarmSent is DISARM, again and again until STATUS confirms it.
func (m *machine) disarmSent(s State) {
	c := &s.con
	if !c.up || c.phase != ending || !c.disarm || s.line.has(disarmOrder) {
		return
	}
	c.told = true
	if s.line.pushed(frame{kind: disarmOrder, id: c.id, session: c.session}) {
		m.emit(DisarmSent, s)
	}
}

// statusSilent stops a pen that is armed and can't be heard.
func (m *machine) statusSilent(s State) {
	c := &s.con
	k := m.bounds.Clock
	if !c.up || c.phase != granted && c.phase != live || c.silence < k.StatusSilence {
		return
	}
	if k.timeless() && c.session == penOwn && !s.spend(bDelays) {
		return
	}
	m.endArm(&s, false)
	m.beginStop(&s, false)
	m.emit(StatusSilent, s)
}

// windowDead ends an arming whose window shows no life.
func (m *machine) windowDead(s State) {
	c := &s.con
	if !c.up || !c.phase.active() || m.alive(c) || m.has(FrozenLeases) {
		return
	}
	m.endArm(&s, true)
	m.emit(WindowDead, s)
}

// readyMissing is a pen that said done and does not say READY.
func (m *machine) readyMissing(s State) {
	c := &s.con
	if !c.up || c.phase != granted || s.pen.arm == c.id && !s.spend(bDelays) {
		return
	}
	m.endArm(&s, true)
	m.emit(ReadyMissing, s)
}

// endSettled is the end of the patience with an arming that is over: a pen that
// was not seen to be out of READY is stopped.
func (m *machine) endSettled(s State) {
	c := &s.con
	if !c.up || c.phase != ending || !s.spend(bDelays) {
		return
	}
	if c.status.permits() {
		m.beginStop(&s, false)
	} else {
		c.unarm()
	}
	m.emit(EndSettled, s)
}
