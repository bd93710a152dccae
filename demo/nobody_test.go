package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"stipple/app/clinical"
	"stipple/app/store"
	"stipple/app/vault"
)

// nobodySays is how the people of the practice sign in, which is public: as nobody there
// is called.
const nobodySays = "frontdesk"

// keysOf makes the keys of a practice in a folder.
func keysOf(t *testing.T, dir string) (id clinical.ID, code string, slots *vault.Slots, keys *vault.Vault) {
	t.Helper()
	closing(t, os.MkdirAll(dir, 0o700))
	code, err := vault.NewRecoveryCode()
	closing(t, err)
	id, err = store.NewID()
	closing(t, err)
	slots, keys, err = vault.Create(dir, vault.Person{ID: id, SignIn: nobodySays}, []byte(practicePassphrase), code, vault.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return id, code, slots, keys
}

// sampleClinic makes a practice of the sample clinic in a folder.
func sampleClinic(t *testing.T, dir string, p *people) (code string) {
	t.Helper()
	id, code, slots, keys := keysOf(t, dir)
	s, err := store.Open(filepath.Join(dir, store.FileName), store.Options{Sealer: keys})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, store.SeedSampleClinic(t.Context(), s))
	_, err = s.AddOperator(t.Context(), clinical.Operator{ID: id, Name: "Dr Q. Vandersteen", Role: clinical.RoleSeniorClinician})
	closing(t, err)
	p.add(t, s)
	closing(t, errors.Join(s.Close(), keys.Close(), slots.Complete()))
	return code
}

// migrated seals a store of schema 1, which hides nothing, and leaves its copy beside it.
func migrated(t *testing.T, dir string, p *people) {
	t.Helper()
	closing(t, os.MkdirAll(dir, 0o700))
	old, err := os.ReadFile(filepath.Join("..", "app", "store", "testdata", "schema-1.db"))
	closing(t, err)
	closing(t, os.WriteFile(filepath.Join(dir, store.FileName), old, 0o600))
	_, _, slots, keys := keysOf(t, dir)
	s, err := store.Open(filepath.Join(dir, store.FileName), store.Options{Sealer: keys, SealBackup: slots.Encrypt})
	if err != nil {
		t.Fatal(err)
	}
	p.add(t, s)
	closing(t, errors.Join(s.Close(), keys.Close()))
	if made, err := filepath.Glob(filepath.Join(dir, "*.bak*")); err != nil || len(made) != 1 {
		t.Errorf("copies of the old store: %v, %v", made, err)
	}
}

// commanded runs a command of the program with a secret on descriptor 3, and returns all
// that it wrote.
func commanded(t *testing.T, secret string, args ...string) []byte {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.WriteString(w, secret)
	closing(t, errors.Join(err, w.Close()))
	cmd := exec.CommandContext(t.Context(), built.stipple, args...)
	cmd.ExtraFiles = []*os.File{r}
	out, err := cmd.CombinedOutput()
	closing(t, r.Close())
	if err != nil {
		t.Errorf("%v: %v: %s", args, err, out)
	}
	return out
}

// crashed opens the practice in the real window, with a patient's file on the screen,
// and lets the program crash there as its runtime does: with the stacks of all
// goroutines. It returns all that the program wrote.
func crashed(t *testing.T, ctx context.Context, screen *display, dir, data string) []byte {
	t.Helper()
	env := append(testHome(t, screen, dir), "GOTRACEBACK=all")
	w, err := openConsole(ctx, built.stipple, env, "--data", data)
	if err != nil {
		t.Fatal(err)
	}
	defer w.console.kill()
	signIn(t, w, practicePassphrase)
	p := &play{w: w, screen: screen, out: testWriter{t}, begun: time.Now()}
	if _, err := p.choosePatient(ctx); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.use(ctx, "nav.patients"), w.state(ctx, reactLimit, "file", patientSearch)); err != nil {
		t.Fatal(err)
	}
	if err := w.console.cmd.Process.Signal(syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	select {
	case <-w.console.done:
	case <-time.After(reactLimit):
		t.Fatal("the program did not crash")
	}
	var said []byte
	for _, f := range []*follower{w.console.out, w.console.errs} {
		for _, l := range f.all(0) {
			said = append(append(said, l.text...), '\n')
		}
	}
	if n := bytes.Count(said, []byte("goroutine ")); n < 10 || !bytes.Contains(said, []byte("stipple/app")) {
		t.Errorf("no crash with the stacks of all goroutines: %d, %.300s", n, said)
	}
	return said
}

// TestNobodyIsReadable looks for everybody of the sample clinic, by name, number, date of
// birth and what is written of them, in all that the program leaves: the store, the
// slots, the patients' keys, a backup, a restored one, the copy before a migration, the
// preferences, what the commands print, the log and a crash with a file on the screen.
func TestNobodyIsReadable(t *testing.T) {
	ctx := t.Context()
	dir := shortDir(t)
	data, stick, restored := filepath.Join(dir, "data"), filepath.Join(dir, "stick"), filepath.Join(dir, "restored")
	closing(t, os.Mkdir(stick, 0o700))
	p := &people{words: map[string]bool{}}
	code := sampleClinic(t, data, p)
	migrated(t, filepath.Join(dir, "migrated"), p)
	if len(p.words) < 60 || len(p.dates) < 14 {
		t.Fatalf("only %d words and %d dates", len(p.words), len(p.dates))
	}
	screen, err := openDisplay(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closing(t, screen.close()) })
	crash := crashed(t, ctx, screen, dir, data)

	as := []string{"--data", data, "--passphrase-fd", "3"}
	said := commanded(t, practicePassphrase, append([]string{"verify-audit"}, as...)...)
	said = append(said, commanded(t, practicePassphrase, append([]string{"backup", "--to", stick}, as...)...)...)
	made, err := filepath.Glob(filepath.Join(stick, "*"))
	if err != nil || len(made) != 1 {
		t.Fatal(made, err)
	}
	said = append(said, commanded(t, practicePassphrase, append([]string{"drill", "--from", made[0]}, as...)...)...)
	said = append(said, commanded(t, code, "restore", "--from", made[0], "--data", restored, "--code-fd", "3")...)

	for where, text := range map[string][]byte{"the crash": crash, "the commands": said} {
		for _, found := range p.inText(text) {
			t.Errorf("%s: %s", where, found)
		}
	}
	// What opens them is nowhere either.
	for _, secret := range []string{practicePassphrase, strings.Join(vault.CodeGroups(code)[:3], "")} {
		p.words[secret] = true
	}
	files, size := 0, 0
	for _, d := range []string{data, stick, restored, filepath.Join(dir, "migrated"), filepath.Join(dir, "config"), filepath.Join(dir, "cache")} {
		n, bytes := p.inFolder(t, d)
		files, size = files+n, size+bytes
	}
	if files < 10 {
		t.Errorf("only %d files", files)
	}
	if t.Failed() {
		return
	}
	t.Logf("%d words and %d dates, in %d forms: none in %d files of %d bytes, in %d bytes of a crash and in %d of the commands",
		len(p.words), len(p.dates), len(p.needles()), files, size, len(crash), len(said))
}
