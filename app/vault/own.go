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
	// get is what stands for a patient: a wrapped key, or the sign of an erasure;
	// errNoKey, which is damage to whoever looks for one, where nothing does.
	get(clinical.ID) ([]byte, error)
	// add keeps new ones, synced.
	add(...ownKey) error
	// drop puts the sign of an erasure in the place of a key, which it forgets for good.
	drop(ownKey) error
	// refresh reads anew.
	refresh() error
	close() error
}

// ownKey is a patient's wrapped key. That of one who was erased is the sign of it, and
// wraps nothing. It is made with the patient key: nobody without it can make values
// vanish as an erased patient's.
type ownKey struct {
	owner   clinical.ID
	wrapped []byte
}

var errNoKey = damaged("a patient without a key")

// erasedFor is what the sign of an erasure is bound to.
func erasedFor(owner clinical.ID) []byte { return []byte("erased\x00" + string(owner)) }

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
		switch key, err := unwrapOwn(wrap, v.own, owner); {
		case err == nil:
			clear(key)
			continue
		case !errors.Is(err, errNoKey):
			return err // also where another store's key stands: what it sealed may be there
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
	key := make([]byte, keyLen)
	defer clear(key)
	if _, err := io.ReadFull(source, key); err != nil {
		return ownKey{}, fmt.Errorf("make a patient's key: %w", err)
	}
	wrapped, err := sealedKey(wrap, source, key, []byte(owner))
	return ownKey{owner, wrapped}, err
}

// unwrapOwn unwraps the key of a patient. ErrErased; errNoKey; ErrDamaged.
func unwrapOwn(wrap cipher.AEAD, own ownKeys, owner clinical.ID) ([]byte, error) {
	wrapped, err := own.get(owner)
	if err != nil {
		return nil, err
	}
	nonce, body := wrapped[:wrap.NonceSize()], wrapped[wrap.NonceSize():]
	if key, err := wrap.Open(nil, nonce, body, []byte(owner)); err == nil {
		return key, nil
	}
	if _, err := wrap.Open(nil, nonce, body, erasedFor(owner)); err == nil {
		return nil, ErrErased
	}
	return nil, damaged("a patient's key does not open")
}

// Refresh reads anew what another process may have written before this one had the
// store to itself, also where it replaced the file. ErrClosed; those of the disk.
func (v *Vault) Refresh() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.clinic == nil {
		return ErrClosed
	}
	v.last.owner, v.last.box = "", nil // may be erased by now
	return v.own.refresh()
}

// Disown drops the key of a patient: nothing that was sealed for them can be opened
// again, here and in any copy of the store without its own file of keys. Synced when
// it returns nil. It does nothing for one that was erased already.
//
// Errors: ErrClosed; ErrNoPatientKey; ErrDamaged for what is no id; those of the disk.
func (v *Vault) Disown(owner clinical.ID) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case v.clinic == nil:
		return ErrClosed
	case v.wrap == nil:
		return ErrNoPatientKey
	case len(owner) != idLen:
		return damaged("an owner's id of %d bytes", len(owner))
	}
	key, err := unwrapOwn(v.wrap, v.own, owner)
	clear(key)
	if errors.Is(err, ErrErased) {
		return nil
	}
	sign, err := sealedKey(v.wrap, v.rand, make([]byte, keyLen), erasedFor(owner))
	if err != nil {
		return err
	}
	if v.last.owner == owner {
		v.last.owner, v.last.box = "", nil
	}
	return v.own.drop(ownKey{owner, sign})
}

// patientKey unwraps the key of a patient. The mutex is held.
func (v *Vault) patientKey(owner clinical.ID) ([]byte, error) {
	if v.wrap == nil {
		return nil, ErrNoPatientKey
	}
	return unwrapOwn(v.wrap, v.own, owner)
}

// heldKeys are in memory alone.
type heldKeys struct {
	mu   sync.Mutex
	keys map[clinical.ID][]byte
}

