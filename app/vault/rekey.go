package vault

import (
	"cmp"
	"errors"
	"io"
	"slices"

	"filippo.io/age"

	"stipple/app/clinical"
)

// WantsRekey says whether a re-key is to be begun or to be brought to its end: somebody
// who was given the present keys has no slot any more, or what tells that was changed, or
// a re-key is going on. false for a vault without the patient key, which can do neither,
// and for a training store.
func (s *Slots) WantsRekey(v *Vault) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file.Training != nil {
		return false
	}
	r, err := v.held(s.file, true)
	if err != nil {
		return false
	}
	defer r.wipe()
	return r.rekeying() || s.file.wantsRekey(r.present)
}

// BeginRekey makes new keys and puts them into all slots, and so into the vault, which
// from then on seals with them and still opens what the former ones sealed. Each patient
// gets a new key of their own. While a re-key is going on it makes only those that are
// missing. The store must be this process's alone.
//
// A crash, or an error, at any point leaves the keys as they were or all of them new.
//
// Errors: ErrNoPatientKey, ErrClosed, ErrChanged; ErrDamaged where somebody else's
// recipient stands in a slot, or a patient's key does not open; those of the disk.
func (s *Slots) BeginRekey(v *Vault) error {
	s.rekey.Lock()
	defer s.rekey.Unlock()
	v.owning.Lock() // whoever gets a key from here on gets one under the new keys
	defer v.owning.Unlock()
	var next ring
	var l lasting
	err := s.changeThen(func(f *slotFile) (err error) {
		r, err := v.held(*f, true)
		if err != nil {
			return err
		}
		if r.rekeying() {
			defer r.wipe()
			return cmp.Or(v.renewPatients(r, true), errUnchanged)
		}
		if r.generation == maxGenerations {
			return damaged("over %d generations of keys", maxGenerations)
		}
		if next, l, err = s.renew(f, v, r); err != nil {
			return err
		}
		// First the patients, whom nothing opens by the new keys until the slots have them.
		return v.renewPatients(next, false)
	}, func() error { return v.hold(next, l) })
	if errors.Is(err, errUnchanged) {
		return nil
	}
	if err != nil {
		next.wipe()
	}
	return err
}

// errUnchanged ends a change that is none.
var errUnchanged = errors.New("nothing to change")

// renew puts new keys into a file.
func (s *Slots) renew(f *slotFile, v *Vault, r ring) (next ring, l lasting, err error) {
	to, err := mayReceive(*f, r.present)
	if err != nil {
		return ring{}, lasting{}, err
	}
	next = ring{generation: r.generation + 1, former: r.present}
	if next.present, err = newKeys(s.opt.rand()); err != nil {
		return ring{}, lasting{}, err
	}
	_, l, err = v.copies()
	if err == nil {
		l, err = l.with(next)
	}
	if err != nil {
		return next, l, err
	}
	from, err := anchorOf(r.generation, r.present)
	if err != nil {
		return next, l, err
	}
	reach, err := anchorOf(next.generation, next.present)
	if err != nil {
		return next, l, err
	}
	bridge, err := newLink(f.Store, from, reach, s.opt.rand())
	if err != nil {
		return next, l, err
	}
	if err := f.fill(next, r.present, to); err != nil {
		return next, l, err
	}
	untold := f.provenUntold(r.present)
	f.Generation, f.Rekeying, f.Links = next.generation, true, append(slices.Clone(f.Links), bridge)
	if f.Lasting, err = sealLasting(f.Store, next, l, s.opt.rand()); err == nil {
		f.Given, err = newGiven(*f, next.present)
	}
	if err == nil {
		err = f.proveUntold(untold, next.present)
	}
	return next, l, err
}

// mayReceive is the recipient of the recovery code, where it and those of all slots are
// proven: new keys go to nobody else.
func mayReceive(f slotFile, k keys) (*age.X25519Recipient, error) {
	for _, slot := range f.Slots {
		if !slot.proven(f, k) {
			return nil, damaged("the slot of %s was changed: remove that operator, and add them again", slot.SignIn)
		}
	}
	to, err := age.ParseX25519Recipient(f.Recovery.proven(f.Store, k))
	if err != nil {
		return nil, damaged("nothing proves whom the recovery code's slot names")
	}
	return to, nil
}

