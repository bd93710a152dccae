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

// ownRef is what a wrapped key is found by.
type ownRef struct {
	owner      clinical.ID
	generation uint16
}

// heldKeys are what of a file is in memory.
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
