package vault

import (
	"errors"
	"fmt"
	"io"

	"stipple/app/clinical"
)

// PatientsName is the file of the patients' keys in the data folder.
const PatientsName = "stipple.patients"

// ownKeys keeps the wrapped keys of patients.
type ownKeys interface {
	// get is what stands for a patient under a generation: a wrapped key, or the sign of
	// an erasure; errNoKey, which is damage to whoever looks for one, where nothing does.
	get(clinical.ID, uint16) ([]byte, error)
	// add keeps new ones, synced.
	add(...ownKey) error
	// replace keeps new ones, and forgets for good those for which gone is true.
	replace(gone func(clinical.ID, uint16) bool, fresh ...ownKey) error
	// under lists all that stands under a generation.
	under(uint16) []ownKey
	// refresh reads anew.
	refresh() error
	close() error
}

// ownKey is a patient's wrapped key under one generation. That of one who was erased is
// the sign of it, and wraps nothing. It is made with the patient key: nobody without it
// can make values vanish as an erased patient's.
type ownKey struct {
	owner      clinical.ID
	generation uint16
	wrapped    []byte
}

var errNoKey = damaged("a patient without a key")

// own is what a patient's wrapped key holds: the key of the patient's values, which a
// re-key makes anew, and what lasts, of which each generation makes the key of lasting
// values. The second alone opens nothing.
type own struct {
	key, lasting []byte
}

func (o own) wipe() {
	clear(o.key)
	clear(o.lasting)
}

// keyFor and erasedFor are what a wrapped key and the sign of an erasure are bound to.
func keyFor(owner clinical.ID, generation uint16) []byte {
	return fmt.Appendf(nil, "key\x00%d\x00%s", generation, owner)
}

func erasedFor(owner clinical.ID, generation uint16) []byte {
	return fmt.Appendf(nil, "erased\x00%d\x00%s", generation, owner)
}

// Own makes the keys of patients, so that values may be sealed for them; synced when
// it returns nil. It does nothing for one that has a key.
//
// Errors: ErrClosed; ErrNoPatientKey; ErrErased for one that was erased; those of
// the disk.
func (v *Vault) Own(owners ...clinical.ID) error {
	_, err := v.OwnNew(owners...)
	return err
}

// OwnNew is Own that says who had no key before.
func (v *Vault) OwnNew(owners ...clinical.ID) (made []clinical.ID, err error) {
	v.owning.Lock()
	defer v.owning.Unlock()
	v.mu.Lock()
	present := v.present
	v.mu.Unlock()
	switch {
	case present == nil:
		return nil, ErrClosed
	case present.wrap == nil:
		return nil, ErrNoPatientKey
	}
	fresh := make([]ownKey, 0, len(owners))
	for _, owner := range owners {
		if len(owner) != idLen {
			return nil, damaged("an owner's id of %d bytes", len(owner))
		}
		switch o, err := unwrapOwn(present, v.own, owner); {
		case err == nil:
			o.wipe()
			continue
		case !errors.Is(err, errNoKey):
			return nil, err // also where another store's key stands: what it sealed may be there
		}
		k, err := newOwnKey(present, owner, nil, v.rand)
		if err != nil {
			return nil, err
		}
		fresh, made = append(fresh, k), append(made, owner)
	}
	if len(fresh) == 0 {
		return nil, nil
	}
	if err := v.own.add(fresh...); err != nil {
		return nil, err
	}
	return made, nil
}

// Unown drops the keys that OwnNew has made, for those of whom nothing that was sealed is
// kept anywhere: of anybody else all would be lost, and no sign would say that it was
// meant. A key that was there before must stay, since another copy of the store may need
// it. Synced when it returns nil; a crash leaves all of them or none.
//
// Errors: ErrClosed; those of the disk.
func (v *Vault) Unown(made ...clinical.ID) error {
	v.owning.Lock()
	defer v.owning.Unlock()
	v.mu.Lock()
	closed := v.present == nil
	if !closed {
		v.present.forget()
		v.former.forget()
	}
	v.mu.Unlock()
	switch {
	case closed:
		return ErrClosed
	case len(made) == 0:
		return nil
	}
	unused := make(map[clinical.ID]bool, len(made))
	for _, id := range made {
		unused[id] = true
	}
	return v.own.replace(func(is clinical.ID, _ uint16) bool { return unused[is] })
}

