package widgets

import (
	"image/color"
	"strconv"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"

	"stipple/app/ui/keys"
	"stipple/app/ui/theme"
)

// The measures of a code in groups.
const (
	codeGroup   = 4 // characters of a group: what one keeps in mind while writing
	codeRow     = 5 // groups of a line
	codeCellPad = 12
)

// codeStyle tells a zero from an O.
func codeStyle() fyne.TextStyle { return fyne.TextStyle{Monospace: true, Bold: true} }

// CodeGroups is how many groups a code of n characters has.
func CodeGroups(n int) int { return (n + codeGroup - 1) / codeGroup }

// CodeGroup is a group of a code, by its index from 0.
func CodeGroup(code []byte, i int) []byte {
	return code[min(i*codeGroup, len(code)):min((i+1)*codeGroup, len(code))]
}

// CodeField shows a secret code in numbered groups, and takes one. Letters count
// as capitals; whatever is neither letter nor figure is left out, so that a code
// may be pasted or typed with its hyphens, with blanks, or without both. It is in
// no trace of the window and is not copied; Clear wipes it.
type CodeField struct {
	pressable
	text     secretText
	length   int    // characters of a code
	head     []rune // what every code begins with, without its hyphens
	fixed    bool   // shows a code and takes none
	locked   bool
	bare     bool // one group, without its number
	onChange func()
	onEnter  func()
}

// NewCodeField returns an empty field for a code of a length. head is what every
// code begins with and may be typed or left out. Both callbacks may be nil.
func NewCodeField(r *keys.Router, length int, head string, onChange, onEnter func()) *CodeField {
	f := &CodeField{length: length, onChange: onChange, onEnter: onEnter, bare: length <= codeGroup}
	for _, c := range head {
		if k := codeRune(c); k != 0 {
			f.head = append(f.head, k)
		}
	}
	f.text = newSecretText(length + len(f.head))
	f.router = r
	f.onKey = f.key
	f.ExtendBaseWidget(f)
	return f
}

// NewCodeView returns a field that shows a code of a length and takes none.
func NewCodeView(r *keys.Router, length int) *CodeField {
	f := NewCodeField(r, length, "", nil, nil)
	f.fixed = true
	return f
}

// Set shows a code.
func (f *CodeField) Set(code []byte) {
	f.text.wipe()
	for _, b := range code {
		f.text.insert(rune(b))
	}
	f.Refresh()
}

// Children shows a trace of the window nothing of what is inside.
func (*CodeField) Children() []fyne.CanvasObject { return nil }

// Len is how many characters there are.
func (f *CodeField) Len() int { return len(f.text.runes) }

// Over says that there is more than a code has.
func (f *CodeField) Over() bool { return f.text.over || f.Len() > f.length }

// Full says whether the code is as long as it has to be.
func (f *CodeField) Full() bool { return f.Len() == f.length && !f.Over() }

// Bytes is a copy of the code, in capitals and without its head, to be wiped by
// the caller.
func (f *CodeField) Bytes() []byte { return f.text.bytes() }

// Take is Bytes, and empties the field.
func (f *CodeField) Take() []byte {
	b := f.Bytes()
	f.Clear()
	return b
}

// Clear empties and wipes the field.
func (f *CodeField) Clear() {
	f.text.wipe()
	f.Refresh()
}

// SetLocked takes no typing, such as while a code is being tried.
func (f *CodeField) SetLocked(v bool) {
	f.locked = v
	f.Refresh()
}

// Disabled says that a code is only shown; it takes no focus then.
func (f *CodeField) Disabled() bool { return f.fixed }

// Enable implements fyne.Disableable and does nothing.
func (f *CodeField) Enable() {}

// Disable implements fyne.Disableable and does nothing.
func (f *CodeField) Disable() {}

