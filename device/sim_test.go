package device_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stipple/device"
	"stipple/device/link"
	"stipple/device/sim"
	"stipple/protocol"
)

// simulated runs the simulated pen in the bubble and connects a session.
type simulated struct {
	t    *testing.T
	pen  *sim.Pen
	hand sim.Handpiece
	stop func()

	mu   sync.Mutex
	seen []sim.Change // by Run's goroutine
}

// changes are the changes of the pen's outputs so far.
func (b *simulated) changes() []sim.Change {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.seen)
}

func newSimulated(t *testing.T, model sim.Model) *simulated {
	t.Helper()
	return newSimulatedAs(t, sim.Config{Model: model, Seed: 1})
}

// newSimulatedAs runs the pen that cfg says.
func newSimulatedAs(t *testing.T, cfg sim.Config) *simulated {
	t.Helper()
	b := &simulated{t: t}
	cfg.Observe = func(c sim.Change) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.seen = append(b.seen, c)
	}
	pen, err := sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- pen.Run(ctx) }()
	b.pen, b.hand = pen, pen.Hand()
	b.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("pen: %v", err)
		}
	}
	return b
}

func (b *simulated) connect() (*device.Session, *eventLog) {
	b.t.Helper()
	near, far := link.Pipe()
	b.pen.Attach(far)
	s, l := open(b.t, near)
	for s.Live().Status.ArmBlocks&protocol.BlockSelfTest != 0 {
		pass(100 * time.Millisecond)
	}
	return s, l
}

// consoleOf runs do with a session and a simulated pen whose self-test has
// passed, and closes the session.
func consoleOf(t *testing.T, model sim.Model, do func(t *testing.T, b *simulated, s *device.Session, l *eventLog)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := newSimulated(t, model)
		defer b.stop()
		s, l := b.connect()
		do(t, b, s, l)
		b.must(s.Close())
		<-l.done
	})
}

// rfEnvelope fits the simulated RF pen.
func rfEnvelope(pins uint16) protocol.Envelope {
	return protocol.Envelope{DosePerPin: 100000, PulsesPerSpot: 1, Pins: pins, Ranges: []protocol.Range{
		{Index: 0, Min: 500, Max: 2000}, {Index: 1, Min: 30, Max: 60}, {Index: 2, Min: 0, Max: 20000}, {Index: 3, Min: 10, Max: 1000},
	}}
}

// arm arms for pulses of 2 W and that many ms.
func (b *simulated) arm(s *device.Session, ms int32) {
	b.t.Helper()
	tip, _ := s.Tip()
	snap, err := s.Apply(context.Background(), rfEnvelope(tip.Pins), []int32{1500, 30, 2000, ms})
	if err != nil {
		b.t.Fatalf("apply: %v", err)
	}
	req := device.ArmRequest{Hash: snap.Hash, TreatmentID: [16]byte{1}, CommandID: testCommand}
	if err := s.Arm(context.Background(), req); err != nil {
		b.t.Fatalf("arm: %v", err)
	}
}

func TestTreatmentWithTheSimulatedPen(t *testing.T) {
	consoleOf(t, sim.R1, func(t *testing.T, b *simulated, s *device.Session, l *eventLog) {
		stop := touching(s)
		b.arm(s, 100)
		for range 3 {
			b.must(b.hand.Contact(true))
			b.must(b.hand.Trigger(true))
			pass(time.Second)
			b.must(b.hand.Trigger(false))
			b.must(b.hand.Contact(false))
			pass(500 * time.Millisecond)
		}
		all, reread := indices(l)
		if len(all) != 3 || len(reread) != 0 {
			t.Errorf("pulses %v, read again %v", all, reread)
		}
		for _, e := range l.of(device.EventPulse) {
			if e.Pulse.ArmID != 0x55667788 || e.Pulse.Energy == 0 || e.Pulse.Energy > 240000 {
				t.Errorf("pulse %+v", e.Pulse)
			}
		}
		s.Stop()
		pass(time.Second)
		e := l.of(device.EventStopConfirmed)
		if len(e) != 1 || e[0].Latency > 10*time.Millisecond {
			t.Errorf("stop %v", e)
		}
		if err := s.Clear(context.Background(), protocol.FaultNone); err != nil {
			t.Errorf("clear: %v", err)
		}
		if len(l.of(device.EventContradiction))+len(l.of(device.EventUnconfirmedReady))+len(l.of(device.EventGap)) != 0 {
			t.Errorf("events %v", l.events)
		}
		if st := s.Stats(); st.WrongAck+st.WrongSession+st.OldSeq+st.BadPayload+st.Wire.Dropped != 0 {
			t.Errorf("dropped %+v", st)
		}
		stop()
	})
}

