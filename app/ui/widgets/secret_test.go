package widgets

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"stipple/app/ui/theme"
)

func typeInto(f fyne.Focusable, text string) {
	for _, c := range text {
		f.TypedRune(c)
	}
}

func TestSecretFieldEdits(t *testing.T) {
	b := newBench(t, theme.Dark, theme.Scale100)
	changes, enters := 0, 0
	f := NewSecretField(b.router, "Caps", func() { changes++ }, func() { enters++ })
	b.put(f, 10, 10, 300, 44)
	b.write("secret")
	in := f.Input()
	typeInto(in, "ab\x07cd ")
	for _, k := range []fyne.KeyName{fyne.KeyHome, fyne.KeyRight, fyne.KeyDelete, fyne.KeyEnd, fyne.KeyLeft, fyne.KeyBackspace} {
		in.TypedKey(press(k))
	}
	if got := string(f.Bytes()); got != "ac " {
		t.Errorf("got %q", got)
	}
	in.TypedKey(press(fyne.KeyReturn))
	if changes != 7 || enters != 1 {
		t.Errorf("%d changes, %d enters", changes, enters)
	}
	f.SelectAll()
	typeInto(in, "ü")
	if got := string(f.Take()); got != "ü" || f.Len() != 0 {
		t.Errorf("got %q, %d left", got, f.Len())
	}
}

// What was typed is nowhere in the field's memory once it is cleared, and never was
// in a second array.
func TestSecretFieldIsWiped(t *testing.T) {
	b := newBench(t, theme.Dark, theme.Scale100)
	f := NewSecretField(b.router, "", nil, nil)
	array := f.input.text.runes[:SecretMax]
	for range SecretMax {
		f.Input().TypedRune('x')
	}
	if array[SecretMax-1] != 'x' {
		t.Fatal("the text moved to another array")
	}
	if f.Over() {
		t.Error("all that fits is too much")
	}
	f.Input().TypedRune('x')
	if !f.Over() || f.Len() != SecretMax {
		t.Error("what does not fit is left out in silence")
	}
	f.Reveal(true)
	f.Clear()
	for i, r := range array {
		if r != 0 {
			t.Fatalf("character %d is still there", i)
		}
	}
	if f.Revealed() || f.Over() {
		t.Error("what is typed next is shown, or too long")
	}
	typeInto(f.Input(), "abc")
	f.Input().TypedKey(press(fyne.KeyBackspace))
	if array[2] != 0 {
		t.Error("what was taken back is still there")
	}
}

// Tab leads from one passphrase to the next: Space, typed on there, shows none. By
// pointer or by key the eye shows and hides, and one types on where one was.
func TestTheEyeIsNotInTheWay(t *testing.T) {
	b := newBench(t, theme.Dark, theme.Scale100)
	first, next := NewSecretField(b.router, "", nil, nil), NewSecretField(b.router, "", nil, nil)
	c := test.NewCanvas()
	c.SetContent(container.NewVBox(first, next))
	c.Capture()
	c.Focus(first.Input())
	c.FocusNext()
	if c.Focused() != next.Input() {
		t.Errorf("Tab leads to %T", c.Focused())
	}
	c.Focused().TypedKey(press(fyne.KeySpace))
	c.Focused().TypedRune(' ')
	if first.Revealed() || next.Revealed() || next.Len() != 1 {
		t.Error("Space shows what was typed")
	}
	for _, turn := range []func(){func() { next.Input().TypedKey(press(fyne.KeyF2)) }, func() { next.eye.Tapped(nil) }} {
		for _, want := range []bool{true, false} {
			turn()
			if next.Revealed() != want || c.Focused() != next.Input() || next.Len() != 1 {
				t.Errorf("shown %v, want %v, focus %T", next.Revealed(), want, c.Focused())
			}
		}
		next.SetLocked(true)
		turn()
		if next.Revealed() {
			t.Error("shown while it is tried")
		}
		next.SetLocked(false)
	}
}

type clip struct{ text string }

func (c *clip) Content() string     { return c.text }
func (c *clip) SetContent(s string) { c.text = s }

func TestSecretFieldIsPastedAndNeverCopied(t *testing.T) {
	b := newBench(t, theme.Dark, theme.Scale100)
	f := NewSecretField(b.router, "", nil, nil)
	in := f.input
	c := &clip{text: "four words in it\r\n"}
	in.TypedShortcut(&fyne.ShortcutPaste{Clipboard: c})
	if got := string(f.Bytes()); got != "four words in it" {
		t.Errorf("pasted %q", got)
	}
	c.text = "before"
	for _, revealed := range []bool{false, true} {
		f.Reveal(revealed)
		in.TypedShortcut(&fyne.ShortcutSelectAll{})
		in.TypedShortcut(&fyne.ShortcutCopy{Clipboard: c})
		in.TypedShortcut(&fyne.ShortcutCut{Clipboard: c})
	}
	if c.text != "before" || f.Len() == 0 {
		t.Errorf("the clipboard has %q", c.text)
	}
	code := NewCodeField(b.router, 8, "", nil, nil)
	code.Set([]byte("QQPZRY9X"))
	code.TypedShortcut(&fyne.ShortcutCopy{Clipboard: c})
	if c.text != "before" {
		t.Error("a code was copied")
	}
}

