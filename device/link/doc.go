// Package link is what can sit between the two ends of a Stipple Link without
// being one of them. It carries bytes and knows nothing of their meaning.
//
// Everything here may be used by several goroutines at once. Nothing here
// starts a goroutine, reads a clock, or blocks in the operating system, so a
// pair of ends can run in virtual time.
package link
