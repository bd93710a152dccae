package app

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stipple/app/audit"
	"stipple/app/clinical"
	"stipple/app/durable"
	"stipple/app/store"
)

func notesOf(t *testing.T, l *leftovers) []leftover {
	t.Helper()
	all, err := l.notes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// There is a note before there is a file, and none once the export is done or has failed.
func TestNoteOfAnExport(t *testing.T) {
	x, ctx := aRoom(t)
	dir, no := t.TempDir(), errors.New("no")
	for name, err := range map[string]error{"done.csv": nil, "failed.csv": no, "gone/there.csv": nil} {
		path := filepath.Join(dir, name)
		noted, got := x.left.create(ctx, path, func(w io.Writer) error {
			found, _ := filepath.Glob(filepath.Join(dir, "*"+durable.Mark+"*"))
			if notes := notesOf(t, x.left); len(notes) != 1 || len(found) != 1 || string(notes[0].Path) != found[0] || strings.Contains(found[0], name) {
				t.Errorf("%s: %+v of %q", name, notes, found)
			}
			return err
		})
		if gone := name[0] == 'g'; noted != nil || !gone && !errors.Is(got, err) || gone && !errors.Is(got, os.ErrNotExist) {
			t.Errorf("%s: %v, %v", name, noted, got)
		}
		if notes := notesOf(t, x.left); len(notes) != 0 || len(x.left.lost) != 0 {
			t.Errorf("%s: %+v", name, notes)
		}
	}
	// Where there can be no note there is no file.
	ended, end := context.WithCancel(ctx)
	end()
	noted, _ := x.left.create(ended, filepath.Join(dir, "unnoted.csv"), func(io.Writer) error {
		t.Error("it was written")
		return nil
	})
	if left, _ := os.ReadDir(dir); !errors.Is(noted, context.Canceled) || len(left) != 1 {
		t.Error(noted, left)
	}
}

// A stick that is pulled in the middle of an export is looked for as long as the console
// runs, too; also where its mount point stays behind.
func TestAStickThatIsPulledInAnExport(t *testing.T) {
	x, ctx := aRoom(t)
	for name, behind := range map[string]func(string) error{
		"nothing":         func(string) error { return nil },
		"its mount point": func(stick string) error { return os.Mkdir(stick, 0o700) },
	} {
		stick := filepath.Join(t.TempDir(), "stick")
		if err := os.Mkdir(stick, 0o700); err != nil {
			t.Fatal(err)
		}
		_, err := x.left.create(ctx, filepath.Join(stick, "a.csv"), func(w io.Writer) error {
			_, err := io.WriteString(w, "Ruiz")
			return errors.Join(err, os.Rename(stick, stick+".out"), behind(stick), os.ErrClosed)
		})
		if !errors.Is(err, os.ErrClosed) || len(notesOf(t, x.left)) != 1 {
			t.Error(name, err, notesOf(t, x.left))
		}
		if err := x.left.sweep(ctx); err != nil || len(notesOf(t, x.left)) != 1 {
			t.Error(name, err, notesOf(t, x.left))
		}
		if err := errors.Join(os.RemoveAll(stick), os.Rename(stick+".out", stick)); err != nil {
			t.Fatal(err)
		}
		if err := x.left.sweep(ctx); err != nil || len(notesOf(t, x.left)) != 0 || lastEntry(t, x).Action != audit.ExportSweep {
			t.Error(name, err)
		}
		if left, _ := os.ReadDir(stick); len(left) != 0 {
			t.Error(name, left)
		}
	}
}

// aNote adds a note as of a process that was killed.
func aNote(t *testing.T, x exchanger, path string, at time.Time) error {
	t.Helper()
	return x.left.change(t.Context(), nil, func(all []leftover) []leftover {
		return append(all, leftover{Path: []byte(path), At: at})
	})
}

// ourName is a name as CreateNoted makes them.
func ourName(t *testing.T) string {
	t.Helper()
	var made string
	no := errors.New("no")
	if _, err := durable.CreateNoted(filepath.Join(t.TempDir(), "x"), func(temporary string) error {
		made = filepath.Base(temporary)
		return no
	}, nil); !errors.Is(err, no) {
		t.Fatal(err)
	}
	return made
}

// swept are the notes of those that went before, swept by a new console.
func swept(t *testing.T, x exchanger) *leftovers {
	t.Helper()
	again, err := newLeftovers(t.Context(), x.store, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.sweep(t.Context()); err != nil {
		t.Error(err)
	}
	return again
}

// sweeps are the entries of what was removed.
func sweeps(t *testing.T, s *store.Store) (n int) {
	t.Helper()
	all, err := s.AuditEntries(t.Context(), 1, 1<<16)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if e.Action == audit.ExportSweep {
			if e.Operator != (clinical.Operator{}) || len(e.Changes) != 1 {
				t.Errorf("%+v", e)
			}
			n++
		}
	}
	return n
}

// Nothing goes but a file of an export, whatever the notes name: they may be forged, or of
// a restored store.
func TestForgedNotes(t *testing.T) {
	x, _ := aRoom(t)
	dir := t.TempDir()
	t.Chdir(dir)
	file := func(path string) error { return os.WriteFile(path, nil, 0o600) }
	folder := func(path string) error { return os.Mkdir(path, 0o700) }
	link := func(path string) error { return os.Symlink(filepath.Join(dir, "diploma.pdf"), path) }
	others := map[string]func(string) error{
		"diploma.pdf": file, "a.csv" + durable.Mark + "ABCDEFGHIJKL": file, ourName(t) + "A": file,
		"an empty folder": folder, ourName(t): folder, ourName(t): link,
	}
	for name, make := range others {
		path := filepath.Join(dir, name)
		if err := errors.Join(make(path), aNote(t, x, path, time.Now())); err != nil {
			t.Fatal(err)
		}
	}
	relative := ourName(t)
	if err := errors.Join(file(relative), aNote(t, x, relative, time.Now())); err != nil {
		t.Fatal(err)
	}
	again := swept(t, x)
	if left, err := os.ReadDir(dir); err != nil || len(left) != len(others)+1 {
		t.Error(left, err)
	}
	if notes := notesOf(t, again); len(notes) != 0 || len(again.lost) != 0 || sweeps(t, x.store) != 0 {
		t.Errorf("%+v", notes)
	}
}

// A damaged value of the notes keeps nobody from opening the console or from exporting, and
// is reported.
func TestDamagedNotes(t *testing.T) {
	dir := t.TempDir()
	setUpAt(t, dir)
	d := doorAt(t, dir)
	enter := func() *entry {
		t.Helper()
		e, err := d.signIn("meyer", []byte(goodPassphrase))
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	e := enter()
	s, err := e.open(t.Context(), d.path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.SaveSetting(t.Context(), leftoversSetting, []byte("[]")), s.Close(), e.keys.Close()); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(d.path)
	if err != nil {
		t.Fatal(err)
	}
	name, found := []byte(leftoversSetting), 0
	for i := range file { // its value comes after a key
		if at := i + len(name) + 10; bytes.HasPrefix(file[i:], name) && at < len(file) {
			file[at] ^= 1
			found++
		}
	}
	if err := os.WriteFile(d.path, file, 0o600); err != nil || found == 0 {
		t.Fatal(found, err)
	}

	d = doorAt(t, dir)
	b := &lockBench{t: t, door: d}
	b.open(enter())
	left := b.room.left
	if err := b.room.store.Verify(t.Context()); !errors.Is(err, store.ErrDamaged) {
		t.Error(err)
	}
	if err := left.sweep(t.Context()); !errors.Is(err, store.ErrDamaged) {
		t.Error("not reported:", err)
	}
	noted, err := left.create(t.Context(), filepath.Join(t.TempDir(), "a.csv"), func(io.Writer) error { return nil })
	if err := errors.Join(noted, err); err != nil {
		t.Error(err)
	}
	_ = left.sweep(t.Context()) // what the export found
	if err := errors.Join(left.sweep(t.Context()), b.room.store.Verify(t.Context())); err != nil {
		t.Error("it was mended:", err)
	}
	if err := left.store.SaveSetting(t.Context(), leftoversSetting, []byte("no notes")); err != nil {
		t.Fatal(err)
	}
	if notes := notesOf(t, left); len(notes) != 0 || !errors.Is(left.sweep(t.Context()), store.ErrDamaged) {
		t.Error(notes)
	}
}

// A removal is told once it lasts: where the folder could not be synced, or the entry not
// be written, that is tried again, and told once.
func TestARemovalIsToldOnceItLasts(t *testing.T) {
	x, _ := aRoom(t)
	ctx, l := t.Context(), x.left
	closed, err := store.OpenTraining(filepath.Join(t.TempDir(), store.FileName), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	stick := filepath.Join(t.TempDir(), "stick")
	path := filepath.Join(stick, ourName(t))
	if err := errors.Join(closed.Close(), os.Mkdir(stick, 0o700), os.WriteFile(path, nil, 0o600), aNote(t, x, path, time.Now())); err != nil {
		t.Fatal(err)
	}
	l.lost, l.store = notesOf(t, l), closed
	if err := l.sweep(ctx); !errors.Is(err, store.ErrClosed) {
		t.Error(err)
	}
	l.store = x.store
	if err := os.Remove(stick); err != nil { // the file is not in it
		t.Fatal(err)
	}
	if err := l.sweep(ctx); err != nil || len(notesOf(t, l)) != 1 || sweeps(t, x.store) != 0 {
		t.Error("told where nothing could be synced", err)
	}
	if err := os.Mkdir(stick, 0o700); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := l.sweep(ctx); err != nil || len(notesOf(t, l)) != 0 || sweeps(t, x.store) != 1 {
			t.Error(err, sweeps(t, x.store))
		}
	}
}

// A note that leads to nothing goes with its age, untold.
func TestNotesGoWithTheirAge(t *testing.T) {
	x, _ := aRoom(t)
	now := time.Now()
	old, young := filepath.Join(t.TempDir(), ourName(t)), filepath.Join(t.TempDir(), "gone", ourName(t))
	if err := errors.Join(aNote(t, x, old, now.Add(-leftoverAge-time.Hour)), aNote(t, x, young, now.Add(-leftoverAge+time.Hour))); err != nil {
		t.Fatal(err)
	}
	again := swept(t, x)
	if notes := notesOf(t, again); len(notes) != 1 || string(notes[0].Path) != young || len(again.lost) != 1 || sweeps(t, x.store) != 0 {
		t.Errorf("%+v", notes)
	}
}

// There are never too many notes for a setting of the store: then an export is refused, and
// none that stands is dropped for it.
func TestNotesAreBounded(t *testing.T) {
	x, ctx := aRoom(t)
	dir, err, n := t.TempDir(), error(nil), 0
	for long := strings.Repeat("x", mostPath); err == nil; n++ {
		err = aNote(t, x, long, time.Now())
	}
	if n--; !errors.Is(err, errManyLeft) || n < 8 || len(notesOf(t, x.left)) != n {
		t.Error(n, err)
	}
	out := filepath.Join(dir, strings.Repeat("y", 200), strings.Repeat("y", 200), strings.Repeat("y", 200))
	for err = os.MkdirAll(out, 0o700); err == nil; {
		err = aNote(t, x, filepath.Join(out, ourName(t)), time.Now())
	}
	if !errors.Is(err, errManyLeft) {
		t.Fatal(err)
	}
	stand := len(notesOf(t, x.left))
	noted, err := x.left.create(ctx, filepath.Join(out, "a.csv"), func(io.Writer) error {
		t.Error("it was written")
		return nil
	})
	if left, _ := os.ReadDir(out); !errors.Is(noted, errManyLeft) || len(notesOf(t, x.left)) != stand || len(left) != 0 {
		t.Error(noted, err, left)
	}
	swept(t, x)                             // leads to nothing: young ones stay
	if len(notesOf(t, x.left)) != stand-n { // but what is no file of ours goes
		t.Error(len(notesOf(t, x.left)), stand, n)
	}
}
