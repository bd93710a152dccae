// Package model is a model of arming, stopping, leasing, retries and resets on
// both ends of the link, and the search of every state that it can reach.
//
// State is both ends, the line between them, and what only an observer knows. An
// action is a named transition; successors makes all that can follow a state.
// Check searches breadth first, so that a counterexample is a shortest one, and
// holds every state and every transition against the properties. The code that
// does what an action says names it in a comment, "Model: ArmArrives."; a test
// holds the two together.
//
// # What is in it
//
// The console: session, the act of arming from the intent on disk to READY, the
// command lane with its retries, leases, DISARM, ESTOP until STOPPED, the stop
// check, RESULT_OF, and what its record says; it crashes, and starts with what is
// on its disk. The pen: session, STANDBY, READY, TREATING and ESTOP, the settings
// hash, the lease by arrival and by the clock that it echoes, command ids over a
// reset, the kept reply, the numbers of pulses; it is reset at any time, also
// between a command's effect and its result. Persons: hold to arm, STOP, CLEAR,
// trigger, tip, settings, a window that freezes. The line: frames to the pen come
// in order, but live frames on their own and commands through a queue that ESTOP
// and DISARM overtake (SPEC.md section 3, Priority); replies, STOPPED and STATUS
// come each in order and overtake each other. Frames are lost, come twice with
// any delay, are held back, and reach the next session.
//
// # What makes it finite
//
// Nothing is a number that is only compared. A session number is that of the
// pen's session, of the console's, or of none that lives. A nonce is the newest or
// not. A seq is the count of requests asked behind it, and a clock is an age in
// ticks. Each saturates where a larger one would be treated alike. What a receiver
// would ignore whenever it came is taken off the line at once. How often persons
// act and things fail is bounded, see Bounds; what the ends do by themselves is
// not.
//
// Where Bounds have no Clock, whatever takes time may take any: an expired lease,
// a late ARM, a patience that is over although nothing was lost costs one of
// Delays. Where they have one, a tick is the same for both ends; of the real times
// their order alone counts. Timers are never made to fire: a console that is late
// with one is in the model, too.
//
// # What is not in it
//
// FAULT, which latches like ESTOP; SERVICE outputs, which are leased like READY
// (the session has one code for both); other commands with an id than ARM and
// CLEAR; RUNNING, BUSY and the displacement of ids, which SPEC.md bounds to after
// 32 commands; the needle, which follows RF by 200 ms; bytes, of which package
// protocol has tests of its own. RF ends at once where the model ends it.
//
// A frame to the pen that others overtake on the line itself is in the bounds
// called held, but for CLEAR: version 1 has no way to tell a CLEAR that was sent
// before an ESTOP from one that was sent behind it, if the line turns them round,
// so the link must keep the order of what it is given (TestHeldClear shows what
// becomes of it otherwise). Serial lines do.
//
// # Agreement
//
// Agreement is checked as: from every state, a path of fair steps leads to a state
// in which the ends agree. Fair steps are what the ends do by themselves, time,
// frames that arrive, a released trigger and a window that goes on; loss, delay,
// reset, crash and what persons do at will are not among them. In a finite graph
// this is the same as: if faults and whims stop at some time, and a step that is
// possible again and again is taken in the end, the ends agree in the end, since a
// run under that fairness ends in a set of states that it can't leave, and each
// such set has a state in which they agree.
//
// # Why Go
//
// The same search in SPIN or TLA+ needs a tool that this repository would have to
// bring along, and a second language in which the names of the transitions could
// not be held against the code by a compiler and a test. States are plain bytes
// here, successors are functions, and what that costs is one file: search.go.
package model
