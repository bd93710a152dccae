package ptyport

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A console that is killed leaves the terminal in exclusive mode and does not
// read any more: after a second of silence the hold is lifted, and a Write
// that waits goes on.
func TestSilenceLiftsTheHold(t *testing.T) {
	p := open(t, "")
	f := console(t, p.Path())
	held := func() bool {
		n, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCGEXCL)
		if err != nil {
			t.Fatal(err)
		}
		return n != 0
	}
	if err := unix.IoctlSetInt(int(f.Fd()), unix.TIOCEXCL, 0); err != nil {
		t.Fatal(err)
	}
	if !held() {
		t.Fatal("not in exclusive mode")
	}
	written := make(chan error, 1)
	go func() {
		_, err := p.Write(make([]byte, 20<<10)) // more than a terminal holds
		written <- err
	}()
	select {
	case err := <-written:
		if err != nil {
			t.Fatalf("write: %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("a write that nobody reads is stuck for good")
	}
	if held() {
		t.Error("still in exclusive mode")
	}
}
