package device

import (
	"context"
	"errors"
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
	may       func() error            // called under the mutex before it is queued; may be nil
	prepare   func(now time.Duration) // called before the first send; may be nil
	commandID uint64                  // of an action that must not happen twice; 0 for others
	hello     bool                    // sent outside a session and on its own schedule
	slow      time.Duration           // how long it may be at work, where that is over runningLimit

	seq      uint16
	running  bool // the pen said that it is at work
	busy     bool // the pen said that it did not look at it
	due      bool // to be written as soon as there is room
	held     bool // not to be sent again
	sends    int
	wireEnd  uint64 // position on the line behind the first send
	lastEnd  uint64 // and behind the newest
	lastSent time.Duration
	interval time.Duration
	next     time.Duration // session clock of the next send
	deadline time.Duration
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

// exchange asks something of the command lane that may be asked again. Errors:
// ErrMonitor, ErrNotOffered, and those of ask.
func (s *Session) exchange(ctx context.Context, msg protocol.Message, answers func(protocol.Message) bool) (protocol.Message, error) {
	s.mu.Lock()
	err := s.mayCommand()
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return s.ask(ctx, &s.command, &request{msg: msg, answers: answers})
}

// fetch asks something of the bulk lane, which is stateless on the pen, again
// and again where the line loses it. Errors: ErrNotOffered, and those of ask.
func (s *Session) fetch(ctx context.Context, msg protocol.Message, answers func(protocol.Message) bool) (protocol.Message, error) {
	for try := 1; ; try++ {
		m, err := s.ask(ctx, &s.bulk, &request{msg: msg, answers: answers})
		if err == nil || !errors.Is(err, ErrNoReply) || try >= chunkTries {
			return m, err
		}
	}
}

// submit queues r, if it may be asked and the pen offers it. The mutex is held.
func (s *Session) submit(lane *requestLane, r *request) error {
	if s.closing || s.cause != nil {
		return s.endedError()
	}
	if r.may != nil {
		if err := r.may(); err != nil {
			return err
		}
	}
	if err := s.offers(r.msg.Type()); err != nil {
		return err
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

// is answers questions of the form "a message of this type".
func is[M protocol.Message](m protocol.Message) bool {
	_, ok := m.(M)
	return ok
}
