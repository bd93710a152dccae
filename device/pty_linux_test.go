package device_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"stipple/device"
	"stipple/device/serialport"
	"stipple/protocol"
)

// The whole way once with the real serial library: hello, settings, stop, and
// the cable.
func TestSessionOverAPty(t *testing.T) {
	far, near, _ := openPty(t)
	p := startFakePen(t, far)
	s, err := device.Open(context.Background(), near, device.Options{Role: protocol.RoleClinician})
	if err != nil {
		t.Fatal(err)
	}
	l := collect(s)
	stop := touching(s)
	arm(t, s)
	s.Stop()
	if e := await(t, s, l, device.EventStopConfirmed); e.Latency > 50*time.Millisecond {
		t.Errorf("stop took %v", e.Latency)
	}
	if err := s.Clear(context.Background(), protocol.FaultNone); err != nil {
		t.Errorf("clear: %v", err)
	}
	stop()
	_ = far.Close()
	<-s.Done()
	var gone *device.PortGoneError
	if err := s.Err(); !errors.Is(err, device.ErrLinkLost) || !errors.As(err, &gone) {
		t.Errorf("unplugged: %v", err)
	}
	<-p.done
	<-l.done
}

// await polls for an event; it has happened, or is about to.
func await(t *testing.T, s *device.Session, l *eventLog, k device.EventKind) device.Event {
	t.Helper()
	poll := time.NewTicker(time.Millisecond)
	defer poll.Stop()
	for {
		if e := l.of(k); len(e) > 0 {
			return e[0]
		}
		select {
		case <-poll.C:
		case <-s.Done():
			t.Fatalf("the session ended before %v: %v", k, s.Err())
		}
	}
}

// A stranger on a real port is let go, and the port can be had by others.
func TestStrangerOverAPty(t *testing.T) {
	far, near, _ := openPty(t)
	talk := make(chan struct{})
	go func() {
		defer close(talk)
		for {
			if _, err := io.WriteString(far, "T=21.5C\r\n\x00\x00"); err != nil {
				return
			}
			<-time.After(20 * time.Millisecond)
		}
	}()
	_, err := device.Open(context.Background(), near, device.Options{Role: protocol.RoleClinician})
	if !errors.Is(err, device.ErrNotPen) {
		t.Errorf("open: %v", err)
	}
	if _, err := near.Write([]byte{0}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("the port was left open: %v", err)
	}
	_ = far.Close()
	<-talk
}

// A supervisor with a named port: the path, what is behind it, and a second
// program on it.
func TestSupervisorOverAPty(t *testing.T) {
	far, near, path := openPty(t)
	start := func() (*device.Supervisor, func()) {
		s := device.NewSupervisor(device.SupervisorConfig{
			Find: serialport.Named(path), Open: serialport.Opener(0), Named: true,
		})
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		return s, func() {
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	}
	s, stop := start()
	var busy *device.BusyError
	waitFor(t, s, func(st device.LinkState) bool { return errors.As(st.Problem, &busy) })
	p := startFakePen(t, far)
	if err := near.Close(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, s, func(st device.LinkState) bool { return st.Phase == device.PhaseConnected })
	stop()
	_ = far.Close()
	<-p.done
}

func waitFor(t *testing.T, s *device.Supervisor, ok func(device.LinkState) bool) {
	t.Helper()
	limit := time.After(10 * time.Second)
	for !ok(s.State()) {
		select {
		case <-s.Changes():
		case <-limit:
			t.Fatalf("state %+v", s.State())
		}
	}
}
