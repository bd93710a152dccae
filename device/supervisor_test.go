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
	"stipple/device/link"
	"stipple/protocol"
)

// bus is a set of ports, each with something behind it.
type bus struct {
	t     *testing.T
	mu    sync.Mutex
	ports []device.Port
	make  map[string]func() (io.ReadWriteCloser, error)
	pens  map[string]*fakePen // newest of each path
	opens map[string]int
	all   []*fakePen
	err   error
}

func newBus(t *testing.T) *bus {
	return &bus{t: t, make: make(map[string]func() (io.ReadWriteCloser, error)), pens: make(map[string]*fakePen), opens: make(map[string]int)}
}

// plug puts a pen with that serial number on a path.
func (b *bus) plug(path, serial string, change ...func(*fakePen)) {
	b.port(device.Port{Path: path}, func() (io.ReadWriteCloser, error) {
		p, conn := newFakePen(b.t)
		p.with(func(p *fakePen) {
			p.ack.Serial = serial
			for _, f := range change {
				f(p)
			}
		})
		b.pens[path] = p
		b.all = append(b.all, p)
		return conn, nil
	})
}

func (b *bus) port(p device.Port, open func() (io.ReadWriteCloser, error)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ports = append(b.ports, p)
	b.make[p.Path] = open
}

// unplug takes a port away and cuts what is open on it.
func (b *bus) unplug(path string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, p := range b.ports {
		if p.Path == path {
			b.ports = append(b.ports[:i:i], b.ports[i+1:]...)
			break
		}
	}
	if p := b.pens[path]; p != nil {
		_ = p.conn.Close()
	}
}

func (b *bus) find(context.Context) ([]device.Port, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]device.Port(nil), b.ports...), b.err
}

func (b *bus) open(_ context.Context, p device.Port) (io.ReadWriteCloser, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.opens[p.Path]++
	return b.make[p.Path]()
}

func (b *bus) opened(path string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.opens[path]
}

func (b *bus) pen(path string) *fakePen {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.pens[path]
}

// supervise runs a supervisor on the bus until the returned function is called.
func (b *bus) supervise(cfg device.SupervisorConfig) (*device.Supervisor, func()) {
	cfg.Find, cfg.Open = b.find, b.open
	s := device.NewSupervisor(cfg)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	return s, func() {
		cancel()
		if err := <-ended; err != nil {
			b.t.Errorf("run: %v", err)
		}
		if st := s.State(); st.Phase != device.PhaseEnded || st.Session != nil {
			b.t.Errorf("ended as %+v", st)
		}
		for _, p := range b.all {
			_ = p.conn.Close()
			<-p.done
		}
	}
}

func TestSupervisorConnectsLosesAndFindsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBus(t)
		s, stop := b.supervise(device.SupervisorConfig{})
		defer stop()
		pass(2500 * time.Millisecond)
		if st := s.State(); st.Phase != device.PhaseSearching || st.Problem != nil {
			t.Errorf("nothing there: %+v", st)
		}
		b.plug("a", "S1")
		pass(1100 * time.Millisecond)
		st := s.State()
		if st.Phase != device.PhaseConnected || st.Session == nil || st.Session.Info().Serial != "S1" {
			t.Fatalf("connected: %+v", st)
		}
		b.unplug("a")
		pass(100 * time.Millisecond)
		st = s.State()
		if st.Phase != device.PhaseLost || st.Session != nil || st.LostSince.IsZero() || st.Serial != "S1" || !errors.Is(st.Ended, device.ErrLinkLost) || st.SameUnit {
			t.Errorf("lost: %+v", st)
		}
		pass(5 * time.Second)
		var gone *device.PortGoneError
		if st = s.State(); st.Phase != device.PhaseLost || !errors.As(st.Problem, &gone) {
			t.Errorf("still lost: %+v", st)
		}
		b.plug("b", "S1")
		pass(1100 * time.Millisecond)
		if st = s.State(); st.Phase != device.PhaseConnected || st.Session == nil || !st.LostSince.IsZero() {
			t.Errorf("found again: %+v", st)
		}
		if st.Session.Live().Status.State != protocol.StateStandby || len(b.pen("b").heard(protocol.TypeArm)) != 0 {
			t.Error("armed by itself")
		}
		s.Stop()
		synctest.Wait()
		if len(b.pen("b").heard(protocol.TypeStop)) == 0 {
			t.Error("stop does not reach the session")
		}
		select {
		case <-s.Changes():
		default:
			t.Error("no change was told")
		}
	})
}

