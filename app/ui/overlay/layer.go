package overlay

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"stipple/app/ui/keys"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
)

// margin keeps a panel off the edges of the layer.
const margin float32 = 16

// Layer shows one panel at a time over a page.
type Layer struct {
	// OnChange is told when something opens and when all is closed. It may be
	// nil.
	OnChange func(open bool)

	router *keys.Router
	canvas fyne.Canvas
	free   fyne.Size
	object *fyne.Container
	// upper and lower are the shields that keep the page from being used.
	upper, lower *shield
	first, last  *guard
	panel        *panel
	before       fyne.Focusable
	wrapping     bool
}

// New returns a closed layer for a canvas. The corner of the size free at the
// bottom right is never covered: STOP stands there. The layer takes the
// router's Escape and Tab.
func New(r *keys.Router, c fyne.Canvas, free fyne.Size) *Layer {
	l := &Layer{router: r, canvas: c, free: free}
	l.upper, l.lower = newShield(l), newShield(l)
	l.first, l.last = newGuard(r, l.toLast), newGuard(r, l.toFirst)
	l.object = container.New(&place{layer: l})
	l.object.Hide()
	r.OnEscape = l.escape
	r.OnTab = func() {
		if l.IsOpen() {
			l.toFirst()
		}
	}
	return l
}

// Object is the layer itself, to be put over the page in a stack that begins
// below the status strip and ends at the bottom right corner of the window.
func (l *Layer) Object() fyne.CanvasObject { return l.object }

// IsOpen reports whether something is open.
func (l *Layer) IsOpen() bool { return l.panel != nil }

// Close closes what is open, as if it had been cancelled.
func (l *Layer) Close() {
	if p := l.shut(); p != nil && p.onCancel != nil {
		p.onCancel()
	}
}

// Aside closes what is open although nobody has closed it: a STOP, another page.
// What was being written goes to who keeps it; everything else counts as
// cancelled.
func (l *Layer) Aside() {
	p := l.shut()
	switch {
	case p == nil:
	case p.onAside != nil:
		p.onAside()
	case p.onCancel != nil:
		p.onCancel()
	}
}

// escape closes by key.
func (l *Layer) escape() bool {
	if !l.IsOpen() {
		return false
	}
	l.Close()
	return true
}

// show opens a panel in place of what is open.
func (l *Layer) show(p *panel) {
	before := l.canvas.Focused()
	if l.IsOpen() {
		before = l.before
		l.Aside() // help over a form takes nothing that was typed
	}
	l.panel, l.before = p, before
	shade := func(s *shield) *fyne.Container {
		return container.NewStack(widgets.NewGround(theme.Scrim), s)
	}
	l.object.Objects = []fyne.CanvasObject{shade(l.upper), shade(l.lower), l.first, p.object, l.last}
	l.object.Show()
	l.object.Refresh()
	l.canvas.Unfocus()
	if p.focus != nil {
		l.canvas.Focus(p.focus)
	} else {
		l.toFirst()
	}
	if l.OnChange != nil {
		l.OnChange(true)
	}
}

// shut takes the panel away and gives the focus back.
func (l *Layer) shut() *panel {
	p := l.panel
	if p == nil {
		return nil
	}
	l.canvas.Unfocus()
	l.panel = nil
	l.object.Objects = nil
	l.object.Hide()
	l.object.Refresh()
	if l.before != nil {
		l.canvas.Focus(l.before)
	}
	l.before = nil
	if l.OnChange != nil {
		l.OnChange(false)
	}
	return p
}

// toFirst focuses the first control of the panel, from wherever the focus is.
func (l *Layer) toFirst() { l.around(l.first, l.canvas.FocusNext) }

// toLast focuses the last one.
func (l *Layer) toLast() { l.around(l.last, l.canvas.FocusPrevious) }

// around goes on from a guard. The toolkit knows only a chain through the whole
// window; the guards at both ends of the panel bend it into a ring.
func (l *Layer) around(from *guard, on func()) {
	if l.wrapping || !l.IsOpen() {
		return
	}
	l.wrapping = true
	l.canvas.Focus(from)
	on()
	l.wrapping = false
}

// place lays the layer out.
type place struct{ layer *Layer }

// MinSize asks for nothing: the page under the layer has a size.
func (p *place) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(1, 1) }

// Layout covers all but the free corner, and puts the panel left of it.
func (p *place) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	l := p.layer
	if l.panel == nil || len(objects) == 0 {
		return
	}
	top := max(s.Height-l.free.Height, 0)
	set(objects[0], 0, 0, s.Width, top)
	set(objects[1], 0, top, max(s.Width-l.free.Width, 0), s.Height-top)
	set(l.first, 0, 0, 1, 1)
	set(l.last, 0, 0, 1, 1)
	area := fyne.NewSize(max(s.Width-l.free.Width-2*margin, 0), max(s.Height-2*margin, 0))
	want := l.panel.measure(area)
	size := fyne.NewSize(min(want.Width, area.Width), min(want.Height, area.Height))
	x, y := margin+(area.Width-size.Width)/2, margin+(area.Height-size.Height)/2
	if at, ok := l.below(); ok {
		x = min(max(at.X, margin), margin+area.Width-size.Width)
		y = min(max(at.Y, margin), margin+area.Height-size.Height)
	}
	set(l.panel.object, x, y, size.Width, size.Height)
}

// anchorGap is the space between a control and the picker that it opened.
const anchorGap = 4

// below is where a panel opens under its anchor, in the layer's coordinates;
// false where the panel has none that is on show.
func (l *Layer) below() (fyne.Position, bool) {
	if l.panel.anchor == nil {
		return fyne.Position{}, false
	}
	d := fyne.CurrentApp().Driver()
	at := d.AbsolutePositionForObject(l.panel.anchor)
	if at.IsZero() {
		return at, false
	}
	at = at.Subtract(d.AbsolutePositionForObject(l.object))
	return at.AddXY(0, l.panel.anchor.Size().Height+anchorGap), true
}

func set(o fyne.CanvasObject, x, y, w, h float32) {
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(w, h))
}
