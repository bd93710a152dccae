package pages

import (
	"time"

	"fyne.io/fyne/v2"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// Patients is the page that finds, creates and reads patients with their
// presets and treatments.
type Patients struct {
	env  *Env
	view *console.View

	finder *finder
	create *widgets.Button

	file    *console.PatientFile // nil: none chosen, or still being read
	chosen  clinical.ID
	asked   int // the newest question for a file
	turn    int // of who is at work: counts the operators since the window opened
	failed  error
	title   *widgets.RowButton
	treat   *widgets.Button
	tabs    *widgets.Tabs
	presets *presetList
	history *widgets.RowList
	details *factSheet
	edit    *widgets.Button
	erase   *widgets.Button
	export  *widgets.Button
	out     *tableExport
	half    map[clinical.ID]*patientForm // forms that a stop or another page has closed; "": of a new patient
	record  *recordSheet
	empty   *emptyCard
	card    *widgets.Card // around the treatments
	content *fyne.Container
}

var _ Page = (*Patients)(nil)

// The tabs of a patient.
const (
	tabPresets = iota
	tabTreatments
	tabDetails
)

// NewPatients builds the page.
func NewPatients(env *Env) *Patients {
	p := &Patients{env: env, view: &console.View{}, half: map[clinical.ID]*patientForm{}}
	p.finder = newFinder(env, "patients", func(r console.PatientRow) { p.choose(r.ID) })
	p.create = env.button("patients.new", widgets.Primary, "patients.new", func() { p.openEdit(clinical.Patient{}) })
	p.title = widgets.NewRowButton(env.Keys, nil)
	p.treat = env.button("patients.treat", widgets.Primary, "patients.treat", p.toTreat)
	p.tabs = widgets.NewTabs(env.Keys, p.tabLabels(), func(int) {
		p.record.close()
		p.arrange()
	})
	env.name(p.tabs, "tabs", "patients.tab")
	p.presets = newPresetList(env, p)
	p.history = widgets.NewRowList(env.Keys, nil, p.openRecord)
	env.name(p.history, "list", "patients.treatments")
	p.card = widgets.NewCard(p.history, 1)
	p.details = newFactSheet(1)
	p.edit = env.button("patients.edit", widgets.Secondary, "edit.change", func() {
		if p.file != nil {
			p.openEdit(p.file.Patient)
		}
	})
	p.erase = env.button("patients.erase", widgets.Secondary, "erase", p.askErase)
	p.out = &tableExport{env: env, run: p.exportFile}
	p.export = env.button("patients.export", widgets.Secondary, "exchange.export", func() {
		if p.file != nil {
			p.out.open(p.file.Patient)
		}
	})
	p.record = newRecordSheet(env, p.arrange)
	p.empty = newEmptyCard(env)
	p.content = arrange(fyne.NewSize(700, 400), p.layout,
		widgets.NewGround(theme.Panel), widgets.NewGround(theme.Line),
		p.finder.search, p.create, p.finder.count, p.finder.list,
		p.title, p.treat, p.tabs, p.presets.object, p.card, p.details.object, p.edit, p.export, p.erase, p.record.object, p.empty.object)
	p.arrange()
	return p
}

// Name is NamePatients.
func (p *Patients) Name() string { return NamePatients }

// Content is the page.
func (p *Patients) Content() fyne.CanvasObject { return p.content }

// Enter reads the list anew and shows the patient of the Treat page.
func (p *Patients) Enter() {
	p.Show(p.view)
	p.readAnew()
	p.arrange()
}

// Leave does nothing: what is half written is kept when its form closes.
func (p *Patients) Leave() {}

// Tick does nothing: nothing on this page is live.
func (p *Patients) Tick(time.Time, console.LiveView) {}

// Show draws what depends on the desk's view.
func (p *Patients) Show(v *console.View) {
	old := p.view
	p.view = v
	if old.Operator != v.Operator {
		p.handOver() // in front or not: it is not for this one
	}
	if !p.content.Visible() {
		return // Enter draws it anew
	}
	if p.file != nil && (old.Run.ID != v.Run.ID || old.Run.Open != v.Run.Open || len(old.Uncertain) != len(v.Uncertain)) {
		p.choose(p.chosen) // a treatment began or ended, or was signed
	}
	p.showHead()
	p.presets.show(p.file, v)
}

// choose reads a patient's file.
func (p *Patients) choose(id clinical.ID) {
	if p.chosen != id {
		p.file = nil
		p.record.close()
	}
	p.chosen = id
	p.asked++
	mine := p.asked
	p.env.Desk.PatientFile(id, func(f console.PatientFile, err error) {
		p.env.Do(func() {
			if mine == p.asked {
				p.showFile(f, err)
			}
		})
	})
}

func (p *Patients) showFile(f console.PatientFile, err error) {
	p.failed = err
	p.file = &f
	if err != nil {
		p.file = nil
	}
	p.markRow()
	p.showHead()
	p.presets.show(p.file, p.view)
	p.showHistory()
	p.showDetails()
	p.arrange()
}

// markRow shows in the list who is chosen.
func (p *Patients) markRow() {
	for i, r := range p.finder.rows {
		if r.ID == p.chosen {
			p.finder.list.Select(i)
			return
		}
	}
	p.finder.list.Select(-1)
}

func (p *Patients) tabLabels() []string {
	t := p.env.t
	presets, treatments := "", ""
	if p.file != nil {
		presets, treatments = words.Count(len(p.file.Presets)), words.Count(len(p.file.Treatments))
	}
	return []string{t("patients.tab.presets", presets), t("patients.tab.treatments", treatments), t("patients.tab.details")}
}

func (p *Patients) showHead() {
	p.showHalf()
	for i, l := range p.tabLabels() {
		p.tabs.SetLabel(i, l)
	}
	if p.file == nil {
		return
	}
	w, f := p.env.Words, p.file
	p.title.Set([]widgets.Run{widgets.Title(fullName(f.Patient))},
		[]widgets.Run{widgets.Muted(w.T("patients.sub", words.Date(f.Patient.BirthDate), w.N("patients.years", f.Age),
			f.Patient.FileNumber, w.T("sex."+string(f.Patient.Sex)), skin(w, f.Patient.Fitzpatrick)))})
	p.treat.SetDisabled(locked(p.view), "")
}

// toTreat takes the patient to the Treat page.
func (p *Patients) toTreat() {
	if p.file == nil || locked(p.view) {
		return
	}
	if p.view.Patient == nil || p.view.Patient.ID != p.chosen {
		p.env.Desk.ChoosePatient(p.chosen)
	}
	p.env.GoTo(NameTreat)
}

// arrange shows what belongs to the chosen tab.
func (p *Patients) arrange() {
	have := p.file != nil
	for _, o := range []fyne.CanvasObject{p.content.Objects[0], p.content.Objects[1], p.finder.search, p.create, p.finder.count, p.finder.list} {
		show(o, p.open())
	}
	tab := p.tabs.Selected()
	open := p.record.isOpen()
	show(p.title, have)
	show(p.treat, have)
	show(p.tabs, have && !(open && tab == tabTreatments))
	presets := have && tab == tabPresets && len(p.file.Presets) > 0
	treatments := have && tab == tabTreatments && len(p.file.Treatments) > 0
	show(p.presets.object, presets)
	show(p.card, treatments && !open)
	show(p.record.object, have && tab == tabTreatments && open)
	show(p.details.object, have && tab == tabDetails)
	show(p.edit, have && tab == tabDetails)
	p.showErase(have && tab == tabDetails)
	show(p.export, have && tab == tabDetails)
	s, empty := p.emptyState(tab)
	if empty {
		p.empty.set(s)
	}
	show(p.empty.object, empty)
	p.content.Refresh()
}

// emptyState says what to do where there is nothing to show.
func (p *Patients) emptyState(tab int) (emptyState, bool) {
	t := p.env.t
	switch {
	case !p.open():
		return p.closedState(), true
	case p.failed != nil:
		s := p.env.Words.Error(p.failed)
		return emptyState{title: s.What, text: s.Hint()}, true
	case p.file == nil:
		return emptyState{title: t("patients.pick"), text: t("patients.pick.do"), acts: []emptyAct{
			{"patients.empty.new", p.newWord(), false, func() { p.openEdit(clinical.Patient{}) }},
		}}, true
	case tab == tabPresets && len(p.file.Presets) == 0:
		return emptyState{title: t("preset.empty"), text: t("preset.empty.do")}, true
	case tab == tabTreatments && len(p.file.Treatments) == 0:
		return emptyState{title: t("treatments.empty"), text: t("treatments.empty.do")}, true
	}
	return emptyState{}, false
}

// Measures of the page (patients-light.png).
const (
	listWide  float32 = 420
	newWide   float32 = 92
	treatWide float32 = 200
	stopRoom  float32 = 112 + 16 + 16 // STOP's corner, kept free at the right
)

func (p *Patients) layout(s fyne.Size) {
	ground, rule := p.content.Objects[0], p.content.Objects[1]
	place(ground, 0, 0, listWide, s.Height)
	place(rule, listWide, 0, 1, s.Height)
	search := height(p.finder.search)
	place(p.finder.search, 16, pageTop, listWide-newWide-16-16-10, search)
	place(p.create, listWide-16-newWide, pageTop, newWide, search)
	y := pageTop + search + 6
	place(p.finder.count, 16, y, listWide-32, height(p.finder.count))
	y += height(p.finder.count) + 6
	place(p.finder.list, 0, y, listWide, s.Height-y)
	p.layoutFile(listWide+pageSide, s)
}

func (p *Patients) layoutFile(x float32, s fyne.Size) {
	wide := s.Width - x - pageSide
	y := pageTop
	head := max(height(p.title), theme.TouchFar)
	place(p.title, x, y, wide-treatWide-columnGap, head)
	place(p.treat, x+wide-treatWide, y, treatWide, head)
	y += head + 6
	place(p.record.object, x, y, wide, s.Height-pageBottom-y)
	place(p.tabs, x, y, wide, height(p.tabs))
	y += height(p.tabs) + rowGap + 4
	bottom := s.Height - stopRoom
	place(p.presets.object, x, y, wide, bottom-y)
	place(p.card, x, y, wide, bottom-y)
	sheet := min(p.details.height(), bottom-y)
	place(p.details.object, x, y, wide, sheet)
	at := x
	for _, b := range []*widgets.Button{p.edit, p.export, p.erase} {
		m := b.MinSize()
		place(b, at, y+sheet+rowGap, max(m.Width, 120), m.Height)
		at += max(m.Width, 120) + columnGap
	}
	if p.file == nil {
		y = pageTop
	}
	if !p.open() {
		x, wide = pageSide, s.Width-2*pageSide
	}
	place(p.empty.object, x, y, wide, min(bottom-y, emptyMost))
}

// States adds what a test of the page waits for.
func (p *Patients) States(into map[string]string) {
	if p.env == nil || p.file == nil {
		return
	}
	into["file"] = p.file.Patient.FamilyName
	into["file.presets"] = words.Count(len(p.file.Presets))
	into["file.treatments"] = words.Count(len(p.file.Treatments))
	if p.record.isOpen() {
		into["record"] = string(p.record.row.Outcome)
	}
}
