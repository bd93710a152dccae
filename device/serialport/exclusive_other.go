//go:build unix && !linux

package serialport

// exclusive can't be asked here; flock has to do.
func exclusive(int) bool { return false }
