package conformance

import (
	"fmt"
	"time"

	"stipple/protocol"
)

// The arm blocks of section 22.2 that neither a message nor the trigger alone
// brings about.
func blockCases() []Case {
	const fault = NeedFault | NeedReady
	return []Case{
		{"blocks/temperature", "22.2", "a tip or a pen too hot: TEMPERATURE, ARM and TEST_OUTPUT are refused with it, until it has cooled down", fault, blockTemperature},
		{"blocks/battery", "22.2", "a charge too low for a pulse: BATTERY, ARM and TEST_OUTPUT are refused with it, until it is charged", fault, blockBattery},
		{"blocks/battery-update", "20.3", "FW_BEGIN with the charge below 30 %: BLOCKED by BATTERY", NeedFault, blockBatteryUpdate},
		{"blocks/trigger", "22.2", "a trigger that reads as held, though nobody holds it: TRIGGER_HELD, until it does not", fault, blockTrigger},
		{"blocks/self-test", "18.2", "a test that fails: FAULT SELF_TEST and arm block SELF_TEST; CLEAR is refused with SELF_TEST until it passes", NeedFault, blockSelfTest},
		{"blocks/tip-worn", "22.2", "a tip at its use limit: TIP_USED, ARM and TIP_BIND are refused with it, until another is on", NeedTip | NeedReady, blockTipWorn},
		{"blocks/tip-pins", "9", "a tip whose pins are unknown can't be armed on an RF pen: TIP_MISSING", NeedTip | NeedReady | NeedRF, blockTipPins},
	}
}

// datedCases are those that need a pen that knows the date. They come behind
// the others: a tip or a table that is past its own date blocks from then on.
func datedCases() []Case {
	return []Case{
		{"blocks/tip-expired", "17.2", "a tip whose last day is past, where the pen knows the date: TIP_EXPIRED, until another is on", NeedTip | NeedReady | NeedMark, blockTipExpired},
		{"blocks/cal-expired", "19.4", "an active table that is past its validity, where the pen knows the date: CAL_EXPIRED, until another is active", NeedReady | NeedMark, blockCalExpired},
	}
}

// blocked waits for STATUS to show an arm block, and expects ARM for confirmed
// settings to be refused with it alone.
func (t *trial) blocked(b protocol.ArmBlocks) {
	t.shows(b, true)
	r := t.commandRefused(t.armWith(t.confirm(t.least())), protocol.CodeBlocked)
	t.want(t.over() || r.ArmBlocks == b, fmt.Sprintf("arm blocks %v", b.Names()), "%v", r.ArmBlocks.Names())
	t.inState(protocol.StateStandby)
}

// shows waits for STATUS to show an arm block, or to show it no more.
func (t *trial) shows(b protocol.ArmBlocks, on bool) {
	what := fmt.Sprintf("STATUS with arm block %v", b.Names())
	if !on {
		what = fmt.Sprintf("STATUS without arm block %v", b.Names())
	}
	t.awaitHand(what, t.mark(), func(s protocol.Status) bool { return s.ArmBlocks&b != 0 == on })
}

// freed waits for an arm block to go, and expects ARM to work again.
func (t *trial) freed(b protocol.ArmBlocks) {
	t.shows(b, false)
	t.ready()
	t.put(&protocol.Disarm{})
	t.stopLeasing()
	t.inState(protocol.StateStandby)
}

// outputBlocked expects a SERVICE output to be refused with an arm block.
func (t *trial) outputBlocked(b protocol.ArmBlocks) {
	if t.over() || !t.s.offers(protocol.TypeTestOutput) {
		return
	}
	t.service()
	r := t.commandRefused(t.output(shortOutput), protocol.CodeBlocked)
	t.want(t.over() || r.ArmBlocks&b != 0, fmt.Sprintf("arm block %v", b.Names()), "%v", r.ArmBlocks.Names())
	t.request(t.enter(false))
	t.inState(protocol.StateStandby)
}

func blockTemperature(t *trial) { t.blocksWhile(DefectWarm, protocol.BlockTemperature) }

func blockBattery(t *trial) { t.blocksWhile(DefectBattery, protocol.BlockBattery) }

// blocksWhile is an arm block that lasts as long as a defect.
func (t *trial) blocksWhile(d Defect, b protocol.ArmBlocks) {
	t.breaks(d)
	t.blocked(b)
	t.outputBlocked(b)
	t.mends(d)
	t.freed(b)
}

func blockBatteryUpdate(t *trial) {
	t.needs(protocol.TypeFirmwareBegin)
	before := t.firmware()
	t.breaks(DefectBattery)
	t.shows(protocol.BlockBattery, true)
	r := t.commandRefused(t.fwBegin(1000, [32]byte{1}), protocol.CodeBlocked)
	t.want(t.over() || r.ArmBlocks&protocol.BlockBattery != 0, "arm block BATTERY", "%s", describeMessage(r))
	after := t.firmware()
	t.want(t.over() || *after == *before, fmt.Sprintf("%+v", before), "%+v", after)
	t.inState(protocol.StateStandby)
}

func blockTrigger(t *trial) {
	t.breaks(DefectTrigger)
	t.blocked(protocol.BlockTriggerHeld)
	t.outputBlocked(protocol.BlockTriggerHeld)
	t.still(protocol.LeaseMotion)
	t.mends(DefectTrigger)
	t.freed(protocol.BlockTriggerHeld)
}

