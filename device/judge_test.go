package device_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"stipple/device"
	"stipple/protocol"
)

// judgedPen is an RF pen whose descriptor has the alarms that bound a pulse.
func judgedPen(t *testing.T) (*fakePen, *device.Session, *eventLog) {
	t.Helper()
	p, conn := newFakePen(t)
	desc := testDescriptor()
	desc.Alarms = []protocol.AlarmSpec{
		{Code: 3, Name: protocol.AlarmDepthBeyond, Priority: "high", Tolerance: 150, AbsoluteUnit: "um"},
		{Code: 4, Name: protocol.AlarmEnergyOver, Priority: "high", Tolerance: 200},
	}
	raw, err := desc.Encode()
	if err != nil {
		t.Fatal(err)
	}
	p.with(func(p *fakePen) { p.setDescriptor(raw) })
	s, l := open(t, conn)
	return p, s, l
}

// honest is a pulse as it must be under what arm confirms: 1.5 mm, 30 /min,
// 10 W, 100 ms.
func (p *fakePen) honest() protocol.Pulse {
	return protocol.Pulse{
		Index: p.st.NewestPulse + 1, Boot: p.ack.Boot, ArmID: uint32(testCommand & 0xFFFFFFFF), SettingsHash: p.hash, TipID: p.st.TipID,
		Opened: p.clock(), Result: protocol.PulseComplete,
		SetDepth: 1500, Depth: 1490, SetSpeed: 30, Speed: 30, SetPower: 10000, Power: 10000, SetDuration: 100, Duration: 100, Energy: 1_000_000,
	}
}

// A pulse that is not what was confirmed stops the pen, and is kept: it is what
// the pen says of itself.
func TestPulseThatWasNotConfirmed(t *testing.T) {
	for field, bend := range map[string]func(*protocol.Pulse){
		"":              func(*protocol.Pulse) {},
		"arm_id":        func(x *protocol.Pulse) { x.ArmID++ },
		"treatment_id":  func(x *protocol.Pulse) { x.TreatmentID[3] = 1 },
		"settings_hash": func(x *protocol.Pulse) { x.SettingsHash[7]++ },
		"tip_id":        func(x *protocol.Pulse) { x.TipID++ },
		"set_depth":     func(x *protocol.Pulse) { x.SetDepth = 1600 },
		"set_speed":     func(x *protocol.Pulse) { x.SetSpeed = 31 },
		"set_power":     func(x *protocol.Pulse) { x.SetPower = 10001 },
		"set_duration":  func(x *protocol.Pulse) { x.SetDuration = 110 },
	} {
		t.Run(field, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, s, l := judgedPen(t)
				defer shut(t, s, p, l)
				defer touching(s)()
				arm(t, s)
				pass(10 * time.Millisecond)
				p.with(func(p *fakePen) {
					x := p.honest()
					bend(&x)
					p.say(protocol.Header{Session: p.session}, &x)
				})
				synctest.Wait()
				if n := len(l.of(device.EventPulse)); n != 1 {
					t.Errorf("%d pulses told", n)
				}
				lies, stops := l.of(device.EventContradiction), len(p.heard(protocol.TypeStop))
				if field == "" {
					if len(lies) != 0 || stops != 0 {
						t.Errorf("an honest pulse: %v, %d stops", lies, stops)
					}
					return
				}
				var e *device.PulseError
				if len(lies) != 1 || !errors.As(lies[0].Err, &e) || e.Field != field || stops == 0 {
					t.Errorf("%v, %d stops", lies, stops)
				}
			})
		})
	}
}

