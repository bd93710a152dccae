package device

import "time"

// ClockFit is how the pen's clock compares with the console's in this session.
type ClockFit struct {
	Samples  int           // time exchanges that came back
	Best     time.Duration // the smallest round trip of the newest ones
	Within   time.Duration // error of PenTime now
	Drifts   bool          // DriftPPB was measured, over at least ten seconds
	DriftPPB int64         // by how much the pen's clock runs fast, parts in 10^9
}

// ClockFit says how the clocks compare; the zero value is no exchange yet.
func (s *Session) ClockFit() ClockFit {
	_, within, ok := s.PenTime(s.Live().Status.Clock)
	if !ok {
		return ClockFit{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.clock.fit
	return ClockFit{Samples: s.clock.n, Best: s.clock.rtt, Within: within, Drifts: f.drifts, DriftPPB: f.ppb}
}