// codeRune is a character as a code has it; 0 for what no code has.
func codeRune(c rune) rune {
	c = unicode.ToUpper(c)
	if c < unicode.MaxASCII && (unicode.IsLetter(c) || unicode.IsDigit(c)) {
		return c
	}
	return 0
}

// TypedRune adds a character, unless its press was a stop.
func (f *CodeField) TypedRune(c rune) {
	if !f.router.UsedRune(c) {
		f.typed(c)
	}
}

func (f *CodeField) typed(text ...rune) {
	if f.locked || f.fixed {
		return
	}
	for _, c := range text {
		if k := codeRune(c); k != 0 {
			f.text.insert(k)
			f.behead()
		}
	}
	f.changed()
}

// behead takes the head out once all of it stands at the beginning: no code has
// its last character.
func (f *CodeField) behead() {
	if f.text.caret != len(f.head) || !f.beginsWithHead() {
		return
	}
	for i := len(f.head) - 1; i >= 0; i-- {
		f.text.erase(i)
	}
}

func (f *CodeField) beginsWithHead() bool {
	for i, c := range f.head {
		if i >= f.Len() || f.text.runes[i] != c {
			return false
		}
	}
	return len(f.head) > 0
}

// TypedShortcut pastes; it copies nothing.
func (f *CodeField) TypedShortcut(s fyne.Shortcut) {
	if f.router.Shortcut(s) || f.locked || f.fixed {
		return
	}
	switch s := s.(type) {
	case *fyne.ShortcutPaste:
		f.typed([]rune(s.Clipboard.Content())...)
	case *fyne.ShortcutSelectAll:
		f.text.selected = f.Len() > 0
		f.Refresh()
	}
}

func (f *CodeField) key(k fyne.KeyName) {
	if f.locked || f.fixed {
		return
	}
	row := codeGroup * codeRow
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
	case fyne.KeyUp:
		f.text.moveTo(f.text.caret - row)
	case fyne.KeyDown:
		f.text.moveTo(f.text.caret + row)
	case fyne.KeyHome:
		f.text.moveTo(0)
	case fyne.KeyEnd:
		f.text.moveTo(f.Len())
	case fyne.KeyReturn, fyne.KeyEnter:
		if f.onEnter != nil {
			f.onEnter()
		}
		return
	}
	f.Refresh()
}

func (f *CodeField) changed() {
	f.Refresh()
	if f.onChange != nil {
		f.onChange()
	}
}

// Tapped implements fyne.Tappable.
func (f *CodeField) Tapped(ev *fyne.PointEvent) {
	if f.fixed {
		return
	}
	takeFocus(f)
	cell := f.cell()
	group := int(ev.Position.Y/max(cell.Height, 1))*codeRow + int(ev.Position.X/max(f.Size().Width/float32(f.columns()), 1))
	f.text.moveTo(group*codeGroup + codeGroup)
	f.Refresh()
}

// MouseDown gives the field the focus.
func (f *CodeField) MouseDown(*desktop.MouseEvent) {
	f.here()
	if !f.fixed {
		takeFocus(f)
	}
}

// MouseUp implements desktop.Mouseable.
func (f *CodeField) MouseUp(*desktop.MouseEvent) {}

// Cursor tells that one can type here.
func (f *CodeField) Cursor() desktop.Cursor {
	if f.fixed {
		return desktop.DefaultCursor
	}
	return desktop.TextCursor
}

func (f *CodeField) columns() int { return min(codeRow, CodeGroups(f.length)) }

// cell is the least size of a group with its number.
func (f *CodeField) cell() fyne.Size {
	m := fyne.MeasureText("MMMM", f.textSize(), codeStyle())
	m.Width += 2 * codeCellPad
	if f.bare {
		return fyne.NewSize(m.Width+2*codeCellPad, max(theme.Touch, m.Height+12))
	}
	n := fyne.MeasureText("88", size(f, theme.SizeLabel), fyne.TextStyle{})
	return fyne.NewSize(m.Width+n.Width+8, max(theme.Touch, m.Height+8))
}

