package serialport

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"stipple/device"
)

// newPty opens a pty and returns its far end and the path of its near end.
// The near end is kept open, as a pen's program keeps it.
func newPty(t testing.TB) (far *os.File, path string) {
	t.Helper()
	far, near, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = far.Close(), near.Close() })
	return far, near.Name()
}

func TestReadAndWrite(t *testing.T) {
	far, path := newPty(t)
	c, err := Open(device.Port{Path: path}, 0)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]byte, 256) // every byte passes unchanged: raw mode
	for i := range all {
		all[i] = byte(i)
	}
	if n, err := c.Write(all); n != len(all) || err != nil {
		t.Fatal(n, err)
	}
	got := make([]byte, len(all))
	if _, err := io.ReadFull(far, got); err != nil || !bytes.Equal(got, all) {
		t.Errorf("written % x, %v", got, err)
	}
	if _, err := far.Write(all); err != nil {
		t.Fatal(err)
	}
	var back []byte
	buf := make([]byte, 100)
	for len(back) < len(all) {
		n, err := c.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		back = append(back, buf[:n]...)
	}
	if !bytes.Equal(back, all) {
		t.Errorf("read % x", back)
	}
	start := time.Now()
	if n, err := c.Read(buf); n != 0 || err != nil || time.Since(start) < ReadTimeout/2 {
		t.Errorf("a timeout is %d, %v after %v", n, err, time.Since(start))
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := c.Close(); err != nil {
		t.Errorf("a second close: %v", err)
	}
	if _, err := c.Read(buf); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("read after close: %v", err)
	}
	if _, err := c.Write(buf); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("write after close: %v", err)
	}
}

func TestUnplugged(t *testing.T) {
	far, near, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	path := near.Name()
	c, err := Open(device.Port{Path: path}, 0)
	if err != nil {
		t.Fatal(err)
	}
	_ = near.Close()
	_ = far.Close()
	var gone *device.PortGoneError
	if _, err := c.Read(make([]byte, 1)); !errors.As(err, &gone) {
		t.Errorf("read: %v", err)
	}
	if err := c.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if _, err := Open(device.Port{Path: path}, 0); !errors.As(err, &gone) {
		t.Errorf("open again: %v", err)
	}
}

// The superuser, who is not kept out by TIOCEXCL, is by flock.
func TestBusy(t *testing.T) {
	_, path := newPty(t)
	c, err := Open(device.Port{Path: path}, 0)
	if err != nil {
		t.Fatal(err)
	}
	var busy *device.BusyError
	if _, err := Open(device.Port{Path: path}, 0); !errors.As(err, &busy) || busy.Port.Path != path {
		t.Errorf("second open: %v", err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c, err = Open(device.Port{Path: path}, 0)
	if err != nil {
		t.Fatalf("after close: %v", err)
	}
	_ = c.Close()
}

// A program that takes TIOCEXCL and no lock.
func TestBusyByAnotherProgram(t *testing.T) {
	_, path := newPty(t)
	other, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := unix.IoctlSetInt(int(other.Fd()), unix.TIOCEXCL, 0); err != nil {
		t.Fatal(err)
	}
	var busy *device.BusyError
	if _, err := Open(device.Port{Path: path}, 0); !errors.As(err, &busy) {
		t.Errorf("open: %v", err)
	}
	if err := unix.IoctlSetInt(int(other.Fd()), unix.TIOCNXCL, 0); err != nil {
		t.Fatal(err)
	}
	c, err := Open(device.Port{Path: path}, 0)
	if err != nil {
		t.Fatalf("given back: %v", err)
	}
	_ = c.Close()
}

func TestNotAPort(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	write(t, "", file)
	fifo := filepath.Join(dir, "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	var notPort *device.NotPortError
	for _, path := range []string{file, fifo, dir, "/dev/null"} {
		if _, err := Open(device.Port{Path: path}, 0); !errors.As(err, &notPort) {
			t.Errorf("%s: %v", path, err)
		}
	}
	var gone *device.PortGoneError
	if _, err := Open(device.Port{Path: filepath.Join(dir, "none")}, 0); !errors.As(err, &gone) {
		t.Errorf("no such path: %v", err)
	}
}

// permissionEnv names the path that TestPermission is to open as another user.
const permissionEnv = "SERIALPORT_TEST_PATH"

// TestPermission runs itself as an ordinary user where it is the superuser,
// whom nothing is denied.
func TestPermission(t *testing.T) {
	if path := os.Getenv(permissionEnv); path != "" {
		checkPermission(t, path)
		return
	}
	_, path := newPty(t)
	if err := os.Chmod(path, 0o060); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() != 0 {
		checkPermission(t, path)
		return
	}
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("/tmp", "serialport")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	exe := filepath.Join(dir, "test")
	if err := errors.Join(os.WriteFile(exe, self, 0o755), os.Chmod(dir, 0o755)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "-test.run=^TestPermission$", "-test.v")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), permissionEnv+"="+path)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestPermission") {
		t.Errorf("as an ordinary user: %v\n%s", err, out)
	}
}

func checkPermission(t *testing.T, path string) {
	t.Helper()
	_, err := Open(device.Port{Path: path}, 0)
	var denied *device.PermissionError
	if !errors.As(err, &denied) || denied.Group == "" || !strings.Contains(denied.Mode, "rw-") {
		t.Errorf("open: %v (%+v)", err, denied)
	}
}

// A write that hangs in the driver, because nobody reads at the other end, does
// not keep Close.
func TestCloseWithAWriteInTheDriver(t *testing.T) {
	_, path := newPty(t)
	c, err := Open(device.Port{Path: path}, 0)
	if err != nil {
		t.Fatal(err)
	}
	hung := make(chan error, 1)
	go func() {
		block := make([]byte, 4096)
		for {
			if _, err := c.Write(block); err != nil {
				hung <- err
				return
			}
		}
	}()
	reading := make(chan error, 1)
	go func() {
		for {
			if _, err := c.Read(make([]byte, 10)); err != nil {
				reading <- err
				return
			}
		}
	}()
	<-time.After(200 * time.Millisecond) // a pty is full after 16,896 bytes, in well under a millisecond
	start := time.Now()
	if err := c.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if took := time.Since(start); took > 3*CloseWait {
		t.Errorf("close took %v", took)
	}
	if err := <-reading; !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("reader: %v", err)
	}
}

func TestNamed(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "pen")
	find := Named(name)
	var gone *device.PortGoneError
	if _, err := find(context.Background()); !errors.As(err, &gone) || gone.Port.Path != name {
		t.Errorf("not there: %v", err)
	}
	_, path := newPty(t)
	if err := os.Symlink(path, name); err != nil {
		t.Fatal(err)
	}
	first, err := find(context.Background())
	if err != nil || len(first) != 1 || first[0].Path != name || first[0].USB() || first[0].Instance == "" {
		t.Fatalf("there: %+v, %v", first, err)
	}
	if again, err := find(context.Background()); err != nil || again[0] != first[0] {
		t.Errorf("the same: %+v, %v", again, err)
	}
	_, other := newPty(t)
	if err := errors.Join(os.Remove(name), os.Symlink(other, name)); err != nil {
		t.Fatal(err)
	}
	if next, err := find(context.Background()); err != nil || next[0] == first[0] {
		t.Errorf("another one: %+v, %v", next, err)
	}
}
