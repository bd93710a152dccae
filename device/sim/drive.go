package sim

import (
	"stipple/protocol"
)

// runPhase is where the needle drive is in a trigger pull.
type runPhase uint8

const (
	runIdle    runPhase = iota // no pull
	runWait                    // pulled, waiting for permission, contact or the next stamp
	runInsert                  // R1: needle on its way in
	runPulse                   // R1: at depth; N1: stroking
	runRetract                 // needle on its way back
)

// run is one trigger pull.
type run struct {
	phase  runPhase
	since  int64 // step at which the phase began
	insert int64 // R1: step at which the newest stamp began; 0: none in this pull
	rate   int32 // R1: stamps a minute, from the newest two
	pulse  *openPulse
	backBy int64 // step by which the needle must be back; 0: it may be out
}

func (r *run) begin(now int64) {
	r.enter(runWait, now)
	r.insert, r.rate = 0, 0
}

func (r *run) enter(p runPhase, now int64) { r.phase, r.since = p, now }

// expectBack starts the time in which the needle has to come back.
func (fw *firmware) expectBack() {
	fw.run.backBy = fw.steps + inSteps(retractMargin) + int64(fw.model.desc.StopToRetracted)*stepsPerMS
}

// endRun turns everything off: RF, motor, needle back. An open pulse ends with
// result.
//
// Model: OutputEnds.
func (fw *firmware) endRun(result protocol.PulseResult, cause string) {
	fw.say(cause)
	fw.plant.rfSet = 0
	fw.plant.run, fw.plant.extend = false, false
	fw.plant.target = fw.parkTarget()
	fw.leaveOutFlawed(cause)
	if p := fw.run.pulse; p != nil && !p.ending {
		p.end(fw.steps, result)
	}
	if fw.output != nil {
		fw.output.end(fw.steps, result)
	}
	fw.run.rate = 0
	if fw.run.phase == runIdle && fw.isBack() {
		return
	}
	fw.run.enter(runRetract, fw.steps)
	fw.expectBack()
}

// targetFor, speedFor and powerFor are what the drive is told, raw and in its
// own units, to make what is wanted. Nothing wanted is nothing, not what a table
// makes of 0.

func (fw *firmware) targetFor(v protocol.Micrometres) int64 {
	return int64(fw.cal.driven(protocol.QuantityDepth, int32(v))) * nmPerUM
}

func (fw *firmware) speedFor(v protocol.StrokesPerMinute) int64 {
	return int64(fw.cal.driven(protocol.QuantitySpeed, int32(v))) * milliPerStroke
}

func (fw *firmware) powerFor(v protocol.Milliwatts) int64 {
	if v == 0 {
		return 0
	}
	return int64(fw.cal.driven(protocol.QuantityPower, int32(v))) * uwPerMW
}

// drive is the control of needle and RF, once a step.
func (fw *firmware) drive() {
	if fw.run.pulse != nil {
		fw.integrate()
	}
	if fw.run.phase == runRetract && fw.isBack() {
		next := runIdle
		if fw.isRF() && (fw.state == protocol.StateTreating || fw.output != nil && !fw.output.ending) {
			next = runWait
		}
		fw.run.enter(next, fw.steps)
	}
	if fw.output != nil {
		fw.driveTest()
		return
	}
	if fw.state != protocol.StateTreating {
		return
	}
	if fw.isRF() {
		fw.driveStamps()
	} else {
		fw.driveStrokes()
	}
}

// mayDrive says whether the needle may go out: armed, lease alive, trigger
// held, tip on. It is asked in every step.
func (fw *firmware) mayDrive() bool {
	return fw.state == protocol.StateTreating && fw.output == nil && fw.trigger && fw.leaseAlive() && fw.tip != nil && fw.settings.confirmed &&
		(fw.arm.hash == fw.settings.hash || fw.flaws.has(flawHashIgnored))
}

// mayStamp adds what an RF pen wants: contact, and a spot that has not had its
// pulses or its dose.
func (fw *firmware) mayStamp() bool { return fw.mayDrive() && fw.contact && !fw.spotBlocked() }

// spotBlocked says whether the tip must be lifted before anything more.
func (fw *firmware) spotBlocked() bool {
	if !fw.isRF() || !fw.contact {
		return false
	}
	if fw.spot.stale {
		return true
	}
	if !fw.settings.active || fw.spot.pulses == 0 {
		return false
	}
	return fw.spot.pulses >= int(fw.settings.envelope.PulsesPerSpot) || fw.settings.power() > 0 && fw.doseSpent(int64(fw.settings.power())*uwPerMW)
}

// doseSpent says whether one more step at power (µW), and the energy that
// still flows while the amplifier decays, could pass the dose of the spot.
func (fw *firmware) doseSpent(power int64) bool {
	return !fw.flaws.has(flawDoseIgnored) && fw.spot.energy+rfTailSteps*nanojoules(power) > int64(fw.spotCap())*nJPerUJ
}

const (
	nJPerUJ = 1000
	// rfTailSteps is one step that is still to come and the decay behind it,
	// 1.05 steps of full power, rounded up.
	rfTailSteps = 3
)

// driveStamps is the RF pen's pull: in, pulse, out, again at the set speed.
func (fw *firmware) driveStamps() {
	r := &fw.run
	switch r.phase {
	case runWait:
		period := msPerMinute * stepsPerMS / int64(fw.settings.speed())
		if fw.mayStamp() && fw.isBack() && r.pulse == nil && (r.insert == 0 || fw.steps >= r.insert+period) {
			fw.beginInsert(fw.settings.depth())
		}
	case runInsert:
		fw.watchInsert()
	case runPulse:
		fw.watchPulse()
	}
}

