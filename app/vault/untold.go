package vault

import (
	"slices"
	"time"

	"stipple/app/clinical"
)

// Untold is a passphrase that its owner has set at the sign-in, where the store and with
// it the audit chain is not open yet. It stands in the file from the write that sets the
// passphrase until Told, so that no crash between the two hides it.
type Untold struct {
	ID    clinical.ID // whose passphrase
	Coded bool        // by the recovery code; otherwise in place of a lent one
	At    time.Time   // UTC, whole seconds; zero where the clock was outside 1970 to 9999
}

// untold is that as the file has it. The clinic key proves it: nobody without a key can
// have the audit chain tell what was not.
type untold struct {
	ID    clinical.ID `json:"id"`
	Coded bool        `json:"coded,omitempty"`
	At    int64       `json:"at"` // seconds since 1970; 0: the clock told none
	Proof []byte      `json:"proof"`
}

const untoldProof = "stipple untold passphrase"

func (u untold) proof(f slotFile, k keys) ([]byte, error) {
	return proofBy(k.clinic, untoldProof, u.parts(f)...)
}

func (u untold) proven(f slotFile, k keys) bool {
	return proves(k.clinic, u.Proof, untoldProof, u.parts(f)...)
}

func (u untold) parts(f slotFile) [][]byte {
	coded := []byte{0}
	if u.Coded {
		coded[0] = 1
	}
	return [][]byte{[]byte(f.Store), number(f.Generation), []byte(u.ID), coded, []byte(u.at().Format(time.RFC3339))}
}

func (u untold) at() time.Time {
	if u.At == 0 {
		return time.Time{}
	}
	return time.Unix(u.At, 0).UTC()
}

func (u untold) opened() Untold { return Untold{ID: u.ID, Coded: u.Coded, At: u.at()} }

// valid says whether it can be one, proven or not.
func (u untold) valid() bool {
	return len(u.ID) == idLen && u.At >= 0 && u.At < maxUntoldAt && len(u.Proof) == proofLen
}

// provenUntold are those of the file that a key proves, oldest first.
func (f slotFile) provenUntold(k keys) []untold {
	return slices.DeleteFunc(slices.Clone(f.Untold), func(u untold) bool { return !u.proven(f, k) })
}

// proveUntold puts marks into the file, proven by the keys of its generation.
func (f *slotFile) proveUntold(all []untold, k keys) (err error) {
	for i := range all {
		if all[i].Proof, err = all[i].proof(*f, k); err != nil {
			return err
		}
	}
	f.Untold = all
	return nil
}

// OwnPassphrase is ChangePassphrase at the sign-in, by the person of u, whatever the clock
// says.
func (s *Slots) OwnPassphrase(v *Vault, u Untold, passphrase []byte) error {
	return s.change(func(f *slotFile) error {
		if err := s.changePassphrase(f, v, u.ID, passphrase); err != nil {
			return err
		}
		r, err := v.held(*f, false)
		if err != nil {
			return err
		}
		defer r.wipe()
		mark := untold{ID: u.ID, Coded: u.Coded, At: u.At.Unix()}
		if mark.At < 0 || mark.At >= maxUntoldAt {
			mark.At = 0
		}
		if mark.Proof, err = mark.proof(*f, r.present); err != nil {
			return err
		}
		f.Untold = append(slices.Clone(f.Untold), mark)
		f.Untold = f.Untold[max(len(f.Untold)-maxUntold, 0):]
		return nil
	})
}

// Untold lists what the audit chain may not tell of yet, oldest first.
func (s *Slots) Untold(v *Vault) (all []Untold) {
	s.mu.Lock()
	f := s.file
	s.mu.Unlock()
	if len(f.Untold) == 0 {
		return nil
	}
	r, err := v.held(f, false)
	if err != nil {
		return nil // the next who comes in tells it
	}
	defer r.wipe()
	for _, u := range f.provenUntold(r.present) {
		all = append(all, u.opened())
	}
	return all
}

// Told says that the audit chain tells of these, durably. What is not proven goes with
// them. After an error, or a crash before it, they stay: who tells them looks first whether
// the chain has them.
//
// Errors: ErrClosed, ErrChanged; those of the disk.
func (s *Slots) Told(v *Vault, told []Untold) error {
	s.mu.Lock()
	none := len(s.file.Untold) == 0
	s.mu.Unlock()
	if none {
		return nil
	}
	return s.change(func(f *slotFile) error {
		r, err := v.held(*f, false)
		if err != nil {
			return err
		}
		defer r.wipe()
		f.Untold = slices.DeleteFunc(f.provenUntold(r.present), func(u untold) bool { return slices.Contains(told, u.opened()) })
		return nil
	})
}
