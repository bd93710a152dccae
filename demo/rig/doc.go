// Command rig is the console on a test bench: the console as it is, with the
// load and the clocks of the measurement of safety.md section 4 beside it. It is
// built by `go run ./demo --measure` and by nothing else; none of it is in the
// program that is shipped.
//
// It runs app.Run, so that window, desk, session and store are those of the
// program. It reads one command a line from standard input (see commands) and
// writes JSON lines to standard output: an answer to each command, and what it
// measures by the system's monotonic clock, which the simulated pen and the
// program that presses the keys read too:
//
//   - "key": the Stop router was called with a key press;
//   - "stop": an ESTOP that the session had not sent before was handed to the
//     port, and was back.
//
// The load, for as long as a console is open: the pen's log is downloaded over
// the same session, from its beginning, again and again; and the store commits
// in a loop, at the pace that it is told. The charts are drawn 30 times a second as they
// are in READY. With --backups the store is that of a practice that the rig makes and
// signs in to; from one command to the next a backup of it is made, read back and removed
// in a loop.
//
// It counts frames of the pen's live lane that never came, and how long the console
// was without STATUS.
//
// The limit library is the program's with one number changed: a pulse may take
// as long as the pen can make it, so that RF is on at any moment a measurement
// needs it.
//
// Its goroutines: one reads the commands and ends with the process; one writes
// the lines and ends with the process; download, commits and backups are started by Run
// of the bench and end with its context, and so does whoever carries out the
// commands.
package main
