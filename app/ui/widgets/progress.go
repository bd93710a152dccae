package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"stipple/app/ui/theme"
)

// Progress is a bar that fills up. What it is about stands beside it in words.
type Progress struct {
	base
	fraction float32
}

// progressTall is the height of the bar.
const progressTall float32 = 8

// NewProgress returns an empty bar.
func NewProgress() *Progress {
	p := &Progress{}
	p.ExtendBaseWidget(p)
	return p
}

// Set shows done of a whole; a whole of 0 is not known and leaves the bar empty.
func (p *Progress) Set(done, of int64) {
	f := float32(0)
	if of > 0 {
		f = min(max(float32(done)/float32(of), 0), 1)
	}
	if p.fraction != f {
		p.fraction = f
		p.Refresh()
	}
}

// CreateRenderer implements fyne.Widget.
func (p *Progress) CreateRenderer() fyne.WidgetRenderer {
	ground, bar := canvas.NewRectangle(color.Black), canvas.NewRectangle(color.Black)
	ground.CornerRadius, bar.CornerRadius = progressTall/2, progressTall/2
	return newDrawn(&drawn{
		owner:   p,
		objects: []fyne.CanvasObject{ground, bar},
		min:     func() fyne.Size { return fyne.NewSize(100, progressTall) },
		layout: func(s fyne.Size) {
			place(ground, 0, 0, s.Width, s.Height)
			place(bar, 0, 0, s.Width*p.fraction, s.Height)
		},
		paint: func() {
			ground.FillColor, bar.FillColor = ink(p, theme.Line), ink(p, theme.Accent)
		},
	})
}
