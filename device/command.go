package device

import (
	"context"
	"time"

	"stipple/protocol"
)

// request is one message that wants an answer.
type request struct {
	msg protocol.Message
	// answers says whether a message is the answer to this one. A REJECTED
	// that names the request's type always is.
	answers func(protocol.Message) bool
	// finish gets the answer or the error, once, under the session's mutex.
	finish    func(protocol.Message, error)
	prepare   func(now time.Duration) // called before the first send; may be nil
	commandID uint64                  // of an action that must not happen twice; 0 for others
	hello     bool                    // sent outside a session and on its own schedule

	seq      uint16
	running  bool // the pen said that it is at work
	busy     bool // the pen said that it did not look at it
	due      bool // to be written as soon as there is room
	held     bool // not to be sent again
	sends    int
	wireEnd  uint64 // position on the line behind the newest send
	lastSent time.Duration
	interval time.Duration
	next     time.Duration // session clock of the next send
	deadline time.Duration
}

// requestLane is the command or the bulk lane: one request is outstanding, the
// others wait their turn.
type requestLane struct {
	lane    protocol.Lane
	seq     uint16 // of the next request
	current *request
	queue   []*request
}

// answer is what a request ended with.
type answer struct {
	msg protocol.Message
	err error
}

// ask sends a request and waits for its answer. Errors: ErrNoReply,
// *RefusedError, the end of the session, ctx's; after the last the request may
// still reach the pen.
func (s *Session) ask(ctx context.Context, lane *requestLane, r *request) (protocol.Message, error) {
	reply := make(chan answer, 1)
	r.finish = func(m protocol.Message, err error) { reply <- answer{m, err} }
	s.mu.Lock()
	err := s.submit(lane, r)
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	select {
	case a := <-reply:
		return a.msg, a.err
	case <-ctx.Done():
		s.withdraw(lane, r)
		return nil, ctx.Err()
	}
}

// submit queues r. The mutex is held.
func (s *Session) submit(lane *requestLane, r *request) error {
	if s.closing || s.cause != nil {
		return s.endedError()
	}
	lane.queue = append(lane.queue, r)
	s.advance(s.now(), lane)
	return nil
}

// endedError is why nothing more can be asked of a session that is ending.
func (s *Session) endedError() error {
	if s.final != nil {
		return s.final
	}
	return s.cause
}

// withdraw takes back a request whose caller has left. One that was sent stays
// until its answer or its deadline, so that a late answer is not taken for
// another's.
func (s *Session) withdraw(lane *requestLane, r *request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, q := range lane.queue {
		if q == r {
			lane.queue = append(lane.queue[:i], lane.queue[i+1:]...)
			return
		}
	}
	if lane.current == r {
		if r.sends == 0 {
			lane.current = nil
			s.advance(s.now(), lane)
			return
		}
		r.held = true
	}
}

// advance makes the next request of the lane the outstanding one.
func (s *Session) advance(now time.Duration, lane *requestLane) {
	if lane.current != nil || len(lane.queue) == 0 {
		return
	}
	r := lane.queue[0]
	lane.queue = lane.queue[1:]
	lane.current = r
	r.seq = lane.seq
	lane.seq++
	r.due = true
	r.interval = min(max(2*s.clock.rtt, protocol.CommandIntervalMin), protocol.CommandIntervalMax)
	r.deadline = now + protocol.CommandLimit
	if r.hello {
		r.interval, r.deadline = helloInterval, now+handshakeLimit
	}
	r.next = r.deadline
	wake(s.wakeWriter)
	wake(s.wakeTimer)
}

// requestFrame makes the frame of the outstanding request if it is due.
func (s *Session) requestFrame(now time.Duration, lane *requestLane, buf []byte) ([]byte, bool) {
	r := lane.current
	if r == nil || !r.due {
		return nil, false
	}
	if r.sends == 0 && r.prepare != nil {
		r.prepare(now)
	}
	h := protocol.Header{Seq: r.seq, Session: s.id}
	if r.hello {
		h.Session = 0
	}
	f, ok := s.claim(protocol.Append(buf, h, r.msg), stopReserve)
	if !ok {
		return nil, false
	}
	if r.sends > 0 {
		s.stats.Retries++
	}
	r.due = false
	r.sends++
	r.wireEnd = s.line.written.Load()
	r.lastSent = now
	r.next = now + r.interval
	if !r.hello {
		r.interval = min(2*r.interval, protocol.CommandIntervalMax)
	}
	wake(s.wakeTimer)
	return f, true
}

