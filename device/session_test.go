package device_test

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"stipple/device"
	"stipple/protocol"
)

func TestOpenReadsWhoThePenIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		i := s.Info()
		if i.Model != "R1" || i.Serial != "R1-0001" || i.Boot != 7 || !i.Simulated || i.Monitor || i.Descriptor == nil {
			t.Errorf("info %+v", i)
		}
		if tip, ok := s.Tip(); !ok || tip.ID != 11 || tip.Pins != 25 {
			t.Errorf("tip %+v %v", tip, ok)
		}
		if snap, ok := s.Snapshot(); !ok || snap.Applied || snap.Verified || snap.Depth != 500 {
			t.Errorf("snapshot %+v %v", snap, ok)
		}
		if live := s.Live(); !live.Valid || live.Status.State != protocol.StateStandby {
			t.Errorf("live %+v", live)
		}
	})
}

func TestApplyThenArmLeasesUntilDisarmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		stop := touching(s)
		defer stop()
		arm(t, s)
		if st := s.Live().Status; st.State != protocol.StateReady || st.ArmID != 0x55667788 {
			t.Errorf("armed: %v %x", st.State, st.ArmID)
		}
		pass(time.Second)
		leases := p.heard(protocol.TypeLease)
		if len(leases) < 10 || len(leases) > 11 {
			t.Errorf("%d leases in a second", len(leases))
		}
		for i, x := range leases {
			m := x.msg.(*protocol.Lease)
			if m.ArmID != 0x55667788 {
				t.Errorf("lease %d under %x", i, m.ArmID)
			}
			if age := (protocol.PenClock(1e6).Add(x.at)).Sub(m.Clock); age < 0 || age > 51*time.Millisecond {
				t.Errorf("lease %d echoes a clock %v old", i, age)
			}
			if i > 0 && x.at-leases[i-1].at != protocol.LeaseEvery {
				t.Errorf("lease %d after %v", i, x.at-leases[i-1].at)
			}
		}
		s.Disarm()
		pass(time.Second)
		if n := len(p.heard(protocol.TypeDisarm)); n != 1 {
			t.Errorf("%d disarms", n)
		}
		if n := len(p.heard(protocol.TypeLease)); n > len(leases)+1 {
			t.Errorf("leases after disarm: %d, %d before", n, len(leases))
		}
		if n := len(p.heard(protocol.TypeStop)); n != 0 {
			t.Errorf("%d stops", n)
		}
		if e := l.of(device.EventArmEnded); len(e) != 1 || !errors.Is(e[0].Err, device.ErrDisarmed) {
			t.Errorf("ended %v", e)
		}
	})
}

// A frozen window must not keep a pen armed.
func TestNoTouchEndsLeasing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		s.Touch()
		touched := time.Since(p.start)
		arm(t, s)
		pass(2 * time.Second)
		leases := p.heard(protocol.TypeLease)
		if last := leases[len(leases)-1].at - touched; last > device.LivenessLimit {
			t.Errorf("a lease %v after the last touch", last)
		}
		if d := p.heard(protocol.TypeDisarm); len(d) != 1 || d[0].at-touched != device.LivenessLimit {
			t.Errorf("disarms %v", d)
		}
		if e := l.of(device.EventArmEnded); len(e) != 1 || !errors.Is(e[0].Err, device.ErrNotAlive) {
			t.Errorf("ended %v", e)
		}
		snap, _ := s.Snapshot()
		err := s.Arm(context.Background(), device.ArmRequest{Hash: snap.Hash, CommandID: 9})
		if !errors.Is(err, device.ErrNotAlive) {
			t.Errorf("arm without a touch: %v", err)
		}
	})
}

