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

// Outcome is the page of runs whose outcome is not known: what the console knew,
// what the pen says, and the signature. It shows one run at a time, the oldest
// first.
type Outcome struct {
	env  *Env
	view *console.View
	run  *console.UncertainView // what is shown; nil: nothing is left

	title   *widgets.Line
	count   *widgets.Line
	summary *widgets.Paragraph
	todo    *widgets.Paragraph
	facts   *factSheet
	table   *outcomeTable
	pager   *pager
	choice  *widgets.Choice
	meaning *widgets.Paragraph
	sign    *widgets.Button
	change  *widgets.Button // of the operator, where the run is withheld from this one
	empty   *emptyCard
	content *fyne.Container

	chosen clinical.Verdict // what is to be signed; empty: nothing was chosen
}

var _ Page = (*Outcome)(nil)

// verdicts are what can be chosen, in the order of the buttons.
func verdicts() []clinical.Verdict {
	return []clinical.Verdict{clinical.AsReconciled, clinical.AsUncertain}
}

// NewOutcome builds the page.
func NewOutcome(env *Env) *Outcome {
	p := &Outcome{env: env, view: &console.View{}, facts: newFactSheet(2), table: newOutcomeTable(env.Words), empty: newEmptyCard(env)}
	p.title, p.count = widgets.NewLine(), widgets.NewLineAligned(fyne.TextAlignTrailing)
	p.summary, p.todo = widgets.NewParagraph(widgets.Title("")), widgets.NewParagraph(widgets.Plain(""))
	p.meaning = widgets.NewParagraph(widgets.Muted(""))
	p.pager = newPager(env, "outcome", func(by int) {
		p.table.turn(by)
		p.content.Refresh()
	})
	p.choice = widgets.NewChoice(env.Keys, []string{env.t("outcome.as.reconciled"), env.t("outcome.as.uncertain")}, func(i int) {
		p.chosen = verdicts()[i]
		p.showSignature()
		p.content.Refresh()
	})
	env.name(p.choice, "choice", "outcome.as")
	p.sign = env.button("outcome.sign", widgets.Primary, "outcome.sign", p.askToSign)
	p.sign.SetMinSize(fyne.NewSize(0, theme.TouchFar))
	p.change = env.button("outcome.operator", widgets.Primary, "operator.change", func() { env.PickOperator() })
	p.change.SetMinSize(fyne.NewSize(0, theme.TouchFar))
	p.content = arrange(fyne.NewSize(700, 400), p.layout, p.title, p.count, p.summary, p.todo, p.facts.object, p.table.object,
		p.pager.object, p.choice, p.meaning, p.sign, p.change, p.empty.object)
	p.draw()
	return p
}

// Name is NameOutcome.
func (p *Outcome) Name() string { return NameOutcome }

// Content is the page.
func (p *Outcome) Content() fyne.CanvasObject { return p.content }

// Enter draws the page anew.
func (p *Outcome) Enter() { p.Show(p.view) }

// Leave forgets what was chosen and not signed.
func (p *Outcome) Leave() {
	p.chosen = ""
	p.choice.Select(-1)
}

// Tick does nothing: what is known of a run changes with a view.
func (p *Outcome) Tick(time.Time, console.LiveView) {}

// Show draws the oldest run that is not signed. What was chosen for another run,
// or for what was known before, counts no more.
func (p *Outcome) Show(v *console.View) {
	p.view = v
	if !p.content.Visible() {
		return // Enter draws it anew
	}
	old := p.run
	p.run = nil
	if len(v.Uncertain) > 0 {
		p.run = &v.Uncertain[0]
	}
	if old == nil || p.run == nil || old.Treatment.ID != p.run.Treatment.ID || old.Version != p.run.Version {
		p.chosen = ""
		p.choice.Select(-1)
	}
	p.draw()
}

func (p *Outcome) draw() {
	have := p.run != nil
	for _, o := range []fyne.CanvasObject{p.title, p.count, p.summary, p.todo, p.facts.object} {
		show(o, have)
	}
	for _, o := range []fyne.CanvasObject{p.table.object, p.choice, p.meaning, p.sign} {
		show(o, have && !p.run.Withheld)
	}
	show(p.change, have && p.run.Withheld)
	show(p.empty.object, !have)
	if !have {
		show(p.pager.object, false)
		p.empty.set(emptyState{title: p.env.t("outcome.empty"), text: p.env.t("outcome.empty.do"), acts: []emptyAct{
			{"outcome.to_treat", p.env.t("outcome.to_treat"), true, func() { p.env.GoTo(NameTreat) }},
		}})
		p.content.Refresh()
		return
	}
	w, u := p.env.Words, *p.run
	t := u.Treatment
	p.count.Set()
	if n := len(p.view.Uncertain); n > 1 {
		p.count.Set(widgets.Strong(w.T("outcome.count", words.Count(n))))
	}
	if u.Withheld {
		p.drawWithheld(u)
		return
	}
	p.title.Set(widgets.Strong(w.T("outcome.title", patientText(w, u.Patient))))
	p.summary.Set(widgets.Title(outcomeSummary(w, t)).In(summaryColor(t.Reconciled)))
	p.todo.Set(widgets.Plain(p.todoText()))
	p.facts.set(p.factsOf(u))
	p.table.set(outcomeRows(w, t), true)
	p.showSignature()
	p.content.Refresh()
}

