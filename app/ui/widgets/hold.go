package widgets

import (
	"fmt"
	"image/color"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"

	"stipple/app/ui/keys"
	"stipple/app/ui/theme"
)

// HoldTime is how long the control has to be held (safety.md section 3).
const HoldTime = time.Second

// holdTick redraws the filling bar 30 times a second.
const holdTick = 33 * time.Millisecond

// HoldMode is what a hold control offers.
type HoldMode int

// The modes.
const (
	HoldBlocked HoldMode = iota // dashed: something has to be done first
	HoldReady                   // can be held
	HoldBusy                    // held; the pen has not answered yet
	HoldArmed                   // armed; offers Disarm
)

// HoldState is what a hold control shows.
type HoldState struct {
	Mode   HoldMode
	Text   string // "Hold to arm", "Hold to arm · 2 things to do first"
	Disarm string // the word on the button while armed
	// Confirms names exactly what a hold confirms, such as the settings hash
	// on show. A change of it ends a hold that is going on: nobody confirms
	// what was swapped under the finger.
	Confirms string
}

// HoldButton arms by being held for a second, by pointer or Enter, never by
// Space, which is a stop key.
type HoldButton struct {
	pressable
	// OnBlocked is called when the control is tapped while it is blocked, to
	// show what has to be done. It may be nil.
	OnBlocked func()

	state    HoldState
	clock    Clock
	disarm   *Button
	onHeld   func(confirms string)
	began    time.Time
	stop     func()
	fraction float32
	spent    bool // the press that is going on, or was last, is no plain tap on a blocked control
}

// NewHoldButton returns a control. onHeld is called once at the end of each
// full hold with what was on show from its first moment to its last.
func NewHoldButton(r *keys.Router, clock Clock, onHeld func(confirms string), onDisarm func()) *HoldButton {
	h := &HoldButton{clock: clock, onHeld: onHeld}
	h.disarm = NewButton(r, OnArmed, "", onDisarm)
	h.disarm.Name = "disarm"
	h.disarm.Hide()
	h.router = r
	h.onBlur = h.cancel
	h.ExtendBaseWidget(h)
	return h
}

// Set shows a state.
func (h *HoldButton) Set(s HoldState) {
	if h.state == s {
		return
	}
	if s.Mode != HoldReady || s.Confirms != h.state.Confirms {
		h.cancel()
	}
	h.state = s
	h.disarm.SetText(s.Disarm)
	h.disarm.Hidden = s.Mode != HoldArmed
	h.Refresh()
}

// State is what the control shows.
func (h *HoldButton) State() HoldState { return h.state }

// Holding reports whether a hold is going on.
func (h *HoldButton) Holding() bool { return h.stop != nil }

// KeyDown begins a hold with Enter.
func (h *HoldButton) KeyDown(ev *fyne.KeyEvent) {
	if !h.router.KeyDown(ev) && isEnter(ev.Name) {
		h.begin()
	}
}

// KeyUp ends a hold.
func (h *HoldButton) KeyUp(ev *fyne.KeyEvent) {
	h.router.KeyUp(ev)
	if isEnter(ev.Name) {
		h.cancel()
	}
}

// Tapped asks for the reasons while the control is blocked. Otherwise a tap
// does nothing: it is no hold. The end of a hold that was blocked on the way
// comes as a tap too; it asks for nothing.
func (h *HoldButton) Tapped(*fyne.PointEvent) {
	spent := h.spent
	h.spent = false
	if h.state.Mode == HoldBlocked && h.OnBlocked != nil && !spent {
		h.OnBlocked()
	}
}

// MouseDown begins a hold.
func (h *HoldButton) MouseDown(ev *desktop.MouseEvent) {
	h.here()
	if ev.Button != desktop.MouseButtonPrimary {
		return
	}
	takeFocus(h)
	h.spent = h.state.Mode != HoldBlocked
	h.begin()
}

// MouseUp ends a hold.
func (h *HoldButton) MouseUp(*desktop.MouseEvent) { h.cancel() }

// MouseOut ends a hold: the finger slid off.
func (h *HoldButton) MouseOut() {
	h.cancel()
	h.pressable.MouseOut()
}

// Hide ends a hold.
func (h *HoldButton) Hide() {
	h.cancel()
	h.pressable.Hide()
}