func TestSupervisorStopsWithoutASession(t *testing.T) {
	device.NewSupervisor(device.SupervisorConfig{}).Stop()
}

// After an uncertain end only the same unit will do.
func TestSupervisorWaitsForTheSameUnit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBus(t)
		s, stop := b.supervise(device.SupervisorConfig{})
		defer stop()
		b.plug("a", "S1")
		pass(1100 * time.Millisecond)
		session := s.State().Session
		still := touching(session)
		arm(t, session)
		b.unplug("a")
		pass(10 * time.Millisecond)
		still()
		if st := s.State(); !st.SameUnit || !errors.Is(st.Ended, device.ErrUncertain) {
			t.Errorf("lost: %+v", st)
		}
		b.plug("b", "S2")
		pass(10 * time.Second)
		var other *device.OtherUnitError
		if st := s.State(); st.Phase != device.PhaseLost || !errors.As(st.Problem, &other) || other.Want != "S1" || other.Got != "S2" {
			t.Errorf("another unit: %+v", st)
		}
		if n := b.opened("b"); n != 1 {
			t.Errorf("the other unit was asked %d times", n)
		}
		b.unplug("b")
		pass(1100 * time.Millisecond)
		b.plug("c", "S1")
		pass(1100 * time.Millisecond)
		if st := s.State(); st.Phase != device.PhaseConnected || st.Serial != "S1" {
			t.Errorf("the same unit: %+v", st)
		}
	})
}

func TestSupervisorForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBus(t)
		s, stop := b.supervise(device.SupervisorConfig{})
		defer stop()
		b.plug("a", "S1")
		pass(1100 * time.Millisecond)
		session := s.State().Session
		still := touching(session)
		arm(t, session)
		b.unplug("a")
		b.plug("b", "S2")
		pass(3 * time.Second)
		still()
		s.Forget()
		pass(100 * time.Millisecond)
		if st := s.State(); st.Phase != device.PhaseConnected || st.Serial != "S2" || st.SameUnit {
			t.Errorf("after forgetting: %+v", st)
		}
	})
}

// A stranger is asked once, and again only when it is plugged in again.
func TestSupervisorLeavesStrangersAlone(t *testing.T) {
	for _, tt := range []struct {
		named bool
		talk  string
		opens int // in a minute
	}{{false, "", 1}, {false, "OK\r\n", 1}, {true, "OK\r\n", 1}, {true, "", 9}} {
		synctest.Test(t, func(t *testing.T) {
			b := newBus(t)
			s, stop := b.supervise(device.SupervisorConfig{Named: tt.named})
			stranger := func() (io.ReadWriteCloser, error) {
				near, far := link.Pipe()
				_, _ = io.WriteString(far, tt.talk)
				go func() { _, _ = io.Copy(io.Discard, far) }()
				return near, nil
			}
			b.port(device.Port{Path: "a", Instance: "1"}, stranger)
			pass(time.Minute)
			var notPen *device.NotPenError
			if st := s.State(); !errors.As(st.Problem, &notPen) && st.Phase != device.PhaseConnecting {
				t.Errorf("state %+v", st)
			}
			if n := b.opened("a"); n != tt.opens {
				t.Errorf("named %v, %q: asked %d times in a minute", tt.named, tt.talk, n)
			}
			n := b.opened("a")
			b.unplug("a")
			b.port(device.Port{Path: "a", Instance: "2"}, stranger)
			pass(4 * time.Second)
			if got := b.opened("a"); got != n+1 {
				t.Errorf("plugged in again: asked %d times", got-n)
			}
			stop()
		})
	}
}

