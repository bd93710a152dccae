package store

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"stipple/app/vault"
)

// sealedFile is the path of a store with one patient, and its keys, which are open.
func sealedFile(t *testing.T) (string, *vault.Vault) {
	t.Helper()
	path := filepath.Join(t.TempDir(), FileName)
	keys := someKeys(t)
	s := must(Open(path, Options{Sealer: keys}))(t)
	must(s.SavePatient(t.Context(), ana()))(t)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path, keys
}

// A store that is ready is nobody else's, and its file is as it was.
func TestReadyChangesNothing(t *testing.T) {
	path, keys := sealedFile(t)
	before, at := must(os.ReadFile(path))(t), must(os.Stat(path))(t).ModTime()
	w := must(Ready(path))(t)
	if _, err := Ready(path); !errors.Is(err, ErrInUse) {
		t.Errorf("a second Ready: %v", err)
	}
	if _, err := Open(path, Options{Sealer: keys}); !errors.Is(err, ErrInUse) {
		t.Errorf("Open beside it: %v", err)
	}
	if !bytes.Equal(before, must(os.ReadFile(path))(t)) || !must(os.Stat(path))(t).ModTime().Equal(at) {
		t.Error("the file was written to")
	}
	if files := must(os.ReadDir(filepath.Dir(path)))(t); len(files) != 1 {
		t.Errorf("files beside it: %v", files)
	}
	s := must(w.Open(Options{Sealer: keys}))(t)
	if _, total, err := s.SearchPatients(t.Context(), "ruiz", 1); total != 1 || err != nil {
		t.Errorf("%d patients, %v", total, err)
	}
	if err := w.Close(); err != nil {
		t.Errorf("Close after Open: %v", err)
	}
	must(s.SaveOperator(t.Context(), sampleOperators()[0]))(t) // Close after Open left it open
	if _, err := w.Open(Options{Sealer: keys}); !errors.Is(err, ErrClosed) {
		t.Errorf("a second Open: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestReadyClosedWithoutOpen(t *testing.T) {
	path, keys := sealedFile(t)
	before := must(os.ReadFile(path))(t)
	w := must(Ready(path))(t)
	for range 2 {
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Open(Options{Sealer: keys}); !errors.Is(err, ErrClosed) {
		t.Errorf("Open after Close: %v", err)
	}
	if !bytes.Equal(before, must(os.ReadFile(path))(t)) {
		t.Error("the file was written to")
	}
	if err := must(Open(path, Options{Sealer: keys}))(t).Close(); err != nil {
		t.Error(err)
	}
}

// An Open that fails lets go of the store.
func TestReadyOpenedWithoutItsKeys(t *testing.T) {
	path, keys := sealedFile(t)
	before := must(os.ReadFile(path))(t)
	wrong := someKeys(t)
	for name, sealer := range map[string]Sealer{"none": nil, "of another store": wrong} {
		w := must(Ready(path))(t)
		if s, err := w.Open(Options{Sealer: sealer}); err == nil {
			t.Fatalf("keys %s: opened, %v", name, s.Close())
		}
		if _, err := w.Open(Options{Sealer: keys}); !errors.Is(err, ErrClosed) {
			t.Errorf("keys %s: Open again: %v", name, err)
		}
	}
	if !bytes.Equal(before, must(os.ReadFile(path))(t)) {
		t.Error("the file was written to")
	}
	if err := must(Open(path, Options{Sealer: keys}))(t).Close(); err != nil {
		t.Error(err)
	}
}

func TestReadyWhereNothingIs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", FileName)
	keys := someKeys(t)
	w := must(Ready(path))(t)
	if _, err := os.Stat(filepath.Dir(path)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder was made: %v", err)
	}
	if err := must(w.Open(Options{Sealer: keys}))(t).Close(); err != nil {
		t.Error(err)
	}
}

func TestReadyFindsDamage(t *testing.T) {
	path, _ := sealedFile(t)
	if err := os.Truncate(path, must(os.Stat(path))(t).Size()/2); err != nil {
		t.Fatal(err)
	}
	if _, err := Ready(path); !errors.Is(err, ErrDamaged) {
		t.Errorf("cut off: %v", err)
	}
}
