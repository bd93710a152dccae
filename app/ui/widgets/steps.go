package widgets

import (
	"image/color"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"stipple/app/ui/theme"
)

// Steps shows how far a person has come: a disc with a number and a name for each
// step, a check on those that are done. It takes no input.
type Steps struct {
	base
	names []string
	at    int
}

// NewSteps returns steps of which the first is the current one.
func NewSteps(names []string) *Steps {
	s := &Steps{names: names}
	s.ExtendBaseWidget(s)
	return s
}

// Set shows which step is the current one, by its index.
func (s *Steps) Set(at int) {
	if s.at != at {
		s.at = at
		s.Refresh()
	}
}

// stepDisc is the diameter of a disc, stepGap the room between the parts.
const (
	stepDisc float32 = 30
	stepGap  float32 = 10
)

// stepView is one step as it is drawn.
type stepView struct {
	disc         *canvas.Circle
	number, name *canvas.Text
	check        *glyph
	line         *canvas.Rectangle // to the next
}

// CreateRenderer implements fyne.Widget.
func (s *Steps) CreateRenderer() fyne.WidgetRenderer {
	var views []stepView
	var objects []fyne.CanvasObject
	for i, name := range s.names {
		v := stepView{
			disc: canvas.NewCircle(color.Transparent), number: canvas.NewText(strconv.Itoa(i+1), color.Black),
			name: canvas.NewText(name, color.Black), check: newGlyph(), line: canvas.NewRectangle(color.Black),
		}
		v.number.Alignment, v.line.Hidden = fyne.TextAlignCenter, i == len(s.names)-1
		views = append(views, v)
		objects = append(objects, v.disc, v.number, v.check.Image, v.name, v.line)
	}
	return newDrawn(&drawn{
		owner:   s,
		objects: objects,
		min:     func() fyne.Size { return fyne.NewSize(300, max(stepDisc, textHeight(s, theme.SizeBody))) },
		layout:  func(z fyne.Size) { s.layout(z, views) },
		paint:   func() { s.paint(views) },
	})
}

func (s *Steps) paint(views []stepView) {
	for i, v := range views {
		fill, line, ink0, words := theme.Background, theme.TextDisabled, theme.TextSecondary, theme.TextSecondary
		switch {
		case i < s.at:
			fill, line = theme.Accent, theme.Accent
			words = theme.Text
		case i == s.at:
			line, ink0, words = theme.Accent, theme.Text, theme.Text
		}
		v.disc.FillColor, v.disc.StrokeColor, v.disc.StrokeWidth = ink(s, fill), ink(s, line), 2
		v.number.Hidden, v.number.Color = i < s.at, ink(s, ink0)
		v.number.TextSize, v.number.TextStyle = theme.BaseSize(theme.SizeBody), fyne.TextStyle{Bold: true}
		v.check.set(IconNone, color.Black)
		if i < s.at {
			v.check.set(IconCheck, ink(s, theme.OnAccent))
		}
		v.name.Color, v.name.TextStyle = ink(s, words), fyne.TextStyle{Bold: i == s.at}
		v.line.FillColor = ink(s, theme.Line)
	}
}

// layout gives each step its width and the lines what is left.
func (s *Steps) layout(z fyne.Size, views []stepView) {
	used, small := float32(0), size(s, theme.SizeBody)
	for _, v := range views { // the longest name sets the size of all
		small = min(small, shrink(s, theme.SizeBody, v.name.Text, true, z.Width/float32(len(views))-stepDisc-2*stepGap))
	}
	for _, v := range views {
		v.name.TextSize = small
		used += stepDisc + stepGap + v.name.MinSize().Width
	}
	between := max((z.Width-used)/float32(max(len(views)-1, 1)), 0)
	x := float32(0)
	for _, v := range views {
		y := (z.Height - stepDisc) / 2
		place(v.disc, x, y, stepDisc, stepDisc)
		place(v.number, x, y, stepDisc, stepDisc)
		const side = 16
		place(v.check, x+(stepDisc-side)/2, y+(stepDisc-side)/2, side, side)
		x += stepDisc + stepGap
		m := v.name.MinSize()
		place(v.name, x, (z.Height-m.Height)/2, m.Width, m.Height)
		x += m.Width
		place(v.line, x+stepGap, z.Height/2-0.5, max(between-2*stepGap, 0), 1)
		x += between
	}
}