// fill puts a ring into all slots, into each as much as it holds. k are the keys that
// prove which of them are to have the patient key.
func (f *slotFile) fill(r ring, k keys, recoverBy *age.X25519Recipient) error {
	slots := slices.Clone(f.Slots)
	for i, was := range f.Slots {
		fits := r
		if !was.holds(*f, k) {
			fits = r.withoutPatients()
		}
		if err := slots[i].fill(f.Store, fits, was.Patients != nil); err != nil {
			return err
		}
	}
	f.Slots = slots
	recovery, err := recoveryFor(recoverBy, f.Store, r)
	if err != nil {
		return err
	}
	f.Recovery = &recovery
	return nil
}

// renewPatients gives each patient who has a key one under the present keys of a ring,
// beside the one under the former, and each who was erased the sign of it. At the
// beginning what a beginning that came to nothing left goes. Once the re-key is going on,
// only who has none gets one: where the folder could not be synced behind the new slots,
// their maker went on by the former keys.
func (v *Vault) renewPatients(next ring, going bool) error {
	from, err := newBoxes(next.generation-1, next.former)
	if err != nil {
		return err
	}
	to, err := newBoxes(next.generation, next.present)
	if err != nil {
		return err
	}
	var fresh []ownKey
	for _, k := range v.own.under(from.generation) {
		if _, err := v.own.get(k.owner, to.generation); going && err == nil {
			continue
		}
		made, err := renewedOwn(from, to, v.own, k.owner, v.rand)
		if err != nil {
			return err
		}
		fresh = append(fresh, made)
	}
	if going && len(fresh) == 0 {
		return nil
	}
	return v.own.replace(func(_ clinical.ID, generation uint16) bool { return !going && generation != from.generation }, fresh...)
}

// renewedOwn is what stands for a patient under other keys: a new key with what lasts of
// the one before, or the sign of the erasure.
func renewedOwn(from, to *boxes, all ownKeys, owner clinical.ID, source io.Reader) (ownKey, error) {
	o, err := unwrapOwn(from, all, owner)
	if errors.Is(err, ErrErased) {
		return newErasure(to, owner, source)
	}
	if err != nil {
		return ownKey{}, err
	}
	defer o.wipe()
	return newOwnKey(to, owner, o.lasting, source)
}

// EndRekey drops the former keys, from the patients' file, from the slots and from the
// vault: nothing that they sealed opens any more, but what lasts. It is called when there
// is none left, and does nothing without a re-key.
//
// A crash, or an error, at any point leaves a re-key that is going on, or none.
//
// Errors: ErrNoPatientKey, ErrClosed, ErrChanged, ErrDamaged; those of the disk.
func (s *Slots) EndRekey(v *Vault) error {
	s.rekey.Lock()
	defer s.rekey.Unlock()
	v.owning.Lock()
	defer v.owning.Unlock()
	var r ring
	err := s.changeThen(func(f *slotFile) (err error) {
		if r, err = v.held(*f, true); err != nil {
			return err
		}
		if !r.rekeying() {
			r.wipe()
			return errUnchanged
		}
		to, err := mayReceive(*f, r.present)
		if err != nil {
			return err
		}
		r.former.wipe()
		r.former, f.Rekeying = keys{}, false
		// The list of those who were given keys stays: who was removed meanwhile has the
		// present ones.
		if err := f.fill(r, r.present, to); err != nil {
			return err
		}
		// First the patients: nothing is sealed by the former ones any more.
		return v.own.replace(func(_ clinical.ID, generation uint16) bool { return generation != r.generation })
	}, func() error {
		_, l, err := v.copies()
		if err != nil {
			return err
		}
		return v.hold(r, l)
	})
	if errors.Is(err, errUnchanged) {
		return nil
	}
	return err
}
