package console

import (
	"context"
	"slices"

	"stipple/app/clinical"
)

// selection is what the operator chose to treat.
type selection struct {
	indication clinical.IndicationKey
	zone       clinical.ZoneKey
	spot       int // pulses stacked at one spot, from 1
}

// fit drops what a pen of this kind can't treat.
func (s *selection) fit(lib *clinical.Library, kind clinical.PenKind) {
	i, ok := lib.Indication(kind, s.indication)
	if !ok || i.Access != clinical.AccessOffered {
		*s = selection{spot: 1}
		return
	}
	s.fitZone(lib, kind)
}

func (s *selection) fitZone(lib *clinical.Library, kind clinical.PenKind) {
	here := slices.ContainsFunc(lib.Zones(kind, s.indication), func(z clinical.Zone) bool { return z.Key == s.zone })
	if !here {
		s.zone = ""
	}
}

// ChoosePatient brings a patient to the Treat page. It ends the open
// treatment of another one.
func (d *Desk) ChoosePatient(id clinical.ID) {
	d.permitted(clinical.PermitPatientData, func() { d.openPatient(id, func() {}) })
}

// openPatient reads a patient, takes it to the desk, and then goes on, unless
// another was asked for meanwhile, or somebody else is at work: the one who was
// asked for last is the one at the desk, however long the disk takes for each.
func (d *Desk) openPatient(id clinical.ID, then func()) {
	d.opening++
	asked := d.opening
	d.job(func(ctx context.Context) func() {
		p, err := d.cfg.Patients.Patient(ctx, id)
		if err != nil {
			return func() { d.storeFailed(err) }
		}
		presets, perr := d.cfg.Presets.Presets(ctx, id)
		history, terr := d.cfg.Records.Treatments(ctx, id)
		touched := d.cfg.Patients.Touch(ctx, id)
		return func() {
			if asked != d.opening || d.erased[p.ID] {
				return
			}
			if d.edited.ID == p.ID && d.edited.Revision > p.Revision {
				p = d.edited // saved after it was read
			}
			d.takePatient(p, presets, history, perr, terr, touched)
			then()
		}
	})
}

func (d *Desk) takePatient(p clinical.Patient, presets []clinical.Preset, history []clinical.Treatment, errs ...error) {
	why := clinical.FellPatient
	if d.patient != nil && d.patient.ID == p.ID && d.patient.Revision == p.Revision {
		why = clinical.FellSettings // the same one again, for a preset
	}
	d.fallBack(why)
	if d.patient == nil || d.patient.ID != p.ID {
		d.endRun(clinical.OutcomeComplete)
		d.draft = draft{}
		d.sel = selection{spot: 1}
		d.loaded = PresetRef{}
	}
	d.patient, d.presets, d.history = &p, presets, history
	for _, err := range errs {
		if err != nil {
			d.storeFailed(err)
		}
	}
	d.reselect(why)
}

// ChooseIndication ends the open treatment: a record is of one indication and
// one zone.
func (d *Desk) ChooseIndication(key clinical.IndicationKey) {
	d.permitted(clinical.PermitTreat, func() {
		if d.sel.indication == key {
			return
		}
		d.fallBack(clinical.FellIndication)
		d.endRun(clinical.OutcomeComplete)
		d.sel.indication, d.sel.spot = key, 1
		d.sel.fitZone(d.cfg.Library, d.pen.capability.Kind)
		d.loaded.Changed = d.loaded.ID != ""
		d.reselect(clinical.FellIndication)
	})
}

// ChooseZone ends the open treatment, as ChooseIndication does.
func (d *Desk) ChooseZone(key clinical.ZoneKey) {
	d.permitted(clinical.PermitTreat, func() {
		if d.sel.zone == key {
			return
		}
		d.fallBack(clinical.FellZone)
		d.endRun(clinical.OutcomeComplete)
		d.sel.zone = key
		d.loaded.Changed = d.loaded.ID != ""
		d.reselect(clinical.FellZone)
	})
}

// ChooseSpotPulses sets how many pulses are stacked at one spot; the library
// bounds it.
func (d *Desk) ChooseSpotPulses(n int) {
	d.permitted(clinical.PermitTreat, func() {
		d.sel.spot = min(max(n, 1), max(d.draft.limits.MaxPulsesPerSpot, 1))
		d.reselect(clinical.FellSettings)
	})
}

// indicationChoices is the menu of indications for the present pen.
func (d *Desk) indicationChoices() []Choice {
	kind := d.pen.capability.Kind
	var out []Choice
	for _, i := range d.cfg.Library.Indications(kind) {
		c := Choice{Key: string(i.Key), Name: i.Name}
		if i.Access != clinical.AccessOffered {
			c.Disabled = i.Note
		} else {
			c.Detail = i.Note
		}
		out = append(out, c)
	}
	return out
}

// zoneChoices is the menu of zones for the present indication.
func (d *Desk) zoneChoices() []Choice {
	var out []Choice
	for _, z := range d.cfg.Library.Zones(d.pen.capability.Kind, d.sel.indication) {
		out = append(out, Choice{Key: string(z.Key), Name: z.Name, Detail: z.Note})
	}
	return out
}
