package device_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stipple/device"
	"stipple/protocol"
)

// bent makes a bend of a function that changes the messages of one type.
func bent[M protocol.Message](change func(M)) func(*protocol.Header, protocol.Message) protocol.Message {
	return func(_ *protocol.Header, m protocol.Message) protocol.Message {
		if x, ok := m.(M); ok {
			change(x)
		}
		return m
	}
}

func TestContradictionStopsThePen(t *testing.T) {
	for name, tt := range map[string]struct {
		field string
		bend  func(*protocol.Header, protocol.Message) protocol.Message
	}{
		"dose":       {"dose_per_pin", bent(func(m *protocol.EnvelopeReply) { m.Envelope.DosePerPin++ })},
		"spot":       {"pulses_per_spot", bent(func(m *protocol.EnvelopeReply) { m.Envelope.PulsesPerSpot++ })},
		"pins":       {"pins", bent(func(m *protocol.EnvelopeReply) { m.Envelope.Pins = 1 })},
		"range":      {"ranges", bent(func(m *protocol.EnvelopeReply) { m.Envelope.Ranges = m.Envelope.Ranges[:3] })},
		"value":      {"depth", bent(func(m *protocol.SettingsReply) { m.Values[0]++ })},
		"last value": {"duration", bent(func(m *protocol.SettingsReply) { m.Values[3] += 10 })},
		"generation": {"generation", bent(func(m *protocol.SettingsReply) { m.Generation++ })},
		"applied":    {"applied", bent(func(m *protocol.SettingsReply) { m.Applied = false })},
		"fewer":      {"values", bent(func(m *protocol.SettingsReply) { m.Values = m.Values[:3] })},
		"verdicts":   {"verdicts", bent(func(m *protocol.SettingsReply) { m.Verdicts = m.Verdicts[:3] })},
		"index":      {"verdict_index", bent(func(m *protocol.SettingsReply) { m.Verdicts[1].Index = 3 })},
		"hash":       {"settings_hash", bent(func(m *protocol.SettingsReply) { m.Hash[7] ^= 1 })},
		"tip":        {"settings_hash", bent(func(m *protocol.SettingsReply) { m.TipID++ })},
		"pin count":  {"settings_hash", bent(func(m *protocol.SettingsReply) { m.Pins++ })},
		"calibrated": {"settings_hash", bent(func(m *protocol.SettingsReply) { m.CalRev++ })},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, conn := newFakePen(t)
				s, l := open(t, conn)
				defer shut(t, s, p, l)
				p.with(func(p *fakePen) {
					if strings.Contains("dose spot pins range", name) {
						bend := tt.bend
						p.bend = func(h *protocol.Header, m protocol.Message) protocol.Message {
							if e, ok := m.(*protocol.EnvelopeReply); ok {
								m = &protocol.EnvelopeReply{Envelope: e.Envelope}
							}
							return bend(h, m)
						}
						return
					}
					p.bend = tt.bend
				})
				_, err := s.Apply(context.Background(), testEnvelope(), testValues)
				var echo *device.EchoError
				if !errors.As(err, &echo) || echo.Field != tt.field {
					t.Fatalf("apply: %v, want a difference in %s", err, tt.field)
				}
				synctest.Wait()
				if len(p.heard(protocol.TypeStop)) == 0 {
					t.Error("not stopped")
				}
				if e := l.of(device.EventContradiction); len(e) != 1 || !errors.Is(e[0].Err, err) {
					t.Errorf("events %v", e)
				}
				p.with(func(p *fakePen) { p.bend = nil })
				pass(100 * time.Millisecond)
				s.Touch()
				if _, ok := s.Snapshot(); ok {
					t.Error("a snapshot that the pen contradicted")
				}
				if err := s.Arm(context.Background(), device.ArmRequest{CommandID: 1}); !errors.Is(err, device.ErrNotRead) {
					t.Errorf("arm: %v", err)
				}
			})
		})
	}
}

func TestReadBackVerifiesTheHash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		if _, err := s.Apply(context.Background(), testEnvelope(), testValues); err != nil {
			t.Fatal(err)
		}
		if snap, err := s.ReadBack(context.Background()); err != nil || !snap.Verified {
			t.Errorf("honest: %+v, %v", snap, err)
		}
		p.with(func(p *fakePen) { p.bend = bent(func(m *protocol.SettingsReply) { m.Values[2] = 20000 }) })
		_, err := s.ReadBack(context.Background())
		var echo *device.EchoError
		if !errors.As(err, &echo) || echo.Field != "settings_hash" {
			t.Errorf("lying: %v", err)
		}
		synctest.Wait()
		if len(p.heard(protocol.TypeStop)) == 0 {
			t.Error("not stopped")
		}
	})
}

