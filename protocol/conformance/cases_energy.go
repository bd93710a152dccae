package conformance

import (
	"fmt"
	"time"

	"stipple/protocol"
)

func energyCases() []Case {
	const needs = NeedHand | NeedEnergy | NeedReady
	return []Case{
		{"energy/no-lease", "11", "without a lease the trigger gives nothing", needs, energyNoLease},
		{"energy/no-contact", "11", "without contact the trigger gives nothing, where the pen can tell", needs | NeedRF, energyNoContact},
		{"energy/pulse", "15", "a pull is one PULSE with what was confirmed, commanded and measured", needs, energyPulse},
		{"energy/ledger", "15", "the ledger has the PULSE as it was sent, and the next index", needs, energyLedger},
		{"energy/use-count", "9", "each pulse counts as a use of the tip", needs, energyUseCount},
		{"energy/released", "11", "the release of the trigger ends the pulse and leads to READY", needs, energyReleased},
		{"energy/disarm", "11", "DISARM ends the pulse", needs, energyDisarm},
		{"energy/stop", "13", "ESTOP ends the pulse: RF off within 10 ms, the needle back in the descriptor's time", needs, energyStop},
		{"energy/stop-in-flood", "23", "and in a flood, too", needs, energyStopFlood},
		{"energy/lease-over", "11", "the end of the lease ends the pulse: RF off at its limit, the needle back at the motion limit", needs, energyLease},
		{"energy/hello", "5", "a new session ends the pulse, in STANDBY", needs, energyHello},
		{"energy/contact-lost", "11", "lifting the tip ends the pulse, where the pen can tell", needs | NeedRF, energyContactLost},
		{"energy/treating-refuses", "10", "while treating envelope, settings and ARM are refused with STATE", needs, energyRefuses},
		{"energy/held-after-disarm", "11", "a trigger that is still held after DISARM: TRIGGER_HELD, and nothing more", needs, energyHeld},
		{"energy/zero-power", "11", "at 0 W a pulse has no energy", needs | NeedRF, energyZero},
		{"energy/one-spot", "11", "after its pulses a spot is blocked: through release, DISARM and ARM, until the tip is lifted", needs | NeedRF, energySpot},
		{"energy/bounce", "11", "contact that is lost for less than 100 ms makes no other spot", needs | NeedRF, energyBounce},
		{"energy/tip-off", "9", "a tip that comes off ends the pulse", needs | NeedTip, energyTipOff},
	}
}

// gentle are the weakest settings that give energy: on an RF pen the least power
// above 0 for a while that can be interrupted, on a needling pen the default
// depth.
func (t *trial) gentle() []int32 {
	values := t.least()
	if !t.rf() {
		p, i, _ := t.param(protocol.ParamDepth)
		most := t.tipBound(protocol.ParamDepth, p.Default)
		return with(values, i, max(p.Min, p.Min+(most-p.Min)/p.Step*p.Step))
	}
	power, ip, _ := t.param(protocol.ParamPower)
	duration, id, _ := t.param(protocol.ParamDuration)
	if power.Min == 0 {
		values[ip] = power.Step
	}
	for v := duration.Min; v <= min(duration.Max, gentlePulse); v += duration.Step {
		if longer := with(values, id, v); t.fits(longer) {
			values = longer
		}
	}
	return values
}

// pullFor arms for values with leases, on a new spot, and pulls the trigger.
// What it returns are the ARM's id and a mark before the pull.
func (t *trial) pullFor(values []int32) (id uint32, mark int) {
	t.wait(2 * protocol.SpotRelease)
	id = t.readyFor(values)
	t.contact(true)
	mark = t.mark()
	t.pull()
	return id, mark
}

// flowing waits for the pulse to be on: the needle at depth, or with RF on.
func (t *trial) flowing(mark int) protocol.Status {
	return t.awaitHand("STATUS in TREATING with the needle at depth", mark, func(s protocol.Status) bool {
		return s.State == protocol.StateTreating && s.Flags&protocol.FlagAtDepth != 0
	})
}

// closed waits for the PULSE behind mark.
func (t *trial) closed(mark int) protocol.Pulse {
	a := t.await("PULSE", settleLimit+gentlePulse*time.Millisecond, mark, func(a arrival) bool { return a.Type == protocol.TypePulse && a.Session == t.session })
	if p, ok := a.msg.(*protocol.Pulse); ok {
		return *p
	}
	return protocol.Pulse{}
}

