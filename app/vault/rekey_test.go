package vault

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"filippo.io/age"

	"stipple/app/clinical"
)

const (
	cleo  clinical.ID = "01cccccccccccccccccccccccc"
	other clinical.ID = "01qqqqqqqqqqqqqqqqqqqqqqqq"
	third             = "third set of words"
)

// clinic is a store's keys with a senior clinician, a clinician and a technician.
func clinic(t *testing.T) (dir, recovery string, s *Slots, v *Vault) {
	t.Helper()
	dir, recovery, s, v = made(t)
	if err := s.Add(v, Person{ID: bela, SignIn: "bela", HoldsPatients: true}, []byte(second)); err != nil {
		t.Fatal(err)
	}
	if err := s.Add(v, Person{ID: cleo, SignIn: "cleo"}, []byte(third)); err != nil {
		t.Fatal(err)
	}
	return dir, recovery, s, v
}

func lastingPlace() Place {
	return Place{Bucket: "audit", Key: []byte("1"), Schema: 1, Lasting: true}
}

// lastingBy is what lasts of a patient and of the practice.
func lastingBy(t *testing.T, v *Vault) (patient, practice []byte) {
	t.Helper()
	patient, err := v.Seal(lastingPlace(), owner, []byte("born 1984"))
	if err != nil {
		t.Fatal(err)
	}
	if practice, err = v.Seal(lastingPlace(), "", []byte("signed in")); err != nil {
		t.Fatal(err)
	}
	return patient, practice
}

func rekeyed(t *testing.T, s *Slots, v *Vault) {
	t.Helper()
	if err := errors.Join(s.BeginRekey(v), s.EndRekey(v)); err != nil {
		t.Fatal(err)
	}
}

// Whoever was given a key and has no slot any more wants a re-key, whoever took the slot
// away, and taking the mark out of the file wants one, too.
func TestRemovalWantsARekey(t *testing.T) {
	for _, gone := range []clinical.ID{bela, cleo} {
		dir, _, s, v := clinic(t)
		if s.WantsRekey(v) {
			t.Error("before anybody went")
		}
		if err := load(t, dir).Remove(gone); err != nil { // by somebody without a key
			t.Fatal(err)
		}
		again := load(t, dir)
		holder, _, err := again.SignIn("ada", []byte(first), noon())
		if err != nil || !again.WantsRekey(holder) {
			t.Fatalf("%s was removed: %v", gone, err)
		}
		rekeyed(t, again, holder)
		if again.WantsRekey(holder) {
			t.Errorf("%s was removed: after the re-key", gone)
		}
	}
	var held keys
	for name, change := range map[string]func(*slotFile){
		"the list taken away": func(f *slotFile) { f.Given = nil },
		"who went taken out": func(f *slotFile) {
			f.Given.Clinic, f.Given.Patients = []clinical.ID{ada, cleo}, []clinical.ID{ada}
		},
		"taken out of one list":  func(f *slotFile) { f.Given.Patients = []clinical.ID{ada} },
		"taken out of the other": func(f *slotFile) { f.Given.Clinic = []clinical.ID{ada, cleo} },
		"the proofs taken, too": func(f *slotFile) {
			f.Given = &given{Clinic: []clinical.ID{ada, cleo}, Patients: []clinical.ID{ada}}
		},
		"proven by a technician": func(f *slotFile) {
			f.Given.Clinic, f.Given.Patients = []clinical.ID{ada, cleo}, []clinical.ID{ada}
			f.Given.ClinicProof, _ = proofBy(held.clinic, givenClinic, givenParts(*f, f.Given.Clinic)...)
			f.Given.PatientsProof, _ = proofBy(held.clinic, givenPatients, givenParts(*f, f.Given.Patients)...)
		},
	} {
		dir, _, s, v := clinic(t)
		held = v.ring.present
		if err := s.Remove(bela); err != nil {
			t.Fatal(err)
		}
		edit(t, dir, change)
		// What is added later does not prove the list anew.
		if err := s.Add(v, Person{ID: other, SignIn: "dora", HoldsPatients: true}, []byte(third)); err != nil {
			t.Fatal(err)
		}
		again := load(t, dir)
		holder, _, err := again.SignIn("ada", []byte(first), noon())
		if err != nil || !again.WantsRekey(holder) {
			t.Errorf("%s: %v", name, err)
		}
		technician, _, err := again.SignIn("cleo", []byte(third), noon())
		if err != nil || again.WantsRekey(technician) {
			t.Errorf("%s: asked of a technician: %v", name, err)
		}
		if err := again.BeginRekey(technician); !errors.Is(err, ErrNoPatientKey) {
			t.Errorf("begun by a technician: %v", err)
		}
	}
}

