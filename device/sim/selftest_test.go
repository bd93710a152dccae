package sim

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"stipple/protocol"
)

// tested runs the tests, 0 for all, and returns what came of them.
func (c *console) tested(b *bench, id uint64, tests protocol.Tests) *protocol.SelfTestReport {
	c.t.Helper()
	c.wantOutcome(&protocol.SelfTest{CommandID: id, Role: protocol.RoleTechnician, Tests: tests}, protocol.OutcomeRunning, 0)
	b.sleep(testTime)
	c.wantOutcome(&protocol.ResultOf{CommandID: id}, protocol.OutcomeDone, 0)
	r, ok := c.ask(&protocol.SelfTestRead{}).(*protocol.SelfTestReport)
	if !ok {
		c.t.Fatalf("SELF_TEST_READ got %#v", r)
	}
	return r
}

// valueOf is the value of a test in a report.
func valueOf(t *testing.T, r *protocol.SelfTestReport, test protocol.Tests) int32 {
	t.Helper()
	for _, v := range r.Readings {
		if protocol.Tests(1)<<v.Test == test {
			return v.Value
		}
	}
	t.Fatalf("no reading of %v in %+v", test.Names(), r)
	return 0
}

// A pen that is whole passes everything that it has, and says with what.
func TestSelfTestPasses(t *testing.T) {
	for _, model := range []Model{R1, N1} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, Config{Model: model, Seed: 80})
			c := b.idle()
			has := testsOf(string(model))
			boot := c.ask(&protocol.SelfTestRead{}).(*protocol.SelfTestReport)
			if boot.Done != has&^protocol.TestBattery || boot.Passed != boot.Done || boot.Clock != protocol.PenClock(selfTestTime.Microseconds()) {
				t.Errorf("the boot's report %+v", boot)
			}
			c.service(true)
			c.forget()
			r := c.tested(b, 1, 0)
			if r.Done != has || r.Passed != has || r.Clock <= boot.Clock || len(r.Readings) != len(has.Names()) {
				t.Errorf("%v passed of %v: %+v", r.Passed.Names(), r.Done.Names(), r)
			}
			if !slices.Equal(b.pen.fw.model.desc.SelfTests, has.Names()) {
				t.Errorf("the descriptor has %v", b.pen.fw.model.desc.SelfTests)
			}
			if e := c.event(protocol.EventSelfTest); e == nil || e.Args != [2]int32{int32(has), int32(has)} {
				t.Errorf("event %+v", e)
			}
			if v := valueOf(t, r, protocol.TestBattery); v != 94 && v != 95 {
				t.Errorf("battery %d %%", v)
			}
			if model == R1 {
				if v := valueOf(t, r, protocol.TestAmplifier); v < 950 || v > 1050 {
					t.Errorf("amplifier %d mW", v)
				}
			}
			if s := c.status(); s.State != protocol.StateService {
				t.Errorf("%v", s.State)
			}
		})
	}
}

