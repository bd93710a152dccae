package conformance

import (
	"fmt"
	"math"
	"time"

	"stipple/protocol"
)

func outputCases() []Case {
	const energy = NeedHand | NeedEnergy
	return []Case{
		{"output/standby", "18.3", "TEST_OUTPUT outside SERVICE: STATE", 0, outputStandby},
		{"output/late", "18.3", "TEST_OUTPUT in time alone: LATE, TOO_EARLY", 0, outputLate},
		{"output/range", "18.3", "a quantity that is not driven, a duration of 0 or over 2 s, a load for another quantity: RANGE", 0, outputRange},
		{"output/beyond-pen", "18.3", "a value outside the parameter's bounds: BELOW_PEN, ABOVE_PEN", 0, outputBeyond},
		{"output/load", "18.3", "power without a load, or with one outside the window: LOAD", NeedRF, outputLoad},
		{"output/permitted", "18.3", "accepted it has an arm id, drives nothing without the trigger, and ends 250 ms later without a lease", 0, outputPermitted},
		{"output/lease", "18.3", "its lease is over 250 ms after the last one arrived, as in a treatment", 0, outputLease},
		{"output/stale-lease", "18.3", "stale, future and foreign leases grant it nothing", 0, outputStale},
		{"output/one-at-a-time", "18.3", "a second one while one is permitted: STATE", 0, outputTwice},
		{"output/disarm", "18.3", "DISARM ends it, in SERVICE", 0, outputDisarm},
		{"output/stop", "18.3", "ESTOP ends it", 0, outputStop},
		{"output/hello", "18.3", "a new session ends it, in STANDBY", 0, outputHello},
		{"output/bulk", "18.3", "while it is permitted answers are short, and tables are refused with STATE", 0, outputBulk},
		{"output/trigger-held", "18.3", "with the trigger held: BLOCKED by TRIGGER_HELD", NeedHand, outputHeld},
		{"output/depth", "18.3", "the needle goes to its depth for the duration, and back; the report says how deep", energy, outputDepth},
		{"output/stays", "18.3", "an output of depth stays at what it was told, and reports that", energy, outputStays},
		{"output/raw", "18.3", "a table counts: what is wanted is driven as its raw value, what the sensor says is told as its true one; raw counts without", energy | NeedMark, outputRaw},
		{"output/speed", "18.3", "an output of speed strokes or stamps so often with the smallest depth, and reports that", energy, outputSpeed},
		{"output/drive", "18.3", "a needle drive that does not turn ends it, as a fault", energy | NeedFault, outputDrive},
		{"output/released", "18.3", "the release of the trigger ends it", energy, outputReleased},
		{"output/leaves-service", "18.1", "SERVICE with enter 0 ends it as DISARM does, in STANDBY", energy, outputLeaves},
		{"output/lease-over", "18.3", "the end of the lease ends it, the needle back at the motion limit", energy, outputLeaseOver},
		{"output/stop-driving", "18.3", "ESTOP ends it while it drives: within 10 ms, and in the descriptor's time", energy, outputStopDriving},
		{"output/not-in-ledger", "18", "nothing of it is in the pulse ledger", energy, outputLedger},
		{"output/power", "18.3", "RF flows into the declared load for the duration, with the needle back", energy | NeedLoad | NeedRF, outputPower},
		{"output/load-changes", "18.3", "another load, or none, ends it while RF flows", energy | NeedLoad | NeedRF, outputLoadChanges},
		{"output/energy", "18.3", "measured energy over 120 % of what it was told: FAULT ENERGY", energy | NeedLoad | NeedRF | NeedFault, outputEnergy},
		{"output/too-deep", "22.3", "a needle deeper than its value and 0.15 mm: FAULT DEPTH, whatever the envelope allows", energy | NeedFault, outputTooDeep},
		{"output/other-load", "18.3", "with another load than the declared one no RF flows", energy | NeedLoad | NeedRF, outputOtherLoad},
	}
}

// output is a TEST_OUTPUT of the smallest depth, in time.
func (t *trial) output(ms uint16) *protocol.TestOutput {
	p, _, _ := t.param(protocol.ParamDepth)
	value := p.Min
	if value == 0 {
		value = p.Step
	}
	m := &protocol.TestOutput{CommandID: t.commandID(), Role: protocol.RoleTechnician, Quantity: protocol.QuantityDepth, Value: value, Duration: ms,
		NotAfter: t.tell().Replied.Add(protocol.ArmWindow - 100*time.Millisecond)}
	t.s.watch.armed(m.ArmID())
	return m
}

