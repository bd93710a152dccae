package pages

import (
	"strings"
	"time"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
	"stipple/protocol"
)

// auditRow is an entry as a line of the list: what and to whom, the first change, when
// and by whom.
func auditRow(w *words.Words, r console.AuditRow, now time.Time, found bool) widgets.Row {
	row := widgets.Row{Key: words.Count(int(r.Seq))}
	if r.Broken != nil {
		row.Title = []widgets.Run{widgets.Strong(w.T("audit.broken", words.Count(int(r.Seq)))).In(theme.HighInk)}
		row.Sub = []widgets.Run{widgets.Small(w.T("audit.broken.sub"))}
		row.Mark, row.MarkColor = widgets.IconWarning, theme.HighInk
		return row
	}
	row.Title = []widgets.Run{widgets.Strong(w.Or("audit.action."+r.Action, r.Action))}
	short := r
	if r.Kind == "file" && len(r.Subject) > hashShown { // the details have all of it
		short.Subject = r.Subject[:hashShown] + "…"
	}
	if _, name := subjectOf(w, short); name != "" {
		row.Title = append(row.Title, widgets.Plain("· "+name))
	}
	row.Sub = []widgets.Run{widgets.Small(shortChange(w, r))}
	row.Right = []widgets.Run{widgets.Plain(auditTime(w, r.At, now))}
	row.RightSub = []widgets.Run{widgets.Small(byWhom(w, r))}
	if found {
		row.Mark, row.MarkColor = widgets.IconWarning, theme.HighInk
	}
	return row
}

// hashShown is how much of a file's hash stands in the list, in characters: enough to
// tell two files apart.
const hashShown = 12

// auditTime is the day and the time of day to the second.
func auditTime(w *words.Words, t, now time.Time) string {
	return w.T("day.time", w.Day(t, now), words.Time(t))
}

// byWhom is who was at work. What the program does is done by itself, save a try to sign
// in, which is somebody's that nobody knows.
func byWhom(w *words.Words, r console.AuditRow) string {
	switch {
	case r.Operator != (clinical.Operator{}):
		return person(w, r.Operator)
	case r.Action == "sign_in.failed":
		return w.T("audit.nobody")
	}
	return w.T("audit.itself")
}

// person is an operator with the role.
func person(w *words.Words, o clinical.Operator) string {
	return words.Foreign(o.Name) + " · " + roleWord(w, o.Role)
}

func roleWord(w *words.Words, r clinical.Role) string { return w.Or("role."+string(r), string(r)) }

// subjectOf is the id of what an entry is about, the patient first, and what it is called.
func subjectOf(w *words.Words, r console.AuditRow) (id, name string) {
	switch {
	case r.Patient != "" && r.Name != "":
		return string(r.Patient), words.Foreign(r.Name)
	case r.Patient != "":
		return string(r.Patient), w.T("audit.subject", w.T("audit.kind.patient"), words.Foreign(string(r.Patient)))
	case r.Kind == "":
		return "", ""
	}
	kind := w.Or("audit.kind."+r.Kind, r.Kind)
	if r.Subject == "" {
		return "", kind
	}
	if r.Name != "" {
		return r.Subject, words.Foreign(r.Name)
	}
	return r.Subject, w.T("audit.subject", kind, words.Foreign(r.Subject))
}

// shortChange is the first change of an entry, and how many more there are.
func shortChange(w *words.Words, r console.AuditRow) string {
	all := append(append([]console.AuditChange(nil), r.Private...), r.Changes...)
	var text string
	switch {
	case len(all) > 0:
		text = changeText(w, all[0])
	case r.Why != "":
		text = words.Foreign(r.Why)
	}
	if more := len(all) - 1; more > 0 {
		text = w.T("audit.more", text, words.Count(more))
	}
	if r.State == console.AuditSealed || r.State == console.AuditErased {
		state := w.T("audit.state." + string(r.State))
		if text == "" {
			return state
		}
		return state + " · " + text
	}
	return text
}

