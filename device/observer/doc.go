// Package observer judges a pen by what it does.
//
// An Observer watches the pen's physical outputs with instruments of its own,
// which package sim's probe stands for, and knows of the link only the few
// facts that it is told: which leases came, which stops, what was confirmed and
// armed. A Witness tells it those: it reads the bytes that really reached the
// pen and those that left it, and works out by SPEC.md alone what they allow.
// Neither shares a line with the firmware or with the console's session, so
// that a mistake there is not made here a second time; the limits and
// tolerances are this package's own, too.
//
// Both are told everything with its time and have no clock, so they work in
// virtual time as in real time. They start no goroutine. Their methods may be
// called from several.
package observer
