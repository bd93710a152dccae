package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"stipple/app/ui/theme"
)

// plate is a rounded ground with an outline. The outline is a rectangle under
// a smaller one, since the toolkit's stroke lies across the edge and is smeared
// over two pixels.
type plate struct {
	outer, inner *canvas.Rectangle
	width        float32
	open         bool // nothing inside: then it has to be a stroke
}

func newPlate() *plate {
	return &plate{outer: canvas.NewRectangle(color.Transparent), inner: canvas.NewRectangle(color.Transparent)}
}

// paint sets colours, the width of the outline and the radius.
func (p *plate) paint(fill, line color.Color, width, radius float32) {
	_, _, _, a := fill.RGBA()
	p.open, p.width = a == 0, width
	p.outer.Hidden = p.open || width <= 0
	p.outer.FillColor, p.outer.CornerRadius = line, radius
	p.inner.FillColor, p.inner.CornerRadius = fill, max(radius-width, 0)
	p.inner.StrokeWidth, p.inner.Hidden = 0, p.open && width <= 0
	if p.open {
		p.inner.CornerRadius = radius
		p.inner.StrokeColor, p.inner.StrokeWidth = line, width
	}
}

// control paints the ground of a control with its own line or the focus ring.
func (p *plate) control(w styled, fill color.Color, line fyne.ThemeColorName, focused bool) {
	if focused {
		p.paint(fill, ink(w, theme.Accent), focusWidth, theme.ControlRadius)
		return
	}
	p.paint(fill, ink(w, line), 1, theme.ControlRadius)
}

// overlay paints a ground that only the pointer or the focus shows.
func (p *plate) overlay(w styled, fill color.Color, focused bool) {
	width := float32(0)
	if focused {
		width = focusWidth
	}
	p.paint(fill, ink(w, theme.Accent), width, theme.ControlRadius)
}

// focusWidth is the width of the focus ring.
const focusWidth = 2

func (p *plate) place(x, y, w, h float32) {
	place(p.outer, x, y, w, h)
	d := p.width
	if p.open {
		d = 0
	}
	place(p.inner, x+d, y+d, max(w-2*d, 0), max(h-2*d, 0))
}
