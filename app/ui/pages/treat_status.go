package pages

import (
	"reflect"
	"strings"

	"fyne.io/fyne/v2"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// reviewLines is how many lines the review takes beside the acts of a run and
// the drawer, and one warning above it.
const reviewLines float32 = 5

// linesPad stands above the first line.
const linesPad float32 = 2

// statusLines is how many lines of checks or blocks the row can show.
const statusLines = 8

// statusRow says what holds, or why the pen can't be armed, and has the acts
// of a run: next pass, end.
type statusRow struct {
	env    *Env
	title  *widgets.LineButton
	lines  []*widgets.Line
	checks [][][]widgets.Run // rows of pieces: a row begins a line, a piece stays together
	must   int               // how many of the rows, the first, have to be seen before arming
	rows   [][]widgets.Run   // each has a line of its own
	card   *widgets.Card
	next   *widgets.Button
	end    *widgets.Button
	runs   *widgets.Button // leads to the runs whose outcome is not known
	change *widgets.Button // leads to who may treat
	object *fyne.Container
	inner  *fyne.Container
}

func newStatusRow(env *Env, p *Treat) *statusRow {
	r := &statusRow{env: env}
	r.title = widgets.NewLineButton(env.Keys, env.active(p.showWhy))
	env.name(r.title, "button", "treat.why")
	objects := []fyne.CanvasObject{r.title}
	for range statusLines {
		l := widgets.NewLine().Tighten()
		r.lines = append(r.lines, l)
		objects = append(objects, l)
	}
	r.card = widgets.NewCard(arrange(fyne.NewSize(10, 10), func(fyne.Size) {}), 0)
	r.inner = arrange(fyne.NewSize(100, 20), r.layoutLines, objects...)
	r.next = env.button("treat.next_pass", widgets.Secondary, "run.next_pass", env.Desk.NextPass)
	r.end = env.button("treat.end", widgets.Secondary, "run.end", p.askEnd)
	r.runs = env.button("treat.outcome", widgets.Secondary, "treat.outcome", func() { env.GoTo(NameOutcome) })
	r.change = env.button("treat.operator", widgets.Secondary, "operator.change", func() { env.PickOperator() })
	r.object = arrange(fyne.NewSize(100, 20), r.layout, r.card, r.inner, r.next, r.end, r.runs, r.change)
	return r
}

// setRoom says whether there is room for the row at all. Where there is none,
// the arm bar still says how much has to be done, and opens the list.
func (r *statusRow) setRoom(room bool) {
	if show(r.object, room) && room {
		r.object.Refresh()
	}
}

// checksPad is what stands left and right of the checks, in all.
const checksPad float32 = 8

// pieceGap stands between two pieces on a line.
const pieceGap = "    "

// actsGap is the gap between the acts, and between them and the lines.
const actsGap float32 = 8

// acts are the buttons that are shown, the last one first, and what they need
// side by side and one above the other.
func (r *statusRow) acts() (list []*widgets.Button, wide, narrow float32) {
	for _, b := range []*widgets.Button{r.change, r.end, r.next, r.runs} {
		if b.Visible() {
			list = append(list, b)
			wide += b.MinSize().Width + actsGap
			narrow = max(narrow, b.MinSize().Width+actsGap)
		}
	}
	return list, wide, narrow
}

// stacked says whether the acts stand one above the other: in a row that is
// narrow and high enough.
func (r *statusRow) stacked(s fyne.Size) bool {
	list, wide, _ := r.acts()
	n := float32(len(list))
	return n > 1 && s.Width-wide < roomyLines && s.Height >= n*theme.Touch+(n-1)*actsGap
}

// roomyLines is the width of lines up to which the acts give way.
const roomyLines float32 = 600

// layout gives the acts their place at the right and the lines the rest.
func (r *statusRow) layout(s fyne.Size) {
	list, wide, narrow := r.acts()
	right := s.Width
	switch {
	case len(list) == 0:
	case r.stacked(s):
		n := float32(len(list))
		each, y := min((s.Height-(n-1)*actsGap)/n, theme.TouchFar-4), float32(0)
		for i := range list { // the first on top
			place(list[len(list)-1-i], s.Width-narrow+actsGap, y, narrow-actsGap, each)
			y += each + actsGap
		}
		right -= narrow + actsGap/2
	default:
		x := s.Width
		for _, b := range list {
			m := b.MinSize()
			x -= m.Width
			place(b, x, 0, m.Width, min(max(m.Height, theme.TouchFar-4), s.Height))
			x -= actsGap
		}
		right -= wide + actsGap/2
	}
	place(r.card, 0, 0, right, s.Height)
	place(r.inner, 0, 0, right, s.Height)
}

// need is the height that the row needs in a width to show all of the review,
// and at least what it mostly needs, blocked and armed: the controls above must
// not move under a finger when one becomes the other.
func (r *statusRow) need(width float32) float32 {
	line := height(r.lines[0]) + 1
	usual := max(reviewLines*line+linesPad, statusLeast)
	if r.must == 0 {
		return usual
	}
	_, wide, narrow := r.acts()
	room := width - wide
	if room < roomyLines {
		room = width - narrow
	}
	most := r.shrinks() // small letters rather than another height
	lines := float32(len(r.rows) + len(r.flow(r.checks[:r.must], (room-checksPad-actsGap/2)*most, 1)))
	return max(lines*line/most+linesPad, usual)
}

// layoutLines stacks the title and as many lines as there is room for. Checks
// stand on the page itself, side by side; blocks stand in a card.
func (r *statusRow) layoutLines(s fyne.Size) {
	line := height(r.lines[0]) + 1
	pad, y := float32(cardPad), float32(7)
	if !r.card.Visible() {
		pad, y = checksPad/2, 2
	}
	if r.title.Visible() {
		place(r.title, pad-8, y+line/2-height(r.title)/2, min(r.title.NaturalWidth()+4, s.Width-2*pad+16), height(r.title))
		y += line
	}
	flow, line := r.squeeze(s.Width-2*pad, s.Height+2-y, line)
	all := append(r.split(s.Width-2*pad, int((s.Height+2-y)/line)-len(flow)), flow...)
	for i, l := range r.lines {
		if i >= len(all) || y+line > s.Height+2 {
			l.Set()
			place(l, 0, 0, 0, 0)
			continue
		}
		l.Set(all[i]...)
		place(l, pad, y, s.Width-2*pad, line)
		y += line
	}
}

// squeeze flows the checks into a room and returns their lines and the height of
// one. Where there is no room for all of the review, its lines are so long that
// they shrink by themselves.
func (r *statusRow) squeeze(wide, tall, line float32) ([][]widgets.Run, float32) {
	if r.must == 0 {
		return r.flow(r.checks, wide, r.shrinks()), line
	}
	most := r.shrinks()
	for f := float32(1); f < most; f += squeezeStep {
		if n := len(r.flow(r.checks[:r.must], wide*f, most/f)); float32(n+len(r.rows))*line/f <= tall {
			return r.flow(r.checks, wide*f, most/f), line / f
		}
	}
	return r.flow(r.checks, wide*most, 1), line / most
}

// shrinks is how many times its room a line may be long: it shrinks to fit.
func (r *statusRow) shrinks() float32 {
	return r.lines[0].Theme().Size(theme.SizeBody) / theme.BaseSize(theme.SizeBody) / widgets.Tightest
}

// squeezeStep is how finely a size is looked for that lets the review in.
const squeezeStep = 0.05

// split gives a remedy that does not fit beside its sentence a line of its own,
// as long as there are lines left.
func (r *statusRow) split(wide float32, lines int) [][]widgets.Run {
	spare := lines - len(r.rows)
	var out [][]widgets.Run
	for _, row := range r.rows {
		if spare > 0 && len(row) > 2 && widgets.NewLine(row...).NaturalWidth() > wide {
			spare--
			out = append(out, row[:2], append([]widgets.Run{widgets.Plain("   ")}, row[2:]...))
			continue
		}
		out = append(out, row)
	}
	return out
}

// flow begins a line for each row and puts as many of its pieces side by side
// as fit into a width. Only a piece that is longer than the width times most is
// broken: the line of any other shrinks.
func (r *statusRow) flow(rows [][][]widgets.Run, wide, most float32) [][]widgets.Run {
	var out [][]widgets.Run
	for _, pieces := range rows {
		var now []widgets.Run
		for _, piece := range broken(pieces, wide*most) {
			longer := piece
			if len(now) > 0 {
				longer = append(append(append([]widgets.Run(nil), now...), widgets.Plain(pieceGap)), piece...)
			}
			if len(now) > 0 && widgets.NewLine(longer...).NaturalWidth() > wide {
				out = append(out, now)
				longer = piece
			}
			now = longer
		}
		if len(now) > 0 {
			out = append(out, now)
		}
	}
	return out
}

// broken breaks the last run of each piece that is longer than a width, at the
// separator in its middle.
func broken(pieces [][]widgets.Run, wide float32) [][]widgets.Run {
	const separator = " · "
	var out [][]widgets.Run
	for _, piece := range pieces {
		last := len(piece) - 1
		parts := strings.Split(piece[last].Text, separator)
		if len(parts) < 2 || widgets.NewLine(piece...).NaturalWidth() <= wide {
			out = append(out, piece)
			continue
		}
		half := (len(parts) + 1) / 2
		head, tail := piece[last], piece[last]
		head.Text = strings.Join(parts[:half], separator) + strings.TrimRight(separator, " ")
		tail.Text, tail.Mark = strings.Join(parts[half:], separator), widgets.IconNone
		out = append(out, append(append([]widgets.Run(nil), piece[:last]...), head), []widgets.Run{tail})
	}
	return out
}

// show draws a view and says whether the row needs another height.
func (r *statusRow) show(v *console.View) bool {
	relay := show(r.next, v.Run.Open)
	relay = show(r.end, v.Run.Open) || relay
	relay = show(r.runs, len(v.Uncertain) > 0) || relay
	// The page of the runs has that button, too.
	relay = show(r.change, !may(v, clinical.PermitTreat) && len(v.Uncertain) == 0) || relay
	wait := v.Pen.Phase == console.Treating || !may(v, clinical.PermitTreat)
	r.next.SetDisabled(wait, "")
	r.end.SetDisabled(wait, "")
	w := r.env.Words
	blocked := armBlocked(v)
	relay = show(r.card, blocked) || relay
	relay = show(r.title, blocked) || relay
	r.title.Set(widgets.Strong(w.T("why.title")))
	rows, checks := blockLines(w, v, blocked), [][][]widgets.Run(nil)
	r.must = 0
	if !blocked {
		checks = reviewRuns(w, v, r.env.Now())
		r.must = len(checks)
		checks = append(checks, checkRuns(w, v))
	}
	if relay || !reflect.DeepEqual(rows, r.rows) || !reflect.DeepEqual(checks, r.checks) {
		r.rows, r.checks = rows, checks
		r.object.Refresh()
		r.inner.Refresh()
		return true
	}
	return false
}

// checkRuns is what holds, for a pen that may be armed.
func checkRuns(w *words.Words, v *console.View) [][]widgets.Run {
	var texts []string
	for _, c := range v.Checks {
		if v.Arm.Review == nil { // which says it in full
			texts = append(texts, c.Text)
		}
	}
	if v.Run.StopTime > 0 {
		texts = append(texts, w.T("checks.stop", words.Milliseconds(v.Run.StopTime)))
	}
	if v.Run.Open {
		texts = append(texts, w.T("checks.saved", pulseCount(w, v.Pen.Kind, v.Run.Durable)))
	}
	var runs [][]widgets.Run
	for _, t := range texts {
		runs = append(runs, []widgets.Run{{Mark: widgets.IconCheck, Color: theme.Accent}, widgets.Plain(t)})
	}
	return runs
}

// pulseCount is a number of pulses, or of trigger pulls of a needling pen.
func pulseCount(w *words.Words, kind clinical.PenKind, n int) string {
	if kind == clinical.RF {
		return w.N("run.pulses.n", n)
	}
	return w.N("run.pulls.n", n)
}

// armBlocked says that something keeps the pen from being armed. Armed, it is
// too late for that: a held trigger is a reason not to arm, and no news then.
func armBlocked(v *console.View) bool { return len(v.Blocks) > 0 && !locked(v) }

// blocksFor are the blocks that whoever is at work can do something about, or has
// to know. Who may not treat can neither choose nor set what is to be given, so
// that this is missing is no news for that one.
func blocksFor(w *words.Words, v *console.View) []clinical.Block {
	if may(v, clinical.PermitTreat) {
		return v.Blocks
	}
	var out []clinical.Block
	for _, b := range v.Blocks {
		switch b.Code {
		case clinical.BlockPatient, clinical.BlockPlace, clinical.BlockSettings, clinical.BlockNotTreatable:
			continue
		case clinical.BlockOperator:
			b.Sentence, b.Remedy = w.T("treat.closed"), w.T("treat.closed.do", whoMay(w, v.Operators, clinical.PermitTreat))
		case clinical.BlockUncertain:
			b.Remedy = w.T("treat.closed.sign", whoMay(w, v.Operators, clinical.PermitSign))
		}
		out = append(out, b)
	}
	return out
}

// blockLines are the blocks with their remedies, then the warnings.
func blockLines(w *words.Words, v *console.View, blocked bool) [][]widgets.Run {
	var lines [][]widgets.Run
	for _, b := range blocksFor(w, v) {
		if blocked {
			lines = append(lines, widgets.CheckRuns(widgets.CheckBlocked, b.Sentence, b.Remedy))
		}
	}
	for _, b := range v.Warnings {
		lines = append(lines, widgets.CheckRuns(widgets.CheckWarning, b.Sentence, b.Remedy))
	}
	return lines
}

// showWhy lists everything that keeps the pen from being armed, in full.
func (p *Treat) showWhy() {
	v := p.view
	if !armBlocked(v) {
		return
	}
	var texts []widgets.Run
	for _, b := range blocksFor(p.env.Words, v) {
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
