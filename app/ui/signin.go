package ui

import (
	"slices"
	"time"

	"fyne.io/fyne/v2"

	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// SignInActions are what the sign-in asks for. They are called on the window's
// thread and return at once; what comes of them comes back by Show. The secrets
// belong to the receiver, which wipes them after use.
type SignInActions struct {
	// SignIn tries a passphrase.
	SignIn func(name string, passphrase []byte)
	// Recover tries the recovery code: 74 characters, in capitals and with hyphens.
	Recover func(name string, code []byte)
	// CheckPassphrase says what is wrong with a new passphrase of a sign-in name, which
	// it must not keep; nil: 10 characters will do.
	CheckPassphrase func(signIn string, passphrase []byte) error
	// Renew sets a new passphrase after the recovery code was right, and opens.
	Renew func(name string, passphrase []byte)
	// Cancel gives up what the recovery code has opened.
	Cancel func()
	// Train leaves for the training store, without patients; nil: not offered.
	Train func()
}

// SignInState is what is shown.
type SignInState struct {
	Names     []string      // the sign-in names
	Last      string        // the one that signed in last, chosen first
	Busy      bool          // something is being tried: nothing can be pressed
	Wait      time.Duration // until the next try is taken; shown as a countdown of these values
	Err       error         // of the last try; codes "wrong_passphrase" and "wrong_code" have their sentences
	Recovered bool          // the recovery code was right: a new passphrase has to be set
	Done      bool          // it opens: everything typed is wiped, and nothing takes input
}

// The sheets of the sign-in.
const (
	signInPassphrase = iota
	signInCode
	signInRenew
)

// SignIn is the window's content where the store has to be unlocked: who, and the
// passphrase, or the recovery code and a new passphrase. Its methods run on the
// window's thread.
type SignIn struct {
	*door
	do    SignInActions
	state SignInState

	people *nameList
	who    *widgets.Line
	secret *widgets.SecretField
	notes  [3]*widgets.Paragraph // what was wrong, on each sheet
	code   *widgets.CodeField
	first  *widgets.SecretField
	again  *widgets.SecretField
	firstF *widgets.LabelledField
	againF *widgets.LabelledField
	whose  [2]*widgets.Line
	acts   [3]*widgets.Button // the primary one of each sheet
	others []*widgets.Button
	left   bool // for the training store
}

// NewSignIn returns the sign-in for a canvas that it will be the content of. Call
// Begin once it is.
func NewSignIn(c fyne.Canvas, state SignInState, do SignInActions) *SignIn {
	s := &SignIn{door: newDoor(c, "signin"), do: do}
	head := widgets.NewLine(widgets.Title(s.t("signin.head")))
	s.build(fyne.NewSize(880, 574), head, s.passphraseSheet(), s.codeSheet(), s.renewSheet())
	s.door.states = s.states
	s.keys.OnEnter = s.act
	s.keys.OnEscape = s.back
	s.Show(state)
	return s
}

// Begin puts the focus into the passphrase.
func (s *SignIn) Begin() { s.begin() }

// Show draws a state. The focus moves only where a try has just ended.
func (s *SignIn) Show(state SignInState) {
	if s.state.Done || s.left {
		return
	}
	before := s.state
	s.state = state
	if !slices.Equal(before.Names, state.Names) || s.people.chosen == "" {
		s.people.set(state.Names, state.Last)
	}
	if state.Done {
		s.wipe()
	}
	s.showBusy()
	switch {
	case state.Recovered && s.at != signInRenew:
		s.turn(signInRenew)
	case !state.Recovered && s.at == signInRenew:
		s.turn(signInPassphrase)
	}
	text := ""
	if state.Err != nil && !state.Busy {
		text = s.words.Error(state.Err).Text()
	}
	s.note(text)
	if before.Busy && !state.Busy {
		s.begin()
	}
}

// note says what was wrong on the sheet in front, and on no other.
func (s *SignIn) note(text string) {
	for i, p := range s.notes {
		run := widgets.Plain("")
		if i == s.at && text != "" {
			run = widgets.Strong(text).In(theme.HighInk)
		}
		p.Set(run)
	}
	s.settle()
}

// showBusy says what the primary buttons do now, or when they will.
func (s *SignIn) showBusy() {
	busy, wait := s.state.Busy || s.state.Done, s.state.Wait > 0
	keys := [...][2]string{{"signin.open", "signin.opening"}, {"signin.code.next", "signin.checking"}, {"signin.renew", "signin.opening"}}
	for i, b := range s.acts {
		text := s.t(keys[i][0])
		if busy {
			text = s.t(keys[i][1])
		}
		b.SetText(text)
		reason := ""
		if wait && !busy && i != signInRenew {
			reason = s.t("signin.wait", words.Clock(words.SecondsLeft(s.state.Wait)))
		}
		b.SetDisabled(busy || reason != "", reason)
	}
	for _, b := range s.others {
		b.SetDisabled(busy, "")
	}
	for _, f := range []*widgets.SecretField{s.secret, s.first, s.again} {
		f.SetLocked(busy)
	}
	s.code.SetLocked(busy)
}

// wipe leaves none of the secrets behind.
func (s *SignIn) wipe() {
	for _, f := range []*widgets.SecretField{s.secret, s.first, s.again} {
		f.Clear()
	}
	s.code.Clear()
}

// waits says whether nothing can be tried now.
func (s *SignIn) waits() bool {
	return s.state.Busy || s.state.Done || s.left || s.state.Wait > 0 && s.at != signInRenew
}

// act does what the primary button of the sheet in front does.
func (s *SignIn) act() {
	if s.waits() || s.people.chosen == "" {
		return
	}
	switch s.at {
	case signInPassphrase:
		s.try()
	case signInCode:
		s.useCode()
	case signInRenew:
		s.renew()
	}
}

// busyNow shows at once that something is being tried, so that it is not asked for
// twice before the first answer.
func (s *SignIn) busyNow() {
	s.state.Busy, s.state.Err = true, nil
	s.note("")
	s.showBusy()
}

func (s *SignIn) try() {
	if s.secret.Len() == 0 {
		s.note(s.t("signin.empty"))
		s.canvas.Focus(s.secret.Input())
		return
	}
	passphrase := s.secret.Take()
	s.busyNow()
	s.do.SignIn(s.people.chosen, passphrase)
}

func (s *SignIn) useCode() {
	if !s.code.Full() {
		key := "signin.code.short"
		if s.code.Over() {
			key = "signin.code.long"
		}
		s.note(s.t(key, words.Count(s.code.Len()), words.Count(codeLength)))
		s.canvas.Focus(s.code)
		return
	}
	typed := s.code.Take()
	code := make([]byte, 0, len(codeHead)+codeLength)
	code = append(append(code, codeHead...), typed...)
	wiped(typed)
	s.busyNow()
	s.do.Recover(s.people.chosen, code)
}

func (s *SignIn) renew() {
	s.againF.SetError("")
	if problem := passphraseProblem(s.words, s.first, checkFor(s.people.chosen, s.do.CheckPassphrase)); problem != "" {
		s.firstF.SetError(problem)
		s.canvas.Focus(s.first.Input())
		return
	}
	if !s.first.Same(s.again) {
		if s.again.Len() > 0 {
			s.againF.SetError(s.t("passphrase.differs"))
			s.again.SelectAll()
		}
		s.canvas.Focus(s.again.Input())
		return
	}
	passphrase := s.first.Take()
	s.again.Clear()
	s.busyNow()
	s.do.Renew(s.people.chosen, passphrase)
}

// back leads from the recovery code to the passphrase, and says whether it did.
func (s *SignIn) back() bool {
	if s.at == signInPassphrase || s.state.Busy || s.state.Done {
		return false
	}
	renewing := s.at == signInRenew
	s.wipe()
	s.state.Err, s.state.Recovered = nil, false
	s.turn(signInPassphrase)
	s.note("")
	if renewing {
		s.do.Cancel()
	}
	return true
}

// choose takes another person; nothing of the last one's stays.
func (s *SignIn) choose(name string) {
	s.wipe()
	s.note("")
	s.who.Set(widgets.Title(name))
	for _, l := range s.whose {
		l.Set(widgets.Muted(s.t("signin.for")), widgets.Strong(name))
	}
}

func (s *SignIn) train() {
	if s.state.Busy || s.state.Done {
		return
	}
	s.left = true
	s.wipe()
	s.do.Train()
}

// states are what a test of the window waits for.
func (s *SignIn) states(into map[string]string) {
	into["step"] = []string{"passphrase", "code", "renew"}[s.at]
	into["name"] = s.people.chosen
	into["busy"] = "no"
	if s.state.Busy {
		into["busy"] = "yes"
	}
}
