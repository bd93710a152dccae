package store

import (
	"context"
	"fmt"

	"stipple/app/audit"
	"stipple/app/clinical"
)

// What the store itself writes into the audit chain: each change in the transaction
// that makes it, so that neither stands without the other.

// field is one field of a record, before and after.
func field(name string, before, after audit.Value) []audit.Change {
	if before == after {
		return nil
	}
	return []audit.Change{{Field: name, Before: before, After: after}}
}

func join(parts ...[]audit.Change) (all []audit.Change) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// patientSaved is the entry of a patient's new revision. All of it is private.
func (s *Store) patientSaved(ctx context.Context, t *txn, before, after clinical.Patient) error {
	text := audit.Text
	date := func(d clinical.Date) audit.Value {
		if d == (clinical.Date{}) {
			return audit.Value{}
		}
		return text(fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day))
	}
	private := join(
		field("family_name", text(before.FamilyName), text(after.FamilyName)),
		field("given_name", text(before.GivenName), text(after.GivenName)),
		field("birth_date", date(before.BirthDate), date(after.BirthDate)),
		field("sex", text(string(before.Sex)), text(string(after.Sex))),
		field("skin_type", skin(before.Fitzpatrick), skin(after.Fitzpatrick)),
		field("file_number", text(before.FileNumber), text(after.FileNumber)),
	)
	return s.record(ctx, t, clinical.Operator{}, audit.Entry{
		Action: audit.PatientSave, Patient: after.ID,
		Subject: audit.Subject{Kind: audit.SubjectPatient, ID: string(after.ID)},
		Changes: field("revision", revision(before.Revision), revision(after.Revision)),
	}, private...)
}

func skin(f clinical.Fitzpatrick) audit.Value {
	if f == clinical.FitzpatrickUnknown {
		return audit.Value{}
	}
	return audit.Amount(audit.Count, int64(f))
}

// revision is none for a record that did not exist.
func revision(n int) audit.Value {
	if n == 0 {
		return audit.Value{}
	}
	return audit.Amount(audit.Count, int64(n))
}

// settingsOf are the values of settings, before and after.
func settingsOf(before, after clinical.Settings) []audit.Change {
	amount := func(q audit.Quantity, n int64) audit.Value {
		if n == 0 {
			return audit.Value{}
		}
		return audit.Amount(q, n)
	}
	return join(
		field("depth", amount(audit.Depth, int64(before.Depth)), amount(audit.Depth, int64(after.Depth))),
		field("speed", amount(audit.Speed, int64(before.Speed)), amount(audit.Speed, int64(after.Speed))),
		field("power", amount(audit.Power, int64(before.Power)), amount(audit.Power, int64(after.Power))),
		field("pulse", amount(audit.Pulse, int64(before.Duration)), amount(audit.Pulse, int64(after.Duration))),
	)
}

// presetSaved is the entry of a preset's new revision.
func (s *Store) presetSaved(ctx context.Context, t *txn, before, after clinical.Preset) error {
	text := audit.Text
	private := join(
		field("name", text(before.Name), text(after.Name)),
		field("indication", text(string(before.Indication)), text(string(after.Indication))),
		field("zone", text(string(before.Zone)), text(string(after.Zone))),
	)
	return s.record(ctx, t, clinical.Operator{}, audit.Entry{
		Action: audit.PresetSave, Patient: after.Patient,
		Subject: audit.Subject{Kind: audit.SubjectPreset, ID: string(after.ID)},
		Changes: append(field("revision", revision(before.Revision), revision(after.Revision)), settingsOf(before.Settings, after.Settings)...),
	}, private...)
}

// presetDeleted is the entry of a preset that was taken off the list.
func (s *Store) presetDeleted(ctx context.Context, t *txn, patient, preset clinical.ID) error {
	return s.record(ctx, t, clinical.Operator{}, audit.Entry{
		Action: audit.PresetDelete, Patient: patient,
		Subject: audit.Subject{Kind: audit.SubjectPreset, ID: string(preset)},
	})
}

// treatmentChanged are the entries of a new revision of a treatment's head: what was
// applied, what was armed, and how it ended. before is zero for the first.
func (s *Store) treatmentChanged(ctx context.Context, t *txn, before, after clinical.Treatment) error {
	entry := func(a audit.Action, changes []audit.Change, private ...audit.Change) error {
		return s.record(ctx, t, after.Operator, audit.Entry{
			Action: a, Patient: after.Patient, Changes: changes,
			Subject: audit.Subject{Kind: audit.SubjectTreatment, ID: string(after.ID)},
		}, private...)
	}
	text := audit.Text
	outcome := field("outcome", text(string(before.Outcome)), text(string(after.Outcome)))
	if before.ID == "" {
		place := join(field("indication", audit.Value{}, text(string(after.Indication))), field("zone", audit.Value{}, text(string(after.Zone))))
		changes := join(outcome, field("pen", audit.Value{}, text(after.PenSerial)))
		if err := entry(audit.TreatmentBegin, changes, place...); err != nil {
			return err
		}
	}
	last := func(applied []clinical.Applied, n int) (set clinical.Settings) {
		if n > 0 {
			set = applied[n-1].Settings
		}
		return set
	}
	for i := len(before.Applied); i < len(after.Applied); i++ {
		if err := entry(audit.SettingsApply, settingsOf(last(after.Applied, i), after.Applied[i].Settings)); err != nil {
			return err
		}
	}
	for _, arm := range after.Arms[min(len(before.Arms), len(after.Arms)):] {
		by := audit.By(ctx, audit.Actor{Operator: arm.Operator})
		if arm.Operator == (clinical.Operator{}) {
			by = ctx
		}
		err := s.record(by, t, after.Operator, audit.Entry{
			Action: audit.PenArm, Patient: after.Patient, Changes: settingsOf(clinical.Settings{}, arm.Settings),
			Subject: audit.Subject{Kind: audit.SubjectTreatment, ID: string(after.ID)},
		})
		if err != nil {
			return err
		}
	}
	switch {
	case after.Ended.IsZero() || before.ID == "":
		return nil
	case after.Reconciled.Signature.Verdict != "":
		return entry(audit.TreatmentSign, append(outcome, field("verdict", audit.Value{}, text(string(after.Reconciled.Signature.Verdict)))...))
	}
	return entry(audit.TreatmentEnd, outcome)
}

// operatorSaved is the entry of an operator's new revision.
func (s *Store) operatorSaved(ctx context.Context, t *txn, before, after clinical.Operator) error {
	action := audit.OperatorChange
	switch {
	case after.Left && !before.Left:
		action = audit.OperatorRemove
	case before == (clinical.Operator{}) || before.Left && !after.Left:
		action = audit.OperatorAdd
	}

	return s.record(ctx, t, clinical.Operator{}, audit.Entry{
		Action:  action,
		Subject: audit.Subject{Kind: audit.SubjectOperator, ID: string(after.ID)},
		Changes: join(
			field("name", audit.Text(before.Name), audit.Text(after.Name)),
			field("role", audit.Text(string(before.Role)), audit.Text(string(after.Role))),
			field("left", audit.YesNo(before.Left), audit.YesNo(after.Left)),
		),
	})
}
