package widgets

import (
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"stipple/app/ui/theme"
)

// plate is a rounded ground with an outline. The outline lies under the ground,
// since the toolkit's stroke lies across the edge and is smeared over two pixels,
// and only where it is seen: a band along the top and one along the bottom, with
// the corners, and a strip at each side. A whole rectangle under the ground would
// paint most of the window twice, which without a graphics processor is a third of
// what a redraw costs.
type plate struct {
	top, bottom, left, right *canvas.Rectangle
	inner                    *canvas.Rectangle
	width, radius            float32
	open                     bool // nothing inside: then it has to be a stroke
}

func newPlate() *plate {
	clear := func() *canvas.Rectangle { return canvas.NewRectangle(color.Transparent) }
	return &plate{top: clear(), bottom: clear(), left: clear(), right: clear(), inner: clear()}
}

// outline are the parts that lie under the ground.
func (p *plate) outline() []*canvas.Rectangle {
	return []*canvas.Rectangle{p.top, p.bottom, p.left, p.right}
}

// under puts the plate under what stands on it.
func (p *plate) under(objects ...fyne.CanvasObject) []fyne.CanvasObject {
	return append([]fyne.CanvasObject{p.top, p.bottom, p.left, p.right, p.inner}, objects...)
}

// paint sets colours, the width of the outline and the radius.
func (p *plate) paint(fill, line color.Color, width, radius float32) {
	_, _, _, a := fill.RGBA()
	p.open, p.width, p.radius = a == 0, width, radius
	for _, r := range p.outline() {
		r.Hidden, r.FillColor = p.open || width <= 0, line
	}
	p.top.TopLeftCornerRadius, p.top.TopRightCornerRadius = radius, radius
	p.bottom.BottomLeftCornerRadius, p.bottom.BottomRightCornerRadius = radius, radius
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

// place gives the plate a whole size: each of its parts is rounded for itself, and
// what lies on top must not cover a line below.
func (p *plate) place(x, y, w, h float32) {
	w, h = whole(w), whole(h)
	d := p.width
	band := min(max(p.radius, d), h/2)
	place(p.top, x, y, w, band)
	place(p.bottom, x, y+h-band, w, band)
	place(p.left, x, y+band, d, max(h-2*band, 0))
	place(p.right, x+w-d, y+band, d, max(h-2*band, 0))
	if p.open {
		d = 0
	}
	place(p.inner, x+d, y+d, max(w-2*d, 0), max(h-2*d, 0))
}

func whole(v float32) float32 { return float32(math.Round(float64(v))) }
