package backup

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"stipple/app/audit"
	"stipple/app/store"
	"stipple/app/vault"
)

// Who was erased since a backup is in what is restored from it: the report says whom, also
// to who can't open patients, and finds no fault in it.
func TestReportTellsOfWhoWasErasedSince(t *testing.T) {
	p := newPractice(t, true)
	earlier, done := p.erased(t) // is in neither
	must(t, <-done)
	made := p.backedUp(t)
	r, err := Drill(t.Context(), made.Path, p.identity(t), p.Keys, p.Store, t.TempDir(), nil)
	if err != nil || !r.OK() || !r.AgainAll || len(r.Again) != 0 {
		t.Errorf("with nobody erased since: %+v, %v", r, err)
	}
	who, done := p.erased(t)
	must(t, <-done)
	for name, signIn := range map[string]string{"a senior clinician": "senior", "a technician": "technician"} {
		keys, _, err := p.Slots.SignIn(signIn, []byte(passphrase), time.Now())
		must(t, err)
		r, err := Drill(t.Context(), made.Path, p.identity(t), keys, p.Store, t.TempDir(), nil)
		if err != nil || !r.OK() || !r.AgainAll || len(r.Again) != 1 {
			t.Fatalf("%s: %+v, %v", name, r, err)
		}
		a := r.Again[0]
		entries, err := p.Store.AuditEntries(t.Context(), a.Seq, 1)
		must(t, err)
		if e := entries[0]; e.Action != audit.PatientErase || e.Patient != who || a.Patient != who || !e.At.Equal(a.At) || who == earlier {
			t.Errorf("%s: %+v is told of %+v", name, a, e)
		}
		must(t, keys.Close())
	}
	after := p.backedUp(t)
	if r, err := Drill(t.Context(), after.Path, p.identity(t), p.Keys, p.Store, t.TempDir(), nil); err != nil || len(r.Again) != 0 || !r.AgainAll {
		t.Errorf("a backup from after it: %+v, %v", r, err)
	}
}

// A store that does not have the backup's past can't say who else was erased since, and
// tells of whom it knows: it was itself restored from an earlier backup.
func TestReportOfAnotherPast(t *testing.T) {
	p := newPractice(t, true)
	early := p.restored(t, p.backedUp(t))
	who, done := p.erased(t)
	must(t, <-done)
	late := p.backedUp(t)
	slots, err := vault.Load(early, cheap())
	must(t, err)
	keys, _, err := slots.SignIn("senior", []byte(passphrase), time.Now())
	must(t, err)
	s, err := store.Open(filepath.Join(early, store.FileName), store.Options{Sealer: keys})
	must(t, err)
	defer func() { must(t, errors.Join(s.Close(), keys.Close())) }()
	all, _, err := s.SearchPatients(t.Context(), "", 2)
	must(t, err)
	again := all[0].ID
	if again == who {
		again = all[1].ID
	}
	_, err = s.ErasePatient(t.Context(), again, "asked for")
	must(t, err)
	r, err := Drill(t.Context(), late.Path, p.identity(t), p.Keys, s, t.TempDir(), nil)
	if err != nil || !r.OK() || r.AgainAll || len(r.Again) != 1 || r.Again[0].Patient != again {
		t.Errorf("%+v, %v", r, err)
	}
	// With no store at hand nobody is known.
	if r, err = Drill(t.Context(), late.Path, p.identity(t), p.Keys, nil, t.TempDir(), nil); err != nil || !r.OK() || r.AgainAll || len(r.Again) != 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

// Who had come back into the running store, and was not erased there again, is in what is
// restored, too.
func TestReportOfWhoWasNeverErasedAgain(t *testing.T) {
	p := newPractice(t, true)
	made := p.backedUp(t)
	all, _, err := p.Store.SearchPatients(t.Context(), "", 1)
	must(t, err)
	who := all[0].ID
	for range 2 { // with each restoring that was followed by another
		must(t, p.Store.Audit(t.Context(), audit.Entry{Action: audit.PatientAgain, Patient: who, Subject: audit.Subject{Kind: audit.SubjectPatient, ID: string(who)}}))
	}
	r, err := Drill(t.Context(), made.Path, p.identity(t), p.Keys, p.Store, t.TempDir(), nil)
	if err != nil || !r.AgainAll || len(r.Again) != 1 || r.Again[0].Patient != who {
		t.Errorf("%+v, %v", r, err)
	}
}
