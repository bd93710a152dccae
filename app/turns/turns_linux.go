package turns

import (
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// turn is how long a thread runs at most while another waits for its processor.
// Without a graphics processor the rasteriser takes all processors for most of each
// redraw, in the scheduler's usual turns of 3 ms, which is longer than a STOP may
// take from the key to the port. A thread that is woken and has the shorter turn
// runs at once.
const turn = 200 * time.Microsecond

// Short asks for short turns for the threads of this process but the rasteriser's,
// which get back the usual ones, and so for all threads and processes that they
// start. The rasteriser's inherit them, too: call it once the window has been drawn.
// It needs no right. Linux knows it from 6.12 on; where it can't be had, the program
// is as quick as the system makes it.
func Short() {
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return
	}
	for _, t := range tasks {
		id, err := strconv.Atoi(t.Name())
		if err != nil {
			continue
		}
		attr := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_NORMAL, Runtime: uint64(turn)}
		if paints(t.Name()) {
			attr.Runtime = 0 // the system's own
		}
		_ = unix.SchedSetAttr(id, &attr, 0)
	}
}

// paints is whether a thread is one of the rasteriser's (Mesa's llvmpipe).
func paints(task string) bool {
	name, err := os.ReadFile("/proc/self/task/" + task + "/comm")
	return err == nil && paintsName(string(name))
}

func paintsName(name string) bool { return strings.HasPrefix(name, "llvmpipe-") }
