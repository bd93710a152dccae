package storm

import (
	"context"
	"time"

	"stipple/protocol"
)

func (s *storm) armFor(hash [8]byte, ahead time.Duration) *protocol.Arm {
	st, _ := s.status()
	return &protocol.Arm{
		CommandID: s.id(), SettingsHash: hash, TreatmentID: s.treatment(), NotAfter: protocol.PenClock(max(int64(st.Clock)+ahead.Microseconds(), 0)),
		Role: protocol.RoleClinician,
	}
}

// ride follows an ARM that should not have been taken with leases, as if it had
// been, and pulls the trigger.
func (s *storm) ride(ctx context.Context, id uint32) {
	s.armID, s.lease, s.quiet = id, time.Time{}, time.Time{}
	s.renew()
	for _, held := range []bool{false, true} {
		_ = s.cfg.Hand.Trigger(held) // the hand is not needed for what is sent
		s.sleep(ctx, 2*longestPause)
		s.renew()
	}
}

// forgedArm names settings that are not those that are confirmed.
func (s *storm) forgedArm(ctx context.Context) {
	hash := s.hash
	hash[s.rnd.IntN(8)] ^= 1 << s.rnd.IntN(8)
	m := s.armFor(hash, protocol.ArmWindow/2)
	_ = s.cfg.Hand.Trigger(false) // so that nothing but the hash is wrong
	s.ask(ctx, m)
	s.ride(ctx, m.ArmID())
}

// lateArm comes too late or too early.
func (s *storm) lateArm(ctx context.Context) {
	ahead := -time.Duration(1+s.rnd.IntN(2000)) * time.Millisecond
	if s.rnd.IntN(3) == 0 {
		ahead = protocol.ArmWindow + time.Duration(100+s.rnd.IntN(2000))*time.Millisecond
	}
	m := s.armFor(s.hash, ahead)
	_ = s.cfg.Hand.Trigger(false)
	s.ask(ctx, m)
	s.ride(ctx, m.ArmID())
}

// armAgain ends an armed state and sends its ARM once more: under its seq, or
// under a new one.
func (s *storm) armAgain(ctx context.Context) {
	_ = s.cfg.Hand.Trigger(false)
	m := s.armFor(s.hash, protocol.ArmWindow*9/10)
	h := protocol.Header{Lane: protocol.LaneCommand, Seq: s.seq[protocol.LaneCommand], Session: s.session}
	s.ask(ctx, m)
	s.put(s.header(protocol.LaneStop), &protocol.Disarm{})
	s.sleep(ctx, longestPause)
	if s.rnd.IntN(2) == 0 {
		h = s.header(protocol.LaneCommand)
	}
	s.put(h, m)
	s.ride(ctx, m.ArmID())
}

// heldArm comes while the trigger is held.
func (s *storm) heldArm(ctx context.Context) {
	_ = s.cfg.Hand.Trigger(true)
	_ = s.cfg.Hand.Contact(true)
	s.sleep(ctx, longestPause)
	m := s.armFor(s.hash, protocol.ArmWindow/2)
	s.ask(ctx, m)
	s.armID, s.lease = m.ArmID(), time.Time{}
	s.renew()
}

// foreignSession sends what would arm and lease, under another session.
func (s *storm) foreignSession(ctx context.Context) {
	_ = s.cfg.Hand.Trigger(false)
	other := s.session + 1 + s.rnd.Uint32N(1<<31)
	m := s.armFor(s.hash, protocol.ArmWindow/2)
	h := s.header(protocol.LaneCommand)
	h.Session = other
	s.put(h, m)
	s.sleep(ctx, longestPause)
	st, _ := s.status()
	for range 4 {
		h := s.header(protocol.LaneLive)
		h.Session = other
		s.put(h, &protocol.Lease{ArmID: m.ArmID(), Clock: st.Clock})
		s.sleep(ctx, longestPause)
	}
}

// beyond puts settings or limits that no pen may take, and goes on as if it had
// taken them.
func (s *storm) beyond(ctx context.Context) {
	env, values := s.limits()
	i := s.rnd.IntN(len(values))
	p := s.cfg.Descriptor.Parameters[i]
	switch s.rnd.IntN(5) {
	case 0:
		values[i] = p.Max + p.Step
	case 1:
		values[i]++
	case 2:
		env.Ranges[i].Max = values[i]
		values[i] += p.Step * (1 + s.rnd.Int32N(3))
	case 3:
		env.Ranges[i].Max = p.Max + p.Step
	case 4: // over the dose, on a pen that has one
		env.DosePerPin /= 50
	}
	s.ask(ctx, &protocol.PutEnvelope{Envelope: env, Role: protocol.RoleClinician})
	s.gen++
	put := &protocol.PutSettings{Generation: s.gen, Role: protocol.RoleClinician}
	for i, v := range values {
		put.Fields = append(put.Fields, protocol.Field{Index: uint8(i), Value: v})
	}
	if m, ok := s.ask(ctx, put).(*protocol.SettingsReply); ok {
		s.gen = max(s.gen, m.Generation)
		if m.Applied {
			s.hash = m.Hash
		}
	}
	s.arm(ctx)
}

// helloAgain opens another session, and sometimes goes on without confirming.
func (s *storm) helloAgain(ctx context.Context) {
	hash := s.hash
	s.greet(ctx)
	if s.rnd.IntN(2) == 0 {
		s.hash = hash
		_ = s.cfg.Hand.Trigger(false)
		m := s.armFor(hash, protocol.ArmWindow/2)
		s.ask(ctx, m)
		s.ride(ctx, m.ArmID())
	}
}

func (s *storm) disarm(context.Context) {
	s.put(s.header(protocol.LaneStop), &protocol.Disarm{ArmID: []uint32{0, s.armID, s.rnd.Uint32()}[s.rnd.IntN(3)]})
}

// question asks what became of a command that was, or never was.
func (s *storm) question(ctx context.Context) {
	id := s.id()
	if k, ok := s.anOld(); ok && k.h.Type == protocol.TypeArm {
		var m protocol.Arm
		if m.DecodePayload(k.payload) == nil {
			id = m.CommandID
		}
	}
	s.ask(ctx, &protocol.ResultOf{CommandID: id})
}

// bulk asks for everything at once.
func (s *storm) bulk(context.Context) {
	for range 1 + s.rnd.IntN(12) {
		switch s.rnd.IntN(3) {
		case 0:
			s.put(s.header(protocol.LaneBulk), &protocol.DescriptorRead{Offset: uint16(s.rnd.IntN(9000)), Max: uint8(1 + s.rnd.IntN(255))})
		case 1:
			s.put(s.header(protocol.LaneBulk), &protocol.PulseRead{From: s.rnd.Uint32N(100), Max: 2})
		case 2:
			s.put(s.header(protocol.LaneBulk), &protocol.LogRead{From: s.rnd.Uint32N(5000), Max: 6})
		}
	}
}

func (s *storm) newTip(context.Context) {
	if s.rnd.IntN(4) == 0 {
		_ = s.cfg.Hand.Tip() // the pen that is gone is the end of the run soon
	}
}
