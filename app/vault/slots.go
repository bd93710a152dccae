package vault

import (
	"crypto/cipher"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"stipple/app/clinical"
	"stipple/app/durable"
)

// SlotsName is the file of the key slots in the data folder.
const SlotsName = "stipple.slots"

// Person is who has a slot.
type Person struct {
	ID            clinical.ID
	SignIn        string // public
	HoldsPatients bool   // the slot holds the patient key, too
	// Slot is the public half of the slot: another one whenever a passphrase was set.
	Slot string
	// Lent: somebody else has set the passphrase, and knows it.
	Lent bool
}

// Slots are the ways into a store. Its methods may be called from any goroutine.
type Slots struct {
	dir string
	opt Options

	rekey    sync.RWMutex // held for writing where keys of the store change; before changing
	changing sync.Mutex   // held for a change of the file, which takes a second; before mu
	// mu guards what follows, and is held for moments alone: the window's thread asks who
	// can sign in, and must hear STOP.
	mu    sync.Mutex
	file  slotFile
	tries map[string]*tries // by sign-in name; "" is the recovery code
	// wrong are the wrong tries, by the same names, that TakeWrong has not given out.
	wrong map[string]int
	// recipient is the recovery code's, proven by the keys of who came in; else "".
	recipient string
}

// Load reads the slots of a data folder. fs.ErrNotExist: nobody has set it up.
// ErrDamaged, ErrNewer, or those of the system otherwise.
func Load(dir string, opt Options) (*Slots, error) {
	file, _, err := readSlots(dir)
	if err != nil {
		return nil, err
	}
	return &Slots{dir: dir, opt: opt, file: file, tries: make(map[string]*tries), wrong: make(map[string]int)}, nil
}

// Create makes keys for a new store, with a slot for its first person and one for a
// recovery code of NewRecoveryCode. Until Complete it is pending: nobody has used it,
// and it may be made again. The keys come unlocked.
//
// Errors: ErrName, ErrWeak, ErrWrongCode; fs.ErrExist where somebody has set it up;
// those of the disk.
func Create(dir string, first Person, passphrase []byte, code string, opt Options) (*Slots, *Vault, error) {
	if opt.KDF == (KDF{}) {
		opt.KDF = Tune()
	}
	r, err := firstRing(opt.rand())
	if err != nil {
		return nil, nil, err
	}
	store := make([]byte, saltLen)
	if _, err := io.ReadFull(opt.rand(), store); err != nil {
		return nil, nil, fmt.Errorf("make keys: %w", err)
	}
	s := &Slots{dir: dir, opt: opt, tries: make(map[string]*tries), wrong: make(map[string]int)}
	s.file = slotFile{Format: slotsFormat, Store: hex.EncodeToString(store), Pending: true, Generation: r.generation}
	first.HoldsPatients = true
	slot, err := s.file.newSlot(first, passphrase, r, opt)
	if err != nil {
		return nil, nil, err
	}
	recovery, err := newRecovery(code, s.file.Store, r)
	if err != nil {
		return nil, nil, err
	}
	s.file.Slots, s.file.Recovery, s.recipient = []keySlot{slot}, &recovery, recovery.Recipient
	if s.file.Given, err = newGiven(s.file, r.present); err != nil {
		return nil, nil, err
	}
	if err := setAside(dir, s.file.Store); err != nil {
		return nil, nil, fmt.Errorf("set aside what a set-up left: %w", err)
	}
	return s.create(r)
}

// CreateTraining makes keys for a training store, which hides nothing: whoever can
// read the folder can open it. fs.ErrExist where there are keys already.
func CreateTraining(dir string, opt Options) (*Slots, *Vault, error) {
	r, err := firstRing(opt.rand())
	if err != nil {
		return nil, nil, err
	}
	s := &Slots{dir: dir, opt: opt, tries: make(map[string]*tries), wrong: make(map[string]int)}
	s.file = slotFile{Format: slotsFormat, Training: slices.Concat(r.present.clinic, r.present.patients)}
	return s.create(r)
}

// create writes both files, the slots last.
func (s *Slots) create(r ring) (*Slots, *Vault, error) {
	if err := createPatients(filepath.Join(s.dir, PatientsName)); err != nil {
		return nil, nil, fmt.Errorf("make the patients' keys: %w", err)
	}
	if err := s.write(s.file, durable.Create); err != nil {
		return nil, nil, err
	}
	v, err := s.open(s.file, r)
	return s, v, err
}

// Pending says that Create was not followed by Complete.
func (s *Slots) Pending() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.file.Pending
}

