package device

import (
	"time"

	"stipple/protocol"
)

// The times and sizes that are the console's own. Those that both ends share
// are in package protocol.
const (
	// LivenessLimit is how long after the last Touch the session goes on
	// leasing: a frozen window must not keep a pen armed (safety.md section 4).
	LivenessLimit = 450 * time.Millisecond

	// handshakeLimit is when a port that has not answered HELLO is given up;
	// the same patience as for any other command.
	handshakeLimit = protocol.CommandLimit
	// helloInterval is the time between two HELLO (SPEC.md section 7). No round
	// trip is known yet; a line of 115,200 baud needs 15 ms for both ways.
	helloInterval = 100 * time.Millisecond

	// runningLimit is how long a command that answered RUNNING may go on. The
	// slowest is CLEAR with a self-test.
	runningLimit = 10 * time.Second
	// eraseLimit is the same for LOG_ERASE: a flash memory takes up to half a
	// second for each block, and a large log has a hundred.
	eraseLimit = 60 * time.Second
	// verifyLimit is the same for FW_VERIFY and FW_COMMIT: a small controller
	// hashes 300 KB a second and copies slower, and an image has up to 16 MB.
	verifyLimit = 120 * time.Second

	// armSettle is how long the pen may take from accepting ARM to a STATUS
	// that says READY, and from DISARM to one that does not. STATUS follows a
	// change at once, so this is the time in which one is missed.
	armSettle = protocol.StatusSilence
	// disarmEvery is how often DISARM is repeated until STATUS confirms it.
	disarmEvery = protocol.CommandIntervalMin
	// armMargin is kept from ArmWindow, because the newest pen clock that the
	// console knows is older than the pen's by the way of one STATUS.
	armMargin = 50 * time.Millisecond

	// closeGrace is how long Close waits for an armed pen to be disarmed.
	closeGrace = 100 * time.Millisecond
	// abandonAfter is how long the end of a session waits for a goroutine that
	// hangs in the driver (architecture.md, goroutines).
	abandonAfter = 100 * time.Millisecond

	// stopReserve is the part of MaxUnacknowledged that only the stop lane may
	// use: 17 ESTOP frames, more than are sent until the link counts as lost.
	stopReserve = 512

	// stuckParts is how many parts of a firmware a pen may answer in a row without
	// keeping one: two windows, as after a burst of damage.
	stuckParts = 2 * protocol.BulkWindow

	// reportRetry is the time between two questions for the report of a SERVICE
	// output whose motor is still running out.
	reportRetry = 50 * time.Millisecond
	// reportLimit is how long that may take: the longest output, and a motor's
	// way to a halt.
	reportLimit = protocol.MaxTestOutput + time.Second

	// commandReserve is the part of MaxUnacknowledged that bulk requests leave to
	// commands, leases and time exchanges: the longest frame and eight exchanges.
	// Without it a burst of damage could fill the line with lost requests, and
	// nothing could prove any more that the pen hears.
	commandReserve = 512
	// paceShare is by which part the pace of a lane falls with each answer that
	// comes quicker.
	paceShare = 8

	// logSlack is how many times as many records as the descriptor says a log may
	// turn out to have: a memory that is erased in blocks keeps more than it
	// promises.
	logSlack = 2

	// tipRetry is the least time between two readings of the same new tip.
	tipRetry = 100 * time.Millisecond
	// pulseGrace is how long a pulse may be counted in STATUS and not have
	// arrived before it is read again: its PULSE is sent at once.
	pulseGrace = 250 * time.Millisecond
	// pulseRetry is the time between two attempts to read pulses again.
	pulseRetry = 500 * time.Millisecond
	// pulseTries is how often pulses are read again before they count as lost.
	pulseTries = 10
	// maxSpans is how many separate gaps in the pulses are kept to be read
	// again; more at once is a pen that invents numbers.
	maxSpans = 64
	// maxLedger bounds what Pulses returns: sixteen times what a pen must keep.
	maxLedger = 16 * protocol.KeptPulses
	// armsJudged is of how many armings a session keeps what was confirmed, to
	// judge their pulses by: a pulse is told within a second of its end.
	armsJudged = 16
	// chunkTries is how often one part of the descriptor is asked for.
	chunkTries = 3

	// sampleSeconds is how much live history is kept for the charts.
	sampleSeconds = 120
	// sampleCount is that at the highest rate of STATUS.
	sampleCount = sampleSeconds * protocol.MaxStatusRate

	// eventQueue is how many events wait for a reader: 5 s of a pen that sends
	// nothing but events at the highest rate of STATUS.
	eventQueue = 5 * protocol.MaxStatusRate
	// penShare is the part of it that EVENT of the pen may take: a half, so that a
	// pen that floods the line leaves room for pulses and for the session's own.
	penShare = 2
	// graveKept is how many kinds of grave EVENT are kept back for a queue that is
	// full: four times what a descriptor of the reference pens has alarms and
	// faults.
	graveKept = 64
	// gapEvery is how often lost live frames are reported as an event.
	gapEvery = 100 * time.Millisecond

	// clockSamples is how many time exchanges the fit of the pen's clock uses:
	// about a minute.
	clockSamples = 64
	// clockSpan is the shortest time over which a drift is estimated; below,
	// the noise of a round trip is larger than the drift of a crystal.
	clockSpan = 10 * time.Second
	// maxDriftPPM bounds the drift between two clocks: a crystal is within
	// 100 ppm, a cheap resonator within 5,000.
	maxDriftPPM = 5000
	// crystalPPM is the drift assumed where none is measured yet.
	crystalPPM = 200

	// readBuffer takes what a port has at once: 15 of the longest frames.
	readBuffer = 4096

	// lineShare is the part of a serial line, in percent, that STATUS may use
	// (link.md section 2).
	lineShare = 20
	// bitsPerByte on a serial line: start, eight, stop.
	bitsPerByte = 10
	// statusWire is the longest STATUS frame on the wire in bytes.
	statusWire = protocol.StatusSize + protocol.MaxFrame - protocol.MaxPayload
)
