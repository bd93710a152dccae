package durable

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return strings.Join(all, " ")
}

// A file is replaced whole or stays as it was, and nothing is left beside it.
func TestReplace(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "keys")
	write := func(text string, err error) func(io.Writer) error {
		return func(w io.Writer) error {
			_, werr := io.WriteString(w, text)
			return errors.Join(werr, err)
		}
	}
	boom := errors.New("boom")
	for _, step := range []struct {
		text string
		err  error
		want string
	}{
		{"never", boom, ""},
		{"one", nil, "one"},
		{"half of two", boom, "one"},
		{"two", nil, "two"},
	} {
		if err := Replace(path, write(step.text, step.err)); !errors.Is(err, step.err) {
			t.Fatalf("%s: %v", step.text, err)
		}
		got, err := os.ReadFile(path)
		if string(got) != step.want || (err == nil) != (step.want != "") {
			t.Errorf("after %q: %q, %v", step.text, got, err)
		}
	}
	if got := names(t, dir); got != "keys" {
		t.Errorf("in the folder: %s", got)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if others := info.Mode().Perm() &^ 0o600; others != 0 && os.PathSeparator == '/' {
		t.Errorf("mode %v", info.Mode())
	}
}

// Of two creations at once, the later never replaces the file of the earlier.
func TestCreate(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "keys")
	write := func(text string) error {
		return Create(path, func(w io.Writer) error {
			_, err := io.WriteString(w, text)
			return err
		})
	}
	if err := write("first"); err != nil {
		t.Fatal(err)
	}
	if err := write("second"); !errors.Is(err, fs.ErrExist) {
		t.Error(err)
	}
	if got, err := os.ReadFile(path); string(got) != "first" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if got := names(t, dir); got != "keys" {
		t.Errorf("in the folder: %s", got)
	}
}

// Only what a crash within Replace left goes.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"keys", "keys" + Mark + "12", "keys.bak", "other" + Mark + "1"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	Sweep(filepath.Join(dir, "keys"))
	if got, want := names(t, dir), "keys keys.bak other"+Mark+"1"; got != want {
		t.Errorf("left: %s, want %s", got, want)
	}
	Sweep(filepath.Join(dir, "nowhere", "keys"))
}

// Behind a link the old file goes, not the link.
func TestReplaceBehindALink(t *testing.T) {
	there, path := filepath.Join(t.TempDir(), "real"), filepath.Join(t.TempDir(), "name")
	if err := os.WriteFile(there, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(there, path); err != nil {
		t.Fatal(err)
	}
	err := Replace(path, func(w io.Writer) error { _, err := io.WriteString(w, "new"); return err })
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{there, path} {
		if got, err := os.ReadFile(name); err != nil || string(got) != "new" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// The temporary name of a noted file says nothing of its own, and is known as one of ours;
// gone says whether it has no file.
func TestCreateNoted(t *testing.T) {
	dir, no := t.TempDir(), errors.New("no")
	for _, c := range []struct {
		name string
		note error
		then func(temporary string) error // while it is written
		gone bool
		want error
	}{
		{"made", nil, func(string) error { return nil }, true, nil},
		{"unnoted", no, nil, true, no},
		{"nowhere/there", nil, nil, true, fs.ErrNotExist},
		{"failed", nil, func(string) error { return no }, true, no},
		{"made", nil, func(string) error { return nil }, true, fs.ErrExist},
		{"taken away", nil, func(temporary string) error { return errors.Join(os.Remove(temporary), no) }, false, no},
	} {
		path := filepath.Join(dir, c.name)
		var noted string
		gone, err := CreateNoted(path, func(temporary string) error {
			noted = temporary
			if !Noted(temporary) || filepath.Dir(temporary) != filepath.Dir(path) || strings.Contains(filepath.Base(temporary), filepath.Base(path)) {
				t.Errorf("%s under the name %s", c.name, temporary)
			}
			return c.note
		}, func(io.Writer) error {
			if _, err := os.Stat(noted); err != nil {
				t.Error(err)
			}
			return c.then(noted)
		})
		if gone != c.gone || !errors.Is(err, c.want) {
			t.Errorf("%s: gone %v, %v", c.name, gone, err)
		}
	}
	if got := names(t, dir); got != "made" {
		t.Errorf("in the folder: %s", got)
	}
}

// Only what CreateNoted makes is Noted.
func TestNoted(t *testing.T) {
	letters := strings.Repeat("A", markLen)
	for name, want := range map[string]bool{
		notedName + Mark + letters:                      true,
		notedName + Mark + letters + "A":                false,
		notedName + Mark + letters[1:]:                  false,
		notedName + Mark + strings.Repeat("a", markLen): false,
		"a.csv" + Mark + letters:                        false,
		notedName:                                       false,
		notedName + Mark + letters + "/x":               false,
		"":                                              false,
	} {
		if path := filepath.Join(t.TempDir(), name); Noted(path) != want || Noted(name) {
			t.Errorf("%s: %v", path, !want)
		}
	}
}
