package vault

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"stipple/app/clinical"
)

// signIn is a vault of a second process.
func signIn(t *testing.T, dir, name, passphrase string) *Vault {
	t.Helper()
	v, _, err := load(t, dir).SignIn(name, []byte(passphrase), noon())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Close() })
	return v
}

// Who changes the file of the patients' keys without the patient key erases nobody:
// what no longer opens is damage, and is told.
func TestErasureTakesThePatientKey(t *testing.T) {
	dir, _, s, v := made(t)
	if err := s.Add(v, Person{ID: bela, SignIn: "bela"}, []byte(second)); err != nil {
		t.Fatal(err)
	}
	patient, practice := sealedBy(t, v)
	if err := signIn(t, dir, "bela", second).Disown(owner); !errors.Is(err, ErrNoPatientKey) {
		t.Errorf("erased by a technician: %v", err)
	}
	const other clinical.ID = "01qqqqqqqqqqqqqqqqqqqqqqqq"
	if err := v.Disown(other); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, PatientsName)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sign := whole[len(whole)-recordLen+recordHead : len(whole)-4]
	for name, forged := range map[string][]byte{
		"zeros":          make([]byte, wrappedLen),
		"another's sign": sign,
	} {
		if err := os.WriteFile(path, append(bytes.Clone(whole), record(ownKey{owner, 1, forged})...), 0o600); err != nil {
			t.Fatal(err)
		}
		v := signIn(t, dir, "ada", first)
		if p, c := opens(v, patient, practice); errors.Is(p, ErrErased) || !errors.Is(p, ErrDamaged) || c != nil {
			t.Errorf("%s: patient %v, practice %v", name, p, c)
		}
		if err := v.Own(owner); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: a new key: %v", name, err)
		}
	}
}

// A process that waited while another erased a patient goes on with the new file: the
// erased one stays so, and a new key is not written to a file without a name.
func TestRefreshAfterAnErasureElsewhere(t *testing.T) {
	dir, _, _, v := made(t)
	patient, _ := sealedBy(t, v)
	waiting := signIn(t, dir, "ada", first)
	if _, err := waiting.Open(place(), patient); err != nil {
		t.Fatal(err)
	}
	if err := v.Disown(owner); err != nil {
		t.Fatal(err)
	}
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	if err := waiting.Refresh(); err != nil {
		t.Fatal(err)
	}
	if _, err := waiting.Open(place(), patient); !errors.Is(err, ErrErased) {
		t.Errorf("the erased one: %v", err)
	}
	if err := waiting.Own(ada); err != nil {
		t.Fatal(err)
	}
	sealed, err := waiting.Seal(place(), ada, []byte("kept"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := signIn(t, dir, "ada", first).Open(place(), sealed); err != nil {
		t.Errorf("sealed by the one that waited: %v", err)
	}
	if err := v.Refresh(); !errors.Is(err, ErrClosed) {
		t.Errorf("refreshed after it was closed: %v", err)
	}
}

// An erasure leaves all other records as they are, and refuses what is no id: a record
// of another length would move all behind it.
func TestDisownLeavesTheOthers(t *testing.T) {
	dir, _, _, v := made(t)
	ids := []clinical.ID{owner, ada, bela}
	if err := v.Own(ids...); err != nil {
		t.Fatal(err)
	}
	for _, id := range []clinical.ID{"", "short", owner + owner} {
		if err := v.Disown(id); !errors.Is(err, ErrDamaged) {
			t.Errorf("%q: %v", id, err)
		}
	}
	path := filepath.Join(dir, PatientsName)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// A checksum that lost a bit: the key is whole.
	last := len(whole) - 1
	whole[last] ^= 1
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	v = signIn(t, dir, "ada", first)
	if err := v.Own("01rrrrrrrrrrrrrrrrrrrrrrrr"); err != nil {
		t.Fatal(err)
	}
	if err := v.Disown(ada); err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(after, whole[len(whole)-recordLen:]) {
		t.Error("a damaged record was thrown away")
	}
	if _, err := v.own.get(owner, 1); err != nil {
		t.Error(err)
	}
	if len(after) != len(whole)+recordLen {
		t.Errorf("%d bytes, before %d", len(after), len(whole))
	}
}

// A vault is closed, refreshed and written to by several goroutines; what opens is
// what was sealed. It is for the race detector.
func TestVaultOfManyGoroutines(t *testing.T) {
	dir, _, _, _ := made(t)
	v := signIn(t, dir, "ada", first)
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for n := range 20 {
				id := clinical.ID(fmt.Sprintf("01%024d", i*100+n))
				if err := v.Own(id); err != nil {
					return // closed
				}
				sealed, err := v.Seal(place(), id, []byte("kept"))
				if err != nil {
					return
				}
				if got, err := v.Open(place(), sealed); err == nil && string(got) != "kept" {
					t.Errorf("%q", got)
				}
				if n%2 == 0 {
					_ = v.Disown(id)
					if _, err := v.Open(place(), sealed); err == nil {
						t.Error("an erased one opens")
					}
				}
				if err := v.Refresh(); err != nil && !errors.Is(err, ErrClosed) {
					t.Error(err)
				}
			}
			if i == 0 {
				_ = v.Close()
			}
		})
	}
	all.Wait()
	// What the file holds is whole.
	again := signIn(t, dir, "ada", first)
	for i := range 4 {
		for n := range 20 {
			id := clinical.ID(fmt.Sprintf("01%024d", i*100+n))
			if _, err := unwrapOwn(again.present, again.own, id); errors.Is(err, ErrDamaged) && !errors.Is(err, errNoKey) {
				t.Errorf("%s: %v", id, err)
			}
		}
	}
}

// Keys that are taken back go under all generations, those of others stay, and whoever gets
// one again gets another.
func TestUnown(t *testing.T) {
	dir, _, s, v := made(t)
	if made, err := v.OwnNew(other, bela); err != nil || len(made) != 2 {
		t.Fatal(made, err)
	}
	at := Place{Bucket: "patients", Key: []byte(other), Schema: 2}
	sealed, err := v.Seal(at, other, []byte("stays"))
	if err != nil {
		t.Fatal(err)
	}
	unused, err := v.Seal(at, bela, []byte("was never written"))
	if err != nil {
		t.Fatal(err)
	}
	if made, err := v.OwnNew(other); err != nil || made != nil {
		t.Error(made, err)
	}
	if err := errors.Join(s.BeginRekey(v), v.Unown(bela), v.Unown()); err != nil {
		t.Fatal(err)
	}
	for name, keys := range map[string]*Vault{"here": v, "who signs in": signIn(t, dir, "ada", first)} {
		if plain, err := keys.Open(at, sealed); err != nil || string(plain) != "stays" {
			t.Errorf("%s: %q, %v", name, plain, err)
		}
		for _, generation := range []uint16{1, 2} {
			if _, err := keys.own.get(bela, generation); !errors.Is(err, errNoKey) {
				t.Errorf("%s: a key under %d: %v", name, generation, err)
			}
		}
	}
	if made, err := v.OwnNew(bela); err != nil || len(made) != 1 {
		t.Error(made, err)
	}
	if _, err := v.Open(at, unused); err == nil {
		t.Error("the former key is there")
	}
	if err := errors.Join(v.Close(), v.Unown(bela)); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}
