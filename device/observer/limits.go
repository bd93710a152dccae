package observer

import (
	"time"

	"stipple/protocol"
)

// The limits of SPEC.md that an output is held to. They are written down here a
// second time on purpose: a wrong one in package protocol would be wrong at
// both ends of the link, and nobody would see it.
const (
	// rfAfterLease is section 11: RF ends so long after the lease's arrival.
	rfAfterLease = 250 * time.Millisecond
	// rfAfterClock is the same after the pen clock that the lease echoes.
	rfAfterClock = 300 * time.Millisecond
	// needleAfterRF is how long after its RF limit a lease permits motion: 450
	// less 250, and 500 less 300.
	needleAfterRF = 200 * time.Millisecond
	// rfAfterStop is section 13: RF measures off so long after ESTOP.
	rfAfterStop = 10 * time.Millisecond
	// rfAfterEnd is for what ends an armed state in another way, for which no
	// number is given: it is no slower than a stop.
	rfAfterEnd = rfAfterStop
	// strayRF is section 21: RF that nobody commanded measures off so long after it
	// began. It is FAULT, and the supply of the amplifier opens.
	strayRF = 5 * time.Millisecond
	// stallMargin is section 22.3: so long after the time in which a needle must be
	// back, one that is not is FAULT.
	stallMargin = 50 * time.Millisecond
	// keptIDs and bareIDs are section 12: so many command ids are kept with their
	// result, and so many displaced ones without.
	keptIDs = 32
	bareIDs = 32
	// armAhead is section 11: not_after is at most so far ahead of the pen.
	armAhead = 500 * time.Millisecond
	// spotRelease is section 11: contact lost for so long makes another spot.
	spotRelease = 100 * time.Millisecond
	// pulseEnergyPermille is section 19.3: measured energy over 120 % of what was
	// commanded is a fault.
	pulseEnergyPermille = 1200
	// pulseEnergyFloor is where that begins to be judged: 1 W for 10 ms; below, an
	// amplifier that is 30 % too strong is too little to be told from noise.
	pulseEnergyFloor protocol.Microjoules = 10_000
	// testLongest is section 18: a SERVICE output ends after 2 s.
	testLongest protocol.Milliseconds = 2000
	// depthBeyond is section 19.3: deeper than its bound and this is a fault.
	depthBeyond protocol.Micrometres = 150
)

// Tolerances of what is measured, each with its reason.
const (
	// step is the fixed step of the pen's physics and control: whatever it notices,
	// it notices at the end of one.
	step = 100 * time.Microsecond
	// notice is how long a pen at rest may take to look: it takes its steps a
	// millisecond at a time then.
	notice = time.Millisecond
	// decay is how long an amplifier that was commanded off takes to fall below the
	// floor: a time constant of 0.15 ms, from 50 W to 0.3 W.
	decay = time.Millisecond
	// fall is what that is worth in full power, with the step that it is noticed in
	// and the next.
	fall = 350 * time.Microsecond
	// floorPermille is what an RF sensor can't tell from nothing, of rated power;
	// "measures off" can't mean less. It is 0.3 W of 50.
	floorPermille = 6
	// powerPermille is how much more than commanded the amplifier may give: what it
	// was calibrated with is off by 0.5 %, and so is a line between two points.
	powerPermille = 15
	// roundedUp is the probe's resolution: what flows is never 0.
	roundedUp protocol.Milliwatts = 1
	// dosePermille is the error of the pen's own measurement of energy: 0.3 % of the
	// sensor, and 0.5 % of the meter that it was calibrated with.
	dosePermille = 10
	// startLimit is how long a drive takes from standing to a needle that is out:
	// 20 um at 8 m/s2 are 2 ms, a cam creeps that far in 8.
	startLimit = 10 * time.Millisecond
	// needleBack is how far out a needle still counts as retracted.
	needleBack protocol.Micrometres = 20
	// atDepth is how far from its set depth a needle is still at depth.
	atDepth protocol.Micrometres = 40
	// speedPermille is how much faster than set a needle may stroke for a moment;
	// the same is the alarm's tolerance.
	speedPermille = 100
	// loadPermille is how far the load of a SERVICE output may be from the declared
	// one: 10 %, and up to 1.8 % of the whole by which the pen's own sensor may be
	// wrong for a moment: 1 % of noise, 0.5 % of calibration, whole ohms.
	loadPermille = 120
	// burstGap is how long RF is off between two pulses at least; the fastest stamp
	// is 500 ms, a needle in and out takes 120.
	burstGap = 5 * time.Millisecond
	// rawPermille is how much a raw value may differ from a true one: what a
	// calibration may correct, and the depth's 0.3 mm of 3.5.
	rawPermille = 250
	// slowFor is how long a busy computer is remembered: as long as what it delayed
	// can still be on its way.
	slowFor = time.Second
	// bootDoubt is how much later than it was a boot may seem to be: its first
	// STATUS waits behind what is on a slow line.
	bootDoubt = time.Second
	// resultGrace is how long a SETTINGS or RESULT may be on its way from the
	// firmware to the line: what changed in between may have changed behind it.
	resultGrace = 5 * time.Millisecond
)

// What a defect of the pen's hardware excuses, and for how long.
const (
	// leakPower is what the leaking amplifier of package sim gives uncommanded.
	leakPower protocol.Milliwatts = 2000
	// leakLimit is how long RF flows that nobody commanded, with the step in which
	// it begins.
	leakLimit = strayRF + step
	// leakInAll is how long it flows in all while one leak lasts, until the next
	// boot: a stretch that ended by itself, because the tip was lifted, need not
	// have been noticed, and the next one is.
	leakInAll = 2 * leakLimit
	// bootLeast is how long a pen whose supply has failed is dark at least: before
	// that nothing can have begun to flow again.
	bootLeast = 100 * time.Millisecond
	// blindLimit is how long a pen may take to notice that its power sensor does not
	// live any more: 20 readings, and one more.
	blindLimit = 2100 * time.Microsecond
	// overrun is how much too deep the needle of SwitchDepthOverrun goes.
	overrun protocol.Micrometres = 300
	// highPermille is what SwitchAmplifierHigh makes of what is commanded.
	highPermille = 1300
)
