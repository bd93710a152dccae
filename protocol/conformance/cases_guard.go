package conformance

import (
	"fmt"
	"time"

	"stipple/protocol"
)

// What a pen itself watches, whatever a console says: the faults of section 22.3
// and what else ends READY and TREATING by section 5.1.
func guardCases() []Case {
	const (
		fault  = NeedFault | NeedReady
		energy = NeedFault | NeedHand | NeedEnergy | NeedReady
		load   = NeedLoad | NeedHand | NeedEnergy | NeedReady | NeedRF
	)
	return []Case{
		{"guard/temperature", "22.3", "hotter than the descriptor allows: FAULT OVER_TEMPERATURE, in READY too; CLEAR is refused with SELF_TEST until it has cooled down", fault, guardTemperature},
		{"guard/sensor", "22.3", "a sensor that is frozen: FAULT SENSOR", NeedFault, guardSensor},
		{"guard/depth", "22.3", "a needle deeper than the envelope's depth and 0.15 mm: FAULT DEPTH", energy, guardDepth},
		{"guard/leak", "22.3", "RF that nobody permitted: FAULT RF_UNPERMITTED, and it measures off", NeedFault | NeedLoad | NeedEnergy | NeedRF, guardLeak},
		{"guard/energy", "22.3", "measured energy over 120 % of commanded: FAULT ENERGY, and the pulse ends", energy | NeedRF, guardEnergy},
		{"guard/dose", "11", "the dose of a spot is integrated from the energy that is measured, not from what was asked", energy | NeedRF, guardDose},
		{"guard/power", "5.1", "three pulses in a row of another power than commanded lead to STANDBY, two do not", energy | NeedRF, guardPower},
		{"guard/depth-alarm", "5.1", "three pulls or stamps in a row that go 0.15 mm beyond what was set, within the envelope, lead to STANDBY", energy, guardDepthAlarm},
		{"guard/drive-out", "5.1", "a needle that does not go out is an alarm and leads to STANDBY", energy, guardDriveOut},
		{"guard/drive-back", "22.3", "a needle that is not back in the descriptor's time and 50 ms: FAULT MOTOR_STALL", energy, guardDriveBack},
		{"guard/impedance", "5.1", "an impedance that leaves the window ends the pulse, in STANDBY, or in FAULT IMPEDANCE", energy | NeedRF, guardImpedance},
		{"guard/pin", "5.1", "a pin that opens ends the pulse, in STANDBY, or in FAULT OPEN_PIN", energy | NeedRF, guardPin},
		{"guard/window-low", "5.1", "below the descriptor's impedance no RF flows, within it does", load, func(t *trial) {
			t.windowEdge(func(w protocol.SensorSpec) (out, in int32) { return w.Min * 9 / 10, w.Min * 11 / 10 })
		}},
		{"guard/window-high", "5.1", "above the descriptor's impedance no RF flows, within it does", load, func(t *trial) {
			t.windowEdge(func(w protocol.SensorSpec) (out, in int32) { return w.Max * 11 / 10, w.Max * 9 / 10 })
		}},
		{"guard/window-in-pulse", "5.1", "a load that leaves the window at either end ends the pulse", load, guardWindowInPulse},
		{"guard/at-depth", "11", "no RF before the needle is at depth", NeedHand | NeedEnergy | NeedReady | NeedRF, guardAtDepth},
		{"guard/never-at-depth", "11", "and none where it does not get there, whatever is on the tip", load | NeedFault, guardNeverAtDepth},
		{"guard/beyond-depth", "11", "and none where it went 0.3 mm too deep, though the envelope allows that", energy | NeedRF, guardBeyondDepth},
	}
}

