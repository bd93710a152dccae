package model

// The pen's firmware, as far as arming, stopping and command ids go. It follows
// SPEC.md sections 5.1, 7, 11, 12 and 13, and device/sim.

// outputOff ends energy and closes the record of the pulse.
func (s *State) outputOff() {
	if s.pen.output {
		s.pen.output = false
		s.pen.pulses++
	}
}

// disarmed ends whatever is armed; the state is STANDBY then, unless a stop is
// latched.
func (s *State) disarmed() {
	p := &s.pen
	s.outputOff()
	if p.arm != 0 {
		s.seen.did[p.arm-1] = max(s.seen.did[p.arm-1], spent)
	}
	p.arm = 0
	if p.mode.permits() {
		p.mode = standby
	}
}

// rehashed is a change of anything that the settings hash is made of: who knows
// the one before knows an old one.
func (s *State) rehashed() {
	s.pen.hashed = false
	s.frames(func(f *frame) { f.flags &^= matches })
	s.answers(func(r *reply) { r.flags &^= matches })
	s.con.command.hash = false
	if s.con.shown == valid {
		s.con.shown = outdated
	}
}

// penLeaves is the end of the pen's session: what belongs to it belongs to the
// console alone, or to nobody.
func (s *State) penLeaves() {
	to := nobodys
	if s.con.session == penOwn {
		to = consoles
		s.con.session = consoles
	}
	s.moved(penOwn, to)
	s.pen.open, s.pen.confirmed, s.pen.kept, s.pen.last = false, false, reply{}, offsets+1
}

// frameArrives takes the next frame off the wire. ESTOP and DISARM are obeyed at
// once, commands may have to wait.
func (m *machine) frameArrives(s State) {
	if s.line.wire[0].kind == none {
		return
	}
	f := s.line.popped()
	m.arrived(s, f)
}

func (m *machine) arrived(s State, f frame) {
	switch {
	case f.kind == estop:
		m.stopArrives(s, f)
	case f.kind == disarmOrder:
		m.disarmArrives(s, f)
	case f.kind == lease:
		m.leased(s, f)
	case !m.bounds.Queued:
		m.handled(s, f)
	case s.pen.queue.kind == none:
		s.pen.queue = f
		m.emit(CommandQueued, s)
	}
	// Else the pen does not read on: bytes wait on the wire.
}

// queueTaken takes the command that waits.
func (m *machine) queueTaken(s State) {
	if f := s.pen.queue; f.kind != none {
		s.pen.queue = frame{}
		m.handled(s, f)
	}
}

// handled does one request of the command lane: section 2.5 step 10, section 3.
func (m *machine) handled(s State, f frame) {
	p := &s.pen
	if f.kind == hello {
		m.helloArrives(s, f)
		return
	}
	fresh := f.behind < p.last
	again := f.behind == p.last
	if again && m.has(ArmTwice) && f.kind == armCommand {
		fresh, again = true, false
	}
	fresh = fresh || m.has(NeverBurns) || m.has(SessionOpen)
	foreign := f.session != penOwn && !m.has(SessionOpen)
	switch {
	case !p.open || foreign || !fresh && !again:
		m.emit(CommandDropped, s)
		return
	case again:
		if p.kept.kind != none {
			s.line.answered(p.kept)
		}
		m.emit(CommandRepeated, s)
		return
	}
	p.last = f.behind
	switch f.kind {
	case put:
		m.settingsArrive(s, f)
	case armCommand:
		m.armArrives(s, f)
	case clearCommand:
		m.clearArrives(s, f)
	case resultOf:
		m.resultOfArrives(s, f)
	}
}

// answer keeps and sends the reply to f.
func (s *State) answer(f frame, o memory, fl flags) {
	s.pen.kept = reply{kind: f.kind, id: f.id, session: f.session, behind: f.behind, outcome: o, flags: fl}
	if f.kind == resultOf {
		s.pen.kept.pulses = s.pen.pulses
	}
	s.line.answered(s.pen.kept)
}

