package tone

import (
	"encoding/binary"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"stipple/app/alarm"
)

// cutLength is how quickly what sounds fades out when something else takes its
// place: short enough to be at once, long enough not to click.
const cutLength = 5 * time.Millisecond

// Stream is what is to be heard now, as an endless reader. Its methods may be
// called from any goroutine.
type Stream struct {
	// First is told of the first frame of each new sound, on the reader's
	// goroutine, while the frame is handed out. It must return at once. nil:
	// nobody listens. It is set before anything is read.
	First func(serial uint64)

	frames atomic.Uint64
	bursts map[alarm.Priority][]float32 // worked out once: a change must cost nothing

	mu     sync.Mutex
	burst  []float32
	pause  int // frames between two bursts; -1: the burst is not repeated
	at     int // frame within burst and pause
	serial uint64
	fresh  bool // no frame of it was handed out
	cut    []float32
}

// NewStream returns a stream of silence.
func NewStream() *Stream {
	s := &Stream{bursts: make(map[alarm.Priority][]float32)}
	for _, p := range []alarm.Priority{alarm.Low, alarm.Medium, alarm.High} {
		s.bursts[p] = Burst(alarm.PatternOf(p))
	}
	return s
}

// Play changes what is heard: at once, and from its beginning. None is silence.
func (s *Stream) Play(p alarm.Priority, serial uint64) {
	pattern := alarm.PatternOf(p)
	burst := s.bursts[p]
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut = s.fadeOut()
	s.burst, s.at, s.serial, s.fresh, s.pause = burst, 0, serial, len(burst) > 0, -1
	if pattern.Repeats() {
		s.pause = Frames(pattern.Interburst)
	}
}

// fadeOut is what sounds now, on its way to silence.
func (s *Stream) fadeOut() []float32 {
	var out []float32
	n := Frames(cutLength)
	left := s.cut
	for i := range n {
		var v float32
		switch {
		case i < len(left):
			v = left[i]
		case len(left) == 0 && s.at+i < len(s.burst):
			v = s.burst[s.at+i] * float32(slope(1-float64(i)/float64(n)))
		default:
			return out
		}
		out = append(out, v)
	}
	return out
}

// Read fills p with whole frames. It never fails and never ends.
func (s *Stream) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(p) / FrameSize
	for i := range n {
		bits := math.Float32bits(s.next())
		for c := range Channels {
			binary.LittleEndian.PutUint32(p[i*FrameSize+c*4:], bits)
		}
	}
	s.frames.Add(uint64(n))
	return n * FrameSize, nil
}

// Frames is how many frames were read.
func (s *Stream) Frames() uint64 { return s.frames.Load() }

func (s *Stream) next() float32 {
	if len(s.cut) > 0 {
		v := s.cut[0]
		s.cut = s.cut[1:]
		return v
	}
	if s.fresh {
		s.fresh = false
		if s.First != nil {
			s.First(s.serial)
		}
	}
	if s.at < len(s.burst) {
		s.at++
		return s.burst[s.at-1]
	}
	if s.pause >= 0 {
		if s.at++; s.at >= len(s.burst)+s.pause {
			s.at = 0
		}
	}
	return 0
}
