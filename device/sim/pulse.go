package sim

import (
	"stipple/protocol"
)

// openPulse is a pulse whose record is open: energy flows or may still flow.
type openPulse struct {
	record  protocol.Pulse
	began   int64 // step
	ended   int64 // step at which its end was commanded
	ending  bool
	result  protocol.PulseResult
	energy  int64 // nJ, measured
	deepest protocol.Micrometres
	peak    protocol.Centidegrees
	strokes uint32 // of the plant's counter at the start

	ohms  spread
	speed spread // N1, after the run-up
}

// spread is mean and extremes of what was measured.
type spread struct {
	min, max int64
	sum, n   int64
}

func (s *spread) add(v int64) {
	if s.n == 0 {
		s.min, s.max = v, v
	}
	s.min, s.max = min(s.min, v), max(s.max, v)
	s.sum += v
	s.n++
}

// mean is 0 where nothing was measured.
func (s *spread) mean() int64 {
	if s.n == 0 {
		return 0
	}
	return s.sum / s.n
}

func (p *openPulse) end(now int64, result protocol.PulseResult) {
	p.ended, p.ending, p.result = now, true, result
}

// openPulse writes the record before any energy flows. False: the memory
// failed, and nothing may flow.
func (fw *firmware) openPulse() bool {
	s := &fw.settings
	rec := protocol.Pulse{
		Index: fw.nv.counters.pulse + 1, Boot: fw.nv.counters.boot, ArmID: fw.arm.id, TreatmentID: fw.arm.treatment,
		SettingsHash: s.hash, TipID: fw.tip.ID, Opened: fw.clock(), Result: protocol.PulseOpen,
		SetDepth: u16(int64(s.depth())), SetSpeed: u16(int64(s.speed())),
	}
	if fw.isRF() {
		rec.SetPower, rec.SetDuration = u16(int64(s.power())), u16(int64(s.duration()))
	}
	fw.keepErr(fw.nv.savePulse(&rec))
	fw.nv.counters.pulse = rec.Index
	fw.keepErr(fw.nv.saveCounters())
	fw.tip.UseCount++
	fw.tip.BoundTreatment = fw.arm.treatment
	fw.keepErr(fw.nv.saveTip())
	fw.countPulse()
	if fw.broken != nil {
		return false
	}
	if fw.tip.UseLimit > 0 && fw.tip.UseCount+tipNearEnd == fw.tip.UseLimit {
		fw.alarm(AlarmTipNearEnd, int32(fw.tip.UseCount))
	}
	fw.run.pulse = &openPulse{record: rec, began: fw.steps, strokes: fw.plant.strokes, peak: fw.read.temp}
	return true
}

// integrate adds one step to the open pulse, and closes it once its energy is
// over: RF measures nothing, or the needling motor stands.
func (fw *firmware) integrate() {
	p := fw.run.pulse
	e := nanojoules(fw.read.power)
	p.energy += e
	fw.spot.energy += fw.spotEnergy(e)
	p.deepest = max(p.deepest, fw.read.depth)
	p.peak = max(p.peak, fw.read.temp)
	if fw.plant.rfSet > 0 && fw.steps-p.began > impedanceSettle {
		p.ohms.add(int64(fw.read.impedance))
	}
	if !p.ending && fw.steps-p.began > inSteps(runUp) {
		p.speed.add(int64(fw.read.speed))
	}
	if p.ending && fw.outputOver(p.ended) {
		fw.closePulse()
	}
}

// outputOver says whether no more energy can come of an output that was told to
// end at a step, whatever a table makes of what the sensor says. With the supply open that is
// so after a while, even if the sensor of power says otherwise because it is
// what broke; the record then has more than what flowed, never less.
func (fw *firmware) outputOver(ended int64) bool {
	if !fw.isRF() {
		return !fw.plant.moving()
	}
	return fw.read.raw.power == 0 || !fw.plant.supply && fw.steps-ended > inSteps(rfGrace)
}

