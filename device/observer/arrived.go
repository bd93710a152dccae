package observer

import (
	"bytes"
	"time"

	"stipple/protocol"
)

// session is the one that the pen has open.
type session struct {
	id       uint32 // 0: none
	nonce    uint64
	monitor  bool
	liveSeen bool
	live     uint16 // seq of the newest live frame that came
	answered bool
	newest   uint16   // seq of the newest command that was answered
	silent   []uint16 // of those that came since: the pen may have taken them and said nothing
	asked    map[uint16][]*request
	order    []uint16 // seqs of asked, the oldest first
}

// request is a command that came, once for each content under a seq.
type request struct {
	at      time.Duration
	typ     protocol.Type
	payload []byte
	msg     protocol.Message // nil: malformed
	answer  []byte           // the first, header and payload
}

const (
	// keptSeqs is how many seqs of commands are remembered: one is outstanding at
	// a time, and a flood's are answered BUSY.
	keptSeqs = 64
	// keptSilent is how many seqs are remembered that may have been taken without an
	// answer; after more the Witness believes every one.
	keptSilent = 512
	// keptContents is how many contents are told apart under one seq.
	keptContents = 4
	// keptHellos is how many hellos may wait for their answer.
	keptHellos = 16
)

// arrived follows section 2.5 for a frame that a pen has received.
func (w *Witness) arrived(at time.Duration, f protocol.Frame) {
	if f.Type == protocol.TypeStop {
		w.stop = stop{latched: true, at: at, clear: w.stop.clear}
		w.service = false
		w.o.Stop(at)
		return
	}
	if f.Type.Known() && (f.Type.FromPen() || !f.Type.OnLane(f.Lane)) {
		return
	}
	if f.Type == protocol.TypeHello {
		var m protocol.Hello
		if f.Session == 0 && m.DecodePayload(f.Payload) == nil {
			w.hellos = append(w.hellos[max(0, len(w.hellos)-keptHellos+1):], m)
		}
		return
	}
	if f.Type == protocol.TypeDisarm {
		var m protocol.Disarm
		if w.session.id != 0 && (f.Session == 0 || f.Session == w.session.id) && m.DecodePayload(f.Payload) == nil {
			w.o.Over(at, m.ArmID)
		}
		return
	}
	if w.session.id == 0 || f.Session != w.session.id {
		return
	}
	switch f.Lane {
	case protocol.LaneCommand:
		w.asked(at, f)
	case protocol.LaneLive:
		w.liveArrived(at, f)
	}
}

// liveArrived takes leases. A frame that is not newer than the last is none.
func (w *Witness) liveArrived(at time.Duration, f protocol.Frame) {
	s := &w.session
	if s.liveSeen && int16(f.Seq-s.live) <= 0 {
		return
	}
	s.liveSeen, s.live = true, f.Seq
	var m protocol.Lease
	if f.Type == protocol.TypeLease && !s.monitor && m.DecodePayload(f.Payload) == nil {
		echoed := at
		if w.zeroOK {
			echoed = w.world(m.Clock)
		}
		w.o.Lease(at, m.ArmID, echoed)
	}
}

// mayBeNewer says whether a seq is newer than the newest that was answered, or
// than any that came since: an unknown type, for one, is answered once alone.
func (s *session) mayBeNewer(seq uint16) bool {
	if int16(seq-s.newest) > 0 || len(s.silent) >= keptSilent {
		return true
	}
	for _, q := range s.silent {
		if int16(seq-q) > 0 {
			return true
		}
	}
	return false
}

// mayHaveMoved says whether the pen's newest seq may be another one by now, so
// that this one is newer again.
func (s *session) mayHaveMoved(seq uint16) bool {
	for _, q := range s.silent {
		if int16(seq-q) > 0 {
			return true
		}
	}
	return len(s.silent) >= keptSilent
}

// answers notes that a command was answered: what came before it has been looked
// at, and moves nothing any more.
func (s *session) answers(seq uint16) {
	for i, q := range s.silent {
		if q == seq {
			s.silent = append(s.silent[:0], s.silent[i:]...)
			break
		}
	}
	if !s.answered || int16(seq-s.newest) > 0 || len(s.silent) > 0 {
		s.answered, s.newest = true, seq
	}
}

// asked keeps a command until its answer says what became of it. One that is
// older than the newest answered must not be carried out.
func (w *Witness) asked(at time.Duration, f protocol.Frame) {
	s := &w.session
	known, ok := s.asked[f.Seq]
	if !ok && s.answered && !s.mayBeNewer(f.Seq) {
		return
	}
	if s.mayHaveMoved(f.Seq) {
		for _, r := range known {
			r.answer = nil // what had this seq before may be taken as new
		}
	}
	if len(s.silent) < keptSilent {
		s.silent = append(s.silent, f.Seq)
	}
	for _, r := range known {
		if r.typ == f.Type && bytes.Equal(r.payload, f.Payload) {
			return
		}
	}
	if len(known) >= keptContents {
		return
	}
	r := &request{at: at, typ: f.Type, payload: bytes.Clone(f.Payload)}
	if m, err := protocol.Decode(f); err == nil {
		r.msg = m
	}
	if m, ok := r.msg.(protocol.Once); ok {
		c := w.command(m.ID())
		if !c.came {
			w.came++
			c.came, c.boot, c.order = true, w.boot, w.came
		}
		if arm, ok := m.(*protocol.Arm); ok {
			c.arm = arm
		}
		w.stop.clear = w.stop.clear || f.Type == protocol.TypeClear
		w.fault.clear = w.fault.clear || f.Type == protocol.TypeClear
		w.fault.tests = w.fault.tests || f.Type == protocol.TypeSelfTest
	}
	if !ok {
		if len(s.order) >= keptSeqs {
			delete(s.asked, s.order[0])
			s.order = append(s.order[:0], s.order[1:]...)
		}
		s.order = append(s.order, f.Seq)
	}
	s.asked[f.Seq] = append(known, r)
}
