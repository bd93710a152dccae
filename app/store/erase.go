package store

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"stipple/app/audit"
	"stipple/app/clinical"
	"stipple/app/fold"
	"stipple/app/vault"
)

// ErasePatient erases a patient, on behalf of who is at work in ctx and for a reason,
// which stays in the audit chain and must not name the patient.
//
// It is done in three steps, which the next opening finishes wherever they end: one
// write takes the patient and all of theirs out of the file, keeps the safety records
// under a pseudonym, and audits it; the patient's key is dropped; and the file is written
// anew, so that nothing stays in its free pages. Reads and, but for the time of the copy,
// writes go on. It returns when the old file is gone, which may be behind a Snapshot.
//
// Errors, with nothing erased: *InvalidError for the reason; ErrNotFound;
// ErrTreatmentOpen, also for a treatment whose outcome is not signed; those of reading and
// writing. With the patient off every list: ErrNotErased, ErrNotCompacted. A second call
// goes on where the first has ended.
func (s *Store) ErasePatient(ctx context.Context, id clinical.ID, reason string) (clinical.Erased, error) {
	reason = tidy(reason)
	c := checker{record: "erasure"}
	c.text("Reason", reason, audit.MaxWhyRunes)
	if err := c.err(); err != nil {
		return clinical.Erased{}, err
	}
	who := audit.Who(ctx)
	who.Why = reason
	ctx = audit.By(ctx, who)
	e := clinical.Erased{Patient: id}
	if err := s.update(ctx, func(t *txn) error { return s.takeOut(ctx, t, &e, reason) }); err != nil {
		return clinical.Erased{}, err
	}
	// From here on nothing is given up halfway by whoever waits for it.
	ctx = context.WithoutCancel(ctx)
	if err := s.dropKey(ctx, id); err != nil {
		return e, fmt.Errorf("%w: %w", ErrNotErased, err)
	}
	err := s.compactNow()
	if err != nil && !errors.Is(err, ErrNotCompacted) {
		err = fmt.Errorf("%w: %w", ErrNotCompacted, err) // whatever it was, the patient is gone
	}
	return e, err
}

// takeOut is the write: everything of the patient goes, what is kept comes.
func (s *Store) takeOut(ctx context.Context, t *txn, e *clinical.Erased, reason string) error {
	id := e.Patient
	if !validID(id) {
		return fmt.Errorf("patient: %w", ErrNotFound)
	}
	if begun, err := t.has(bucketErasing, key(id)); begun || err != nil {
		return err // a first call has done this
	}
	if err := t.mustHavePatient(id); err != nil {
		return err
	}
	if err := errors.Join(t.mustNotBeTreated(id), t.mustNotName(id, reason)); err != nil {
		return err
	}
	kept, err := t.safetyOf(id)
	if err != nil {
		return err
	}
	if err := s.keepSafety(t, kept); err != nil {
		return err
	}
	e.Treatments = len(kept)
	if e.Presets, err = t.presetsOf(id); err != nil {
		return err
	}
	if err := t.deleteOf(id); err != nil {
		return err
	}
	if err := t.put(bucketErasing, id, key(id), nil); err != nil {
		return err
	}
	if err := t.markCompact(); err != nil {
		return err
	}
	t.then(func(ix *index) { ix.drop(id) })
	return s.patientErased(ctx, t, *e)
}

// mustNotBeTreated is ErrTreatmentOpen for a patient with a treatment on the list of the
// open ones, where an uncertain one stays until it is signed.
func (t *txn) mustNotBeTreated(id clinical.ID) error {
	return t.scan(bucketOpen, nil, func(_, plain []byte) error {
		of, err := openOf(plain)
		if err == nil && of == id {
			err = ErrTreatmentOpen
		}
		return err
	})
}

