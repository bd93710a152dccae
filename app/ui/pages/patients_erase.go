package pages

import (
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/overlay"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// Measures of the form.
const (
	eraseWide float32 = 860
	// So many backups are in sight; the rest is scrolled to.
	eraseBackups  = 2
	erasedBackups = 5
)

// fieldReason is the name of the field as errors name it.
const fieldReason = "Reason"

// eraseForm asks whether a patient is to be erased, and why.
type eraseForm struct {
	env    *Env
	what   console.Erasure
	busy   bool
	open   bool
	number *widgets.LabelledField
	typed  *widgets.TextEntry
	why    *widgets.LabelledField
	reason *widgets.TextEntry
	notice *widgets.Paragraph
}

// showErase offers the erasure to who may, of a patient who is on show.
func (p *Patients) showErase(visible bool) {
	show(p.erase, visible && may(p.view, clinical.PermitErasePatient))
}

// askErase reads what erasing the patient on show would come to, and asks.
func (p *Patients) askErase() {
	if p.file == nil {
		return
	}
	answer := p.answers()
	mine := p.chosen
	p.env.Desk.Erasure(mine, func(e console.Erasure, err error) {
		answer(func() {
			switch {
			case err != nil:
				p.done(err)
			case mine == p.chosen:
				p.openErase(e)
			}
		})
	})
}

func (p *Patients) openErase(what console.Erasure) {
	e := p.env
	f := newEraseForm(e, what)
	e.Layer.ShowForm(overlay.Form{
		Title: e.t("erase.title", fullName(what.Patient)), Content: f.content(), Width: eraseWide + 40, Focus: f.typed,
		Answers: []overlay.Answer{
			{Key: "cancel", Text: e.t("cancel"), Kind: widgets.Secondary},
			{Key: "erase", Text: e.t("erase.yes"), Kind: widgets.Destructive},
		},
		OnAnswer: func(key string) {
			if key == "cancel" {
				f.open = false
				e.Layer.Done()
				return
			}
			p.eraseNow(f)
		},
		OnCancel: func() { f.open = false },
		OnAside:  func() { f.open = false },
	})
}

func newEraseForm(e *Env, what console.Erasure) *eraseForm {
	f := &eraseForm{env: e, what: what, open: true, notice: widgets.NewParagraph(widgets.Plain(""))}
	f.typed, f.reason = widgets.NewTextEntry(e.Keys, ""), widgets.NewTextEntry(e.Keys, "")
	e.name(f.typed, "entry", "erase.number")
	e.name(f.reason, "entry", "erase.reason")
	f.number = widgets.NewLabelledField(e.t("erase.number"), f.typed)
	f.why = widgets.NewLabelledField(e.t("erase.reason"), f.reason)
	f.why.SetHint(e.t("erase.reason.hint"))
	return f
}

// content says what goes, what stays and where the patient still is, above the fields.
func (f *eraseForm) content() fyne.CanvasObject {
	e, w := f.env, f.env.Words
	said := newProse(eraseWide, append([]widgets.Run{
		widgets.Plain(e.t("erase.goes", w.N("erase.presets", f.what.Presets))),
		widgets.Plain(w.N("erase.stays", f.what.Treatments)),
	}, backupsSaid(w, f.what)...))
	list, tall := backupList(e, f.what.Backups, eraseBackups)
	const gap, narrow, noticeLines = 6, 280, 2
	text, fields, notice := height(said), height(f.number), noticeLines*height(widgets.NewLine())
	return arrange(fyne.NewSize(eraseWide, text+tall+fields+notice+3*gap), func(s fyne.Size) {
		place(said, 0, 0, s.Width, text)
		place(list, 0, text+gap, s.Width, tall)
		y := text + tall + 2*gap
		place(f.number, 0, y, narrow, fields)
		place(f.why, narrow+columnGap, y, s.Width-narrow-columnGap, fields)
		place(f.notice, 0, y+fields+gap, s.Width, notice)
	}, said, list, f.number, f.why, f.notice)
}

// backupsSaid says which backups still have the patient, above their list.
func backupsSaid(w *words.Words, what console.Erasure) []widgets.Run {
	switch {
	case what.BackupsErr != nil:
		return []widgets.Run{widgets.Strong(w.T("erase.backups.unknown", w.Error(what.BackupsErr).Text())).In(theme.HighInk)}
	case len(what.Backups) == 0:
		return []widgets.Run{widgets.Plain(w.T("erase.backups.none"))}
	}
	return []widgets.Run{widgets.Strong(w.N("erase.backups", len(what.Backups)))}
}

// backupList lists backups, those that stay longest first, so many of them in sight.
func backupList(e *Env, all []console.KeptBackup, most int) (fyne.CanvasObject, float32) {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b console.KeptBackup) int {
		if a.Expires.IsZero() || b.Expires.IsZero() { // never
			return a.Expires.Compare(b.Expires)
		}
		return b.Expires.Compare(a.Expires)
	})
	rows := make([]widgets.Row, len(all))
	for i, b := range all {
		until := e.t("erase.backup.by_hand")
		if !b.Expires.IsZero() {
			until = e.t("erase.backup.until", e.Words.Day(b.Expires, e.Now()))
		}
		rows[i] = widgets.Row{
			Key: b.Name, Title: []widgets.Run{widgets.Plain(b.Name)}, Right: []widgets.Run{widgets.Plain(until)},
		}
	}
	list := widgets.NewRowList(e.Keys, nil, nil)
	e.name(list, "list", "erase.backups")
	list.Set(rows, "")
	show(list, len(all) > 0)
	return list, float32(min(len(all), most)) * list.RowHeight()
}

