package ui

import (
	"bytes"

	"stipple/app/ui/overlay"
	"stipple/app/ui/pages"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
)

// OwnActions are what whoever is signed in does about their own PIN and passphrase.
// They are called on the window's thread and return at once; done is called on it, too.
// The secrets belong to the receiver, which wipes them after use. All are required
// where HasPIN is there; the zero value offers nothing.
type OwnActions struct {
	// HasPIN says whether there is a PIN.
	HasPIN func() bool
	// CheckPIN says what is wrong with a new PIN, which it must not keep.
	CheckPIN func(pin []byte) error
	// SetPIN sets the PIN of whoever has the present passphrase.
	SetPIN func(passphrase, pin []byte, done func(error))
	// RemovePIN takes the PIN away.
	RemovePIN func()
	// CheckPassphrase says what is wrong with a new passphrase, which it must not keep.
	CheckPassphrase func(passphrase []byte) error
	// ChangePassphrase puts a new passphrase in the place of the present one.
	ChangePassphrase func(present, next []byte, done func(error))
}

// The keys of what is no operator in the picker of operators.
const (
	ownPIN        = "pin"
	ownNoPIN      = "no_pin"
	ownPassphrase = "passphrase"
)

// ownItems are what whoever is signed in can do about their secrets.
func (w *Window) ownItems() []overlay.Item {
	t, own := w.words, w.cfg.Own
	if own.HasPIN == nil {
		return nil
	}
	pin := []overlay.Item{{Key: ownPIN, Name: t.T("own.pin.set"), Detail: t.T("own.pin.set.sub")}}
	if own.HasPIN() {
		pin = []overlay.Item{
			{Key: ownPIN, Name: t.T("own.pin.change")},
			{Key: ownNoPIN, Name: t.T("own.pin.remove"), Detail: t.T("own.pin.remove.sub")},
		}
	}
	return append(pin, overlay.Item{Key: ownPassphrase, Name: t.T("own.passphrase")})
}

// chooseOwn does what an item of ownItems says, and says whether it was one.
func (w *Window) chooseOwn(key string) bool {
	switch key {
	case ownPIN:
		w.openPIN()
	case ownNoPIN:
		w.cfg.Own.RemovePIN()
		w.say("own.pin.removed", w.words.T("own.pin.removed.text"))
	case ownPassphrase:
		w.openPassphrase()
	default:
		return false
	}
	return true
}

// say shows what came of something.
func (w *Window) say(title, text string) {
	w.layer.ShowNote(w.words.T(title), text, w.words.T("close"))
}

// answered wraps what an answer does that may come once the window is locked: the
// focus stays with the lock.
func (w *Window) answered(then func()) {
	then()
	if w.lock.On() {
		w.lock.focus()
	}
}

// ownForm is a form about a secret, with a button that goes on and one that does not.
func (w *Window) ownForm(f overlay.Form, goOn string, next, wipe func()) {
	f.Answers = []overlay.Answer{
		{Key: "cancel", Text: w.words.T("cancel"), Kind: widgets.Secondary},
		{Key: "next", Text: goOn, Kind: widgets.Primary},
	}
	f.OnCancel = wipe
	f.OnAnswer = func(key string) {
		if key == "cancel" {
			w.layer.Close()
			return
		}
		next()
	}
	w.layer.ShowForm(f)
}

// problem is an error in a form; the zero error is none.
func (w *Window) problem(err error) string {
	if err == nil {
		return ""
	}
	return w.words.Error(err).Text()
}

// passphraseForm changes the passphrase of who is signed in.
type passphraseForm struct {
	w                         *Window
	present, first, again     *widgets.SecretField
	presentF, firstF, secondF *widgets.LabelledField
	note                      *widgets.Line
	busy, open                bool
}

