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

// missingKeys is damage for a sealed store without its keys.
func missingKeys(f Found) error {
	if f == Sealed {
		return damaged("the key slots (%s) are missing", vault.SlotsName)
	}
	return nil
}

func trainingKeys(path string) (*vault.Vault, error) {
	dir := filepath.Dir(path)
	if err := makeDir(dir); err != nil {
		return nil, err
	}
	slots, err := vault.Load(dir, vault.Options{})
	if errors.Is(err, fs.ErrNotExist) {
		if found, err := Look(path); err != nil || found == Sealed {
			return nil, errors.Join(err, missingKeys(found))
		}
		var keys *vault.Vault
		if _, keys, err = vault.CreateTraining(dir, vault.Options{}); !errors.Is(err, fs.ErrExist) {
			return keys, classify(err)
		}
		slots, err = vault.Load(dir, vault.Options{}) // another start made them just now
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("%w: %w", ErrNoAccess, err)
	case err != nil:
		return nil, classify(err)
	}
	keys, training, err := slots.Training()
	if err == nil && !training {
		err = ErrNotTraining
	}
	return keys, classify(err)
}
