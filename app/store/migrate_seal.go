package store

import (
	"errors"
	"fmt"

	"stipple/app/clinical"
)

// sealAll leads from schema 1, which hid nothing, to 2: every value is sealed, each
// of a patient with the patient's key, and the file is written anew, since its freed
// pages still hold what was readable.
func sealAll() migration {
	return migration{
		from: 1, name: "seal", compact: true,
		owner: ownerOf1,
		structure: func(t *txn) error {
			for _, name := range [...]string{bucketChain, bucketScreenings, bucketHandOvers, bucketErasing, bucketSafety} {
				if _, err := t.tx.CreateBucketIfNotExists([]byte(name)); err != nil {
					return err
				}
			}
			return errors.Join(makeAudit(t.tx), nameOpen(t))
		},
	}
}

// ownerOf1 is whose a value of schema 1 is.
func ownerOf1(t *txn, bucket string, k []byte) (clinical.ID, error) {
	switch bucket {
	case bucketPatients, bucketRecent, bucketPresets, bucketByPatient:
		return clinical.ID(k[:min(idLen, len(k))]), nil
	case bucketTreatments, bucketPulses, bucketAlarms:
		v, err := t.head(clinical.ID(k[:min(idLen, len(k))]))
		if err != nil {
			return "", fmt.Errorf("whose is it: %w", err)
		}
		return v.Patient, nil
	}
	return noOwner, nil
}

// nameOpen gives the list of open treatments their patients.
func nameOpen(t *txn) error {
	var open []clinical.ID
	err := t.scan(bucketOpen, nil, func(k, _ []byte) error {
		ids, _, err := splitKey(k, 1, 0)
		open = append(open, ids...)
		return err
	})
	if err != nil {
		return err
	}
	for _, id := range open {
		v, err := t.head(id)
		if err != nil {
			return err
		}
		if err := t.put(bucketOpen, noOwner, key(id), []byte(v.Patient)); err != nil {
			return err
		}
	}
	return nil
}

// head reads a treatment's newest head alone.
func (t *txn) head(id clinical.ID) (clinical.Treatment, error) {
	if !validID(id) {
		return clinical.Treatment{}, damaged("key without a valid id")
	}
	revision, plain, err := t.last(bucketTreatments, key(id))
	if err != nil {
		return clinical.Treatment{}, err
	}
	v, _, err := unpackTreatment(id, revision, plain)
	return v, err
}