func (w *Window) openPassphrase() {
	t := w.words
	f := &passphraseForm{w: w, note: widgets.NewLine(), open: true}
	field := func(name, label string, changed func()) (*widgets.SecretField, *widgets.LabelledField) {
		s := widgets.NewSecretField(w.keys, t.T("secret.caps"), changed, f.next)
		w.names.Set(s, "secret", "own."+name)
		return s, widgets.NewLabelledField(label, s)
	}
	f.present, f.presentF = field("present", t.T("own.present"), func() { f.presentF.SetError("") })
	f.first, f.firstF = field("first", t.T("passphrase.new"), func() { hintPassphrase(t, f.firstF, f.first) })
	f.again, f.secondF = field("again", t.T("passphrase.again"), func() { f.secondF.SetError("") })
	hintPassphrase(t, f.firstF, f.first)
	w.ownForm(overlay.Form{
		Title: t.T("own.passphrase"), Content: pages.FieldColumn(f.presentF, f.firstF, f.secondF, f.note), Focus: f.present.Input(),
	}, t.T("own.passphrase.change"), f.next, f.close)
}

// close leaves none of the secrets behind.
func (f *passphraseForm) close() {
	f.open = false
	for _, s := range []*widgets.SecretField{f.present, f.first, f.again} {
		s.Clear()
	}
}

// next changes the passphrase, or goes to what is missing.
func (f *passphraseForm) next() {
	t, c := f.w.words, f.w.cfg.Canvas
	if f.busy || !f.open {
		return
	}
	for _, x := range []*widgets.LabelledField{f.presentF, f.secondF} {
		x.SetError("")
	}
	hintPassphrase(t, f.firstF, f.first)
	switch problem := passphraseProblem(t, f.first, f.w.cfg.Own.CheckPassphrase); {
	case f.present.Len() == 0:
		f.presentF.SetError(t.T("signin.empty"))
		c.Focus(f.present.Input())
	case f.first.Len() == 0:
		c.Focus(f.first.Input())
	case problem != "":
		f.firstF.SetError(problem)
		c.Focus(f.first.Input())
	case !f.first.Same(f.again):
		if f.again.Len() > 0 {
			f.secondF.SetError(t.T("passphrase.differs"))
			f.again.SelectAll()
		}
		c.Focus(f.again.Input())
	default:
		f.setBusy(true)
		f.w.cfg.Own.ChangePassphrase(f.present.Bytes(), f.first.Bytes(), func(err error) {
			f.w.answered(func() { f.done(err) })
		})
	}
}

func (f *passphraseForm) setBusy(v bool) {
	f.busy = v
	f.note.Set()
	if v {
		f.note.Set(widgets.Muted(f.w.words.T("own.passphrase.changing")))
	}
	for _, s := range []*widgets.SecretField{f.present, f.first, f.again} {
		s.SetLocked(v)
	}
}

// done says what came of it; where the form was closed meanwhile, in a note, too.
func (f *passphraseForm) done(err error) {
	w := f.w
	f.setBusy(false)
	switch {
	case err == nil:
		if f.open {
			w.layer.Close()
		}
		w.say("own.passphrase.changed", w.words.T("own.passphrase.changed.text"))
	case f.open:
		f.presentF.SetError(w.problem(err))
		f.present.SelectAll()
		w.cfg.Canvas.Focus(f.present.Input())
	}
}

// pinForm sets a PIN: it is typed twice, and then the passphrase, so that nothing stands
// open that only the PIN is missing from.
type pinForm struct {
	w      *Window
	label  *widgets.Line
	pad    *widgets.PINPad
	secret *widgets.SecretField
	field  *widgets.LabelledField
	note   *widgets.Paragraph
	pin    []byte // as it was typed first; nil: not yet
	twice  bool   // and it was the same again
	busy   bool
	open   bool
}

