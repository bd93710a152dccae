package console

import (
	"context"
	"slices"
	"time"

	"stipple/app/clinical"
)

// listLimit is how many patients a list shows at a time; a search narrows it.
const listLimit = 200

// PatientRow is one line of the patient list.
type PatientRow struct {
	clinical.Patient
	LastIndication string    // name of the newest treatment's indication; empty: none yet
	LastSession    int       // its session number
	LastAt         time.Time // when it was; zero: none yet
	Age            int       // completed years today
}

// PatientList answers a search.
type PatientList struct {
	Query string
	Rows  []PatientRow
	Total int // patients in the store
	Found int // that match; may be more than len(Rows)
}

// PatientFile is everything about one patient that the Patients page shows.
type PatientFile struct {
	Patient    clinical.Patient
	Age        int
	Presets    []PresetView
	Treatments []TreatmentRow // newest first
}

// TreatmentRow is one past treatment.
type TreatmentRow struct {
	clinical.Treatment
	IndicationName string
	ZoneName       string
	Session        int
	PulseCount     int
}

// Handpiece is the channel to the simulated pen's hand-held part. It is never
// part of the link: a pen has no message that fires.
type Handpiece interface {
	Trigger(down bool) error
	Contact(on bool) error
	ChangeTip() error // a new tip of the pen's usual kind
	RemoveTip() error
	Fault(name string, on bool) error
	Faults() []string // names that Fault takes
	// State is what the hand does now, whoever's it is: another program may be the
	// hand, too. It may wait for that of the pen.
	State() (HandState, error)
}

// HandState is what the hand of a simulated pen does.
type HandState struct {
	Trigger bool
	Contact bool
	Tip     bool     // one is on
	Faults  []string // that are on
}

// SearchPatients finds patients by name, file number or birth date; an empty
// query lists the recent ones.
func (d *Desk) SearchPatients(query string, done func(PatientList, error)) {
	read(d, clinical.PermitPatientData, PatientList{Query: query}, func(ctx context.Context) (func() PatientList, error) {
		hits, total, err := d.cfg.Patients.SearchPatients(ctx, query, listLimit)
		if err != nil {
			return nil, err
		}
		list := PatientList{Query: query, Total: total, Found: len(hits)}
		now := d.cfg.Now()
		for _, p := range hits {
			row := PatientRow{Patient: p, Age: age(p.BirthDate, now)}
			ts, _ := d.cfg.Records.Treatments(ctx, p.ID)
			if i := slices.IndexFunc(ts, func(t clinical.Treatment) bool { return t.Outcome != clinical.OutcomeNotArmed }); i >= 0 {
				row.LastIndication, _ = d.cfg.Library.IndicationName(ts[i].Indication)
				row.LastSession = sessionOf(ts, ts[i])
				row.LastAt = ts[i].Started
			}
			list.Rows = append(list.Rows, row)
		}
		return func() PatientList { return list }, nil
	}, done)
}

// PatientFile reads everything about one patient.
func (d *Desk) PatientFile(id clinical.ID, done func(PatientFile, error)) {
	read(d, clinical.PermitPatientData, PatientFile{}, func(ctx context.Context) (func() PatientFile, error) {
		p, presets, treatments, err := d.keptOf(ctx, id)
		return func() PatientFile { return d.patientFile(p, presets, treatments) }, err
	}, done)
}

// keptOf reads a patient with presets and treatments. It runs off Run's goroutine.
func (d *Desk) keptOf(ctx context.Context, id clinical.ID) (clinical.Patient, []clinical.Preset, []clinical.Treatment, error) {
	p, err := d.cfg.Patients.Patient(ctx, id)
	if err != nil {
		return p, nil, nil, err
	}
	presets, err := d.cfg.Presets.Presets(ctx, id)
	if err != nil {
		return p, nil, nil, err
	}
	treatments, err := d.cfg.Records.Treatments(ctx, id)
	return p, presets, treatments, err
}

