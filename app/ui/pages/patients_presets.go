package pages

import (
	"strings"

	"fyne.io/fyne/v2"

	"stipple/app/console"
	"stipple/app/ui/overlay"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// presetRowTall is the height of a preset's row at 100 %.
const presetRowTall float32 = 74

// presetList shows a patient's presets, as many as there is room for, and
// pages through the rest.
type presetList struct {
	env    *Env
	page   *Patients
	rows   []*presetLine
	first  int
	shown  int
	all    []console.PresetView
	inner  *fyne.Container
	card   *widgets.Card
	save   *widgets.Button
	pager  *pager
	object *fyne.Container
}

// presetLine is one preset with its acts.
type presetLine struct {
	name, place, values, verdict *widgets.Line
	load, more                   *widgets.Button
	rule                         fyne.CanvasObject
	preset                       console.PresetView
}

// mostPresetRows is how many rows exist; a page never shows more.
const mostPresetRows = 6

func newPresetList(env *Env, page *Patients) *presetList {
	l := &presetList{env: env, page: page}
	var objects []fyne.CanvasObject
	for range mostPresetRows {
		r := &presetLine{name: widgets.NewLine(), place: widgets.NewLine(), values: widgets.NewLine(), verdict: widgets.NewLine(), rule: widgets.NewGround(theme.Line)}
		r.load = widgets.NewButton(env.Keys, widgets.Secondary, env.t("preset.load"), env.active(func() { env.loadPreset(r.preset) }))
		r.more = widgets.NewButton(env.Keys, widgets.Secondary, env.t("preset.more"), env.active(func() { l.acts(r.preset) }))
		l.rows = append(l.rows, r)
		objects = append(objects, r.rule, r.name, r.place, r.values, r.verdict, r.load, r.more)
	}
	l.inner = arrange(fyne.NewSize(300, 80), l.layoutRows, objects...)
	l.card = widgets.NewCard(l.inner, 0)
	l.save = env.button("patients.save_current", widgets.Secondary, "preset.save_current", func() { page.saveCurrent() })
	l.pager = newPager(env, "patients.presets", func(by int) {
		l.first = max(min(l.first+by*l.shown, len(l.all)-1), 0)
		l.fill()
		l.object.Refresh()
	})
	l.object = arrange(fyne.NewSize(300, 120), l.layout, l.card, l.save, l.pager.object)
	return l
}

func (l *presetList) show(f *console.PatientFile, v *console.View) {
	l.all = nil
	if f != nil {
		l.all = f.Presets
	}
	same := f != nil && v.Patient != nil && f.Patient.ID == v.Patient.ID
	show(l.save, same && len(v.Controls) > 0)
	l.fill()
	l.object.Refresh()
}

// fill puts the presets of the page in sight into the rows.
func (l *presetList) fill() {
	w := l.env.Words
	if l.first >= len(l.all) {
		l.first = 0
	}
	for i, r := range l.rows {
		at := l.first + i
		visible := at < len(l.all) && (l.shown == 0 || i < l.shown)
		for _, o := range []fyne.CanvasObject{r.name, r.place, r.values, r.verdict, r.load, r.more} {
			show(o, visible)
		}
		show(r.rule, visible && i > 0)
		if !visible {
			continue
		}
		pr := l.all[at]
		r.preset = pr
		r.name.Set(widgets.Strong(pr.Name), widgets.Small(w.T("treat.preset.rev", words.Count(pr.Revision))))
		r.place.Set(widgets.Small(w.T("preset.place", pr.ZoneName, pr.IndicationName)))
		r.values.Set(widgets.Strong(strings.Join(settingsText(pr.PenKind, pr.Settings), "    ")))
		pen := l.page.view.Pen
		other := pen.Connected && pen.Kind != pr.PenKind
		verdict := presetVerdict(w, pr)
		if other {
			verdict = widgets.Muted(w.T("preset.other_kind", w.T("pen.kind."+string(pr.PenKind))))
		}
		r.verdict.Set(verdict.Sized(theme.SizeLabel))
		fits := pr.Problem == nil && len(pr.Violations) == 0
		key := "preset.load"
		if !fits {
			key = "preset.review"
		}
		r.load.SetText(w.T(key))
		r.load.SetDisabled(locked(l.page.view) || other, "")
		l.env.name(r.load, "button", "patients.preset."+words.Count(at)+".load")
		l.env.name(r.more, "button", "patients.preset."+words.Count(at)+".more")
	}
}

func (l *presetList) rowTall() float32 {
	return max(presetRowTall, height(l.rows[0].name)+height(l.rows[0].place)+26)
}

// layout gives the card as many rows as fit, and the acts what is below.
func (l *presetList) layout(s fyne.Size) {
	acts := l.save.MinSize()
	room := s.Height - acts.Height - rowGap - 4
	fit := min(max(int(room/l.rowTall()), 1), mostPresetRows)
	if fit != l.shown {
		l.shown = fit
		l.fill()
	}
	n := min(fit, len(l.all)-l.first)
	tall := float32(n) * l.rowTall()
	place(l.card, 0, 0, s.Width, tall)
	y := tall + rowGap + 4
	place(l.save, 0, y, max(acts.Width, 180), acts.Height)
	l.pager.set(l.first, n, len(l.all))
	place(l.pager.object, s.Width-pagerWide, y, pagerWide, acts.Height)
}

func (l *presetList) layoutRows(s fyne.Size) {
	const loadWide, moreWide = 100, 80
	tall := l.rowTall()
	values := s.Width * 0.32
	right := s.Width - cardPad - moreWide - 8 - loadWide
	for i, r := range l.rows {
		y := float32(i) * tall
		big, low := height(r.name), height(r.place)
		top := y + (tall-big-low+lineGap)/2
		place(r.rule, 0, y, s.Width, 1)
		place(r.name, cardPad, top, values-cardPad-8, big)
		place(r.place, cardPad, top+big-lineGap, values-cardPad-8, low)
		place(r.values, values, top, right-values-8, big)
		place(r.verdict, values, top+big-lineGap, right-values-8, low)
		button := max(theme.TouchFar-8, height(r.load))
		place(r.load, right, y+(tall-button)/2, loadWide, button)
		place(r.more, right+loadWide+8, y+(tall-button)/2, moreWide, button)
	}
}

// acts offers what can be done with a preset besides loading it.
func (l *presetList) acts(pr console.PresetView) {
	e := l.env
	items := []overlay.Item{
		{Key: "rename", Name: e.t("preset.rename"), Detail: e.t("preset.actions.rename.sub")},
		{Key: "history", Name: e.t("preset.history"), Detail: e.t("preset.actions.history.sub")},
		{Key: "delete", Name: e.t("preset.delete"), Detail: e.t("preset.actions.delete.sub")},
	}
	e.pickItems(pr.Name, nil, items, "", func(key string) {
		switch key {
		case "rename":
			l.rename(pr)
		case "history":
			l.showHistory(pr)
		case "delete":
			l.remove(pr)
		}
	})
}

func (l *presetList) rename(pr console.PresetView) {
	e, mine := l.env, l.page.turn
	e.askName(nameForm{
		key: "rename " + string(pr.ID), title: e.t("preset.rename.title", pr.Name), name: pr.Name,
		answers: []overlay.Answer{
			{Key: "cancel", Text: e.t("cancel"), Kind: widgets.Secondary},
			{Key: "save", Text: e.t("preset.rename.save"), Kind: widgets.Primary},
		},
		save: func(_, name string, done func(error)) { e.Desk.RenamePreset(pr.Patient, pr.ID, name, done) },
		saved: func() {
			if mine == l.page.turn {
				l.page.again()
			}
		},
	})
}

// remove asks before a preset goes from the list.
func (l *presetList) remove(pr console.PresetView) {
	e := l.env
	e.ask(question{
		title: e.t("preset.delete.title", pr.Name), text: e.t("preset.delete.text"),
		yes: e.t("preset.delete.yes"), no: e.t("preset.delete.no"), destructive: true,
		act: func() {
			answer := l.page.answers()
			e.Desk.DeletePreset(pr.Patient, pr.ID, func(err error) { answer(func() { l.page.done(err) }) })
		},
	})
}

// showHistory lists every revision of a preset. An older one can be loaded if
// it fits.
func (l *presetList) showHistory(pr console.PresetView) {
	answer := l.page.answers()
	l.env.Desk.PresetHistory(pr.Patient, pr.ID, func(revisions []console.PresetView, err error) {
		answer(func() {
			if err != nil {
				l.page.done(err)
				return
			}
			l.pickRevision(pr, revisions)
		})
	})
}

func (l *presetList) pickRevision(pr console.PresetView, revisions []console.PresetView) {
	e := l.env
	items := make([]overlay.Item, len(revisions))
	at := make(map[string]console.PresetView, len(revisions))
	for i, r := range revisions {
		key := words.Count(r.Revision)
		items[i] = overlay.Item{
			Key: key, Name: e.t("preset.history.rev", key) + " · " + r.Name,
			Detail:  strings.Join(settingsText(r.PenKind, r.Settings), " · "),
			Right:   e.t("preset.history.by", e.Words.Day(r.SavedAt, e.Now()), r.SavedBy),
			Current: r.Revision == pr.Revision,
		}
		at[key] = r
	}
	e.pickItems(e.t("preset.history.title", pr.Name), nil, items, "", func(key string) {
		r := at[key]
		if r.Problem != nil || len(r.Violations) > 0 {
			e.reviewPreset(r)
			return
		}
		e.Desk.LoadPreset(pr.Patient, pr.ID, r.Revision)
		e.GoTo(NameTreat)
	})
}

// saveCurrent keeps the values of the Treat page as a preset.
func (p *Patients) saveCurrent() {
	e, v := p.env, p.view
	if v.Patient == nil {
		return
	}
	e.saveCurrent(v, p.again)
}

// again reads list and file anew.
func (p *Patients) again() {
	p.finder.again()
	if p.chosen != "" {
		p.choose(p.chosen)
	}
}

// done shows what went wrong, or reads the file anew.
func (p *Patients) done(err error) {
	if err != nil {
		s := p.env.Words.Error(err)
		p.env.note(s.What, []widgets.Run{widgets.Plain(s.Hint())})
		return
	}
	p.again()
}

// pagerWide is the width of a pager.
const pagerWide float32 = 300

// pager pages through what does not fit: "1 – 5 of 12" between two buttons.
type pager struct {
	env        *Env
	back, next *widgets.Button
	text       *widgets.Line
	object     *fyne.Container
}

func newPager(env *Env, name string, turn func(by int)) *pager {
	p := &pager{env: env, text: widgets.NewLineAligned(fyne.TextAlignCenter)}
	p.back = env.button(name+".back", widgets.Secondary, "pager.back", func() { turn(-1) })
	p.next = env.button(name+".next", widgets.Secondary, "pager.next", func() { turn(1) })
	p.object = arrange(fyne.NewSize(pagerWide, 44), func(s fyne.Size) {
		const button = 84
		place(p.back, 0, 0, button, s.Height)
		place(p.next, s.Width-button, 0, button, s.Height)
		place(p.text, button, 0, s.Width-2*button, s.Height)
	}, p.back, p.text, p.next)
	return p
}

// set shows which of how many are in sight; the pager hides where all are.
func (p *pager) set(first, n, total int) {
	show(p.object, n < total)
	p.text.Set(widgets.Muted(p.env.t("record.page", words.Count(first+1), words.Count(first+n), words.Count(total))))
	p.back.SetDisabled(first == 0, "")
	p.next.SetDisabled(first+n >= total, "")
}
