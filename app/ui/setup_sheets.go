package ui

import (
	"bytes"
	"strings"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"stipple/app/clinical"
	"stipple/app/ui/pages"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// you asks who works here.
func (s *SetUp) you() *sheet {
	s.name = s.entry("name", func(string) { s.follow() }, s.next)
	s.signIn = s.entry("sign_in", func(string) { s.follows = false }, s.next)
	s.nameField = widgets.NewLabelledField(s.t("setup.name"), s.name)
	s.signInField = widgets.NewLabelledField(s.t("setup.sign_in"), s.signIn)
	s.hintSignIn()
	role := s.t("role." + string(clinical.RoleSeniorClinician))
	body := newPile(doorFields,
		widgets.NewParagraph(widgets.Muted(s.t("setup.you.text"))),
		s.nameField, s.signInField,
		widgets.NewParagraph(widgets.Plain(s.t("setup.role.why", role))),
	)
	sh := newSheet(s.t("setup.you.title"), body)
	if s.do.Train != nil {
		sh.left = append(sh.left, s.button("train", widgets.Secondary, "door.train", s.train))
	}
	sh.right = append(sh.right, s.button("you.next", widgets.Primary, "setup.next", s.next))
	sh.focus = s.name
	return sh
}

// follow keeps the sign-in name a suggestion until a person has changed it.
func (s *SetUp) follow() {
	if s.follows {
		s.signIn.SetText(suggestSignIn(s.name.Text))
		s.follows = true // setting it counts as a change
	}
}

func (s *SetUp) hintSignIn() { s.signInField.SetHint(s.t("setup.sign_in.public")) }

// passphrase asks for it twice.
func (s *SetUp) passphrase() *sheet {
	s.first = s.secret("passphrase", s.hintPassphrase, s.next)
	s.again = s.secret("passphrase.again", func() { s.againField.SetError("") }, s.next)
	s.firstField = widgets.NewLabelledField(s.t("passphrase.label"), s.first)
	s.againField = widgets.NewLabelledField(s.t("passphrase.again"), s.again)
	s.refused = widgets.NewParagraph(widgets.Plain(""))
	s.hintPassphrase()
	s.passphraseText = widgets.NewParagraph(widgets.Muted(s.t("setup.passphrase.text")))
	body := newPile(doorFields-4,
		s.passphraseText, s.firstField, s.againField,
		widgets.NewParagraph(widgets.Muted(s.t("setup.lost"))),
		s.refused,
	)
	sh := newSheet(s.t("setup.passphrase.title"), body)
	sh.left = []*widgets.Button{s.button("passphrase.back", widgets.Secondary, "setup.back", func() { s.back() })}
	sh.right = []*widgets.Button{s.button("passphrase.next", widgets.Primary, "setup.next", s.next)}
	sh.focus = s.first.Input()
	return sh
}

func (s *SetUp) hintPassphrase() { hintPassphrase(s.words, s.firstField, s.first) }

// hintPassphrase says how long a passphrase is, and what makes it a good one.
func hintPassphrase(w *words.Words, field *widgets.LabelledField, f *widgets.SecretField) {
	pages.HintPassphrase(w, field, f)
}

// recovery shows the recovery code.
func (s *SetUp) recovery() *sheet {
	s.codeNote = widgets.NewLine(widgets.Muted(s.t("setup.code.making")))
	s.viewPlace = container.NewStack()
	body := newPile(doorFields,
		widgets.NewParagraph(widgets.Plain(s.t("setup.code.text"))),
		s.codeNote, s.viewPlace,
		widgets.NewParagraph(widgets.Muted(s.t("setup.code.keep"))),
	)
	sh := newSheet(s.t("setup.code.title"), body)
	sh.left = []*widgets.Button{s.button("code.back", widgets.Secondary, "setup.back", func() { s.back() })}
	s.written = s.button("code.written", widgets.Primary, "setup.code.written", s.next)
	s.written.Disable()
	sh.right = []*widgets.Button{s.written}
	return sh
}

// takeCode shows the code that was made, and asks for two of its groups.
func (s *SetUp) takeCode(code []byte, ask [2]int) {
	s.code = bytes.ToUpper(bytes.TrimSpace(code))
	if bytes.HasPrefix(s.code, []byte(codeHead)) {
		s.head = codeHead
	}
	data := s.code[len(s.head):]
	const third, ninth = 3, 9
	s.ask = [2]int{third, ninth}
	last := len(data)/4 - 1 // of the whole groups
	if ask[0] != ask[1] && min(ask[0], ask[1]) >= 0 && max(ask[0], ask[1]) <= last {
		s.ask = [2]int{min(ask[0], ask[1]), max(ask[0], ask[1])}
	}
	s.view = widgets.NewCodeView(s.keys, len(data))
	s.view.Set(data)
	s.viewPlace.Objects = []fyne.CanvasObject{s.view}
	s.codeNote.Set(widgets.Muted(s.t("setup.code.head")), widgets.Strong(s.head).Sized(theme.SizeLive))
	s.written.Enable()
	for i, f := range s.groupFields {
		f.SetLabel(s.t("setup.group", words.Count(s.ask[i]+1)))
	}
	s.settle()
	if s.at == setUpCode {
		s.canvas.Focus(s.written)
	}
	s.sheets[setUpCode].focus = s.written
}

// typed asks for two groups, which proves the paper.
func (s *SetUp) typed() *sheet {
	var fields []fyne.CanvasObject
	for i := range s.groups {
		name := []string{"group.first", "group.second"}[i]
		s.groups[i] = s.code4(name, i)
		s.groupFields[i] = widgets.NewLabelledField("", s.groups[i])
		fields = append(fields, s.groupFields[i])
	}
	s.groupPlace = container.New(spread{}, fields...)
	body := newPile(doorFields,
		widgets.NewParagraph(widgets.Plain(s.t("setup.groups.text"))), s.groupPlace,
		widgets.NewParagraph(widgets.Muted(s.t("setup.groups.why"))))
	sh := newSheet(s.t("setup.groups.title"), body)
	sh.left = []*widgets.Button{s.button("groups.back", widgets.Secondary, "setup.groups.back", func() { s.back() })}
	sh.right = []*widgets.Button{s.button("groups.next", widgets.Primary, "setup.next", s.next)}
	sh.focus = s.groups[0]
	return sh
}

// code4 is a field for one group.
func (s *SetUp) code4(name string, i int) *widgets.CodeField {
	return s.door.code(name, 4, "", func() { s.groupFields[i].SetError("") }, s.next)
}

// last says what will be created.
func (s *SetUp) last() *sheet {
	var rows []fyne.CanvasObject
	rows = append(rows, widgets.NewParagraph(widgets.Plain(s.t("setup.open.text"))))
	for _, key := range []string{"setup.name.short", "setup.role", "setup.sign_in", "setup.step.code"} {
		line := widgets.NewLine()
		s.summary = append(s.summary, line)
		rows = append(rows, container.New(pair{}, widgets.NewLine(widgets.Muted(s.t(key))), line))
	}
	rows = append(rows, widgets.NewParagraph(widgets.Muted(s.t("setup.open.next"))))
	sh := newSheet(s.t("setup.open.title"), newPile(doorFields, rows...))
	s.backOfOpen = s.button("open.back", widgets.Secondary, "setup.back", func() { s.back() })
	s.create = s.button("create", widgets.Primary, "setup.create", s.next)
	sh.left, sh.right, sh.focus = []*widgets.Button{s.backOfOpen}, []*widgets.Button{s.create}, s.create
	return sh
}

// pair puts a label before a value.
type pair struct{}

// MinSize implements fyne.Layout.
func (pair) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(200, max(o[0].MinSize().Height, o[1].MinSize().Height))
}

