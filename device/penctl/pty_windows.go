package main

import (
	"errors"
	"io"
)

// openPty: Windows has no pseudo-terminals that a program can open as a port.
func openPty(string) (io.ReadWriteCloser, error) {
	return nil, errors.New("no pseudo-terminals on Windows: stipple --sim has a simulated pen within the window")
}