// latches waits for a fault to be latched, and expects it to be told, within a time
// of the first STATUS that shows its cause, everything to be off, and ARM to be
// refused. shown may be nil.
func (t *trial) latches(f protocol.Fault, mark int, within time.Duration, shown func(protocol.Status) bool) {
	s := t.awaitHand("STATUS with state FAULT", mark, func(s protocol.Status) bool { return s.State == protocol.StateFault })
	t.want(t.over() || s.Fault == f && s.ArmID == 0, fmt.Sprintf("FAULT %s, nothing armed", f), "%s", describeStatus(s))
	e := t.awaitEvent(protocol.EventFault, "EVENT 5, fault", mark)
	t.want(t.over() || e.Args[0] == int32(f), fmt.Sprintf("argument %d, %s", f, f), "%v", e.Args)
	list, _, _ := t.s.line.since(mark)
	for _, a := range list {
		if s, ok := a.msg.(*protocol.Status); ok && shown != nil && shown(*s) {
			took := e.Clock.Sub(s.Clock)
			t.want(t.over() || took <= within+penSlack, fmt.Sprintf("the fault within %v of what shows it", within), "%v", took)
			break
		}
	}
	t.stopLeasing()
	t.awaitStatus("RF off, the needle back", mark, func(s protocol.Status) bool {
		back := s.Flags&protocol.FlagNeedleBack != 0 || t.broken[DefectDrive]
		return s.State == protocol.StateFault && back && s.Flags&protocol.FlagRFOn == 0 && s.Power <= restMW
	})
	if t.pulled {
		t.release()
	}
	now := ask[protocol.SettingsReply](t, &protocol.GetSettings{})
	r := t.commandRefused(t.armWith(now.Hash), protocol.CodeBlocked)
	t.want(t.over() || r.ArmBlocks&protocol.BlockFault != 0, "arm block FAULT", "%s", describeMessage(r))
}

// clears ends the defect that a fault came of, and clears the fault.
func (t *trial) clears(d Defect, f protocol.Fault) {
	t.mends(d)
	t.commandRefused(t.clearOf(f%protocol.FaultMemory+1), protocol.CodeWrongFault)
	t.clearLatch(f)
	s := t.inState(protocol.StateStandby)
	t.want(t.over() || s.Fault == protocol.FaultNone && s.ArmBlocks&protocol.BlockFault == 0, "no fault and no arm block FAULT", "%s", describeStatus(s))
}

// often asks for STATUS as often as the line bears.
func (t *trial) often() { ask[protocol.Rate](t, &protocol.SetRate{PerSecond: t.s.rate()}) }

func guardTemperature(t *trial) {
	window, ok := t.s.desc.Sensor("temperature")
	if !ok {
		t.skip("this pen has no sensor of temperature")
	}
	t.often()
	t.ready()
	mark := t.mark()
	t.breaks(DefectHot)
	t.latches(protocol.FaultOverTemperature, mark, faultTime, func(s protocol.Status) bool { return int32(s.Temp) > window.Max })
	t.shows(protocol.BlockTemperature, true)
	t.commandRefused(t.clearOf(protocol.FaultOverTemperature), protocol.CodeSelfTest)
	t.clears(DefectHot, protocol.FaultOverTemperature)
	t.shows(protocol.BlockTemperature, false)
}

func guardSensor(t *trial) {
	mark := t.mark()
	t.breaks(DefectSensor)
	t.latches(protocol.FaultSensor, mark, faultTime, nil)
	t.clears(DefectSensor, protocol.FaultSensor)
}

// insertion are settings that drive the needle and give as little else as can be.
func (t *trial) insertion() []int32 {
	values := t.gentle()
	if p, i, ok := t.param(protocol.ParamPower); ok {
		values[i] = p.Min
	}
	return values
}

func guardDepth(t *trial) {
	values := t.insertion()
	e := t.widest()
	_, i, _ := t.param(protocol.ParamDepth)
	e.Ranges[i].Max = values[i]
	t.often()
	t.breaks(DefectDepth)
	t.readyIn(e, values)
	t.contact(true)
	mark := t.mark()
	t.pull()
	bound := values[i] + depthSlack
	t.latches(protocol.FaultDepth, mark, faultTime, func(s protocol.Status) bool { return int32(s.Depth.Max) > bound })
	t.clears(DefectDepth, protocol.FaultDepth)
}

func guardLeak(t *trial) {
	t.often()
	t.load(int(t.goodLoad()))
	mark := t.mark()
	t.s.watch.pull(true) // RF is expected without it, too
	t.breaks(DefectLeak)
	t.latches(protocol.FaultRFUnpermitted, mark, leakTime, func(s protocol.Status) bool { return s.Flags&protocol.FlagRFOn != 0 })
	t.clears(DefectLeak, protocol.FaultRFUnpermitted)
}