// Each list counts by itself: a technician who went is on one of them only, and a
// clinician who became one is missing on the other only.
func TestEachListWantsARekey(t *testing.T) {
	without, dora := Person{ID: bela, SignIn: "bela"}, Person{ID: other, SignIn: "dora"}
	for name, c := range map[string]struct {
		gone   clinical.ID
		change func(*slotFile)
		after  []Person // who is added then
	}{
		"technician went":           {cleo, func(*slotFile) {}, nil},
		"and the name":              {cleo, func(f *slotFile) { f.Given.Clinic = []clinical.ID{ada, bela} }, nil},
		"and another came":          {cleo, func(f *slotFile) { f.Given.Clinic = []clinical.ID{ada, bela} }, []Person{dora}},
		"clinician stays without":   {bela, func(*slotFile) {}, []Person{without}},
		"and the name went":         {bela, func(f *slotFile) { f.Given.Patients = []clinical.ID{ada} }, []Person{without}},
		"and another came after it": {bela, func(f *slotFile) { f.Given.Patients = []clinical.ID{ada} }, []Person{without, dora}},
	} {
		dir, _, s, v := clinic(t)
		if err := s.Remove(c.gone); err != nil {
			t.Fatal(err)
		}
		edit(t, dir, c.change)
		for _, p := range c.after {
			if err := s.Add(v, p, []byte(third)); err != nil {
				t.Fatal(err)
			}
		}
		if !load(t, dir).WantsRekey(v) {
			t.Error(name)
		}
	}
	// A slot that the patient key was taken out of, by whomever.
	for _, forged := range []bool{false, true} {
		restricted, _, _, _ := clinic(t)
		edit(t, restricted, func(f *slotFile) {
			f.Slots[1].Patients, f.Slots[1].PatientsProof = nil, nil
			if forged {
				f.Slots[1].PatientsProof = f.Slots[1].ClinicProof
			}
		})
		r := load(t, restricted)
		holder, _, err := r.SignIn("ada", []byte(first), noon())
		if err != nil || !r.WantsRekey(holder) {
			t.Error("a slot without the key that it was given", forged, err)
		}
		rekeyed(t, r, holder)
		if r.WantsRekey(holder) || signIn(t, restricted, "bela", second).HoldsPatients() {
			t.Error("after the re-key", forged)
		}
	}
	// Who was taken out by mistake and comes back had the keys, and has them again.
	_, _, s, v := clinic(t)
	if err := errors.Join(s.Remove(bela), s.Add(v, Person{ID: bela, SignIn: "bela", HoldsPatients: true}, []byte(second))); err != nil {
		t.Fatal(err)
	}
	if s.WantsRekey(v) {
		t.Error("back again")
	}
}