// changeText is a field before and after.
func changeText(w *words.Words, c console.AuditChange) string {
	field := w.Or("audit.field."+c.Field, c.Field)
	before, after := valueText(w, c.Field, c.Before), valueText(w, c.Field, c.After)
	switch {
	case c.Before.None():
		return w.T("audit.change.new", field, after)
	case c.After.None():
		return w.T("audit.change.gone", field, before)
	}
	return w.T("audit.change", field, before, after)
}

// valueText is a value in the unit that people read.
func valueText(w *words.Words, field string, v console.AuditValue) string {
	const thin = "\u202f"
	n := words.Count(int(v.N))
	switch string(v.Quantity) {
	case "":
		return textValue(w, field, v.Text)
	case "depth_um":
		return words.Millimetres(protocol.Micrometres(v.N)) + thin + "mm"
	case "power_mw":
		return words.Watts(protocol.Milliwatts(v.N)) + thin + "W"
	case "energy_uj":
		return words.Energy(protocol.Microjoules(v.N))
	case "temperature_cdeg":
		return words.Degrees(protocol.Centidegrees(v.N)) + thin + "°C"
	case "storage_bytes":
		return words.Bytes(v.N)
	case "duration_us":
		return words.Milliseconds(time.Duration(v.N) * time.Microsecond)
	case "time_ms":
		return w.DayAndTime(time.UnixMilli(v.N), time.Time{})
	case "flag":
		return w.T("audit.flag." + n)
	case "count":
		if field == "skin_type" {
			return skin(w, clinical.Fitzpatrick(v.N))
		}
		return n
	}
	return n + thin + v.Quantity.Unit()
}

// textValue is a text as it is, or the word that stands for it.
func textValue(w *words.Words, field, text string) string {
	for of, prefix := range map[string]string{
		"role": "role.", "outcome": "treatments.outcome.", "verdict": "treatments.outcome.", "sex": "sex.",
		"filter.area": "audit.area.", "filter.action": "audit.action.",
	} {
		if field == of {
			text = w.Or(prefix+text, text)
		}
	}
	return words.Foreign(text)
}

// auditLines is an entry in full.
func auditLines(w *words.Words, r console.AuditRow, now time.Time) []widgets.Run {
	number := words.Count(int(r.Seq))
	if r.Broken != nil {
		return []widgets.Run{
			widgets.Strong(w.T("audit.broken", number)).In(theme.HighInk),
			widgets.Plain(w.T("audit.broken.what")), widgets.Muted(w.T("audit.broken.do")),
		}
	}
	out := []widgets.Run{
		widgets.Strong(w.Or("audit.action."+r.Action, r.Action)),
		widgets.Plain(w.T("audit.by", auditTime(w, r.At, now), byWhom(w, r))),
		widgets.Muted(w.T("audit.entry", number, r.Short)),
	}
	if r.Second != (clinical.Operator{}) {
		out = append(out, widgets.Plain(w.T("audit.second", person(w, r.Second))))
	}
	_, name := subjectOf(w, r)
	if name != "" {
		out = append(out, widgets.Plain(w.T("audit.of", name)))
	}
	if kind := w.Or("audit.kind."+r.Kind, r.Kind); r.Kind != "" && r.Kind != "patient" && r.Patient != "" {
		out = append(out, widgets.Plain(w.T("audit.in", w.T("audit.subject", kind, words.Foreign(r.Subject)))))
	}
	for _, c := range r.Changes {
		out = append(out, widgets.Plain(changeText(w, c)))
	}
	for _, c := range r.Private {
		out = append(out, widgets.Plain(changeText(w, c)))
	}
	if r.State == console.AuditSealed || r.State == console.AuditErased {
		out = append(out, widgets.Muted(w.T("audit.state."+string(r.State)+".do")))
	}
	if why := strings.TrimSpace(r.Why); why != "" {
		out = append(out, widgets.Plain(w.T("audit.why", words.Foreign(why))))
	}
	return append(out, widgets.Small(w.T("audit.head.full", r.Head)))
}
