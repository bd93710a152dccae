package conformance

import (
	"fmt"
	"time"

	"stipple/protocol"
)

func tipCases() []Case {
	return []Case{
		{"tip/off", "9", "a tip that is taken off: id 0, TIP_MISSING, EVENT 7, another settings hash", NeedTip, tipOff},
		{"tip/off-arm", "9", "without a tip ARM for what was reviewed with one is refused", NeedTip, tipOffArm},
		{"tip/off-armed", "9", "a tip that comes off ends READY", NeedTip | NeedReady, tipOffArmed},
		{"tip/other", "9", "another tip is another settings hash: ARM for what was reviewed is refused", NeedTip | NeedReady, tipOther},
		{"tip/other-pins", "9", "an envelope for another number of pins: LIMIT_MISMATCH", NeedTip | NeedReady, tipOtherPins},
		{"tip/other-judged", "9", "settings that do not fit the tip that is put on are not active any more, and not moved", NeedTip | NeedReady, tipJudged},
		{"tip/other-depth", "10", "depth beyond the needles of the tip that is on: ABOVE_LIMIT with their length", NeedTip, func(t *trial) { t.mount(TipOther); t.beyondTip(protocol.ParamDepth) }},
		{"tip/other-power", "10", "power beyond the rated power of the tip that is on: ABOVE_LIMIT with that", NeedTip | NeedRF, func(t *trial) { t.mount(TipOther); t.beyondTip(protocol.ParamPower) }},
		{"tip/back", "9", "a tip that is put back is the same tip; nothing is armed again", NeedTip | NeedReady, tipBack},
	}
}

func tipOff(t *trial) {
	hash := t.confirm(t.least())
	mark := t.mark()
	s := t.mount(TipNone)
	t.want(t.over() || s.ArmBlocks&protocol.BlockTipMissing != 0, "arm block TIP_MISSING", "%s", describeStatus(s))
	e := t.awaitEvent(protocol.EventTipChanged, "EVENT 7, tip changed", mark)
	t.want(t.over() || e.Args[0] == 0, "tip id 0", "%v", e.Args)
	tip := t.tip()
	t.want(t.over() || tip.ID == 0, "TIP_INFO with id 0", "%+v", tip)
	now := ask[protocol.SettingsReply](t, &protocol.GetSettings{})
	t.want(t.over() || now.TipID == 0 && now.Hash != hash, "another settings hash", "%x", now.Hash)
}

func tipOffArm(t *trial) {
	hash := t.confirm(t.least())
	t.mount(TipNone)
	r := t.commandRefused(t.armWith(hash), protocol.CodeHash)
	t.want(t.over() || r.ArmBlocks&protocol.BlockTipMissing != 0, "arm block TIP_MISSING", "%s", describeMessage(r))
	now := ask[protocol.SettingsReply](t, &protocol.GetSettings{})
	r = t.commandRefused(t.armWith(now.Hash), protocol.CodeBlocked)
	t.want(t.over() || r.ArmBlocks&protocol.BlockTipMissing != 0, "arm block TIP_MISSING", "%s", describeMessage(r))
}

func tipOffArmed(t *trial) {
	t.ready()
	mark := t.mark()
	t.mount(TipNone)
	t.awaitState(protocol.StateStandby, mark)
	t.inState(protocol.StateStandby) // leases go on
}

func tipOther(t *trial) {
	hash := t.confirm(t.least())
	mark := t.mark()
	s := t.mount(TipOther)
	e := t.awaitEvent(protocol.EventTipChanged, "EVENT 7, tip changed", mark)
	t.want(t.over() || uint32(e.Args[0]) == s.TipID, fmt.Sprintf("tip id %d", s.TipID), "%v", e.Args)
	tip := t.tip()
	t.want(t.over() || tip.ID == s.TipID, fmt.Sprintf("TIP_INFO of tip %d", s.TipID), "%+v", tip)
	r := t.commandRefused(t.armWith(hash), protocol.CodeHash)
	t.want(t.over() || r.ArmBlocks&protocol.BlockLimitMismatch != 0, "arm block LIMIT_MISMATCH", "%s", describeMessage(r))
	t.inState(protocol.StateStandby)
}

func tipOtherPins(t *trial) {
	pins := t.tip().Pins
	t.confirm(t.least())
	t.mount(TipOther)
	if t.tip().Pins == pins {
		t.skip("the other tip has as many pins")
	}
	s := t.status()
	t.want(t.over() || s.ArmBlocks&protocol.BlockLimitMismatch != 0, "arm block LIMIT_MISMATCH", "%s", describeStatus(s))
	now := ask[protocol.SettingsReply](t, &protocol.GetSettings{})
	r := t.commandRefused(t.armWith(now.Hash), protocol.CodeBlocked)
	t.want(t.over() || r.ArmBlocks&protocol.BlockLimitMismatch != 0, "arm block LIMIT_MISMATCH", "%s", describeMessage(r))
}

