package backup

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// A backup takes a part of the time while somebody wants the processors, and all of it
// otherwise; a context that ends does not wait.
func TestGivingWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		busy := true
		ctx, cancel := context.WithCancel(GivingWay(t.Context(), func() bool { return busy }))
		w := newWay(ctx)
		const work, chunks = time.Millisecond, 10
		took := func() time.Duration {
			from := time.Now()
			w.give()
			for range chunks {
				time.Sleep(work)
				w.give()
			}
			return time.Since(from)
		}
		if d := took(); d != chunks*(1+givenWay)*work {
			t.Errorf("busy: %v", d)
		}
		busy = false
		if d := took(); d != chunks*work {
			t.Errorf("not busy: %v", d)
		}
		busy = true
		w.give()
		time.Sleep(time.Hour) // a disk that hung
		from := time.Now()
		if w.give(); time.Since(from) != mostGiven {
			t.Errorf("after a long chunk: %v", time.Since(from))
		}
		cancel()
		time.Sleep(work)
		if from = time.Now(); true {
			w.give()
		}
		if d := time.Since(from); d != 0 {
			t.Errorf("with a context that has ended: %v", d)
		}
	})
}