// A pulse beyond the bounds that a pen has to stop for: one that does is
// honest, one that goes on is stopped.
func TestPulseBeyondItsBounds(t *testing.T) {
	for name, tt := range map[string]struct {
		bend  func(*protocol.Pulse)
		field string // empty: inside
	}{
		"energy at the tolerance":   {func(x *protocol.Pulse) { x.Energy = 1_200_000 }, ""},
		"energy above it":           {func(x *protocol.Pulse) { x.Energy = 1_200_001 }, "energy"},
		"depth at the tolerance":    {func(x *protocol.Pulse) { x.Depth = 2150 }, ""},
		"depth beyond the envelope": {func(x *protocol.Pulse) { x.Depth = 2151 }, "depth"},
	} {
		for _, faults := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p, s, l := judgedPen(t)
					defer shut(t, s, p, l)
					defer touching(s)()
					arm(t, s)
					pass(10 * time.Millisecond)
					p.with(func(p *fakePen) {
						x := p.honest()
						tt.bend(&x)
						p.say(protocol.Header{Session: p.session}, &x)
					})
					pass(100 * time.Millisecond)
					if n := len(p.heard(protocol.TypeStop)); n != 0 {
						t.Errorf("%d stops before the pen's own time was over", n)
					}
					if faults {
						p.with(func(p *fakePen) {
							p.st.State, p.st.ArmID, p.st.Fault = protocol.StateFault, 0, protocol.FaultEnergy
							p.sendStatus()
						})
					}
					pass(100 * time.Millisecond)
					lies := l.of(device.EventContradiction)
					if tt.field == "" || faults {
						if len(lies) != 0 {
							t.Errorf("told as a lie: %v", lies)
						}
						return
					}
					var e *device.PulseError
					if len(lies) != 1 || !errors.As(lies[0].Err, &e) || e.Field != tt.field || len(p.heard(protocol.TypeStop)) == 0 {
						t.Errorf("%v, stops %v", lies, p.heard(protocol.TypeStop))
					}
				})
			})
		}
	}
}

// A pulse in a session that has armed nothing.
func TestPulseThatNothingPermitted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, s, l := judgedPen(t)
		defer shut(t, s, p, l)
		pass(100 * time.Millisecond)
		p.with(func(p *fakePen) {
			x := p.honest()
			x.Opened = 1 // of the session before: it says nothing about this one
			p.say(protocol.Header{Session: p.session}, &x)
		})
		synctest.Wait()
		if len(p.heard(protocol.TypeStop)) != 0 {
			t.Error("stopped for an old pulse")
		}
		p.with(func(p *fakePen) {
			x := p.honest()
			x.Index++
			p.say(protocol.Header{Session: p.session}, &x)
		})
		synctest.Wait()
		if len(p.heard(protocol.TypeStop)) == 0 || len(l.of(device.EventContradiction)) != 1 {
			t.Error("not stopped")
		}
	})
}

func TestAlarmThatTheDescriptorDoesNotHave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, s, l := judgedPen(t)
		defer shut(t, s, p, l)
		defer touching(s)()
		arm(t, s)
		tell := func(code int32) {
			p.with(func(p *fakePen) {
				p.say(protocol.Header{Session: p.session}, &protocol.Event{Code: protocol.EventAlarm, Level: protocol.LevelWarning, Args: [2]int32{code, 9}})
			})
			synctest.Wait()
		}
		tell(4)
		if len(p.heard(protocol.TypeStop)) != 0 {
			t.Error("stopped for an alarm that the pen has")
		}
		tell(77)
		var e *device.AlarmError
		if lies := l.of(device.EventContradiction); len(lies) != 1 || !errors.As(lies[0].Err, &e) || e.Code != 77 || len(p.heard(protocol.TypeStop)) == 0 {
			t.Errorf("%v, stops %v", lies, p.heard(protocol.TypeStop))
		}
		// Stopped and cleared, it is stopped again.
		if err := s.Clear(context.Background(), protocol.FaultNone); err != nil {
			t.Fatal(err)
		}
		tell(77)
		if n := len(l.of(device.EventContradiction)); n != 2 {
			t.Errorf("%d contradictions", n)
		}
	})
}
