package app

import (
	"runtime"
	"runtime/debug"
	"testing"
)

func TestTuneRuntime(t *testing.T) {
	percent, bytes := debug.SetGCPercent(100), debug.SetMemoryLimit(-1)
	t.Cleanup(func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(bytes)
	})
	tuneRuntime()
	if got := debug.SetGCPercent(100); got != gcPercent {
		t.Errorf("garbage is collected at %d %%, want %d", got, gcPercent)
	}
	if got := debug.SetMemoryLimit(-1); got != gcBytes {
		t.Errorf("the memory's limit is %d, want %d", got, gcBytes)
	}
}

// A small computer gets the processors that STOP needs for as long as it may be needed, a
// larger one keeps its own.
func TestHurry(t *testing.T) {
	t.Cleanup(runtime.SetDefaultGOMAXPROCS)
	runtime.SetDefaultGOMAXPROCS()
	usual := runtime.GOMAXPROCS(0)
	for _, of := range []struct{ has, want int }{{1, fewestProcs}, {2, fewestProcs}, {fewestProcs, fewestProcs}, {fewestProcs + 2, fewestProcs + 2}} {
		var r room
		runtime.GOMAXPROCS(of.has)
		r.hurry(true)
		if got := runtime.GOMAXPROCS(0); got != of.want {
			t.Errorf("of %d: %d, want %d", of.has, got, of.want)
		}
		r.hurry(false)
		if got := runtime.GOMAXPROCS(0); got != usual {
			t.Errorf("back to %d, want %d", got, usual)
		}
	}
}
