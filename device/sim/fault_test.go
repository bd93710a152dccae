package sim

import (
	"testing"
	"testing/synctest"
	"time"

	"stipple/protocol"
)

// An amplifier that gives 30 % too much is cut off at the dose where the
// settings are on its bound, and otherwise at 120 % of what was commanded,
// with FAULT.
func TestAmplifierTooHigh(t *testing.T) {
	for _, tc := range []struct {
		dose   protocol.Microjoules
		result protocol.PulseResult
		most   protocol.Microjoules
	}{
		{20_000, protocol.PulseDose, 500_000},
		{120_000, protocol.PulseFault, 603_000},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, Config{Model: R1, Seed: 33})
			e := rfEnvelope()
			e.DosePerPin = tc.dose
			fields := rfSettings(100)
			fields[iPower].Value = 5000 // 500 mJ, 20 mJ a pin
			c := b.ready(e, fields)
			b.do(b.hand.Fault(SwitchAmplifierHigh, true))
			b.do(b.hand.Contact(true))
			mark := b.mark()
			b.do(b.hand.Trigger(true))
			b.sleep(300 * time.Millisecond)
			p := all[protocol.Pulse](c)
			if len(p) != 1 || p[0].Result != tc.result || p[0].Energy < uint32(tc.most)*99/100-5000 {
				t.Fatalf("dose %d: %+v", tc.dose, p)
			}
			if got := b.energy(mark); got > tc.most {
				t.Errorf("dose %d: %d uJ went out", tc.dose, got)
			}
			if tc.result == protocol.PulseFault {
				if s := c.status(); s.State != protocol.StateFault || s.Fault != protocol.FaultEnergy || !c.alarmed(AlarmEnergyOver) {
					t.Errorf("%v %v", s.State, s.Fault)
				}
			} else if !c.alarmed(AlarmPower) {
				t.Error("no alarm for the power")
			}
		})
	}
}

// What each fault of the handpiece leads to while treating.
func TestFaultSwitches(t *testing.T) {
	for _, tc := range []struct {
		model  Model
		name   string
		state  protocol.State
		fault  protocol.Fault
		alarm  Alarm
		result protocol.PulseResult
		within time.Duration // outputs off
	}{
		{R1, SwitchOpenPin, protocol.StateStandby, 0, AlarmOpenPin, protocol.PulseFault, 5 * time.Millisecond},
		{R1, SwitchImpedanceSpike, protocol.StateStandby, 0, AlarmImpedance, protocol.PulseFault, 5 * time.Millisecond},
		{R1, SwitchOverTemperature, protocol.StateFault, protocol.FaultOverTemperature, AlarmOverTemperature, protocol.PulseFault, 5 * time.Millisecond},
		{N1, SwitchOverTemperature, protocol.StateFault, protocol.FaultOverTemperature, AlarmOverTemperature, protocol.PulseFault, 200 * time.Millisecond},
		{R1, SwitchTipRemoved, protocol.StateStandby, 0, 0, protocol.PulseFault, 5 * time.Millisecond},
		{N1, SwitchMotorStall, protocol.StateFault, protocol.FaultMotorStall, AlarmMotorStall, protocol.PulseFault, time.Second},
		{N1, SwitchTipRemoved, protocol.StateStandby, 0, 0, protocol.PulseFault, 200 * time.Millisecond},
	} {
		t.Run(string(tc.model)+" "+tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, Config{Model: tc.model, Seed: 34})
				c := b.treating(tc.model)
				mark, at := b.mark(), time.Since(b.start)
				b.do(b.hand.Fault(tc.name, true))
				b.sleep(1500 * time.Millisecond)
				s := c.status()
				if s.State != tc.state || s.Fault != tc.fault {
					t.Errorf("%v %v", s.State, s.Fault)
				}
				if tc.alarm != 0 && !c.alarmed(tc.alarm) {
					t.Errorf("no alarm %d", tc.alarm)
				}
				if p := all[protocol.Pulse](c); len(p) != 1 || p[0].Result != tc.result {
					t.Errorf("pulses %+v", p)
				}
				off := b.find(mark, "output off", func(c Change) bool {
					if tc.model == R1 {
						return !c.RF
					}
					return !c.Motion || tc.name == SwitchMotorStall
				})
				if off.At-at > tc.within {
					t.Errorf("off after %v", off.At-at)
				}
				recovers(t, b, c, tc.name, tc.fault)
			})
		})
	}
}

