//go:build !linux && !windows && !(darwin && cgo)

package serialport

import (
	"fmt"
	"strings"

	"go.bug.st/serial"

	"stipple/device"
)

// unknownID stands for a USB identity that this build can't read: it matches
// no table, and counts as a plug where a simulated pen is judged.
const unknownID = "????"

func list() ([]device.Port, error) {
	names, err := serial.GetPortsList()
	if err != nil {
		return nil, fmt.Errorf("list serial ports: %w", err)
	}
	var ports []device.Port
	for _, name := range names {
		ports = append(ports, device.Port{Path: name, VID: unknownID, PID: unknownID})
	}
	return ports, nil
}

// identify takes everything but a pty for a plug.
func identify(path string) (device.Port, error) {
	if strings.HasPrefix(path, "/dev/ttys") || strings.HasPrefix(path, "/dev/pts/") || strings.HasPrefix(path, "/dev/ttyp") {
		return device.Port{Path: path}, nil
	}
	return device.Port{Path: path, VID: unknownID, PID: unknownID}, nil
}

// instance is not known here: a port that is plugged in again within one
// listing is taken for the same.
func instance(string) string { return "" }
