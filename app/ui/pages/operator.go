package pages

import (
	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/words"
)

// may says whether who is at work may do something. The desk judges it once more;
// a page asks so that it offers nothing that would be refused.
func may(v *console.View, p clinical.Permission) bool { return v.Operator.Role.MayWhile(v.Vacant, p) }

// whoMay names those who may do something, or says that it takes a clinician:
// who may be chosen here is not always who works in the clinic.
func whoMay(w *words.Words, operators []clinical.Operator, p clinical.Permission) string {
	var names []string
	for _, o := range operators {
		if o.Role.May(p) {
			names = append(names, o.Name)
		}
	}
	switch n := len(names); {
	case n == 0:
		return w.T("outcome.sign.clinician")
	case n > 2:
		return w.T("outcome.sign.or", names[0], w.T("outcome.sign.clinician"))
	case n == 2:
		return w.T("outcome.sign.or", names[0], names[1])
	}
	return names[0]
}

// noPatients says why nothing of a patient is shown, and who can see it.
func noPatients(w *words.Words, v *console.View) string {
	who := whoMay(w, v.Operators, clinical.PermitPatientData)
	if v.Operator.Role == "" {
		return w.T("patients.closed.nobody", who)
	}
	return w.T("patients.closed.role", w.Or("role."+string(v.Operator.Role), string(v.Operator.Role)), v.Operator.Name, who)
}

// askOperator says in the place of a search why there is none, and leads to the
// choice of who works here.
func (e *Env) askOperator(v *console.View) {
	e.ask(question{
		title: e.t("patients.closed"), text: noPatients(e.Words, v),
		yes: e.t("operator.change"), no: e.t("close"), act: e.PickOperator,
	})
}

// Forget drops what was half typed: it was typed by who was at work before.
func (e *Env) Forget() { e.halfNames = nil }
