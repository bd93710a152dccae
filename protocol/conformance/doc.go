// Package conformance is what a pen must do, as cases that any pen can be held
// to over any port. SPEC.md is the law; each case names the section that it
// comes from, and a failure says what was expected and what came.
//
// The package knows no pen: kind, parameters, sensors and times are those of
// the descriptor that the pen sends. What only a hand can do (trigger, contact,
// tip, supply) is asked of a Hand; without one those cases are not run, and say
// so. No case pulls the trigger of an armed pen unless Config.Energy is set.
//
// Run reads the pen first, refuses one that is armed or has something latched,
// and puts back what it has changed, as far as the link allows; Report.Left
// says what it could not.
//
// Time on the pen is measured by the pen's own clock, which STATUS, EVENT,
// STOPPED and TIME_TELL carry: an arrival is put between two TIME_ASK that were
// sent before and behind it. The computer's clock decides only how long to wait.
//
// A computer that stood still while a case failed makes it run again.
//
// Goroutines: Run works on the caller's goroutine. Each open port has one
// reader, which ends when the port is closed; a case that leases has one
// leaser, which the case's end waits for; one more watches for standstills. Run
// closes the port and waits for all of them before it returns.
package conformance
