package pages

import (
	"strings"
	"time"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// reviewRuns is what an operator has to see before arming (safety.md section
// 3), in rows of pieces. Each row begins a line, so that each thing has its
// place: first what differs from the last session, which is what a routine
// overlooks; then what the pen reports; then who is treated and where.
func reviewRuns(w *words.Words, v *console.View, now time.Time) [][][]widgets.Run {
	r := v.Arm.Review
	if r == nil {
		return nil
	}
	done := func(runs ...widgets.Run) []widgets.Run {
		return append([]widgets.Run{{Mark: widgets.IconCheck, Color: theme.Accent}}, runs...)
	}
	pen := [][]widgets.Run{
		done(widgets.Plain(w.T("review.pen")), widgets.Strong(strings.Join(settingsText(r.PenKind, r.Settings), " · "))),
	}
	if r.PenKind == clinical.RF {
		dose := w.T("review.dose", clinical.FormatDose(r.Envelope.DosePerPin))
		if n := r.Envelope.PulsesPerSpot; n > 1 {
			dose += " · " + w.N("review.spot", n)
		}
		pen = append(pen, done(widgets.Plain(dose)))
	}
	pen = append(pen, done(widgets.Plain(w.T("review.tip", tipText(w, r.PenKind, r.Tip)))))

	who := w.T("review.born", words.Date(r.BirthDate))
	if r.FileNumber != "" {
		who += " · " + w.T("review.file", r.FileNumber)
	}
	name := fullName(clinical.Patient{FamilyName: r.FamilyName, GivenName: r.GivenName})
	place := w.T("review.place", chosen(w, v.Indications, string(r.Indication)), chosen(w, v.Zones, string(r.Zone)))
	return [][][]widgets.Run{
		changeRuns(w, *r, now),
		pen,
		{done(widgets.Strong(name), widgets.Plain(who)), done(widgets.Plain(place))},
	}
}

// changeRuns says what differs from the last session: each change on its own
// and in bold, that nothing does, or that there was none.
func changeRuns(w *words.Words, r clinical.Review, now time.Time) [][]widgets.Run {
	check := widgets.Run{Mark: widgets.IconCheck, Color: theme.Accent}
	switch {
	case r.Last == nil:
		return [][]widgets.Run{{check, widgets.Strong(w.T("review.first"))}}
	case len(r.Last.Changes) == 0:
		return [][]widgets.Run{{check, widgets.Plain(w.T("review.same", sessionDay(w, r.Last.At, now)))}}
	}
	pieces := [][]widgets.Run{{
		{Mark: widgets.MarkTriangle, Color: theme.MediumInk}, widgets.Plain(w.T("review.since", sessionDay(w, r.Last.At, now))),
		widgets.Strong(ChangeText(w, r.Last.Changes[0])),
	}}
	for _, c := range r.Last.Changes[1:] {
		pieces = append(pieces, []widgets.Run{widgets.Strong(ChangeText(w, c))})
	}
	return pieces
}

// sessionDay is the day of the last session; of one today, with the time.
func sessionDay(w *words.Words, at, now time.Time) string {
	if y, m, d := at.Local().Date(); y == now.Year() && m == now.Month() && d == now.Day() {
		return w.DayAndTime(at, now)
	}
	return w.Day(at, now)
}

// ChangeText is one difference: "RF power 10 W → 12 W".
func ChangeText(w *words.Words, c clinical.Change) string {
	change := func(name, before, after string) string { return w.T("review.change", name, before, after) }
	count := func(v int32) string { return words.Count(int(v)) }
	switch c.Field {
	case clinical.ChangedParameter:
		return change(c.Parameter.Name(), clinical.FormatWithUnit(c.Parameter, c.Before), clinical.FormatWithUnit(c.Parameter, c.After))
	case clinical.ChangedPulsesPerSpot:
		return change(w.T("review.spots"), count(c.Before), count(c.After))
	case clinical.ChangedPins:
		return change(w.T("review.pins"), count(c.Before), count(c.After))
	case clinical.ChangedNeedleLength:
		return change(w.T("review.needle"), clinical.FormatWithUnit(clinical.Depth, c.Before), clinical.FormatWithUnit(clinical.Depth, c.After))
	case clinical.ChangedSkinType:
		return change(w.T("review.skin"), skin(w, clinical.Fitzpatrick(c.Before)), skin(w, clinical.Fitzpatrick(c.After)))
	case clinical.ChangedPen:
		return change(w.T("review.pen_kind"), w.T("pen.kind."+string(c.KindBefore)), w.T("pen.kind."+string(c.KindAfter)))
	case clinical.ChangedInsulation:
		if c.After != 0 {
			return w.T("review.insulated")
		}
		return w.T("review.bare")
	}
	return string(c.Field)
}

// tipText is a tip as the pen reports it: pins, insulation, uses, expiry.
func tipText(w *words.Words, kind clinical.PenKind, t clinical.Tip) string {
	text := w.T("strip.tip.pins", words.Count(t.Pins))
	switch {
	case t.Pins == 0:
		text = w.T("strip.tip.unknown")
	case kind != clinical.RF:
		text = w.T("strip.tip.needles", words.Count(t.Pins), clinical.Format(clinical.Depth, int32(t.NeedleLength)))
	case t.Insulated:
		text = w.T("strip.tip.ins", words.Count(t.Pins))
	}
	switch {
	case t.UseCount == 0:
		text += " · " + w.T("strip.tip.new")
	case t.UseLimit == 0:
		text += " · " + w.T("review.tip.used", words.Count(int(t.UseCount)))
	default:
		text += " · " + w.T("review.tip.uses", words.Count(int(t.UseCount)), words.Count(int(t.UseLimit)))
	}
	if t.Expiry != (clinical.Date{}) {
		text += " · " + w.T("review.tip.expiry", words.Month(t.Expiry))
	}
	return text
}

// fellText is what the arm bar says after a return to STANDBY, until the next
// arming: why, and then what the bar says anyway if it is not narrow.
func fellText(w *words.Words, f *clinical.FallBack, bar string, narrow bool) string {
	if f == nil {
		return bar
	}
	text := w.T("fell", w.T("fell."+string(f.Reason)))
	if narrow {
		return text
	}
	return text + " · " + bar
}
