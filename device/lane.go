package device

import (
	"slices"
	"time"

	"stipple/protocol"
)

// requestLane is the command or the bulk lane. On the command lane one request
// is outstanding, on the bulk lane as many as the pen's state allows; the
// others wait their turn.
type requestLane struct {
	lane  protocol.Lane
	seq   uint16     // of the next request
	out   []*request // outstanding, in the order of their seq
	queue []*request
	heard time.Duration // session clock of the newest answer
	pace  time.Duration // the longest that an answer has lately taken behind the one before it
}

// first is the oldest outstanding request, or nil.
func (l *requestLane) first() *request {
	if len(l.out) == 0 {
		return nil
	}
	return l.out[0]
}

// window is how many requests of the lane may be outstanding now. The mutex is
// held.
func (s *Session) window(lane *requestLane) int {
	if lane.lane != protocol.LaneBulk || s.outputPossible() {
		return 1
	}
	return protocol.BulkWindow
}

// outputPossible says whether the pen may let something out at a pull of the
// trigger, or is about to be asked for it. The mutex is held.
func (s *Session) outputPossible() bool { return s.arm.phase != armNone || s.status.permits }

// has says whether r is outstanding.
func (l *requestLane) has(r *request) bool { return slices.Contains(l.out, r) }

// drop removes a request that is outstanding or waits, and says whether it was
// there.
func (l *requestLane) drop(r *request) bool {
	for _, list := range []*[]*request{&l.out, &l.queue} {
		if i := slices.Index(*list, r); i >= 0 {
			*list = slices.Delete(*list, i, i+1)
			return true
		}
	}
	return false
}

// room says whether one more request may be outstanding. A pen drops bulk
// requests that are a window behind the newest, so one that has to be sent
// again holds up those that would leave it behind.
func (l *requestLane) room(window int) bool {
	return len(l.out) < window && (len(l.out) == 0 || l.seq-l.out[0].seq < protocol.BulkWindow)
}

// patience is the time to the first retry: twice what an answer takes, be it
// the line's round trip or the frame that it waits behind.
func (s *Session) patience(lane *requestLane) time.Duration {
	return min(max(2*s.clock.rtt, 2*lane.pace, protocol.CommandIntervalMin), protocol.CommandIntervalMax)
}

// advance makes the next requests of the lane outstanding ones. The mutex is
// held.
func (s *Session) advance(now time.Duration, lane *requestLane) {
	for len(lane.queue) > 0 && lane.room(s.window(lane)) {
		r := lane.queue[0]
		lane.queue = lane.queue[1:]
		lane.out = append(lane.out, r)
		r.seq = lane.seq
		lane.seq++
		r.due = true
		r.interval = s.patience(lane)
		r.deadline = now + protocol.CommandLimit
		if r.hello {
			r.interval, r.deadline = helloInterval, now+handshakeLimit
		}
		r.next = r.deadline
		wake(s.wakeWriter)
		wake(s.wakeTimer)
	}
}

// shrink takes back what is outstanding beyond the window, because output is
// about to be possible: it goes out again, under another seq, when the window
// allows it. An answer that still comes is an answer to nothing.
func (s *Session) shrink(lane *requestLane) {
	keep := min(s.window(lane), len(lane.out))
	back := slices.Clone(lane.out[keep:])
	for _, r := range back {
		r.due, r.running, r.busy, r.sends = false, false, false, 0
	}
	lane.out = lane.out[:keep]
	lane.queue = append(back, lane.queue...)
}

// withdraw takes back a request whose caller has left. A command that was sent
// stays until its answer or its deadline, so that a late answer is not taken
// for another's; one that the pen says it is at work on is answered already.
// What is read in bulk may be answered as late as it likes.
func (s *Session) withdraw(lane *requestLane, r *request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if lane.has(r) && lane.lane == protocol.LaneCommand && r.sends > 0 && !r.running {
		r.held = true
		return
	}
	if lane.drop(r) {
		s.advance(s.now(), lane)
	}
}

