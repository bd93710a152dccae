package conformance

import (
	"fmt"
	"time"

	"stipple/protocol"
)

func stopCases() []Case {
	return []Case{
		{"stop/standby", "13", "ESTOP in STANDBY: STOPPED within 10 ms, needle back, latched, told as STATUS and EVENT 4", 0, stopStandby},
		{"stop/ready", "13", "ESTOP in READY: the same, and nothing is armed any more", NeedReady, stopReady},
		{"stop/stopped", "13", "ESTOP while one is latched: STOPPED again, with the newest nonce", 0, stopStopped},
		{"stop/repeat", "13", "a repeated ESTOP gets STOPPED again with what holds now", 0, stopRepeat},
		{"stop/any-session", "13", "ESTOP is obeyed in every session and in none, and STOPPED carries the number that it carried", 0, stopAnySession},
		{"stop/any-lane", "13", "ESTOP is obeyed on any lane", 0, stopAnyLane},
		{"stop/any-length", "13", "ESTOP is obeyed with any length; a nonce that is not whole counts as 0", 0, stopAnyLength},
		{"stop/any-seq", "3", "nobody looks at the seq and the ack of ESTOP", 0, stopAnySeq},
		{"stop/any-flags", "2.5", "ESTOP is obeyed with any flags, those that must be understood too", 0, stopAnyFlags},
		{"stop/nonce-0", "4.3", "nonce 0 is obeyed too", 0, func(t *trial) { t.stopWith(protocol.Header{Session: t.session}, []byte{0, 0, 0, 0}, 0) }},
		{"stop/damaged", "13", "a damaged ESTOP is none: a right checksum is needed", 0, stopDamaged},
		{"stop/delayed-copy", "13", "a copy of an ESTOP behind its CLEAR is obeyed: it costs one more CLEAR", 0, stopDelayed},
		{"stop/overtakes-clear", "13", "an ESTOP behind a CLEAR in one write stays latched, whichever the pen takes first", 0, stopOvertakesClear},
		{"stop/survives-hello", "13", "ESTOP stays latched in a new session", 0, stopHello},
		{"stop/survives-port", "13", "ESTOP stays latched when the port is closed", 0, stopPort},
		{"stop/one-write", "3", "ESTOP behind a full window of bulk requests does not wait for their answers", 0, stopBulk},
		{"stop/while-bulk", "3", "ESTOP while bulk answers are under way is obeyed at once", 0, stopWhileBulk},
		{"stop/flood-commands", "23", "ESTOP in a flood of commands keeps its time", 0, func(t *trial) { t.stopInFlood(protocol.LaneCommand) }},
		{"stop/flood-bulk", "23", "ESTOP in a flood of bulk requests keeps its time", 0, func(t *trial) { t.stopInFlood(protocol.LaneBulk) }},
		{"stop/flood-live", "23", "ESTOP in a flood of live frames keeps its time", 0, func(t *trial) { t.stopInFlood(protocol.LaneLive) }},
		{"stop/flood-noise", "23", "ESTOP in a flood of noise keeps its time", 0, func(t *trial) { t.stopInFlood(protocol.LaneCount) }},
	}
}

// stop sends ESTOP under a session number and waits for STOPPED with the needle
// back.
func (t *trial) stop(session uint32) protocol.Stopped {
	m := &protocol.Stop{Nonce: uint32(t.random()) | 1}
	return t.stopWith(protocol.Header{Session: session}, m.AppendPayload(nil), m.Nonce)
}

// stopWith sends ESTOP with any header and payload.
func (t *trial) stopWith(h protocol.Header, payload []byte, nonce uint32) protocol.Stopped {
	h.Type = protocol.TypeStop
	mark := t.mark()
	t.write(protocol.AppendFrame(nil, h, payload))
	return t.awaitStopped(nonce, h.Session, mark)
}

// awaitStopped waits for STOPPED with the needle back.
func (t *trial) awaitStopped(nonce, session uint32, mark int) protocol.Stopped {
	within := protocol.StopConfirm + t.s.backTime() + t.s.floodShare() + t.s.roundTrip + hostSlack
	a := t.await(fmt.Sprintf("STOPPED with nonce %#x, needle back, session %#x", nonce, session), within, mark, func(a arrival) bool {
		m, ok := a.msg.(*protocol.Stopped)
		return ok && m.Nonce == nonce && m.NeedleBack && a.Session == session
	})
	if m, ok := a.msg.(*protocol.Stopped); ok {
		return *m
	}
	return protocol.Stopped{}
}