// New keys reach everybody who stayed, by passphrases that nobody typed meanwhile; while
// the re-key goes on both generations open, afterwards the new one alone, but for what
// lasts.
func TestRekey(t *testing.T) {
	dir, recovery, s, v := clinic(t)
	patient, practice := sealedBy(t, v)
	lastP, lastC := lastingBy(t, v)
	leaver := signIn(t, dir, "bela", second)
	old, err := os.ReadFile(filepath.Join(dir, SlotsName))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Remove(bela); err != nil {
		t.Fatal(err)
	}
	if err := s.BeginRekey(v); err != nil {
		t.Fatal(err)
	}
	if err := s.BeginRekey(v); err != nil || v.Generation() != 2 {
		t.Fatal("begun twice", v.Generation(), err)
	}
	newPatient, newPractice := sealedBy(t, v)
	newLastP, newLastC := lastingBy(t, v)
	everybody := func(name string, keys *Vault, oldToo bool) {
		t.Helper()
		mine := error(nil)
		if !keys.HoldsPatients() {
			mine = ErrNoPatientKey
		}
		past := func(e error) error {
			if oldToo {
				return e
			}
			return ErrSealBroken
		}
		if p, c := opens(keys, newPatient, newPractice); !errors.Is(p, mine) || c != nil {
			t.Errorf("%s: new: patient %v, practice %v", name, p, c)
		}
		if p, c := opens(keys, patient, practice); !errors.Is(p, past(mine)) || !errors.Is(c, past(nil)) {
			t.Errorf("%s: old: patient %v, practice %v", name, p, c)
		}
		for what, sealed := range map[string][2][]byte{"old": {lastP, lastC}, "new": {newLastP, newLastC}} {
			_, p := keys.Open(lastingPlace(), sealed[0])
			_, c := keys.Open(lastingPlace(), sealed[1])
			if !errors.Is(p, mine) || c != nil {
				t.Errorf("%s: what lasts, %s: patient %v, practice %v", name, what, p, c)
			}
		}
	}
	ways := func(oldToo bool) {
		t.Helper()
		again := load(t, dir)
		everybody("who re-keyed", v, oldToo)
		everybody("ada", signIn(t, dir, "ada", first), oldToo)
		everybody("cleo", signIn(t, dir, "cleo", third), oldToo)
		coded, err := again.Recover(recovery, noon())
		if err != nil {
			t.Fatal(err)
		}
		everybody("recovery code", coded, oldToo)
		if again.Recipient() != s.Recipient() || again.Recipient() == "" {
			t.Error("the recovery code's recipient is not proven")
		}
		if _, _, err := again.SignIn("bela", []byte(second), noon()); !errors.Is(err, ErrWrong) {
			t.Errorf("who was removed: %v", err)
		}
	}
	ways(true)
	// A slot that is made meanwhile opens both, too; so does a new passphrase.
	if err := s.Add(v, Person{ID: other, SignIn: "dora", HoldsPatients: true}, []byte(second)); err != nil {
		t.Fatal(err)
	}
	if err := s.ChangePassphrase(v, cleo, []byte(third)); err != nil {
		t.Fatal(err)
	}
	everybody("dora", signIn(t, dir, "dora", second), true)
	ways(true)
	waiting := signIn(t, dir, "ada", first)
	if err := errors.Join(s.EndRekey(v), s.EndRekey(v)); err != nil {
		t.Fatal(err)
	}
	ways(false)
	everybody("dora", signIn(t, dir, "dora", second), false)
	if err := waiting.Refresh(); !errors.Is(err, ErrChanged) {
		t.Errorf("keys of before: %v", err)
	}
	// The leaver's keys, and the old file, open nothing new.
	leaver.lasting.practice = append(leaver.lasting.practice, leaver.lasting.practice[0])
	leaver.lasting.patients = append(leaver.lasting.patients, leaver.lasting.patients[0])
	for name, sealed := range map[string][]byte{"patient": newPatient, "practice": newPractice} {
		for g := range 3 {
			forged := bytes.Clone(sealed)
			forged[2] = byte(g) // the generation that the leaver has keys of
			if _, err := leaver.Open(place(), forged); err == nil {
				t.Errorf("the leaver opens a new %s value", name)
			}
		}
	}
	for name, sealed := range map[string][]byte{"patient": newLastP, "practice": newLastC} {
		if _, err := leaver.Open(lastingPlace(), sealed); err == nil {
			t.Errorf("the leaver opens what lasts of the %s", name)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, SlotsName), old, 0o600); err != nil {
		t.Fatal(err)
	}
	thief := signIn(t, dir, "bela", second)
	if p, c := opens(thief, newPatient, newPractice); p == nil || c == nil {
		t.Error("the old file of slots opens new values")
	}
	if p, _ := opens(thief, patient, practice); p == nil {
		t.Error("a patient's former key is still in the file")
	}
}

