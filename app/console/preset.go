package console

import (
	"context"
	"errors"
	"slices"
	"strings"

	"stipple/app/clinical"
)

// Errors of presets.
var (
	// ErrPresetName means that a preset needs a name.
	ErrPresetName = errors.New("a preset needs a name")
	// ErrNoPatient means that no patient is chosen.
	ErrNoPatient = errors.New("no patient is chosen")
	// ErrNotWhole means that the draft has empty or refused fields.
	ErrNotWhole = errors.New("the settings are not complete")
)

// PresetUnfitError says why a preset is not loaded: it is never applied in
// part.
type PresetUnfitError struct {
	Preset     clinical.Preset
	Violations []clinical.Violation
	Problem    error // limits can't be computed for it at all
}

func (e *PresetUnfitError) Error() string {
	if e.Problem != nil {
		return "preset " + e.Preset.Name + ": " + e.Problem.Error()
	}
	var parts []string
	for _, v := range e.Violations {
		parts = append(parts, v.Text())
	}
	return "preset " + e.Preset.Name + ": " + strings.Join(parts, "; ")
}

// Unwrap is the problem with its limits.
func (e *PresetUnfitError) Unwrap() error { return e.Problem }

// judgePreset says whether a preset fits today's limits.
func (d *Desk) judgePreset(p clinical.Preset, skin clinical.Fitzpatrick) PresetView {
	v := PresetView{Preset: p}
	v.IndicationName, _ = d.cfg.Library.IndicationName(p.Indication)
	v.ZoneName = d.zoneName(p.Zone)
	if !d.pen.known || d.pen.capability.Kind != p.PenKind {
		return v
	}
	v.Judged = true
	q := d.query()
	q.Indication, q.Zone, q.PulsesPerSpot, q.Draft, q.Fitzpatrick = p.Indication, p.Zone, 1, p.Settings, skin
	limits, err := d.cfg.Library.Effective(q)
	if err != nil {
		v.Problem = err
		return v
	}
	v.Violations = limits.Check(p.Settings)
	return v
}

func (d *Desk) zoneName(key clinical.ZoneKey) string {
	for _, z := range d.cfg.Library.AllZones() {
		if z.Key == key {
			return z.Name
		}
	}
	return string(key)
}

// LoadPreset takes a preset into the draft, with its patient, indication and
// zone, if all of it fits today's limits. Otherwise nothing but the patient
// changes and a notice says what is outside and why. Revision 0 is the newest.
func (d *Desk) LoadPreset(patient, preset clinical.ID, revision int) {
	d.permitted(clinical.PermitTreat, func() {
		d.openPatient(patient, func() {
			d.findPreset(patient, preset, revision, d.takePreset)
		})
	})
}

// findPreset reads one revision of a preset of the patient at the desk.
func (d *Desk) findPreset(patient, preset clinical.ID, revision int, then func(clinical.Preset)) {
	asked := d.opening
	d.job(func(ctx context.Context) func() {
		list, err := d.cfg.Presets.PresetHistory(ctx, patient, preset)
		return func() {
			if err != nil {
				d.storeFailed(err)
				return
			}
			if asked != d.opening {
				return // something else was asked for since
			}
			for _, p := range list { // newest first
				if (p.Revision == revision || revision == 0) && d.patient != nil && d.patient.ID == patient {
					then(p)
					return
				}
			}
		}
	})
}

func (d *Desk) takePreset(p clinical.Preset) {
	v := d.judgePreset(p, d.patient.Fitzpatrick)
	if !v.Judged || v.Problem != nil || len(v.Violations) > 0 {
		problem := v.Problem
		if !v.Judged {
			problem = errNoContext
		}
		d.note(Notice{Key: noticePreset, Err: &PresetUnfitError{Preset: p, Violations: v.Violations, Problem: problem}})
		return
	}
	d.resolve(noticePreset)
	if d.sel.indication != p.Indication || d.sel.zone != p.Zone {
		d.endRun(clinical.OutcomeComplete)
	}
	d.sel = selection{indication: p.Indication, zone: p.Zone, spot: 1}
	d.draft = draft{}
	d.reselect(clinical.FellSettings)
	for _, param := range clinical.AllParameters() {
		if d.draft.limits.ByParameter[param].Present {
			d.draft.set(param, param.Of(p.Settings), true)
		}
	}
	d.judge()
	d.loaded = PresetRef{ID: p.ID, Name: p.Name, Revision: p.Revision}
	d.loadedSet = p.Settings
}

