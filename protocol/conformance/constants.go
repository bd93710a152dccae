package conformance

import (
	"time"

	"stipple/protocol"
)

// How long the suite waits, and how exact it is. What the link prescribes is
// in protocol's own table.
const (
	// answerLimit is how long a reply is waited for: a console gives a command
	// up then.
	answerLimit = protocol.CommandLimit
	// promptAnswer is when a command must have been answered, if only by
	// RUNNING; SPEC.md section 3.
	promptAnswer = 100 * time.Millisecond
	// quietTime is how long after a fence nothing may come that must not come:
	// what is not answered within promptAnswer is not answered.
	quietTime = promptAnswer
	// stateLimit is how long a change of state may take to be told. Both ends
	// agree on their state within a second.
	stateLimit = time.Second
	// settleLimit is how long the end of an output may take until the pen is in
	// STANDBY with the needle back: the longest lease, the way back, and what a
	// line and a computer may add.
	settleLimit = protocol.EchoMotion + stateLimit
	// askEvery is when a TIME_ASK that was not answered is sent again: it is
	// never repeated by the link, and may be lost in a flood.
	askEvery = 200 * time.Millisecond
	// helloEvery and helloLimit are the console's rule of SPEC.md section 7.
	helloEvery = 100 * time.Millisecond
	helloLimit = 2 * time.Second
	// listenTime is how long the suite listens before its first HELLO, for the
	// STATUS of a session that somebody else has open: six of them.
	listenTime = 300 * time.Millisecond
	// rebootLimit is how long a pen may take from its supply coming back to its
	// HELLO_ACK, USB enumeration included.
	rebootLimit = 20 * time.Second
	// writeLimit is when a write that the driver does not take counts as a lost
	// link: a pen that reads empties any driver's buffer in less.
	writeLimit = 2 * time.Second
	// putBackLimit is how long Run works on after its context has ended, to
	// leave the pen as it was.
	putBackLimit = 10 * time.Second
	// retryBusy is how long a request that was refused with BUSY waits.
	retryBusy = 50 * time.Millisecond

	// hostSlack is how late this computer may be in reading its clock.
	hostSlack = 50 * time.Millisecond
	// stallLook is how often the suite looks whether this computer keeps time, and
	// stallTries how often a case that failed while it did not is run in all.
	stallLook  = 5 * time.Millisecond
	stallTries = 3
	// penSlack is how far two readings of the pen's clock may be apart that mean
	// one moment: SPEC.md gives times in milliseconds, which are rounded, and a
	// small controller looks at its lease once a millisecond.
	penSlack = 2 * time.Millisecond
	// earlyEnd is how much before the RF limit a pen may end its outputs, so that
	// RF measures off at the limit: it may take as long as after an ESTOP.
	earlyEnd = stopOff
	// stopOff is from the delimiter that ends ESTOP to RF measuring off.
	stopOff = 10 * time.Millisecond
	// frameTime is what one frame takes on the slowest line, 115,200 baud: 260
	// bytes of ten bits.
	frameTime = 23 * time.Millisecond
	// driftShare is how far a pen's clock may run from the computer's, in parts
	// of a hundred. SPEC.md has no figure; a crystal is a thousand times better,
	// and an RC oscillator that is worse makes a pulse of another length.
	driftShare = 2
	// rateShare is how far the mean STATUS rate may be from the granted one, in
	// parts of a hundred: STATUS sent at once are not counted apart.
	rateShare = 20

	// energyTolerance is how much more than commanded a pulse may measure, in
	// parts of a hundred; beyond it the pen must latch ENERGY (section 22.3).
	energyTolerance = 20
	// faultTime is from a measured value that breaks a bound to the fault that it
	// leads to, and leakTime the same for RF that is not permitted; section 22.3.
	faultTime = 100 * time.Millisecond
	leakTime  = 10 * time.Millisecond
	// machinePatience is the longest patience of a hand that is a machine: what it
	// was asked for is so when its call returns.
	machinePatience = time.Second
	// stallMargin is how much longer than the descriptor says the needle may take
	// on its way back; section 22.3.
	stallMargin = 50 * time.Millisecond
	// pulsesToStandby is how many pulses in a row with a medium alarm end READY;
	// section 5.1.
	pulsesToStandby = 3
	// speedTolerance is how far a speed that is driven may be from what was told, in
	// parts of a hundred. SPEC.md has no figure; a pen whose table is right is
	// better.
	speedTolerance = 10
	// overshoot is what a pulse may go beyond the bound that ends it, in parts of a
	// hundred: a look at the sum each ms, and RF that fades.
	overshoot = 5
	// gentlePulse is the longest RF pulse that a case asks for, in ms: long
	// enough to be interrupted, far below any dose.
	gentlePulse = 400
	// testLoad is the resistor that SERVICE outputs of power are tried with, in Ω.
	testLoad = 300
	// depthSlack is how much deeper than its bound a needle may measure before the
	// pen must latch DEPTH (section 22.3), in µm.
	depthSlack = 150
	// restMW and restUM are what a pen at rest may measure: 1 % of a rated power
	// of 65 W, and the needle's play behind its cap.
	restMW = 650
	restUM = 50
	// floodBytes is how much is written at once in a flood: what a console never
	// has on the line unanswered. The answers to a flood are as long, and BUSY
	// comes on top.
	floodBytes   = protocol.MaxUnacknowledged
	floodAnswers = 2
	// slowFlood is when floodBytes take so long that leases wait behind them: no
	// pen can be READY then.
	slowFlood = 50 * time.Millisecond
	// statusBytes is what one STATUS takes of the line, and statusShare how much of
	// the line STATUS may take, in parts of a hundred; section 21.
	statusBytes = 94
	statusShare = 20
	// keptBurnt is how many ids that RESULT_OF has burnt a pen remembers at
	// least; section 12.
	keptBurnt = 32
)
