package sim

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stipple/protocol"
)

// meter is an instrument at the pen's outputs during one SERVICE output.
type meter struct {
	mu      sync.Mutex
	seen    []Outputs
	began   time.Duration // of the first step with an output on; 0: none
	depth   protocol.Micrometres
	power   protocol.Milliwatts
	energy  int64 // µW steps
	powered int64 // steps with RF
}

func (m *meter) probe(o Outputs) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen = append(m.seen, o)
	if o.On() && m.began == 0 {
		m.began = o.At
	}
	m.depth, m.power = max(m.depth, o.DepthUM), max(m.power, o.PowerMW)
	if o.PowerMW > 0 {
		m.powered++
		m.energy += int64(o.PowerMW)
	}
}

// last is the newest step in which RF flowed, or the needle was out or moved.
func (m *meter) last(rf bool) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := len(m.seen) - 1; i >= 0; i-- {
		if o := m.seen[i]; rf && o.PowerMW > 0 || !rf && o.On() {
			return o.At
		}
	}
	return 0
}

// testBench is a pen in SERVICE with a meter at its outputs.
func testBench(t *testing.T, m Model, seed uint64) (*bench, *console, *meter) {
	t.Helper()
	meter := &meter{}
	b := newBench(t, Config{Model: m, Seed: seed, Probe: meter.probe})
	c := b.console()
	b.sleep(150 * time.Millisecond) // self-test
	c.hello(1)
	c.enterService()
	return b, c, meter
}

// testOf is an output that a pen in SERVICE takes.
func (c *console) testOf(q protocol.Quantity, value int32, d time.Duration) *protocol.TestOutput {
	m := &protocol.TestOutput{
		CommandID: armID, Role: protocol.RoleTechnician, Quantity: q, Value: value, Duration: uint16(d.Milliseconds()),
		NotAfter: c.status().Clock.Add(400 * time.Millisecond),
	}
	if q == protocol.QuantityPower {
		m.Load = 200
	}
	return m
}

// permit has the pen take the output and keeps leasing.
func (c *console) permit(m *protocol.TestOutput) {
	c.t.Helper()
	c.must(m, protocol.CodeOK)
	c.keepLeasing(m.ArmID())
}

// testReport is what TEST_READ says now.
func (c *console) testReport() *protocol.TestReport {
	c.t.Helper()
	r, ok := c.ask(&protocol.TestRead{}).(*protocol.TestReport)
	if !ok {
		c.t.Fatalf("TEST_READ got %+v", r)
	}
	return r
}

