package device

import (
	"time"

	"stipple/protocol"
)

// clockState compares the pen's clock with the console's. All clocks in it are
// µs; the console's is the session's.
type clockState struct {
	rtt   time.Duration // smallest known round trip; 0: none yet. For retries
	last  time.Duration // newest round trip
	next  time.Duration // session clock of the next question
	asked time.Duration // and of the newest
	sent  int           // questions sent in all
	asks  [protocol.TimeQuick]timeAsk
	ring  [clockSamples]clockSample
	n     int // samples taken in all
	fit   clockFit
}

// timeAsk is a question on its way. An answer to any other is not believed.
type timeAsk struct {
	us      int64
	wireEnd uint64
	open    bool
}

// clockSample is one exchange: at at, the pen's clock was offset ahead.
type clockSample struct{ at, offset, rtt int64 }

// clockFit is offset(t) = offset + drift * (t - at).
type clockFit struct {
	ok     bool
	drifts bool // ppb was measured
	at     int64
	offset int64
	ppb    int64 // drift of the pen's clock, parts in 10^9
	err    int64 // of the offset at time at
	errPPM int64 // by which the error grows with the distance from at
}

// tickTime asks for the pen's clock: quickly at first, then once a second.
func (s *Session) tickTime(now time.Duration) time.Duration {
	if !s.opened || !s.fluent {
		return never
	}
	s.clock.next = min(s.clock.next, s.probe())
	if now >= s.clock.next {
		wake(s.wakeWriter)
		return never // the writer sets the next one
	}
	return s.clock.next
}

// probe is when to ask out of turn, because a frame waits for room on the line
// and nothing has proved that the pen hears: what was lost on the way answers
// to nothing, and takes its room up until something later is answered.
func (s *Session) probe() time.Duration {
	full := time.Duration(s.line.full.Load())
	if full == 0 {
		return never
	}
	return max(full, s.clock.asked) + max(2*s.clock.rtt, protocol.CommandIntervalMin)
}

// timeFrame makes TIME_ASK if it is due. A question is never sent again: its
// round trip would mean nothing.
func (s *Session) timeFrame(now time.Duration, buf []byte) ([]byte, bool) {
	if !s.opened || !s.fluent || now < s.clock.next {
		return nil, false
	}
	f, ok := s.claim(protocol.Append(buf, s.liveHeader(), &protocol.TimeAsk{Sent: now.Microseconds()}), stopReserve)
	if !ok {
		return nil, false
	}
	s.liveSeq++
	s.clock.asks[s.clock.sent%len(s.clock.asks)] = timeAsk{us: now.Microseconds(), wireEnd: s.line.written.Load(), open: true}
	s.clock.sent++
	s.clock.asked = now
	every := protocol.TimeEvery
	if s.clock.sent < protocol.TimeQuick {
		every = protocol.TimeQuickEvery
	}
	s.clock.next = now + every
	wake(s.wakeTimer)
	return f, true
}

// onTime handles TIME_TELL.
func (s *Session) onTime(at time.Duration, f protocol.Frame) {
	var m protocol.TimeTell
	if m.DecodePayload(f.Payload) != nil {
		s.stats.BadPayload++
		return
	}
	ask := s.clock.find(m.Sent)
	if ask == nil {
		s.stats.WrongAck++
		return
	}
	ask.open = false
	s.line.proved(ask.wireEnd)
	now := at.Microseconds()
	rtt := now - m.Sent - int64(m.Replied-m.Received)
	if rtt < 0 || m.Replied > 1<<62 {
		s.stats.BadPayload++ // it claims to have had the question longer than it was away
		return
	}
	mid := m.Sent + (now-m.Sent)/2
	penMid := int64(m.Received + (m.Replied-m.Received)/2)
	s.clock.add(clockSample{at: mid, offset: penMid - mid, rtt: rtt})
}

func (c *clockState) find(us int64) *timeAsk {
	for i := range c.asks {
		if c.asks[i].open && c.asks[i].us == us {
			return &c.asks[i]
		}
	}
	return nil
}

// add takes a sample and fits again: the offset from the one with the smallest
// round trip, the drift from all whose round trip is close to that.
func (c *clockState) add(x clockSample) {
	c.ring[c.n%clockSamples] = x
	c.n++
	c.last = time.Duration(x.rtt) * time.Microsecond
	samples := c.ring[:min(c.n, clockSamples)]
	best := samples[0]
	for _, p := range samples {
		if p.rtt < best.rtt {
			best = p
		}
	}
	c.rtt = max(time.Duration(best.rtt)*time.Microsecond, time.Microsecond)
	c.fit = clockFit{ok: true, at: best.at, offset: best.offset, err: best.rtt/2 + 1, errPPM: crystalPPM}
	c.fit.drift(samples, best)
}

// drift estimates by how much the pen's clock runs fast, with integers: over a
// minute the sums stay far below 2^63.
func (f *clockFit) drift(samples []clockSample, best clockSample) {
	limit := best.rtt + best.rtt/2 + 50 // µs; a scheduler's share of a local round trip
	first, last := best.at, best.at
	var n, sumX, sumY int64
	for _, p := range samples {
		if p.rtt > limit {
			continue
		}
		first, last = min(first, p.at), max(last, p.at)
		n++
		sumX += p.at - best.at
		sumY += p.offset - best.offset
	}
	span := last - first
	if span < clockSpan.Microseconds() {
		return
	}
	meanX, meanY := sumX/n, sumY/n
	var xx, xy int64
	for _, p := range samples {
		if p.rtt > limit {
			continue
		}
		dx, dy := p.at-best.at-meanX, p.offset-best.offset-meanY
		if dy > maxDriftPPM*span/1e6 || dy < -maxDriftPPM*span/1e6 {
			return // not a drift: a clock that jumps
		}
		xx += dx * dx / 1e6
		xy += dx * dy / 1e3
	}
	if xx == 0 {
		return
	}
	f.drifts, f.ppb = true, xy*1e6/xx
	f.errPPM = min(crystalPPM, limit*1e6/span+1)
}

// PenTime converts a pen clock of this session to the console's clock and says
// within which error, half of the smallest round trip at best. False while no
// time exchange has succeeded.
func (s *Session) PenTime(c protocol.PenClock) (at time.Time, within time.Duration, ok bool) {
	s.mu.Lock()
	f := s.clock.fit
	s.mu.Unlock()
	if !f.ok || c > 1<<62 {
		return time.Time{}, 0, false
	}
	t := int64(c) - f.offset
	away := t - f.at
	t -= away / 1e3 * f.ppb / 1e6
	if away < 0 {
		away = -away
	}
	within = time.Duration(f.err+away/1e6*f.errPPM+1) * time.Microsecond
	return s.wall(time.Duration(t) * time.Microsecond), within, true
}