func TestCapsLockIsSeen(t *testing.T) {
	b := newBench(t, theme.Dark, theme.Scale100)
	f := NewSecretField(b.router, "Caps", nil, nil)
	in := f.input
	for _, c := range []struct {
		text  string
		shift bool
		caps  bool
	}{{"a", false, false}, {"A", true, false}, {"A", false, true}, {"1", false, true}, {"a", true, true}, {"a", false, false}} {
		if c.shift {
			in.KeyDown(press(desktop.KeyShiftLeft))
		}
		typeInto(in, c.text)
		in.KeyUp(press(desktop.KeyShiftLeft))
		if in.caps != c.caps {
			t.Errorf("%q with Shift %v: Caps Lock %v", c.text, c.shift, in.caps)
		}
	}
}

func TestCodeFieldTakesWhatPeopleType(t *testing.T) {
	b := newBench(t, theme.Dark, theme.Scale100)
	for _, text := range []string{"qqpz ry9x", "QQPZ-RY9X", "head-1qqpzry9x", "HEAD 1 QQPZ\nRY9X\n"} {
		f := NewCodeField(b.router, 8, "HEAD-1", nil, nil)
		f.TypedShortcut(&fyne.ShortcutPaste{Clipboard: &clip{text: text}})
		if got := string(f.Bytes()); got != "QQPZRY9X" || !f.Full() {
			t.Errorf("%q is %q", text, got)
		}
		f.TypedRune('q')
		if f.Full() || !f.Over() {
			t.Errorf("%q: nine characters are a code", text)
		}
		f.Clear()
		if f.Len() != 0 || f.Over() {
			t.Error("it is not empty")
		}
	}
	view := NewCodeView(b.router, 8)
	view.Set([]byte("QQPZRY9X"))
	view.TypedRune('X')
	view.TypedKey(press(fyne.KeyBackspace))
	if string(view.Bytes()) != "QQPZRY9X" || !view.Disabled() {
		t.Error("a code that is shown can be changed")
	}
}

func TestPINPadByPointer(t *testing.T) {
	b := newBench(t, theme.Light, theme.Scale100)
	given := ""
	var p *PINPad
	p = NewPINPad(b.router, func() { given += string(p.Take()) + " " })
	b.put(p, 10, 10, 320, 344)
	tap := func(names ...string) {
		for _, n := range names {
			for _, k := range p.keys {
				if k.PartName() == n {
					k.Tapped(nil)
				}
			}
		}
	}
	tap("1", "2", "enter", "3", "4", "erase", "0", "enter", "enter", "9")
	p.SetLocked(true)
	tap("9", "9", "9", "enter")
	b.write("pin")
	if given != "1230 " || p.Len() != 1 {
		t.Errorf("given %q, %d left", given, p.Len())
	}
	if m := p.keys[0].MinSize(); m.Width < theme.TouchFar || m.Height < theme.TouchFar {
		t.Errorf("a key is %v", m)
	}
}

// No stop key is missed on what a lock is made of.
func TestSecretsForwardTheStopKeys(t *testing.T) {
	b := newBench(t, theme.Dark, theme.Scale100)
	f := NewSecretField(b.router, "", nil, nil)
	code := NewCodeField(b.router, 8, "", nil, nil)
	pad := NewPINPad(b.router, func() {})
	b.put(f, 0, 0, 300, 44)
	b.put(code, 0, 100, 300, 60)
	b.put(pad, 0, 200, 320, 344)
	b.write("secrets")
	b.armed = true
	all := focusables(b.content)
	if len(all) < 3 {
		t.Fatalf("only %d of them", len(all))
	}
	for _, o := range all {
		before := b.stops
		for _, k := range []fyne.KeyName{fyne.KeySpace, fyne.KeyEscape} {
			o.(desktop.Keyable).KeyDown(press(k))
			o.TypedKey(press(k))
			if k == fyne.KeySpace {
				o.TypedRune(' ')
			}
			o.(desktop.Keyable).KeyUp(press(k))
		}
		if b.stops != before+2 {
			t.Errorf("%T: %d stops of 2", o, b.stops-before)
		}
	}
	if f.Len() != 0 {
		t.Error("a stop was typed")
	}
}