func TestArmIsRefusedHere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		stop := touching(s)
		defer stop()
		ctx := context.Background()
		if err := s.Arm(ctx, device.ArmRequest{CommandID: 1}); !errors.Is(err, device.ErrNotRead) {
			t.Errorf("nothing applied: %v", err)
		}
		snap, err := s.Apply(ctx, testEnvelope(), testValues)
		if err != nil || !snap.Verified || snap.Depth != 1500 || snap.Power != 10000 {
			t.Fatalf("apply %+v: %v", snap, err)
		}
		if err := s.Arm(ctx, device.ArmRequest{Hash: [8]byte{1}, CommandID: 1}); !errors.Is(err, device.ErrNotRead) {
			t.Errorf("another hash: %v", err)
		}
		if err := s.Arm(ctx, device.ArmRequest{Hash: snap.Hash, CommandID: 1 << 32}); !errors.Is(err, device.ErrCommandID) {
			t.Errorf("no arm id: %v", err)
		}
		if err := s.Arm(ctx, device.ArmRequest{Hash: snap.Hash, CommandID: 1}); err != nil {
			t.Errorf("arm: %v", err)
		}
		if err := s.Arm(ctx, device.ArmRequest{Hash: snap.Hash, CommandID: 2}); !errors.Is(err, device.ErrArmed) {
			t.Errorf("twice: %v", err)
		}
		if _, err := s.Apply(ctx, testEnvelope(), testValues); !errors.Is(err, device.ErrArmed) {
			t.Errorf("apply while armed: %v", err)
		}
		if _, _, _, err := s.Pulses(ctx, 1); !errors.Is(err, device.ErrArmed) {
			t.Errorf("ledger while armed: %v", err)
		}
		if n := len(p.heard(protocol.TypeArm)); n != 1 {
			t.Errorf("%d ARM on the wire", n)
		}
	})
}

func TestArmRefusedByThePen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		stop := touching(s)
		defer stop()
		snap, _ := s.Apply(context.Background(), testEnvelope(), testValues)
		p.with(func(p *fakePen) {
			p.bend = func(_ *protocol.Header, m protocol.Message) protocol.Message {
				switch r := m.(type) {
				case *protocol.Result:
					return &protocol.Result{CommandID: r.CommandID, Outcome: protocol.OutcomeRejected, Code: protocol.CodeBlocked,
						ArmBlocks: protocol.BlockTipUsed | protocol.BlockBattery}
				case *protocol.Status:
					r.State = protocol.StateStandby
				}
				return m
			}
		})
		err := s.Arm(context.Background(), device.ArmRequest{Hash: snap.Hash, CommandID: 5})
		var refused *device.RefusedError
		if !errors.As(err, &refused) || refused.Code != protocol.CodeBlocked || refused.Blocks != protocol.BlockTipUsed|protocol.BlockBattery {
			t.Errorf("arm: %v", err)
		}
		p.with(func(p *fakePen) { p.bend = nil; p.st.State = protocol.StateStandby })
		if err := s.Arm(context.Background(), device.ArmRequest{Hash: snap.Hash, CommandID: 6}); err != nil {
			t.Errorf("second attempt: %v", err)
		}
	})
}

func TestApplyRefusedNamesFieldAndBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		_, err := s.Apply(context.Background(), testEnvelope(), []int32{2100, 30, 0, 10})
		var refused *device.RefusedError
		if !errors.As(err, &refused) || refused.Field != 0 || refused.Name != "depth" || refused.Bound != 2000 || len(refused.Verdicts) != 4 {
			t.Errorf("apply: %v", err)
		}
		if _, ok := s.Snapshot(); ok {
			t.Error("a snapshot after a refusal that changed the envelope")
		}
		if len(p.heard(protocol.TypeStop)) != 0 {
			t.Error("a refusal is no contradiction")
		}
	})
}

func TestCommandIsRetriedUnderTheSameSeq(t *testing.T) {
	for _, tt := range []struct {
		lost int
		ok   bool
	}{{0, true}, {1, true}, {3, true}, {4, false}} {
		synctest.Test(t, func(t *testing.T) {
			p, conn := newFakePen(t)
			s, l := open(t, conn)
			defer shut(t, s, p, l)
			before := len(p.heard(protocol.TypeGetSettings))
			n := 0
			p.with(func(p *fakePen) {
				p.lose = func(m protocol.Message) bool {
					if m.Type() != protocol.TypeGetSettings {
						return false
					}
					n++
					return n <= tt.lost
				}
			})
			start := time.Now()
			_, err := s.ReadBack(context.Background())
			took := time.Since(start)
			if (err == nil) != tt.ok || err != nil && !errors.Is(err, device.ErrNoReply) {
				t.Errorf("%d lost: %v", tt.lost, err)
			}
			if !tt.ok && took != protocol.CommandLimit {
				t.Errorf("given up after %v", took)
			}
			sent := p.heard(protocol.TypeGetSettings)[before:]
			if want := min(tt.lost+1, protocol.CommandSends); len(sent) != want {
				t.Errorf("%d lost: sent %d times", tt.lost, len(sent))
			}
			pause := protocol.CommandIntervalMin
			for i := 1; i < len(sent); i++ {
				if sent[i].h.Seq != sent[0].h.Seq {
					t.Errorf("send %d under seq %d, first under %d", i, sent[i].h.Seq, sent[0].h.Seq)
				}
				if got := sent[i].at - sent[i-1].at; got != pause {
					t.Errorf("send %d after %v, want %v", i, got, pause)
				}
				pause *= 2
			}
		})
	}
}

