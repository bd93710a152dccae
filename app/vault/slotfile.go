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
	"slices"

	"filippo.io/age"

	"stipple/app/clinical"
)

// The file of the slots, as JSON.
const (
	slotsFormat = "stipple key slots"
	// slotsVersion is what this program knows up to. It writes untoldVersion only while
	// there is something untold, and else the first.
	slotsVersion  = untoldVersion
	untoldVersion = 2
)

type slotFile struct {
	Format     string       `json:"format"`
	Version    int          `json:"version"`
	Store      string       `json:"store,omitempty"`      // a random name: no slot fits another store
	Pending    bool         `json:"pending,omitempty"`    // being set up: nobody has used it
	Generation uint16       `json:"generation,omitempty"` // of the present keys, from 1; 0 in a training store
	Rekeying   bool         `json:"rekeying,omitempty"`   // the slots hold the former keys, too
	Slots      []keySlot    `json:"slots,omitempty"`
	Recovery   *recovery    `json:"recovery,omitempty"`
	Given      *given       `json:"given,omitempty"`
	Links      []link       `json:"links,omitempty"`
	Lasting    *lastingFile `json:"lasting,omitempty"`
	Untold     []untold     `json:"untold,omitempty"`
	Training   []byte       `json:"training,omitempty"` // both keys of a training store, open to all
}

// span is the newest and the oldest generation of keys that the slots hold.
func (f slotFile) span() (newest, oldest uint16) {
	if f.Rekeying {
		return f.Generation, f.Generation - 1
	}
	return f.Generation, f.Generation
}

// keySlot is the slot of one person. Only the passphrase opens the private half of its
// X25519 pair; the keys are encrypted to the public half, so that a re-key can put new
// ones in while its owner is away.
type keySlot struct {
	ID        clinical.ID `json:"id"`
	SignIn    string      `json:"sign_in"`
	Lent      bool        `json:"lent,omitempty"` // see Person
	KDF       KDF         `json:"argon2id"`
	Salt      []byte      `json:"salt"`
	Identity  []byte      `json:"identity"`  // an anchor and the private half, wrapped by the passphrase
	Recipient string      `json:"recipient"` // the public half: age1…
	Clinic    []byte      `json:"clinic"`    // the clinic's side of the ring, in an age file
	// Patients is the patients' side. A backup leaves it out of most slots that hold it,
	// and PatientsProof in.
	Patients []byte `json:"patients,omitempty"`
	// What proves the public half, for each key that the slot is to have: anybody can write
	// the file, and wait for the next keys to come.
	ClinicProof   []byte `json:"clinic_proof"`
	PatientsProof []byte `json:"patients_proof,omitempty"`
}

func (s keySlot) person() Person {
	return Person{ID: s.ID, SignIn: s.SignIn, HoldsPatients: s.Patients != nil, Slot: s.Recipient, Lent: s.Lent}
}

// bound binds what the passphrase wraps to its slot and store.
func (s keySlot) bound(store string) []byte {
	out := fmt.Appendf(nil, "stipple slot\x00%s\x00%s\x00%s\x00%d %d %d", store, s.ID, s.SignIn, s.KDF.Time, s.KDF.Memory, s.KDF.Threads)
	if s.Lent {
		out = append(out, "\x00lent"...)
	}
	return out
}

const slotProof = "stipple slot recipient"

// parts are what is proven of a slot.
func (s keySlot) parts(store string, generation uint16) [][]byte {
	return [][]byte{[]byte(store), number(generation), []byte(s.ID), []byte(s.SignIn), []byte(s.Recipient)}
}

// proven says whether the keys that somebody holds prove the slot. The clinic key is
// everybody's to hand on, so that only the patient key proves who is to have it.
func (s keySlot) proven(f slotFile, k keys) bool {
	return proves(k.clinic, s.ClinicProof, slotProof, s.parts(f.Store, f.Generation)...) &&
		(s.Patients == nil || k.patients == nil || s.holds(f, k))
}

// holds says whether the slot is to have the patient key, which proves it.
func (s keySlot) holds(f slotFile, k keys) bool {
	return proves(k.patients, s.PatientsProof, slotProof, s.parts(f.Store, f.Generation)...)
}

// fill puts a ring into the slot, the patients' side only where given, and proves it for
// the keys of the ring.
func (s *keySlot) fill(store string, r ring, given bool) error {
	to, err := age.ParseX25519Recipient(s.Recipient)
	if err != nil {
		return damaged("the slot of %s", s.SignIn)
	}
	clinic, patients := r.sides()
	defer clear(clinic)
	defer clear(patients)
	s.Patients, s.PatientsProof = nil, nil
	parts := s.parts(store, r.generation)
	if s.Clinic, err = encryptTo(to, clinic); err == nil {
		s.ClinicProof, err = proofBy(r.present.clinic, slotProof, parts...)
	}
	if err != nil || patients == nil {
		return err
	}
	if s.PatientsProof, err = proofBy(r.present.patients, slotProof, parts...); err == nil && given {
		s.Patients, err = encryptTo(to, patients)
	}
	return err
}