// summaryColor is red for a contradiction, amber for what is not known.
func summaryColor(r clinical.Reconciliation) fyne.ThemeColorName {
	switch {
	case r.Contradicted > 0:
		return theme.HighInk
	case !r.Known() || !r.Answered():
		return theme.MediumInk
	}
	return theme.Text
}

// patientText is a patient with two identifiers.
func patientText(w *words.Words, pt *clinical.Patient) string {
	if pt == nil {
		return w.T("outcome.patient.unread")
	}
	return w.T("outcome.patient", fullName(*pt), words.Date(pt.BirthDate), pt.FileNumber)
}

// todoText says what to do now.
func (p *Outcome) todoText() string {
	w, u := p.env.Words, p.run
	r, pen := u.Treatment.Reconciled, w.T("outcome.pen", u.Treatment.PenModel, u.Treatment.PenSerial)
	switch {
	case u.Asking:
		return w.T("outcome.do.wait", pen)
	case r.Settled():
		return w.T("outcome.do.sign")
	case r.Answered():
		return w.T("outcome.do.sign_rest")
	case u.Place == console.PlaceOther:
		return w.T("outcome.do.other", u.Other, pen)
	case u.Place == console.PlaceHere && u.Err != nil:
		return w.T("outcome.do.failed", pen, w.Error(u.Err).What)
	case u.Place == console.PlaceHere:
		return w.T("outcome.do.wait", pen)
	}
	return w.T("outcome.do.connect", pen)
}

// factsOf is what the run was, and what the console knew.
func (p *Outcome) factsOf(u console.UncertainView) []fact {
	w, t, now := p.env.Words, u.Treatment, p.env.Now()
	r := t.Reconciled
	boots := w.T("outcome.boot.then", bootText(w, r.BootThen))
	switch {
	case r.AskedAt.IsZero():
	case r.BootNow == r.BootThen:
		boots = w.T("outcome.boot.same", bootText(w, r.BootNow))
	default:
		boots = w.T("outcome.boot.now", bootText(w, r.BootThen), bootText(w, r.BootNow))
	}
	recorded := 0
	var energy clinical.Treatment
	for _, pulse := range t.Pulses {
		if f, _ := r.Of(pulse.Index); f != clinical.PulseTold {
			recorded++
			energy.Pulses = append(energy.Pulses, pulse)
		}
	}
	knew := pulseCount(w, t.PenKind, recorded)
	if t.PenKind == clinical.RF {
		knew = w.T("treatments.pulses", knew, words.Energy(energy.Energy()))
	}
	return []fact{
		{w.T("outcome.fact.place"), widgets.Plain(w.T("preset.place", u.ZoneName, u.IndicationName) + " · " + w.DayAndTime(t.Started, now))},
		{w.T("outcome.fact.by"), widgets.Plain(operatorNames(t))},
		{w.T("outcome.fact.pen"), widgets.Strong(w.T("outcome.pen", t.PenModel, t.PenSerial))},
		{w.T("outcome.fact.boot"), widgets.Plain(boots)},
		{w.T("outcome.fact.cause"), widgets.Plain(w.T("outcome.cause."+string(r.Cause)) + " · " + w.Day(r.LostAt, now) + " " + words.Time(r.LostAt))},
		{w.T("outcome.fact.knew"), widgets.Plain(knew)},
		{w.T("outcome.fact.asked"), widgets.Plain(askedText(w, r, now))},
	}
}

