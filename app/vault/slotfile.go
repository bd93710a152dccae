package vault

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"stipple/app/clinical"
)

// The file of the slots, as JSON.
const (
	slotsFormat  = "stipple key slots"
	slotsVersion = 1
)

type slotFile struct {
	Format   string    `json:"format"`
	Version  int       `json:"version"`
	Store    string    `json:"store,omitempty"`   // a random name: no slot fits another store
	Pending  bool      `json:"pending,omitempty"` // being set up: nobody has used it
	Slots    []keySlot `json:"slots,omitempty"`
	Recovery *recovery `json:"recovery,omitempty"`
	Training []byte    `json:"training,omitempty"` // both keys of a training store, open to all
}

// keySlot is the slot of one person.
type keySlot struct {
	ID       clinical.ID `json:"id"`
	SignIn   string      `json:"sign_in"`
	KDF      KDF         `json:"argon2id"`
	Salt     []byte      `json:"salt"`
	Clinic   []byte      `json:"clinic"` // the clinic key, wrapped
	Patients []byte      `json:"patients,omitempty"`
}

func (s keySlot) person() Person {
	return Person{ID: s.ID, SignIn: s.SignIn, HoldsPatients: s.Patients != nil}
}

// bound binds a wrapped key to its slot and store.
func (s keySlot) bound(store, which string) []byte {
	return fmt.Appendf(nil, "stipple slot\x00%s\x00%s\x00%s\x00%d %d %d\x00%s", store, s.ID, s.SignIn, s.KDF.Time, s.KDF.Memory, s.KDF.Threads, which)
}

// The keys that a slot wraps, by name.
const (
	clinicKey   = "clinic"
	patientsKey = "patients"
)

// newSlot wraps keys for a person; it is not in the file yet.
func (f slotFile) newSlot(p Person, passphrase []byte, k keys, opt Options) (keySlot, error) {
	s := keySlot{ID: p.ID, SignIn: SignInName(p.SignIn), KDF: opt.KDF, Salt: make([]byte, saltLen)}
	if err := CheckSignInName(p.SignIn); err != nil {
		return keySlot{}, err
	}
	for _, other := range f.Slots {
		if other.SignIn == s.SignIn || other.ID == s.ID {
			return keySlot{}, ErrTaken
		}
	}
	if err := CheckPassphrase(p.SignIn, passphrase); err != nil {
		return keySlot{}, err
	}
	if s.KDF == (KDF{}) {
		s.KDF = Tune()
	}
	if _, err := io.ReadFull(opt.rand(), s.Salt); err != nil {
		return keySlot{}, fmt.Errorf("make a slot: %w", err)
	}
	box, err := s.KDF.box(passphrase, s.Salt)
	if err != nil {
		return keySlot{}, err
	}
	if s.Clinic, err = sealedKey(box, opt.rand(), k.clinic, s.bound(f.Store, clinicKey)); err != nil {
		return keySlot{}, err
	}
	if p.HoldsPatients {
		s.Patients, err = sealedKey(box, opt.rand(), k.patients, s.bound(f.Store, patientsKey))
	}
	return s, err
}

// open unwraps the keys. ErrWrong.
func (s keySlot) open(store string, passphrase []byte) (keys, error) {
	box, err := s.KDF.box(passphrase, s.Salt)
	if err != nil {
		return keys{}, err
	}
	unwrap := func(sealed []byte, which string) ([]byte, error) {
		if len(sealed) != box.NonceSize()+keyLen+box.Overhead() {
			return nil, ErrWrong
		}
		key, err := box.Open(nil, sealed[:box.NonceSize()], sealed[box.NonceSize():], s.bound(store, which))
		if err != nil {
			return nil, ErrWrong
		}
		return key, nil
	}
	var k keys
	if k.clinic, err = unwrap(s.Clinic, clinicKey); err != nil {
		return keys{}, err
	}
	if s.Patients != nil {
		if k.patients, err = unwrap(s.Patients, patientsKey); err != nil {
			k.wipe()
			return keys{}, damaged("the slot of %s", s.SignIn)
		}
	}
	return k, nil
}

func (f slotFile) encode() ([]byte, error) {
	out, err := json.MarshalIndent(f, "", "\t")
	if err != nil {
		return nil, fmt.Errorf("write the key slots: %w", err)
	}
	return append(out, '\n'), nil
}

// parseSlots reads the file; it is as hostile as the wire.
func parseSlots(data []byte) (slotFile, error) {
	if len(data) > maxSlotsBytes {
		return slotFile{}, damaged("key slots of over %d bytes", maxSlotsBytes)
	}
	var head struct {
		Format  string `json:"format"`
		Version int    `json:"version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return slotFile{}, damaged("key slots: %w", err)
	}
	switch {
	case head.Format != slotsFormat:
		return slotFile{}, damaged("not a file of key slots")
	case head.Version > slotsVersion:
		return slotFile{}, fmt.Errorf("%w (version %d, this program knows up to %d)", ErrNewer, head.Version, slotsVersion)
	}
	var f slotFile
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return slotFile{}, damaged("key slots: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return slotFile{}, damaged("key slots: something behind them")
	}
	return f, f.check()
}

func (f slotFile) check() error {
	training := f.Training != nil
	switch {
	case f.Version < 1:
		return damaged("key slots of version %d", f.Version)
	case training && (len(f.Training) != 2*keyLen || len(f.Slots) > 0 || f.Recovery != nil):
		return damaged("the keys of the training store")
	case !training && (len(f.Slots) == 0 || len(f.Slots) > maxSlots || f.Recovery == nil || f.Store == ""):
		return damaged("key slots without a way in")
	}
	names := make(map[string]bool)
	for _, s := range f.Slots {
		switch {
		case CheckSignInName(s.SignIn) != nil || SignInName(s.SignIn) != s.SignIn:
			return damaged("a sign-in name")
		case names[s.SignIn] || names[string(s.ID)]:
			return damaged("two slots of %s", s.SignIn)
		case len(s.ID) != idLen, !s.KDF.valid(), len(s.Salt) != saltLen:
			return damaged("the slot of %s", s.SignIn)
		}
		names[s.SignIn], names[string(s.ID)] = true, true
	}
	return nil
}

// readSlots reads the file, and returns its bytes, too.
func readSlots(dir string) (slotFile, []byte, error) {
	f, err := os.Open(filepath.Join(dir, SlotsName))
	if err != nil {
		return slotFile{}, nil, err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxSlotsBytes+1))
	if err != nil {
		return slotFile{}, nil, err
	}
	file, err := parseSlots(data)
	return file, data, err
}

// setAside makes room where a set-up ended too early, and where keys of patients lie
// that no key opens any more. It removes nothing: whether there is a store that needs
// them is not known here.
func setAside(dir, store string) error {
	file, _, err := readSlots(dir)
	none := errors.Is(err, fs.ErrNotExist)
	if !none && (err != nil || !file.Pending) {
		return nil // Create says what is there
	}
	aside := func(name string) error {
		path := filepath.Join(dir, name)
		return os.Rename(path, path+asideMark+store[:asideDigits])
	}
	if !none {
		if err := aside(SlotsName); err != nil {
			return err
		}
	}
	info, err := os.Stat(filepath.Join(dir, PatientsName))
	if err != nil || info.Size() == int64(len(patientsHeader)) {
		return nil // as good as a new one
	}
	return aside(PatientsName)
}

// What is set aside has this behind its name, and some digits of the store's that took
// its place.
const (
	asideMark   = ".unfinished-"
	asideDigits = 8
)
