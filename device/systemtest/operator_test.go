package systemtest

import (
	"errors"
	"io"
	"math/rand/v2"
	"time"

	"stipple/device"
	"stipple/device/sim"
	"stipple/protocol"
)

// operator is the person at the pen and at the console, who does what people
// do. It goes by one seed.
type operator struct {
	w         *world
	st        *store
	c         *console
	rnd       *rand.Rand
	random    io.Reader
	treatment [16]byte
	until     time.Duration
	failing   int           // CLEARs in a row that the self-test refused
	pulse     time.Duration // of the settings that were applied last; a needling pen's have none
}

// between draws a time.
func (p *operator) between(least, most time.Duration) time.Duration {
	return least + time.Duration(p.rnd.Int64N(int64(most-least)+1))
}

// chance is true in so many of a hundred cases.
func (p *operator) chance(percent int) bool { return p.rnd.IntN(100) < percent }

// sleep lets a time pass that is drawn. It is never a whole millisecond, so
// that a hand does not move at the very instant of a timer.
func (p *operator) sleep(least, most time.Duration) {
	p.w.pause(p.between(least, most).Truncate(time.Millisecond) + 137*time.Microsecond)
}

// run goes on until the time is up. The shares are of acts, not of time: an idle
// stretch is the longest of them.
func (p *operator) run() {
	p.begin()
	for p.w.now() < p.until && p.w.ctx.Err() == nil {
		switch n := p.rnd.IntN(100); {
		case n < 14:
			p.w.did("idle")
			p.sleep(10*time.Second, 90*time.Second)
		case n < 76:
			p.treat()
		case n < 82:
			p.serve()
		case n < 86:
			p.restart()
		case n < 89:
			p.w.plug(false)
			p.sleep(100*time.Millisecond, 40*time.Second)
			p.w.plug(true)
		case n < 92:
			p.w.changeTip(sim.TipFor(p.w.model))
			p.sleep(0, time.Second)
		case n < 94:
			p.stopForNothing()
		default:
			p.fumble()
		}
	}
}

// begin starts a console.
func (p *operator) begin() {
	bauds := []int{0, 0, 0, 115200, 921600}
	p.c = startConsole(p.w, p.st, bauds[p.rnd.IntN(len(bauds))], p.random)
}

func (p *operator) restart() {
	if p.chance(50) {
		p.c.kill()
	} else {
		p.c.close()
	}
	p.sleep(0, 20*time.Second)
	p.begin()
}

// session waits for a session that can be worked with. One that does not come
// is helped by pulling the cable and plugging it in again, as people do.
func (p *operator) session() *device.Session {
	for range 10 {
		if s := p.c.session(); s != nil {
			return s
		}
		p.sleep(time.Second, 3*time.Second)
	}
	if p.c.sup.State().Session == nil {
		p.w.plug(false)
		p.sleep(time.Second, 3*time.Second)
		p.w.plug(true)
	}
	return nil
}

// stopForNothing is a stop in the middle of nothing, as a test of it.
func (p *operator) stopForNothing() {
	if s := p.c.session(); s != nil {
		s.Stop()
		p.w.did("stop")
		p.sleep(0, 2*time.Second)
	}
}

// fumble is a hand that plays with the pen while nothing is armed.
func (p *operator) fumble() {
	for range 1 + p.rnd.IntN(6) {
		switch p.rnd.IntN(4) {
		case 0:
			p.w.trigger(true)
		case 1:
			p.w.trigger(false)
		case 2:
			p.w.contact(true)
		case 3:
			p.w.contact(false)
		}
		p.sleep(0, 500*time.Millisecond)
	}
	p.w.trigger(false)
	p.w.contact(p.chance(50))
}

// treat goes from settings to a number of pulls, and ends in one of the ways
// in which treatments end.
func (p *operator) treat() {
	s := p.session()
	if s == nil || !p.prepare(s) {
		p.sleep(time.Second, 5*time.Second)
		return
	}
	tip, ok := s.Tip()
	if !ok {
		p.sleep(100*time.Millisecond, time.Second)
		return
	}
	if p.chance(10) {
		p.nextPatient()
		p.sleep(200*time.Millisecond, time.Second)
		return
	}
	env, values, allowed := p.choose(tip)
	snap, err := s.Apply(p.w.ctx, env, values)
	if err != nil {
		if allowed {
			p.note("apply", err)
		} else {
			p.w.did("settings refused")
		}
		return
	}
	if !allowed {
		p.w.fail("settings %v within %+v were taken", values, env)
	}
	if !p.arm(s, snap.Hash) {
		return
	}
	p.pulse = 0
	if p.w.model == sim.R1 {
		p.pulse = time.Duration(values[3]) * time.Millisecond
	}
	if p.chance(20) {
		p.w.work.Go(func() { p.download(s) })
	}
	for range 1 + p.rnd.IntN(40) {
		if !s.Live().Status.State.Armed() || p.w.now() > p.until {
			break
		}
		p.pull(s)
	}
	p.finish(s)
}

