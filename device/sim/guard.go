package sim

import (
	"stipple/protocol"
)

// reading is what the sensors said in this step. Everything in a step that
// judges, integrates or reports uses the same reading.
type reading struct {
	depth     protocol.Micrometres
	speed     protocol.StrokesPerMinute
	power     int64 // µW
	impedance protocol.Ohms
	temp      protocol.Centidegrees
	raw       rawReading
}

// rawReading is what the sensors said before calibration.
type rawReading struct {
	depth     protocol.Micrometres
	speed     protocol.StrokesPerMinute
	power     int64 // µW
	impedance protocol.Ohms
	temp      protocol.Centidegrees
}

// watch is what the guards remember from step to step.
type watch struct {
	bad        int   // pulses out of tolerance in a row
	rfSince    int64 // step since which RF is measured uncommanded; 0: not
	batteryLow bool  // said
}

// measure reads the sensors, once a step and nowhere else: how often a console
// asks must not change what a seed leads to.
func (fw *firmware) measure() {
	m, c := &fw.read, &fw.cal
	fw.sensors.read(fw.plant, &m.raw)
	if fw.plant.rf {
		m.raw.speed = protocol.StrokesPerMinute(fw.run.rate)
	}
	m.depth = protocol.Micrometres(c.measured(protocol.QuantityDepth, int32(m.raw.depth)))
	m.speed = protocol.StrokesPerMinute(c.measured(protocol.QuantitySpeed, int32(m.raw.speed)))
	m.power = c.measuredPower(m.raw.power)
	m.impedance = protocol.Ohms(c.measured(protocol.QuantityImpedance, int32(m.raw.impedance)))
	m.temp = m.raw.temp
	fw.report.add(m)
}

// guard checks in every step, in every state, what must never be.
func (fw *firmware) guard() {
	if fw.broken != nil {
		fw.latch(protocol.FaultMemory, 0)
	}
	fw.guardSensors()
	if int32(fw.read.temp) > fw.hottest {
		fw.latch(protocol.FaultOverTemperature, int32(fw.read.temp))
	}
	if depth := fw.guardedDepth(); depth > fw.deepest()+depthTolerance {
		fw.latch(protocol.FaultDepth, int32(depth))
	}
	fw.guardRF()
	fw.guardNeedle()
	switch charge := fw.plant.battery(); {
	case charge < batteryLow && !fw.watch.batteryLow:
		fw.watch.batteryLow = true
		fw.alarm(AlarmBatteryLow, int32(charge))
	case charge >= batteryFine:
		fw.watch.batteryLow = false
	}
}

// guardSensors latches a fault when a sensor does not live any more. Where RF
// can't be measured, nothing says that it is off: the supply opens.
func (fw *firmware) guardSensors() {
	which, ok := fw.sensors.dead()
	if !ok {
		return
	}
	fw.latch(protocol.FaultSensor, 0)
	if which == sensePower {
		fw.plant.supply = false
	}
}

// guardedDepth is the depth that has a bound: that of the calibration, but under
// a raw output, whose bound is raw too, the sensor's own.
func (fw *firmware) guardedDepth() protocol.Micrometres {
	if t := fw.output; t != nil && t.command.Raw && t.command.Quantity == protocol.QuantityDepth {
		return fw.read.raw.depth
	}
	return fw.read.depth
}

// deepest is the bound of the needle: that of a SERVICE output, the envelope's,
// or the pen's own.
func (fw *firmware) deepest() protocol.Micrometres {
	if fw.output != nil && fw.output.command.Quantity != protocol.QuantityPower {
		return fw.testDepthSet()
	}
	if e := fw.settings.envelope; e != nil {
		return protocol.Micrometres(e.Ranges[iDepth].Max)
	}
	return protocol.Micrometres(fw.model.desc.Parameters[iDepth].Max)
}

// guardRF latches a fault when RF is measured that nobody commanded, and opens
// the amplifier's supply, the second way to turn it off. It believes the sensor
// and no table: whether RF is off must not hang on a calibration.
func (fw *firmware) guardRF() {
	if fw.plant.rfSet > 0 || fw.read.raw.power <= int64(rfOff)*uwPerMW {
		fw.watch.rfSince = 0
		return
	}
	if fw.watch.rfSince == 0 {
		fw.watch.rfSince = fw.steps
	}
	if fw.steps-fw.watch.rfSince > inSteps(rfGrace) {
		fw.latch(protocol.FaultRFUnpermitted, int32(fw.read.power/uwPerMW))
		fw.plant.supply = false
	}
}

// guardNeedle latches a fault and unpowers the motor when a needle that should
// be back is not.
func (fw *firmware) guardNeedle() {
	if fw.run.backBy == 0 {
		return
	}
	if fw.isBack() {
		fw.run.backBy = 0
		return
	}
	if fw.steps >= fw.run.backBy {
		fw.latch(protocol.FaultMotorStall, int32(fw.read.depth))
		fw.plant.hold = true
		fw.run.backBy = 0
	}
}
