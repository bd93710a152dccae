// Package ptyport gives a simulated pen a serial port that other programs can
// open: a pseudo-terminal under a path of the caller's choice. To the program
// on the other side it is a port as a real pen has one.
//
// A Port starts no goroutine; a timer of its own looks once a second for a
// console that has gone without closing. A Port may be used by one reader and
// one writer at once, and closed from anywhere.
//
// There are no pseudo-terminals on Windows; the package is empty there, and
// the simulated pen runs within the console only.
package ptyport