// requestFrame makes the frame of the first outstanding request that is due.
// What is read in bulk leaves room for a command and for the time exchange that
// proves that the pen hears.
//
// Model: CommandSent.
func (s *Session) requestFrame(now time.Duration, lane *requestLane, buf []byte) ([]byte, bool) {
	s.noteStop(now) // before anything goes out behind it
	i := slices.IndexFunc(lane.out, func(r *request) bool { return r.due })
	if i < 0 {
		return nil, false
	}
	r := lane.out[i]
	if r.sends == 0 && r.prepare != nil {
		r.prepare(now)
	}
	h := protocol.Header{Seq: r.seq, Session: s.id}
	if r.hello {
		h.Session = 0
	}
	reserve := stopReserve
	if lane.lane == protocol.LaneBulk {
		reserve += commandReserve
	}
	f, ok := s.claim(protocol.Append(buf, h, r.msg), reserve)
	if !ok {
		return nil, false
	}
	if r.sends > 0 {
		s.stats.Retries++
	}
	r.due = false
	r.sends++
	r.lastEnd = s.line.written.Load()
	if r.sends == 1 {
		r.wireEnd = r.lastEnd
	}
	r.lastSent = now
	r.next = now + r.interval
	if !r.hello {
		r.interval = min(2*r.interval, protocol.CommandIntervalMax)
	}
	wake(s.wakeTimer)
	return f, true
}

// tickLane sees to the outstanding requests: sends them again or gives them
// up. It returns when it wants to be called next.
//
// Model: CommandRetried, CommandGivenUp.
func (s *Session) tickLane(now time.Duration, lane *requestLane) time.Duration {
	for _, r := range slices.Clone(lane.out) { // giving one up makes others outstanding
		if now >= r.deadline {
			s.complete(now, lane, r, nil, s.unanswered(r))
		}
	}
	due := never
	for _, r := range lane.out {
		due = min(due, r.deadline)
		spent := lane.lane == protocol.LaneCommand && r.sends >= protocol.CommandSends && !r.hello && !r.running
		switch {
		case r.held || r.due || r.sends == 0 || spent:
		case now >= r.next:
			r.due = true
			wake(s.wakeWriter)
		default:
			due = min(due, r.next)
		}
	}
	return due
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

// complete ends an outstanding request and starts the next.
func (s *Session) complete(now time.Duration, lane *requestLane, r *request, m protocol.Message, err error) {
	lane.drop(r)
	r.finish(m, err)
	s.advance(now, lane)
}

// onReply handles a frame of the command or bulk lane.
func (s *Session) onReply(at time.Duration, lane *requestLane, f protocol.Frame) {
	i := slices.IndexFunc(lane.out, func(r *request) bool { return r.sends > 0 && r.seq == f.Ack })
	if i < 0 || f.Flags&protocol.HasAck == 0 {
		s.stats.WrongAck++
		return
	}
	r := lane.out[i]
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
	s.answered(at, lane, r)
	if res, ok := m.(*protocol.Result); ok && r.commandID != 0 && res.Outcome == protocol.OutcomeRunning {
		// The pen has it and is at work: ask again under the same seq, slowly.
		if !r.running {
			r.running, r.deadline = true, at+max(r.slow, runningLimit)
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
		if rejected.Code == protocol.CodeUnsupported {
			s.unsupported = append(s.unsupported, rejected.Request)
		}
		s.complete(at, lane, r, nil, s.refused(r.msg.Type(), rejected.Code, int(rejected.Field), rejected.Bound))
		return
	}
	s.complete(at, lane, r, m, nil)
}

// answered notes what an answer to r proves: that the pen has read everything
// up to the end of r's first send, how long an answer takes, and, because a pen
// answers bulk requests as they come, that older ones are lost.
func (s *Session) answered(at time.Duration, lane *requestLane, r *request) {
	s.line.proved(r.wireEnd)
	if r.sends == 1 {
		if s.clock.rtt == 0 {
			s.clock.rtt = at - r.lastSent // until the first time exchange
		}
		lane.pace = max(at-max(lane.heard, r.lastSent), lane.pace-lane.pace/paceShare)
	}
	lane.heard = at
	for _, q := range lane.out {
		switch {
		case q == r || q.sends == 0 || q.busy || lane.lane != protocol.LaneBulk:
		case q.lastEnd < r.wireEnd:
			q.due = true
			wake(s.wakeWriter)
		default: // the line is at work: it may stand behind others
			q.next = max(q.next, at+s.patience(lane))
			q.deadline = max(q.deadline, at+protocol.CommandLimit)
		}
	}
}

// failRequests ends every request with err: nothing more will be answered.
func (s *Session) failRequests(err error) {
	for _, lane := range []*requestLane{&s.command, &s.bulk} {
		all := slices.Concat(lane.out, lane.queue)
		lane.out, lane.queue = nil, nil
		for _, r := range all {
			r.finish(nil, err)
		}
	}
}
