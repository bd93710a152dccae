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

var background = context.Background()

// withFake runs do with a session and a fake pen in virtual time.
func withFake(t *testing.T, do func(t *testing.T, p *fakePen, s *device.Session, l *eventLog)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		s.SetRole(protocol.RoleTechnician)
		do(t, p, s, l)
	})
}

// apply applies the test's settings, so that something is confirmed.
func confirm(t *testing.T, s *device.Session) {
	t.Helper()
	if _, err := s.Apply(background, testEnvelope(), testValues); err != nil {
		t.Fatal(err)
	}
}

func TestServiceUnconfirms(t *testing.T) {
	withFake(t, func(t *testing.T, p *fakePen, s *device.Session, l *eventLog) {
		confirm(t, s)
		if err := s.EnterService(background); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if _, ok := s.Snapshot(); ok || s.Live().Status.State != protocol.StateService {
			t.Errorf("confirmed %v in %v", ok, s.Live().Status.State)
		}
		if err := s.LeaveService(background); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if s.Live().Status.State != protocol.StateStandby {
			t.Errorf("left in %v", s.Live().Status.State)
		}
		if m := p.heard(protocol.TypeService)[0].msg.(*protocol.Service); m.Role != protocol.RoleTechnician {
			t.Errorf("sent by %v", m.Role)
		}
		if len(p.heard(protocol.TypeStop)) != 0 {
			t.Error("stopped")
		}
	})
}

func testRequest() device.TestRequest {
	return device.TestRequest{Quantity: protocol.QuantityPower, Value: 5000, Duration: 500, Load: 200, CommandID: testCommand}
}

// permitTest enters SERVICE and has an output permitted.
func permitTest(t *testing.T, s *device.Session) {
	t.Helper()
	if err := s.EnterService(background); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
	if err := s.TestOutput(background, testRequest()); err != nil {
		t.Fatal(err)
	}
}

// An output is leased while the window is alive, ends as the pen says, and its
// report is that of what was asked for.
func TestServiceOutput(t *testing.T) {
	withFake(t, func(t *testing.T, p *fakePen, s *device.Session, l *eventLog) {
		defer touching(s)()
		permitTest(t, s)
		cmd := p.heard(protocol.TypeTestOutput)[0].msg.(*protocol.TestOutput)
		if cmd.Quantity != protocol.QuantityPower || cmd.Value != 5000 || cmd.Duration != 500 || cmd.Load != 200 || cmd.NotAfter == 0 {
			t.Errorf("asked for %+v", cmd)
		}
		pass(950 * time.Millisecond)
		leases := p.heard(protocol.TypeLease)
		if len(leases) != 10 || leases[3].msg.(*protocol.Lease).ArmID != 0x55667788 {
			t.Errorf("%d leases", len(leases))
		}
		if _, err := s.Apply(background, testEnvelope(), testValues); !errors.Is(err, device.ErrArmed) {
			t.Errorf("apply: %v", err)
		}
		if _, _, err := s.Calibration(background, protocol.QuantityDepth, protocol.CalActive); !errors.Is(err, device.ErrArmed) {
			t.Errorf("calibration: %v", err)
		}
		if err := s.TestOutput(background, testRequest()); !errors.Is(err, device.ErrArmed) {
			t.Errorf("another: %v", err)
		}
		p.with(func(p *fakePen) {
			p.svc.output.Result, p.svc.output.Mean = protocol.PulseComplete, 4980
			p.stand(protocol.StateService)
		})
		got, err := s.EndedTest(background)
		if err != nil || got.Mean != 4980 || got.Result != protocol.PulseComplete {
			t.Errorf("report %+v: %v", got, err)
		}
		if e := l.of(device.EventArmEnded); len(e) != 1 || !errors.Is(e[0].Err, device.ErrOutputOver) {
			t.Errorf("ended %v", e)
		}
		n := len(p.heard(protocol.TypeLease))
		pass(time.Second)
		if len(p.heard(protocol.TypeLease)) != n || len(p.heard(protocol.TypeStop)) != 0 {
			t.Error("leased or stopped afterwards")
		}
	})
}

