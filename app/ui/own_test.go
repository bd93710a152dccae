package ui

import (
	"slices"
	"testing"

	"stipple/app/ui/sample"
	"stipple/app/ui/theme"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// ownLog notes what is asked for about the own secrets, and answers when told to.
type ownLog struct {
	*typist
	w      *Window
	calls  []string
	given  [][]byte
	has    bool
	answer func()
}

func owns(t *testing.T) *ownLog {
	t.Helper()
	test.NewApp()
	s := scene(t, "treat-operators")
	l := &ownLog{}
	w, c := openDesk(s, &deskLog{Desk: s.Desk}, Prefs{Mode: theme.Dark, Scale: theme.Scale100})
	w.layer.Close()
	wrong := func(p []byte) error {
		if string(p) == sampleWeak {
			return coded("wrong_passphrase")
		}
		return nil
	}
	note := func(what string, secrets ...[]byte) {
		for _, s := range secrets {
			what += " " + string(s)
		}
		l.calls, l.given = append(l.calls, what), append(l.given, secrets...)
	}
	w.cfg.Own = OwnActions{
		HasPIN: func() bool { return l.has },
		CheckPIN: func(pin []byte) error {
			if string(pin) == sampleWeakPIN {
				return coded("weak_pin")
			}
			return nil
		},
		SetPIN: func(p, pin []byte, done func(error)) {
			note("set", p, pin)
			err := wrong(p)
			l.answer = func() { done(err) }
		},
		RemovePIN:       func() { note("remove") },
		CheckPassphrase: func([]byte) error { return nil },
		ChangePassphrase: func(p, next []byte, done func(error)) {
			note("change", p, next)
			err := wrong(p)
			l.answer = func() { done(err) }
		},
	}
	l.typist, l.w = &typist{t, c, w.keys.KeyDown, w.keys.TypedKey}, w
	return l
}

func (l *ownLog) expect(want ...string) {
	l.t.Helper()
	if !slices.Equal(l.calls, want) {
		l.t.Errorf("asked for %q, want %q", l.calls, want)
	}
	l.calls = nil
}

func (l *ownLog) choose(item string) {
	l.t.Helper()
	l.w.pickOperator()
	tapName(l.t, l.w, "overlay.choice."+item)
}

// A PIN is typed twice, and set with the present passphrase alone; by keys alone.
func TestSetPIN(t *testing.T) {
	l := owns(t)
	l.choose("pin")
	l.write("407")
	l.enter()
	for range 3 {
		l.key(fyne.KeyBackspace)
	}
	l.write(sampleWeakPIN)
	l.enter()
	if !shows(l.w, "tried first") {
		t.Error("a plain run is taken")
	}
	l.write("4071")
	l.enter()
	l.write("4072")
	l.enter()
	if !shows(l.w, "differ") {
		t.Error("two that differ are taken")
	}
	for range 2 {
		l.write("4071")
		l.enter()
	}
	l.enter()
	l.expect() // without a passphrase
	l.write(sampleWeak)
	l.enter()
	l.enter()
	l.expect("set " + sampleWeak + " 4071")
	l.answer()
	if !shows(l.w, "not the passphrase") {
		t.Error("it does not say that the passphrase is wrong")
	}
	l.write(samplePassphrase)
	l.enter()
	l.expect("set " + samplePassphrase + " 4071")
	l.answer()
	if !shows(l.w, "The PIN is set") {
		t.Errorf("it does not say that it is done: %q", l.w.Snapshot().Texts)
	}
}

// An answer to a form that was closed opens nothing, but a PIN that is set is told.
func TestSetPINCancelled(t *testing.T) {
	for _, passphrase := range []string{sampleWeak, samplePassphrase} {
		l := owns(t)
		l.choose("pin")
		for range 2 {
			l.write("4071")
			l.enter()
		}
		l.write(passphrase)
		l.enter()
		l.key(fyne.KeyEscape)
		l.answer()
		l.expect("set " + passphrase + " 4071")
		if told := shows(l.w, "The PIN is set"); l.w.layer.IsOpen() != told || told != (passphrase == samplePassphrase) {
			t.Errorf("%s: told %v", passphrase, told)
		}
	}
}

// The answer that comes once the window is locked takes nothing from the lock.
func TestOwnAnswerUnderALock(t *testing.T) {
	l := owns(t)
	l.w.lock.do.PIN = func(pin []byte) { l.calls = append(l.calls, "unlock "+string(pin)) }
	l.choose("pin")
	for range 2 {
		l.write("4071")
		l.enter()
	}
	l.write(samplePassphrase)
	l.enter()
	l.w.Lock(locked())
	l.answer()
	l.write("4071")
	l.enter()
	l.expect("set "+samplePassphrase+" 4071", "unlock 4071")
}

func TestRemovePIN(t *testing.T) {
	l := owns(t)
	l.has = true
	l.w.pickOperator()
	if !shows(l.w, "Change the PIN") || shows(l.w, "Set a PIN") {
		t.Errorf("%q", l.w.Snapshot().Texts)
	}
	tapName(t, l.w, "overlay.choice.no_pin")
	l.expect("remove")
	if !shows(l.w, "The PIN is removed") {
		t.Error("it does not say so")
	}
}

// A passphrase is changed with the present one; a wrong one is said in its place and
// nothing else that was typed is lost.
func TestChangeOwnPassphrase(t *testing.T) {
	const next = "another set of words"
	l := owns(t)
	l.choose("passphrase")
	l.write(sampleWeak)
	l.tab(1)
	l.write(next)
	l.enter() // to the repetition
	l.write(next + "x")
	l.enter()
	if l.expect(); !shows(l.w, "differs from the first") {
		t.Error("two that differ are taken")
	}
	l.write(next) // over what is selected
	l.enter()
	l.enter()
	l.expect("change " + sampleWeak + " " + next)
	l.answer()
	if !shows(l.w, "not the passphrase") {
		t.Error("it does not say that the present one is wrong")
	}
	l.write(samplePassphrase)
	l.enter()
	l.expect("change " + samplePassphrase + " " + next)
	l.answer()
	if !shows(l.w, "Your passphrase is changed") {
		t.Errorf("%q", l.w.Snapshot().Texts)
	}
}

// Where nobody signs in, no secret is offered.
func TestOwnInATrainingStore(t *testing.T) {
	test.NewApp()
	w, _ := openDesk(scene(t, "treat-standby"), sample.New(library(t)).Scenes()[0].Desk, Prefs{Mode: theme.Dark, Scale: theme.Scale100})
	if w.pickOperator(); shows(w, "PIN") || shows(w, "passphrase") {
		t.Errorf("%q", w.Snapshot().Texts)
	}
}

// The forms have room at the largest text in the smallest window.
func TestOwnFormsFit(t *testing.T) {
	for _, item := range []string{"pin", "passphrase"} {
		test.NewApp()
		s := scene(t, "treat-operators")
		w, c := openDesk(s, s.Desk, Prefs{Mode: theme.Dark, Scale: theme.Scale150})
		c.Resize(fyne.NewSize(1180, 700))
		tapName(t, w, "overlay.choice."+item)
		everything(w.root)
		name := map[string]string{"pin": "own.pin.enter", "passphrase": "own.again"}[item]
		last, ok := w.Snapshot().Find(name)
		next, there := w.Snapshot().Find("overlay.button.next")
		if !ok || !there || last.Y+last.H > next.Y || next.Y+next.H > 700 {
			t.Errorf("%s: %+v, %+v", item, last, next)
		}
	}
}
