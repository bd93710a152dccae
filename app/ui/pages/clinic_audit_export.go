package pages

import (
	"errors"

	"fyne.io/fyne/v2"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/overlay"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// auditExport asks what an export is to be, makes it, and says what came of it.
type auditExport struct {
	env    *Env
	filter console.AuditFilter
	form   *widgets.Choice
	what   *widgets.Paragraph
	state  *widgets.Line
	open   bool // the form that waits is in front
}

// auditForms are the forms of an export, in the order of the choice.
func auditForms() []console.AuditForm {
	return []console.AuditForm{console.AuditCSV, console.AuditJSON}
}

func newAuditExport(s *auditSheet) *auditExport {
	x := &auditExport{env: s.env, filter: s.filter.asked, state: widgets.NewLine()}
	var labels []string
	for _, f := range auditForms() {
		labels = append(labels, s.env.t("audit.export."+string(f)))
	}
	x.form = widgets.NewChoice(s.env.Keys, labels, nil)
	x.form.Select(0)
	s.env.name(x.form, "choice", "audit.export.form")
	text := s.env.t("audit.export.all")
	if s.filter.any() {
		text = s.env.t("audit.export.filter")
	}
	text += " " + s.env.t("audit.export.told")
	if s.filter.patients {
		text += " " + s.env.t("audit.export.patients")
	}
	x.what = widgets.NewParagraph(widgets.Plain(text))
	return x
}

// ask opens the form.
func (x *auditExport) ask() {
	e := x.env
	tall := x.what.HeightFor(noteWide)
	e.Layer.ShowForm(overlay.Form{
		Title: e.t("audit.export.title"), Width: noteWide + 40,
		Content: arrange(fyne.NewSize(noteWide, tall+12+theme.Touch), func(s fyne.Size) {
			place(x.what, 0, 0, s.Width, tall)
			place(x.form, 0, tall+12, min(x.form.MinSize().Width, s.Width), theme.Touch)
		}, x.what, x.form),
		Answers: []overlay.Answer{
			{Key: "cancel", Text: e.t("cancel"), Kind: widgets.Secondary}, {Key: "folder", Text: e.t("audit.export.folder"), Kind: widgets.Primary},
		},
		OnAnswer: func(key string) {
			e.Layer.Done()
			if key == "folder" {
				x.pick()
			}
		},
	})
}

// pick asks for the folder.
func (x *auditExport) pick() {
	x.env.pickPath(pathChoice{
		title: x.env.t("audit.export.where"), permit: clinical.PermitAuditRead, use: console.UseFolder, yes: x.env.t("audit.export.here"),
		chosen: x.write,
	})
}

// write makes the file, in front of everything: what is exported is as of now.
func (x *auditExport) write(folder string) {
	e := x.env
	x.open = true
	x.state.Set(widgets.Muted(e.t("audit.export.running")))
	end := func() {}
	e.Layer.ShowForm(overlay.Form{
		Title: e.t("audit.export.title"), Width: noteWide + 40,
		Content:  arrange(fyne.NewSize(noteWide, height(x.state)), func(s fyne.Size) { place(x.state, 0, 0, s.Width, s.Height) }, x.state),
		Answers:  []overlay.Answer{{Key: "cancel", Text: e.t("cancel"), Kind: widgets.Secondary}},
		OnAnswer: func(string) { e.Layer.Close() },
		OnCancel: func() {
			x.open = false
			end()
		},
	})
	form := auditForms()[max(x.form.Selected(), 0)]
	end = e.Desk.ExportAudit(console.AuditExport{Filter: x.filter, Folder: folder, Form: form}, func(p console.AuditProgress) {
		e.Do(func() {
			x.state.Set(widgets.Muted(e.t("audit.searching", words.Count(int(p.Seen)), words.Count(int(p.Of)), words.Count(p.Found))))
		})
	}, func(out console.AuditExported, err error) {
		e.Do(func() { x.done(out, err) })
	})
}

// done says what came of it, also where the form was closed by a STOP meanwhile.
func (x *auditExport) done(out console.AuditExported, err error) {
	e := x.env
	if errors.Is(err, console.ErrCancelled) || errors.Is(err, console.ErrOtherOperator) {
		return
	}
	if x.open {
		x.open = false
		e.Layer.Done()
	} else if e.Layer.IsOpen() {
		return // something else is in front, and this is over: the chain tells of it
	}
	if err != nil {
		s := e.Words.Error(err)
		e.note(s.What, []widgets.Run{widgets.Plain(s.Hint()), widgets.Muted(e.t("audit.export.failed"))})
		return
	}
	e.note(e.t("audit.export.done"), []widgets.Run{
		widgets.Plain(e.Words.N("audit.export.n", out.Entries)), widgets.Strong(words.Foreign(out.Path)), widgets.Muted(e.t("audit.export.name")),
	})
}
