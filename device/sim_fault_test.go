package device_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"stipple/device"
	"stipple/device/sim"
	"stipple/protocol"
)

// What a session makes of a pen that deceives it, or whose clock is broken: it
// stops the pen or goes on, but it never believes it.
func TestDeceivedByTheSimulatedPen(t *testing.T) {
	for name, check := range map[string]func(*testing.T, *simulated, *device.Session, *eventLog){
		sim.SwitchWrongEcho: func(t *testing.T, b *simulated, s *device.Session, l *eventLog) {
			tip, _ := s.Tip()
			b.must(b.hand.Fault(sim.SwitchWrongEcho, true))
			var echo *device.EchoError
			if _, err := s.Apply(context.Background(), rfEnvelope(tip.Pins), []int32{1500, 30, 2000, 100}); !errors.As(err, &echo) {
				t.Errorf("apply: %v", err)
			}
			pass(100 * time.Millisecond)
			if st := s.Live().Status.State; st != protocol.StateStopped || len(l.of(device.EventContradiction)) != 1 {
				t.Errorf("%v, %v", st, l.events)
			}
		},
		sim.SwitchWrongHash: func(t *testing.T, b *simulated, s *device.Session, l *eventLog) {
			tip, _ := s.Tip()
			b.must(b.hand.Fault(sim.SwitchWrongHash, true))
			var echo *device.EchoError
			if _, err := s.Apply(context.Background(), rfEnvelope(tip.Pins), []int32{1500, 30, 2000, 100}); !errors.As(err, &echo) {
				t.Errorf("apply: %v", err)
			}
		},
		sim.SwitchLostAck: func(t *testing.T, b *simulated, s *device.Session, l *eventLog) {
			b.must(b.hand.Fault(sim.SwitchLostAck, true))
			b.arm(s, 100) // PUT_ENVELOPE's reply is lost
			b.treat()
			pass(500 * time.Millisecond)
			if n := len(l.of(device.EventPulse)); n != 1 || len(l.of(device.EventContradiction)) != 0 {
				t.Errorf("%d pulses, %v", n, l.events)
			}
		},
		sim.SwitchClockJump: func(t *testing.T, b *simulated, s *device.Session, l *eventLog) {
			b.arm(s, 1000)
			b.treat()
			b.must(b.hand.Fault(sim.SwitchClockJump, true))
			pass(300 * time.Millisecond)
			if st := s.Live().Status.State; st.Armed() || len(l.of(device.EventArmEnded)) != 1 {
				t.Errorf("%v, %v", st, l.events)
			}
		},
		sim.SwitchClockBack: func(t *testing.T, b *simulated, s *device.Session, l *eventLog) {
			b.arm(s, 1000)
			b.treat()
			b.must(b.hand.Fault(sim.SwitchClockBack, true))
			pass(300 * time.Millisecond)
			if st := s.Live().Status.State; st != protocol.StateStopped || len(l.of(device.EventContradiction)) != 1 {
				t.Errorf("%v, %v", st, l.events)
			}
		},
		sim.SwitchPowerFrozen: func(t *testing.T, b *simulated, s *device.Session, l *eventLog) {
			b.arm(s, 1000)
			b.treat()
			b.must(b.hand.Fault(sim.SwitchPowerFrozen, true))
			pass(100 * time.Millisecond)
			if st := s.Live().Status; st.Fault != protocol.FaultSensor {
				t.Errorf("%v %v", st.State, st.Fault)
			}
			s.Stop()
			pass(300 * time.Millisecond)
			if len(l.of(device.EventStopConfirmed)) != 0 || len(l.of(device.EventStopUnconfirmed)) != 1 {
				t.Errorf("a stop that the pen can't measure: %v", l.events)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			consoleOf(t, sim.R1, func(t *testing.T, b *simulated, s *device.Session, l *eventLog) {
				stop := touching(s)
				check(t, b, s, l)
				stop()
				changes := b.changes()
				if last := changes[len(changes)-1]; last.RF && name != sim.SwitchLostAck {
					t.Errorf("RF at the end: %+v", last)
				}
			})
		})
	}
}

// treat puts the tip on the skin, pulls the trigger, and waits for the pulse.
func (b *simulated) treat() {
	b.t.Helper()
	b.must(b.hand.Contact(true))
	b.must(b.hand.Trigger(true))
	pass(200 * time.Millisecond)
}

// A descriptor that is hostile leaves a session that only monitors.
func TestHostileDescriptorOfTheSimulatedPen(t *testing.T) {
	for _, f := range []string{sim.SwitchDescriptorMinMax, sim.SwitchDescriptorStep, sim.SwitchDescriptorLong, sim.SwitchDescriptorControl, sim.SwitchDescriptorTwice} {
		t.Run(f, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newSimulated(t, sim.R1)
				defer b.stop()
				b.must(b.hand.Fault(f, true))
				s, l := b.connect()
				info := s.Info()
				if !info.Monitor || !errors.Is(info.MonitorReason, protocol.ErrDescriptor) {
					t.Errorf("monitor %v: %v", info.Monitor, info.MonitorReason)
				}
				b.must(s.Close())
				<-l.done
			})
		})
	}
}
