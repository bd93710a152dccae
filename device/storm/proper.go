package storm

import (
	"context"
	"math/rand/v2"
	"time"

	"stipple/protocol"
)

// greet opens a session and reads the tip.
func (s *storm) greet(ctx context.Context) {
	nonce := s.rnd.Uint64()
	s.put(protocol.Header{Lane: protocol.LaneCommand}, &protocol.Hello{MajorMin: protocol.Major, MajorMax: protocol.Major, Nonce: nonce})
	var session uint32
	if !s.wait(ctx, func() bool {
		session = s.heard.ack.Session
		return s.heard.ack.Nonce == nonce && session != 0
	}) {
		return
	}
	s.session, s.seq, s.armID, s.hash = session, [protocol.LaneCount]uint16{}, 0, [8]byte{}
	s.mu.Lock()
	s.sent.Sessions++
	s.mu.Unlock()
}

// prepare goes one step from where the pen is to READY.
func (s *storm) prepare(ctx context.Context, st protocol.Status) {
	s.armID = 0
	switch {
	case st.State == protocol.StateStopped || st.State == protocol.StateFault:
		_ = s.cfg.Hand.Trigger(false) // the hand pulls it again soon
		s.ask(ctx, &protocol.Clear{CommandID: s.id(), Fault: st.Fault, Role: protocol.RoleClinician})
	case st.State == protocol.StateUpdate:
		s.ask(ctx, &protocol.FirmwareAbort{CommandID: s.id(), Role: protocol.RoleServiceEngineer})
	case st.ArmBlocks&(protocol.BlockTipMissing|protocol.BlockTipUsed|protocol.BlockLimitMismatch) != 0:
		_ = s.cfg.Hand.Tip() // a tip that can't be changed stays blocked
		s.set(ctx)
	case s.hash == [8]byte{} || st.SettingsHash != s.hash || s.rnd.IntN(4) == 0:
		s.set(ctx)
	case s.rnd.IntN(12) == 0:
		s.service(ctx)
	default:
		_ = s.cfg.Hand.Trigger(false)
		s.arm(ctx)
	}
}

func (s *storm) id() uint64 { return s.rnd.Uint64() | 1 }

// set puts limits and settings that the pen must take.
func (s *storm) set(ctx context.Context) {
	if m, ok := s.ask(ctx, &protocol.TipRead{}).(*protocol.TipInfo); ok {
		s.tip = *m
	}
	env, values := s.limits()
	s.ask(ctx, &protocol.PutEnvelope{Envelope: env, Role: protocol.RoleClinician})
	s.gen++
	put := &protocol.PutSettings{Generation: s.gen, Role: protocol.RoleClinician}
	for i, v := range values {
		put.Fields = append(put.Fields, protocol.Field{Index: uint8(i), Value: v})
	}
	switch m := s.ask(ctx, put).(type) {
	case *protocol.SettingsReply:
		s.gen = max(s.gen, m.Generation)
		if m.Applied {
			s.hash = m.Hash
		}
	case *protocol.Rejected:
		if m.Code == protocol.CodeGeneration {
			s.gen = uint32(m.Bound)
		}
	}
}

// limits draws an envelope and settings within it.
func (s *storm) limits() (protocol.Envelope, []int32) {
	d, r := s.cfg.Descriptor, s.rnd
	env := protocol.Envelope{PulsesPerSpot: 1, Pins: s.tip.Pins}
	values := make([]int32, len(d.Parameters))
	for i, p := range d.Parameters {
		top := p.Max
		if p.Name == protocol.ParamDepth {
			top = min(top, int32(s.tip.NeedleLength))
		}
		values[i] = p.Min + p.Step*r.Int32N((max(top, p.Min)-p.Min)/p.Step+1)
		env.Ranges = append(env.Ranges, protocol.Range{Index: uint8(i), Min: p.Min, Max: p.Max})
	}
	if d.Kind != protocol.KindRF {
		return env, values
	}
	const power, duration, speed = 2, 3, 1
	env.PulsesPerSpot = 1 + uint8(r.IntN(int(d.MaxPulsesSpot)))
	env.DosePerPin = d.MaxDosePinUJ / protocol.Microjoules(1+r.IntN(8))
	step, least := d.Parameters[duration].Step, d.Parameters[duration].Min
	longest := int64(env.DosePerPin) * int64(s.tip.Pins) / int64(env.PulsesPerSpot) / max(int64(values[power]), 1)
	longest = min(longest, int64(60_000/values[speed])-int64(d.NeedleTravelMS), 300)
	values[duration] = least + int32(max(min(int64(values[duration]), longest)-int64(least), 0))/step*step
	return env, values
}

