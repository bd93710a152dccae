package device_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"stipple/device"
	"stipple/protocol"
)

// settingsOn applies settings, so that a check has a hash to compare.
func settingsOn(t *testing.T, s *device.Session) device.Snapshot {
	t.Helper()
	snap, err := s.Apply(context.Background(), testEnvelope(), testValues)
	if err != nil {
		t.Fatal(err)
	}
	pass(60 * time.Millisecond) // a STATUS with their hash
	return snap
}

// late makes the pen's messages of the given types leave d later.
func late(p *fakePen, d time.Duration, types ...protocol.Type) {
	p.bend = func(h *protocol.Header, m protocol.Message) protocol.Message {
		for _, t := range types {
			if m.Type() == t {
				head := *h
				time.AfterFunc(d, func() { _, _ = p.conn.Write(protocol.Append(nil, head, m)) })
				return nil
			}
		}
		return m
	}
}

func TestStopCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		defer touching(s)()
		snap := settingsOn(t, s)
		p.with(func(p *fakePen) { late(p, 7*time.Millisecond, protocol.TypeStopped) })
		check, err := s.CheckStop(context.Background())
		if err != nil || check.Latency != 7*time.Millisecond || time.Since(check.At) > 100*time.Millisecond {
			t.Fatalf("%+v, %v", check, err)
		}
		pass(time.Second)
		if n := len(p.heard(protocol.TypeStop)); n != 1 {
			t.Errorf("%d ESTOP", n)
		}
		if n := len(p.heard(protocol.TypeClear)); n != 1 {
			t.Errorf("%d CLEAR", n)
		}
		for _, k := range []device.EventKind{device.EventStopSent, device.EventStopConfirmed, device.EventNeedleBack, device.EventState,
			device.EventContradiction, device.EventStopUnconfirmed} {
			if e := l.of(k); len(e) != 0 {
				t.Errorf("it is told of: %+v", e)
			}
		}
		if live := s.Live(); live.Checking || live.Status.State != protocol.StateStandby {
			t.Errorf("afterwards: %+v", live)
		}
		if err := s.Arm(context.Background(), device.ArmRequest{Hash: snap.Hash, CommandID: testCommand}); err != nil {
			t.Error(err)
		}
		if _, err := s.CheckStop(context.Background()); !errors.Is(err, device.ErrArmed) {
			t.Errorf("while armed: %v", err)
		}
	})
}

// What Live says while the check goes on: ESTOP, and that it is a check's.
func TestStopCheckShowsAsOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		settingsOn(t, s)
		p.with(func(p *fakePen) { late(p, 40*time.Millisecond, protocol.TypeStopped) })
		done := make(chan error, 1)
		go func() { _, err := s.CheckStop(context.Background()); done <- err }()
		pass(20 * time.Millisecond)
		if live := s.Live(); !live.Checking || live.Status.State != protocol.StateStopped {
			t.Errorf("%+v", live)
		}
		if _, err := s.CheckStop(context.Background()); !errors.Is(err, device.ErrStopped) {
			t.Errorf("a second one: %v", err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestStopCheckIsRefused(t *testing.T) {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	for name, tt := range map[string]struct {
		ctx  context.Context
		do   func(*fakePen, *device.Session)
		want error
	}{
		"context": {ended, func(*fakePen, *device.Session) {}, context.Canceled},
		"stopped": {nil, func(_ *fakePen, s *device.Session) { s.Stop(); pass(100 * time.Millisecond) }, device.ErrStopped},
		"stop goes on": {nil, func(p *fakePen, s *device.Session) {
			p.with(func(p *fakePen) { late(p, 50*time.Millisecond, protocol.TypeStopped) })
			s.Stop()
		}, device.ErrStopped},
		// The pen has confirmed a stop, and STATUS has not said so yet.
		"status from before the stop": {nil, func(p *fakePen, s *device.Session) {
			p.with(func(p *fakePen) { late(p, 50*time.Millisecond, protocol.TypeStatus) })
			s.Stop()
			synctest.Wait()
		}, device.ErrStopped},
		"silent status": {nil, func(p *fakePen, _ *device.Session) {
			p.with(func(p *fakePen) { p.mute = true })
			pass(300 * time.Millisecond)
		}, device.ErrStale},
		"clock": {nil, func(p *fakePen, s *device.Session) {
			p.with(func(p *fakePen) { p.skew = -time.Second; p.sendStatus() })
			pass(100 * time.Millisecond)
			_ = s.Clear(context.Background(), protocol.FaultNone)
			pass(2 * time.Second)
		}, &device.ClockError{}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, conn := newFakePen(t)
				s, l := open(t, conn)
				defer shut(t, s, p, l)
				settingsOn(t, s)
				tt.do(p, s)
				before := len(p.heard(protocol.TypeClear))
				ctx := tt.ctx
				if ctx == nil {
					ctx = context.Background()
				}
				_, err := s.CheckStop(ctx)
				var clock *device.ClockError
				if !errors.Is(err, tt.want) && !(errors.As(tt.want, &clock) && errors.As(err, &clock)) {
					t.Errorf("%v", err)
				}
				pass(time.Second)
				if n := len(p.heard(protocol.TypeClear)); n != before {
					t.Errorf("%d CLEAR", n-before)
				}
			})
		})
	}
}