func (d *Desk) patientFile(p clinical.Patient, presets []clinical.Preset, treatments []clinical.Treatment) PatientFile {
	f := PatientFile{Patient: p, Age: age(p.BirthDate, d.cfg.Now())}
	for _, preset := range presets {
		f.Presets = append(f.Presets, d.judgePreset(preset, p.Fitzpatrick))
	}
	for _, t := range treatments {
		f.Treatments = append(f.Treatments, d.treatmentRow(t, treatments))
	}
	return f
}

// TreatmentRecord reads one treatment with all of its pulses and alarms.
func (d *Desk) TreatmentRecord(id clinical.ID, done func(TreatmentRow, error)) {
	read(d, clinical.PermitPatientData, TreatmentRow{}, func(ctx context.Context) (func() TreatmentRow, error) {
		t, err := d.cfg.Records.Treatment(ctx, id)
		if err != nil {
			return nil, err
		}
		all, err := d.cfg.Records.Treatments(ctx, t.Patient)
		return func() TreatmentRow { return d.treatmentRow(t, all) }, err
	}, done)
}

// treatmentRow is a treatment as a line among all of its patient. It reads
// only what never changes, so that a job may call it.
func (d *Desk) treatmentRow(t clinical.Treatment, all []clinical.Treatment) TreatmentRow {
	row := TreatmentRow{Treatment: t, Session: sessionOf(all, t), PulseCount: len(t.Pulses)}
	row.IndicationName, _ = d.cfg.Library.IndicationName(t.Indication)
	row.ZoneName = d.zoneName(t.Zone)
	return row
}

// SavePatient stores a new or edited patient. If it is the one on the Treat
// page, the limits are judged again. Done with ErrOtherOperator means that it was
// stored, and that who is at work by then may not see it.
func (d *Desk) SavePatient(p clinical.Patient, done func(clinical.Patient, error)) {
	refused := func(err error) { done(clinical.Patient{}, err) }
	d.permittedTo(clinical.PermitPatientData, refused, func() {
		d.job(func(ctx context.Context) func() {
			saved, err := d.cfg.Patients.SavePatient(ctx, p)
			return func() {
				if err == nil && d.may(clinical.PermitPatientData) != nil {
					refused(ErrOtherOperator)
					return
				}
				if err == nil {
					d.tookPatient(saved)
				}
				done(saved, err)
			}
		})
	})
}

// tookPatient takes in a patient's newest revision. If it is the one on the Treat page,
// the limits are judged again.
func (d *Desk) tookPatient(saved clinical.Patient) {
	if d.edited.ID != saved.ID || d.edited.Revision < saved.Revision {
		d.edited = saved
	}
	if d.patient == nil || d.patient.ID != saved.ID || d.patient.Revision >= saved.Revision {
		return
	}
	why := clinical.FellPatient
	if d.patient.Fitzpatrick != saved.Fitzpatrick {
		why = clinical.FellSkinType
	}
	d.patient = &saved
	d.reselect(why)
	d.publish()
}

// age is the completed years from birth to now; 0 without a date.
func age(b clinical.Date, now time.Time) int {
	if b == (clinical.Date{}) {
		return 0
	}
	y, m, day := now.Date()
	years := y - b.Year
	if m < b.Month || m == b.Month && day < b.Day {
		years--
	}
	return max(years, 0)
}

// sessionOf is the number of the session that t belongs to: treatments of the
// same indication on one day are one session.
func sessionOf(all []clinical.Treatment, t clinical.Treatment) int {
	days := make(map[clinical.Date]bool)
	for _, o := range all {
		if o.Indication == t.Indication && o.Outcome != clinical.OutcomeNotArmed && !o.Started.After(t.Started) {
			days[dayOf(o.Started)] = true
		}
	}
	return max(len(days), 1)
}

func dayOf(t time.Time) clinical.Date {
	y, m, d := t.Date()
	return clinical.Date{Year: y, Month: m, Day: d}
}
