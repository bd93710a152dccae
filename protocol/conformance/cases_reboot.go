package conformance

import (
	"fmt"
	"time"

	"stipple/protocol"
)

func rebootCases() []Case {
	return []Case{
		{"reboot/silent", "7", "a pen that has booted sends nothing before a hello", NeedReset, rebootSilent},
		{"reboot/boot-id", "1", "the boot id counts up, the clock starts again, the descriptor is the same", NeedReset, rebootID},
		{"reboot/standby", "5", "a pen that was armed boots into STANDBY with nothing active", NeedReset | NeedReady, rebootStandby},
		{"reboot/old-session", "7", "frames of the session before are dropped, before and after the next hello", NeedReset, rebootSession},
		{"reboot/stop-first", "7", "ESTOP is obeyed before a hello", NeedReset, rebootStop},
		{"reboot/fault-kept", "13", "FAULT survives a reboot until the self-test of a boot passes, under the name that it had", NeedReset | NeedFault, rebootFault},
		{"reboot/self-test", "18.2", "a boot whose self-test fails leads to FAULT SELF_TEST, and nothing can be armed", NeedReset | NeedFault, rebootSelfTest},
		{"reboot/same-spot", "11", "a tip that is in contact at boot is on a spot that is spent, until it is lifted", NeedReset | NeedHand | NeedEnergy | NeedReady | NeedRF, rebootSpot},
		{"reboot/results", "12", "command results survive a reset", NeedReset, rebootResults},
		{"reboot/ledger", "15", "the ledger survives a reset", NeedReset, rebootLedger},
		{"reboot/counters", "18.4", "the counters survive a reset, and the boot is counted", NeedReset, rebootCounters},
		{"reboot/upload", "20.3", "an upload goes on where it was cut, over a reset", NeedReset, rebootUpload},
		{"reboot/pulse-kept", "15", "a pulse that was closed stays in the ledger as it was told, over a reset", NeedReset | NeedHand | NeedEnergy | NeedReady, rebootPulse},
		{"reboot/interrupted", "15", "a pulse that a reset has cut is INTERRUPTED in the ledger", NeedReset | NeedEnergy | NeedReady, rebootInterrupted},
	}
}

// cut has the supply cut and waits until the pen is silent: dark, or booted and
// waiting for a hello.
func (t *trial) cut() {
	hand, ok := t.s.cfg.Hand.(ResetHand)
	if t.over() || !ok {
		return
	}
	t.s.watch.join(0)
	t.s.watch.reboot()
	t.do(hand.Reset(t.ctx))
	for deadline := time.Now().Add(t.s.patience() + stateLimit); time.Now().Before(deadline) && !t.over(); {
		mark := t.mark()
		if _, came := t.look(4*time.Second/protocol.StatusRate, mark, func(arrival) bool { return true }); !came {
			break
		}
	}
	t.stopLeasing() // only now: a hand may be slow
	if t.lost != nil && t.ctx.Err() == nil {
		// The port went with the supply.
		t.lost = nil
		if err := t.s.redial(t.ctx); err != nil {
			t.lose(err)
		}
	}
	t.from = t.mark()
	t.wait(stateLimit)
}

// rebooted opens the first session of a new boot.
func (t *trial) rebooted() protocol.HelloAck {
	if t.over() {
		return protocol.HelloAck{}
	}
	before := t.s.boot
	ack, ok := t.tryHello(protocol.Major, protocol.Major, rebootLimit)
	t.want(ok, "HELLO_ACK after a reset", "none within %v", rebootLimit)
	t.want(t.over() || ack.Boot > before, fmt.Sprintf("a boot id above %d", before), "%d", ack.Boot)
	t.awaitSelfTest()
	return ack
}

func (t *trial) reboot() protocol.HelloAck {
	t.cut()
	return t.rebooted()
}

func rebootSilent(t *trial) {
	t.cut()
	mark := t.mark()
	t.wait(stateLimit)
	if a, came := t.look(0, mark, func(arrival) bool { return true }); came {
		t.fail("nothing before a hello", "%s", describe(a))
	}
	t.rebooted()
}