const shortOutput = 300 // ms

func outputStandby(t *trial) {
	t.needs(protocol.TypeTestOutput)
	t.commandRefused(t.output(shortOutput), protocol.CodeState)
}

func (t *trial) outputRefused(code protocol.Code, change func(*protocol.TestOutput)) {
	m := t.output(shortOutput)
	change(m)
	t.commandRefused(m, code)
}

func outputLate(t *trial) {
	t.needs(protocol.TypeTestOutput)
	t.service()
	t.outputRefused(protocol.CodeLate, func(m *protocol.TestOutput) { m.NotAfter = 0 })
	t.outputRefused(protocol.CodeTooEarly, func(m *protocol.TestOutput) { m.NotAfter = m.NotAfter.Add(time.Hour) })
	t.inState(protocol.StateService)
}

func outputRange(t *trial) {
	t.needs(protocol.TypeTestOutput)
	t.service()
	for _, q := range []protocol.Quantity{protocol.QuantityImpedance, 4, 255} {
		t.outputRefused(protocol.CodeRange, func(m *protocol.TestOutput) { m.Quantity = q })
	}
	if !t.rf() {
		t.outputRefused(protocol.CodeRange, func(m *protocol.TestOutput) { m.Quantity, m.Load = protocol.QuantityPower, 300 })
	}
	for _, ms := range []uint16{0, 2001, math.MaxUint16} {
		t.outputRefused(protocol.CodeRange, func(m *protocol.TestOutput) { m.Duration = ms })
	}
	t.outputRefused(protocol.CodeRange, func(m *protocol.TestOutput) { m.Load = 300 })
	t.inState(protocol.StateService)
}

func outputBeyond(t *trial) {
	t.needs(protocol.TypeTestOutput)
	t.service()
	p, _, _ := t.param(protocol.ParamDepth)
	for _, raw := range []bool{false, true} {
		for _, v := range []int32{p.Min - 1, math.MinInt32} {
			t.outputRefused(protocol.CodeBelowPen, func(m *protocol.TestOutput) { m.Value, m.Raw = v, raw })
		}
		for _, v := range []int32{p.Max + 1, math.MaxInt32} {
			t.outputRefused(protocol.CodeAbovePen, func(m *protocol.TestOutput) { m.Value, m.Raw = v, raw })
		}
	}
}

func outputLoad(t *trial) {
	t.needs(protocol.TypeTestOutput)
	t.service()
	p, _, _ := t.param(protocol.ParamPower)
	loads := []int32{0}
	if window, ok := t.s.desc.Sensor("impedance"); ok {
		loads = append(loads, window.Min-1, window.Max+1)
	}
	for _, load := range loads {
		if load >= 0 && load <= math.MaxUint16 {
			t.outputRefused(protocol.CodeLoad, func(m *protocol.TestOutput) {
				m.Quantity, m.Value, m.Load = protocol.QuantityPower, max(p.Min, p.Step), uint16(load)
			})
		}
	}
}

// permit sends a TEST_OUTPUT, which must be DONE, and returns the pen's clock at
// its acceptance.
func (t *trial) permit(m *protocol.TestOutput) (mark int, accepted protocol.PenClock) {
	mark = t.mark()
	r := t.command(m)
	t.want(t.over() || r.Outcome == protocol.OutcomeDone, "TEST_OUTPUT to be DONE", "%s", describeMessage(r))
	return mark, t.awaitEvent(protocol.EventTestOutput, "EVENT 22, test output", mark).Clock
}

// serviceOutput takes the pen to SERVICE and permits the smallest output.
func (t *trial) serviceOutput(ms uint16) (m *protocol.TestOutput, mark int, accepted protocol.PenClock) {
	t.needs(protocol.TypeTestOutput)
	t.service()
	m = t.output(ms)
	mark, accepted = t.permit(m)
	return m, mark, accepted
}

// outputEnds waits for EVENT 3, between two moments, and expects the report to
// say that the lease was over.
func (t *trial) outputEnds(mark int, low, high protocol.PenClock) {
	e := t.awaitEvent(protocol.EventLeaseExpired, "EVENT 3, lease expired", mark)
	t.want(t.over() || e.Clock >= low.Add(-earlyEnd-penSlack) && e.Clock <= high.Add(penSlack),
		fmt.Sprintf("the lease over by %d µs and not %v before %d", high, earlyEnd, low), "%d: %v late", e.Clock, e.Clock.Sub(high))
	s := t.inState(protocol.StateService)
	t.want(t.over() || s.ArmID == 0, "no arm id", "%s", describeStatus(s))
	t.outputEvent(mark, protocol.PulseLease)
	t.outputCame(protocol.PulseLease)
}

