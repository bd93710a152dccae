package sim

import (
	"bytes"
	"crypto/sha256"
	"math/bits"
	"time"

	"stipple/protocol"
)

// selfTest is what the tests since boot came to.
type selfTest struct {
	due    bool // the boot's is still to come
	ok     bool // each of the boot's tests has passed, the newest time it was done
	clock  protocol.PenClock
	done   protocol.Tests
	passed protocol.Tests
	values [protocol.TestCount]int32
}

// testsOf are the tests of a pen of that kind.
func testsOf(kind string) protocol.Tests {
	all := protocol.Tests(1)<<protocol.TestCount - 1
	if kind != protocol.KindRF {
		all &^= protocol.TestAmplifier | protocol.TestImpedance
	}
	return all
}

// bootTests are what a boot tests: all, but not the battery. An empty one is no
// defect: it has an arm block of its own, which ends when it is charged.
func (fw *firmware) bootTests() protocol.Tests {
	return testsOf(fw.model.desc.Kind) &^ protocol.TestBattery
}

// finishBootTest ends the self-test of a boot. A fault from before the reset
// ends with it, if what caused it has gone.
func (fw *firmware) finishBootTest() {
	fw.tests.due = false
	fw.report.now = true
	passed := fw.runTests(fw.bootTests())
	if fw.update.trying {
		fw.endTrial(passed)
		if !passed {
			return
		}
	}
	if !passed {
		fw.latch(protocol.FaultSelfTest, 0)
		return
	}
	if fw.fault != protocol.FaultNone {
		fw.forgetFault()
		fw.settle("self-test")
	}
}

// selfTestPasses does the boot's tests again, and what has failed since.
func (fw *firmware) selfTestPasses() bool {
	return fw.runTests(fw.bootTests() | fw.tests.done&^fw.tests.passed)
}

// selfTest is SELF_TEST, the first time it arrives. Nothing can be armed until
// it has ended.
func (fw *firmware) selfTest(m *protocol.SelfTest) (protocol.Code, protocol.ArmBlocks) {
	has, tests := testsOf(fw.model.desc.Kind), m.Tests
	if tests&^has != 0 {
		return protocol.CodeRange, 0
	}
	if tests == 0 {
		tests = has
	}
	fw.tests.ok = false
	fw.report.now = true
	fw.goOn(time.Duration(bits.OnesCount16(uint16(tests)))*eachTestTime, func() (protocol.Code, protocol.ArmBlocks) {
		fw.report.now = true
		if !fw.runTests(tests) {
			fw.latch(protocol.FaultSelfTest, 0)
		}
		return protocol.CodeOK, 0
	})
	return protocol.CodeOK, 0
}

// runTests does the tests and says whether they passed. The noise of the sensors
// is put back: how often a console asks must not change what a seed leads to.
func (fw *firmware) runTests(tests protocol.Tests) bool {
	t, before := &fw.tests, fw.plant.noise
	t.done, t.passed = t.done|tests, t.passed&^tests
	for i := range protocol.TestCount {
		bit := protocol.Tests(1) << i
		if tests&bit == 0 {
			continue
		}
		value, passed := fw.test(bit)
		t.values[i] = value
		if passed {
			t.passed |= bit
		}
	}
	fw.plant.noise = before
	t.clock = fw.clock()
	t.ok = fw.bootTests()&^t.passed == 0
	fw.event(protocol.EventSelfTest, int32(tests), int32(tests&t.passed))
	return tests&^t.passed == 0
}

