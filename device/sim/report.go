package sim

import (
	"stipple/protocol"
)

// report gathers what STATUS says between two of them.
type report struct {
	now   bool  // a STATUS is due at once
	next  int64 // step at which the next one is due
	every int64 // steps

	fresh    bool // nothing gathered yet
	depth    protocol.Swing
	speed    protocol.Swing
	powerMax uint16
	tempMax  int16
	lastZ    protocol.Ohms
}

// reset starts at rate a second.
func (r *report) reset(rate int64) {
	*r = report{now: true, every: stepsPerMS * 1000 / rate, fresh: true, lastZ: r.lastZ}
}

func (r *report) add(m *reading) {
	d, s := u16(int64(m.depth)), u16(int64(m.speed))
	if r.fresh {
		r.fresh = false
		r.depth, r.speed = protocol.Swing{Now: d, Min: d, Max: d}, protocol.Swing{Now: s, Min: s, Max: s}
		r.powerMax, r.tempMax = 0, int16(m.temp)
	}
	swing(&r.depth, d)
	swing(&r.speed, s)
	r.powerMax = max(r.powerMax, u16(m.power/uwPerMW))
	r.tempMax = max(r.tempMax, int16(m.temp))
	if m.impedance > 0 {
		r.lastZ = m.impedance
	}
}

func swing(s *protocol.Swing, v uint16) {
	s.Now, s.Min, s.Max = v, min(s.Min, v), max(s.Max, v)
}

// reportDue sends a STATUS at its rate, or at once after a change of state.
//
// Model: StatusSent.
func (fw *firmware) reportDue() {
	if fw.session.id == 0 || !fw.report.now && fw.steps < fw.report.next {
		return
	}
	fw.send(fw.status())
	fw.report.now, fw.report.fresh = false, true
	fw.report.next = fw.steps + fw.report.every
}

// status is the pen as STATUS tells it.
func (fw *firmware) status() *protocol.Status {
	if fw.report.fresh {
		fw.report.add(&fw.read) // asked for again within the same step
	}
	if !fw.contact && fw.model.desc.ContactSensor {
		fw.report.lastZ = 0
	}
	r := &fw.report
	s := &protocol.Status{
		State: fw.state, Fault: fw.fault, Flags: fw.flags(), Clock: fw.clock(), ArmID: fw.arm.id, ArmBlocks: fw.armBlocks(),
		SettingsHash: fw.settings.confirmedHash(), NewestPulse: fw.closedPulses(), NewestLog: fw.nv.log.newest, TipID: fw.tipID(),
		Depth: r.depth, Speed: r.speed, Power: u16(fw.read.power / uwPerMW), PowerMax: r.powerMax,
		Impedance: u16(int64(r.lastZ)), Temp: int16(fw.read.temp), TempMax: r.tempMax, Battery: fw.plant.battery(),
	}
	if fw.leaseAlive() {
		s.LeaseLeft = u16(min(fw.arm.rfUntil.Sub(fw.clock()).Milliseconds(), (fw.arm.deadline-fw.steps)/stepsPerMS))
	}
	if fw.output != nil {
		fw.commandedTest(s)
		return s
	}
	if fw.plant.run || fw.run.phase == runInsert || fw.run.phase == runPulse {
		s.SetDepth, s.SetSpeed = u16(int64(fw.settings.depth())), u16(int64(fw.settings.speed()))
	}
	if fw.plant.rfSet > 0 {
		s.SetPower, s.SetDuration = u16(int64(fw.settings.power())), u16(int64(fw.settings.duration()))
	}
	return s
}

// closedPulses is the newest pulse whose record is complete: one that is still
// open has not been sent yet, and must not look lost.
func (fw *firmware) closedPulses() uint32 {
	if fw.run.pulse != nil {
		return fw.run.pulse.record.Index - 1
	}
	return fw.nv.counters.pulse
}

func (fw *firmware) flags() protocol.StatusFlags {
	var f protocol.StatusFlags
	set := func(on bool, bit protocol.StatusFlags) {
		if on {
			f |= bit
		}
	}
	set(fw.trigger, protocol.FlagTrigger)
	set(fw.contact, protocol.FlagContact)
	set(fw.needleAtDepth(), protocol.FlagAtDepth)
	set(fw.rfMeasured(), protocol.FlagRFOn)
	set(fw.leaseAlive(), protocol.FlagLease)
	set(fw.settings.confirmed, protocol.FlagSettings)
	set(fw.isBack(), protocol.FlagNeedleBack)
	set(fw.tests.ok, protocol.FlagSelfTestOK)
	set(fw.spotBlocked(), protocol.FlagSpotBlocked)
	return f
}

// needleAtDepth: on an RF pen the needle is where it shall be; a needling
// pen's is only ever there for a moment, so the flag says that it strokes.
func (fw *firmware) needleAtDepth() bool {
	if fw.run.phase != runPulse {
		return false
	}
	if fw.output != nil {
		return fw.output.command.Quantity != protocol.QuantityPower
	}
	return !fw.isRF() || abs(int64(fw.read.depth-fw.settings.depth())) <= int64(atDepth)
}