// outputCame expects the report of the newest output to have a result. Until its
// EVENT 22 has come, an output may still be closing.
func (t *trial) outputCame(want protocol.PulseResult) *protocol.TestReport {
	r := ask[protocol.TestReport](t, &protocol.TestRead{})
	t.want(t.over() || r.Result == want, "TEST_REPORT with result "+want.String(), "%s", r.Result)
	return r
}

func outputPermitted(t *trial) {
	m, mark, accepted := t.serviceOutput(shortOutput)
	s := t.awaitStatus("STATUS with the arm id", mark, func(s protocol.Status) bool { return s.ArmID != 0 })
	t.want(t.over() || s.State == protocol.StateService && s.ArmID == m.ArmID() && s.Flags&protocol.FlagLease == 0, fmt.Sprintf("SERVICE under %#x, no lease", m.ArmID()), "%s", describeStatus(s))
	r := ask[protocol.TestReport](t, &protocol.TestRead{})
	t.want(t.over() || r.CommandID == m.CommandID && r.Quantity == m.Quantity && r.Set == m.Value && r.Result == protocol.PulseOpen, fmt.Sprintf("TEST_REPORT of %#x, open", m.CommandID), "%+v", r)
	t.outputEnds(mark, accepted.Add(protocol.LeaseRF), accepted.Add(protocol.LeaseRF))
}

func outputLease(t *trial) {
	m, mark, _ := t.serviceOutput(shortOutput)
	t.keepLeasing(m.ArmID())
	t.wait(2 * protocol.LeaseMotion)
	s := t.inState(protocol.StateService)
	t.want(t.over() || s.ArmID == m.ArmID() && s.Flags&protocol.FlagLease != 0, "its arm id, with a lease alive", "%s, flags %#x", describeStatus(s), s.Flags)
	after, before, clock := t.lastLease(m.ArmID())
	t.outputEnds(mark, rfLimit(after, clock), rfLimit(before, clock))
}

func outputStale(t *trial) {
	m, mark, accepted := t.serviceOutput(shortOutput)
	now := t.tell().Received
	for _, lease := range []protocol.Lease{
		{ArmID: m.ArmID(), Clock: now.Add(-protocol.EchoRF - penSlack)}, {ArmID: m.ArmID(), Clock: now.Add(time.Second)}, {ArmID: m.ArmID() ^ 1, Clock: now}, {ArmID: m.ArmID()},
	} {
		t.put(&lease)
	}
	t.outputEnds(mark, accepted.Add(protocol.LeaseRF), accepted.Add(protocol.LeaseRF))
}

func outputTwice(t *trial) {
	m, _, _ := t.serviceOutput(shortOutput)
	t.keepLeasing(m.ArmID())
	t.commandRefused(t.output(shortOutput), protocol.CodeState)
	s := t.inState(protocol.StateService)
	t.want(t.over() || s.ArmID == m.ArmID(), fmt.Sprintf("arm id %#x as before", m.ArmID()), "%s", describeStatus(s))
}

func outputDisarm(t *trial) {
	m, mark, _ := t.serviceOutput(shortOutput)
	t.keepLeasing(m.ArmID())
	t.put(&protocol.Disarm{ArmID: m.ArmID()})
	s := t.inState(protocol.StateService)
	t.want(t.over() || s.ArmID == 0, "no arm id", "%s", describeStatus(s))
	t.outputEvent(mark, protocol.PulseDisarmed)
	t.outputCame(protocol.PulseDisarmed)
}

func outputStop(t *trial) {
	m, mark, _ := t.serviceOutput(shortOutput)
	t.keepLeasing(m.ArmID())
	t.stopsInTime()
	t.outputEvent(mark, protocol.PulseStopped)
	t.outputCame(protocol.PulseStopped)
}

func outputHello(t *trial) {
	m, mark, _ := t.serviceOutput(shortOutput)
	t.leaseAt(m.ArmID(), t.fresh())
	t.hello()
	s := t.inState(protocol.StateStandby)
	t.want(t.over() || s.ArmID == 0, "no arm id", "%s", describeStatus(s))
	t.outputEvent(mark, protocol.PulseDisarmed)
	t.outputCame(protocol.PulseDisarmed)
}

