package backup

import (
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"stipple/app/store"
	"stipple/app/vault"
)

// restored restores a backup by the recovery code, compares it, and returns the folder.
func (p practice) restored(t *testing.T, made Made) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "new")
	m, err := Restore(t.Context(), made.Path, p.code, dir, nil)
	must(t, err)
	slots, err := vault.Load(dir, cheap())
	must(t, err)
	keys, err := slots.Recover(p.code, time.Now())
	must(t, err)
	r, err := Compare(t.Context(), dir, m, keys, nil)
	must(t, errors.Join(err, keys.Close()))
	if !r.OK() || !r.Patients {
		t.Errorf("%+v", r)
	}
	return dir
}

// A backup from before, from the middle and from after a re-key is whole, and opens with
// what is in it; one from before is not the running store's to open any more.
func TestBackupsAroundARekey(t *testing.T) {
	p := newPractice(t, true)
	before := p.backedUp(t)
	must(t, p.Slots.BeginRekey(p.Keys))
	begun := p.backedUp(t)
	must(t, p.Store.Rekey(t.Context(), nil))
	through := p.backedUp(t)
	must(t, p.Slots.EndRekey(p.Keys))
	after := p.backedUp(t)
	_, all, err := p.Store.SearchPatients(t.Context(), "", 0)
	must(t, err)
	for name, made := range map[string]Made{"before": before, "begun": begun, "through": through, "after": after} {
		dir := p.restored(t, made)
		if got := searched(t, dir, "senior"); got != all {
			t.Errorf("%s: %d of %d patients", name, got, all)
		}
		_, err := Drill(t.Context(), made.Path, p.identity(t), p.Keys, p.Store, t.TempDir(), nil)
		if name == "after" && err != nil || name != "after" && !errors.Is(err, vault.ErrReplaced) {
			t.Errorf("%s: drilled: %v", name, err)
		}
		// The restored store brings its re-key to an end of its own.
		slots, err := vault.Load(dir, cheap())
		must(t, err)
		keys, _, err := slots.SignIn("senior", []byte(passphrase), time.Now())
		must(t, err)
		s, err := store.Open(filepath.Join(dir, store.FileName), store.Options{Sealer: keys})
		must(t, err)
		if wants := slots.WantsRekey(keys); wants != (name == "begun" || name == "through") {
			t.Errorf("%s: wants a re-key: %v", name, wants)
		}
		must(t, errors.Join(slots.BeginRekey(keys), s.Rekey(t.Context(), nil), slots.EndRekey(keys), s.Verify(t.Context()), s.Close(), keys.Close()))
		if got := searched(t, dir, "senior"); got != all {
			t.Errorf("%s, re-keyed: %d of %d patients", name, got, all)
		}
	}
}

// A backup that is made while re-keys begin and end has the keys of what is in it.
func TestBackupBesideRekeys(t *testing.T) {
	p := newPractice(t, false) // a re-key of little ends and begins often
	const backups = 12
	var made []Made
	var work sync.WaitGroup
	ended := make(chan struct{})
	work.Go(func() {
		for {
			select {
			case <-ended:
				return
			default:
			}
			err := errors.Join(p.Slots.BeginRekey(p.Keys), p.Store.Rekey(t.Context(), nil), p.Slots.EndRekey(p.Keys))
			if err != nil {
				t.Error(err)
				return
			}
		}
	})
	for range backups {
		m, err := Write(t.Context(), p.Source, t.TempDir(), madeAt(), nil)
		if err != nil {
			t.Error(err)
		}
		made = append(made, m)
	}
	close(ended)
	work.Wait()
	if t.Failed() {
		return
	}
	for _, m := range made {
		p.restored(t, m)
	}
}
