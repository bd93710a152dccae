package app

import (
	"context"
	"errors"
	"testing"

	"stipple/app/audit"
	"stipple/app/vault"
)

// Who holds the patient key and comes in after somebody was removed brings the store
// under new keys, and whoever comes after a start that was broken off goes on.
func TestRekeyAfterARemoval(t *testing.T) {
	d := doorAt(t, t.TempDir())
	e, err := d.setUp(newcomer{name: "Dr A. Meyer", signIn: "meyer", passphrase: []byte(goodPassphrase), code: recoveryCode(t)})
	if err != nil {
		t.Fatal(err)
	}
	operatorsOf(t, d, e)
	if e, err = d.signIn("meyer", []byte(goodPassphrase)); err != nil {
		t.Fatal(err)
	}
	leaver := vault.Person{ID: "01bbbbbbbbbbbbbbbbbbbbbbbb", SignIn: "lindt", HoldsPatients: true}
	if err := d.slots.Add(e.keys, leaver, []byte(goodPassphrase)); err != nil {
		t.Fatal(err)
	}
	operatorsOf(t, d, e)
	if err := d.slots.Remove(leaver.ID); err != nil {
		t.Fatal(err)
	}
	var told [][2]int64
	start := func(ctx context.Context) (generation uint16, rekeys int, err error) {
		t.Helper()
		d := doorAt(t, d.dir)
		e, err := d.signIn("meyer", []byte(goodPassphrase))
		if err != nil {
			t.Fatal(err)
		}
		s, err := e.open(t.Context(), d.path)
		if err != nil {
			t.Fatal(err)
		}
		told = nil
		failed := e.rekey(ctx, s, func(done, of int64) { told = append(told, [2]int64{done, of}) })
		all, err := s.AuditEntries(t.Context(), 0, 100)
		for _, x := range all {
			if x.Action == audit.Rekey {
				rekeys++
				if x.Operator.Name != "Dr A. Meyer" {
					t.Errorf("done by %q", x.Operator.Name)
				}
			}
		}
		generation = e.keys.Generation()
		if err := errors.Join(err, s.Verify(t.Context()), e.left(s), s.Close(), e.keys.Close()); err != nil {
			t.Fatal(err)
		}
		return generation, rekeys, failed
	}
	ended, end := context.WithCancel(t.Context())
	end()
	// acting reads the store first, which says that the context has ended.
	if generation, rekeys, err := start(ended); generation != 1 || rekeys != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("ended before: generation %d, %d entries, %v", generation, rekeys, err)
	}
	if generation, rekeys, err := start(t.Context()); generation != 2 || rekeys != 2 || err != nil {
		t.Errorf("re-keyed: generation %d, %d entries, %v", generation, rekeys, err)
	}
	if len(told) < 2 || told[len(told)-1] != [2]int64{} || told[len(told)-2][0] == 0 {
		t.Errorf("told %v", told)
	}
	if generation, rekeys, err := start(t.Context()); generation != 2 || rekeys != 2 || err != nil || len(told) > 0 {
		t.Errorf("the next start: generation %d, %d entries, told %v, %v", generation, rekeys, told, err)
	}
	if _, err := doorAt(t, d.dir).signIn("lindt", []byte(goodPassphrase)); !errors.Is(err, vault.ErrWrong) {
		t.Error(err)
	}
}
