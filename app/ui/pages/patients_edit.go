package pages

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"

	"stipple/app/clinical"
	"stipple/app/ui/overlay"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// patientForm is the form of a new or edited patient.
type patientForm struct {
	env     *Env
	patient clinical.Patient
	busy    bool
	open    bool   // on show; else a stop or another page has closed it
	began   string // what it held when it was opened first
	entries map[string]*widgets.TextEntry
	fields  map[string]*widgets.LabelledField // by the field's name in package clinical
	sex     *widgets.Choice
	skin    *widgets.Choice
	notice  *widgets.Line
}

// The names of the fields in package clinical, as errors name them.
const (
	fieldFamily = "FamilyName"
	fieldGiven  = "GivenName"
	fieldBirth  = "BirthDate"
	fieldFile   = "FileNumber"
	fieldSex    = "Sex"
	fieldSkin   = "Fitzpatrick"
)

func sexes() []clinical.Sex {
	return []clinical.Sex{clinical.Female, clinical.Male, clinical.SexOther, clinical.SexUnstated}
}

func skins() []clinical.Fitzpatrick {
	return []clinical.Fitzpatrick{
		clinical.FitzpatrickI, clinical.FitzpatrickII, clinical.FitzpatrickIII,
		clinical.FitzpatrickIV, clinical.FitzpatrickV, clinical.FitzpatrickVI, clinical.FitzpatrickUnknown,
	}
}

func newPatientForm(e *Env, patient clinical.Patient) *patientForm {
	f := &patientForm{
		env: e, patient: patient, notice: widgets.NewLine(),
		entries: map[string]*widgets.TextEntry{}, fields: map[string]*widgets.LabelledField{},
	}
	birth := ""
	if patient.BirthDate != (clinical.Date{}) {
		birth = words.Date(patient.BirthDate)
	}
	f.entry(fieldFamily, "edit.family", "family", patient.FamilyName)
	f.entry(fieldGiven, "edit.given", "given", patient.GivenName)
	f.entry(fieldBirth, "edit.birth", "birth", birth)
	f.entry(fieldFile, "edit.file", "file", patient.FileNumber)
	var sexNames, skinNames []string
	for _, s := range sexes() {
		sexNames = append(sexNames, e.t("sex."+string(s)))
	}
	for _, s := range skins() {
		skinNames = append(skinNames, skin(e.Words, s))
	}
	f.sex, f.skin = widgets.NewChoice(e.Keys, sexNames, nil), widgets.NewChoice(e.Keys, skinNames, nil)
	for i, s := range sexes() {
		if s == patient.Sex {
			f.sex.Select(i)
		}
	}
	for i, s := range skins() {
		if s == patient.Fitzpatrick {
			f.skin.Select(i)
		}
	}
	e.name(f.sex, "choice", "edit.sex")
	e.name(f.skin, "choice", "edit.skin")
	f.fields[fieldSex] = widgets.NewLabelledField(e.t("edit.sex"), f.sex)
	f.fields[fieldSkin] = widgets.NewLabelledField(e.t("edit.skin"), f.skin)
	f.fields[fieldSkin].SetHint(e.t("edit.skin.help"))
	f.began = f.holds()
	return f
}

// holds is all that is in the form, to be compared.
func (f *patientForm) holds() string {
	return fmt.Sprintf("%q %q %q %q %d %d", f.entries[fieldFamily].Text, f.entries[fieldGiven].Text,
		f.entries[fieldBirth].Text, f.entries[fieldFile].Text, f.sex.Selected(), f.skin.Selected())
}

func (f *patientForm) entry(field, label, name, text string) {
	e := widgets.NewTextEntry(f.env.Keys, "")
	e.SetText(text)
	f.env.name(e, "entry", "edit."+name)
	f.entries[field] = e
	f.fields[field] = widgets.NewLabelledField(f.env.t(label), e)
}

// content places two fields on a line where they are short.
func (f *patientForm) content() fyne.CanvasObject {
	rows := [][]string{{fieldFamily, fieldGiven}, {fieldBirth, fieldFile}, {fieldSex}, {fieldSkin}}
	const gap, wide = 4, 720
	var objects []fyne.CanvasObject
	tall := height(f.notice)
	for _, r := range rows {
		tall += height(f.fields[r[0]]) + gap
		for _, name := range r {
			objects = append(objects, f.fields[name])
		}
	}
	objects = append(objects, f.notice)
	return arrange(fyne.NewSize(wide, tall), func(s fyne.Size) {
		y := float32(0)
		for _, r := range rows {
			each := (s.Width - float32(len(r)-1)*columnGap) / float32(len(r))
			h := height(f.fields[r[0]])
			for i, name := range r {
				place(f.fields[name], float32(i)*(each+columnGap), y, each, h)
			}
			y += h + gap
		}
		place(f.notice, 0, y, s.Width, height(f.notice))
	}, objects...)
}

