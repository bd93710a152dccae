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
// # What they can't see
//
// An Observer knows nothing of the link: no frame, no state, no session. What it
// is told by a Witness it believes.
//
// A Witness reads the bytes with package protocol's decoder, as both ends do. A
// mistake in that decoder is made by all three and seen by none of them: the
// vectors of protocol/testdata are there for that, bytes beside what they mean,
// which every other implementation can be held to. What a pen keeps to itself,
// such as what its self-test came to, a Witness takes from the pen's word; an
// Observer only contradicts where what the test must find is broken.
//
// # What is excused
//
// A Defect is told by whoever breaks the pen. It excuses what no firmware can
// help and no longer than SPEC.md gives a pen to notice: the limits stand in one
// table with their sources. A needle whose drive stands can't be taken back by
// anybody; it is excused for as long as it stands, and not for turning. Where it has
// stood long enough for FAULT, the pen may have taken the drive's power: then until
// CLEAR, a boot, or the next stroke that is permitted.
//
// Both are told everything with its time and have no clock, so they work in
// virtual time as in real time. They start no goroutine. Their methods may be
// called from several.
package observer
