package widgets

import (
	"fyne.io/fyne/v2"

	"stipple/app/ui/keys"
	"stipple/app/ui/theme"
)

// Quality is how far a measured value can be believed and how it compares.
type Quality int

// The qualities. A last value is never shown as live (safety.md section 6).
const (
	NoValue        Quality = iota // nothing measured, or too old: "--"
	InTolerance                   // measured, close to what is set
	OutOfTolerance                // measured, beyond tolerance
	Stale                         // measured, but over 150 ms ago
	Neutral                       // measured, compared with nothing
)

// run is how a measured text looks in its quality.
func (q Quality) run(text string) Run {
	r := Strong(text)
	switch q {
	case InTolerance:
		return r.In(theme.Accent)
	case OutOfTolerance:
		return r.In(theme.MediumInk).Marked(MarkTriangle)
	case Stale:
		return r.In(theme.TextSecondary).Marked(MarkClock)
	case Neutral:
		return r.In(theme.TextSecondary)
	}
	return Muted("")
}

// ValueCardState is all that a card shows. Texts are formatted for the
// operator's language.
type ValueCardState struct {
	Title string
	Step  string // "step 0.10"
	Value string // "" where nothing is set
	Unit  string
	// Refused draws the red frame; Message says why: "over 1.50: zone scalp".
	// A message without Refused is a hint, such as a recommended range left.
	Refused bool
	Message string
	// Measured stands under the value unless there is a message:
	// "measured 1.48".
	Measured string
	Quality  Quality
	Bar      LimitBarState
	// Reason is the binding bound with its rule, Detail what lies behind it.
	Reason []Run
	Detail string
	// NoDown and NoUp disable a stepper at a bound; Locked disables all.
	NoDown, NoUp, Locked bool
}

// ValueCardEvents are what a card asks for. The page checks, and shows what
// came of it with Set.
type ValueCardEvents struct {
	Step    func(delta int)
	Typed   func(text string)
	Preview func(value int64, done bool) // of the bar; never an Apply
}

// ValueCard is one setting: what is set, what is measured, in which range, why
// no further, and the means to change it.
type ValueCard struct {
	base
	state           ValueCardState
	title, step     *Line
	field           *ValueField
	note            *Line
	bar             *LimitBar
	reason, detail  *Line
	minus, plus     *Stepper
	barWidestPixels float32
}

// NewValueCard returns a card.
func NewValueCard(r *keys.Router, clock Clock, ev ValueCardEvents) *ValueCard {
	step := func(d int) {
		if ev.Step != nil {
			ev.Step(d)
		}
	}
	c := &ValueCard{
		title: NewLine(), step: NewLineAligned(fyne.TextAlignTrailing),
		field: NewValueField(r, ev.Typed, step),
		note:  newReason(),
		bar:   NewLimitBar(ev.Preview),
		minus: NewStepper(r, clock, -1, step), plus: NewStepper(r, clock, 1, step),
		reason: newReason(), detail: newReason(),
		barWidestPixels: 260,
	}
	c.ExtendBaseWidget(c)
	return c
}

// Set shows a state.
func (c *ValueCard) Set(s ValueCardState) {
	c.state = s
	c.title.Set(Strong(s.Title))
	if c.step.Text() != s.Step {
		c.step.Set(Small(s.Step))
		c.Refresh() // the title has the room that the step leaves
	}
	c.field.Set(s.Value, s.Unit, s.Refused)
	c.field.SetLocked(s.Locked)
	c.note.Set(s.note())
	s.Bar.Refused = s.Refused
	s.Bar.MeasuredOutOfBalance = s.Quality == OutOfTolerance
	c.bar.Set(s.Bar)
	c.bar.SetLocked(s.Locked)
	reason := make([]Run, 0, len(s.Reason))
	for _, r := range s.Reason {
		reason = append(reason, r.Sized(theme.SizeLabel))
	}
	c.reason.Set(reason...)
	c.detail.Set(Small(s.Detail))
	c.minus.SetDisabled(s.Locked || s.NoDown)
	c.plus.SetDisabled(s.Locked || s.NoUp)
}

func (s ValueCardState) note() Run {
	switch {
	case s.Message != "" && s.Refused:
		return Strong(s.Message).In(theme.HighInk).Marked(MarkSquare)
	case s.Message != "":
		return Strong(s.Message).In(theme.MediumInk).Marked(MarkTriangle)
	}
	return s.Quality.run(s.Measured)
}

// Field is the field of the value, to give it the focus.
func (c *ValueCard) Field() *ValueField { return c.field }

// State is what the card shows.
func (c *ValueCard) State() ValueCardState { return c.state }

// CreateRenderer implements fyne.Widget.
func (c *ValueCard) CreateRenderer() fyne.WidgetRenderer {
	ground := newPlate()
	const pad, edge, barHeight = 16, 10, 32
	return newDrawn(&drawn{
		owner:   c,
		objects: ground.under(c.title, c.step, c.field, c.note, c.bar, c.reason, c.detail, c.minus, c.plus),
		min: func() fyne.Size {
			body, small := textHeight(c, theme.SizeBody), textHeight(c, theme.SizeLabel)
			h := 12 + body + c.field.MinSize().Height + body + barHeight + 2*small + 6 + stepperHeight + edge
			return fyne.NewSize(200, h)
		},
		layout: func(s fyne.Size) {
			ground.place(0, 0, s.Width, s.Height)
			body, small := c.title.MinSize().Height, c.reason.MinSize().Height
			value := c.field.MinSize().Height
			used := 12 + body + value + body + barHeight + 2*small + stepperHeight + edge
			// Spare height opens the groups, as long as they stay groups.
			spare := max(s.Height-used, 0)
			air := min(spare/6, 6)
			y := 12 + air
			half := (s.Width - 2*pad) / 2
			place(c.title, pad, y, s.Width-2*pad-min(c.step.NaturalWidth(), half), body)
			place(c.step, s.Width-pad-half, y, half, body)
			y += body + air/2
			place(c.field, pad-4, y, s.Width-2*pad+8, value)
			y += value + air/2
			place(c.note, edge, y, s.Width-2*edge, body)
			y += body + air
			wide := min(s.Width-2*pad-12, c.barWidestPixels)
			place(c.bar, (s.Width-wide)/2, y, wide, barHeight)
			y += barHeight
			place(c.reason, edge, y, s.Width-2*edge, small)
			place(c.detail, edge, y+small-1, s.Width-2*edge, small)
			button := (s.Width - 3*edge) / 2
			bottom := s.Height - edge - stepperHeight
			place(c.minus, edge, bottom, button, stepperHeight)
			place(c.plus, 2*edge+button, bottom, button, stepperHeight)
		},
		paint: func() {
			ground.paint(ink(c, theme.Panel), ink(c, theme.Line), 1, theme.CardRadius)
		},
	})
}
