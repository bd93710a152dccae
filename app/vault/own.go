package vault

import (
	"bytes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"sync"

	"stipple/app/clinical"
	"stipple/app/durable"
)

// PatientsName is the file of the patients' keys in the data folder.
const PatientsName = "stipple.patients"

// ownKeys keeps the wrapped keys of patients.
type ownKeys interface {
	// get is a patient's wrapped key; ErrErased for one that was dropped, and
	// ErrDamaged for one that there never was.
	get(clinical.ID) ([]byte, error)
	// add keeps new ones, synced.
	add(...ownKey) error
	// drop forgets one for good.
	drop(clinical.ID) error
	// refresh reads anew.
	refresh() error
	close() error
}

// ownKey is a patient's wrapped key, nil for one that was erased.
type ownKey struct {
	owner   clinical.ID
	wrapped []byte
}

// Own makes the keys of patients, so that values may be sealed for them; synced when
// it returns nil. It does nothing for one that has a key.
//
// Errors: ErrClosed; ErrNoPatientKey; ErrErased for one that was erased; those of
// the disk.
func (v *Vault) Own(owners ...clinical.ID) error {
	v.mu.Lock()
	wrap, closed := v.wrap, v.clinic == nil
	v.mu.Unlock()
	switch {
	case closed:
		return ErrClosed
	case wrap == nil:
		return ErrNoPatientKey
	}
	fresh := make([]ownKey, 0, len(owners))
	for _, owner := range owners {
		if len(owner) != idLen {
			return damaged("an owner's id of %d bytes", len(owner))
		}
		switch _, err := v.own.get(owner); {
		case err == nil:
			continue
		case errors.Is(err, ErrErased):
			return err
		}
		k, err := newOwnKey(wrap, owner, v.rand)
		if err != nil {
			return err
		}
		fresh = append(fresh, k)
	}
	if len(fresh) == 0 {
		return nil
	}
	return v.own.add(fresh...)
}

func newOwnKey(wrap cipher.AEAD, owner clinical.ID, source io.Reader) (ownKey, error) {
	fresh := make([]byte, wrap.NonceSize()+keyLen)
	defer clear(fresh)
	if _, err := io.ReadFull(source, fresh); err != nil {
		return ownKey{}, fmt.Errorf("make a patient's key: %w", err)
	}
	nonce, key := fresh[:wrap.NonceSize()], fresh[wrap.NonceSize():]
	return ownKey{owner, wrap.Seal(bytes.Clone(nonce), nonce, key, []byte(owner))}, nil
}

// Refresh reads anew what another process may have written before this one had the
// store to itself. Errors are those of the disk.
func (v *Vault) Refresh() error { return v.own.refresh() }

// Disown drops the key of a patient: nothing that was sealed for them can be opened
// again, here and in any copy of the store without its own file of keys. Synced when
// it returns nil. It does nothing for one that was erased already.
func (v *Vault) Disown(owner clinical.ID) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.clinic == nil {
		return ErrClosed
	}
	if v.last.owner == owner {
		v.last.owner, v.last.box = "", nil
	}
	return v.own.drop(owner)
}

// patientKey unwraps the key of a patient. The mutex is held.
func (v *Vault) patientKey(owner clinical.ID) ([]byte, error) {
	if v.wrap == nil {
		return nil, ErrNoPatientKey
	}
	wrapped, err := v.own.get(owner)
	if err != nil {
		return nil, err
	}
	nonce, body := wrapped[:v.wrap.NonceSize()], wrapped[v.wrap.NonceSize():]
	key, err := v.wrap.Open(nil, nonce, body, []byte(owner))
	if err != nil {
		return nil, damaged("a patient's key does not open")
	}
	return key, nil
}

// heldKeys are in memory alone. A nil value is one that was erased.
type heldKeys struct {
	mu   sync.Mutex
	keys map[clinical.ID][]byte
}

func (h *heldKeys) get(owner clinical.ID) ([]byte, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch k, known := h.keys[owner]; {
	case !known:
		return nil, damaged("a patient without a key")
	case k == nil:
		return nil, ErrErased
	default:
		return k, nil
	}
}

func (h *heldKeys) add(keys ...ownKey) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.keys == nil {
		h.keys = make(map[clinical.ID][]byte)
	}
	for _, k := range keys {
		h.keys[k.owner] = k.wrapped
	}
	return nil
}

func (h *heldKeys) drop(owner clinical.ID) error { return h.add(ownKey{owner: owner}) }

func (h *heldKeys) refresh() error { return nil }

func (h *heldKeys) close() error { return nil }

// The file of the patients' keys: a header, and for each patient the id, the wrapped
// key (nonce and box; zeros for one that was erased) and a CRC-32C of both, so that
// an append that a crash cut off is told from damage.
const (
	patientsHeader = "stipple patients' keys 1\n"
	wrappedLen     = 24 + keyLen + 16
	recordLen      = idLen + wrappedLen + 4
)

