package serialport

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"syscall"

	"stipple/device"
)

// sysRoot and devRoot are where Linux shows its devices.
const (
	sysRoot = "/sys"
	devRoot = "/dev"
	// usbDepth is how many directories above a tty's device the USB device
	// stands: 1 for CDC-ACM (its interface), 2 for a converter (its port), and
	// some for a driver in between.
	usbDepth = 4
)

func list() ([]device.Port, error) { return listSys(sysRoot, devRoot) }

// identify returns what is known of the port at a path without symbolic links.
func identify(path string) (device.Port, error) {
	if filepath.Dir(path) != devRoot {
		return device.Port{Path: path}, nil // a pty
	}
	return describe(sysRoot, devRoot, filepath.Base(path)), nil
}

// listSys reads the list of ports from sysfs. The library's own listing opens
// every ttyS to see whether it is real, and fails as a whole when one device
// goes away in the middle.
func listSys(sys, dev string) ([]device.Port, error) {
	entries, err := os.ReadDir(filepath.Join(sys, "class", "tty"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // a container without sysfs has no USB either
	}
	if err != nil {
		return nil, fmt.Errorf("list serial ports: %w", err)
	}
	var ports []device.Port
	for _, e := range entries {
		dir := filepath.Join(sys, "class", "tty", e.Name())
		if _, err := os.Stat(filepath.Join(dir, "device")); err != nil {
			continue // a console or a pty
		}
		if line(dir, "type") == "0" {
			continue // a placeholder: the driver found no chip behind it
		}
		if _, err := os.Stat(filepath.Join(dev, e.Name())); err != nil {
			continue
		}
		ports = append(ports, describe(sys, dev, e.Name()))
	}
	sort.Slice(ports, func(i, j int) bool { return ports[i].Path < ports[j].Path })
	return ports, nil
}

// describe reads the USB identity of a tty, if it has one.
func describe(sys, dev, name string) device.Port {
	p := device.Port{Path: filepath.Join(dev, name), Instance: instance(filepath.Join(dev, name))}
	dir, err := filepath.EvalSymlinks(filepath.Join(sys, "class", "tty", name, "device"))
	if err != nil {
		return p
	}
	for range usbDepth {
		if vid := line(dir, "idVendor"); vid != "" {
			p.VID, p.PID = strings.ToUpper(vid), strings.ToUpper(line(dir, "idProduct"))
			p.USBSerial, p.Product = line(dir, "serial"), line(dir, "product")
			break
		}
		dir = filepath.Dir(dir)
	}
	return p
}

// line is the first line of a small file, or "". What a device says of itself
// is cut to what a person can read.
func line(dir, name string) string {
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return ""
	}
	defer f.Close()
	var buf [256]byte
	n, _ := f.Read(buf[:])
	text, _, _ := strings.Cut(string(buf[:n]), "\n")
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F || r == '\uFFFD' {
			return -1
		}
		return r
	}, strings.TrimSpace(text))
}

// instance changes when a device is plugged in again, because its node is a
// new file then.
func instance(path string) string {
	info, err := os.Lstat(path)
	if err != nil {
		return ""
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	return fmt.Sprintf("%d.%d.%d", st.Ino, st.Ctim.Sec, st.Ctim.Nsec)
}