func (b *simulated) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// The window freezes with the trigger held and a pulse on.
func TestFrozenWindowWithTheSimulatedPen(t *testing.T) {
	consoleOf(t, sim.R1, func(t *testing.T, b *simulated, s *device.Session, l *eventLog) {
		stop := touching(s)
		b.arm(s, 1000)
		b.treat()
		stop()
		frozen := time.Now()
		for s.Live().Status.State.Armed() {
			pass(10 * time.Millisecond)
			if time.Since(frozen) > 800*time.Millisecond {
				t.Fatal("still armed 800 ms after the freeze")
			}
		}
		pass(time.Second)
		if s.Live().Status.Flags&protocol.FlagRFOn != 0 {
			t.Error("RF on")
		}
	})
}

func TestSameUnitAfterALoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newSimulated(t, sim.R1)
		defer b.stop()
		s, l := b.connect()
		stop := touching(s)
		b.arm(s, 1000)
		b.treat()
		near, far := link.Pipe()
		b.pen.Attach(far) // the cable moves: the first link is cut
		<-s.Done()
		stop()
		var u *device.UncertainError
		if !errors.As(s.Err(), &u) || u.ArmID != 0x55667788 {
			t.Errorf("end: %v", s.Err())
		}
		<-l.done
		s2, l2 := open(t, near)
		if st := s2.Live().Status.State; st != protocol.StateStandby {
			t.Errorf("reconnected in %v", st)
		}
		res, err := s2.ResultOf(context.Background(), testCommand)
		if err != nil || res.Outcome != protocol.OutcomeDone {
			t.Errorf("result of %+v: %v", res, err)
		}
		pass(500 * time.Millisecond) // the pen closes the record once the needle is back
		pulses, _, newest, err := s2.Pulses(context.Background(), u.LastPulse+1)
		if err != nil || len(pulses) == 0 || pulses[len(pulses)-1].Index != newest {
			t.Errorf("ledger %v to %d: %v", pulses, newest, err)
		}
		b.must(s2.Close())
		<-l2.done
	})
}

func TestTipChangeOnTheSimulatedPen(t *testing.T) {
	consoleOf(t, sim.N1, func(t *testing.T, b *simulated, s *device.Session, l *eventLog) {
		before, ok := s.Tip()
		if !ok || before.ID == 0 {
			t.Fatalf("tip %+v %v", before, ok)
		}
		b.must(b.hand.RemoveTip())
		pass(200 * time.Millisecond)
		if tip, ok := s.Tip(); !ok || tip.ID != 0 {
			t.Errorf("removed: %+v %v", tip, ok)
		}
		b.must(b.hand.ChangeTip(sim.TipFor(sim.N1)))
		pass(200 * time.Millisecond)
		if tip, ok := s.Tip(); !ok || tip.ID == 0 || tip.ID == before.ID {
			t.Errorf("changed: %+v %v", tip, ok)
		}
		if e := l.of(device.EventTip); len(e) != 2 {
			t.Errorf("%d tip events", len(e))
		}
	})
}

// A pen that boots in the middle of a treatment answers every stop and knows no
// session: the one that it had is over after a second of that.
func TestRebootWhileTreatingEndsTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newSimulated(t, sim.R1)
		defer b.stop()
		s, l := b.connect()
		stop := touching(s)
		b.arm(s, 1000)
		b.treat()
		b.must(b.hand.Fault(sim.SwitchReboot, true))
		rebooted := time.Now()
		<-s.Done()
		stop()
		if d := time.Since(rebooted); d > protocol.LinkSilence+100*time.Millisecond {
			t.Errorf("the session held on for %v", d)
		}
		var u *device.UncertainError
		if !errors.As(s.Err(), &u) || u.ArmID == 0 || !errors.Is(s.Err(), device.ErrLinkLost) {
			t.Errorf("end: %v", s.Err())
		}
		<-l.done
		if len(l.of(device.EventStopConfirmed)) == 0 {
			t.Error("the pen answered no stop: nothing was tested")
		}
	})
}
