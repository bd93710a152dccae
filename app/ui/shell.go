package ui

import (
	"fyne.io/fyne/v2"

	"stipple/app/ui/theme"
)

// The measures of the shell that the theme does not name.
const (
	stopSide   float32 = 18 // STOP's distance from the right
	stopBottom float32 = 16 // and from the bottom edge
	footHeight float32 = 2*theme.Touch + 6
	drawerWide float32 = 330
	drawerTall float32 = 250
	// drawerTallLeast is that of a drawer without title and hint.
	drawerTallLeast float32 = 196
	edgeWide        float32 = 8 // of the hatched line: what lies outside the window
	edgeSeen        float32 = 4 // and what is seen
)

// shell places what stands around the pages. STOP, the strip and the band of
// alarms have the same place on every page; the house layer covers neither.
type shell struct{ w *Window }

// MinSize is the smallest window that the pages are made for.
func (l *shell) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(1180, 700) }

// Layout places everything.
func (l *shell) Layout(_ []fyne.CanvasObject, s fyne.Size) {
	w := l.w
	top := theme.StripHeight + theme.BannerHeight
	put(w.under, 0, 0, s.Width, s.Height)
	put(w.strip, 0, 0, s.Width, theme.StripHeight)
	put(w.band.object, 0, theme.StripHeight, s.Width, theme.BannerHeight)
	put(w.nav, 0, top, theme.NavWidth, s.Height-top)
	put(w.foot.object, 0, s.Height-footHeight-8, theme.NavWidth-1, footHeight)
	stopX, stopY := s.Width-stopSide-theme.StopWidth, s.Height-stopBottom-theme.StopHeight
	put(w.stop, stopX, stopY, theme.StopWidth, theme.StopHeight)
	liveX := s.Width - theme.LiveWidth
	put(w.live.object, liveX, top, theme.LiveWidth, s.Height-top)
	w.live.setRoom(stopY - top)
	for _, p := range w.pages {
		wide := s.Width - theme.NavWidth
		if p == w.pages[0] {
			wide = liveX - theme.NavWidth
		}
		put(p.Content(), theme.NavWidth, top, wide, s.Height-top)
	}
	put(w.drawer.object, liveX-drawerWide, s.Height-w.drawer.tall(), drawerWide, w.drawer.tall())
	put(w.alarm.object, 0, top, s.Width, s.Height-top)
	put(w.lock.Object(), 0, top, s.Width, s.Height-top)
	// The layer begins under strip and alarms and leaves STOP's corner free.
	put(w.layer.Object(), 0, top, s.Width, s.Height-top)
	// Only the lower edge of the badge is seen: a hatched line along the top.
	put(w.edge, -edgeWide, -edgeWide, s.Width+2*edgeWide, edgeWide+edgeSeen)
}

// stopCorner is the corner at the bottom right that nothing covers.
func stopCorner() fyne.Size {
	return fyne.NewSize(theme.StopWidth+stopSide+stopBottom, theme.StopHeight+2*stopBottom)
}

// arrange places everything again, such as after a page changed.
func (w *Window) arrange() {
	onTreat := w.Page() == w.treat.Name()
	setVisible(w.live.object, onTreat)
	setVisible(w.edge, w.view.Pen.Simulated)
	open := w.drawer.open && w.view.Pen.HasHandpiece && onTreat
	setVisible(w.drawer.object, open)
	w.drawer.watch.on.Store(open)
	before := w.drawer.tall()
	w.drawer.fit()
	if w.drawer.tall() != before {
		w.root.Refresh()
	}
	w.treat.SetDrawer(open)
}

func setVisible(o fyne.CanvasObject, visible bool) {
	switch {
	case visible && !o.Visible():
		o.Show()
	case !visible && o.Visible():
		o.Hide()
	}
}
