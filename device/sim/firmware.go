package sim

import (
	"crypto/sha256"
	"fmt"
	"io"
	"math"
	"time"

	"stipple/protocol"
)

// firmware is the pen's side of the link and the control of its plant. It is
// plain state without a goroutine, driven by step, handle and the inputs of
// the hand; all on one goroutine.
type firmware struct {
	model      model
	hottest    int32               // what the tip may read, in 0.01 °C
	window     protocol.SensorSpec // of the impedance
	descriptor []byte
	digest     [32]byte
	nv         *nonvolatile
	cal        calibration
	update     update
	plant      *plant
	sensors    sensors
	link       linkFaults
	memory     *supplied
	random     io.Reader // of session numbers
	post       func(protocol.Lane, []byte)

	steps      int64 // fine steps since boot
	clockShift int64 // µs by which a broken clock is ahead of the steps
	darkLeft   int64 // fine steps until boot, after a brown-out
	cause      string
	// broken is a memory that failed; it latches FAULT at the next step.
	broken error

	state   protocol.State
	mode    protocol.State // where nothing latched leaves the pen: STANDBY, SERVICE or UPDATE
	stopped bool           // ESTOP latched
	fault   protocol.Fault
	tests   selfTest
	date    date
	charge  int64 // of the battery at the step before, nJ

	trigger bool     // as read, after any stuck switch
	contact bool     // as the pen can tell
	tip     *TipSpec // as read; nil: none

	session    session
	stop       stopReply
	settings   settings
	arm        arming
	burnt      burntIDs
	job        job
	run        run
	output     *serviceOutput      // SERVICE output; nil: none permitted or going on
	lastOutput protocol.TestReport // the newest that is over
	spot       spot
	watch      watch
	read       reading
	report     report
	flaws      flaws
	counts     Counts
}

// stopReply is an ESTOP that has not been confirmed to its end yet.
type stopReply struct {
	pending bool // until the needle is back
	nonce   uint32
	session uint32
	saidOff bool // STOPPED sent: RF measures off
}

// newFirmware boots a pen whose log has as many slots as its descriptor says.
func newFirmware(m model, mem Memory, seed uint64, random io.Reader) (*firmware, error) {
	if err := m.desc.Validate(); err != nil {
		return nil, err
	}
	raw, err := m.desc.Encode()
	if err != nil {
		return nil, err
	}
	memory := &supplied{Memory: mem}
	nv, err := loadNonvolatile(memory, uint32(m.desc.LogKept))
	if err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	u := unitOf(m)
	cal, err := loadCalibration(memory, m, u)
	if err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	up, err := loadUpdate(memory)
	if err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	fw := &firmware{
		model: m, descriptor: raw, digest: sha256.Sum256(raw), nv: nv, cal: cal, update: up, memory: memory, random: random,
		plant: newPlant(m.desc.Kind == protocol.KindRF, seed), post: func(protocol.Lane, []byte) {},
	}
	hot, ok := m.desc.Sensor(sensorTemperature)
	if !ok {
		hot.Max = math.MaxInt32
	}
	fw.hottest = hot.Max
	fw.window, _ = m.desc.Sensor(sensorImpedance)
	fw.plant.unit = u
	fw.charge = fw.plant.charge
	if !nv.tipKnown {
		tip := m.tip
		fw.mount(&tip)
	}
	fw.seatTip()
	fw.boot()
	if fw.broken != nil {
		return nil, fmt.Errorf("boot: %w", fw.broken)
	}
	return fw, nil
}

// reboot is a boot with what the memory still has: what a write that was torn
// should have kept is gone.
func (fw *firmware) reboot() {
	nv, err := loadNonvolatile(fw.memory, uint32(fw.model.desc.LogKept))
	fw.keepErr(err)
	if err == nil {
		fw.nv = nv
		fw.seatTip()
	}
	cal, err := loadCalibration(fw.memory, fw.model, fw.plant.unit)
	fw.keepErr(err)
	if err == nil {
		fw.cal = cal
	}
	up, err := loadUpdate(fw.memory)
	fw.keepErr(err)
	if err == nil {
		fw.update = up
	}
	fw.boot()
}

