package device

import (
	"context"
	"errors"
	"time"

	"stipple/protocol"
)

// StopCheck is what a check of the stop has measured.
type StopCheck struct {
	Latency time.Duration // from asking for the stop to STOPPED
	At      time.Time     // when it began, console clock
}

// stopCheck is the check that is going on, under the session's mutex: ESTOP,
// STOPPED, ESTOP in STATUS, CLEAR, STANDBY in STATUS.
type stopCheck struct {
	began   time.Duration // session clock
	hash    [8]byte       // of the settings in STATUS before it
	command uint64        // id of CLEAR
	due     time.Duration // session clock by which STATUS must have said what it is to say
	latency time.Duration
	stopped bool              // STOPPED has come
	clock   protocol.PenClock // of it
	latched bool              // STATUS has said ESTOP
	clear   *request          // nil: not asked for yet
	reply   chan error        // capacity 1: what became of CLEAR
	cleared bool              // it was carried out
	back    bool              // STATUS has said STANDBY since
	result  chan error        // capacity 1: how the check went
}

// CheckStop proves that the pen obeys a stop: it sends ESTOP, measures the time
// to STOPPED, sees ESTOP in STATUS, clears it, and sees STANDBY again with the
// same settings. It is for a pen that is in STANDBY and takes a few
// milliseconds. No event tells of it as long as it goes well, and Live says
// Checking meanwhile.
//
// A stop that anybody else asks for meanwhile, at whatever moment, wins: the
// check ends with ErrStopped, and the stop stays latched. A ctx that ends while
// the check goes on does not cut it short, because that would leave the pen
// stopped.
//
// Errors, with nothing sent: ctx's, ErrMonitor, ErrArmed, ErrStopped while a
// stop goes on or has not been left, ErrStale. Else ErrStopped, the end of the
// session, or *StopCheckError: the pen stays stopped then, if it stops at all,
// and must not be armed.
func (s *Session) CheckStop(ctx context.Context) (StopCheck, error) {
	if err := ctx.Err(); err != nil {
		return StopCheck{}, err
	}
	id, err := NewCommandID(s.opt.Rand)
	if err != nil {
		return StopCheck{}, err
	}
	s.mu.Lock()
	c, err := s.beginCheck(s.now(), id)
	s.mu.Unlock()
	if err != nil {
		return StopCheck{}, err
	}
	wake(s.wakeWriter)
	wake(s.wakeTimer)
	err = <-c.result
	s.mu.Lock()
	asked := c.clear != nil
	s.mu.Unlock()
	if asked {
		// Its id must not stay open: what became of it is asked for, also where
		// a stop has overtaken it.
		if lost := <-c.reply; errors.Is(lost, ErrNoReply) {
			unknown := s.resolve(context.WithoutCancel(ctx), protocol.TypeClear, id, lost)
			var e *StopCheckError
			if unknown != nil && errors.As(err, &e) {
				e.Cause = unknown
			}
		}
	}
	if err != nil {
		return StopCheck{}, err
	}
	return StopCheck{Latency: c.latency, At: s.wall(c.began)}, nil
}

// beginCheck begins a check if the pen is in STANDBY for certain. The mutex is
// held.
//
// Model: CheckBegins.
func (s *Session) beginCheck(now time.Duration, id uint64) (*stopCheck, error) {
	if err := s.mayCommand(); err != nil {
		return nil, err
	}
	st := s.live.Load().Status
	switch {
	case s.stop.active(), s.check != nil, s.halt.nonce != 0 && st.Clock <= s.halt.clock:
		// The newest STATUS may be from before the newest stop.
		return nil, ErrStopped
	case s.outputPossible():
		return nil, ErrArmed
	case s.status.fault != nil:
		return nil, s.status.fault
	case !s.status.seen || now-s.status.at > protocol.StatusSilence:
		return nil, ErrStale
	case st.State == protocol.StateStopped:
		return nil, ErrStopped
	case st.State != protocol.StateStandby:
		return nil, &StopCheckError{Step: StepBegin, State: st.State}
	}
	if !s.stop.beginCheck(now.Microseconds() + 1) {
		return nil, ErrStopped
	}
	s.check = &stopCheck{
		began: now, hash: st.SettingsHash, command: id, due: never,
		reply: make(chan error, 1), result: make(chan error, 1),
	}
	s.noteStop(now)
	return s.check, nil
}

// checking says whether a state is that of the check that is going on.
func (s *Session) checking(st protocol.State) bool {
	return s.check != nil && st == protocol.StateStopped
}

