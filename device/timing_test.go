package device_test

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stipple/device"
	"stipple/protocol"
)

func TestStopIsRepeatedUntilConfirmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		p.with(func(p *fakePen) {
			p.bend = func(_ *protocol.Header, m protocol.Message) protocol.Message {
				if x, ok := m.(*protocol.Stopped); ok {
					return &protocol.Stopped{Nonce: x.Nonce + 1}
				}
				return m
			}
		})
		start := time.Since(p.start)
		s.Stop()
		s.Stop()
		pass(225 * time.Millisecond)
		want := []time.Duration{0, 10, 20, 70, 120, 170, 220}
		stops := p.heard(protocol.TypeStop)
		if len(stops) != len(want) {
			t.Fatalf("%d stops", len(stops))
		}
		nonce := stops[0].msg.(*protocol.Stop).Nonce
		for i, r := range stops {
			if r.at-start != want[i]*time.Millisecond || r.msg.(*protocol.Stop).Nonce != nonce || nonce == 0 || r.h.Session != 0 {
				t.Errorf("stop %d after %v: %+v", i, r.at-start, r.msg)
			}
		}
		if e := l.of(device.EventStopUnconfirmed); len(e) != 1 || e[0].Latency.Round(time.Millisecond) != protocol.StopConfirm {
			t.Errorf("unconfirmed %v", e)
		}
		if len(l.of(device.EventStopConfirmed)) != 0 {
			t.Error("confirmed by another nonce")
		}
		p.with(func(p *fakePen) { p.bend = nil })
		pass(time.Second)
		if e := l.of(device.EventStopConfirmed); len(e) != 1 || e[0].Latency.Round(time.Millisecond) != 270*time.Millisecond {
			t.Errorf("confirmed %v", e)
		}
		if e := l.of(device.EventNeedleBack); len(e) != 1 {
			t.Errorf("needle back %v", e)
		}
		n := len(p.heard(protocol.TypeStop))
		s.Stop()
		pass(time.Second)
		again := p.heard(protocol.TypeStop)[n:]
		if len(again) != 1 || again[0].msg.(*protocol.Stop).Nonce == nonce {
			t.Errorf("the next stop: %v", again)
		}
	})
}

// A stop overtakes every command and every retry, and ends an armed state.
func TestStopWhileArmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		defer touching(s)()
		arm(t, s)
		pass(300 * time.Millisecond)
		s.Stop()
		synctest.Wait()
		n := len(p.heard(protocol.TypeLease))
		pass(time.Second)
		if got := len(p.heard(protocol.TypeLease)); got != n {
			t.Errorf("%d leases after the stop", got-n)
		}
		if e := l.of(device.EventArmEnded); len(e) != 1 || !errors.Is(e[0].Err, device.ErrStopped) {
			t.Errorf("ended %v", e)
		}
		if e := l.of(device.EventUnconfirmedReady); len(e) != 0 {
			t.Errorf("unconfirmed %v", e)
		}
		snap, _ := s.Snapshot()
		s.Touch()
		if err := s.Arm(context.Background(), device.ArmRequest{Hash: snap.Hash, CommandID: 4}); err != nil {
			t.Errorf("after a confirmed stop the pen decides: %v", err)
		}
	})
}

func TestStatusSilenceWhileArmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		defer touching(s)()
		arm(t, s)
		pass(175 * time.Millisecond)
		last := time.Since(p.start)
		p.with(func(p *fakePen) { p.sendStatus(); p.mute = true })
		pass(750 * time.Millisecond)
		stops := p.heard(protocol.TypeStop)
		if len(stops) == 0 || stops[0].at-last != protocol.StatusSilence {
			t.Errorf("stopped %v, last status at %v", stops, last)
		}
		for _, r := range p.heard(protocol.TypeLease) {
			if r.at-last > protocol.StatusSilence {
				t.Errorf("a lease %v after the last status", r.at-last)
			}
		}
		if e := l.of(device.EventStatusSilence); len(e) != 1 || e[0].Latency != protocol.StatusSilence {
			t.Errorf("events %v", e)
		}
	})
}

func TestSilenceEndsTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		pass(225 * time.Millisecond) // behind the quick time exchanges
		last := s.Live().At
		p.with(func(p *fakePen) { p.silent = true })
		before := time.Since(p.start)
		<-s.Done()
		if took := time.Since(last); took != protocol.LinkSilence {
			t.Errorf("ended after %v", took)
		}
		var lost *device.LinkLostError
		if err := s.Err(); !errors.As(err, &lost) || lost.Cause != nil || errors.Is(err, device.ErrUncertain) {
			t.Errorf("end: %v", err)
		}
		<-l.done
		if e := l.of(device.EventEnd); len(e) != 1 || !errors.Is(e[0].Err, device.ErrLinkLost) {
			t.Errorf("last event %v", e)
		}
		s.Stop()
		s.Disarm()
		pass(time.Second)
		if _, err := s.ReadBack(context.Background()); !errors.Is(err, device.ErrLinkLost) {
			t.Errorf("a dead session: %v", err)
		}
		for _, r := range p.got {
			if r.at-before > protocol.LinkSilence {
				t.Errorf("%v written after a second of silence", r.msg.Type())
			}
		}
		shut(t, s, p, l)
	})
}

func TestLinkLostWhileArmedIsUncertain(t *testing.T) {
	for name, cut := range map[string]func(p *fakePen){
		"silence": func(p *fakePen) { p.with(func(p *fakePen) { p.silent = true }) },
		"unplug":  func(p *fakePen) { _ = p.conn.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, conn := newFakePen(t)
				s, l := open(t, conn)
				defer touching(s)()
				arm(t, s)
				p.with(func(p *fakePen) {
					p.st.State, p.st.NewestPulse = protocol.StateTreating, 103
					p.say(protocol.Header{Session: p.session}, &protocol.Pulse{Index: 101, Result: protocol.PulseComplete})
					p.say(protocol.Header{Session: p.session}, &protocol.Pulse{Index: 103, Result: protocol.PulseComplete})
					p.sendStatus()
				})
				pass(20 * time.Millisecond)
				cut(p)
				<-s.Done()
				var u *device.UncertainError
				if err := s.Err(); !errors.As(err, &u) || !errors.Is(err, device.ErrLinkLost) || u.ArmID != 0x55667788 ||
					u.State != protocol.StateTreating || u.LastPulse != 101 || u.Newest != 103 || u.CommandID != 0 {
					t.Errorf("end: %v (%+v)", err, u)
				}
				shut(t, s, p, l)
			})
		})
	}
}

func TestLinkLostBeforeTheReplyIsUncertain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer touching(s)()
		snap, _ := s.Apply(context.Background(), testEnvelope(), testValues)
		p.with(func(p *fakePen) { p.silent = true })
		err := s.Arm(context.Background(), device.ArmRequest{Hash: snap.Hash, CommandID: testCommand})
		var u *device.UncertainError
		if !errors.As(err, &u) || u.Command != protocol.TypeArm || u.CommandID != testCommand || u.ArmID != 0x55667788 || !errors.Is(err, device.ErrLinkLost) {
			t.Errorf("arm: %v", err)
		}
		<-s.Done()
		if !errors.Is(s.Err(), err) {
			t.Errorf("end: %v", s.Err())
		}
		shut(t, s, p, l)
	})
}

func TestCancelledArmIsDisarmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		defer touching(s)()
		snap, _ := s.Apply(context.Background(), testEnvelope(), testValues)
		p.with(func(p *fakePen) {
			p.bend = func(_ *protocol.Header, m protocol.Message) protocol.Message {
				if m.Type() == protocol.TypeResult {
					return nil
				}
				return m
			}
		})
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
		defer cancel()
		err := s.Arm(ctx, device.ArmRequest{Hash: snap.Hash, CommandID: testCommand})
		if !errors.Is(err, device.ErrUncertain) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("arm: %v", err)
		}
		pass(time.Second)
		if s.Live().Status.State != protocol.StateStandby || len(p.heard(protocol.TypeLease)) != 0 {
			t.Errorf("left in %v", s.Live().Status.State)
		}
		if n := len(p.heard(protocol.TypeArm)); n != 1 {
			t.Errorf("%d ARM: sent again after it was given up", n)
		}
	})
}