// helloArrives opens a session. A new nonce ends the one that is open, and
// whatever is armed.
func (m *machine) helloArrives(s State, f frame) {
	p := &s.pen
	if !p.open || !p.current || f.flags&current == 0 {
		s.penLeaves()
		if !m.has(HelloKeepsReady) {
			s.disarmed()
		}
		p.open, p.current = true, f.flags&current != 0
	}
	s.line.answered(reply{kind: hello, session: penOwn, flags: f.flags & current})
	m.emit(HelloArrives, s)
}

// settingsArrive are envelope and settings: refused while output is possible,
// confirmed otherwise.
func (m *machine) settingsArrive(s State, f frame) {
	if s.pen.mode.permits() {
		s.answer(f, rejected, refused)
	} else {
		if p := &s.pen; p.active { // the same again, under the same generation
			t := s
			t.pen.confirmed = true
			t.answer(f, done, matches)
			m.emit(SettingsArrive, t)
		}
		s.rehashed()
		s.pen.confirmed, s.pen.active = true, true
		s.answer(f, done, matches)
	}
	m.emit(SettingsArrive, s)
}

// armArrives is ARM: once for each id, in the order of section 11.
func (m *machine) armArrives(s State, f frame) {
	p := &s.pen
	kept := &p.ids[f.id-1]
	if *kept != neverSeen && !(m.has(ArmTwice) && *kept == done) {
		o := *kept
		if o == burnt || o == forgotten {
			o = rejected
		}
		s.answer(f, o, 0)
		m.emit(ArmArrives, s)
		return
	}
	twiceNow := s.seen.did[f.id-1] != notDone
	named := f.flags&matches != 0 || m.has(HashIgnored)
	blocked := p.mode != standby && !(m.has(ArmTwice) && p.arm == f.id) || p.trigger || !p.confirmed
	late := f.age == 0
	if late && !m.has(LateArm) || !named || blocked {
		*kept = rejected
		s.answer(f, rejected, 0)
		m.emit(ArmArrives, s)
		return
	}
	*kept = done
	p.mode, p.arm, p.hashed, p.leased, p.limit = ready, f.id, f.flags&matches != 0, false, max(m.bounds.Clock.LeaseRF, 1)
	s.seen.did[f.id-1] = inForce
	if twiceNow {
		s.seen.did[f.id-1] = twice
	}
	if late || f.session != penOwn {
		s.seen.bad = Replay
	}
	m.powerFails(s, f)
	s.answer(f, done, 0)
	m.emit(ArmArrives, s)
}

// powerFails is a reset behind the effect of a command, before its result is
// kept: what was RUNNING is FORGOTTEN.
func (m *machine) powerFails(s State, f frame) {
	if !s.spend(bPowerCuts) {
		return
	}
	m.reset(&s)
	if !m.has(IDsLost) {
		if f.kind == armCommand {
			s.pen.ids[f.id-1] = forgotten
		} else if f.id == 0 {
			s.pen.clear = forgotten
		}
	}
	m.emit(PowerFails, s)
}

// clearArrives is CLEAR: out of ESTOP, with the trigger released.
func (m *machine) clearArrives(s State, f frame) {
	p := &s.pen
	kept := neverSeen // of an older one
	if f.id == 0 {
		kept = p.clear
	}
	if kept != neverSeen {
		if kept == burnt || kept == forgotten {
			kept = rejected
		}
		s.answer(f, kept, 0)
		m.emit(ClearArrives, s)
		return
	}
	o := rejected
	if p.mode == stopped && !p.trigger {
		if p.latch < f.age || f.flags&crossed != 0 {
			s.seen.bad = StopObeyed
		}
		o, p.mode = done, standby
	}
	if f.id == 0 {
		p.clear = o
		if s.seen.cleared {
			s.seen.bad = Once
		}
		s.seen.cleared = o == done
	}
	if o == done {
		m.powerFails(s, f)
	}
	s.answer(f, o, 0)
	m.emit(ClearArrives, s)
}

// resultOfArrives says what became of an id. One that is not known is burnt.
func (m *machine) resultOfArrives(s State, f frame) {
	kept := &s.pen.clear
	if f.id != 0 {
		kept = &s.pen.ids[f.id-1]
	}
	o := *kept
	if o == neverSeen && !m.has(NeverBurns) {
		*kept = burnt
	}
	if o == burnt {
		o = neverSeen
	}
	s.answer(f, o, 0)
	m.emit(ResultOfArrives, s)
}

