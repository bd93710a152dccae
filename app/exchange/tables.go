package exchange

import (
	"iter"
	"slices"

	"stipple/app/clinical"
	"stipple/protocol"
)

// Patients is the table of patients. ReadPatients reads it again: all but the
// ids and times, which belong to the store that the file comes from.
//
// The first column must not be named "ID": spreadsheets take a file that begins
// with these letters for one of their old formats.
func Patients(records iter.Seq[clinical.Patient]) Table {
	type p = clinical.Patient
	return table("patients", []column[p]{
		{"file_number", func(p p) cell { return text(p.FileNumber) }},
		{"family_name", func(p p) cell { return text(p.FamilyName) }},
		{"given_name", func(p p) cell { return text(p.GivenName) }},
		{"birth_date", func(p p) cell { return day(p.BirthDate) }},
		{"sex", func(p p) cell { return text(p.Sex) }},
		{"fitzpatrick", func(p p) cell { return skin(p.Fitzpatrick) }},
		{"id", func(p p) cell { return text(p.ID) }},
		{"revision", func(p p) cell { return number(p.Revision) }},
		{"created_utc", func(p p) cell { return stamp(p.Created) }},
		{"updated_utc", func(p p) cell { return stamp(p.Updated) }},
	}, records)
}

// Presets is the table of presets. patient_id joins it with Patients. Power and
// duration are empty on a needling pen, which has neither.
func Presets(records iter.Seq[clinical.Preset]) Table {
	type p = clinical.Preset
	return table("presets", []column[p]{
		{"preset_id", func(p p) cell { return text(p.ID) }},
		{"revision", func(p p) cell { return number(p.Revision) }},
		{"patient_id", func(p p) cell { return text(p.Patient) }},
		{"name", func(p p) cell { return text(p.Name) }},
		{"pen_kind", func(p p) cell { return text(p.PenKind) }},
		{"indication", func(p p) cell { return text(p.Indication) }},
		{"zone", func(p p) cell { return text(p.Zone) }},
		{"depth_um", func(p p) cell { return number(p.Settings.Depth) }},
		{"speed_spm", func(p p) cell { return number(p.Settings.Speed) }},
		{"power_mw", func(p p) cell { return ofRF(p.PenKind, p.Settings.Power) }},
		{"pulse_ms", func(p p) cell { return ofRF(p.PenKind, p.Settings.Duration) }},
		{"saved_at_utc", func(p p) cell { return stamp(p.SavedAt) }},
		{"saved_by", func(p p) cell { return text(p.SavedBy) }},
	}, records)
}

// ofRF is a number that a needling pen does not have.
func ofRF[T ~int32 | ~int64](kind clinical.PenKind, n T) cell {
	if kind == clinical.Needling {
		return cell{}
	}
	return number(n)
}

// Treatments is the table of treatments, a line each: who, what, with which pen
// and tip, the settings that were applied last, and what was delivered in all.
// patient_id and preset_id join it with the other tables. The records must have
// their pulses, which are counted and summed here.
func Treatments(records iter.Seq[clinical.Treatment]) Table {
	columns := append(treatmentHead(), treatmentPen()...)
	return table("treatments", append(columns, treatmentGiven()...), records)
}

func treatmentHead() []column[clinical.Treatment] {
	type t = clinical.Treatment
	return []column[t]{
		{"treatment_id", func(t t) cell { return text(t.ID) }},
		{"revision", func(t t) cell { return number(t.Revision) }},
		{"patient_id", func(t t) cell { return text(t.Patient) }},
		{"started_utc", func(t t) cell { return stamp(t.Started) }},
		{"ended_utc", func(t t) cell { return stamp(t.Ended) }},
		{"outcome", func(t t) cell { return text(t.Outcome) }},
		{"uncertain_cause", func(t t) cell { return text(t.Reconciled.Cause) }},
		{"signed_as", func(t t) cell { return text(t.Reconciled.Signature.Verdict) }},
		{"signed_by", func(t t) cell { return text(t.Reconciled.Signature.By.Name) }},
		{"signed_at_utc", func(t t) cell { return stamp(t.Reconciled.Signature.At) }},
		{"operator_id", func(t t) cell { return text(t.Operator.ID) }},
		{"operator_name", func(t t) cell { return text(t.Operator.Name) }},
		{"operator_role", func(t t) cell { return text(t.Operator.Role) }},
		{"hand_overs", func(t t) cell { return number(len(t.HandOvers)) }},
		{"last_operator_id", func(t t) cell { return text(t.AtWork().ID) }},
		{"last_operator_name", func(t t) cell { return text(t.AtWork().Name) }},
		{"indication", func(t t) cell { return text(t.Indication) }},
		{"zone", func(t t) cell { return text(t.Zone) }},
		{"fitzpatrick", func(t t) cell { return skin(t.Fitzpatrick) }},
		{"library_version", func(t t) cell { return text(t.LibraryVersion) }},
		{"library_hash", func(t t) cell { return text(t.LibraryHash) }},
		{"preset_id", func(t t) cell { return text(t.Preset) }},
		{"preset_revision", func(t t) cell { return numberOr0(t.PresetRevision) }},
	}
}