// Each quantity: nothing before the trigger, what was asked for under it, for as
// long as was asked for, measured and reported; then the permission is used up
// and the pen is still in SERVICE.
func TestServiceOutput(t *testing.T) {
	for _, tc := range []struct {
		name     string
		model    Model
		quantity protocol.Quantity
		value    int32
		near     int64 // tolerance of what is delivered and reported
		d        time.Duration
	}{
		{"RF depth", R1, protocol.QuantityDepth, 2000, 30, time.Second},
		{"RF stamps", R1, protocol.QuantitySpeed, 120, 1, 2 * time.Second},
		{"RF power", R1, protocol.QuantityPower, 20_000, 500, 2 * time.Second},
		{"RF power, short", R1, protocol.QuantityPower, 50_000, 1500, 4 * time.Millisecond},
		{"no power", R1, protocol.QuantityPower, 0, 0, 100 * time.Millisecond},
		{"needling depth", N1, protocol.QuantityDepth, 1500, 30, time.Second},
		{"needling depth 0", N1, protocol.QuantityDepth, 0, 5, time.Second},
		{"strokes", N1, protocol.QuantitySpeed, 9000, 90, 2 * time.Second},
		{"strokes, short", N1, protocol.QuantitySpeed, 3000, 600, 200 * time.Millisecond},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, c, meter := testBench(t, tc.model, 70)
				if tc.quantity == protocol.QuantityPower {
					b.do(b.hand.LoadOhm(200))
				}
				c.permit(c.testOf(tc.quantity, tc.value, tc.d))
				b.sleep(100 * time.Millisecond)
				s := c.status()
				if s.State != protocol.StateService || s.ArmID != armID || s.Flags&protocol.FlagLease == 0 {
					t.Fatalf("permitted: %+v", s)
				}
				if r := c.testReport(); r.CommandID != armID || r.Result != protocol.PulseOpen || r.Duration != 0 {
					t.Errorf("permitted: %+v", r)
				}
				if meter.began != 0 {
					t.Fatal("an output before the trigger")
				}
				strokes := b.strokes()
				pulled := time.Since(b.start)
				b.do(b.hand.Trigger(true))
				b.sleep(tc.d / 2)
				checkCommanded(t, c, tc.quantity, tc.value)
				if r := c.testReport(); r.Result != protocol.PulseOpen {
					t.Errorf("going on: %+v", r)
				}
				b.sleep(tc.d/2 + 400*time.Millisecond)

				r := c.testReport()
				if r.Result != protocol.PulseComplete || r.Quantity != tc.quantity || r.Raw || r.Set != tc.value {
					t.Errorf("report %+v", r)
				}
				if abs(int64(r.Duration)-tc.d.Milliseconds()) > 1 {
					t.Errorf("lasted %d ms", r.Duration)
				}
				if abs(int64(r.Mean-tc.value)) > tc.near || r.Min > r.Mean || r.Max < r.Mean {
					t.Errorf("reports %d (%d to %d)", r.Mean, r.Min, r.Max)
				}
				checkMeter(t, b, meter, tc.quantity, tc.value, tc.near, b.strokes()-strokes, tc.d)
				if over := meter.last(false); meter.began > 0 && over > pulled+tc.d+time.Duration(b.pen.fw.model.desc.StopToRetracted)*time.Millisecond+5*time.Millisecond {
					t.Errorf("output until %v after the pull", over-pulled)
				}
				if s := c.status(); s.State != protocol.StateService || s.ArmID != 0 {
					t.Errorf("afterwards: %+v", s)
				}
				if e := c.event(protocol.EventTestOutput); e == nil || e.Args != [2]int32{int32(tc.quantity), int32(protocol.PulseComplete)} {
					t.Errorf("event %+v", e)
				}
				if s := c.status(); s.NewestPulse != 0 {
					t.Error("a SERVICE output is in the pulse ledger")
				}
				// One command, one output.
				last := meter.last(false)
				b.do(b.hand.Trigger(false))
				b.sleep(200 * time.Millisecond)
				b.do(b.hand.Trigger(true))
				b.sleep(300 * time.Millisecond)
				if meter.last(false) != last {
					t.Error("a second output under one command")
				}
			})
		})
	}
}

// checkCommanded holds STATUS against what is driven.
func checkCommanded(t *testing.T, c *console, q protocol.Quantity, value int32) {
	t.Helper()
	s := c.status()
	switch got := map[protocol.Quantity]uint16{protocol.QuantityDepth: s.SetDepth, protocol.QuantitySpeed: s.SetSpeed, protocol.QuantityPower: s.SetPower}; {
	case s.Clock == 0:
		t.Error("no clock")
	case got[q] != 0 && int32(got[q]) != value:
		t.Errorf("STATUS says %+v", got)
	case q == protocol.QuantityPower && (s.SetDepth != 0 || s.SetSpeed != 0), q != protocol.QuantityPower && s.SetPower != 0:
		t.Errorf("more than one quantity: %+v", got)
	}
}

