package backup

import (
	"context"
	"time"
)

// GivingWay is a context in which a backup, and the reading of one, takes a small part of
// the processors while busy says so: while a pen can put anything out, a backup takes
// longer, and STOP does not. busy is called from any goroutine, for each chunk.
func GivingWay(ctx context.Context, busy func() bool) context.Context {
	return context.WithValue(ctx, busyKey{}, busy)
}

type busyKey struct{}

// way gives way, one chunk after the other.
type way struct {
	ctx  context.Context
	busy func() bool
	last time.Time // when the chunk before was done with
}

func newWay(ctx context.Context) way {
	busy, _ := ctx.Value(busyKey{}).(func() bool)
	return way{ctx: ctx, busy: busy}
}

// give pauses for some time as long as the work since the last pause, where somebody
// wants the processors.
func (w *way) give() {
	if w.busy == nil || !w.busy() {
		w.last = time.Time{}
		return
	}
	if !w.last.IsZero() {
		t := time.NewTimer(min(givenWay*time.Since(w.last), mostGiven))
		select {
		case <-t.C:
		case <-w.ctx.Done():
			t.Stop()
		}
	}
	w.last = time.Now()
}
