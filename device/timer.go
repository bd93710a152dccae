package device

import (
	"errors"
	"math"
	"time"

	"stipple/protocol"
)

// never is a session time that does not come.
const never = time.Duration(math.MaxInt64)

// keepTime is the timer: it does what is due and sleeps until the next thing
// is, or until something has changed. In the end it sees the session out.
func (s *Session) keepTime() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-s.quit:
			s.finish()
			return
		case <-s.wakeTimer:
		case <-timer.C:
		}
		now := s.now()
		s.mu.Lock()
		due := s.tick(now)
		s.mu.Unlock()
		if due == never {
			timer.Stop()
		} else {
			timer.Reset(max(due-now, 0))
		}
	}
}

// tick does everything that is due at now and returns when it wants to be
// called next. Whatever it wakes up for it also does, so that it never spins.
// The mutex is held.
func (s *Session) tick(now time.Duration) time.Duration {
	if s.cause != nil {
		return never
	}
	due := s.tickLane(now, &s.command)
	due = min(due, s.tickLane(now, &s.bulk))
	due = min(due, s.tickStop(now))
	due = min(due, s.tickCheck(now))
	due = min(due, s.tickArm(now))
	due = min(due, s.tickTime(now))
	due = min(due, s.tickTip(now))
	due = min(due, s.tickPulses(now))
	due = min(due, s.tickJudge(now))
	due = min(due, s.tickGaps(now))
	return min(due, s.tickSilence(now))
}

// tickSilence ends a session whose pen says nothing, hears nothing, or whose
// driver takes nothing, for over LinkSilence.
//
// Model: LinkSilent.
func (s *Session) tickSilence(now time.Duration) time.Duration {
	due := never
	check := func(since time.Duration, cause error) {
		if now-since >= protocol.LinkSilence {
			s.failLocked(&LinkLostError{Cause: cause, Silent: now - s.lastGood})
			return
		}
		due = min(due, since+protocol.LinkSilence)
	}
	if s.opened {
		check(s.lastGood, nil)
		if !s.status.seen {
			check(s.status.at, ErrNoStatus)
		}
	}
	if busy := s.line.busy.Load(); busy != 0 {
		check(time.Duration(busy), ErrWriteStuck)
	}
	if full := s.line.full.Load(); full != 0 {
		check(time.Duration(full), ErrDeaf)
	}
	return due
}

// finish is the end of a session: the port is closed, the other goroutines are
// waited for, everybody who waits is told.
func (s *Session) finish() {
	s.mu.Lock()
	s.closing = true
	cause := s.endCause()
	s.mu.Unlock()

	closeErr := s.conn.Close()
	var left AbandonedError
	patience := time.NewTimer(abandonAfter)
	defer patience.Stop()
	for _, wait := range []struct {
		done chan struct{}
		left *bool
	}{{s.readerDone, &left.Reader}, {s.writerDone, &left.Writer}} {
		select {
		case <-wait.done:
		case <-patience.C:
			*wait.left = true
			patience.Reset(0) // the other one has had its time too
		}
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	errs := []error{cause}
	if left.Reader || left.Writer {
		errs = append(errs, &left)
	} else if closeErr != nil && errors.Is(s.cause, ErrClosed) {
		errs = append(errs, closeErr)
	}
	if len(errs) == 1 {
		s.final = cause
	} else {
		s.final = errors.Join(errs...)
	}
	s.endCheck(s.now(), s.final)
	s.failRequests(s.final)
	if s.arm.phase != armNone {
		s.tellArm(s.final)
		s.unarm()
	}
	now := s.now()
	s.events.end(Event{Kind: EventEnd, At: s.wall(now), Err: s.final})
	s.log.Debug("session ended", "port", s.opt.Port.Path, "cause", s.final)
	close(s.done)
}

// endCause is why the session ends, and what is not known because of it. The
// mutex is held.
func (s *Session) endCause() error {
	e := &UncertainError{State: s.status.state, Cause: s.cause, Outcome: protocol.OutcomeRunning}
	if r := s.command.first(); r != nil && r.commandID != 0 && r.sends > 0 {
		e.Command, e.CommandID = r.msg.Type(), r.commandID
	}
	switch {
	case s.arm.phase == armPending && s.arm.request.sends == 0:
	case s.arm.phase != armNone:
		e.ArmID = s.arm.id
	case s.status.permits:
		e.ArmID = s.live.Load().Status.ArmID
	}
	if e.CommandID == 0 && e.ArmID == 0 {
		return s.cause
	}
	e.LastPulse, e.Newest = s.pulses.contiguous(), s.live.Load().Status.NewestPulse
	return e
}
