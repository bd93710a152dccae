package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"stipple/app/ui/keys"
	"stipple/app/ui/theme"
)

// RowButton is two lines of text that can be tapped as one: the patient at the
// top of a page, a record in a card.
type RowButton struct {
	pressable
	// Name is the button's name in a trace of the window.
	Name       string
	title, sub *Line
	disabled   bool
	onTap      func()
}

// NewRowButton returns a button without text; with a nil onTap it is plain.
func NewRowButton(r *keys.Router, onTap func()) *RowButton {
	b := &RowButton{title: NewLine(), sub: NewLine(), onTap: onTap}
	b.router = r
	b.onKey = func(k fyne.KeyName) {
		if isEnter(k) || k == fyne.KeySpace {
			b.Tapped(nil)
		}
	}
	b.ExtendBaseWidget(b)
	return b
}

// Set shows a title and a line under it.
func (b *RowButton) Set(title, sub []Run) {
	b.title.Set(title...)
	b.sub.Set(sub...)
}

// PartName is the button's name in a trace.
func (b *RowButton) PartName() string { return b.Name }

// SetDisabled takes the act away, such as while armed. The text stays as it
// is: who is treated is read then too.
func (b *RowButton) SetDisabled(v bool) {
	if b.disabled != v {
		b.disabled = v
		b.Refresh()
	}
}

// Disabled implements fyne.Disableable: without an act it takes no focus.
func (b *RowButton) Disabled() bool { return b.skipped(b.disabled || b.onTap == nil) }

// Enable implements fyne.Disableable.
func (b *RowButton) Enable() { b.SetDisabled(false) }

// Disable implements fyne.Disableable.
func (b *RowButton) Disable() { b.SetDisabled(true) }

// Tapped carries out the act.
func (b *RowButton) Tapped(*fyne.PointEvent) {
	if !b.Disabled() {
		b.onTap()
	}
}

// MouseDown takes the focus.
func (b *RowButton) MouseDown(*desktop.MouseEvent) {
	b.here()
	if !b.Disabled() {
		takeFocus(b)
	}
}

// MouseUp implements desktop.Mouseable.
func (b *RowButton) MouseUp(*desktop.MouseEvent) {}

// rowReach is how far the ground of a row button reaches out above and below it:
// two lines of text fill its height, and the ring must not touch them.
const rowReach = 5

// CreateRenderer implements fyne.Widget. The text stands at the very left, so
// that it lines up with what is under it; the ground reaches out by 8.
func (b *RowButton) CreateRenderer() fyne.WidgetRenderer {
	ground := newPlate()
	return newDrawn(&drawn{
		owner:   b,
		objects: ground.under(b.title, b.sub),
		min: func() fyne.Size {
			return fyne.NewSize(120, max(theme.Touch, b.title.MinSize().Height+b.sub.MinSize().Height-4))
		},
		layout: func(s fyne.Size) {
			ground.place(-8, -rowReach, s.Width+8, s.Height+2*rowReach)
			th, sh := b.title.MinSize().Height, b.sub.MinSize().Height
			top := (s.Height - th - sh + 4) / 2
			place(b.title, 0, top, s.Width-8, th)
			place(b.sub, 0, top+th-4, s.Width-8, sh)
		},
		paint: func() {
			var fill color.Color = color.Transparent
			if !b.Disabled() && b.hovered {
				fill = ink(b, theme.Raised)
			}
			ground.overlay(b, fill, b.focused && !b.Disabled())
		},
	})
}
