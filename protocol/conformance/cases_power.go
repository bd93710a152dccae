package conformance

import (
	"fmt"
	"slices"

	"stipple/protocol"
)

// SERVICE outputs of power, and those of a pen with a defect.

// powerOutput has a load put across the tip and permits the least power into a
// declared one.
func (t *trial) powerOutput(ms uint16, declared func(ohms int32) int32) (m *protocol.TestOutput, mark int) {
	t.needs(protocol.TypeTestOutput)
	ohms := t.goodLoad()
	t.load(int(ohms))
	t.service()
	p, _, _ := t.param(protocol.ParamPower)
	m = t.output(ms)
	m.Quantity, m.Value, m.Load = protocol.QuantityPower, max(p.Min, p.Step), uint16(declared(ohms))
	mark, _ = t.permit(m)
	t.keepLeasing(m.ArmID())
	t.pull()
	return m, mark
}

// same declares the load that is on, otherLoad one that is far from it.
func same(ohms int32) int32 { return ohms }

func (t *trial) otherLoad(ohms int32) int32 {
	window, _ := t.s.desc.Sensor("impedance")
	if ohms*2 <= window.Max {
		return ohms * 2
	}
	return max(ohms/2, window.Min)
}

func outputPower(t *trial) {
	m, mark := t.powerOutput(shortOutput, same)
	t.outputEvent(mark, protocol.PulseComplete)
	r := t.outputCame(protocol.PulseComplete)
	most := int64(m.Value) * shortOutput * (100 + energyTolerance) / 100
	t.want(t.over() || r.Energy > 0 && int64(r.Energy) <= most, fmt.Sprintf("energy up to %d µJ", most), "%d", r.Energy)
	t.want(t.over() || r.Mean >= m.Value*(100-energyTolerance)/100 && r.Mean <= m.Value*(100+energyTolerance)/100, fmt.Sprintf("a mean of %d mW, %d %% more or less", m.Value, energyTolerance), "%d", r.Mean)
	t.want(t.over() || r.ImpedanceMin > 0 && r.ImpedanceMin <= r.Impedance && r.Impedance <= r.ImpedanceMax, "impedance in order", "%d, %d, %d", r.ImpedanceMin, r.Impedance, r.ImpedanceMax)
	list, _, _ := t.s.line.since(mark)
	for _, a := range list {
		if s, ok := a.msg.(*protocol.Status); ok {
			t.want(s.Flags&protocol.FlagNeedleBack != 0, "the needle back throughout", "%s, flags %#x", describeStatus(*s), s.Flags)
		}
	}
}

// outputLoadChanges changes the load by more than the tenth that is allowed, and
// takes it off.
func outputLoadChanges(t *trial) {
	for _, ohms := range []int32{t.goodLoad() * 4 / 5, t.goodLoad() * 6 / 5, 0} {
		_, mark := t.powerOutput(longOutput, same)
		t.awaitHand("STATUS with RF_ON", mark, func(s protocol.Status) bool { return s.Flags&protocol.FlagRFOn != 0 })
		mark = t.mark()
		t.load(int(ohms))
		a, _ := t.look(t.s.patience()+settleLimit+protocol.MaxTestOutput, mark, t.isEvent(protocol.EventTestOutput))
		if e, ok := a.msg.(*protocol.Event); ok && e.Args[1] == int32(protocol.PulseComplete) && !t.machine() {
			t.skip("the output was over before the load was changed")
		}
		t.outputEvent(mark, protocol.PulseLoad)
		r := t.outputCame(protocol.PulseLoad)
		t.want(t.over() || r.Duration < longOutput, fmt.Sprintf("an end before %d ms, with %d Ω in place of %d", longOutput, ohms, t.goodLoad()), "%d ms", r.Duration)
		s := t.inState(protocol.StateService)
		t.want(t.over() || s.ArmID == 0 && s.Flags&protocol.FlagRFOn == 0, "RF off, no arm id", "%s, flags %#x", describeStatus(s), s.Flags)
		t.release()
		t.stopLeasing()
		t.request(t.enter(false))
	}
}

