package device

import (
	"context"
	"errors"
	"fmt"
	"time"

	"stipple/protocol"
)

// Clear leaves ESTOP or FAULT for STANDBY, with the trigger released. Fault is
// what the operator was shown, FaultNone for an ESTOP alone. Errors, with
// nothing sent: ErrMonitor, ErrStopped while a stop is not confirmed yet. With
// the outcome known: *RefusedError, ErrNoReply. Otherwise *UncertainError.
//
// Model: PersonClears.
func (s *Session) Clear(ctx context.Context, fault protocol.Fault) error {
	return s.once(ctx, 0, func(id uint64, role protocol.Role) protocol.Once {
		return &protocol.Clear{CommandID: id, Fault: fault, Role: role}
	})
}

// once sends a command that must not happen twice, under an id of its own, and
// waits for its result; slow is how long the pen may be at work on it, where
// that is over runningLimit. Errors, with nothing sent: ErrMonitor, ErrStopped
// while a stop is not confirmed yet, or where one has come in between. With the
// outcome known: *RefusedError, ErrNoReply where it never arrived. Otherwise *UncertainError.
func (s *Session) once(ctx context.Context, slow time.Duration, command func(id uint64, role protocol.Role) protocol.Once) error {
	newest := s.stop.last.Load()
	id, err := NewCommandID(s.opt.Rand)
	if err != nil {
		return err
	}
	r := &request{msg: command(id, s.writer()), commandID: id, answers: resultOf(id), slow: slow}
	// Model: ClearQueued.
	r.may = func() error {
		if err := s.mayCommand(); err != nil {
			return err
		}
		if s.stop.active() || s.stop.last.Load() != newest {
			return ErrStopped // a CLEAR would take away what was stopped after it was asked for
		}
		return nil
	}
	t := r.msg.Type()
	m, err := s.ask(ctx, &s.command, r)
	switch {
	case err == nil:
		return s.outcome(t, m.(*protocol.Result))
	case errors.Is(err, ErrNoReply):
		return s.resolveSlow(ctx, t, id, err, max(slow, runningLimit))
	case ctx.Err() != nil && errors.Is(err, ctx.Err()) && s.wasSent(r):
		return s.uncertain(t, id, protocol.OutcomeRunning, err)
	}
	return err
}

// wasSent says whether a request has left at least once.
func (s *Session) wasSent(r *request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return r.sends > 0
}

// resolveSlow is resolve for a command that may be at work for up to limit: it
// asks again for as long as the pen says RUNNING.
func (s *Session) resolveSlow(ctx context.Context, t protocol.Type, id uint64, lost error, limit time.Duration) error {
	over := time.NewTimer(limit)
	defer over.Stop()
	again := time.NewTicker(protocol.CommandIntervalMax)
	defer again.Stop()
	for {
		err := s.resolve(ctx, t, id, lost)
		var u *UncertainError
		if !errors.As(err, &u) || u.Outcome != protocol.OutcomeRunning {
			return err
		}
		select {
		case <-again.C:
		case <-over.C:
			return err
		case <-ctx.Done():
			return err
		case <-s.done:
			return err
		}
	}
}

// ResultOf asks what became of a command. An id that the pen has never seen is
// burnt by it.
//
// Model: OutcomeAsked.
func (s *Session) ResultOf(ctx context.Context, id uint64) (protocol.Result, error) {
	s.mu.Lock()
	err := s.mayCommand()
	s.mu.Unlock()
	if err != nil {
		return protocol.Result{}, err
	}
	r := &request{msg: &protocol.ResultOf{CommandID: id}, answers: func(m protocol.Message) bool {
		res, ok := m.(*protocol.Result)
		return ok && res.CommandID == id
	}}
	m, err := s.ask(ctx, &s.command, r)
	if err != nil {
		return protocol.Result{}, err
	}
	return *m.(*protocol.Result), nil
}

// outcome turns a RESULT into an error.
//
// Model: ClearAnswered.
func (s *Session) outcome(t protocol.Type, res *protocol.Result) error {
	if res.Outcome == protocol.OutcomeRejected {
		e := s.refused(t, res.Code, protocol.NoField, 0)
		e.Blocks = res.ArmBlocks
		return e
	}
	return nil
}

// resolve asks for the outcome of a command whose reply was lost.
//
// Model: OutcomeAnswered.
func (s *Session) resolve(ctx context.Context, t protocol.Type, id uint64, lost error) error {
	res, err := s.ResultOf(ctx, id)
	if err != nil {
		return s.uncertain(t, id, protocol.OutcomeForgotten, errors.Join(lost, err))
	}
	switch res.Outcome {
	case protocol.OutcomeNeverSeen:
		return fmt.Errorf("%v: %w: it never arrived", t, lost)
	case protocol.OutcomeRejected:
		return s.outcome(t, &res)
	case protocol.OutcomeDone:
		if permits(t) { // DISARM is on its way, and no lease was ever sent
			return fmt.Errorf("%v: %w: it was accepted and is disarmed", t, lost)
		}
		return nil
	}
	return s.uncertain(t, id, res.Outcome, lost)
}

// permits says whether a command leads to an output at a pull of the trigger.
func permits(t protocol.Type) bool { return t == protocol.TypeArm || t == protocol.TypeTestOutput }

// unread is what became of a command that the pen has carried out, where it
// could not be read back: not nothing. A pen that reads back something else is
// an *EchoError as ever.
func (s *Session) unread(t protocol.Type, err error) error {
	var differs *EchoError
	if err == nil || errors.As(err, &differs) {
		return err
	}
	return s.uncertain(t, 0, protocol.OutcomeDone, err)
}

// uncertain says what is not known of a command.
func (s *Session) uncertain(t protocol.Type, id uint64, o protocol.Outcome, cause error) *UncertainError {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := &UncertainError{Command: t, CommandID: id, State: s.status.state, Outcome: o, Cause: cause}
	if permits(t) {
		e.ArmID = uint32(id)
	}
	e.LastPulse, e.Newest = s.pulses.contiguous(), s.live.Load().Status.NewestPulse
	return e
}
