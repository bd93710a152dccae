package ui

import (
	"context"
	"sync/atomic"
	"time"

	"stipple/app/console"
)

// handEvery is how often it is looked at what the hand does: another program may
// hold the trigger, and the drawer has to say so.
const handEvery = 200 * time.Millisecond

// handWatch is what the drawer's own goroutine shares with the window's thread. The
// handpiece may be another process that does not answer; the window waits for none.
type handWatch struct {
	on   atomic.Bool   // the drawer is to be seen
	acts atomic.Uint64 // begins and ends of what this window's hand did
	seen atomic.Pointer[handSight]
	last *handSight // the one that is shown; of the window's thread
}

// handSight is what was seen, and how many acts there had been when the look began.
type handSight struct {
	state console.HandState
	err   error
	acts  uint64
}

// run looks at the hand until ctx ends, while the drawer is to be seen.
func (d *drawer) run(ctx context.Context) {
	t := time.NewTicker(handEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			if d.watch.on.Load() {
				d.look()
			}
		}
	}
}

// look sees what the hand does. It may wait, and runs on any goroutine.
func (d *drawer) look() {
	acts := d.watch.acts.Load()
	h := d.w.cfg.Desk.Handpiece()
	if h == nil {
		return
	}
	state, err := h.State()
	d.watch.seen.Store(&handSight{state, err, acts})
}

// tick shows what was seen last. What was seen before this window's hand did
// something is not so any more.
func (d *drawer) tick() {
	s := d.watch.seen.Load()
	if s == nil || s == d.watch.last || !d.w.view.Pen.HasHandpiece || s.acts != d.watch.acts.Load() {
		return
	}
	d.watch.last = s
	if d.blind = s.err; s.err == nil {
		d.trigger.SetHeld(s.state.Trigger)
		d.onSkin, d.tipOff = s.state.Contact, !s.state.Tip
		clear(d.raised)
		for _, name := range s.state.Faults {
			d.raised[name] = true
		}
		d.showHand()
	}
	d.showTrouble()
}
