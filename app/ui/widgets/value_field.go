package widgets

import (
	"image/color"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"

	"stipple/app/ui/keys"
	"stipple/app/ui/theme"
)

// valueMaxRunes bounds what can be typed into a value: any number with its unit
// is shorter. What goes beyond it ends in valueCut, which no number has, so that
// a text that was too long is refused and never taken without its end.
const (
	valueMaxRunes = 12
	valueCut      = "…"
)

// ValueField shows a set value with its unit, 50 high and bold, and takes a
// new one by typing: the first figure begins a new number, Enter or leaving
// the field hands it over, Escape drops it. Arrow keys ask for steps.
type ValueField struct {
	pressable
	text, unit string
	refused    bool
	locked     bool
	draft      []rune
	typing     bool
	onTyped    func(string)
	onStep     func(int)
}

// NewValueField returns a field. onTyped gets what was typed, unchecked;
// onStep gets 1 and -1 for the arrow keys, 10 and -10 for the page keys.
func NewValueField(r *keys.Router, onTyped func(string), onStep func(int)) *ValueField {
	f := &ValueField{onTyped: onTyped, onStep: onStep}
	f.router = r
	f.onKey = f.key
	f.onBlur = f.commit
	f.ExtendBaseWidget(f)
	return f
}

// Set shows a value; "" shows a dash: nothing is set yet. It does not disturb
// a number that is being typed.
func (f *ValueField) Set(text, unit string, refused bool) {
	if f.text == text && f.unit == unit && f.refused == refused {
		return
	}
	f.text, f.unit, f.refused = text, unit, refused
	f.Refresh()
}

// SetLocked takes no typing and no steps, such as while armed. A number that
// is being typed is dropped.
func (f *ValueField) SetLocked(v bool) {
	if f.locked == v {
		return
	}
	f.locked, f.typing, f.draft = v, false, nil
	f.Refresh()
}

// PartName is the field's name in a trace.
func (f *ValueField) PartName() string { return "value" }

// TraceValue is what the field shows.
func (f *ValueField) TraceValue() string { return f.shown() }

// Typing reports whether a number is being typed.
func (f *ValueField) Typing() bool { return f.typing }

// TypedRune adds to the text, whatever it is: "1e3" without its "e" would be
// another number. It is the desk that refuses what is no number, and says why.
func (f *ValueField) TypedRune(c rune) {
	if f.locked || f.router.UsedRune(c) || !unicode.IsPrint(c) || len(f.draft) > valueMaxRunes {
		return
	}
	f.typing = true
	if len(f.draft) == valueMaxRunes {
		c = []rune(valueCut)[0]
	}
	f.draft = append(f.draft, c)
	f.Refresh()
}

func (f *ValueField) key(k fyne.KeyName) {
	if f.locked {
		return
	}
	switch k {
	case fyne.KeyUp, fyne.KeyRight:
		f.step(1)
	case fyne.KeyDown, fyne.KeyLeft:
		f.step(-1)
	case fyne.KeyPageUp:
		f.step(10)
	case fyne.KeyPageDown:
		f.step(-10)
	case fyne.KeyReturn, fyne.KeyEnter:
		f.commit()
	case fyne.KeyEscape:
		f.typing, f.draft = false, nil
		f.Refresh()
	case fyne.KeyBackspace, fyne.KeyDelete:
		f.erase()
	}
}

// step commits a number that is being typed, then asks for a step from it.
func (f *ValueField) step(delta int) {
	f.commit()
	if f.onStep != nil {
		f.onStep(delta)
	}
}

// erase takes back the last character; on a value that is not being typed it
// begins an empty number.
func (f *ValueField) erase() {
	if f.typing && len(f.draft) > 0 {
		f.draft = f.draft[:len(f.draft)-1]
	}
	f.typing = true
	f.Refresh()
}