// Complete says that all of what was set up is on the disk.
func (s *Slots) Complete() error {
	return s.change(func(f *slotFile) error {
		f.Pending = false
		return nil
	})
}

// Full is ErrFull where nobody more can be given a slot, else nil.
func (s *Slots) Full() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.file.full()
}

// OpenToAll says that it is a training store.
func (s *Slots) OpenToAll() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.file.Training != nil
}

// Training opens a training store; false for any other.
func (s *Slots) Training() (*Vault, bool, error) {
	s.mu.Lock()
	both := slices.Clone(s.file.Training)
	s.mu.Unlock()
	if both == nil {
		return nil, false, nil
	}
	k := keys{clinic: both[:keyLen:keyLen], patients: both[keyLen:]}
	v, err := s.open(slotFile{Training: both}, ring{generation: 1, present: k})
	return v, true, err
}

// People are those who can sign in, in the order in which they were added.
func (s *Slots) People() []Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	people := make([]Person, len(s.file.Slots))
	for i, slot := range s.file.Slots {
		people[i] = slot.person()
	}
	return people
}

// Recipient is the age recipient of the recovery code, proven by the keys of who came
// in; "" where nobody has, where it was changed, and in a training store.
func (s *Slots) Recipient() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.recipient
}

// current reads the file anew: another process may have taken away a slot since. The
// mutex is held.
func (s *Slots) current() (slotFile, error) {
	file, _, err := readSlots(s.dir)
	if err != nil {
		return slotFile{}, fmt.Errorf("read the key slots: %w", err)
	}
	s.file = file
	return file, nil
}

// prove remembers whom backups go to.
func (s *Slots) prove(file slotFile, k keys) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.recipient = file.Recovery.proven(file.Store, k)
}

// SignIn opens the store for a person at a time. It takes about a quarter of a second.
//
// Errors: ErrWrong; *WaitError after several of them; ErrDamaged.
func (s *Slots) SignIn(signIn string, passphrase []byte, now time.Time) (*Vault, Person, error) {
	name := SignInName(signIn)
	s.mu.Lock()
	err := s.mayTry(name, now)
	var file slotFile
	if err == nil {
		file, err = s.current()
	}
	s.mu.Unlock()
	if err != nil {
		return nil, Person{}, err
	}
	i := slices.IndexFunc(file.Slots, func(x keySlot) bool { return x.SignIn == name })
	if i < 0 || len(passphrase) > maxPassphraseBytes {
		return nil, Person{}, ErrWrong // who can sign in is no secret: there is nothing to guess
	}
	r, err := file.Slots[i].open(file, passphrase)
	if err := s.tried(name, err, now); err != nil {
		return nil, Person{}, err
	}
	s.prove(file, r.present)
	v, err := s.open(file, r)
	return v, file.Slots[i].person(), err
}

// Recover opens the store with the recovery code.
//
// Errors: ErrWrongCode; *WaitError after several of them; ErrDamaged.
func (s *Slots) Recover(code string, now time.Time) (*Vault, error) {
	s.mu.Lock()
	err := s.mayTry("", now)
	var file slotFile
	if err == nil {
		file, err = s.current()
	}
	s.mu.Unlock()
	switch {
	case err != nil:
		return nil, err
	case file.Recovery == nil:
		return nil, ErrWrongCode
	}
	r, err := file.Recovery.open(code)
	if err == nil && (r.generation != file.Generation || r.rekeying() != file.Rekeying) {
		r.wipe()
		err = damaged("the recovery code's keys")
	}
	if err := s.tried("", err, now); err != nil {
		return nil, err
	}
	s.prove(file, r.present)
	return s.open(file, r)
}

// Add gives a person a slot. The vault must hold what the slot is to hold.
//
// Errors: ErrName, ErrTaken, ErrFull, ErrWeak, ErrNoPatientKey, ErrClosed; ErrChanged where
// the vault's keys are not the file's any more; those of the disk.
func (s *Slots) Add(v *Vault, p Person, passphrase []byte) error {
	return s.change(func(f *slotFile) error {
		r, err := v.held(*f, p.HoldsPatients)
		if err != nil {
			return err
		}
		defer r.wipe()
		slot, err := f.newSlot(p, passphrase, r, s.opt)
		if err != nil {
			return err
		}
		f.Slots = append(slices.Clone(f.Slots), slot)
		f.Given, err = f.Given.with(*f, slot, r.present)
		return err
	})
}