func TestSupervisorProblems(t *testing.T) {
	port := device.Port{Path: "a"}
	for name, err := range map[string]error{
		"busy":       &device.BusyError{Port: port},
		"permission": &device.PermissionError{Port: port, Group: "dialout", Mode: "crw-rw----"},
		"not a port": &device.NotPortError{Port: port, Cause: io.EOF},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBus(t)
				s, stop := b.supervise(device.SupervisorConfig{})
				defer stop()
				b.port(port, func() (io.ReadWriteCloser, error) { return nil, err })
				pass(5 * time.Second)
				st := s.State()
				if st.Phase != device.PhaseSearching || !errors.Is(st.Problem, err) || st.Port != port {
					t.Errorf("state %+v", st)
				}
				for len(s.Changes()) > 0 {
					<-s.Changes()
				}
				pass(5 * time.Second)
				if len(s.Changes()) != 0 {
					t.Error("the same problem is told again and again")
				}
				b.unplug("a")
				b.plug("a", "S1")
				if name == "not a port" { // not asked again until it is plugged in again
					b.unplug("a")
					pass(1100 * time.Millisecond)
					b.plug("a", "S1")
				}
				pass(1100 * time.Millisecond)
				if st := s.State(); st.Phase != device.PhaseConnected {
					t.Errorf("solved: %+v", st)
				}
			})
		})
	}
}

func TestSupervisorSeveralPens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBus(t)
		s, stop := b.supervise(device.SupervisorConfig{})
		defer stop()
		b.plug("a", "S1")
		b.plug("b", "S2")
		pass(3 * time.Second)
		var several *device.SeveralPensError
		if st := s.State(); !errors.As(st.Problem, &several) || len(several.Ports) != 2 || b.opened("a")+b.opened("b") != 0 {
			t.Errorf("state %+v", st)
		}
		s.Choose("b")
		pass(100 * time.Millisecond)
		if st := s.State(); st.Phase != device.PhaseConnected || st.Serial != "S2" {
			t.Errorf("chosen: %+v", st)
		}
	})
}

// Of several pens the one that was lost is the one that is wanted.
func TestSupervisorPrefersTheKnownUnit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBus(t)
		s, stop := b.supervise(device.SupervisorConfig{})
		defer stop()
		b.plug("a", "S1")
		pass(1100 * time.Millisecond)
		b.plug("b", "S2")
		_ = b.pen("a").conn.Close()
		pass(3 * time.Second)
		if st := s.State(); st.Phase != device.PhaseConnected || st.Serial != "S1" || b.opened("b") != 0 {
			t.Errorf("state %+v", st)
		}
	})
}

func TestSupervisorMonitors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBus(t)
		s, stop := b.supervise(device.SupervisorConfig{})
		defer stop()
		b.plug("a", "S1", func(p *fakePen) { p.ack.Major = 9 })
		pass(1100 * time.Millisecond)
		var major *device.MajorError
		if st := s.State(); st.Phase != device.PhaseMonitor || !errors.As(st.Problem, &major) || st.Session == nil {
			t.Errorf("state %+v", st)
		}
	})
}

// A pen that is there and does not hold the link is asked less and less often.
func TestSupervisorBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBus(t)
		s, stop := b.supervise(device.SupervisorConfig{})
		defer stop()
		b.plug("a", "S1")
		pass(1100 * time.Millisecond)
		if s.State().Phase != device.PhaseConnected {
			t.Fatalf("state %+v", s.State())
		}
		b.mu.Lock()
		b.make["a"] = func() (io.ReadWriteCloser, error) {
			near, far := link.Pipe()
			go func() { _, _ = io.Copy(io.Discard, far) }()
			return near, nil
		}
		b.mu.Unlock()
		before := b.opened("a")
		_ = b.pen("a").conn.Close()
		pass(time.Minute)
		if n := b.opened("a") - before; n < 6 || n > 10 {
			t.Errorf("asked %d times in a minute", n)
		}
		if st := s.State(); st.Phase != device.PhaseLost && st.Phase != device.PhaseConnecting {
			t.Errorf("state %+v", st)
		}
	})
}

func TestSupervisorFindFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBus(t)
		b.err = &device.PortGoneError{Port: device.Port{Path: "p"}}
		s, stop := b.supervise(device.SupervisorConfig{Named: true})
		defer stop()
		pass(3 * time.Second)
		if st := s.State(); st.Phase != device.PhaseSearching || !errors.Is(st.Problem, b.err) {
			t.Errorf("state %+v", st)
		}
	})
}
