// Command penctl is the headless tool for the bench: it lists pens, reads one,
// watches it, sets it, services it, holds it to the specification, and is itself
// a simulated pen with a handpiece.
//
// It is the second composition root beside the window, builds without cgo, and
// nothing imports it. It can set a pen; it arms one only in conformance. Two
// commands lead to an output, output and conformance --energy, and both only
// through the pen's own trigger. A recording is played, and a storm sent, to a
// simulated pen only.
//
//	penctl COMMAND --port P [--json]
//
//	list         the ports that may be pens
//	info         who a pen is, its state, settings and tip
//	watch        what it measures, until Ctrl-C
//	log          its log, verified record by record, as a stream or a file
//	counters     how much it has worked
//	bench        what it and its line can do
//	set          depth, speed, power and pulse, read back
//	clear        leave ESTOP or FAULT
//	clock        its clock beside this computer's; tells it the date
//	note         eight bytes for its log
//	selftest     what its tests of itself measure
//	output       one output in SERVICE, at its trigger
//	cal          its calibration tables
//	firmware     an update of its firmware
//	conformance  whether a pen does what SPEC.md says
//	storm        mutated, forged and flooded frames to a simulated pen, while its outputs are watched
//	record       every byte of a link, with its time, into a file
//	replay       one side of a recording, to a simulated pen or to who listens
//	decode       a recording, frame by frame
//	sim          a simulated pen on a pseudo-terminal, and firmware for it
//	hand         the trigger, contact, tip, load and faults of a simulated pen
//	completion   what a shell needs to complete all that
//
// What changes a pen is asked for in a role (--role); set and bench are a
// clinician's where nothing else is said, everything else has to be told. Ctrl-C
// ends a stream or a download with exit 0 and leaves the pen disarmed; in output
// it stops the pen, which then has to be cleared.
//
// Without --port it takes the only pen that it finds. Exit codes: 0 done,
// 1 refused, 2 wrong usage, 3 no pen, 4 link lost; Ctrl-C ends a stream with 0.
//
// With --json, results are JSON objects, one a line, whose keys carry the unit
// (depth_um, speed_spm, power_mw, pulse_ms, …), and an error is one object on
// standard error: {"error": text, "field": key or null, "bound": number or
// null}. The field is a result's key or, for a flag, its name with _ for -. The
// bound is the last value that would be taken, for a value off the pen's step
// the nearest below; for too high a dose it is the pen's µJ a pin. Keys are only
// ever added.
//
// Every command runs on the main goroutine; a session's goroutines end with
// the session that the command closes. sim, and firmware while the pen boots, run
// what runAll starts and waits for; bench has an echo that ends with its
// pseudo-terminal.
package main
