package sim

import (
	"time"

	"stipple/protocol"
)

// The pen's own times and bounds. Those of the link are in protocol.
const (
	// fineStep is the fixed step of physics and control. 150 strokes a second
	// are 66 steps a stroke, an RF ramp of 0.3 ms is 3 steps, and a 10 ms pulse
	// is 100: finer would change no reported digit, coarser would alias strokes.
	fineStep = 100 * time.Microsecond
	// fineStepUS is fineStep in µs of the pen's clock.
	fineStepUS = uint64(fineStep / time.Microsecond)
	// stepsPerMS is how many fine steps are one millisecond.
	stepsPerMS = int64(time.Millisecond / fineStep)
	// restSteps is how many fine steps are taken at once while nothing moves
	// and no RF flows: 1 ms, which a lease's end can be late by at rest.
	restSteps = stepsPerMS

	// activeWake is how often Run looks at the pen while something is on.
	activeWake = time.Millisecond
	// restWake is the longest that Run sleeps in a pen at rest.
	restWake = 50 * time.Millisecond

	// selfTestTime is from boot to the end of the self-test.
	selfTestTime = 100 * time.Millisecond
	// eachTestTime is what one test takes that SELF_TEST asks for: a meter
	// settles, where the boot's tests overlap.
	eachTestTime = 60 * time.Millisecond
	// eraseRate is how many records LOG_ERASE reads back in a millisecond:
	// 3.5 MB a second from a serial flash.
	eraseRate = 100
	// runFrom is what a command may take without being RUNNING: SPEC.md section 3.
	runFrom = 100 * time.Millisecond
	// signatureTime is what a controller takes for Ed25519.
	signatureTime = 150 * time.Millisecond
	// restartDelay is from FW_COMMIT to the boot: its answer must leave, and be
	// asked for again if it was lost.
	restartDelay = protocol.RebootWithin / 4
	// darkTime is how long a brown-out keeps the pen off.
	darkTime = 300 * time.Millisecond
	// clockJump is how far a broken pen clock jumps ahead: beyond every time of
	// the link, and far enough that a console's fit of the clocks must notice.
	clockJump = 10 * time.Second

	// insertLimit is when a needle that is not at depth counts as stalled:
	// twice what the slowest full insertion takes.
	insertLimit = 250 * time.Millisecond
	// stallLimit is the same for a needling motor below stallShare of its set
	// speed: a run-up takes 150 ms.
	stallLimit = 400 * time.Millisecond
	// stallShare is that share in per mille.
	stallShare = 200
	// runUp is left out of a needling pull's mean speed.
	runUp = 300 * time.Millisecond
	// retractMargin is how much longer than the descriptor says a needle may
	// take to retract before the pen latches FAULT.
	retractMargin = 50 * time.Millisecond
	// rfGrace is how long RF may still be measured after it was commanded off: ten
	// times the amplifier's decay, and so long before protocol.StrayRF that what is
	// cut then has decayed by that.
	rfGrace = protocol.StrayRF - 2*time.Millisecond

	// rfLead is how long before the lease's limit RF is commanded off, so that it
	// is off at the limit: the amplifier decays within 1 ms, a look at a pen at
	// rest can be 1 ms late.
	rfLead = 2 * time.Millisecond

	// rfOff is the measured power below which RF counts as off: above the
	// sensor's noise, 0.6 % of rated.
	rfOff protocol.Milliwatts = 300
	// atDepth is how near to its set depth a needle is "at depth".
	atDepth protocol.Micrometres = 30
	// needleBack is how far out a needle may be and still count as retracted.
	needleBack protocol.Micrometres = 20

	// hotTip is the tip temperature above which the pen is not armed: skin
	// contact of IEC 60601-1 for parts touched for under a minute is 48 °C;
	// 45 leaves a margin.
	hotTip protocol.Centidegrees = 4500
	// batteryBlock and batteryLow are in percent: one zone's treatment takes
	// about 5 %. From batteryFine on, low may be said again.
	batteryBlock = 10
	batteryLow   = 20
	batteryFine  = 25
	// tipNearEnd is how many uses before a tip's limit the pen says so.
	tipNearEnd = 20

	// pulsesToStandby is how many pulses in a row out of tolerance end READY;
	// safety.md section 7.
	pulsesToStandby = 3
)

// Tolerances of measured against commanded; safety.md section 7. The depth
// figure is that of a cleared pen (510(k) K180778), the power figure that of
// IEC 60601-2-2 above a tenth of rated.
const (
	powerTolerance                       = 200 // per mille
	energyTolerance                      = 200 // per mille
	speedTolerance                       = 100 // per mille
	depthTolerance  protocol.Micrometres = 150
)

// What the tests of the self-test must measure.
const (
	// maxClockError in ppm: over an hour a quarter of a second, as two plain
	// crystals differ at their worst.
	maxClockError = 70
	// The cell has supplyEmpty mV when it is empty, supplyFull when it is full;
	// below minSupply the pen's regulators drop out.
	supplyEmpty = 3_000
	supplyFull  = 4_200
	minSupply   = 3_000
	// backOff is how far the drive test moves the needle away from its home, all
	// within the tip: what the encoder is off by if the drive does not move.
	backOff protocol.Micrometres = 500
	// testPower goes into the pen's own load, ownLoad, in the amplifier's test.
	testPower protocol.Milliwatts = 1000
	ownLoad   protocol.Ohms       = 200
	// impedanceTolerance is per mille: the tolerance of a SERVICE output's load.
	impedanceTolerance = protocol.TestLoadTolerance
)

// secondsADay turns the pen's date into a tip's and a table's days.
const secondsADay = 86_400

// When the maintenance counters are written: what a reset may take from them.
const (
	workUnsaved  = 10 * time.Second  // of motor or RF
	drawnUnsaved = batteryFull / 100 // nJ of the battery
)

// Bounds of the pen's queues, per connection. Stop frames overwrite the
// oldest, since one is as good as another; live frames are dropped oldest
// first; commands and bulk requests beyond the bound are answered BUSY.
const (
	stopQueue    = 8
	commandQueue = 8
	bulkQueue    = 2 * protocol.BulkWindow
	liveQueue    = 16
	busyQueue    = 8
	outQueue     = 64

	// Frames that the firmware handles in each millisecond, by lane; the stop
	// lane has no bound. A microcontroller's main loop does not do more, and a
	// flood must not keep it from its control steps.
	commandBudget = 4
	bulkBudget    = 8
	liveBudget    = 8
)

// Sizes of the pen's memory.
const (
	keptEvicted = 1024
	// firmwareHashRate is how many bytes of a firmware package the pen hashes in a
	// millisecond.
	firmwareHashRate = 4096
	// keptRecords is the least, and what a pen's log holds if nothing else is
	// asked for: SPEC.md section 16.
	keptRecords = 4096
	// maxKeptRecords is the most: 4.6 MB.
	maxKeptRecords = 1 << 17
	// keptTips is how many tips the hand's box keeps.
	keptTips = 128
)
