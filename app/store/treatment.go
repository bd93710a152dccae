package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"stipple/app/clinical"
	"stipple/app/vault"
)

// BeginTreatment writes down that a treatment is meant to happen, and returns it
// as stored. It is on disk, synced, when the call returns nil: only then may ARM
// leave for the pen. The ID is made here unless the caller brings one of NewID;
// Revision is 1, Started is now unless set, Outcome is intent unless it is open.
// The patient counts as just used.
//
// Errors: *InvalidError with the field (pulses, alarms, hand-overs and an end are
// NotAllowed here); ErrNotFound for an unknown patient; ErrConflict if the ID is taken.
func (s *Store) BeginTreatment(ctx context.Context, t clinical.Treatment) (clinical.Treatment, error) {
	if t.Outcome == "" {
		t.Outcome = clinical.OutcomeIntent
	}
	if t.Started.IsZero() {
		t.Started = s.clock()
	}
	t = stored(t)
	c := checker{record: "treatment"}
	c.that(t.ID == "" || validID(t.ID), "ID", BadValue)
	c.treatment(t)
	c.that(t.Outcome == clinical.OutcomeIntent || t.Outcome == clinical.OutcomeOpen, "Outcome", NotAllowed)
	c.that(t.Ended.IsZero(), "Ended", NotAllowed)
	c.that(len(t.Pulses) == 0, "Pulses", NotAllowed)
	c.that(len(t.Alarms) == 0, "Alarms", NotAllowed)
	c.that(len(t.HandOvers) == 0, "HandOvers", NotAllowed)
	c.that(t.Reconciled.Cause == "", "Reconciled", NotAllowed)
	if err := c.err(); err != nil {
		return clinical.Treatment{}, err
	}
	err := s.update(ctx, func(x *txn) (err error) {
		if err := x.mustHavePatient(t.Patient); err != nil {
			return err
		}
		if t.ID == "" {
			if t.ID, err = s.ids.next(); err != nil {
				return err
			}
		}
		switch _, _, err := x.last(bucketTreatments, key(t.ID)); {
		case err == nil:
			return fmt.Errorf("%w: the id is taken", ErrConflict)
		case !errors.Is(err, ErrNotFound):
			return err
		}
		t.Revision = 1
		if err := x.putHead(t); err != nil {
			return err
		}
		if err := s.treatmentChanged(ctx, x, clinical.Treatment{}, t); err != nil {
			return err
		}
		return x.touch(t.Patient)
	})
	if err != nil {
		return clinical.Treatment{}, err
	}
	return t, nil
}

// AmendTreatment stores the next revision of the head of an open treatment:
// settings applied, passes, tip, outcome intent, open or uncertain. Pulses,
// alarms and hand-overs of t are not stored, and come back as they are; append them. A
// treatment that has become uncertain stays so: only ReconcileTreatment leads on.
//
// Errors: *InvalidError with the field (Patient and Started can't change);
// ErrNotFound; ErrConflict if t.Revision is not the newest; ErrEnded.
func (s *Store) AmendTreatment(ctx context.Context, t clinical.Treatment) (clinical.Treatment, error) {
	t = stored(t)
	c := checker{record: "treatment"}
	c.treatment(t)
	c.that(t.Ended.IsZero(), "Ended", NotAllowed)
	c.that(t.Reconciled.Signature.Verdict == "", "Reconciled.Signature", NotAllowed)
	switch t.Outcome {
	case clinical.OutcomeIntent, clinical.OutcomeOpen, clinical.OutcomeUncertain:
	default:
		c.refuse("Outcome", NotAllowed)
	}
	if err := c.err(); err != nil {
		return clinical.Treatment{}, err
	}
	return s.revise(ctx, t)
}

