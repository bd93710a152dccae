package model

// What persons do: at the console, and at the pen.

// free says that the console could ask the pen for something new now.
func (c *console) free() bool {
	return c.up && c.session != nobodys && c.command.kind == none && !c.stop
}

// quiet says that nothing of what was confirmed is going on or uncertain.
func (c *console) quiet() bool {
	if c.phase != idle {
		return false
	}
	for _, b := range c.beliefs {
		if !b.final() {
			return false
		}
	}
	return true
}

// next is the next arm id that was never used, from 1; 0 where the bounds have
// no more.
func (m *machine) next(c *console) uint8 {
	for i, b := range c.beliefs {
		if b == unused && i < m.bounds.Arms {
			return uint8(i + 1)
		}
	}
	return 0
}

// operatorConfirms is the end of the hold, behind every block that the console
// has: safety.md section 3.
func (m *machine) operatorConfirms(s State) {
	c := &s.con
	id := m.next(c)
	if !c.free() || !c.quiet() || id == 0 || c.status != standby || !m.heard(c) || !m.alive(c) || c.shown == unread {
		return
	}
	if m.bounds.Checks > 0 && c.check != checked {
		return
	}
	c.phase, c.id, c.settled = writing, id, false
	c.tried = true
	m.emit(OperatorConfirms, s)
}

// operatorLeaves is a person's DISARM, and all that falls back to STANDBY.
func (m *machine) operatorLeaves(s State) {
	c := &s.con
	if !c.up || c.phase != writing && !c.phase.active() || !s.spend(bFalls) {
		return
	}
	m.endArm(&s, true)
	m.emit(OperatorLeaves, s)
}

// personStops is STOP. It counts at any time.
func (m *machine) personStops(s State) {
	if !s.con.up || s.con.session == nobodys || !s.spend(bStops) {
		return
	}
	m.beginStop(&s, false)
	m.emit(PersonStops, s)
}

// personClears is CLEAR, asked for by who sees ESTOP.
func (m *machine) personClears(s State) {
	c := &s.con
	if !c.free() || c.clears || c.status != stopped || c.check == stopping || c.check == confirmed || !s.spend(bClears) {
		return
	}
	c.clears, c.overtaken = true, false
	m.emit(PersonClears, s)
}

// settingsPut is Apply: the envelope, the settings, and their read-back.
func (m *machine) settingsPut(s State) {
	c := &s.con
	if !c.free() || c.phase != idle || c.status == unknown || c.status.permits() || c.shown == valid || !s.spend(bApplies) {
		return
	}
	c.shown = unread
	m.ask(&s, command{kind: put})
	m.emit(SettingsPut, s)
}

// checkBegins is the stop check at the start of a treatment: ESTOP, STOPPED,
// CLEAR, before ARM (safety.md section 4).
func (m *machine) checkBegins(s State) {
	c := &s.con
	if !c.free() || !c.quiet() || c.status != standby || c.check != unchecked || !s.spend(bChecks) {
		return
	}
	m.beginStop(&s, true)
	c.check, c.crossed = stopping, false
	m.emit(CheckBegins, s)
}

func (m *machine) triggerPulled(s State) {
	p := &s.pen
	if p.trigger || p.mode != ready {
		// Pulled at another time it leads to nothing, and is a block for ARM and
		// CLEAR until it is released.
		return
	}
	p.trigger, p.mode = true, treating
	m.emit(TriggerPulled, s)
}

func (m *machine) triggerReleased(s State) {
	p := &s.pen
	if !p.trigger {
		return
	}
	p.trigger = false
	s.outputOff()
	if p.mode == treating {
		p.mode = ready
	}
	m.emit(TriggerReleased, s)
}

// tipChanged makes another settings hash, and ends an arming.
func (m *machine) tipChanged(s State) {
	if !s.pen.confirmed || !s.spend(bTips) {
		return
	}
	s.rehashed()
	s.disarmed()
	m.emit(TipChanged, s)
}

func (m *machine) windowFreezes(s State) {
	if !s.con.up || s.con.frozen || !s.spend(bFreezes) {
		return
	}
	s.con.frozen = true
	m.emit(WindowFreezes, s)
}

func (m *machine) windowThaws(s State) {
	if !s.con.frozen {
		return
	}
	s.con.frozen, s.con.touch = false, 0
	m.emit(WindowThaws, s)
}