// goodLoad is a resistor well within the pen's window, in Ω.
func (t *trial) goodLoad() int32 {
	window, _ := t.s.desc.Sensor("impedance")
	return min(max(testLoad, window.Min), window.Max)
}

func guardEnergy(t *trial) {
	values := t.gentle()
	power, duration, _ := t.rfValues(values)
	t.breaks(DefectPowerHigh)
	_, mark := t.pullFor(values)
	t.latches(protocol.FaultEnergy, mark, faultTime, nil)
	p := t.ended(mark, protocol.PulseFault, 0)
	most := int64(protocol.Energy(power, duration)) * (100 + energyTolerance + overshoot) / 100
	t.want(t.over() || int64(p.Energy) <= most, fmt.Sprintf("at most %d µJ", most), "%d", p.Energy)
	t.clears(DefectPowerHigh, protocol.FaultEnergy)
}

// guardDose allows a spot no more than the pulse that is asked for: an amplifier
// that gives more reaches that before the pulse's time is over.
func guardDose(t *trial) {
	values := t.gentle()
	power, duration, _ := t.rfValues(values)
	energy := protocol.Energy(power, duration)
	e := t.widest()
	e.DosePerPin = (energy + protocol.Microjoules(e.Pins) - 1) / protocol.Microjoules(max(e.Pins, 1))
	t.breaks(DefectPowerHigh)
	t.wait(2 * protocol.SpotRelease)
	t.readyIn(e, values)
	t.contact(true)
	mark := t.mark()
	t.pull()
	p := t.closed(mark)
	most := int64(e.DosePerPin) * int64(e.Pins) * (100 + overshoot) / 100
	t.want(t.over() || p.Result == protocol.PulseDose && p.Duration < uint32(duration), fmt.Sprintf("a PULSE that ended with dose before %d ms", duration), "%s, %d ms", p.Result, p.Duration)
	t.want(t.over() || int64(p.Energy) <= most, fmt.Sprintf("at most %d µJ", most), "%d", p.Energy)
}

func guardPower(t *trial) {
	values := t.brisk(t.gentle())
	t.breaks(DefectPowerLow)
	t.wait(2 * protocol.SpotRelease)
	t.readyFor(values)
	mark := t.mark()
	t.contact(true)
	t.pull()
	for n := 1; !t.over(); n++ {
		p := t.closed(mark)
		t.want(t.over() || p.Result == protocol.PulseComplete && p.Power < p.SetPower, "a complete pulse of too little power", "%s, %d of %d mW", p.Result, p.Power, p.SetPower)
		if n == pulsesToStandby {
			break
		}
		t.inState(protocol.StateTreating)
		t.contact(false)
		t.wait(2 * protocol.SpotRelease)
		mark = t.mark()
		t.contact(true)
	}
	t.awaitState(protocol.StateStandby, mark)
	t.awaitEvent(protocol.EventAlarm, "EVENT 17, alarm", mark)
}

func guardDriveOut(t *trial) {
	before := t.status()
	t.breaks(DefectDrive)
	_, mark := t.pullFor(t.gentle())
	t.awaitStatus("STATUS with state STANDBY", mark, func(s protocol.Status) bool { return s.State == protocol.StateStandby })
	t.awaitEvent(protocol.EventAlarm, "EVENT 17, alarm", mark)
	t.noRF(mark)
	after := t.inState(protocol.StateStandby)
	t.want(t.over() || !t.rf() || after.NewestPulse == before.NewestPulse, "no pulse", "pulse %d", after.NewestPulse)
}

// noRF expects no RF in any STATUS behind a mark.
func (t *trial) noRF(mark int) {
	list, _, _ := t.s.line.since(mark)
	for _, a := range list {
		if s, ok := a.msg.(*protocol.Status); ok {
			t.want(s.Flags&protocol.FlagRFOn == 0 && s.PowerMax <= restMW, "no RF", "%d mW: %s", s.PowerMax, describeStatus(*s))
		}
	}
}

