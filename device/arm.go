package device

import (
	"context"
	"errors"
	"fmt"
	"time"

	"stipple/protocol"
)

// armPhase is how far the pen is armed, as far as this session knows.
type armPhase uint8

const (
	armNone    armPhase = iota
	armPending          // ARM is on its way
	armGranted          // RESULT says done; no STATUS has said so yet
	armLive             // STATUS says READY, TREATING or a SERVICE output under the id
	armEnding           // over for this session; STATUS has yet to say so
)

// armState is the one arming, or SERVICE output, that a session can have at a
// time. Both are leased, watched and ended alike.
type armState struct {
	phase   armPhase
	id      uint32
	service bool          // a SERVICE output and no treatment
	since   time.Duration // session clock of the phase's begin
	seen    bool          // while pending: STATUS has said it under the id already
	request *request
	result  chan error    // capacity 1: how the attempt went
	ended   chan struct{} // closed when the phase is none again
	lease   time.Duration // session clock of the next LEASE
	disarm  bool          // DISARM is to be sent until STATUS confirms it
	told    bool          // DISARM was sent at least once
	next    time.Duration // session clock of the next DISARM
}

// active says whether the pen may be armed with this session's consent.
func (a *armState) active() bool { return a.phase != armNone && a.phase != armEnding }

// ArmRequest is what the operator confirmed.
type ArmRequest struct {
	Hash        [8]byte  // of exactly the settings that were shown
	TreatmentID [16]byte // of the record that is on disk
	CommandID   uint64   // from NewCommandID, on disk before this call
}

// Arm asks the pen for READY and returns nil once its STATUS says so under the
// id that was asked for. From then on the session leases, as long as Touch is
// called, until it ends for whatever reason: see EventArmEnded.
//
// Errors, with nothing sent: ErrMonitor, ErrArmed, ErrStopped, ErrStale,
// ErrNotAlive, ErrCommandID, *ClockError, ErrNotRead where Hash is not that of
// the verified Snapshot. With the outcome known: *RefusedError; ErrDisarmed or
// ErrStopped where one of them came in between; ErrNotReady; ErrNoReply where
// the pen was asked and says that it is not armed. Otherwise
// *UncertainError.
//
// Model: OperatorConfirms.
func (s *Session) Arm(ctx context.Context, req ArmRequest) error {
	cmd := &protocol.Arm{CommandID: req.CommandID, SettingsHash: req.Hash, TreatmentID: req.TreatmentID, Role: s.writer()}
	r := &request{msg: cmd, commandID: req.CommandID}
	r.prepare = func(now time.Duration) { cmd.NotAfter = s.notAfter(now) }
	return s.permit(ctx, r, cmd.ArmID(), false, func() error {
		if !s.settings.known || !s.settings.snapshot.Verified || s.settings.snapshot.Hash != req.Hash {
			return ErrNotRead
		}
		s.judge.permit(permitted{armID: cmd.ArmID(), treatment: req.TreatmentID, snapshot: s.settings.snapshot.clone()})
		return nil
	})
}

// permit asks for an output at the next pull of the trigger, for a treatment
// or, with service, in SERVICE, and waits until STATUS says that it is
// permitted. may looks, under the mutex, at what only this kind of output
// needs.
func (s *Session) permit(ctx context.Context, r *request, armID uint32, service bool, may func() error) error {
	r.answers, r.finish = resultOf(r.commandID), func(m protocol.Message, err error) { s.onArmResult(r, m, err) }
	s.mu.Lock()
	now := s.now()
	err := s.mayArm(now, armID)
	if err == nil {
		err = may()
	}
	var result chan error
	if err == nil {
		s.arm = armState{
			phase: armPending, id: armID, service: service, since: now, request: r,
			result: make(chan error, 1), ended: make(chan struct{}),
		}
		result = s.arm.result
		s.shrink(&s.bulk)
		err = s.submit(&s.command, r)
	}
	s.mu.Unlock()
	if err != nil {
		return err
	}
	select {
	case err = <-result:
	case <-ctx.Done():
		s.mu.Lock()
		sent := r.sends > 0
		s.endArm(s.now(), ctx.Err(), true)
		s.mu.Unlock()
		if sent {
			return s.uncertain(r.msg.Type(), r.commandID, protocol.OutcomeRunning, ctx.Err())
		}
		return ctx.Err()
	}
	if errors.Is(err, ErrNoReply) {
		return s.resolve(ctx, r.msg.Type(), r.commandID, err)
	}
	return err
}