// SavePreset keeps the draft as a preset: as a new revision of the loaded one,
// or as a new one.
func (d *Desk) SavePreset(name string, asNew bool, done func(error)) {
	d.permittedTo(clinical.PermitPresets, done, func() {
		settings, whole := d.draft.settings()
		switch {
		case strings.TrimSpace(name) == "":
			done(ErrPresetName)
			return
		case d.patient == nil:
			done(ErrNoPatient)
			return
		case !whole || len(d.violations()) > 0:
			done(ErrNotWhole)
			return
		}
		p := clinical.Preset{
			Patient:    d.patient.ID,
			Name:       strings.TrimSpace(name),
			PenKind:    d.pen.capability.Kind,
			Indication: d.sel.indication,
			Zone:       d.sel.zone,
			Settings:   settings,
			SavedBy:    d.operator.Name,
		}
		if !asNew {
			p.ID, p.Revision = d.loaded.ID, d.loaded.Revision
		}
		d.storePreset(p, done, func(saved clinical.Preset) {
			d.loaded = PresetRef{ID: saved.ID, Name: saved.Name, Revision: saved.Revision}
			d.loadedSet = saved.Settings
		})
	})
}

// RenamePreset keeps a preset under another name, as a new revision.
func (d *Desk) RenamePreset(patient, preset clinical.ID, name string, done func(error)) {
	d.permittedTo(clinical.PermitPresets, done, func() {
		name = strings.TrimSpace(name)
		if name == "" {
			done(ErrPresetName)
			return
		}
		by, turn := d.operator.Name, d.turn
		d.job(func(ctx context.Context) func() {
			list, err := d.cfg.Presets.PresetHistory(ctx, patient, preset)
			if err != nil {
				done(err)
				return nil
			}
			p := list[0]
			p.Name, p.SavedBy = name, by
			return func() {
				if turn != d.turn { // and nothing is written
					done(ErrOtherOperator)
					return
				}
				d.storePreset(p, done, func(saved clinical.Preset) {
					if d.loaded.ID == saved.ID {
						d.loaded.Name, d.loaded.Revision = saved.Name, saved.Revision
					}
				})
			}
		})
	})
}

func (d *Desk) storePreset(p clinical.Preset, done func(error), then func(clinical.Preset)) {
	turn := d.turn
	d.job(func(ctx context.Context) func() {
		saved, err := d.cfg.Presets.SavePreset(ctx, p)
		if err != nil {
			done(err)
			return nil
		}
		list, err := d.cfg.Presets.Presets(ctx, p.Patient)
		return func() {
			switch {
			case turn != d.turn:
				d.refreshPresets() // for whoever is at work now
			case err == nil && d.patient != nil && d.patient.ID == p.Patient:
				d.presets = list
				then(saved)
			}
			d.publish()
			done(err)
		}
	})
}

// DeletePreset takes a preset off the list; its history stays in the store.
func (d *Desk) DeletePreset(patient, preset clinical.ID, done func(error)) {
	d.permittedTo(clinical.PermitPresets, done, func() {
		d.job(func(ctx context.Context) func() {
			if err := d.cfg.Presets.DeletePreset(ctx, patient, preset); err != nil {
				done(err)
				return nil
			}
			return func() {
				if d.loaded.ID == preset {
					d.loaded = PresetRef{}
				}
				d.presets = slices.DeleteFunc(slices.Clone(d.presets), func(p clinical.Preset) bool { return p.ID == preset })
				d.publish()
				done(nil)
			}
		})
	})
}

// PresetHistory reads all revisions of a preset, newest first, judged by
// today's limits.
func (d *Desk) PresetHistory(patient, preset clinical.ID, done func([]PresetView, error)) {
	read(d, clinical.PermitPatientData, nil, func(ctx context.Context) (func() []PresetView, error) {
		list, err := d.cfg.Presets.PresetHistory(ctx, patient, preset)
		if err != nil {
			return nil, err
		}
		p, err := d.cfg.Patients.Patient(ctx, patient)
		return func() []PresetView {
			var out []PresetView
			for _, revision := range list {
				out = append(out, d.judgePreset(revision, p.Fitzpatrick))
			}
			return out
		}, err
	}, done)
}

// refreshPresets reads the patient's presets again.
func (d *Desk) refreshPresets() {
	if d.patient == nil {
		return
	}
	id, turn := d.patient.ID, d.turn
	d.job(func(ctx context.Context) func() {
		list, err := d.cfg.Presets.Presets(ctx, id)
		return func() {
			if err == nil && turn == d.turn && d.patient != nil && d.patient.ID == id {
				d.presets = list
			}
		}
	})
}
