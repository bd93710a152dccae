package app

import (
	"context"
	"runtime"
	"runtime/debug"
)

// Memory is cheaper than the processors for which STOP would wait while garbage is
// collected, and which a start would take: a fifth as many collections as the runtime's
// own choice. Above so many bytes, which only the largest practices reach, there are more.
const (
	gcPercent = 400
	gcBytes   = 1 << 30
)

// tuneRuntime sets what the runtime can't know of a program in which somebody presses
// STOP.
func tuneRuntime() {
	debug.SetGCPercent(gcPercent)
	debug.SetMemoryLimit(gcBytes)
}

// fewestProcs is how many processors the runtime counts with at the least while a pen can
// put anything out, however few the computer has. A goroutine that waits in a system call
// or draws through cgo keeps its processor, and in that one's queue whoever it woke just
// before, until the runtime looks for such: 20 ms later at the worst, where little else
// happens. Of two, the window's thread has one and the port's reader the other, and then
// STOP waits so long. Where one is idle, it takes at once what has been woken. So there
// are as many as may be kept: by the window, the reader and the store, and one besides.
const fewestProcs = 4

// spareProcs gives the runtime processors to spare as the desk wishes, and takes them away
// again: long work that does not give way would take them for itself, more of it at a time
// than the computer can do, and the system's own threads, which carry the pen's bytes,
// would wait. The desk doesn't do it itself, because it takes until the end of a
// collection of garbage that goes on.
func (r *room) spareProcs(ctx context.Context) error {
	usual := runtime.GOMAXPROCS(0)
	if usual >= fewestProcs {
		return nil // hurry does not wait for anybody who takes its wishes
	}
	defer func() { runtime.GOMAXPROCS(usual) }()
	for {
		select {
		case <-ctx.Done():
			return nil
		case spare := <-r.spare:
			if spare {
				runtime.GOMAXPROCS(fewestProcs)
			} else {
				runtime.GOMAXPROCS(usual)
			}
		}
	}
}
