package ui

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"stipple/app/console"
	"stipple/app/ui/sample"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
)

// lockLog notes what a locked window asks for.
type lockLog struct {
	*typist
	w     *Window
	d     *deskLog
	calls []string
	given [][]byte
}

// lockable opens a scene with a window that can be locked.
func lockable(t *testing.T, name string) *lockLog {
	t.Helper()
	test.NewApp()
	s := scene(t, name)
	l := &lockLog{d: &deskLog{Desk: s.Desk}}
	w, c := openDesk(s, l.d, Prefs{Mode: theme.Dark, Scale: theme.Scale100})
	note := func(what string) func([]byte) {
		return func(b []byte) { l.calls, l.given = append(l.calls, what+" "+string(b)), append(l.given, b) }
	}
	w.lock.do = LockActions{PIN: note("pin"), Passphrase: note("passphrase"), Others: func() []string { return []string{"s.okonkwo", "t.roth"} },
		HandOver: func(who string, p []byte) { note("hand over to " + who)(p) }}
	l.typist, l.w = &typist{t, c, w.keys.KeyDown, w.keys.TypedKey}, w
	everything(w.root)
	l.d.take()
	return l
}

func (l *lockLog) expect(want ...string) {
	l.t.Helper()
	if !slices.Equal(l.calls, want) {
		l.t.Errorf("asked for %q, want %q", l.calls, want)
	}
	l.calls = nil
}

func locked() LockState { return LockState{Operator: "Dr A. Meyer", PIN: true, Tries: 5} }

func TestLockByPIN(t *testing.T) {
	l := lockable(t, "patients-presets")
	l.w.Lock(locked())
	if l.canvas.Focused() != fyne.Focusable(l.w.lock.pad) {
		t.Fatalf("the focus is on %T", l.canvas.Focused())
	}
	l.write("12a3")
	l.enter()
	l.expect() // three figures are none
	l.write("4")
	l.enter()
	l.enter()
	l.w.lock.tryPIN()
	l.expect("pin 1234")
	if l.w.lock.pad.Len() != 0 {
		t.Error("the PIN is still in its pad")
	}
	state := locked()
	state.Tries, state.Err = 1, coded("wrong_pin")
	l.w.Lock(state)
	if !shows(l.w, "1 try left") {
		t.Error("it does not say what is left")
	}
	l.write("123456789") // at most eight
	l.key(fyne.KeyBackspace)
	l.enter()
	l.expect("pin 1234567")
	state.Tries, state.Err = 0, coded("wrong_pin")
	l.w.Lock(state)
	if l.w.lock.Mode() != "passphrase" || l.canvas.Focused() != l.w.lock.secret.Input() {
		t.Fatalf("after five tries: %s, the focus on %T", l.w.lock.Mode(), l.canvas.Focused())
	}
	l.write(samplePassphrase)
	l.enter()
	l.enter()
	l.expect("passphrase " + samplePassphrase)
	if l.w.lock.secret.Len() != 0 {
		t.Error("the passphrase is still in its field")
	}
	l.w.Unlock()
	if l.w.Locked() || !shows(l.w, "Ruiz") {
		t.Error("the page does not come back")
	}
}

func TestLockByPassphraseAndHandOver(t *testing.T) {
	l := lockable(t, "patients-presets")
	l.w.Lock(locked())
	l.write("12")
	l.tab(1)
	l.key(fyne.KeyReturn) // use the passphrase
	if l.w.lock.Mode() != "passphrase" || l.w.lock.pad.Len() != 0 {
		t.Fatalf("%s, %d figures", l.w.lock.Mode(), l.w.lock.pad.Len())
	}
	l.write("two words")
	state := locked()
	state.Wait = 3 * time.Second
	l.w.Lock(state)
	l.enter()
	l.expect()
	if !shows(l.w, "again in 00:03") || l.w.lock.secret.Len() != 9 {
		t.Error("it does not count down, or drops what was typed")
	}
	l.w.Lock(locked())
	l.tab(3) // unlock, use the PIN, hand over
	l.enter()
	if l.w.lock.secret.Len() != 0 || l.w.lock.Mode() != "hand over" || l.canvas.Focused() != l.w.lock.secret.Input() {
		t.Errorf("%s, %d characters, the focus on %T", l.w.lock.Mode(), l.w.lock.secret.Len(), l.canvas.Focused())
	}
	l.expect()
	l.canvas.Focus(l.w.lock.people.list)
	l.key(fyne.KeyDown)
	l.enter() // to the passphrase of whom was chosen
	l.write(samplePassphrase)
	l.enter()
	l.enter()
	l.expect("hand over to t.roth " + samplePassphrase)
	state = locked()
	state.Second = SecondState{Err: coded("wrong_passphrase"), Wait: 5 * time.Second}
	l.w.Lock(state)
	if !shows(l.w, "not the passphrase") || !shows(l.w, "again in 00:05") || l.canvas.Focused() != l.w.lock.secret.Input() {
		t.Errorf("%q, the focus on %T", l.w.Snapshot().Texts, l.canvas.Focused())
	}
	l.write(samplePassphrase)
	l.enter()
	l.expect()
	l.key(fyne.KeyEscape) // back
	if l.w.lock.Mode() != "pin" && l.w.lock.Mode() != "passphrase" || l.w.lock.secret.Len() != 0 || shows(l.w, "not the passphrase") {
		t.Errorf("%s, %d characters", l.w.lock.Mode(), l.w.lock.secret.Len())
	}
	l.w.lock.do.Others = func() []string { return nil }
	l.w.Lock(locked())
	if l.w.lock.handOver.Visible() {
		t.Error("a hand-over to nobody")
	}
}