// arm asks for READY as a console does.
func (s *storm) arm(ctx context.Context) {
	st, _ := s.status()
	m := &protocol.Arm{
		CommandID: s.id(), SettingsHash: s.hash, TreatmentID: s.treatment(), NotAfter: st.Clock.Add(protocol.ArmWindow * 3 / 4), Role: protocol.RoleClinician,
	}
	if res, ok := s.ask(ctx, m).(*protocol.Result); ok && res.Outcome == protocol.OutcomeDone {
		s.armID, s.lease = m.ArmID(), time.Time{}
		s.mu.Lock()
		s.sent.Armed++
		s.mu.Unlock()
	}
}

// treatment is one for each tip, so that a tip is not another's.
func (s *storm) treatment() (id [16]byte) {
	id[0], id[1], id[2], id[3] = 1, byte(s.tip.ID), byte(s.tip.ID>>8), byte(s.tip.ID>>16)
	return id
}

// service asks for a SERVICE output, with a load that fits or does not.
func (s *storm) service(ctx context.Context) {
	const role = protocol.RoleTechnician
	s.ask(ctx, &protocol.Service{Role: role, Enter: true})
	m := &protocol.TestOutput{CommandID: s.id(), Role: role, Quantity: protocol.Quantity(s.rnd.IntN(3)), Raw: s.rnd.IntN(3) == 0, Duration: uint16(s.rnd.IntN(2200))}
	if int(m.Quantity) < len(s.cfg.Descriptor.Parameters) {
		p := s.cfg.Descriptor.Parameters[m.Quantity]
		m.Value = p.Min + s.rnd.Int32N(p.Max-p.Min+1)
	}
	if m.Quantity == protocol.QuantityPower {
		m.Load = uint16(60 + s.rnd.IntN(600))
		_ = s.cfg.Hand.Load(protocol.Ohms(m.Load) * protocol.Ohms(85+s.rnd.IntN(30)) / 100) // without it the pen gives nothing
	}
	st, _ := s.status()
	m.NotAfter = st.Clock.Add(protocol.ArmWindow * 3 / 4)
	_ = s.cfg.Hand.Trigger(false)
	if res, ok := s.ask(ctx, m).(*protocol.Result); ok && res.Outcome == protocol.OutcomeDone {
		s.armID, s.lease = uint32(m.CommandID), time.Time{}
		for end := time.Now().Add(time.Duration(s.rnd.IntN(1500)) * time.Millisecond); time.Now().Before(end) && ctx.Err() == nil; {
			s.renew()
			if s.rnd.IntN(4) == 0 {
				s.mischief(ctx)
			}
			s.sleep(ctx, longestPause)
		}
	}
	_ = s.cfg.Hand.Load(0)
	s.ask(ctx, &protocol.Service{Role: role})
	s.hash = [8]byte{} // unconfirmed by it
}

func (s *storm) sleep(ctx context.Context, most time.Duration) {
	t := time.NewTimer(time.Duration(s.rnd.Int64N(int64(most))))
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// fidget is the hand.
func (s *storm) fidget(ctx context.Context) {
	r := rand.New(rand.NewPCG(s.cfg.Seed, streamHand))
	h := s.cfg.Hand
	for ctx.Err() == nil {
		var err error
		switch n := r.IntN(20); {
		case n < 7:
			err = h.Trigger(true)
			s.mu.Lock()
			s.sent.Pulls++
			s.mu.Unlock()
		case n < 10:
			err = h.Trigger(false)
		case n < 16:
			err = h.Contact(true)
		default:
			err = h.Contact(false)
		}
		if err != nil {
			s.fail(err)
			return
		}
		t := time.NewTimer(time.Duration(r.Int64N(int64(400 * time.Millisecond))))
		select {
		case <-t.C:
		case <-ctx.Done():
		}
		t.Stop()
	}
}
