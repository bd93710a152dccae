package sim

// flaw is a mistake that the maker of a pen can make. The pens of a build have
// none. Only one with the tag brokenpen can make a pen that has one (see
// NewFlawed), so that the conformance suite and the safety observer can prove
// that they see it.
type flaw uint8

// The flaws. Each is one check missing from a firmware that is right otherwise.
const (
	noFlaw               flaw = iota
	flawLeaseForever          // the first lease of an arm id never ends
	flawStaleLease            // the clock that a lease echoes is not looked at
	flawLeaseRevives          // a lease behind the RF limit arms again
	flawHashIgnored           // ARM's settings hash is not compared
	flawStillConfirmed        // a new session inherits the confirmation
	flawArmTwice              // a repeated ARM is carried out again
	flawLateArm               // ARM's not_after is not looked at
	flawHeldTrigger           // a trigger that was held before ARM counts
	flawStopInBulk            // ESTOP is not obeyed while a bulk answer is under way
	flawStopForgotten         // a hello ends a latched ESTOP
	flawClamp                 // settings beyond a bound are set to the bound
	flawDoseIgnored           // neither settings nor pulses are bounded by the dose
	flawSpotForgotten         // each touch is another spot, however short the lift
	flawSessionOpen           // frames of any session are taken
	flawNeedleOut             // the needle is not taken back at the end of a lease
	flawPulseReused           // a boot forgets the newest number of a pulse
	flawDoseAsked             // the dose of a spot counts what was commanded
	flawShallowRF             // RF begins before the needle is at depth
	flawCircuitForgotten      // the impedance is looked at before a pulse alone
	flawFaultForgotten        // a boot forgets a latched fault
	flawStoppedEarly          // STOPPED does not wait for RF to measure off
	flawClearOutlives         // a CLEAR that waits is done behind the ESTOP that overtakes it
	flawCount
)

// String is the flaw's name for NewFlawed.
func (f flaw) String() string {
	names := [flawCount]string{
		"none", "lease_never_expires", "stale_lease_accepted", "late_lease_revives", "hash_not_compared", "hello_keeps_confirmation",
		"duplicate_arm_executed", "late_arm_accepted", "held_trigger_fires", "stop_ignored_in_bulk", "stop_forgotten_by_hello",
		"settings_clamped", "dose_ignored", "bounce_is_new_spot", "session_not_checked", "needle_left_out", "pulse_number_reused",
		"dose_counts_commanded", "rf_before_depth", "impedance_not_watched", "fault_forgotten_by_boot", "stopped_before_off",
		"clear_outlives_stop",
	}
	if f < flawCount {
		return names[f]
	}
	return "unknown"
}

// clampFlawed is what no pen may do: it moves values into the ranges.
func (fw *firmware) clampFlawed(values []int32) {
	for i, r := range fw.settings.envelope.Ranges {
		values[i] = min(max(values[i], r.Min), r.Max)
	}
}

// armFlawed follows ARM: the trigger is held already.
func (fw *firmware) armFlawed() {
	if fw.flaws.has(flawHeldTrigger) && fw.trigger {
		fw.pulled()
	}
}

// leaveOutFlawed follows the end of a run by the lease: the drive goes on.
func (fw *firmware) leaveOutFlawed(cause string) {
	if fw.flaws.has(flawNeedleOut) && cause == "lease" && fw.state.Armed() {
		fw.plant.run = !fw.isRF()
		fw.plant.target = fw.targetFor(fw.settings.depth())
	}
}

// spotEnergy is what a step adds to the dose of the spot, in nJ, where e has been
// measured.
func (fw *firmware) spotEnergy(e int64) int64 {
	if fw.flaws.has(flawDoseAsked) {
		return nanojoules(fw.plant.rfSet)
	}
	return e
}
