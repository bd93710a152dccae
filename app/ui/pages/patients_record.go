package pages

import (
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// showHistory lists the treatments of the patient.
func (p *Patients) showHistory() {
	if p.file == nil {
		return
	}
	w, now := p.env.Words, p.env.Now()
	rows := make([]widgets.Row, len(p.file.Treatments))
	for i, t := range p.file.Treatments {
		rows[i] = widgets.Row{
			Key: words.Count(i),
			Title: []widgets.Run{
				widgets.Strong(w.Day(t.Started, now)), widgets.Plain("· " + w.T("treatments.session", words.Count(t.Session)) + " ·"),
				outcomeRun(w, t.Outcome),
			},
			Sub:      []widgets.Run{widgets.Small(w.T("preset.place", t.ZoneName, t.IndicationName) + simulatedMark(w, t))},
			Right:    []widgets.Run{widgets.Plain(delivered(w, t))},
			RightSub: []widgets.Run{widgets.Small(who(w, t))},
		}
	}
	p.history.Set(rows, "")
}

func simulatedMark(w *words.Words, t console.TreatmentRow) string {
	if t.Simulated {
		return " · " + w.T("treatments.simulated")
	}
	return ""
}

// outcomeRun is how a treatment ended, in a colour and a shape.
func outcomeRun(w *words.Words, o clinical.Outcome) widgets.Run {
	r := widgets.Strong(w.T("treatments.outcome." + string(o)))
	switch o {
	case clinical.OutcomeComplete, clinical.OutcomeOpen, clinical.OutcomeReconciled:
		return r.In(theme.Accent)
	case clinical.OutcomeStopped, clinical.OutcomeUncertain:
		return r.In(theme.MediumInk).Marked(widgets.MarkTriangle)
	}
	return r.In(theme.TextSecondary)
}

// delivered is what a treatment came to: "86 pulses · 103 J".
func delivered(w *words.Words, t console.TreatmentRow) string {
	text := pulseCount(w, t.PenKind, t.PulseCount)
	if t.PenKind == clinical.RF {
		text = w.T("treatments.pulses", text, words.Energy(t.Energy()))
	}
	return text
}

func who(w *words.Words, t console.TreatmentRow) string {
	text := operatorNames(t.Treatment)
	if stop := max(t.StopLatency, t.StopCheck); stop > 0 {
		text += " · " + w.T("treatments.stop", words.Milliseconds(stop))
	}
	return text
}

// operatorNames are those who armed in a treatment, in the order of their first
// arming.
func operatorNames(t clinical.Treatment) string {
	var names []string
	for _, o := range t.Armers() {
		names = append(names, o.Name)
	}
	return strings.Join(names, " · ")
}

func (p *Patients) showDetails() {
	if p.file == nil {
		return
	}
	w, pt, now := p.env.Words, p.file.Patient, p.env.Now()
	p.details.set([]fact{
		{w.T("edit.family"), widgets.Strong(pt.FamilyName)},
		{w.T("edit.given"), widgets.Strong(pt.GivenName)},
		{w.T("details.birth"), widgets.Plain(words.Date(pt.BirthDate) + " · " + w.N("patients.years", p.file.Age))},
		{w.T("edit.sex"), widgets.Plain(w.T("sex." + string(pt.Sex)))},
		{w.T("edit.skin"), widgets.Plain(skin(w, pt.Fitzpatrick))},
		{w.T("edit.file"), widgets.Plain(pt.FileNumber)},
		{w.T("details.created"), widgets.Plain(w.DayAndTime(pt.Created, now))},
		{w.T("details.updated"), widgets.Plain(w.DayAndTime(pt.Updated, now))},
		{w.T("details.revision"), widgets.Plain(words.Count(pt.Revision))},
	})
}

// openRecord reads a treatment with all of its pulses.
func (p *Patients) openRecord(i int) {
	if p.file == nil || i >= len(p.file.Treatments) {
		return
	}
	id, answer := p.file.Treatments[i].ID, p.answers()
	p.env.Desk.TreatmentRecord(id, func(row console.TreatmentRow, err error) {
		answer(func() {
			if err != nil {
				p.done(err)
				return
			}
			p.record.show(row)
			p.arrange()
		})
	})
}

// recordSheet is one treatment: its facts, its settings and its pulses.
type recordSheet struct {
	env    *Env
	row    console.TreatmentRow
	open   bool
	title  *widgets.Line
	back   *widgets.Button
	alarms *widgets.Button // of a record that has some
	ended  *widgets.Button // of a run whose outcome was not known
	facts  *factSheet
	table  *pulseTable
	pager  *pager
	object *fyne.Container
}

func newRecordSheet(env *Env, changed func()) *recordSheet {
	r := &recordSheet{env: env, title: widgets.NewLine(), facts: newFactSheet(2), table: newPulseTable(env.Words)}
	r.back = env.button("record.back", widgets.Secondary, "record.back", func() {
		r.close()
		changed()
	})
	r.alarms = env.button("record.alarms", widgets.Secondary, "record.alarms", r.showAlarms)
	r.ended = env.button("record.outcome", widgets.Secondary, "record.outcome.show", r.showOutcome)
	r.pager = newPager(env, "record", func(by int) {
		r.table.turn(by)
		r.object.Refresh()
	})
	r.object = arrange(fyne.NewSize(300, 200), r.layout, r.title, r.back, r.alarms, r.ended, r.facts.object, r.table.object, r.pager.object)
	return r
}

func (r *recordSheet) isOpen() bool { return r.open }

func (r *recordSheet) close() { r.open = false }

// clear closes the record and forgets it.
func (r *recordSheet) clear() {
	r.row, r.open = console.TreatmentRow{}, false
	r.title.Set()
	r.facts.set(nil)
	r.table.set(r.row.PenKind, nil)
}

func (r *recordSheet) show(row console.TreatmentRow) {
	r.row, r.open = row, true
	w := r.env.Words
	r.title.Set(widgets.Strong(w.T("record.title", w.Day(row.Started, r.env.Now()), w.T("treatments.session", words.Count(row.Session)))).Sized(theme.SizeBody),
		outcomeRun(w, row.Outcome), widgets.Small(w.T("preset.place", row.ZoneName, row.IndicationName)+simulatedMark(w, row)))
	r.facts.set(recordFacts(w, row, r.env.Now()))
	r.alarms.SetText(w.N("record.alarms.n", began(row.Alarms)))
	if began(row.Alarms) == 0 && len(row.HandOvers) > 0 {
		r.alarms.SetText(w.T("record.took_over"))
	}
	show(r.alarms, len(row.Alarms)+len(row.HandOvers) > 0)
	show(r.ended, row.Reconciled.Cause != "")
	r.table.set(row.PenKind, row.Pulses)
	r.object.Refresh()
}

// recordFacts are the facts of a treatment in two columns.
func recordFacts(w *words.Words, t console.TreatmentRow, now time.Time) []fact {
	when := w.T("record.when.open", words.Time(t.Started))
	if !t.Ended.IsZero() {
		when = w.T("record.when", words.Time(t.Started), words.Time(t.Ended))
	}
	settings, limits := "-", "-"
	if n := len(t.Applied); n > 0 {
		settings = strings.Join(settingsText(t.PenKind, t.Applied[n-1].Settings), " · ")
		limits = envelopeText(t.PenKind, t.Applied[n-1].Envelope)
	}
	alarms := w.T("record.alarms.none")
	if n := began(t.Alarms); n > 0 {
		alarms = words.Count(n)
	}
	facts := []fact{
		{w.T("record.settings"), widgets.Strong(settings)},
		{w.T("record.envelope"), widgets.Plain(limits)},
	}
	if t.PenKind == clinical.RF {
		facts = append(facts, fact{w.T("record.dose_cap"), widgets.Plain(doseCap(w, t))})
	}
	if t.Reconciled.Cause != "" {
		facts = append(facts, fact{w.T("record.signed"), widgets.Strong(signedText(w, t.Treatment, now))})
		if unknown := spansText(w, t.Treatment); unknown != "" {
			facts = append(facts, fact{w.T("record.unknown"), widgets.Strong(unknown).In(theme.MediumInk)})
		}
	}
	if n := len(t.FallBacks); n > 0 {
		last := t.FallBacks[n-1]
		facts = append(facts, fact{w.T("record.fell"), widgets.Plain(w.T("record.fell.last", w.N("record.fell.times", n), words.Time(last.At), w.T("fell."+string(last.Reason))))})
	}
	if took := tookOverText(w, t.HandOvers); took != "" {
		facts = append(facts, fact{w.T("record.took_over"), widgets.Plain(took)})
	}
	return append(facts, []fact{
		{w.T("record.total"), widgets.Plain(total(w, t) + " · " + w.N("record.passes", max(t.Passes, 1)))},
		{w.T("record.stop"), widgets.Strong(stopText(w, t.Treatment))},
		{w.T("record.time"), widgets.Plain(when)},
		{w.T("record.operator"), widgets.Plain(operatorNames(t.Treatment))},
		{w.T("record.pen"), widgets.Plain(w.T("record.pen.value", t.PenModel, t.PenFirmware, w.T("pen.serial", t.PenSerial)))},
		{w.T("record.tip"), widgets.Plain(w.T("record.tip.lot", t.Tip.Lot) + " · " + pins(w, t))},
		{w.T("record.library"), widgets.Plain(t.LibraryVersion + " · " + w.T("record.skin") + " " + skin(w, t.Fitzpatrick))},
		{w.T("record.alarms"), widgets.Plain(alarms)},
	}...)
}

// stopText is what was measured of the stop: at the check before the first
// arming, and of a STOP.
func stopText(w *words.Words, t clinical.Treatment) string {
	var parts []string
	if t.StopCheck > 0 {
		parts = append(parts, w.T("record.stop.check", words.Milliseconds(t.StopCheck)))
	}
	if t.StopLatency > 0 {
		parts = append(parts, w.T("record.stop.stop", words.Milliseconds(t.StopLatency)))
	}
	if len(parts) == 0 {
		return w.T("record.stop.none")
	}
	return strings.Join(parts, " · ")
}

// signedText is who signed a run whose outcome was not known, and when.
func signedText(w *words.Words, t clinical.Treatment, now time.Time) string {
	s := t.Reconciled.Signature
	if s.Verdict == "" {
		return w.T("outcome.sign.not")
	}
	return w.T("record.signed.by", s.By.Name, w.DayAndTime(s.At, now))
}

// verdictText is what was signed.
func verdictText(w *words.Words, t clinical.Treatment) string {
	if v := t.Reconciled.Signature.Verdict; v != "" {
		return w.T("record.verdict."+string(v)) + " "
	}
	return ""
}

// showOutcome opens what became known of a run whose outcome was not known: the
// sentence, who signed it, and every line.
func (r *recordSheet) showOutcome() {
	w, t := r.env.Words, r.row.Treatment
	texts := []widgets.Run{
		widgets.Strong(outcomeSummary(w, t)).In(summaryColor(t.Reconciled)),
		widgets.Plain(w.T("outcome.cause."+string(t.Reconciled.Cause)) + " · " + w.Day(t.Reconciled.LostAt, r.env.Now()) + " " + words.Time(t.Reconciled.LostAt) + " · " + askedText(w, t.Reconciled, r.env.Now())),
		widgets.Plain(verdictText(w, t) + signedText(w, t, r.env.Now())),
	}
	rows := outcomeRows(w, t)
	for _, row := range rows[:min(len(rows), mostOutcomeLines)] {
		line := w.T("record.outcome.line", row.what, row.console, row.pen)
		if row.console == "" {
			line = w.T("record.outcome.pen", row.what, row.pen)
		}
		texts = append(texts, widgets.Muted(line))
	}
	if more := len(rows) - mostOutcomeLines; more > 0 {
		texts = append(texts, widgets.Muted(w.N("record.outcome.more", more)))
	}
	r.env.note(w.T("record.outcome"), texts)
}

// mostOutcomeLines is how many lines the note of a record has room for.
const mostOutcomeLines = 12

// total is what a record came to: that of a needling pen has strokes.
func total(w *words.Words, t console.TreatmentRow) string {
	if t.PenKind == clinical.RF {
		return delivered(w, t)
	}
	strokes := 0
	for _, p := range t.Pulses {
		strokes += int(p.Strokes)
	}
	return w.N("record.pulls", t.PulseCount) + " · " + w.N("record.strokes", strokes)
}

// pins is what a tip has, by the name that its kind of pen has for them.
func pins(w *words.Words, t console.TreatmentRow) string {
	if t.PenKind == clinical.RF {
		return w.T("record.tip.pins", words.Count(t.Tip.Pins))
	}
	return w.T("record.tip.needles", words.Count(t.Tip.Pins))
}

// envelopeText is the upper ends of what the pen held.
func envelopeText(kind clinical.PenKind, e clinical.Envelope) string {
	return strings.Join(settingsText(kind, e.Max), " · ")
}

// doseCap is the most that the pen let one pin have at one spot.
func doseCap(w *words.Words, t console.TreatmentRow) string {
	if n := len(t.Applied); n > 0 {
		return w.T("record.dose", clinical.FormatDose(t.Applied[n-1].Envelope.DosePerPin))
	}
	return w.T("live.nothing")
}

// layout: title and back, the facts, the table above STOP, the pager below it.
func (r *recordSheet) layout(s fyne.Size) {
	back := r.back.MinSize()
	place(r.back, s.Width-back.Width, 0, back.Width, back.Height)
	wide := s.Width - back.Width - columnGap
	for _, b := range []*widgets.Button{r.alarms, r.ended} {
		if b.Visible() {
			m := b.MinSize()
			wide -= m.Width + columnGap
			place(b, wide+columnGap, 0, m.Width, back.Height)
		}
	}
	place(r.title, 0, 0, wide, back.Height)
	y := back.Height + rowGap
	facts := r.facts.height()
	place(r.facts.object, 0, y, s.Width, facts)
	y += facts + rowGap
	bottom := s.Height - stopRoom + pageBottom
	place(r.table.object, 0, y, s.Width, bottom-y)
	first, n, total := r.table.window(bottom - y)
	r.pager.set(first, n, total)
	place(r.pager.object, 0, bottom+rowGap, pagerWide, height(r.back))
}
