package sim

import (
	"testing"
	"time"

	"stipple/protocol"
)

func plantExpectations() []expectation {
	// treating breaks the pen while it treats, and wants the outputs off within
	// d, state and fault, an alarm, and the pulse closed as FAULT.
	treating := func(fault string, d time.Duration, state protocol.State, f protocol.Fault, a Alarm) func(*testing.T, *bench) {
		return func(t *testing.T, b *bench) {
			c := b.treating(b.pen.fw.modelName())
			mark, at := b.breakAt(fault)
			b.sleep(time.Second)
			b.offWithin(mark, at, d)
			c.wants(state, f)
			c.endedAs(protocol.PulseFault)
			if a != 0 && !c.alarmed(a) {
				t.Errorf("no alarm %d", a)
			}
		}
	}
	return []expectation{
		{SwitchMotorStall, "a needling drive that stands is FAULT, and its needle stays where it is", N1, func(t *testing.T, b *bench) {
			c := b.treating(N1)
			b.breakAt(SwitchMotorStall)
			b.sleep(time.Second)
			c.wants(protocol.StateFault, protocol.FaultMotorStall)
			if last := b.last(); last.RF || !c.alarmed(AlarmMotorStall) {
				t.Errorf("%+v", last)
			}
		}},
		{SwitchMotorStall, "a needle that can't go in gets no RF, an alarm and STANDBY", R1, func(t *testing.T, b *bench) {
			c := b.ready(rfEnvelope(), rfSettings(100))
			b.breakAt(SwitchMotorStall)
			b.do(b.hand.Contact(true))
			b.do(b.hand.Trigger(true))
			b.sleep(400 * time.Millisecond)
			c.wants(protocol.StateStandby, protocol.FaultNone)
			if !c.alarmed(AlarmMotorStall) || b.energy(0) != 0 {
				t.Errorf("%d uJ", b.energy(0))
			}
		}},
		{SwitchOpenPin, "RF ends at once, with an alarm and STANDBY", R1,
			treating(SwitchOpenPin, 5*time.Millisecond, protocol.StateStandby, protocol.FaultNone, AlarmOpenPin)},
		{SwitchImpedanceSpike, "RF ends at once, with an alarm and STANDBY", R1,
			treating(SwitchImpedanceSpike, 5*time.Millisecond, protocol.StateStandby, protocol.FaultNone, AlarmImpedance)},
		{SwitchAmplifierHigh, "a pulse is cut off at 120 % of its energy, with FAULT", R1, func(t *testing.T, b *bench) {
			c := b.ready(rfEnvelope(), rfSettings(100))
			b.do(b.hand.Fault(SwitchAmplifierHigh, true))
			b.do(b.hand.Contact(true))
			b.do(b.hand.Trigger(true))
			b.sleep(300 * time.Millisecond)
			c.wants(protocol.StateFault, protocol.FaultEnergy)
			c.endedAs(protocol.PulseFault)
			if got := b.energy(0); !c.alarmed(AlarmEnergyOver) || got < 350_000 || got > 365_000 {
				t.Errorf("%d uJ of 300,000", got)
			}
		}},
		{SwitchAmplifierLow, "each pulse is recorded with its true power and an alarm, and three in a row end in STANDBY", R1, func(t *testing.T, b *bench) {
			c := b.ready(rfEnvelope(), quick())
			b.do(b.hand.Fault(SwitchAmplifierLow, true))
			for range 2 * pulsesToStandby {
				b.lift()
				b.do(b.hand.Trigger(true))
				b.sleep(300 * time.Millisecond)
				b.do(b.hand.Trigger(false))
				b.sleep(100 * time.Millisecond)
			}
			c.wants(protocol.StateStandby, protocol.FaultNone)
			p := c.endedAs(protocol.PulseComplete)
			if n := c.alarms(AlarmPower); n != pulsesToStandby || p.Power < 2000 || p.Power > 2200 {
				t.Errorf("%d alarms, power %d", n, p.Power)
			}
		}},
		{SwitchRFLeak, "RF that nobody commanded is FAULT, and the supply of the amplifier opens", R1, func(t *testing.T, b *bench) {
			c := b.ready(rfEnvelope(), rfSettings(100))
			b.do(b.hand.LoadOhm(200))
			mark, _ := b.breakAt(SwitchRFLeak)
			b.sleep(100 * time.Millisecond)
			on := b.find(mark, "RF", func(c Change) bool { return c.RF })
			b.offWithin(b.mark()-1, on.At, 10*time.Millisecond)
			c.wants(protocol.StateFault, protocol.FaultRFUnpermitted)
			if !c.alarmed(AlarmRFUnpermitted) || c.event(protocol.EventFault) == nil {
				t.Error("no alarm")
			}
		}},
		{SwitchDepthOverrun, "a needle beyond the envelope is FAULT before any RF", R1, func(t *testing.T, b *bench) {
			e := rfEnvelope()
			e.Ranges[iDepth].Max = 1600
			c := b.ready(e, rfSettings(100))
			b.do(b.hand.Fault(SwitchDepthOverrun, true))
			b.do(b.hand.Contact(true))
			b.do(b.hand.Trigger(true))
			b.sleep(300 * time.Millisecond)
			c.wants(protocol.StateFault, protocol.FaultDepth)
			if last := b.last(); last.Motion || b.energy(0) != 0 {
				t.Errorf("%d uJ, %+v", b.energy(0), last)
			}
		}},
		{SwitchBatteryLow, "what is armed goes on, an alarm is raised once, and the next ARM is refused", R1, func(t *testing.T, b *bench) {
			c := b.treating(R1)
			b.breakAt(SwitchBatteryLow)
			b.sleep(200 * time.Millisecond)
			c.wants(protocol.StateTreating, protocol.FaultNone)
			if s := c.status(); s.Battery != 4 || c.alarms(AlarmBatteryLow) != 1 {
				t.Errorf("battery %d, %d alarms", s.Battery, c.alarms(AlarmBatteryLow))
			}
			b.do(b.hand.Trigger(false))
			c.stopLeasing()
			b.sleep(500 * time.Millisecond)
			if r := c.result(c.command(9, c.status().SettingsHash)); r.Code != protocol.CodeBlocked || r.ArmBlocks&protocol.BlockBattery == 0 {
				t.Errorf("ARM: %+v", r)
			}
		}},
		{SwitchTipRemoved, "RF ends at once with STANDBY and tip id 0, and off brings the same tip back", R1, func(t *testing.T, b *bench) {
			c := b.treating(R1)
			id := c.status().TipID
			mark, at := b.breakAt(SwitchTipRemoved)
			b.sleep(300 * time.Millisecond)
			b.offWithin(mark, at, 5*time.Millisecond)
			c.wants(protocol.StateStandby, protocol.FaultNone)
			if s := c.status(); s.TipID != 0 || s.ArmBlocks&protocol.BlockTipMissing == 0 {
				t.Errorf("tip %d, blocks %v", s.TipID, s.ArmBlocks.Names())
			}
			b.do(b.hand.Fault(SwitchTipRemoved, false))
			b.sleep(100 * time.Millisecond)
			if e := c.event(protocol.EventTipChanged); c.status().TipID != id || e == nil || e.Args[0] != int32(id) {
				t.Errorf("tip %d, was %d, %+v", c.status().TipID, id, e)
			}
		}},
		{SwitchReboot, "outputs end, the session is gone, and the pen is in STANDBY under another boot id", R1, func(t *testing.T, b *bench) {
			c := b.treating(R1)
			c.stopLeasing()
			mark, at := b.breakAt(SwitchReboot)
			b.sleep(darkTime + selfTestTime + 100*time.Millisecond)
			b.offWithin(mark, at, 3*time.Millisecond)
			c.forget()
			b.sleep(200 * time.Millisecond)
			if n := len(all[protocol.Status](c)); n != 0 {
				t.Errorf("%d STATUS of a session that is gone", n)
			}
			if ack := c.hello(2); ack.Boot != 2 {
				t.Errorf("boot %d", ack.Boot)
			}
			c.wants(protocol.StateStandby, protocol.FaultNone)
		}},
		{SwitchBrownOut, "the pen is dark for as long as it is on, outputs off, and boots when it is off", R1, func(t *testing.T, b *bench) {
			c := b.treating(R1)
			c.stopLeasing()
			mark, at := b.breakAt(SwitchBrownOut)
			b.sleep(time.Minute)
			b.offWithin(mark, at, 3*time.Millisecond)
			c.forget()
			if m := c.ask(&protocol.Hello{MajorMin: 1, MajorMax: 1, Nonce: 5}); m != nil {
				t.Errorf("a dark pen said %#v", m)
			}
			b.do(b.hand.Fault(SwitchBrownOut, false))
			b.sleep(selfTestTime + 200*time.Millisecond)
			if ack := c.hello(2); ack.Boot != 2 {
				t.Errorf("boot %d", ack.Boot)
			}
			c.wants(protocol.StateStandby, protocol.FaultNone)
			if last := b.last(); last.Motion || last.RF {
				t.Errorf("%+v", last)
			}
		}},
		{SwitchTornWrite, "the write that opens a pulse is torn: no energy, and a boot", R1, func(t *testing.T, b *bench) {
			c := b.ready(rfEnvelope(), rfSettings(100))
			c.stopLeasing()
			c.lease(armID)
			b.sleep(5 * time.Millisecond)
			b.breakAt(SwitchTornWrite)
			s, err := b.hand.State()
			if err != nil || len(s.Faults) != 1 || s.Faults[0] != SwitchTornWrite {
				t.Errorf("faults %v, %v", s.Faults, err)
			}
			b.do(b.hand.Contact(true)) // its event is the write
			b.do(b.hand.Trigger(true))
			b.sleep(darkTime + selfTestTime + 100*time.Millisecond)
			if s, err = b.hand.State(); err != nil || len(s.Faults) != 0 {
				t.Errorf("faults %v, %v", s.Faults, err)
			}
			if ack := c.hello(2); ack.Boot != 2 || b.energy(0) != 0 {
				t.Errorf("boot %d, %d uJ", ack.Boot, b.energy(0))
			}
			c.wants(protocol.StateStandby, protocol.FaultNone)
		}},
	}
}
