package vault

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"stipple/app/clinical"
)

// cheap is a KDF that takes no time.
func cheap() Options { return Options{KDF: KDF{Time: 1, Memory: 64, Threads: 1}} }

const (
	ada   clinical.ID = "01aaaaaaaaaaaaaaaaaaaaaaaa"
	bela  clinical.ID = "01bbbbbbbbbbbbbbbbbbbbbbbb"
	owner clinical.ID = "01pppppppppppppppppppppppp"
)

const (
	first  = "four words beat one"
	second = "another set of words"
)

func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

func code(t *testing.T) string {
	t.Helper()
	c, err := NewRecoveryCode()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// made is a store's keys with one person, complete.
func made(t *testing.T) (dir, recovery string, s *Slots, v *Vault) {
	t.Helper()
	dir, recovery = t.TempDir(), code(t)
	s, v, err := Create(dir, Person{ID: ada, SignIn: "Ada"}, []byte(first), recovery, cheap())
	if err != nil {
		t.Fatal(err)
	}
	if !s.Pending() {
		t.Error("not pending before it is complete")
	}
	if err := s.Complete(); err != nil {
		t.Fatal(err)
	}
	return dir, recovery, s, v
}

func load(t *testing.T, dir string) *Slots {
	t.Helper()
	s, err := Load(dir, cheap())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sealedBy is a value of a patient and one of the practice.
func sealedBy(t *testing.T, v *Vault) (patient, practice []byte) {
	t.Helper()
	if err := v.Own(owner); err != nil {
		t.Fatal(err)
	}
	patient, err := v.Seal(place(), owner, []byte("Ruiz, Ana"))
	if err != nil {
		t.Fatal(err)
	}
	if practice, err = v.Seal(place(), "", []byte("room 2")); err != nil {
		t.Fatal(err)
	}
	return patient, practice
}

func place() Place { return Place{Bucket: "patients", Key: []byte("k"), Schema: 2} }

// opens says what a vault makes of both values.
func opens(v *Vault, patient, practice []byte) (p, c error) {
	got, p := v.Open(place(), patient)
	if p == nil && string(got) != "Ruiz, Ana" {
		p = errors.New("another value")
	}
	got, c = v.Open(place(), practice)
	if c == nil && string(got) != "room 2" {
		c = errors.New("another value")
	}
	return p, c
}

// Everybody who can sign in opens what they may, after the program was started anew.
func TestWaysIn(t *testing.T) {
	dir, recovery, s, v := made(t)
	if err := s.Add(v, Person{ID: bela, SignIn: "bela"}, []byte(second)); err != nil {
		t.Fatal(err)
	}
	patient, practice := sealedBy(t, v)
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	s = load(t, dir)
	for _, c := range []struct {
		name              string
		in                func() (*Vault, error)
		patient, clinical error
	}{
		{"clinician", func() (*Vault, error) { v, _, err := s.SignIn(" ADA ", []byte(first), noon()); return v, err }, nil, nil},
		{"technician", func() (*Vault, error) { v, _, err := s.SignIn("bela", []byte(second), noon()); return v, err }, ErrNoPatientKey, nil},
		{"recovery code", func() (*Vault, error) { return s.Recover(recovery, noon()) }, nil, nil},
		{"recovery code as typed", func() (*Vault, error) {
			return s.Recover(strings.ToLower(strings.Join(CodeGroups(recovery), " ")), noon())
		}, nil, nil},
	} {
		v, err := c.in()
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if p, q := opens(v, patient, practice); !errors.Is(p, c.patient) || !errors.Is(q, c.clinical) {
			t.Errorf("%s: patient %v, practice %v", c.name, p, q)
		}
		if err := v.Close(); err != nil {
			t.Error(err)
		}
		if p, q := opens(v, patient, practice); !errors.Is(p, ErrClosed) || !errors.Is(q, ErrClosed) {
			t.Errorf("%s: closed, and patient %v, practice %v", c.name, p, q)
		}
	}
}

// What is wrong opens nothing, and slows down; what is right ends the wait.
func TestWrongPassphrase(t *testing.T) {
	_, _, s, _ := made(t)
	now := noon()
	try := func(pass string) error { _, _, err := s.SignIn("ada", []byte(pass), now); return err }
	for i := range freeTries {
		if err := try(second); !errors.Is(err, ErrWrong) {
			t.Fatalf("try %d: %v", i+1, err)
		}
	}
	want := firstWait
	for range 8 {
		var wait *WaitError
		if err := try(first); !errors.As(err, &wait) || wait.For != want {
			t.Fatalf("%v, want to wait %v", err, want)
		}
		now = now.Add(want)
		if err := try(second); !errors.Is(err, ErrWrong) {
			t.Fatal(err)
		}
		want = min(2*want, maxWait)
	}
	now = now.Add(want)
	if err := try(first); err != nil {
		t.Fatal(err)
	}
	if err := try(second); !errors.Is(err, ErrWrong) {
		t.Errorf("after a right one: %v", err)
	}
	if _, err := s.Recover(code(t), now); !errors.Is(err, ErrWrongCode) {
		t.Errorf("another store's code: %v", err)
	}
	if _, _, err := s.SignIn("nobody", []byte(first), now); !errors.Is(err, ErrWrong) {
		t.Errorf("nobody: %v", err)
	}
}

// A new passphrase changes its slot alone; the old one is in no file any more.
func TestChangePassphrase(t *testing.T) {
	dir, _, s, v := made(t)
	if err := s.Add(v, Person{ID: bela, SignIn: "bela"}, []byte(second)); err != nil {
		t.Fatal(err)
	}
	before := s.file
	if err := s.ChangePassphrase(v, ada, []byte("third set of words")); err != nil {
		t.Fatal(err)
	}
	after := load(t, dir).file
	if string(after.Slots[1].Clinic) != string(before.Slots[1].Clinic) || string(after.Slots[0].Clinic) == string(before.Slots[0].Clinic) {
		t.Error("not only its slot was changed")
	}
	s = load(t, dir)
	if _, _, err := s.SignIn("ada", []byte(first), noon()); !errors.Is(err, ErrWrong) {
		t.Errorf("the old passphrase: %v", err)
	}
	if _, _, err := s.SignIn("ada", []byte("third set of words"), noon()); err != nil {
		t.Error(err)
	}
	if err := s.ChangePassphrase(v, "01cccccccccccccccccccccccc", []byte(first)); !errors.Is(err, ErrNoSlot) {
		t.Error(err)
	}
}

// Whoever can't open patients hands the key to nobody, and the last who can stays.
func TestPatientKeyIsNotHandedOnByThoseWithoutIt(t *testing.T) {
	_, _, s, v := made(t)
	if err := s.Add(v, Person{ID: bela, SignIn: "bela"}, []byte(second)); err != nil {
		t.Fatal(err)
	}
	technician, _, err := s.SignIn("bela", []byte(second), noon())
	if err != nil {
		t.Fatal(err)
	}
	third := Person{ID: "01cccccccccccccccccccccccc", SignIn: "third", HoldsPatients: true}
	if err := s.Add(technician, third, []byte("third set of words")); !errors.Is(err, ErrNoPatientKey) {
		t.Errorf("a clinician's slot made by a technician: %v", err)
	}
	if err := technician.Own(owner); !errors.Is(err, ErrNoPatientKey) {
		t.Errorf("a patient made by a technician: %v", err)
	}
	if err := s.Remove(ada); !errors.Is(err, ErrLast) {
		t.Errorf("the last who can open patients removed: %v", err)
	}
	if err := s.Add(v, Person{ID: bela, SignIn: "other"}, []byte(second)); !errors.Is(err, ErrTaken) {
		t.Errorf("a second slot of one person: %v", err)
	}
	if err := s.Remove(bela); err != nil {
		t.Error(err)
	}
}

// One more than a store takes is refused by name, and the file stays one that can be read.
func TestFull(t *testing.T) {
	dir, _, s, v := made(t)
	person := func(n int) Person {
		return Person{ID: clinical.ID(fmt.Sprintf("01%024d", n)), SignIn: fmt.Sprintf("person%d", n)}
	}
	if err := s.change(func(f *slotFile) error {
		r, err := v.held(*f, false)
		if err != nil {
			return err
		}
		defer r.wipe()
		f.Slots = slices.Clone(f.Slots)
		for n := len(f.Slots); n < maxSlots-1; n++ {
			slot, err := f.newSlot(person(n), []byte(second), r, s.opt)
			if err != nil {
				return err
			}
			f.Slots = append(f.Slots, slot)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Add(v, person(maxSlots-1), []byte(second)); err != nil {
		t.Fatal(err)
	}
	if err := s.Add(v, person(maxSlots), []byte(second)); !errors.Is(err, ErrFull) {
		t.Errorf("one more: %v", err)
	}
	if err := s.Renew(v, person(maxSlots), []byte(second)); !errors.Is(err, ErrFull) {
		t.Errorf("one more by Renew: %v", err)
	}
	if err := s.Renew(v, person(maxSlots-1), []byte("another set of words")); err != nil {
		t.Errorf("another passphrase: %v", err)
	}
	if err := s.Full(); !errors.Is(err, ErrFull) {
		t.Errorf("full: %v", err)
	}
	if _, err := Load(dir, cheap()); err != nil {
		t.Error(err)
	}
}

// An erased patient opens for nobody any more, and the key is in no file; the others
// do. One that never had a key is damage, not an erasure.
func TestDisown(t *testing.T) {
	dir, _, s, v := made(t)
	const other clinical.ID = "01qqqqqqqqqqqqqqqqqqqqqqqq"
	patient, practice := sealedBy(t, v)
	if err := v.Own(other); err != nil {
		t.Fatal(err)
	}
	kept, err := v.Seal(place(), other, []byte("kept"))
	if err != nil {
		t.Fatal(err)
	}
	wrapped, err := v.own.get(owner, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Disown(owner); err != nil {
		t.Fatal(err)
	}
	again, _, err := load(t, dir).SignIn("ada", []byte(first), noon())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []*Vault{v, again} {
		if p, q := opens(v, patient, practice); !errors.Is(p, ErrErased) || q != nil {
			t.Errorf("patient %v, practice %v", p, q)
		}
		if _, err := v.Seal(place(), owner, nil); !errors.Is(err, ErrErased) {
			t.Errorf("sealed for an erased one: %v", err)
		}
		if err := v.Own(owner); !errors.Is(err, ErrErased) {
			t.Errorf("a new key for an erased one: %v", err)
		}
		if _, err := v.Open(place(), kept); err != nil {
			t.Errorf("another patient: %v", err)
		}
		if _, err := v.Seal(place(), ada, nil); !errors.Is(err, ErrDamaged) {
			t.Errorf("one that never had a key: %v", err)
		}
	}
	data, err := os.ReadFile(filepath.Join(dir, PatientsName))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(data, wrapped) {
		t.Error("the key is still in the file")
	}
	if err := v.Own("01rrrrrrrrrrrrrrrrrrrrrrrr"); err != nil {
		t.Errorf("a key after an erasure: %v", err)
	}
	_ = s
}

// An append that was cut off is no key and is overwritten; a key that was changed is
// none, and no other is touched.
func TestPatientsFileCut(t *testing.T) {
	dir, _, s, v := made(t)
	path := filepath.Join(dir, PatientsName)
	ids := []clinical.ID{owner, ada, bela}
	for _, id := range ids {
		if err := v.Own(id); err != nil {
			t.Fatal(err)
		}
	}
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range recordLen + 1 {
		if err := os.WriteFile(path, whole[:len(whole)-cut], 0o600); err != nil {
			t.Fatal(err)
		}
		v, _, err := s.SignIn("ada", []byte(first), noon())
		if err != nil {
			t.Fatalf("cut by %d: %v", cut, err)
		}
		if _, err := v.own.get(bela, 1); (err == nil) != (cut == 0) {
			t.Fatalf("cut by %d: the last key: %v", cut, err)
		}
		if err := v.Own(bela); err != nil {
			t.Fatal(err)
		}
		if err := v.Close(); err != nil {
			t.Fatal(err)
		}
		again, err := openPatients(path)
		if err != nil {
			t.Fatalf("cut by %d, written on, read: %v", cut, err)
		}
		if _, err := again.get(bela, 1); err != nil {
			t.Fatalf("cut by %d: %v", cut, err)
		}
		_ = again.close()
	}
	for at := range len(whole) {
		broken := bytes.Clone(whole)
		broken[at] ^= 0x10
		if err := os.WriteFile(path, broken, 0o600); err != nil {
			t.Fatal(err)
		}
		k, err := openPatients(path)
		if at < len(patientsHeader) {
			if !errors.Is(err, ErrDamaged) {
				t.Fatalf("byte %d of the header changed: %v", at, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for i, id := range ids {
			_, err := k.get(id, 1)
			if hit := i == (at-len(patientsHeader))/recordLen; hit != errors.Is(err, ErrDamaged) {
				t.Fatalf("byte %d changed, key %d: %v", at, i, err)
			}
		}
		_ = k.close()
	}
}

// A value opens at its place alone, unchanged.
func TestSealedValueIsBoundToItsPlace(t *testing.T) {
	_, v, err := CreateTraining(t.TempDir(), cheap())
	if err != nil {
		t.Fatal(err)
	}
	owners := []clinical.ID{"", owner, ada}
	for _, o := range owners[1:] {
		if err := v.Own(o); err != nil {
			t.Fatal(err)
		}
	}
	draw := func(t *rapid.T, label string) Place {
		return Place{
			Bucket: rapid.SampledFrom([]string{"a", "ab", "b"}).Draw(t, label+" bucket"),
			Key:    []byte(rapid.SampledFrom([]string{"", "b", "bc", "c"}).Draw(t, label+" key")),
			Schema: uint32(rapid.IntRange(1, 2).Draw(t, label+" schema")),
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		at, elsewhere := draw(t, "at"), draw(t, "elsewhere")
		o := rapid.SampledFrom(owners).Draw(t, "owner")
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		sealed, err := v.Seal(at, o, plain)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Owner(sealed); err != nil || got != o {
			t.Fatalf("owner %q, %v", got, err)
		}
		got, err := v.Open(at, sealed)
		if err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("%q, %v", got, err)
		}
		same := at.Bucket == elsewhere.Bucket && bytes.Equal(at.Key, elsewhere.Key) && at.Schema == elsewhere.Schema
		if _, err := v.Open(elsewhere, sealed); (err == nil) != same {
			t.Fatalf("elsewhere: %v", err)
		}
		i := rapid.IntRange(0, len(sealed)-1).Draw(t, "byte")
		sealed[i] ^= byte(rapid.IntRange(1, 255).Draw(t, "flip"))
		if _, err := v.Open(at, sealed); err == nil {
			t.Fatal("a changed value opened")
		}
		if _, err := v.Open(at, sealed[:i]); err == nil {
			t.Fatal("a cut value opened")
		}
	})
}

// Files that are none, or a newer program's, say so.
func TestSlotsFileIsHostile(t *testing.T) {
	dir, _, s, _ := made(t)
	path := filepath.Join(dir, SlotsName)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	replace := func(old, with string) []byte {
		if !bytes.Contains(good, []byte(old)) {
			t.Fatalf("no %q in the file", old)
		}
		return bytes.Replace(good, []byte(old), []byte(with), 1)
	}
	for _, c := range []struct {
		name string
		data []byte
		want error
	}{
		{"empty", nil, ErrDamaged},
		{"cut", good[:len(good)/2], ErrDamaged},
		{"something behind", append(bytes.Clone(good), '{', '}'), ErrDamaged},
		{"another file", []byte(`{"format": "else"}`), ErrDamaged},
		{"newer", replace(`"version": 1`, `"version": 3, "more": 1`), ErrNewer},
		{"unknown field", replace(`"version": 1`, `"version": 1, "more": 1`), ErrDamaged},
		{"hours of work", replace(`"time": 1`, `"time": 4000000000`), ErrDamaged},
		{"all memory", replace(`"memory_kib": 64`, `"memory_kib": 4000000000`), ErrDamaged},
		{"no lanes", replace(`"threads": 1`, `"threads": 0`), ErrDamaged},
		{"huge", bytes.Repeat([]byte(" "), maxSlotsBytes+1), ErrDamaged},
	} {
		if err := os.WriteFile(path, c.data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(dir, cheap()); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	// A slot that was given another's keys, or weaker work, opens nothing.
	if err := os.WriteFile(path, replace(`"sign_in": "ada"`, `"sign_in": "eve"`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := load(t, dir).SignIn("eve", []byte(first), noon()); !errors.Is(err, ErrWrong) {
		t.Errorf("a renamed slot: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir, cheap()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	_ = s
}

func TestChecksOfWhatIsTyped(t *testing.T) {
	for _, c := range []struct {
		signIn, pass string
		ok           bool
	}{
		{"ada", "four words beat one", true},
		{"ada", "ninechars", false},
		{"ada", "tenletters", true},
		{"ada", "aaaaaaaaaaaa", false},
		{"ada", "abababababab", false},
		{"ada.meyer", "ada.meyer12", false},
		{"ada.meyer", "ADA.meyer and more words", true},
		{"ada", strings.Repeat("abcdefgh", 200), false},
		{"ada", "bad utf8 \xff and more", false},
	} {
		if err := CheckPassphrase(c.signIn, []byte(c.pass)); (err == nil) != c.ok {
			t.Errorf("%q for %q: %v", c.pass, c.signIn, err)
		}
	}
	for name, ok := range map[string]bool{
		"ada": true, " Ada ": true, "a.b-c_9": true, "änne": true,
		"": false, " ": false, "a b": false, "a\x00b": false, "a/b": false, strings.Repeat("a", maxSignInRunes+1): false,
	} {
		if err := CheckSignInName(name); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// A training store opens for everybody.
func TestTraining(t *testing.T) {
	dir := t.TempDir()
	_, v, err := CreateTraining(dir, cheap())
	if err != nil {
		t.Fatal(err)
	}
	patient, practice := sealedBy(t, v)
	again, ok, err := load(t, dir).Training()
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if p, q := opens(again, patient, practice); p != nil || q != nil {
		t.Error(p, q)
	}
	dir, _, s, _ := made(t)
	if _, ok, _ := s.Training(); ok {
		t.Error("a practice's store opens for everybody")
	}
	_ = dir
}
