package turns

import (
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A thread that is started afterwards has short turns, too.
func TestShortTurns(t *testing.T) {
	Short()
	got := make(chan time.Duration)
	go func() {
		runtime.LockOSThread() // and it ends with its thread
		attr, err := unix.SchedGetAttr(0, 0)
		if err != nil {
			t.Error(err)
			attr = &unix.SchedAttr{}
		}
		got <- time.Duration(attr.Runtime)
	}()
	switch d := <-got; d {
	case turn:
	case 0:
		t.Skip("Linux before 6.12 has no turns that can be asked for")
	default:
		t.Errorf("a turn of %v, want %v", d, turn)
	}
}
