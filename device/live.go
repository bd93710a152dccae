package device

import (
	"time"

	"stipple/protocol"
)

// statusHead is the part of STATUS that is the same in every major.
const statusHead = 16

// handle dispatches a good frame. What does not belong to this session, or
// comes on the wrong lane, or goes the wrong way is counted and dropped. The
// mutex is held.
func (s *Session) handle(at time.Duration, f protocol.Frame) {
	known := f.Type.Known()
	if known && (!f.Type.FromPen() || !f.Type.OnLane(f.Lane)) {
		s.stats.WrongLane++ // an echo of our own bytes is among these
		return
	}
	if f.Type == protocol.TypeHelloAck {
		s.onHelloAck(at, f)
		return
	}
	if !s.opened || f.Session != s.id {
		if f.Type == protocol.TypeStopped {
			s.onStopped(at, f) // its nonce decides, also where the session was lost
			return
		}
		s.stats.WrongSession++
		return
	}
	s.lastGood = at
	if !known {
		s.stats.UnknownType++
	}
	switch f.Lane {
	case protocol.LaneStop:
		if known {
			s.onStopped(at, f)
		}
	case protocol.LaneCommand:
		if known {
			s.onReply(at, &s.command, f)
		}
	case protocol.LaneBulk:
		if known {
			s.onReply(at, &s.bulk, f)
		}
	case protocol.LaneLive:
		s.onLive(at, f)
	}
}

// onLive handles the live lane, where every sequence number counts.
func (s *Session) onLive(at time.Duration, f protocol.Frame) {
	var lost uint16
	if s.heard {
		if !protocol.Newer(f.Seq, s.heardAt) {
			s.stats.OldSeq++
			return
		}
		lost = f.Seq - s.heardAt - 1
	} else {
		lost = f.Seq // a session counts from 0
	}
	s.heard, s.heardAt = true, f.Seq
	s.gapLost += uint64(lost)
	s.status.gaps += uint64(lost)
	s.status.hole = s.status.hole || lost > 0
	switch f.Type {
	case protocol.TypeStatus:
		s.onStatus(at, f)
	case protocol.TypePulse:
		s.onPulse(at, f)
	case protocol.TypeEvent:
		s.onPenEvent(at, f)
	case protocol.TypeTimeTell:
		s.onTime(at, f)
	}
}

// onStatus handles STATUS: publishes it, and compares it with everything that
// the session believes.
//
// Model: StatusTaken.
func (s *Session) onStatus(at time.Duration, f protocol.Frame) {
	st, err := s.decodeStatus(f.Payload)
	if err != nil {
		s.stats.BadPayload++
		return
	}
	hole := s.status.hole || s.status.seen && isGap(at-s.status.at)
	s.status.hole = false
	first := !s.status.seen
	s.status.seen, s.status.at, s.status.state, s.status.permits = true, at, st.State, st.Permits()
	s.checkClock(at, st.Clock)
	s.live.Store(&Live{Valid: true, Status: st, At: s.wall(at), RTT: s.clock.last, Gaps: s.status.gaps, Checking: s.checking(st.State)})
	s.samples.add(s.wall(at).UnixMicro(), hole, &st)
	if first {
		close(s.status.first)
		s.pulses.last, s.judge.from, s.status.told = st.NewestPulse, st.Clock, st.State
	} else {
		s.tellState(at)
	}
	s.checkArm(at, &st)
	s.checkLatch(at, &st)
	if s.ready {
		s.checkTip(at, st.TipID)
		s.checkPulses(at, &st)
	}
	s.events.flush(s.wall(at))
}

// tellState tells of a state that nobody was told of yet. That the pen is
// stopped because of CheckStop is nothing to tell.
func (s *Session) tellState(at time.Duration) {
	old, now := s.status.told, s.status.state
	if old == now || s.checking(now) {
		return
	}
	s.status.told = now
	s.event(at, Event{Kind: EventState, Old: old, State: now})
}

// decodeStatus reads a STATUS; of a pen of another major only the part that
// is frozen.
func (s *Session) decodeStatus(p []byte) (st protocol.Status, err error) {
	if s.fluent {
		err = st.DecodePayload(p)
		return st, err
	}
	var head [protocol.StatusSize]byte
	if len(p) < statusHead {
		return st, st.DecodePayload(p)
	}
	copy(head[:statusHead], p)
	err = st.DecodePayload(head[:])
	return st, err
}

// checkClock keeps the newest pen clock. One that runs backwards within a
// session is a contradiction: what a lease would echo means nothing then.
func (s *Session) checkClock(at time.Duration, c protocol.PenClock) {
	if c >= s.status.newest {
		s.status.newest = c
		return
	}
	if s.status.fault == nil {
		s.status.fault = &ClockError{Before: s.status.newest, After: c}
		s.event(at, Event{Kind: EventContradiction, Err: s.status.fault})
		s.stopFor(at, s.status.fault)
	}
}

// onPenEvent passes on what the pen says happened.
func (s *Session) onPenEvent(at time.Duration, f protocol.Frame) {
	var e protocol.Event
	if e.DecodePayload(f.Payload) != nil {
		s.stats.BadPayload++
		return
	}
	told := Event{Kind: EventPen, At: s.wall(at), Pen: &e}
	if e.Code == protocol.EventStopped {
		told.Check, s.halt.ours = s.halt.ours, false
	}
	s.events.push(told, rankOf(s.info.Descriptor, &e))
	s.judgeAlarm(at, &e)
}

// tickGaps reports lost live frames, at most once in gapEvery.
func (s *Session) tickGaps(now time.Duration) time.Duration {
	if s.gapLost == 0 {
		return never
	}
	if due := s.gapAt + gapEvery; s.gapAt != 0 && now < due {
		return due
	}
	s.event(now, Event{Kind: EventGap, Lost: s.gapLost})
	s.gapLost, s.gapAt = 0, max(now, 1)
	return never
}