func (w *Window) openPIN() {
	t := w.words
	f := &pinForm{w: w, open: true, label: widgets.NewLine(), note: widgets.NewParagraph(widgets.Plain(""))}
	f.pad = widgets.NewPINPad(w.keys, f.next)
	f.secret = widgets.NewSecretField(w.keys, t.T("secret.caps"), func() { f.tell("") }, f.next)
	f.field = widgets.NewLabelledField(t.T("own.present"), f.secret)
	w.names.Set(f.pad, "pin", "own.pin")
	w.names.Set(f.secret, "secret", "own.present")
	title := "own.pin.set"
	if w.cfg.Own.HasPIN() {
		title = "own.pin.change"
	}
	text := widgets.NewParagraph(widgets.Muted(t.T("own.pin.text")))
	f.show()
	w.ownForm(overlay.Form{
		Title: t.T(title), Width: pinFormWidth, Focus: f.pad,
		Content: pages.Beside(newPile(10, f.label, f.pad), newPile(doorFields, text, f.field, f.note), f.pad.MinSize().AddWidthHeight(0, pinLabelRoom)),
	}, t.T("setup.next"), f.next, f.close)
}

// The measures of the form of a PIN.
const (
	pinFormWidth float32 = 780
	pinLabelRoom float32 = 44 // over the pad, at the largest text
)

// show says what is asked for now.
func (f *pinForm) show() {
	t := f.w.words
	text := t.T("own.pin.new")
	switch {
	case f.twice:
		text = t.T("own.pin.same")
	case f.pin != nil:
		text = t.T("own.pin.again")
	}
	f.label.Set(widgets.Strong(text))
	f.pad.SetLocked(f.twice)
	f.secret.SetLocked(!f.twice || f.busy)
}

// tell says what was wrong, or that something is being tried.
func (f *pinForm) tell(problem string) {
	run := widgets.Strong(problem).In(theme.HighInk)
	if f.busy {
		run = widgets.Muted(f.w.words.T("signin.checking"))
	}
	f.note.Set(run)
	f.note.Refresh()
}

// next takes what was typed.
func (f *pinForm) next() {
	t := f.w.words
	switch {
	case f.busy || !f.open:
	case !f.twice && f.pad.Len() < widgets.PINLeast:
		f.ask(t.T("own.pin.short", f.pad.Len(), widgets.PINLeast))
	case f.pin == nil:
		f.first()
	case !f.twice:
		f.again()
	case f.secret.Len() == 0:
		f.tell(t.T("signin.empty"))
		f.w.cfg.Canvas.Focus(f.secret.Input())
	default:
		f.set()
	}
}

// ask asks for the PIN, and says what was wrong with the last one.
func (f *pinForm) ask(problem string) {
	f.show()
	f.tell(problem)
	f.w.cfg.Canvas.Focus(f.pad)
}

// first keeps the PIN until it is typed once more.
func (f *pinForm) first() {
	pin := f.pad.Take()
	if err := f.w.cfg.Own.CheckPIN(pin); err != nil {
		wiped(pin)
		f.ask(f.w.problem(err))
		return
	}
	f.pin = pin
	f.ask("")
}

// again compares the PIN with the one that was typed first.
func (f *pinForm) again() {
	pin := f.pad.Take()
	defer wiped(pin)
	f.twice = bytes.Equal(f.pin, pin)
	if !f.twice {
		f.forget()
		f.ask(f.w.words.T("own.pin.differs"))
		return
	}
	f.show()
	f.tell("")
	f.w.cfg.Canvas.Focus(f.secret.Input())
}

// set asks for the PIN to be set.
func (f *pinForm) set() {
	f.busy = true
	f.show()
	f.tell("")
	f.w.cfg.Own.SetPIN(f.secret.Take(), bytes.Clone(f.pin), func(err error) {
		f.w.answered(func() { f.done(err) })
	})
}

// done says what came of it.
func (f *pinForm) done(err error) {
	f.busy = false
	switch {
	case err == nil:
		if f.open {
			f.w.layer.Close()
		}
		f.w.say("own.pin.done", f.w.words.T("own.pin.done.text"))
	case f.open:
		f.show()
		f.tell(f.w.problem(err))
		f.w.cfg.Canvas.Focus(f.secret.Input())
	}
}

// forget drops the PIN that was typed.
func (f *pinForm) forget() {
	wiped(f.pin)
	f.pin, f.twice = nil, false
}

// close leaves none of the secrets behind.
func (f *pinForm) close() {
	f.open = false
	f.forget()
	f.secret.Clear()
	f.pad.Clear()
}
