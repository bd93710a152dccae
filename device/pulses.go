package device

import (
	"context"
	"errors"
	"time"

	"stipple/protocol"
)

// span is a run of pulses that did not arrive, both ends included.
type span struct{ from, to uint32 }

// pulseState sees to it that no pulse goes missing unnoticed.
type pulseState struct {
	last    uint32 // every pulse up to this one arrived or is in missing
	missing []span // in ascending order, not overlapping
	asking  bool
	next    time.Duration // session clock before which nothing is read again
	tries   int           // without progress
	behind  time.Duration // since when STATUS counts more than arrived; 0: it does not
}

// contiguous is the index up to which every pulse of the session arrived.
func (p *pulseState) contiguous() uint32 {
	if len(p.missing) > 0 {
		return p.missing[0].from - 1
	}
	return p.last
}

// take removes index from the missing ones and says whether it was one.
func (p *pulseState) take(index uint32) bool {
	for i, m := range p.missing {
		if index < m.from || index > m.to {
			continue
		}
		rest := append([]span(nil), p.missing[:i]...)
		if index > m.from {
			rest = append(rest, span{m.from, index - 1})
		}
		if index < m.to {
			rest = append(rest, span{index + 1, m.to})
		}
		p.missing = append(rest, p.missing[i+1:]...)
		p.tries = 0
		return true
	}
	return false
}

// onPulse handles a PULSE that the pen sent by itself.
func (s *Session) onPulse(at time.Duration, f protocol.Frame) {
	p := new(protocol.Pulse)
	if p.DecodePayload(f.Payload) != nil {
		s.stats.BadPayload++
		return
	}
	if p.Result == protocol.PulseOpen || !s.status.seen {
		return // comes again when it is closed; before the first STATUS nothing is counted
	}
	if p.Index > s.pulses.last {
		if p.Index > s.pulses.last+1 {
			s.miss(at, s.pulses.last+1, p.Index-1)
		}
		s.pulses.last = p.Index
		s.event(at, Event{Kind: EventPulse, Pulse: p})
		s.judgePulse(at, p)
	} else if s.pulses.take(p.Index) {
		s.event(at, Event{Kind: EventPulse, Pulse: p, Reread: true})
		s.judgePulse(at, p)
	}
}

// miss notes pulses that did not arrive.
func (s *Session) miss(at time.Duration, from, to uint32) {
	s.event(at, Event{Kind: EventPulseGap, From: from, To: to})
	if len(s.pulses.missing) >= maxSpans {
		s.event(at, Event{Kind: EventPulsesLost, From: from, To: to})
		return
	}
	s.pulses.missing = append(s.pulses.missing, span{from, to})
	s.pulses.tries = 0
	wake(s.wakeTimer)
}

// checkPulses compares the closed pulses that STATUS counts with those that
// arrived.
func (s *Session) checkPulses(at time.Duration, st *protocol.Status) {
	if st.NewestPulse <= s.pulses.last {
		s.pulses.behind = 0
		return
	}
	if s.pulses.behind == 0 {
		s.pulses.behind = at
	}
	if at-s.pulses.behind >= pulseGrace {
		s.miss(at, s.pulses.last+1, st.NewestPulse)
		s.pulses.last, s.pulses.behind = st.NewestPulse, 0
	}
}

// tickPulses reads missing pulses again in the background. While output is
// possible it asks for one at a time, and a pen that has no time for it is no
// reason to give a pulse up.
func (s *Session) tickPulses(now time.Duration) time.Duration {
	if !s.ready || len(s.pulses.missing) == 0 || s.pulses.asking {
		return never
	}
	if now < s.pulses.next {
		return s.pulses.next
	}
	s.pulses.next = now + pulseRetry
	most := uint8(1)
	if !s.outputPossible() {
		most = protocol.MaxPulsesPerPage
		if s.pulses.tries++; s.pulses.tries > pulseTries {
			s.lose(now, s.pulses.missing[0])
			return s.pulses.next
		}
	}
	from := s.pulses.missing[0].from
	r := &request{
		msg: &protocol.PulseRead{From: from, Max: most}, answers: is[*protocol.PulsePage],
		finish: func(m protocol.Message, err error) { s.onMissing(from, m, err) },
	}
	s.pulses.asking = s.submit(&s.bulk, r) == nil
	return s.pulses.next
}

