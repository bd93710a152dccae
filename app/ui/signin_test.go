package ui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/test"

	"stipple/app/ui/theme"
)

// signInLog notes what a sign-in asks for.
type signInLog struct {
	page  *SignIn
	calls []string
	given [][]byte
}

func signIn(t *testing.T, state SignInState) (*signInLog, *typist) {
	t.Helper()
	test.NewApp().Settings().SetTheme(theme.New(theme.Light, theme.Scale100))
	l := &signInLog{}
	note := func(what string) func(string, []byte) {
		return func(name string, secret []byte) {
			l.calls, l.given = append(l.calls, what+" "+name+" "+string(secret)), append(l.given, secret)
		}
	}
	c := software.NewCanvas()
	l.page = NewSignIn(c, state, SignInActions{
		SignIn: note("sign in"), Recover: note("recover"), Renew: note("renew"),
		CheckPassphrase: func(who string, p []byte) error {
			if strings.Contains(string(p), who) || len(p) < 10 {
				return coded("weak_passphrase")
			}
			return nil
		},
		Cancel: func() { l.calls = append(l.calls, "cancel") }, Train: func() { l.calls = append(l.calls, "train") },
	})
	p := sit(t, l.page.door, c)
	l.page.Begin()
	return l, p
}

func (l *signInLog) expect(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(l.calls, want) {
		t.Errorf("asked for %q, want %q", l.calls, want)
	}
	l.calls = nil
}

func three() SignInState {
	return SignInState{Names: []string{"a.meyer", "s.okonkwo", "t.roth"}, Last: "s.okonkwo"}
}

func TestSignInByKeyboardAlone(t *testing.T) {
	l, p := signIn(t, three())
	p.on(l.page.door, "signin.passphrase")
	p.enter()
	l.expect(t)
	p.write(samplePassphrase)
	p.enter()
	p.enter()
	l.page.act()
	l.expect(t, "sign in s.okonkwo "+samplePassphrase)
	if l.page.secret.Len() != 0 {
		t.Error("the passphrase is still in its field")
	}
	if text := said(l.page.door); !strings.Contains(text, "Opening") {
		t.Errorf("it does not say that it works: %q", text)
	}
	l.page.canvas.Focus(l.page.people.list)
	p.key(fyne.KeyDown)
	p.enter()
	if l.page.people.chosen != "s.okonkwo" || l.page.people.list.Selected() != 1 {
		t.Errorf("while one is tried, %s was chosen in row %d", l.page.people.chosen, l.page.people.list.Selected())
	}
	p.write("nothing is taken now")
	if l.page.secret.Len() != 0 {
		t.Error("something can be typed while a passphrase is being tried")
	}
	state := three()
	state.Busy = true
	l.page.Show(state)
	state.Busy, state.Err = false, coded("wrong_passphrase")
	l.page.Show(state)
	if text := said(l.page.door); !strings.Contains(text, "That is not the passphrase.") {
		t.Errorf("a wrong passphrase says %q", text)
	}
	p.on(l.page.door, "signin.passphrase")
	p.write("another one")
	p.enter()
	l.expect(t, "sign in s.okonkwo another one")
	l.page.Show(SignInState{Done: true})
	p.write("late")
	p.enter()
	l.expect(t)
}

func TestSignInCountsDown(t *testing.T) {
	l, p := signIn(t, three())
	state := three()
	state.Err, state.Wait = coded("wrong_passphrase"), 2*time.Second
	for _, want := range []string{"again in 00:02", "again in 00:01"} {
		l.page.Show(state)
		if text := said(l.page.door); !strings.Contains(text, want) {
			t.Errorf("no %q in %q", want, text)
		}
		p.write("x")
		p.on(l.page.door, "signin.passphrase")
		p.enter()
		l.expect(t)
		state.Wait -= time.Second
	}
	l.page.Show(state)
	if text := said(l.page.door); strings.Contains(text, "again in") {
		t.Errorf("it still counts: %q", text)
	}
	p.enter()
	l.expect(t, "sign in s.okonkwo xx")
}