func outputBulk(t *trial) {
	m, _, _ := t.serviceOutput(shortOutput)
	t.keepLeasing(m.ArmID())
	chunk := ask[protocol.DescriptorChunk](t, &protocol.DescriptorRead{Max: 255})
	t.want(len(chunk.Data) <= protocol.BulkArmedBytes-3, "at most 93 bytes of the descriptor", "%d", len(chunk.Data))
	q := t.s.quantity()
	t.refused(&protocol.CalRead{Quantity: q}, protocol.CodeState, protocol.NoField, 0)
	t.refused(&protocol.CalWrite{Role: protocol.RoleTechnician, Quantity: q}, protocol.CodeState, protocol.NoField, 0)
}

func outputHeld(t *trial) {
	t.needs(protocol.TypeTestOutput)
	t.service()
	t.press()
	r := t.commandRefused(t.output(shortOutput), protocol.CodeBlocked)
	t.want(t.over() || r.ArmBlocks&protocol.BlockTriggerHeld != 0, "arm block TRIGGER_HELD", "%s", describeMessage(r))
	t.still(protocol.LeaseRF)
}

// driving permits the smallest output, leases it, and has the trigger pulled.
func (t *trial) driving(ms uint16) (*protocol.TestOutput, int) {
	m, mark, _ := t.serviceOutput(ms)
	t.keepLeasing(m.ArmID())
	t.pull()
	t.awaitHand("STATUS with the needle out", mark, func(s protocol.Status) bool { return s.Flags&protocol.FlagNeedleBack == 0 })
	return m, mark
}

// outputEvent waits for the second EVENT 22, the one of an output's end.
func (t *trial) outputEvent(mark int, want protocol.PulseResult) {
	t.await("EVENT 22, test output, with result "+want.String(), settleLimit+2*time.Second, mark, func(a arrival) bool {
		e, ok := a.msg.(*protocol.Event)
		return ok && e.Code == protocol.EventTestOutput && e.Args[1] == int32(want)
	})
}

func outputDepth(t *trial) {
	m, mark := t.driving(shortOutput)
	t.outputEvent(mark, protocol.PulseComplete)
	r := t.outputCame(protocol.PulseComplete)
	t.want(t.over() || r.CommandID == m.CommandID && int(r.Duration) == shortOutput, fmt.Sprintf("%d ms of %#x", shortOutput, m.CommandID), "%+v", r)
	deepest := m.Value + depthSlack
	t.want(t.over() || r.Max <= deepest && r.Min <= r.Mean && r.Mean <= r.Max && r.Mean > 0, fmt.Sprintf("a depth up to %d µm, in order", deepest), "%+v", r)
	s := t.status()
	t.want(t.over() || s.ArmID == 0, "one output and no more: no arm id", "%s", describeStatus(s))
	t.awaitStatus("the needle back", mark, func(s protocol.Status) bool { return s.ArmID == 0 && s.Flags&protocol.FlagNeedleBack != 0 })
}

// drivingOf is driving with another output than the smallest.
func (t *trial) drivingOf(change func(*protocol.TestOutput)) (*protocol.TestOutput, int) {
	t.needs(protocol.TypeTestOutput)
	t.service()
	m := t.output(longOutput)
	change(m)
	mark, _ := t.permit(m)
	t.keepLeasing(m.ArmID())
	t.pull()
	return m, mark
}

// longOutput is the longest that there is, in ms; section 21.
const longOutput = uint16(protocol.MaxTestOutput / time.Millisecond)

// midDepth is a depth that is far from the smallest, and as far from the largest
// where it can be.
func (t *trial) midDepth() int32 {
	p, i, _ := t.param(protocol.ParamDepth)
	value := min(p.Max, t.least()[i]+2*depthSlack+p.Step)
	return p.Min + (value-p.Min)/p.Step*p.Step
}

// outputStays tries a depth that is not the smallest, and needs no skin.
func outputStays(t *trial) {
	value := t.midDepth()
	m, mark := t.drivingOf(func(m *protocol.TestOutput) { m.Value, m.Duration = value, 2*shortOutput })
	t.outputEvent(mark, protocol.PulseComplete)
	r := t.outputCame(protocol.PulseComplete)
	t.want(t.over() || r.Min >= m.Value-depthSlack && r.Max <= m.Value+depthSlack, fmt.Sprintf("%d µm throughout, %d more or less", m.Value, depthSlack), "%d to %d, mean %d", r.Min, r.Max, r.Mean)
	list, _, _ := t.s.line.since(mark)
	deep := false
	for _, a := range list {
		s, ok := a.msg.(*protocol.Status)
		if !ok || s.SetDepth == 0 {
			deep = false // it ends
			continue
		}
		at := s.Flags&protocol.FlagAtDepth != 0
		t.want(t.over() || !deep || int32(s.Depth.Min) >= m.Value-depthSlack, "the needle to stay at depth", "%d µm: %s", s.Depth.Min, describeStatus(*s))
		t.want(t.over() || int32(s.SetDepth) == m.Value, fmt.Sprintf("set_depth %d", m.Value), "%d", s.SetDepth)
		deep = at
	}
}

