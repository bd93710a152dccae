package widgets

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"stipple/app/ui/keys"
	"stipple/app/ui/theme"
)

// How a held stepper repeats: slow enough to count, then faster for long ways.
// It ends by itself, in case the release never arrives.
const (
	repeatTick    = 50 * time.Millisecond
	repeatDelay   = 400 * time.Millisecond
	repeatSlow    = 120 * time.Millisecond
	repeatFast    = 50 * time.Millisecond
	repeatFastAt  = 1500 * time.Millisecond
	repeatLongest = 10 * time.Second
)

// Stepper is the big minus or plus of a value. It steps at the press and
// repeats while it is held.
type Stepper struct {
	pressable
	icon     Icon
	delta    int
	clock    Clock
	onStep   func(int)
	disabled bool

	began, next time.Time
	stop        func()
}

// NewStepper returns a stepper that asks for steps of delta, 1 or -1.
func NewStepper(r *keys.Router, clock Clock, delta int, onStep func(int)) *Stepper {
	s := &Stepper{icon: IconPlus, delta: delta, clock: clock, onStep: onStep}
	if delta < 0 {
		s.icon = IconMinus
	}
	s.router = r
	s.onKey = s.key
	s.onBlur = s.release
	s.ExtendBaseWidget(s)
	return s
}

// PartName is the stepper's name in a trace.
func (s *Stepper) PartName() string {
	if s.delta < 0 {
		return "minus"
	}
	return "plus"
}

// SetDisabled stops and disables it, such as at a bound or while armed.
func (s *Stepper) SetDisabled(v bool) {
	if s.disabled == v {
		return
	}
	s.disabled = v
	if v {
		s.release()
	}
	s.Refresh()
}

// Disabled implements fyne.Disableable.
func (s *Stepper) Disabled() bool { return s.skipped(s.disabled) }

// Enable implements fyne.Disableable.
func (s *Stepper) Enable() { s.SetDisabled(false) }

// Disable implements fyne.Disableable.
func (s *Stepper) Disable() { s.SetDisabled(true) }

func (s *Stepper) key(k fyne.KeyName) {
	if s.disabled {
		return
	}
	switch k {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		s.onStep(s.delta)
	case fyne.KeyUp, fyne.KeyRight:
		s.onStep(1)
	case fyne.KeyDown, fyne.KeyLeft:
		s.onStep(-1)
	}
}

// Tapped does nothing: the press has stepped already.
func (s *Stepper) Tapped(*fyne.PointEvent) {}

// MouseDown steps once and begins to repeat.
func (s *Stepper) MouseDown(ev *desktop.MouseEvent) {
	s.here()
	if s.disabled || ev.Button != desktop.MouseButtonPrimary {
		return
	}
	takeFocus(s)
	s.release()
	s.pressed = true
	s.began = s.clock.Now()
	s.next = s.began.Add(repeatDelay)
	s.stop = s.clock.Every(repeatTick, s.repeat)
	s.Refresh()
	s.onStep(s.delta) // last: it may disable the stepper
}

func (s *Stepper) repeat() {
	now := s.clock.Now()
	if s.stop == nil || now.Before(s.next) {
		return
	}
	if now.Sub(s.began) > repeatLongest {
		s.release()
		return
	}
	pace := repeatSlow
	if now.Sub(s.began) >= repeatFastAt {
		pace = repeatFast
	}
	s.next = now.Add(pace)
	s.onStep(s.delta)
}

// MouseUp ends repeating.
func (s *Stepper) MouseUp(*desktop.MouseEvent) { s.release() }

// MouseOut ends repeating.
func (s *Stepper) MouseOut() {
	s.release()
	s.pressable.MouseOut()
}

// Hide ends repeating.
func (s *Stepper) Hide() {
	s.release()
	s.pressable.Hide()
}

func (s *Stepper) release() {
	if s.stop != nil {
		s.stop()
		s.stop = nil
	}
	if s.pressed {
		s.pressed = false
		s.Refresh()
	}
}

// CreateRenderer implements fyne.Widget.
func (s *Stepper) CreateRenderer() fyne.WidgetRenderer {
	ground, mark := newPlate(), newGlyph()
	const side = 24
	return newDrawn(&drawn{
		owner:   s,
		objects: ground.under(mark.Image),
		min:     func() fyne.Size { return fyne.NewSize(theme.TouchFar, stepperHeight) },
		layout: func(sz fyne.Size) {
			ground.place(0, 0, sz.Width, sz.Height)
			place(mark, (sz.Width-side)/2, (sz.Height-side)/2, side, side)
		},
		paint: func() {
			fill, shade := s.ground(theme.Raised, theme.Pressed), theme.Text
			if s.disabled {
				fill, shade = theme.Panel, theme.TextDisabled
			}
			ground.control(s, ink(s, fill), theme.Line, s.focused && !s.disabled)
			mark.set(s.icon, ink(s, shade))
		},
	})
}

// stepperHeight is above 15 mm: the control that is used most, at arm's length
// and with gloves.
const stepperHeight float32 = 72