// closePulse fills and keeps the record, tells of it at once, and judges it.
func (fw *firmware) closePulse() {
	p := fw.run.pulse
	fw.run.pulse = nil
	rec := &p.record
	ms := (p.ended - p.began) / stepsPerMS
	rec.Result = p.result
	rec.Depth = u16(int64(p.deepest))
	rec.Duration = uint32(ms)
	rec.Energy = uint32(p.energy / nJPerUJ)
	rec.PeakTemp = int16(p.peak)
	if fw.isRF() {
		rec.Speed = u16(int64(fw.run.rate))
		if steps := p.ended - p.began; steps > 0 {
			rec.Power = u16(p.energy * 1000 / int64(fineStepUS) / steps / uwPerMW)
		}
		rec.Strokes = 1
	} else {
		rec.Strokes = fw.plant.strokes - p.strokes
		if p.speed.n > 0 {
			rec.Speed = u16(p.speed.mean())
		} else if ms > 0 {
			rec.Speed = u16(int64(rec.Strokes) * msPerMinute / ms)
		}
	}
	rec.ImpedanceMin, rec.Impedance, rec.ImpedanceMax = u16(p.ohms.min), u16(p.ohms.mean()), u16(p.ohms.max)
	fw.keepErr(fw.nv.savePulse(rec))
	fw.keepErr(fw.nv.saveWork())
	fw.event(protocol.EventPulseEnd, int32(rec.Index), int32(rec.Result))
	fw.send(rec)
	fw.judgePulse(p)
}

// judgePulse compares measured with commanded; safety.md section 7.
func (fw *firmware) judgePulse(p *openPulse) {
	rec := &p.record
	if rec.Result == protocol.PulseFault {
		return // its alarm has been raised
	}
	switch {
	case fw.isRF() && rec.Duration >= minJudgedMS && off(int64(rec.Power), int64(rec.SetPower), powerTolerance):
		fw.outOfTolerance(AlarmPower, int32(rec.Power))
	case p.speed.n > 0 && !fw.isRF() && off(int64(rec.Speed), int64(rec.SetSpeed), speedTolerance):
		fw.outOfTolerance(AlarmSpeed, int32(rec.Speed))
	case (fw.isRF() || rec.Strokes > 0) && abs(int64(rec.Depth)-int64(rec.SetDepth)) > int64(depthTolerance):
		fw.outOfTolerance(AlarmDepth, int32(rec.Depth))
	default:
		fw.watch.bad = 0
	}
}

// minJudgedMS is the shortest pulse whose mean power is judged: in a shorter
// one, cut off by a release, the amplifier's rise is a large share.
const minJudgedMS = 10

func off(measured, set, perMille int64) bool {
	return abs(measured-set)*1000 > set*perMille
}

// outOfTolerance raises a medium alarm; three pulses in a row end in STANDBY.
func (fw *firmware) outOfTolerance(a Alarm, measured int32) {
	fw.alarm(a, measured)
	fw.watch.bad++
	if fw.watch.bad >= pulsesToStandby && fw.state.Armed() {
		fw.disarm(protocol.PulseFault, "out of tolerance")
	}
}

// alarmAtOnce raises an alarm that ends in STANDBY without waiting for more.
func (fw *firmware) alarmAtOnce(a Alarm, measured int32) {
	fw.alarm(a, measured)
	fw.disarm(protocol.PulseFault, "alarm "+a.name(fw))
}

func (a Alarm) name(fw *firmware) string {
	for _, s := range fw.model.desc.Alarms {
		if s.Code == uint16(a) {
			return s.Name
		}
	}
	return "unknown"
}

func (fw *firmware) alarm(a Alarm, measured int32) {
	fw.eventLevel(protocol.EventAlarm, protocol.LevelWarning, int32(a), measured)
}

// u16 is v as the wire's unsigned 16 bits, at its ends beyond them.
func u16(v int64) uint16 { return uint16(min(max(v, 0), 1<<16-1)) }
