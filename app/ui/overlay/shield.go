package overlay

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"stipple/app/ui/keys"
)

// shield takes every kind of pointer input, so that none reaches the page.
type shield struct {
	widget.BaseWidget
	layer *Layer
}

func newShield(l *Layer) *shield {
	s := &shield{layer: l}
	s.ExtendBaseWidget(s)
	return s
}

// Tapped closes a picker; other panels stay.
func (s *shield) Tapped(*fyne.PointEvent) {
	if p := s.layer.panel; p != nil && p.light {
		s.layer.Close()
	}
}

func (s *shield) TappedSecondary(*fyne.PointEvent) {}
func (s *shield) MouseDown(*desktop.MouseEvent)    { s.layer.router.Here() }
func (s *shield) MouseUp(*desktop.MouseEvent)      {}
func (s *shield) MouseIn(*desktop.MouseEvent)      {}
func (s *shield) MouseMoved(*desktop.MouseEvent)   {}
func (s *shield) MouseOut()                        {}
func (s *shield) Scrolled(*fyne.ScrollEvent)       {}
func (s *shield) Dragged(*fyne.DragEvent)          {}
func (s *shield) DragEnd()                         {}

func (s *shield) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(&fyne.Container{})
}

// still takes the pointer on the panel's own ground, which does nothing.
type still struct{ shield }

func newStill() *still {
	s := &still{}
	s.ExtendBaseWidget(s)
	return s
}

// Tapped does nothing.
func (s *still) Tapped(*fyne.PointEvent) {}

// MouseDown does nothing.
func (s *still) MouseDown(*desktop.MouseEvent) {}

// guard stands at an end of the panel in the order of the focus and sends the
// focus around to the other end.
type guard struct {
	widget.BaseWidget
	router *keys.Router
	on     func()
}

func newGuard(r *keys.Router, on func()) *guard {
	g := &guard{router: r, on: on}
	g.ExtendBaseWidget(g)
	return g
}

func (g *guard) FocusGained()              { g.on() }
func (g *guard) FocusLost()                {}
func (g *guard) TypedRune(rune)            {}
func (g *guard) TypedKey(*fyne.KeyEvent)   {}
func (g *guard) KeyDown(ev *fyne.KeyEvent) { g.router.KeyDown(ev) }
func (g *guard) KeyUp(ev *fyne.KeyEvent)   { g.router.KeyUp(ev) }

func (g *guard) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(&fyne.Container{})
}
