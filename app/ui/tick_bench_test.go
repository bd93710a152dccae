package ui

import (
	"testing"
	"time"

	"fyne.io/fyne/v2/test"

	"stipple/app/ui/sample"
	"stipple/app/ui/theme"
)

// BenchmarkTick is one redraw on the window's thread without the drawing: a
// fresh status, all texts and charts of the Treat page. The window asks for 30
// a second.
func BenchmarkTick(b *testing.B) {
	test.NewApp()
	for _, s := range sample.New(library(b)).Scenes() {
		if s.Name != "treat-treating" {
			continue
		}
		d := &deskLog{Desk: s.Desk}
		live := s.Desk.Live()
		d.live = &live
		w, c := openDesk(s, d, Prefs{Mode: theme.Dark, Scale: theme.Scale100})
		c.Capture()
		now := sample.Now()
		w.cfg.Now = func() time.Time { return now }
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			now = now.Add(redrawEvery)
			live.Status.PowerMax = uint16(11_500 + 100*(i%5))
			live.Status.Depth.Max = uint16(1450 + 10*(i%6))
			w.tick()
		}
	}
}