// note counts why something did not work.
func (p *operator) note(what string, err error) {
	var refused *device.RefusedError
	switch {
	case errors.As(err, &refused):
		p.w.did(what + " refused " + refused.Code.String())
	case errors.Is(err, device.ErrLinkLost):
		p.w.did(what + " link lost")
	default:
		p.w.did(what + " failed")
	}
}

// nextPatient takes a new tip for another treatment.
func (p *operator) nextPatient() {
	for i := range p.treatment {
		p.treatment[i] = byte(p.rnd.Uint32())
	}
	p.w.changeTip(sim.TipFor(p.w.model))
}

// arm arms, and writes down what it knows of it before and after.
func (p *operator) arm(s *device.Session, hash [8]byte) bool {
	id, err := device.NewCommandID(p.random)
	if err != nil {
		p.w.fail("command id: %v", err)
		return false
	}
	p.st.intend(id)
	s.Touch()
	p.w.did("arm")
	err = s.Arm(p.w.ctx, device.ArmRequest{Hash: hash, TreatmentID: p.treatment, CommandID: id})
	p.st.armed(id, err)
	if err == nil {
		return true
	}
	p.note("arm", err)
	if errors.Is(err, device.ErrUncertain) {
		p.w.did("arm uncertain")
	}
	if p.c.session() == s {
		p.c.settled(s) // what is not known is asked at once, where it can be
	}
	return false
}

// prepare does what the pen wants before it can be armed: latches cleared, a
// tip on, the trigger released.
func (p *operator) prepare(s *device.Session) bool {
	for range 6 {
		live := s.Live()
		if live.Age(time.Now()) > time.Second || s.Err() != nil {
			return false
		}
		switch st := &live.Status; {
		case st.State.Armed():
			s.Disarm()
		case st.State == protocol.StateStopped || st.State == protocol.StateFault:
			p.w.trigger(false)
			if st.Fault != protocol.FaultNone && p.chance(10) {
				p.switchOff()
				return false
			}
			p.clear(s, st.Fault)
		case st.ArmBlocks&(protocol.BlockTipMissing|protocol.BlockTipUsed|protocol.BlockLimitMismatch) != 0:
			p.w.changeTip(sim.TipFor(p.w.model))
		case st.ArmBlocks&protocol.BlockTriggerHeld != 0:
			p.w.trigger(false)
		case st.ArmBlocks&^(protocol.BlockSettingsUnconfirmed) != 0:
		default:
			return true
		}
		p.sleep(150*time.Millisecond, 900*time.Millisecond)
	}
	return false
}

// switchOff takes the pen's supply away for a while, as somebody does who hopes
// that it is well again then. A console that looks for it meets it while it
// boots.
func (p *operator) switchOff() {
	p.w.defect(sim.SwitchBrownOut, true)
	p.sleep(200*time.Millisecond, 4*time.Second)
	p.w.defect(sim.SwitchBrownOut, false)
	p.w.did("pen switched off and on in FAULT")
}

// clear ends what is latched. A pen whose self-test goes on failing is switched
// off and on: a clock that has jumped, for one, is right again with the next boot.
func (p *operator) clear(s *device.Session, f protocol.Fault) {
	err := s.Clear(p.w.ctx, f)
	var refused *device.RefusedError
	switch {
	case err == nil:
		p.failing = 0
		p.w.did("clear")
		return
	case errors.As(err, &refused) && refused.Code == protocol.CodeSelfTest:
		p.failing++
	}
	p.note("clear", err)
	const patience = 5
	if p.failing >= patience {
		p.failing = 0
		p.w.defect(sim.SwitchReboot, true)
		p.w.did("pen switched off and on")
	}
}

// choose draws limits and settings, now and then some that must be refused.
func (p *operator) choose(tip protocol.TipInfo) (env protocol.Envelope, values []int32, allowed bool) {
	if p.w.model == sim.N1 {
		env = protocol.Envelope{PulsesPerSpot: 1, Pins: tip.Pins, Ranges: []protocol.Range{{Index: 0, Min: 0, Max: 50 * int32(20+p.rnd.IntN(31))}, {Index: 1, Min: 3000, Max: 9000}}}
		values = []int32{50 * int32(p.rnd.IntN(int(env.Ranges[0].Max/50)+1)), 3000 + 100*int32(p.rnd.IntN(61))}
		if p.chance(8) {
			values[p.rnd.IntN(2)] += []int32{7, 10_000}[p.rnd.IntN(2)]
			return env, values, false
		}
		return env, values, true
	}
	env = protocol.Envelope{
		DosePerPin: protocol.Microjoules(20_000 + 10_000*p.rnd.IntN(11)), PulsesPerSpot: uint8(1 + p.rnd.IntN(3)), Pins: tip.Pins,
		Ranges: []protocol.Range{{Index: 0, Min: 500, Max: 100 * int32(10+p.rnd.IntN(26))}, {Index: 1, Min: 30, Max: 120}, {Index: 2, Min: 0, Max: 50_000}, {Index: 3, Min: 10, Max: 1000}},
	}
	values = []int32{500 + 100*int32(p.rnd.IntN(int(env.Ranges[0].Max-500)/100+1)), int32(30 + p.rnd.IntN(91)), 1000 * int32(p.rnd.IntN(51)), 10 * int32(1+p.rnd.IntN(60))}
	// The longest that dose and timing allow, or shorter.
	cap := int64(env.DosePerPin) * int64(env.Pins) / int64(env.PulsesPerSpot)
	if power := int64(values[2]); power > 0 {
		values[3] = min(values[3], int32(cap/power/10*10))
	}
	const travel = 120 // ms, of this model
	values[3] = min(values[3], (60_000/values[1]-travel)/10*10)
	if values[3] < 10 {
		values[2], values[3] = 1000, 10
	}
	if !p.chance(8) {
		return env, values, true
	}
	switch p.rnd.IntN(3) {
	case 0:
		values[0] = env.Ranges[0].Max + 100
	case 1:
		values[2], values[3] = 50_000, int32(cap/50_000/10*10)+10
	case 2:
		values[1] += 1000
	}
	return env, values, false
}