// Each thing that breaks fails its own test and no other; that latches FAULT,
// which is cleared once the test passes.
func TestSelfTestFails(t *testing.T) {
	for _, tc := range []struct {
		model Model
		name  string // of the fault switch
		test  protocol.Tests
		value func(v int32) bool
	}{
		{R1, SwitchMotorStall, protocol.TestDrive, func(v int32) bool { return v >= int32(backOff) }},
		{N1, SwitchMotorStall, protocol.TestDrive, func(v int32) bool { return v >= int32(backOff) }},
		{R1, SwitchDepthOverrun, protocol.TestDrive, func(v int32) bool { return v >= 300 }},
		{R1, SwitchAmplifierHigh, protocol.TestAmplifier, func(v int32) bool { return v > 1200 && v < 1400 }},
		{R1, SwitchAmplifierLow, protocol.TestAmplifier, func(v int32) bool { return v > 600 && v < 800 }},
		{N1, SwitchStuckTrigger, protocol.TestTrigger, func(v int32) bool { return v == 1 }},
		{R1, SwitchBatteryLow, protocol.TestBattery, func(v int32) bool { return v == lowPercent }},
		{R1, SwitchClockJump, protocol.TestClock, func(v int32) bool { return v > maxClockError }},
		{R1, SwitchClockBack, protocol.TestClock, func(v int32) bool { return v < -maxClockError }},
	} {
		t.Run(string(tc.model)+" "+tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, Config{Model: tc.model, Seed: 81})
				c := b.idle()
				b.do(b.hand.Fault(tc.name, true))
				b.sleep(5 * time.Millisecond)
				r := c.tested(b, 1, 0)
				if failed := r.Done &^ r.Passed; failed != tc.test || !tc.value(valueOf(t, r, tc.test)) {
					t.Errorf("failed %v: %+v", failed.Names(), r)
				}
				s := c.status()
				if s.State != protocol.StateFault || s.Fault != protocol.FaultSelfTest || s.ArmBlocks&protocol.BlockSelfTest == 0 && tc.test != protocol.TestBattery {
					t.Errorf("%v %v %v", s.State, s.Fault, s.ArmBlocks.Names())
				}
				clear := func(id uint64) *protocol.Clear {
					return &protocol.Clear{CommandID: id, Fault: protocol.FaultSelfTest, Role: protocol.RoleTechnician}
				}
				// A stuck trigger reads as held, which comes before the test; a clock that
				// has jumped is right again with the next boot.
				before := protocol.CodeSelfTest
				if tc.test == protocol.TestTrigger {
					before = protocol.CodeTrigger
				}
				c.wantOutcome(clear(2), protocol.OutcomeRejected, before)
				b.do(b.hand.Fault(tc.name, false))
				if tc.test == protocol.TestClock {
					b.do(b.hand.Fault(SwitchReboot, true))
					b.sleep(darkTime + selfTestTime + 50*time.Millisecond)
					c.hello(2)
				} else {
					c.wantOutcome(clear(3), protocol.OutcomeDone, 0)
				}
				b.sleep(60 * time.Millisecond)
				if s := c.status(); s.State != protocol.StateStandby || s.ArmBlocks&protocol.BlockSelfTest != 0 {
					t.Errorf("afterwards %v %v", s.State, s.ArmBlocks.Names())
				}
			})
		})
	}
}

// What is broken before a boot is found by the boot's own test; an empty battery
// is no defect.
func TestBootFindsDefects(t *testing.T) {
	for _, tc := range []struct {
		name string
		bad  protocol.Tests
	}{
		{SwitchMotorStall, protocol.TestDrive}, {SwitchAmplifierLow, protocol.TestAmplifier}, {SwitchRFLeak, protocol.TestAmplifier},
		{SwitchOverTemperature, protocol.TestTemperature}, {SwitchStuckTrigger, protocol.TestTrigger},
		{SwitchTemperatureFrozen, protocol.TestTemperature}, {SwitchDepthFrozen, protocol.TestDrive},
		{SwitchPowerFrozen, protocol.TestAmplifier}, {SwitchImpedanceFrozen, protocol.TestImpedance},
		{SwitchBatteryLow, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, Config{Model: R1, Seed: 82})
				b.sleep(selfTestTime + 50*time.Millisecond)
				b.do(b.hand.Fault(SwitchBrownOut, true))
				b.do(b.hand.Fault(tc.name, true))
				b.do(b.hand.Fault(SwitchBrownOut, false))
				b.sleep(10 * time.Millisecond)
				c := b.console()
				c.hello(1)
				b.sleep(selfTestTime + 50*time.Millisecond)
				r := c.ask(&protocol.SelfTestRead{}).(*protocol.SelfTestReport)
				if failed := r.Done &^ r.Passed; failed != tc.bad {
					t.Errorf("failed %v", failed.Names())
				}
				if s := c.status(); (s.State == protocol.StateFault) != (tc.bad != 0) || (s.ArmBlocks&protocol.BlockSelfTest != 0) != (tc.bad != 0) {
					t.Errorf("%v %v %v", s.State, s.Fault, s.ArmBlocks.Names())
				}
			})
		})
	}
}

// Tests that the pen does not have are refused; a few that pass leave what the
// others came to.
func TestSelfTestOfSome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: N1, Seed: 83})
		c := b.idle()
		for id, tests := range map[uint64]protocol.Tests{1: protocol.TestAmplifier, 2: protocol.TestBattery | protocol.TestImpedance, 3: 1 << 15} {
			c.wantOutcome(&protocol.SelfTest{CommandID: id, Role: protocol.RoleTechnician, Tests: tests}, protocol.OutcomeRejected, protocol.CodeRange)
		}
		before := c.ask(&protocol.SelfTestRead{}).(*protocol.SelfTestReport)
		b.do(b.hand.Fault(SwitchMotorStall, true))
		r := c.tested(b, 4, protocol.TestBattery|protocol.TestClock)
		if r.Done != before.Done|protocol.TestBattery || r.Passed != r.Done || r.Clock == before.Clock {
			t.Errorf("%+v", r)
		}
		if s := c.status(); s.State != protocol.StateStandby || s.ArmBlocks&protocol.BlockSelfTest != 0 {
			t.Errorf("%v %v", s.State, s.ArmBlocks.Names())
		}
		if r = c.tested(b, 5, protocol.TestDrive); r.Passed != r.Done&^protocol.TestDrive {
			t.Errorf("%+v", r)
		}
	})
}

