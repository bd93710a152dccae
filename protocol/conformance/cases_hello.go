package conformance

import (
	"fmt"
	"time"

	"stipple/protocol"
)

func helloCases() []Case {
	return []Case{
		{"hello/answer", "7", "HELLO_ACK carries the nonce, a session that is not 0, protocol 1, HAS_ACK and the HELLO's seq", 0, helloAnswer},
		{"hello/who", "4.3", "model, serial number and firmware are said, and the same in each session", 0, helloWho},
		{"hello/same-nonce", "7", "the nonce of the open session gets the same answer and changes nothing", 0, helloSameNonce},
		{"hello/new-nonce", "7", "a new nonce ends the session: its frames are dropped", 0, helloNewNonce},
		{"hello/unforeseeable", "7", "session numbers are drawn at random", 0, helloRandom},
		{"hello/malformed", "4.2", "a malformed HELLO is dropped without a word", 0, helloMalformed},
		{"hello/longer", "4.2", "a longer HELLO is taken", 0, helloLonger},
		{"hello/other-session", "7", "a HELLO with a session number is dropped", 0, helloOtherSession},
		{"hello/lanes-from-0", "3", "each lane of the pen counts from 0 in a new session", 0, helloLanes},
		{"hello/status-at-once", "7", "STATUS follows HELLO_ACK at once", 0, helloStatus},
		{"hello/unconfirms", "7", "a new session has nothing confirmed: block, flag and hash say so, and NO_ENVELOPE", 0, helloUnconfirms},
		{"hello/disarms", "7", "a new nonce puts an armed pen into STANDBY", NeedReady, helloDisarms},
		{"hello/same-nonce-armed", "7", "the same nonce leaves an armed pen armed", NeedReady, helloSameArmed},
		{"hello/monitor", "7", "a console of another major may only monitor: requests are REJECTED with STATE, bulk and time are answered", 0, helloMonitor},
		{"hello/monitor-stop", "7", "a session that may only monitor can stop the pen", 0, helloMonitorStop},
		{"session/wrong", "7", "a frame of another session is dropped without a word", 0, sessionWrong},
		{"session/port-closed", "7", "closing the port ends no session: after it the pen still answers", 0, sessionPort},
	}
}

func helloAnswer(t *trial) {
	for _, seq := range []uint16{0, 1, 54_321} {
		m := &protocol.Hello{MajorMin: 1, MajorMax: 1, Nonce: t.random()}
		mark := t.mark()
		t.send(protocol.Header{Seq: seq}, m)
		a := t.await("HELLO_ACK", answerLimit, mark, func(a arrival) bool { return a.Type == protocol.TypeHelloAck })
		ack := as[protocol.HelloAck](t, m.Type(), a.msg)
		t.want(t.over() || a.Flags == protocol.HasAck && a.Ack == seq && a.Seq == 0 && a.Session == 0,
			fmt.Sprintf("HAS_ACK, ack %d, seq 0, session 0 in the header", seq), "flags %#x, ack %d, seq %d, session %#x", uint8(a.Flags), a.Ack, a.Seq, a.Session)
		t.want(t.over() || ack.Nonce == m.Nonce && ack.Session != 0 && ack.Major == protocol.Major,
			fmt.Sprintf("nonce %#x, a session, major 1", m.Nonce), "nonce %#x, session %#x, major %d", ack.Nonce, ack.Session, ack.Major)
		t.join(ack.Session, mark)
	}
}

func helloWho(t *trial) {
	ack, first := t.hello(), t.s.ack
	t.want(first.Model != "" && first.Serial != "" && first.Firmware != "", "model, serial number, firmware", "%q, %q, %q", first.Model, first.Serial, first.Firmware)
	same := ack.Model == first.Model && ack.Serial == first.Serial && ack.Firmware == first.Firmware && ack.Simulated == first.Simulated &&
		ack.Boot == t.s.boot && ack.DescriptorSHA256 == first.DescriptorSHA256 && ack.DescriptorLength == first.DescriptorLength && ack.Minor == first.Minor
	t.want(t.over() || same, "the same as at the first hello", "%+v in place of %+v", ack, first)
}

func helloSameNonce(t *trial) {
	m := &protocol.Hello{MajorMin: 1, MajorMax: 1, Nonce: t.random()}
	mark := t.mark()
	t.send(protocol.Header{}, m)
	first := as[protocol.HelloAck](t, m.Type(), t.await("HELLO_ACK", answerLimit, mark, func(a arrival) bool { return a.Type == protocol.TypeHelloAck }).msg)
	t.join(first.Session, mark)
	t.alive()
	mark = t.mark()
	t.send(protocol.Header{Seq: 9}, m)
	again := as[protocol.HelloAck](t, m.Type(), t.await("HELLO_ACK", answerLimit, mark, func(a arrival) bool { return a.Type == protocol.TypeHelloAck }).msg)
	t.want(t.over() || *again == *first, fmt.Sprintf("%+v", *first), "%+v", *again)
	t.alive() // seq goes on from where it was
}

