package console

import (
	"context"
	"time"

	"stipple/app/clinical"
	"stipple/device"
)

// Link is where the pen comes from: device.Supervisor in the program.
type Link interface {
	// State is the newest state of the search for the pen.
	State() device.LinkState
	// Changes is signalled, conflated, after each change of State.
	Changes() <-chan struct{}
	// Stop sends ESTOP to whatever pen is connected. It never waits.
	Stop()
	// Forget gives up waiting for the unit whose outcome was uncertain: any pen
	// will do.
	Forget()
}

// Patients keeps patients. Errors are those of its documentation; each names
// what went wrong and leaves the store as it was.
type Patients interface {
	SavePatient(context.Context, clinical.Patient) (clinical.Patient, error)
	Patient(context.Context, clinical.ID) (clinical.Patient, error)
	SearchPatients(ctx context.Context, query string, limit int) (hits []clinical.Patient, total int, err error)
	Touch(context.Context, clinical.ID) error
}

// Presets keeps the presets of each patient as revisions.
type Presets interface {
	SavePreset(context.Context, clinical.Preset) (clinical.Preset, error)
	Presets(ctx context.Context, patient clinical.ID) ([]clinical.Preset, error)
	PresetHistory(ctx context.Context, patient, preset clinical.ID) ([]clinical.Preset, error)
	DeletePreset(ctx context.Context, patient, preset clinical.ID) error
}

// Records keeps treatment records. What a call has acknowledged is on disk.
type Records interface {
	BeginTreatment(context.Context, clinical.Treatment) (clinical.Treatment, error)
	AmendTreatment(context.Context, clinical.Treatment) (clinical.Treatment, error)
	AppendPulses(context.Context, clinical.ID, []clinical.Pulse) error
	AppendAlarms(context.Context, clinical.ID, []clinical.Alarm) error
	AppendHandOvers(context.Context, clinical.ID, []clinical.HandOver) error
	EndTreatment(context.Context, clinical.Treatment) (clinical.Treatment, error)
	// ReconcileTreatment writes what became known of an uncertain treatment, its
	// pulses with it, and with a signature its end: one act.
	ReconcileTreatment(context.Context, clinical.Treatment) (clinical.Treatment, error)
	Treatment(context.Context, clinical.ID) (clinical.Treatment, error)
	Treatments(ctx context.Context, patient clinical.ID) ([]clinical.Treatment, error)
	OpenTreatments(context.Context) ([]clinical.Treatment, error)
	// NewestRecord is when the newest record was written, by the clock of then.
	NewestRecord(context.Context) (time.Time, error)
}

// Erasures erases patients.
type Erasures interface {
	// ErasePatient erases a patient for a reason, which stays in the audit chain. With an
	// error whose code is "not_erased" or "not_compacted" the patient is off every list,
	// and the next start does the rest; with any other nothing was done.
	ErasePatient(ctx context.Context, id clinical.ID, reason string) (clinical.Erased, error)
}

// Copies knows the copies of the store that were made: its backups, and what migrations
// have left.
type Copies interface {
	// Made lists those that were made from a moment on, oldest first.
	Made(ctx context.Context, from time.Time) ([]KeptBackup, error)
}

// Operators says who may work here: in a practice who signed in, in a training store
// anybody of a list.
type Operators interface {
	Operators(context.Context) ([]clinical.Operator, error)
}

// Staff is everybody who works in the clinic, with their ways in. Each change judges the
// list by clinical.Staff and returns the new one; who makes it is in the context
// (audit.Who). Errors are those of Desk.AddOperator.
type Staff interface {
	Staff(context.Context) (clinical.Staff, error)
	AddOperator(context.Context, NewOperator) (clinical.Staff, error)
	ChangeOperator(context.Context, OperatorChange) (clinical.Staff, error)
	RenewPassphrase(context.Context, NewPassphrase) (clinical.Staff, error)
	RemoveOperator(context.Context, clinical.ID) (clinical.Staff, error)
}

// Clock is the time of day. A test passes its own.
type Clock func() time.Time
