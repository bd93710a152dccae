package backup

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"stipple/app/clinical"
	"stipple/app/store"
	"stipple/app/vault"
)

// erased begins to erase the first patient and returns once the key is dropped; the file
// may be written anew later.
func (p practice) erased(t *testing.T) (who clinical.ID, done chan error) {
	t.Helper()
	all, _, err := p.Store.SearchPatients(t.Context(), "", 1)
	must(t, err)
	who, done = all[0].ID, make(chan error, 1)
	go func() {
		_, err := p.Store.ErasePatient(t.Context(), who, "asked for")
		done <- err
	}()
	for !errors.Is(p.Keys.Own(who), vault.ErrErased) {
		if len(done) > 0 {
			t.Fatal(<-done)
		}
		runtime.Gosched()
	}
	return who, done
}

// beside makes a backup in which a patient is erased between the moment of the store and
// that of the keys.
func (p practice) beside(t *testing.T) (made Made, who clinical.ID) {
	t.Helper()
	made.Path = filepath.Join(t.TempDir(), Name(madeAt()))
	f, err := os.Create(made.Path)
	must(t, err)
	sealed, err := p.Slots.EncryptFor(f, p.identity(t))
	must(t, err)
	var done chan error
	must(t, p.Store.Snapshot(t.Context(), func(s *store.Snapshot) (err error) {
		who, done = p.erased(t)
		var size int64
		made.Manifest, err = p.pack(t.Context(), sealed, s, madeAt(), &size, func() {})
		return err
	}))
	must(t, errors.Join(sealed.Close(), f.Close(), <-done))
	return made, who
}

// A backup from before an erasure still has the patient, as the list of backups says; one
// from after it does not, nor one in the middle, which is whole all the same.
func TestBackupsAroundAnErasure(t *testing.T) {
	p := newPractice(t, true)
	before := p.backedUp(t)
	first, done := p.erased(t)
	must(t, <-done)
	after := p.backedUp(t)
	middle, second := p.beside(t)
	for name, c := range map[string]struct {
		made Made
		who  clinical.ID
		has  bool
	}{"before": {before, first, true}, "after": {after, first, false}, "in the middle": {middle, second, false}} {
		dir := p.restored(t, c.made)
		r, err := Drill(t.Context(), c.made.Path, p.identity(t), p.Keys, p.Store, t.TempDir(), nil)
		if err != nil || !r.OK() {
			t.Errorf("%s: drilled: %+v, %v", name, r, err)
		}
		slots, err := vault.Load(dir, cheap())
		must(t, err)
		keys, _, err := slots.SignIn("senior", []byte(passphrase), time.Now())
		must(t, err)
		s, err := store.Open(filepath.Join(dir, store.FileName), store.Options{Sealer: keys})
		must(t, err)
		if _, err := s.Patient(t.Context(), c.who); (err == nil) != c.has {
			t.Errorf("%s: %v", name, err)
		}
		if err := s.Unfinished(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		must(t, errors.Join(s.Verify(t.Context()), s.Close(), keys.Close()))
	}
}