// Layout implements fyne.Layout.
func (pair) Layout(o []fyne.CanvasObject, s fyne.Size) {
	const label = 0.3
	put(o[0], 0, 0, s.Width*label, s.Height)
	put(o[1], s.Width*label, 0, s.Width*(1-label), s.Height)
}

// suggestSignIn makes a sign-in name of a name: "Dr A. Meyer" is "a.meyer".
func suggestSignIn(name string) string {
	var parts []string
	for _, p := range strings.Fields(strings.ToLower(name)) {
		p = strings.Map(func(c rune) rune {
			if unicode.IsLetter(c) || unicode.IsDigit(c) || c == '-' {
				return c
			}
			return -1
		}, p)
		switch p {
		case "", "dr", "med", "prof", "mr", "mrs", "ms":
			continue
		}
		parts = append(parts, p)
	}
	if n := len(parts); n > 1 {
		first := []rune(parts[0])[:1]
		return string(first) + "." + parts[n-1]
	}
	return strings.Join(parts, "")
}

// spread puts objects side by side, each as wide as the next.
type spread struct{}

// MinSize implements fyne.Layout.
func (spread) MinSize(o []fyne.CanvasObject) fyne.Size { return o[0].MinSize() }

// Layout implements fyne.Layout.
func (spread) Layout(o []fyne.CanvasObject, s fyne.Size) {
	const gap = 20
	n := float32(len(o))
	wide := (s.Width - (n-1)*gap) / n
	for i, x := range o {
		put(x, float32(i)*(wide+gap), 0, wide, s.Height)
	}
}