// BUSY means that the request was not looked at: it is sent again under its
// seq, and refused only if that never ends.
func TestBusyIsTriedAgain(t *testing.T) {
	for _, tt := range []struct {
		busy int
		ok   bool
	}{{1, true}, {6, true}, {1000, false}} {
		synctest.Test(t, func(t *testing.T) {
			p, conn := newFakePen(t)
			s, l := open(t, conn)
			defer shut(t, s, p, l)
			n := 0
			p.with(func(p *fakePen) {
				p.bend = func(_ *protocol.Header, m protocol.Message) protocol.Message {
					if n++; m.Type() == protocol.TypeSettings && n <= tt.busy {
						clear(p.kept)
						return &protocol.Rejected{Request: protocol.TypeGetSettings, Code: protocol.CodeBusy, Field: protocol.NoField}
					}
					if m.Type() != protocol.TypeSettings {
						n--
					}
					return m
				}
			})
			_, err := s.ReadBack(context.Background())
			var refused *device.RefusedError
			if tt.ok && err != nil || !tt.ok && (!errors.As(err, &refused) || refused.Code != protocol.CodeBusy) {
				t.Errorf("busy %d times: %v", tt.busy, err)
			}
		})
	}
}

// One command at a time, however many ask.
func TestOneCommandIsOutstanding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		p.with(func(p *fakePen) {
			p.lose = func(m protocol.Message) bool { return m.Type() == protocol.TypeGetSettings }
		})
		errs := make(chan error)
		for range 3 {
			go func() { _, err := s.ReadBack(context.Background()); errs <- err }()
		}
		for range 3 {
			if err := <-errs; !errors.Is(err, device.ErrNoReply) {
				t.Errorf("read back: %v", err)
			}
		}
		var seqs []uint16
		for _, r := range p.heard(protocol.TypeGetSettings)[1:] {
			if len(seqs) == 0 || seqs[len(seqs)-1] != r.h.Seq {
				seqs = append(seqs, r.h.Seq)
			}
		}
		if len(seqs) != 3 {
			t.Errorf("commands overlap: seqs %v", seqs)
		}
	})
}

func TestCancelledCommandLeavesTheSessionUsable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		p.with(func(p *fakePen) {
			p.lose = func(m protocol.Message) bool { return m.Type() == protocol.TypeGetSettings }
		})
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
		defer cancel()
		if _, err := s.ReadBack(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("cancelled: %v", err)
		}
		p.with(func(p *fakePen) { p.lose = nil })
		if _, err := s.ReadBack(context.Background()); err != nil {
			t.Errorf("after it: %v", err)
		}
	})
}

func TestTipIsReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		p.with(func(p *fakePen) {
			p.st.TipID = 12
			p.tip = protocol.TipInfo{ID: 12, Pins: 49, Lot: "B2"}
			p.sendStatus()
		})
		pass(50 * time.Millisecond)
		if tip, ok := s.Tip(); !ok || tip.ID != 12 || tip.Pins != 49 {
			t.Errorf("tip %+v %v", tip, ok)
		}
		if e := l.of(device.EventTip); len(e) != 1 || e[0].Tip.Lot != "B2" {
			t.Errorf("events %v", e)
		}
	})
}

