package pages

import (
	"encoding/hex"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// Show draws a view.
func (p *Treat) Show(v *console.View) {
	p.view = v
	p.showHead(v)
	p.showApply(v)
	relay := p.showCards(v)
	relay = p.showEmpty(v) || relay
	relay = p.dose.show(v) || relay
	p.showArm(v)
	relay = p.status.show(v) || relay
	if relay {
		p.upper.Refresh()
	}
}

func (p *Treat) showHead(v *console.View) {
	e := p.env
	title := widgets.Title(e.t("treat.patient.none")).In(theme.TextSecondary)
	if v.Patient != nil {
		title = widgets.Title(fullName(*v.Patient))
	}
	sub, mine := patientSub(e.Words, v), may(v, clinical.PermitTreat)
	indication, zone := chosen(e.Words, v.Indications, string(v.Indication)), chosen(e.Words, v.Zones, string(v.Zone))
	if !mine { // nothing asks for what would be refused
		title, sub = widgets.Title(e.t("treat.closed")).In(theme.TextSecondary), []widgets.Run{widgets.Muted(e.t("operator.change"))}
		indication, zone = e.t("treat.none"), e.t("treat.none")
	}
	p.patient.Set([]widgets.Run{title}, sub)
	p.indication.Set(e.t("treat.indication"), indication, "")
	p.zone.Set(e.t("treat.zone"), zone, "")
	name, addition := e.t("treat.none"), ""
	if v.Preset.ID != "" {
		name = v.Preset.Name
		addition = e.t("treat.preset.rev", words.Count(v.Preset.Revision))
		if v.Preset.Changed {
			addition += " · " + e.t("treat.preset.changed")
		}
	}
	p.preset.Set(e.t("treat.preset"), name, addition)
	lock := locked(v)
	p.patient.SetDisabled(lock)
	p.indication.SetDisabled(lock || !mine || len(v.Indications) == 0)
	p.zone.SetDisabled(lock || !mine || len(v.Zones) == 0)
	p.preset.SetDisabled(lock || !mine || v.Patient == nil)
}

// fullName is how a patient stands in lists: family name first.
func fullName(p clinical.Patient) string {
	if p.GivenName == "" {
		return p.FamilyName
	}
	return p.FamilyName + ", " + p.GivenName
}

// skin is a skin type as it is read.
func skin(w *words.Words, f clinical.Fitzpatrick) string {
	if !f.Known() {
		return w.T("treat.type.unknown")
	}
	return f.String()
}

func patientSub(w *words.Words, v *console.View) []widgets.Run {
	if v.Patient == nil {
		return []widgets.Run{widgets.Muted(w.T("treat.patient.none.sub"))}
	}
	// Two identifiers beside the name, always on show (safety.md section 3).
	birth, skin := words.Date(v.Patient.BirthDate), skin(w, v.Patient.Fitzpatrick)
	if v.Patient.FileNumber != "" {
		birth += " · " + v.Patient.FileNumber
	}
	if v.Session == 0 || v.Indication == "" { // a session is one of an indication
		return []widgets.Run{widgets.Muted(w.T("treat.patient.nosess", birth, skin))}
	}
	return []widgets.Run{widgets.Muted(w.T("treat.patient.sub", birth, skin, words.Count(v.Session)))}
}

// chosen is the name of the choice of a key, or the word for none.
func chosen(w *words.Words, choices []console.Choice, key string) string {
	for _, c := range choices {
		if c.Key == key && key != "" {
			return c.Name
		}
	}
	return w.T("treat.choose")
}

func (p *Treat) showApply(v *console.View) {
	lock := locked(v)
	p.applyLine.Set(applyRuns(p.env.Words, v)...)
	p.apply.SetDisabled(lock || !v.Apply.Can || !may(v, clinical.PermitTreat), "")
	p.saveAs.SetDisabled(!may(v, clinical.PermitPresets) || v.Patient == nil || len(v.Controls) == 0 || v.Apply.State == console.NothingToApply, "")
}

// applyRuns is the line that says how controls and pen agree.
func applyRuns(w *words.Words, v *console.View) []widgets.Run {
	a := v.Apply
	if a.Err != nil && a.State != console.AppliedOK && a.State != console.Applying {
		return []widgets.Run{widgets.Strong(w.T("apply.refused", w.Error(a.Err).What)).In(theme.HighInk).Marked(widgets.MarkSquare)}
	}
	switch a.State {
	case console.AppliedOK:
		return []widgets.Run{
			widgets.Strong(w.T("apply.ok")).In(theme.Accent).Marked(widgets.MarkDot),
			widgets.Muted(w.T("apply.readback", words.Time(a.At))),
		}
	case console.Applying:
		return []widgets.Run{widgets.Muted(w.T("apply.applying")).Marked(widgets.MarkClock)}
	case console.NotApplied, console.ApplyRefused:
		text := w.T("apply.not.all")
		if len(a.Parameters) > 0 && len(a.Parameters) < len(v.Controls) {
			text = w.T("apply.not", names(a.Parameters))
		}
		return []widgets.Run{widgets.Strong(text).In(theme.MediumInk).Marked(widgets.MarkTriangle)}
	}
	return nil
}

// showCards draws the controls and says whether cards came or went.
func (p *Treat) showCards(v *console.View) bool {
	lock, changed := locked(v) || !may(v, clinical.PermitTreat), false
	order := p.order[:0:0]
	for _, c := range v.Controls {
		par := c.Limit.Parameter
		order = append(order, par)
		changed = show(p.cards[par], true) || changed
		if !c.Limit.Present {
			p.cards[par].Set(unlimited(p.env.Words, c.Limit, missing(p.env.Words, v)))
			continue
		}
		m := measured(p.env.Words, v, c, p.live)
		if m.text == "" && par == clinical.Speed && v.Pen.Kind == clinical.Needling {
			m = punctures(p.env.Words, c, v.Pen.Tip.Pins)
		}
		p.cards[par].Set(cardState(p.env.Words, c, m, lock))
	}
	for par, card := range p.cards {
		if !contains(order, par) {
			changed = show(card, false) || changed
		}
	}
	p.order = order
	return changed
}

func contains(ps []clinical.Parameter, p clinical.Parameter) bool {
	for _, q := range ps {
		if p == q {
			return true
		}
	}
	return false
}

func (p *Treat) showArm(v *console.View) {
	halted := v.Stop.Active || v.Pen.Phase == console.Stopped || v.Pen.Phase == console.Fault
	show(p.hold, !halted)
	show(p.halt.object, halted)
	if halted {
		p.halt.show(v)
	}
	p.hold.Set(holdState(p.env.Words, v, p.drawer))
}

// holdState is what the arm bar shows. Narrow says that the drawer takes a
// third of its width.
func holdState(w *words.Words, v *console.View, narrow bool) widgets.HoldState {
	s := widgets.HoldState{Text: w.T("arm.hold"), Disarm: w.T("arm.disarm")}
	if v.Arm.Review != nil {
		s.Confirms = hex.EncodeToString(v.Arm.Shown[:])
	}
	switch v.Arm.State {
	case console.ArmReady:
		s.Mode = widgets.HoldReady
		s.Text = fellText(w, v.Arm.Fell, s.Text, narrow)
		if v.Arm.Err != nil && v.Arm.Fell == nil {
			s.Text = w.T("arm.failed", w.Error(v.Arm.Err).What)
		}
	case console.Arming:
		s.Mode, s.Text = widgets.HoldBusy, w.T("arm.arming")
		if v.Arm.Checking {
			s.Text = w.T("arm.checking")
		}
	case console.ArmArmed:
		s.Mode, s.Text = widgets.HoldArmed, w.T("arm.armed")
		switch {
		case v.Pen.Phase == console.Treating && narrow:
			s.Text = w.T("arm.armed.held.short")
		case v.Pen.Phase == console.Treating:
			s.Text = w.T("arm.armed.held")
		}
	default:
		s.Mode = widgets.HoldBlocked
		if !may(v, clinical.PermitTreat) {
			s.Text = fellText(w, v.Arm.Fell, w.T("arm.closed"), narrow)
		} else if n := len(v.Blocks); n > 0 {
			s.Text = fellText(w, v.Arm.Fell, w.N("arm.blocked", n), narrow)
		} else if v.Held != nil {
			s.Text = w.T("arm.failed", w.Error(v.Held).What)
		}
	}
	return s
}

// arm is the end of a full hold: what was on show is what is armed.
func (p *Treat) arm(confirms string) {
	var shown clinical.Digest
	if len(confirms) != hex.EncodedLen(len(shown)) {
		return // a bar that never showed a review confirms nothing
	}
	if _, err := hex.Decode(shown[:], []byte(confirms)); err != nil {
		return
	}
	p.env.Desk.Arm(shown)
}

// States adds what a test of the page waits for.
func (p *Treat) States(into map[string]string) {
	v := p.view
	into["apply"] = string(v.Apply.State)
	into["arm"] = string(v.Arm.State)
	into["pulses"] = words.Count(v.Run.Pulses)
	into["pass"] = words.Count(v.Run.Pass)
	into["run"] = string(v.Run.Outcome)
	for _, c := range v.Controls {
		name := key(c.Limit.Parameter)
		into[name] = clinical.Format(c.Limit.Parameter, c.Draft)
		if !c.Has {
			into[name] = ""
		}
		if c.Refused != nil {
			into[name+".refused"] = p.cards[c.Limit.Parameter].State().Message
		}
	}
}
