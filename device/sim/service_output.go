package sim

import (
	"stipple/protocol"
)

// serviceOutput is one SERVICE output, from the command that permits it until nothing
// is out any more. It stands on the same arming as READY: arm id, lease, trigger
// and everything that ends them. There is at most one output in it.
type serviceOutput struct {
	command protocol.TestOutput
	pulled  bool  // the trigger has been pulled
	began   int64 // step at which something was driven first; 0: nothing was
	ended   int64 // step at which its end was commanded
	ending  bool
	result  protocol.PulseResult

	value   spread // of the quantity, once it has settled
	ohms    spread
	energy  int64 // nJ, measured
	peak    protocol.Centidegrees
	strokes uint32               // of the plant's counter at the start
	deepest protocol.Micrometres // for a needle that did not settle
}

// rfSettle is how much of an output of RF is left out of its mean: ten times
// the amplifier's rise.
const rfSettle = 3 * stepsPerMS

// testBlocks are the arm blocks that keep a SERVICE output back. The others are
// about a treatment.
const testBlocks = protocol.BlockSelfTest | protocol.BlockTemperature | protocol.BlockBattery | protocol.BlockTriggerHeld

// testOutput is TEST_OUTPUT, the first time it arrives.
func (fw *firmware) testOutput(m *protocol.TestOutput) (protocol.Code, protocol.ArmBlocks) {
	now, blocks := fw.clock(), fw.armBlocks()&testBlocks
	switch {
	case now > m.NotAfter:
		return protocol.CodeLate, 0
	case m.NotAfter > now.Add(protocol.ArmWindow):
		return protocol.CodeTooEarly, 0
	}
	if code := fw.checkTest(m); code != protocol.CodeOK {
		return code, 0
	}
	if blocks != 0 {
		return protocol.CodeBlocked, blocks
	}
	fw.permit(arming{id: m.ArmID()})
	fw.output = &serviceOutput{command: *m, peak: fw.read.temp}
	fw.event(protocol.EventTestOutput, int32(m.Quantity), int32(protocol.PulseOpen))
	fw.report.now = true
	return protocol.CodeOK, 0
}

// checkTest holds what an output asks for against the pen.
func (fw *firmware) checkTest(m *protocol.TestOutput) protocol.Code {
	power := m.Quantity == protocol.QuantityPower
	switch {
	case m.Quantity > protocol.QuantityPower || power && !fw.isRF():
		return protocol.CodeRange
	case m.Duration < 1 || int64(m.Duration) > protocol.MaxTestOutput.Milliseconds(), !power && m.Load != 0:
		return protocol.CodeRange
	}
	p := fw.model.desc.Parameters[m.Quantity]
	window, _ := fw.model.desc.Sensor(sensorImpedance)
	switch {
	case m.Value < p.Min:
		return protocol.CodeBelowPen
	case m.Value > p.Max:
		return protocol.CodeAbovePen
	case power && (m.Load == 0 || int32(m.Load) < window.Min || int32(m.Load) > window.Max):
		return protocol.CodeLoad
	}
	return protocol.CodeOK
}

// testWaits says whether a SERVICE output waits for the trigger.
func (fw *firmware) testWaits() bool {
	return fw.output != nil && !fw.output.pulled && !fw.output.ending
}

// pullTest is the trigger's edge under a permitted output.
func (fw *firmware) pullTest() {
	fw.output.pulled = true
	fw.run.begin(fw.steps)
}

// releaseTest ends the output and its permission: one command, one output.
func (fw *firmware) releaseTest() {
	if fw.output.pulled && !fw.output.ending {
		fw.disarm(protocol.PulseReleased, "trigger released")
	}
}

func (t *serviceOutput) end(now int64, result protocol.PulseResult) {
	if !t.ending {
		t.ended, t.ending, t.result = now, true, result
	}
}

// mayTest says whether something may be driven: SERVICE, permitted, lease alive,
// trigger held. It is asked in every step.
func (fw *firmware) mayTest() bool {
	return fw.state == protocol.StateService && fw.output.pulled && !fw.output.ending && fw.trigger && fw.leaseAlive()
}

// driveTest is the control of needle and RF under a SERVICE output.
func (fw *firmware) driveTest() {
	t := fw.output
	fw.measureTest()
	if t.ending {
		if fw.outputOver(t.ended) && fw.run.backBy == 0 {
			fw.closeTest()
		}
		return
	}
	if !fw.mayTest() {
		return
	}
	if t.began > 0 && fw.steps-t.began >= int64(t.command.Duration)*stepsPerMS {
		fw.disarm(protocol.PulseComplete, "duration")
		return
	}
	switch {
	case t.command.Quantity == protocol.QuantityDepth:
		fw.testDepth()
	case t.command.Quantity == protocol.QuantityPower:
		fw.testPower()
	case fw.isRF():
		fw.testStamps()
	default:
		fw.testStrokes()
	}
}