// boot starts the firmware as a reset does: volatile state is gone, what the
// hand and the plant do is not.
//
// Model: PenReboots.
func (fw *firmware) boot() {
	fw.steps, fw.clockShift, fw.darkLeft = 0, 0, 0
	fw.state, fw.mode, fw.stopped = protocol.StateStandby, protocol.StateStandby, false
	fw.tests, fw.date = selfTest{due: true}, date{}
	fw.fault = fw.nv.counters.fault
	if fw.flaws.has(flawFaultForgotten) {
		fw.fault = protocol.FaultNone
	}
	if fw.fault != protocol.FaultNone {
		fw.state = protocol.StateFault
	}
	fw.session, fw.stop, fw.settings, fw.arm, fw.run, fw.watch = session{}, stopReply{}, settings{}, arming{}, run{}, watch{}
	fw.burnt, fw.job = burntIDs{}, job{}
	fw.cal.unstage()
	fw.output, fw.lastOutput = nil, protocol.TestReport{}
	fw.nv.forgetRunning()
	fw.report.reset(protocol.StatusRate)
	fw.measure()
	fw.readTip()
	fw.trigger, fw.contact = fw.triggerInput(), fw.contactInput()
	// The firmware cannot know what the spot under a tip that is already in
	// contact has had; it wants it lifted.
	fw.spot = spot{stale: fw.contact}
	fw.plant.rfSet, fw.plant.run, fw.plant.extend, fw.plant.target, fw.plant.supply, fw.plant.hold = 0, false, false, fw.parkTarget(), true, false
	fw.plant.dark = false
	fw.expectBack()
	if fw.flaws.has(flawPulseReused) && fw.nv.counters.pulse > 0 {
		fw.nv.counters.pulse--
	}
	fw.nv.counters.boot++
	fw.keepErr(fw.nv.saveCounters())
	fw.say("boot")
	fw.event(protocol.EventBoot, int32(fw.nv.counters.boot), fw.closeInterrupted())
	fw.bootImage()
}

// parkTarget is what the plant's target is while the needle shall be in: a
// needling pen keeps its stroke until the cam is home.
func (fw *firmware) parkTarget() int64 {
	if fw.isRF() {
		return 0
	}
	return fw.plant.target
}

// closeInterrupted marks a pulse that a reset has left open and counts it.
func (fw *firmware) closeInterrupted() int32 {
	newest := fw.nv.counters.pulse
	if newest == 0 {
		return 0
	}
	p, ok, err := fw.nv.pulse(newest)
	fw.keepErr(err)
	if !ok || p.Result != protocol.PulseOpen {
		return 0
	}
	p.Result = protocol.PulseInterrupted
	fw.keepErr(fw.nv.savePulse(&p))
	return 1
}

func (fw *firmware) isRF() bool { return fw.model.desc.Kind == protocol.KindRF }

// ticks is the time since boot in µs, by the control loop's own steps.
func (fw *firmware) ticks() int64 { return fw.steps * int64(fineStepUS) }

// clock is the pen's own clock.
func (fw *firmware) clock() protocol.PenClock {
	return protocol.PenClock(fw.ticks() + fw.clockShift)
}

func inSteps(d time.Duration) int64 { return int64(d / fineStep) }

// say notes why the outputs are about to change, for the observer.
func (fw *firmware) say(cause string) { fw.cause = cause }

// keepErr notes a memory that failed. A pen that can't remember must not
// treat: FAULT follows at the next step.
func (fw *firmware) keepErr(err error) {
	if err != nil && fw.broken == nil {
		fw.broken = err
	}
}

// step moves the pen by n fine steps: plant, inputs, watch, control, report.
func (fw *firmware) step(n int64) {
	fw.plant.step(n)
	if fw.darkLeft > 0 {
		fw.darkStep(n)
		return
	}
	if fw.plant.empty {
		fw.brownOut(1)
		return
	}
	fw.steps += n
	fw.countWork(n)
	if fw.tests.due && fw.steps >= inSteps(selfTestTime) {
		fw.finishBootTest()
	}
	fw.inputs()
	fw.measure()
	fw.guard()
	fw.checkLease()
	fw.checkJob()
	fw.drive()
	fw.confirmStop()
	fw.reportDue()
	fw.checkRestart()
}

// atRest says whether the next steps may be taken together.
func (fw *firmware) atRest() bool {
	return fw.plant.atRest() && fw.run.phase == runIdle && fw.run.pulse == nil && (fw.darkLeft == 0 || fw.stayDark())
}

// active says whether the pen wants to be looked at every millisecond.
func (fw *firmware) active() bool {
	return !fw.atRest() || fw.outputPossible() || fw.tests.due || fw.stop.pending || fw.job.running() || fw.update.restart > 0
}