func askedText(w *words.Words, r clinical.Reconciliation, now time.Time) string {
	if r.AskedAt.IsZero() {
		return w.T("outcome.asked.never")
	}
	parts := []string{w.DayAndTime(r.AskedAt, now)}
	for _, part := range []struct {
		whole   bool
		yes, no string
	}{
		{r.LedgerWhole, w.T("outcome.asked.ledger"), w.T("outcome.asked.ledger.not")},
		{r.LogWhole, w.T("outcome.asked.log"), w.T("outcome.asked.log.not")},
	} {
		text := part.no
		if part.whole {
			text = part.yes
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, " · ")
}

func bootText(w *words.Words, boot uint32) string {
	if boot == 0 {
		return w.T("live.nothing")
	}
	return words.Count(int(boot))
}

// showSignature shows what can be signed, what it means, and by whom.
func (p *Outcome) showSignature() {
	if p.run == nil || p.run.Withheld {
		return
	}
	w, u := p.env.Words, p.run
	p.choice.SetDisabled(0, !u.CanReconciled)
	p.choice.SetDisabled(1, u.CanReconciled)
	text := w.T("outcome.choose.uncertain")
	switch {
	case u.SignErr != nil:
		text = w.Error(u.SignErr).Text()
	case p.view.Operator.Name == "":
		text = w.T("outcome.sign.nobody", whoMay(w, p.view.Operators, clinical.PermitSign))
	case !may(p.view, clinical.PermitSign):
		text = w.T("outcome.sign.who", p.view.Operator.Name, whoMay(w, p.view.Operators, clinical.PermitSign))
	case p.chosen != "":
		text = p.meaningText(p.chosen)
	case u.CanReconciled:
		text = w.T("outcome.choose.reconciled")
	case u.Treatment.Reconciled.Answered():
		text = w.T("outcome.choose.rest")
	}
	p.meaning.Set(widgets.Muted(text))
	p.sign.SetText(w.T("outcome.sign.as", p.view.Operator.Name))
	switch {
	case !may(p.view, clinical.PermitSign):
		p.sign.SetText(w.T("outcome.sign"))
		p.sign.SetDisabled(true, w.T("outcome.sign.only"))
	case u.Asking:
		p.sign.SetDisabled(true, w.T("outcome.sign.asking"))
	case u.Signing:
		p.sign.SetDisabled(true, w.T("outcome.sign.saving"))
	case p.chosen == "":
		p.sign.SetDisabled(true, w.T("outcome.sign.choose"))
	default:
		p.sign.SetDisabled(false, "")
	}
}

// meaningText is what a signature says.
func (p *Outcome) meaningText(v clinical.Verdict) string {
	w, t := p.env.Words, p.run.Treatment
	r, unknown := t.Reconciled, spansText(w, t)
	switch {
	case v == clinical.AsReconciled:
		return w.T("outcome.means.reconciled")
	case unknown != "" && r.Answered():
		return w.T("outcome.means.rest", unknown)
	case unknown != "":
		return w.T("outcome.means.unknown", unknown)
	case r.Contradicted > 0:
		return w.T("outcome.means.disputed")
	}
	return w.T("outcome.means.uncertain")
}

// askToSign signs what is wholly known at once, and asks about the rest with all
// of its words: how a treatment ended is no reflex.
func (p *Outcome) askToSign() {
	u, v := p.run, p.chosen
	if u == nil || v == "" || u.Withheld {
		return
	}
	act := func() { p.env.Desk.Sign(u.Treatment.ID, v, u.Version) }
	if v == clinical.AsReconciled {
		act()
		return
	}
	w := p.env.Words
	p.env.ask(question{
		title: w.T("outcome.ask"),
		text: outcomeSummary(w, u.Treatment) + " " + p.meaningText(v) + " " + w.T("outcome.ask.by", p.view.Operator.Name,
			patientText(w, u.Patient)),
		yes: w.T("outcome.ask.yes"), no: w.T("outcome.ask.no"), destructive: true, act: act,
	})
}

// Measures of the page.
const (
	countWide  float32 = 320
	choiceWide float32 = 560
	signWide   float32 = 320
)

// layout: subject, the one sentence, what to do, the facts, the lines, and at the
// bottom, left of STOP, the signature.
func (p *Outcome) layout(s fyne.Size) {
	x, wide, y := pageSide, s.Width-2*pageSide, pageTop
	place(p.empty.object, x, y, wide, min(s.Height-stopRoom-y, emptyMost))
	place(p.title, x, y, wide-countWide, height(p.title))
	place(p.count, x+wide-countWide, y, countWide, height(p.count))
	y += height(p.title) + 2
	for _, t := range []*widgets.Paragraph{p.summary, p.todo} {
		tall := t.HeightFor(wide)
		place(t, x, y, wide, tall)
		y += tall + 4
	}
	y += 4
	facts := p.facts.height()
	place(p.facts.object, x, y, wide, facts)
	y += facts + rowGap
	bottom := s.Height - stopRoom
	place(p.change, x, y+4, signWide, max(height(p.change), theme.TouchFar))
	place(p.table.object, x, y, wide, bottom-y)
	first, n, total := p.table.window(bottom - y)
	p.pager.set(first, n, total)
	show(p.pager.object, p.run != nil && !p.run.Withheld && n < total)
	p.layoutSignature(x, bottom+rowGap)
}

func (p *Outcome) layoutSignature(x, y float32) {
	tall := max(height(p.sign), theme.TouchFar)
	place(p.choice, x, y, choiceWide, tall)
	place(p.sign, x+choiceWide+columnGap, y, signWide, tall)
	y += tall + rowGap
	place(p.meaning, x, y, choiceWide, p.meaning.HeightFor(choiceWide))
	place(p.pager.object, x+choiceWide+columnGap, y, signWide, height(p.pager.back))
}

// States adds what a test of the page waits for.
func (p *Outcome) States(into map[string]string) {
	if p.env == nil || p.run == nil {
		return
	}
	r := p.run.Treatment.Reconciled
	into["outcome.left"] = words.Count(len(p.view.Uncertain))
	into["outcome.answered"], into["outcome.known"] = yesNo(r.Answered()), yesNo(r.Known())
	into["outcome.place"] = string(p.run.Place)
}

func yesNo(v bool) string {
	if v {
		return "yes"
	}
	return "no"
}