// mayArm checks what can be checked here before any output is asked for. The
// mutex is held.
func (s *Session) mayArm(now time.Duration, armID uint32) error {
	if err := s.mayCommand(); err != nil {
		return err
	}
	switch {
	case s.stop.active():
		return ErrStopped
	case s.outputPossible():
		return ErrArmed
	case s.status.fault != nil:
		return s.status.fault
	case !s.status.seen || now-s.status.at > protocol.StatusSilence:
		return ErrStale
	case !s.alive(now):
		return ErrNotAlive
	case armID == 0:
		return ErrCommandID
	}
	return nil
}

// notAfter is the pen clock after which what leaves now is not to be carried
// out any more.
func (s *Session) notAfter(now time.Duration) protocol.PenClock {
	return s.status.newest.Add(now - s.status.at + protocol.ArmWindow - armMargin)
}

// resultOf accepts the RESULT of a command.
func resultOf(id uint64) func(protocol.Message) bool {
	return func(m protocol.Message) bool {
		r, ok := m.(*protocol.Result)
		return ok && r.CommandID == id &&
			(r.Outcome == protocol.OutcomeDone || r.Outcome == protocol.OutcomeRejected || r.Outcome == protocol.OutcomeRunning)
	}
}

// onArmResult handles the end of ARM or TEST_OUTPUT. The mutex is held.
//
// Model: ArmAnswered.
func (s *Session) onArmResult(r *request, m protocol.Message, err error) {
	now := s.now()
	if err == nil {
		err = s.outcome(r.msg.Type(), m.(*protocol.Result))
	}
	if s.arm.phase != armPending {
		return // disarmed or stopped meanwhile; armEnding sees to the rest
	}
	var refused *RefusedError
	switch {
	case err == nil:
		s.arm.phase, s.arm.since, s.arm.lease = armGranted, now, now
		if s.arm.seen {
			s.armed(now)
		}
		wake(s.wakeWriter)
	case errors.As(err, &refused):
		s.tellArm(err)
		s.unarm()
	case errors.Is(err, ErrNoReply):
		s.endArm(now, err, true)
	default:
		s.tellArm(err) // the session ends
	}
}

// armed is the first STATUS that confirms READY, or the SERVICE output.
func (s *Session) armed(now time.Duration) {
	s.arm.phase, s.arm.since = armLive, now
	s.tellArm(nil)
}

// tellArm tells the caller of Arm how it went; only the first word counts.
func (s *Session) tellArm(err error) {
	select {
	case s.arm.result <- err:
	default:
	}
}

// endArm ends the armed state, or the attempt: no lease is sent any more, and
// with disarm DISARM until STATUS confirms it. The mutex is held.
func (s *Session) endArm(now time.Duration, why error, disarm bool) {
	if !s.arm.active() {
		return
	}
	r, unsent := s.arm.request, false
	if r.sends == 0 {
		unsent = s.command.drop(r)
	}
	r.held = true
	s.tellArm(why)
	s.event(now, Event{Kind: EventArmEnded, ArmID: s.arm.id, Err: why})
	if unsent {
		s.unarm()
		s.advance(now, &s.command)
		return
	}
	s.arm.phase, s.arm.since, s.arm.disarm, s.arm.next = armEnding, now, disarm, now
	wake(s.wakeWriter)
	wake(s.wakeTimer)
}

// unarm is the end of it: nothing is armed as far as the session knows.
func (s *Session) unarm() {
	close(s.arm.ended)
	s.arm = armState{}
}

// Disarm takes the pen back to STANDBY. It returns at once; DISARM is repeated
// until STATUS confirms it, and a pen that does not obey is sent ESTOP.
// Without an armed pen it does nothing.
//
// Model: OperatorLeaves.
func (s *Session) Disarm() { s.disarm(ErrDisarmed) }

// disarm ends an armed state and returns a channel that is closed when the pen
// has confirmed it; nil if nothing was armed.
func (s *Session) disarm(why error) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endArm(s.now(), why, true)
	if s.arm.phase == armNone {
		return nil
	}
	s.arm.disarm = true
	return s.arm.ended
}

