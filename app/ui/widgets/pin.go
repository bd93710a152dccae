package widgets

import (
	"image/color"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"

	"stipple/app/ui/keys"
	"stipple/app/ui/theme"
)

// The length of a PIN in figures.
const (
	PINLeast = 4
	PINMost  = 8
)

// The measures of a PIN pad: its keys are for gloves.
const (
	pinKeyWide float32 = 96
	pinKeyTall float32 = theme.TouchFar + 8
	pinGap     float32 = 8
	pinDots    float32 = 44 // the line of dots above the keys
)

// PINPad takes a PIN: a pad of large keys under a dot for each figure. It has the
// keyboard's focus as a whole: figures, Backspace and Enter do what its keys do.
// The figures stand in no trace of the window; Take wipes them.
type PINPad struct {
	focusable
	text    secretText
	locked  bool
	keys    []*pinKey
	onEnter func()
}

// NewPINPad returns an empty pad. onEnter is called with PINLeast figures or more.
func NewPINPad(r *keys.Router, onEnter func()) *PINPad {
	p := &PINPad{text: newSecretText(PINMost), onEnter: onEnter}
	p.router = r
	p.onKey = p.key
	for _, n := range []int{1, 2, 3, 4, 5, 6, 7, 8, 9, pinErase, 0, pinEnter} {
		k := &pinKey{pad: p, figure: n}
		k.ExtendBaseWidget(k)
		p.keys = append(p.keys, k)
	}
	p.ExtendBaseWidget(p)
	return p
}

// The keys that are no figures.
const (
	pinErase = -1
	pinEnter = -2
)

// Len is how many figures there are.
func (p *PINPad) Len() int { return len(p.text.runes) }

// Take is the PIN, to be wiped by the caller, and empties the pad.
func (p *PINPad) Take() []byte {
	b := p.text.bytes()
	p.Clear()
	return b
}

// Clear empties and wipes the pad.
func (p *PINPad) Clear() {
	p.text.wipe()
	p.Refresh()
}

// SetLocked takes no figures, such as while a PIN is being tried.
func (p *PINPad) SetLocked(v bool) {
	if p.locked != v {
		p.locked = v
		p.Refresh()
	}
}

// TypedRune adds a figure.
func (p *PINPad) TypedRune(c rune) {
	if c >= '0' && c <= '9' && !p.router.UsedRune(c) {
		p.press(int(c - '0'))
	}
}

func (p *PINPad) key(k fyne.KeyName) {
	switch {
	case k == fyne.KeyBackspace || k == fyne.KeyDelete:
		p.press(pinErase)
	case isEnter(k):
		p.press(pinEnter)
	}
}

// can says whether a key does anything now.
func (p *PINPad) can(figure int) bool {
	switch {
	case p.locked:
		return false
	case figure == pinEnter:
		return p.Len() >= PINLeast
	case figure == pinErase:
		return p.Len() > 0
	}
	return p.Len() < PINMost
}

func (p *PINPad) press(figure int) {
	if !p.can(figure) {
		return
	}
	switch figure {
	case pinEnter:
		p.onEnter()
	case pinErase:
		p.text.backspace()
	default:
		p.text.insert(rune('0' + figure))
	}
	p.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (p *PINPad) CreateRenderer() fyne.WidgetRenderer {
	frame := newPlate()
	dots := make([]*canvas.Circle, PINMost)
	objects := frame.under()
	for i := range dots {
		dots[i] = canvas.NewCircle(color.Transparent)
		objects = append(objects, dots[i])
	}
	for _, k := range p.keys {
		objects = append(objects, k)
	}
	return newDrawn(&drawn{
		owner:   p,
		objects: objects,
		min: func() fyne.Size {
			return fyne.NewSize(3*pinKeyWide+4*pinGap, pinDots+4*pinKeyTall+5*pinGap)
		},
		layout: func(s fyne.Size) {
			const side, between = 16, 12
			frame.place(0, 0, s.Width, s.Height)
			x := (s.Width - PINMost*side - (PINMost-1)*between) / 2
			for i, d := range dots {
				place(d, x+float32(i)*(side+between), pinGap+(pinDots-side)/2, side, side)
			}
			wide, tall := (s.Width-4*pinGap)/3, (s.Height-pinDots-6*pinGap)/4
			for i, k := range p.keys {
				place(k, pinGap+float32(i%3)*(wide+pinGap), pinDots+2*pinGap+float32(i/3)*(tall+pinGap), wide, tall)
			}
		},
		paint: func() {
			frame.overlay(p, color.Transparent, p.focused && !p.locked)
			for i, d := range dots {
				fill, line := color.Color(color.Transparent), theme.Line
				if i < PINLeast {
					line = theme.TextDisabled
				}
				if i < p.Len() {
					fill, line = ink(p, theme.Text), theme.Text
				}
				d.FillColor, d.StrokeColor, d.StrokeWidth = fill, ink(p, line), 2
			}
		},
	})
}

// pinKey is a key of the pad. It takes no focus: the pad has it.
type pinKey struct {
	base
	pad     *PINPad
	figure  int
	pressed bool
}

// PartName is the key's name in a trace.
func (k *pinKey) PartName() string {
	switch k.figure {
	case pinErase:
		return "erase"
	case pinEnter:
		return "enter"
	}
	return strconv.Itoa(k.figure)
}

// Disabled reports whether the key does nothing now.
func (k *pinKey) Disabled() bool { return !k.pad.can(k.figure) }

// Tapped does what the key says.
func (k *pinKey) Tapped(*fyne.PointEvent) { k.pad.press(k.figure) }

// MouseDown shows the press and gives the pad the focus.
func (k *pinKey) MouseDown(*desktop.MouseEvent) {
	k.pad.here()
	takeFocus(k.pad)
	k.pressed = true
	k.Refresh()
}

// MouseUp ends the press.
func (k *pinKey) MouseUp(*desktop.MouseEvent) {
	k.pressed = false
	k.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (k *pinKey) CreateRenderer() fyne.WidgetRenderer {
	ground, text, mark := newPlate(), canvas.NewText("", color.Black), newGlyph()
	text.Alignment = fyne.TextAlignCenter
	return newDrawn(&drawn{
		owner:   k,
		objects: ground.under(text, mark.Image),
		min:     func() fyne.Size { return fyne.NewSize(pinKeyWide, pinKeyTall) },
		layout: func(s fyne.Size) {
			const side = 26
			ground.place(0, 0, s.Width, s.Height)
			place(text, 0, 0, s.Width, s.Height)
			place(mark, (s.Width-side)/2, (s.Height-side)/2, side, side)
		},
		paint: func() {
			fill, line, words := theme.Raised, theme.Line, theme.Text
			if k.pressed {
				fill = theme.Pressed
			}
			switch {
			case k.Disabled():
				fill, words = theme.Panel, theme.TextDisabled
			case k.figure == pinEnter:
				fill, line, words = theme.Accent, theme.Accent, theme.OnAccent
			}
			ground.paint(ink(k, fill), ink(k, line), 1, theme.ControlRadius)
			text.TextSize, text.TextStyle = theme.BaseSize(theme.SizeLive)*pinFigure, fyne.TextStyle{Bold: true}
			text.Color = ink(k, words)
			switch k.figure {
			case pinErase:
				mark.set(IconErase, ink(k, words))
			case pinEnter:
				mark.set(IconCheck, ink(k, words))
			default:
				text.Text = strconv.Itoa(k.figure)
			}
		},
	})
}

// pinFigure is how much larger than a live value the figures of a pad are.
const pinFigure = 1.2