// guardDriveBack has the drive fail while the needle is out. A needling pen's may
// stand still just when its needle is in.
func guardDriveBack(t *trial) {
	_, mark := t.pullFor(t.gentle())
	t.flowing(mark)
	t.breaks(DefectDrive)
	t.put(&protocol.Disarm{})
	t.stopLeasing()
	off := t.awaitState(protocol.StateStandby, mark)
	a, came := t.look(t.s.patience()+settleLimit, mark, t.isEvent(protocol.EventFault))
	if s := t.status(); !came && s.Flags&protocol.FlagNeedleBack != 0 {
		t.skip("the needle was back before its drive failed")
	}
	t.latches(protocol.FaultMotorStall, mark, faultTime, nil)
	if e, ok := a.msg.(*protocol.Event); ok {
		took, most := e.Clock.Sub(off.Clock), t.s.backTime()+stallMargin
		t.want(t.over() || took <= most+faultTime, fmt.Sprintf("the fault %v behind the end, and not %v later", most, faultTime), "%v", took)
		t.want(t.over() || took >= t.s.backTime()-faultTime, fmt.Sprintf("no fault before the needle's %v", t.s.backTime()), "after %v", took)
	}
	t.clears(DefectDrive, protocol.FaultMotorStall)
	t.awaitStatus("the needle back", t.mark(), func(s protocol.Status) bool { return s.Flags&protocol.FlagNeedleBack != 0 })
}

func guardImpedance(t *trial) { t.endsPulse(DefectImpedance, protocol.FaultImpedance) }

func guardPin(t *trial) { t.endsPulse(DefectPin, protocol.FaultOpenPin) }

// endsPulse expects a defect to end the pulse that is on, in STANDBY, or on a pen
// that latches it in FAULT.
func (t *trial) endsPulse(d Defect, f protocol.Fault) {
	_, mark := t.pullFor(t.gentle())
	t.flowing(mark)
	t.breaks(d)
	t.leavesTreating(mark, f, t.seen())
}

// leavesTreating expects the pulse to have ended by a fault that was there from a
// moment on, and nothing more to flow.
func (t *trial) leavesTreating(mark int, f protocol.Fault, since protocol.PenClock) {
	t.ended(mark, protocol.PulseFault, since)
	t.awaitEvent(protocol.EventAlarm, "EVENT 17, alarm", mark)
	s := t.status()
	t.want(t.over() || s.State == protocol.StateStandby || s.State == protocol.StateFault && s.Fault == f, fmt.Sprintf("STANDBY, or FAULT %s", f), "%s", describeStatus(s))
	t.want(t.over() || s.Flags&protocol.FlagRFOn == 0 && s.Power <= restMW, "RF off", "%d mW", s.Power)
}

// windowEdge tries a load on either side of one end of the impedance's window.
func (t *trial) windowEdge(at func(protocol.SensorSpec) (out, in int32)) {
	window, ok := t.s.desc.Sensor("impedance")
	if !ok {
		t.skip("this pen has no sensor of impedance")
	}
	out, in := at(window)
	if out < 1 {
		t.skip("no load is below this pen's window")
	}
	before := t.status()
	t.load(int(out))
	_, mark := t.pullFor(t.gentle())
	t.awaitStatus("STATUS out of TREATING", mark, func(s protocol.Status) bool {
		return s.State == protocol.StateStandby || s.State == protocol.StateFault && s.Fault == protocol.FaultImpedance
	})
	t.awaitEvent(protocol.EventAlarm, "EVENT 17, alarm", mark)
	t.noRF(mark)
	t.release()
	t.contact(false)
	if s := t.status(); s.State == protocol.StateFault {
		t.load(int(in))
		t.clearLatch(s.Fault)
	}
	after := t.inState(protocol.StateStandby)
	t.want(t.over() || after.NewestPulse == before.NewestPulse, fmt.Sprintf("no pulse into %d Ω", out), "pulse %d", after.NewestPulse)
	t.stopLeasing()
	t.load(int(in))
	_, p := t.onePulse(t.gentle())
	t.want(t.over() || p.Result == protocol.PulseComplete && p.Energy > 0, fmt.Sprintf("a whole pulse into %d Ω", in), "%s, %d µJ", p.Result, p.Energy)
}

