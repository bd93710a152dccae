package pages

import (
	"strings"

	"fyne.io/fyne/v2"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/overlay"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// openSaveAs asks for the name under which the values on the controls are kept.
func (p *Treat) openSaveAs() { p.env.saveCurrent(p.view, nil) }

// saveCurrent keeps the values on the controls: as a new preset, or as a new
// revision of the loaded one.
func (e *Env) saveCurrent(v *console.View, saved func()) {
	if v.Patient == nil || len(v.Controls) == 0 {
		return
	}
	var values []string
	for _, c := range v.Controls {
		if c.Has {
			values = append(values, clinical.FormatWithUnit(c.Limit.Parameter, c.Draft))
		}
	}
	answers := []overlay.Answer{{Key: "cancel", Text: e.t("cancel"), Kind: widgets.Secondary}}
	name := chosen(e.Words, v.Zones, string(v.Zone)) + ", " + chosen(e.Words, v.Indications, string(v.Indication))
	if v.Preset.ID != "" {
		name = v.Preset.Name
		answers = append(answers, overlay.Answer{Key: "revision",
			Text: e.t("save_as.revision", words.Count(v.Preset.Revision+1)), Kind: widgets.Secondary})
	}
	answers = append(answers, overlay.Answer{Key: "new", Text: e.t("save_as.new"), Kind: widgets.Primary})
	e.askName(nameForm{
		key: "save " + string(v.Patient.ID), title: e.t("save_as.title"), name: name, answers: answers, saved: saved,
		hint: e.t("save_as.values") + " " + strings.Join(values, " · "),
		save: func(key, name string, done func(error)) { e.Desk.SavePreset(name, key == "new", done) },
	})
}

// nameForm asks for a name and keeps asking until it was taken.
type nameForm struct {
	key               string // tells what is named from all else
	title, name, hint string
	answers           []overlay.Answer // besides "cancel", each calls save
	save              func(key, name string, done func(error))
	saved             func() // may be nil
}

func (e *Env) askName(n nameForm) {
	entry := widgets.NewTextEntry(e.Keys, "")
	entry.SetText(n.name)
	if text, ok := e.halfNames[n.key]; ok {
		delete(e.halfNames, n.key)
		entry.SetText(text)
	}
	e.name(entry, "entry", "overlay.name")
	field := widgets.NewLabelledField(e.t("save_as.name"), entry)
	hint := widgets.NewParagraph(widgets.Muted(n.hint))
	content := arrange(fyne.NewSize(noteWide, height(field)+hint.HeightFor(noteWide)+8), func(s fyne.Size) {
		place(field, 0, 0, s.Width, height(field))
		place(hint, 0, height(field)+4, s.Width, hint.HeightFor(s.Width))
	}, field, hint)
	busy, open := false, true
	e.Layer.ShowForm(overlay.Form{
		Title: n.title, Content: content, Answers: n.answers, Focus: entry, Width: noteWide + 40,
		OnAnswer: func(key string) {
			name := strings.TrimSpace(entry.Text)
			switch {
			case key == "cancel":
				open = false
				e.Layer.Done()
			case name == "":
				field.SetError(e.t("save_as.need_name"))
			case !busy:
				busy = true
				n.save(key, name, func(err error) {
					e.Do(func() {
						busy = false
						e.nameTaken(n, field, open, err)
					})
				})
			}
		},
		OnCancel: func() { open = false },
		OnAside: func() {
			open = false
			e.keepName(n, entry.Text)
		},
	})
}

// keepName keeps a name whose form nobody has closed, for the next time that it is
// asked for.
func (e *Env) keepName(n nameForm, text string) {
	if text == n.name {
		return
	}
	if e.halfNames == nil {
		e.halfNames = map[string]string{}
	}
	e.halfNames[n.key] = text
}

// nameTaken closes the form if it is still open, or says why the name was not
// taken.
func (e *Env) nameTaken(n nameForm, field *widgets.LabelledField, open bool, err error) {
	if err != nil {
		text := e.Words.Error(err).Text()
		if problem, ok := e.Words.Fields(err)["Name"]; ok {
			text = problem
		}
		field.SetError(text)
		return
	}
	if open {
		e.Layer.Done()
	}
	delete(e.halfNames, n.key)
	if n.saved != nil {
		n.saved()
	}
}
