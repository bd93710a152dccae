package vault

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"filippo.io/age"

	"stipple/app/clinical"
)

// edit changes the file of the slots as somebody without a key can.
func edit(t *testing.T, dir string, change func(*slotFile)) {
	t.Helper()
	file, _, err := readSlots(dir)
	if err != nil {
		t.Fatal(err)
	}
	change(&file)
	data, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, SlotsName), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Backups go to the recovery code of the set-up and to nobody who was written into the
// file, whoever signs in.
func TestRecipientIsProven(t *testing.T) {
	dir, recovery, s, v := made(t)
	if err := s.Add(v, Person{ID: bela, SignIn: "bela"}, []byte(second)); err != nil {
		t.Fatal(err)
	}
	if _, err := load(t, dir).Encrypt(io.Discard); !errors.Is(err, ErrDamaged) {
		t.Errorf("before anybody came in: %v", err)
	}
	thief, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	whole, _, err := readSlots(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change func(*slotFile)
		want   error
	}{
		{"as it was", func(*slotFile) {}, nil},
		{"another recipient", func(f *slotFile) { f.Recovery.Recipient = thief.Recipient().String() }, ErrDamaged},
		{"proofs taken away", func(f *slotFile) { f.Recovery.ClinicProof, f.Recovery.PatientsProof = nil, nil }, ErrDamaged},
	} {
		edit(t, dir, func(f *slotFile) {
			again := *whole.Recovery
			f.Recovery = &again
			c.change(f)
		})
		for name, pass := range map[string]string{"ada": first, "bela": second} {
			s := load(t, dir)
			if _, _, err := s.SignIn(name, []byte(pass), noon()); err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			if _, err := s.Encrypt(&out); !errors.Is(err, c.want) || err != nil && out.Len() > 0 {
				t.Errorf("%s, by %s: %v", c.name, name, err)
			}
		}
	}
	edit(t, dir, func(f *slotFile) { f.Recovery.Recipient = thief.Recipient().String() })
	if _, err := load(t, dir).Recover(recovery, noon()); !errors.Is(err, ErrDamaged) {
		t.Errorf("the recovery code: %v", err)
	}
	// Who holds the clinic key can prove with it alone.
	edit(t, dir, func(f *slotFile) {
		if f.Recovery.ClinicProof, err = proofBy(v.ring.present.clinic, recoveryProof, f.Recovery.parts(f.Store)...); err != nil {
			t.Fatal(err)
		}
	})
	s = load(t, dir)
	if _, _, err := s.SignIn("ada", []byte(first), noon()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Encrypt(io.Discard); !errors.Is(err, ErrDamaged) {
		t.Errorf("proven by the clinic key alone: %v", err)
	}
}

// A process that loaded the slots before does not bring back what another took away.
func TestSlotsOfTwoProcesses(t *testing.T) {
	dir, recovery, s, v := made(t)
	if err := s.Add(v, Person{ID: bela, SignIn: "bela"}, []byte(second)); err != nil {
		t.Fatal(err)
	}
	late := load(t, dir)
	if err := s.Remove(bela); err != nil {
		t.Fatal(err)
	}
	if _, _, err := late.SignIn("bela", []byte(second), noon()); !errors.Is(err, ErrWrong) {
		t.Errorf("signed in without a slot: %v", err)
	}
	late = load(t, dir)
	keys, err := late.Recover(recovery, noon())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Add(v, Person{ID: bela, SignIn: "bela"}, []byte(second)); err != nil {
		t.Fatal(err)
	}
	if err := late.ChangePassphrase(keys, ada, []byte("third set of words")); err != nil {
		t.Fatal(err)
	}
	if people := load(t, dir).People(); len(people) != 2 {
		t.Errorf("after both: %v", people)
	}
	// Written while the new slot was made, by something that knows no lock.
	err = late.change(func(f *slotFile) error {
		edit(t, dir, func(now *slotFile) { now.Slots = now.Slots[:1] })
		f.Slots = f.Slots[:1]
		return nil
	})
	if !errors.Is(err, ErrChanged) {
		t.Errorf("at the same time: %v", err)
	}
}

// No change writes what could not be read again, whatever it is.
func TestNothingUnreadableIsWritten(t *testing.T) {
	dir, _, s, _ := made(t)
	was, err := os.ReadFile(filepath.Join(dir, SlotsName))
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*slotFile){
		"no slot":       func(f *slotFile) { f.Slots = nil },
		"a slot twice":  func(f *slotFile) { f.Slots = append(f.Slots, f.Slots[0]) },
		"too many":      func(f *slotFile) { f.Slots = make([]keySlot, maxSlots+1) },
		"too large":     func(f *slotFile) { f.Slots[0].Clinic = make([]byte, maxSlotsBytes) },
		"no generation": func(f *slotFile) { f.Generation = 0 },
		"no mark":       func(f *slotFile) { f.Untold = make([]untold, 1) },
		"no time":       func(f *slotFile) { f.Untold = []untold{{ID: ada, At: maxUntoldAt, Proof: make([]byte, proofLen)}} },
	} {
		err := s.change(func(f *slotFile) error {
			change(f)
			return nil
		})
		if !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
		if now, err := os.ReadFile(filepath.Join(dir, SlotsName)); err != nil || !bytes.Equal(now, was) {
			t.Errorf("%s: written all the same, %v", name, err)
		}
		if people := s.People(); len(people) != 1 || people[0].ID != ada {
			t.Errorf("%s: %v", name, people)
		}
	}
}

// Of processes that change the slots at the same time, each waits for the one before.
func TestSlotsChangedAtOnce(t *testing.T) {
	const n = 8
	dir, _, _, v := made(t)
	var all sync.WaitGroup
	for i := range n {
		s := load(t, dir)
		all.Go(func() {
			p := Person{ID: clinical.ID(fmt.Sprintf("01%024d", i)), SignIn: fmt.Sprintf("person%d", i)}
			if err := s.Add(v, p, []byte(second)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if people := load(t, dir).People(); len(people) != n+1 {
		t.Errorf("%d of %d: %v", len(people), n+1, people)
	}
}

// A set-up that is begun again throws no keys away, and one that another has replaced
// says so.
func TestSetUpBegunAgain(t *testing.T) {
	dir := t.TempDir()
	person := Person{ID: ada, SignIn: "ada"}
	one, v, err := Create(dir, person, []byte(first), code(t), cheap())
	if err != nil {
		t.Fatal(err)
	}
	patient, _ := sealedBy(t, v)
	two, again, err := Create(dir, person, []byte(second), code(t), cheap())
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Own(owner); err != nil {
		t.Errorf("a key where the first set-up had made one: %v", err)
	}
	if err := one.Complete(); !errors.Is(err, ErrChanged) {
		t.Errorf("the first is complete: %v", err)
	}
	if err := two.Complete(); err != nil {
		t.Error(err)
	}
	// The first one's files open what it sealed.
	aside := t.TempDir()
	for _, name := range []string{SlotsName, PatientsName} {
		found, err := filepath.Glob(filepath.Join(dir, name+asideMark+"*"))
		if err != nil || len(found) != 1 {
			t.Fatal(name, found, err)
		}
		if err := os.Rename(found[0], filepath.Join(aside, name)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := signIn(t, aside, "ada", first).Open(place(), patient); err != nil {
		t.Error(err)
	}
}
