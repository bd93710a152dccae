package ui

import (
	"bytes"
	"strings"

	"fyne.io/fyne/v2"

	"stipple/app/clinical"
	"stipple/app/ui/pages"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// passphraseLeast is the least length of a passphrase in characters, where nobody
// else checks it.
const passphraseLeast = pages.PassphraseLeast

// codeHead is what every recovery code begins with: it is an X25519 identity of age
// (safety.md section 9). codeLength is how many characters follow.
const (
	codeHead   = pages.CodeHead
	codeLength = pages.CodeLength
)

// SetUpForm is what a person has chosen. Both secrets belong to the receiver, which
// wipes them after use.
type SetUpForm struct {
	Name       string // of the first operator, who is a senior clinician
	SignIn     string // public on this computer
	Passphrase []byte // UTF-8
	Code       []byte // as it was handed in
}

// String names no secret, so that none gets into a log or an error.
func (f SetUpForm) String() string { return "set-up of " + f.SignIn }

// GoString is String.
func (f SetUpForm) GoString() string { return f.String() }

// SetUpActions are what the set-up asks for. They are called on the window's thread
// and return at once; what comes of them comes back by Show. MakeCode and Create
// are required.
type SetUpActions struct {
	// CheckSignIn says what is wrong with a sign-in name; nil: anything but "" will do.
	CheckSignIn func(name string) error
	// CheckPassphrase says what is wrong with a passphrase of a sign-in name, which it
	// must not keep; nil: 10 characters will do.
	CheckPassphrase func(signIn string, passphrase []byte) error
	// MakeCode asks for a recovery code, once. Nothing is stored yet.
	MakeCode func()
	// Create asks for everything to be stored and opened. Nothing was before.
	Create func(SetUpForm)
	// Train leaves for the training store, without patients; nil: not offered.
	Train func()
}

// SetUpState is what is shown of what was asked for. The zero value waits for the
// person.
type SetUpState struct {
	Code []byte // the recovery code, which is copied; nil: as before
	Ask  [2]int // the groups to be typed, from 0; the fourth and the tenth where they can't be asked for
	Busy bool   // Create is going on
	Err  error  // of Create: nothing was stored. Its field problems may name Name and SignIn
	Done bool   // all is stored: everything typed is wiped, and nothing takes input
}

// The steps of the set-up; two of them are about the code.
const (
	setUpYou = iota
	setUpPassphrase
	setUpCode
	setUpGroups
	setUpOpen
)

// SetUp is the window's content at the first start on a computer: who works here,
// the passphrase, the recovery code. It stores nothing itself, and asks for that at
// its last step alone. Its methods run on the window's thread.
type SetUp struct {
	*door
	do    SetUpActions
	steps *widgets.Steps

	name, signIn     *widgets.TextEntry
	nameField        *widgets.LabelledField
	signInField      *widgets.LabelledField
	follows          bool // the sign-in name still follows the name
	first, again     *widgets.SecretField
	firstField       *widgets.LabelledField
	againField       *widgets.LabelledField
	refused          *widgets.Paragraph // why nothing was created
	passphraseText   *widgets.Paragraph
	code             []byte
	head             string
	ask              [2]int
	asked, confirmed bool
	view             *widgets.CodeField
	viewPlace        *fyne.Container
	codeNote         *widgets.Line
	groups           [2]*widgets.CodeField
	groupFields      [2]*widgets.LabelledField
	groupPlace       *fyne.Container
	written          *widgets.Button
	summary          []*widgets.Line
	create           *widgets.Button
	backOfOpen       *widgets.Button
	busy, done       bool
}

// NewSetUp returns the set-up at its first step, for a canvas that it will be the
// content of. Call Begin once it is.
func NewSetUp(c fyne.Canvas, do SetUpActions) *SetUp {
	s := &SetUp{door: newDoor(c, "setup"), do: do, follows: true}
	names := []string{s.t("setup.step.you"), s.t("setup.step.passphrase"), s.t("setup.step.code"), s.t("setup.step.open")}
	s.steps = widgets.NewSteps(names)
	s.build(fyne.NewSize(780, 616), s.steps, s.you(), s.passphrase(), s.recovery(), s.typed(), s.last())
	s.door.states = s.states
	s.keys.OnEnter = s.next
	s.keys.OnEscape = s.back
	return s
}

// Begin puts the focus into the first field.
func (s *SetUp) Begin() { s.begin() }

// Show draws what came of what was asked for.
func (s *SetUp) Show(state SetUpState) {
	if s.done {
		return
	}
	if state.Code != nil && s.code == nil {
		s.takeCode(state.Code, state.Ask)
	}
	s.setBusy(state.Busy)
	if state.Err != nil {
		s.fail(state.Err)
	}
	if state.Done {
		s.done = true
		s.setBusy(true)
		s.wipe()
	}
}

// wipe leaves none of the secrets behind.
func (s *SetUp) wipe() {
	for _, f := range []*widgets.SecretField{s.first, s.again} {
		f.Clear()
	}
	if s.view != nil {
		s.view.Clear()
		s.groups[0].Clear()
		s.groups[1].Clear()
	}
	wiped(s.code)
	s.code = nil
}

// setBusy shows that the console is being created.
func (s *SetUp) setBusy(v bool) {
	s.busy = v
	key := "setup.create"
	if v {
		key = "setup.creating"
	}
	s.create.SetText(s.t(key))
	s.create.SetDisabled(v, "")
	s.backOfOpen.SetDisabled(v, "")
	s.settle()
}

// fail shows why nothing was created, where it can be mended. The passphrase has
// left the fields, so that it is typed again.
func (s *SetUp) fail(err error) {
	said := s.words.Error(err)
	problems := s.words.Fields(err)
	s.nameField.SetError(problems["Name"])
	s.hintSignIn()
	if p := problems["SignIn"]; p != "" {
		s.signInField.SetError(p)
	}
	if problems["Name"] != "" || problems["SignIn"] != "" {
		s.turnTo(setUpYou)
		return
	}
	s.hintPassphrase()
	s.refused.Set(widgets.Strong(s.t("setup.failed", words.Sentence{What: said.What, Do: said.Do}.Text())).In(theme.HighInk))
	s.passphraseText.Hide() // its room is needed
	s.turnTo(setUpPassphrase)
}

// turnTo shows a step and how far that is.
func (s *SetUp) turnTo(step int) {
	s.steps.Set(min(step, setUpCode))
	if step == setUpOpen {
		s.steps.Set(setUpGroups) // the code's two are one
	}
	s.turn(step)
}

// back goes a step back, and says whether there is one.
func (s *SetUp) back() bool {
	if s.busy || s.at == setUpYou {
		return false
	}
	s.turnTo(s.at - 1)
	return true
}

// next goes on, where what was typed is right.
func (s *SetUp) next() {
	if s.busy {
		return
	}
	switch s.at {
	case setUpYou:
		s.nextYou()
	case setUpPassphrase:
		s.nextPassphrase()
	case setUpCode:
		if s.code != nil {
			s.turnTo(setUpGroups)
		}
	case setUpGroups:
		s.nextGroups()
	case setUpOpen:
		s.finish()
	}
}

func (s *SetUp) nextYou() {
	name, signIn := strings.TrimSpace(s.name.Text), strings.TrimSpace(s.signIn.Text)
	s.nameField.SetError("")
	s.hintSignIn()
	if name == "" {
		s.nameField.SetError(s.t("setup.name.empty"))
		s.canvas.Focus(s.name)
		return
	}
	problem := ""
	if signIn == "" {
		problem = s.t("setup.sign_in.empty")
	} else if s.do.CheckSignIn != nil {
		problem = s.words.Error(s.do.CheckSignIn(signIn)).Text()
	}
	if problem != "" {
		s.signInField.SetError(problem)
		s.canvas.Focus(s.signIn)
		return
	}
	s.turnTo(setUpPassphrase)
}

func (s *SetUp) nextPassphrase() {
	s.againField.SetError("")
	if problem := passphraseProblem(s.words, s.first, checkFor(strings.TrimSpace(s.signIn.Text), s.do.CheckPassphrase)); problem != "" {
		s.firstField.SetError(problem)
		s.canvas.Focus(s.first.Input())
		return
	}
	if !s.first.Same(s.again) {
		if s.again.Len() > 0 {
			s.againField.SetError(s.t("passphrase.differs"))
			s.again.SelectAll()
		}
		s.canvas.Focus(s.again.Input())
		return
	}
	s.refused.Set(widgets.Plain(""))
	s.passphraseText.Show()
	if s.confirmed {
		s.ready()
		return
	}
	s.turnTo(setUpCode)
	if !s.asked {
		s.asked = true
		s.do.MakeCode()
	}
}

// checkFor is a check of a sign-in name's passphrase; nil where there is none.
func checkFor(signIn string, check func(string, []byte) error) func([]byte) error {
	if check == nil {
		return nil
	}
	return func(passphrase []byte) error { return check(signIn, passphrase) }
}

// passphraseProblem is what is wrong with a passphrase, or "".
func passphraseProblem(w *words.Words, f *widgets.SecretField, check func([]byte) error) string {
	if f.Over() {
		return w.T("passphrase.long", words.Count(widgets.SecretMax))
	}
	if check == nil {
		if f.Len() < passphraseLeast {
			return w.T("passphrase.short", words.Count(f.Len()), words.Count(passphraseLeast))
		}
		return ""
	}
	b := f.Bytes()
	defer wiped(b)
	return w.Error(check(b)).Text()
}

// nextGroups compares the groups that were typed with the code.
func (s *SetUp) nextGroups() {
	var wrong *widgets.CodeField
	for i := len(s.groups) - 1; i >= 0; i-- {
		f := s.groups[i]
		typed := f.Bytes()
		s.groupFields[i].SetError("")
		if !bytes.Equal(typed, widgets.CodeGroup(s.code[len(s.head):], s.ask[i])) {
			wrong = f
			if len(typed) > 0 {
				s.groupFields[i].SetError(s.t("setup.groups.wrong"))
			}
		}
		wiped(typed)
	}
	if wrong != nil {
		s.canvas.Focus(wrong)
		return
	}
	s.confirmed = true
	s.ready()
}

// ready shows the last step with what was chosen.
func (s *SetUp) ready() {
	role := s.t("role." + string(clinical.RoleSeniorClinician))
	for i, text := range []string{strings.TrimSpace(s.name.Text), role, strings.TrimSpace(s.signIn.Text), s.t("setup.code.checked")} {
		s.summary[i].Set(widgets.Strong(text))
	}
	s.turnTo(setUpOpen)
}

// finish hands everything over.
func (s *SetUp) finish() {
	if s.first.Len() == 0 { // it left the field with an attempt that failed
		s.turnTo(setUpPassphrase)
		return
	}
	form := SetUpForm{
		Name: strings.TrimSpace(s.name.Text), SignIn: strings.TrimSpace(s.signIn.Text),
		Passphrase: s.first.Take(), Code: bytes.Clone(s.code),
	}
	s.again.Clear()
	s.setBusy(true)
	s.do.Create(form)
}

// train leaves for the training store.
func (s *SetUp) train() {
	if s.busy {
		return
	}
	s.busy = true
	s.wipe()
	s.do.Train()
}

// states are what a test of the window waits for.
func (s *SetUp) states(into map[string]string) {
	into["step"] = []string{"you", "passphrase", "code", "groups", "open"}[s.at]
	into["busy"] = "no"
	if s.busy {
		into["busy"] = "yes"
	}
}