// outputSpeed takes the fastest stamps of an RF pen, so that there are two in the
// time, and what a needling pen does by default.
func outputSpeed(t *trial) {
	p, _, _ := t.param(protocol.ParamSpeed)
	value := p.Default
	if t.rf() {
		value = p.Max
		if 2*msPerMinute/value >= int32(longOutput) {
			t.skip("this pen's stamps are too slow to count within an output")
		}
	}
	depth := t.output(longOutput).Value
	m, mark := t.drivingOf(func(m *protocol.TestOutput) { m.Quantity, m.Value = protocol.QuantitySpeed, value })
	t.outputEvent(mark, protocol.PulseComplete)
	r := t.outputCame(protocol.PulseComplete)
	least, most := m.Value*(100-speedTolerance)/100, m.Value*(100+speedTolerance)/100
	t.want(t.over() || r.Mean >= least && r.Mean <= most, fmt.Sprintf("%d to %d a minute", least, most), "%d", r.Mean)
	list, _, _ := t.s.line.since(mark)
	for _, a := range list {
		if s, ok := a.msg.(*protocol.Status); ok {
			t.want(t.over() || s.Flags&protocol.FlagRFOn == 0 && int32(s.Depth.Max) <= depth+depthSlack, fmt.Sprintf("no RF, and no deeper than %d µm", depth+depthSlack), "%d µm: %s", s.Depth.Max, describeStatus(*s))
		}
	}
}

func outputReleased(t *trial) {
	_, mark := t.driving(longOutput)
	t.release()
	if r := ask[protocol.TestReport](t, &protocol.TestRead{}); r.Result == protocol.PulseComplete {
		t.skip("the output was over before the trigger was released")
	}
	t.outputEvent(mark, protocol.PulseReleased)
	t.outputCame(protocol.PulseReleased)
	t.inState(protocol.StateService)
}

func outputLeaseOver(t *trial) {
	ask[protocol.Rate](t, &protocol.SetRate{PerSecond: t.s.rate()})
	m, mark := t.driving(longOutput)
	after, before, clock := t.lastLease(m.ArmID())
	t.outputEnds(mark, rfLimit(after, clock), rfLimit(before, clock))
	back := rfLimit(before, clock).Add(protocol.LeaseMotion - protocol.LeaseRF + penSlack)
	s := t.awaitStatus("STATUS behind the motion limit", mark, func(s protocol.Status) bool { return s.Clock > back })
	t.want(t.over() || s.Flags&protocol.FlagNeedleBack != 0, "the needle back", "flags %#x", s.Flags)
}

func outputStopDriving(t *trial) {
	_, mark := t.driving(longOutput)
	t.stopsInTime()
	t.outputEvent(mark, protocol.PulseStopped)
	t.outputCame(protocol.PulseStopped)
}

func outputLedger(t *trial) {
	before := t.page(0, 0)
	counted := ask[protocol.Counters](t, &protocol.CountersRead{})
	_, mark := t.driving(shortOutput)
	t.outputEvent(mark, protocol.PulseComplete)
	after := t.page(0, 0)
	t.want(t.over() || after.Newest == before.Newest, fmt.Sprintf("newest pulse %d", before.Newest), "%d", after.Newest)
	if a, came := t.look(0, mark, func(a arrival) bool { return a.Type == protocol.TypePulse }); came {
		t.fail("no PULSE", "%s", describe(a))
	}
	now := ask[protocol.Counters](t, &protocol.CountersRead{})
	t.want(t.over() || now.Pulses == counted.Pulses+1, fmt.Sprintf("%d pulses counted, this one too", counted.Pulses+1), "%d", now.Pulses)
}

func outputLeaves(t *trial) {
	_, mark := t.driving(longOutput)
	t.request(t.enter(false))
	t.outputEvent(mark, protocol.PulseDisarmed)
	t.outputCame(protocol.PulseDisarmed)
	s := t.inState(protocol.StateStandby)
	t.want(t.over() || s.ArmID == 0, "nothing permitted any more", "%s", describeStatus(s))
}
