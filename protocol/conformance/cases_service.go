package conformance

import (
	"fmt"
	"slices"

	"stipple/protocol"
)

func serviceCases() []Case {
	return []Case{
		{"service/enter-and-leave", "18.1", "SERVICE leads from STANDBY to SERVICE and back; the same again has the same answer; EVENT 20", 0, serviceEnter},
		{"service/refuses-treatment", "5.1", "in SERVICE envelope, settings, ARM and TIP_BIND are refused with STATE", 0, serviceRefuses},
		{"service/unconfirms", "5.1", "SERVICE and UPDATE leave no confirmed settings: ARM for what was confirmed is refused until it is confirmed again", NeedReady, serviceUnconfirms},
		{"service/hello-leaves", "18.1", "a new session leaves SERVICE", 0, serviceHello},
		{"service/stop-leaves", "18.1", "ESTOP leaves SERVICE: CLEAR leads to STANDBY", 0, serviceStop},
		{"service/armed", "18.1", "SERVICE while armed is refused with STATE", NeedReady, serviceArmed},
		{"service/stopped", "18.1", "SERVICE in ESTOP is refused with STATE", 0, serviceStopped},
		{"service/not-armed", "18", "in SERVICE leases arm nothing", 0, serviceNotArmed},
		{"selftest/report", "18.2", "the tests of the boot are done, have passed, and each has its value", 0, selfTestReport},
		{"selftest/again", "18.2", "SELF_TEST does all tests again: EVENT 21, and a newer report", 0, selfTestAgain},
		{"selftest/one", "18.2", "SELF_TEST does one test alone", 0, selfTestOne},
		{"selftest/range", "18.2", "a test that the descriptor does not name: RANGE", 0, selfTestRange},
		{"selftest/armed", "18.2", "SELF_TEST while armed: STATE", NeedReady, selfTestArmed},
		{"selftest/blocks", "18.2", "until a SELF_TEST has ended nothing can be armed, and every other command is BUSY", 0, selfTestBlocks},
	}
}

func (t *trial) enter(enter bool) *protocol.Service {
	return &protocol.Service{Role: protocol.RoleTechnician, Enter: enter}
}

func serviceEnter(t *trial) {
	t.needs(protocol.TypeService)
	for _, step := range []struct {
		enter bool
		state protocol.State
		told  int
	}{{false, protocol.StateStandby, -1}, {true, protocol.StateService, 1}, {true, protocol.StateService, -1}, {false, protocol.StateStandby, 0}, {false, protocol.StateStandby, -1}} {
		mark := t.mark()
		r := ask[protocol.ServiceMode](t, t.enter(step.enter))
		t.want(t.over() || r.State == step.state, "SERVICE_MODE with state "+step.state.String(), "%s", r.State)
		s := t.inState(step.state)
		t.want(t.over() || s.ArmBlocks&protocol.BlockServiceMode != 0 == (step.state == protocol.StateService), fmt.Sprintf("arm block SERVICE_MODE in SERVICE alone, %s now", step.state), "%s", describeStatus(s))
		if step.told >= 0 {
			e := t.awaitEvent(protocol.EventService, "EVENT 20, service", mark)
			t.want(t.over() || e.Args[0] == int32(step.told), fmt.Sprintf("argument %d", step.told), "%v", e.Args)
		}
	}
}

func serviceRefuses(t *trial) {
	hash := t.confirm(t.least())
	t.service()
	t.refused(putEnvelope(t.widest()), protocol.CodeState, protocol.NoField, 0)
	t.refused(putSettings(t.nextGeneration(), t.least()), protocol.CodeState, protocol.NoField, 0)
	t.commandRefused(t.armWith(hash), protocol.CodeState)
	t.commandRefused(t.bind(t.tip().ID, [16]byte{1}), protocol.CodeState)
	t.inState(protocol.StateService)
}

