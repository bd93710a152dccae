package sim

import (
	"time"

	"stipple/protocol"
)

// arming is what READY, TREATING and a SERVICE output stand on.
type arming struct {
	id        uint32 // 0: not armed
	treatment [16]byte
	hash      [8]byte

	arrived   protocol.PenClock // of the newest lease that granted something, or of ARM
	echoed    protocol.PenClock // the pen clock that it carried
	leased    bool              // a lease has come: energy is possible
	rfUntil   protocol.PenClock // the RF limit; all of it ends there
	deadline  int64             // step of the same: see overdue
	idleSince int64             // step
}

// leaseAlive says whether energy is permitted now.
func (fw *firmware) leaseAlive() bool {
	return fw.arm.id != 0 && fw.arm.leased && (fw.clock() < fw.arm.rfUntil && !fw.overdue(0) || fw.flaws.has(flawLeaseForever))
}

// overdue says whether the control loop's own count of steps has come within
// lead of the lease's end. It ends nothing that the clock would not, unless the
// clock is broken: one that goes back must not make a lease longer.
func (fw *firmware) overdue(lead time.Duration) bool {
	return fw.steps+inSteps(lead) >= fw.arm.deadline
}

// armBlocks are the reasons why the pen can't be armed now, for any treatment.
func (fw *firmware) armBlocks() protocol.ArmBlocks {
	var b protocol.ArmBlocks
	set := func(on bool, block protocol.ArmBlocks) {
		if on {
			b |= block
		}
	}
	set(fw.stopped, protocol.BlockStop)
	set(fw.fault != protocol.FaultNone, protocol.BlockFault)
	set(!fw.tests.ok, protocol.BlockSelfTest)
	// A tip whose pins are unknown is none for RF: its dose can't be known.
	set(fw.tip == nil || fw.isRF() && fw.tip.Pins == 0, protocol.BlockTipMissing)
	set(fw.tipExpired(), protocol.BlockTipExpired)
	set(fw.calExpired(), protocol.BlockCalExpired)
	set(fw.tipAtLimit(), protocol.BlockTipUsed)
	set(!fw.settings.confirmed, protocol.BlockSettingsUnconfirmed)
	// The dose of a spot hangs on the pins: limits that were made for another tip
	// are no limits.
	set(fw.settings.envelope != nil && fw.tip != nil && fw.settings.envelope.Pins != fw.tip.Pins, protocol.BlockLimitMismatch)
	set(fw.session.monitor, protocol.BlockVersion)
	set(fw.read.temp > hotTip, protocol.BlockTemperature)
	set(fw.plant.battery() < batteryBlock, protocol.BlockBattery)
	set(fw.trigger && !fw.state.Armed() && !fw.flaws.has(flawHeldTrigger), protocol.BlockTriggerHeld)
	set(fw.state == protocol.StateService || fw.state == protocol.StateUpdate, protocol.BlockServiceMode)
	return b
}

// blocksFor are all blocks that this ARM meets.
func (fw *firmware) blocksFor(m *protocol.Arm) protocol.ArmBlocks {
	blocks := fw.armBlocks()
	if fw.boundElsewhere(m.TreatmentID) {
		blocks |= protocol.BlockTipUsed
	}
	if fw.hashDiffers(m) {
		blocks |= protocol.BlockLimitMismatch
	}
	return blocks
}

// boundElsewhere says whether the tip belongs to another treatment.
func (fw *firmware) boundElsewhere(treatment TreatmentID) bool {
	t := fw.tip
	return t != nil && t.BoundTreatment != TreatmentID{} && t.BoundTreatment != treatment
}

// hashDiffers says whether the operator saw other settings than are confirmed.
func (fw *firmware) hashDiffers(m *protocol.Arm) bool {
	return fw.settings.confirmed && fw.settings.hash != m.SettingsHash && !fw.flaws.has(flawHashIgnored)
}

// armNow is ARM, the first time it arrives.
//
// Model: ArmArrives.
func (fw *firmware) armNow(m *protocol.Arm) (protocol.Code, protocol.ArmBlocks) {
	blocks, now := fw.blocksFor(m), fw.clock()
	switch {
	case now > m.NotAfter && !fw.flaws.has(flawLateArm):
		return protocol.CodeLate, blocks
	case m.NotAfter > now.Add(protocol.ArmWindow):
		return protocol.CodeTooEarly, blocks
	case fw.hashDiffers(m):
		return protocol.CodeHash, blocks
	case blocks != 0:
		return protocol.CodeBlocked, blocks
	}
	fw.permit(arming{id: m.ArmID(), treatment: m.TreatmentID, hash: m.SettingsHash})
	fw.setState(protocol.StateReady, "arm")
	fw.event(protocol.EventArmed, 0, 0)
	fw.armFlawed()
	return protocol.CodeOK, 0
}

