package overlay

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"stipple/app/ui/keys"
)

// Blind takes every kind of pointer input and does nothing with it, so that none
// reaches what lies under it. It draws nothing.
type Blind struct {
	widget.BaseWidget
	router *keys.Router
}

// NewBlind returns a blind. A press on it tells the router that a person is
// here; nil: nobody is told.
func NewBlind(r *keys.Router) *Blind {
	b := &Blind{router: r}
	b.ExtendBaseWidget(b)
	return b
}

// Tapped does nothing, as all of the others.
func (b *Blind) Tapped(*fyne.PointEvent) {}

// TappedSecondary implements fyne.SecondaryTappable.
func (b *Blind) TappedSecondary(*fyne.PointEvent) {}

// MouseDown tells that a person is here.
func (b *Blind) MouseDown(*desktop.MouseEvent) {
	if b.router != nil {
		b.router.Here()
	}
}

// MouseUp implements desktop.Mouseable.
func (b *Blind) MouseUp(*desktop.MouseEvent) {}

// MouseIn implements desktop.Hoverable.
func (b *Blind) MouseIn(*desktop.MouseEvent) {}

// MouseMoved implements desktop.Hoverable.
func (b *Blind) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (b *Blind) MouseOut() {}

// Scrolled implements fyne.Scrollable.
func (b *Blind) Scrolled(*fyne.ScrollEvent) {}

// Dragged implements fyne.Draggable.
func (b *Blind) Dragged(*fyne.DragEvent) {}

// DragEnd implements fyne.Draggable.
func (b *Blind) DragEnd() {}

// CreateRenderer implements fyne.Widget.
func (b *Blind) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(&fyne.Container{})
}

// shield keeps the pointer from the page under a panel.
type shield struct {
	Blind
	layer *Layer
}

func newShield(l *Layer) *shield {
	s := &shield{Blind: Blind{router: l.router}, layer: l}
	s.ExtendBaseWidget(s)
	return s
}

// Tapped closes a picker; other panels stay.
func (s *shield) Tapped(*fyne.PointEvent) {
	if p := s.layer.panel; p != nil && p.light {
		s.layer.Close()
	}
}

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