// checkMeter holds what really left the pen against what was asked for.
func checkMeter(t *testing.T, b *bench, m *meter, q protocol.Quantity, value int32, near, strokes int64, d time.Duration) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	switch q {
	case protocol.QuantityDepth:
		if abs(int64(m.depth)-int64(value)) > near || m.power != 0 {
			t.Errorf("delivered %d um and %d mW", m.depth, m.power)
		}
		still := 0 // at the depth, not moving
		for _, o := range m.seen {
			if !o.Moving && abs(int64(o.DepthUM)-int64(value)) <= near && o.Trigger {
				still++
			}
		}
		if value > 0 && still < int(inSteps(d-200*time.Millisecond)) {
			t.Errorf("stood at the depth for %d steps", still)
		}
	case protocol.QuantitySpeed:
		if m.depth > protocol.Micrometres(b.pen.fw.shallowest())+30 || m.power != 0 {
			t.Errorf("delivered %d um and %d mW", m.depth, m.power)
		}
		if want := int64(value) * d.Milliseconds() / msPerMinute; b.pen.fw.isRF() {
			ups := 0
			for i := 1; i < len(m.seen); i++ {
				if m.seen[i].DepthUM > 0 && m.seen[i-1].DepthUM == 0 {
					ups++
				}
			}
			if int64(ups) != want {
				t.Errorf("%d stamps, want %d", ups, want)
			}
		} else if abs(strokes-want)*100 > want*15+100 {
			t.Errorf("%d strokes, want %d", strokes, want)
		}
	case protocol.QuantityPower:
		if m.depth != 0 {
			t.Errorf("the needle came out by %d um", m.depth)
		}
		if abs(int64(m.power)-int64(value)) > near {
			t.Errorf("delivered %d mW", m.power)
		}
		if want := int64(value) * inSteps(d); abs(m.energy-want) > want/20+20*int64(value) {
			t.Errorf("delivered %d mW steps, want %d", m.energy, want)
		}
	}
}

// A raw output is driven and reported as the sensor and the drive have it; what
// really comes is what the unit makes of it.
func TestRawOutput(t *testing.T) {
	for _, tc := range []struct {
		model Model
		q     protocol.Quantity
		value int32
	}{{R1, protocol.QuantityDepth, 3500}, {R1, protocol.QuantityPower, 50_000}, {N1, protocol.QuantityDepth, 2500}, {N1, protocol.QuantitySpeed, 9000}} {
		t.Run(fmt.Sprint(tc.model, tc.q), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, c, meter := testBench(t, tc.model, 71)
				b.do(b.hand.LoadOhm(200))
				m := c.testOf(tc.q, tc.value, time.Second)
				m.Raw = true
				c.permit(m)
				strokes := b.strokes()
				b.do(b.hand.Trigger(true))
				b.sleep(1300 * time.Millisecond)
				r := c.testReport()
				if r.Result != protocol.PulseComplete || !r.Raw || abs(int64(r.Mean-tc.value))*200 > int64(tc.value) {
					t.Errorf("report %+v", r)
				}
				u := b.pen.fw.plant.unit[tc.q]
				got := map[protocol.Quantity]int64{
					protocol.QuantityDepth: int64(meter.depth), protocol.QuantityPower: int64(meter.power),
					protocol.QuantitySpeed: (b.strokes() - strokes) * 60,
				}[tc.q]
				want := u.truth(int64(tc.value)*perBase) / perBase
				if tc.q == protocol.QuantitySpeed {
					want = want * 95 / 100 // the run-up
				}
				if abs(got-want)*40 > want {
					t.Errorf("delivered %d, the unit makes %d of %d", got, want, tc.value)
				}
				if tc.q == protocol.QuantityPower {
					z := b.pen.fw.plant.unit[protocol.QuantityImpedance].raw(200*perBase) / perBase
					if abs(int64(r.Impedance)-z) > 2 || r.ImpedanceMin > r.Impedance || r.ImpedanceMax < r.Impedance {
						t.Errorf("raw impedance %d (%d to %d), want %d", r.Impedance, r.ImpedanceMin, r.ImpedanceMax, z)
					}
				}
			})
		})
	}
}

