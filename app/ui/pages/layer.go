package pages

import (
	"fmt"

	"fyne.io/fyne/v2"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/overlay"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
)

// searchFrom is how many rows a picker shows without a search field.
const searchFrom = 9

// pick opens a picker of choices. choose gets the index of the choice.
func (e *Env) pick(title string, anchor fyne.CanvasObject, choices []console.Choice, selected string, choose func(i int)) {
	items := make([]overlay.Item, len(choices))
	at := make(map[string]int, len(choices))
	for i, c := range choices {
		items[i] = overlay.Item{
			Key: c.Key, Name: c.Name, Detail: c.Detail, Current: c.Key == selected && selected != "",
			Disabled: c.Disabled != "", Reason: c.Disabled,
		}
		at[c.Key] = i
	}
	e.pickItems(title, anchor, items, e.t("picker.empty"), func(key string) { choose(at[key]) })
}

// pickItems opens a picker of items that are ready.
func (e *Env) pickItems(title string, anchor fyne.CanvasObject, items []overlay.Item, empty string, choose func(key string)) {
	p := overlay.Picker{Title: title, Items: items, Empty: empty, Anchor: anchor, OnChoose: func(key string) {
		choose(key)
	}}
	if len(items) > searchFrom {
		p.Search = e.t("picker.search")
	}
	e.Layer.ShowPicker(p)
}

// question is a question with one act, which can be a destructive one.
type question struct {
	title, text, yes, no string
	destructive          bool
	act                  func()
}

// ask opens a question.
func (e *Env) ask(q question) {
	kind := widgets.Primary
	if q.destructive {
		kind = widgets.Destructive
	}
	e.Layer.ShowQuestion(overlay.Question{
		Title: q.title, Text: q.text,
		Answers: []overlay.Answer{{Key: "no", Text: q.no, Kind: widgets.Secondary}, {Key: "yes", Text: q.yes, Kind: kind}},
		OnAnswer: func(key string) {
			if key == "yes" {
				q.act()
			}
		},
	})
}

// note opens a text of paragraphs with one button.
func (e *Env) note(title string, paragraphs []widgets.Run) {
	e.Layer.ShowForm(overlay.Form{
		Title: title, Content: newProse(noteWide, paragraphs), Width: noteWide + 40,
		Answers:  []overlay.Answer{{Key: "close", Text: e.t("close"), Kind: widgets.Primary}},
		OnAnswer: func(string) { e.Layer.Done() },
	})
}

// noteWide is the width of the text of a note.
const noteWide float32 = 620

// newProse stacks paragraphs that wrap at a width.
func newProse(wide float32, paragraphs []widgets.Run) fyne.CanvasObject {
	ps := make([]*widgets.Paragraph, len(paragraphs))
	objects := make([]fyne.CanvasObject, len(paragraphs))
	for i, r := range paragraphs {
		ps[i] = widgets.NewParagraph(r)
		objects[i] = ps[i]
	}
	const gap = 6
	var tall float32
	for _, p := range ps {
		tall += p.HeightFor(wide) + gap
	}
	return arrange(fyne.NewSize(wide, tall), func(s fyne.Size) {
		y := float32(0)
		for _, p := range ps {
			h := p.HeightFor(s.Width)
			place(p, 0, y, s.Width, h)
			y += h + gap
		}
	}, objects...)
}

// searchPatients opens the search of patients.
func (e *Env) searchPatients(title string, choose func(clinical.ID)) {
	f := newFinder(e, "finder", func(row console.PatientRow) {
		e.Layer.Done()
		choose(row.ID)
	})
	e.Layer.ShowForm(overlay.Form{
		Title: title, Content: arrange(fyne.NewSize(600, 452), func(s fyne.Size) {
			top := height(f.search)
			place(f.search, 0, 0, s.Width, top)
			place(f.count, 2, top+4, s.Width, height(f.count))
			y := top + 8 + height(f.count)
			place(f.list, 0, y, s.Width, s.Height-y)
		}, f.search, f.count, f.list),
		Focus: f.search,
	})
	f.run("")
}

// ShowHelp opens the help of a page, or of a sheet of the page Clinic.
func (e *Env) ShowHelp(page string) {
	var paragraphs []widgets.Run
	for n := 1; ; n++ {
		key := fmt.Sprint("help.", page, ".", n)
		if !e.Words.Has(key) {
			break
		}
		paragraphs = append(paragraphs, widgets.Plain(e.t(key)))
	}
	paragraphs = append(paragraphs,
		widgets.Strong(e.t("help.stop")).In(theme.HighInk), widgets.Muted(e.t("help.keys")))
	e.note(e.t("help.title."+page), paragraphs)
}
