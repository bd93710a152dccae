package store

import (
	"errors"
	"path/filepath"
	"testing"

	bolt "go.etcd.io/bbolt"

	"stipple/app/clinical"
	"stipple/app/vault"
)

// heldStore is a store whose keys are held, with two patients; the first has a
// treatment that has not ended and one pulse in it.
func heldStore(t *testing.T) (s *Store, path string, keys *vault.Vault, p, other clinical.Patient, v clinical.Treatment) {
	t.Helper()
	keys = someKeys(t)
	path = filepath.Join(t.TempDir(), FileName)
	s = must(Open(path, Options{Sealer: keys, Now: newClock().now}))(t)
	t.Cleanup(func() { _ = s.Close() })
	ctx := t.Context()
	p = must(s.SavePatient(ctx, ana()))(t)
	second := ana()
	second.FileNumber = "F-2"
	other = must(s.SavePatient(ctx, second))(t)
	v = must(s.BeginTreatment(ctx, aTreatment(p.ID)))(t)
	if err := s.AppendPulses(ctx, v.ID, pulsesOf(1, 0, 1)); err != nil {
		t.Fatal(err)
	}
	return s, path, keys, p, other, v
}

// write puts a value as it is.
func write(t *testing.T, s *Store, bucket string, k []byte, change func(sealed []byte) []byte) {
	t.Helper()
	err := s.db.Update(func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte(bucket))
		return b.Put(k, change(append([]byte(nil), b.Get(k)...)))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Who holds the practice's key alone can't write a value that passes for a patient's.
func TestPracticeKeySealsNoPatient(t *testing.T) {
	s, _, keys, p, _, v := heldStore(t)
	ctx := t.Context()
	for _, c := range []struct {
		bucket string
		key    []byte
		read   func() error
	}{
		{bucketPatients, numbered(key(p.ID), 1), func() error { _, err := s.PatientHistory(ctx, p.ID); return err }},
		{bucketTreatments, numbered(key(v.ID), 1), func() error { _, err := s.Treatment(ctx, v.ID); return err }},
		{bucketPulses, numbered(key(v.ID), 1, 0), func() error { _, err := s.Treatment(ctx, v.ID); return err }},
	} {
		var was []byte
		write(t, s, c.bucket, c.key, func(sealed []byte) []byte {
			was = sealed
			at := vault.Place{Bucket: c.bucket, Key: c.key, Schema: SchemaVersion}
			plain := must(keys.Open(at, sealed))(t)
			return must(keys.Seal(at, noOwner, plain))(t)
		})
		if err := c.read(); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: read %v", c.bucket, err)
		}
		if err := s.Verify(ctx); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: verified %v", c.bucket, err)
		}
		write(t, s, c.bucket, c.key, func([]byte) []byte { return was })
	}
	if err := s.Verify(ctx); err != nil {
		t.Error(err)
	}
}

// A value that is marked as an erased patient's, which takes no key, does not vanish.
func TestNothingHidesBehindAnErasedPatient(t *testing.T) {
	s, _, keys, p, other, v := heldStore(t)
	ctx := t.Context()
	if err := keys.Disown(other.ID); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		bucket string
		key    []byte
	}{
		{bucketPatients, numbered(key(p.ID), 1)},
		{bucketByPatient, key(p.ID, v.ID)},
		{bucketTreatments, numbered(key(v.ID), 1)},
		{bucketPulses, numbered(key(v.ID), 1, 0)},
	} {
		var was []byte
		write(t, s, c.bucket, c.key, func(sealed []byte) []byte {
			was = append([]byte(nil), sealed...)
			copy(sealed[3:], other.ID) // behind the format and the generation
			return sealed
		})
		if err := s.Verify(ctx); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: verified %v", c.bucket, err)
		}
		write(t, s, c.bucket, c.key, func([]byte) []byte { return was })
	}
	// The list of open treatments is sealed by the practice's key, and can't give a
	// treatment to another patient.
	write(t, s, bucketOpen, key(v.ID), func([]byte) []byte {
		return must(keys.Seal(vault.Place{Bucket: bucketOpen, Key: key(v.ID), Schema: SchemaVersion}, noOwner, []byte(other.ID)))(t)
	})
	if err := s.Verify(ctx); !errors.Is(err, ErrDamaged) {
		t.Errorf("an open treatment of another: %v", err)
	}
}

// An erased patient with a treatment that never ended stops nobody else's work.
func TestErasedPatientWithAnOpenTreatment(t *testing.T) {
	s, _, keys, p, other, _ := heldStore(t)
	ctx := t.Context()
	if err := keys.Disown(p.ID); err != nil {
		t.Fatal(err)
	}
	if open, err := s.OpenTreatments(ctx); len(open) != 0 || err != nil {
		t.Error(open, err)
	}
	if _, err := s.NewestRecord(ctx); err != nil {
		t.Error(err)
	}
	v := must(s.BeginTreatment(ctx, aTreatment(other.ID)))(t)
	if open, err := s.OpenTreatments(ctx); len(open) != 1 || err != nil || open[0].ID != v.ID {
		t.Error(open, err)
	}
	if err := s.Verify(ctx); err != nil {
		t.Error(err)
	}
}

// A former revision of a treatment that can't be read is found, as the newest is.
func TestVerifyReadsFormerRevisions(t *testing.T) {
	s, _, keys, p, _, v := heldStore(t)
	ctx := t.Context()
	former, newest := numbered(key(v.ID), 1), numbered(key(v.ID), 2)
	place := func(k []byte) vault.Place {
		return vault.Place{Bucket: bucketTreatments, Key: k, Schema: SchemaVersion}
	}
	var plain []byte
	write(t, s, bucketTreatments, former, func(sealed []byte) []byte {
		plain = must(keys.Open(place(former), sealed))(t)
		return sealed
	})
	write(t, s, bucketTreatments, newest, func([]byte) []byte { return must(keys.Seal(place(newest), p.ID, plain))(t) })
	if err := s.Verify(ctx); err != nil {
		t.Error(err)
	}
	write(t, s, bucketTreatments, former, func([]byte) []byte { return must(keys.Seal(place(former), p.ID, []byte("{}x")))(t) })
	if err := s.Verify(ctx); !errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
}
