package protocol

import "time"

// The times of the link, all in one place; SPEC.md's timing table lists them
// with their reasons. Both ends use these and no literal of their own.
const (
	// LeaseEvery is how often the console sends LEASE while armed.
	LeaseEvery = 100 * time.Millisecond
	// LeaseRF is how long after its arrival a lease permits RF.
	LeaseRF = 250 * time.Millisecond
	// EchoRF is how long after the pen clock that it echoes a lease permits RF.
	EchoRF = 300 * time.Millisecond
	// LeaseMotion is how long after its arrival a lease permits needle motion.
	LeaseMotion = 450 * time.Millisecond
	// EchoMotion is the same from the pen clock that the lease echoes.
	EchoMotion = 500 * time.Millisecond

	// SpotRelease is how long contact must be lost without a break before the
	// next contact is another spot: a tip that bounces on the skin must not get
	// its pulses again.
	SpotRelease = 100 * time.Millisecond

	// StrayRF is how long RF that nobody has commanded may flow until it measures
	// off: the pen latches FAULT and opens the supply of the amplifier. Half of
	// what a stop may take; an amplifier's decay is some 1 ms of it, and 3 ms tell
	// a leak from a decay.
	StrayRF = 5 * time.Millisecond

	// ArmWindow is how far ahead of the pen's clock ARM's not_after may lie.
	ArmWindow = 500 * time.Millisecond

	// StatusRate is how many STATUS a second the pen sends unasked, in a session.
	StatusRate = 20
	// MaxStatusRate is the most STATUS a second that SET_RATE may ask for.
	MaxStatusRate = 200

	// StatusSilence is how long the console waits for STATUS while armed before
	// it sends ESTOP and stops leasing.
	StatusSilence = 250 * time.Millisecond
	// LinkSilence is how long all lanes may be silent before an end gives up.
	LinkSilence = time.Second

	// CommandSends is how often a command is sent in all.
	CommandSends = 4
	// CommandIntervalMin and CommandIntervalMax clamp the time to the first
	// retry, which is twice the round trip; each further one doubles, up to
	// CommandIntervalMax.
	CommandIntervalMin = 30 * time.Millisecond
	// CommandIntervalMax is the longest time between two sends of a command.
	CommandIntervalMax = 500 * time.Millisecond
	// CommandLimit is when a command without a reply is given up.
	CommandLimit = 2 * time.Second

	// StopSecond and StopThird are when ESTOP is sent again after the first.
	StopSecond = 10 * time.Millisecond
	// StopThird is the time of the third ESTOP after the first.
	StopThird = 20 * time.Millisecond
	// StopEvery is how often ESTOP is sent from then on, until STOPPED.
	StopEvery = 50 * time.Millisecond
	// StopConfirm is when a missing STOPPED becomes "stop not confirmed".
	StopConfirm = 100 * time.Millisecond

	// EnergyJudged is the least commanded energy of a pulse whose measured energy
	// is judged: 1 W for 10 ms.
	EnergyJudged Microjoules = 10_000
	// JudgeGrace is how long a console that saw a pulse beyond its bounds waits for
	// the pen's own fault: 100 ms (section 22.3) and one STATUS.
	JudgeGrace = 150 * time.Millisecond

	// IdleStandby is how long READY lasts without a trigger.
	IdleStandby = 60 * time.Second

	// RunningAfter is how long a command may take before its first answer is
	// RESULT with RUNNING.
	RunningAfter = 100 * time.Millisecond
	// RebootWithin is how soon after FW_COMMIT's answer, or a failed self-test
	// of a tentative firmware, the pen has rebooted.
	RebootWithin = time.Second

	// MaxTestOutput is the longest SERVICE output: long enough for a meter to
	// settle, short enough for a load resistor.
	MaxTestOutput = 2 * time.Second

	// TimeEvery is how often the clocks are compared after the first samples.
	TimeEvery = time.Second
	// TimeQuick is how many quick samples open a session.
	TimeQuick = 8
	// TimeQuickEvery is the time between two quick samples.
	TimeQuickEvery = 20 * time.Millisecond
)

// Bounds of what a technician and a service engineer do.
const (
	// TestLoadTolerance is how far the measured impedance may be from the
	// declared load, in per mille: further off, something else than the load is
	// on the tip.
	TestLoadTolerance = 100
	// UpdateBattery is the least charge, in percent, at which FW_BEGIN is taken:
	// a pen that goes dark between two images is of no use to anybody.
	UpdateBattery = 30
	// EarliestUTC is the earliest date that UTC_SET may set, in s since
	// 1970-01-01: 2020-01-01, before any pen of this link was made.
	EarliestUTC = 1_577_836_800
	// LatestUTC is the last date that a log record can carry: in 2106.
	LatestUTC = 1<<32 - 1
)

// Sizes of the link that both ends keep.
const (
	// MaxUnacknowledged is the most bytes that the console has on the line
	// without an answer, so that no driver's buffer fills.
	MaxUnacknowledged = 2048
	// BulkWindow is how many bulk requests may be outstanding in STANDBY.
	BulkWindow = 8
	// BulkArmedBytes is the longest payload of a bulk answer while output is
	// possible; one request may be outstanding then. A PULSE_PAGE with one pulse
	// just fits, and a stop never waits for more than such a frame.
	BulkArmedBytes = 96
	// KeptPulses is the fewest pulses that a pen's ledger keeps.
	KeptPulses = 4096
	// KeptRecords is the fewest records that a pen's log keeps, if it has one: a
	// day's work is a few hundred.
	KeptRecords = 4096
	// RecordsArmed is the most records in a LOG_PAGE while output is possible:
	// they just fit into BulkArmedBytes.
	RecordsArmed = (BulkArmedBytes - 9) / LogRecordSize
)