// fileKeys are heldKeys with the file behind them.
type fileKeys struct {
	heldKeys
	path string
	mu   sync.Mutex // of the file; one writer at a time
	file *os.File
	end  int64 // where the next record goes
}

// createPatients makes the file with no key in it. One that a set-up left, which ended
// too early, is as good.
func createPatients(path string) error {
	err := durable.Create(path, func(w io.Writer) error {
		_, err := io.WriteString(w, patientsHeader)
		return err
	})
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// openPatients reads the file. A record that is cut off or damaged is none: what was
// appended last may be, and nothing was sealed with it before it was synced; of any
// other the patient's values tell, which then have no key.
func openPatients(path string) (*fileKeys, error) {
	f, err := os.OpenFile(path, os.O_RDWR, fileMode)
	if err != nil {
		return nil, err
	}
	k := &fileKeys{path: path, file: f}
	if err := k.read(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return k, nil
}

func (f *fileKeys) read() error {
	info, err := f.file.Stat()
	if err != nil {
		return err
	}
	if info.Size() > int64(len(patientsHeader)+maxPatients*recordLen) {
		return damaged("a file of patients' keys of %d bytes", info.Size())
	}
	all, err := io.ReadAll(io.NewSectionReader(f.file, 0, info.Size()))
	if err != nil {
		return err
	}
	if len(all) < len(patientsHeader) || string(all[:len(patientsHeader)]) != patientsHeader {
		return damaged("not a file of patients' keys")
	}
	rest := all[len(patientsHeader):]
	f.heldKeys.mu.Lock()
	defer f.heldKeys.mu.Unlock()
	f.keys = make(map[clinical.ID][]byte, len(rest)/recordLen)
	f.end = int64(len(patientsHeader))
	for at := f.end; len(rest) >= recordLen; at += recordLen {
		r := rest[:recordLen]
		rest = rest[recordLen:]
		body := r[:recordLen-4]
		if crc32.Checksum(body, castagnoli()) == binary.BigEndian.Uint32(r[recordLen-4:]) {
			f.keys[clinical.ID(body[:idLen])] = wrappedOf(body[idLen:])
			f.end = at + recordLen
		}
	}
	return nil
}

// wrappedOf is a wrapped key, nil for one that was erased.
func wrappedOf(b []byte) []byte {
	for _, c := range b {
		if c != 0 {
			return b
		}
	}
	return nil
}

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

func record(k ownKey) []byte {
	r := make([]byte, 0, recordLen)
	r = append(r, k.owner...)
	if k.wrapped == nil {
		k.wrapped = make([]byte, wrappedLen)
	}
	r = append(r, k.wrapped...)
	return binary.BigEndian.AppendUint32(r, crc32.Checksum(r, castagnoli()))
}

// add appends. What an append that failed may have left is overwritten by the next.
func (f *fileKeys) add(keys ...ownKey) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []byte
	for _, k := range keys {
		all = append(all, record(k)...)
	}
	if _, err := f.file.WriteAt(all, f.end); err != nil {
		return fmt.Errorf("write a patient's key: %w", err)
	}
	if err := f.file.Sync(); err != nil {
		return fmt.Errorf("write a patient's key: %w", err)
	}
	f.end += int64(len(all))
	return f.heldKeys.add(keys...)
}

// drop writes the file anew without the key. The old one is closed first: Windows
// replaces no file that is open.
func (f *fileKeys) drop(owner clinical.ID) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	kept := f.without(owner)
	_ = f.file.Close() // all of it is synced
	err := durable.Replace(f.path, func(w io.Writer) error {
		_, err := io.WriteString(w, patientsHeader)
		for id, k := range kept {
			if err == nil {
				_, err = w.Write(record(ownKey{id, k}))
			}
		}
		return err
	})
	again, reopen := os.OpenFile(f.path, os.O_RDWR, fileMode)
	f.file = again // nil: every later write fails
	if err = errors.Join(err, reopen); err != nil {
		return fmt.Errorf("drop a patient's key: %w", err)
	}
	f.end = int64(len(patientsHeader) + len(kept)*recordLen)
	return f.heldKeys.drop(owner)
}

func (f *fileKeys) refresh() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.read()
}

// without is a copy of the keys with one erased.
func (f *fileKeys) without(owner clinical.ID) map[clinical.ID][]byte {
	f.heldKeys.mu.Lock()
	defer f.heldKeys.mu.Unlock()
	kept := make(map[clinical.ID][]byte, len(f.keys)+1)
	for id, k := range f.keys {
		kept[id] = k
	}
	kept[owner] = nil
	return kept
}

func (f *fileKeys) close() error { return f.file.Close() }