// mustNotName refuses a reason in which a word stands that names the patient, now or in
// an earlier revision.
func (t *txn) mustNotName(id clinical.ID, reason string) error {
	words := func(p clinical.Patient) []string { return strings.Split(string(appendWords(nil, p)), string(wordMark)) }
	said := append(words(clinical.Patient{FamilyName: reason}), strings.FieldsFunc(fold.Text(reason), fold.NotWord)...)
	return t.scan(bucketPatients, key(id), func(k, plain []byte) error {
		_, n, err := splitKey(k, 1, 1)
		if err != nil {
			return err
		}
		p, err := unpackPatient(id, n[0], plain)
		if err != nil {
			return err
		}
		names := words(p)
		for _, w := range said {
			// One letter names nobody.
			if len(w) > 1 && slices.Contains(names, w) {
				return &InvalidError{Record: "erasure", Fields: []FieldError{{"Reason", NamesPerson}}}
			}
		}
		return nil
	})
}

// safetyOf is what is kept of a patient's treatments, in their order.
func (t *txn) safetyOf(id clinical.ID) ([]clinical.SafetyRecord, error) {
	var all []clinical.Treatment
	err := t.scan(bucketByPatient, key(id), func(k, _ []byte) error {
		ids, _, err := splitKey(k, 2, 0)
		if err != nil {
			return err
		}
		v, err := t.treatment(ids[1])
		if errors.Is(err, ErrNotFound) {
			err = damaged("treatment is listed but missing")
		}
		if err == nil && v.Patient != id {
			err = damaged("a treatment on another patient's list")
		}
		all = append(all, v)
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(all, func(a, b clinical.Treatment) int {
		return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.ID, b.ID))
	})
	var kept []clinical.SafetyRecord
	for _, v := range all {
		kept = append(kept, v.Safety())
	}
	return kept, nil
}

// keepSafety writes records under a new pseudonym. They are sealed for the practice: there
// is no patient any more.
func (s *Store) keepSafety(t *txn, kept []clinical.SafetyRecord) error {
	pseudonym, err := s.ids.pseudonym()
	if err != nil {
		return err
	}
	for i, r := range kept {
		if err := t.putSafety(numbered(key(pseudonym), uint32(i+1)), r); err != nil {
			return err
		}
	}
	return nil
}

// putSafety writes a record. Alarms that a value has no room for are left out and counted:
// nothing that a pen has said may keep a patient from being erased.
func (t *txn) putSafety(k []byte, r clinical.SafetyRecord) error {
	for {
		err := t.putJSON(bucketSafety, noOwner, k, packSafety(r))
		n := len(r.Alarms)
		if n == 0 || !errors.Is(err, ErrTooLarge) {
			return err
		}
		r.Alarms, r.AlarmsLeftOut = r.Alarms[:n/2], r.AlarmsLeftOut+n-n/2
	}
}

// presetsOf is how many presets a patient has on the list.
func (t *txn) presetsOf(id clinical.ID) (int, error) {
	listed := map[clinical.ID]bool{}
	err := t.scan(bucketPresets, key(id), func(k, plain []byte) error {
		ids, n, err := splitKey(k, 2, 1)
		if err != nil {
			return err
		}
		_, deleted, err := unpackPreset(id, ids[1], n[0], plain)
		if deleted {
			delete(listed, ids[1])
		} else {
			listed[ids[1]] = true
		}
		return err
	})
	return len(listed), err
}

// deleteOf deletes all that a patient has in the file.
func (t *txn) deleteOf(id clinical.ID) error {
	treatments, err := t.keysOf(bucketByPatient, key(id))
	if err != nil {
		return err
	}
	for _, k := range treatments {
		for _, name := range treatmentBuckets() {
			if err := t.deleteAll(name, k[idLen:]); err != nil {
				return err
			}
		}
	}
	for _, name := range patientBuckets() {
		if err := t.deleteAll(name, key(id)); err != nil {
			return err
		}
	}
	return nil
}

// patientBuckets are those whose keys begin with a patient, but for that of erasures;
// treatmentBuckets those of a patient's whose keys begin with a treatment.
func patientBuckets() []string {
	return []string{bucketPatients, bucketRecent, bucketPresets, bucketScreenings, bucketByPatient}
}

func treatmentBuckets() []string {
	return []string{bucketTreatments, bucketPulses, bucketAlarms, bucketHandOvers}
}

