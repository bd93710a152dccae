package sample

import (
	"cmp"
	"slices"
	"strings"

	"stipple/app/alarm"
	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/pages"
	"stipple/protocol"
)

// Desk shows one view and does nothing. It is a pages.Desk.
type Desk struct {
	view    *console.View
	live    console.LiveView
	samples []console.Sample
	files   map[clinical.ID]console.PatientFile
	rows    []console.PatientRow
	history []console.PresetView
	hand    console.Handpiece
	audit   auditSample
	staff   clinical.Staff
	refused error                               // of a change of the staff, or a table; nil: it is done
	slow    bool                                // a change of the staff does not end
	after   func(clinical.Staff) clinical.Staff // what a change makes of the staff
}

var _ pages.Desk = (*Desk)(nil)

// View is the fixed view.
func (d *Desk) View() *console.View { return d.view }

// Live is the fixed live view.
func (d *Desk) Live() console.LiveView { return d.live }

// Samples copies the sample curve.
func (d *Desk) Samples(after uint64, dst []console.Sample) (n int, next uint64) {
	i, _ := slices.BinarySearchFunc(d.samples, after+1, func(s console.Sample, seq uint64) int {
		return cmp.Compare(s.Seq, seq)
	})
	n = copy(dst, d.samples[i:])
	if n == 0 {
		return 0, after
	}
	return n, dst[n-1].Seq
}

// SearchPatients looks in names, file numbers and birth dates.
func (d *Desk) SearchPatients(query string, done func(console.PatientList, error)) {
	list := console.PatientList{Query: query, Total: len(d.rows)}
	for _, r := range d.rows {
		text := strings.ToLower(r.FamilyName + ", " + r.GivenName + " " + r.FileNumber)
		if strings.Contains(text, strings.ToLower(query)) {
			list.Rows = append(list.Rows, r)
		}
	}
	list.Found = len(list.Rows)
	done(list, nil)
}

// PatientFile is the file of a sample patient.
func (d *Desk) PatientFile(id clinical.ID, done func(console.PatientFile, error)) {
	if f, ok := d.files[id]; ok {
		done(f, nil)
		return
	}
	for _, r := range d.rows {
		if r.ID == id {
			done(console.PatientFile{Patient: r.Patient, Age: r.Age}, nil)
			return
		}
	}
	done(console.PatientFile{}, nil)
}

// TreatmentRecord is a sample record with all of its pulses.
func (d *Desk) TreatmentRecord(id clinical.ID, done func(console.TreatmentRow, error)) {
	for _, f := range d.files {
		for _, t := range f.Treatments {
			if t.ID == id {
				done(t, nil)
				return
			}
		}
	}
	done(console.TreatmentRow{}, nil)
}

// PresetHistory is the sample history.
func (d *Desk) PresetHistory(_, _ clinical.ID, done func([]console.PresetView, error)) {
	done(d.history, nil)
}

// SavePatient answers with what it was given.
func (d *Desk) SavePatient(p clinical.Patient, done func(clinical.Patient, error)) { done(p, nil) }

// Erasure is what erasing a sample patient would come to.
func (d *Desk) Erasure(id clinical.ID, done func(console.Erasure, error)) {
	f := d.files[id]
	done(console.Erasure{Patient: f.Patient, Presets: len(f.Presets), Treatments: len(f.Treatments), Backups: sampleBackups()}, nil)
}

// ErasePatient answers as if it had erased the patient.
func (d *Desk) ErasePatient(id clinical.ID, _ string, done func(console.Erasure, error)) {
	d.Erasure(id, func(e console.Erasure, _ error) { done(e, nil) })
}

// SavePreset does nothing.
func (d *Desk) SavePreset(_ string, _ bool, done func(error)) { done(nil) }

// RenamePreset does nothing.
func (d *Desk) RenamePreset(_, _ clinical.ID, _ string, done func(error)) { done(nil) }

// DeletePreset does nothing.
func (d *Desk) DeletePreset(_, _ clinical.ID, done func(error)) { done(nil) }

// Handpiece is the sample handpiece, or nil.
func (d *Desk) Handpiece() console.Handpiece { return d.hand }

// ChooseOperator does nothing, as everything below.
func (d *Desk) ChooseOperator(clinical.ID) {}

// ChoosePatient does nothing.
func (d *Desk) ChoosePatient(clinical.ID) {}

// ChooseIndication does nothing.
func (d *Desk) ChooseIndication(clinical.IndicationKey) {}

// ChooseZone does nothing.
func (d *Desk) ChooseZone(clinical.ZoneKey) {}

// ChooseSpotPulses does nothing.
func (d *Desk) ChooseSpotPulses(int) {}

// Type does nothing.
func (d *Desk) Type(clinical.Parameter, string) {}

// Step does nothing.
func (d *Desk) Step(clinical.Parameter, int) {}

// Set does nothing.
func (d *Desk) Set(clinical.Parameter, int32) {}

// Apply does nothing.
func (d *Desk) Apply() {}

// LoadPreset does nothing.
func (d *Desk) LoadPreset(_, _ clinical.ID, _ int) {}

// Arm does nothing.
func (d *Desk) Arm(clinical.Digest) {}

// Disarm does nothing.
func (d *Desk) Disarm() {}

// FallBack does nothing.
func (d *Desk) FallBack(clinical.FallBackReason) {}

// Here does nothing.
func (d *Desk) Here() {}

// Stop does nothing: there is no pen behind a picture.
func (d *Desk) Stop() {}

// Clear does nothing.
func (d *Desk) Clear() {}

// NextPass does nothing.
func (d *Desk) NextPass() {}

// EndTreatment does nothing.
func (d *Desk) EndTreatment() {}

// Acknowledge does nothing.
func (d *Desk) Acknowledge(int) {}

// Sign does nothing.
func (d *Desk) Sign(clinical.ID, clinical.Verdict, int) {}

// PauseSound does nothing.
func (d *Desk) PauseSound() {}

// ResumeSound does nothing.
func (d *Desk) ResumeSound() {}

// TestSound does nothing.
func (d *Desk) TestSound(alarm.Priority) {}

// UseSimulated does nothing.
func (d *Desk) UseSimulated(clinical.PenKind) {}

// handpiece is a handpiece that is only looked at: its hand does what the pen says.
type handpiece struct{ d *Desk }

func (h handpiece) State() (console.HandState, error) {
	f := h.d.live.Status.Flags
	return console.HandState{Trigger: f&protocol.FlagTrigger != 0, Contact: f&protocol.FlagContact != 0, Tip: h.d.view.Pen.Tip.Present}, nil
}

func (handpiece) Trigger(bool) error       { return nil }
func (handpiece) Contact(bool) error       { return nil }
func (handpiece) ChangeTip() error         { return nil }
func (handpiece) RemoveTip() error         { return nil }
func (handpiece) Fault(string, bool) error { return nil }
func (handpiece) Faults() []string {
	return []string{"open_pin", "low_impedance", "motor_stall", "over_temperature", "battery_low"}
}
