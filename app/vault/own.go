package vault

import (
	"bytes"
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
	v.owning.Lock()
	defer v.owning.Unlock()
	v.mu.Lock()
	present := v.present
	v.mu.Unlock()
	switch {
	case present == nil:
		return ErrClosed
	case present.wrap == nil:
		return ErrNoPatientKey
	}
	fresh := make([]ownKey, 0, len(owners))
	for _, owner := range owners {
		if len(owner) != idLen {
			return damaged("an owner's id of %d bytes", len(owner))
		}
		switch o, err := unwrapOwn(present, v.own, owner); {
		case err == nil:
			o.wipe()
			continue
		case !errors.Is(err, errNoKey):
			return err // also where another store's key stands: what it sealed may be there
		}
		k, err := newOwnKey(present, owner, nil, v.rand)
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

// ownRef is what a wrapped key is found by.
type ownRef struct {
	owner      clinical.ID
	generation uint16
}

// heldKeys are in memory alone.
type heldKeys struct {
	mu   sync.Mutex
	keys map[ownRef][]byte
}

func (h *heldKeys) get(owner clinical.ID, generation uint16) ([]byte, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if k, known := h.keys[ownRef{owner, generation}]; known {
		return k, nil
	}
	return nil, errNoKey
}

func (h *heldKeys) add(keys ...ownKey) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.keys == nil {
		h.keys = make(map[ownRef][]byte)
	}
	for _, k := range keys {
		h.keys[ownRef{k.owner, k.generation}] = k.wrapped
	}
	return nil
}

func (h *heldKeys) replace(gone func(clinical.ID, uint16) bool, fresh ...ownKey) error {
	h.mu.Lock()
	for ref := range h.keys {
		if gone(ref.owner, ref.generation) {
			delete(h.keys, ref)
		}
	}
	h.mu.Unlock()
	return h.add(fresh...)
}

func (h *heldKeys) under(generation uint16) []ownKey {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []ownKey
	for ref, wrapped := range h.keys {
		if ref.generation == generation {
			all = append(all, ownKey{ref.owner, generation, wrapped})
		}
	}
	return all
}

func (h *heldKeys) refresh() error { return nil }

func (h *heldKeys) close() error { return nil }

// The file of the patients' keys: a header, and for each patient the id, the generation
// (2 bytes, big endian), the wrapped key or the sign of the erasure (nonce and box) and
// a CRC-32C of all, so that an append that a crash cut off is told from damage. While a
// re-key is going on, each patient has one under each of the two generations.
const (
	patientsHeader = "stipple patients' keys 1\n"
	wrappedLen     = 24 + 2*keyLen + 16
	recordHead     = idLen + 2
	recordLen      = recordHead + wrappedLen + 4

	maxPatientsBytes = int64(len(patientsHeader) + 2*maxPatients*recordLen)
)

// recordRef is whose a record is, and under which generation.
func recordRef(r []byte) ownRef {
	return ownRef{clinical.ID(r[:idLen]), binary.BigEndian.Uint16(r[idLen:])}
}

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
	f.keys = make(map[ownRef][]byte, len(rest)/recordLen)
	f.end = int64(len(patientsHeader))
	for at := f.end; len(rest) >= recordLen; at += recordLen {
		r := rest[:recordLen]
		rest = rest[recordLen:]
		body := r[:recordLen-4]
		if crc32.Checksum(body, castagnoli()) == binary.BigEndian.Uint32(r[recordLen-4:]) {
			f.keys[recordRef(body)] = body[recordHead:]
		}
		f.end = at + recordLen
	}
	return nil
}

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

func record(k ownKey) []byte {
	r := make([]byte, 0, recordLen)
	r = append(r, k.owner...)
	r = binary.BigEndian.AppendUint16(r, k.generation)
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
		return fmt.Errorf("write a patient's key: over %d bytes of them", maxPatientsBytes)
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

// replace writes the file anew. All records that are not gone stay as they are, damaged
// ones too: a key may yet be read from them. The old file is closed first: Windows
// replaces no file that is open. Whatever happens, what is on the disk then is what is
// in memory.
func (f *fileKeys) replace(gone func(clinical.ID, uint16) bool, fresh ...ownKey) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make([]byte, f.end)
	if _, err := f.file.ReadAt(all, 0); err != nil {
		return fmt.Errorf("replace the patients' keys: %w", err)
	}
	kept := bytes.NewBuffer(make([]byte, 0, len(all)+len(fresh)*recordLen))
	kept.Write(all[:len(patientsHeader)])
	for r := all[len(patientsHeader):]; len(r) >= recordLen; r = r[recordLen:] {
		if ref := recordRef(r); !gone(ref.owner, ref.generation) {
			kept.Write(r[:recordLen])
		}
	}
	for _, k := range fresh {
		kept.Write(record(k))
	}
	if int64(kept.Len()) > maxPatientsBytes {
		return fmt.Errorf("replace the patients' keys: over %d bytes", maxPatientsBytes)
	}
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
		return fmt.Errorf("replace the patients' keys: %w", err)
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
