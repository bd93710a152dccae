package app

import (
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

// fewestProcs is how many processors the runtime counts with at the least, however few
// the computer has. A goroutine that waits in a system call or draws through cgo keeps
// its processor, and in that one's queue whoever it woke just before, until the runtime
// looks for such: 20 ms later at the worst, where little else happens. Of two, the
// window's thread has one and the port's reader the other, and then STOP waits so long.
// Where one is idle, it takes at once what has been woken. So there are as many as may be
// kept: by the window, the reader and the store, and one besides. With more the
// garbage collector would run on more.
const fewestProcs = 4

// tuneRuntime sets what the runtime can't know of a program in which somebody presses
// STOP.
func tuneRuntime() {
	debug.SetGCPercent(gcPercent)
	debug.SetMemoryLimit(gcBytes)
	runtime.GOMAXPROCS(max(fewestProcs, runtime.GOMAXPROCS(0)))
}