// read takes the patient out of the form; false where a field can't be read.
func (f *patientForm) read() (clinical.Patient, bool) {
	p := f.patient
	text := func(field string) string { return strings.TrimSpace(f.entries[field].Text) }
	p.FamilyName, p.GivenName, p.FileNumber = text(fieldFamily), text(fieldGiven), text(fieldFile)
	if i := f.sex.Selected(); i >= 0 {
		p.Sex = sexes()[i]
	}
	if i := f.skin.Selected(); i >= 0 {
		p.Fitzpatrick = skins()[i]
	}
	birth, err := words.ParseDate(text(fieldBirth))
	if err != nil {
		f.fields[fieldBirth].SetError(f.env.t("edit.birth.bad"))
		return p, false
	}
	p.BirthDate = birth
	return p, true
}

// refused marks the fields that were refused.
func (f *patientForm) refused(err error) {
	w := f.env.Words
	problems := w.Fields(err)
	for name, field := range f.fields {
		field.SetError(problems[name])
	}
	f.notice.Set(widgets.Strong(w.T("edit.failed", w.Error(err).Text())).In(theme.HighInk).Marked(widgets.MarkSquare))
}

// openEdit opens the form for a new patient, or for one that exists: the one that
// was half written, if there is one.
func (p *Patients) openEdit(patient clinical.Patient) {
	e := p.env
	title := e.t("edit.new")
	if patient.ID != "" {
		title = e.t("edit.title", fullName(patient))
	}
	f, again := p.half[patient.ID]
	if again {
		delete(p.half, patient.ID)
		f.notice.Set(widgets.Plain(e.t("edit.half")).Marked(widgets.IconInfo))
	} else {
		f = newPatientForm(e, patient)
	}
	f.open = true
	e.Layer.ShowForm(overlay.Form{
		Title: title, Content: f.content(), Width: 760, Focus: f.entries[fieldFamily],
		Answers: []overlay.Answer{
			{Key: "cancel", Text: e.t("cancel"), Kind: widgets.Secondary},
			{Key: "save", Text: e.t("edit.save"), Kind: widgets.Primary},
		},
		OnAnswer: func(key string) {
			if key == "cancel" {
				f.open = false
				e.Layer.Done()
				return
			}
			p.save(f)
		},
		OnCancel: func() { f.open = false },
		OnAside:  func() { p.aside(f) },
	})
	p.showHalf()
	p.arrange()
}

// aside keeps a form that is half written and that nobody has closed.
func (p *Patients) aside(f *patientForm) {
	f.open = false
	if f.busy || f.holds() != f.began {
		p.half[f.patient.ID] = f
		p.showHalf()
		p.arrange()
	}
}

// showHalf says on the buttons that a form waits half written.
func (p *Patients) showHalf() {
	p.create.SetText(p.newWord())
	word := p.env.t("edit.change")
	if p.half[p.chosen] != nil && p.chosen != "" {
		word = p.env.t("edit.change.half")
	}
	p.edit.SetText(word)
}

// newWord is what the way to a new patient is called.
func (p *Patients) newWord() string {
	if p.half[""] != nil {
		return p.env.t("patients.new.half")
	}
	return p.env.t("patients.new")
}

func (p *Patients) save(f *patientForm) {
	for _, field := range f.fields {
		field.SetError("")
	}
	patient, ok := f.read()
	if !ok || f.busy {
		return
	}
	f.busy = true
	answer := p.answers()
	p.env.Desk.SavePatient(patient, func(saved clinical.Patient, err error) {
		answer(func() {
			f.busy = false
			if err != nil {
				f.refused(err)
				return
			}
			if f.open {
				p.env.Layer.Done()
			}
			f.open = false
			if p.half[f.patient.ID] == f {
				delete(p.half, f.patient.ID)
			}
			p.finder.again()
			p.choose(saved.ID)
		})
	})
}