// Every refusal of TEST_OUTPUT, in the order of the rules, and nothing is
// permitted by any of them.
func TestServiceOutputRefusals(t *testing.T) {
	const power, depth, speed = protocol.QuantityPower, protocol.QuantityDepth, protocol.QuantitySpeed
	for _, tc := range []struct {
		name   string
		model  Model
		bend   func(*protocol.TestOutput)
		code   protocol.Code
		blocks protocol.ArmBlocks
		fault  string
	}{
		{"clinician", R1, func(m *protocol.TestOutput) { m.Role, m.NotAfter = protocol.RoleClinician, 0 }, protocol.CodeRole, 0, ""},
		{"nobody", R1, func(m *protocol.TestOutput) { m.Role = protocol.RoleNone }, protocol.CodeRole, 0, ""},
		{"late", R1, func(m *protocol.TestOutput) { m.NotAfter, m.Quantity = 1, 7 }, protocol.CodeLate, 0, ""},
		{"too early", R1, func(m *protocol.TestOutput) { m.NotAfter = m.NotAfter.Add(time.Second); m.Duration = 0 }, protocol.CodeTooEarly, 0, ""},
		{"impedance", R1, func(m *protocol.TestOutput) { m.Quantity = protocol.QuantityImpedance }, protocol.CodeRange, 0, ""},
		{"power of a needling pen", N1, func(m *protocol.TestOutput) { m.Quantity, m.Load = power, 200 }, protocol.CodeRange, 0, ""},
		{"no time", R1, func(m *protocol.TestOutput) { m.Duration = 0 }, protocol.CodeRange, 0, ""},
		{"too long", R1, func(m *protocol.TestOutput) { m.Duration, m.Value = 2001, 9999 }, protocol.CodeRange, 0, ""},
		{"load for a depth", R1, func(m *protocol.TestOutput) { m.Load, m.Value = 200, 9999 }, protocol.CodeRange, 0, ""},
		{"below", R1, func(m *protocol.TestOutput) { m.Value = 499 }, protocol.CodeBelowPen, 0, ""},
		{"above", R1, func(m *protocol.TestOutput) { m.Value = 3501 }, protocol.CodeAbovePen, 0, ""},
		{"above, raw", N1, func(m *protocol.TestOutput) { m.Quantity, m.Value, m.Raw = speed, 9001, true }, protocol.CodeAbovePen, 0, ""},
		{"negative power", R1, func(m *protocol.TestOutput) { m.Quantity, m.Value = power, -1 }, protocol.CodeBelowPen, 0, ""},
		{"no load", R1, func(m *protocol.TestOutput) { m.Quantity, m.Value = power, 1000 }, protocol.CodeLoad, 0, ""},
		{"load below the window", R1, func(m *protocol.TestOutput) { m.Quantity, m.Value, m.Load = power, 1000, 49 }, protocol.CodeLoad, 0, ""},
		{"load above the window", R1, func(m *protocol.TestOutput) { m.Quantity, m.Value, m.Load = power, 1000, 801 }, protocol.CodeLoad, 0, ""},
		{"trigger held", R1, func(*protocol.TestOutput) {}, protocol.CodeBlocked, protocol.BlockTriggerHeld, SwitchStuckTrigger},
		{"battery", R1, func(*protocol.TestOutput) {}, protocol.CodeBlocked, protocol.BlockBattery, SwitchBatteryLow},
		{"off the step", R1, func(m *protocol.TestOutput) { m.Value = 1234 }, protocol.CodeOK, 0, ""},
		{"service engineer", N1, func(m *protocol.TestOutput) { m.Role, m.Quantity, m.Value = protocol.RoleServiceEngineer, speed, 3001 }, protocol.CodeOK, 0, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, c, meter := testBench(t, tc.model, 72)
				if tc.fault != "" {
					b.do(b.hand.Fault(tc.fault, true))
					b.sleep(20 * time.Millisecond)
				}
				m := c.testOf(depth, 1000, time.Second)
				tc.bend(m)
				r, ok := c.ask(m).(*protocol.Result)
				if !ok || r.Code != tc.code || r.ArmBlocks != tc.blocks {
					t.Fatalf("got %+v, want %v %v", r, tc.code, tc.blocks.Names())
				}
				if armed := c.status().ArmID != 0; armed != (tc.code == protocol.CodeOK) {
					t.Errorf("arm id %x", c.status().ArmID)
				}
				if tc.code == protocol.CodeOK {
					return
				}
				c.lease(armID)
				b.do(b.hand.Trigger(false))
				b.do(b.hand.Trigger(true))
				b.sleep(300 * time.Millisecond)
				if meter.began != 0 {
					t.Error("an output all the same")
				}
				if r := c.testReport(); r.CommandID != 0 {
					t.Errorf("a report of nothing: %+v", r)
				}
			})
		})
	}
}

