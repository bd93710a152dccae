package device

import (
	"slices"
	"sync/atomic"
	"time"

	"stipple/protocol"
)

// stopState is the stop that is going on. One word says everything, so that
// Stop takes no lock: the session clock in µs, plus one, of the first Stop;
// 0 while none goes on; and less than 0, the same negated, while only CheckStop
// has asked for it. The nonce is made from it.
type stopState struct {
	since   atomic.Int64
	last    atomic.Int64  // the newest value that since was offered
	wireEnd atomic.Uint64 // position on the line behind the first ESTOP of it
	base    uint32        // random, so that no two sessions share nonces
	seq     uint16        // of the next frame of the stop lane; the writer's
}

// active says whether ESTOP is being sent.
func (p *stopState) active() bool { return p.since.Load() != 0 }

// meant says whether a stop goes on that is more than a check.
func (p *stopState) meant() bool { return p.since.Load() > 0 }

// begin begins a stop at session time us in µs, unless one goes on. It takes
// the place of a check's: whoever asks for a stop gets one of its own, with a
// nonce of its own, that no check takes away again.
func (p *stopState) begin(us int64) {
	if p.meant() {
		return
	}
	us = p.unique(us)
	for since := p.since.Load(); since <= 0; since = p.since.Load() {
		if p.since.CompareAndSwap(since, us) {
			return
		}
	}
}

// beginCheck begins the stop of a check, unless one goes on.
func (p *stopState) beginCheck(us int64) bool {
	return p.since.CompareAndSwap(0, -p.unique(us))
}

// unique makes us the newest value of since. No two stops get the same, not
// even if a caller was held up between looking at the clock and coming here for
// as long as a whole stop took.
func (p *stopState) unique(us int64) int64 {
	for {
		last := p.last.Load()
		us = max(us, last+1)
		if p.last.CompareAndSwap(last, us) {
			return us
		}
	}
}

// began is the session clock of the first Stop, for a value of since that is
// not 0.
func began(since int64) time.Duration {
	return time.Duration(max(since, -since)-1) * time.Microsecond
}

// nonce is the nonce of the stop that began at since; never 0.
func (p *stopState) nonce(since int64) uint32 {
	if n := p.base + uint32(max(since, -since)); n != 0 {
		return n
	}
	return 1
}

// haltState is what the session knows of stops, under its mutex.
type haltState struct {
	noted  int64         // since of the newest stop that was seen to
	late   bool          // EventStopUnconfirmed was sent for it
	reason error         // why the session stopped by itself; nil for a stop from outside
	over   chan struct{} // closed when it is confirmed; nil if none goes on

	nonce      uint32 // of the newest stop that was confirmed
	since      int64
	clock      protocol.PenClock // of its STOPPED
	needleBack bool
	ours       bool // the next EVENT that says that ESTOP was obeyed is that of a check
}

// Stop sends ESTOP: at once, after 10 and 20 ms, and then every 50 ms until
// the pen confirms it. It takes no lock, allocates nothing and never waits; it
// may be called at any time and from anywhere, any number of times. Leasing
// ends with it. EventStopConfirmed or EventStopUnconfirmed follows.
//
// Model: PersonStops.
func (s *Session) Stop() {
	s.stop.begin(s.now().Microseconds() + 1)
	wake(s.wakeTimer)
	wake(s.wakeWriter) // the one that is woken last runs first
}

// stopFor stops because the session itself has a reason. The mutex is held.
func (s *Session) stopFor(now time.Duration, reason error) {
	if !s.stop.meant() {
		s.halt.reason = reason
	}
	s.Stop()
	s.noteStop(now)
}

// stopped returns a channel that is closed when the stop that goes on is
// confirmed; nil if none goes on.
func (s *Session) stopped() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.noteStop(s.now())
	return s.halt.over
}

// noteStop sees to what a new stop means for the rest of the session: it ends
// an armed state and is told of. The mutex is held.
func (s *Session) noteStop(now time.Duration) {
	since := s.stop.since.Load()
	if since == 0 || since == s.halt.noted {
		return
	}
	s.halt.noted, s.halt.late = since, false
	if s.halt.over == nil {
		s.halt.over = make(chan struct{})
	}
	s.halt.ours = since < 0
	if since > 0 {
		s.endCheck(now, ErrStopped)
	}
	s.holdClear(now)
	if since < 0 { // a check: nothing is armed
		return
	}
	s.event(now, Event{Kind: EventStopSent, Err: s.halt.reason})
	s.halt.reason = nil
	s.endArm(now, ErrStopped, false)
}

