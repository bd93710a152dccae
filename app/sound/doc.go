// Package sound is the sound device: the one place that knows oto, and beside
// the window's driver the only one that needs cgo (ALSA's headers on Linux).
//
// It is used by a process of its own that plays alarms, see package player; what
// is played comes from package tone. oto opens a device once in the life of a
// process; its goroutines, one that reads the stream and one that feeds the
// device, end with that process.
package sound