// ended expects the PULSE behind mark to have ended for a reason, which was there
// from a moment of the pen's clock on; 0: it is not known from when.
func (t *trial) ended(mark int, want protocol.PulseResult, since protocol.PenClock) protocol.Pulse {
	p := t.closed(mark)
	if want != protocol.PulseComplete {
		t.cutShort(p, since)
	}
	t.want(t.over() || p.Result == want, "a PULSE that ended with "+want.String(), "%s", p.Result)
	return p
}

// cutShort judges a pulse that should have been cut short and ran its time: where
// it was over before what should have cut it could be seen, that is no failure
// and proves nothing.
func (t *trial) cutShort(p protocol.Pulse, since protocol.PenClock) {
	if t.over() || p.Result != protocol.PulseComplete {
		return
	}
	end := p.Opened.Add(time.Duration(p.Duration) * time.Millisecond)
	if since != 0 && end > since.Add(faultTime) {
		t.fail(fmt.Sprintf("a PULSE that is cut short within %v", faultTime), "complete, %v behind what should have cut it", end.Sub(since))
	}
	t.skip("the pulse was over before it could be interrupted")
}

// seen is the pen's clock once what was sent, and what the hand was asked for, is
// so; 0 for a hand that takes a while.
func (t *trial) seen() protocol.PenClock {
	if !t.machine() {
		return 0
	}
	return t.tell().Received
}

// machine says whether the hand is one that has done what it was asked for when
// its call returns.
func (t *trial) machine() bool { return t.s.patience() <= machinePatience }

// onePulse gives a whole pulse, or on a needling pen a pull of half a second.
func (t *trial) onePulse(values []int32) (uint32, protocol.Pulse) {
	id, mark := t.pullFor(values)
	if !t.rf() {
		t.flowing(mark)
		t.wait(time.Second / 2)
		t.release()
	}
	p := t.closed(mark)
	return id, p
}

func energyNoLease(t *trial) {
	t.wait(2 * protocol.SpotRelease)
	hash := t.confirm(t.gentle())
	t.contact(true)
	before := t.status()
	mark := t.mark()
	t.arm(hash)
	t.s.watch.pull(true)
	t.pulled = true
	if !t.over() {
		t.do(t.s.cfg.Hand.Trigger(t.ctx, true))
	}
	t.awaitEvent(protocol.EventLeaseExpired, "EVENT 3, lease expired", mark)
	t.wait(protocol.LeaseMotion)
	list, _, _ := t.s.line.since(mark)
	for _, a := range list {
		if s, ok := a.msg.(*protocol.Status); ok {
			t.want(s.Flags&(protocol.FlagRFOn|protocol.FlagAtDepth) == 0 && s.Depth.Max <= restUM && s.PowerMax <= restMW, "no RF and no motion", "%d mW, %d µm: %s", s.PowerMax, s.Depth.Max, describeStatus(*s))
		}
	}
	after := t.inState(protocol.StateStandby)
	t.want(t.over() || after.NewestPulse == before.NewestPulse, "no pulse", "pulse %d", after.NewestPulse)
}

func energyNoContact(t *trial) {
	if !t.s.desc.ContactSensor {
		t.skip("this pen has no contact sensor")
		return
	}
	before := t.status()
	t.readyFor(t.gentle())
	mark := t.mark()
	t.pull()
	t.wait(2 * time.Second)
	list, _, _ := t.s.line.since(mark)
	for _, a := range list {
		if s, ok := a.msg.(*protocol.Status); ok {
			t.want(s.Flags&protocol.FlagRFOn == 0 && s.PowerMax <= restMW, "no RF", "%d mW", s.PowerMax)
		}
	}
	t.release()
	after := t.inState(protocol.StateReady)
	t.want(t.over() || after.NewestPulse == before.NewestPulse, "no pulse", "pulse %d", after.NewestPulse)
}

