package ui

import (
	"bytes"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/test"

	"stipple/app/ui/theme"
)

// setUpLog notes what a set-up asks for.
type setUpLog struct {
	page    *SetUp
	codes   int
	created []SetUpForm
	trained int
	canvas  software.WindowlessCanvas
}

func setUp(t *testing.T, change func(*SetUpActions)) (*setUpLog, *typist) {
	t.Helper()
	test.NewApp().Settings().SetTheme(theme.New(theme.Dark, theme.Scale100))
	l := &setUpLog{canvas: software.NewCanvas()}
	do := SetUpActions{
		MakeCode: func() { l.codes++ },
		Create:   func(f SetUpForm) { l.created = append(l.created, f) },
		Train:    func() { l.trained++ },
	}
	if change != nil {
		change(&do)
	}
	l.page = NewSetUp(l.canvas, do)
	p := sit(t, l.page.door, l.canvas)
	l.page.Begin()
	return l, p
}

// toCode goes to the recovery code by keyboard.
func (l *setUpLog) toCode(p *typist) {
	p.write("Dr Suki Okonkwo")
	p.enter()
	p.write(samplePassphrase)
	p.enter()
	p.write(samplePassphrase)
	p.enter()
}

// toOpen goes on to the last step.
func (l *setUpLog) toOpen(p *typist) {
	l.toCode(p)
	l.page.Show(SetUpState{Code: sampleCode(), Ask: [2]int{8, 2}})
	p.enter()
	p.write("8gf2")
	p.tab(1)
	p.write("LQQP")
	p.enter()
}

func TestSetUpByKeyboardAlone(t *testing.T) {
	l, p := setUp(t, nil)
	p.on(l.page.door, "setup.name")
	l.toCode(p)
	if step(l.page.door) != "code" || l.codes != 1 {
		t.Fatalf("step %s, %d codes", step(l.page.door), l.codes)
	}
	p.enter()
	if step(l.page.door) != "code" {
		t.Fatal("it goes on without a code")
	}
	code := sampleCode()
	l.page.Show(SetUpState{Code: code, Ask: [2]int{8, 2}})
	clear(code) // it belongs to the caller
	p.on(l.page.door, "setup.code.written")
	p.enter()
	if text := said(l.page.door); !strings.Contains(text, "Group 3") || !strings.Contains(text, "Group 9") {
		t.Errorf("it asks for %q", text)
	}
	p.write("8gf-2")
	p.tab(1)
	p.write("lq qp")
	p.enter()
	p.on(l.page.door, "setup.create")
	if len(l.created) != 0 {
		t.Fatal("something was created before the last step")
	}
	p.enter()
	p.enter()
	l.page.next()
	if len(l.created) != 1 {
		t.Fatalf("created %d times", len(l.created))
	}
	f := l.created[0]
	if f.Name != "Dr Suki Okonkwo" || f.SignIn != "s.okonkwo" || string(f.Passphrase) != samplePassphrase || !bytes.Equal(f.Code, sampleCode()) {
		t.Errorf("created %+v", f)
	}
	if l.page.first.Len()+l.page.again.Len() != 0 {
		t.Error("the passphrase is still in its fields")
	}
	if p.key(fyne.KeyEscape); step(l.page.door) != "open" {
		t.Error("Escape leaves what is being created")
	}
	l.page.Show(SetUpState{Done: true})
	if l.page.view.Len()+l.page.groups[0].Len()+l.page.groups[1].Len()+len(l.page.code) != 0 {
		t.Error("the code is still there")
	}
	if p.enter(); len(l.created) != 1 {
		t.Error("it creates once more after all is done")
	}
}

func TestSetUpBackKeepsWhatWasTyped(t *testing.T) {
	l, p := setUp(t, nil)
	l.toOpen(p)
	for _, want := range []string{"groups", "code", "passphrase", "you", "you"} {
		p.key(fyne.KeyEscape)
		if got := step(l.page.door); got != want {
			t.Fatalf("Escape leads to %s, want %s", got, want)
		}
	}
	p.on(l.page.door, "setup.name")
	for _, want := range []string{"passphrase", "open"} {
		p.enter()
		if got := step(l.page.door); got != want {
			t.Fatalf("Enter leads to %s, want %s", got, want)
		}
	}
	if l.codes != 1 {
		t.Errorf("%d codes were made", l.codes)
	}
	p.enter()
	if len(l.created) != 1 || string(l.created[0].Passphrase) != samplePassphrase {
		t.Errorf("created %d", len(l.created))
	}
}

