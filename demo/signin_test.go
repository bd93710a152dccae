package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
// recovery code.
func practice(t *testing.T, dir string) (code string) {
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
	s, err := w.until(t.Context(), startLimit, "the Treat page", func(s trace.Snapshot) bool { return s.Page == "treat" })
	if err != nil {
		t.Fatal(err)
	}
	if text(s, "Dr A. Meyer") == "" {
		t.Errorf("who signed in is not at work: %s", describe(s))
	}
}

// TestSignIn signs in to a practice's store by passphrase and by recovery code, in
// the real window, also after the console was killed. No secret is in what the
// program writes.
func TestSignIn(t *testing.T) {
	dir := shortDir(t)
	ctx := t.Context()
	data := filepath.Join(dir, "data")
	code := practice(t, data)
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
		if key == "Tab" { // over the eye
			err = w.key(ctx, key, key)
		} else {
			err = w.key(ctx, key)
		}
		if err != nil {
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