// EndTreatment stores the last revision of the head of a treatment, with outcome
// complete, stopped or not armed; Ended is now unless set. From then on the record
// can't be changed. One that is uncertain ends by a signature, with
// ReconcileTreatment. Pulses, alarms and hand-overs of t are not stored, and come back as
// they are; append them before.
//
// Errors as with AmendTreatment, ErrEnded also if it had ended before.
func (s *Store) EndTreatment(ctx context.Context, t clinical.Treatment) (clinical.Treatment, error) {
	if t.Ended.IsZero() {
		t.Ended = s.clock()
	}
	t = stored(t)
	c := checker{record: "treatment"}
	c.treatment(t)
	c.that(!t.Ended.Before(t.Started), "Ended", BadValue)
	switch t.Outcome {
	case clinical.OutcomeComplete, clinical.OutcomeStopped, clinical.OutcomeNotArmed:
	default:
		c.refuse("Outcome", NotAllowed)
	}
	c.that(t.Reconciled.Signature.Verdict == "", "Reconciled.Signature", NotAllowed)
	if err := c.err(); err != nil {
		return clinical.Treatment{}, err
	}
	return s.revise(ctx, t)
}

// ReconcileTreatment stores what became known of a treatment whose outcome is
// uncertain: the next revision of its head, and those pulses of t that are not
// stored yet, in one synced write, so that from whom a pulse is known never
// stands without the pulse. With a signature it is the last revision: the
// outcome is reconciled where all is known, or uncertain, which it then stays
// for ever. Pulses, alarms and hand-overs come back as they are; the latter two of t
// are not stored.
//
// Errors, with nothing stored: *InvalidError with the field; ErrNotFound;
// ErrConflict if t.Revision is not the newest, or if a stored pulse was reported
// otherwise; ErrEnded.
func (s *Store) ReconcileTreatment(ctx context.Context, t clinical.Treatment) (clinical.Treatment, error) {
	signed := t.Reconciled.Signature.Verdict != ""
	if signed && t.Ended.IsZero() {
		t.Ended = s.clock()
	}
	t = stored(t)
	c := checker{record: "treatment"}
	c.treatment(t)
	c.reconciled(t, signed)
	if err := c.err(); err != nil {
		return clinical.Treatment{}, err
	}
	return s.reviseWith(ctx, t, t.Pulses)
}

// revise writes the next revision of an open treatment's head; with an end, the last.
func (s *Store) revise(ctx context.Context, t clinical.Treatment) (clinical.Treatment, error) {
	return s.reviseWith(ctx, t, nil)
}

// reviseWith is revise together with pulses.
func (s *Store) reviseWith(ctx context.Context, t clinical.Treatment, pulses []clinical.Pulse) (clinical.Treatment, error) {
	err := s.update(ctx, func(x *txn) error {
		owner, err := x.mustBeOpen(t.ID)
		if err != nil {
			return err
		}
		differ, err := x.appendPulses(t.ID, owner, pulses)
		if err := errors.Join(err, errors.Join(differ...)); err != nil {
			return err
		}
		plain, err := x.checkRevision(bucketTreatments, t.Revision, t.ID)
		if err != nil {
			return err
		}
		before, _, err := unpackTreatment(t.ID, uint32(t.Revision), plain)
		if err != nil {
			return err
		}
		if owner != before.Patient {
			return damaged("the list of open treatments names another patient")
		}
		c := checker{record: "treatment"}
		c.that(t.Patient == before.Patient, "Patient", CantChange)
		c.that(t.Started.Equal(before.Started), "Started", CantChange)
		c.that(before.Outcome != clinical.OutcomeUncertain || t.Reconciled.Cause != "" || before.Reconciled.Cause == "", "Reconciled.Cause", CantChange)
		c.that(before.Outcome != clinical.OutcomeUncertain || t.Outcome == clinical.OutcomeUncertain || t.Outcome == clinical.OutcomeReconciled, "Outcome", CantChange)
		if err := c.err(); err != nil {
			return err
		}
		t.Revision++
		if err := x.putHead(t); err != nil {
			return err
		}
		return s.treatmentChanged(ctx, x, before, t)
	})
	if err != nil {
		return clinical.Treatment{}, err
	}
	return t, nil
}