func TestServiceOutputIsRefusedHere(t *testing.T) {
	withFake(t, func(t *testing.T, p *fakePen, s *device.Session, l *eventLog) {
		var state *device.ServiceError
		s.Touch()
		if err := s.TestOutput(background, testRequest()); !errors.As(err, &state) || state.State != protocol.StateStandby {
			t.Errorf("in standby: %v", err)
		}
		if err := s.EnterService(background); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		req := testRequest()
		req.Quantity = protocol.QuantityImpedance
		if err := s.TestOutput(background, req); !errors.Is(err, device.ErrNotOffered) {
			t.Errorf("impedance: %v", err)
		}
		req = testRequest()
		req.CommandID = 1 << 32
		if err := s.TestOutput(background, req); !errors.Is(err, device.ErrCommandID) {
			t.Errorf("id: %v", err)
		}
		pass(time.Second)
		if err := s.TestOutput(background, testRequest()); !errors.Is(err, device.ErrNotAlive) {
			t.Errorf("without a touch: %v", err)
		}
		if len(p.heard(protocol.TypeTestOutput)) != 0 {
			t.Error("sent all the same")
		}
		s.Touch()
		p.with(func(p *fakePen) { p.svc.refuse = protocol.CodeLoad })
		var refused *device.RefusedError
		if err := s.TestOutput(background, testRequest()); !errors.As(err, &refused) || refused.Code != protocol.CodeLoad || refused.Request != protocol.TypeTestOutput {
			t.Errorf("refused: %v", err)
		}
		if _, err := s.EndedTest(background); !errors.Is(err, device.ErrNotReady) {
			t.Errorf("the report of none: %v", err)
		}
		if err := s.EnterService(background); err != nil {
			t.Errorf("again, nothing is armed: %v", err)
		}
	})
}

// Whatever ends an armed state ends a SERVICE output.
func TestServiceOutputEnds(t *testing.T) {
	for name, tt := range map[string]struct {
		end  func(p *fakePen, s *device.Session)
		want error
		stop bool
	}{
		"disarm": {func(_ *fakePen, s *device.Session) { s.Disarm() }, device.ErrDisarmed, false},
		"stop":   {func(_ *fakePen, s *device.Session) { s.Stop() }, device.ErrStopped, true},
		"mute":   {func(p *fakePen, _ *device.Session) { p.with(func(p *fakePen) { p.mute = true }) }, device.ErrStale, true},
		"frozen": {nil, device.ErrNotAlive, false},
	} {
		t.Run(name, func(t *testing.T) {
			withFake(t, func(t *testing.T, p *fakePen, s *device.Session, l *eventLog) {
				stop := touching(s)
				permitTest(t, s)
				if tt.end != nil {
					defer stop()
					tt.end(p, s)
				} else {
					stop()
				}
				pass(700 * time.Millisecond)
				if e := l.of(device.EventArmEnded); len(e) != 1 || !errors.Is(e[0].Err, tt.want) || e[0].ArmID != 0x55667788 {
					t.Errorf("ended %v", e)
				}
				if stopped := len(p.heard(protocol.TypeStop)) > 0; stopped != tt.stop {
					t.Errorf("stopped: %v", stopped)
				}
				n := len(p.heard(protocol.TypeLease))
				pass(300 * time.Millisecond)
				if len(p.heard(protocol.TypeLease)) != n {
					t.Error("leased on")
				}
				p.with(func(p *fakePen) { p.mute = false })
			})
		})
	}
}

// A pen that says SERVICE under an arm id that nobody asked for is stopped, and
// so is one that is READY under the id of an output.
func TestUnconfirmedOutputIsStopped(t *testing.T) {
	withFake(t, func(t *testing.T, p *fakePen, s *device.Session, l *eventLog) {
		if err := s.EnterService(background); err != nil {
			t.Fatal(err)
		}
		p.with(func(p *fakePen) { p.st.ArmID = 99; p.sendStatus() })
		synctest.Wait()
		if e := l.of(device.EventUnconfirmedReady); len(e) != 1 || e[0].ArmID != 99 || len(p.heard(protocol.TypeStop)) == 0 {
			t.Errorf("events %v", e)
		}
	})
	withFake(t, func(t *testing.T, p *fakePen, s *device.Session, l *eventLog) {
		defer touching(s)()
		permitTest(t, s)
		p.with(func(p *fakePen) { p.st.State = protocol.StateReady; p.sendStatus() })
		synctest.Wait()
		if e := l.of(device.EventUnconfirmedReady); len(e) != 1 || e[0].State != protocol.StateReady || len(p.heard(protocol.TypeStop)) == 0 {
			t.Errorf("events %v", e)
		}
	})
}

// An output that is over before a STATUS tells of it was one all the same.
func TestOutputBetweenTwoStatus(t *testing.T) {
	withFake(t, func(t *testing.T, p *fakePen, s *device.Session, l *eventLog) {
		defer touching(s)()
		if err := s.EnterService(background); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		p.with(func(p *fakePen) {
			p.bend = func(_ *protocol.Header, m protocol.Message) protocol.Message {
				switch m := m.(type) {
				case *protocol.Status:
					m.ArmID = 0
				case *protocol.TestReport:
					m.Result = protocol.PulseReleased
				}
				return m
			}
		})
		if err := s.TestOutput(background, testRequest()); err != nil {
			t.Errorf("output: %v", err)
		}
		if got, err := s.EndedTest(background); err != nil || got.Result != protocol.PulseReleased {
			t.Errorf("report %+v: %v", got, err)
		}
	})
}