// blockSelfTest has the test of the trigger fail: no other leaves a pen as it was
// that surely.
func blockSelfTest(t *trial) {
	t.needs(protocol.TypeSelfTest)
	if t.tests()&protocol.TestTrigger == 0 {
		t.skip("this pen has no test of its trigger")
	}
	t.breaks(DefectTrigger)
	t.shows(protocol.BlockTriggerHeld, true)
	mark := t.mark()
	r := t.command(t.selfTest(protocol.TestTrigger))
	t.want(t.over() || r.Outcome == protocol.OutcomeDone, "RESULT DONE: the test was done", "%s", describeMessage(r))
	e := t.awaitEvent(protocol.EventSelfTest, "EVENT 21, self-test", mark)
	t.want(t.over() || e.Args == [2]int32{int32(protocol.TestTrigger), 0}, "the trigger's test done and not passed", "%v", e.Args)
	s := t.awaitState(protocol.StateFault, mark)
	t.want(t.over() || s.Fault == protocol.FaultSelfTest && s.ArmBlocks&protocol.BlockSelfTest != 0 && s.Flags&protocol.FlagSelfTestOK == 0,
		"FAULT SELF_TEST, arm block SELF_TEST, no flag SELF_TEST_OK", "%s, flags %#x", describeStatus(s), s.Flags)
	t.commandRefused(t.clearOf(protocol.FaultSelfTest), protocol.CodeTrigger)
	t.mends(DefectTrigger)
	t.shows(protocol.BlockTriggerHeld, false)
	t.clearLatch(protocol.FaultSelfTest)
	s = t.inState(protocol.StateStandby)
	t.want(t.over() || s.ArmBlocks&protocol.BlockSelfTest == 0 && s.Flags&protocol.FlagSelfTestOK != 0, "no arm block SELF_TEST, flag SELF_TEST_OK", "%s, flags %#x", describeStatus(s), s.Flags)
}

func blockTipWorn(t *trial) {
	t.mount(TipWorn)
	t.blocked(protocol.BlockTipUsed)
	r := t.commandRefused(t.bind(t.tip().ID, [16]byte{1}), protocol.CodeBlocked)
	t.want(t.over() || r.ArmBlocks&protocol.BlockTipUsed != 0, "arm block TIP_USED", "%s", describeMessage(r))
	t.mount(TipFound)
	t.freed(protocol.BlockTipUsed)
}

// blockTipPins confirms with the tip that was on: an envelope for no pins need
// not be possible.
func blockTipPins(t *trial) {
	t.confirm(t.least())
	s := t.mount(TipNoPins)
	tip := t.tip()
	t.want(t.over() || tip.ID == s.TipID && tip.Pins == 0, "TIP_INFO of a tip with 0 pins", "%+v", tip)
	t.shows(protocol.BlockTipMissing, true)
	now := ask[protocol.SettingsReply](t, &protocol.GetSettings{})
	r := t.commandRefused(t.armWith(now.Hash), protocol.CodeBlocked)
	t.want(t.over() || r.ArmBlocks&protocol.BlockTipMissing != 0, "arm block TIP_MISSING", "%s", describeMessage(r))
	t.mount(TipFound)
	t.freed(protocol.BlockTipMissing)
}

// today gives the pen the computer's own date.
func (t *trial) today() {
	mark := t.mark()
	r := t.command(t.utcSet(t.tell().Received, uint64(ownDate().UnixMicro())))
	t.want(t.over() || r.Outcome == protocol.OutcomeDone, "UTC_SET to be DONE", "%s", describeMessage(r))
	t.awaitEvent(protocol.EventUTC, "EVENT 25, date", mark)
}

func blockTipExpired(t *trial) {
	t.today()
	t.mount(TipExpired)
	t.blocked(protocol.BlockTipExpired)
	t.mount(TipFound)
	t.freed(protocol.BlockTipExpired)
}

// blockCalExpired commits what the active table says as one that was valid for a
// day, and restores the active one.
func blockCalExpired(t *trial) {
	t.needs(protocol.TypeCalCommit)
	t.today()
	q := t.s.quantity()
	if len(t.table(q, protocol.CalActive)) == 0 {
		t.skip("the pen has no table of %s that could be restored", q)
	}
	const day = 24 * time.Hour
	past := t.successor(q)
	past.DateDays, past.ValidDays = uint16(ownDate().Unix()/int64(day/time.Second)-2), 1
	t.under(past, func() { t.blocked(protocol.BlockCalExpired) })
	t.freed(protocol.BlockCalExpired)
}

// under commits a table, does what is to be done under it in STANDBY, and restores
// the one before, also where the case has failed.
func (t *trial) under(table protocol.CalTable, do func()) {
	t.service()
	t.stage(table)
	r := t.command(t.commit(table.Quantity, table.Digest()))
	t.want(t.over() || r.Outcome == protocol.OutcomeDone, "CAL_COMMIT to be DONE", "%s", describeMessage(r))
	t.request(t.enter(false))
	if t.over() {
		return // nothing is committed
	}
	do()
	u := t
	if t.over() {
		u = t.s.trial(t.ctx, t.section)
		u.letGo(t)
		u.hello()
	}
	u.service()
	r = u.command(u.restore(table.Quantity))
	u.want(u.over() || r.Outcome == protocol.OutcomeDone, "CAL_RESTORE to be DONE", "%s", describeMessage(r))
	u.request(u.enter(false))
}
