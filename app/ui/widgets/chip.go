package widgets

import (
	"image/color"
	"math"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"stipple/app/ui/theme"
)

// State is what the pen, or the link to it, is in.
type State int

// The states of the chip (ui.md).
const (
	Disconnected State = iota
	Standby
	Ready
	Treating
	Fault
	EStop
	ServiceMode
	Monitor
	Uncertain
)

// look is a state's shape, word and colours.
type look struct {
	word      string
	shape     Icon
	fill, ink fyne.ThemeColorName
	outline   fyne.ThemeColorName
	pulses    bool
	line      float32 // width of the outline
}

func (s State) look() look {
	switch s {
	case Standby:
		return look{word: "STANDBY", shape: shapeStandby, fill: theme.Raised, ink: theme.Text, outline: theme.Line, line: 1}
	case Ready:
		return look{word: "READY", shape: shapeReady, fill: theme.Armed, ink: theme.OnArmed, outline: theme.Accent, line: 2}
	case Treating:
		return look{word: "TREATING", shape: shapeTreating, fill: theme.Accent, ink: theme.OnAccent, outline: theme.Accent, pulses: true}
	case Fault:
		return look{word: "FAULT", shape: shapeFault, fill: theme.High, ink: theme.OnHigh, outline: theme.High}
	case EStop:
		return look{word: "ESTOP", shape: shapeEStop, fill: theme.High, ink: theme.OnHigh, outline: theme.High}
	case ServiceMode:
		return look{word: "SERVICE", shape: shapeService, fill: theme.Service, ink: theme.OnService, outline: theme.Service}
	case Monitor:
		return look{word: "MONITOR", shape: shapeMonitor, fill: theme.Low, ink: theme.OnLow, outline: theme.Low}
	case Uncertain:
		return look{word: "UNCERTAIN", shape: shapeUncertain, fill: theme.Medium, ink: theme.OnMedium, outline: theme.Medium}
	}
	return look{word: "DISCONNECTED", shape: shapeDisconnected, fill: theme.Panel, ink: theme.TextSecondary, outline: theme.TextSecondary, line: 1}
}

// String is the state's own word, in English.
func (s State) String() string { return s.look().word }

// chipRadius makes the ends of a chip half circles.
const chipRadius = 17

// pulsePeriod is one swell of the disc while treating: 1 Hz, well under the
// 3 Hz at which flashing becomes a risk (WCAG 2.3.1).
const pulsePeriod = time.Second

// StatusChip shows the state as a word, a shape and a colour together.
type StatusChip struct {
	base
	state State
	word  string
	alpha uint8
}

// NewStatusChip returns a chip that shows Disconnected.
func NewStatusChip() *StatusChip {
	c := &StatusChip{alpha: 0xFF}
	c.ExtendBaseWidget(c)
	return c
}

// Set shows a state under a word in the operator's language; "" is the
// state's own word.
func (c *StatusChip) Set(s State, word string) {
	if c.state == s && c.word == word {
		return
	}
	c.state, c.word, c.alpha = s, word, 0xFF
	c.Refresh()
}

// Tick moves the pulse of the disc while treating. In other states it does
// nothing.
func (c *StatusChip) Tick(now time.Time) {
	if !c.state.look().pulses {
		return
	}
	phase := float64(now.UnixMilli()%pulsePeriod.Milliseconds()) / float64(pulsePeriod.Milliseconds())
	a := uint8(0xFF - 0x48*(1+math.Cos(2*math.Pi*phase))) // 255 down to 111
	if a&0xF0 == c.alpha&0xF0 {
		return
	}
	c.alpha = a
	c.Refresh()
}

// Text is the word that is shown.
func (c *StatusChip) Text() string {
	if c.word != "" {
		return c.word
	}
	return c.state.String()
}

// The chip from left to right: an edge, the shape, a gap, the word, an edge.
const chipLeft, chipSide, chipBetween, chipRight = 17, 17, 9, 18

// widthOf is how wide the chip is with a word.
func (c *StatusChip) widthOf(word string) float32 {
	w := fyne.MeasureText(word, size(c, theme.SizeBody), fyne.TextStyle{Bold: true})
	return chipLeft + chipSide + chipBetween + w.Width + chipRight
}

// CreateRenderer implements fyne.Widget.
func (c *StatusChip) CreateRenderer() fyne.WidgetRenderer {
	ground := newPlate()
	mark, word := newGlyph(), canvas.NewText("", color.Black)
	const height = 34
	return newDrawn(&drawn{
		owner:   c,
		objects: ground.under(mark.Image, word),
		min: func() fyne.Size {
			w := fyne.MeasureText(c.Text(), size(c, theme.SizeBody), fyne.TextStyle{Bold: true})
			return fyne.NewSize(c.widthOf(c.Text()), max(height, w.Height+8))
		},
		layout: func(s fyne.Size) {
			ground.place(0, 0, s.Width, s.Height)
			place(mark, chipLeft, (s.Height-chipSide)/2, chipSide, chipSide)
			place(word, chipLeft+chipSide+chipBetween, 0, word.MinSize().Width, s.Height)
		},
		paint: func() {
			l := c.state.look()
			ground.paint(ink(c, l.fill), ink(c, l.outline), l.line, chipRadius)
			word.Text, word.Color = c.Text(), ink(c, l.ink)
			word.TextSize, word.TextStyle = size(c, theme.SizeBody), fyne.TextStyle{Bold: true}
			shade := nrgba(c, l.ink)
			if l.pulses {
				shade.A = c.alpha
			}
			mark.set(l.shape, shade)
		},
	})
}