// recovers: a fault is cleared only once its cause has gone.
func recovers(t *testing.T, b *bench, c *console, name string, fault protocol.Fault) {
	t.Helper()
	b.do(b.hand.Trigger(false))
	if fault != protocol.FaultNone {
		if r := c.result(&protocol.Clear{CommandID: 2, Fault: fault, Role: protocol.RoleClinician}); r.Code != protocol.CodeSelfTest {
			t.Errorf("CLEAR with the cause still there: %v", r.Code)
		}
	}
	b.do(b.hand.Fault(name, false))
	if fault != protocol.FaultNone {
		if r := c.result(&protocol.Clear{CommandID: 3, Fault: fault, Role: protocol.RoleClinician}); r.Code != protocol.CodeOK {
			t.Errorf("CLEAR: %v", r.Code)
		}
	}
	b.sleep(300 * time.Millisecond)
	if s := c.status(); s.State != protocol.StateStandby || s.Flags&protocol.FlagNeedleBack == 0 {
		t.Errorf("afterwards %v, flags %b", s.State, s.Flags)
	}
}

// An RF pen's needle that can't move is an alarm, and when it can't come back
// a fault with the motor unpowered.
func TestStampStalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 35})
		c := b.ready(rfEnvelope(), rfSettings(100))
		b.do(b.hand.Fault(SwitchMotorStall, true))
		b.do(b.hand.Contact(true))
		b.do(b.hand.Trigger(true))
		b.sleep(400 * time.Millisecond)
		if s := c.status(); s.State != protocol.StateStandby || !c.alarmed(AlarmMotorStall) {
			t.Errorf("%v", s.State)
		}
		if p := all[protocol.Pulse](c); len(p) != 0 {
			t.Errorf("pulses %+v", p)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 35})
		c := b.treating(R1)
		b.do(b.hand.Fault(SwitchMotorStall, true))
		b.do(b.hand.Trigger(false))
		b.sleep(400 * time.Millisecond)
		if s := c.status(); s.State != protocol.StateFault || s.Fault != protocol.FaultMotorStall {
			t.Errorf("with the needle stuck in the skin: %v %v", s.State, s.Fault)
		}
		recovers(t, b, c, SwitchMotorStall, protocol.FaultMotorStall)
	})
}

func TestDepthOverrun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 36})
		e := rfEnvelope()
		e.Ranges[iDepth].Max = 1600
		c := b.ready(e, rfSettings(100))
		b.do(b.hand.Fault(SwitchDepthOverrun, true))
		b.do(b.hand.Contact(true))
		b.do(b.hand.Trigger(true))
		b.sleep(300 * time.Millisecond)
		if s := c.status(); s.Fault != protocol.FaultDepth || !c.alarmed(AlarmDepthBeyond) {
			t.Errorf("%v %v", s.State, s.Fault)
		}
	})
	// Within the envelope it is a deviation: three in a row end in STANDBY, and
	// none of them fires.
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 36})
		f := rfSettings(100)
		f[iSpeed].Value = 120
		c := b.ready(rfEnvelope(), f)
		b.do(b.hand.Fault(SwitchDepthOverrun, true))
		b.do(b.hand.Contact(true))
		b.do(b.hand.Trigger(true))
		b.sleep(3 * time.Second)
		n := 0
		for _, e := range all[protocol.Event](c) {
			if e.Code == protocol.EventAlarm && e.Args[0] == int32(AlarmDepth) {
				n++
			}
		}
		if s := c.status(); n != pulsesToStandby || s.State != protocol.StateStandby {
			t.Errorf("%d alarms, %v", n, s.State)
		}
		for _, ch := range b.since(0) {
			if ch.RF {
				t.Errorf("RF at the wrong depth: %+v", ch)
			}
		}
	})
}

