package model

// machine makes the successors of a state.
type machine struct {
	bounds Bounds
	flaw   Mutation
	raw    bool // states are left as they are; see tidy
	from   *State
	out    []step
}

// step is one transition to a state.
type step struct {
	action Action
	to     State
}

// has says whether the model is broken in that way on purpose.
func (m *machine) has(f Mutation) bool { return m.flaw == f }

// spend takes one off a budget, and is false where nothing is left.
func (s *State) spend(k budget) bool {
	if s.left[k] == 0 {
		return false
	}
	s.left[k]--
	return true
}

// emit is a successor.
func (m *machine) emit(a Action, s State) {
	if !m.raw {
		m.tidy(&s)
	}
	if bad := m.judge(a, &s); bad != 0 {
		s.seen.bad = bad
	}
	m.out = append(m.out, step{a, s})
}

// successors are all states that can follow s.
func (m *machine) successors(s *State) []step {
	m.from, m.out = s, m.out[:0]
	for _, do := range [...]func(*machine, State){
		(*machine).operatorConfirms, (*machine).operatorLeaves, (*machine).personStops, (*machine).personClears,
		(*machine).settingsPut, (*machine).checkBegins, (*machine).triggerPulled, (*machine).triggerReleased,
		(*machine).tipChanged, (*machine).windowFreezes, (*machine).windowThaws,

		(*machine).consoleStarts, (*machine).helloSent, (*machine).intentWritten, (*machine).commandSent,
		(*machine).commandRetried, (*machine).commandGivenUp, (*machine).replyTaken, (*machine).outcomeAsked,
		(*machine).statusTaken, (*machine).leaseSent, (*machine).disarmSent, (*machine).stopSent, (*machine).stopConfirmed,
		(*machine).clearQueued, (*machine).checkClears, (*machine).statusSilent, (*machine).windowDead, (*machine).readyMissing, (*machine).endSettled,
		(*machine).linkSilent,

		(*machine).frameArrives, (*machine).queueTaken, (*machine).leaseArrives, (*machine).outputBegins, (*machine).outputEnds,
		(*machine).statusSent, (*machine).penReboots,

		(*machine).frameLost, (*machine).frameDoubled, (*machine).frameHeldBack, (*machine).lateFrameArrives, (*machine).replyLost,
		(*machine).portGone,

		(*machine).consoleCrashes, (*machine).timePasses,
	} {
		do(m, *s)
	}
	return m.out
}

// first is the state that a run begins with.
func (m *machine) first() State {
	var s State
	for k := range budgets {
		s.left[k] = m.bounds.of(k)
	}
	s.pen.mode = standby
	s.con.up = true
	s.con.clock = m.bounds.Clock.EchoRF
	s.con.settled = true
	if m.bounds.Unconnected {
		return s
	}
	s.pen.open, s.pen.current, s.pen.active, s.pen.confirmed, s.pen.last = true, true, true, true, offsets+1
	s.con.session, s.con.status, s.con.clock, s.con.shown = penOwn, standby, 0, valid
	return s
}