func rebootID(t *trial) {
	before := t.tell().Received
	session := t.session
	ack := t.reboot()
	t.want(t.over() || ack.Session != session && ack.DescriptorSHA256 == t.s.ack.DescriptorSHA256 && ack.Serial == t.s.ack.Serial, "another session, the same descriptor and serial number", "%+v", ack)
	now := t.tell().Received
	limit := protocol.PenClock(0).Add(rebootLimit + t.s.patience())
	t.want(t.over() || now < max(before, limit), "a clock that starts at the boot", "%d µs, and %d before", now, before)
}

func rebootStandby(t *trial) {
	t.ready()
	t.reboot()
	s := t.inState(protocol.StateStandby)
	t.want(t.over() || s.ArmID == 0 && s.Flags&protocol.FlagSettings == 0 && s.ArmBlocks&protocol.BlockSettingsUnconfirmed != 0, "nothing armed, nothing confirmed", "%s", describeStatus(s))
	now := ask[protocol.SettingsReply](t, &protocol.GetSettings{})
	t.want(t.over() || !now.Applied && now.Hash == [8]byte{}, "nothing active", "%s, hash %x", describeMessage(now), now.Hash)
}

func rebootSession(t *trial) {
	t.confirm(t.least())
	old := t.session
	t.cut()
	mark := t.mark()
	stale := func() {
		for _, m := range []protocol.Message{&protocol.TipRead{}, &protocol.GetSettings{}, &protocol.DescriptorRead{Max: 4}, &protocol.TimeAsk{Sent: 7}} {
			t.write(protocol.Append(nil, protocol.Header{Session: old, Seq: 1000}, m))
		}
	}
	stale()
	t.wait(quietTime + t.s.roundTrip)
	if a, came := t.look(0, mark, func(arrival) bool { return true }); came {
		t.fail("no answer to the session before", "%s", describe(a))
	}
	t.rebooted()
	mark = t.mark()
	stale()
	t.unanswered("the session before", mark)
}

// rebootStop stops before it says hello, as often as a booting pen needs to hear
// it.
func rebootStop(t *trial) {
	t.cut()
	m := &protocol.Stop{Nonce: uint32(t.random()) | 1}
	mark := t.mark()
	stopped := func(a arrival) bool {
		s, ok := a.msg.(*protocol.Stopped)
		return ok && s.Nonce == m.Nonce && s.NeedleBack && a.Session == 0
	}
	for range rebootLimit / helloEvery {
		t.write(protocol.Append(nil, protocol.Header{}, m))
		if _, came := t.look(helloEvery, mark, stopped); came || t.over() {
			break
		}
	}
	t.await("STOPPED with session 0 before a hello", 0, mark, stopped)
	t.rebooted()
	t.inState(protocol.StateStopped)
}

func rebootResults(t *trial) {
	first := t.idle()
	t.reboot()
	t.kept(first)
}

func rebootLedger(t *trial) {
	before := t.settledPage()
	t.reboot()
	after := t.settledPage()
	t.want(t.over() || fmt.Sprint(*before) == fmt.Sprint(*after), fmt.Sprintf("%+v", *before), "%+v", *after)
}

func rebootPulse(t *trial) {
	_, p := t.onePulse(t.gentle())
	t.reboot()
	page := t.settledPage()
	t.want(t.over() || len(page.Pulses) == 1 && page.Pulses[0] == p, fmt.Sprintf("%+v", p), "%+v", page.Pulses)
}

func rebootCounters(t *trial) {
	before := t.counters()
	t.reboot()
	after := t.counters()
	t.want(t.over() || after.Pulses == before.Pulses && after.ServicePulses == before.ServicePulses && after.Boots == before.Boots+1, fmt.Sprintf("%d pulses, %d boots", before.Pulses, before.Boots+1), "%+v", after)
}

func rebootUpload(t *trial) {
	pkg := t.cutUpload(func() { t.reboot() })
	t.upload(pkg, 300, 500)
	s := t.firmware()
	t.want(t.over() || s.Phase == protocol.FirmwareWhole, "phase WHOLE", "%s", s.Phase)
	t.dropped()
}

