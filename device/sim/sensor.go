package sim

import (
	"math/bits"

	"stipple/protocol"
)

// sensors is what stands between the plant and the firmware: the errors of the
// sensors, and what breaks in them.
type sensors struct {
	faults faultSet
	held   [sensorCount]int64 // the newest raw readings, which a frozen sensor keeps
	still  [sensorCount]int   // how many readings in a row were the same
	lost   uint8              // sensors that did not live when they were read last, one a bit
}

// sensor is one of the sensors whose readings can freeze.
type sensor uint8

const (
	senseDepth     sensor = iota // nm
	sensePower                   // µW
	senseImpedance               // mΩ
	senseTemp                    // µ°C
	sensorCount
)

// Errors of the sensors, chosen as those of parts that are usual in such a pen:
// a linear position sensor, a thermistor behind a 12-bit converter, and RF
// voltage and current through detectors, which IEC 60601-2-2 wants within 20 %
// and a pen calibrates to better. A reading is never quite still.
const (
	depthNoise = 3 * nmPerUM // nm
	speedNoise = 20          // 1/10,000
	powerNoise = 30          // 1/10,000
	ohmNoise   = 100         // 1/10,000
	tempNoise  = 100_000     // µ°C: 0.1 K
	hotSensor  = 60_000_000  // µ°C, SwitchOverTemperature
	warmSensor = 25_000_000  // µ°C, SwitchWarmTip
)

// stillLimit is how many readings in a row may be the same. A living sensor's
// are not: the coarsest, that of power, has 61 steps of noise, so that 20 the
// same come once in 10^34.
const stillLimit = 20

func (s *sensors) frozen(which sensor) bool {
	return s.faults.has(faultDepthFrozen << which)
}

// take is the reading of a sensor whose raw value is v. silent is a reading of
// 0 that says nothing about the sensor.
func (s *sensors) take(which sensor, v int64, silent bool) int64 {
	if s.frozen(which) {
		v = s.held[which]
	}
	if v != s.held[which] || silent && v == 0 {
		s.still[which] = 0
		s.held[which] = v
		return v
	}
	if s.still[which]++; s.still[which] >= stillLimit {
		s.lost |= 1 << which
	}
	return v
}

// read reads all sensors once. That of power reads 0 while no RF is commanded,
// and that of impedance while the circuit is open: such a 0 may be true.
func (s *sensors) read(p *plant, r *rawReading) {
	s.lost = 0
	depth := s.take(senseDepth, p.pos+p.noise.within(depthNoise), false)
	power := s.take(sensePower, p.measuredPower(), p.rfSet == 0)
	z := s.take(senseImpedance, p.measuredImpedance(), true)
	temp := s.take(senseTemp, p.tip+p.noise.within(tempNoise), false) + s.hot()
	r.depth, r.power = protocol.Micrometres(max(0, depth/nmPerUM)), power
	r.impedance, r.temp = protocol.Ohms(z/moPerOhm), protocol.Centidegrees(temp/ucPerCdeg)
	if !p.rf {
		r.speed = p.measuredSpeed()
	}
}

// hot is by how much the tip's sensor reads too hot, in µ°C.
func (s *sensors) hot() int64 {
	switch {
	case s.faults.has(faultOverTemperature):
		return hotSensor
	case s.faults.has(faultWarmTip):
		return warmSensor
	}
	return 0
}

// meanTemp is the tip's temperature as a self-test finds it: the mean of so many
// readings that their noise is gone.
func (s *sensors) meanTemp(p *plant) protocol.Centidegrees {
	t := p.tip
	if s.frozen(senseTemp) {
		t = s.held[senseTemp]
	}
	return protocol.Centidegrees((t + s.hot()) / ucPerCdeg)
}

// dead is a sensor whose readings do not live.
func (s *sensors) dead() (which sensor, ok bool) {
	return sensor(bits.TrailingZeros8(s.lost)), s.lost != 0
}

func (fw *firmware) triggerInput() bool {
	return fw.plant.trigger || fw.sensors.faults.has(faultStuckTrigger)
}

// contactInput is false on a pen without a contact sensor.
func (fw *firmware) contactInput() bool {
	return fw.model.desc.ContactSensor && fw.plant.contact
}

// Measured values, raw, with the sensors' errors.

func (p *plant) measuredSpeed() protocol.StrokesPerMinute {
	return protocol.StrokesPerMinute(p.noise.scatter(p.unit[protocol.QuantitySpeed].raw(p.motor), speedNoise) / milliPerStroke)
}

// measuredPower is in µW, so that the dose is integrated finely.
func (p *plant) measuredPower() int64 {
	if p.power == 0 {
		return 0
	}
	return p.noise.scatter(p.unit[protocol.QuantityPower].raw(p.power), powerNoise)
}

// measuredImpedance is in mΩ, 0 for an open circuit.
func (p *plant) measuredImpedance() int64 {
	z := p.impedance()
	if z == 0 {
		return 0
	}
	return p.noise.scatter(p.unit[protocol.QuantityImpedance].raw(z), ohmNoise)
}