// stored is a head as it will be read back: times in UTC, copies of slices.
func stored(t clinical.Treatment) clinical.Treatment {
	t.Started, t.Ended = utc(t.Started), utc(t.Ended)
	t.Applied = slices.Clone(t.Applied)
	for i := range t.Applied {
		t.Applied[i].At = utc(t.Applied[i].At)
	}
	t.Arms = slices.Clone(t.Arms)
	for i := range t.Arms {
		t.Arms[i].At = utc(t.Arms[i].At)
	}
	t.FallBacks = slices.Clone(t.FallBacks)
	for i := range t.FallBacks {
		t.FallBacks[i].At = utc(t.FallBacks[i].At)
	}
	r := &t.Reconciled
	r.LostAt, r.AskedAt, r.Signature.At = utc(r.LostAt), utc(r.AskedAt), utc(r.Signature.At)
	r.Contradiction, r.Events = slices.Clone(r.Contradiction), slices.Clone(r.Events)
	for i := range r.Contradiction {
		c := &r.Contradiction[i]
		c.Console.At, c.Pen.At = utc(c.Console.At), utc(c.Pen.At)
	}
	for i := range r.Events {
		r.Events[i].At = utc(r.Events[i].At)
	}
	return t
}

// putHead writes a revision of a treatment's head, and puts the treatment on the
// list of its patient and on or off that of the open ones. The last revision
// carries the numbers of pulses, alarms and hand-overs.
func (t *txn) putHead(v clinical.Treatment) error {
	head := packTreatment(v)
	var listed error
	if v.Ended.IsZero() {
		listed = t.put(bucketOpen, noOwner, key(v.ID), []byte(v.Patient))
	} else {
		pulses, err := t.pulses(v.ID, v.Patient)
		if err != nil {
			return err
		}
		alarms, err := t.alarms(v.ID, v.Patient)
		if err != nil {
			return err
		}
		hands, err := t.handOvers(v.ID, v.Patient)
		if err != nil {
			return err
		}
		head.PulseCount, head.AlarmCount, head.HandCount = len(pulses), len(alarms), len(hands)
		listed = t.delete(bucketOpen, key(v.ID))
	}
	if listed != nil {
		return listed
	}
	if err := t.put(bucketByPatient, v.Patient, key(v.Patient, v.ID), nil); err != nil {
		return err
	}
	return t.putJSON(bucketTreatments, v.Patient, numbered(key(v.ID), uint32(v.Revision)), head)
}

// mustBeOpen is the patient of an open treatment: ErrNotFound for one that does not
// exist and ErrEnded for one that has ended.
func (t *txn) mustBeOpen(id clinical.ID) (patient clinical.ID, err error) {
	if !validID(id) {
		return "", ErrNotFound
	}
	plain, err := t.get(bucketOpen, key(id))
	if err == nil {
		return openOf(plain)
	}
	if !errors.Is(err, ErrNotFound) {
		return "", err
	}
	if _, _, err := t.last(bucketTreatments, key(id)); err != nil {
		return "", err
	}
	return "", ErrEnded
}

// openOf is the patient that the list of open treatments names.
func openOf(plain []byte) (clinical.ID, error) {
	if id := clinical.ID(plain); validID(id) {
		return id, nil
	}
	return "", damaged("an open treatment without a patient")
}

// Treatment returns the newest revision of a treatment with all its pulses and
// alarms. ErrNotFound if there is none.
func (s *Store) Treatment(ctx context.Context, id clinical.ID) (clinical.Treatment, error) {
	if !validID(id) {
		return clinical.Treatment{}, ErrNotFound
	}
	var v clinical.Treatment
	err := s.view(ctx, func(t *txn) (err error) {
		v, err = t.treatment(id)
		return err
	})
	if err != nil {
		return clinical.Treatment{}, err
	}
	return v, nil
}