// The states that refuse an output, and those things that a permitted one keeps
// from happening.
func TestServiceOutputStates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 73})
		c := b.console()
		b.sleep(150 * time.Millisecond)
		c.hello(1)
		m := c.testOf(protocol.QuantityDepth, 1000, time.Second)
		m.CommandID = 900
		c.must(m, protocol.CodeState)
		c.enterService()
		c.permit(c.testOf(protocol.QuantityDepth, 1000, time.Second))
		again := c.testOf(protocol.QuantityDepth, 1000, time.Second)
		again.CommandID = 901
		c.must(again, protocol.CodeState)
		c.must(&protocol.SelfTest{CommandID: 902, Role: protocol.RoleTechnician}, protocol.CodeState)
		c.must(&protocol.CalRestore{CommandID: 903, Role: protocol.RoleTechnician}, protocol.CodeState)
		for _, m := range []protocol.Message{&protocol.CalRead{}, &protocol.CalWrite{Role: protocol.RoleTechnician}} {
			if r, ok := c.ask(m).(*protocol.Rejected); !ok || r.Code != protocol.CodeState {
				t.Errorf("%v got %+v", m.Type(), r)
			}
		}
		if r := c.ask(&protocol.DescriptorRead{Max: 224}).(*protocol.DescriptorChunk); len(r.Data)+chunkHead > protocol.BulkArmedBytes {
			t.Errorf("%d bytes in a bulk answer", len(r.Data))
		}
		// The same command again is answered from the ledger and permits nothing.
		b.do(b.hand.Trigger(true))
		b.sleep(1300 * time.Millisecond)
		b.do(b.hand.Trigger(false))
		c.must(c.testOf(protocol.QuantityDepth, 1000, time.Second), protocol.CodeBurnt)
		if s := c.status(); s.ArmID != 0 {
			t.Errorf("permitted twice: %+v", s)
		}
	})
}