// RF that nobody commanded opens the amplifier's supply and latches.
func TestRFLeak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 37})
		f := rfSettings(1000)
		f[iPower].Value = 0 // the needle stays in, and no RF is wanted
		c := b.ready(rfEnvelope(), f)
		b.do(b.hand.Contact(true))
		b.do(b.hand.Trigger(true))
		b.sleep(200 * time.Millisecond)
		mark := b.mark()
		b.do(b.hand.Fault(SwitchRFLeak, true))
		b.sleep(300 * time.Millisecond)
		on := b.find(mark, "RF", func(c Change) bool { return c.RF })
		off := b.find(mark, "RF off again", func(c Change) bool { return c.At > on.At && !c.RF })
		if off.At-on.At > 10*time.Millisecond {
			t.Errorf("uncommanded RF for %v", off.At-on.At)
		}
		if s := c.status(); s.Fault != protocol.FaultRFUnpermitted || !c.alarmed(AlarmRFUnpermitted) {
			t.Errorf("%v %v", s.State, s.Fault)
		}
		recovers(t, b, c, SwitchRFLeak, protocol.FaultRFUnpermitted)
	})
}

// A brown-out in a pulse leaves its record as interrupted, ends the session,
// and comes back in STANDBY with another boot id; FAULT comes back too, until
// the self-test has passed.
func TestReboot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 39})
		c := b.treating(R1)
		c.stopLeasing()
		mark := b.mark()
		b.do(b.hand.Fault(SwitchReboot, true))
		b.sleep(darkTime + selfTestTime + 300*time.Millisecond)
		if off := b.find(mark, "RF off", func(c Change) bool { return !c.RF }); off.Cause != "reboot" {
			t.Errorf("cause %q", off.Cause)
		}
		old := c.id
		if ack := c.hello(2); ack.Boot != 2 || ack.Session == old {
			t.Errorf("HELLO_ACK %+v", ack)
		}
		b.sleep(60 * time.Millisecond)
		s := c.status()
		if s.State != protocol.StateStandby || s.NewestPulse != 1 || s.Flags&protocol.FlagNeedleBack == 0 || s.Clock > 1_000_000 {
			t.Errorf("%+v", s)
		}
		page := c.ask(&protocol.PulseRead{From: 1, Max: 9}).(*protocol.PulsePage)
		if page.Oldest != 1 || page.Newest != 1 || len(page.Pulses) != 1 || page.Pulses[0].Result != protocol.PulseInterrupted || page.Pulses[0].ArmID != armID {
			t.Errorf("ledger %+v", page)
		}
		if g := c.ask(&protocol.GetSettings{}).(*protocol.SettingsReply); g.Applied {
			t.Errorf("settings survived: %+v", g)
		}
		if r := c.result(&protocol.ResultOf{CommandID: armID}); r.Outcome != protocol.OutcomeDone {
			t.Errorf("RESULT_OF the ARM: %+v", r)
		}
		// The trigger is still held and the tip has not been lifted: the pen
		// does not know what the spot has had.
		b.do(b.hand.Trigger(false))
		e := rfEnvelope()
		e.PulsesPerSpot = 3
		hash := c.set(e, 1, rfSettings(100))
		c.arm(armID+1, hash)
		c.keepLeasing(armID + 1)
		b.do(b.hand.Trigger(true))
		b.sleep(300 * time.Millisecond)
		if n := c.status().NewestPulse; n != 1 || c.status().Flags&protocol.FlagSpotBlocked == 0 {
			t.Errorf("pulse %d at a spot of before the reset", n)
		}
		b.lift()
		b.sleep(300 * time.Millisecond)
		if n := c.status().NewestPulse; n != 2 {
			t.Errorf("pulse %d after a lift", n)
		}
	})
}

func TestFaultSurvivesRebootUntilSelfTest(t *testing.T) {
	for _, gone := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			mem := NewRAM()
			b := newBench(t, Config{Model: R1, Seed: 40, Memory: mem})
			b.treating(R1).stopLeasing()
			b.do(b.hand.Fault(SwitchOverTemperature, true))
			b.sleep(50 * time.Millisecond)
			if gone {
				b.do(b.hand.Fault(SwitchOverTemperature, false))
			}
			b.do(b.hand.Fault(SwitchReboot, true))
			b.sleep(darkTime + selfTestTime/2)
			c := b.console()
			c.hello(2)
			if s := c.status(); s.State != protocol.StateFault || s.Fault != protocol.FaultOverTemperature {
				t.Errorf("before the self-test: %v %v", s.State, s.Fault)
			}
			b.sleep(selfTestTime)
			want := protocol.StateFault
			if gone {
				want = protocol.StateStandby
			}
			if s := c.status(); s.State != want {
				t.Errorf("after the self-test, cause gone %v: %v", gone, s.State)
			}
		})
	}
}