// permit makes a the permission for what ARM or TEST_OUTPUT asked for. It lasts
// as long as a lease that came with it would; energy waits for a real one, since
// neither echoes a clock.
func (fw *firmware) permit(a arming) {
	now := fw.clock()
	a.arrived, a.echoed, a.idleSince = now, now, fw.steps
	a.rfUntil, a.deadline = now.Add(protocol.LeaseRF), fw.steps+inSteps(protocol.LeaseRF)
	fw.arm = a
	fw.watch.bad = 0
}

// lease extends the permission, if it is for what is armed and fresh. It never
// takes away what a fresher one has given.
//
// Model: LeaseArrives.
func (fw *firmware) lease(m *protocol.Lease) {
	now := fw.clock()
	fw.reviveFlawed(m)
	if fw.arm.id == 0 || m.ArmID != fw.arm.id || m.Clock > now && !fw.flaws.has(flawStaleLease) {
		fw.counts.Leases++
		return
	}
	until := min(now.Add(protocol.LeaseRF), m.Clock.Add(protocol.EchoRF))
	if fw.flaws.has(flawStaleLease) {
		until = now.Add(protocol.LeaseRF)
	}
	if until <= now {
		fw.counts.Leases++
		return
	}
	// The first lease takes the place of what ARM gave, also where it gives
	// less: energy has no other ground than a lease.
	if !fw.arm.leased || until > fw.arm.rfUntil {
		fw.arm.leased, fw.arm.rfUntil, fw.arm.arrived, fw.arm.echoed = true, until, now, m.Clock
		fw.arm.deadline = fw.steps + inSteps(until.Sub(now))
	}
}

// checkLease ends READY, TREATING and a SERVICE output when the lease is over,
// or after a minute without the trigger.
//
// Everything begins to end at the limit for RF: the needle needs up to the
// descriptor's stop time to come back, 200 ms at most, and must be back by the
// limit for motion, which is 200 ms later.
//
// Model: LeaseExpires.
func (fw *firmware) checkLease() {
	if fw.arm.id == 0 {
		return
	}
	if now := fw.clock(); (now.Add(rfLead) >= fw.arm.rfUntil || fw.overdue(rfLead)) && !(fw.arm.leased && fw.flaws.has(flawLeaseForever)) {
		fw.flaws.remember(fw.arm)
		fw.eventLevel(protocol.EventLeaseExpired, protocol.LevelWarning,
			int32(now.Sub(fw.arm.arrived).Milliseconds()), int32(now.Sub(fw.arm.echoed).Milliseconds()))
		fw.disarm(protocol.PulseLease, "lease")
		return
	}
	if (fw.state == protocol.StateReady || fw.testWaits()) && fw.steps-fw.arm.idleSince >= inSteps(protocol.IdleStandby) {
		fw.event(protocol.EventIdle, 0, 0)
		fw.disarm(protocol.PulseDisarmed, "idle")
	}
}

// disarmNow is DISARM.
//
// Model: DisarmArrives.
func (fw *firmware) disarmNow(m *protocol.Disarm) {
	if fw.arm.id == 0 || m.ArmID != 0 && m.ArmID != fw.arm.id {
		return
	}
	fw.event(protocol.EventDisarmed, 0, 0)
	fw.disarm(protocol.PulseDisarmed, "disarm")
}

// clearNow is CLEAR, the first time it arrives.
//
// Model: ClearArrives.
func (fw *firmware) clearNow(m *protocol.Clear) (protocol.Code, protocol.ArmBlocks) {
	switch {
	case m.Fault != fw.fault:
		return protocol.CodeWrongFault, 0
	case fw.trigger:
		return protocol.CodeTrigger, 0
	case fw.fault != protocol.FaultNone && !fw.selfTestPasses():
		return protocol.CodeSelfTest, 0
	}
	fw.stopped = false
	if fw.fault != protocol.FaultNone {
		fw.forgetFault()
	}
	fw.event(protocol.EventCleared, 0, 0)
	fw.settle("clear")
	return protocol.CodeOK, 0
}
