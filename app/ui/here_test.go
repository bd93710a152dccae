package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"stipple/app/ui/sample"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
)

// hereDesk counts how often it is told that a person is here.
type hereDesk struct {
	*sample.Desk
	here int
}

func (d *hereDesk) Here() { d.here++ }

// TestEveryInputIsAPerson presses a key on every focusable object and the
// pointer on every object that takes a press, in every scene: the desk hears of
// each. STOP is no input that would keep a pen armed.
func TestEveryInputIsAPerson(t *testing.T) {
	test.NewApp()
	keys, presses := 0, 0
	for _, s := range sample.New(library(t)).Scenes() {
		d := &hereDesk{Desk: s.Desk}
		w, c := openDesk(s, d, Prefs{Mode: theme.Dark, Scale: theme.Scale100})
		for _, o := range everything(w.root) {
			if k, ok := o.(desktop.Keyable); ok {
				before := d.here
				k.KeyDown(&fyne.KeyEvent{Name: fyne.KeyF9})
				k.KeyUp(&fyne.KeyEvent{Name: fyne.KeyF9})
				keys++
				if d.here == before {
					t.Errorf("%s: a key on %T is nobody", s.Name, o)
				}
			}
			m, ok := o.(desktop.Mouseable)
			if _, stop := o.(*widgets.StopButton); !ok || stop {
				continue
			}
			if _, inFocus := o.(fyne.Focusable); !inFocus {
				continue
			}
			before := d.here
			m.MouseDown(&desktop.MouseEvent{Button: desktop.MouseButtonPrimary})
			m.MouseUp(&desktop.MouseEvent{Button: desktop.MouseButtonPrimary})
			presses++
			if d.here == before {
				t.Errorf("%s: a press on %T is nobody", s.Name, o)
			}
		}
		c.SetContent(nil)
	}
	if keys < 500 || presses < 300 {
		t.Errorf("only %d keys and %d presses", keys, presses)
	}
}
