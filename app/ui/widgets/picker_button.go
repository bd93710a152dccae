package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"stipple/app/ui/keys"
	"stipple/app/ui/theme"
)

// PickerButton shows what is chosen, with its label, and asks the page to
// open a picker in the house layer. It is the house's drop-down: nothing of
// it ever lies over the rest of the window.
type PickerButton struct {
	pressable
	line     *Line
	disabled bool
	onOpen   func()
}

// NewPickerButton returns a picker button; give it its runs with Set.
func NewPickerButton(r *keys.Router, onOpen func()) *PickerButton {
	p := &PickerButton{line: NewLine(), onOpen: onOpen}
	p.router = r
	p.onKey = func(k fyne.KeyName) {
		if isEnter(k) || k == fyne.KeySpace || k == fyne.KeyDown {
			p.open()
		}
	}
	p.ExtendBaseWidget(p)
	return p
}

// Set shows a label, what is chosen, and a muted addition, each of which may
// be empty: "Preset", "Cheek, second session", "rev 3".
func (p *PickerButton) Set(label, chosen, addition string) {
	runs := make([]Run, 0, 3)
	if label != "" {
		runs = append(runs, Small(label))
	}
	if chosen != "" {
		runs = append(runs, Strong(chosen))
	}
	if addition != "" {
		runs = append(runs, Muted(addition))
	}
	p.line.Set(runs...)
}

// Disabled implements fyne.Disableable.
func (p *PickerButton) Disabled() bool { return p.skipped(p.disabled) }

// Enable implements fyne.Disableable.
func (p *PickerButton) Enable() { p.SetDisabled(false) }

// Disable implements fyne.Disableable.
func (p *PickerButton) Disable() { p.SetDisabled(true) }

// SetDisabled locks the choice, such as while armed.
func (p *PickerButton) SetDisabled(v bool) {
	if p.disabled == v {
		return
	}
	p.disabled = v
	tint := fyne.ThemeColorName("")
	if v {
		tint = theme.TextSecondary
	}
	p.line.setTint(tint)
	p.Refresh()
}

// Text is the label and what is chosen.
func (p *PickerButton) Text() string { return p.line.Text() }

// Tapped asks for the picker.
func (p *PickerButton) Tapped(*fyne.PointEvent) { p.open() }

// MouseDown shows the press.
func (p *PickerButton) MouseDown(*desktop.MouseEvent) {
	p.here()
	if p.disabled {
		return
	}
	takeFocus(p)
	p.pressed = true
	p.Refresh()
}

// MouseUp ends the press.
func (p *PickerButton) MouseUp(*desktop.MouseEvent) {
	p.pressed = false
	p.Refresh()
}

func (p *PickerButton) open() {
	if !p.disabled && p.onOpen != nil {
		p.onOpen()
	}
}

// CreateRenderer implements fyne.Widget.
func (p *PickerButton) CreateRenderer() fyne.WidgetRenderer {
	ground, arrow := newPlate(), newGlyph()
	const pad, side = 14, 12
	return newDrawn(&drawn{
		owner:   p,
		objects: ground.under(p.line, arrow.Image),
		min: func() fyne.Size {
			return fyne.NewSize(160, max(theme.Touch, p.line.MinSize().Height+16))
		},
		layout: func(s fyne.Size) {
			ground.place(0, 0, s.Width, s.Height)
			place(p.line, pad, 0, s.Width-2*pad-side-8, s.Height)
			place(arrow, s.Width-pad-side, (s.Height-side)/2, side, side)
		},
		paint: func() {
			fill := p.ground(theme.Raised, theme.Pressed)
			if p.disabled {
				fill = theme.Panel
			}
			ground.control(p, ink(p, fill), theme.Line, p.focused)
			arrow.set(IconDown, ink(p, theme.TextSecondary))
			if p.disabled {
				arrow.set(IconLock, ink(p, theme.TextDisabled))
			}
		},
	})
}