// pull is one pull of the trigger, with what can go wrong in one.
func (p *operator) pull(s *device.Session) {
	p.w.contact(true)
	p.sleep(0, 300*time.Millisecond)
	p.w.trigger(true)
	switch n := p.rnd.IntN(100); {
	case n < 15:
		p.sleep(0, time.Second)
		p.interrupt(s)
	case n < 18:
		p.inPulse()
		s.Stop()
		p.w.did("stop")
	case n < 24:
		p.inPulse()
		p.breakPen()
	}
	p.sleep(100*time.Millisecond, 2500*time.Millisecond)
	if p.chance(85) {
		p.w.trigger(false)
		p.sleep(0, 100*time.Millisecond)
	}
	for range p.rnd.IntN(3) { // a tip that bounces
		p.w.contact(false)
		p.sleep(0, 250*time.Millisecond)
		p.w.contact(true)
		p.sleep(0, 150*time.Millisecond)
	}
	p.w.contact(false)
	p.sleep(0, 700*time.Millisecond)
	p.w.trigger(false)
}

// inPulse waits until a pulse of the pull that has just begun goes on: a needle
// is in within 60 ms.
func (p *operator) inPulse() {
	const least, most = 30 * time.Millisecond, 60 * time.Millisecond
	p.sleep(least, most+p.pulse)
}

// breakPen breaks what a guard of the pen watches, at a moment at which it
// matters, and mends it after a while.
func (p *operator) breakPen() {
	names := []string{sim.SwitchMotorStall, sim.SwitchDepthOverrun, sim.SwitchDepthOverrun, sim.SwitchOverTemperature, sim.SwitchDepthFrozen}
	if p.w.model == sim.R1 {
		names = append(names, sim.SwitchRFLeak, sim.SwitchRFLeak, sim.SwitchAmplifierHigh, sim.SwitchAmplifierHigh, sim.SwitchPowerFrozen)
	}
	name, d := names[p.rnd.IntN(len(names))], p.between(50*time.Millisecond, 8*time.Second)
	p.w.defect(name, true)
	p.w.work.Go(func() {
		p.w.pause(d)
		p.w.defect(name, false)
	})
}

// interrupt is what happens in the middle of a pull.
func (p *operator) interrupt(s *device.Session) {
	switch p.rnd.IntN(12) {
	case 0, 1, 2:
		s.Stop()
		p.w.did("stop")
	case 3:
		s.Disarm()
		p.w.did("disarm")
	case 4, 5:
		p.freeze()
	case 6:
		p.w.plug(false)
		p.sleep(0, 3*time.Second)
		p.w.plug(true)
	case 7:
		p.w.changeTip(sim.TipFor(p.w.model))
	case 8:
		p.w.removeTip()
	case 9:
		p.w.defect(sim.SwitchReboot, true)
	case 10:
		p.c.kill()
		p.begin()
	case 11:
		p.w.contact(false) // lifts off in the middle
		p.sleep(0, 300*time.Millisecond)
		p.w.contact(true)
	}
}

// freeze is a window that does not live for a while.
func (p *operator) freeze() {
	p.c.frozen.Store(true)
	p.sleep(200*time.Millisecond, 2*time.Second)
	p.c.frozen.Store(false)
	p.w.did("window frozen")
}

// finish ends a treatment.
func (p *operator) finish(s *device.Session) {
	switch n := p.rnd.IntN(100); {
	case n < 60:
		s.Disarm()
		p.w.did("disarm")
	case n < 75:
		s.Stop()
		p.w.did("stop")
	case n < 85:
		p.freeze()
	case n < 92:
		p.sleep(55*time.Second, 70*time.Second) // goes for a coffee: idle, READY ends by itself
	default:
		p.restart()
	}
	p.w.trigger(false)
	p.sleep(0, 2*time.Second)
}

// download reads the pen's log meanwhile, as a service desk does.
func (p *operator) download(s *device.Session) {
	var cur device.LogCursor
	records := 0
	err := s.ReadLog(p.w.ctx, &cur, func(page device.LogPage) error {
		records += len(page.Entries)
		return nil
	})
	if err == nil && records > 0 {
		p.w.did("log read")
	}
}
