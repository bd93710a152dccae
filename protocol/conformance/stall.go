package conformance

import (
	"sync"
	"time"
)

// stall watches whether this computer keeps time. A console that stands still
// for a quarter of a second loses its lease, and no pen is to blame for it.
type stall struct {
	mu      sync.Mutex
	longest time.Duration
	stop    chan struct{}
	ended   chan struct{}
}

// watchStalls starts the watch, which ends with close.
func watchStalls() *stall {
	s := &stall{stop: make(chan struct{}), ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		tick := time.NewTimer(stallLook)
		defer tick.Stop()
		for last := time.Now(); ; {
			select {
			case <-tick.C:
			case <-s.stop:
				return
			}
			now := time.Now()
			s.note(now.Sub(last) - stallLook)
			last = now
			tick.Reset(stallLook)
		}
	}()
	return s
}

func (s *stall) note(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.longest = max(s.longest, d)
}

// take returns the longest standstill since the last call.
func (s *stall) take() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.longest
	s.longest = 0
	return d
}

func (s *stall) close() {
	close(s.stop)
	<-s.ended
}
