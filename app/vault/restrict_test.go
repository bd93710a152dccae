package vault

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"stipple/app/clinical"
)

// A slot that is made anew holds what it is said to hold, under the new passphrase and
// no other; one that is restricted keeps its passphrase and opens no patient.
func TestRenewAndRestrict(t *testing.T) {
	dir, _, s, v := made(t)
	if err := s.Renew(v, Person{ID: bela, SignIn: "bela"}, []byte(second)); err != nil {
		t.Fatal(err)
	}
	if signIn(t, dir, "bela", second).HoldsPatients() {
		t.Error("a new slot holds the patient key")
	}
	const third = "third set of words"
	if err := s.Renew(v, Person{ID: bela, SignIn: "bela.b", HoldsPatients: true}, []byte(third)); err != nil {
		t.Fatal(err)
	}
	if !signIn(t, dir, "bela.b", third).HoldsPatients() {
		t.Error("it was not given the patient key")
	}
	if _, _, err := load(t, dir).SignIn("bela", []byte(second), noon()); !errors.Is(err, ErrWrong) {
		t.Errorf("the old slot opens: %v", err)
	}
	if err := s.Restrict(bela); err != nil {
		t.Fatal(err)
	}
	if signIn(t, dir, "bela.b", third).HoldsPatients() {
		t.Error("it holds the patient key still")
	}
	if people := load(t, dir).People(); len(people) != 2 || people[1].SignIn != "bela.b" {
		t.Errorf("%+v", people)
	}
}

// What is refused changes nothing in the file.
func TestRenewAndRestrictRefuse(t *testing.T) {
	dir, _, s, v := made(t)
	if err := s.Renew(v, Person{ID: bela, SignIn: "bela"}, []byte(second)); err != nil {
		t.Fatal(err)
	}
	clinic := signIn(t, dir, "bela", second)
	before, err := os.ReadFile(filepath.Join(dir, SlotsName))
	if err != nil {
		t.Fatal(err)
	}
	renew := func(v *Vault, p Person, passphrase string) error { return s.Renew(v, p, []byte(passphrase)) }
	for name, c := range map[string]struct{ err, want error }{
		"another's name":        {renew(v, Person{ID: bela, SignIn: "Ada"}, second), ErrTaken},
		"no name":               {renew(v, Person{ID: bela, SignIn: "b b"}, second), ErrName},
		"weak":                  {renew(v, Person{ID: bela, SignIn: "bela"}, "short"), ErrWeak},
		"by the clinic key":     {renew(clinic, Person{ID: bela, SignIn: "bela", HoldsPatients: true}, second), ErrNoPatientKey},
		"the last with the key": {renew(v, Person{ID: ada, SignIn: "ada"}, second), ErrLast},
		"restrict the last":     {s.Restrict(ada), ErrLast},
		"restrict nobody":       {s.Restrict(clinical.ID("0")), ErrNoSlot},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: %v", name, c.err)
		}
	}
	after, err := os.ReadFile(filepath.Join(dir, SlotsName))
	if err != nil || string(before) != string(after) {
		t.Errorf("the file was changed: %v", err)
	}
}
