package widgets

import (
	"testing"
	"time"

	"stipple/app/chart"
	"stipple/app/ui/theme"
)

// A chart is drawn again only where that would show something else.
func TestAChartIsDrawnOnlyWhenItChanges(t *testing.T) {
	b := newBench(t, theme.Dark, theme.Scale100)
	series := chart.NewSeries(100, time.Second.Microseconds())
	p := NewLivePanel("Depth", series)
	p.SetScale(LiveScale{High: 100, Window: (10 * time.Second).Microseconds()})
	b.put(p, 0, 0, 262, 90)
	now := (1000 * time.Second).Microseconds()
	p.Redraw(now)
	b.write("live") // the first drawing tells how many pixels there are
	p.Redraw(now)
	pixel := (10 * time.Second).Microseconds() / int64(p.img.Rect.Dx())

	if p.Redraw(now + pixel/2) {
		t.Error("drawn for half a pixel")
	}
	if !p.Redraw(now + pixel + 1) {
		t.Error("not drawn though the cursor moved by a pixel")
	}
	series.Add(now+pixel+1, 50)
	if !p.Redraw(now + pixel + 1) {
		t.Error("not drawn though a sample came")
	}
	if p.Redraw(now + pixel + 1) {
		t.Error("drawn though nothing changed")
	}
	if !p.Redraw(now + pixel + 1 + (10 * time.Second).Microseconds()) {
		t.Error("not drawn a whole sweep later")
	}
	series.Clear()
	if !p.Redraw(now + pixel + 1 + (10 * time.Second).Microseconds()) {
		t.Error("not drawn though the series is empty")
	}
}