// A pen that does not do what a stop is to do, or lies about it: never nil, and
// the pen stays stopped, as far as it stops at all.
func TestStopCheckThatFails(t *testing.T) {
	for name, tt := range map[string]struct {
		bend func(p *fakePen) func(*protocol.Header, protocol.Message) protocol.Message
		step device.StopStep
		told device.EventKind // what else is told
	}{
		"no STOPPED": {func(*fakePen) func(*protocol.Header, protocol.Message) protocol.Message {
			return func(_ *protocol.Header, m protocol.Message) protocol.Message {
				if m.Type() == protocol.TypeStopped {
					return nil
				}
				return m
			}
		}, device.StepConfirm, device.EventStopUnconfirmed},
		"another nonce": {func(*fakePen) func(*protocol.Header, protocol.Message) protocol.Message {
			return bent(func(m *protocol.Stopped) { m.Nonce++ })
		}, device.StepConfirm, device.EventStopUnconfirmed},
		"STOPPED and never ESTOP": {func(*fakePen) func(*protocol.Header, protocol.Message) protocol.Message {
			return bent(func(m *protocol.Status) { m.State = protocol.StateStandby })
		}, device.StepLatch, device.EventContradiction},
		"no STATUS": {func(p *fakePen) func(*protocol.Header, protocol.Message) protocol.Message {
			p.mute = true
			return func(_ *protocol.Header, m protocol.Message) protocol.Message {
				if m.Type() == protocol.TypeStatus {
					return nil
				}
				return m
			}
		}, device.StepLatch, device.EventContradiction},
		"a fault": {func(*fakePen) func(*protocol.Header, protocol.Message) protocol.Message {
			return bent(func(m *protocol.Status) {
				if m.State == protocol.StateStopped {
					m.State, m.Fault = protocol.StateFault, protocol.FaultSensor
				}
			})
		}, device.StepLatch, device.EventState},
		"ESTOP left by itself": {func(p *fakePen) func(*protocol.Header, protocol.Message) protocol.Message {
			late(p, 30*time.Millisecond, protocol.TypeStopped)
			slow := p.bend
			return func(h *protocol.Header, m protocol.Message) protocol.Message {
				if m.Type() == protocol.TypeStopped && p.st.State == protocol.StateStopped {
					p.st.State = protocol.StateStandby
					defer p.sendStatus()
				}
				return slow(h, m)
			}
		}, device.StepLatch, device.EventContradiction},
		"CLEAR refused": {func(p *fakePen) func(*protocol.Header, protocol.Message) protocol.Message {
			stays := bent(func(m *protocol.Status) {
				if len(p.kept) > 0 && m.State == protocol.StateStandby {
					m.State = protocol.StateStopped
				}
			})
			refuses := bent(func(m *protocol.Result) { m.Outcome, m.Code = protocol.OutcomeRejected, protocol.CodeTrigger })
			return func(h *protocol.Header, m protocol.Message) protocol.Message { return refuses(h, stays(h, m)) }
		}, device.StepClear, device.EventState},
		"CLEAR never answered": {func(*fakePen) func(*protocol.Header, protocol.Message) protocol.Message {
			return func(_ *protocol.Header, m protocol.Message) protocol.Message {
				if m.Type() == protocol.TypeResult {
					return nil
				}
				return m
			}
		}, device.StepClear, 0},
		"CLEAR carried out and still ESTOP": {func(*fakePen) func(*protocol.Header, protocol.Message) protocol.Message {
			stopped := false
			return bent(func(m *protocol.Status) {
				stopped = stopped || m.State == protocol.StateStopped
				if stopped {
					m.State = protocol.StateStopped
				}
			})
		}, device.StepStandby, device.EventContradiction},
		"other settings": {func(*fakePen) func(*protocol.Header, protocol.Message) protocol.Message {
			stopped := false
			return bent(func(m *protocol.Status) {
				stopped = stopped || m.State == protocol.StateStopped
				if stopped && m.State == protocol.StateStandby {
					m.SettingsHash[0]++
				}
			})
		}, device.StepSettings, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, conn := newFakePen(t)
				s, l := open(t, conn)
				defer shut(t, s, p, l)
				settingsOn(t, s)
				p.with(func(p *fakePen) { p.bend = tt.bend(p) })
				_, err := s.CheckStop(context.Background())
				var e *device.StopCheckError
				if !errors.As(err, &e) || e.Step != tt.step {
					t.Fatalf("%v, want %s", err, tt.step)
				}
				synctest.Wait()
				if s.Live().Checking {
					t.Error("it still counts as a check")
				}
				if tt.told != 0 && len(l.of(tt.told)) == 0 {
					t.Errorf("nobody is told by %v", tt.told)
				}
				if tt.told == device.EventContradiction || tt.told == device.EventStopUnconfirmed {
					if e := l.of(device.EventStopSent); len(e) != 1 || e[0].Err == nil {
						t.Errorf("the pen is not stopped: %v", e)
					}
				}
				p.with(func(p *fakePen) { p.bend, p.mute = nil, false })
				pass(time.Second)
			})
		})
	}
}

