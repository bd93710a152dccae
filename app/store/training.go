package store

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"stipple/app/vault"
)

// OpenTraining opens a training store, or any other that hides nothing: its keys lie
// open beside it (vault.CreateTraining), and are made with the first start. Errors
// are those of Open, ErrNotTraining, and vault's.
func OpenTraining(path string, opt Options) (*Store, error) {
	return openTraining(path, opt, currentSchema())
}

func openTraining(path string, opt Options, sch schema) (*Store, error) {
	keys, err := trainingKeys(path)
	if err == nil {
		opt.Sealer = keys
		var s *Store
		if s, err = open(path, opt, sch); err == nil {
			s.keys = keys
			return s, nil
		}
		err = errors.Join(err, keys.Close())
	}
	return nil, fmt.Errorf("open store %s: %w", path, err)
}

func trainingKeys(path string) (*vault.Vault, error) {
	dir := filepath.Dir(path)
	if err := makeDir(dir); err != nil {
		return nil, err
	}
	slots, err := loadSlots(dir)
	if errors.Is(err, fs.ErrNotExist) {
		var keys *vault.Vault
		if slots, keys, err = firstTraining(dir, path); keys != nil {
			return keys, nil
		}
	}
	if err != nil {
		return nil, err
	}
	keys, training, err := slots.Training()
	if err == nil && !training {
		err = ErrNotTraining
	}
	return keys, classify(err)
}

// loadSlots reads the key slots: fs.ErrNotExist, or errors of this package.
func loadSlots(dir string) (*vault.Slots, error) {
	slots, err := vault.Load(dir, vault.Options{})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, err
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("%w: %w", ErrNoAccess, err)
	}
	return slots, classify(err)
}

// firstTraining makes the keys of a first start, or reads those that another start has
// made just now, with its store or before it.
func firstTraining(dir, path string) (*vault.Slots, *vault.Vault, error) {
	found, err := Look(path)
	if err != nil {
		return nil, nil, err
	}
	if found != Sealed {
		slots, keys, err := vault.CreateTraining(dir, vault.Options{})
		if !errors.Is(err, fs.ErrExist) {
			return slots, keys, classify(err)
		}
	}
	slots, err := loadSlots(dir)
	if errors.Is(err, fs.ErrNotExist) {
		err = damaged("the key slots (%s) are missing", vault.SlotsName)
	}
	return slots, nil, err
}
