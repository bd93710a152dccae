//go:build windows || (darwin && cgo)

package serialport

import (
	"fmt"
	"strings"

	"go.bug.st/serial/enumerator"

	"stipple/device"
)

func list() ([]device.Port, error) {
	details, err := enumerator.GetDetailedPortsList()
	if err != nil {
		return nil, fmt.Errorf("list serial ports: %w", err)
	}
	var ports []device.Port
	for _, d := range details {
		if d == nil || d.Name == "" || strings.HasPrefix(d.Name, "/dev/tty.") {
			continue // macOS lists each port twice; the tty one waits for a carrier
		}
		p := device.Port{Path: d.Name}
		if d.IsUSB {
			p.VID, p.PID = strings.ToUpper(d.VID), strings.ToUpper(d.PID)
			p.USBSerial, p.Product = d.SerialNumber, d.Product
		}
		ports = append(ports, p)
	}
	return ports, nil
}

// identify returns what is known of the port of that name.
func identify(path string) (device.Port, error) {
	ports, err := list()
	if err != nil {
		return device.Port{}, err
	}
	return find(ports, strings.Replace(path, "/dev/tty.", "/dev/cu.", 1)), nil
}

// instance is not known here: a port that is plugged in again within one
// listing is taken for the same.
func instance(string) string { return "" }

// find returns the port of that path out of a list, or a zero port.
func find(ports []device.Port, path string) device.Port {
	for _, p := range ports {
		if strings.EqualFold(p.Path, path) {
			return p
		}
	}
	return device.Port{}
}