// Somebody else can be signed in from the picker of operators: it locks first.
func TestSignInSomebodyElse(t *testing.T) {
	l := lockable(t, "treat-operators")
	l.w.layer.Close()
	l.w.cfg.Lock.Ask = func() { l.w.Lock(locked()) }
	l.w.pickOperator()
	tapName(t, l.w, "overlay.choice.hand_over")
	if !l.w.Locked() || l.w.lock.Mode() != "hand over" || l.canvas.Focused() != l.w.lock.secret.Input() {
		t.Errorf("locked %v, %s, the focus on %T", l.w.Locked(), l.w.lock.Mode(), l.canvas.Focused())
	}
}

// A locked window shows and traces nothing of a patient, not in an alarm either,
// and nothing of the page can be reached.
func TestLockHides(t *testing.T) {
	for _, name := range []string{"patients-presets", "treat-link-lost-armed", "patients-edit", "treat-find-patient", "outcome-unknown"} {
		l := lockable(t, name)
		if !shows(l.w, "Ruiz") && name != "patients-edit" {
			t.Fatalf("%s: nothing to hide", name)
		}
		open := l.w.layer.IsOpen()
		l.w.Lock(locked())
		for _, act := range []func(){
			func() { l.key(fyne.KeyF1) }, func() { l.key(fyne.KeyEscape) },
			func() {
				l.down(&fyne.KeyEvent{Name: desktop.KeyControlLeft})
				l.down(&fyne.KeyEvent{Name: fyne.KeyK})
			},
			l.w.pickOperator, l.w.band.first, l.w.band.list, l.w.tick,
			func() {
				for i := range 12 {
					l.tab(1)
					if i%3 == 0 {
						l.w.tick()
					}
				}
			},
		} {
			act()
			if l.w.layer.IsOpen() != open {
				t.Fatalf("%s: something opens or closes under the lock", name)
			}
			text, err := json.Marshal(l.w.Snapshot())
			if err != nil || strings.Contains(string(text), "Ruiz") || strings.Contains(string(text), "patients.") {
				t.Fatalf("%s: the trace says %s", name, text)
			}
			for _, o := range everything(l.w.root) {
				if o == l.w.layer.Object() || o == l.w.nav {
					t.Fatalf("%s: %T is seen", name, o)
				}
			}
			if f := l.canvas.Focused(); f != nil && !slices.Contains(everything(l.w.root), f.(fyne.CanvasObject)) {
				t.Fatalf("%s: %T has the focus and is hidden", name, f)
			}
		}
		l.w.ShowPage("patients") // as a run that is cut off brings its page
		l.tab(1)
		if f := l.canvas.Focused(); !slices.Contains(everything(l.w.root), f.(fyne.CanvasObject)) {
			t.Fatalf("%s: %T has the focus and is hidden", name, f)
		}
		l.w.Unlock()
		if !shows(l.w, "Ruiz") {
			t.Errorf("%s: the page is not as it was left", name)
		}
	}
}

// A form that is open when it locks is still there, with what was typed.
func TestLockKeepsWhatIsOpen(t *testing.T) {
	l := lockable(t, "patients-edit")
	entry := l.w.find("edit.family").(*widgets.TextEntry)
	entry.SetText("Half typed")
	l.w.Lock(locked())
	l.key(fyne.KeyEscape)
	l.w.tick()
	if c, ok := l.w.Snapshot().Find("lock.pin.7"); !ok || !c.Enabled {
		t.Errorf("with a form under the lock, a key of it is %+v", c)
	}
	l.w.Unlock()
	if !l.w.layer.IsOpen() || !shows(l.w, "Edit") || l.w.find("edit.family") != fyne.CanvasObject(entry) || entry.Text != "Half typed" {
		t.Error("what was open is lost")
	}
}

