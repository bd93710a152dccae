package chart

import "sync"

// Sample is a value at a time of the pen's clock.
type Sample struct {
	At    int64 // µs
	Value int32 // in the base unit of what is measured, such as µm
}

// Series is a ring of the newest samples. Its methods may be called from any
// goroutine.
type Series struct {
	mu       sync.Mutex
	ring     []entry
	start, n int
	gap      int64
	broken   bool  // the next sample does not continue the last
	told     int64 // the time that the newest sample came with
}

// entry is a sample and whether it continues the one before.
type entry struct {
	Sample
	joined bool
}

// NewSeries returns an empty ring for at most capacity samples, at least 2.
// Two samples more than gap µs apart are not joined.
func NewSeries(capacity int, gap int64) *Series {
	return &Series{ring: make([]entry, max(capacity, 2)), gap: gap}
}

// Add appends a sample. Samples of one time, such as those that one read of
// the port brought, are kept 1 µs apart. A time before the newest one means
// that the clock has started anew: then all older samples go, since times of
// two boots can't be compared.
func (s *Series) Add(at int64, value int32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	joined := false
	if s.n == 0 {
		s.told = at
	} else {
		last := s.at(s.n - 1).At
		if at < s.told {
			s.start, s.n = 0, 0
			s.told = at
		} else {
			s.told, at = at, max(at, last+1)
			joined = !s.broken && at-last <= s.gap
		}
	}
	s.broken = false
	if s.n == len(s.ring) {
		s.start = (s.start + 1) % len(s.ring)
		s.n--
	}
	*s.at(s.n) = entry{Sample{at, value}, joined}
	s.n++
}

// Break makes a gap before the next sample, however soon it comes, such as
// when the link was lost.
func (s *Series) Break() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = true
}

// Clear forgets all samples.
func (s *Series) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.start, s.n, s.broken = 0, 0, false
}

// Len is the number of samples that are held.
func (s *Series) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n
}

// Last is the newest sample; false where there is none.
func (s *Series) Last() (Sample, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.n == 0 {
		return Sample{}, false
	}
	return s.at(s.n - 1).Sample, true
}

// at is the i-th entry from the oldest. The caller holds the lock.
func (s *Series) at(i int) *entry {
	i += s.start
	if i >= len(s.ring) {
		i -= len(s.ring)
	}
	return &s.ring[i]
}

// firstAfter is the index of the oldest sample after a time. The caller holds
// the lock.
func (s *Series) firstAfter(t int64) int {
	low, high := 0, s.n
	for low < high {
		mid := (low + high) / 2
		if s.at(mid).At > t {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return low
}