// checkStopped is STOPPED with the nonce of the check. The mutex is held.
func (s *Session) checkStopped(at time.Duration) {
	c := s.check
	if c == nil {
		return
	}
	c.stopped, c.latency, c.clock, c.due = true, max(s.stopLatency(at), time.Microsecond), s.halt.clock, at+armSettle
	s.advanceCheck(at)
	wake(s.wakeTimer)
}

// checkLatch compares STATUS with where the check is.
func (s *Session) checkLatch(at time.Duration, st *protocol.Status) {
	c := s.check
	if c == nil {
		return
	}
	asked := c.clear != nil && c.clear.sends > 0
	switch {
	case st.State == protocol.StateStopped:
		c.latched = true
	case st.State != protocol.StateStandby:
		s.endCheck(at, &StopCheckError{Step: StepLatch, State: st.State})
	case asked:
		c.back = true
	case c.latched, c.stopped && st.Clock > c.clock:
		// It says that it stopped, and that it is in STANDBY.
		s.checkLied(at, StepLatch, st.State)
	}
	s.advanceCheck(at)
}

// advanceCheck goes on to the next step of the check, as far as the pen has
// said what it takes. The mutex is held.
func (s *Session) advanceCheck(at time.Duration) {
	s.noteStop(at) // nobody's stop is overlooked
	c := s.check
	switch {
	case c == nil:
	case c.cleared && c.back:
		if s.live.Load().Status.SettingsHash != c.hash {
			s.endCheck(at, &StopCheckError{Step: StepSettings, State: s.status.state})
			return
		}
		s.endCheck(at, nil)
	case c.clear == nil && c.stopped && c.latched:
		s.clearCheck(at, c)
	}
}

// clearCheck takes away what the check has latched. That no stop of anybody
// else goes on, or has come since, is looked at under the same mutex under which
// CLEAR is queued; from then on noteStop holds it back.
//
// Model: CheckClears.
func (s *Session) clearCheck(at time.Duration, c *stopCheck) {
	cmd := &protocol.Clear{CommandID: c.command, Role: s.writer()}
	c.clear = &request{msg: cmd, commandID: c.command, answers: resultOf(c.command)}
	c.due = never
	c.clear.finish = func(m protocol.Message, err error) {
		if err == nil {
			err = s.outcome(protocol.TypeClear, m.(*protocol.Result))
		}
		c.reply <- err
		if s.check != c {
			return
		}
		now := s.now()
		if err != nil {
			s.endCheck(now, &StopCheckError{Step: StepClear, State: s.status.state, Cause: err})
			return
		}
		c.cleared, c.due = true, now+armSettle
		s.advanceCheck(now)
		wake(s.wakeTimer)
	}
	if err := s.submit(&s.command, c.clear); err != nil {
		c.reply <- err
		s.endCheck(at, &StopCheckError{Step: StepClear, State: s.status.state, Cause: err})
	}
}

// tickCheck ends a check whose pen does not say what it is to say.
func (s *Session) tickCheck(now time.Duration) time.Duration {
	c := s.check
	if c == nil {
		return never
	}
	if now < c.due {
		return c.due
	}
	step := StepLatch
	if c.cleared {
		step = StepStandby
	}
	s.checkLied(now, step, s.status.state)
	return never
}

// failCheck makes the stop of a check that the pen has not confirmed in time
// one that is meant: it goes on, and is told of. The mutex is held.
func (s *Session) failCheck(now time.Duration) {
	since := s.stop.since.Load()
	if since >= 0 || !s.stop.since.CompareAndSwap(since, -since) {
		return
	}
	e := &StopCheckError{Step: StepConfirm, State: s.status.state, Told: true}
	s.endCheck(now, e)
	s.halt.reason = e
	s.noteStop(now)
}

// checkLied ends the check of a pen that contradicts itself, and stops it.
func (s *Session) checkLied(now time.Duration, step StopStep, st protocol.State) {
	e := &StopCheckError{Step: step, State: st, Told: true}
	s.endCheck(now, e)
	s.lied(now, e)
}

// endCheck is the end of the check that is going on, if one is. What it hid is
// told now: that the pen is stopped. The mutex is held.
func (s *Session) endCheck(now time.Duration, err error) {
	c := s.check
	if c == nil {
		return
	}
	s.check = nil
	c.result <- err
	l := *s.live.Load()
	if l.Checking {
		l.Checking = false
		s.live.Store(&l)
	}
	if s.status.seen {
		s.tellState(now)
	}
}