func TestReadyThatWasNeverArmedIsStopped(t *testing.T) {
	for _, state := range []protocol.State{protocol.StateReady, protocol.StateTreating} {
		synctest.Test(t, func(t *testing.T) {
			p, conn := newFakePen(t)
			s, l := open(t, conn)
			defer shut(t, s, p, l)
			p.with(func(p *fakePen) { p.st.State, p.st.ArmID = state, 77; p.sendStatus() })
			synctest.Wait()
			if len(p.heard(protocol.TypeStop)) == 0 {
				t.Error("not stopped at once")
			}
			if e := l.of(device.EventUnconfirmedReady); len(e) != 1 || e[0].ArmID != 77 || e[0].State != state {
				t.Errorf("events %v", e)
			}
			if e := l.of(device.EventStopSent); len(e) != 1 || e[0].Err == nil {
				t.Errorf("stop without a reason: %v", e)
			}
			if len(p.heard(protocol.TypeLease)) != 0 {
				t.Error("leased")
			}
		})
	}
}

func TestReadyUnderAnotherArmIDIsStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		defer touching(s)()
		arm(t, s)
		p.with(func(p *fakePen) { p.st.ArmID++; p.sendStatus() })
		synctest.Wait()
		if len(p.heard(protocol.TypeStop)) == 0 {
			t.Error("not stopped")
		}
		n := len(p.heard(protocol.TypeLease))
		pass(time.Second)
		if len(p.heard(protocol.TypeLease)) != n {
			t.Error("leased on")
		}
	})
}

// A pen that says READY again under an id that has ended.
func TestReadyAgainIsStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		defer touching(s)()
		arm(t, s)
		s.Disarm()
		pass(time.Second)
		p.with(func(p *fakePen) {
			p.st.State, p.st.ArmID = protocol.StateReady, uint32(testCommand&0xFFFFFFFF)
			p.sendStatus()
		})
		synctest.Wait()
		if len(p.heard(protocol.TypeStop)) == 0 {
			t.Error("not stopped")
		}
	})
}

func TestPenThatDoesNotDisarmIsStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		defer touching(s)()
		arm(t, s)
		p.with(func(p *fakePen) { p.lose = func(m protocol.Message) bool { return m.Type() == protocol.TypeDisarm } })
		start := time.Since(p.start)
		s.Disarm()
		pass(time.Second)
		d := p.heard(protocol.TypeDisarm)
		if len(d) < 8 {
			t.Errorf("%d disarms", len(d))
		}
		stops := p.heard(protocol.TypeStop)
		if len(stops) == 0 || stops[0].at-start != protocol.StatusSilence {
			t.Errorf("stopped %v", stops)
		}
	})
}

func TestAcceptedButNeverReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		defer touching(s)()
		snap, _ := s.Apply(context.Background(), testEnvelope(), testValues)
		p.with(func(p *fakePen) {
			p.bend = bent(func(m *protocol.Status) { m.State, m.ArmID = protocol.StateStandby, 0 })
		})
		if err := s.Arm(context.Background(), device.ArmRequest{Hash: snap.Hash, CommandID: 1}); !errors.Is(err, device.ErrNotReady) {
			t.Errorf("arm: %v", err)
		}
		synctest.Wait()
		if len(p.heard(protocol.TypeDisarm)) == 0 {
			t.Error("not disarmed")
		}
	})
}

func TestClockThatRunsBackwards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		defer touching(s)()
		arm(t, s)
		p.with(func(p *fakePen) { p.skew = -time.Second; p.sendStatus() })
		synctest.Wait()
		if len(p.heard(protocol.TypeStop)) == 0 {
			t.Error("not stopped")
		}
		leases := p.heard(protocol.TypeLease)
		pass(500 * time.Millisecond)
		if len(p.heard(protocol.TypeLease)) != len(leases) {
			t.Error("leased on")
		}
		if err := s.Clear(context.Background(), protocol.FaultNone); err != nil {
			t.Fatal(err)
		}
		snap, _ := s.Snapshot()
		err := s.Arm(context.Background(), device.ArmRequest{Hash: snap.Hash, CommandID: 3})
		var clock *device.ClockError
		if !errors.As(err, &clock) {
			t.Errorf("arm: %v", err)
		}
		if e := l.of(device.EventContradiction); len(e) != 1 {
			t.Errorf("%d contradictions", len(e))
		}
	})
}

