package app

import (
	"runtime"
	"runtime/debug"
	"testing"
)

// A small computer gets the processors that STOP needs, a larger one keeps its own.
func TestTuneRuntime(t *testing.T) {
	procs, percent, bytes := runtime.GOMAXPROCS(0), debug.SetGCPercent(100), debug.SetMemoryLimit(-1)
	t.Cleanup(func() {
		runtime.GOMAXPROCS(procs)
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(bytes)
	})
	for _, of := range []struct{ has, want int }{{1, fewestProcs}, {2, fewestProcs}, {fewestProcs, fewestProcs}, {fewestProcs + 2, fewestProcs + 2}} {
		runtime.GOMAXPROCS(of.has)
		tuneRuntime()
		if got := runtime.GOMAXPROCS(0); got != of.want {
			t.Errorf("with %d processors the runtime counts with %d, want %d", of.has, got, of.want)
		}
	}
	if got := debug.SetGCPercent(100); got != gcPercent {
		t.Errorf("garbage is collected at %d %%, want %d", got, gcPercent)
	}
	if got := debug.SetMemoryLimit(-1); got != gcBytes {
		t.Errorf("the memory's limit is %d, want %d", got, gcBytes)
	}
}
