package ui

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stipple/app/console"
)

func TestABusyWindowGetsOneRedrawAtATime(t *testing.T) {
	var q queue
	drawn := 0
	r := NewRedraw(q.Do, func() { drawn++ })
	if !r.Ask() {
		t.Fatal("the first request was refused")
	}
	for range 100 {
		if r.Ask() {
			t.Fatal("a second redraw was queued behind the first")
		}
	}
	if n := q.Run(); n != 1 || drawn != 1 {
		t.Fatalf("%d ran, %d drawn", n, drawn)
	}
	if !r.Ask() {
		t.Fatal("no redraw after the last had finished")
	}
}

func TestARedrawThatPanicsDoesNotBlockTheNext(t *testing.T) {
	r := NewRedraw(Inline, func() { panic("drawing") })
	func() {
		defer func() { _ = recover() }()
		r.Ask()
	}()
	r.draw = func() {}
	if !r.Ask() {
		t.Fatal("blocked for ever")
	}
}

func TestTheClockCallsEachPeriodUntilStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q queue
		c := NewClock(q.Do)
		calls := 0
		stop := c.Every(100*time.Millisecond, func() { calls++ })
		for range 5 {
			time.Sleep(100 * time.Millisecond) // of the bubble's own time
			synctest.Wait()
			q.Run()
		}
		if calls != 5 {
			t.Errorf("%d calls in 500 ms", calls)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if n := q.Run(); n != 1 {
			t.Errorf("%d calls waited for a busy window", n)
		}
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		stop()
		stop() // twice does no harm
		before := calls
		q.Run()
		time.Sleep(time.Second)
		synctest.Wait()
		q.Run()
		if calls != before {
			t.Errorf("%d calls after stop", calls-before)
		}
	})
}

// A window that waits redraws 20 times a second, one whose pen can put out asks
// for 31. A new view is drawn at once by the one, and comes with the next redraw of
// the other: one more would only keep the stop keys waiting.
func TestThePaceFollowsThePen(t *testing.T) {
	w, d := use(t, "treat-standby")
	now := 0 // redraws that Refresh makes at once
	perSecond := func() int {
		n := 0
		synctest.Test(t, func(t *testing.T) {
			w.redraw = NewRedraw(Inline, func() { n++ })
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second+time.Millisecond)
			defer cancel()
			w.Start(ctx)
			<-ctx.Done()
			synctest.Wait()
			before := n
			w.Refresh()
			now = n - before
		})
		return n / 10
	}
	for _, c := range []struct {
		phase console.Phase
		arm   console.ArmState
		want  int
	}{
		{console.Standby, console.ArmBlocked, 20},
		{console.Standby, console.Arming, 31},
		{console.Ready, console.ArmArmed, 31},
		{console.Treating, console.ArmArmed, 31},
		{console.Disconnected, console.ArmBlocked, 20},
	} {
		d.change(w, func(v *console.View) { v.Pen.Phase, v.Arm.State = c.phase, c.arm })
		if got := perSecond(); got != c.want {
			t.Errorf("%s: %d redraws a second, want %d", c.phase, got, c.want)
		}
		if atOnce := c.want == 20; (now == 1) != atOnce {
			t.Errorf("%s: %d redraws at once for a new view", c.phase, now)
		}
	}
}

// queue keeps functions until the test that owns the window's thread runs
// them. Do may be called from any goroutine.
type queue struct {
	mu    sync.Mutex
	funcs []func()
}

// Do keeps a function.
func (q *queue) Do(f func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.funcs = append(q.funcs, f)
}

// Run runs what is kept, including what that adds, and returns how many ran.
func (q *queue) Run() int {
	n := 0
	for {
		q.mu.Lock()
		if len(q.funcs) == 0 {
			q.mu.Unlock()
			return n
		}
		f := q.funcs[0]
		q.funcs = q.funcs[1:]
		q.mu.Unlock()
		f()
		n++
	}
}
