package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"

	"stipple/app/ui/keys"
	"stipple/app/ui/theme"
)

// ButtonKind is how much a button asks to be pressed.
type ButtonKind int

// The kinds of buttons.
const (
	Secondary   ButtonKind = iota // raised, for most acts
	Primary                       // accent, at most one on a page
	Ghost                         // outline in the colour of the ground it stands on
	OnBanner                      // dark outline on the amber or cyan of an alarm bar
	OnDrawer                      // violet, on the hatched ground of what is simulated
	OnArmed                       // on the ground of an armed control
	Destructive                   // what can't be undone; in questions only, never beside STOP
)

// Button carries out one act when it is tapped, or with Enter or Space while
// it has the focus.
type Button struct {
	pressable
	// Name is the button's name in a trace of the window.
	Name     string
	text     string
	icon     Icon
	kind     ButtonKind
	disabled bool
	reason   string
	bare     bool // no outline at rest
	// barGround and barInk are the colours of the bar that an OnBanner button
	// stands on.
	barGround, barInk fyne.ThemeColorName
	minSize           fyne.Size
	onTap             func()
}

// NewButton returns a button. onTap may be nil.
func NewButton(r *keys.Router, kind ButtonKind, text string, onTap func()) *Button {
	b := &Button{text: text, kind: kind, onTap: onTap}
	b.router = r
	b.onKey = func(k fyne.KeyName) {
		if isEnter(k) || k == fyne.KeySpace {
			b.tap()
		}
	}
	b.ExtendBaseWidget(b)
	return b
}

// NewIconButton returns a button that shows an icon before its text. The text
// may be empty; then a Ghost has no outline until the pointer or the focus is
// on it.
func NewIconButton(r *keys.Router, kind ButtonKind, icon Icon, text string, onTap func()) *Button {
	b := NewButton(r, kind, text, onTap)
	b.icon = icon
	b.bare = kind == Ghost && text == ""
	return b
}

// SetText shows another text.
func (b *Button) SetText(text string) {
	if b.text != text {
		b.text = text
		b.Refresh()
	}
}

// setIcon shows another icon before the text.
func (b *Button) setIcon(i Icon) {
	if b.icon != i {
		b.icon = i
		b.Refresh()
	}
}

// SetKind gives the button another weight.
func (b *Button) SetKind(k ButtonKind) {
	if b.kind != k {
		b.kind = k
		b.Refresh()
	}
}

// SetMinSize asks for at least a size, such as theme.TouchFar for arm's length.
func (b *Button) SetMinSize(s fyne.Size) {
	b.minSize = s
	b.Refresh()
}

// SetDisabled disables the button and says why, or enables it with "" and
// false. The reason stands under the text.
func (b *Button) SetDisabled(disabled bool, reason string) {
	if !disabled {
		reason = ""
	}
	if b.disabled == disabled && b.reason == reason {
		return
	}
	b.disabled, b.reason = disabled, reason
	b.Refresh()
}

// Enable implements fyne.Disableable.
func (b *Button) Enable() { b.SetDisabled(false, "") }

// Disable implements fyne.Disableable.
func (b *Button) Disable() { b.SetDisabled(true, "") }

// Disabled implements fyne.Disableable; a disabled button takes no focus.
func (b *Button) Disabled() bool { return b.skipped(b.disabled) }

// Text is what the button says.
func (b *Button) Text() string { return b.text }

// PartName is the button's name in a trace.
func (b *Button) PartName() string { return b.Name }

// Tapped carries out the act.
func (b *Button) Tapped(*fyne.PointEvent) { b.tap() }

func (b *Button) tap() {
	if !b.disabled && b.onTap != nil {
		b.onTap()
	}
}

// MouseDown shows the press.
func (b *Button) MouseDown(*desktop.MouseEvent) {
	b.here()
	if b.disabled {
		return
	}
	takeFocus(b)
	b.pressed = true
	b.Refresh()
}

// MouseUp ends the press.
func (b *Button) MouseUp(*desktop.MouseEvent) {
	b.pressed = false
	b.Refresh()
}

// buttonColors is the ground, its pressed form, its line and its text.
type buttonColors struct{ fill, pressed, line, text fyne.ThemeColorName }

