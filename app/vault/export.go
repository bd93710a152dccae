package vault

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"filippo.io/age"
)

// NewIdentity makes an age X25519 identity, as text: the practice's own way into its
// backups. Decrypt takes it as it takes a recovery code.
func NewIdentity() (string, error) { return NewRecoveryCode() }

// EncryptFor makes an age file on w for the recovery code of the store and for an
// identity. It must be closed. ErrWrongCode for a training store, which has no code,
// and for text that is no identity.
func (s *Slots) EncryptFor(w io.Writer, identity string) (io.WriteCloser, error) {
	recovery, err := age.ParseX25519Recipient(s.Recipient())
	if err != nil {
		return nil, ErrWrongCode
	}
	own, err := age.ParseX25519Identity(identity)
	if err != nil {
		return nil, ErrWrongCode
	}
	return age.Encrypt(w, recovery, own.Recipient())
}

// Export is the file of slots as it goes into a backup, whose audit chain is told by then
// what was untold: the patient key stays in the slot of the recovery code and in those that
// keep says; every other slot opens the practice's values alone.
func (s *Slots) Export(keep func(Person) bool) ([]byte, error) {
	s.mu.Lock()
	file := s.file
	s.mu.Unlock()
	file.Untold, file.Slots = nil, slices.Clone(file.Slots)
	for i, slot := range file.Slots {
		if !keep(slot.person()) {
			file.Slots[i].Patients = nil
		}
	}
	return file.encode()
}

// CheckSlots reads a file of slots that came from elsewhere: ErrDamaged, ErrNewer.
func CheckSlots(data []byte) error {
	_, err := parseSlots(data)
	return err
}

// MaxPatientsBytes bounds the file of the patients' keys, MaxSlotsBytes that of the
// slots.
const (
	MaxPatientsBytes = maxPatientsBytes
	MaxSlotsBytes    = maxSlotsBytes
)

// ExportPatients is the file of the patients' keys as it is now, wrapped as it is; it
// needs no patient key. ErrClosed; those of the disk.
func (v *Vault) ExportPatients() ([]byte, error) {
	v.mu.Lock()
	closed := v.present == nil
	v.mu.Unlock()
	if closed {
		return nil, ErrClosed
	}
	f, onDisk := v.own.(*fileKeys)
	if !onDisk {
		return nil, damaged("keys that are in memory alone")
	}
	return f.export()
}

// export copies the file while nobody writes to it.
func (f *fileKeys) export() ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make([]byte, f.end)
	if _, err := f.file.ReadAt(out, 0); err != nil {
		return nil, fmt.Errorf("copy the patients' keys: %w", err)
	}
	if !bytes.HasPrefix(out, []byte(patientsHeader)) {
		return nil, damaged("not a file of patients' keys")
	}
	return out, nil
}

// Beside is a vault of the same keys over the patients' keys of another folder, such
// as a restored one. It must be closed. ErrClosed, ErrDamaged; ErrReplaced where a re-key
// has replaced the folder's keys since; those of the disk.
func (v *Vault) Beside(dir string) (*Vault, error) {
	file, _, err := readSlots(dir)
	if err != nil {
		return nil, fmt.Errorf("read the key slots: %w", err)
	}
	r, l, err := v.copies()
	if err != nil {
		return nil, err
	}
	if newest, oldest := file.span(); newest > r.generation || oldest < r.oldest() {
		r.wipe()
		l.wipe()
		return nil, ErrReplaced
	}
	own, err := openPatients(filepath.Join(dir, PatientsName))
	if err != nil {
		return nil, fmt.Errorf("read the patients' keys: %w", err)
	}
	return newVault(r, l, own, v.rand)
}

// Hold keeps the keys of the store as they are until release is called: a re-key neither
// begins nor ends meanwhile. Whoever copies a store takes Export and ExportPatients
// under one Hold with the moment of the copy, so that they open all of it.
func (s *Slots) Hold() (release func()) {
	s.rekey.RLock()
	return s.rekey.RUnlock
}
