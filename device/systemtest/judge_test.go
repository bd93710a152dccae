package systemtest

import (
	"testing"
	"time"

	"stipple/device/observer"
	"stipple/device/sim"
	"stipple/protocol"
)

// What leaks beside a pulse is none of its record, but no more than that.
func TestWithoutLeak(t *testing.T) {
	w := &world{spans: map[string][]span{sim.SwitchRFLeak: {{time.Second, 2 * time.Second}}}}
	for _, c := range []struct {
		name         string
		at           time.Duration
		flowed, want protocol.Microjoules
	}{
		{"as told", time.Second, 10_000, 10_000},
		{"what leaked", time.Second, 16_000, 10_000},
		{"more than can leak", time.Second, 40_000, 20_000},
		{"less than told", time.Second, 8_000, 8_000},
		{"no leak", 3 * time.Second, 16_000, 16_000},
	} {
		d := observer.Delivery{Start: c.at, End: c.at + 20*time.Millisecond, Energy: c.flowed}
		if got := w.withoutLeak(d, 10_000); got != c.want {
			t.Errorf("%s: %d uJ, want %d", c.name, got, c.want)
		}
	}
}

// A pull in which the drive stood for a moment is one pull.
func TestPullStrokes(t *testing.T) {
	at := func(s int, strokes int) observer.Delivery {
		return observer.Delivery{Start: time.Duration(s) * time.Second, End: time.Duration(s+1) * time.Second, Strokes: strokes}
	}
	moved := []observer.Delivery{at(1, 10), at(3, 20), at(5, 40), at(7, 80)}
	w := &world{spans: map[string][]span{sim.SwitchMotorStall: {{1500 * time.Millisecond, 2500 * time.Millisecond}, {6 * time.Second, 7 * time.Second}}}}
	for _, c := range []struct {
		name string
		from int
		end  time.Duration
		want int
	}{
		{"it stood in between", 0, 10 * time.Second, 30},
		{"the pull was over", 0, 2 * time.Second, 10},
		{"it did not stand", 1, 10 * time.Second, 20},
		{"the last", 3, 10 * time.Second, 80},
	} {
		found := make([]bool, len(moved))
		if got := pullStrokes(w, moved, found, c.from, c.end); got != c.want || !found[c.from] {
			t.Errorf("%s: %d strokes, want %d; found %v", c.name, got, c.want, found)
		}
	}
}