// ChangePassphrase makes one slot anew, with a passphrase of its owner's own; every other
// stays as it is.
//
// Errors: ErrNoSlot, ErrWeak, ErrNotOwn, ErrNoPatientKey, ErrClosed; ErrChanged where the vault's
// keys are not the file's any more; those of the disk.
func (s *Slots) ChangePassphrase(v *Vault, id clinical.ID, passphrase []byte) error {
	return s.change(func(f *slotFile) error { return s.changePassphrase(f, v, id, passphrase) })
}

// changePassphrase is ChangePassphrase in a file.
func (s *Slots) changePassphrase(f *slotFile, v *Vault, id clinical.ID, passphrase []byte) error {
	i := slices.IndexFunc(f.Slots, func(x keySlot) bool { return x.ID == id })
	if i < 0 {
		return ErrNoSlot
	}
	p := f.Slots[i].person()
	withheld := !p.HoldsPatients && f.Slots[i].PatientsProof != nil
	if p.Lent {
		if plain, err := f.Slots[i].unwrap(f.Store, passphrase); err == nil {
			clear(plain)
			return ErrNotOwn
		}
		p.Lent = false
	}
	r, err := v.held(*f, p.HoldsPatients || withheld && v.HoldsPatients())
	if err != nil {
		return err
	}
	defer r.wipe()
	f.Slots = slices.Delete(slices.Clone(f.Slots), i, i+1)
	slot, err := f.newSlot(p, passphrase, r, s.opt)
	if err != nil {
		return err
	}
	f.Slots = slices.Insert(f.Slots, i, slot)
	s.forgive(p.SignIn)
	return nil
}

// Remove takes a person's slot away. The person was given keys and may have kept them, so
// that a re-key is wanted from then on (WantsRekey), whoever removed the slot. ErrNoSlot;
// ErrLast for the last one that holds the patient key.
func (s *Slots) Remove(id clinical.ID) error {
	return s.change(func(f *slotFile) error {
		kept := slices.DeleteFunc(slices.Clone(f.Slots), func(x keySlot) bool { return x.ID == id })
		if len(kept) == len(f.Slots) {
			return ErrNoSlot
		}
		f.Slots = kept
		return f.stillOpens()
	})
}

// open makes a vault of keys.
func (s *Slots) open(f slotFile, r ring) (_ *Vault, err error) {
	defer func() {
		if err != nil {
			r.wipe()
		}
	}()
	l, err := f.Lasting.open(f.Store, r)
	if err != nil {
		return nil, err
	}
	own, err := openPatients(filepath.Join(s.dir, PatientsName))
	if errors.Is(err, fs.ErrNotExist) {
		err = damaged("the file of the patients' keys is missing")
	}
	if err != nil {
		return nil, fmt.Errorf("read the patients' keys: %w", err)
	}
	v, err := newVault(r, l, own, s.opt.rand())
	if err == nil && f.Training == nil {
		v.onDisk = func() (uint16, bool, error) {
			now, _, err := readSlots(s.dir)
			if err != nil {
				return 0, false, fmt.Errorf("read the key slots: %w", err)
			}
			return now.Generation, now.Rekeying, nil
		}
	}
	return v, err
}

// held are copies of the keys, for a slot of a file. ErrChanged where they are not the
// file's.
func (v *Vault) held(f slotFile, patients bool) (ring, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case v.present == nil:
		return ring{}, ErrClosed
	case patients && v.present.wrap == nil:
		return ring{}, ErrNoPatientKey
	case v.ring.generation != f.Generation || v.ring.rekeying() != f.Rekeying:
		return ring{}, ErrChanged
	case patients:
		return v.ring.copied(), nil
	}
	return v.ring.withoutPatients().copied(), nil
}

// copies are copies of all keys.
func (v *Vault) copies() (ring, lasting, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.present == nil {
		return ring{}, lasting{}, ErrClosed
	}
	return v.ring.copied(), v.lasting.copied(), nil
}

// sealedKey puts a nonce before a box.
func sealedKey(box cipher.AEAD, source io.Reader, key, bound []byte) ([]byte, error) {
	out := make([]byte, box.NonceSize(), box.NonceSize()+len(key)+box.Overhead())
	if _, err := io.ReadFull(source, out); err != nil {
		return nil, fmt.Errorf("wrap a key: %w", err)
	}
	return box.Seal(out, out[:box.NonceSize()], key, bound), nil
}

// opened opens what sealedKey made.
func opened(box cipher.AEAD, sealed, bound []byte) ([]byte, error) {
	if len(sealed) < box.NonceSize()+box.Overhead() {
		return nil, ErrSealBroken
	}
	nonce, body := sealed[:box.NonceSize()], sealed[box.NonceSize():]
	return box.Open(make([]byte, 0, len(body)), nonce, body, bound)
}
