package ui

import (
	"sync/atomic"
	"time"

	"stipple/app/ui/widgets"
)

// Dispatch runs a function on the window's thread, now or soon, in the order
// of the calls. In the program it is fyne.Do; tests pass [Inline] or a
// queue's.
type Dispatch func(f func())

// Inline runs a function at once, on the caller's goroutine.
func Inline(f func()) { f() }

// Redraw asks the window's thread for a redraw and asks again only when the
// last one has finished, so that a busy window gets fewer redraws and never a
// queue of them.
type Redraw struct {
	dispatch Dispatch
	draw     func()
	asked    atomic.Bool
}

// NewRedraw returns a request for draw, which runs on the window's thread.
func NewRedraw(d Dispatch, draw func()) *Redraw { return &Redraw{dispatch: d, draw: draw} }

// Ask may be called from any goroutine. It returns false where a redraw that
// was asked for has not finished yet.
func (r *Redraw) Ask() bool {
	if !r.asked.CompareAndSwap(false, true) {
		return false
	}
	r.dispatch(func() {
		defer r.asked.Store(false)
		r.draw()
	})
	return true
}

// NewClock returns the clock of the house widgets. Each Every has a goroutine
// of its own, which ends with the stop that it returned; after stop was called
// on the window's thread, f is not called again.
func NewClock(d Dispatch) widgets.Clock {
	return widgets.Clock{
		Now: time.Now,
		Every: func(period time.Duration, f func()) func() {
			var stopped atomic.Bool
			done := make(chan struct{})
			tick := NewRedraw(d, func() {
				if !stopped.Load() {
					f()
				}
			})
			go func() {
				t := time.NewTicker(period)
				defer t.Stop()
				for {
					select {
					case <-done:
						return
					case <-t.C:
						tick.Ask()
					}
				}
			}()
			return func() {
				if stopped.CompareAndSwap(false, true) {
					close(done)
				}
			}
		},
	}
}