// backTime is the longest way back of the needle.
func (s *suite) backTime() time.Duration {
	return time.Duration(s.desc.StopToRetracted) * time.Millisecond
}

// stopsInTime sends ESTOP behind a TIME_ASK, in one write, and expects STOPPED
// within 10 ms of it, and the needle back in the descriptor's time.
func (t *trial) stopsInTime() {
	m := &protocol.Stop{Nonce: uint32(t.random()) | 1}
	mark := t.mark()
	asked := t.bracket(m)[0]
	a := t.await("STOPPED", answerLimit, mark, func(a arrival) bool {
		s, ok := a.msg.(*protocol.Stopped)
		return ok && s.Nonce == m.Nonce
	})
	if first, ok := a.msg.(*protocol.Stopped); ok {
		took := first.Clock.Sub(asked)
		t.want(took <= stopOff+penSlack+frameTime, fmt.Sprintf("STOPPED within %v of ESTOP", stopOff), "%v", took)
	}
	back := t.awaitStopped(m.Nonce, t.session, mark)
	took := back.Clock.Sub(asked)
	t.want(t.over() || took <= t.s.backTime()+stopOff+penSlack+frameTime, fmt.Sprintf("the needle back within %v", t.s.backTime()), "%v", took)
	t.awaitState(protocol.StateStopped, mark)
	s := t.inState(protocol.StateStopped)
	t.want(t.over() || s.ArmID == 0 && s.Flags&protocol.FlagRFOn == 0, "nothing armed, RF off", "%s, flags %#x", describeStatus(s), s.Flags)
	t.awaitEvent(protocol.EventStopped, "EVENT 4, ESTOP obeyed", mark)
}

func stopStandby(t *trial) { t.stopsInTime() }

func stopReady(t *trial) {
	id := t.ready()
	t.stopsInTime()
	t.leaseAt(id, t.fresh()) // leases go on
	t.inState(protocol.StateStopped)
}

func stopStopped(t *trial) {
	t.stop(t.session)
	t.stop(t.session)
	s := t.inState(protocol.StateStopped)
	t.want(s.ArmBlocks&protocol.BlockStop != 0, "arm block ESTOP", "%s", describeStatus(s))
	t.clearLatch(protocol.FaultNone) // one CLEAR for both
	t.inState(protocol.StateStandby)
}

func stopRepeat(t *trial) {
	m := &protocol.Stop{Nonce: uint32(t.random()) | 1}
	for range 3 {
		t.stopWith(protocol.Header{Session: t.session}, m.AppendPayload(nil), m.Nonce)
		t.wait(protocol.StopSecond)
	}
	t.inState(protocol.StateStopped)
}

// stopAndClear is an ESTOP that must be obeyed, and its CLEAR.
func (t *trial) stopAndClear(h protocol.Header, payload []byte, nonce uint32) {
	t.stopWith(h, payload, nonce)
	t.inState(protocol.StateStopped)
	t.clearLatch(protocol.FaultNone)
	t.inState(protocol.StateStandby)
}

func stopAnySession(t *trial) {
	for _, session := range []uint32{t.session, 0, t.session + 1, ^uint32(0)} {
		m := &protocol.Stop{Nonce: uint32(t.random()) | 1}
		t.stopAndClear(protocol.Header{Session: session}, m.AppendPayload(nil), m.Nonce)
	}
}

func stopAnyLane(t *trial) {
	for _, lane := range []protocol.Lane{1, 2, 3, 4, 255} {
		m := &protocol.Stop{Nonce: uint32(t.random()) | 1}
		t.stopAndClear(protocol.Header{Session: t.session, Lane: lane}, m.AppendPayload(nil), m.Nonce)
	}
}

func stopAnyLength(t *trial) {
	for n := range 4 {
		t.stopAndClear(protocol.Header{Session: t.session}, []byte{9, 9, 9}[:n], 0)
	}
	m := &protocol.Stop{Nonce: uint32(t.random()) | 1}
	t.stopAndClear(protocol.Header{Session: t.session}, append(m.AppendPayload(nil), make([]byte, 200)...), m.Nonce)
}

func stopAnySeq(t *trial) {
	t.obeyed(protocol.Header{Seq: 65_535}, protocol.Header{Seq: 5}, protocol.Header{Seq: 4, Ack: 9, Flags: protocol.HasAck})
}

func stopAnyFlags(t *trial) {
	t.obeyed(protocol.Header{Flags: 0x0E}, protocol.Header{Flags: 0x10}, protocol.Header{Flags: 0x81}, protocol.Header{Flags: 0xFF})
}

