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

// RUNNING that never ends, a reply that is lost and a caller that leaves are
// uncertain; a refusal, and a command that never arrived, are not.
func TestOutcomeOfService(t *testing.T) {
	for name, tt := range map[string]struct {
		with    func(p *fakePen)
		outcome protocol.Outcome // of an uncertain one
		want    error
	}{
		"runs for ever": {func(p *fakePen) { p.svc.running = time.Hour }, protocol.OutcomeRunning, device.ErrUncertain},
		"reply lost": {func(p *fakePen) {
			p.bend = func(_ *protocol.Header, m protocol.Message) protocol.Message {
				if m.Type() == protocol.TypeResult {
					return nil
				}
				return m
			}
		}, protocol.OutcomeForgotten, device.ErrUncertain},
		"never arrived": {func(p *fakePen) { p.lose = func(m protocol.Message) bool { return m.Type() == protocol.TypeSelfTest } }, 0, device.ErrNoReply},
		"busy": {func(p *fakePen) {
			p.bend = func(h *protocol.Header, m protocol.Message) protocol.Message {
				if m.Type() == protocol.TypeResult {
					return &protocol.Rejected{Request: protocol.TypeSelfTest, Code: protocol.CodeBusy, Field: protocol.NoField}
				}
				return m
			}
		}, protocol.OutcomeForgotten, device.ErrUncertain},
	} {
		t.Run(name, func(t *testing.T) {
			withFake(t, func(t *testing.T, p *fakePen, s *device.Session, l *eventLog) {
				p.with(tt.with)
				_, err := s.SelfTest(background, 0)
				if !errors.Is(err, tt.want) {
					t.Fatalf("%v, want %v", err, tt.want)
				}
				var u *device.UncertainError
				if tt.want == device.ErrUncertain && (!errors.As(err, &u) || u.Outcome != tt.outcome || u.Command != protocol.TypeSelfTest || u.ArmID != 0) {
					t.Errorf("%+v", u)
				}
				if tt.want != device.ErrUncertain && errors.Is(err, device.ErrUncertain) {
					t.Errorf("uncertain: %v", err)
				}
			})
		})
	}
}

// A reply that was lost is asked for, and DONE is DONE.
func TestLostReplyOfServiceIsAskedFor(t *testing.T) {
	withFake(t, func(t *testing.T, p *fakePen, s *device.Session, l *eventLog) {
		p.with(func(p *fakePen) {
			p.bend = func(h *protocol.Header, m protocol.Message) protocol.Message {
				if m.Type() == protocol.TypeResult && len(p.got) > 0 && p.got[len(p.got)-1].msg.Type() != protocol.TypeResultOf {
					return nil
				}
				return m
			}
		})
		if err := s.BindTip(background, 11, [16]byte{5}); err != nil {
			t.Error(err)
		}
		if n := len(p.heard(protocol.TypeTipBind)); n != protocol.CommandSends {
			t.Errorf("sent %d times", n)
		}
		if tip, ok := s.Tip(); !ok || tip.BoundTreatment != [16]byte{5} {
			t.Errorf("tip %+v", tip)
		}
	})
}

// A caller who leaves while the pen is at work does not hold up the next one.
func TestLeavingARunningCommand(t *testing.T) {
	withFake(t, func(t *testing.T, p *fakePen, s *device.Session, l *eventLog) {
		p.with(func(p *fakePen) { p.svc.running = time.Hour })
		ctx, cancel := context.WithTimeout(background, time.Second)
		defer cancel()
		if _, err := s.SelfTest(ctx, 0); !errors.Is(err, device.ErrUncertain) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		begun := time.Now()
		if _, err := s.Counters(background); err != nil || time.Since(begun) > 100*time.Millisecond {
			t.Errorf("the next one after %v: %v", time.Since(begun), err)
		}
	})
}