// Erasing a patient while a re-key goes on, or after it, leaves nothing of them, also
// not of what lasts; one who was erased before stays so.
func TestErasureAndRekey(t *testing.T) {
	for name, at := range map[string]int{"before": 0, "meanwhile": 1, "after": 2} {
		t.Run(name, func(t *testing.T) {
			dir, _, s, v := clinic(t)
			patient, practice := sealedBy(t, v)
			lastP, _ := lastingBy(t, v)
			erase := func(now int) {
				if now == at {
					if err := v.Disown(owner); err != nil {
						t.Fatal(err)
					}
				}
			}
			erase(0)
			if err := s.BeginRekey(v); err != nil {
				t.Fatal(err)
			}
			erase(1)
			if p, c := opens(v, patient, practice); at < 2 && !errors.Is(p, ErrErased) || c != nil {
				t.Errorf("meanwhile: patient %v, practice %v", p, c)
			}
			if err := s.EndRekey(v); err != nil {
				t.Fatal(err)
			}
			erase(2)
			for _, v := range []*Vault{v, signIn(t, dir, "ada", first)} {
				if _, err := v.Open(lastingPlace(), lastP); !errors.Is(err, ErrErased) {
					t.Errorf("what lasts: %v", err)
				}
				if _, err := v.Seal(place(), owner, nil); !errors.Is(err, ErrErased) {
					t.Errorf("sealed for an erased one: %v", err)
				}
				if err := v.Own(owner); !errors.Is(err, ErrErased) {
					t.Errorf("a new key: %v", err)
				}
			}
			info, err := os.Stat(filepath.Join(dir, PatientsName))
			if err != nil || info.Size() != int64(len(patientsHeader)+recordLen) {
				t.Errorf("more than the sign of the erasure is left: %v %v", info.Size(), err)
			}
		})
	}
}

// folder copies a data folder's two files, as a crash leaves them.
func folder(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func filesOf(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := make(map[string][]byte)
	for _, name := range []string{SlotsName, PatientsName} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = data
	}
	return files
}

// A crash between the two files of a beginning or an end leaves every value readable,
// and a re-key that can be brought to its end.
func TestRekeyCrashes(t *testing.T) {
	dir, _, s, v := clinic(t)
	patient, practice := sealedBy(t, v)
	lastP, _ := lastingBy(t, v)
	if err := v.Disown(ada); err != nil { // a sign of an erasure
		t.Fatal(err)
	}
	if err := s.Remove(bela); err != nil {
		t.Fatal(err)
	}
	before := filesOf(t, dir)
	if err := s.BeginRekey(v); err != nil {
		t.Fatal(err)
	}
	during := filesOf(t, dir)
	newPatient, newPractice := sealedBy(t, v)
	if err := s.EndRekey(v); err != nil {
		t.Fatal(err)
	}
	after := filesOf(t, dir)
	mixed := func(slots, patients map[string][]byte) map[string][]byte {
		return map[string][]byte{SlotsName: slots[SlotsName], PatientsName: patients[PatientsName]}
	}
	for _, c := range []struct {
		name             string
		files            map[string][]byte
		wants, rekeying  bool
		oldOpen, newOpen bool
	}{
		{"before", before, true, false, true, false},
		{"in the beginning", mixed(before, during), true, false, true, false},
		{"meanwhile", during, true, true, true, true},
		{"in the end", mixed(during, after), true, true, false, true},
		{"after", after, false, false, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := folder(t, c.files)
			s := load(t, dir)
			v, _, err := s.SignIn("ada", []byte(first), noon())
			if err != nil {
				t.Fatal(err)
			}
			if s.WantsRekey(v) != c.wants || v.Rekeying() != c.rekeying {
				t.Errorf("wants %v, rekeying %v", s.WantsRekey(v), v.Rekeying())
			}
			check := func(what string, patient, practice []byte, readable, practiceToo bool) {
				t.Helper()
				if p, q := opens(v, patient, practice); (p == nil) != readable || (q == nil) != practiceToo {
					t.Errorf("%s: patient %v, practice %v", what, p, q)
				}
			}
			check("old", patient, practice, c.oldOpen, c.oldOpen || c.rekeying)
			check("new", newPatient, newPractice, c.newOpen, c.newOpen)
			if _, err := v.Open(lastingPlace(), lastP); err != nil {
				t.Errorf("what lasts: %v", err)
			}
			if err := errors.Join(v.Refresh(), v.Own(other)); err != nil { // work goes on
				t.Fatal(err)
			}
			if !c.wants {
				return
			}
			if err := s.BeginRekey(v); err != nil {
				t.Fatal(err)
			}
			check("old, begun", patient, practice, c.oldOpen, true)
			for _, id := range []clinical.ID{owner, other} {
				sealed, err := v.Seal(place(), id, []byte("kept"))
				if err != nil {
					t.Fatal(err)
				}
				if g, err := SealedIn(sealed); g != 2 || err != nil {
					t.Error(g, err)
				}
			}
			if err := v.Own(ada); !errors.Is(err, ErrErased) {
				t.Errorf("the erased one: %v", err)
			}
			if err := s.EndRekey(v); err != nil || s.WantsRekey(v) {
				t.Error(s.WantsRekey(v), err)
			}
			if _, err := v.Open(lastingPlace(), lastP); err != nil {
				t.Errorf("what lasts: %v", err)
			}
		})
	}
}