func outputEnergy(t *trial) {
	t.breaks(DefectPowerHigh)
	m, mark := t.powerOutput(gentlePulse, same)
	t.latches(protocol.FaultEnergy, mark, faultTime, nil)
	r := t.outputCame(protocol.PulseFault)
	most := int64(m.Value) * gentlePulse * (100 + energyTolerance + overshoot) / 100
	t.want(t.over() || int64(r.Energy) <= most, fmt.Sprintf("at most %d µJ", most), "%d", r.Energy)
	t.clears(DefectPowerHigh, protocol.FaultEnergy)
}

// outputTooDeep has the widest envelope in force: it must not count.
func outputTooDeep(t *trial) {
	t.limit(t.widest())
	t.often()
	t.breaks(DefectDepth)
	m, mark, _ := t.serviceOutput(longOutput)
	t.keepLeasing(m.ArmID())
	t.pull()
	bound := m.Value + depthSlack
	t.latches(protocol.FaultDepth, mark, faultTime, func(s protocol.Status) bool { return int32(s.Depth.Max) > bound })
	t.outputCame(protocol.PulseFault)
	t.clears(DefectDepth, protocol.FaultDepth)
}

func outputOtherLoad(t *trial) {
	_, mark := t.powerOutput(shortOutput, t.otherLoad)
	t.outputEvent(mark, protocol.PulseLoad)
	r := t.outputCame(protocol.PulseLoad)
	most := uint32(protocol.Energy(restMW, shortOutput))
	t.want(t.over() || r.Energy <= most, fmt.Sprintf("no energy beyond %d µJ of noise", most), "%d", r.Energy)
}

// outputDrive is of depth, and of speed.
func outputDrive(t *trial) {
	t.breaks(DefectDrive)
	for _, change := range []func(*protocol.TestOutput){
		func(*protocol.TestOutput) {},
		func(m *protocol.TestOutput) { m.Quantity, m.Value = protocol.QuantitySpeed, t.defaultSpeed() },
	} {
		_, mark := t.drivingOf(change)
		t.outputEvent(mark, protocol.PulseFault)
		t.outputCame(protocol.PulseFault)
		t.awaitEvent(protocol.EventAlarm, "EVENT 17, alarm", mark)
		t.inState(protocol.StateService)
		t.release()
		t.stopLeasing()
		t.request(t.enter(false))
	}
}

func (t *trial) defaultSpeed() int32 {
	p, _, _ := t.param(protocol.ParamSpeed)
	return p.Default
}

// outputRaw commits a table by which the needle goes so much deeper than its
// sensor says that no pen can mistake the one for the other.
func outputRaw(t *trial) {
	const steeper = 115 // per cent
	q := protocol.QuantityDepth
	t.needs(protocol.TypeTestOutput)
	if !slices.Contains(t.s.desc.Calibrations, q.String()) || len(t.table(q, protocol.CalActive)) == 0 {
		t.skip("this pen has no table of depth that could be restored")
	}
	table := protocol.Identity(q, t.highest(q))
	table.Revision = t.successor(q).Revision
	for i := range table.Points {
		table.Points[i].True = table.Points[i].True * steeper / 100
	}
	value := t.midDepth()
	off := value*steeper/100 - value
	t.under(table, func() {
		for _, c := range []struct {
			raw          bool
			report, told int32 // by TEST_REPORT and by STATUS
		}{{false, value, value}, {true, value, value + off}} {
			_, mark := t.drivingOf(func(m *protocol.TestOutput) { m.Value, m.Raw, m.Duration = value, c.raw, 2*shortOutput })
			t.outputEvent(mark, protocol.PulseComplete)
			r := t.outputCame(protocol.PulseComplete)
			deepest := int32(0)
			list, _, _ := t.s.line.since(mark)
			for _, a := range list {
				if s, ok := a.msg.(*protocol.Status); ok && s.Flags&protocol.FlagAtDepth != 0 {
					deepest = int32(s.Depth.Now)
				}
			}
			near := func(got, want int32) bool { return got > want-off/2 && got < want+off/2 }
			t.want(t.over() || r.Raw == c.raw && near(r.Mean, c.report), fmt.Sprintf("a report of %d µm, raw %v", c.report, c.raw), "%d µm, raw %v", r.Mean, r.Raw)
			t.want(t.over() || c.raw && deepest == 0 || near(deepest, c.told), fmt.Sprintf("STATUS at %d µm, raw %v", c.told, c.raw), "%d µm", deepest)
			t.release()
			t.stopLeasing()
			t.request(t.enter(false))
		}
	})
}
