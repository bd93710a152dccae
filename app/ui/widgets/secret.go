package widgets

import (
	"image/color"
	"slices"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"

	"stipple/app/ui/keys"
	"stipple/app/ui/theme"
)

// SecretMax is how many characters a passphrase has at most.
const SecretMax = 256

// SecretField takes a passphrase. What is typed is shown as dots until the eye is
// pressed, by pointer or with F2 in the field, can be pasted and not copied, stands in no
// trace of the window, and is wiped by Clear and Take. Space is a character of it unless it
// is a stop.
type SecretField struct {
	base
	input *secretInput
	eye   *eye
}

// NewSecretField returns an empty field. onChange is told of each change of the
// text, onEnter of Enter; both may be nil. caps is what stands in the field while
// Caps Lock seems to be on.
func NewSecretField(r *keys.Router, caps string, onChange, onEnter func()) *SecretField {
	f := &SecretField{input: &secretInput{text: newSecretText(SecretMax), capsWord: caps, onChange: onChange, onEnter: onEnter}}
	f.input.router = r
	f.input.onKey = f.input.key
	f.input.onBlur = func() { f.input.shift = false }
	f.input.ExtendBaseWidget(f.input)
	turn := func() { f.Reveal(!f.input.revealed) }
	f.input.onEye = turn
	f.eye = newEye(r, func() {
		turn()
		takeFocus(f.input) // to type on
	})
	f.ExtendBaseWidget(f)
	return f
}

// Input is what takes the keyboard's focus.
func (f *SecretField) Input() fyne.Focusable { return f.input }

// Len is how many characters there are.
func (f *SecretField) Len() int { return len(f.input.text.runes) }

// Over says that more was typed or pasted than SecretMax; that was left out.
func (f *SecretField) Over() bool { return f.input.text.over }

// Bytes is a copy of the text in UTF-8, to be wiped by the caller.
func (f *SecretField) Bytes() []byte { return f.input.text.bytes() }

// Take is Bytes, and empties the field.
func (f *SecretField) Take() []byte {
	b := f.Bytes()
	f.Clear()
	return b
}

// Same says whether two fields hold the same text.
func (f *SecretField) Same(g *SecretField) bool {
	return slices.Equal(f.input.text.runes, g.input.text.runes)
}

// Clear empties and wipes the field, and hides what will be typed next.
func (f *SecretField) Clear() {
	f.input.text.wipe()
	f.Reveal(false)
}

// SelectAll has the next character replace the text.
func (f *SecretField) SelectAll() {
	f.input.text.selected = f.Len() > 0
	f.input.Refresh()
}

// Reveal shows the text, or dots in its place.
func (f *SecretField) Reveal(v bool) {
	f.input.revealed = v
	f.eye.set(v, f.input.locked)
	f.input.Refresh()
}

// Revealed says whether the text is shown.
func (f *SecretField) Revealed() bool { return f.input.revealed }

// SetLocked takes no typing, such as while a passphrase is being tried.
func (f *SecretField) SetLocked(v bool) {
	if f.input.locked != v {
		f.input.locked = v
		f.eye.set(f.input.revealed, v)
		f.input.Refresh()
	}
}

// CreateRenderer implements fyne.Widget.
func (f *SecretField) CreateRenderer() fyne.WidgetRenderer {
	const gap = 4
	return newDrawn(&drawn{
		owner:   f,
		objects: []fyne.CanvasObject{f.input, f.eye},
		min: func() fyne.Size {
			m := f.input.MinSize()
			return fyne.NewSize(m.Width+theme.Touch+gap, m.Height)
		},
		layout: func(s fyne.Size) {
			place(f.input, 0, 0, max(s.Width-theme.Touch-gap, 0), s.Height)
			place(f.eye, s.Width-theme.Touch, 0, theme.Touch, s.Height)
		},
	})
}

// secretInput is the part of a SecretField that is typed into.
type secretInput struct {
	pressable
	text     secretText
	revealed bool
	locked   bool
	shift    bool // a Shift key is down
	caps     bool // Caps Lock seems to be on
	capsWord string
	onChange func()
	onEnter  func()
	onEye    func()
}

// Children shows a trace of the window nothing of what is inside.
func (*secretInput) Children() []fyne.CanvasObject { return nil }

// KeyDown follows Shift, which tells Caps Lock from capitals.
func (f *secretInput) KeyDown(ev *fyne.KeyEvent) {
	f.shift = f.shift || isShift(ev.Name)
	f.focusable.KeyDown(ev)
}

// KeyUp follows Shift, too.
func (f *secretInput) KeyUp(ev *fyne.KeyEvent) {
	if isShift(ev.Name) {
		f.shift = false
	}
	f.focusable.KeyUp(ev)
}

func isShift(k fyne.KeyName) bool { return k == desktop.KeyShiftLeft || k == desktop.KeyShiftRight }

// TypedRune adds a character, unless its press was a stop.
func (f *secretInput) TypedRune(c rune) {
	if f.locked || f.router.UsedRune(c) || !unicode.IsPrint(c) {
		return
	}
	switch {
	case unicode.IsUpper(c):
		f.caps = !f.shift
	case unicode.IsLower(c):
		f.caps = f.shift
	}
	f.text.insert(c)
	f.changed()
}