// A stop from outside at any moment of a check wins: what is latched at the end
// is latched by it, and no CLEAR reaches the pen behind it. The check goes over
// a line on which each answer takes its time, so that each of its moments has a
// width.
func TestStopWinsOverItsCheck(t *testing.T) {
	for at := time.Duration(0); at <= 40*time.Millisecond; at += 500 * time.Microsecond {
		for _, slow := range [][]protocol.Type{
			{protocol.TypeStopped}, {protocol.TypeStatus}, {protocol.TypeResult}, {protocol.TypeStopped, protocol.TypeStatus, protocol.TypeResult},
		} {
			t.Run(fmt.Sprintf("%v %v", at, slow), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p, conn := newFakePen(t)
					s, l := open(t, conn)
					defer shut(t, s, p, l)
					settingsOn(t, s)
					p.with(func(p *fakePen) { late(p, 9*time.Millisecond, slow...) })
					done := make(chan error, 1)
					go func() { _, err := s.CheckStop(context.Background()); done <- err }()
					<-time.After(at)
					s.Stop()
					err := <-done
					pass(3 * time.Second)
					stayed(t, p, l, err)
				})
			})
		}
	}
}

// TestStopAtEachMessageOfItsCheck asks for the stop at the very instant at which
// each message of the check is heard by the pen or said by it.
func TestStopAtEachMessageOfItsCheck(t *testing.T) {
	for n := range 12 {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, conn := newFakePen(t)
				s, l := open(t, conn)
				defer shut(t, s, p, l)
				settingsOn(t, s)
				seen := 0
				count := func() {
					if seen++; seen == n+1 {
						s.Stop()
					}
				}
				p.with(func(p *fakePen) {
					p.lose = func(protocol.Message) bool { count(); return false }
					p.bend = func(_ *protocol.Header, m protocol.Message) protocol.Message { count(); return m }
				})
				_, err := s.CheckStop(context.Background())
				pass(3 * time.Second)
				stayed(t, p, l, err)
			})
		})
	}
}

// stayed checks that a stop from outside, which came at some moment of a check,
// is what the pen was left with.
func stayed(t *testing.T, p *fakePen, l *eventLog, err error) {
	t.Helper()
	if err != nil && !errors.Is(err, device.ErrStopped) {
		t.Errorf("check: %v", err)
	}
	if n := len(l.of(device.EventStopSent)); n != 1 {
		t.Errorf("told of %d stops", n)
	}
	if n := len(l.of(device.EventStopConfirmed)); n != 1 {
		t.Errorf("%d confirmed", n)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.st.State != protocol.StateStopped {
		t.Errorf("the pen is in %v, check: %v", p.st.State, err)
	}
	last, clear := -1, -1
	for i, r := range p.got {
		switch r.msg.Type() {
		case protocol.TypeStop:
			last = i
		case protocol.TypeClear:
			clear = i
		}
	}
	if clear > last {
		t.Error("CLEAR behind the last ESTOP")
	}
	if states := l.of; len(states(device.EventState)) == 0 {
		t.Error("nobody is told that the pen is stopped")
	}
}

// A context that ends while the check goes on does not leave the pen stopped.
func TestStopCheckIsNotCutShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		settingsOn(t, s)
		p.with(func(p *fakePen) { late(p, 20*time.Millisecond, protocol.TypeStopped) })
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(5*time.Millisecond, cancel)
		if _, err := s.CheckStop(ctx); err != nil {
			t.Error(err)
		}
		if st := s.Live().Status.State; st != protocol.StateStandby {
			t.Errorf("left in %v", st)
		}
	})
}

func TestStopCheckEndsWithTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		settingsOn(t, s)
		p.with(func(p *fakePen) { p.silent, p.deaf = true, true })
		time.AfterFunc(50*time.Millisecond, func() { _ = p.conn.Close() })
		if _, err := s.CheckStop(context.Background()); !errors.Is(err, device.ErrLinkLost) {
			t.Error(err)
		}
		<-s.Done()
		<-p.done
		<-l.done
	})
}