// obeyed sends ESTOP in the open session with each header.
func (t *trial) obeyed(headers ...protocol.Header) {
	for _, h := range headers {
		m := &protocol.Stop{Nonce: uint32(t.random()) | 1}
		h.Session = t.session
		t.stopAndClear(h, m.AppendPayload(nil), m.Nonce)
	}
}

func stopDamaged(t *trial) {
	h := protocol.Header{Type: protocol.TypeStop, Session: t.session}
	raw := bare(h, []byte{1, 2, 3, 4})
	mark := t.mark()
	t.write(sealWith(raw, 0x12345678))
	other := append([]byte(nil), raw...)
	other[0] = 2 // another format, whose types nobody knows
	t.write(seal(other))
	t.quiet("no STOPPED for a damaged ESTOP", mark, anyReply)
	t.inState(protocol.StateStandby)
}

func stopDelayed(t *trial) {
	m := &protocol.Stop{Nonce: uint32(t.random()) | 1}
	for range 2 {
		t.stopAndClear(protocol.Header{Session: t.session}, m.AppendPayload(nil), m.Nonce)
	}
}

// stopOvertakesClear keeps the pen busy with more and more commands, so that a
// CLEAR may wait when the ESTOP behind it comes.
func stopOvertakesClear(t *trial) {
	t.stop(t.session)
	for ahead := range protocol.BulkWindow {
		var list []protocol.Message
		for range ahead {
			list = append(list, &protocol.SetRate{PerSecond: protocol.StatusRate})
		}
		m := &protocol.Stop{Nonce: uint32(t.random()) | 1}
		mark := t.mark()
		t.putAll(append(list, t.clearOf(protocol.FaultNone), m)...)
		t.awaitStopped(m.Nonce, t.session, mark)
		t.wait(quietTime)
		t.inState(protocol.StateStopped)
	}
	t.clearLatch(protocol.FaultNone)
	t.inState(protocol.StateStandby)
}

func stopHello(t *trial) {
	t.stop(t.session)
	t.hello()
	s := t.inState(protocol.StateStopped)
	t.want(s.ArmBlocks&protocol.BlockStop != 0, "arm block ESTOP", "%s", describeStatus(s))
}

func stopPort(t *trial) {
	t.stop(t.session)
	if err := t.s.redial(t.ctx); err != nil {
		t.lose(err)
	}
	t.from = 0
	t.inState(protocol.StateStopped)
}

// stopBulk asks for as much as a console may, and stops behind it: STOPPED comes
// before the answers that are still to be sent.
func stopBulk(t *trial) {
	var list []protocol.Message
	for range protocol.BulkWindow {
		list = append(list, &protocol.DescriptorRead{Max: protocol.MaxChunk})
	}
	m := &protocol.Stop{Nonce: uint32(t.random()) | 1}
	mark := t.mark()
	t.putAll(append(list, m)...)
	t.awaitStopped(m.Nonce, t.session, mark)
	t.inState(protocol.StateStopped)
}

// stopWhileBulk stops once with each ESTOP, as soon as the first answer of a
// full window has come: a pen that is busy with the others must hear it.
func stopWhileBulk(t *trial) {
	var list []protocol.Message
	for range protocol.BulkWindow {
		list = append(list, &protocol.DescriptorRead{Max: protocol.MaxChunk})
	}
	for range 3 {
		mark := t.mark()
		t.putAll(list...)
		t.await("DESCRIPTOR_CHUNK", answerLimit, mark, func(a arrival) bool { return a.Type == protocol.TypeDescriptorChunk })
		t.stopsInTime()
		t.clearLatch(protocol.FaultNone)
	}
}

// flood is floodBytes of one lane's requests, or of noise. The requests are such
// that the answers are as short.
func (t *trial) flood(lane protocol.Lane) []byte {
	var b []byte
	for len(b) < floodBytes && !t.over() {
		var m protocol.Message
		switch lane {
		case protocol.LaneCommand:
			m = &protocol.SetRate{PerSecond: protocol.StatusRate}
		case protocol.LaneBulk:
			m = &protocol.DescriptorRead{Max: 1}
		case protocol.LaneLive:
			m = &protocol.TimeAsk{}
		default:
			b = append(b, byte(t.random()))
			continue
		}
		h := t.head(m)
		h.Type = m.Type()
		t.s.watch.asked(h)
		b = protocol.Append(b, h, m)
	}
	return b
}

