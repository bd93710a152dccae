package ui

import (
	"testing"
	"time"

	"stipple/app/console"
	"stipple/app/ui/widgets"
)

func TestHistoryOfTheCharts(t *testing.T) {
	for _, c := range []struct {
		chosen, shown time.Duration
	}{
		{0, 10 * time.Second},
		{10 * time.Second, 10 * time.Second},
		{30 * time.Second, 30 * time.Second},
		{historyLongest, historyLongest},
		{time.Hour, 10 * time.Second}, // a preference that was written by hand
		{-time.Second, 10 * time.Second},
	} {
		if got := (Prefs{History: c.chosen}).history(); got != c.shown {
			t.Errorf("%v shows %v, want %v", c.chosen, got, c.shown)
		}
	}
	s := scaleOf(panelTemp, &livePanel{widget: &widgets.LivePanel{}}, &console.View{}, 30*time.Second)
	if s.Window != (30 * time.Second).Microseconds() {
		t.Errorf("window %d µs", s.Window)
	}
}
