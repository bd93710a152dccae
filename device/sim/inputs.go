package sim

import (
	"hash/fnv"

	"stipple/protocol"
)

// spot is what the tissue under the tip has had since it was touched.
type spot struct {
	pulses int
	energy int64 // nJ, measured
	stale  bool  // not known what it had: lift first
}

// inputs reads trigger, contact and tip, and acts on what has changed. It runs
// in every step and at once after the hand has done something.
func (fw *firmware) inputs() {
	if fw.darkLeft > 0 {
		return
	}
	if fw.readTip() {
		fw.tipChanged()
	}
	if c := fw.contactInput(); c != fw.contact {
		fw.contact = c
		fw.event(protocol.EventContact, flag(c), 0)
		if !c && fw.flaws.has(flawSpotForgotten) {
			fw.spot = spot{}
		}
	}
	// The same spot again, until the tip has been off it for long enough.
	if !fw.plant.contact && fw.plant.offFor >= inSteps(protocol.SpotRelease) {
		fw.spot = spot{}
	}
	if t := fw.triggerInput(); t != fw.trigger {
		fw.trigger = t
		fw.event(protocol.EventTrigger, flag(t), 0)
		if t {
			fw.pulled()
		} else {
			fw.released()
		}
	}
}

// pulled is the trigger's edge: the only way from READY to TREATING, and from a
// SERVICE output that is permitted to one.
//
// Model: TriggerPulled.
func (fw *firmware) pulled() {
	if fw.testWaits() {
		fw.pullTest()
		return
	}
	if fw.state != protocol.StateReady {
		return
	}
	fw.arm.idleSince = fw.steps
	fw.run.begin(fw.steps)
	fw.setState(protocol.StateTreating, "trigger")
}

// Model: TriggerReleased.
func (fw *firmware) released() {
	if fw.output != nil {
		fw.releaseTest()
	}
	if fw.state != protocol.StateTreating {
		return
	}
	fw.arm.idleSince = fw.steps
	fw.endRun(protocol.PulseReleased, "trigger released")
	fw.setState(protocol.StateReady, "trigger released")
}

// readTip reads the tip's memory and says whether it is another tip now.
func (fw *firmware) readTip() bool {
	tip := fw.nv.tip
	if !fw.plant.tipOn {
		tip = nil
	}
	changed := tip != fw.tip // another one, even under the same id
	fw.tip = tip
	return changed
}

// tipChanged follows a change of the tip: another settings hash, STANDBY, and
// settings that do not fit the new tip are not active any more, and not moved.
//
// Model: TipChanged.
func (fw *firmware) tipChanged() {
	fw.event(protocol.EventTipChanged, int32(fw.tipID()), 0)
	if fw.arm.id != 0 {
		fw.disarm(protocol.PulseFault, "tip")
	}
	fw.recheck()
}

func (fw *firmware) tipID() uint32 {
	if fw.tip == nil {
		return 0
	}
	return fw.tip.ID
}

func (fw *firmware) tipPins() uint16 {
	if fw.tip == nil {
		return 0
	}
	return fw.tip.Pins
}

// mount puts a tip on the pen, or takes it off with nil. A tip without an id
// gets one that this pen has not seen; one that the box knows is that one.
func (fw *firmware) mount(tip *TipSpec) {
	if tip != nil && tip.ID == 0 {
		tip.ID = fw.freshTip()
	}
	fw.keepErr(fw.nv.wear(tip))
	fw.seatTip()
}

// seatTip tells the plant which tip is on. A tip that came off takes its own
// memory with it, and is the same one when it is back.
func (fw *firmware) seatTip() {
	tip := fw.nv.tip
	if fw.plant.has(faultTipRemoved) {
		tip = nil
	}
	fw.plant.tipOn, fw.plant.pins = tip != nil, 0
	if tip != nil {
		fw.plant.pins = int64(tip.Pins)
	}
}

// freshTip makes an id out of the pen's serial number and its log, which
// never goes back: the same in every run of the same inputs.
func (fw *firmware) freshTip() uint32 {
	h := fnv.New32a()
	c := fw.nv.counters
	for _, v := range [...]uint32{c.boot, fw.nv.log.newest, c.pulse, uint32(fw.steps)} {
		h.Write([]byte{byte(v), byte(v >> 8), byte(v >> 16), byte(v >> 24)})
	}
	h.Write([]byte(fw.model.serial))
	if fw.nv.tip != nil {
		h.Write([]byte{byte(fw.nv.tip.ID), byte(fw.nv.tip.ID >> 8), byte(fw.nv.tip.ID >> 16), byte(fw.nv.tip.ID >> 24)})
	}
	return max(h.Sum32(), 1)
}

func flag(on bool) int32 {
	if on {
		return 1
	}
	return 0
}
