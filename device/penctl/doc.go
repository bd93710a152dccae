// Command penctl is the headless tool for the bench: it lists pens, reads one,
// watches it, sets it, holds it to the specification, and is itself a simulated
// pen with a handpiece.
//
// It is the second composition root beside the window, builds without cgo, and
// nothing imports it. It can set a pen; it arms one only in conformance, and no
// command of it leads to an output unless that is asked for with --energy. A
// recording is played, and a storm sent, to a simulated pen only.
//
//	penctl COMMAND --port P [--json]
//
//	list    the ports that may be pens
//	info    who a pen is, its state, settings and tip
//	watch   what it measures, until Ctrl-C
//	set     depth, speed, power and pulse, read back
//	conformance  whether a pen does what SPEC.md says
//	storm   mutated, forged and flooded frames to a simulated pen, while its outputs are watched
//	sim     a simulated pen on a pseudo-terminal
//	hand    the trigger, contact, tip, load and faults of a simulated pen
//	record  every byte of a link, with its time, into a file
//	replay  one side of a recording, to a simulated pen or to who listens
//	decode  a recording, frame by frame
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
// the session that the command closes.
package main