func energyPulse(t *trial) {
	before, tip := t.status(), t.tip()
	values := t.gentle()
	id, p := t.onePulse(values)
	t.want(t.over() || p.Index > before.NewestPulse && p.ArmID == id && p.Boot == t.s.boot && p.TipID == tip.ID,
		fmt.Sprintf("an index above %d, arm id %#x, boot %d, tip %d", before.NewestPulse, id, t.s.boot, tip.ID), "%+v", p)
	now := t.status()
	t.want(t.over() || p.SettingsHash == now.SettingsHash, fmt.Sprintf("settings hash %x", now.SettingsHash), "%x", p.SettingsHash)
	set := []int32{int32(p.SetDepth), int32(p.SetSpeed)}
	if t.rf() {
		set = append(set, int32(p.SetPower), int32(p.SetDuration))
	}
	t.want(t.over() || fmt.Sprint(set) == fmt.Sprint(values[:len(set)]), fmt.Sprintf("commanded %v", values[:len(set)]), "%v", set)
	if !t.rf() {
		t.want(t.over() || p.Result == protocol.PulseReleased && p.Strokes > 0 && p.Duration > 0, "strokes, and an end by the trigger's release", "%s after %d strokes in %d ms", p.Result, p.Strokes, p.Duration)
		return
	}
	power, duration, _ := t.rfValues(values)
	wanted := protocol.Energy(power, duration)
	t.want(t.over() || p.Result == protocol.PulseComplete && int32(p.Duration) == int32(duration) && p.Strokes == 1, fmt.Sprintf("a complete pulse of %d ms", duration), "%s, %d ms", p.Result, p.Duration)
	t.want(t.over() || p.Energy > 0 && int64(p.Energy)*100 <= int64(wanted)*(100+energyTolerance), fmt.Sprintf("energy up to %d %% over %d µJ", energyTolerance, wanted), "%d µJ", p.Energy)
	t.want(t.over() || p.ImpedanceMin <= p.Impedance && p.Impedance <= p.ImpedanceMax && p.ImpedanceMin > 0, "impedance in order", "%d, %d, %d", p.ImpedanceMin, p.Impedance, p.ImpedanceMax)
}

func energyLedger(t *trial) {
	newest := t.page(0, 0).Newest
	_, p := t.onePulse(t.gentle())
	page := t.page(p.Index, 1)
	t.want(t.over() || p.Index == newest+1 && page.Newest == p.Index, fmt.Sprintf("index %d", newest+1), "%d, newest %d", p.Index, page.Newest)
	t.want(t.over() || len(page.Pulses) == 1 && page.Pulses[0] == p, fmt.Sprintf("%+v", p), "%+v", page.Pulses)
}

func energyUseCount(t *trial) {
	before := t.tip()
	t.onePulse(t.gentle())
	after := t.tip()
	t.want(t.over() || after.UseCount == before.UseCount+1, fmt.Sprintf("use count %d", before.UseCount+1), "%d", after.UseCount)
}

func energyReleased(t *trial) {
	id, mark := t.pullFor(t.gentle())
	t.flowing(mark)
	t.release()
	t.ended(mark, protocol.PulseReleased, t.tell().Received)
	s := t.inState(protocol.StateReady)
	t.want(t.over() || s.ArmID == id && s.Flags&protocol.FlagRFOn == 0, "READY, RF off", "%s, flags %#x", describeStatus(s), s.Flags)
}

func energyDisarm(t *trial) {
	_, mark := t.pullFor(t.gentle())
	t.flowing(mark)
	t.put(&protocol.Disarm{})
	t.ended(mark, protocol.PulseDisarmed, t.tell().Received)
	t.inState(protocol.StateStandby)
}

func energyStop(t *trial) {
	_, mark := t.pullFor(t.gentle())
	t.flowing(mark)
	t.stopsInTime()
	t.ended(mark, protocol.PulseStopped, t.tell().Received)
}

func energyStopFlood(t *trial) {
	_, mark := t.pullFor(t.gentle())
	t.flowing(mark)
	m := &protocol.Stop{Nonce: uint32(t.random()) | 1}
	t.write(t.flood(protocol.LaneBulk))
	t.write(protocol.Append(nil, protocol.Header{Session: t.session}, m))
	sent := time.Now()
	t.awaitStopped(m.Nonce, t.session, mark)
	limit := protocol.StopConfirm + t.s.floodShare() + t.s.backTime() + t.s.roundTrip + hostSlack
	t.want(t.over() || time.Since(sent) <= limit, fmt.Sprintf("STOPPED with the needle back within %v", limit), "%v", time.Since(sent))
	t.ended(mark, protocol.PulseStopped, t.tell().Received)
}

