//go:build unix

package main

import (
	"time"

	"golang.org/x/sys/unix"
)

// monotonic is the system's monotonic clock, which all processes share.
func monotonic() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &t) != nil {
		return 0 // it can't fail for this clock
	}
	return time.Duration(t.Nano())
}
