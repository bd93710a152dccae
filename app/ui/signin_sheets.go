package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
)

// side puts a list at the left of a form.
type side struct{ wide float32 }

// MinSize implements fyne.Layout.
func (l side) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(400, 200) }

// Layout implements fyne.Layout.
func (l side) Layout(o []fyne.CanvasObject, s fyne.Size) {
	put(o[0], 0, 0, l.wide, s.Height)
	put(o[1], l.wide+doorPad, 0, s.Width-l.wide-doorPad, s.Height)
}

// over puts a field over a list that takes the rest; a hidden field takes nothing.
type over struct{}

// MinSize implements fyne.Layout.
func (over) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(100, 100) }

// Layout implements fyne.Layout.
func (over) Layout(o []fyne.CanvasObject, s fyne.Size) {
	top := float32(0)
	if o[0].Visible() {
		top = o[0].MinSize().Height
		put(o[0], 0, 0, s.Width, top)
		top += 8
	}
	put(o[1], 0, top, s.Width, s.Height-top)
}

// passphraseSheet asks who it is, and for the passphrase.
func (s *SignIn) passphraseSheet() *sheet {
	s.people = newNameList(s.words, s.keys, &s.names, s.page, func() bool { return s.state.Busy || s.state.Done }, s.choose, func() {
		s.canvas.Focus(s.secret.Input())
	})
	s.who = widgets.NewLine()
	s.secret = s.door.secret("passphrase", func() { s.note("") }, s.act)
	s.notes[signInPassphrase] = widgets.NewParagraph(widgets.Plain(""))
	s.acts[signInPassphrase] = s.button("open", widgets.Primary, "signin.open", s.act)
	form := newPile(doorFields, s.who, widgets.NewLine(widgets.Small(s.t("passphrase.label"))), s.secret,
		s.acts[signInPassphrase], s.notes[signInPassphrase])
	sh := newSheet(s.t("signin.title"), container.New(side{300}, s.people.object, form))
	code := s.button("code", widgets.Secondary, "signin.code", func() {
		s.wipe()
		s.state.Err = nil
		s.turn(signInCode)
		s.note("")
	})
	sh.left = []*widgets.Button{code}
	if s.do.Train != nil {
		sh.right = []*widgets.Button{s.button("train", widgets.Secondary, "door.train", s.train)}
	}
	s.others = append(s.others, sh.left...)
	s.others = append(s.others, sh.right...)
	sh.focus = s.secret.Input()
	return sh
}

// codeSheet asks for the recovery code.
func (s *SignIn) codeSheet() *sheet {
	s.code = s.door.code("recovery", codeLength, codeHead, func() { s.note("") }, s.act)
	s.notes[signInCode] = widgets.NewParagraph(widgets.Plain(""))
	s.whose[0] = widgets.NewLine()
	body := newPile(doorFields, s.whose[0], widgets.NewParagraph(widgets.Plain(s.t("signin.code.text"))),
		widgets.NewLine(widgets.Strong(codeHead).Sized(theme.SizeLive)), s.code, s.notes[signInCode])
	s.acts[signInCode] = s.button("code.next", widgets.Primary, "signin.code.next", s.act)
	sh := newSheet(s.t("signin.code.title"), body)
	sh.left = []*widgets.Button{s.button("code.back", widgets.Secondary, "setup.back", func() { s.back() })}
	sh.right, sh.focus = []*widgets.Button{s.acts[signInCode]}, s.code
	s.others = append(s.others, sh.left...)
	return sh
}

// renewSheet asks for a new passphrase.
func (s *SignIn) renewSheet() *sheet {
	s.first = s.door.secret("renew", func() { hintPassphrase(s.words, s.firstF, s.first) }, s.act)
	s.again = s.door.secret("renew.again", func() { s.againF.SetError("") }, s.act)
	s.firstF = widgets.NewLabelledField(s.t("passphrase.new"), s.first)
	s.againF = widgets.NewLabelledField(s.t("passphrase.again"), s.again)
	hintPassphrase(s.words, s.firstF, s.first)
	s.notes[signInRenew] = widgets.NewParagraph(widgets.Plain(""))
	s.whose[1] = widgets.NewLine()
	body := newPile(doorFields, s.whose[1], widgets.NewParagraph(widgets.Plain(s.t("signin.renew.text"))),
		s.firstF, s.againF, s.notes[signInRenew])
	s.acts[signInRenew] = s.button("renew.set", widgets.Primary, "signin.renew", s.act)
	sh := newSheet(s.t("signin.renew.title"), body)
	sh.left = []*widgets.Button{s.button("renew.back", widgets.Secondary, "cancel", func() { s.back() })}
	sh.right, sh.focus = []*widgets.Button{s.acts[signInRenew]}, s.first.Input()
	s.others = append(s.others, sh.left...)
	return sh
}
