package serialport

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"stipple/device"
)

// Finder is what a supervisor calls once a second.
type Finder func(ctx context.Context) ([]device.Port, error)

// Pens finds the ports whose USB identity is in the table.
func Pens(table []Pen) Finder {
	known := make(map[string]Pen, len(table))
	for _, p := range table {
		known[p.VID+p.PID] = p
	}
	return func(context.Context) ([]device.Port, error) {
		ports, err := list()
		if err != nil {
			return nil, err
		}
		var found []device.Port
		for _, p := range ports {
			if pen, ok := known[p.VID+p.PID]; ok {
				if p.Product == "" {
					p.Product = pen.Name
				}
				found = append(found, p)
			}
		}
		return found, nil
	}
}

// Named finds the one port that a person named, if it exists; else the error
// is a *device.PortGoneError. A port that is on USB has its identity, so that a
// name does not get a simulated pen past the rule for plugs.
func Named(path string) Finder {
	return func(context.Context) ([]device.Port, error) {
		p := device.Port{Path: path}
		target := path
		if isFile(path) {
			if _, err := os.Lstat(path); err != nil {
				return nil, &device.PortGoneError{Port: p, Cause: err}
			}
			var err error
			if target, err = filepath.EvalSymlinks(path); err != nil {
				return nil, &device.PortGoneError{Port: p, Cause: err}
			}
			p.Instance = instance(path)
			if target != path {
				p.Instance += " " + instance(target)
			}
		}
		same, err := identify(target)
		if err != nil {
			return nil, err
		}
		p.VID, p.PID, p.USBSerial, p.Product = same.VID, same.PID, same.USBSerial, same.Product
		return []device.Port{p}, nil
	}
}

// isFile says whether a port's name is a path of the file system; "COM3" is
// not.
func isFile(path string) bool { return strings.ContainsRune(path, '/') }
