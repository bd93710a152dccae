// Package systemtest holds the test of the whole: a console's session and
// supervisor, a line with faults, and the simulated pen, in virtual time, with a
// safety observer on the pen's outputs and a console model that is compared with
// the truth. It has tests alone.
//
// TestSystem runs a few seeds, as a part of `make test`. `make nightly` runs a
// thousand simulated hours; CONTRIBUTING.md says how one seed of them is run
// again.
//
// # What happens in a run
//
// A seed decides everything: an operator who treats, a person who does what
// people do (lifts too short, pulls out the cable, changes tips, lets the window
// freeze, restarts the console, kills it), what goes wrong on the line, and what
// breaks in the pen. A quarter of the time the pen is armed, a third are idle
// stretches, and the rest is what lies between: settings, waiting, SERVICE outputs,
// connecting again. In a third of all time something is wrong with the line, and
// every few minutes something in the pen. At the end everything is whole again, the
// console reconciles, and what it believes of every pulse and every ARM is compared
// with what the pen really did.
//
// An amplifier that leaks while the sensor of its power has frozen at 0 is left out:
// of two such faults no pen with one sensor can find the second.
package systemtest