// stopInFlood stops in the middle of a flood: the second half is behind ESTOP.
func (t *trial) stopInFlood(lane protocol.Lane) {
	m := &protocol.Stop{Nonce: uint32(t.random()) | 1}
	before, behind := t.flood(lane), t.flood(lane)
	mark := t.mark()
	sent := time.Now()
	t.write(before)
	t.write(protocol.Append(nil, protocol.Header{Session: t.session}, m))
	t.write(behind)
	a := t.await("STOPPED", answerLimit, mark, func(a arrival) bool {
		s, ok := a.msg.(*protocol.Stopped)
		return ok && s.Nonce == m.Nonce
	})
	limit := protocol.StopConfirm + t.s.floodShare() + t.s.roundTrip + hostSlack
	t.want(t.over() || a.at.Sub(sent) <= limit, fmt.Sprintf("STOPPED within %v, the line's share included", limit), "%v", a.at.Sub(sent))
	t.awaitStopped(m.Nonce, t.session, mark)
	t.wait(quietTime)
	t.inState(protocol.StateStopped)
	t.recovered()
}

// recovered opens a session after a flood and expects the pen to be as before.
func (t *trial) recovered() {
	t.hello()
	t.alive()
	ask[protocol.DescriptorChunk](t, &protocol.DescriptorRead{Max: 8})
}

func clearCases() []Case {
	return []Case{
		{"clear/stop", "13", "CLEAR of an ESTOP: DONE, STANDBY, EVENT 6", 0, clearStop},
		{"clear/nothing", "13", "CLEAR with nothing latched: STATE", 0, func(t *trial) { t.commandRefused(t.clearOf(0), protocol.CodeState) }},
		{"clear/wrong-fault", "13", "CLEAR that names another fault: WRONG_FAULT", 0, clearWrong},
		{"clear/armed", "13", "CLEAR in READY: STATE, and it stays armed", NeedReady, clearArmed},
		{"clear/repeat-id", "12", "a CLEAR that was done does not clear the next ESTOP", 0, clearRepeat},
		{"clear/does-not-arm", "13", "CLEAR leads to STANDBY, whatever was armed before the ESTOP", NeedReady, clearNotArmed},
		{"clear/keeps-settings", "13", "what was confirmed before an ESTOP is confirmed after its CLEAR", 0, clearKeeps},
	}
}

func clearStop(t *trial) {
	t.stop(t.session)
	mark := t.mark()
	t.clearLatch(protocol.FaultNone)
	s := t.awaitState(protocol.StateStandby, mark)
	t.want(s.ArmBlocks&protocol.BlockStop == 0, "no arm block ESTOP", "%s", describeStatus(s))
	t.awaitEvent(protocol.EventCleared, "EVENT 6, cleared", mark)
}

func clearWrong(t *trial) {
	t.stop(t.session)
	for _, f := range []protocol.Fault{protocol.FaultEnergy, 200} {
		t.commandRefused(t.clearOf(f), protocol.CodeWrongFault)
	}
	t.inState(protocol.StateStopped)
}

func clearArmed(t *trial) {
	id := t.ready()
	t.commandRefused(t.clearOf(0), protocol.CodeState)
	s := t.inState(protocol.StateReady)
	t.want(s.ArmID == id, "still armed", "%s", describeStatus(s))
}

func clearRepeat(t *trial) {
	t.stop(t.session)
	m := t.clearOf(0)
	r := t.command(m)
	t.want(r.Outcome == protocol.OutcomeDone, "RESULT DONE", "%s", describeMessage(r))
	t.stop(t.session)
	r = t.command(m)
	t.want(r.Outcome == protocol.OutcomeDone, "the kept RESULT, DONE", "%s", describeMessage(r))
	t.inState(protocol.StateStopped)
}

func clearNotArmed(t *trial) {
	id := t.ready()
	t.stop(t.session)
	t.clearLatch(protocol.FaultNone)
	t.leaseAt(id, t.fresh()) // leases go on
	s := t.inState(protocol.StateStandby)
	t.want(s.ArmID == 0, "nothing armed", "%s", describeStatus(s))
}

func clearKeeps(t *trial) {
	hash := t.confirm(t.least())
	t.stop(t.session)
	t.clearLatch(protocol.FaultNone)
	s := t.inState(protocol.StateStandby)
	t.want(s.SettingsHash == hash, fmt.Sprintf("settings hash %x", hash), "%x: %s", s.SettingsHash, describeStatus(s))
}
