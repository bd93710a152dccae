package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"stipple/app/ui/keys"
	"stipple/app/ui/theme"
)

// LineButton is a line of text that can be tapped, without a frame of its own
// until the focus or the pointer is on it.
type LineButton struct {
	pressable
	// Name is the line's name in a trace of the window.
	Name  string
	line  *Line
	onTap func()
	// barInk is the colour of the words of the bar that the line stands on; ""
	// stands on a page.
	barInk fyne.ThemeColorName
}

// NewLineButton returns a line that calls onTap; with nil it is plain text.
func NewLineButton(r *keys.Router, onTap func(), runs ...Run) *LineButton {
	b := &LineButton{line: NewLine(runs...), onTap: onTap}
	b.router = r
	b.onKey = func(k fyne.KeyName) {
		if isEnter(k) || k == fyne.KeySpace {
			b.tap()
		}
	}
	b.ExtendBaseWidget(b)
	return b
}

// Set shows other runs.
func (b *LineButton) Set(runs ...Run) { b.line.Set(runs...) }

// Text is what the line says.
func (b *LineButton) Text() string { return b.line.Text() }

// NaturalWidth is the width at which nothing is cut.
func (b *LineButton) NaturalWidth() float32 { return b.line.NaturalWidth() + 16 }

// fits says whether nothing is cut in a width.
func (b *LineButton) fits(width float32) bool {
	inner := width - 16
	return b.line.widthAt(b.line.factor(inner)) <= inner
}

// Disabled implements fyne.Disableable: a line without an act takes no focus.
func (b *LineButton) Disabled() bool { return b.onTap == nil }

// Enable implements fyne.Disableable and does nothing.
func (b *LineButton) Enable() {}

// Disable implements fyne.Disableable and does nothing.
func (b *LineButton) Disable() {}

// PartName is the line's name in a trace.
func (b *LineButton) PartName() string { return b.Name }

// Tapped carries out the act.
func (b *LineButton) Tapped(*fyne.PointEvent) { b.tap() }

// MouseDown shows the press.
func (b *LineButton) MouseDown(*desktop.MouseEvent) {
	b.here()
	if b.onTap == nil {
		return
	}
	takeFocus(b)
	b.pressed = true
	b.Refresh()
}

// MouseUp ends the press.
func (b *LineButton) MouseUp(*desktop.MouseEvent) {
	b.pressed = false
	b.Refresh()
}

func (b *LineButton) tap() {
	if b.onTap != nil {
		b.onTap()
	}
}

// CreateRenderer implements fyne.Widget.
func (b *LineButton) CreateRenderer() fyne.WidgetRenderer {
	ground := newPlate()
	return newDrawn(&drawn{
		owner:   b,
		objects: ground.under(b.line),
		min: func() fyne.Size {
			return fyne.NewSize(theme.Touch, max(theme.Touch, b.line.MinSize().Height))
		},
		layout: func(s fyne.Size) {
			ground.place(0, 4, s.Width, s.Height-8)
			place(b.line, 8, 0, s.Width-16, s.Height)
		},
		paint: func() {
			var fill color.Color = color.Transparent
			if b.barInk != "" {
				width := float32(0)
				if b.focused || b.hovered {
					width = focusWidth / 2
				}
				if b.focused {
					width = focusWidth
				}
				ground.paint(fill, ink(b, b.barInk), width, theme.ControlRadius)
				return
			}
			if b.onTap != nil && (b.hovered || b.pressed) {
				fill = ink(b, b.ground(theme.Raised, theme.Pressed))
			}
			ground.overlay(b, fill, b.focused)
		},
	})
}
