package ui

import (
	"fmt"
	"image"
	"path/filepath"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/software"

	"stipple/app/ui/theme"
)

// doorScene is one picture of what a person sees before there is a room.
type doorScene struct {
	name string
	// open makes the page, and show brings it to the state of the picture once it is
	// in its window.
	open func(fyne.Canvas) (page *door, show func())
}

// sampleCode is a recovery code that opens nothing.
func sampleCode() []byte {
	return []byte("AGE-SECRET-KEY-1QQPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQQPZRY9X8GF2TVDW0S3JN54KH")
}

const (
	samplePassphrase = "copper lantern seven rivers"
	sampleWeak       = "needle"
)

// coded is an error as the store gives it: with the code of its sentence.
type coded string

func (c coded) Error() string { return string(c) }

// Code is the code.
func (c coded) Code() string { return string(c) }

// doorScenes are the pictures of the set-up and of the sign-in.
func doorScenes() []doorScene {
	var out []doorScene
	for _, s := range []struct {
		name string
		show func(*SetUp)
	}{
		{"you", func(*SetUp) {}},
		{"you-wrong", func(s *SetUp) { s.next() }},
		{"you-typed", func(s *SetUp) { s.name.SetText("Dr Suki Okonkwo") }},
		{"passphrase", func(s *SetUp) { s.sampleTo(setUpPassphrase, ""); s.type2(sampleWeak, "") }},
		{"passphrase-wrong", func(s *SetUp) {
			s.sampleTo(setUpPassphrase, "")
			s.type2(samplePassphrase, samplePassphrase[1:])
			s.first.Reveal(true)
			s.next()
		}},
		{"code", func(s *SetUp) { s.sampleTo(setUpCode, samplePassphrase) }},
		{"groups", func(s *SetUp) { s.sampleTo(setUpGroups, samplePassphrase) }},
		{"groups-wrong", func(s *SetUp) {
			s.sampleTo(setUpGroups, samplePassphrase)
			s.groups[0].Set([]byte("8GF2"))
			s.groups[1].Set([]byte("LQQF"))
			s.next()
		}},
		{"open", func(s *SetUp) { s.sampleTo(setUpOpen, samplePassphrase) }},
		{"creating", func(s *SetUp) { s.sampleTo(setUpOpen, samplePassphrase); s.next() }},
		{"failed", func(s *SetUp) {
			s.sampleTo(setUpOpen, samplePassphrase)
			s.next()
			s.Show(SetUpState{Err: coded("disk_full")})
		}},
	} {
		out = append(out, doorScene{name: "setup-" + s.name, open: func(c fyne.Canvas) (*door, func()) {
			var p *SetUp
			p = NewSetUp(c, SetUpActions{
				MakeCode: func() { p.Show(SetUpState{Code: sampleCode(), Ask: [2]int{2, 8}}) },
				Create:   func(SetUpForm) {}, Train: func() {},
			})
			return p.door, func() { p.Begin(); s.show(p) }
		}})
	}
	return append(out, signInScenes()...)
}

// sampleTo walks to a step with a passphrase.
func (s *SetUp) sampleTo(step int, passphrase string) {
	s.name.SetText("Dr Suki Okonkwo")
	s.next()
	if step == setUpPassphrase {
		return
	}
	s.type2(passphrase, passphrase)
	s.next()
	if step == setUpCode {
		return
	}
	s.next()
	if step == setUpGroups {
		return
	}
	data := s.code[len(s.head):]
	for i, f := range s.groups {
		f.Set(data[4*s.ask[i] : 4*s.ask[i]+4])
	}
	s.next()
}

// type2 types a passphrase and its repetition.
func (s *SetUp) type2(first, again string) {
	for _, c := range first {
		s.first.Input().TypedRune(c)
	}
	for _, c := range again {
		s.again.Input().TypedRune(c)
	}
}

func signInScenes() []doorScene {
	few := SignInState{Names: []string{"a.meyer", "s.okonkwo", "t.roth"}, Last: "s.okonkwo"}
	many := SignInState{Last: "n.byrne"}
	for i := range 24 {
		many.Names = append(many.Names, fmt.Sprintf("operator.%02d", i+1))
	}
	many.Names = append([]string{"n.byrne"}, many.Names...)
	const wait = 12 * time.Second
	enter := func(s *SignIn) {
		for _, c := range samplePassphrase {
			s.secret.Input().TypedRune(c)
		}
		s.act()
	}
	with := func(change func(*SignInState)) SignInState {
		s := few
		change(&s)
		return s
	}
	var out []doorScene
	for _, s := range []struct {
		name  string
		state SignInState
		show  func(*SignIn)
	}{
		{"", few, func(*SignIn) {}},
		{"-many", many, func(*SignIn) {}},
		{"-opening", few, enter},
		{"-wrong", few, func(s *SignIn) {
			enter(s)
			s.Show(with(func(n *SignInState) { n.Err = coded("wrong_passphrase") }))
		}},
		{"-wait", few, func(s *SignIn) {
			enter(s)
			s.Show(with(func(n *SignInState) { n.Err, n.Wait = coded("wrong_passphrase"), wait }))
		}},
		{"-code", few, func(s *SignIn) {
			s.turn(signInCode)
			for _, c := range string(sampleCode()[:len(codeHead)+26]) {
				s.code.TypedRune(c)
			}
		}},
		{"-code-wrong", few, func(s *SignIn) {
			s.turn(signInCode)
			s.Show(with(func(n *SignInState) { n.Err = coded("wrong_code") }))
		}},
		{"-renew", with(func(n *SignInState) { n.Recovered = true }), func(*SignIn) {}},
	} {
		out = append(out, doorScene{name: "signin" + s.name, open: func(c fyne.Canvas) (*door, func()) {
			nothing := func(string, []byte) {}
			p := NewSignIn(c, s.state, SignInActions{SignIn: nothing, Recover: nothing, Renew: nothing, Cancel: func() {}, Train: func() {}})
			return p.door, func() { p.Begin(); s.show(p) }
		}})
	}
	return out
}

// openDoor builds a picture's page on a canvas in memory.
func openDoor(s doorScene, p Prefs) (*door, software.WindowlessCanvas) {
	fyne.CurrentApp().Settings().SetTheme(theme.New(p.Mode, p.Scale))
	c := software.NewCanvas()
	c.SetPadded(false)
	page, show := s.open(c)
	c.SetContent(page.Content())
	c.Resize(fyne.NewSize(PictureWidth, PictureHeight))
	show()
	return page, c
}

// doorPicture draws one of them.
func doorPicture(s doorScene, p Prefs) image.Image {
	_, c := openDoor(s, p)
	return c.Capture()
}

// drawDoors draws all of them into PNG files in dir, as Screenshots does.
func drawDoors(dir string, mode theme.Mode, scenes []doorScene) (paths []string, err error) {
	for _, s := range scenes {
		path := filepath.Join(dir, s.name+"-"+mode.String()+".png")
		if err := writePNG(path, doorPicture(s, Prefs{Mode: mode, Scale: theme.Scale100})); err != nil {
			return paths, fmt.Errorf("screenshots: %w", err)
		}
		paths = append(paths, path)
	}
	return paths, nil
}
