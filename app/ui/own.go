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
	// Prove checks the present passphrase, before a PIN is asked for. done is handed
	// what sets the PIN of the one who proved it.
	Prove func(passphrase []byte, done func(set func(pin []byte) error, err error))
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

// pinForm sets a PIN: the passphrase, then the PIN twice.
type pinForm struct {
	w      *Window
	secret *widgets.SecretField
	field  *widgets.LabelledField
	label  *widgets.Line
	pad    *widgets.PINPad
	note   *widgets.Paragraph
	set    func([]byte) error // nil: the passphrase was not proven yet
	first  []byte             // the PIN, typed once
	busy   bool
	open   bool
}

func (w *Window) openPIN() {
	t := w.words
	f := &pinForm{w: w, open: true, label: widgets.NewLine(), note: widgets.NewParagraph(widgets.Plain(""))}
	f.secret = widgets.NewSecretField(w.keys, t.T("secret.caps"), func() { f.tell("") }, f.next)
	f.field = widgets.NewLabelledField(t.T("own.present"), f.secret)
	f.pad = widgets.NewPINPad(w.keys, f.next)
	w.names.Set(f.secret, "secret", "own.present")
	w.names.Set(f.pad, "pin", "own.pin")
	title := "own.pin.set"
	if w.cfg.Own.HasPIN() {
		title = "own.pin.change"
	}
	text := widgets.NewParagraph(widgets.Muted(t.T("own.pin.text")))
	f.show()
	w.ownForm(overlay.Form{
		Title: t.T(title), Content: pages.Beside(newPile(doorFields, text, f.field, f.note), newPile(10, f.label, f.pad), f.pad.MinSize().AddWidthHeight(0, pinLabelRoom)),
		Width: pinFormWidth, Focus: f.secret.Input(),
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
	key := "own.pin.new"
	if f.first != nil {
		key = "own.pin.again"
	}
	run := widgets.Strong(t.T(key))
	if f.set == nil {
		run = widgets.Muted(t.T(key))
	}
	f.label.Set(run)
	f.secret.SetLocked(f.busy || f.set != nil)
	f.pad.SetLocked(f.set == nil)
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
	switch {
	case f.busy || !f.open:
	case f.set == nil:
		f.prove()
	case f.pad.Len() < widgets.PINLeast:
		f.tell(f.w.words.T("own.pin.short", f.pad.Len(), widgets.PINLeast))
	case f.first == nil:
		f.take()
	default:
		f.finish()
	}
}

// prove asks whether the passphrase is right.
func (f *pinForm) prove() {
	if f.secret.Len() == 0 {
		f.tell(f.w.words.T("signin.empty"))
		f.w.cfg.Canvas.Focus(f.secret.Input())
		return
	}
	f.busy = true
	f.show()
	f.tell("")
	f.w.cfg.Own.Prove(f.secret.Take(), func(set func([]byte) error, err error) {
		f.w.answered(func() { f.proved(set, err) })
	})
}

func (f *pinForm) proved(set func([]byte) error, err error) {
	f.busy = false
	if !f.open {
		return
	}
	if err == nil {
		f.set = set
	}
	f.show()
	f.tell(f.w.problem(err))
	if err != nil {
		f.w.cfg.Canvas.Focus(f.secret.Input())
		return
	}
	f.field.SetHint(f.w.words.T("own.present.right"))
	f.w.cfg.Canvas.Focus(f.pad)
}

// take keeps the PIN until it is typed once more.
func (f *pinForm) take() {
	pin := f.pad.Take()
	if err := f.w.cfg.Own.CheckPIN(pin); err != nil {
		wiped(pin)
		f.tell(f.w.problem(err))
		return
	}
	f.first = pin
	f.show()
	f.tell("")
}

// finish sets the PIN where both are the same.
func (f *pinForm) finish() {
	again := f.pad.Take()
	defer wiped(again)
	same := bytes.Equal(f.first, again)
	wiped(f.first)
	f.first = nil
	if !same {
		f.show()
		f.tell(f.w.words.T("own.pin.differs"))
		return
	}
	if err := f.set(again); err != nil {
		f.show()
		f.tell(f.w.problem(err))
		return
	}
	f.w.layer.Close()
	f.w.say("own.pin.done", f.w.words.T("own.pin.done.text"))
}

// close leaves none of the secrets behind.
func (f *pinForm) close() {
	f.open, f.set = false, nil
	wiped(f.first)
	f.first = nil
	f.secret.Clear()
	f.pad.Clear()
}
