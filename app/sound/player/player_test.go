package player

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"stipple/app/alarm"
)

// fakeVoice is a child that a test speaks for.
type fakeVoice struct {
	said   chan Said
	played []uint64
	closed bool
}

func (v *fakeVoice) Play(serial uint64, _ alarm.Priority) { v.played = append(v.played, serial) }
func (v *fakeVoice) Said() <-chan Said                    { return v.said }
func (v *fakeVoice) Close()                               { v.closed = true }

// stage runs a player in virtual time.
type stage struct {
	t      *testing.T
	player *Player
	voices []*fakeVoice
	fail   atomic.Bool // no child can be started
	device []error
	heard  []uint64
}

func onStage(t *testing.T, play func(s *stage)) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{t: t}
		s.player = New(Config{
			Start: func() (Voice, error) {
				if s.fail.Load() {
					return nil, errors.New("no such program")
				}
				v := &fakeVoice{said: make(chan Said)}
				s.voices = append(s.voices, v)
				return v, nil
			},
			Device: func(err error) { s.device = append(s.device, err) },
			Played: func(serial uint64, _ time.Time) { s.heard = append(s.heard, serial) },
		})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- s.player.Run(ctx) }()
		synctest.Wait()
		play(s)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		for i, v := range s.voices {
			if !v.closed {
				t.Errorf("child %d was left behind", i)
			}
		}
	})
}

func (s *stage) voice() *fakeVoice { return s.voices[len(s.voices)-1] }

func (s *stage) say(said Said) {
	s.voice().said <- said
	synctest.Wait()
}

func (s *stage) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// told checks what Device was told last, and how often it was told anything.
func (s *stage) told(times int, kind Kind) {
	s.t.Helper()
	if len(s.device) != times {
		s.t.Fatalf("told %d times: %v, want %d", len(s.device), s.device, times)
	}
	var e *DeviceError
	switch err := s.device[times-1]; {
	case kind == "" && err != nil:
		s.t.Errorf("told %v", err)
	case kind != "" && (!errors.As(err, &e) || e.Kind != kind || e.Code() != string(kind)):
		s.t.Errorf("told %v, want %s", err, kind)
	}
}

func TestPlays(t *testing.T) {
	onStage(t, func(s *stage) {
		s.say(Said{})
		s.told(1, "")
		s.player.Set(alarm.Signal{Sound: alarm.Medium, Serial: 3})
		synctest.Wait()
		s.player.Set(alarm.Signal{Sound: alarm.High, Serial: 4})
		synctest.Wait()
		s.say(Said{Serial: 4, At: time.Now()})
		if got := s.voice().played; len(got) != 3 || got[2] != 4 {
			t.Errorf("the child was told %v", got)
		}
		if len(s.heard) != 1 || s.heard[0] != 4 {
			t.Errorf("heard %v", s.heard)
		}
		for range 40 {
			s.pass(aliveEvery)
			s.say(Said{})
		}
		s.told(1, "") // and only once
	})
}

// Set takes the newest of what nobody has taken.
func TestNewestCounts(t *testing.T) {
	p := New(Config{})
	for n := range uint64(100) {
		p.Set(alarm.Signal{Serial: n})
	}
	if got := <-p.next; got.Serial != 99 {
		t.Errorf("serial %d", got.Serial)
	}
}

func TestFailuresAreToldAndTriedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		play func(s *stage)
		kind Kind
	}{
		"can't be started":        {func(s *stage) {}, NoDevice},
		"no device":               {func(s *stage) { s.say(Said{Err: &DeviceError{Kind: NoDevice}}) }, NoDevice},
		"ends before it plays":    {func(s *stage) { close(s.voice().said); synctest.Wait() }, NoDevice},
		"never plays":             {func(s *stage) { s.pass(openLimit) }, Hangs},
		"falls silent":            {func(s *stage) { s.say(Said{}); s.pass(aliveLimit) }, Hangs},
		"the device is taken off": {func(s *stage) { s.say(Said{}); s.say(Said{Err: &DeviceError{Kind: Lost}}) }, Lost},
		"ends while it plays":     {func(s *stage) { s.say(Said{}); close(s.voice().said); synctest.Wait() }, Lost},
	} {
		t.Run(name, func(t *testing.T) {
			onStage(t, func(s *stage) {
				if name == "can't be started" {
					s.say(Said{Err: &DeviceError{Kind: NoDevice}})
					s.fail.Store(true)
					s.pass(retryEvery)
					s.fail.Store(false)
				} else {
					c.play(s)
				}
				s.told(len(s.device), c.kind)
				children := len(s.voices)
				s.player.Set(alarm.Signal{Sound: alarm.High, Serial: 9}) // while nothing plays
				s.pass(retryEvery)
				if len(s.voices) != children+1 {
					t.Fatalf("%d children, then %d", children, len(s.voices))
				}
				if got := s.voice().played; len(got) != 1 || got[0] != 9 {
					t.Errorf("the next child was told %v", got)
				}
				s.say(Said{})
				s.told(len(s.device), "")
			})
		})
	}
}

// A failure that stays the same is told once, however often it is tried.
func TestSameFailureIsToldOnce(t *testing.T) {
	onStage(t, func(s *stage) {
		for range 10 {
			s.say(Said{Err: &DeviceError{Kind: NoDevice}})
			s.pass(retryEvery)
		}
		s.told(1, NoDevice)
		if len(s.voices) != 11 {
			t.Errorf("tried %d times", len(s.voices))
		}
	})
}
