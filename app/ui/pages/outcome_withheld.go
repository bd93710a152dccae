package pages

import (
	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// drawWithheld draws a run of which whoever is at work may know no more than that
// there is one: which pen, when and by whom. There is nothing to sign, but who can
// is named, and who stands beside the pen can plug it in.
func (p *Outcome) drawWithheld(u console.UncertainView) {
	w, t, now := p.env.Words, u.Treatment, p.env.Now()
	pen := w.T("outcome.pen", t.PenModel, t.PenSerial)
	p.title.Set(widgets.Strong(w.T("outcome.withheld.title")))
	p.summary.Set(widgets.Title(w.T("outcome.withheld", whoMay(w, p.view.Operators, clinical.PermitSign))).In(theme.MediumInk))
	todo := ""
	switch {
	case u.Asking:
		todo = w.T("outcome.do.wait", pen)
	case u.Place == console.PlaceOther:
		todo = w.T("outcome.do.other", u.Other, pen)
	case u.Place == console.PlaceAway:
		todo = w.T("outcome.withheld.connect", pen)
	}
	p.todo.Set(widgets.Plain(todo))
	p.facts.set([]fact{
		{w.T("outcome.fact.pen"), widgets.Strong(pen)},
		{w.T("outcome.fact.began"), widgets.Plain(w.DayAndTime(t.Started, now))},
		{w.T("outcome.fact.by"), widgets.Plain(t.Operator.Name)},
		{w.T("outcome.fact.cause"), widgets.Plain(w.T("outcome.cause."+string(t.Reconciled.Cause)) + " · " + w.Day(t.Reconciled.LostAt, now) + " " + words.Time(t.Reconciled.LostAt))},
	})
	p.table.set(nil, false)
	p.content.Refresh()
}
