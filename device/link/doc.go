// Package link is what can sit between the two ends of a Stipple Link without
// being one of them: a pipe in memory, a proxy that spoils what passes, a
// recorder of it, and a replayer.
//
// # Pipe
//
// Pipe is a serial line in memory.
//
// # Proxy
//
// A Proxy carries bytes between two ends and lets faults strike them, as a
// script says. It knows no meaning. Whole frames are what lies between two
// zero bytes; drop, duplicate, reorder, truncate, garbage, jitter, and delay and
// disconnect by chance, strike frames, and while one of them holds, a frame
// passes once its end has come, or 50 ms after its start. Everything else passes
// as it comes. Chance is decided by a seed: the same seed, script and bytes at
// the same times make the same faults.
//
// A script is text, one rule a line; # begins a comment:
//
//	rule      = [ "at" TIME [ "every" TIME ] [ "for" TIME ] ] [ direction ] fault
//	direction = "to-pen" | "to-console" | "both"
//	fault     = ( "drop" | "duplicate" | "reorder" | "truncate" | "flip" ) [ CHANCE ]
//	          | "garbage" [ CHANCE ] [ BYTES ]
//	          | "disconnect" [ CHANCE ]
//	          | "delay" TIME [ CHANCE ]
//	          | "jitter" TIME
//	          | "baud" RATE
//	          | "stall" ( "read" | "write" )
//
// TIME is a number with a unit, 500ms or 1m30s. CHANCE is above 0 and at most 1.
// RATE is in bits a second. BYTES is a number with a B, 64B. Without a direction
// a rule is of both.
//
//	baud 115200                       # always
//	to-console flip 0.0001            # one byte in ten thousand
//	at 2s for 500ms to-pen drop 0.1   # every tenth frame, for half a second
//	at 5s for 1s to-console drop      # all of them, for a second
//	at 8s to-pen duplicate            # one frame: the next behind 8 s
//	at 9s every 10s for 2s delay 80ms # from 9 to 11, 19 to 21, ...
//	at 30s disconnect                 # both ends are closed
//
// A rule without at holds always. With for it ends after that time; with every
// it begins again. A fault that happens (all but delay, jitter, baud and stall)
// and has neither chance nor for happens once at its time: to the next frame, or
// with garbage and disconnect at once, on a quiet line too. With for and no
// chance it happens to every frame.
//
//	drop        a frame is lost
//	duplicate   a frame comes twice, one copy behind the other
//	reorder     a frame waits until the next has passed, 100 ms at most
//	flip        a random bit of a byte is flipped; the chance is of each byte
//	truncate    a frame's end is lost, from a random byte on
//	garbage     1 to BYTES random bytes (64) follow a frame
//	disconnect  both ends are closed; what is under way may be lost
//	delay       everything, or with a chance a frame, arrives that much later
//	jitter      each frame arrives up to that much later
//	baud        a byte takes ten bits of line time
//	stall read  nothing is read, so that the sender's writes come to wait
//	stall write everything is read and nothing passed on; it follows at the end
//
// Delays never change the order. Where rules of one fault overlap, chances are
// tried each, delays add up, and the lowest baud rate counts. A line that is
// limited, and an end that does not read, hold 4,096 bytes; then the sender
// waits. A delay and a stalled write hold up to a mebibyte.
//
// # Recording
//
// A recording is bytes, directions and times, in blocks with a checksum each;
// FORMAT.md has every byte of it. A Recorder taps a connection and is never in
// its way: what a slow or full disk can't take is a gap in the recording and an
// error at its end. Writer and Reader are the format by itself.
//
// Replay plays one side of a recording, at any speed. To a pen it plays only if
// that is a simulated one, which it looks at itself; that, and nothing else here,
// needs package protocol.
//
// # Goroutines
//
// A Recorder has one, which waits for the disk. Its Close ends it and waits for
// that; after 10 s with a disk that does not answer it is left behind, and a
// LossError says so. Replay runs one that reads what comes back; it ends with the
// connection, which Replay closes, before Replay returns.
//
// A Pipe has none. Proxy.Run runs four until it returns: for each direction a
// reader, which waits in the sending end, and a writer, which waits in the
// receiving end and for what is due. Closing the ends, which Run does when its
// ctx ends, ends them.
//
// # Concurrency
//
// Everything here may be used by several goroutines at once, and waits with
// package time only: what is built of it runs in virtual time.
package link