// obstructed are patients' keys whose file can't be replaced, or after which something
// comes in between.
type obstructed struct {
	ownKeys
	fail  error
	after func()
}

func (o *obstructed) replace(gone func(clinical.ID, uint16) bool, fresh ...ownKey) error {
	if o.fail != nil {
		return o.fail
	}
	err := o.ownKeys.replace(gone, fresh...)
	if o.after != nil {
		o.after()
	}
	return err
}

// A beginning or an end that comes to nothing, before or after the first of its two
// files was written, leaves what was open, and works the next time.
func TestRekeyThatCanNotWrite(t *testing.T) {
	dir, _, s, v := clinic(t)
	patient, practice := sealedBy(t, v)
	way := &obstructed{ownKeys: v.own}
	v.own = way
	full := errors.New("disk full")
	twice := func(what string, f func() error, still func()) {
		t.Helper()
		*way = obstructed{ownKeys: way.ownKeys, fail: full}
		if err := f(); !errors.Is(err, full) {
			t.Errorf("%s: no patients' keys written: %v", what, err)
		}
		still()
		*way = obstructed{ownKeys: way.ownKeys, after: func() { edit(t, dir, func(f *slotFile) { f.Pending = !f.Pending }) }}
		if err := f(); !errors.Is(err, ErrChanged) {
			t.Errorf("%s: no slots written: %v", what, err)
		}
		still()
		*way = obstructed{ownKeys: way.ownKeys}
		if err := errors.Join(v.Own(other), f()); err != nil {
			t.Error(what, err)
		}
		info, err := os.Stat(filepath.Join(dir, PatientsName))
		if whole := len(v.own.under(1)) + len(v.own.under(2)); err != nil || info.Size() != int64(len(patientsHeader)+whole*recordLen) {
			t.Errorf("%s: %d bytes for %d keys, %v", what, info.Size(), whole, err)
		}
	}
	twice("beginning", func() error { return s.BeginRekey(v) }, func() {
		t.Helper()
		if p, c := opens(v, patient, practice); p != nil || c != nil || v.Generation() != 1 || v.Rekeying() {
			t.Errorf("patient %v, practice %v", p, c)
		}
		signIn(t, dir, "bela", second)
	})
	patient, practice = sealedBy(t, v)
	if _, err := v.Seal(place(), other, nil); err != nil {
		t.Errorf("one who came between two beginnings: %v", err)
	}
	twice("end", func() error { return s.EndRekey(v) }, func() {
		t.Helper()
		if p, c := opens(v, patient, practice); p != nil || c != nil || !v.Rekeying() {
			t.Errorf("patient %v, practice %v", p, c)
		}
	})
	again := signIn(t, dir, "bela", second)
	if p, c := opens(again, patient, practice); p != nil || c != nil || again.Rekeying() {
		t.Errorf("patient %v, practice %v", p, c)
	}
}

// Where the folder can't be synced behind the new slots, whoever made them goes on by the
// former keys: who is taken up or erased then is in the re-key as well, with what lasts.
func TestRekeyWhoseMakerDoesNotKnowOfIt(t *testing.T) {
	dir, _, s, v := clinic(t)
	if err := v.Own(ada); err != nil {
		t.Fatal(err)
	}
	r, l, err := v.copies()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.BeginRekey(v), v.hold(r, l), v.Own(other), v.Disown(ada)); err != nil {
		t.Fatal(err)
	}
	lasts, err := v.Seal(lastingPlace(), other, []byte("kept"))
	if err != nil {
		t.Fatal(err)
	}
	again := signIn(t, dir, "bela", second)
	if err := errors.Join(s.BeginRekey(again), again.Own(other)); err != nil {
		t.Fatal(err)
	}
	for _, end := range []func(*Vault) error{s.BeginRekey, s.EndRekey} { // a second beginning changes nothing
		if _, err := again.Seal(place(), other, nil); err != nil {
			t.Error(err)
		}
		if err := end(again); err != nil {
			t.Error(err)
		}
		if _, err := again.Open(lastingPlace(), lasts); err != nil {
			t.Errorf("what lasts: %v", err)
		}
		if err := again.Own(ada); !errors.Is(err, ErrErased) {
			t.Errorf("the erased one: %v", err)
		}
	}
}