// While STATUS flows and nothing is answered, at most 2 KiB go out, and the
// session ends.
func TestDeafPenGetsAtMostTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		count := &countingConn{ReadWriteCloser: conn}
		s, l := open(t, count)
		pass(500 * time.Millisecond)
		before := count.total()
		p.with(func(p *fakePen) { p.deaf = true })
		s.Stop()
		<-s.Done()
		if n := count.total() - before; n > protocol.MaxUnacknowledged {
			t.Errorf("%d bytes to a pen that does not hear", n)
		}
		if !errors.Is(s.Err(), device.ErrDeaf) {
			t.Errorf("end: %v", s.Err())
		}
		shut(t, s, p, l)
	})
}

type countingConn struct {
	io.ReadWriteCloser
	mu sync.Mutex
	n  int
}

func (c *countingConn) Write(b []byte) (int, error) {
	c.mu.Lock()
	c.n += len(b)
	c.mu.Unlock()
	return c.ReadWriteCloser.Write(b)
}

func (c *countingConn) total() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

// hangingConn is a driver whose Write does not come back.
type hangingConn struct {
	io.ReadWriteCloser
	hang    chan struct{} // closed: hangs from now on
	release chan struct{} // closed: comes back
}

func (c *hangingConn) Write(b []byte) (int, error) {
	select {
	case <-c.hang:
		<-c.release
		return 0, io.ErrClosedPipe
	default:
		return c.ReadWriteCloser.Write(b)
	}
}

func TestWriterThatHangsIsAbandoned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		hang := &hangingConn{ReadWriteCloser: conn, hang: make(chan struct{}), release: make(chan struct{})}
		s, l := open(t, hang)
		close(hang.hang)
		start := time.Now()
		s.Stop()
		pass(150 * time.Millisecond)
		if len(l.of(device.EventStopUnconfirmed)) != 1 {
			t.Error("nobody is told that the stop is not confirmed")
		}
		<-s.Done()
		if took := time.Since(start); took != protocol.LinkSilence+100*time.Millisecond {
			t.Errorf("ended after %v", took)
		}
		var left *device.AbandonedError
		if err := s.Err(); !errors.As(err, &left) || !left.Writer || left.Reader || !errors.Is(err, device.ErrWriteStuck) {
			t.Errorf("end: %v", err)
		}
		if err := s.Close(); !errors.As(err, &left) {
			t.Errorf("close: %v", err)
		}
		close(hang.release)
		_ = p.conn.Close()
		<-p.done
		<-l.done
	})
}

// timeoutConn reads as a serial port does: 0 and no error when nothing comes.
type timeoutConn struct {
	io.ReadWriteCloser
	in chan []byte
}

func newTimeoutConn(c io.ReadWriteCloser) *timeoutConn {
	t := &timeoutConn{ReadWriteCloser: c, in: make(chan []byte, 1000)}
	go func() {
		defer close(t.in)
		for {
			b := make([]byte, 64)
			n, err := c.Read(b)
			if err != nil {
				return
			}
			t.in <- b[:n]
		}
	}()
	return t
}

func (c *timeoutConn) Read(b []byte) (int, error) {
	select {
	case in, ok := <-c.in:
		if !ok {
			return 0, io.EOF
		}
		return copy(b, in), nil
	case <-time.After(20 * time.Millisecond):
		return 0, nil
	}
}

func TestReadTimeoutsAreNotAnEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, newTimeoutConn(conn))
		pass(time.Second)
		if err := s.Err(); err != nil || s.Stats().Wire.Dropped != 0 {
			t.Errorf("%v, %+v", err, s.Stats())
		}
		shut(t, s, p, l)
	})
}

func TestCloseDisarmsFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		stop := touching(s)
		arm(t, s)
		stop()
		shut(t, s, p, l)
		if len(p.heard(protocol.TypeDisarm)) != 1 {
			t.Error("left armed")
		}
		if err := s.Err(); !errors.Is(err, device.ErrClosed) || errors.Is(err, device.ErrUncertain) {
			t.Errorf("end: %v", err)
		}
	})
}
