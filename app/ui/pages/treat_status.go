package pages

import (
	"fyne.io/fyne/v2"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// statusLines is how many lines of checks or blocks the row can show.
const statusLines = 5

// statusRow says what holds, or why the pen can't be armed, and has the acts
// of a run: next pass, end.
type statusRow struct {
	env    *Env
	view   *console.View
	title  *widgets.LineButton
	lines  []*widgets.Line
	card   *widgets.Card
	next   *widgets.Button
	end    *widgets.Button
	object *fyne.Container
	inner  *fyne.Container
}

func newStatusRow(env *Env, p *Treat) *statusRow {
	r := &statusRow{env: env, view: &console.View{}}
	r.title = widgets.NewLineButton(env.Keys, env.active(p.showWhy))
	env.name(r.title, "button", "treat.why")
	objects := []fyne.CanvasObject{r.title}
	for range statusLines {
		l := widgets.NewLine()
		r.lines = append(r.lines, l)
		objects = append(objects, l)
	}
	r.inner = arrange(fyne.NewSize(100, 20), r.layoutLines, objects...)
	r.card = widgets.NewCard(r.inner, 0)
	r.next = env.button("treat.next_pass", widgets.Secondary, "run.next_pass", env.Desk.NextPass)
	r.end = env.button("treat.end", widgets.Secondary, "run.end", p.askEnd)
	r.object = arrange(fyne.NewSize(100, 20), r.layout, r.card, r.next, r.end)
	return r
}

// layout gives the acts their place at the right and the lines the rest.
func (r *statusRow) layout(s fyne.Size) {
	right := s.Width
	for _, b := range []*widgets.Button{r.end, r.next} {
		if !b.Visible() {
			continue
		}
		m := b.MinSize()
		right -= m.Width
		place(b, right, 0, m.Width, min(max(m.Height, theme.TouchFar-4), s.Height))
		right -= 8
	}
	place(r.card, 0, 0, max(right-4, 0), s.Height)
}

// layoutLines stacks the title and as many lines as there is room for.
func (r *statusRow) layoutLines(s fyne.Size) {
	line := height(r.lines[0]) + lineGap
	y := float32(4)
	pad := float32(cardPad)
	if r.title.Visible() {
		place(r.title, pad-8, y-9, s.Width-2*pad+16, height(r.title))
		y += line
	}
	for i, l := range r.lines {
		if y+line > s.Height+4 {
			place(l, 0, 0, 0, 0)
			r.lines[i].Hide()
			continue
		}
		r.lines[i].Show()
		place(l, pad, y, s.Width-2*pad, line)
		y += line
	}
}

func (r *statusRow) show(v *console.View) {
	r.view = v
	relay := show(r.next, v.Run.Open)
	relay = show(r.end, v.Run.Open) || relay
	r.next.SetDisabled(v.Pen.Phase == console.Treating, "")
	r.end.SetDisabled(v.Pen.Phase == console.Treating, "")
	w := r.env.Words
	if len(v.Blocks) == 0 {
		r.title.Set(checkRuns(w, v)...)
		r.fill(warningLines(w, v))
	} else {
		r.title.Set(widgets.Strong(w.T("why.title")), widgets.Muted(w.N("why.count", len(v.Blocks))))
		r.fill(append(blockLines(v), warningLines(w, v)...))
	}
	if relay {
		r.object.Refresh()
	}
}

func (r *statusRow) fill(lines [][]widgets.Run) {
	for i, l := range r.lines {
		if i < len(lines) {
			l.Set(lines[i]...)
		} else {
			l.Set()
		}
	}
}

// checkRuns is one line of what holds, for a pen that may be armed.
func checkRuns(w *words.Words, v *console.View) []widgets.Run {
	var texts []string
	if v.Patient != nil {
		texts = append(texts, w.T("checks.patient", v.Patient.FileNumber))
	}
	if v.Apply.State == console.AppliedOK {
		texts = append(texts, w.T("checks.applied"))
	}
	if v.Pen.Tip.Present {
		texts = append(texts, w.T("checks.tip"))
	}
	if v.Run.StopTime > 0 {
		texts = append(texts, w.T("checks.stop", words.Milliseconds(v.Run.StopTime)))
	}
	if v.Run.Open {
		texts = append(texts, w.T("checks.saved", pulseCount(w, v.Pen.Kind, v.Run.Durable)))
	}
	var runs []widgets.Run
	for _, t := range texts {
		runs = append(runs, widgets.Run{Mark: widgets.IconCheck, Color: theme.Accent}, widgets.Plain(t+"   "))
	}
	return runs
}

func pulseCount(w *words.Words, kind clinical.PenKind, n int) string {
	if kind == clinical.RF {
		return w.N("run.pulses.n", n)
	}
	return w.N("run.pulls.n", n)
}

func blockLines(v *console.View) [][]widgets.Run {
	var lines [][]widgets.Run
	for _, b := range v.Blocks {
		lines = append(lines, widgets.CheckRuns(widgets.CheckBlocked, b.Sentence, b.Remedy))
	}
	return lines
}

func warningLines(_ *words.Words, v *console.View) [][]widgets.Run {
	var lines [][]widgets.Run
	for _, b := range v.Warnings {
		lines = append(lines, widgets.CheckRuns(widgets.CheckWarning, b.Sentence, b.Remedy))
	}
	return lines
}

// showWhy lists everything that keeps the pen from being armed.
func (p *Treat) showWhy() {
	v := p.view
	if len(v.Blocks) == 0 {
		return
	}
	var texts []widgets.Run
	for _, b := range v.Blocks {
		texts = append(texts, widgets.Strong(b.Sentence), widgets.Muted(b.Remedy))
	}
	p.env.note(p.env.t("why.title"), texts)
}

// askEnd asks before a record is closed for ever.
func (p *Treat) askEnd() {
	e, v := p.env, p.view
	e.ask(question{
		title: e.t("run.end.title"),
		text:  e.t("run.end.text", pulseCount(e.Words, v.Pen.Kind, v.Run.Pulses)),
		yes:   e.t("run.end.yes"), no: e.t("run.end.no"),
		act: e.Desk.EndTreatment,
	})
}
