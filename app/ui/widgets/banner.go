package widgets

import (
	"image/color"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"stipple/app/ui/keys"
	"stipple/app/ui/theme"
)

// BannerLevel is the priority of what a banner says (safety.md section 7).
type BannerLevel int

// The levels. Quiet shows nothing and keeps the place.
const (
	Quiet BannerLevel = iota
	LowAlarm
	MediumAlarm
	HighAlarm
)

// flashPeriod is the length of one flash: 2 Hz for high, 0.6 Hz for medium,
// steady for low (IEC 60601-1-8, table 2).
func (l BannerLevel) flashPeriod() time.Duration {
	switch l {
	case HighAlarm:
		return 500 * time.Millisecond
	case MediumAlarm:
		return 1667 * time.Millisecond
	}
	return 0
}

func (l BannerLevel) colors() (fill, text fyne.ThemeColorName) {
	switch l {
	case HighAlarm:
		return theme.High, theme.OnHigh
	case MediumAlarm:
		return theme.Medium, theme.OnMedium
	}
	return theme.Low, theme.OnLow
}

// BannerState is what a banner says.
type BannerState struct {
	Level BannerLevel
	Text  string // "Power 23 % below what was set · expected 12.0 W, measured 9.2 W"
	// Short, Shorter and Shortest say less and less, for a bar in which Text does
	// not fit; "" is as long as the one before.
	Short, Shorter, Shortest string
	// Actions are the words on the buttons, at most two; "" leaves one out.
	First, Second string
	// Acknowledged stops the flashing and leaves the bar.
	Acknowledged bool
}

// Banner is the bar of alarms and of a lost link under the status strip. Its
// place is always kept, so that no control moves under a finger.
type Banner struct {
	base
	state         BannerState
	text          *LineButton
	mark          Icon
	first, second *Button
	dark          bool
	// firstWords and secondWords are all that the buttons can say.
	firstWords, secondWords []string
}

// NewBanner returns a quiet banner. onFirst and onSecond are the acts of its
// buttons, onOpen that of its words.
func NewBanner(r *keys.Router, onFirst, onSecond, onOpen func()) *Banner {
	b := &Banner{text: NewLineButton(r, onOpen)}
	b.text.Name = "open"
	b.first = NewButton(r, OnBanner, "", onFirst)
	b.second = NewButton(r, OnBanner, "", onSecond)
	b.first.Name, b.second.Name = "first", "second"
	b.first.Hide()
	b.second.Hide()
	b.ExtendBaseWidget(b)
	return b
}

// Reserve says all that the two buttons can ever say. Each keeps the place for
// its longest words, also while it is not there, so that neither moves under a
// finger.
func (b *Banner) Reserve(first, second []string) {
	b.firstWords, b.secondWords = first, second
	b.Refresh()
}

// slot is the width of a button with the longest of its words.
func (b *Banner) slot(button *Button, all []string) float32 {
	wide := float32(0)
	if button.Visible() {
		wide = button.MinSize().Width
	}
	for _, w := range all {
		wide = max(wide, fyne.MeasureText(w, size(b, theme.SizeBody), fyne.TextStyle{Bold: true}).Width+buttonPad)
	}
	return wide
}

// Set shows a state.
func (b *Banner) Set(s BannerState) {
	if b.state == s {
		return
	}
	b.state, b.dark = s, false
	b.show()
}

func (b *Banner) show() {
	s := b.state
	fill, text := s.Level.colors()
	mark := IconWarning
	if s.Level == LowAlarm {
		mark = IconInfo
	}
	b.mark = mark
	b.text.barInk = text
	b.say(b.text.Size().Width)
	for _, p := range []struct {
		button *Button
		word   string
	}{{b.first, s.First}, {b.second, s.Second}} {
		p.button.SetText(p.word)
		p.button.barGround, p.button.barInk = fill, text
		p.button.Hidden = p.word == "" || s.Level == Quiet
	}
	b.Refresh()
}

// say shows the longest of the texts that fits into a width.
func (b *Banner) say(width float32) {
	_, ink := b.state.Level.colors()
	for _, text := range []string{b.state.Text, b.state.Short, b.state.Shorter, b.state.Shortest} {
		if text == "" {
			continue
		}
		b.text.Set(Strong(text).In(ink))
		if width <= 0 || b.text.fits(width) {
			return
		}
	}
}

// Tick flashes an alarm that nobody has acknowledged. The words stay readable
// in both phases.
func (b *Banner) Tick(now time.Time) {
	period := b.state.Level.flashPeriod()
	dark := period > 0 && !b.state.Acknowledged && now.UnixMilli()%period.Milliseconds() >= period.Milliseconds()/2
	if dark != b.dark {
		b.dark = dark
		b.Refresh()
	}
}

// State is what the banner says.
func (b *Banner) State() BannerState { return b.state }

// CreateRenderer implements fyne.Widget.
func (b *Banner) CreateRenderer() fyne.WidgetRenderer {
	ground, edge := canvas.NewRectangle(color.Black), canvas.NewRectangle(color.Black)
	mark := newGlyph()
	const side, gap, buttonHeight, icon = 18, 10, 34, 24
	return newDrawn(&drawn{
		owner:   b,
		objects: []fyne.CanvasObject{ground, edge, mark.Image, b.text, b.first, b.second},
		min:     func() fyne.Size { return fyne.NewSize(300, theme.BannerHeight) },
		layout: func(s fyne.Size) {
			place(ground, 0, 0, s.Width, s.Height)
			place(edge, 0, 0, s.Width, 4)
			right := s.Width - side
			for _, p := range []struct {
				button *Button
				words  []string
			}{{b.second, b.secondWords}, {b.first, b.firstWords}} {
				wide := b.slot(p.button, p.words)
				if wide == 0 {
					continue
				}
				right -= wide
				place(p.button, right, (s.Height-buttonHeight)/2, wide, buttonHeight)
				right -= gap
			}
			place(mark, side, (s.Height-icon)/2, icon, icon)
			left := float32(side + icon + 12)
			wide := max(right-left-gap+8, 0)
			b.say(wide)
			place(b.text, left-8, 2, wide, s.Height-4)
		},
		paint: func() {
			fill, text := b.state.Level.colors()
			quiet := b.state.Level == Quiet
			ground.FillColor, ground.Hidden = ink(b, fill), quiet
			// The flash is a dark edge: the bar and its words stay.
			edge.FillColor, edge.Hidden = ink(b, text), quiet || !b.dark
			b.text.Hidden = quiet
			mark.set(b.mark, ink(b, text))
			if quiet {
				mark.set(IconNone, color.Black)
			}
		},
	})
}