// A test that ends before that of the boot does not stand for it.
func TestSelfTestBeforeBoots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 87})
		c := b.console()
		c.hello(1)
		m := &protocol.SelfTest{CommandID: 1, Role: protocol.RoleTechnician, Tests: protocol.TestBattery}
		c.wantOutcome(m, protocol.OutcomeRunning, 0)
		b.sleep(selfTestTime - 15*time.Millisecond - time.Since(b.start))
		c.wantOutcome(m, protocol.OutcomeDone, 0)
		if s := c.status(); s.ArmBlocks&protocol.BlockSelfTest == 0 || s.Flags&protocol.FlagSelfTestOK != 0 {
			t.Errorf("before the boot's test %v", s.ArmBlocks.Names())
		}
		b.sleep(50 * time.Millisecond)
		if s := c.status(); s.ArmBlocks&protocol.BlockSelfTest != 0 {
			t.Errorf("behind it %v", s.ArmBlocks.Names())
		}
	})
}

// While it tests itself a pen can't be armed.
func TestSelfTestBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 84})
		c := b.idle()
		c.set(rfEnvelope(), 1, rfSettings(100))
		c.wantOutcome(test(1), protocol.OutcomeRunning, 0)
		b.sleep(20 * time.Millisecond)
		if s := c.status(); s.ArmBlocks != protocol.BlockSelfTest || s.Flags&protocol.FlagSelfTestOK != 0 {
			t.Errorf("while testing %v", s.ArmBlocks.Names())
		}
		b.sleep(testTime)
		if s := c.status(); s.ArmBlocks != 0 || s.Flags&protocol.FlagSelfTestOK == 0 {
			t.Errorf("afterwards %v", s.ArmBlocks.Names())
		}
	})
}

// A memory that can't be read fails the test of memory, and so does one that
// forgets what it was told.
func TestSelfTestOfMemory(t *testing.T) {
	for name, spoil := range map[string]func(m *spoilt){
		"unreadable": func(m *spoilt) { m.unreadable = cellPulses + 7 },
		"forgetful":  func(m *spoilt) { m.forgets = cellCheck },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				mem := &spoilt{RAM: NewRAM()}
				b := newBench(t, Config{Model: R1, Seed: 85, Memory: mem})
				c := b.idle()
				b.do(b.pen.call(func() { spoil(mem) }))
				r := c.tested(b, 1, protocol.TestMemory)
				if r.Passed&protocol.TestMemory != 0 || valueOf(t, r, protocol.TestMemory) != 1 {
					t.Errorf("%+v", r)
				}
				if s := c.status(); s.Fault != protocol.FaultSelfTest {
					t.Errorf("%v %v", s.State, s.Fault)
				}
			})
		})
	}
}

// spoilt is a memory with one bad cell.
type spoilt struct {
	*RAM
	unreadable, forgets uint32 // 0: none
}

func (m *spoilt) Read(cell uint32) ([]byte, error) {
	if m.unreadable != 0 && cell == m.unreadable {
		return nil, ErrMemory
	}
	return m.RAM.Read(cell)
}

func (m *spoilt) Write(cell uint32, v []byte) error {
	if m.forgets != 0 && cell == m.forgets {
		return nil
	}
	return m.RAM.Write(cell, v)
}

// How often a console asks for a self-test changes nothing of what a seed leads
// to.
func TestSelfTestLeavesTheNoise(t *testing.T) {
	pulse := func(tests int) (p protocol.Pulse) {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, Config{Model: R1, Seed: 86})
			c := b.idle()
			for i := range 2 {
				if i < tests {
					c.tested(b, uint64(i+1), 0)
				} else {
					b.sleep(testTime + 10*time.Millisecond)
				}
			}
			b.sleep(3*time.Second - time.Since(b.start))
			c.arm(armID, c.set(rfEnvelope(), 1, rfSettings(100)))
			c.keepLeasing(armID)
			b.do(b.hand.Contact(true))
			b.do(b.hand.Trigger(true))
			b.sleep(300 * time.Millisecond)
			p = *all[protocol.Pulse](c)[0]
		})
		return p
	}
	if none, two := pulse(0), pulse(2); none != two {
		t.Errorf("without %+v, with two %+v", none, two)
	}
}
