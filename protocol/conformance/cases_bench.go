package conformance

import (
	"fmt"
	"math"
	"time"

	"stipple/protocol"
)

func benchCases() []Case {
	return []Case{
		{"bind/refused", "9", "TIP_BIND of another tip than the one that is on: TIP", 0, bindRefused},
		{"bind/armed", "9", "TIP_BIND while armed: STATE", NeedReady, bindArmed},
		{"bind/other-treatment", "9", "a bound tip is not bound or armed for another treatment: BLOCKED by TIP_USED", 0, bindOther},
		{"bind/same-treatment", "9", "TIP_BIND to the treatment that the tip belongs to: DONE, and nothing changes", 0, bindSame},
		{"bind/binds", "9", "a tip out of its wrapper is bound: TIP_INFO says so, EVENT 27 tells it", NeedTip | NeedMark, bindBinds},
		{"counters/read", "18.4", "the counters since the last service are no more than those since the pen was made", 0, countersRead},
		{"counters/reset-refused", "18.4", "COUNTER_RESET of another count than the person was shown: DIGEST", 0, countersRefused},
		{"counters/armed", "18.4", "COUNTER_RESET while armed: STATE", NeedReady, countersArmed},
		{"counters/pulse", "18.4", "each pulse is counted", NeedHand | NeedEnergy | NeedReady, countersPulse},
		{"counters/reset", "18.4", "COUNTER_RESET sets the counters since the last service to 0 and no others", NeedMark, countersReset},
		{"date/refused", "17.2", "UTC_SET with a clock ahead, or a date before 2020 or beyond a log record: RANGE", 0, dateRefused},
		{"date/armed", "17.2", "UTC_SET while armed: STATE", NeedReady, dateArmed},
		{"date/set", "17.2", "a date that was set is in the log from then on", NeedMark, dateSet},
	}
}

func (t *trial) bind(tip uint32, treatment [16]byte) *protocol.TipBind {
	return &protocol.TipBind{CommandID: t.commandID(), Role: protocol.RoleClinician, TipID: tip, TreatmentID: treatment}
}

func bindRefused(t *trial) {
	before := t.tip()
	for _, id := range []uint32{before.ID + 1, ^before.ID, 0} {
		if id != before.ID {
			t.commandRefused(t.bind(id, [16]byte{1}), protocol.CodeTip)
		}
	}
	after := t.tip()
	t.want(t.over() || after == before, fmt.Sprintf("%+v", before), "%+v", after)
}

func bindArmed(t *trial) {
	tip := t.tip()
	t.ready()
	t.commandRefused(t.bind(tip.ID, [16]byte{1}), protocol.CodeState)
	t.inState(protocol.StateReady)
}

// bound is the tip that is on, if a treatment has it.
func (t *trial) bound() protocol.TipInfo {
	tip := t.tip()
	if tip.BoundTreatment == [16]byte{} {
		t.skip("the tip that is on is bound to no treatment")
	}
	return tip
}

func bindOther(t *trial) {
	tip := t.bound()
	other := tip.BoundTreatment
	other[0] ^= 0xFF
	r := t.commandRefused(t.bind(tip.ID, other), protocol.CodeBlocked)
	t.want(t.over() || r.ArmBlocks&protocol.BlockTipUsed != 0, "arm block TIP_USED", "%s", describeMessage(r))
	m := t.armWith(t.confirm(t.least()))
	m.TreatmentID = other
	r = t.commandRefused(m, protocol.CodeBlocked)
	t.want(t.over() || r.ArmBlocks&protocol.BlockTipUsed != 0, "arm block TIP_USED", "%s", describeMessage(r))
}

func bindSame(t *trial) {
	tip := t.bound()
	r := t.command(t.bind(tip.ID, tip.BoundTreatment))
	t.want(t.over() || r.Outcome == protocol.OutcomeDone, "RESULT DONE", "%s", describeMessage(r))
	after := t.tip()
	t.want(t.over() || after == tip, fmt.Sprintf("%+v", tip), "%+v", after)
}

func bindBinds(t *trial) {
	t.mount(TipOther)
	tip := t.tip()
	if tip.BoundTreatment != [16]byte{} {
		t.skip("the other tip is bound already")
	}
	treatment := [16]byte{0: 1, 15: byte(t.random())}
	mark := t.mark()
	r := t.command(t.bind(tip.ID, treatment))
	t.want(t.over() || r.Outcome == protocol.OutcomeDone, "RESULT DONE", "%s", describeMessage(r))
	t.awaitEvent(protocol.EventTipBound, "EVENT 27, tip bound", mark)
	after := t.tip()
	t.want(t.over() || after.BoundTreatment == treatment && after.UseCount == tip.UseCount, fmt.Sprintf("bound to %x", treatment), "%+v", after)
}