// Every end of an output: RF is off and the needle back within their times, the
// report and the event say why, and the pen is where it should be.
func TestServiceOutputEnds(t *testing.T) {
	type end struct {
		name   string
		do     func(b *bench, c *console)
		result protocol.PulseResult
		state  protocol.State
		rf     time.Duration // RF off, after do; the needle has the descriptor's time more
	}
	fault := func(name string) func(*bench, *console) {
		return func(b *bench, c *console) { b.do(b.hand.Fault(name, true)) }
	}
	const now = 10 * time.Millisecond
	both := []end{
		{"released", func(b *bench, c *console) { b.do(b.hand.Trigger(false)) }, protocol.PulseReleased, protocol.StateService, now},
		{"lease", func(b *bench, c *console) { c.stopLeasing() }, protocol.PulseLease, protocol.StateService, protocol.LeaseRF},
		{"estop", func(b *bench, c *console) { c.put(&protocol.Stop{Nonce: 9}) }, protocol.PulseStopped, protocol.StateStopped, now},
		{"disarm", func(b *bench, c *console) { c.put(&protocol.Disarm{ArmID: armID}) }, protocol.PulseDisarmed, protocol.StateService, now},
		{"disarm whatever", func(b *bench, c *console) { c.put(&protocol.Disarm{}) }, protocol.PulseDisarmed, protocol.StateService, now},
		{"leave", func(b *bench, c *console) { c.put(&protocol.Service{Role: protocol.RoleTechnician}) }, protocol.PulseDisarmed, protocol.StateStandby, now},
		{"hello", func(b *bench, c *console) { c.stopLeasing(); c.hello(2) }, protocol.PulseDisarmed, protocol.StateStandby, now},
		{"cable", func(b *bench, c *console) { c.stopLeasing(); c.conn.Close() }, protocol.PulseLease, protocol.StateService, protocol.LeaseRF},
		{"hot", fault(SwitchOverTemperature), protocol.PulseFault, protocol.StateFault, now},
	}
	for _, tc := range []struct {
		quantity protocol.Quantity
		model    Model
		value    int32
		ends     []end
	}{
		{protocol.QuantityPower, R1, 20_000, append([]end{
			{"load taken off", func(b *bench, c *console) { b.do(b.hand.LoadOhm(0)) }, protocol.PulseLoad, protocol.StateService, now},
			{"load too large", func(b *bench, c *console) { b.do(b.hand.LoadOhm(225)) }, protocol.PulseLoad, protocol.StateService, now},
			{"load too small", func(b *bench, c *console) { b.do(b.hand.LoadOhm(175)) }, protocol.PulseLoad, protocol.StateService, now},
			{"tip", func(b *bench, c *console) { b.do(b.hand.RemoveTip()) }, protocol.PulseFault, protocol.StateService, now},
			{"amplifier", fault(SwitchAmplifierHigh), protocol.PulseFault, protocol.StateFault, 2 * time.Second},
		}, both...)},
		{protocol.QuantityDepth, R1, 3000, append([]end{
			{"too deep", fault(SwitchDepthOverrun), protocol.PulseFault, protocol.StateFault, now},
		}, both...)},
		{protocol.QuantityDepth, N1, 2000, both},
		{protocol.QuantitySpeed, N1, 9000, append([]end{
			{"stall", fault(SwitchMotorStall), protocol.PulseFault, protocol.StateFault, time.Second},
		}, both...)},
		{protocol.QuantitySpeed, R1, 60, both},
	} {
		for _, e := range tc.ends {
			t.Run(fmt.Sprint(tc.model, tc.quantity, e.name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b, c, meter := testBench(t, tc.model, 74)
					b.do(b.hand.LoadOhm(200))
					c.permit(c.testOf(tc.quantity, tc.value, 2*time.Second))
					b.do(b.hand.Trigger(true))
					b.sleep(105 * time.Millisecond)
					if meter.began == 0 {
						t.Fatal("no output")
					}
					at := time.Since(b.start)
					e.do(b, c)
					b.sleep(2500 * time.Millisecond)
					if off := meter.last(true); off > at+e.rf {
						t.Errorf("RF until %v after", off-at)
					}
					if back := meter.last(false); back > at+e.rf+time.Duration(b.pen.fw.model.desc.StopToRetracted)*time.Millisecond && e.name != "stall" {
						t.Errorf("needle out or moving until %v after", back-at)
					}
					fw := b.pen.fw
					if r := fw.lastOutput; r.Result != e.result || r.CommandID != armID {
						t.Errorf("report %+v, want %v", r, e.result)
					}
					if fw.state != e.state || fw.arm.id != 0 || fw.output != nil {
						t.Errorf("%v with arm id %x", fw.state, fw.arm.id)
					}
				})
			})
		}
	}
}

// RF does not begin where something else than the declared load is on, or
// nothing is: it is sensed before.
func TestNoRFIntoAnotherLoad(t *testing.T) {
	for _, ohm := range []protocol.Ohms{0, 50, 175, 225, 800} {
		synctest.Test(t, func(t *testing.T) {
			b, c, meter := testBench(t, R1, 75)
			b.do(b.hand.LoadOhm(ohm))
			b.do(b.hand.Contact(true))
			c.permit(c.testOf(protocol.QuantityPower, 50_000, time.Second))
			b.do(b.hand.Trigger(true))
			b.sleep(300 * time.Millisecond)
			if meter.began != 0 {
				t.Errorf("%d ohm: %+v", ohm, meter.seen)
			}
			if r := c.testReport(); r.Result != protocol.PulseLoad || r.Duration != 0 || r.Energy != 0 {
				t.Errorf("%d ohm: %+v", ohm, r)
			}
			if e := c.event(protocol.EventTestOutput); e == nil || e.Args[1] != int32(protocol.PulseLoad) || e.Level != protocol.LevelWarning {
				t.Errorf("%d ohm: event %+v", ohm, e)
			}
		})
	}
}

