package systemtest

import (
	"time"

	"stipple/device"
	"stipple/device/sim"
	"stipple/protocol"
)

// serve is a technician with the pen on the bench: a few SERVICE outputs, with
// what can go wrong in one.
func (p *operator) serve() {
	s := p.session()
	if s == nil || !p.prepare(s) {
		return
	}
	s.SetRole(protocol.RoleTechnician)
	if err := s.EnterService(p.w.ctx); err != nil {
		p.note("service", err)
		s.SetRole(protocol.RoleClinician)
		return
	}
	p.w.did("service")
	for range 1 + p.rnd.IntN(5) {
		if s.Live().Status.State != protocol.StateService {
			break
		}
		p.test(s)
	}
	p.w.trigger(false)
	p.w.must(p.w.hand.LoadOhm(0))
	if err := s.LeaveService(p.w.ctx); err != nil {
		p.note("service end", err)
	}
	s.SetRole(protocol.RoleClinician)
}

// test is one SERVICE output.
func (p *operator) test(s *device.Session) {
	id, err := device.NewCommandID(p.random)
	if err != nil {
		p.w.fail("command id: %v", err)
		return
	}
	req := device.TestRequest{CommandID: id, Raw: p.chance(30), Duration: protocol.Milliseconds(20 + p.rnd.IntN(1981))}
	quantities := 2
	if p.w.model == sim.R1 {
		quantities = 3
	}
	req.Quantity = protocol.Quantity(p.rnd.IntN(quantities))
	spec := s.Info().Descriptor.Parameters[req.Quantity]
	req.Value = spec.Min + spec.Step*int32(p.rnd.IntN(int((spec.Max-spec.Min)/spec.Step)+1))
	if req.Quantity == protocol.QuantityPower {
		req.Load = protocol.Ohms(60 + p.rnd.IntN(600))
		real := req.Load * protocol.Ohms(93+p.rnd.IntN(15)) / 100
		if p.chance(15) {
			real = req.Load * 3 / 2
		}
		p.w.must(p.w.hand.LoadOhm(real))
	}
	p.st.intend(id)
	s.Touch()
	err = s.TestOutput(p.w.ctx, req)
	p.st.armed(id, err)
	if err != nil {
		p.note("test output", err)
		if p.c.session() == s {
			p.c.settled(s)
		}
		p.sleep(0, 500*time.Millisecond)
		return
	}
	p.sleep(0, 400*time.Millisecond)
	p.w.trigger(true)
	if p.chance(25) {
		p.sleep(0, time.Second)
		switch p.rnd.IntN(5) {
		case 0:
			s.Stop()
			p.w.did("stop")
		case 1:
			p.freeze()
		case 2:
			p.w.must(p.w.hand.LoadOhm(5 * req.Load)) // the clamp comes off
		case 3:
			p.w.plug(false)
			p.sleep(0, time.Second)
			p.w.plug(true)
		case 4:
			p.w.trigger(false)
			p.sleep(0, 100*time.Millisecond)
			p.w.trigger(true)
		}
	}
	p.sleep(100*time.Millisecond, 2600*time.Millisecond)
	p.w.trigger(false)
	if report, err := s.EndedTest(p.w.ctx); err == nil {
		p.w.did("test output " + report.Result.String())
	}
}