func helloNewNonce(t *trial) {
	t.alive()
	old, seq := t.session, t.seq
	t.hello()
	t.want(t.over() || t.session != old, "another session number", "%#x again", old)
	mark := t.mark()
	for _, m := range []protocol.Message{&protocol.TipRead{}, &protocol.DescriptorRead{Max: 8}} {
		t.write(protocol.Append(nil, protocol.Header{Session: old, Seq: seq[m.Type().Lane()]}, m))
	}
	t.unanswered("a request of the session that has ended", mark)
	t.alive()
}

// helloRandom wants sessions that differ, that are no counter, and that use the
// whole width: of 16 random numbers each bit is 0 once and 1 once, but for one
// run in a thousand.
func helloRandom(t *trial) {
	const draws = 16
	var list []uint32
	seen := map[uint32]bool{}
	for range draws {
		s := t.hello().Session
		t.want(t.over() || !seen[s], "a session number that was not there before", "%#x again", s)
		seen[s] = true
		list = append(list, s)
	}
	steps := map[uint32]bool{}
	var ones, zeros uint32
	for i, s := range list {
		ones |= s
		zeros |= ^s
		if i > 0 {
			steps[s-list[i-1]] = true
		}
	}
	t.want(t.over() || len(steps) > 2, "no constant step from one session number to the next", "%#x", list)
	t.want(t.over() || ones>>16 != 0 && zeros>>16 != 0 && ones&0xFFFF != 0 && zeros&0xFFFF != 0, "numbers of 32 bits", "%#x", list)
}

func helloMalformed(t *trial) {
	mark := t.mark()
	full := (&protocol.Hello{MajorMin: 1, MajorMax: 1, Nonce: t.random()}).AppendPayload(nil)
	for n := range full {
		t.write(protocol.AppendFrame(nil, protocol.Header{Type: protocol.TypeHello, Lane: protocol.LaneCommand}, full[:n]))
	}
	upside := append([]byte{2, 1}, full[2:]...)
	t.write(protocol.AppendFrame(nil, protocol.Header{Type: protocol.TypeHello, Lane: protocol.LaneCommand}, upside))
	t.unanswered("a malformed HELLO", mark)
	t.alive()
}

func helloLonger(t *trial) {
	m := &protocol.Hello{MajorMin: 1, MajorMax: 1, Nonce: t.random()}
	mark := t.mark()
	t.write(protocol.AppendFrame(nil, protocol.Header{Type: m.Type(), Lane: protocol.LaneCommand}, append(m.AppendPayload(nil), 1, 2, 3)))
	ack := as[protocol.HelloAck](t, m.Type(), t.await("HELLO_ACK", answerLimit, mark, func(a arrival) bool { return a.Type == protocol.TypeHelloAck }).msg)
	t.join(ack.Session, mark)
	t.alive()
}

func helloOtherSession(t *trial) {
	mark := t.mark()
	for _, session := range []uint32{t.session, t.session + 1, 1} {
		m := &protocol.Hello{MajorMin: 1, MajorMax: 1, Nonce: t.random()}
		t.write(protocol.Append(nil, protocol.Header{Session: session}, m))
	}
	t.unanswered("a HELLO with a session number", mark)
	t.alive()
}

func helloLanes(t *trial) {
	t.alive()
	t.hello()
	mark := t.mark()
	for _, m := range []protocol.Message{&protocol.TipRead{}, &protocol.DescriptorRead{Max: 1}} {
		h := t.put(m)
		a := t.await("a reply to "+h.Type.String(), answerLimit, mark, answers(h))
		t.want(t.over() || a.Seq == 0, fmt.Sprintf("seq 0 of the %v lane", h.Lane), "%d", a.Seq)
	}
	live := t.await("a live frame", stateLimit, t.from, func(a arrival) bool { return a.Lane == protocol.LaneLive && a.Session == t.session })
	t.want(t.over() || live.Seq == 0, "seq 0 of the live lane", "%d", live.Seq)
}

func helloStatus(t *trial) {
	sent := time.Now()
	t.hello()
	a := t.await("STATUS", stateLimit, t.from, t.isStatus(func(protocol.Status) bool { return true }))
	limit := time.Second/protocol.StatusRate + t.s.roundTrip + hostSlack
	t.want(t.over() || a.at.Sub(sent) <= limit, fmt.Sprintf("STATUS within %v of HELLO", limit), "%v", a.at.Sub(sent))
}

