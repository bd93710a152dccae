package storm

import (
	"bytes"
	"context"
	"time"

	"stipple/protocol"
)

// mischief does one thing that no console does.
func (s *storm) mischief(ctx context.Context) {
	list := mischiefs()
	m := list[s.rnd.IntN(len(list))]
	s.mu.Lock()
	s.sent.Mischiefs[m.name]++
	s.mu.Unlock()
	m.do(s, ctx)
}

// oneMischief is something that a pen must see through.
type oneMischief struct {
	name string
	do   func(*storm, context.Context)
}

func mischiefs() []oneMischief {
	return []oneMischief{
		{"mutated frame", (*storm).mutated},
		{"mutated frame again", (*storm).mutated},
		{"old frame", (*storm).oldFrame},
		{"old frames in another order", (*storm).shuffled},
		{"frame twice", (*storm).twice},
		{"damaged bytes", (*storm).damaged},
		{"garbage", (*storm).garbage},
		{"flood", (*storm).flood},
		{"stop", (*storm).stop},
		{"stop in a flood", (*storm).stopInFlood},
		{"strange stop", (*storm).strangeStop},
		{"silence", (*storm).silence},
		{"stale lease", (*storm).staleLease},
		{"lease from the future", (*storm).futureLease},
		{"lease of another", (*storm).foreignLease},
		{"late lease", (*storm).lateLease},
		{"forged arm", (*storm).forgedArm},
		{"late arm", (*storm).lateArm},
		{"arm again", (*storm).armAgain},
		{"arm with the trigger held", (*storm).heldArm},
		{"foreign session", (*storm).foreignSession},
		{"settings beyond", (*storm).beyond},
		{"hello", (*storm).helloAgain},
		{"disarm", (*storm).disarm},
		{"question", (*storm).question},
		{"bulk", (*storm).bulk},
		{"new tip", (*storm).newTip},
	}
}

// anOld picks a frame that was sent.
func (s *storm) anOld() (kept, bool) {
	if len(s.old) == 0 {
		return kept{}, false
	}
	return s.old[s.rnd.IntN(len(s.old))], true
}

// mutated sends a frame with something else in it, under a right checksum.
func (s *storm) mutated(context.Context) {
	k, ok := s.anOld()
	if !ok {
		return
	}
	h, p := k.h, bytes.Clone(k.payload)
	if s.rnd.IntN(2) == 0 {
		h.Session = s.session // so that more of it is looked at
	}
	for range 1 + s.rnd.IntN(3) {
		switch s.rnd.IntN(9) {
		case 0:
			h.Seq += uint16(s.rnd.IntN(5)) - 2
		case 1:
			h.Seq = uint16(s.rnd.Uint32())
		case 2:
			h.Lane = protocol.Lane(s.rnd.IntN(6))
		case 3:
			h.Type = protocol.Type(s.rnd.IntN(0x60))
		case 4:
			h.Session = s.rnd.Uint32()
		case 5:
			h.Flags = protocol.Flags(s.rnd.IntN(256))
		case 6:
			if len(p) > 0 {
				p[s.rnd.IntN(len(p))] ^= 1 << s.rnd.IntN(8)
			}
		case 7:
			p = p[:s.rnd.IntN(len(p)+1)]
		case 8:
			for range s.rnd.IntN(20) {
				p = append(p, byte(s.rnd.Uint32()))
			}
		}
	}
	s.write(1, protocol.AppendFrame(nil, h, p[:min(len(p), protocol.MaxPayload)]))
}

// oldFrame replays a frame of this session or another.
func (s *storm) oldFrame(context.Context) {
	if k, ok := s.anOld(); ok {
		s.write(1, protocol.AppendFrame(nil, k.h, k.payload))
	}
}

// shuffled replays a number of frames in no order, in one piece.
func (s *storm) shuffled(context.Context) {
	var b []byte
	n := 2 + s.rnd.IntN(12)
	for range n {
		if k, ok := s.anOld(); ok {
			b = protocol.AppendFrame(b, k.h, k.payload)
		}
	}
	s.write(n, b)
}

// twice sends the newest frame again.
func (s *storm) twice(context.Context) {
	if s.oldAt > 0 {
		k := s.old[(s.oldAt-1)%keptFrames%len(s.old)]
		s.write(1, protocol.AppendFrame(nil, k.h, k.payload))
	}
}

// damaged sends a frame with a bit flipped, cut off, or with bytes in it.
func (s *storm) damaged(context.Context) {
	k, ok := s.anOld()
	if !ok {
		return
	}
	b := protocol.AppendFrame(nil, k.h, k.payload)
	switch s.rnd.IntN(3) {
	case 0:
		b[s.rnd.IntN(len(b))] ^= 1 << s.rnd.IntN(8)
	case 1:
		b = b[:s.rnd.IntN(len(b))]
	case 2:
		b[s.rnd.IntN(len(b))] = 0
	}
	s.write(1, b)
}