// An output whose answer is lost is disarmed, whatever became of it.
func TestLostReplyOfAnOutput(t *testing.T) {
	for outcome, uncertain := range map[protocol.Outcome]bool{
		protocol.OutcomeNeverSeen: false, protocol.OutcomeDone: false, protocol.OutcomeForgotten: true, protocol.OutcomeRunning: true,
	} {
		withFake(t, func(t *testing.T, p *fakePen, s *device.Session, l *eventLog) {
			defer touching(s)()
			if err := s.EnterService(background); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			p.with(func(p *fakePen) {
				p.lose = func(m protocol.Message) bool { return m.Type() == protocol.TypeTestOutput }
				p.bend = bent(func(m *protocol.Result) { m.Outcome = outcome })
			})
			begun := time.Now()
			err := s.TestOutput(background, testRequest())
			var u *device.UncertainError
			if errors.As(err, &u) != uncertain || uncertain && (u.ArmID != 0x55667788 || u.Outcome != outcome) || !errors.Is(err, device.ErrNoReply) {
				t.Errorf("outcome %d: %v", outcome, err)
			}
			if took := time.Since(begun); took > 2*protocol.CommandLimit {
				t.Errorf("took %v", took)
			}
			if len(p.heard(protocol.TypeDisarm)) == 0 {
				t.Error("not disarmed")
			}
		})
	}
}

// A link that is lost while an output is permitted, or before the answer to the
// question, leaves something that is not known.
func TestServiceOutputUncertain(t *testing.T) {
	withFake(t, func(t *testing.T, p *fakePen, s *device.Session, l *eventLog) {
		defer touching(s)()
		permitTest(t, s)
		p.with(func(p *fakePen) { p.silent = true })
		<-s.Done()
		var u *device.UncertainError
		if err := s.Err(); !errors.As(err, &u) || u.ArmID != 0x55667788 || u.State != protocol.StateService {
			t.Errorf("end: %v", err)
		}
		if _, err := s.EndedTest(background); !errors.Is(err, device.ErrLinkLost) {
			t.Errorf("report: %v", err)
		}
	})
	withFake(t, func(t *testing.T, p *fakePen, s *device.Session, l *eventLog) {
		defer touching(s)()
		if err := s.EnterService(background); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		p.with(func(p *fakePen) { p.silent = true })
		var u *device.UncertainError
		if err := s.TestOutput(background, testRequest()); !errors.As(err, &u) || u.Command != protocol.TypeTestOutput || u.CommandID != testCommand || u.ArmID != 0x55667788 {
			t.Errorf("output: %v", err)
		}
	})
}

// What was carried out and can't be read back is not something that never
// arrived: the pen is another one now.
func TestDoneAndNotReadBack(t *testing.T) {
	for command, tt := range map[protocol.Type]struct {
		read protocol.Type
		do   func(s *device.Session) error
	}{
		protocol.TypeCalCommit: {protocol.TypeCalRead, func(s *device.Session) error {
			table, _, err := s.Calibration(background, protocol.QuantityPower, protocol.CalActive)
			if err != nil {
				return err
			}
			table.Revision++
			if err := s.StageCalibration(background, table); err != nil {
				return err
			}
			return s.CommitCalibration(background, table)
		}},
		protocol.TypeCalRestore: {protocol.TypeCalRead, func(s *device.Session) error {
			return s.RestoreCalibration(background, protocol.QuantityPower)
		}},
		protocol.TypeTipBind: {protocol.TypeTipRead, func(s *device.Session) error {
			return s.BindTip(background, 11, [16]byte{5})
		}},
		protocol.TypeCounterReset: {protocol.TypeCountersRead, func(s *device.Session) error {
			_, err := s.ResetCounters(background, 0)
			return err
		}},
		protocol.TypeSelfTest: {protocol.TypeSelfTestRead, func(s *device.Session) error {
			_, err := s.SelfTest(background, 0)
			return err
		}},
		protocol.TypeLogErase: {protocol.TypeLogRead, func(s *device.Session) error {
			var cur device.LogCursor
			if _, err := copyLog(s, &cur); err != nil {
				return err
			}
			return s.EraseLog(background, cur)
		}},
	} {
		t.Run(command.String(), func(t *testing.T) {
			withFake(t, func(t *testing.T, p *fakePen, s *device.Session, l *eventLog) {
				p.with(func(p *fakePen) {
					p.svc.log = fakeLog(40, 21, 7)
					p.st.NewestLog = 60
					done := false
					p.lose = func(m protocol.Message) bool {
						done = done || m.Type() == command
						return done && m.Type() == tt.read
					}
				})
				err := tt.do(s)
				var u *device.UncertainError
				if !errors.As(err, &u) || u.Command != command || u.Outcome != protocol.OutcomeDone || !errors.Is(err, device.ErrNoReply) {
					t.Errorf("%v", err)
				}
				if len(p.heard(command)) == 0 {
					t.Error("it was not sent")
				}
			})
		})
	}
}
