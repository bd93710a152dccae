package pages

import (
	"slices"
	"time"

	"fyne.io/fyne/v2"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// Clinic is the page of what concerns the practice as a whole. Each of its tabs is a
// sheet of its own.
type Clinic struct {
	env  *Env
	view *console.View

	sheets  []sheet
	tabs    *widgets.Tabs
	backup  *widgets.Line // the last good one, for everybody
	empty   *emptyCard
	content *fyne.Container
}

// sheet is one tab of the page Clinic. Its methods run on the window's thread.
type sheet interface {
	// name is the last word of its keys in the catalogue, and what its help is called; the
	// tab's name in the trace is its index.
	name() string
	// permission is what it takes to see it.
	permission() clinical.Permission
	// object is the same for ever. It gets the room under the tabs down to the page's
	// end; STOP's corner at the bottom right (stopCorner wide, stopRoom high) is
	// not to be used.
	object() fyne.CanvasObject
	// enter is called when it comes to the front, also for somebody else at work: it
	// reads anew and forgets what was read before.
	enter()
	// show draws a view while it is in front.
	show(v *console.View)
	// tick draws what changes with time alone, while it is in front.
	tick(now time.Time)
	// states adds what a test of the sheet waits for.
	states(into map[string]string)
}

var _ Page = (*Clinic)(nil)

// NewClinic builds the page.
func NewClinic(env *Env) *Clinic {
	p := &Clinic{env: env, view: &console.View{}}
	p.sheets = []sheet{newOperators(env), newBackups(env), newAudit(env), newExchange(env)}
	var labels []string
	for _, s := range p.sheets {
		labels = append(labels, env.t("clinic.tab."+s.name()))
	}
	p.tabs = widgets.NewTabs(env.Keys, labels, func(int) { p.enter() })
	env.name(p.tabs, "tabs", "clinic.tab")
	p.backup = widgets.NewLineAligned(fyne.TextAlignTrailing)
	p.empty = newEmptyCard(env)
	objects := []fyne.CanvasObject{p.tabs, p.backup, p.empty.object}
	for _, s := range p.sheets {
		objects = append(objects, s.object())
	}
	p.content = arrange(fyne.NewSize(700, 400), p.layout, objects...)
	p.arrange()
	return p
}

// Name is NameClinic.
func (p *Clinic) Name() string { return NameClinic }

// Sheet is the name of the tab in front.
func (p *Clinic) Sheet() string { return p.front().name() }

// Content is the page.
func (p *Clinic) Content() fyne.CanvasObject { return p.content }

// Enter reads anew what is in front: where that is not for who is at work, the first
// sheet that is.
func (p *Clinic) Enter() {
	if !p.open() {
		p.tabs.Select(max(slices.IndexFunc(p.sheets, p.mayOpen), 0))
	}
	p.enter()
}

// Leave does nothing: nothing is half done on this page.
func (p *Clinic) Leave() {}

// Tick draws what changes with time alone.
func (p *Clinic) Tick(now time.Time, _ console.LiveView) {
	if p.content.Visible() && p.open() {
		p.front().tick(now)
	}
}

// Show draws what depends on the desk's view.
func (p *Clinic) Show(v *console.View) {
	was, is := p.view.Operator, v.Operator // a new name is nobody else
	another := was.ID != is.ID || was.Role != is.Role || p.view.Vacant != v.Vacant
	p.view = v
	p.sign()
	switch {
	case !p.content.Visible(): // Enter draws it anew
	case another:
		p.enter()
	case p.open():
		p.front().show(v)
	}
}

// sign says how far a change of all keys is, or else when the newest good backup was
// made, but where the sheet in front does.
func (p *Clinic) sign() {
	if r := p.view.Rekey; r.Of > 0 {
		p.backup.Set(widgets.Small(p.env.t("clinic.rekey", words.Count(int(100*r.Done/r.Of)))))
		return
	}
	if _, there := p.front().(*backupSheet); there && p.open() {
		p.backup.Set()
		return
	}
	p.backup.Set(lastBackup(p.env, p.view.Backups)...)
}

// front is the sheet of the chosen tab.
func (p *Clinic) front() sheet { return p.sheets[p.tabs.Selected()] }

// open says whether who is at work may see what is in front.
func (p *Clinic) open() bool { return p.mayOpen(p.front()) }

func (p *Clinic) mayOpen(s sheet) bool { return may(p.view, s.permission()) }

// enter brings the sheet of the chosen tab to the front.
func (p *Clinic) enter() {
	if p.open() {
		p.front().enter()
		p.front().show(p.view)
	}
	p.arrange()
}

// arrange shows the sheet in front, or why it is closed.
func (p *Clinic) arrange() {
	for _, s := range p.sheets {
		show(s.object(), s == p.front() && p.open())
	}
	if !p.open() {
		p.empty.set(p.closed())
	}
	p.sign()
	show(p.empty.object, !p.open())
	p.content.Refresh()
}

// closed says why the sheet in front is not shown, and who can see it.
func (p *Clinic) closed() emptyState {
	s := p.env.Words.Error(&console.NotPermittedError{Permission: p.front().permission(), Role: p.view.Operator.Role})
	return emptyState{title: s.What, text: s.Hint(), acts: []emptyAct{
		{"clinic.operator", p.env.t("operator.change"), true, p.env.PickOperator},
	}}
}

func (p *Clinic) layout(s fyne.Size) {
	x, y, wide := pageSide, pageTop, s.Width-2*pageSide
	place(p.tabs, x, y, wide, height(p.tabs))
	place(p.backup, s.Width-pageSide-backupSign, y, backupSign, height(p.tabs)-4)
	y += height(p.tabs) + rowGap + 4
	for _, sh := range p.sheets {
		place(sh.object(), x, y, wide, s.Height-pageBottom-y)
	}
	place(p.empty.object, x, y, wide, min(s.Height-stopRoom-y, emptyMost))
}

// States adds what a test of the page waits for.
func (p *Clinic) States(into map[string]string) {
	into["clinic"] = p.Sheet()
	if p.open() {
		p.front().states(into)
	}
}
