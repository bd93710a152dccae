package ui

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestABusyWindowGetsOneRedrawAtATime(t *testing.T) {
	var q Queue
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
		var q Queue
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
