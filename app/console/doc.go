// Package console is what the console does, without a window: the treatment
// desk with its patient, limits, draft, settings, treatment run and alarms.
// It decides what may be applied and armed; the pen decides the same again.
//
// A Desk belongs to one goroutine, that of Run. Every method may be called
// from any goroutine, hands its work to Run and returns at once; what came of
// it is in the next View. Three things do not go through Run: Stop and Touch,
// which go straight to the pen's session, and Live and Samples, which read
// what the session last received. Slow work (the store, a command to the pen)
// runs in goroutines that Run starts and waits for when it ends; the recorder
// has one of its own, so that pulses reach the disk in order.
//
// Each use case asks, before it does anything, whether whoever is at work may use
// it (see NotPermittedError); a few are for everybody, and with nobody at work,
// STOP first of all. A read belongs to the one who asked: it never comes to the
// next one.
//
// The package never draws, never words an error for a person, and never
// writes to the pen other than through device.Session.
package console