func rebootInterrupted(t *trial) {
	newest := t.page(0, 0).Newest
	_, mark := t.pullFor(t.gentle())
	t.flowing(mark)
	t.reboot()
	p := t.settledPage()
	if !t.machine() && len(p.Pulses) == 1 && p.Pulses[0].Result == protocol.PulseComplete {
		t.skip("the pulse was over before the supply was cut")
	}
	t.want(t.over() || len(p.Pulses) == 1 && p.Pulses[0].Index == newest+1 && p.Pulses[0].Result == protocol.PulseInterrupted, fmt.Sprintf("pulse %d, interrupted", newest+1), "%+v", p)
}

// rebootFault keeps the self-test of a boot from passing by something else than
// what the fault came of: so the pen must have remembered which it was.
func rebootFault(t *trial) {
	mark := t.mark()
	t.breaks(DefectHot)
	t.latches(protocol.FaultOverTemperature, mark, faultTime, nil)
	t.breaks(DefectTrigger)
	t.shows(protocol.BlockTriggerHeld, true)
	t.mends(DefectHot)
	t.shows(protocol.BlockTemperature, false)
	t.reboot()
	s := t.settledFault()
	t.want(t.over() || s.State == protocol.StateFault && s.Fault == protocol.FaultOverTemperature, "FAULT OVER_TEMPERATURE still", "%s", describeStatus(s))
	t.mends(DefectTrigger)
	t.shows(protocol.BlockTriggerHeld, false)
	t.reboot()
	s = t.bootedStandby()
	t.want(t.over() || s.Fault == protocol.FaultNone && s.Flags&protocol.FlagSelfTestOK != 0, "no fault behind a self-test that has passed", "%s, flags %#x", describeStatus(s), s.Flags)
}

// settledFault is the newest STATUS of a pen whose boot's self-test has had the
// time that it may take.
func (t *trial) settledFault() protocol.Status {
	t.wait(stateLimit)
	return t.status()
}

// bootedStandby waits for a pen that booted into FAULT to have passed its
// self-test.
func (t *trial) bootedStandby() protocol.Status {
	a, ok := t.look(rebootLimit, t.from, t.isStatus(func(s protocol.Status) bool {
		return s.State == protocol.StateStandby && s.Flags&protocol.FlagSelfTestOK != 0
	}))
	if !ok {
		t.fail("STANDBY, once the self-test of the boot has passed", "not within %v; %s", rebootLimit, t.came(t.from))
		return protocol.Status{}
	}
	return *a.msg.(*protocol.Status)
}

func rebootSelfTest(t *trial) {
	t.needs(protocol.TypeSelfTest)
	if t.tests()&protocol.TestTrigger == 0 {
		t.skip("this pen has no test of its trigger")
	}
	t.breaks(DefectTrigger)
	t.shows(protocol.BlockTriggerHeld, true)
	t.reboot()
	s := t.settledFault()
	const blocks = protocol.BlockFault | protocol.BlockSelfTest
	t.want(t.over() || s.State == protocol.StateFault && s.Fault == protocol.FaultSelfTest && s.ArmBlocks&blocks == blocks, "FAULT SELF_TEST, arm blocks FAULT and SELF_TEST", "%s", describeStatus(s))
	t.commandRefused(t.armWith([8]byte{}), protocol.CodeBlocked)
	t.mends(DefectTrigger)
	t.shows(protocol.BlockTriggerHeld, false)
	t.clearLatch(protocol.FaultSelfTest)
	s = t.inState(protocol.StateStandby)
	t.want(t.over() || s.ArmBlocks&blocks == 0, "neither arm block", "%s", describeStatus(s))
}

func rebootSpot(t *trial) {
	if !t.s.desc.ContactSensor {
		t.skip("this pen can't tell one spot from another")
		return
	}
	values := t.brisk(t.gentle())
	t.contact(true)
	t.reboot()
	before := t.bootedStandby()
	t.readyFor(values)
	t.pull()
	t.wait(2 * t.stamp(values))
	s := t.awaitHand("SPOT_BLOCKED on the spot of the boot", t.mark(), func(s protocol.Status) bool { return s.Flags&protocol.FlagSpotBlocked != 0 })
	t.want(t.over() || s.NewestPulse == before.NewestPulse, "no pulse there", "pulse %d", s.NewestPulse)
	t.contact(false)
	t.wait(2 * protocol.SpotRelease)
	mark := t.mark()
	t.contact(true)
	t.ended(mark, protocol.PulseComplete, 0)
}
