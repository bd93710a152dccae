package pages

import (
	"strings"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/overlay"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// pickIndication opens the picker of indications. What is off is listed too,
// with the reason.
func (p *Treat) pickIndication() {
	if locked(p.view) {
		return
	}
	v := p.view
	p.env.pick(p.env.t("treat.indication.title"), p.indication, v.Indications, string(v.Indication), func(i int) {
		p.env.Desk.ChooseIndication(clinical.IndicationKey(v.Indications[i].Key))
	})
}

func (p *Treat) pickZone() {
	if locked(p.view) {
		return
	}
	v := p.view
	p.env.pick(p.env.t("treat.zone.title"), p.zone, v.Zones, string(v.Zone), func(i int) {
		p.env.Desk.ChooseZone(clinical.ZoneKey(v.Zones[i].Key))
	})
}

// pickSpot chooses how many pulses are stacked at one spot.
func (p *Treat) pickSpot() {
	if locked(p.view) {
		return
	}
	w := p.env.Words
	var choices []console.Choice
	for n := 1; n <= p.view.Spot.Max; n++ {
		choices = append(choices, console.Choice{Key: words.Count(n), Name: w.N("run.spot", n)})
	}
	p.env.pick(w.T("run.spot.title"), p.dose.spot, choices, words.Count(p.view.Spot.Pulses), func(i int) {
		p.env.Desk.ChooseSpotPulses(i + 1)
	})
}

// PickPatient opens the search of patients; Ctrl+K does the same from every
// page. While armed nothing opens: another patient would end READY.
func (p *Treat) PickPatient() {
	if locked(p.view) {
		return
	}
	e := p.env
	if !may(p.view, clinical.PermitPatientData) {
		e.askOperator(p.view)
		return
	}
	e.searchPatients(e.t("treat.search.title"), func(id clinical.ID) {
		e.Desk.ChoosePatient(id)
		e.GoTo(NameTreat)
		e.Canvas.Focus(p.indication) // what is chosen next
	})
}

// pickPreset opens the presets of the patient. One that no longer fits is not
// loaded: what is outside is shown instead.
func (p *Treat) pickPreset() {
	e, v := p.env, p.view
	if locked(v) || v.Patient == nil {
		return
	}
	items := make([]overlay.Item, len(v.Presets))
	at := make(map[string]console.PresetView, len(v.Presets))
	for i, pr := range v.Presets {
		items[i] = presetItem(e.Words, pr)
		items[i].Current = pr.ID == v.Preset.ID
		at[items[i].Key] = pr
	}
	title := e.t("treat.preset.title", fullName(*v.Patient))
	e.pickItems(title, p.preset, items, e.t("treat.preset.empty"), func(key string) { e.loadPreset(at[key]) })
}

// presetItem is a preset as a row of a picker.
func presetItem(w *words.Words, pr console.PresetView) overlay.Item {
	it := overlay.Item{
		Key: string(pr.ID), Name: pr.Name,
		Detail: strings.Join(settingsText(pr.PenKind, pr.Settings), " · "),
		Right:  pr.ZoneName + " · " + w.T("treat.preset.rev", words.Count(pr.Revision)),
	}
	if verdict := presetVerdict(w, pr); verdict.Mark == widgets.MarkTriangle {
		it.Detail = verdict.Text
	}
	return it
}

// presetVerdict says in one run whether a preset fits today's limits.
func presetVerdict(w *words.Words, pr console.PresetView) widgets.Run {
	switch {
	case pr.Problem != nil:
		return widgets.Strong(w.Error(pr.Problem).What).In(theme.MediumInk).Marked(widgets.MarkTriangle)
	case len(pr.Violations) > 0:
		return widgets.Strong(violationText(w, pr.Violations[0])).In(theme.MediumInk).Marked(widgets.MarkTriangle)
	case !pr.Judged:
		return widgets.Muted(w.T("preset.unjudged"))
	}
	return widgets.Plain(w.T("preset.fits")).In(theme.Accent).Marked(widgets.IconCheck)
}

// violationText is a bound that a value breaks: "RF power 18 W is over 15 W:
// dose 62 mJ/pin, type IV".
func violationText(w *words.Words, v clinical.Violation) string {
	key := "violation.over"
	switch v.Breach {
	case clinical.Under:
		key = "violation.under"
	case clinical.OffStep:
		key = "violation.off_step"
	}
	return w.T(key, v.Parameter.Name(), clinical.FormatWithUnit(v.Parameter, v.Value),
		clinical.FormatWithUnit(v.Parameter, v.Bound.Value), v.Bound.Reason.Text)
}

// loadPreset takes a preset to the Treat page if it fits, and else shows what
// is outside and why.
func (e *Env) loadPreset(pr console.PresetView) {
	if pr.Problem == nil && len(pr.Violations) == 0 {
		e.Desk.LoadPreset(pr.Patient, pr.ID, 0)
		e.GoTo(NameTreat)
		return
	}
	e.reviewPreset(pr)
}

// reviewPreset shows a preset that no longer fits. Nothing of it is applied.
func (e *Env) reviewPreset(pr console.PresetView) {
	runs := []widgets.Run{
		widgets.Strong(pr.Name),
		widgets.Muted(e.t("preset.place", pr.ZoneName, pr.IndicationName)),
		widgets.Plain(strings.Join(settingsText(pr.PenKind, pr.Settings), " · ")),
	}
	if pr.Problem != nil {
		runs = append(runs, widgets.Strong(e.Words.Error(pr.Problem).What).In(theme.MediumInk))
	}
	for _, v := range pr.Violations {
		runs = append(runs, widgets.Strong(violationText(e.Words, v)).In(theme.MediumInk))
	}
	runs = append(runs, widgets.Muted(e.t("treat.preset.misfit.do")))
	e.note(e.t("treat.preset.misfit"), runs)
}
