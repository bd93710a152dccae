package turns

import (
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// turn is how long a thread runs at most while another waits for its processor:
// the scheduler's usual 3 ms are longer than a STOP may take from the key to the
// port, and without a graphics processor the toolkit's threads take all processors
// for most of each redraw.
const turn = 200 * time.Microsecond

// Short asks for short turns for the threads of this process, and so for all
// threads and processes that they start. It needs no right. Linux knows it from
// 6.12 on; where it can't be had, the program is as quick as the system makes it.
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
		_ = unix.SchedSetAttr(id, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_NORMAL, Runtime: uint64(turn)}, 0)
	}
}
