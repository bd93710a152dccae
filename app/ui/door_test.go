package ui

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/test"

	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
)

// typist sits before a canvas with a keyboard and nothing else.
type typist struct {
	t      *testing.T
	canvas software.WindowlessCanvas
	down   func(*fyne.KeyEvent) bool // for a key that no widget gets
	typed  func(*fyne.KeyEvent)
}

func sit(t *testing.T, d *door, c software.WindowlessCanvas) *typist {
	t.Helper()
	c.SetPadded(false)
	c.SetContent(d.Content())
	c.Resize(fyne.NewSize(PictureWidth, PictureHeight))
	everything(d.root)
	return &typist{t, c, d.keys.KeyDown, d.keys.TypedKey}
}

// key presses, types and releases a key as the window's driver does.
func (p *typist) key(name fyne.KeyName) {
	ev := &fyne.KeyEvent{Name: name}
	focused := p.canvas.Focused()
	k, ok := focused.(desktop.Keyable)
	if ok {
		k.KeyDown(ev)
	} else {
		p.down(ev)
	}
	switch f := p.canvas.Focused(); {
	case name == fyne.KeyTab:
		p.canvas.FocusNext()
	case f != nil && f == focused:
		f.TypedKey(ev)
	case f == nil && focused == nil:
		p.typed(ev)
	}
	if ok {
		k.KeyUp(ev)
	}
}

func (p *typist) enter() { p.key(fyne.KeyReturn) }

func (p *typist) tab(n int) {
	for range n {
		p.key(fyne.KeyTab)
	}
}

// write types a text into what has the focus.
func (p *typist) write(text string) {
	p.t.Helper()
	f := p.canvas.Focused()
	if f == nil {
		p.t.Fatalf("nothing has the focus to type %d characters into", len(text))
	}
	for _, c := range text {
		f.TypedRune(c)
	}
}

// on expects the focus on a control of a name.
func (p *typist) on(d *door, name string) {
	p.t.Helper()
	want := d.names.Find(d.root, name)
	got := p.canvas.Focused()
	if f, ok := want.(*widgets.SecretField); ok {
		if got != f.Input() {
			p.t.Errorf("the focus is on %T and not in %s", got, name)
		}
		return
	}
	if want == nil || got != want.(fyne.Focusable) {
		p.t.Errorf("the focus is on %T and not on %s", got, name)
	}
}

// said are the texts of a page that are visible, in one.
func said(d *door) string {
	everything(d.root)
	return strings.Join(d.Snapshot().Texts, "\n")
}

func step(d *door) string { return d.Snapshot().States["step"] }

// Nothing secret is in a trace of the window or in an error, in any step and shown
// or hidden.
func TestNothingSecretIsTraced(t *testing.T) {
	test.NewApp()
	var pieces []string
	data := sampleCode()[len(codeHead):]
	for i := range widgets.CodeGroups(len(data)) - 1 {
		pieces = append(pieces, string(widgets.CodeGroup(data, i)))
	}
	pieces = append(pieces, strings.Fields(samplePassphrase)...)
	pieces = append(pieces, sampleWeak)
	for _, s := range doorScenes() {
		page, _ := openDoor(s, Prefs{Mode: theme.Light, Scale: theme.Scale100})
		everything(page.root)
		snap := page.Snapshot()
		text, err := json.Marshal(snap)
		if err != nil || len(snap.Texts) < 3 || len(snap.Controls) < 2 {
			t.Fatalf("%s: %d texts, %d controls, %v", s.name, len(snap.Texts), len(snap.Controls), err)
		}
		for _, p := range pieces {
			if strings.Contains(string(text), p) {
				t.Errorf("%s: %q is in the trace", s.name, p)
			}
		}
	}
	l, p := setUp(t, func(do *SetUpActions) { do.CheckPassphrase = func(string, []byte) error { return errors.New("no") } })
	p.write("A Name")
	p.enter()
	p.write(samplePassphrase)
	l.page.first.Reveal(true)
	p.enter()
	text, _ := json.Marshal(l.page.Snapshot())
	if strings.Contains(string(text), "lantern") || !strings.Contains(string(text), "setup.passphrase.eye") {
		t.Errorf("the trace says %s", text)
	}
}

// All that stands on a page has room there, at every text scale and in every theme.
func TestDoorsFit(t *testing.T) {
	test.NewApp()
	for _, scale := range []theme.Scale{theme.Scale100, theme.Scale125, theme.Scale150} {
		for _, s := range doorScenes() {
			page, _ := openDoor(s, Prefs{Mode: theme.Dim, Scale: scale})
			root := page.Content()
			everything(root)
			for _, l := range lost(root) {
				t.Errorf("%s at %d %%: a part of %q is not shown", s.name, scale, l)
			}
			for _, v := range texts(root, fyne.Position{}, rect{0, 0, PictureWidth, PictureHeight}) {
				if ends := v.text.Text; strings.HasSuffix(ends, "…") && !strings.HasSuffix(ends, " …") {
					t.Errorf("%s at %d %%: %q is cut", s.name, scale, ends)
				}
				need := fyne.MeasureText(v.text.Text, v.text.TextSize, v.text.TextStyle)
				if need.Width > v.limit.x1-v.limit.x0+1.5 {
					t.Errorf("%s at %d %%: %q is %.0f wide in %.0f", s.name, scale, v.text.Text, need.Width, v.limit.x1-v.limit.x0)
				}
			}
			for _, o := range everything(root) {
				box, ok := o.(*fyne.Container)
				if !ok {
					continue
				}
				if _, ok := box.Layout.(pile); !ok {
					continue
				}
				for _, part := range box.Objects {
					if end := part.Position().Y + part.Size().Height; part.Visible() && end > box.Size().Height+1 {
						t.Errorf("%s at %d %%: %T ends at %.0f of %.0f", s.name, scale, part, end, box.Size().Height)
					}
				}
			}
		}
	}
}