// A stop that begins while a CLEAR is on its way is not taken back by the
// CLEAR's retry.
func TestClearIsNotRepeatedBehindAStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		s.Stop()
		pass(100 * time.Millisecond)
		p.with(func(p *fakePen) { // the first copy is lost
			p.lose = func(m protocol.Message) bool { return m.Type() == protocol.TypeClear }
		})
		cleared := make(chan error, 1)
		go func() { cleared <- s.Clear(context.Background(), protocol.FaultNone) }()
		pass(10 * time.Millisecond)
		p.with(func(p *fakePen) { p.lose = nil })
		s.Stop()
		if err := <-cleared; err == nil {
			t.Error("CLEAR counts as done")
		}
		pass(100 * time.Millisecond)
		if n := len(p.heard(protocol.TypeClear)); n != 1 { // the copy that was lost
			t.Errorf("%d CLEAR, 1 wanted: the one before the stop", n)
		}
		if st := s.Live().Status.State; st != protocol.StateStopped {
			t.Errorf("the pen is in %v", st)
		}
	})
}

// hookedRand is randomness whose next reading something happens in.
type hookedRand struct{ during func() }

func (r *hookedRand) Read(b []byte) (int, error) {
	if do := r.during; do != nil {
		r.during = nil
		do()
	}
	return rand.Read(b)
}

// A stop that somebody asks for after CLEAR was asked for, and before it is on its
// way, is not what that CLEAR may take away, be it confirmed by then or not.
func TestClearIsNotSentBehindAStop(t *testing.T) {
	for name, wait := range map[string]time.Duration{"not confirmed": 0, "confirmed": 50 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, conn := newFakePen(t)
				random := &hookedRand{}
				s, err := device.Open(context.Background(), conn, device.Options{Role: protocol.RoleClinician, Rand: random})
				if err != nil {
					t.Fatal(err)
				}
				l := collect(s)
				defer shut(t, s, p, l)
				s.Stop()
				pass(100 * time.Millisecond)
				random.during = func() { s.Stop(); time.Sleep(wait) }
				if err := s.Clear(context.Background(), protocol.FaultNone); !errors.Is(err, device.ErrStopped) {
					t.Errorf("CLEAR: %v, want %v", err, device.ErrStopped)
				}
				pass(100 * time.Millisecond)
				if n := len(p.heard(protocol.TypeClear)); n != 0 {
					t.Errorf("%d CLEAR", n)
				}
				if st := s.Live().Status.State; st != protocol.StateStopped {
					t.Errorf("the pen is in %v", st)
				}
			})
		})
	}
}

func TestClearAndState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		p.with(func(p *fakePen) {
			p.lose = func(m protocol.Message) bool { return m.Type() == protocol.TypeStop }
		})
		s.Stop()
		pass(50 * time.Millisecond)
		if err := s.Clear(context.Background(), protocol.FaultNone); !errors.Is(err, device.ErrStopped) {
			t.Errorf("clear before the stop is confirmed: %v", err)
		}
		p.with(func(p *fakePen) { p.lose = nil })
		pass(time.Second)
		if err := s.Clear(context.Background(), protocol.FaultNone); err != nil {
			t.Errorf("clear: %v", err)
		}
		pass(50 * time.Millisecond) // the STATUS that follows
		var states []protocol.State
		for _, e := range l.of(device.EventState) {
			states = append(states, e.State)
		}
		if len(states) != 2 || states[0] != protocol.StateStopped || states[1] != protocol.StateStandby {
			t.Errorf("states %v", states)
		}
	})
}

func TestRateFitsTheLine(t *testing.T) {
	for _, tt := range []struct {
		baud, ask int
		ok        bool
	}{{0, 200, true}, {0, 201, false}, {0, 19, false}, {115200, 20, true}, {115200, 50, false}, {1000000, 100, true}} {
		synctest.Test(t, func(t *testing.T) {
			p, conn := newFakePen(t)
			s, err := device.Open(context.Background(), conn, device.Options{Baud: tt.baud})
			if err != nil {
				t.Fatal(err)
			}
			defer shut(t, s, p, collect(s))
			got, err := s.SetRate(context.Background(), tt.ask)
			var rate *device.RateError
			if tt.ok && (err != nil || got != tt.ask) || !tt.ok && !errors.As(err, &rate) {
				t.Errorf("%d a second on %d baud: %d, %v", tt.ask, tt.baud, got, err)
			}
		})
	}
}