// energyLease asks for STATUS as often as the line bears, so that RF and needle are seen where
// the limits are.
func energyLease(t *trial) {
	ask[protocol.Rate](t, &protocol.SetRate{PerSecond: t.s.rate()})
	id, mark := t.pullFor(t.gentle())
	t.flowing(mark)
	after, before, clock := t.lastLease(id)
	t.expires(mark, rfLimit(after, clock), rfLimit(before, clock))
	off := rfLimit(before, clock).Add(penSlack)
	back := off.Add(protocol.LeaseMotion - protocol.LeaseRF)
	t.awaitStatus("STATUS behind the motion limit", mark, func(s protocol.Status) bool { return s.Clock > back })
	list, _, _ := t.s.line.since(mark)
	for _, a := range list {
		s, ok := a.msg.(*protocol.Status)
		if !ok || t.over() {
			continue
		}
		t.want(s.Clock <= off || s.Flags&protocol.FlagRFOn == 0, fmt.Sprintf("RF off from %d µs on", off), "RF on at %d", s.Clock)
		t.want(s.Clock <= back || s.Flags&protocol.FlagNeedleBack != 0, fmt.Sprintf("the needle back from %d µs on", back), "out at %d", s.Clock)
	}
	t.ended(mark, protocol.PulseLease, off)
}

func energyHello(t *trial) {
	_, mark := t.pullFor(t.gentle())
	t.flowing(mark)
	t.stopLeasing()
	t.hello()
	s := t.inState(protocol.StateStandby)
	t.want(s.ArmID == 0, "nothing armed", "%s", describeStatus(s))
	p := t.settledPage()
	t.want(t.over() || len(p.Pulses) == 1 && p.Pulses[0].Result != protocol.PulseOpen, "the pulse closed in the ledger", "%+v", p)
}

// settledPage reads the newest record once the pen has closed it: until then it
// answers BUSY.
func (t *trial) settledPage() *protocol.PulsePage {
	return t.page(t.page(0, 0).Newest, 1)
}

func energyContactLost(t *trial) {
	if !t.s.desc.ContactSensor {
		t.skip("this pen has no contact sensor")
		return
	}
	_, mark := t.pullFor(t.gentle())
	t.flowing(mark)
	t.contact(false)
	t.ended(mark, protocol.PulseContactLost, t.tell().Received)
}

func energyRefuses(t *trial) {
	e := putEnvelope(t.widest())
	s := putSettings(t.nextGeneration()+100, t.least())
	values := t.gentle()
	_, mark := t.pullFor(values)
	now := t.flowing(mark)
	t.refused(e, protocol.CodeState, protocol.NoField, 0)
	t.refused(s, protocol.CodeState, protocol.NoField, 0)
	t.commandRefused(t.armWith(now.SettingsHash), protocol.CodeState)
	chunk := ask[protocol.DescriptorChunk](t, &protocol.DescriptorRead{Max: 255})
	t.want(len(chunk.Data) <= protocol.BulkArmedBytes-3, "at most 93 bytes of the descriptor", "%d", len(chunk.Data))
	t.release()
	t.closed(mark)
}

func energyHeld(t *trial) {
	_, mark := t.pullFor(t.gentle())
	t.flowing(mark)
	t.put(&protocol.Disarm{})
	t.closed(mark)
	before := t.inState(protocol.StateStandby)
	r := t.commandRefused(t.armWith(t.confirm(t.gentle())), protocol.CodeBlocked)
	t.want(t.over() || r.ArmBlocks&protocol.BlockTriggerHeld != 0, "arm block TRIGGER_HELD", "%s", describeMessage(r))
	t.wait(protocol.LeaseMotion)
	after := t.inState(protocol.StateStandby)
	t.want(t.over() || after.NewestPulse == before.NewestPulse && after.PowerMax <= restMW, "no pulse and no RF", "pulse %d, %d mW", after.NewestPulse, after.PowerMax)
}

func energyZero(t *trial) {
	values := t.gentle()
	_, ip, _ := t.param(protocol.ParamPower)
	if t.s.desc.Parameters[ip].Min > 0 {
		t.skip("this pen's power begins above 0")
		return
	}
	_, p := t.onePulse(with(values, ip, 0))
	// What a sensor at rest adds up to over the pulse.
	most := uint32(protocol.Energy(restMW, protocol.Milliseconds(p.Duration)))
	t.want(t.over() || p.Energy <= most && p.SetPower == 0, fmt.Sprintf("at most %d µJ, 0 mW commanded", most), "%d µJ, %d mW", p.Energy, p.SetPower)
}

func energyTipOff(t *trial) {
	_, mark := t.pullFor(t.gentle())
	t.flowing(mark)
	t.mount(TipNone)
	since := t.tell().Received
	t.awaitState(protocol.StateStandby, mark)
	t.cutShort(t.closed(mark), since)
}
