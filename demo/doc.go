// Command demo shows Stipple at work with a simulated pen. `make demo` runs it.
//
// The pen is a process of its own (penctl sim) on a pseudo-terminal, and the
// console opens that as it opens any serial port. Where a display exists, demo
// starts both and leaves the window to the person in front of it. Where none
// exists, it brings up a virtual one (Xvfb) and plays a treatment itself, with
// a real pointer and real keys: it clicks where the window's own trace says
// that a control is, and goes on when the trace or the pen's own log says that
// what should happen has happened. It prints line by line what did, keeps
// pictures, and ends with exit 0 only if all of it held.
//
// The same script, and harder things than a demonstration should show (a
// console killed in the middle of a pulse, a pen killed while treating), are
// the real-window test of `make test`.
//
// With --measure it measures the budgets of safety.md section 4 instead, on the
// console as it is with a load and clocks beside it (package rig), and prints a
// table; `make measure` runs it. Stops are measured at two paces of the store's commits, in
// turn. With --backup beside it, stops alone, and whether the
// pen's telemetry comes without a gap, while a practice is backed up again and again and,
// in turn with it, while it is not.
//
// It knows the programs only from outside: it imports nothing of them but the
// form of the trace. Nothing in it waits for a length of time; each wait is
// for a line with a deadline. Every process that it starts it ends, by its
// process id. One goroutine plays the script or measures; one for each stream
// that is followed ends with the stream; one measures standstills of the computer
// and ends with what it is measured for.
package main
