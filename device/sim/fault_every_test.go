package sim

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stipple/protocol"
)

// expectation is what a fault must lead to.
type expectation struct {
	fault string
	that  string // in words
	model Model
	check func(*testing.T, *bench)
}

// TestEveryFault holds what each fault switch leads to, on outputs, in STATUS
// and EVENT, and in the state. A switch without an expectation fails.
func TestEveryFault(t *testing.T) {
	list := append(append(plantExpectations(), sensorExpectations()...), linkExpectations()...)
	covered := map[string]bool{}
	for _, e := range list {
		covered[e.fault] = true
		t.Run(e.fault+" "+string(e.model), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e.check(t, newBench(t, Config{Model: e.model, Seed: 71}))
				if t.Failed() {
					t.Logf("expected that %s", e.that)
				}
			})
		})
	}
	seen := map[string]bool{}
	for _, s := range Faults() {
		if !covered[s.Name] {
			t.Errorf("nothing is expected of %s", s.Name)
		}
		if seen[s.Name] || s.Does == "" || strings.Contains(s.Does, "\n") || s.Place != InPlant && s.Place != InSensor && s.Place != InLink {
			t.Errorf("%+v", s)
		}
		seen[s.Name] = true
	}
}

// breakAt turns a fault on while treating and returns the index of the first
// change after it, and when that was.
func (b *bench) breakAt(fault string) (mark int, at time.Duration) {
	b.t.Helper()
	mark, at = b.mark(), time.Since(b.start)
	b.do(b.hand.Fault(fault, true))
	return mark, at
}

// offWithin wants no RF, or on a needling pen no motion, within d of at.
func (b *bench) offWithin(mark int, at, d time.Duration) {
	b.t.Helper()
	off := b.find(mark, "output off", func(c Change) bool { return !c.RF && (b.pen.fw.isRF() || !c.Motion) })
	if off.At-at > d {
		b.t.Errorf("off after %v, want %v", off.At-at, d)
	}
}

// wants checks state and fault of STATUS.
func (c *console) wants(state protocol.State, fault protocol.Fault) {
	c.t.Helper()
	if s := c.status(); s.State != state || s.Fault != fault {
		c.t.Errorf("%v with fault %v, want %v with %v", s.State, s.Fault, state, fault)
	}
}

// endedAs wants that the newest pulse's record has the result.
func (c *console) endedAs(result protocol.PulseResult) *protocol.Pulse {
	c.t.Helper()
	list := all[protocol.Pulse](c)
	if len(list) == 0 {
		c.t.Fatal("no pulse")
	}
	p := list[len(list)-1]
	if p.Result != result {
		c.t.Errorf("pulse ended as %v, want %v", p.Result, result)
	}
	return p
}

// alarms is how often an alarm was raised.
func (c *console) alarms(a Alarm) (n int) {
	for _, e := range all[protocol.Event](c) {
		if e.Code == protocol.EventAlarm && e.Args[0] == int32(a) {
			n++
		}
	}
	return n
}

// quick are settings of two short stamps a second.
func quick() []protocol.Field {
	f := rfSettings(100)
	f[iSpeed].Value = 120
	return f
}

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