// Whoever copies a store under Hold has keys that fit: nothing of a re-key happens then.
func TestHoldKeepsTheKeys(t *testing.T) {
	_, _, s, v := clinic(t)
	release := s.Hold()
	if s.rekey.TryLock() {
		t.Error("a re-key may begin or end under Hold")
	}
	release()
	way := &obstructed{ownKeys: v.own}
	v.own = way
	writes := 0
	way.after = func() {
		writes++
		if s.rekey.TryRLock() {
			t.Error("keys may be copied while they change")
			s.rekey.RUnlock()
		}
	}
	rekeyed(t, s, v)
	if writes != 2 {
		t.Errorf("%d writes", writes)
	}
}

// Who writes the file without the keys gets none of the next: not by a recipient of
// their own, nor by a slot of their own, nor by keys that they made themselves.
func TestRekeyGoesToNobodyElse(t *testing.T) {
	thief, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	dir, _, _, v := clinic(t)
	whole, _, err := readSlots(dir)
	if err != nil {
		t.Fatal(err)
	}
	clinicProof := func(f *slotFile, i int) []byte {
		proof, err := proofBy(v.ring.present.clinic, slotProof, f.Slots[i].parts(f.Store, f.Generation)...)
		if err != nil {
			t.Fatal(err)
		}
		return proof
	}
	for name, change := range map[string]func(*slotFile){
		"another's recipient":  func(f *slotFile) { f.Slots[1].Recipient = thief.Recipient().String() },
		"a technician's, too":  func(f *slotFile) { f.Slots[2].Recipient = thief.Recipient().String() },
		"more than is to hold": func(f *slotFile) { f.Slots[2].Patients = f.Slots[1].Patients },
		"another's proof": func(f *slotFile) {
			f.Slots[2].Patients, f.Slots[2].PatientsProof = f.Slots[1].Patients, f.Slots[1].PatientsProof
		},
		"proven by a technician": func(f *slotFile) {
			f.Slots[1].Recipient = thief.Recipient().String()
			f.Slots[1].ClinicProof = clinicProof(f, 1)
		},
		"promoted by a technician": func(f *slotFile) {
			f.Slots[2].Patients, f.Slots[2].PatientsProof = f.Slots[1].Patients, clinicProof(f, 2)
		},
		"another recovery code": func(f *slotFile) { f.Recovery.Recipient = thief.Recipient().String() },
	} {
		edit(t, dir, func(f *slotFile) {
			data, err := json.Marshal(whole)
			if err == nil {
				*f = slotFile{}
				err = json.Unmarshal(data, f)
			}
			if err != nil {
				t.Fatal(err)
			}
			change(f)
		})
		s := load(t, dir)
		v, _, err := s.SignIn("ada", []byte(first), noon())
		if err != nil {
			t.Fatal(name, err)
		}
		before := filesOf(t, dir)
		if err := s.BeginRekey(v); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
		if after := filesOf(t, dir); !bytes.Equal(before[SlotsName], after[SlotsName]) || !bytes.Equal(before[PatientsName], after[PatientsName]) {
			t.Errorf("%s: something was written", name)
		}
	}
	// A store of somebody's own behind the slots that are there.
	edit(t, dir, func(f *slotFile) {
		r, err := firstRing(Options{}.rand())
		if err != nil {
			t.Fatal(err)
		}
		*f = whole
		for i := range f.Slots {
			if err := f.Slots[i].fill(f.Store, r, true); err != nil {
				t.Fatal(err)
			}
		}
	})
	if _, _, err := load(t, dir).SignIn("ada", []byte(first), noon()); !errors.Is(err, ErrDamaged) {
		t.Errorf("keys of another's making: %v", err)
	}
}

