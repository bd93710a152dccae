package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"

	"stipple/app/ui/theme"
)

// StopButton is STOP: 262 x 112 at the bottom right of every page. It acts
// when it is pressed, not when it is released, cannot be disabled, and asks
// nothing. It takes no focus: by keyboard the router stops from anywhere, and
// a press on it leaves the focus of an open question where it was.
type StopButton struct {
	base
	word    string
	onStop  func()
	pressed bool
}

// NewStopButton returns the button. onStop is called on the window's thread
// at the press and must not block.
func NewStopButton(word string, onStop func()) *StopButton {
	b := &StopButton{word: word, onStop: onStop}
	b.ExtendBaseWidget(b)
	return b
}

// MouseDown stops, with any button of the pointer.
func (b *StopButton) MouseDown(*desktop.MouseEvent) {
	b.onStop()
	b.pressed = true
	b.Refresh()
}

// MouseUp shows the button at rest again.
func (b *StopButton) MouseUp(*desktop.MouseEvent) { b.release() }

// MouseIn implements desktop.Hoverable.
func (b *StopButton) MouseIn(*desktop.MouseEvent) {}

// MouseMoved implements desktop.Hoverable.
func (b *StopButton) MouseMoved(*desktop.MouseEvent) {}

// MouseOut shows the button at rest when the pointer is dragged off it.
func (b *StopButton) MouseOut() { b.release() }

func (b *StopButton) release() {
	if b.pressed {
		b.pressed = false
		b.Refresh()
	}
}

// CreateRenderer implements fyne.Widget.
func (b *StopButton) CreateRenderer() fyne.WidgetRenderer {
	ground, mark := canvas.NewRectangle(color.Transparent), newGlyph()
	var letters []*canvas.Text
	objects := []fyne.CanvasObject{ground, mark.Image}
	for _, c := range b.word {
		t := canvas.NewText(string(c), color.White)
		t.TextStyle = fyne.TextStyle{Bold: true}
		letters, objects = append(letters, t), append(objects, t)
	}
	const side, between, tracking = 44, 16, 4
	return newDrawn(&drawn{
		owner:   b,
		objects: objects,
		min:     func() fyne.Size { return fyne.NewSize(theme.StopWidth, theme.StopHeight) },
		layout: func(s fyne.Size) {
			place(ground, 0, 0, s.Width, s.Height)
			wide := float32(-tracking)
			for _, t := range letters {
				wide += t.MinSize().Width + tracking
			}
			x := (s.Width - side - between - wide) / 2
			place(mark, x, (s.Height-side)/2, side, side)
			x += side + between
			for _, t := range letters {
				m := t.MinSize()
				place(t, x, (s.Height-m.Height)/2, m.Width, m.Height)
				x += m.Width + tracking
			}
		},
		paint: func() {
			fill := theme.High
			if b.pressed {
				fill = theme.HighPressed
			}
			ground.FillColor, ground.CornerRadius = ink(b, fill), 14
			mark.set(shapeOctagon, ink(b, theme.OnHigh))
			for _, t := range letters {
				// The word is sized by the button, which never grows.
				t.Color, t.TextSize = ink(b, theme.OnHigh), stopTextSize
			}
		},
	})
}

// stopTextSize does not follow the text scale: STOP never changes its place
// or size.
const stopTextSize = 34
