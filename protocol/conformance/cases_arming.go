package conformance

import (
	"fmt"
	"time"

	"stipple/protocol"
)

func armCases() []Case {
	return []Case{
		{"arm/accepted", "11", "ARM for what is confirmed: DONE, READY at once under the low 32 bits of the command id", NeedReady, armAccepted},
		{"arm/late", "11", "not_after is past: LATE", NeedReady, armLate},
		{"arm/too-early", "11", "not_after over 500 ms ahead: TOO_EARLY", NeedReady, armEarly},
		{"arm/hash", "11", "another settings hash than what is confirmed: HASH, with LIMIT_MISMATCH", NeedReady, armHash},
		{"arm/hash-stale", "6", "settings that changed after the review: HASH", NeedReady, armStale},
		{"arm/unconfirmed", "11", "settings of an earlier session: BLOCKED by SETTINGS_UNCONFIRMED", 0, armUnconfirmed},
		{"arm/armed", "11", "ARM while armed: STATE, and it stays armed as it was", NeedReady, armArmed},
		{"arm/stopped", "11", "ARM with ESTOP latched: BLOCKED by ESTOP", 0, armStopped},
		{"arm/order", "11", "refusals in order: STATE, LATE or TOO_EARLY, HASH, BLOCKED", NeedReady, armOrder},
		{"arm/blocks", "11", "a refused ARM names all blocks that apply, whatever the code", 0, armBlocks},
		{"arm/retry", "3", "a retry of ARM gets the kept reply and arms nothing", NeedReady, armRetry},
		{"arm/repeat-id", "12", "a command id that is known gets its RESULT again and arms nothing", NeedReady, armRepeat},
		{"arm/repeat-id-armed", "12", "the same ARM again changes nothing about the lease", NeedReady, armRepeatArmed},
		{"arm/other-content", "12", "a command id that is known with other content: BURNT", NeedReady, armOther},
		{"arm/no-energy", "11", "no message fires: an armed and leased pen without the trigger drives nothing", NeedReady, armNoEnergy},
		{"arm/idle", "5", "READY without the trigger ends after 60 s, with EVENT 16", NeedReady | NeedLong, armIdle},
	}
}

func armAccepted(t *trial) {
	m := t.armWith(t.confirm(t.least()))
	mark := t.mark()
	r := t.command(m)
	t.want(t.over() || r.Outcome == protocol.OutcomeDone && r.CommandID == m.CommandID && r.Code == 0 && r.ArmBlocks == 0,
		fmt.Sprintf("RESULT DONE for %#x", m.CommandID), "%s for %#x", describeMessage(r), r.CommandID)
	s := t.awaitState(protocol.StateReady, mark)
	t.want(t.over() || s.ArmID == m.ArmID() && s.Flags&protocol.FlagLease == 0, fmt.Sprintf("arm id %#x, no lease yet", m.ArmID()), "%s, flags %#x", describeStatus(s), s.Flags)
}

func armLate(t *trial) {
	m := t.armWith(t.confirm(t.least()))
	m.NotAfter = t.tell().Received - 1
	t.commandRefused(m, protocol.CodeLate)
	m = t.armWith(t.confirm(t.least()))
	m.NotAfter = 0
	t.commandRefused(m, protocol.CodeLate)
	t.inState(protocol.StateStandby)
}

func armEarly(t *trial) {
	for _, ahead := range []time.Duration{protocol.ArmWindow + t.s.roundTrip + time.Second, 24 * time.Hour} {
		m := t.armWith(t.confirm(t.least()))
		m.NotAfter = t.tell().Replied.Add(ahead)
		t.commandRefused(m, protocol.CodeTooEarly)
	}
	m := t.armWith(t.confirm(t.least()))
	m.NotAfter = ^protocol.PenClock(0)
	t.commandRefused(m, protocol.CodeTooEarly)
	t.inState(protocol.StateStandby)
}

func armHash(t *trial) {
	hash := t.confirm(t.least())
	for _, wrong := range [][8]byte{{}, {hash[0] ^ 1, hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7]}, {hash[0], hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7] ^ 0x80}} {
		r := t.commandRefused(t.armWith(wrong), protocol.CodeHash)
		t.want(t.over() || r.ArmBlocks&protocol.BlockLimitMismatch != 0, "arm block LIMIT_MISMATCH", "%s", describeMessage(r))
	}
	t.inState(protocol.StateStandby)
}

func armStale(t *trial) {
	old := t.confirm(t.least())
	t.set(t.least()) // another generation
	t.commandRefused(t.armWith(old), protocol.CodeHash)
	t.inState(protocol.StateStandby)
}

func armUnconfirmed(t *trial) {
	hash := t.confirm(t.least())
	t.hello()
	r := t.commandRefused(t.armWith(hash), protocol.CodeBlocked)
	t.want(t.over() || r.ArmBlocks&protocol.BlockSettingsUnconfirmed != 0, "arm block SETTINGS_UNCONFIRMED", "%s", describeMessage(r))
	t.inState(protocol.StateStandby)
}