// The code stays the one that may be on paper already.
func TestSetUpMakesOneCode(t *testing.T) {
	l, p := setUp(t, nil)
	l.toCode(p)
	l.page.Show(SetUpState{Code: sampleCode()})
	p.key(fyne.KeyEscape)
	p.enter()
	other := sampleCode()
	other[20] = 'X'
	l.page.Show(SetUpState{Code: other})
	if l.codes != 1 || string(l.page.view.Bytes()) != string(sampleCode()[len(codeHead):]) || step(l.page.door) != "code" {
		t.Errorf("%d codes were asked for; it shows %s", l.codes, l.page.view.Bytes())
	}
}

func TestSetUpErrorsStandBesideTheirField(t *testing.T) {
	taken := coded("sign_in_taken")
	l, p := setUp(t, func(do *SetUpActions) {
		do.CheckSignIn = func(name string) error {
			if name == "s.okonkwo" {
				return taken
			}
			return nil
		}
		do.CheckPassphrase = func(signIn string, b []byte) error {
			if signIn != "suki" || len(b) < 12 {
				return coded("weak_passphrase")
			}
			return nil
		}
	})
	expectSaid := func(text string) {
		t.Helper()
		if got := said(l.page.door); !strings.Contains(got, text) {
			t.Errorf("%q is not in %q", text, got)
		}
	}
	p.enter()
	expectSaid("type your name")
	p.write("Dr Suki Okonkwo")
	p.enter()
	expectSaid("has this sign-in name")
	p.on(l.page.door, "setup.sign_in")
	l.page.signIn.SetText("suki")
	l.page.name.SetText("Dr S. Okonkwo")
	if l.page.signIn.Text != "suki" {
		t.Error("the suggestion replaces what a person has typed")
	}
	p.enter()
	p.write("ten letter")
	p.enter()
	expectSaid("Too easy to guess")
	p.on(l.page.door, "setup.passphrase")
	p.write("s and more")
	p.enter()
	p.on(l.page.door, "setup.passphrase.again")
	p.write("something else")
	p.enter()
	expectSaid("differs from the first")
	p.write("ten letters and more")
	p.enter()
	if step(l.page.door) != "code" {
		t.Fatalf("what is typed does not replace what differed: %s", step(l.page.door))
	}
	l.page.Show(SetUpState{Code: sampleCode(), Ask: [2]int{7, 7}}) // which can't be asked for
	p.enter()
	p.write("XXXX")
	p.enter()
	expectSaid("differs from the code")
	if len(l.created) != 0 || step(l.page.door) != "groups" {
		t.Error("a wrong group is taken")
	}
}

func TestSetUpThatFails(t *testing.T) {
	l, p := setUp(t, nil)
	l.toOpen(p)
	p.enter()
	l.page.Show(SetUpState{Busy: true})
	l.page.Show(SetUpState{Err: coded("disk_full")})
	if text := said(l.page.door); step(l.page.door) != "passphrase" || !strings.Contains(text, "Nothing was created.") || !strings.Contains(text, "disk is full") {
		t.Fatalf("%s: %q", step(l.page.door), text)
	}
	p.on(l.page.door, "setup.passphrase")
	p.write(samplePassphrase)
	p.enter()
	p.write(samplePassphrase)
	p.enter()
	p.enter()
	if len(l.created) != 2 || !bytes.Equal(l.created[1].Code, sampleCode()) || string(l.created[1].Passphrase) != samplePassphrase {
		t.Fatalf("created %d times", len(l.created))
	}
	l.page.Show(SetUpState{Err: fieldError{}})
	if step(l.page.door) != "you" || !strings.Contains(said(l.page.door), "is taken") {
		t.Errorf("%s: %q", step(l.page.door), said(l.page.door))
	}
}

type fieldError struct{}

func (fieldError) Error() string                    { return "taken" }
func (fieldError) FieldProblems() map[string]string { return map[string]string{"SignIn": "duplicate"} }

func TestSetUpTrains(t *testing.T) {
	l, p := setUp(t, nil)
	p.tab(2)
	p.on(l.page.door, "setup.train")
	p.enter()
	p.enter()
	l.page.next()
	if l.trained != 1 || step(l.page.door) != "you" {
		t.Errorf("left %d times", l.trained)
	}
}

func TestSuggestedSignInNames(t *testing.T) {
	for name, want := range map[string]string{
		"": "", "Dr A. Meyer": "a.meyer", "Prof. Dr. med. Zoë Šimić": "z.šimić", "Madonna": "madonna", "Ann-Kathrin van der Berg": "a.berg", "Dr": "",
	} {
		if got := suggestSignIn(name); got != want {
			t.Errorf("%q suggests %q, want %q", name, got, want)
		}
	}
}
