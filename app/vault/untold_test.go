package vault

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// A passphrase that is set at the sign-in is marked by the same write, whoever opens the
// slots next is told, and the mark goes once it was told.
func TestUntold(t *testing.T) {
	dir, _, s, v := made(t)
	if err := s.Add(v, Person{ID: bela, SignIn: "bela"}, []byte(second)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, SlotsName)
	plain, err := os.ReadFile(path)
	if err != nil || !bytes.Contains(plain, []byte(`"version": 1`)) || s.Untold(v) != nil {
		t.Fatalf("%s, %v", plain, err)
	}
	want := []Untold{{ID: ada, Coded: true, At: noon().UTC()}, {ID: bela, At: noon().UTC().Add(time.Hour)}}
	const third = "third set of words"
	for _, u := range want {
		if err := s.OwnPassphrase(v, u, []byte(third)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.OwnPassphrase(v, Untold{ID: other, At: noon()}, []byte(third)); !errors.Is(err, ErrNoSlot) {
		t.Error(err)
	}
	if text, err := os.ReadFile(path); err != nil || !bytes.Contains(text, []byte(`"version": 2`)) {
		t.Errorf("%s, %v", text, err)
	}
	// Another process, by the clinic key alone.
	again := load(t, dir)
	keys, _, err := again.SignIn("bela", []byte(third), noon())
	if err != nil || !slices.Equal(again.Untold(keys), want) {
		t.Fatalf("%+v, %v", again.Untold(keys), err)
	}
	if out, err := again.Export(func(Person) bool { return true }); err != nil || bytes.Contains(out, []byte("untold")) || CheckSlots(out) != nil {
		t.Errorf("in a backup: %s, %v", out, err)
	}
	if err := again.Told(keys, want[:1]); err != nil || !slices.Equal(again.Untold(keys), want[1:]) {
		t.Errorf("%+v, %v", again.Untold(keys), err)
	}
	if err := again.Told(keys, want); err != nil || again.Untold(keys) != nil {
		t.Errorf("%+v, %v", again.Untold(keys), err)
	}
	if text, err := os.ReadFile(path); err != nil || !bytes.Contains(text, []byte(`"version": 1`)) || bytes.Contains(text, []byte("untold")) {
		t.Errorf("%s, %v", text, err)
	}
}

// What is not proven is not told, and what can be none is damage.
func TestUntoldByHand(t *testing.T) {
	dir, _, s, v := made(t)
	u := Untold{ID: ada, At: noon().UTC()}
	if err := s.OwnPassphrase(v, u, []byte(second)); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(dir, SlotsName))
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*slotFile){
		"another time":      func(f *slotFile) { f.Untold[0].At++ },
		"by a code":         func(f *slotFile) { f.Untold[0].Coded = true },
		"another person":    func(f *slotFile) { f.Untold[0].ID = other },
		"another's, beside": func(f *slotFile) { f.Untold = append(f.Untold, untold{bela, true, 1, f.Untold[0].Proof}) },
	} {
		edit(t, dir, change)
		again := load(t, dir)
		keys, _, err := again.SignIn("ada", []byte(second), noon())
		if err != nil {
			t.Fatal(err)
		}
		all := again.Untold(keys)
		if name == "another's, beside" && !slices.Equal(all, []Untold{u}) || name != "another's, beside" && all != nil {
			t.Errorf("%s: %+v", name, all)
		}
		if err := again.Told(keys, all); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if text, err := os.ReadFile(filepath.Join(dir, SlotsName)); err != nil || bytes.Contains(text, []byte("untold")) {
			t.Errorf("%s: %s, %v", name, text, err)
		}
		if err := os.WriteFile(filepath.Join(dir, SlotsName), whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, change := range map[string]func(*slotFile){
		"of the first version": func(f *slotFile) { f.Version = 1 },
		"none":                 func(f *slotFile) { f.Untold = nil },
		"too many":             func(f *slotFile) { f.Untold = slices.Repeat(f.Untold, maxUntold+1) },
		"before all time":      func(f *slotFile) { f.Untold[0].At = -1 },
		"beyond all time":      func(f *slotFile) { f.Untold[0].At = maxUntoldAt },
		"nobody":               func(f *slotFile) { f.Untold[0].ID = "" },
		"no proof":             func(f *slotFile) { f.Untold[0].Proof = nil },
	} {
		edit(t, dir, change)
		if _, err := Load(dir, s.opt); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, SlotsName), whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	later := strings.Replace(string(whole), `"version": 2`, `"version": 3`, 1)
	if err := CheckSlots([]byte(later)); !errors.Is(err, ErrNewer) {
		t.Error(err)
	}
}

// However often it ends too early, the file stays within its bounds.
func TestUntoldIsBounded(t *testing.T) {
	dir, _, s, v := made(t)
	edit(t, dir, func(f *slotFile) {
		mark := untold{ID: ada, At: 1, Proof: make([]byte, proofLen)}
		f.Version, f.Untold = untoldVersion, slices.Repeat([]untold{mark}, maxUntold)
	})
	u := Untold{ID: ada, Coded: true, At: noon().UTC()}
	if err := s.OwnPassphrase(v, u, []byte(second)); err != nil {
		t.Fatal(err)
	}
	if f, _, err := readSlots(dir); err != nil || len(f.Untold) != maxUntold || f.Untold[maxUntold-1].opened() != u {
		t.Errorf("%d, %v", len(f.Untold), err)
	}
}

// Whatever the clock says, the file can be read again, and says what was set.
func TestUntoldByAWrongClock(t *testing.T) {
	for _, c := range []struct{ at, want time.Time }{
		{time.Time{}, time.Time{}},
		{time.Unix(-1, 0), time.Time{}},
		{time.Unix(0, 5), time.Time{}},
		{time.Unix(1, 0), time.Unix(1, 0).UTC()},
		{time.Unix(maxUntoldAt-1, 5), time.Unix(maxUntoldAt-1, 0).UTC()},
		{time.Unix(maxUntoldAt, 0), time.Time{}},
	} {
		dir, _, s, v := made(t)
		if err := s.OwnPassphrase(v, Untold{ID: ada, Coded: true, At: c.at}, []byte(third)); err != nil {
			t.Errorf("%v: %v", c.at, err)
		}
		again, err := Load(dir, cheap())
		if err != nil {
			t.Errorf("%v: %v", c.at, err)
			continue
		}
		keys, _, err := again.SignIn("ada", []byte(third), noon())
		if err != nil {
			t.Fatal(err)
		}
		want := []Untold{{ID: ada, Coded: true, At: c.want}}
		if all := again.Untold(keys); !slices.Equal(all, want) {
			t.Errorf("%v: %+v", c.at, all)
		}
		if err := again.Told(keys, want); err != nil || again.Untold(keys) != nil {
			t.Errorf("%v: %+v, %v", c.at, again.Untold(keys), err)
		}
	}
}

// What is untold outlives new keys, and what was set while they come; what nobody proved
// is not proven by them.
func TestUntoldOutlivesARekey(t *testing.T) {
	dir, recovery, s, v := clinic(t)
	want := []Untold{{ID: ada, Coded: true, At: noon()}, {ID: cleo, At: noon().Add(time.Hour)}, {ID: ada, Coded: true, At: noon().Add(2 * time.Hour)}}
	if err := s.OwnPassphrase(v, want[0], []byte(second)); err != nil {
		t.Fatal(err)
	}
	edit(t, dir, func(f *slotFile) {
		f.Untold = append(f.Untold, untold{bela, true, noon().Unix(), f.Untold[0].Proof})
	})
	if err := errors.Join(s.Remove(bela), s.BeginRekey(v)); err != nil {
		t.Fatal(err)
	}
	if all := s.Untold(v); !slices.Equal(all, want[:1]) {
		t.Errorf("once it has begun: %+v", all)
	}
	entrance := load(t, dir)
	keys, err := entrance.Recover(recovery, noon())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.OwnPassphrase(v, want[1], []byte(second)), entrance.OwnPassphrase(keys, want[2], []byte(third))); err != nil {
		t.Fatal(err)
	}
	if err := s.EndRekey(v); err != nil {
		t.Fatal(err)
	}
	// By the clinic key alone.
	again := load(t, dir)
	keys, _, err = again.SignIn("cleo", []byte(second), noon())
	if err != nil {
		t.Fatal(err)
	}
	if all := again.Untold(keys); !slices.Equal(all, want) {
		t.Errorf("after it: %+v", all)
	}
	// Who was let in by the keys of before sets nothing.
	late := load(t, dir)
	former, err := late.Recover(recovery, noon())
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Remove(cleo); err != nil {
		t.Fatal(err)
	}
	rekeyed(t, s, v)
	if err := late.OwnPassphrase(former, want[0], []byte(second)); !errors.Is(err, ErrChanged) {
		t.Errorf("by former keys: %v", err)
	}
	if all := load(t, dir).Untold(v); !slices.Equal(all, want) {
		t.Errorf("after another one: %+v", all)
	}
}
