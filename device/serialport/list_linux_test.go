package serialport

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"stipple/device"
)

// fakeSys builds what Linux shows of a CDC-ACM pen, a converter, a real UART, a
// placeholder and a console.
func fakeSys(t *testing.T) (sys, dev string) {
	t.Helper()
	root := t.TempDir()
	sys, dev = filepath.Join(root, "sys"), filepath.Join(root, "dev")
	tty := func(name, deviceDir, kind string) {
		dir := filepath.Join(sys, deviceDir)
		own := filepath.Join(dir, "tty", name)
		write(t, "", own, "uevent")
		if kind != "" {
			write(t, kind+"\n", own, "type")
		}
		class := filepath.Join(sys, "class", "tty")
		if err := errors.Join(os.MkdirAll(class, 0o755), os.Symlink(dir, filepath.Join(own, "device")),
			os.Symlink(own, filepath.Join(class, name))); err != nil {
			t.Fatal(err)
		}
		write(t, "", dev, name)
	}
	usb := func(dir, vid, pid, serial, product string) {
		d := filepath.Join(sys, dir)
		write(t, vid+"\n", d, "idVendor")
		write(t, pid+"\n", d, "idProduct")
		if serial != "" {
			write(t, serial+"\n", d, "serial")
		}
		write(t, product+"\n", d, "product")
	}
	usb("devices/usb1/1-2", "1209", "5354", "R1-0042", "Stipple\x1b[31m R1")
	tty("ttyACM0", "devices/usb1/1-2/1-2:1.0", "")
	usb("devices/usb1/1-3", "0403", "6001", "", "FT232R")
	tty("ttyUSB0", "devices/usb1/1-3/1-3:1.0/ttyUSB0", "")
	tty("ttyS0", "devices/pnp0/00:01", "4")
	tty("ttyS1", "devices/platform/serial8250", "0")
	write(t, "", sys, "class", "tty", "tty0", "uevent")
	write(t, "", dev, "tty0")
	return sys, dev
}

func TestListSys(t *testing.T) {
	sys, dev := fakeSys(t)
	ports, err := listSys(sys, dev)
	if err != nil {
		t.Fatal(err)
	}
	want := []device.Port{
		{Path: dev + "/ttyACM0", VID: "1209", PID: "5354", USBSerial: "R1-0042", Product: "Stipple[31m R1"},
		{Path: dev + "/ttyS0"},
		{Path: dev + "/ttyUSB0", VID: "0403", PID: "6001", Product: "FT232R"},
	}
	if len(ports) != len(want) {
		t.Fatalf("ports %+v", ports)
	}
	for i := range want {
		if ports[i].Instance == "" {
			t.Errorf("port %d: no instance", i)
		}
		ports[i].Instance = ""
		if ports[i] != want[i] {
			t.Errorf("port %d: %+v, want %+v", i, ports[i], want[i])
		}
	}
	if !ports[0].USB() || ports[1].USB() {
		t.Error("USB")
	}
}

func TestListWithoutSysfs(t *testing.T) {
	if ports, err := listSys(t.TempDir(), "/dev"); err != nil || len(ports) != 0 {
		t.Errorf("%v, %v", ports, err)
	}
}

func TestPensMatchesTheTable(t *testing.T) {
	found, err := Pens(nil)(t.Context())
	if err != nil || len(found) != 0 {
		t.Errorf("an empty table finds %v, %v", found, err)
	}
}

// A device that is plugged in again is another instance on the same path.
func TestInstanceChanges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tty")
	write(t, "", path)
	first := instance(path)
	if first == "" || instance(path) != first {
		t.Errorf("instance %q, then %q", first, instance(path))
	}
	other := path + "2"
	write(t, "", other)
	if err := os.Rename(other, path); err != nil {
		t.Fatal(err)
	}
	if instance(path) == first {
		t.Error("a new node is the same instance")
	}
}
