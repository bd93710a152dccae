package player

import (
	"errors"
	"io"
	"os"
	"sync"
	"testing"
	"time"

	"stipple/app/alarm"
	"stipple/app/sound/tone"
)

// TestMain is the child, too: of a kind that its argument names.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 {
		switch os.Args[1] {
		case "plays":
			_ = Serve(os.Stdin, os.Stdout, func(r io.Reader) (Device, error) { return newRoom(r, 1), nil })
			return
		case "swallows":
			_ = Serve(os.Stdin, os.Stdout, func(r io.Reader) (Device, error) { return newRoom(r, 10*paceMost), nil })
			return
		case "no-device":
			_ = Serve(os.Stdin, os.Stdout, func(io.Reader) (Device, error) { return nil, errors.New("no card") })
			return
		case "babbles":
			_, _ = os.Stdout.WriteString("hello there\n")
			select {}
		case "deaf":
			select {} // neither reads nor writes, also after its input has ended
		case "dies":
			os.Exit(3)
		}
	}
	os.Exit(m.Run())
}

// room is a device that takes frames at some times the pace of time.
type room struct {
	quit chan struct{}
	once sync.Once
}

func newRoom(r io.Reader, pace int) *room {
	d := &room{quit: make(chan struct{})}
	go func() {
		const every = 10 * time.Millisecond
		tick := time.NewTicker(every)
		defer tick.Stop()
		buf := make([]byte, pace*tone.Frames(every)*tone.FrameSize)
		for {
			select {
			case <-d.quit:
				return
			case <-tick.C:
				_, _ = r.Read(buf)
			}
		}
	}()
	return d
}

func (d *room) Err() error { return nil }
func (d *room) Close()     { d.once.Do(func() { close(d.quit) }) }

// child starts one of TestMain's.
func child(t *testing.T, kind string) Voice {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	v, err := Process(self, kind)()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// hear waits for something that a child says.
func hear(t *testing.T, v Voice, what string, wanted func(Said) bool) Said {
	t.Helper()
	late := time.After(20 * time.Second)
	for {
		select {
		case s, ok := <-v.Said():
			if !ok {
				t.Fatalf("it ended and never said %s", what)
			}
			if wanted(s) {
				return s
			}
		case <-late:
			t.Fatalf("never said: %s", what)
		}
	}
}

func TestChildPlays(t *testing.T) {
	v := child(t, "plays")
	hear(t, v, "alive", func(s Said) bool { return s == Said{} })
	before := time.Now()
	v.Play(42, alarm.High)
	s := hear(t, v, "the first frame", func(s Said) bool { return s.Serial == 42 })
	if d := s.At.Sub(before); d < 0 || d > 200*time.Millisecond {
		t.Errorf("the first frame came %v later", d)
	}
	v.Close()
	if _, ok := <-v.Said(); ok {
		t.Error("it speaks after its end")
	}
}

func TestChildrenThatFail(t *testing.T) {
	for kind, want := range map[string]Kind{"no-device": NoDevice, "swallows": NoDevice} {
		t.Run(kind, func(t *testing.T) {
			v := child(t, kind)
			defer v.Close()
			var e *DeviceError
			s := hear(t, v, "why", func(s Said) bool { return s.Err != nil })
			if !errors.As(s.Err, &e) || e.Kind != want || e.Cause == nil {
				t.Errorf("%v", s.Err)
			}
		})
	}
	for _, kind := range []string{"babbles", "dies"} {
		t.Run(kind, func(t *testing.T) {
			v := child(t, kind)
			select {
			case s, ok := <-v.Said():
				if ok {
					t.Errorf("it says %+v", s)
				}
			case <-time.After(20 * time.Second):
				t.Error("it counts as alive")
			}
			v.Close()
		})
	}
}

// A child that does not end when it is asked to is killed.
func TestDeafChildIsKilled(t *testing.T) {
	v := child(t, "deaf")
	v.Play(1, alarm.High)
	began := time.Now()
	v.Close()
	if d := time.Since(began); d > closeLimit+time.Second {
		t.Errorf("that took %v", d)
	}
	if _, ok := <-v.Said(); ok {
		t.Error("it speaks")
	}
}

func TestProgramThatIsNotThere(t *testing.T) {
	if _, err := Process("/no/such/program")(); err == nil {
		t.Error("it was started")
	}
}

func TestPaceOfADevice(t *testing.T) {
	began := time.Unix(0, 0)
	for _, c := range []struct {
		name   string
		passed time.Duration
		before uint64
		frames uint64
		alive  bool
		fails  bool
	}{
		{"too early to say", paceFrom / 2, 0, 1 << 30, false, false},
		{"plays", 2 * paceFrom, 0, uint64(tone.Frames(2 * paceFrom)), true, false},
		{"its buffer is full of what was read ahead", 2 * paceFrom, 0, uint64(tone.Frames(2*paceFrom)) + 4096, true, false},
		{"stands", 4 * paceFrom, uint64(tone.Frames(paceFrom)), uint64(tone.Frames(paceFrom)), false, false},
		{"swallows", 2 * paceFrom, 0, uint64((2*paceMost + 1) * tone.Frames(paceFrom)), false, true},
	} {
		w := watch{began: began, frames: c.before}
		alive, err := w.look(began.Add(c.passed), c.frames)
		if alive != c.alive || (err != nil) != c.fails {
			t.Errorf("%s: alive %v, %v", c.name, alive, err)
		}
	}
}
