// Package giveway is how long work gives way: while a pen can put anything out, a backup,
// or a check of the whole store, takes a small part of the processors and so takes longer,
// and STOP does not.
package giveway

import (
	"context"
	"time"
)

const (
	// share is how many times as long as it has worked somebody pauses: they take a
	// twentieth of a processor then.
	share = 20
	// least is how long they may work before a pause is worth its timer; STOP may have to
	// wait for so much.
	least = 250 * time.Microsecond
	// most bounds one pause: a piece that took longer has mostly waited, such as for a disk.
	// The few that are long work take a larger share.
	most = 50 * time.Millisecond
	// look is how often Wait looks whether somebody is busy.
	look = 50 * time.Millisecond
)

// While is a context in which long work gives way while busy says so. busy is called from
// any goroutine, very often.
func While(ctx context.Context, busy func() bool) context.Context {
	return context.WithValue(ctx, busyKey{}, busy)
}

type busyKey struct{}

// Way is one piece of long work, of one goroutine. What another Way pauses in between
// counts as work: a piece has one.
type Way struct {
	ctx  context.Context
	busy func() bool
	from time.Time // when it began to work again; zero: nobody was busy
}

// New begins a piece of work in a context of While; in any other it never pauses.
func New(ctx context.Context) *Way {
	busy, _ := ctx.Value(busyKey{}).(func() bool)
	return &Way{ctx: ctx, busy: busy}
}

// Give pauses in proportion to the work since the last pause, where somebody is busy. It
// belongs behind each piece that takes less than a millisecond.
func (w *Way) Give() {
	switch {
	case w.busy == nil || !w.busy():
		w.from = time.Time{}
		return
	case w.from.IsZero():
		w.from = time.Now()
		return
	}
	worked := time.Since(w.from)
	if worked < least {
		return
	}
	w.pause(min(share*worked, most))
	w.from = time.Now()
}

// Wait pauses until nobody is busy. It is for work whose pieces take longer, and for what
// is in no hurry.
func (w *Way) Wait() {
	for w.busy != nil && w.busy() && w.ctx.Err() == nil {
		w.pause(look)
	}
}

// pause ends with the context, too.
func (w *Way) pause(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-w.ctx.Done():
	}
}
