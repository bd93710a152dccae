package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"stipple/app/ui/keys"
	housetheme "stipple/app/ui/theme"
)

// TextEntry is the house's field for text. It forwards its keys to the router
// and opens no context menu, since that would be an overlay over STOP; copy
// and paste work by their keys.
type TextEntry struct {
	widget.Entry
	router *keys.Router
	// OnKey is offered each key before the field uses it, and returns whether
	// it took it: arrow keys for a list below, Enter for a choice.
	OnKey func(fyne.KeyName) bool
	// OnFocus is told when the field gets or loses the focus.
	OnFocus func(bool)
}

// NewTextEntry returns an empty field of one line.
func NewTextEntry(r *keys.Router, placeHolder string) *TextEntry {
	e := &TextEntry{router: r}
	e.PlaceHolder = placeHolder
	e.Wrapping = fyne.TextWrap(fyne.TextTruncateClip)
	e.ExtendBaseWidget(e)
	return e
}

// NewSearchEntry returns a field with a magnifying glass.
func NewSearchEntry(r *keys.Router, placeHolder string, onChanged func(string)) *TextEntry {
	e := NewTextEntry(r, placeHolder)
	e.Icon = theme.SearchIcon()
	e.OnChanged = onChanged
	return e
}

// TraceValue is the text.
func (e *TextEntry) TraceValue() string { return e.Text }

// MouseDown tells that a person is here, and goes to the field.
func (e *TextEntry) MouseDown(ev *desktop.MouseEvent) {
	e.router.Here()
	e.Entry.MouseDown(ev)
}

// KeyDown passes the press to the router first.
func (e *TextEntry) KeyDown(ev *fyne.KeyEvent) {
	if !e.router.KeyDown(ev) {
		e.Entry.KeyDown(ev)
	}
}

// KeyUp passes the release to the router too.
func (e *TextEntry) KeyUp(ev *fyne.KeyEvent) {
	e.router.KeyUp(ev)
	e.Entry.KeyUp(ev)
}

// TypedKey edits, unless the press was a stop or a command.
func (e *TextEntry) TypedKey(ev *fyne.KeyEvent) {
	if e.router.Used(ev.Name) || e.OnKey != nil && e.OnKey(ev.Name) {
		return
	}
	e.Entry.TypedKey(ev)
}

// TypedRune adds a character, unless its press was a stop. Control characters
// are left out: a field holds one line of text.
func (e *TextEntry) TypedRune(c rune) {
	if c < ' ' || c == 0x7F || e.router.UsedRune(c) {
		return
	}
	e.Entry.TypedRune(c)
}

// TypedShortcut passes Ctrl+. to the router and the rest to the field.
func (e *TextEntry) TypedShortcut(s fyne.Shortcut) {
	if !e.router.Shortcut(s) {
		e.Entry.TypedShortcut(s)
	}
}

// TappedSecondary opens no menu.
func (e *TextEntry) TappedSecondary(*fyne.PointEvent) {}

// FocusGained tells OnFocus.
func (e *TextEntry) FocusGained() {
	e.Entry.FocusGained()
	if e.OnFocus != nil {
		e.OnFocus(true)
	}
}

// FocusLost tells OnFocus.
func (e *TextEntry) FocusLost() {
	e.Entry.FocusLost()
	if e.OnFocus != nil {
		e.OnFocus(false)
	}
}

// MinSize is a touch target's height at least.
func (e *TextEntry) MinSize() fyne.Size {
	return e.Entry.MinSize().Max(fyne.NewSize(120, housetheme.Touch))
}