// test does one test. Nothing of it leaves the tip. It uses no calibration
// table: a wrong one must be found by an instrument, not keep the pen from the
// SERVICE in which it is put right.
func (fw *firmware) test(bit protocol.Tests) (value int32, passed bool) {
	p := fw.plant
	switch bit {
	case protocol.TestMemory:
		value = fw.badCells()
	case protocol.TestProgram:
		value = flag(sha256.Sum256(fw.descriptor) != fw.digest || !fw.update.running.passes)
	case protocol.TestClock:
		value = fw.clockError()
		return value, abs(int64(value)) <= maxClockError
	case protocol.TestSupply:
		value = int32(supplyEmpty + (supplyFull-supplyEmpty)*int64(p.battery())/100)
		return value, value >= minSupply
	case protocol.TestBattery:
		value = int32(p.battery())
		return value, value >= batteryBlock
	case protocol.TestTrigger:
		value = flag(fw.triggerInput() != p.trigger)
	case protocol.TestDrive:
		value = fw.homeError()
		return value, value <= int32(needleBack)
	case protocol.TestTip:
		value = fw.tipUnreadable()
	case protocol.TestTemperature:
		window, _ := fw.model.desc.Sensor(sensorTemperature)
		value = int32(fw.sensors.meanTemp(p))
		return value, value >= window.Min && value <= window.Max && !fw.sensors.frozen(senseTemp)
	case protocol.TestAmplifier:
		flows := p.unit[protocol.QuantityPower].raw(p.amplified(int64(testPower) * uwPerMW))
		value = int32(fw.sensors.tried(sensePower, p.noise.scatter(flows, powerNoise)) / uwPerMW)
		return value, !off(int64(value), int64(testPower), powerTolerance)
	case protocol.TestImpedance:
		z := p.unit[protocol.QuantityImpedance].raw(int64(ownLoad) * moPerOhm)
		value = int32(fw.sensors.tried(senseImpedance, p.noise.scatter(z, ohmNoise)) / moPerOhm)
		return value, !off(int64(value), int64(ownLoad), impedanceTolerance)
	}
	return value, value == 0
}

// badCells counts the cells of memory that can't be read, and one that can't be
// written and read back.
func (fw *firmware) badCells() int32 {
	bad := flag(fw.broken != nil)
	for cell := range cellPulses + protocol.KeptPulses {
		if _, err := fw.nv.mem.Read(cell); err != nil {
			bad++
		}
	}
	want := []byte{byte(fw.steps), byte(fw.steps >> 8), byte(fw.steps >> 16), byte(fw.nv.counters.boot)}
	err := fw.nv.mem.Write(cellCheck, want)
	got, readErr := fw.nv.mem.Read(cellCheck)
	if err != nil || readErr != nil || !bytes.Equal(got, want) {
		bad++
	}
	return bad
}

// tipUnreadable is 1 if the memory of the tip that is on can't be read. Where
// none is, nothing fails: that has an arm block of its own.
func (fw *firmware) tipUnreadable() int32 {
	if fw.tip == nil {
		return 0
	}
	own, err := fw.nv.loadTip(fw.nv.box.on)
	return flag(err != nil || own == nil || own.ID != fw.tip.ID)
}

// homeError is what the encoder is off by after the drive has backed off its
// home and come back to it, in µm.
func (fw *firmware) homeError() int32 {
	um := abs(fw.plant.noise.within(depthNoise / nmPerUM))
	switch {
	case fw.plant.has(faultMotorStall) || fw.sensors.frozen(senseDepth):
		um += int64(backOff)
	case fw.plant.has(faultDepthOverrun):
		um += overrunNM / nmPerUM
	}
	return int32(um)
}

// clockError is what the pen clock is off by, in ppm of the time since boot: the
// control loop has an oscillator of its own.
func (fw *firmware) clockError() int32 {
	return wireArg(fw.clockShift*ppm/max(fw.ticks(), 1) + fw.plant.noise.within(maxClockError/2))
}

// tried is what a sensor says of raw in a test, without taking a reading.
func (s *sensors) tried(which sensor, raw int64) int64 {
	if s.frozen(which) {
		return s.held[which]
	}
	return raw
}

// selfTestReport answers SELF_TEST_READ.
func (fw *firmware) selfTestReport() *protocol.SelfTestReport {
	t := &fw.tests
	r := &protocol.SelfTestReport{Clock: t.clock, Done: t.done, Passed: t.passed}
	for i, v := range t.values {
		if t.done&(1<<i) != 0 {
			r.Readings = append(r.Readings, protocol.Reading{Test: uint8(i), Value: v})
		}
	}
	return r
}
