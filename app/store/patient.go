package store

import (
	"context"
	"encoding/binary"
	"fmt"

	"stipple/app/clinical"
	"stipple/app/fold"
	"stipple/app/vault"
)

// SavePatient stores a new patient (zero ID) or the next revision of one, and
// returns it as stored: texts without stray spaces, ID, Revision, Created and
// Updated set here whatever the caller put there. The patient counts as just used.
//
// Errors: *InvalidError with the field, also for a file number that another
// patient has (Duplicate; compared without accents, case and spaces);
// ErrNotFound for an unknown ID; ErrConflict if p.Revision is not the newest.
func (s *Store) SavePatient(ctx context.Context, p clinical.Patient) (clinical.Patient, error) {
	p.FamilyName, p.GivenName, p.FileNumber = tidy(p.FamilyName), tidy(p.GivenName), tidy(p.FileNumber)
	now := s.clock()
	c := checker{record: "patient"}
	c.patient(p, now)
	if err := c.err(); err != nil {
		return clinical.Patient{}, err
	}
	p.Updated = now
	err := s.update(ctx, func(t *txn) (err error) {
		var before clinical.Patient
		if p.ID == "" {
			p.Revision, p.Created = 0, now
			p.ID, err = s.ids.next()
		} else {
			before, err = t.patientAt(p.ID, p.Revision)
			p.Created = before.Created
		}
		if err != nil {
			return err
		}
		if other, taken := s.fileNumberOwner(p.FileNumber); taken && other != p.ID {
			return &InvalidError{Record: "patient", Fields: []FieldError{{"FileNumber", Duplicate}}}
		}
		if p.Revision == 0 { // no key for one that is refused
			if err := s.sealer.Own(p.ID); err != nil {
				return err
			}
		}
		p.Revision++
		return s.putPatient(ctx, t, before, p)
	})
	if err != nil {
		return clinical.Patient{}, err
	}
	return p, nil
}

// putPatient writes a revision of a patient as it is.
func (s *Store) putPatient(ctx context.Context, t *txn, before, p clinical.Patient) error {
	if err := t.putJSON(bucketPatients, p.ID, numbered(key(p.ID), uint32(p.Revision)), packPatient(p)); err != nil {
		return err
	}
	if err := s.patientSaved(ctx, t, before, p); err != nil {
		return err
	}
	t.then(func(ix *index) { ix.put(p) })
	return t.touch(p.ID)
}

// patientAt reads the newest revision of a patient, which must be the given one.
func (t *txn) patientAt(id clinical.ID, based int) (clinical.Patient, error) {
	plain, err := t.checkRevision(bucketPatients, based, id)
	if err != nil {
		return clinical.Patient{}, err
	}
	return unpackPatient(id, uint32(based), plain)
}

// fileNumberOwner says who has a file number. Only a writer may rely on it.
func (s *Store) fileNumberOwner(number string) (clinical.ID, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	id, ok := s.index.byNumber[fold.Number(number)]
	return id, ok
}

// Patient returns the newest revision of a patient. ErrNotFound if there is none.
func (s *Store) Patient(ctx context.Context, id clinical.ID) (clinical.Patient, error) {
	if err := s.usable(ctx); err != nil {
		return clinical.Patient{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.index.sealed {
		return clinical.Patient{}, vault.ErrNoPatientKey
	}
	n, ok := s.index.numbers[id]
	if !ok {
		return clinical.Patient{}, ErrNotFound
	}
	return s.index.patients[n], nil
}

// PatientHistory returns all revisions of a patient, oldest first. ErrNotFound
// if there is no such patient.
func (s *Store) PatientHistory(ctx context.Context, id clinical.ID) ([]clinical.Patient, error) {
	if !validID(id) {
		return nil, ErrNotFound
	}
	var all []clinical.Patient
	err := s.view(ctx, func(t *txn) error {
		return t.scan(bucketPatients, key(id), func(k, plain []byte) error {
			_, n, err := splitKey(k, 1, 1)
			if err != nil {
				return err
			}
			p, err := unpackPatient(id, n[0], plain)
			all = append(all, p)
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

// SearchPatients finds the patients that fit every word of the query, most
// recently used first: at most limit of them (none for a limit below 1), and how
// many fit in all. A word fits if a name, the file number or the birth date
// begins with it; case and accents don't count, nor does the order of the words.
// Birth dates may be typed year first, day first or month first, with any of
// ". - /" or none. The empty query finds everybody.
func (s *Store) SearchPatients(ctx context.Context, query string, limit int) ([]clinical.Patient, int, error) {
	if err := s.usable(ctx); err != nil {
		return nil, 0, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.index.sealed {
		return nil, 0, vault.ErrNoPatientKey
	}
	hits, total := s.index.search(query, limit)
	return hits, total, nil
}

// Touch marks a patient as just used, which puts it first in a search.
// ErrNotFound if there is none.
func (s *Store) Touch(ctx context.Context, id clinical.ID) error {
	return s.update(ctx, func(t *txn) error {
		if err := t.mustHavePatient(id); err != nil {
			return err
		}
		return t.touch(id)
	})
}

// mustHavePatient is ErrNotFound for a patient that does not exist.
func (t *txn) mustHavePatient(id clinical.ID) error {
	if !validID(id) {
		return fmt.Errorf("patient: %w", ErrNotFound)
	}
	if _, _, err := t.last(bucketPatients, key(id)); err != nil {
		return fmt.Errorf("patient: %w", err)
	}
	return nil
}

// touch writes the number of this use: a counter, so that a clock that is set
// back does not disturb the order.
func (t *txn) touch(id clinical.ID) error {
	b, err := t.bucket(bucketRecent)
	if err != nil {
		return err
	}
	n, err := b.NextSequence()
	if err != nil {
		return err
	}
	if err := t.put(bucketRecent, id, key(id), binary.BigEndian.AppendUint64(nil, n)); err != nil {
		return err
	}
	t.then(func(ix *index) { ix.touch(id) })
	return nil
}