func (k ButtonKind) colors() buttonColors {
	switch k {
	case Primary:
		return buttonColors{theme.Accent, theme.Recommended, theme.Accent, theme.OnAccent}
	case OnDrawer:
		return buttonColors{theme.DrawerRaised, theme.Drawer, theme.DrawerLine, theme.OnDrawer}
	case OnBanner:
		return buttonColors{theme.Medium, theme.Medium, theme.OnMedium, theme.OnMedium}
	case Destructive:
		return buttonColors{theme.Raised, theme.Pressed, theme.HighInk, theme.HighInk}
	case OnArmed:
		return buttonColors{theme.Panel, theme.Pressed, theme.Panel, theme.Text}
	}
	return buttonColors{theme.Raised, theme.Pressed, theme.Line, theme.Text}
}

// buttonPad is the room beside a button's words, left and right together.
const buttonPad float32 = 32

// CreateRenderer implements fyne.Widget.
func (b *Button) CreateRenderer() fyne.WidgetRenderer {
	ground := newPlate()
	text, why, mark := canvas.NewText("", color.Black), canvas.NewText("", color.Black), newGlyph()
	text.Alignment, why.Alignment = fyne.TextAlignCenter, fyne.TextAlignCenter
	return newDrawn(&drawn{
		owner:   b,
		objects: ground.under(mark.Image, text, why),
		min: func() fyne.Size {
			w := fyne.MeasureText(b.text, size(b, theme.SizeBody), fyne.TextStyle{Bold: true})
			if b.icon != IconNone {
				w.Width += w.Height
			}
			pad := buttonPad
			if b.text == "" {
				pad = 12
			}
			h := max(theme.Touch, w.Height+12)
			if b.reason != "" {
				h = max(h, w.Height+textHeight(b, theme.SizeLabel)+8)
			}
			return fyne.NewSize(max(w.Width+pad, theme.Touch), h).Max(b.minSize)
		},
		layout: func(s fyne.Size) { b.layout(s, ground, text, why, mark) },
		paint: func() {
			c := b.kind.colors()
			if b.kind == OnBanner && b.barGround != "" {
				c = buttonColors{b.barGround, b.barGround, b.barInk, b.barInk}
			}
			if b.disabled {
				c = buttonColors{theme.Panel, theme.Panel, theme.Line, theme.TextDisabled}
			}
			b.paintGround(ground, c)
			text.Color, text.TextStyle = ink(b, c.text), fyne.TextStyle{Bold: true}
			text.TextSize = size(b, theme.SizeBody)
			why.Text, why.Color, why.TextSize = b.reason, ink(b, theme.TextSecondary), size(b, theme.SizeLabel)
			shade := c.text
			if b.bare {
				shade = theme.TextSecondary
			}
			mark.set(b.icon, ink(b, shade))
		},
	})
}

// paintGround paints the ground. The ring of a button on a strong colour is in
// the colour of text, since the accent would not be seen there.
func (b *Button) paintGround(p *plate, c buttonColors) {
	fill, line, width := ink(b, b.ground(c.fill, c.pressed)), c.line, float32(1)
	if b.kind == Ghost && !b.pressed {
		fill = color.Transparent
	}
	switch {
	case b.focused && !b.disabled:
		line, width = theme.Accent, focusWidth
		if b.kind == Primary || b.kind == OnBanner {
			line = theme.Text
		}
	case b.bare && !b.hovered:
		width = 0
	}
	p.paint(fill, ink(b, line), width, theme.ControlRadius)
}

// bareIcon is the size of an icon that stands without words.
const bareIcon = 20

func (b *Button) layout(s fyne.Size, ground *plate, text, why *canvas.Text, mark *glyph) {
	ground.place(0, 0, s.Width, s.Height)
	side := size(b, theme.SizeBody) * 1.15
	if b.text == "" {
		side = max(side, bareIcon)
	}
	room := s.Width - 16
	if b.icon != IconNone {
		room -= side + 8
	}
	text.TextSize = shrink(b, theme.SizeBody, b.text, true, room)
	text.Text = fit(b.text, text.TextSize, true, room)
	th, wh := text.MinSize().Height, float32(0)
	if b.reason != "" {
		why.Text = fit(b.reason, why.TextSize, false, s.Width-12)
		wh = why.MinSize().Height - 2
	}
	top := (s.Height - th - wh) / 2
	x := float32(0)
	if b.icon != IconNone {
		gap := float32(8)
		if b.text == "" {
			gap = 0
		}
		x = side + gap
		left := (s.Width - text.MinSize().Width - x) / 2
		if b.text == "" {
			left = (s.Width - side) / 2
		}
		place(mark, left, top+(th-side)/2, side, side)
	}
	place(text, x/2, top, s.Width, th)
	place(why, 0, top+th-2, s.Width, wh)
}
