package link

import "time"

// The times and sizes of this package, each with its reason.
const (
	// bitsPerByte is what a byte takes on a serial line: start, eight, stop.
	bitsPerByte = 10
	// lineSlice is how much line time a limited line hands over at once: as fine
	// as the latency of a USB converter, and no more than 1,000 wake-ups a second.
	lineSlice = time.Millisecond
	// driverBuffer is how many bytes wait for the line, or for the other end to
	// read, before the proxy stops reading: what a Linux serial driver holds.
	driverBuffer = 4096
	// flightLimit bounds what a delay or a stalled write keeps under way in each
	// direction: a minute of STATUS at the highest rate.
	flightLimit = 1 << 20
	// holdLimit is how long the front of a frame is kept back for its end, where
	// a fault is about whole frames: twice what the longest frame takes at 115,200
	// baud. What has no end by then is passed on as it is.
	holdLimit = 50 * time.Millisecond
	// maxHeld is how many bytes are kept back for the same reason, four of the
	// longest frames.
	maxHeld = 1024
	// reorderHold is how long a frame waits to be overtaken by the next: twice
	// the time between two STATUS at their own rate.
	reorderHold = 100 * time.Millisecond
	// defaultGarbage is how many made-up bytes a garbage rule inserts at most
	// where it does not say.
	defaultGarbage = 64
	// maxGarbage is the most that a rule may say.
	maxGarbage = 65536
	// maxScriptTime bounds the times of a script, so that sums of them stay far
	// from overflow: longer than any test.
	maxScriptTime = 1000 * time.Hour
	// minBaud and maxBaud bound a line: the slowest and fastest that are built.
	minBaud = 50
	maxBaud = 1_000_000_000
	// readBuffer takes what a port has at once: 15 of the longest frames.
	readBuffer = 4096

	// recordQueue is how many bytes a recorder keeps for a slow disk: a minute of
	// STATUS at the highest rate.
	recordQueue = 1 << 20
	// recordEntries is how many pieces that may be.
	recordEntries = recordQueue / 32
	// recordAge is how long a block waits for more before it is written. It is
	// what a crash costs.
	recordAge = time.Second
	// recordClose is how long Close waits for the disk.
	recordClose = 10 * time.Second

	// helloEvery is the time between two HELLO of a replayer, as a console's.
	helloEvery = 100 * time.Millisecond
	// replayBatch is how much a replay without timing hands over at once.
	replayBatch = 4096
)
