package sim

import (
	"testing"
	"testing/synctest"
	"time"

	"stipple/protocol"
)

func sensorExpectations() []expectation {
	frozen := func(fault string, model Model, d time.Duration) expectation {
		return expectation{fault, "a sensor that does not live is FAULT, and outputs end", model, func(t *testing.T, b *bench) {
			c := b.treating(model)
			mark, at := b.breakAt(fault)
			b.sleep(500 * time.Millisecond)
			b.offWithin(mark, at, d)
			c.wants(protocol.StateFault, protocol.FaultSensor)
			c.endedAs(protocol.PulseFault)
			if e := c.event(protocol.EventFault); e == nil || e.Args[0] != int32(protocol.FaultSensor) || e.Level != protocol.LevelError {
				t.Errorf("event %+v", e)
			}
			b.do(b.hand.Trigger(false))
			refusal := protocol.CodeSelfTest
			if fault == SwitchPowerFrozen {
				refusal = protocol.CodeState // RF still measures
			}
			if r := c.result(&protocol.Clear{CommandID: 2, Fault: protocol.FaultSensor, Role: protocol.RoleClinician}); r.Code != refusal {
				t.Errorf("CLEAR with the cause still there: %v", r.Code)
			}
			b.do(b.hand.Fault(fault, false))
			b.sleep(5 * time.Millisecond)
			if r := c.result(&protocol.Clear{CommandID: 3, Fault: protocol.FaultSensor, Role: protocol.RoleClinician}); r.Code != protocol.CodeOK {
				t.Errorf("CLEAR: %v", r.Code)
			}
			b.sleep(300 * time.Millisecond)
			c.wants(protocol.StateStandby, protocol.FaultNone)
		}}
	}
	const sensed = 5 * time.Millisecond // 20 readings, and the amplifier's decay
	return []expectation{
		frozen(SwitchDepthFrozen, R1, sensed),
		frozen(SwitchDepthFrozen, N1, 250*time.Millisecond),
		frozen(SwitchPowerFrozen, R1, sensed),
		frozen(SwitchImpedanceFrozen, R1, sensed),
		frozen(SwitchTemperatureFrozen, R1, sensed),
		frozen(SwitchTemperatureFrozen, N1, 250*time.Millisecond),
		{SwitchStuckTrigger, "a pull does not end with the hand's, DISARM ends it, and the next ARM is refused", R1, func(t *testing.T, b *bench) {
			c := b.treating(R1)
			b.breakAt(SwitchStuckTrigger)
			b.do(b.hand.Trigger(false))
			b.sleep(100 * time.Millisecond)
			c.wants(protocol.StateTreating, protocol.FaultNone)
			mark, at := b.mark(), time.Since(b.start)
			c.put(&protocol.Disarm{})
			b.sleep(300 * time.Millisecond)
			b.offWithin(mark, at, 3*time.Millisecond)
			if r := c.result(c.command(9, c.status().SettingsHash)); r.Code != protocol.CodeBlocked || r.ArmBlocks&protocol.BlockTriggerHeld == 0 {
				t.Errorf("ARM: %+v", r)
			}
		}},
		{SwitchWarmTip, "a tip that reads too warm ends nothing, and the next ARM is refused until it does not", R1, func(t *testing.T, b *bench) {
			c := b.treating(R1)
			b.breakAt(SwitchWarmTip)
			b.sleep(100 * time.Millisecond)
			c.wants(protocol.StateTreating, protocol.FaultNone)
			c.put(&protocol.Disarm{})
			b.do(b.hand.Trigger(false))
			b.sleep(300 * time.Millisecond)
			if r := c.result(c.command(9, c.status().SettingsHash)); r.Code != protocol.CodeBlocked || r.ArmBlocks != protocol.BlockTemperature {
				t.Errorf("ARM: %+v", r)
			}
			b.do(b.hand.Fault(SwitchWarmTip, false))
			b.sleep(100 * time.Millisecond)
			if r := c.result(c.command(10, c.status().SettingsHash)); r.Code != protocol.CodeOK {
				t.Errorf("ARM of a tip that has cooled down: %+v", r)
			}
		}},
		{SwitchOverTemperature, "a tip that reads too hot is FAULT, and outputs end", R1, func(t *testing.T, b *bench) {
			c := b.treating(R1)
			mark, at := b.breakAt(SwitchOverTemperature)
			b.sleep(300 * time.Millisecond)
			b.offWithin(mark, at, sensed)
			c.wants(protocol.StateFault, protocol.FaultOverTemperature)
			if !c.alarmed(AlarmOverTemperature) || c.status().Temp < 8500 {
				t.Errorf("temp %d", c.status().Temp)
			}
		}},
		{SwitchClockJump, "the lease is over at once, and STATUS is 10 s ahead", R1, func(t *testing.T, b *bench) {
			c := b.treating(R1)
			before := c.status().Clock
			mark, at := b.breakAt(SwitchClockJump)
			b.sleep(60 * time.Millisecond)
			b.offWithin(mark, at, 3*time.Millisecond)
			c.wants(protocol.StateStandby, protocol.FaultNone)
			if got := c.status().Clock.Sub(before); got < clockJump || got > clockJump+200*time.Millisecond {
				t.Errorf("the clock moved by %v", got)
			}
			if c.event(protocol.EventLeaseExpired) == nil {
				t.Error("no event")
			}
		}},
		{SwitchClockBack, "STATUS goes back to 0, and no lease makes up for it: outputs end within 250 ms", R1, func(t *testing.T, b *bench) {
			c := b.treating(R1)
			mark, at := b.breakAt(SwitchClockBack)
			b.sleep(260 * time.Millisecond)
			b.offWithin(mark, at, protocol.LeaseRF)
			c.wants(protocol.StateStandby, protocol.FaultNone)
			if s := c.status(); s.Clock > 300_000 || s.LeaseLeft != 0 || c.event(protocol.EventLeaseExpired) == nil {
				t.Errorf("clock %d, lease left %d", s.Clock, s.LeaseLeft)
			}
		}},
	}
}