func TestSignInChoosesAName(t *testing.T) {
	l, p := signIn(t, three())
	p.write("of the other one")
	l.page.canvas.Focus(l.page.people.list)
	p.key(fyne.KeyDown)
	if l.page.people.chosen != "t.roth" || l.page.secret.Len() != 0 {
		t.Errorf("%s, %d characters of the last one's", l.page.people.chosen, l.page.secret.Len())
	}
	p.enter()
	p.on(l.page.door, "signin.passphrase")
	p.write("mine")
	p.enter()
	l.expect(t, "sign in t.roth mine")

	many := SignInState{}
	for i := range 30 {
		many.Names = append(many.Names, fmt.Sprintf("operator.%02d", i))
	}
	l, p = signIn(t, many)
	l.page.canvas.Focus(l.page.people.search)
	p.write("17")
	p.enter()
	p.on(l.page.door, "signin.passphrase")
	p.write("pass")
	p.enter()
	l.expect(t, "sign in operator.17 pass")
}

func TestRecoveryByKeyboardAlone(t *testing.T) {
	pasted := strings.ToLower(string(sampleCode()))
	for name, write := range map[string]func(p *typist){
		"typed with its head":    func(p *typist) { p.write(strings.ReplaceAll(pasted, "-", " ")) },
		"typed without its head": func(p *typist) { p.write(strings.TrimPrefix(pasted, "age-secret-key-1")) },
		"pasted": func(p *typist) {
			clip := fyne.CurrentApp().Clipboard()
			clip.SetContent(pasted + "\n")
			p.canvas.Focused().(fyne.Shortcutable).TypedShortcut(&fyne.ShortcutPaste{Clipboard: clip})
		},
	} {
		t.Run(name, func(t *testing.T) {
			l, p := signIn(t, three())
			p.tab(2)
			p.on(l.page.door, "signin.code")
			p.enter()
			p.write("gf2t")
			p.enter()
			if text := said(l.page.door); !strings.Contains(text, "4 of 58 characters") {
				t.Errorf("too few characters say %q", text)
			}
			l.page.code.Clear()
			write(p)
			p.enter()
			p.enter()
			l.expect(t, "recover s.okonkwo "+string(sampleCode()))
			if l.page.code.Len() != 0 {
				t.Error("the code is still in its field")
			}
			state := three()
			state.Err = coded("wrong_code")
			l.page.Show(state)
			if text := said(l.page.door); !strings.Contains(text, "not the recovery code") {
				t.Errorf("a wrong code says %q", text)
			}
			state = three()
			state.Recovered = true
			l.page.Show(state)
			p.on(l.page.door, "signin.renew")
			p.write("short")
			p.enter()
			l.expect(t)
			p.write(" no longer")
			p.enter()
			p.write("short no longer")
			p.enter()
			p.enter()
			l.expect(t, "renew s.okonkwo short no longer")
			if l.page.first.Len()+l.page.again.Len() != 0 {
				t.Error("the passphrase is still in its fields")
			}
		})
	}
}

func TestRecoveryIsGivenUp(t *testing.T) {
	l, p := signIn(t, three())
	l.page.turn(signInCode)
	p.write("gf2t")
	p.key(fyne.KeyEscape)
	l.expect(t)
	if step(l.page.door) != "passphrase" || l.page.code.Len() != 0 {
		t.Error("Escape does not lead back, or keeps the code")
	}
	state := three()
	state.Recovered = true
	l.page.Show(state)
	p.write(samplePassphrase)
	p.key(fyne.KeyEscape)
	l.expect(t, "cancel")
	if step(l.page.door) != "passphrase" || l.page.first.Len() != 0 {
		t.Error("Escape does not lead back, or keeps the passphrase")
	}
}
