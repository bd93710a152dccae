package store

import (
	"bytes"

	"stipple/app/clinical"
	"stipple/app/vault"
)

// fits is damage for a value that is sealed for another than its place is for: the
// practice's key must not pass for a patient's, since more people hold it, nor may a
// value that is marked as an erased patient's vanish from where another's stand.
func (t *txn) fits(name string, k, sealed []byte) error {
	if t.schema < firstSealed {
		return nil
	}
	owner, err := vault.Owner(sealed)
	if err != nil {
		return opened(name, err)
	}
	ok := owner == noOwner
	switch name {
	case bucketPatients, bucketRecent, bucketPresets, bucketScreenings, bucketByPatient, bucketErasing:
		ok = owner != noOwner && bytes.HasPrefix(k, []byte(owner))
	case bucketTreatments, bucketPulses, bucketAlarms, bucketHandOvers:
		ok = owner != noOwner // whose a treatment is, treatment and scanOf ask
	}
	if !ok {
		return damaged("%s: a value that is sealed for another", name)
	}
	return nil
}

// mustBeOf is damage for a value that is sealed for another than owner.
func (t *txn) mustBeOf(name string, sealed []byte, owner clinical.ID) error {
	if t.schema < firstSealed {
		return nil
	}
	if is, err := vault.Owner(sealed); err != nil || is != owner {
		return damaged("%s: a value that is sealed for another", name)
	}
	return nil
}

// ownerOf is for whom a treatment's newest head is sealed, which is not opened. It may
// be asked only where t.last finds the head.
func (t *txn) ownerOf(id clinical.ID) (clinical.ID, error) {
	if t.schema < firstSealed {
		return noOwner, nil
	}
	b, err := t.bucket(bucketTreatments)
	if err != nil {
		return "", err
	}
	c := b.Cursor()
	var owner clinical.ID
	for k, v := c.Seek(key(id)); k != nil && bytes.HasPrefix(k, key(id)); k, v = c.Next() {
		if owner, err = vault.Owner(v); err != nil {
			return "", opened(bucketTreatments, err)
		}
	}
	return owner, nil
}

// mustBeErased is damage for a listed treatment that opens for nobody, unless the list
// of open ones names the patient who was erased. A patient's own list would be gone.
func (t *txn) mustBeErased(bucket string, id clinical.ID, plain []byte) error {
	owner, err := t.ownerOf(id)
	if err != nil {
		return err
	}
	if bucket != bucketOpen || owner != clinical.ID(plain) {
		return damaged("a treatment that is sealed for another")
	}
	return nil
}