// A permission that is not used ends: without a lease after 250 ms, without the
// trigger after a minute.
func TestServiceOutputUnused(t *testing.T) {
	for _, leased := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			b, c, meter := testBench(t, N1, 76)
			c.must(c.testOf(protocol.QuantitySpeed, 5000, time.Second), protocol.CodeOK)
			result, wait, event := protocol.PulseLease, protocol.LeaseRF, protocol.EventLeaseExpired
			if leased {
				c.keepLeasing(armID)
				result, wait, event = protocol.PulseDisarmed, protocol.IdleStandby, protocol.EventIdle
			}
			b.sleep(wait - 20*time.Millisecond)
			if s := c.status(); s.ArmID != armID {
				t.Errorf("leased %v: over too early: %+v", leased, s)
			}
			b.sleep(60 * time.Millisecond)
			if s := c.status(); s.ArmID != 0 || s.State != protocol.StateService || c.event(event) == nil {
				t.Errorf("leased %v: %+v", leased, s)
			}
			if r := c.testReport(); r.Result != result || r.Duration != 0 {
				t.Errorf("leased %v: %+v", leased, r)
			}
			b.do(b.hand.Trigger(true))
			b.sleep(300 * time.Millisecond)
			if meter.began != 0 {
				t.Errorf("leased %v: an output without permission", leased)
			}
		})
	}
}

// A trigger that is pulled before the first lease waits for it, and gives
// nothing until then.
func TestServiceOutputWaitsForLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c, meter := testBench(t, R1, 77)
		c.must(c.testOf(protocol.QuantityDepth, 1000, 300*time.Millisecond), protocol.CodeOK)
		b.do(b.hand.Trigger(true))
		b.sleep(150 * time.Millisecond)
		if meter.began != 0 {
			t.Fatal("an output without a lease")
		}
		c.keepLeasing(armID)
		b.sleep(600 * time.Millisecond)
		if r := c.testReport(); meter.began == 0 || r.Result != protocol.PulseComplete || abs(int64(r.Mean)-1000) > 30 {
			t.Errorf("%+v", r)
		}
	})
}

// After a treatment with narrow limits the needle of an output may go where the
// output says: the guard knows whose bound counts, until the needle is back.
func TestServiceOutputBeyondAnEnvelope(t *testing.T) {
	for _, raw := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, Config{Model: R1, Seed: 78})
			c := b.console()
			b.sleep(150 * time.Millisecond)
			c.hello(1)
			e := rfEnvelope()
			e.Ranges[iDepth].Max = 1500
			c.set(e, 1, rfSettings(100))
			c.enterService()
			m := c.testOf(protocol.QuantityDepth, 3500, 500*time.Millisecond)
			m.Raw = raw
			c.permit(m)
			b.do(b.hand.Trigger(true))
			b.sleep(time.Second)
			if r := c.testReport(); r.Result != protocol.PulseComplete || c.status().Fault != protocol.FaultNone {
				t.Errorf("raw %v: %+v, fault %v", raw, r, c.status().Fault)
			}
		})
	}
}

// A reset forgets an output: nothing is permitted, and there is no report.
func TestServiceOutputReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c, meter := testBench(t, R1, 79)
		c.permit(c.testOf(protocol.QuantityDepth, 1000, 2*time.Second))
		b.do(b.hand.Trigger(true))
		b.sleep(200 * time.Millisecond)
		b.do(b.hand.Fault(SwitchReboot, true))
		c.stopLeasing()
		b.sleep(time.Second)
		last := meter.last(false)
		c.hello(2)
		if r := c.testReport(); *r != (protocol.TestReport{}) {
			t.Errorf("report %+v", r)
		}
		if s := c.status(); s.State != protocol.StateStandby || s.ArmID != 0 {
			t.Errorf("%+v", s)
		}
		b.sleep(500 * time.Millisecond)
		if meter.last(false) != last {
			t.Error("an output after a reset")
		}
	})
}
