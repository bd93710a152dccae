package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"stipple/app/audit"
	"stipple/app/clinical"
	"stipple/app/store"
	"stipple/app/ui/trace"
	"stipple/app/vault"
)

// The passphrases of the practice that the tests sign in to.
const (
	practicePassphrase = "four words beat one"
	renewedPassphrase  = "another set of words"
)

// practice sets a practice up in a folder, as the window does, and returns its
// recovery code. Others can sign in with the same passphrase.
func practice(t *testing.T, dir string, others ...clinical.Operator) (code string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	code, err := vault.NewRecoveryCode()
	if err != nil {
		t.Fatal(err)
	}
	id, err := store.NewID()
	if err != nil {
		t.Fatal(err)
	}
	slots, keys, err := vault.Create(dir, vault.Person{ID: id, SignIn: "meyer"}, []byte(practicePassphrase), code, vault.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(filepath.Join(dir, store.FileName), store.Options{Sealer: keys})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.AddOperator(t.Context(), clinical.Operator{ID: id, Name: "Dr A. Meyer", Role: clinical.RoleSeniorClinician}); err != nil {
		t.Fatal(err)
	}
	for _, o := range others {
		if _, err := s.AddOperator(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		_, family, _ := strings.Cut(strings.TrimPrefix(o.Name, "Dr "), " ")
		p := vault.Person{ID: o.ID, SignIn: strings.ToLower(family), HoldsPatients: o.Role.MayTreat()}
		if err := slots.Add(keys, p, []byte(practicePassphrase)); err != nil {
			t.Fatal(err)
		}
	}
	for _, end := range []func() error{s.Close, keys.Close, slots.Complete} {
		if err := end(); err != nil {
			t.Fatal(err)
		}
	}
	return code
}

// signIn types a passphrase into the window, which asks for it, and presses Enter.
func signIn(t *testing.T, w *window, passphrase string) {
	t.Helper()
	_, err := w.until(t.Context(), startLimit, "the sign-in", func(s trace.Snapshot) bool {
		return s.Page == "signin" && s.States["step"] == "passphrase" && s.States["busy"] == "no"
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.text(t.Context(), passphrase); err != nil {
		t.Fatal(err)
	}
	if err := w.key(t.Context(), "Return"); err != nil {
		t.Fatal(err)
	}
}

// treatPage waits for the console behind the sign-in.
func treatPage(t *testing.T, w *window) {
	t.Helper()
	atWork(t, w, "Dr A. Meyer")
}

// atWork waits for the console that somebody works at.
func atWork(t *testing.T, w *window, name string) {
	t.Helper()
	_, err := w.until(t.Context(), startLimit, "the Treat page of "+name, func(s trace.Snapshot) bool {
		return s.Page == "treat" && s.States["lock"] == "off" && text(s, name) != ""
	})
	if err != nil {
		t.Fatal(err)
	}
}

// leave lets somebody into the practice's store who is removed again, so that it is to be
// re-keyed.
func leave(t *testing.T, dir string) {
	t.Helper()
	slots, keys := rekeyed(t, dir, practicePassphrase, 1)
	p := vault.Person{ID: "01bbbbbbbbbbbbbbbbbbbbbbbb", SignIn: "lindt", HoldsPatients: true}
	for _, step := range []func() error{
		func() error { return slots.Add(keys, p, []byte(practicePassphrase)) },
		func() error { return slots.Remove(p.ID) },
		keys.Close,
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
}

// rekeyed are the keys of the practice's store, which have the given generation.
func rekeyed(t *testing.T, dir, passphrase string, generation uint16) (*vault.Slots, *vault.Vault) {
	t.Helper()
	slots, err := vault.Load(dir, vault.Options{})
	if err != nil {
		t.Fatal(err)
	}
	keys, _, err := slots.SignIn("meyer", []byte(passphrase), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if got := keys.Generation(); got != generation {
		t.Errorf("generation %d of the keys, want %d", got, generation)
	}
	return slots, keys
}

// TestSignIn signs in to a practice's store by passphrase and by recovery code, in
// the real window, also after the console was killed; the first sign-in begins the re-key
// that a removal wants. No secret is in what the program writes.
func TestSignIn(t *testing.T) {
	dir := shortDir(t)
	ctx := t.Context()
	data := filepath.Join(dir, "data")
	code := practice(t, data)
	leave(t, data)
	screen, err := openDisplay(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closing(t, screen.close()) })
	var said [][]byte
	open := func() *window {
		w, err := openConsole(ctx, built.stipple, testHome(t, screen, dir), "--data", data)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	end := func(w *window) {
		for _, l := range w.console.side.all(0) {
			said = append(said, l.text)
		}
		for _, l := range w.console.errs.all(0) {
			said = append(said, l.text)
		}
	}

	w := open()
	signIn(t, w, "not the passphrase")
	if _, err := w.until(ctx, reactLimit, "that it is wrong", func(s trace.Snapshot) bool { return text(s, "not the passphrase") != "" }); err != nil {
		t.Fatal(err)
	}
	signIn(t, w, practicePassphrase)
	treatPage(t, w)
	w.console.kill()
	end(w)

	w = open()
	if err := w.use(ctx, "signin.code"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.until(ctx, reactLimit, "the recovery code's sheet", func(s trace.Snapshot) bool { return s.States["step"] == "code" }); err != nil {
		t.Fatal(err)
	}
	if err := w.text(ctx, strings.ToLower(strings.Join(vault.CodeGroups(code), ""))); err != nil {
		t.Fatal(err)
	}
	if err := w.key(ctx, "Return"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.until(ctx, reactLimit, "the new passphrase's sheet", func(s trace.Snapshot) bool { return s.States["step"] == "renew" }); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"Tab", "Return"} {
		if err := w.text(ctx, renewedPassphrase); err != nil {
			t.Fatal(err)
		}
		if err := w.key(ctx, key); err != nil {
			t.Fatal(err)
		}
	}
	treatPage(t, w)
	closing(t, w.console.end())
	end(w)

	w = open()
	signIn(t, w, renewedPassphrase)
	treatPage(t, w)
	closing(t, w.console.end())
	end(w)

	_, keys := rekeyed(t, data, renewedPassphrase, 2)
	closing(t, keys.Close())
	for _, name := range []string{store.FileName, vault.SlotsName, vault.PatientsName} {
		file, err := os.ReadFile(filepath.Join(data, name))
		if err != nil {
			t.Fatal(err)
		}
		said = append(said, file)
	}
	for _, secret := range []string{practicePassphrase, renewedPassphrase, vault.CodeGroups(code)[0] + vault.CodeGroups(code)[1], "Dr A. Meyer"} {
		for _, text := range said {
			if bytes.Contains(bytes.ToUpper(text), []byte(strings.ToUpper(secret))) && (secret != "Dr A. Meyer" || text[0] != '{') {
				t.Errorf("%q stands in %.80q", secret, text)
			}
		}
	}
}

// steps are what a person does in a window, one after the other.
type steps struct {
	t *testing.T
	w *window
}

func (s steps) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s steps) use(controls ...string) {
	s.t.Helper()
	for _, c := range controls {
		s.must(s.w.use(s.t.Context(), c))
	}
}

// enter types a text and Enter.
func (s steps) enter(text string) {
	s.t.Helper()
	s.must(s.w.text(s.t.Context(), text))
	s.must(s.w.key(s.t.Context(), "Return"))
}

func (s steps) says(part string) {
	s.t.Helper()
	_, err := s.w.until(s.t.Context(), reactLimit, part, func(s trace.Snapshot) bool { return text(s, part) != "" })
	s.must(err)
}

func (s steps) lock(state string) {
	s.t.Helper()
	s.must(s.w.state(s.t.Context(), reactLimit, "lock", state))
}

// complains waits for a line on standard error, and kills the console.
func (s steps) complains(part string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), startLimit)
	defer cancel()
	_, _, err := s.w.console.errs.find(ctx, 0, func(line []byte) bool { return bytes.Contains(line, []byte(part)) })
	s.must(err)
	s.w.console.kill()
}

// handOver signs somebody else in, from the picker of operators.
func (s steps) handOver(signIn, name string) {
	s.t.Helper()
	s.use("strip.operator", "overlay.choice.hand_over")
	s.lock("hand over")
	s.use("lock.names.choice."+signIn, "lock.passphrase")
	s.enter(practicePassphrase)
	atWork(s.t, s.w, name)
}

// TestPINAndHandOver sets a PIN, unlocks by it, and hands the console to a technician,
// a second clinician and back, in the real window. A second console on the same store
// says so before anything is typed.
func TestPINAndHandOver(t *testing.T) {
	dir := shortDir(t)
	ctx := t.Context()
	data := filepath.Join(dir, "data")
	practice(t, data, clinical.Operator{ID: "01bbbbbbbbbbbbbbbbbbbbbbbb", Name: "Dr S. Okonkwo", Role: clinical.RoleClinician},
		clinical.Operator{ID: "01cccccccccccccccccccccccc", Name: "T. Roth", Role: clinical.RoleTechnician})
	screen, err := openDisplay(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closing(t, screen.close()) })
	w, err := openConsole(ctx, built.stipple, testHome(t, screen, dir), "--data", data)
	if err != nil {
		t.Fatal(err)
	}
	s := steps{t, w}
	s.must(s.w.state(ctx, startLimit, "step", "passphrase"))
	other, err := openConsole(ctx, built.stipple, testHome(t, screen, dir), "--data", data)
	if err != nil {
		t.Fatal(err)
	}
	steps{t, other}.complains("another Stipple is running")
	s.must(w.find(ctx, w.console.cmd.Process.Pid)) // it has the keyboard again
	signIn(t, w, practicePassphrase)
	treatPage(t, w)

	s.use("strip.operator", "overlay.choice.pin")
	for range 2 {
		s.use("own.pin.4", "own.pin.0", "own.pin.7", "own.pin.1", "own.pin.enter")
	}
	s.enter(practicePassphrase)
	s.says("The PIN is set")
	s.use("overlay.button.ok", "strip.lock")
	s.lock("pin")
	s.enter("1704")
	s.says("4 tries left")
	s.use("lock.pin.4", "lock.pin.0", "lock.pin.7", "lock.pin.1", "lock.pin.enter")
	s.lock("off")

	s.handOver("roth", "T. Roth")
	s.handOver("okonkwo", "Dr S. Okonkwo")
	s.handOver("meyer", "Dr A. Meyer")
	s.use("strip.lock")
	s.lock("pin")
	s.enter("4071")
	s.lock("off")
	closing(t, w.console.end())
	for _, l := range append(w.console.side.all(0), w.console.errs.all(0)...) {
		if bytes.Contains(l.text, []byte(practicePassphrase)) {
			t.Errorf("the passphrase stands in %.80q", l.text)
		}
	}
	checkActions(t, data, "sign_in", "lock", "sign_in.failed", "unlock", "lock", "sign_out",
		"sign_in", "lock", "sign_out", "sign_in", "lock", "hand_over", "lock", "unlock", "sign_out")

	// A training store in the place of the practice's does not open without a word.
	s.must(os.RemoveAll(data))
	training, err := store.OpenTraining(filepath.Join(data, store.FileName), store.Options{})
	s.must(err)
	s.must(training.Close())
	w, err = openConsole(ctx, built.stipple, testHome(t, screen, dir), "--data", data)
	s.must(err)
	steps{t, w}.complains("had a sign-in")
}

// checkActions opens the store for meyer and compares what is in its audit chain.
func checkActions(t *testing.T, data string, want ...string) {
	t.Helper()
	slots, err := vault.Load(data, vault.Options{})
	if err != nil {
		t.Fatal(err)
	}
	keys, _, err := slots.SignIn("meyer", []byte(practicePassphrase), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(filepath.Join(data, store.FileName), store.Options{Sealer: keys})
	if err != nil {
		t.Fatal(err)
	}
	entries, err := s.AuditEntries(t.Context(), 0, 100)
	if err := errors.Join(err, s.Close(), keys.Close()); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		if e.Action.Area() == audit.AreaAccess {
			got = append(got, string(e.Action))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("the audit chain has %q, want %q", got, want)
	}
}