func armArmed(t *trial) {
	id := t.ready()
	m := t.armWith(t.status().SettingsHash)
	t.commandRefused(m, protocol.CodeState)
	s := t.inState(protocol.StateReady)
	t.want(t.over() || s.ArmID == id, fmt.Sprintf("arm id %#x as before", id), "%s", describeStatus(s))
}

func armStopped(t *trial) {
	hash := t.confirm(t.least())
	t.stop(t.session)
	r := t.commandRefused(t.armWith(hash), protocol.CodeBlocked)
	t.want(t.over() || r.ArmBlocks&protocol.BlockStop != 0, "arm block ESTOP", "%s", describeMessage(r))
	t.inState(protocol.StateStopped)
}

func armOrder(t *trial) {
	late := func(hash [8]byte) *protocol.Arm {
		m := t.armWith(hash)
		m.NotAfter = 0
		return m
	}
	t.commandRefused(late([8]byte{1}), protocol.CodeLate) // unconfirmed, too
	hash := t.confirm(t.least())
	t.commandRefused(late([8]byte{1}), protocol.CodeLate) // a wrong hash, too
	t.stop(t.session)
	t.commandRefused(late(hash), protocol.CodeLate)            // blocked, too
	t.commandRefused(t.armWith([8]byte{1}), protocol.CodeHash) // blocked, too
	t.commandRefused(t.armWith(hash), protocol.CodeBlocked)
	t.clearLatch(protocol.FaultNone)
	t.ready()
	t.commandRefused(late([8]byte{1}), protocol.CodeState)
}

func armBlocks(t *trial) {
	t.stop(t.session)
	s := t.status()
	late := t.armWith([8]byte{1})
	late.NotAfter = 0
	for _, c := range []struct {
		m    *protocol.Arm
		code protocol.Code
	}{{late, protocol.CodeLate}, {t.armWith([8]byte{1}), protocol.CodeBlocked}} {
		r := t.commandRefused(c.m, c.code)
		t.want(t.over() || r.ArmBlocks == s.ArmBlocks, "the arm blocks of "+describeStatus(s), "%s", describeMessage(r))
	}
}

func armRetry(t *trial) {
	m := t.armWith(t.confirm(t.least()))
	mark := t.mark()
	h := t.put(m)
	first := as[protocol.Result](t, h.Type, t.reply(h, mark))
	t.want(first.Outcome == protocol.OutcomeDone, "RESULT DONE", "%s", describeMessage(first))
	t.put(&protocol.Disarm{ArmID: m.ArmID()})
	t.awaitStatus("STANDBY after DISARM", mark, func(s protocol.Status) bool {
		return s.State == protocol.StateStandby && s.Clock > m.NotAfter.Add(-protocol.ArmWindow)
	})
	t.inState(protocol.StateStandby)
	mark = t.mark()
	t.send(h, m)
	again := as[protocol.Result](t, h.Type, t.reply(h, mark))
	t.want(*again == *first, describeMessage(first), "%s", describeMessage(again))
	t.inState(protocol.StateStandby)
}

// disarmed arms, disarms, and returns the ARM.
func (t *trial) disarmed() *protocol.Arm {
	m := t.armWith(t.confirm(t.least()))
	r := t.command(m)
	t.want(r.Outcome == protocol.OutcomeDone, "ARM to be DONE", "%s", describeMessage(r))
	t.put(&protocol.Disarm{})
	t.inState(protocol.StateStandby)
	return m
}

func armRepeat(t *trial) {
	m := t.disarmed()
	r := t.command(m)
	t.want(r.Outcome == protocol.OutcomeDone, "the kept RESULT, DONE", "%s", describeMessage(r))
	t.inState(protocol.StateStandby)
	t.hello()
	r = t.command(m)
	t.want(r.Outcome == protocol.OutcomeDone, "the kept RESULT, DONE, in the next session too", "%s", describeMessage(r))
	t.inState(protocol.StateStandby)
}

func armRepeatArmed(t *trial) {
	m := t.armWith(t.confirm(t.least()))
	mark := t.mark()
	t.command(m)
	armed := t.awaitEvent(protocol.EventArmed, "EVENT 9, armed", mark).Clock
	for range 3 {
		t.wait(protocol.LeaseRF / 5)
		r := t.command(m)
		t.want(r.Outcome == protocol.OutcomeDone, "the kept RESULT, DONE", "%s", describeMessage(r))
	}
	t.expires(mark, armed.Add(protocol.LeaseRF), armed.Add(protocol.LeaseRF))
}

func armOther(t *trial) {
	m := t.disarmed()
	other := *m
	other.NotAfter = t.tell().Replied.Add(protocol.ArmWindow - 100*time.Millisecond)
	if other.NotAfter == m.NotAfter {
		other.NotAfter-- // a quick pen: without this it would be the same command
	}
	t.commandRefused(&other, protocol.CodeBurnt)
	other = *m
	other.TreatmentID[15]++
	t.commandRefused(&other, protocol.CodeBurnt)
	clear := t.clearOf(0)
	clear.CommandID = m.CommandID
	t.commandRefused(clear, protocol.CodeBurnt)
	t.inState(protocol.StateStandby)
}

