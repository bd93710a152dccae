package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"stipple/app/ui/theme"
)

// Card is a panel with rounded corners around a content.
type Card struct {
	base
	content fyne.CanvasObject
	pad     float32
}

// NewCard returns a card with a padding around its content.
func NewCard(content fyne.CanvasObject, pad float32) *Card {
	c := &Card{content: content, pad: pad}
	c.ExtendBaseWidget(c)
	return c
}

// CreateRenderer implements fyne.Widget.
func (c *Card) CreateRenderer() fyne.WidgetRenderer {
	ground := newPlate()
	return newDrawn(&drawn{
		owner:   c,
		objects: ground.under(c.content),
		min:     func() fyne.Size { return c.content.MinSize().AddWidthHeight(2*c.pad, 2*c.pad) },
		layout: func(s fyne.Size) {
			ground.place(0, 0, s.Width, s.Height)
			place(c.content, c.pad, c.pad, s.Width-2*c.pad, s.Height-2*c.pad)
		},
		paint: func() {
			ground.paint(ink(c, theme.Panel), ink(c, theme.Line), 1, theme.CardRadius)
		},
	})
}

// Ground is a plain surface in a colour of the theme, to stack under a page
// or a column.
type Ground struct {
	base
	color fyne.ThemeColorName
}

// NewGround returns a surface.
func NewGround(c fyne.ThemeColorName) *Ground {
	g := &Ground{color: c}
	g.ExtendBaseWidget(g)
	return g
}

// CreateRenderer implements fyne.Widget.
func (g *Ground) CreateRenderer() fyne.WidgetRenderer {
	r := canvas.NewRectangle(color.Black)
	return newDrawn(&drawn{
		owner:   g,
		objects: []fyne.CanvasObject{r},
		min:     func() fyne.Size { return fyne.NewSize(1, 1) },
		layout:  func(s fyne.Size) { place(r, 0, 0, s.Width, s.Height) },
		paint:   func() { r.FillColor = ink(g, g.color) },
	})
}

// CheckState is what a check row says of its item.
type CheckState int

// The states of a check.
const (
	CheckDone CheckState = iota
	CheckWarning
	CheckBlocked
	CheckOpen // not yet known
)

// CheckRuns are the runs of a check: the mark, the words, and a muted remedy.
func CheckRuns(s CheckState, text, remedy string) []Run {
	var first Run
	switch s {
	case CheckDone:
		first = Run{Mark: IconCheck, Color: theme.Accent}
	case CheckWarning:
		first = Run{Mark: MarkTriangle, Color: theme.MediumInk}
	case CheckBlocked:
		first = Run{Mark: MarkSquare, Color: theme.HighInk}
	default:
		first = Run{Mark: MarkClock, Color: theme.TextSecondary}
	}
	runs := []Run{first, Plain(text)}
	if remedy != "" {
		runs = append(runs, Muted("· "+remedy))
	}
	return runs
}
