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
		{"reboot/results", "12", "command results survive a reset", NeedReset, rebootResults},
		{"reboot/ledger", "15", "the ledger survives a reset", NeedReset, rebootLedger},
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

func rebootInterrupted(t *trial) {
	newest := t.page(0, 0).Newest
	_, mark := t.pullFor(t.gentle())
	t.flowing(mark)
	t.reboot()
	p := t.settledPage()
	if len(p.Pulses) == 1 && p.Pulses[0].Result == protocol.PulseComplete {
		t.skip("the pulse was over before the supply was cut")
	}
	t.want(t.over() || len(p.Pulses) == 1 && p.Pulses[0].Index == newest+1 && p.Pulses[0].Result == protocol.PulseInterrupted, fmt.Sprintf("pulse %d, interrupted", newest+1), "%+v", p)
}
