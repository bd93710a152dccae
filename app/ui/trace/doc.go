// Package trace writes down what the window shows, for a program that tests it
// from outside: which page, which named controls with their rectangles, which
// texts, which states.
//
// The one idea is that a test clicks where the trace says a control is, and
// asserts what the trace says is visible; it never guesses a place. A line is
// written when what is visible has changed, at most [PerSecond] times a second,
// and the newest state always comes out in the end.
//
// A [Recorder] is handed snapshots on the window's thread and never blocks it:
// Run, which the composition root starts and ends by its context, does the
// writing. A reader that is slow misses states in between, never the last one.
// The package never reads a patient, a pen or the store; what is not on the
// screen is not in the trace.
package trace