func armNoEnergy(t *trial) {
	id := t.ready()
	mark := t.mark()
	t.wait(time.Second)
	list, _, _ := t.s.line.since(mark)
	for _, a := range list {
		s, ok := a.msg.(*protocol.Status)
		if !ok {
			continue
		}
		err := restless(s)
		t.want(err == nil && s.State == protocol.StateReady && s.ArmID == id, "READY without any output", "%v: %s", err, describeStatus(*s))
	}
	t.inState(protocol.StateReady)
}

func armIdle(t *trial) {
	m := t.armWith(t.confirm(t.least()))
	mark := t.mark()
	t.command(m)
	armed := t.awaitEvent(protocol.EventArmed, "EVENT 9, armed", mark).Clock
	t.keepLeasing(m.ArmID())
	a, ok := t.look(protocol.IdleStandby+settleLimit, mark, t.isEvent(protocol.EventIdle))
	if !ok {
		t.fail("EVENT 16, idle", "none %v after ARM; %s", protocol.IdleStandby, t.came(mark))
		return
	}
	t.inState(protocol.StateStandby)
	took := a.msg.(*protocol.Event).Clock.Sub(armed)
	t.want((took-protocol.IdleStandby).Abs() <= stateLimit, fmt.Sprintf("%v after ARM", protocol.IdleStandby), "%v", took)
}

func disarmCases() []Case {
	return []Case{
		{"disarm/own-id", "11", "DISARM with the arm id that is armed: STANDBY, with EVENT 10", NeedReady, func(t *trial) { t.disarms(func(id uint32) protocol.Disarm { return protocol.Disarm{ArmID: id} }) }},
		{"disarm/any", "11", "DISARM with 0: STANDBY", NeedReady, func(t *trial) { t.disarms(func(uint32) protocol.Disarm { return protocol.Disarm{} }) }},
		{"disarm/no-session", "7", "DISARM with session 0 is obeyed", NeedReady, disarmNoSession},
		{"disarm/any-seq", "3", "nobody looks at the seq of DISARM", NeedReady, disarmAnySeq},
		{"disarm/other-id", "11", "DISARM with another arm id is ignored", NeedReady, disarmOther},
		{"disarm/other-session", "7", "DISARM of another session is dropped", NeedReady, disarmOtherSession},
		{"disarm/standby", "11", "DISARM in STANDBY changes nothing and gets no answer", 0, disarmStandby},
		{"disarm/no-lease-after", "11", "a lease behind DISARM revives nothing", NeedReady, disarmThenLease},
	}
}

// disarms sends DISARM to a READY pen and expects STANDBY while leases go on.
func (t *trial) disarms(of func(id uint32) protocol.Disarm) {
	id := t.ready()
	mark := t.mark()
	m := of(id)
	t.put(&m)
	s := t.awaitState(protocol.StateStandby, mark)
	t.want(t.over() || s.ArmID == 0, "no arm id", "%s", describeStatus(s))
	t.awaitEvent(protocol.EventDisarmed, "EVENT 10, disarmed", mark)
	t.inState(protocol.StateStandby)
}

func disarmNoSession(t *trial) {
	t.ready()
	mark := t.mark()
	t.write(protocol.Append(nil, protocol.Header{}, &protocol.Disarm{}))
	t.awaitState(protocol.StateStandby, mark)
}

func disarmAnySeq(t *trial) {
	t.ready()
	t.write(protocol.Append(nil, protocol.Header{Session: t.session, Seq: 500}, &protocol.Disarm{ArmID: 12345}))
	mark := t.mark()
	t.write(protocol.Append(nil, protocol.Header{Session: t.session, Seq: 3}, &protocol.Disarm{}))
	t.awaitState(protocol.StateStandby, mark)
}

func disarmOther(t *trial) {
	id := t.ready()
	for _, other := range []uint32{id + 1, ^id, id << 16} {
		t.put(&protocol.Disarm{ArmID: other})
	}
	t.wait(quietTime)
	s := t.inState(protocol.StateReady)
	t.want(s.ArmID == id, "still armed", "%s", describeStatus(s))
}

func disarmOtherSession(t *trial) {
	t.ready()
	for _, session := range []uint32{t.session + 1, ^t.session} {
		t.write(protocol.Append(nil, protocol.Header{Session: session}, &protocol.Disarm{}))
	}
	t.wait(quietTime)
	t.inState(protocol.StateReady)
}

func disarmStandby(t *trial) {
	mark := t.mark()
	t.put(&protocol.Disarm{})
	t.put(&protocol.Disarm{ArmID: 7})
	t.unanswered("DISARM", mark)
	if a, came := t.look(0, mark, t.isEvent(protocol.EventDisarmed)); came {
		t.fail("no event for a DISARM that disarms nothing", "%s", describe(a))
	}
	t.inState(protocol.StateStandby)
}

func disarmThenLease(t *trial) {
	id := t.ready()
	t.put(&protocol.Disarm{})
	s := t.inState(protocol.StateStandby) // leases go on
	t.leaseAt(id, s.Clock)
	t.inState(protocol.StateStandby)
}
