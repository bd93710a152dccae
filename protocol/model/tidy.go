package model

// tidy sets to zero what can make no difference any more, so that states that
// behave alike are one state. What an end would ignore whenever it came is as good
// as lost.
func (m *machine) tidy(s *State) {
	s.con.tidy()
	if c := &s.con.command; c.sends > 0 && !m.retriable(&s.con) {
		c.grace, c.hash, c.held, c.sends = 0, false, true, 1 // never sent again
	}
	if s.pen.arm == 0 {
		s.pen.hashed, s.pen.leased, s.pen.limit = false, false, 0
	}
	if s.pen.mode != stopped {
		s.pen.latch = 0
	}
	m.tidyAnswers(s)
	if m.has(LeaseFromBuffer) || m.has(LeaseOfAnySession) || m.has(SessionOpen) {
		return // to these pens nothing is too old
	}
	s.frames(func(f *frame) {
		switch {
		case f.kind == lease && (f.session == nobodys || f.age >= m.bounds.Clock.EchoRF && !m.bounds.Clock.timeless()):
			*f = frame{}
		case f.kind != none && f.session == nobodys:
			*f = frame{kind: stale}
		case (f.kind == lease || f.kind == disarmOrder) && f.id != s.pen.arm && s.pen.ids[f.id-1] != neverSeen && m.flaw != LeaseRevives:
			*f = frame{kind: stale} // of an arm id that is over for ever
		}
	})
	if s.line.lease.kind == stale {
		s.line.lease = frame{}
	}
	if !m.bounds.Replays {
		s.line.unstale()
		if s.pen.queue.kind == stale {
			s.pen.queue = frame{}
		}
	}
	if !m.retriable(&s.con) && !s.waiting() {
		s.pen.kept, s.pen.last = reply{}, offsets+1 // whatever comes is newer
	}
}

func (c *console) tidy() {
	switch c.phase {
	case idle:
		c.id, c.seen, c.disarm, c.told = 0, false, false, false
	case granted, live, ending:
		c.seen = false
	}
	if c.session == nobodys {
		c.silence = 0
	}
}

// unstale drops what nobody will take from the line.
func (l *line) unstale() {
	n := 0
	for _, f := range l.wire {
		if f.kind != none && f.kind != stale {
			l.wire[n] = f
			n++
		}
	}
	for ; n < len(l.wire); n++ {
		l.wire[n] = frame{}
	}
	if l.late.kind == stale {
		l.late = frame{}
	}
}

// retriable says whether the console may send its command again.
func (m *machine) retriable(c *console) bool {
	return c.command.sends > 0 && !c.command.held && int(c.command.sends) < m.bounds.Sends
}

// waiting says whether a command of the pen's session is under way.
func (s *State) waiting() (is bool) {
	s.frames(func(f *frame) { is = is || f.session == penOwn && f.kind <= resultOf && f.kind > hello })
	return is
}

// tidyAnswers drops what the console would take for no answer to anything.
func (m *machine) tidyAnswers(s *State) {
	c := &s.con
	if s.line.status.there && s.line.status.session != c.session && (s.line.status.session == nobodys || !c.hello) {
		s.line.status = report{}
	}
	if s.line.stopped > 1 || !c.stop {
		s.line.stopped = 0
	}
	n := 0
	for _, r := range s.line.replies {
		if r.kind == hello && r.flags&current != 0 && c.hello ||
			r.kind != none && r.kind != hello && c.answers(&r) {
			s.line.replies[n] = r
			n++
		}
	}
	for ; n < len(s.line.replies); n++ {
		s.line.replies[n] = reply{}
	}
}

// answers says whether r is one to what is outstanding: its seq, its kind and its
// id are.
func (c *console) answers(r *reply) bool {
	return c.session != nobodys && r.session == c.session && r.behind == 0 && c.command.sends > 0 && c.command.kind == r.kind && c.command.id == r.id
}
