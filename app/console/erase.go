package console

import (
	"cmp"
	"context"
	"errors"
	"time"

	"stipple/app/clinical"
)

// Errors of erasing.
var (
	// ErrRunOpen means that a treatment is open. While the store is written anew nothing
	// else is written, and a record must not fall behind.
	ErrRunOpen = errors.New("a treatment is open")
	// ErrErasing means that a patient is being erased: for the same reason nothing is
	// armed, and nobody else is erased.
	ErrErasing = errors.New("a patient is being erased")
)

// noticeUnfinished is the key of the notice about what opening the store could not finish.
const noticeUnfinished = "unfinished"

// Erasure is what erasing a patient takes away or leaves, or has taken and left.
type Erasure struct {
	Patient    clinical.Patient
	Presets    int
	Treatments int // of each of which a safety record stays
	// Backups are those in which the patient stays, oldest first; BackupsErr is why they
	// can't be told.
	Backups    []KeptBackup
	BackupsErr error
}

// Erasure reads what erasing a patient would come to.
func (d *Desk) Erasure(id clinical.ID, done func(Erasure, error)) {
	read(d, clinical.PermitErasePatient, Erasure{}, func(ctx context.Context) (func() Erasure, error) {
		p, presets, treatments, err := d.keptOf(ctx, id)
		if err != nil {
			return nil, err
		}
		e := Erasure{Patient: p, Presets: len(presets), Treatments: len(treatments)}
		d.backupsOf(ctx, &e)
		return func() Erasure { return e }, nil
	}, done)
}

// backupsOf lists the backups that were made while the patient was in the store. One that
// seems to come from the future was made by a clock that was set back since, and is none
// too few; where the patient does, nobody knows which are, and all are listed.
func (d *Desk) backupsOf(ctx context.Context, e *Erasure) {
	if d.cfg.Copies != nil {
		from := e.Patient.Created
		if from.After(d.cfg.Now()) {
			from = time.Time{}
		}
		e.Backups, e.BackupsErr = d.cfg.Copies.Made(ctx, from)
		e.BackupsErr = explain(e.BackupsErr)
	}
}

// ErasePatient erases a patient for a reason, and hands done what was taken away and
// which backups still hold it; with an error of the store's beside it where the patient
// is gone, but the next start has to do the rest. It is refused with ErrRunOpen,
// ErrErasing, ErrImporting or ErrBackupBusy. Done with ErrOtherOperator means that it was
// done, and that who is at work by then may not see it.
func (d *Desk) ErasePatient(id clinical.ID, reason string, done func(Erasure, error)) {
	refused := func(err error) { done(Erasure{}, explain(err)) }
	d.permittedTo(clinical.PermitErasePatient, refused, func() {
		if d.recordOpen() {
			refused(ErrRunOpen)
			return
		}
		if err := cmp.Or(d.storeHeld(), d.copying()); err != nil {
			refused(err)
			return
		}
		d.erasing = true
		d.job(func(ctx context.Context) func() {
			e, err := d.erase(ctx, id, reason)
			return func() {
				d.erasing = false
				if err != nil && !isGone(err) {
					refused(err)
					return
				}
				d.dropErased(id)
				if d.may(clinical.PermitErasePatient) != nil {
					refused(ErrOtherOperator)
					return
				}
				done(e, err)
			}
		})
	})
}

// copying is ErrBackupBusy while the store is being copied into a backup. The old file
// would stay, and an erasure with it, for as long as a slow stick takes; and nothing could
// be armed meanwhile.
func (d *Desk) copying() error {
	if d.cfg.Backups == nil {
		return nil
	}
	if j := d.cfg.Backups.State().Job; j.Task == BackupWriting && !j.Cancelling {
		return ErrBackupBusy
	}
	return nil
}

// erase runs off Run's goroutine.
func (d *Desk) erase(ctx context.Context, id clinical.ID, reason string) (Erasure, error) {
	p, err := d.cfg.Patients.Patient(ctx, id)
	if err != nil {
		return Erasure{}, err
	}
	gone, err := d.cfg.Erasures.ErasePatient(ctx, id, reason)
	e := Erasure{Patient: p, Presets: gone.Presets, Treatments: gone.Treatments}
	d.backupsOf(ctx, &e)
	return e, err
}

// isGone says whether a patient is off every list although there was an error.
func isGone(err error) bool {
	switch codeOf(err) {
	case "not_erased", "not_compacted":
		return true
	}
	return false
}

// dropErased takes an erased patient off the desk, and does not let one come who is still
// being read.
func (d *Desk) dropErased(id clinical.ID) {
	d.erased[id] = true
	if d.edited.ID == id {
		d.edited = clinical.Patient{}
	}
	if d.patient != nil && d.patient.ID == id {
		d.fallBack(clinical.FellPatient)
		d.dropPatient()
		d.reselect(clinical.FellPatient)
	}
	d.publish()
}
