//go:build !windows

package main

import (
	"io"

	"stipple/device/sim/ptyport"
)

// openPty makes the pseudo-terminal that a simulated pen is opened through.
func openPty(link string) (io.ReadWriteCloser, error) {
	port, err := ptyport.Open(link)
	if err != nil {
		return nil, err
	}
	return port, nil
}
