// Package device holds one live session with one pen, and the supervisor that
// finds a pen, connects to it, loses it and finds the same unit again.
//
// A Session knows at every moment whether what it believes about the pen is
// confirmed by the pen. Whatever is not confirmed is an error with a type, an
// event, or an uncertain outcome, and never a guess; a pen that contradicts
// what it was asked is stopped.
//
// # Goroutines
//
// A Session runs three goroutines from Open until it ends:
//
//   - reader owns the reading side of the port: it decodes, checks and
//     dispatches what the pen says. It ends when the port is closed.
//   - writer is the only one that writes. It hands the port one frame at a
//     time and looks at the stop lane before each, so that a stop waits for at
//     most the one frame that is being written. It ends when the session does.
//   - timer sees to everything that is due: leases, retries, liveness, silence.
//     It closes the port when the session ends, waits for the other two, and
//     is the last one out: Done is closed and the events end after it.
//
// Close returns when all three have ended. A writer that hangs in a driver
// can't be freed from outside; after 100 ms it is left behind, and an
// AbandonedError says so.
//
// A Supervisor starts no goroutine: Run is the caller's.
//
// # Concurrency
//
// Every method of Session and Supervisor may be called from any goroutine.
// Stop, Touch, Live and Disarm never wait for the port; Stop takes no lock at
// all, and no check of the stop takes one away. Events are delivered in order on
// one channel that is never blocked on: a reader that lags behind is told how
// many it lost.
//
// # Never
//
// The package never starts an output: there is no message that does. It never
// sends again, under a new id, an action whose outcome is unknown; it never
// arms by itself, neither after a loss nor after a fault; it never changes a
// value that it was given; it never sets the pen's date but on a person's word;
// and it never writes to a port that has been silent for a second.
package device