// TypedShortcut pastes and selects; it copies nothing.
func (f *secretInput) TypedShortcut(s fyne.Shortcut) {
	if f.router.Shortcut(s) || f.locked {
		return
	}
	switch s := s.(type) {
	case *fyne.ShortcutPaste:
		var more []rune
		for _, c := range s.Clipboard.Content() {
			if unicode.IsPrint(c) {
				more = append(more, c)
			}
		}
		f.text.insert(more...)
		clear(more)
		f.changed()
	case *fyne.ShortcutSelectAll:
		f.text.selected = len(f.text.runes) > 0
		f.Refresh()
	}
}

func (f *secretInput) key(k fyne.KeyName) {
	if f.locked {
		return
	}
	switch k {
	case fyne.KeyBackspace:
		f.text.backspace()
		f.changed()
	case fyne.KeyDelete:
		f.text.erase(f.text.caret)
		f.changed()
	case fyne.KeyLeft:
		f.text.moveTo(f.text.caret - 1)
	case fyne.KeyRight:
		f.text.moveTo(f.text.caret + 1)
	case fyne.KeyHome:
		f.text.moveTo(0)
	case fyne.KeyEnd:
		f.text.moveTo(len(f.text.runes))
	case eyeKey:
		f.onEye()
	case fyne.KeyReturn, fyne.KeyEnter:
		if f.onEnter != nil {
			f.onEnter()
		}
		return
	}
	f.Refresh()
}

func (f *secretInput) changed() {
	f.Refresh()
	if f.onChange != nil {
		f.onChange()
	}
}

// Tapped implements fyne.Tappable.
func (f *secretInput) Tapped(*fyne.PointEvent) { takeFocus(f) }

// MouseDown gives the field the focus.
func (f *secretInput) MouseDown(*desktop.MouseEvent) {
	f.here()
	takeFocus(f)
	f.text.moveTo(len(f.text.runes))
	f.Refresh()
}

// MouseUp implements desktop.Mouseable.
func (f *secretInput) MouseUp(*desktop.MouseEvent) {}

// Cursor tells that one can type here.
func (f *secretInput) Cursor() desktop.Cursor { return desktop.TextCursor }

// dot stands for a character that is not shown.
const dot = '•'

// CreateRenderer implements fyne.Widget.
func (f *secretInput) CreateRenderer() fyne.WidgetRenderer {
	frame, chosen := newPlate(), canvas.NewRectangle(color.Black)
	text, caps := canvas.NewText("", color.Black), canvas.NewText("", color.Black)
	caret := canvas.NewRectangle(color.Black)
	return newDrawn(&drawn{
		owner:   f,
		objects: frame.under(chosen, text, caret, caps),
		min: func() fyne.Size {
			return fyne.NewSize(120, max(theme.Touch, textHeight(f, theme.SizeBody)+20))
		},
		layout: func(s fyne.Size) {
			frame.place(0, 0, s.Width, s.Height)
			f.layout(s, text, caps, caret, chosen)
		},
		paint: func() {
			line, width, ground := theme.Line, float32(1), theme.Raised
			if f.focused {
				line, width = theme.Accent, focusWidth
			}
			if f.locked {
				ground = theme.Panel
			}
			frame.paint(ink(f, ground), ink(f, line), width, theme.ControlRadius)
			text.Color, caret.FillColor = ink(f, theme.Text), ink(f, theme.Accent)
			chosen.FillColor, chosen.Hidden = ink(f, theme.Allowed), !f.text.selected
			caret.Hidden = !f.focused || f.locked || f.text.selected
			caps.Text, caps.Color, caps.TextSize = f.capsWord, ink(f, theme.MediumInk), size(f, theme.SizeLabel)
			caps.Hidden = !f.caps || !f.focused
		},
	})
}

// layout shows the part of the text around the caret that fits.
func (f *secretInput) layout(s fyne.Size, text, caps *canvas.Text, caret, chosen *canvas.Rectangle) {
	const pad = 14
	room := s.Width - 2*pad
	if !caps.Hidden {
		m := caps.MinSize()
		place(caps, s.Width-pad-m.Width, (s.Height-m.Height)/2, m.Width, m.Height)
		room -= m.Width + 8
	}
	text.TextSize = size(f, theme.SizeBody)
	shown := f.text.runes
	if !f.revealed {
		shown = slices.Repeat([]rune{dot}, len(shown))
	}
	wide := func(r []rune) float32 {
		return fyne.MeasureText(string(r), text.TextSize, text.TextStyle).Width
	}
	from, to := 0, len(shown)
	for from < f.text.caret && wide(shown[from:f.text.caret]) > room {
		from++
	}
	for to > f.text.caret && wide(shown[from:to]) > room {
		to--
	}
	text.Text = string(shown[from:to])
	h := text.MinSize().Height
	y, w := (s.Height-h)/2, wide(shown[from:to])
	place(text, pad, y, w, h)
	place(chosen, pad-2, y, w+4, h)
	place(caret, pad+wide(shown[from:f.text.caret]), y+h*0.12, 2, h*0.76)
}