// holdClear keeps a CLEAR from going out behind a stop that began after it was
// asked for: its retry would take away what the stop has latched. One that has
// been sent is not sent again, and what became of it is asked, which burns its
// id; one that has not is over.
func (s *Session) holdClear(now time.Duration) {
	for _, r := range slices.Concat(s.command.out, s.command.queue) {
		switch {
		case r.msg.Type() != protocol.TypeClear:
		case r.sends > 0:
			r.held, r.due = true, false
		case s.command.drop(r):
			r.finish(nil, ErrStopped)
		}
	}
	s.advance(now, &s.command)
}

// tickStop reports a stop that is not confirmed in time.
func (s *Session) tickStop(now time.Duration) time.Duration {
	since := s.stop.since.Load()
	if since == 0 {
		return never
	}
	s.noteStop(now)
	due := began(since) + protocol.StopConfirm
	if s.halt.late {
		return never
	}
	if now < due {
		return due
	}
	s.failCheck(now)
	s.halt.late = true
	s.event(now, Event{Kind: EventStopUnconfirmed, Latency: now - began(since)})
	return never
}

// onStopped handles STOPPED. Only the nonce decides: a pen that was restarted
// in between answers with another session, or with none. So it is no sign of
// this session's life: one that only answers stops is over.
//
// Model: StopConfirmed.
func (s *Session) onStopped(at time.Duration, f protocol.Frame) {
	var m protocol.Stopped
	if m.DecodePayload(f.Payload) != nil {
		s.stats.BadPayload++
		return
	}
	since := s.stop.since.Load()
	if since < 0 && at-began(since) >= protocol.StopConfirm {
		s.failCheck(at) // confirmed, and too late for it
		since = s.stop.since.Load()
	}
	switch {
	case since != 0 && m.Nonce == s.stop.nonce(since):
		s.noteStop(at)
		if !s.stop.since.CompareAndSwap(since, 0) {
			s.noteStop(at) // somebody asked for a stop this very moment: theirs counts
			s.stats.WrongAck++
			return
		}
		s.halt.nonce, s.halt.since, s.halt.clock, s.halt.needleBack = m.Nonce, since, m.Clock, m.NeedleBack
		if s.halt.over != nil {
			close(s.halt.over)
			s.halt.over = nil
		}
		s.line.proved(s.stop.wireEnd.Load())
		if since < 0 {
			s.checkStopped(at)
			return
		}
		s.event(at, Event{Kind: EventStopConfirmed, Latency: s.stopLatency(at), NeedleBack: m.NeedleBack})
	case m.Nonce == s.halt.nonce && m.Nonce != 0:
		if m.NeedleBack && !s.halt.needleBack {
			s.halt.needleBack = true
			if s.halt.since < 0 { // of a check
				return
			}
			s.event(at, Event{Kind: EventNeedleBack, Latency: s.stopLatency(at), NeedleBack: true})
		}
	default:
		s.stats.WrongAck++
	}
}

func (s *Session) stopLatency(at time.Duration) time.Duration {
	return max(at-began(s.halt.since), 0)
}

// stopSender is the writer's view of the stop that goes on.
type stopSender struct {
	since int64
	sends int
	first time.Duration // session clock of the first send
	next  time.Duration // of the next
}

// frame makes the next ESTOP if it is due. Otherwise it says how long until it
// is; 0 means that no stop goes on. It takes no lock and does not allocate.
//
// Model: StopSent.
func (p *stopSender) frame(s *Session, buf []byte) ([]byte, time.Duration) {
	since := s.stop.since.Load()
	if since == 0 {
		p.since = 0
		return nil, 0
	}
	now := s.now()
	if since != p.since {
		*p = stopSender{since: since, next: now}
	}
	if now < p.next {
		return nil, p.next - now
	}
	var payload [8]byte
	m := protocol.Stop{Nonce: s.stop.nonce(since)}
	// Session 0: a stop is obeyed also by a pen that has lost this session.
	h := protocol.Header{Type: protocol.TypeStop, Lane: protocol.LaneStop, Seq: s.stop.seq}
	f, ok := s.claim(protocol.AppendFrame(buf, h, m.AppendPayload(payload[:0])), 0)
	if !ok {
		return nil, protocol.StopSecond
	}
	s.stop.seq++
	p.sends++
	switch p.sends {
	case 1:
		s.stop.wireEnd.Store(s.line.written.Load())
		p.first = now
		p.next = now + protocol.StopSecond
	case 2:
		p.next = p.first + protocol.StopThird
	default:
		p.next = now + protocol.StopEvery
	}
	return f, 0
}