// textSize is that of a live value: a code is read from paper and back.
func (f *CodeField) textSize() float32 { return size(f, theme.SizeLive) }

// CreateRenderer implements fyne.Widget.
func (f *CodeField) CreateRenderer() fyne.WidgetRenderer {
	n := CodeGroups(f.length)
	frame, caret := newPlate(), canvas.NewRectangle(color.Black)
	groups, numbers := make([]*canvas.Text, n), make([]*canvas.Text, n)
	lines := make([]*canvas.Rectangle, n)
	objects := frame.under()
	for i := range groups {
		groups[i], numbers[i] = canvas.NewText("", color.Black), canvas.NewText(strconv.Itoa(i+1), color.Black)
		lines[i] = canvas.NewRectangle(color.Black)
		numbers[i].Alignment, numbers[i].Hidden = fyne.TextAlignTrailing, f.bare
		objects = append(objects, lines[i], numbers[i], groups[i])
	}
	return newDrawn(&drawn{
		owner:   f,
		objects: append(objects, caret),
		min: func() fyne.Size {
			c, rows := f.cell(), (n+codeRow-1)/codeRow
			return fyne.NewSize(c.Width*float32(f.columns()), c.Height*float32(rows)+8)
		},
		layout: func(s fyne.Size) {
			frame.place(0, 0, s.Width, s.Height)
			f.layout(s, groups, numbers, lines, caret)
		},
		paint: func() {
			line, width, ground := theme.Line, float32(1), theme.Raised
			switch {
			case f.focused && !f.fixed:
				line, width = theme.Accent, focusWidth
			case f.locked:
				ground = theme.Panel
			}
			frame.paint(ink(f, ground), ink(f, line), width, theme.ControlRadius)
			for i, t := range groups {
				t.Text, t.TextSize, t.TextStyle = f.group(i), f.textSize(), codeStyle()
				t.Color = ink(f, theme.Text)
				if f.text.selected {
					t.Color = ink(f, theme.Accent)
				}
				numbers[i].Color, numbers[i].TextSize = ink(f, theme.TextSecondary), size(f, theme.SizeLabel)
				lines[i].FillColor, lines[i].Hidden = ink(f, theme.Line), f.fixed
			}
			caret.FillColor, caret.Hidden = ink(f, theme.Accent), !f.focused || f.fixed || f.locked
		},
	})
}

// group is the text of a group as it stands.
func (f *CodeField) group(i int) string {
	from := min(i*codeGroup, f.Len())
	return string(f.text.runes[from:min(from+codeGroup, f.Len())])
}

func (f *CodeField) layout(s fyne.Size, groups, numbers []*canvas.Text, lines []*canvas.Rectangle, caret *canvas.Rectangle) {
	wide, tall := s.Width/float32(f.columns()), f.cell().Height
	m := fyne.MeasureText("MMMM", f.textSize(), codeStyle())
	left := (wide - m.Width) / 2
	if !f.bare {
		left = fyne.MeasureText("88", size(f, theme.SizeLabel), fyne.TextStyle{}).Width + codeCellPad + 8
	}
	at := min(f.text.caret, f.length)
	for i, t := range groups {
		x, y := float32(i%codeRow)*wide, 4+float32(i/codeRow)*tall
		if f.bare {
			y, tall = 0, s.Height
		}
		top := y + (tall-m.Height)/2
		place(t, x+left, top, m.Width, m.Height)
		place(numbers[i], x, top, left-8, m.Height)
		count := min(codeGroup, f.length-i*codeGroup)
		place(lines[i], x+left, top+m.Height-2, m.Width*float32(count)/codeGroup, 1)
		if inside := at - i*codeGroup; inside >= 0 && (inside < codeGroup || i == len(groups)-1) {
			place(caret, x+left+m.Width*float32(inside)/codeGroup-1, top+m.Height*0.1, 2, m.Height*0.8)
		}
	}
}