func helloUnconfirms(t *trial) {
	t.confirm(t.least())
	before := *ask[protocol.SettingsReply](t, &protocol.GetSettings{})
	t.hello()
	s := t.status()
	t.want(t.over() || s.SettingsHash == [8]byte{} && s.Flags&protocol.FlagSettings == 0 && s.ArmBlocks&protocol.BlockSettingsUnconfirmed != 0,
		"no settings hash, no flag SETTINGS, arm block SETTINGS_UNCONFIRMED", "hash %x, flags %#x, %s", s.SettingsHash, s.Flags, describeStatus(s))
	after := *ask[protocol.SettingsReply](t, &protocol.GetSettings{})
	t.want(after.Applied && after.Generation == before.Generation && after.Hash == before.Hash, describeMessage(&before), "%s", describeMessage(&after))
	t.refused(putSettings(after.Generation+1, t.least()), protocol.CodeNoEnvelope, protocol.NoField, 0)
	t.limit(t.widest())
	s = t.status()
	t.want(s.ArmBlocks&protocol.BlockSettingsUnconfirmed != 0, "SETTINGS_UNCONFIRMED until PUT_SETTINGS, too", "%s", describeStatus(s))
}

func helloDisarms(t *trial) {
	t.ready()
	t.stopLeasing()
	t.hello()
	s := t.inState(protocol.StateStandby)
	t.want(s.ArmID == 0, "no arm id", "%s", describeStatus(s))
}

func helloSameArmed(t *trial) {
	m := &protocol.Hello{MajorMin: 1, MajorMax: 1, Nonce: t.random()}
	mark := t.mark()
	t.send(protocol.Header{}, m)
	ack := as[protocol.HelloAck](t, m.Type(), t.await("HELLO_ACK", answerLimit, mark, func(a arrival) bool { return a.Type == protocol.TypeHelloAck }).msg)
	t.join(ack.Session, mark)
	id := t.ready()
	mark = t.mark()
	t.send(protocol.Header{}, m)
	t.await("HELLO_ACK", answerLimit, mark, func(a arrival) bool { return a.Type == protocol.TypeHelloAck })
	s := t.inState(protocol.StateReady)
	t.want(s.ArmID == id, fmt.Sprintf("READY under arm id %#x", id), "%s", describeStatus(s))
}

// monitor opens a session as a console of later majors.
func (t *trial) monitor() { t.helloFor(protocol.Major+1, protocol.Major+2) }

func helloMonitor(t *trial) {
	envelope := putEnvelope(t.widest())
	t.monitor()
	s := t.status()
	t.want(s.ArmBlocks&protocol.BlockVersion != 0, "arm block VERSION", "%s", describeStatus(s))
	for _, m := range []protocol.Message{&protocol.TipRead{}, &protocol.GetSettings{}, envelope, putSettings(1, t.least()),
		&protocol.SetRate{PerSecond: 50}, &protocol.ResultOf{CommandID: 1}, &protocol.Arm{CommandID: 1}, &protocol.Clear{CommandID: 1}} {
		t.refused(m, protocol.CodeState, protocol.NoField, 0)
	}
	chunk := ask[protocol.DescriptorChunk](t, &protocol.DescriptorRead{Max: 16})
	t.want(t.over() || string(chunk.Data) == string(t.s.raw[:len(chunk.Data)]) && len(chunk.Data) > 0, "the descriptor", "%q", chunk.Data)
	t.tell()
}

func helloMonitorStop(t *trial) {
	t.monitor()
	t.stop(t.session)
	s := t.inState(protocol.StateStopped)
	t.want(s.ArmBlocks&protocol.BlockStop != 0, "arm block ESTOP", "%s", describeStatus(s))
}

func sessionWrong(t *trial) {
	t.alive()
	for _, session := range []uint32{0, t.session + 1, ^t.session} {
		mark := t.mark()
		for _, m := range []protocol.Message{&protocol.TipRead{}, &protocol.GetSettings{}, &protocol.DescriptorRead{Max: 1}, &protocol.PulseRead{}, &protocol.TimeAsk{Sent: 77}} {
			t.write(protocol.Append(nil, protocol.Header{Session: session, Seq: t.seq[m.Type().Lane()]}, m))
		}
		t.quiet("no answer to another session", mark, func(a arrival) bool {
			m, ok := a.msg.(*protocol.TimeTell)
			return anyReply(a) || ok && m.Sent == 77
		})
	}
	t.alive()
}

func sessionPort(t *trial) {
	t.alive()
	if err := t.s.redial(t.ctx); err != nil {
		t.lose(err)
	}
	t.from = 0 // marks of the port that was closed mean nothing here
	t.alive()
	t.inState(protocol.StateStandby)
}
