package turns

import (
	"runtime"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A thread that is started afterwards has short turns, too, and the rasteriser's get
// back the system's.
func TestShortTurns(t *testing.T) {
	usual := turnOf(t, "any")
	if usual == 0 {
		t.Skip("Linux before 6.12 has no turns that can be asked for")
	}
	Short()
	if d := turnOf(t, "any"); d != turn {
		t.Errorf("a turn of %v, want %v", d, turn)
	}
	if d := turnOf(t, "llvmpipe-0"); d != usual {
		t.Errorf("the rasteriser has a turn of %v, want %v", d, usual)
	}
}

// turnOf is the turn of a new thread with a name, after Short was called once more
// where it is the rasteriser's.
func turnOf(t *testing.T, name string) time.Duration {
	got := make(chan time.Duration)
	go func() {
		runtime.LockOSThread() // and it ends with its thread
		if paintsName(name) {
			b := append([]byte(name), 0)
			if err := unix.Prctl(unix.PR_SET_NAME, uintptr(unsafe.Pointer(&b[0])), 0, 0, 0); err != nil {
				t.Error(err)
			}
			Short()
		}
		attr, err := unix.SchedGetAttr(0, 0)
		if err != nil {
			t.Error(err)
			attr = &unix.SchedAttr{}
		}
		got <- time.Duration(attr.Runtime)
	}()
	return <-got
}