// serviceUnconfirms goes through SERVICE, and where the pen has it through UPDATE.
func serviceUnconfirms(t *trial) {
	t.needs(protocol.TypeService)
	through := []func(){func() {
		t.service()
		t.shows(protocol.BlockSettingsUnconfirmed, true)
		t.request(t.enter(false))
	}}
	if !t.over() && t.s.offers(protocol.TypeFirmwareBegin) && t.firmware().Phase == protocol.FirmwareIdle {
		through = append(through, func() {
			t.update(bytesFor(100))
			t.shows(protocol.BlockSettingsUnconfirmed, true)
			t.dropped()
		})
	}
	for _, visit := range through {
		hash := t.confirm(t.least())
		visit()
		s := t.inState(protocol.StateStandby)
		t.want(t.over() || s.Flags&protocol.FlagSettings == 0 && s.ArmBlocks&protocol.BlockSettingsUnconfirmed != 0, "nothing confirmed in STANDBY", "%s, flags %#x", describeStatus(s), s.Flags)
		r := t.commandRefused(t.armWith(hash), protocol.CodeBlocked)
		t.want(t.over() || r.ArmBlocks&protocol.BlockSettingsUnconfirmed != 0, "arm block SETTINGS_UNCONFIRMED", "%s", describeMessage(r))
		t.inState(protocol.StateStandby)
	}
}

func serviceHello(t *trial) {
	t.service()
	t.hello()
	t.inState(protocol.StateStandby)
}

func serviceStop(t *trial) {
	t.service()
	t.stop(t.session)
	t.inState(protocol.StateStopped)
	t.clearLatch(protocol.FaultNone)
	t.inState(protocol.StateStandby)
}

func serviceArmed(t *trial) {
	t.needs(protocol.TypeService)
	t.ready()
	for _, enter := range []bool{true, false} {
		t.refused(t.enter(enter), protocol.CodeState, protocol.NoField, 0)
	}
	t.inState(protocol.StateReady)
}

func serviceStopped(t *trial) {
	t.needs(protocol.TypeService)
	t.stop(t.session)
	t.refused(t.enter(true), protocol.CodeState, protocol.NoField, 0)
	t.inState(protocol.StateStopped)
}

func serviceNotArmed(t *trial) {
	t.service()
	for _, id := range []uint32{0, 1} {
		t.leaseAt(id, t.fresh())
	}
	s := t.inState(protocol.StateService)
	t.want(s.ArmID == 0 && s.Flags&protocol.FlagLease == 0, "no arm id and no lease", "%s", describeStatus(s))
}

// tests are those that the descriptor names.
func (t *trial) tests() protocol.Tests {
	var has protocol.Tests
	for i := range protocol.TestCount {
		bit := protocol.Tests(1) << i
		if slices.Contains(t.s.desc.SelfTests, bit.Names()[0]) {
			has |= bit
		}
	}
	return has
}

// selfTest is a SELF_TEST by a technician.
func (t *trial) selfTest(tests protocol.Tests) *protocol.SelfTest {
	return &protocol.SelfTest{CommandID: t.commandID(), Role: protocol.RoleTechnician, Tests: tests}
}

func (t *trial) report() *protocol.SelfTestReport {
	t.needs(protocol.TypeSelfTestRead)
	r := ask[protocol.SelfTestReport](t, &protocol.SelfTestRead{})
	var named protocol.Tests
	last := -1
	for _, v := range r.Readings {
		t.want(int(v.Test) > last, "readings in bit order", "%+v", r.Readings)
		last = int(v.Test)
		named |= 1 << v.Test
	}
	t.want(t.over() || named == r.Done, fmt.Sprintf("a value for each of %v", r.Done.Names()), "%v", named.Names())
	return r
}

