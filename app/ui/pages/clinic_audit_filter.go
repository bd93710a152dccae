package pages

import (
	"cmp"
	"strings"

	"fyne.io/fyne/v2"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/overlay"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// auditFilter says which entries are listed.
type auditFilter struct {
	env      *Env
	asked    console.AuditFilter
	problem  string // what is wrong with a date; empty: nothing
	patients bool   // who is at work may look for one
	people   []clinical.Operator
	near     console.AuditRow // the entry in the details; zero: none
	aboutIs  string           // what asked.About is called
	changed  func()
	free     float32 // room at the right of the search for something else

	search        *widgets.TextEntry
	what, who, of *widgets.PickerButton
	from, to      *widgets.TextEntry
	object        *fyne.Container
}

func newAuditFilter(env *Env, changed func()) *auditFilter {
	f := &auditFilter{env: env, changed: changed}
	f.search = widgets.NewSearchEntry(env.Keys, env.t("audit.search"), func(text string) {
		f.asked.Text = strings.TrimSpace(text)
		f.changed()
	})
	env.name(f.search, "entry", "audit.search")
	picker := func(name string, open func()) *widgets.PickerButton {
		b := widgets.NewPickerButton(env.Keys, open)
		env.name(b, "picker", name)
		return b
	}
	f.what, f.who, f.of = picker("audit.what", f.pickWhat), picker("audit.who", f.pickWho), picker("audit.about", f.pickAbout)
	day := func(name, holder string) *widgets.TextEntry {
		e := widgets.NewTextEntry(env.Keys, env.t(holder))
		e.OnChanged = func(string) { f.days() }
		env.name(e, "entry", name)
		return e
	}
	f.from, f.to = day("audit.from", "audit.from"), day("audit.to", "audit.to")
	f.object = arrange(fyne.NewSize(400, 100), f.layout, f.search, f.what, f.who, f.of, f.from, f.to)
	f.draw()
	return f
}

// clear lets everything through again, and tells nobody.
func (f *auditFilter) clear(patients bool) {
	f.asked, f.problem, f.aboutIs, f.near, f.people, f.patients = console.AuditFilter{}, "", "", console.AuditRow{}, nil, patients
	for _, e := range []*widgets.TextEntry{f.search, f.from, f.to} {
		run := e.OnChanged
		e.OnChanged = nil
		e.SetText("")
		e.OnChanged = run
	}
	f.draw()
}

// good says whether it can be asked; problem says why not.
func (f *auditFilter) good() bool { return f.problem == "" }

// any says whether it holds anything back.
func (f *auditFilter) any() bool { return f.asked != console.AuditFilter{} }

// know remembers who can be asked for: who works here, and who is in an entry.
func (f *auditFilter) know(page console.AuditPage) {
	add := func(o clinical.Operator) {
		for i, p := range f.people {
			if p.ID == o.ID {
				f.people[i] = o
				return
			}
		}
		if o.ID != "" {
			f.people = append(f.people, o)
		}
	}
	for _, r := range page.Rows {
		add(r.Operator)
	}
	for _, o := range page.People {
		add(o)
	}
	f.near = console.AuditRow{}
}

// days takes the two dates.
func (f *auditFilter) days() {
	f.problem = ""
	read := func(e *widgets.TextEntry) clinical.Date {
		d, err := words.ParseDate(e.Text)
		if err != nil {
			f.problem = f.env.t("audit.date", strings.TrimSpace(e.Text))
		}
		return d
	}
	f.asked.From, f.asked.To = read(f.from), read(f.to)
	f.changed()
}

// draw shows what is chosen; what is not has its label alone.
func (f *auditFilter) draw() {
	t := f.env.t
	what, who := "", ""
	switch {
	case f.asked.Action != "":
		what = t("audit.action." + f.asked.Action)
	case f.asked.Area != "":
		what = t("audit.area." + f.asked.Area)
	}
	for _, o := range f.people {
		if o.ID == f.asked.Operator {
			who = words.Foreign(o.Name)
		}
	}
	set := func(b *widgets.PickerButton, label, chosen string) {
		if chosen != "" {
			label = ""
		}
		b.Set(label, chosen, "")
	}
	set(f.what, t("audit.what"), what)
	set(f.who, t("audit.who"), who)
	set(f.of, t("audit.about"), f.aboutIs)
}

func (f *auditFilter) chose() {
	f.draw()
	f.changed()
}

// pickWhat offers the areas, each with its actions behind it.
func (f *auditFilter) pickWhat() {
	e := f.env
	items := []overlay.Item{{Key: "all", Name: e.t("audit.what.all"), Current: f.asked.Area == "" && f.asked.Action == ""}}
	set := map[string][2]string{"all": {}}
	for _, a := range console.AuditAreas() {
		area := e.t("audit.area." + a.Area)
		items = append(items, overlay.Item{Key: a.Area, Name: area, Detail: e.t("audit.what.area"), Current: f.asked.Area == a.Area && f.asked.Action == ""})
		set[a.Area] = [2]string{a.Area, ""}
		for _, action := range a.Actions {
			items = append(items, overlay.Item{Key: "action." + action, Name: e.t("audit.action." + action), Detail: area, Current: f.asked.Action == action})
			set["action."+action] = [2]string{"", action}
		}
	}
	e.pickItems(e.t("audit.what"), f.what, items, "", func(key string) {
		f.asked.Area, f.asked.Action = set[key][0], set[key][1]
		f.chose()
	})
}

func (f *auditFilter) pickWho() {
	e := f.env
	choices := []console.Choice{{Key: "all", Name: e.t("audit.who.all")}}
	for _, o := range f.people {
		choices = append(choices, console.Choice{Key: string(o.ID), Name: o.Name, Detail: roleWord(e.Words, o.Role)})
	}
	e.pick(e.t("audit.who"), f.who, choices, cmp.Or(string(f.asked.Operator), "all"), func(i int) {
		f.asked.Operator = ""
		if i > 0 {
			f.asked.Operator = f.people[i-1].ID
		}
		f.chose()
	})
}

// pickAbout offers what the chosen entry is about, and whoever may a patient.
func (f *auditFilter) pickAbout() {
	e := f.env
	items := []overlay.Item{{Key: "all", Name: e.t("audit.about.all"), Current: f.asked.About == ""}}
	near := f.near
	if id, name := subjectOf(e.Words, near); id != "" {
		items = append(items, overlay.Item{Key: "near", Name: name, Detail: e.t("audit.about.near")})
	}
	if f.patients {
		items = append(items, overlay.Item{Key: "patient", Name: e.t("audit.about.patient"), Detail: e.t("audit.about.patient.sub")})
	}
	e.pickItems(e.t("audit.about"), f.of, items, "", func(key string) {
		switch key {
		case "near":
			f.about(near)
			f.changed()
		case "patient":
			e.searchPatients(e.t("audit.about.patient"), func(id clinical.ID) {
				f.about(console.AuditRow{Kind: "patient", Subject: string(id), Patient: id})
				f.changed()
			})
		default:
			f.asked.About, f.aboutIs = "", ""
			f.chose()
		}
	})
}

// about asks for all that is about the same as an entry.
func (f *auditFilter) about(r console.AuditRow) {
	f.asked.About, f.aboutIs = subjectOf(f.env.Words, r)
	f.draw()
}

// line is the height of one of its two lines: larger text asks for more.
func (f *auditFilter) line() float32 { return max(height(f.search), theme.Touch) }

func (f *auditFilter) height() float32 { return 2*f.line() + 6 }

func (f *auditFilter) layout(s fyne.Size) {
	tall := f.line()
	day := tall * 2.7 // as wide as a day is long
	place(f.search, 0, 0, s.Width-f.free, tall)
	y := tall + 6
	row := (s.Width - 2*day - 4*6) / 3
	for i, b := range []fyne.CanvasObject{f.what, f.who, f.of} {
		place(b, float32(i)*(row+6), y, row, tall)
	}
	place(f.from, 3*(row+6), y, day, tall)
	place(f.to, 3*(row+6)+day+6, y, day, tall)
}
