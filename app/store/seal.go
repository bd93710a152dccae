package store

import (
	"errors"

	"stipple/app/clinical"
	"stipple/app/vault"
)

// Sealer turns values into what is written to the file and back: a vault.Vault in
// the program. It must be safe for use by several goroutines.
//
// Open returns an error for bytes that Seal did not make for the same place. Neither
// may keep or change its arguments; what Open returns may share memory with sealed,
// and is used only until the transaction ends.
type Sealer interface {
	// Seal seals a value of a patient, or with no owner one of the practice.
	Seal(at vault.Place, owner clinical.ID, plain []byte) ([]byte, error)
	Open(at vault.Place, sealed []byte) ([]byte, error)
	// Own makes what Seal needs for new patients, on disk when it returns nil.
	Own(owners ...clinical.ID) error
	// OwnNew is Own that says for whom there was nothing before; Unown takes that back, for
	// those of whom nothing was committed.
	OwnNew(owners ...clinical.ID) (made []clinical.ID, err error)
	Unown(made ...clinical.ID) error
	// Disown drops that for good: nothing of the patient can be opened again. Synced when
	// it returns nil, and nothing to do where it was done.
	Disown(owner clinical.ID) error
	// Generation is that of the keys that Seal uses now; vault.SealedIn of what it makes.
	Generation() uint16
	// Refresh is called once the store is this process's alone: what others have
	// written until then is read.
	Refresh() error
}

// noOwner seals a value of the practice.
const noOwner clinical.ID = ""

// opened is what the store makes of an error of Open: a value of a patient that this
// sign-in can't open, or that was erased, is no damage.
func opened(bucket string, err error) error {
	if errors.Is(err, vault.ErrNoPatientKey) || errors.Is(err, vault.ErrErased) || errors.Is(err, vault.ErrClosed) {
		return err
	}
	return damaged("%s: %w", bucket, err)
}
