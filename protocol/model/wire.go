package model

// What lies between the ends, and what nobody does: package link makes the same
// faults in tests.

// frameLost loses the next frame to the pen.
func (m *machine) frameLost(s State) {
	if s.line.lease.kind != none {
		t := s
		t.line.lease = frame{}
		m.emit(FrameLost, t)
	}
	if s.line.wire[0].kind == none || !s.spend(bLosses) {
		return
	}
	s.line.popped()
	m.emit(FrameLost, s)
}

// frameDoubled lets the next frame arrive, and leaves a copy behind that comes
// later. A copy of a CLEAR that still waits in the pen would be one held back.
func (m *machine) frameDoubled(s State) {
	if s.line.late.kind != none || !s.spend(bDoubles) {
		return
	}
	if f := s.line.wire[0]; f.kind != none && (f.kind != clearCommand || !m.bounds.Queued || m.bounds.HeldClear) {
		t := s
		t.line.late = t.line.popped()
		m.arriveAs(FrameDoubled, t, f)
	}
	if f := s.line.lease; f.kind != none {
		s.line.late, s.line.lease = f, frame{}
		m.arriveAs(FrameDoubled, s, f)
	}
}

// arriveAs is the arrival of f under the name of another action.
func (m *machine) arriveAs(a Action, s State, f frame) {
	before := len(m.out)
	m.arrived(s, f)
	for i := before; i < len(m.out); i++ {
		m.out[i].action = a
	}
}

// frameHeldBack lets others overtake the next frame.
func (m *machine) frameHeldBack(s State) {
	if s.line.late.kind != none || !s.spend(bHeldBack) {
		return
	}
	if f := s.line.wire[0]; f.kind != none && (f.kind != clearCommand || m.bounds.HeldClear) {
		t := s
		t.line.late = t.line.popped()
		m.emit(FrameHeldBack, t)
	}
	if s.line.lease.kind != none {
		s.line.late, s.line.lease = s.line.lease, frame{}
		m.emit(FrameHeldBack, s)
	}
}

// lateFrameArrives is a copy, or what was held back.
func (m *machine) lateFrameArrives(s State) {
	f := s.line.late
	if f.kind == none {
		return
	}
	s.line.late = frame{}
	m.arriveAs(LateFrameArrives, s, f)
}

// replyLost loses what the pen says. A STATUS that is lost is one that was never
// sent, but for the place that it takes.
func (m *machine) replyLost(s State) {
	if s.line.status.there {
		t := s
		t.line.status = report{}
		m.emit(ReplyLost, t)
	}
	if !s.spend(bLosses) {
		return
	}
	if s.line.replies[0].kind != none {
		t := s
		t.line.heard()
		m.emit(ReplyLost, t)
	}
	if s.line.stopped != 0 {
		s.line.stopped = 0
		m.emit(ReplyLost, s)
	}
}

// portGone is a cable that is pulled. What is under way may still come.
func (m *machine) portGone(s State) {
	if s.con.session == nobodys && !s.con.hello || !s.spend(bCuts) {
		return
	}
	m.sessionOver(&s)
	m.emit(PortGone, s)
}

// consoleCrashes leaves what is on the disk: an intent without an outcome is
// uncertain for the next run of the program.
func (m *machine) consoleCrashes(s State) {
	c := &s.con
	if !c.up || !s.spend(bCrashes) {
		return
	}
	m.sessionOver(&s)
	for i := range c.beliefs {
		if !c.beliefs[i].final() {
			c.beliefs[i] = uncertain
		}
	}
	c.up, c.frozen, c.touch = false, false, 0
	m.emit(ConsoleCrashes, s)
}

// timePasses is one tick for everybody. Without a clock it is what may take any
// time: ARM on its way may be late, a lease may end.
func (m *machine) timePasses(s State) {
	c, p, k := &s.con, &s.pen, m.bounds.Clock
	if k.timeless() {
		m.timeless(s)
		return
	}
	if c.frozen {
		c.touch = upTo(c.touch, k.frozenBound())
	}
	c.clock = upTo(c.clock, k.EchoRF)
	if c.session != nobodys {
		c.silence = upTo(c.silence, k.LinkSilence)
	}
	c.command.grace = down(c.command.grace)
	s.frames(func(f *frame) {
		switch f.kind {
		case armCommand:
			f.age = down(f.age)
		case lease:
			f.age = upTo(f.age, k.EchoRF)
		}
	})
	if s.line.status.there {
		s.line.status.age = upTo(s.line.status.age, k.EchoRF)
	}
	action := TimePasses
	if p.arm != 0 && !(p.leased && m.has(LeaseForever)) {
		p.limit = down(p.limit)
		if p.limit == 0 {
			s.disarmed()
			action = LeaseExpires
		}
	}
	if s != *m.from {
		m.emit(action, s)
	}
}

// timeless is what may take any time: a console that leases is heard in time, and
// an ARM comes in time, but for a delay.
func (m *machine) timeless(s State) {
	c, delayed := &s.con, s
	leases := c.up && c.session == penOwn && c.id == s.pen.arm && m.mayLease(c)
	if t := s; t.pen.arm != 0 && (!leases || t.spend(bDelays)) {
		t.disarmed()
		m.emit(LeaseExpires, t)
	}
	if !delayed.spend(bDelays) {
		return
	}
	s = delayed
	late := s.con.command.grace > 0
	s.con.command.grace = 0
	s.frames(func(f *frame) {
		if f.kind == armCommand {
			late = late || f.age > 0
			f.age = 0
		}
	})
	if late {
		m.emit(TimePasses, s)
	}
}
