package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"

	"stipple/app/ui/theme"
)

// LimitBarState is what a limit bar shows, all in one unit, such as µm.
type LimitBarState struct {
	Min, Max             int64 // what the pen can do: the whole bar
	LowBound, HighBound  int64 // the effective range; its ends are the binding bounds
	NoBounds             bool  // there is no effective range: neither it nor its ends are drawn
	RecLow, RecHigh      int64 // the recommended range; equal: none
	Set, Measured        int64
	HasSet, HasMeasured  bool
	Refused              bool // the set value lies outside the effective range
	MeasuredOutOfBalance bool // measured and set disagree beyond tolerance
}

// LimitBar shows a value in its ranges. Dragging it previews a value and never
// applies one.
type LimitBar struct {
	base
	state     LimitBarState
	locked    bool
	dragging  bool
	onPreview func(value int64, done bool)
}

// NewLimitBar returns a bar. onPreview gets the value under the pointer while
// it is dragged, not rounded to any step, and once more with done when it is
// let go; nil makes the bar a picture.
func NewLimitBar(onPreview func(value int64, done bool)) *LimitBar {
	b := &LimitBar{onPreview: onPreview}
	b.ExtendBaseWidget(b)
	return b
}

// Set shows a state.
func (b *LimitBar) Set(s LimitBarState) {
	if b.state != s {
		b.state = s
		b.Refresh()
	}
}

// PartName is the bar's name in a trace.
func (b *LimitBar) PartName() string { return "bar" }

// SetLocked stops dragging, such as while armed.
func (b *LimitBar) SetLocked(v bool) { b.locked = v }

// Disabled says that the bar can't be dragged.
func (b *LimitBar) Disabled() bool { return b.locked }

// barInset leaves room for half a knob at both ends.
const barInset = 8

// at is the place of a value.
func (b *LimitBar) at(v int64, width float32) float32 {
	s := b.state
	if s.Max <= s.Min {
		return barInset
	}
	v = min(max(v, s.Min), s.Max)
	return barInset + float32(float64(v-s.Min)/float64(s.Max-s.Min))*(width-2*barInset)
}

// value is what a place stands for.
func (b *LimitBar) value(x float32) int64 {
	s, w := b.state, b.Size().Width-2*barInset
	if w <= 0 || s.Max <= s.Min {
		return s.Min
	}
	f := float64(min(max((x-barInset)/w, 0), 1))
	return s.Min + int64(f*float64(s.Max-s.Min)+0.5)
}

func (b *LimitBar) preview(x float32, done bool) {
	if b.onPreview != nil && !b.locked {
		b.onPreview(b.value(x), done)
	}
}

// Dragged previews the value under the pointer.
func (b *LimitBar) Dragged(ev *fyne.DragEvent) {
	b.dragging = true
	b.preview(ev.Position.X, false)
}

// DragEnd ends the preview.
func (b *LimitBar) DragEnd() {
	if !b.dragging {
		return
	}
	b.dragging = false
	if b.onPreview != nil && !b.locked {
		b.onPreview(b.state.Set, true)
	}
}

// Tapped previews the value at a point of the bar.
func (b *LimitBar) Tapped(ev *fyne.PointEvent) { b.preview(ev.Position.X, true) }

// Cursor tells that the bar can be dragged.
func (b *LimitBar) Cursor() desktop.Cursor {
	if b.onPreview == nil || b.locked {
		return desktop.DefaultCursor
	}
	return desktop.HResizeCursor
}

// CreateRenderer implements fyne.Widget.
func (b *LimitBar) CreateRenderer() fyne.WidgetRenderer {
	track, allowed := canvas.NewRectangle(color.Black), canvas.NewRectangle(color.Black)
	recommended := canvas.NewRectangle(color.Black)
	low, high := canvas.NewRectangle(color.Black), canvas.NewRectangle(color.Black)
	knob, marker := canvas.NewCircle(color.Black), newGlyph()
	const height, thick, tick, knobSide, markSide = 32, 8, 20, 13, 14
	return newDrawn(&drawn{
		owner:   b,
		objects: []fyne.CanvasObject{track, allowed, recommended, low, high, marker.Image, knob},
		min:     func() fyne.Size { return fyne.NewSize(100, height) },
		layout: func(sz fyne.Size) {
			s, w := b.state, sz.Width
			mid := sz.Height/2 - 4
			span := func(r *canvas.Rectangle, from, to int64) {
				x := b.at(from, w)
				place(r, x, mid-thick/2, max(b.at(to, w)-x, 0), thick)
			}
			span(track, s.Min, s.Max)
			span(allowed, s.LowBound, s.HighBound)
			span(recommended, max(s.RecLow, s.LowBound), min(s.RecHigh, s.HighBound))
			place(low, b.at(s.LowBound, w)-1.5, mid-tick/2, 3, tick)
			place(high, b.at(s.HighBound, w)-1.5, mid-tick/2, 3, tick)
			place(knob, b.at(s.Set, w)-knobSide/2.0, mid-knobSide/2.0, knobSide, knobSide)
			place(marker, b.at(s.Measured, w)-markSide/2, mid+knobSide/2.0-0.5, markSide, markSide-3)
		},
		paint: func() {
			s := b.state
			track.FillColor, track.CornerRadius = ink(b, theme.Line), thick/2
			allowed.FillColor, allowed.CornerRadius = ink(b, theme.Allowed), 2
			recommended.FillColor, recommended.CornerRadius = ink(b, theme.Recommended), 2
			recommended.Hidden = s.NoBounds || s.RecHigh <= s.RecLow
			low.FillColor, high.FillColor = ink(b, theme.Bound), ink(b, theme.Bound)
			low.CornerRadius, high.CornerRadius = 1, 1
			allowed.Hidden, low.Hidden, high.Hidden = s.NoBounds, s.NoBounds, s.NoBounds
			knob.FillColor, knob.Hidden = ink(b, theme.Text), !s.HasSet
			knob.StrokeColor, knob.StrokeWidth = ink(b, theme.Panel), 1
			if s.Refused {
				knob.FillColor = ink(b, theme.HighInk)
			}
			shade := theme.Text
			if s.MeasuredOutOfBalance {
				shade = theme.MediumInk
			}
			if s.HasMeasured {
				marker.set(shapeUp, ink(b, shade))
			} else {
				marker.set(IconNone, color.Black)
			}
		},
	})
}