// STOP, its keys and the strip work over a lock; while nothing can come out, Space
// is a character of a passphrase.
func TestStopOverALock(t *testing.T) {
	for _, pin := range []bool{true, false} {
		l := lockable(t, "treat-ready")
		state := locked()
		state.PIN = pin
		l.w.Lock(state)
		strip, band, lock := box(l.w.strip), box(l.w.band.object), box(l.w.lock.Object())
		if lock.overlaps(strip) || lock.overlaps(band) {
			t.Errorf("the lock at %v covers the strip or the alarms", lock)
		}
		card := l.w.lock.object.Objects[2].(*fyne.Container).Objects[0]
		for _, wide := range []float32{1180, PictureWidth} {
			l.canvas.Resize(fyne.NewSize(wide, 700))
			if box(card).move(l.w.lock.object.Position()).overlaps(box(l.w.stop)) {
				t.Errorf("in a window %v wide, the lock's card lies at STOP", wide)
			}
		}
		if last := l.w.root.Objects[len(l.w.root.Objects)-1]; last != fyne.CanvasObject(l.w.stop) {
			t.Errorf("%T lies over STOP", last)
		}
		l.w.stop.MouseDown(&desktop.MouseEvent{})
		l.key(fyne.KeyEscape)
		l.key(fyne.KeySpace)
		if got := l.d.take(); !slices.Equal(got, []string{"stop", "stop", "stop"}) {
			t.Errorf("PIN %v: the desk was asked %q", pin, got)
		}
		if !l.w.Locked() || l.w.lock.secret.Len() != 0 {
			t.Error("a stop key unlocks or types")
		}
	}
	l := lockable(t, "treat-standby")
	l.w.Lock(LockState{Operator: "Dr A. Meyer"})
	l.key(fyne.KeySpace)
	l.write(" ")
	if got := l.d.take(); len(got) != 0 || l.w.lock.secret.Len() != 1 {
		t.Errorf("in standby Space asks the desk %q and types %d characters", got, l.w.lock.secret.Len())
	}
}

// What is held when it locks is let go.
func TestLockLetsGo(t *testing.T) {
	l := lockable(t, "treat-handpiece")
	hand := &handLog{}
	l.w.cfg.Desk = &handDesk{l.d, hand}
	pad := l.w.find("hand.trigger").(*widgets.HoldPad)
	pad.MouseDown(&desktop.MouseEvent{Button: desktop.MouseButtonPrimary})
	l.w.Lock(locked())
	if pad.Down() || !slices.Equal(hand.calls, []string{"trigger true", "trigger false"}) {
		t.Errorf("the handpiece was asked %q", hand.calls)
	}
}

// Everything of a lock has room at every text scale.
func TestLockFits(t *testing.T) {
	test.NewApp()
	for _, s := range sample.New(library(t)).Scenes() {
		if s.Lock == "" {
			continue
		}
		w, c := open(s, Prefs{Mode: theme.Dim, Scale: theme.Scale150})
		for _, size := range []fyne.Size{fyne.NewSize(PictureWidth, PictureHeight), fyne.NewSize(1180, 700)} {
			c.Resize(size)
			everything(w.root)
			for _, pile := range []*fyne.Container{w.lock.about, w.lock.form} {
				for _, o := range pile.Objects {
					if end := o.Position().Y + o.Size().Height; o.Visible() && end > pile.Size().Height+1 {
						t.Errorf("%s in %v: %T ends at %.0f of %.0f", s.Name, size, o, end, pile.Size().Height)
					}
				}
			}
		}
	}
}

// An alarm comes and can be acknowledged while it is locked.
func TestAlarmsOverALock(t *testing.T) {
	l := lockable(t, "treat-alarm")
	l.w.Lock(locked())
	l.w.band.first()
	l.w.band.sound()
	if got := l.d.take(); len(got) != 2 || !strings.HasPrefix(got[0], "acknowledge") {
		t.Errorf("the desk was asked %q", got)
	}
	l.d.change(l.w, func(v *console.View) { v.Stop.Unconfirmed = true })
	if !shows(l.w, "STOP NOT CONFIRMED") {
		t.Error("the warning does not come over the lock")
	}
	if l.canvas.Focused() != nil {
		t.Errorf("%T has the focus under the warning", l.canvas.Focused())
	}
}