// disarmFrame makes DISARM if it is due.
//
// Model: DisarmSent.
func (s *Session) disarmFrame(now time.Duration, buf []byte) ([]byte, bool) {
	if s.arm.phase != armEnding || !s.arm.disarm || now < s.arm.next {
		return nil, false
	}
	h := protocol.Header{Seq: s.stop.seq, Session: s.id}
	f, ok := s.claim(protocol.Append(buf, h, &protocol.Disarm{ArmID: s.arm.id}), stopReserve)
	if !ok {
		return nil, false
	}
	s.stop.seq++
	s.arm.told = true
	s.arm.next = now + disarmEvery
	return f, true
}

// checkArm compares what STATUS says with what was confirmed.
func (s *Session) checkArm(at time.Duration, st *protocol.Status) {
	s.noteStop(at)
	if !st.Permits() {
		s.checkUnarmed(at)
		return
	}
	if s.arm.phase == armNone || st.ArmID != s.arm.id || s.arm.service != (st.State == protocol.StateService) {
		if !s.stop.meant() {
			s.event(at, Event{Kind: EventUnconfirmedReady, ArmID: st.ArmID, State: st.State})
			s.stopFor(at, fmt.Errorf("%v under arm id %08x was not confirmed", st.State, st.ArmID))
		}
		return
	}
	if !s.arm.service && !s.judgeReady(at, st) {
		return
	}
	switch s.arm.phase {
	case armPending:
		s.arm.seen = true
	case armGranted:
		s.armed(at)
	}
}

// checkUnarmed handles a STATUS that permits no output.
func (s *Session) checkUnarmed(at time.Duration) {
	switch s.arm.phase {
	case armPending:
		s.arm.seen = false
	case armLive:
		why := ErrPenDisarmed
		if s.arm.service {
			why = ErrOutputOver
		}
		s.endArm(at, why, false)
		s.unarm()
	case armEnding:
		// A STATUS from before an ARM that is still on its way, or from before
		// the first DISARM, says nothing.
		settled := !s.command.has(s.arm.request) && (s.arm.told || !s.arm.disarm)
		if settled || at-s.arm.since >= armSettle {
			s.unarm()
		}
	}
}

// tickArm sees to leases, DISARM and everything that ends an armed state.
//
// Model: WindowDead, StatusSilent, ReadyMissing.
func (s *Session) tickArm(now time.Duration) time.Duration {
	due := time.Duration(never)
	if s.arm.active() {
		due = time.Duration(s.touched.Load()) + LivenessLimit
		if !s.alive(now) {
			s.endArm(now, ErrNotAlive, true)
		}
	}
	switch s.arm.phase {
	case armGranted, armLive:
		if silent := now - s.status.at; silent >= protocol.StatusSilence {
			s.event(now, Event{Kind: EventStatusSilence, Latency: silent})
			s.endArm(now, ErrStale, false)
			s.stopFor(now, ErrStale)
			break
		}
		due = min(due, s.status.at+protocol.StatusSilence)
		if s.arm.phase == armGranted {
			if now-s.arm.since >= armSettle {
				s.endArm(now, ErrNotReady, true)
				break
			}
			due = min(due, s.arm.since+armSettle)
		}
		if s.arm.lease <= now {
			wake(s.wakeWriter)
		} else {
			due = min(due, s.arm.lease)
		}
	}
	if s.arm.phase == armEnding {
		due = s.tickEnding(now)
	}
	return due
}

// tickEnding repeats DISARM, and stops a pen that does not obey it.
//
// Model: EndSettled.
func (s *Session) tickEnding(now time.Duration) time.Duration {
	if now-s.arm.since >= armSettle {
		if !s.status.permits {
			s.unarm()
			return never
		}
		s.arm.since = now
		s.stopFor(now, fmt.Errorf("%w: pen does not leave %v", ErrDisarmed, s.status.state))
	}
	due := s.arm.since + armSettle
	if s.arm.disarm {
		if s.arm.next <= now {
			wake(s.wakeWriter)
		} else {
			due = min(due, s.arm.next)
		}
	}
	return due
}

// mayCommand says whether commands can be sent at all. The mutex is held.
func (s *Session) mayCommand() error {
	if s.closing || s.cause != nil {
		return s.endedError()
	}
	if s.info.Monitor {
		return fmt.Errorf("%w: %w", ErrMonitor, s.info.MonitorReason)
	}
	return nil
}