// keysOf lists the keys of a bucket with a prefix.
func (t *txn) keysOf(name string, prefix []byte) ([][]byte, error) {
	b, err := t.bucket(name)
	if err != nil {
		return nil, err
	}
	var all [][]byte
	c := b.Cursor()
	for k, _ := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		all = append(all, bytes.Clone(k))
	}
	return all, nil
}

// deleteAll deletes them.
func (t *txn) deleteAll(name string, prefix []byte) error {
	all, err := t.keysOf(name, prefix)
	if err != nil {
		return err
	}
	for _, k := range all {
		if err := t.delete(name, k); err != nil {
			return err
		}
	}
	return nil
}

// dropKey drops the key of a patient who was taken out of the file, and then forgets that
// this had to be done. What stands for it is sealed for the patient, so that nobody
// without the patient key can have somebody erased.
func (s *Store) dropKey(ctx context.Context, id clinical.ID) error {
	err := s.view(ctx, func(t *txn) error {
		_, err := t.get(bucketErasing, key(id))
		return err
	})
	switch {
	case errors.Is(err, ErrNotFound):
		return nil // another call was faster
	case errors.Is(err, vault.ErrErased): // it was dropped, and not forgotten
	case err != nil:
		return err
	default:
		if err := s.sealer.Disown(id); err != nil {
			return classify(err)
		}
	}
	return s.update(ctx, func(t *txn) error {
		return errors.Join(t.delete(bucketErasing, key(id)), t.markCompact())
	})
}

// finishErasures drops the keys that a crash or a full disk has left. A sign-in without
// the patient key leaves them to the next.
func (s *Store) finishErasures() (undone []error) {
	ctx := context.Background()
	var left [][]byte
	err := s.view(ctx, func(t *txn) (err error) {
		left, err = t.keysOf(bucketErasing, nil)
		return err
	})
	if err != nil {
		return []error{err}
	}
	for _, k := range left {
		ids, _, err := splitKey(k, 1, 0)
		if err == nil {
			err = s.dropKey(ctx, ids[0])
		}
		if err != nil && !errors.Is(err, vault.ErrNoPatientKey) {
			undone = append(undone, fmt.Errorf("%w: %w", ErrNotErased, err))
		}
	}
	return undone
}

// compactNow writes the file anew where that is marked, while others work.
func (s *Store) compactNow() error {
	old, err := s.compactHeld()
	return errors.Join(err, s.retire(old))
}

// compactHeld is the part that holds the writer's token.
func (s *Store) compactHeld() ([]outgoing, error) {
	s.writer <- struct{}{}
	defer func() { <-s.writer }()
	if err := s.usable(context.Background()); err != nil {
		return nil, err
	}
	err := s.compactIfMarked()
	return s.takeOutgoing(), err
}

// patientErased is the entry of an erasure: whom, by the id, and how much.
func (s *Store) patientErased(ctx context.Context, t *txn, e clinical.Erased) error {
	count := func(n int) audit.Value { return audit.Amount(audit.Count, int64(n)) }
	return s.record(ctx, t, clinical.Operator{}, audit.Entry{
		Action: audit.PatientErase, Patient: e.Patient,
		Subject: audit.Subject{Kind: audit.SubjectPatient, ID: string(e.Patient)},
		Changes: join(field("presets", count(e.Presets), audit.Value{}), field("treatments", count(e.Treatments), audit.Value{})),
	})
}

// SafetyRecords returns what is kept of the treatments of all who were erased, those of
// one pseudonym together and in their order. They open for every sign-in.
func (s *Store) SafetyRecords(ctx context.Context) ([]clinical.SafetyRecord, error) {
	var all []clinical.SafetyRecord
	err := s.view(ctx, func(t *txn) error {
		return t.scan(bucketSafety, nil, func(k, plain []byte) error {
			ids, n, err := splitKey(k, 1, 1)
			if err != nil {
				return err
			}
			r, err := unpackSafety(ids[0], n[0], plain)
			all = append(all, r)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}
