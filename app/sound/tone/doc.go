// Package tone turns an alarm's pattern into samples: a fundamental with its
// harmonics, pulses with rounded edges, silence between.
//
// [Burst] is pure. A [Stream] is an endless reader of what is to be heard now,
// which another goroutine may change at any time; it starts none itself. The
// package knows no sound device.
package tone