func (t *trial) counters() protocol.Counters {
	return *ask[protocol.Counters](t, &protocol.CountersRead{})
}

func countersRead(t *trial) {
	c := t.counters()
	t.want(t.over() || c.ServicePulses <= c.Pulses && c.ServiceMotor <= c.MotorSeconds && c.ServiceRF <= c.RFSeconds, "counters since the last service of at most those since it was made", "%+v", c)
	t.want(t.over() || t.rf() || c.RFSeconds == 0, "no RF seconds on a needling pen", "%+v", c)
	t.want(t.over() || c.Boots > 0, "one boot at least", "%+v", c)
}

func (t *trial) counterReset(seen uint32) *protocol.CounterReset {
	return &protocol.CounterReset{CommandID: t.commandID(), Role: protocol.RoleTechnician, Seen: seen}
}

func countersRefused(t *trial) {
	before := t.counters()
	for _, seen := range []uint32{before.ServicePulses + 1, before.ServicePulses - 1} {
		t.commandRefused(t.counterReset(seen), protocol.CodeDigest)
	}
	after := t.counters()
	t.want(t.over() || after.ServicePulses == before.ServicePulses, fmt.Sprintf("%+v", before), "%+v", after)
}

func countersArmed(t *trial) {
	before := t.counters()
	t.ready()
	t.commandRefused(t.counterReset(before.ServicePulses), protocol.CodeState)
	t.inState(protocol.StateReady)
}

func countersPulse(t *trial) {
	before := t.counters()
	t.onePulse(t.gentle())
	after := t.counters()
	t.want(t.over() || after.Pulses == before.Pulses+1 && after.ServicePulses == before.ServicePulses+1, fmt.Sprintf("%d pulses", before.Pulses+1), "%+v", after)
}

func countersReset(t *trial) {
	before := t.counters()
	mark := t.mark()
	r := t.command(t.counterReset(before.ServicePulses))
	t.want(t.over() || r.Outcome == protocol.OutcomeDone, "RESULT DONE", "%s", describeMessage(r))
	e := t.awaitEvent(protocol.EventCounterReset, "EVENT 24, counters reset", mark)
	t.want(t.over() || uint32(e.Args[0]) == before.ServicePulses, fmt.Sprintf("argument %d", before.ServicePulses), "%v", e.Args)
	after := t.counters()
	t.want(t.over() || after.ServicePulses == 0 && after.ServiceMotor == 0 && after.ServiceRF == 0 && after.Pulses == before.Pulses && after.Boots == before.Boots,
		fmt.Sprintf("0 since the service, %d pulses", before.Pulses), "%+v", after)
}

// utcSet is a UTC_SET by an administrator.
func (t *trial) utcSet(clock protocol.PenClock, utc uint64) *protocol.UTCSet {
	return &protocol.UTCSet{CommandID: t.commandID(), Role: protocol.RoleAdministrator, Clock: clock, UTC: utc}
}

func dateRefused(t *trial) {
	now := t.tell().Received
	good := uint64(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro())
	for _, m := range []*protocol.UTCSet{
		t.utcSet(now.Add(time.Hour), good), t.utcSet(^protocol.PenClock(0), good),
		t.utcSet(now, uint64(time.Date(2019, 12, 31, 23, 59, 59, 0, time.UTC).UnixMicro())), t.utcSet(now, 0),
		t.utcSet(now, uint64(time.Date(2106, 2, 7, 6, 28, 16, 0, time.UTC).UnixMicro())), t.utcSet(now, math.MaxUint64),
	} {
		t.commandRefused(m, protocol.CodeRange)
	}
}

func dateArmed(t *trial) {
	t.ready()
	t.commandRefused(t.utcSet(1, uint64(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro())), protocol.CodeState)
	t.inState(protocol.StateReady)
}

// ownDate is the computer's date.
func ownDate() time.Time {
	if today := time.Now(); today.Year() >= 2020 {
		return today
	}
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) // a computer that does not know it
}

// dateSet sets the computer's own date, so that the mark it leaves is a true
// one. A tip or a table that is past its date blocks from then on.
func dateSet(t *trial) {
	today := ownDate()
	t.today()
	if t.s.desc.LogKept == 0 {
		return
	}
	mark := t.mark()
	t.confirm(t.least())
	e := t.awaitEvent(protocol.EventSettings, "EVENT 8, settings", mark)
	p := t.records(e.Index, 1)
	late := int64(math.MaxInt64)
	if len(p.Records) == 1 {
		late = int64(p.Records[0].UTC) - today.Unix()
	}
	t.want(t.over() || late >= -1 && late <= 10, fmt.Sprintf("a record of %s", today.UTC().Format(time.DateTime)), "%d s off", late)
}