// RF that can't be measured is never confirmed as off, though it is: the
// console must not believe what the pen can't know.
func TestStopWithFrozenPowerSensor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 72})
		c := b.treating(R1)
		b.do(b.hand.Fault(SwitchPowerFrozen, true))
		c.put(&protocol.Stop{Nonce: 8})
		b.sleep(time.Second)
		if list := all[protocol.Stopped](c); len(list) != 0 || b.last().RF {
			t.Errorf("STOPPED %+v, %+v", list, b.last())
		}
		b.do(b.hand.Fault(SwitchPowerFrozen, false))
		b.sleep(10 * time.Millisecond)
		if list := all[protocol.Stopped](c); len(list) != 1 || !list[0].NeedleBack {
			t.Errorf("afterwards STOPPED %+v", list)
		}
	})
}

// Living sensors never look frozen: hours at rest, and minutes of treatment in
// which power and impedance are measured, without a fault.
func TestLivingSensors(t *testing.T) {
	for _, tc := range []struct {
		script string
		d      time.Duration
	}{
		{"", 2 * time.Hour},
		{"every 1500ms from 500ms for 1200ms contact\nevery 1500ms from 600ms for 900ms trigger\n", 3 * time.Minute},
	} {
		for _, model := range []Model{N1, R1} {
			r := newRig(t, model, 5, tc.script)
			r.pen.observe, r.pen.probe, r.idle = func(Change) {}, nil, tc.script == ""
			r.pen.fw.plant.cable = true
			r.run(tc.d, time.Second)
			if len(r.faults) != 0 || r.pen.fw.fault != protocol.FaultNone {
				t.Errorf("%s: %v, %v", model, r.faults, r.pen.fw.fault)
			}
			if n := r.pen.fw.nv.counters.pulse; !r.idle && n < 100 {
				t.Errorf("%s: %d pulses", model, n)
			}
		}
	}
}

// A sensor that froze while there was nothing to measure is found as soon as
// physics can tell, and until then nothing comes of it.
func TestFrozenAtRest(t *testing.T) {
	for _, tc := range []struct {
		fault  string
		atRest protocol.Fault // found without any output
		alarm  Alarm          // of the stamp after it
		fires  protocol.Fault // found in the stamp
		most   protocol.Microjoules
	}{
		{SwitchDepthFrozen, protocol.FaultSensor, 0, 0, 0},
		{SwitchTemperatureFrozen, protocol.FaultSensor, 0, 0, 0},
		// It says that the circuit is open, as it was: no RF.
		{SwitchImpedanceFrozen, protocol.FaultNone, AlarmImpedance, 0, 0},
		// It says that none flows, and none did: 3 W for the 2 ms until it shows.
		{SwitchPowerFrozen, protocol.FaultNone, 0, protocol.FaultSensor, 9000},
	} {
		t.Run(tc.fault, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, Config{Model: R1, Seed: 73})
				c := b.ready(rfEnvelope(), rfSettings(1000))
				b.do(b.hand.Fault(tc.fault, true))
				b.sleep(stillLimit*time.Millisecond + 60*time.Millisecond)
				if s := c.status(); s.Fault != tc.atRest {
					t.Fatalf("at rest %v", s.Fault)
				}
				if tc.atRest != protocol.FaultNone {
					return
				}
				b.do(b.hand.Contact(true))
				b.do(b.hand.Trigger(true))
				b.sleep(300 * time.Millisecond)
				if s := c.status(); s.Fault != tc.fires || s.State.Armed() || tc.alarm != 0 && !c.alarmed(tc.alarm) {
					t.Errorf("%v %v", s.State, s.Fault)
				}
				if e := b.energy(0); e > tc.most || tc.most > 0 && e == 0 {
					t.Errorf("%d uJ, at most %d", e, tc.most)
				}
			})
		})
	}
}

// A power sensor that froze at next to nothing still gets its pulse closed: the
// open supply says that no more can come.
func TestPowerFrozenLow(t *testing.T) {
	r := newRig(t, R1, 6, "at 200ms contact on\nat 300ms trigger down\n")
	fw := r.pen.fw
	for fw.plant.power == 0 && r.pen.steps < inSteps(time.Second) {
		r.run(time.Millisecond, time.Millisecond)
	}
	fw.breakSensor(faultPowerFrozen, true)
	fw.sensors.held[sensePower] = int64(rfOff) * uwPerMW / 2
	if fw.run.pulse == nil {
		t.Fatal("no pulse")
	}
	r.run(20*time.Millisecond, time.Millisecond)
	p, ok, err := fw.nv.pulse(fw.nv.counters.pulse)
	if err != nil || !ok || p.Result != protocol.PulseFault || fw.run.pulse != nil || fw.plant.power != 0 || fw.plant.supply {
		t.Errorf("%+v, %v; open %v, supply %v", p, err, fw.run.pulse != nil, fw.plant.supply)
	}
}
