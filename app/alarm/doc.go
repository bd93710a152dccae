// Package alarm is the alarm system after IEC 60601-1-8 as a pure model: it has
// no goroutine, no clock and no I/O, and knows neither pen nor window.
//
// Three words carry it. A [Condition] is something that can be wrong, a row of
// [Table]: its priority and whether it latches. An [Occurrence] is that it is
// wrong now: since when, how often, what was expected and what was measured, who
// has acknowledged it. A [Signal] is what all occurrences together come to: the
// one sound, what the bar says, flashing or steady. A [Book] turns the first
// into the last.
//
// Time is passed in. A Book belongs to one goroutine.
package alarm
