package observer

import (
	"fmt"
	"time"

	"stipple/protocol"
)

// left takes what the pen has sent.
func (w *Witness) left(at time.Duration, f protocol.Frame) {
	switch {
	case f.Type == protocol.TypeHelloAck:
		w.greeted(at, f)
		return
	case f.Type == protocol.TypeStopped:
		var m protocol.Stopped
		if m.DecodePayload(f.Payload) == nil {
			if w.zeroOK {
				at = min(at, w.world(m.Clock))
			}
			w.o.SaysStopped(at, m.NeedleBack)
		}
		return
	case w.session.id == 0 || f.Session != w.session.id:
		return // of a session that has ended behind it
	}
	m, err := protocol.Decode(f)
	if err != nil {
		return
	}
	switch m := m.(type) {
	case *protocol.Status:
		w.status(at, m)
	case *protocol.Pulse:
		w.pulse(at, m)
	case *protocol.PulsePage:
		for i := range m.Pulses {
			w.pulse(at, &m.Pulses[i])
		}
	case *protocol.Event:
		w.seen.Events++
		if m.Index <= w.event {
			w.violate(RuleEventNumber, at, fmt.Sprintf("above %d", w.event), fmt.Sprint(m.Index))
		}
		w.event = m.Index
		if m.Code == protocol.EventLeaseExpired {
			w.seen.Expired++
		}
	default:
		if f.Lane == protocol.LaneCommand && f.Flags&protocol.HasAck != 0 {
			w.answered(at, f, m)
		}
	}
}

// greeted is a session that the pen has opened.
func (w *Witness) greeted(at time.Duration, f protocol.Frame) {
	var m protocol.HelloAck
	if m.DecodePayload(f.Payload) != nil {
		return
	}
	s := &w.session
	if s.id != 0 && m.Nonce == s.nonce && m.Boot == w.boot {
		if m.Session != s.id {
			w.violate(RuleSession, at, fmt.Sprintf("session %08x again", s.id), fmt.Sprintf("%08x for the same nonce", m.Session))
		}
		return
	}
	hello, ok := w.hello(m.Nonce)
	switch {
	case !ok:
		w.violate(RuleSession, at, "an answer to a hello", fmt.Sprintf("nonce %016x that none had", m.Nonce))
	case m.Session == 0 || m.Session == s.id:
		w.violate(RuleSession, at, "a new session number", fmt.Sprintf("%08x", m.Session))
	}
	if m.Boot != w.boot {
		w.rebooted(at, m.Boot)
	}
	w.seen.Sessions++
	w.session = session{
		id: m.Session, nonce: m.Nonce, monitor: hello.MajorMin > protocol.Major || hello.MajorMax < protocol.Major,
		asked: make(map[uint16][]*request),
	}
	w.settings.confirmed, w.settings.envelope, w.service = false, nil, false
	w.stop.clear = false // its answer, if there is one, belongs to a session that is over
	w.o.Over(at, 0)
}

// hello finds the hello with that nonce among those that came.
func (w *Witness) hello(nonce uint64) (protocol.Hello, bool) {
	for _, h := range w.hellos {
		if h.Nonce == nonce {
			return h, true
		}
	}
	return protocol.Hello{MajorMin: protocol.Major, MajorMax: protocol.Major}, false
}

// rebooted is a pen that has started again: boot ids count, and its clock begins
// anew.
func (w *Witness) rebooted(at time.Duration, boot uint32) {
	if boot <= w.boot {
		w.violate(RuleSession, at, fmt.Sprintf("a boot above %d", w.boot), fmt.Sprint(boot))
	}
	if w.boot != 0 {
		w.stop = stop{}
	}
	w.boot, w.zeroOK, w.bootTold, w.newestClock = boot, false, false, 0
	w.fault.tests, w.fault.cleared = false, never
}

// status compares what the pen says of itself with what it may be.
func (w *Witness) status(at time.Duration, m *protocol.Status) {
	if w.seen.Status++; w.seen.Status == 1 {
		w.before = m.NewestPulse
	}
	w.setZero(at, m.Clock)
	stamped := min(w.world(m.Clock), at)
	w.faulted(at, stamped, m)
	w.service = m.State == protocol.StateService
	if m.State == protocol.StateReady || m.State == protocol.StateTreating || w.service && m.ArmID != 0 {
		w.saysArmed(at, stamped, m.ArmID)
	} else if a := w.newest; a != nil && !a.over && stamped > a.accepted+w.grace() {
		a.over = true
		w.o.Over(at, a.id)
	}
	if s := &w.stop; s.latched && m.State != protocol.StateStopped && stamped > s.at+rfAfterStop+w.lag {
		switch {
		case s.clear: // its answer was lost on the way
			w.cleared(at)
		case !s.said:
			s.said = true
			w.violate(RuleLatched, at, fmt.Sprintf("ESTOP of %v latched", s.at), m.State.String())
		}
	}
	if m.NewestPulse < w.highest {
		w.violate(RulePulseNumber, at, fmt.Sprintf("newest pulse at least %d", w.highest), fmt.Sprint(m.NewestPulse))
	}
	w.highest = m.NewestPulse
}

// saysArmed is a STATUS of READY or TREATING. Its RESULT may have been lost.
func (w *Witness) saysArmed(at, stamped time.Duration, id uint32) {
	if w.arms[id] == nil {
		r := w.askedArm(id)
		if r == nil {
			w.violate(RuleReady, at, "an arm id that was asked for", hex(id))
			w.arms[id] = &arm{id: id, accepted: at}
			return
		}
		m := r.msg.(protocol.Once)
		w.done(at, r, w.command(m.ID()), m.ID())
	}
	// The word RESULT may leave behind the state that it leads to.
	w.o.SaysArmed(max(stamped, w.arms[id].accepted), id)
}

// askedArm finds an ARM that came and was not answered yet.
func (w *Witness) askedArm(id uint32) *request {
	for _, all := range w.session.asked {
		for _, r := range all {
			m, ok := r.msg.(protocol.Once)
			armed := ok && (m.Type() == protocol.TypeArm || m.Type() == protocol.TypeTestOutput)
			if armed && r.answer == nil && uint32(m.ID()) == id {
				return r
			}
		}
	}
	return nil
}

// pulse keeps a pulse that the pen has told of. A number stands for one pulse
// for ever.
func (w *Witness) pulse(at time.Duration, p *protocol.Pulse) {
	if p.Result == protocol.PulseOpen {
		return
	}
	old, ok := w.pulses[p.Index]
	if ok && old != *p {
		w.violate(RulePulseNumber, at, fmt.Sprintf("pulse %d as it was told: %v of arm id %s", p.Index, old.Result, hex(old.ArmID)),
			fmt.Sprintf("%v of arm id %s", p.Result, hex(p.ArmID)))
	}
	if !ok && w.seen.Status > 0 && p.Index > w.before {
		if a := w.arms[p.ArmID]; a == nil {
			w.violate(RulePulseTruth, at, "an arm id that was accepted", hex(p.ArmID))
		} else if a.hash != p.SettingsHash {
			w.violate(RulePulseTruth, at, fmt.Sprintf("settings %x of arm id %s", a.hash, hex(a.id)), fmt.Sprintf("%x", p.SettingsHash))
		}
	}
	w.pulses[p.Index] = *p
}
