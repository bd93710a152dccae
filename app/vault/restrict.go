package vault

import (
	"slices"

	"stipple/app/clinical"
)

// Renew gives a person the slot that p says in place of the one they have, if any: a
// new passphrase, another sign-in name, the patient key where there was none. The vault
// must hold what the slot is to hold.
//
// Errors: ErrName, ErrTaken, ErrFull, ErrWeak, ErrLast where the last slot with the patient
// key would lose it, ErrNoPatientKey, ErrClosed; ErrChanged where the vault's keys are not
// the file's any more; those of the disk.
func (s *Slots) Renew(v *Vault, p Person, passphrase []byte) error {
	return s.change(func(f *slotFile) error {
		r, err := v.held(*f, p.HoldsPatients)
		if err != nil {
			return err
		}
		defer r.wipe()
		others := slices.Clone(f.Slots)
		i := slices.IndexFunc(others, func(x keySlot) bool { return x.ID == p.ID })
		if i < 0 {
			i = len(others)
		} else {
			s.forgive(others[i].SignIn)
			others = slices.Delete(others, i, i+1)
		}
		f.Slots = others
		slot, err := f.newSlot(p, passphrase, r, s.opt)
		if err != nil {
			return err
		}
		f.Slots = slices.Insert(f.Slots, i, slot)
		if f.Given, err = f.Given.with(*f, slot, r.present); err != nil {
			return err
		}
		return f.stillOpens()
	})
}

// Restrict takes the patient key out of a person's slot; the passphrase stays. Whoever
// held it may have kept it, so that a re-key is wanted from then on (WantsRekey).
//
// Errors: ErrNoSlot; ErrLast for the last slot that holds it; those of the disk.
func (s *Slots) Restrict(id clinical.ID) error {
	return s.change(func(f *slotFile) error {
		i := slices.IndexFunc(f.Slots, func(x keySlot) bool { return x.ID == id })
		if i < 0 {
			return ErrNoSlot
		}
		f.Slots = slices.Clone(f.Slots)
		f.Slots[i].Patients, f.Slots[i].PatientsProof = nil, nil
		return f.stillOpens()
	})
}

// stillOpens is ErrLast where no slot holds the patient key.
func (f slotFile) stillOpens() error {
	if !slices.ContainsFunc(f.Slots, func(x keySlot) bool { return x.Patients != nil }) {
		return ErrLast
	}
	return nil
}