func (h *heldKeys) get(owner clinical.ID) ([]byte, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if k, known := h.keys[owner]; known {
		return k, nil
	}
	return nil, errNoKey
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

func (h *heldKeys) drop(sign ownKey) error { return h.add(sign) }

func (h *heldKeys) refresh() error { return nil }

func (h *heldKeys) close() error { return nil }

// The file of the patients' keys: a header, and for each patient the id, the wrapped
// key or the sign of the erasure (nonce and box) and a CRC-32C of both, so that
// an append that a crash cut off is told from damage.
const (
	patientsHeader = "stipple patients' keys 1\n"
	wrappedLen     = 24 + keyLen + 16
	recordLen      = idLen + wrappedLen + 4

	maxPatientsBytes = int64(len(patientsHeader) + maxPatients*recordLen)
)

// fileKeys are heldKeys with the file behind them.
type fileKeys struct {
	heldKeys
	path string
	mu   sync.Mutex // of the file; one writer at a time
	file *os.File
	end  int64 // where the next record goes: behind the last whole one, good or not
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
	if info.Size() > maxPatientsBytes {
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
			f.keys[clinical.ID(body[:idLen])] = body[idLen:]
		}
		f.end = at + recordLen
	}
	return nil
}

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

func record(k ownKey) []byte {
	r := make([]byte, 0, recordLen)
	r = append(r, k.owner...)
	r = append(r, k.wrapped...)
	return binary.BigEndian.AppendUint32(r, crc32.Checksum(r, castagnoli()))
}

// add appends. What an append that failed may have left is cut off, so that no key
// stands in the file that is not in memory.
func (f *fileKeys) add(keys ...ownKey) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []byte
	for _, k := range keys {
		all = append(all, record(k)...)
	}
	if f.end+int64(len(all)) > maxPatientsBytes {
		return fmt.Errorf("write a patient's key: over %d of them", maxPatients)
	}
	_, err := f.file.WriteAt(all, f.end)
	if err == nil {
		err = f.file.Sync()
	}
	if err != nil {
		return fmt.Errorf("write a patient's key: %w", errors.Join(err, f.file.Truncate(f.end)))
	}
	f.end += int64(len(all))
	return f.heldKeys.add(keys...)
}

// drop writes the file anew without the key, and with the sign of its erasure. All
// other records stay as they are, damaged ones too: a key may yet be read from them.
// The old file is closed first: Windows replaces no file that is open. Whatever
// happens, what is on the disk then is what is in memory.
func (f *fileKeys) drop(sign ownKey) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make([]byte, f.end)
	if _, err := f.file.ReadAt(all, 0); err != nil {
		return fmt.Errorf("drop a patient's key: %w", err)
	}
	kept := bytes.NewBuffer(make([]byte, 0, len(all)+recordLen))
	kept.Write(all[:len(patientsHeader)])
	for r := all[len(patientsHeader):]; len(r) >= recordLen; r = r[recordLen:] {
		if string(r[:idLen]) != string(sign.owner) {
			kept.Write(r[:recordLen])
		}
	}
	kept.Write(record(sign))
	_ = f.file.Close() // all of it is synced
	err := durable.Replace(f.path, func(w io.Writer) error {
		_, err := w.Write(kept.Bytes())
		return err
	})
	again, reopen := os.OpenFile(f.path, os.O_RDWR, fileMode)
	f.file = again // nil: every later write fails
	if reopen == nil {
		reopen = f.read()
	}
	if err = errors.Join(err, reopen); err != nil {
		return fmt.Errorf("drop a patient's key: %w", err)
	}
	return nil
}

// refresh opens the file by its name again: another process may have replaced it, and
// what is written to the old one would be lost.
func (f *fileKeys) refresh() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	again, err := os.OpenFile(f.path, os.O_RDWR, fileMode)
	if errors.Is(err, fs.ErrNotExist) {
		return damaged("the file of the patients' keys is missing")
	}
	if err != nil {
		return err
	}
	_ = f.file.Close() // all of it is synced
	f.file = again
	return f.read()
}

func (f *fileKeys) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.file.Close()
}