// newOwnKey makes a patient's key. lasting is what lasts of the one before; nil: there
// is none.
func newOwnKey(b *boxes, owner clinical.ID, lasting []byte, source io.Reader) (ownKey, error) {
	both := make([]byte, 2*keyLen)
	defer clear(both)
	if _, err := io.ReadFull(source, both); err != nil {
		return ownKey{}, fmt.Errorf("make a patient's key: %w", err)
	}
	if lasting != nil {
		copy(both[keyLen:], lasting)
	}
	wrapped, err := sealedKey(b.wrap, source, both, keyFor(owner, b.generation))
	return ownKey{owner, b.generation, wrapped}, err
}

// newErasure makes the sign of an erasure.
func newErasure(b *boxes, owner clinical.ID, source io.Reader) (ownKey, error) {
	sign, err := sealedKey(b.wrap, source, make([]byte, 2*keyLen), erasedFor(owner, b.generation))
	return ownKey{owner, b.generation, sign}, err
}

// unwrapOwn unwraps the key of a patient. ErrErased; errNoKey; ErrDamaged.
func unwrapOwn(b *boxes, all ownKeys, owner clinical.ID) (own, error) {
	wrapped, err := all.get(owner, b.generation)
	if err != nil {
		return own{}, err
	}
	if both, err := opened(b.wrap, wrapped, keyFor(owner, b.generation)); err == nil {
		return own{key: both[:keyLen:keyLen], lasting: both[keyLen:]}, nil
	}
	if _, err := opened(b.wrap, wrapped, erasedFor(owner, b.generation)); err == nil {
		return own{}, ErrErased
	}
	return own{}, damaged("a patient's key does not open")
}

// ownOf unwraps the key of a patient under a generation. The mutex is held.
func (v *Vault) ownOf(b *boxes, owner clinical.ID) (own, error) {
	if b.wrap == nil {
		return own{}, ErrNoPatientKey
	}
	o, err := unwrapOwn(b, v.own, owner)
	if errors.Is(err, errNoKey) && b == v.former {
		// Who is erased while a re-key is going on has the sign under the present keys.
		if o, err := unwrapOwn(v.present, v.own, owner); err == nil {
			o.wipe()
		} else if errors.Is(err, ErrErased) {
			return own{}, ErrErased
		}
	}
	return o, err
}

// newestOwn unwraps the newest key of a patient. The mutex is held.
func (v *Vault) newestOwn(owner clinical.ID) (own, error) {
	o, err := v.ownOf(v.present, owner)
	if errors.Is(err, errNoKey) && v.former != nil {
		return v.ownOf(v.former, owner) // the keys beside a backup from before the re-key
	}
	return o, err
}

// Refresh reads anew what another process may have written before this one had the
// store to itself, also where it replaced the file. ErrClosed; ErrChanged where another
// has made new keys since, or dropped the former ones; those of the disk.
func (v *Vault) Refresh() error {
	v.owning.Lock()
	defer v.owning.Unlock()
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.present == nil {
		return ErrClosed
	}
	if v.onDisk != nil {
		generation, rekeying, err := v.onDisk()
		switch {
		case err != nil:
			return err
		case generation != v.ring.generation || rekeying != v.ring.rekeying():
			return ErrChanged
		}
	}
	v.present.forget() // may be erased by now
	v.former.forget()
	return v.own.refresh()
}

// Disown drops the key of a patient, with all that lasts of former ones: nothing that
// was sealed for them can be opened again, here and in any copy of the store without its
// own file of keys. Synced when it returns nil. It does nothing for one that was erased
// already.
//
// Errors: ErrClosed; ErrNoPatientKey; ErrDamaged for what is no id; those of the disk.
func (v *Vault) Disown(owner clinical.ID) error {
	v.owning.Lock()
	defer v.owning.Unlock()
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case v.present == nil:
		return ErrClosed
	case v.present.wrap == nil:
		return ErrNoPatientKey
	case len(owner) != idLen:
		return damaged("an owner's id of %d bytes", len(owner))
	}
	o, err := unwrapOwn(v.present, v.own, owner)
	o.wipe()
	if errors.Is(err, ErrErased) {
		return nil
	}
	sign, err := newErasure(v.present, owner, v.rand)
	if err != nil {
		return err
	}
	v.present.forget()
	v.former.forget()
	return v.own.replace(func(is clinical.ID, _ uint16) bool { return is == owner }, sign)
}
