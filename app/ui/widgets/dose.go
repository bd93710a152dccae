package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"stipple/app/ui/theme"
)

// DoseBar shows how much of a cap is used, by a bar and by words.
type DoseBar struct {
	base
	label, words *Line
	part, cap    int64
}

// NewDoseBar returns an empty bar.
func NewDoseBar() *DoseBar {
	d := &DoseBar{label: NewLine(), words: NewLine()}
	d.ExtendBaseWidget(d)
	return d
}

// Set shows part of cap, in the same unit, with the label before the bar and
// the words after it: "48", "of 62 mJ/pin". A part over the cap is drawn as
// full, in the colour of a refusal; a cap of 0 as empty.
func (d *DoseBar) Set(label string, part, cap int64, words ...Run) {
	if d.part == part && d.cap == cap && d.label.Text() == label && sameRuns(d.words.runs, words) {
		return
	}
	d.label.Set(Muted(label))
	d.words.Set(words...)
	d.part, d.cap = part, cap
	d.Refresh()
}

// NaturalWidth is the width at which nothing is cut.
func (d *DoseBar) NaturalWidth() float32 {
	return d.label.NaturalWidth() + d.words.NaturalWidth() + doseBarWidth + 20
}

const doseBarWidth float32 = 120

// CreateRenderer implements fyne.Widget.
func (d *DoseBar) CreateRenderer() fyne.WidgetRenderer {
	track, fill := canvas.NewRectangle(color.Black), canvas.NewRectangle(color.Black)
	const thick, gap = 14, 8
	return newDrawn(&drawn{
		owner:   d,
		objects: []fyne.CanvasObject{d.label, track, fill, d.words},
		min:     func() fyne.Size { return fyne.NewSize(d.NaturalWidth(), d.words.MinSize().Height) },
		layout: func(s fyne.Size) {
			x := d.label.NaturalWidth() + 1
			place(d.label, 0, 0, x, s.Height)
			x += gap
			place(track, x, (s.Height-thick)/2, doseBarWidth, thick)
			full := float32(0)
			if d.cap > 0 && d.part > 0 {
				full = doseBarWidth * float32(min(float64(d.part)/float64(d.cap), 1))
			}
			place(fill, x, (s.Height-thick)/2, full, thick)
			fill.Hidden = full < 1
			x += doseBarWidth + gap + 2
			place(d.words, x, 0, max(s.Width-x, 0), s.Height)
		},
		paint: func() {
			track.FillColor, track.CornerRadius = ink(d, theme.Line), thick/2
			fill.FillColor, fill.CornerRadius = ink(d, theme.Recommended), thick/2
			if d.part > d.cap {
				fill.FillColor = ink(d, theme.High)
			}
		},
	})
}