// beginInsert begins a stamp.
func (fw *firmware) beginInsert(depth protocol.Micrometres) {
	r := &fw.run
	if r.insert != 0 {
		r.rate = int32(msPerMinute * stepsPerMS / (fw.steps - r.insert))
	}
	r.insert, r.backBy = fw.steps, 0
	r.enter(runInsert, fw.steps)
	fw.plant.target = fw.targetFor(depth)
	fw.say("stamp")
}

// retract ends a stamp, with whatever pulse is open, and keeps the pull.
func (fw *firmware) retract(result protocol.PulseResult, cause string) {
	fw.plant.rfSet, fw.plant.target = 0, 0
	if p := fw.run.pulse; p != nil && !p.ending {
		p.end(fw.steps, result)
	}
	fw.run.enter(runRetract, fw.steps)
	fw.expectBack()
	fw.say(cause)
}

// watchInsert waits for the needle at its depth and begins the pulse.
func (fw *firmware) watchInsert() {
	set, depth := fw.settings.depth(), fw.read.depth
	switch {
	case !fw.mayStamp():
		fw.retract(protocol.PulseContactLost, "contact lost")
	case fw.plant.vel == 0 && depth >= set-atDepth && depth <= set+atDepth, depth > set/2 && fw.flaws.has(flawShallowRF):
		fw.beginPulse()
	case fw.plant.vel == 0 && depth > set+depthTolerance:
		fw.retract(protocol.PulseFault, "depth")
		fw.outOfTolerance(AlarmDepth, int32(depth))
	case fw.steps-fw.run.since > inSteps(insertLimit):
		fw.alarmAtOnce(AlarmMotorStall, int32(depth))
	}
}

// beginPulse turns RF on, once the impedance is that of tissue on every pin.
// With 0 W the needle stays in for the duration, and that is all.
//
// Model: OutputBegins.
func (fw *firmware) beginPulse() {
	power := fw.settings.power()
	if power > 0 && !fw.circuitGood() {
		return
	}
	if !fw.openPulse() {
		return
	}
	fw.spot.pulses++
	fw.plant.rfSet = fw.powerFor(power)
	fw.run.enter(runPulse, fw.steps)
	fw.say("pulse")
}

// circuitGood raises the alarm of an open pin or of an impedance out of its
// window, and is false then.
func (fw *firmware) circuitGood() bool {
	z := int32(fw.read.impedance)
	switch {
	case fw.plant.has(faultOpenPin):
		fw.alarmAtOnce(AlarmOpenPin, z)
	case z < fw.window.Min || z > fw.window.Max:
		fw.alarmAtOnce(AlarmImpedance, z)
	default:
		return true
	}
	return false
}

// watchPulse ends the pulse: at its duration, at the dose that the pen has
// measured, when contact or permission goes, or when something is wrong.
//
// Model: OutputEnds.
func (fw *firmware) watchPulse() {
	set := int64(fw.settings.power()) * uwPerMW
	p := fw.run.pulse
	wanted := protocol.Energy(fw.settings.power(), fw.settings.duration())
	switch {
	case !fw.contact:
		fw.retract(protocol.PulseContactLost, "contact lost")
	case !fw.mayDrive():
		fw.retract(protocol.PulseDisarmed, permissionEnded)
	case energyOver(p.energy, wanted):
		fw.latch(protocol.FaultEnergy, int32(p.energy/nJPerUJ))
	case set > 0 && fw.doseSpent(max(set, fw.read.power)):
		fw.retract(protocol.PulseDose, "dose")
	case fw.steps-p.began >= int64(fw.settings.duration())*stepsPerMS:
		fw.retract(protocol.PulseComplete, "duration")
	case set > 0 && fw.steps-p.began > impedanceSettle && !fw.flaws.has(flawCircuitForgotten):
		fw.circuitGood()
	}
}

// permissionEnded is the cause where a drive finds that it may not go on.
const permissionEnded = "permission ended"

// energyOver says whether an energy in nJ is too far over what was wanted.
func energyOver(energy int64, wanted protocol.Microjoules) bool {
	return wanted >= protocol.EnergyJudged && energy*1000 > int64(wanted)*nJPerUJ*(1000+energyTolerance)
}

// impedanceSettle is how many steps of a pulse the impedance is not judged
// and not recorded: the amplifier rises.
const impedanceSettle = stepsPerMS

// driveStrokes is the needling pen's pull: strokes until it ends.
//
// Model: OutputBegins.
func (fw *firmware) driveStrokes() {
	r := &fw.run
	switch r.phase {
	case runWait:
		if !fw.mayDrive() {
			return
		}
		if r.pulse != nil {
			fw.closePulse() // of a pull that ended a moment ago
			if !fw.mayDrive() {
				return // it was one too many out of tolerance
			}
		}
		if !fw.openPulse() {
			return
		}
		r.backBy = 0
		r.enter(runPulse, fw.steps)
		fw.plant.run = true
		fw.plant.speed = fw.speedFor(fw.settings.speed())
		fw.plant.target = fw.targetFor(fw.settings.depth())
		fw.say("stroke")
	case runPulse:
		fw.watchStrokes()
	}
}

// watchStrokes ends the strokes when permission goes, or the motor does not turn.
// What takes permission away mostly ends them itself; nothing hangs on that.
func (fw *firmware) watchStrokes() {
	slow := int64(fw.read.speed)*1000 < int64(fw.settings.speed())*stallShare
	switch {
	case !fw.mayDrive():
		fw.endRun(protocol.PulseDisarmed, permissionEnded)
	case slow && fw.steps-fw.run.since > inSteps(stallLimit):
		fw.alarmAtOnce(AlarmMotorStall, int32(fw.read.speed))
	}
}
