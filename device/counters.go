package device

import (
	"context"
	"time"

	"stipple/protocol"
)

// Counters is how much the pen has worked. Errors: ErrMonitor, ErrNotOffered,
// ErrNoReply, *RefusedError.
func (s *Session) Counters(ctx context.Context) (protocol.Counters, error) {
	m, err := s.exchange(ctx, &protocol.CountersRead{}, is[*protocol.Counters])
	if err != nil {
		return protocol.Counters{}, err
	}
	return *m.(*protocol.Counters), nil
}

// ResetCounters sets the counters since the last service to 0 and reads them
// back. seen is the number of pulses since the last service that the technician
// was shown: the pen refuses another one, because somebody has treated since.
//
// Errors, with nothing sent: ErrMonitor, ErrStopped. With the outcome known:
// *RefusedError, ErrNoReply; *EchoError where they are not 0, or the lifetime
// counters went back, after which the pen has been sent ESTOP. Otherwise
// *UncertainError, also where it was done and not read back.
func (s *Session) ResetCounters(ctx context.Context, seen uint32) (protocol.Counters, error) {
	before, err := s.Counters(ctx)
	if err != nil {
		return before, err
	}
	err = s.once(ctx, 0, func(id uint64, role protocol.Role) protocol.Once {
		return &protocol.CounterReset{CommandID: id, Role: role, Seen: seen}
	})
	if err != nil {
		return before, err
	}
	after, err := s.Counters(ctx)
	switch {
	case err != nil:
		return after, s.unread(protocol.TypeCounterReset, err)
	case after.ServicePulses != 0 || after.ServiceMotor != 0 || after.ServiceRF != 0:
		return after, s.contradicts(protocol.TypeCounterReset, "service_pulses", 0, max(after.ServicePulses, after.ServiceMotor, after.ServiceRF))
	case after.Pulses < before.Pulses || after.MotorSeconds < before.MotorSeconds || after.RFSeconds < before.RFSeconds:
		return after, s.contradicts(protocol.TypeCounterReset, "pulses", before.Pulses, after.Pulses)
	}
	return after, nil
}

// SetUTC tells the pen the date, on a person's word: utc is what it is at the
// moment of the call. The pen keeps it until its reset, or for good where it has
// a clock of its own.
//
// Errors, with nothing sent: ErrMonitor, ErrStopped, ErrStale. With the outcome
// known: *RefusedError, ErrNoReply. Otherwise *UncertainError.
func (s *Session) SetUTC(ctx context.Context, utc time.Time) error {
	live := s.Live()
	at := live.At
	if exact, _, ok := s.PenTime(live.Status.Clock); ok && exact.Before(at) {
		at = exact // the way of the STATUS is not counted as the pen's time
	}
	s.mu.Lock()
	now := s.now()
	stale := !s.status.seen || now-s.status.at > protocol.StatusSilence
	s.mu.Unlock()
	if stale {
		return ErrStale
	}
	then := utc.Add(at.Sub(s.wall(now)))
	if then.UnixMicro() < 0 {
		then = time.UnixMicro(0) // the pen refuses it, and says why
	}
	return s.once(ctx, 0, func(id uint64, role protocol.Role) protocol.Once {
		return &protocol.UTCSet{CommandID: id, Role: role, Clock: live.Status.Clock, UTC: uint64(then.UnixMicro())}
	})
}