func guardWindowInPulse(t *trial) {
	window, ok := t.s.desc.Sensor("impedance")
	if !ok {
		t.skip("this pen has no sensor of impedance")
	}
	for _, ohms := range []int32{window.Max * 11 / 10, window.Min * 9 / 10} {
		if ohms < 1 {
			continue
		}
		t.load(int(t.goodLoad()))
		_, mark := t.pullFor(t.gentle())
		t.flowing(mark)
		t.load(int(ohms))
		t.leavesTreating(mark, protocol.FaultImpedance, t.seen())
		t.release()
		t.contact(false)
		t.stopLeasing()
		if s := t.status(); s.State == protocol.StateFault {
			t.load(int(t.goodLoad()))
			t.clearLatch(s.Fault)
		}
	}
}

// guardAtDepth looks at each STATUS from the pull on until one has the needle at
// depth.
func guardAtDepth(t *trial) {
	t.often()
	_, mark := t.pullFor(t.gentle())
	t.flowing(mark)
	list, _, _ := t.s.line.since(mark)
	for _, a := range list {
		s, ok := a.msg.(*protocol.Status)
		if !ok {
			continue
		}
		if s.Flags&protocol.FlagAtDepth != 0 {
			break
		}
		t.want(s.Flags&protocol.FlagRFOn == 0 && s.PowerMax <= restMW, "no RF before AT_DEPTH", "%d mW at %d µm: %s", s.PowerMax, s.Depth.Now, describeStatus(*s))
	}
	p := t.closed(mark)
	t.want(t.over() || int32(p.Depth) >= int32(p.SetDepth)-depthSlack && int32(p.Depth) <= int32(p.SetDepth)+depthSlack, fmt.Sprintf("a PULSE at %d µm, %d more or less", p.SetDepth, depthSlack), "%d", p.Depth)
}

func guardNeverAtDepth(t *trial) {
	before := t.status()
	t.often()
	t.breaks(DefectDrive)
	t.load(int(t.goodLoad()))
	_, mark := t.pullFor(t.gentle())
	t.awaitState(protocol.StateStandby, mark)
	t.noRF(mark)
	after := t.inState(protocol.StateStandby)
	t.want(t.over() || after.NewestPulse == before.NewestPulse, "no pulse", "pulse %d", after.NewestPulse)
}

func guardBeyondDepth(t *trial) {
	before := t.status()
	t.breaks(DefectDepth)
	_, mark := t.pullFor(t.gentle())
	t.awaitHand("STATUS with the needle out", mark, func(s protocol.Status) bool { return s.Depth.Max > restUM })
	t.wait(protocol.LeaseMotion)
	t.noRF(mark)
	t.release()
	after := t.status()
	t.want(t.over() || after.NewestPulse == before.NewestPulse, "no pulse", "pulse %d", after.NewestPulse)
}

// guardDepthAlarm lets the envelope allow what is too deep, so that it is no FAULT.
func guardDepthAlarm(t *trial) {
	values := t.insertion()
	if t.rf() {
		values = t.brisk(values)
	}
	p, i, _ := t.param(protocol.ParamDepth)
	if values[i]+2*depthSlack > p.Max {
		t.skip("no envelope of this pen allows a needle that is too deep")
	}
	t.breaks(DefectDepth)
	_, mark := t.pullFor(values)
	if t.rf() { // it stamps on while the trigger is held
		t.awaitEvent(protocol.EventAlarm, "EVENT 17, alarm", mark)
		t.wait((pulsesToStandby + 1) * t.stamp(values))
	}
	for n := 1; n <= pulsesToStandby && !t.rf() && !t.over(); n++ {
		if n > 1 {
			t.inState(protocol.StateReady)
			mark = t.mark()
			t.pull()
		}
		t.flowing(mark)
		t.wait(time.Second / 2)
		t.release()
		pulse := t.closed(mark)
		t.want(t.over() || int32(pulse.Depth) > int32(pulse.SetDepth)+depthSlack, fmt.Sprintf("a PULSE deeper than %d µm", int32(pulse.SetDepth)+depthSlack), "%d", pulse.Depth)
	}
	t.awaitEvent(protocol.EventAlarm, "EVENT 17, alarm", mark)
	s := t.awaitState(protocol.StateStandby, mark)
	t.want(t.over() || s.Fault == protocol.FaultNone, "no fault", "%s", describeStatus(s))
	t.inState(protocol.StateStandby)
}