// tickLane sees to the outstanding request: sends it again or gives it up. It
// returns when it wants to be called next.
func (s *Session) tickLane(now time.Duration, lane *requestLane) time.Duration {
	r := lane.current
	if r == nil {
		return never
	}
	if now >= r.deadline {
		s.complete(now, lane, nil, s.unanswered(r))
		if lane.current == nil {
			return never
		}
		return lane.current.deadline
	}
	if r.held || r.due || r.sends == 0 || r.sends >= protocol.CommandSends && !r.hello && !r.running {
		return r.deadline
	}
	if now >= r.next {
		r.due = true
		wake(s.wakeWriter)
		return r.deadline
	}
	return min(r.next, r.deadline)
}

// unanswered is what became of a request that was given up. One that the pen
// was always too busy for was refused; but one that must not happen twice may
// have been looked at in the end.
func (s *Session) unanswered(r *request) error {
	if r.busy && r.commandID == 0 {
		return s.refused(r.msg.Type(), protocol.CodeBusy, protocol.NoField, 0)
	}
	return ErrNoReply
}

// complete ends the outstanding request and starts the next.
func (s *Session) complete(now time.Duration, lane *requestLane, m protocol.Message, err error) {
	r := lane.current
	lane.current = nil
	r.finish(m, err)
	s.advance(now, lane)
}

// onReply handles a frame of the command or bulk lane.
func (s *Session) onReply(at time.Duration, lane *requestLane, f protocol.Frame) {
	r := lane.current
	if r == nil || r.sends == 0 || f.Flags&protocol.HasAck == 0 || f.Ack != r.seq {
		s.stats.WrongAck++
		return
	}
	m, err := protocol.Decode(f)
	if err != nil {
		s.stats.BadPayload++
		return
	}
	rejected, isRejected := m.(*protocol.Rejected)
	switch {
	case isRejected && rejected.Request == r.msg.Type():
	case isRejected, !r.answers(m):
		s.stats.WrongAck++
		return
	}
	s.line.proved(r.wireEnd)
	if r.sends == 1 && s.clock.rtt == 0 {
		s.clock.rtt = at - r.lastSent // until the first time exchange
	}
	if res, ok := m.(*protocol.Result); ok && r.commandID != 0 && res.Outcome == protocol.OutcomeRunning {
		// The pen has it and is at work: ask again under the same seq, slowly.
		if !r.running {
			r.running, r.deadline = true, at+runningLimit
		}
		r.interval = protocol.CommandIntervalMax
		r.next = at + r.interval
		return
	}
	if isRejected && rejected.Code == protocol.CodeBusy {
		// Not looked at: the same again, as if it had not been sent.
		r.busy = true
		r.sends = max(r.sends-1, 1)
		return
	}
	if isRejected {
		s.complete(at, lane, nil, s.refused(r.msg.Type(), rejected.Code, int(rejected.Field), rejected.Bound))
		return
	}
	s.complete(at, lane, m, nil)
}

// refused makes the error of a refusal; field protocol.NoField is none.
func (s *Session) refused(t protocol.Type, code protocol.Code, field int, bound int32) *RefusedError {
	e := &RefusedError{Request: t, Code: code, Field: field, Bound: bound}
	if field == protocol.NoField {
		e.Field = -1
	} else if d := s.info.Descriptor; d != nil && field >= 0 && field < len(d.Parameters) {
		e.Name = d.Parameters[field].Name
	}
	return e
}

// failRequests ends every request with err: nothing more will be answered.
func (s *Session) failRequests(err error) {
	for _, lane := range []*requestLane{&s.command, &s.bulk} {
		if r := lane.current; r != nil {
			lane.current = nil
			r.finish(nil, err)
		}
		for _, r := range lane.queue {
			r.finish(nil, err)
		}
		lane.queue = nil
	}
}

// is answers questions of the form "a message of this type".
func is[M protocol.Message](m protocol.Message) bool {
	_, ok := m.(M)
	return ok
}