// beginTest marks the first step in which something is driven.
func (fw *firmware) beginTest(phase runPhase) {
	t := fw.output
	t.began, t.strokes = fw.steps, fw.plant.strokes
	fw.countPulse()
	fw.run.backBy = 0
	fw.run.enter(phase, fw.steps)
	fw.say("test " + t.command.Quantity.String())
	fw.report.now = true
}

// rawFor is the raw value that the output drives: what was given, or what the
// calibration makes of it.
func (t *serviceOutput) rawFor(c *calibration) int64 {
	if t.command.Raw || t.command.Value == 0 {
		return int64(t.command.Value)
	}
	return int64(c.driven(t.command.Quantity, t.command.Value))
}

// testDepth takes the needle to the depth, where it stays.
func (fw *firmware) testDepth() {
	t, r := fw.output, &fw.run
	switch r.phase {
	case runWait:
		fw.plant.target = t.rawFor(&fw.cal) * nmPerUM
		fw.plant.extend = !fw.isRF()
		fw.beginTest(runInsert)
	case runInsert:
		switch off := abs(fw.testValue() - int64(t.command.Value)); {
		case !fw.plant.moving() && off <= int64(atDepth):
			r.enter(runPulse, fw.steps)
		case fw.steps-r.since > inSteps(insertLimit):
			fw.alarmAtOnce(AlarmMotorStall, int32(fw.read.depth))
		}
	}
}

// testStrokes has a needling pen stroke as little as it can.
func (fw *firmware) testStrokes() {
	t, r := fw.output, &fw.run
	switch r.phase {
	case runWait:
		fw.plant.run = true
		fw.plant.speed = t.rawFor(&fw.cal) * milliPerStroke
		fw.plant.target = fw.targetFor(fw.shallowest())
		fw.beginTest(runPulse)
	case runPulse:
		slow := fw.testValue()*1000 < int64(t.command.Value)*stallShare
		if slow && fw.steps-r.since > inSteps(stallLimit) {
			fw.alarmAtOnce(AlarmMotorStall, int32(fw.read.speed))
		}
	}
}

// testStamps has an RF pen stamp as little as it can, without RF.
func (fw *firmware) testStamps() {
	t, r := fw.output, &fw.run
	switch r.phase {
	case runWait:
		period := msPerMinute * stepsPerMS / max(int64(t.command.Value), 1)
		if !fw.isBack() || r.insert != 0 && fw.steps < r.insert+period {
			return
		}
		if t.began == 0 {
			fw.beginTest(runWait)
		}
		fw.beginInsert(fw.shallowest())
		if r.rate > 0 {
			t.value.add(int64(r.rate))
		}
	case runInsert:
		switch depth := fw.read.depth; {
		case !fw.plant.moving() && abs(int64(depth-fw.shallowest())) <= int64(atDepth):
			fw.retract(protocol.PulseComplete, "stamp")
		case fw.steps-r.since > inSteps(insertLimit):
			fw.alarmAtOnce(AlarmMotorStall, int32(depth))
		}
	}
}

// testPower gives RF into the declared load, with the needle back. The load is
// looked at before, at the sensing level, which is no output, and in each step.
func (fw *firmware) testPower() {
	t := fw.output
	if !fw.loadOn() {
		fw.disarm(protocol.PulseLoad, "load")
		return
	}
	if fw.run.phase == runWait {
		fw.plant.rfSet = t.rawFor(&fw.cal) * uwPerMW
		fw.beginTest(runPulse)
		return
	}
	wanted := protocol.Energy(protocol.Milliwatts(t.command.Value), protocol.Milliseconds(t.command.Duration))
	if energyOver(t.energy, wanted) {
		fw.latch(protocol.FaultEnergy, int32(t.energy/nJPerUJ))
	}
}

// loadOn says whether the impedance is that of the declared load. It is held
// against the true one also where the output is raw.
func (fw *firmware) loadOn() bool {
	load := int64(fw.output.command.Load)
	return abs(int64(fw.read.impedance)-load)*1000 <= load*protocol.TestLoadTolerance
}

// shallowest is the smallest depth that can be set and is one.
func (fw *firmware) shallowest() protocol.Micrometres {
	p := fw.model.desc.Parameters[iDepth]
	if p.Min > 0 {
		return protocol.Micrometres(p.Min)
	}
	return protocol.Micrometres(p.Step)
}

