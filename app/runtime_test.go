package app

import (
	"runtime"
	"runtime/debug"
	"testing"
	"testing/synctest"
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
	for _, of := range []struct{ has, want int }{{1, fewestProcs}, {2, fewestProcs}, {fewestProcs, fewestProcs}, {fewestProcs + 2, fewestProcs + 2}} {
		synctest.Test(t, func(t *testing.T) {
			runtime.GOMAXPROCS(of.has)
			are := func(want int, when string) {
				t.Helper()
				synctest.Wait()
				if got := runtime.GOMAXPROCS(0); got != want {
					t.Errorf("of %d processors there are %d %s, want %d", of.has, got, when, want)
				}
			}
			r := room{spare: make(chan bool, 1)}
			r.goRun(t.Context(), r.spareProcs)
			for range 3 {
				r.hurry(true)
				are(of.want, "while armed")
				r.hurry(false)
				are(of.has, "behind it")
				r.hurry(true)
				r.hurry(false) // the newest wish counts
				are(of.has, "after a moment")
			}
			r.hurry(true)
			are(of.want, "while armed")
			r.stop[0]()
			are(of.has, "behind the room")
		})
	}
}