func (h *HoldButton) begin() {
	if h.state.Mode != HoldReady || h.stop != nil {
		return
	}
	h.began, h.fraction = h.clock.Now(), 0
	h.stop = h.clock.Every(holdTick, h.progress)
	h.Refresh()
}

func (h *HoldButton) progress() {
	if h.stop == nil {
		return
	}
	held := h.clock.Now().Sub(h.began)
	if held < HoldTime {
		h.fraction = float32(held) / float32(HoldTime)
		h.Refresh()
		return
	}
	confirms := h.state.Confirms
	h.cancel()
	h.onHeld(confirms)
}

func (h *HoldButton) cancel() {
	if h.stop == nil {
		return
	}
	h.stop()
	h.stop, h.fraction = nil, 0
	h.Refresh()
}

// holdHeight is 16 mm: used at arm's length.
const holdHeight = 76

// CreateRenderer implements fyne.Widget.
func (h *HoldButton) CreateRenderer() fyne.WidgetRenderer {
	ground, fill, dashes := newPlate(), canvas.NewRectangle(color.Black), newGlyph()
	text := canvas.NewText("", color.Black)
	text.Alignment = fyne.TextAlignCenter
	return newDrawn(&drawn{
		owner:   h,
		objects: ground.under(fill, dashes.Image, text, h.disarm),
		min:     func() fyne.Size { return fyne.NewSize(240, holdHeight) },
		layout: func(s fyne.Size) {
			ground.place(0, 0, s.Width, s.Height)
			place(fill, 3, 3, (s.Width-6)*h.fraction, s.Height-6)
			place(dashes, 0, 0, s.Width, s.Height)
			if h.state.Mode == HoldBlocked && s.Width > 0 {
				line, width := theme.TextDisabled, float32(2)
				if h.focused { // the dashes are the ring
					line, width = theme.Accent, 3
				}
				dashes.svg(fmt.Sprintf("dashes-%.0fx%.0f-%.0f", s.Width, s.Height, width), ink(h, line), func() string { return dashedFrame(s, float64(width)) })
			} else {
				dashes.set(IconNone, color.Black)
			}
			d := h.disarm.MinSize().Max(fyne.NewSize(94, theme.Touch))
			place(h.disarm, s.Width-d.Width-18, (s.Height-d.Height)/2, d.Width, d.Height)
			room := s.Width - 32
			if h.state.Mode == HoldArmed {
				room -= 2 * (d.Width + 18)
			}
			text.TextSize = size(h, theme.SizeLive)
			// A long sentence shrinks before it is cut.
			for text.TextSize > theme.BaseSize(theme.SizeBody) && fyne.MeasureText(h.state.Text, text.TextSize, text.TextStyle).Width > room {
				text.TextSize--
			}
			text.Text = fit(h.state.Text, text.TextSize, true, room)
			place(text, 0, 0, s.Width, s.Height)
		},
		paint: func() { h.paint(ground, fill, text) },
	})
}

func (h *HoldButton) paint(ground *plate, fill *canvas.Rectangle, text *canvas.Text) {
	text.TextStyle = fyne.TextStyle{Bold: true}
	fill.FillColor, fill.CornerRadius = ink(h, theme.Armed), theme.ControlRadius
	fill.Hidden = h.fraction <= 0
	under, line, width, words := theme.Panel, theme.Accent, float32(2), theme.Text
	switch h.state.Mode {
	case HoldBusy:
		line, words = theme.Line, theme.TextSecondary
	case HoldArmed:
		under, words = theme.Armed, theme.OnArmed
	case HoldBlocked:
		// The dashes are the outline.
		under, width, words = theme.Background, 0, theme.TextSecondary
	}
	if h.focused && h.state.Mode != HoldArmed && h.state.Mode != HoldBlocked {
		line, width = theme.Accent, 3
	}
	ground.paint(ink(h, under), ink(h, line), width, theme.CardRadius)
	text.Color = ink(h, words)
}

// dashedFrame is a drawing of a dashed rounded frame of a line's width.
func dashedFrame(s fyne.Size, width float64) string {
	w, h := float64(s.Width), float64(s.Height)
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]g %[2]g" width="%[1]g" height="%[2]g">`, w, h) +
		dashed(width, 8, 6, frame(width/2, width/2, w-width, h-width, float64(theme.CardRadius))) + `</svg>`
}