// Treatments returns all treatments of a patient, newest first, complete with
// pulses and alarms: a list shows their number and energy. About 1 µs a pulse.
func (s *Store) Treatments(ctx context.Context, patient clinical.ID) ([]clinical.Treatment, error) {
	if !validID(patient) {
		return nil, nil
	}
	return s.listTreatments(ctx, bucketByPatient, key(patient), 2)
}

// OpenTreatments returns the treatments that have not ended, newest first,
// complete. At the start of the program these are what a crash interrupted: their
// outcome has to be reconciled with the pen.
func (s *Store) OpenTreatments(ctx context.Context) ([]clinical.Treatment, error) {
	return s.listTreatments(ctx, bucketOpen, nil, 1)
}

// listTreatments reads the treatments that an index bucket names, whose keys
// have so many ids, the treatment's last.
func (s *Store) listTreatments(ctx context.Context, bucket string, prefix []byte, ids int) ([]clinical.Treatment, error) {
	var all []clinical.Treatment
	err := s.view(ctx, func(t *txn) error {
		return t.scan(bucket, prefix, func(k, plain []byte) error {
			id, _, err := splitKey(k, ids, 0)
			if err != nil {
				return err
			}
			v, err := t.treatment(id[ids-1])
			switch {
			case errors.Is(err, ErrNotFound):
				err = damaged("treatment is listed but missing")
			case errors.Is(err, vault.ErrErased):
				return t.mustBeErased(bucket, id[ids-1], plain)
			}
			all = append(all, v)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(all, func(a, b clinical.Treatment) int { return b.Started.Compare(a.Started) })
	return all, nil
}

// TreatmentHistory returns all revisions of a treatment's head, oldest first,
// without pulses and alarms. ErrNotFound if there is no such treatment.
func (s *Store) TreatmentHistory(ctx context.Context, id clinical.ID) ([]clinical.Treatment, error) {
	if !validID(id) {
		return nil, ErrNotFound
	}
	var all []clinical.Treatment
	err := s.view(ctx, func(t *txn) error {
		owner, err := t.ownerOf(id)
		if err != nil {
			return err
		}
		return t.scanOf(bucketTreatments, key(id), owner, func(k, plain []byte) error {
			_, n, err := splitKey(k, 1, 1)
			if err != nil {
				return err
			}
			v, _, err := unpackTreatment(id, n[0], plain)
			all = append(all, v)
			return err
		})
	})
	if err == nil && len(all) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return all, nil
}

// treatment reads a treatment's newest head with its pulses and alarms.
func (t *txn) treatment(id clinical.ID) (clinical.Treatment, error) {
	revision, plain, err := t.last(bucketTreatments, key(id))
	if err != nil {
		return clinical.Treatment{}, err
	}
	v, head, err := unpackTreatment(id, revision, plain)
	if err == nil {
		var owner clinical.ID
		if owner, err = t.ownerOf(id); err == nil && owner != v.Patient && t.schema >= firstSealed {
			err = damaged("a treatment that is sealed for another")
		}
	}
	if err != nil {
		return clinical.Treatment{}, err
	}
	if v.Pulses, err = t.pulses(id, v.Patient); err != nil {
		return clinical.Treatment{}, err
	}
	if v.Alarms, err = t.alarms(id, v.Patient); err != nil {
		return clinical.Treatment{}, err
	}
	if v.HandOvers, err = t.handOvers(id, v.Patient); err != nil {
		return clinical.Treatment{}, err
	}
	if !v.Ended.IsZero() && (len(v.Pulses) != head.PulseCount || len(v.Alarms) != head.AlarmCount || len(v.HandOvers) != head.HandCount) {
		return clinical.Treatment{}, damaged("treatment ended with %d pulses, %d alarms and %d hand-overs, has %d, %d and %d",
			head.PulseCount, head.AlarmCount, head.HandCount, len(v.Pulses), len(v.Alarms), len(v.HandOvers))
	}
	return v, nil
}
