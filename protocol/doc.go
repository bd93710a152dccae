// Package protocol is the Stipple Link, version 1: bytes to messages and
// messages to bytes, and nothing else. SPEC.md beside this file is complete
// enough to build a pen from it alone; where the two disagree, SPEC.md is
// right and this package has a bug.
//
// A Decoder cuts a stream into frames, Decode turns a frame into a Message,
// Append does the reverse. Hot messages (STATUS, LEASE) are decoded by their
// DecodePayload and encoded without allocating. testdata/vectors holds the
// same rules as bytes, for implementations in any language.
//
// The package starts no goroutine, reads no clock and does no I/O. No value
// is safe for use by two goroutines at once; different values are
// independent. Nothing in it panics on bytes that came from outside.
package protocol