func treatmentPen() []column[clinical.Treatment] {
	return penColumns(func(t clinical.Treatment) usedPen {
		return usedPen{t.PenKind, t.PenModel, t.PenSerial, t.PenFirmware, t.Simulated, t.Tip}
	})
}

// usedPen is the pen and the tip of a treatment.
type usedPen struct {
	kind                    clinical.PenKind
	model, serial, firmware string
	simulated               bool
	tip                     clinical.Tip
}

func penColumns[T any](of func(T) usedPen) []column[T] {
	return []column[T]{
		{"pen_kind", func(t T) cell { return text(of(t).kind) }},
		{"pen_model", func(t T) cell { return text(of(t).model) }},
		{"pen_serial", func(t T) cell { return text(of(t).serial) }},
		{"pen_firmware", func(t T) cell { return text(of(t).firmware) }},
		{"simulated", func(t T) cell { return boolean(of(t).simulated) }},
		{"tip_id", func(t T) cell { return ofTip(of(t).tip, number(of(t).tip.ID)) }},
		{"tip_lot", func(t T) cell { return ofTip(of(t).tip, text(of(t).tip.Lot)) }},
		{"tip_expiry", func(t T) cell { return ofTip(of(t).tip, day(of(t).tip.Expiry)) }},
		{"tip_pins", func(t T) cell { return ofTip(of(t).tip, numberOr0(of(t).tip.Pins)) }},
		{"tip_insulated", func(t T) cell { return ofTip(of(t).tip, boolean(of(t).tip.Insulated)) }},
		{"tip_needle_um", func(t T) cell { return ofTip(of(t).tip, number(of(t).tip.NeedleLength)) }},
	}
}

// ofTip is a value that there is with a tip alone.
func ofTip(t clinical.Tip, c cell) cell {
	if !t.Present {
		return cell{}
	}
	return c
}

// settingsColumns are settings, empty where of has none. mark stands between name and
// unit, such as "_max".
func settingsColumns[T any](mark string, of func(T) (clinical.PenKind, *clinical.Settings)) []column[T] {
	in := func(value func(clinical.PenKind, clinical.Settings) cell) func(T) cell {
		return func(t T) cell {
			kind, s := of(t)
			if s == nil {
				return cell{}
			}
			return value(kind, *s)
		}
	}
	return []column[T]{
		{"depth" + mark + "_um", in(func(_ clinical.PenKind, s clinical.Settings) cell { return number(s.Depth) })},
		{"speed" + mark + "_spm", in(func(_ clinical.PenKind, s clinical.Settings) cell { return number(s.Speed) })},
		{"power" + mark + "_mw", in(func(k clinical.PenKind, s clinical.Settings) cell { return ofRF(k, s.Power) })},
		{"pulse" + mark + "_ms", in(func(k clinical.PenKind, s clinical.Settings) cell { return ofRF(k, s.Duration) })},
	}
}

func treatmentGiven() []column[clinical.Treatment] {
	type t = clinical.Treatment
	applied := settingsColumns("", func(t t) (clinical.PenKind, *clinical.Settings) {
		if len(t.Applied) == 0 {
			return t.PenKind, nil
		}
		return t.PenKind, &t.Applied[len(t.Applied)-1].Settings
	})
	return append(applied, []column[t]{
		{"pulses", func(t t) cell { return number(len(t.Pulses)) }},
		{"passes", func(t t) cell { return number(t.Passes) }},
		{"strokes", func(t t) cell { return number(strokes(t)) }},
		{"energy_uj", func(t t) cell { return ofRF[protocol.Microjoules](t.PenKind, t.Energy()) }},
		{"alarm_entries", func(t t) cell { return number(len(t.Alarms)) }},
		{"stop_latency_us", func(t t) cell { return numberOr0(t.StopLatency.Microseconds()) }},
		{"stop_check_us", func(t t) cell { return numberOr0(t.StopCheck.Microseconds()) }},
	}...)
}

// strokes is how many strokes all pulses of a treatment had.
func strokes(t clinical.Treatment) int64 {
	var sum int64
	for _, p := range t.Pulses {
		sum += int64(p.Strokes)
	}
	return sum
}

// Faults is the table of what is wrong with the lines of a file, for whoever has to
// mend it. Texts of the file are as they may be shown, and guarded as all others.
func Faults(all []LineError) Table {
	type e = LineError
	return table("faulty_lines", []column[e]{
		{"line", func(e e) cell { return number(e.Line) }},
		{"column", func(e e) cell { return numberOr0(e.Number) }},
		{"column_name", func(e e) cell { return text(e.Column) }},
		{"problem", func(e e) cell { return text(e.Problem) }},
		{"text", func(e e) cell { return text(e.Text) }},
		{"other_line", func(e e) cell { return numberOr0(e.Other) }},
	}, slices.Values(all))
}