// stopArrives is ESTOP: obeyed in every state, whatever else goes on.
func (m *machine) stopArrives(s State, f frame) {
	p := &s.pen
	if m.has(StopDroppedWhileBusy) && p.queue.kind != none {
		m.emit(StopArrives, s)
		return
	}
	s.disarmed()
	p.mode, p.latch = stopped, f.age
	if p.queue.kind == clearCommand && !m.has(QueuedClearOutlivesStop) {
		p.queue = frame{} // it was sent before this stop, and must not come behind it
	}
	s.line.stopped = 1 + f.age
	m.emit(StopArrives, s)
}

func (m *machine) disarmArrives(s State, f frame) {
	if s.pen.open && f.session == penOwn && s.pen.arm == f.id {
		s.disarmed()
	}
	m.emit(DisarmArrives, s)
}

// leaseArrives takes LEASE off the live lane.
func (m *machine) leaseArrives(s State) {
	if f := s.line.lease; f.kind != none {
		s.line.lease = frame{}
		m.leased(s, f)
	}
}

// leased is LEASE: of the arm id that is in force, and by arrival and by the
// clock that it echoes, whichever ends first.
func (m *machine) leased(s State, f frame) {
	p := &s.pen
	foreign := !p.open || f.session != penOwn
	if m.has(LeaseRevives) && p.mode == standby && p.ids[max(f.id, 1)-1] == done && !foreign {
		p.mode, p.arm, p.hashed, p.limit = ready, f.id, true, 1
	}
	if (foreign || f.id != p.arm) && !m.has(LeaseOfAnySession) || p.arm == 0 {
		m.emit(LeaseArrives, s)
		return
	}
	k := m.bounds.Clock
	left := min(k.LeaseRF, k.EchoRF-min(f.age, k.EchoRF))
	if m.has(LeaseFromBuffer) || k.timeless() {
		left = max(k.LeaseRF, 1)
	}
	if left > 0 && (!p.leased || left > p.limit) {
		p.leased, p.limit = true, left
		if foreign {
			s.seen.bad = Replay
		}
	}
	m.emit(LeaseArrives, s)
}

// outputBegins is the one way to energy: READY or TREATING under an arm id, a
// lease alive, the trigger held, what ARM named active.
func (m *machine) outputBegins(s State) {
	p := &s.pen
	index := p.pulses + 1
	if p.output || p.mode != treating || !p.trigger || !p.leased || !p.confirmed || !p.hashed && !m.has(HashIgnored) || int(index) > m.bounds.Pulses {
		return
	}
	p.output = true
	if index <= s.seen.highest {
		s.seen.bad = Once
	}
	s.seen.highest = max(s.seen.highest, index)
	m.emit(OutputBegins, s)
}

func (m *machine) outputEnds(s State) {
	if !s.pen.output {
		return
	}
	s.outputOff()
	m.emit(OutputEnds, s)
}

// statusSent is STATUS, at any time and as often as there is room.
func (m *machine) statusSent(s State) {
	p := &s.pen
	if !p.open || s.line.status.there {
		return
	}
	s.line.status = report{there: true, session: penOwn, mode: p.mode, under: p.arm, pulses: p.pulses}
	m.emit(StatusSent, s)
}

// penReboots is a reset: what is not kept is gone.
func (m *machine) penReboots(s State) {
	if !s.spend(bReboots) {
		return
	}
	m.reset(&s)
	m.emit(PenReboots, s)
}

func (m *machine) reset(s *State) {
	p := &s.pen
	open := p.output
	s.disarmed() // a record that is open is closed as interrupted
	if open && m.has(PulseReused) {
		p.pulses--
	}
	s.rehashed()
	s.penLeaves()
	p.active = false
	p.mode, p.queue = standby, frame{}
	for i := range p.ids {
		if p.ids[i] == burnt || m.has(IDsLost) {
			p.ids[i] = neverSeen
		}
	}
	if p.clear == burnt || m.has(IDsLost) {
		p.clear = neverSeen
	}
}