// commit hands over what was typed. Nothing typed is no change.
func (f *ValueField) commit() {
	text := string(f.draft)
	if !f.typing {
		return
	}
	f.typing, f.draft = false, nil
	f.Refresh()
	if text != "" && f.onTyped != nil {
		f.onTyped(text)
	}
}

// Disabled says that nothing can be typed; the field then takes no focus.
func (f *ValueField) Disabled() bool { return f.skipped(f.locked) }

// Enable implements fyne.Disableable.
func (f *ValueField) Enable() { f.SetLocked(false) }

// Disable implements fyne.Disableable.
func (f *ValueField) Disable() { f.SetLocked(true) }

// Tapped gives the field the focus.
func (f *ValueField) Tapped(*fyne.PointEvent) {}

// MouseDown gives the field the focus.
func (f *ValueField) MouseDown(*desktop.MouseEvent) {
	f.here()
	takeFocus(f)
}

// MouseUp implements desktop.Mouseable.
func (f *ValueField) MouseUp(*desktop.MouseEvent) {}

// Cursor tells that the value can be typed.
func (f *ValueField) Cursor() desktop.Cursor {
	if f.locked {
		return desktop.DefaultCursor
	}
	return desktop.TextCursor
}

// emptyValue stands where nothing is set.
const emptyValue = "–"

// shown is the text of the value as it stands now.
func (f *ValueField) shown() string {
	switch {
	case f.typing:
		return string(f.draft)
	case f.text == "":
		return emptyValue
	}
	return f.text
}

// CreateRenderer implements fyne.Widget.
func (f *ValueField) CreateRenderer() fyne.WidgetRenderer {
	frame := newPlate()
	value, unit := canvas.NewText("", color.Black), canvas.NewText("", color.Black)
	caret := canvas.NewRectangle(color.Black)
	return newDrawn(&drawn{
		owner:   f,
		objects: frame.under(value, unit, caret),
		min: func() fyne.Size {
			return fyne.NewSize(120, textHeight(f, theme.SizeSetValue))
		},
		layout: func(s fyne.Size) { f.layout(s, frame, value, unit, caret) },
		paint: func() {
			value.Text, value.TextStyle = f.shown(), fyne.TextStyle{Bold: true}
			value.Color = ink(f, theme.Text)
			if f.text == "" && !f.typing {
				value.Color = ink(f, theme.TextSecondary)
			}
			unit.Text, unit.Color = f.unit, ink(f, theme.TextSecondary)
			frame.overlay(f, color.Transparent, f.focused && !f.locked)
			if f.refused {
				frame.paint(ink(f, theme.Panel), ink(f, theme.HighInk), focusWidth, theme.ControlRadius)
			}
			caret.FillColor, caret.Hidden = ink(f, theme.Accent), !f.typing
		},
	})
}

// layout centres value and unit on one baseline; a long value shrinks to fit.
func (f *ValueField) layout(s fyne.Size, frame *plate, value, unit *canvas.Text, caret *canvas.Rectangle) {
	frame.place(0, 0, s.Width, s.Height)
	value.TextSize, unit.TextSize = size(f, theme.SizeSetValue), size(f, theme.SizeLive)
	gap := unit.TextSize * 0.38
	width := func() float32 { return value.MinSize().Width + gap + unit.MinSize().Width }
	if room := s.Width - 12; width() > room && width() > 0 {
		factor := room / width()
		value.TextSize *= factor
		unit.TextSize *= factor
		gap *= factor
	}
	driver := fyne.CurrentApp().Driver()
	vs, vb := driver.RenderedTextSize(value.Text, value.TextSize, value.TextStyle, nil)
	us, ub := driver.RenderedTextSize(unit.Text, unit.TextSize, unit.TextStyle, nil)
	x, y := (s.Width-width())/2, (s.Height-vs.Height)/2
	place(value, x, y, vs.Width, vs.Height)
	place(unit, x+vs.Width+gap, y+vb-ub, us.Width, us.Height)
	place(caret, x+vs.Width+1, y+vs.Height*0.2, 2, vs.Height*0.6)
}
