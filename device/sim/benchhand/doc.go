// Package benchhand is the handpiece of a simulated pen as the hand that the
// conformance suite wants: with tips of every kind, loads, and what breaks. It
// works in process and over the handpiece's socket, and so for a maker's bench
// that answers on such a socket: what that does not have, it refuses.
package benchhand