// tipJudged confirms the deepest settings that the tip allows, and puts a
// shorter one on.
func tipJudged(t *trial) {
	p, i, _ := t.param(protocol.ParamDepth)
	most := t.tipBound(p.Name, p.Max)
	deepest := with(t.least(), i, max(p.Min, p.Min+(most-p.Min)/p.Step*p.Step))
	t.confirm(deepest)
	t.mount(TipOther)
	if t.tipBound(p.Name, p.Max) >= deepest[i] {
		t.skip("the needles of the other tip are no shorter")
	}
	now := ask[protocol.SettingsReply](t, &protocol.GetSettings{})
	t.want(t.over() || !now.Applied && now.Hash == [8]byte{} && fmt.Sprint(now.Values) == fmt.Sprint(deepest), fmt.Sprintf("nothing active, values %v", deepest), "%s, hash %x", describeMessage(now), now.Hash)
	t.mount(TipFound)
	now = ask[protocol.SettingsReply](t, &protocol.GetSettings{})
	t.want(t.over() || !now.Applied, "nothing active when the tip is back", "%s", describeMessage(now))
}

func tipBack(t *trial) {
	before := t.tip()
	t.ready()
	t.mount(TipNone)
	t.mount(TipFound)
	after := t.tip()
	t.want(t.over() || after == before, fmt.Sprintf("%+v", before), "%+v", after)
	s := t.inState(protocol.StateStandby)
	t.want(s.ArmID == 0, "nothing armed", "%s", describeStatus(s))
}

func triggerCases() []Case {
	return []Case{
		{"trigger/standby", "11", "the trigger of a pen that is not armed drives nothing; EVENT 13 tells it", NeedHand, triggerStandby},
		{"trigger/before-arm", "11", "ARM with the trigger held: BLOCKED by TRIGGER_HELD", NeedHand | NeedReady, triggerBeforeArm},
		{"trigger/clear", "13", "CLEAR with the trigger held: TRIGGER, until it is released", NeedHand, triggerClear},
		{"trigger/hello", "11", "a trigger held across a new session drives nothing", NeedHand, triggerHello},
		{"contact/told", "14", "contact is told as flag and EVENT 14, where the pen can tell", NeedHand, contactTold},
	}
}

// still expects no output for a while.
func (t *trial) still(stretch time.Duration) {
	mark := t.mark()
	t.wait(stretch)
	list, _, _ := t.s.line.since(mark)
	for _, a := range list {
		if s, ok := a.msg.(*protocol.Status); ok {
			err := restless(s)
			t.want(err == nil, "no output", "%v: %s", err, describeStatus(*s))
		}
	}
}

func triggerStandby(t *trial) {
	t.confirm(t.least())
	mark := t.mark()
	t.press()
	e := t.awaitEvent(protocol.EventTrigger, "EVENT 13, trigger", mark)
	t.want(t.over() || e.Args[0] == 1, "argument 1, down", "%v", e.Args)
	s := t.inState(protocol.StateStandby)
	t.want(s.ArmBlocks&protocol.BlockTriggerHeld != 0, "arm block TRIGGER_HELD", "%s", describeStatus(s))
	t.still(protocol.LeaseMotion)
	t.release()
	s = t.inState(protocol.StateStandby)
	t.want(t.over() || s.ArmBlocks&protocol.BlockTriggerHeld == 0, "no arm block TRIGGER_HELD", "%s", describeStatus(s))
}

func triggerBeforeArm(t *trial) {
	hash := t.confirm(t.least())
	t.press()
	r := t.commandRefused(t.armWith(hash), protocol.CodeBlocked)
	t.want(t.over() || r.ArmBlocks == protocol.BlockTriggerHeld, "arm block TRIGGER_HELD", "%s", describeMessage(r))
	t.inState(protocol.StateStandby)
	t.still(protocol.LeaseRF)
}

func triggerClear(t *trial) {
	t.stop(t.session)
	t.press()
	t.commandRefused(t.clearOf(0), protocol.CodeTrigger)
	t.inState(protocol.StateStopped)
	t.release()
	t.clearLatch(protocol.FaultNone)
	t.inState(protocol.StateStandby)
}

func triggerHello(t *trial) {
	t.press()
	t.hello()
	t.still(protocol.LeaseMotion)
	t.inState(protocol.StateStandby)
}

func contactTold(t *trial) {
	if !t.s.desc.ContactSensor {
		t.skip("this pen has no contact sensor")
		return
	}
	for _, on := range []bool{true, false} {
		mark := t.mark()
		t.contact(on)
		e := t.awaitEvent(protocol.EventContact, "EVENT 14, contact", mark)
		t.want(t.over() || e.Args[0] == 1 == on, fmt.Sprintf("argument for %v", on), "%v", e.Args)
		t.still(protocol.SpotRelease)
	}
}
