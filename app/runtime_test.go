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

// A small computer gets the processors that STOP needs for as long as it may be needed, and
// a larger one keeps its own. Whoever closes the room meanwhile takes them away.
func TestHurry(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
	becomes := func(want int) {
		t.Helper()
		for runtime.GOMAXPROCS(0) != want {
			if t.Context().Err() != nil {
				t.Fatalf("%d processors, want %d", runtime.GOMAXPROCS(0), want)
			}
			runtime.Gosched()
		}
	}
	for _, of := range []struct{ has, want int }{{1, fewestProcs}, {2, fewestProcs}, {fewestProcs, fewestProcs}, {fewestProcs + 2, fewestProcs + 2}} {
		runtime.GOMAXPROCS(of.has)
		r := room{spare: make(chan bool, 1)}
		r.goRun(t.Context(), r.spareProcs)
		for range 3 {
			r.hurry(true)
			becomes(of.want)
			r.hurry(false)
			becomes(of.has)
			r.hurry(true)
			r.hurry(false) // the newest wish counts
		}
		becomes(of.has)
		r.hurry(true)
		becomes(of.want)
		r.stop[0]()
		<-r.ended[0]
		if got := runtime.GOMAXPROCS(0); got != of.has {
			t.Errorf("%d processors behind the room, want %d", got, of.has)
		}
	}
}