// Any byte of the files that is changed while a re-key goes on opens nothing false: what
// opens is what was sealed.
func TestRekeyFlippedBits(t *testing.T) {
	dir, _, s, v := clinic(t)
	patient, practice := sealedBy(t, v)
	rekeyed(t, s, v)
	if err := s.BeginRekey(v); err != nil {
		t.Fatal(err)
	}
	_ = patient
	newPatient, newPractice := sealedBy(t, v)
	files := filesOf(t, dir)
	for name, whole := range files {
		step := 1
		if name == SlotsName {
			step = 7 // each is a sign-in
		}
		for at := 0; at < len(whole); at += step {
			broken := bytes.Clone(whole)
			broken[at] ^= 1
			if err := os.WriteFile(filepath.Join(dir, name), broken, 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := Load(dir, cheap())
			if err != nil {
				continue
			}
			v, _, err := s.SignIn("ada", []byte(first), noon())
			if err != nil {
				continue
			}
			p, c := opens(v, newPatient, newPractice)
			if c != nil || p != nil && !errors.Is(p, ErrDamaged) {
				t.Errorf("%s, byte %d: patient %v, practice %v", name, at, p, c)
			}
			if _, c := opens(v, nil, practice); c == nil {
				t.Errorf("%s, byte %d: keys of two re-keys ago open", name, at)
			}
			_ = v.Close()
		}
		if err := os.WriteFile(filepath.Join(dir, name), whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// A file that a backup left the patient key out of wants no re-key by that.
func TestExportWantsNoRekey(t *testing.T) {
	_, _, s, v := clinic(t)
	if err := s.BeginRekey(v); err != nil {
		t.Fatal(err)
	}
	if err := v.Own(owner); err != nil {
		t.Fatal(err)
	}
	slots, err := s.Export(func(p Person) bool { return p.ID == ada })
	if err != nil {
		t.Fatal(err)
	}
	patients, err := v.ExportPatients()
	if err != nil {
		t.Fatal(err)
	}
	dir := folder(t, map[string][]byte{SlotsName: slots, PatientsName: patients})
	s = load(t, dir)
	again, _, err := s.SignIn("ada", []byte(first), noon())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.ChangePassphrase(again, bela, []byte(second)); err != nil {
		t.Fatal(err)
	}
	if err := s.EndRekey(again); err != nil || s.WantsRekey(again) {
		t.Error(s.WantsRekey(again), err)
	}
	if withheld := signIn(t, dir, "bela", second); withheld.HoldsPatients() {
		t.Error("the patient key was handed out")
	}
	// A vault of later keys says so of a folder with older ones.
	rekeyed(t, s, again)
	older := folder(t, map[string][]byte{SlotsName: slots, PatientsName: patients})
	if _, err := again.Beside(older); !errors.Is(err, ErrReplaced) {
		t.Errorf("beside an older folder: %v", err)
	}
}

// The keys of many re-keys lead to the newest from any of them.
func TestManyRekeys(t *testing.T) {
	dir, recovery, s, v := clinic(t)
	var lasted [][]byte
	if err := v.Own(owner); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		p, _ := lastingBy(t, v)
		lasted = append(lasted, p)
		rekeyed(t, s, v)
	}
	if err := s.ChangePassphrase(v, ada, []byte(first)); err != nil {
		t.Fatal(err)
	}
	rekeyed(t, s, v)
	coded, err := load(t, dir).Recover(recovery, noon())
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]*Vault{"ada": signIn(t, dir, "ada", first), "bela": signIn(t, dir, "bela", second), "code": coded} {
		if v.Generation() != 7 {
			t.Errorf("%s: generation %d", name, v.Generation())
		}
		for i, p := range lasted {
			if got, err := v.Open(lastingPlace(), p); err != nil || string(got) != "born 1984" {
				t.Errorf("%s: what lasts of generation %d: %v", name, i+1, err)
			}
		}
	}
	signIn(t, dir, "cleo", third)
	edit(t, dir, func(f *slotFile) { f.Rekeying = true })
	if _, _, err := load(t, dir).SignIn("ada", []byte(first), noon()); !errors.Is(err, ErrDamaged) {
		t.Errorf("former keys that are not there: %v", err)
	}
	if _, err := load(t, dir).Recover(recovery, noon()); !errors.Is(err, ErrDamaged) {
		t.Errorf("former keys that are not there, by the code: %v", err)
	}
}