func linkExpectations() []expectation {
	descriptor := func(fault, why string) expectation {
		return expectation{fault, "the console refuses the descriptor and says why; off gives the true one at the next hello", R1, func(t *testing.T, b *bench) {
			c := b.console()
			b.do(b.hand.Fault(fault, true))
			if _, err := c.descriptor(1); !errors.Is(err, protocol.ErrDescriptor) || !strings.Contains(err.Error(), why) {
				t.Errorf("refused with %v, want %q", err, why)
			}
			b.do(b.hand.Fault(fault, false))
			if d, err := c.descriptor(2); err != nil || d.Kind != protocol.KindRF {
				t.Errorf("afterwards %v", err)
			}
		}}
	}
	return []expectation{
		{SwitchWrongEcho, "replies carry another depth, and the pen drives the true one", R1, func(t *testing.T, b *bench) {
			c := b.ready(rfEnvelope(), rfSettings(100))
			b.do(b.hand.Fault(SwitchWrongEcho, true))
			if s := c.ask(&protocol.GetSettings{}).(*protocol.SettingsReply); s.Values[iDepth] != 1600 {
				t.Errorf("SETTINGS %+v", s)
			}
			b.do(b.hand.Contact(true))
			b.do(b.hand.Trigger(true))
			b.sleep(300 * time.Millisecond)
			if p := c.endedAs(protocol.PulseComplete); p.SetDepth != 1500 || p.Depth > 1510 {
				t.Errorf("%+v", p)
			}
			c.stopLeasing()
			b.sleep(500 * time.Millisecond)
			e := rfEnvelope()
			e.Ranges[iDepth].Max = 2000
			if m := c.ask(&protocol.PutEnvelope{Envelope: e, Role: protocol.RoleClinician}).(*protocol.EnvelopeReply); m.Envelope.Ranges[iDepth].Max != 2100 {
				t.Errorf("ENVELOPE %+v", m)
			}
			b.do(b.hand.Fault(SwitchWrongEcho, false))
			if s := c.ask(&protocol.GetSettings{}).(*protocol.SettingsReply); s.Values[iDepth] != 1500 {
				t.Errorf("afterwards %+v", s)
			}
		}},
		{SwitchWrongHash, "SETTINGS and STATUS carry another hash than what an ARM must name", R1, func(t *testing.T, b *bench) {
			c := b.console()
			b.sleep(150 * time.Millisecond)
			c.hello(1)
			hash := c.set(rfEnvelope(), 1, rfSettings(100))
			b.do(b.hand.Fault(SwitchWrongHash, true))
			b.sleep(60 * time.Millisecond)
			s := c.ask(&protocol.GetSettings{}).(*protocol.SettingsReply)
			if s.Hash == hash || c.status().SettingsHash != s.Hash {
				t.Errorf("SETTINGS %x, STATUS %x, true %x", s.Hash, c.status().SettingsHash, hash)
			}
			if r := c.result(c.command(1, s.Hash)); r.Code != protocol.CodeHash {
				t.Errorf("ARM for the wrong hash: %+v", r)
			}
			c.arm(2, hash)
		}},
		{SwitchLostAck, "one reply for each on is lost, its effect is done, and a retry gets it", R1, func(t *testing.T, b *bench) {
			c := b.console()
			b.sleep(150 * time.Millisecond)
			c.hello(1)
			hash := c.set(rfEnvelope(), 1, rfSettings(100))
			b.do(b.hand.Fault(SwitchLostAck, true))
			b.do(b.hand.Fault(SwitchLostAck, true))
			arm := c.command(7, hash)
			h := c.put(arm)
			if m := c.replyTo(h); m != nil {
				t.Errorf("a reply that should be lost: %#v", m)
			}
			c.wants(protocol.StateReady, protocol.FaultNone)
			c.raw(h, arm)
			if m := c.replyTo(h); m != nil {
				t.Errorf("a second reply that should be lost: %#v", m)
			}
			c.raw(h, arm)
			if r, ok := c.replyTo(h).(*protocol.Result); !ok || r.Outcome != protocol.OutcomeDone {
				t.Errorf("the retry got %+v", r)
			}
		}},
		descriptor(SwitchDescriptorMinMax, "min 3600, max 3500"),
		descriptor(SwitchDescriptorStep, "step 0"),
		descriptor(SwitchDescriptorLong, "1 to 16384 allowed"),
		descriptor(SwitchDescriptorControl, "byte"),
		descriptor(SwitchDescriptorTwice, "depth"),
	}
}

// descriptor says hello and reads the descriptor, as far as HELLO_ACK says.
func (c *console) descriptor(nonce uint64) (*protocol.Descriptor, error) {
	c.t.Helper()
	ack := c.hello(nonce)
	var raw []byte
	for len(raw) < int(ack.DescriptorLength) {
		m, ok := c.ask(&protocol.DescriptorRead{Offset: uint16(len(raw)), Max: protocol.MaxChunk}).(*protocol.DescriptorChunk)
		if !ok || len(m.Data) == 0 {
			c.t.Fatalf("chunk at %d: %#v", len(raw), m)
		}
		raw = append(raw, m.Data...)
	}
	return protocol.ParseDescriptor(raw, ack.DescriptorSHA256)
}

// modelName is the model that the firmware is of.
func (fw *firmware) modelName() Model {
	if fw.isRF() {
		return R1
	}
	return N1
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

// Living sensors never look frozen: an hour of a pen at rest, and minutes of
// treatment, without a fault.
func TestLivingSensors(t *testing.T) {
	for _, model := range []Model{N1, R1} {
		m, err := modelOf(model)
		if err != nil {
			t.Fatal(err)
		}
		fw, err := newFirmware(m, NewRAM(), 5, nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 3600 * 1000 {
			fw.step(restSteps)
		}
		fw.sensors.still = [sensorCount]int{}
		for range inSteps(time.Minute) {
			fw.step(1)
		}
		if fw.fault != protocol.FaultNone {
			t.Errorf("%s: %v", model, fw.fault)
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