// newSlot makes a slot of a ring for a person; it is not in the file yet. A ring with the
// patient key proves that the slot is to have it, and the slot gets it where the person
// says so.
func (f slotFile) newSlot(p Person, passphrase []byte, r ring, opt Options) (keySlot, error) {
	s := keySlot{ID: p.ID, SignIn: SignInName(p.SignIn), Lent: p.Lent, KDF: opt.KDF, Salt: make([]byte, saltLen)}
	if err := f.full(); err != nil {
		return keySlot{}, err
	}
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
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return keySlot{}, fmt.Errorf("make a slot: %w", err)
	}
	s.Recipient = id.Recipient().String()
	a, err := anchorOf(r.generation, r.present)
	if err != nil {
		return keySlot{}, err
	}
	box, err := s.KDF.box(passphrase, s.Salt)
	if err != nil {
		return keySlot{}, err
	}
	plain := append(a.bytes(), id.String()...)
	defer clear(plain)
	if s.Identity, err = sealedKey(box, opt.rand(), plain, s.bound(f.Store)); err != nil {
		return keySlot{}, err
	}
	return s, s.fill(f.Store, r, p.HoldsPatients)
}

// unwrap opens what the passphrase wraps. ErrWrong.
func (s keySlot) unwrap(store string, passphrase []byte) ([]byte, error) {
	box, err := s.KDF.box(passphrase, s.Salt)
	if err != nil {
		return nil, err
	}
	plain, err := opened(box, s.Identity, s.bound(store))
	if err != nil {
		return nil, ErrWrong
	}
	return plain, nil
}

// open opens the ring. ErrWrong; ErrDamaged where the keys are not those of the slot's
// making, nor lead there from those by a re-key.
func (s keySlot) open(f slotFile, passphrase []byte) (ring, error) {
	plain, err := s.unwrap(f.Store, passphrase)
	if err != nil {
		return ring{}, err
	}
	defer clear(plain)
	changed := damaged("the slot of %s", s.SignIn)
	a, private, ok := takeAnchor(plain)
	if !ok {
		return ring{}, changed
	}
	id, err := age.ParseX25519Identity(string(private))
	if err != nil || id.Recipient().String() != s.Recipient {
		return ring{}, changed
	}
	clinic, err := decryptSmall(id, s.Clinic)
	defer clear(clinic)
	if err != nil {
		return ring{}, changed
	}
	var patients []byte
	if s.Patients != nil {
		if patients, err = decryptSmall(id, s.Patients); err != nil {
			return ring{}, changed
		}
		defer clear(patients)
	}
	r, err := ringOf(clinic, patients)
	if err != nil {
		return ring{}, err
	}
	if r.generation != f.Generation || r.rekeying() != f.Rekeying || !s.proven(f, r.present) || !f.leads(a, r.present) {
		r.wipe()
		return ring{}, changed
	}
	return r, nil
}

// encode is the file as it is written: nothing that could not be read again.
func (f slotFile) encode() ([]byte, error) {
	f.Version = 1
	if len(f.Untold) > 0 {
		f.Version = untoldVersion
	}
	out, err := json.MarshalIndent(f, "", "\t")
	if err != nil {
		return nil, fmt.Errorf("write the key slots: %w", err)
	}
	out = append(out, '\n')
	if _, err := parseSlots(out); err != nil {
		return nil, fmt.Errorf("write the key slots: %w", err)
	}
	return out, nil
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

func (f slotFile) full() error {
	if len(f.Slots) >= maxSlots {
		return ErrFull
	}
	return nil
}

func (f slotFile) check() error {
	training := f.Training != nil
	switch {
	case f.Version < 1:
		return damaged("key slots of version %d", f.Version)
	case (len(f.Untold) > 0) != (f.Version >= untoldVersion) || len(f.Untold) > maxUntold:
		return damaged("key slots of version %d with %d things untold", f.Version, len(f.Untold))
	case training && (len(f.Training) != 2*keyLen || len(f.Slots) > 0 || f.Recovery != nil || f.Generation != 0 || f.Rekeying || f.Untold != nil):
		return damaged("the keys of the training store")
	case training:
		return nil
	case len(f.Slots) > maxSlots:
		return damaged("over %d key slots", maxSlots)
	case len(f.Slots) == 0 || f.Recovery == nil || f.Store == "":
		return damaged("key slots without a way in")
	case f.Generation < 1 || f.Generation > maxGenerations || len(f.Links) != int(f.Generation)-1 || f.Rekeying && f.Generation == 1:
		return damaged("the generations of the keys")
	}
	if slices.ContainsFunc(f.Untold, func(u untold) bool { return !u.valid() }) {
		return damaged("what is untold of the key slots")
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