// Answers that are not the answer are not believed.
func TestStrayReplies(t *testing.T) {
	for name, bend := range map[string]func(*protocol.Header, protocol.Message) protocol.Message{
		"ack":     func(h *protocol.Header, m protocol.Message) protocol.Message { h.Ack++; return m },
		"no ack":  func(h *protocol.Header, m protocol.Message) protocol.Message { h.Flags = 0; return m },
		"session": func(h *protocol.Header, m protocol.Message) protocol.Message { h.Session++; return m },
		"type": func(_ *protocol.Header, m protocol.Message) protocol.Message {
			return &protocol.Rate{PerSecond: 20}
		},
		"rejects another": func(_ *protocol.Header, m protocol.Message) protocol.Message {
			return &protocol.Rejected{Request: protocol.TypeArm, Field: protocol.NoField}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, conn := newFakePen(t)
				s, l := open(t, conn)
				defer shut(t, s, p, l)
				p.with(func(p *fakePen) {
					p.bend = func(h *protocol.Header, m protocol.Message) protocol.Message {
						if m.Type().Lane() == protocol.LaneCommand {
							return bend(h, m)
						}
						return m
					}
				})
				if _, err := s.ReadBack(context.Background()); !errors.Is(err, device.ErrNoReply) {
					t.Errorf("read back: %v", err)
				}
				if st := s.Stats(); st.WrongAck+st.WrongSession == 0 {
					t.Errorf("nothing counted: %+v", st)
				}
			})
		})
	}
}

func TestOldAndDoubledStatusIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		n := s.Live().Status.Battery
		p.with(func(p *fakePen) { p.seq[protocol.LaneLive]--; p.st.Battery = 1; p.sendStatus() })
		synctest.Wait()
		if got := s.Live().Status.Battery; got != n || s.Stats().OldSeq != 1 {
			t.Errorf("a doubled status was taken: battery %d, %+v", got, s.Stats())
		}
	})
}

func TestLostReplyIsAskedFor(t *testing.T) {
	lapsed := errors.New("lapsed")
	for name, tt := range map[string]struct {
		outcome protocol.Outcome
		want    error // nil: uncertain
	}{
		"never seen": {protocol.OutcomeNeverSeen, device.ErrNoReply},
		"done":       {protocol.OutcomeDone, device.ErrNoReply},
		"rejected":   {protocol.OutcomeRejected, lapsed},
		"running":    {protocol.OutcomeRunning, nil},
		"forgotten":  {protocol.OutcomeForgotten, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, conn := newFakePen(t)
				s, l := open(t, conn)
				defer shut(t, s, p, l)
				defer touching(s)()
				snap, _ := s.Apply(context.Background(), testEnvelope(), testValues)
				p.with(func(p *fakePen) {
					p.lose = func(m protocol.Message) bool { return m.Type() == protocol.TypeArm }
					p.bend = bent(func(m *protocol.Result) { m.Outcome = tt.outcome })
				})
				err := s.Arm(context.Background(), device.ArmRequest{Hash: snap.Hash, CommandID: testCommand})
				var refused *device.RefusedError
				var uncertain *device.UncertainError
				switch {
				case tt.want == nil:
					if !errors.As(err, &uncertain) || uncertain.CommandID != testCommand || uncertain.ArmID != 0x55667788 ||
						uncertain.Outcome != tt.outcome || uncertain.LastPulse != 100 {
						t.Errorf("arm: %v", err)
					}
				case errors.Is(tt.want, lapsed):
					if !errors.As(err, &refused) {
						t.Errorf("arm: %v", err)
					}
				case !errors.Is(err, tt.want) || errors.Is(err, device.ErrUncertain):
					t.Errorf("arm: %v", err)
				}
				if n := len(p.heard(protocol.TypeArm)); n != protocol.CommandSends {
					t.Errorf("%d ARM", n)
				}
			})
		})
	}
}

func TestRunningIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		begun := time.Now()
		p.with(func(p *fakePen) {
			p.bend = bent(func(m *protocol.Result) {
				m.Outcome = protocol.OutcomeRunning
				if time.Since(begun) >= 4*time.Second {
					m.Outcome = protocol.OutcomeDone
				}
			})
		})
		if err := s.Clear(context.Background(), protocol.FaultSelfTest); err != nil {
			t.Errorf("clear: %v", err)
		}
		if took := time.Since(begun); took < 4*time.Second || took > 5*time.Second {
			t.Errorf("took %v", took)
		}
		seq := -1
		for _, r := range p.heard(protocol.TypeClear) {
			if seq >= 0 && int(r.h.Seq) != seq {
				t.Error("asked again under another seq")
			}
			seq = int(r.h.Seq)
		}
	})
}