func selfTestReport(t *trial) {
	r := t.report()
	boot := t.tests() &^ protocol.TestBattery
	t.want(t.over() || boot&^r.Done == 0 && boot&^r.Passed == 0, fmt.Sprintf("%v done and passed", boot.Names()), "done %v, passed %v", r.Done.Names(), r.Passed.Names())
	t.want(t.over() || r.Clock > 0 && r.Clock <= t.tell().Replied, "a clock since the boot", "%d", r.Clock)
}

func selfTestAgain(t *trial) {
	before := t.report()
	mark := t.mark()
	r := t.command(t.selfTest(0))
	t.want(r.Outcome == protocol.OutcomeDone, "RESULT DONE", "%s", describeMessage(r))
	e := t.awaitEvent(protocol.EventSelfTest, "EVENT 21, self-test", mark)
	t.want(t.over() || protocol.Tests(e.Args[0]) == t.tests(), fmt.Sprintf("tests %v done", t.tests().Names()), "%v", protocol.Tests(e.Args[0]).Names())
	after := t.report()
	t.want(t.over() || after.Clock > before.Clock && after.Done&t.tests() == t.tests(), "a newer report of all tests", "%+v", after)
	s := t.inState(protocol.StateStandby)
	t.want(t.over() || s.ArmBlocks&protocol.BlockSelfTest == 0 && s.Flags&protocol.FlagSelfTestOK != 0, "flag SELF_TEST_OK, no arm block", "%s", describeStatus(s))
}

func selfTestOne(t *trial) {
	t.needs(protocol.TypeSelfTest)
	one := t.tests() & -t.tests()
	mark := t.mark()
	r := t.command(t.selfTest(one))
	t.want(r.Outcome == protocol.OutcomeDone, "RESULT DONE", "%s", describeMessage(r))
	e := t.awaitEvent(protocol.EventSelfTest, "EVENT 21, self-test", mark)
	t.want(t.over() || e.Args == [2]int32{int32(one), int32(one)}, fmt.Sprintf("%v done and passed", one.Names()), "%v", e.Args)
}

func selfTestRange(t *trial) {
	t.needs(protocol.TypeSelfTest)
	for bit := protocol.Tests(1); bit != 0; bit <<= 1 {
		if t.tests()&bit == 0 && !t.over() {
			t.commandRefused(t.selfTest(bit|t.tests()&-t.tests()), protocol.CodeRange)
		}
	}
}

func selfTestArmed(t *trial) {
	t.needs(protocol.TypeSelfTest)
	t.ready()
	t.commandRefused(t.selfTest(0), protocol.CodeState)
	t.inState(protocol.StateReady)
}

func selfTestBlocks(t *trial) {
	t.needs(protocol.TypeSelfTest)
	m := t.selfTest(0)
	if r := ask[protocol.Result](t, m); r.Outcome != protocol.OutcomeRunning {
		t.want(t.over() || r.Outcome == protocol.OutcomeDone, "RESULT RUNNING or DONE", "%s", describeMessage(r))
		t.skip("the pen's self-test is over at once")
		return
	}
	mark := t.mark()
	h := t.put(t.clearOf(0))
	busy := t.reply(h, mark)
	s, came := t.look(stateLimit, mark, t.isStatus(func(protocol.Status) bool { return true }))
	if r := t.resultOf(m.CommandID); t.over() || r.Outcome != protocol.OutcomeRunning {
		t.skip("the pen's self-test was over before it could be asked")
		return
	}
	t.wantRejected(protocol.TypeClear, busy, protocol.CodeBusy, protocol.NoField, 0)
	if came {
		t.want(s.msg.(*protocol.Status).ArmBlocks&protocol.BlockSelfTest != 0, "arm block SELF_TEST", "%s", describe(s))
	}
	for range answerLimit / retryBusy {
		if t.resultOf(m.CommandID).Outcome != protocol.OutcomeRunning || t.over() {
			break
		}
		t.wait(retryBusy)
	}
	end := t.resultOf(m.CommandID)
	t.want(t.over() || end.Outcome == protocol.OutcomeDone, "RESULT DONE in the end", "%s", describeMessage(end))
}
