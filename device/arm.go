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
	armGranted          // RESULT says done; no STATUS has said READY yet
	armLive             // STATUS says READY or TREATING under the id
	armEnding           // over for this session; STATUS has yet to say so
)

// armState is the one arming that a session can have at a time.
type armState struct {
	phase   armPhase
	id      uint32
	since   time.Duration // session clock of the phase's begin
	seen    bool          // while pending: STATUS has said READY under the id already
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
func (s *Session) Arm(ctx context.Context, req ArmRequest) error {
	s.mu.Lock()
	result, err := s.startArm(s.now(), req)
	r := s.arm.request
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
			return s.uncertain(protocol.TypeArm, req.CommandID, protocol.OutcomeRunning, ctx.Err())
		}
		return ctx.Err()
	}
	if errors.Is(err, ErrNoReply) {
		return s.resolve(ctx, protocol.TypeArm, req.CommandID, err)
	}
	return err
}

// startArm checks what can be checked here and sends ARM. The mutex is held.
func (s *Session) startArm(now time.Duration, req ArmRequest) (chan error, error) {
	cmd := &protocol.Arm{CommandID: req.CommandID, SettingsHash: req.Hash, TreatmentID: req.TreatmentID, Role: s.writer()}
	if err := s.mayCommand(); err != nil {
		return nil, err
	}
	switch {
	case s.stop.active():
		return nil, ErrStopped
	case s.arm.phase != armNone || s.status.state.Armed():
		return nil, ErrArmed
	case s.status.fault != nil:
		return nil, s.status.fault
	case !s.status.seen || now-s.status.at > protocol.StatusSilence:
		return nil, ErrStale
	case !s.alive(now):
		return nil, ErrNotAlive
	case cmd.ArmID() == 0:
		return nil, ErrCommandID
	case !s.settings.known || !s.settings.snapshot.Verified || s.settings.snapshot.Hash != req.Hash:
		return nil, ErrNotRead
	}
	r := &request{msg: cmd, commandID: req.CommandID, answers: resultOf(req.CommandID), finish: s.onArmResult}
	r.prepare = func(now time.Duration) {
		cmd.NotAfter = s.status.newest.Add(now - s.status.at + protocol.ArmWindow - armMargin)
	}
	s.arm = armState{
		phase: armPending, id: cmd.ArmID(), since: now, request: r,
		result: make(chan error, 1), ended: make(chan struct{}),
	}
	return s.arm.result, s.submit(&s.command, r)
}

// resultOf accepts the RESULT of a command.
func resultOf(id uint64) func(protocol.Message) bool {
	return func(m protocol.Message) bool {
		r, ok := m.(*protocol.Result)
		return ok && r.CommandID == id &&
			(r.Outcome == protocol.OutcomeDone || r.Outcome == protocol.OutcomeRejected || r.Outcome == protocol.OutcomeRunning)
	}
}

// onArmResult handles the end of ARM. The mutex is held.
func (s *Session) onArmResult(m protocol.Message, err error) {
	now := s.now()
	if err == nil {
		if res := m.(*protocol.Result); res.Outcome == protocol.OutcomeRejected {
			e := s.refused(protocol.TypeArm, res.Code, protocol.NoField, 0)
			e.Blocks = res.ArmBlocks
			err = e
		}
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

// armed is the first STATUS that confirms READY.
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
		unsent = s.unqueue(&s.command, r)
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

// unqueue removes a request that was not sent. The mutex is held.
func (s *Session) unqueue(lane *requestLane, r *request) bool {
	if lane.current == r {
		lane.current = nil
		return true
	}
	for i, q := range lane.queue {
		if q == r {
			lane.queue = append(lane.queue[:i], lane.queue[i+1:]...)
			return true
		}
	}
	return false
}

// unarm is the end of it: nothing is armed as far as the session knows.
func (s *Session) unarm() {
	close(s.arm.ended)
	s.arm = armState{}
}

// Disarm takes the pen back to STANDBY. It returns at once; DISARM is repeated
// until STATUS confirms it, and a pen that does not obey is sent ESTOP.
// Without an armed pen it does nothing.
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

// alive says whether the window has proved to be within LivenessLimit.
func (s *Session) alive(now time.Duration) bool {
	t := time.Duration(s.touched.Load())
	return t != 0 && now-t < LivenessLimit
}

// mayLease says whether the pen may go on. All of it is looked at again for
// each lease, because the timer may be late.
func (s *Session) mayLease(now time.Duration) bool {
	return (s.arm.phase == armGranted || s.arm.phase == armLive) && !s.stop.active() &&
		s.alive(now) && now-s.status.at <= protocol.StatusSilence
}

// leaseFrame makes LEASE if it is due. It echoes the newest pen clock known at
// this moment, so that a frozen pen or a buffer can't stretch it.
func (s *Session) leaseFrame(now time.Duration, buf []byte) ([]byte, bool) {
	if !s.mayLease(now) || now < s.arm.lease {
		return nil, false
	}
	f, ok := s.claim(protocol.Append(buf, s.liveHeader(), &protocol.Lease{ArmID: s.arm.id, Clock: s.status.newest}), stopReserve)
	if !ok {
		return nil, false
	}
	s.liveSeq++
	s.arm.lease += protocol.LeaseEvery
	if s.arm.lease <= now {
		s.arm.lease = now + protocol.LeaseEvery
	}
	wake(s.wakeTimer)
	return f, true
}

// checkArm compares what STATUS says with what was confirmed.
func (s *Session) checkArm(at time.Duration, st *protocol.Status) {
	s.noteStop(at)
	if !st.State.Armed() {
		s.checkUnarmed(at)
		return
	}
	if s.arm.phase == armNone || st.ArmID != s.arm.id {
		if !s.stop.active() {
			s.event(at, Event{Kind: EventUnconfirmedReady, ArmID: st.ArmID, State: st.State})
			s.stopFor(at, fmt.Errorf("%v under arm id %08x was not confirmed", st.State, st.ArmID))
		}
		return
	}
	switch s.arm.phase {
	case armPending:
		s.arm.seen = true
	case armGranted:
		s.armed(at)
	}
}

// checkUnarmed handles a STATUS that says neither READY nor TREATING.
func (s *Session) checkUnarmed(at time.Duration) {
	switch s.arm.phase {
	case armPending:
		s.arm.seen = false
	case armLive:
		s.endArm(at, ErrPenDisarmed, false)
		s.unarm()
	case armEnding:
		// A STATUS from before an ARM that is still on its way, or from before
		// the first DISARM, says nothing.
		settled := s.command.current != s.arm.request && (s.arm.told || !s.arm.disarm)
		if settled || at-s.arm.since >= armSettle {
			s.unarm()
		}
	}
}

// tickArm sees to leases, DISARM and everything that ends an armed state.
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
func (s *Session) tickEnding(now time.Duration) time.Duration {
	if now-s.arm.since >= armSettle {
		if !s.status.state.Armed() {
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
