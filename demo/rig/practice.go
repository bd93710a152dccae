package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"stipple/app/clinical"
	"stipple/app/store"
	"stipple/app/vault"
)

// How the rig comes in to the practice that it makes.
const (
	signIn     = "rig"
	passphrase = "an invented practice"
)

// Presets and treatments of each of its patients, as at a large practice.
const (
	presetsOfEach    = 3
	treatmentsOfEach = 10
)

// practice makes a sealed practice of invented patients in a folder, and the one who is
// treated. It is marked as one for training: elsewhere no simulated pen can be armed.
func practice(ctx context.Context, dir string, patients int) (err error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	code, err := vault.NewRecoveryCode()
	if err != nil {
		return err
	}
	id, err := store.NewID()
	if err != nil {
		return err
	}
	slots, keys, err := vault.Create(dir, vault.Person{ID: id, SignIn: signIn}, []byte(passphrase), code, vault.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, keys.Close()) }()
	s, err := store.Open(filepath.Join(dir, store.FileName), store.Options{Sealer: keys})
	if err != nil {
		return err
	}
	err = store.Generate(ctx, s, store.Size{Patients: patients, Presets: presetsOfEach, Treatments: treatmentsOfEach}, nil)
	_, err2 := s.AddOperator(ctx, clinical.Operator{ID: id, Name: "The rig", Role: clinical.RoleSeniorClinician})
	_, err3 := s.SavePatient(ctx, clinical.Patient{
		FamilyName: patient, GivenName: "Ana", BirthDate: clinical.Date{Year: 1984, Month: time.February, Day: 11},
		Sex: clinical.Female, Fitzpatrick: clinical.FitzpatrickIV, FileNumber: "rig",
	})
	return errors.Join(err, err2, err3, s.SaveSetting(ctx, "training", []byte{1}), s.Close(), slots.Complete())
}
