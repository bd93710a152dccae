// Package sample is sample data: the fixed views of a clinic that does not
// exist, for the pictures that the program draws of itself and for the tests
// of its pages.
//
// The one idea is that a picture shows what the program would show: limits,
// bounds and reasons come from the real limit library, through the same
// functions as in a treatment; only people, pens and measured values are made
// up. Every name in here is invented and every pen calls itself simulated, so
// that each picture carries the word SIMULATED.
//
// A [Desk] shows one view and does nothing: no call changes it. Values are
// built once and not changed after; the package starts no goroutine, reads no
// clock and no file, and is never part of a treatment.
package sample
