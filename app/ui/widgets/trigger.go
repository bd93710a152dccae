package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"

	"stipple/app/ui/keys"
	"stipple/app/ui/theme"
)

// HoldPad is down while it is held: the trigger of the simulated handpiece. It
// comes up when the pointer leaves it, the focus goes, or it is hidden, so that
// a trigger is never left held.
type HoldPad struct {
	pressable
	text     string
	disabled bool
	down     bool
	held     bool // as it is shown: another hand can hold it, too, or let go
	onChange func(down bool)
}

// NewHoldPad returns a pad that is up. onChange gets each change once.
func NewHoldPad(r *keys.Router, text string, onChange func(down bool)) *HoldPad {
	p := &HoldPad{text: text, onChange: onChange}
	p.router = r
	p.onBlur = func() { p.set(false) }
	p.ExtendBaseWidget(p)
	return p
}

// SetText shows another text.
func (p *HoldPad) SetText(text string) {
	if p.text != text {
		p.text = text
		p.Refresh()
	}
}

// Down reports whether the pad is held.
func (p *HoldPad) Down() bool { return p.down }

// SetHeld shows the pad as held, or not, by whichever hand.
func (p *HoldPad) SetHeld(held bool) {
	if p.held != held {
		p.held = held
		p.Refresh()
	}
}

// Held reports whether it is shown as held.
func (p *HoldPad) Held() bool { return p.held }

// Disabled implements fyne.Disableable.
func (p *HoldPad) Disabled() bool { return p.skipped(p.disabled) }

// Enable implements fyne.Disableable.
func (p *HoldPad) Enable() { p.setDisabled(false) }

// Disable lets go and takes no more presses.
func (p *HoldPad) Disable() { p.setDisabled(true) }

func (p *HoldPad) setDisabled(v bool) {
	if p.disabled != v {
		p.disabled = v
		p.set(false)
		p.Refresh()
	}
}

func (p *HoldPad) set(down bool) {
	if p.down == down || down && p.disabled {
		return
	}
	p.down, p.held, p.pressed = down, down, down
	p.Refresh()
	p.onChange(down)
}

// KeyDown holds with Enter.
func (p *HoldPad) KeyDown(ev *fyne.KeyEvent) {
	if !p.router.KeyDown(ev) && isEnter(ev.Name) {
		p.set(true)
	}
}

// KeyUp lets go.
func (p *HoldPad) KeyUp(ev *fyne.KeyEvent) {
	p.router.KeyUp(ev)
	if isEnter(ev.Name) {
		p.set(false)
	}
}

// Tapped does nothing: the press and the release have told all.
func (p *HoldPad) Tapped(*fyne.PointEvent) {}

// MouseDown holds.
func (p *HoldPad) MouseDown(ev *desktop.MouseEvent) {
	p.here()
	if ev.Button == desktop.MouseButtonPrimary {
		takeFocus(p)
		p.set(true)
	}
}

// MouseUp lets go.
func (p *HoldPad) MouseUp(*desktop.MouseEvent) { p.set(false) }

// MouseOut lets go.
func (p *HoldPad) MouseOut() {
	p.set(false)
	p.pressable.MouseOut()
}

// Hide lets go.
func (p *HoldPad) Hide() {
	p.set(false)
	p.pressable.Hide()
}

// CreateRenderer implements fyne.Widget.
func (p *HoldPad) CreateRenderer() fyne.WidgetRenderer {
	ground, text := newPlate(), canvas.NewText("", color.Black)
	text.Alignment = fyne.TextAlignCenter
	return newDrawn(&drawn{
		owner:   p,
		objects: ground.under(text),
		min: func() fyne.Size {
			w := fyne.MeasureText(p.text, size(p, theme.SizeBody), fyne.TextStyle{Bold: true})
			return fyne.NewSize(w.Width+32, max(stepperHeight, w.Height+12))
		},
		layout: func(s fyne.Size) {
			ground.place(0, 0, s.Width, s.Height)
			text.TextSize = size(p, theme.SizeBody) * 1.13
			text.Text = fit(p.text, text.TextSize, true, s.Width-16)
			place(text, 0, 0, s.Width, s.Height)
		},
		paint: func() {
			fill, line, words := theme.DrawerRaised, theme.DrawerLine, theme.OnDrawer
			if p.held {
				fill, words = theme.Simulated, theme.OnSimulated
			}
			if p.focused {
				line = theme.OnDrawer
			}
			ground.paint(ink(p, fill), ink(p, line), focusWidth, theme.ControlRadius)
			text.Color, text.TextStyle = ink(p, words), fyne.TextStyle{Bold: true}
		},
	})
}