// garbage sends noise, in which long runs are without a delimiter.
func (s *storm) garbage(context.Context) {
	b := make([]byte, 1+s.rnd.IntN(1500))
	for i := range b {
		b[i] = byte(s.rnd.Uint32())
		if b[i] == 0 && s.rnd.IntN(2) == 0 {
			b[i] = 1
		}
	}
	s.write(0, b)
}

// flood sends one kind of frame as fast as the line takes it.
func (s *storm) flood(ctx context.Context) {
	n := 50 + s.rnd.IntN(400)
	b := s.floodOf(n)
	for range 1 + s.rnd.IntN(4) {
		if ctx.Err() != nil {
			return
		}
		s.write(n, b)
		s.renew()
	}
}

// floodOf makes that many frames of one kind.
func (s *storm) floodOf(n int) (b []byte) {
	kind := s.rnd.IntN(6)
	for range n {
		switch kind {
		case 0:
			b = protocol.Append(b, s.header(protocol.LaneLive), &protocol.TimeAsk{Sent: int64(n)})
		case 1:
			b = protocol.Append(b, s.header(protocol.LaneCommand), &protocol.GetSettings{})
		case 2:
			b = protocol.Append(b, s.header(protocol.LaneBulk), &protocol.PulseRead{From: 1, Max: 2})
		case 3:
			b = protocol.Append(b, s.header(protocol.LaneStop), &protocol.Disarm{ArmID: s.rnd.Uint32() | 1})
		case 4:
			b = protocol.Append(b, s.header(protocol.LaneLive), &protocol.Lease{ArmID: s.rnd.Uint32(), Clock: protocol.PenClock(s.rnd.Uint32())})
		case 5:
			b = protocol.AppendFrame(b, protocol.Header{Type: protocol.Type(0x80 + s.rnd.IntN(64)), Lane: protocol.LaneCommand, Seq: uint16(s.rnd.Uint32()), Session: s.session}, nil)
		}
	}
	return b
}

func (s *storm) stop(context.Context) {
	s.put(s.header(protocol.LaneStop), &protocol.Stop{Nonce: s.rnd.Uint32()})
}

// stopInFlood hides an ESTOP in the middle of a flood.
func (s *storm) stopInFlood(context.Context) {
	before, behind := s.rnd.IntN(60), s.rnd.IntN(60)
	b := s.floodOf(before)
	b = protocol.Append(b, protocol.Header{Lane: protocol.LaneStop, Session: s.session}, &protocol.Stop{Nonce: s.rnd.Uint32()})
	s.write(before+1+behind, append(b, s.floodOf(behind)...))
}

// strangeStop is an ESTOP on any lane, in any session, of any length.
func (s *storm) strangeStop(context.Context) {
	p := make([]byte, s.rnd.IntN(12))
	s.write(1, protocol.AppendFrame(nil, protocol.Header{Type: protocol.TypeStop, Lane: protocol.Lane(s.rnd.IntN(4)), Session: s.rnd.Uint32(), Seq: uint16(s.rnd.Uint32())}, p))
}

// silence sends no lease for a while.
func (s *storm) silence(context.Context) { s.hush() }

func (s *storm) hush() {
	s.quiet = time.Now().Add(time.Duration(s.rnd.IntN(900)) * time.Millisecond)
}

// leaseOf sends a lease with an echo that is off by so much.
func (s *storm) leaseOf(armID uint32, off time.Duration) {
	st, _ := s.status()
	s.put(s.header(protocol.LaneLive), &protocol.Lease{ArmID: armID, Clock: protocol.PenClock(max(int64(st.Clock)+off.Microseconds(), 0))})
}

func (s *storm) staleLease(context.Context) {
	s.leaseOf(s.armID, -time.Duration(s.rnd.IntN(1000))*time.Millisecond)
	s.hush() // so that it is the newest for a while
}

func (s *storm) futureLease(context.Context) {
	s.leaseOf(s.armID, time.Duration(60+s.rnd.IntN(5000))*time.Millisecond)
	s.hush()
}

func (s *storm) foreignLease(context.Context) { s.leaseOf(s.rnd.Uint32(), 0) }

// lateLease comes when the last one has just ended, or is about to.
func (s *storm) lateLease(ctx context.Context) {
	id := s.armID
	s.sleep(ctx, 2*(protocol.LeaseMotion-protocol.LeaseRF))
	s.sleep(ctx, protocol.LeaseMotion)
	s.leaseOf(id, 0)
}
