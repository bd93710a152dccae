package store

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"stipple/app/durable"
)

// Whoever waited for the lock of a file that was written anew meanwhile does not work
// on the old one, which has no name any more.
func TestFileReplacedWhileItsLockWasWaitedFor(t *testing.T) {
	s, path, _, _, _, _ := heldStore(t)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	late := &Store{}
	if err := late.openFile(path, lockWait); err != nil {
		t.Fatal(err)
	}
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+durable.Mark+"1", old, fileMode); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+durable.Mark+"1", path); err != nil {
		t.Fatal(err)
	}
	if err := late.mustBeAt(path); !errors.Is(err, ErrInUse) {
		t.Error(err)
	}
	if err := late.closeFile(); err != nil {
		t.Errorf("closed: %v", err)
	}
	if found, err := Look(path); found != Sealed || err != nil {
		t.Error(found, err)
	}
}

// Where the store's name is a link, what it leads to is written anew, not the link.
func TestCompactingBehindALink(t *testing.T) {
	old, err := os.ReadFile(filepath.Join("testdata", "schema-1.db"))
	if err != nil {
		t.Fatal(err)
	}
	there, dir := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(there, "real.db"), old, fileMode); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, FileName)
	if err := os.Symlink(filepath.Join(there, "real.db"), path); err != nil {
		t.Fatal(err)
	}
	keys := someKeys(t)
	s, err := Open(path, Options{Sealer: keys})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	scanFor(t, there, []string{"Ruiz", "F-20417", "battery", "Meyer", "acne_scars"})
}

// A process that was killed between sealing and writing the file anew, or within
// either, leaves nothing readable behind once the store has been opened again.
func TestKilledBeforeCompacting(t *testing.T) {
	old, err := os.ReadFile(filepath.Join("testdata", "schema-1.db"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, FileName)
	half := BackupName(path, 1, newClock().now()) + durable.Mark + "1"
	for _, name := range []string{path, half, path + durable.Mark + "2"} {
		if err := os.WriteFile(name, old, fileMode); err != nil {
			t.Fatal(err)
		}
	}
	keys := someKeys(t)
	s := &Store{sealer: keys, schema: SchemaVersion, now: newClock().now}
	if err := s.openFile(path, lockWait); err != nil {
		t.Fatal(err)
	}
	// The copy goes elsewhere: this is about the store.
	err = s.migrate(filepath.Join(t.TempDir(), FileName), currentSchema(), nil)
	if err := errors.Join(err, s.closeFile()); err != nil { // killed here
		t.Fatal(err)
	}
	if s, err = Open(path, Options{Sealer: keys}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Verify(t.Context()), s.Close()); err != nil {
		t.Error(err)
	}
	scanFor(t, dir, []string{"Ruiz", "F-20417", "battery", "Meyer", "acne_scars"})
}