// testDepthSet is how deep the needle is told to go under an output.
func (fw *firmware) testDepthSet() protocol.Micrometres {
	switch fw.output.command.Quantity {
	case protocol.QuantityDepth:
		return protocol.Micrometres(fw.output.command.Value)
	case protocol.QuantitySpeed:
		return fw.shallowest()
	}
	return 0
}

// testValue is the quantity as it is measured now: the sensor's own value for a
// raw output.
func (fw *firmware) testValue() int64 {
	r, c := &fw.read, fw.output.command
	depth, speed, power := r.depth, r.speed, r.power
	if c.Raw {
		depth, speed, power = r.raw.depth, r.raw.speed, r.raw.power
	}
	switch c.Quantity {
	case protocol.QuantityDepth:
		return int64(depth)
	case protocol.QuantitySpeed:
		return int64(speed)
	}
	return power / uwPerMW
}

// measureTest adds one step to what the report will say.
func (fw *firmware) measureTest() {
	t := fw.output
	if t.began == 0 {
		return
	}
	power, ohms := fw.read.power, fw.read.impedance
	if t.command.Raw {
		power, ohms = fw.read.raw.power, fw.read.raw.impedance
	}
	t.energy += nanojoules(power)
	t.peak = max(t.peak, fw.read.temp)
	if t.ending {
		return
	}
	age := fw.steps - t.began
	switch t.command.Quantity {
	case protocol.QuantityDepth:
		t.deepest = max(t.deepest, protocol.Micrometres(fw.testValue()))
		if fw.run.phase == runPulse {
			t.value.add(fw.testValue())
		}
	case protocol.QuantitySpeed: // of an RF pen: with each stamp
		if !fw.isRF() && age > inSteps(runUp) {
			t.value.add(fw.testValue())
		}
	case protocol.QuantityPower:
		if age > min(rfSettle, int64(t.command.Duration)*stepsPerMS/2) {
			t.value.add(fw.testValue())
			t.ohms.add(int64(ohms))
		}
	}
}

// commandedTest puts what the output drives now into STATUS.
func (fw *firmware) commandedTest(s *protocol.Status) {
	t := fw.output
	if t.began == 0 || t.ending {
		return
	}
	switch t.command.Quantity {
	case protocol.QuantityDepth:
		s.SetDepth = u16(int64(t.command.Value))
	case protocol.QuantitySpeed:
		s.SetDepth, s.SetSpeed = u16(int64(fw.shallowest())), u16(int64(t.command.Value))
	case protocol.QuantityPower:
		s.SetPower, s.SetDuration = u16(int64(t.command.Value)), t.command.Duration
	}
}

// closeTest tells what an output came to.
func (fw *firmware) closeTest() {
	t := fw.output
	fw.output, fw.lastOutput = nil, fw.testReport()
	level := protocol.LevelInfo
	if t.result != protocol.PulseComplete && t.result != protocol.PulseReleased {
		level = protocol.LevelWarning
	}
	fw.eventLevel(protocol.EventTestOutput, level, int32(t.command.Quantity), int32(t.result))
	fw.report.now = true
}

// testRead is TEST_READ.
func (fw *firmware) testRead() *protocol.TestReport {
	r := fw.lastOutput
	if fw.output != nil {
		r = fw.testReport()
		r.Result = protocol.PulseOpen
	}
	return &r
}

// testReport is what an output has come to so far.
func (fw *firmware) testReport() protocol.TestReport {
	t := fw.output
	r := protocol.TestReport{
		CommandID: t.command.CommandID, Quantity: t.command.Quantity, Raw: t.command.Raw, Result: t.result, Set: t.command.Value,
		Energy: uint32(t.energy / nJPerUJ), PeakTemp: int16(t.peak),
		ImpedanceMin: u16(t.ohms.min), Impedance: u16(t.ohms.mean()), ImpedanceMax: u16(t.ohms.max),
	}
	if t.began == 0 {
		return r
	}
	until := fw.steps
	if t.ending {
		until = t.ended
	}
	ms := (until - t.began) / stepsPerMS
	r.Duration = u16(ms)
	value := t.value
	if value.n == 0 {
		switch {
		case t.command.Quantity == protocol.QuantityDepth:
			value.add(int64(t.deepest)) // it did not get there
		case t.command.Quantity == protocol.QuantitySpeed && !fw.isRF() && ms > 0:
			value.add(int64(fw.plant.strokes-t.strokes) * msPerMinute / ms)
		}
	}
	r.Mean, r.Min, r.Max = int32(value.mean()), int32(value.min), int32(value.max)
	return r
}
