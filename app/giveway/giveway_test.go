package giveway

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// Work takes a part of the time while somebody wants the processors, and all of it
// otherwise; a context that ends does not wait.
func TestGive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		busy := true
		ctx, cancel := context.WithCancel(While(t.Context(), func() bool { return busy }))
		w := New(ctx)
		took := func(work time.Duration, pieces int) time.Duration {
			from := time.Now()
			w.Give()
			for range pieces {
				time.Sleep(work)
				w.Give()
			}
			return time.Since(from)
		}
		const work, pieces = time.Millisecond, 10
		if d := took(work, pieces); d != pieces*(1+share)*work {
			t.Errorf("busy: %v", d)
		}
		if d := took(least/4, 40); d != 10*(1+share)*least {
			t.Errorf("busy, in small pieces: %v", d)
		}
		busy = false
		if d := took(work, pieces); d != pieces*work {
			t.Errorf("not busy: %v", d)
		}
		busy = true
		w.Give()
		time.Sleep(time.Hour) // a disk that hung
		from := time.Now()
		if w.Give(); time.Since(from) != most {
			t.Errorf("after a long piece: %v", time.Since(from))
		}
		cancel()
		time.Sleep(work)
		from = time.Now()
		w.Give()
		w.Wait()
		if d := time.Since(from); d != 0 {
			t.Errorf("with a context that has ended: %v", d)
		}
	})
}

// Work that can't be cut into small pieces waits until nobody wants the processors.
func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := time.Now()
		w := New(While(t.Context(), func() bool { return time.Since(from) < time.Minute }))
		if w.Wait(); time.Since(from) != time.Minute {
			t.Errorf("waited %v", time.Since(from))
		}
		if w.Wait(); time.Since(from) != time.Minute {
			t.Error("waited for nobody")
		}
	})
}

// Nobody has to ask for it.
func TestNobodyIsBusy(t *testing.T) {
	w := New(t.Context())
	w.Give()
	w.Wait()
}