func (fw *firmware) forgetFault() {
	fw.fault, fw.nv.counters.fault = protocol.FaultNone, protocol.FaultNone
	fw.keepErr(fw.nv.saveCounters())
	fw.plant.supply, fw.plant.hold = true, false
	fw.watch = watch{}
	fw.expectBack()
}

// setState changes the state, tells of it, and makes the next STATUS due.
func (fw *firmware) setState(s protocol.State, cause string) {
	if fw.state == s {
		return
	}
	fw.say(cause)
	from := fw.state
	fw.event(protocol.EventStateChange, int32(from), int32(s))
	fw.state = s
	fw.report.now = true
	if from == protocol.StateService || s == protocol.StateService {
		fw.event(protocol.EventService, flag(s == protocol.StateService), 0)
	}
	switch from {
	case protocol.StateService:
		fw.cal.unstage()
	case protocol.StateUpdate:
		fw.leftUpdate()
	}
}

// settle goes to the state that the latches leave: ESTOP, FAULT, or the mode.
func (fw *firmware) settle(cause string) {
	switch {
	case fw.stopped:
		fw.setState(protocol.StateStopped, cause)
	case fw.fault != protocol.FaultNone:
		fw.setState(protocol.StateFault, cause)
	default:
		fw.setState(fw.mode, cause)
	}
}

// disarm ends whatever is armed: RF off, needle back, STANDBY or a latched
// state. An open pulse ends with result.
func (fw *firmware) disarm(result protocol.PulseResult, cause string) {
	fw.endRun(result, cause)
	fw.arm = arming{}
	fw.settle(cause)
}

// latch goes to FAULT and stays there until CLEAR or a reboot with a good
// self-test. measured goes into the alarm that the fault belongs to.
func (fw *firmware) latch(f protocol.Fault, measured int32) {
	if fw.fault != protocol.FaultNone {
		return
	}
	fw.fault, fw.nv.counters.fault = f, f
	fw.mode = protocol.StateStandby
	fw.report.now = true
	fw.keepErr(fw.nv.saveCounters())
	if f == protocol.FaultRFUnpermitted {
		fw.plant.supply = false
	}
	if alarm, ok := alarmOf(f); ok {
		fw.alarm(alarm, measured)
	}
	fw.eventLevel(protocol.EventFault, protocol.LevelError, int32(f), 0)
	fw.disarm(protocol.PulseFault, "fault "+f.String())
}

func alarmOf(f protocol.Fault) (Alarm, bool) {
	switch f {
	case protocol.FaultRFUnpermitted:
		return AlarmRFUnpermitted, true
	case protocol.FaultOverTemperature:
		return AlarmOverTemperature, true
	case protocol.FaultDepth:
		return AlarmDepthBeyond, true
	case protocol.FaultEnergy:
		return AlarmEnergyOver, true
	case protocol.FaultMotorStall:
		return AlarmMotorStall, true
	}
	return 0, false
}

// emergencyStop obeys ESTOP, in every state and under every session number: a
// stop that is not meant costs a CLEAR, one that is dropped costs more.
//
// Model: StopArrives.
func (fw *firmware) emergencyStop(m *protocol.Stop, session uint32) {
	fw.stop = stopReply{pending: true, nonce: m.Nonce, session: session}
	if !fw.stopped {
		fw.stopped, fw.mode = true, protocol.StateStandby
		fw.eventLevel(protocol.EventStopped, protocol.LevelWarning, 0, 0)
		fw.disarm(protocol.PulseStopped, "estop")
	}
	fw.confirmStop()
}

// confirmStop sends STOPPED once RF measures off, and again once the needle
// is back.
func (fw *firmware) confirmStop() {
	if !fw.stop.pending || fw.rfMeasured() && !fw.flaws.has(flawStoppedEarly) {
		return
	}
	back := fw.isBack()
	if fw.stop.saidOff && !back {
		return
	}
	fw.stop.saidOff = true
	fw.stop.pending = !back
	fw.sendAs(fw.stop.session, &protocol.Stopped{Nonce: fw.stop.nonce, NeedleBack: back, Clock: fw.clock()})
}

// rfMeasured says whether RF measures above zero. It believes the sensor and no
// table: whether RF is off must not hang on a calibration.
func (fw *firmware) rfMeasured() bool { return fw.read.raw.power > int64(rfOff)*uwPerMW }

// isBack is the needle drive's own home switch, which does not hang on the
// depth sensor.
func (fw *firmware) isBack() bool {
	return !fw.plant.moving() && fw.plant.pos <= int64(needleBack)*nmPerUM
}