// eraseNow erases, once the file number is the patient's and there is a reason.
func (p *Patients) eraseNow(f *eraseForm) {
	e := p.env
	f.number.SetError("")
	f.why.SetError("")
	if f.busy {
		return
	}
	if !strings.EqualFold(strings.TrimSpace(f.typed.Text), f.what.Patient.FileNumber) {
		f.number.SetError(e.t("erase.number.other"))
		return
	}
	f.busy = true
	f.notice.Set(widgets.Plain(e.t("erase.busy")).Marked(widgets.IconInfo))
	answer := p.answers()
	id := f.what.Patient.ID
	e.Desk.ErasePatient(id, strings.TrimSpace(f.reason.Text), func(done console.Erasure, err error) {
		answer(func() {
			f.busy = false
			if done.Patient.ID == "" {
				f.refused(err)
				return
			}
			p.forget(id)
			p.showErased(done, err)
		})
	})
}

// refused says why nobody was erased: at the field, or below.
func (f *eraseForm) refused(err error) {
	w := f.env.Words
	if !f.open {
		s := w.Error(err)
		f.env.note(s.What, []widgets.Run{widgets.Plain(s.Hint())})
		return
	}
	f.notice.Set(widgets.Plain(""))
	if problem, ok := w.Fields(err)[fieldReason]; ok {
		f.why.SetError(problem)
		return
	}
	f.notice.Set(widgets.Strong(w.T("erase.failed", w.Error(err).Text())).In(theme.HighInk).Marked(widgets.MarkSquare))
}

// forget takes a patient who was erased off the page.
func (p *Patients) forget(id clinical.ID) {
	delete(p.half, id)
	if p.chosen == id {
		p.asked++
		p.file, p.chosen, p.failed = nil, "", nil
		p.record.close()
		p.showHead()
		p.tabs.Select(tabPresets)
		p.arrange()
	}
	p.finder.again()
}

// showErased says what was done, what the next start has to do, and where the patient
// still is.
func (p *Patients) showErased(done console.Erasure, err error) {
	e, w := p.env, p.env.Words
	paragraphs := []widgets.Run{widgets.Plain(fmt.Sprint(w.N("erase.done.presets", done.Presets), " ", w.N("erase.done.treatments", done.Treatments)))}
	if err != nil {
		paragraphs = append(paragraphs, widgets.Strong(w.Error(err).Text()).In(theme.HighInk))
	}
	said := newProse(eraseWide, append(paragraphs, backupsSaid(w, done)...))
	list, tall := backupList(e, done.Backups, erasedBackups)
	content := arrange(fyne.NewSize(eraseWide, height(said)+tall), func(s fyne.Size) {
		place(said, 0, 0, s.Width, height(said))
		place(list, 0, height(said), s.Width, tall)
	}, said, list)
	e.Layer.ShowForm(overlay.Form{
		Title: e.t("erase.done"), Content: content, Width: eraseWide + 40,
		Answers:  []overlay.Answer{{Key: "close", Text: e.t("close"), Kind: widgets.Primary}},
		OnAnswer: func(string) { e.Layer.Done() },
	})
}