// lose gives up a run of pulses: the pen does not have them.
func (s *Session) lose(now time.Duration, m span) {
	s.pulses.missing = s.pulses.missing[1:]
	s.pulses.tries = 0
	s.event(now, Event{Kind: EventPulsesLost, From: m.from, To: m.to})
}

// onMissing handles a page that was read because of a gap.
func (s *Session) onMissing(from uint32, m protocol.Message, err error) {
	s.pulses.asking = false
	if err != nil || len(s.pulses.missing) == 0 || s.pulses.missing[0].from != from {
		wake(s.wakeTimer)
		return
	}
	now := s.now()
	page := m.(*protocol.PulsePage)
	if first := s.pulses.missing[0]; page.Oldest > first.from { // the ledger has wrapped past it
		end := min(first.to, page.Oldest-1)
		s.lose(now, span{first.from, end})
		if end < first.to {
			s.pulses.missing = append([]span{{end + 1, first.to}}, s.pulses.missing...)
		}
		s.pulses.next = now
	}
	for i := range page.Pulses {
		p := &page.Pulses[i]
		if p.Result != protocol.PulseOpen && s.pulses.take(p.Index) {
			s.event(now, Event{Kind: EventPulse, Pulse: p, Reread: true})
			s.judgePulse(now, p)
			s.pulses.next = now
		}
	}
	wake(s.wakeTimer)
}

// Pulses reads the pen's ledger from index from on to its end, and says what
// it holds: a first pulse newer than from shows that the ledger has wrapped
// past it. It is for STANDBY; while output is possible it is refused with
// ErrArmed. Errors: ErrMonitor, ErrNoReply, *RefusedError, *LedgerError.
func (s *Session) Pulses(ctx context.Context, from uint32) (pulses []protocol.Pulse, oldest, newest uint32, err error) {
	err = s.ReadPulses(ctx, from, func(page protocol.PulsePage) {
		oldest, newest = page.Oldest, page.Newest
		pulses = append(pulses, page.Pulses...)
	})
	if err != nil {
		return nil, 0, 0, err
	}
	return pulses, oldest, newest, nil
}

// ReadPulses is Pulses page by page, each handed to take as it comes: what was
// read before an error is not lost. A page that contradicts the ones before it is
// a *LedgerError and is not handed over.
func (s *Session) ReadPulses(ctx context.Context, from uint32, take func(protocol.PulsePage)) error {
	from = max(from, 1)
	for read := 0; ; {
		page, err := s.pulsePage(ctx, from)
		if err != nil {
			return err
		}
		next := from
		for _, p := range page.Pulses {
			if p.Index < next || p.Index < page.Oldest || p.Index > page.Newest {
				return &LedgerError{From: from, Why: "index out of order"}
			}
			next = p.Index + 1
		}
		take(*page)
		read += len(page.Pulses)
		switch {
		case next == 0, next > page.Newest, page.Newest == 0:
			return nil
		case len(page.Pulses) == 0:
			return &LedgerError{From: from, Why: "page is empty"}
		case read > maxLedger:
			return &LedgerError{From: from, Why: "does not end"}
		}
		from = next
	}
}

func (s *Session) pulsePage(ctx context.Context, from uint32) (*protocol.PulsePage, error) {
	for try := 1; ; try++ {
		s.mu.Lock()
		err := s.mayCommand()
		if err == nil && s.outputPossible() {
			err = ErrArmed
		}
		s.mu.Unlock()
		if err != nil {
			return nil, err
		}
		r := &request{msg: &protocol.PulseRead{From: from, Max: protocol.MaxPulsesPerPage}, answers: is[*protocol.PulsePage]}
		m, err := s.ask(ctx, &s.bulk, r)
		if err == nil {
			return m.(*protocol.PulsePage), nil
		}
		if !errors.Is(err, ErrNoReply) || try >= chunkTries {
			return nil, err
		}
	}
}
