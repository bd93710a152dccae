package app

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stipple/app/audit"
	"stipple/app/durable"
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
			found, _ := filepath.Glob(path + durable.Mark + "*")
			if notes := notesOf(t, x.left); len(notes) != 1 || len(found) != 1 || string(notes[0].Path) != found[0] {
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
// runs, too.
func TestAStickThatIsPulledInAnExport(t *testing.T) {
	x, ctx := aRoom(t)
	stick := filepath.Join(t.TempDir(), "stick")
	if err := os.Mkdir(stick, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := x.left.create(ctx, filepath.Join(stick, "a.csv"), func(w io.Writer) error {
		_, err := io.WriteString(w, "Ruiz")
		return errors.Join(err, os.Rename(stick, stick+".out"), os.ErrClosed)
	})
	if !errors.Is(err, os.ErrClosed) || len(notesOf(t, x.left)) != 1 {
		t.Error(err, notesOf(t, x.left))
	}
	if err := errors.Join(x.left.sweep(ctx), os.Rename(stick+".out", stick)); err != nil {
		t.Fatal(err)
	}
	if err := x.left.sweep(ctx); err != nil || len(notesOf(t, x.left)) != 0 || lastEntry(t, x).Action != audit.ExportSweep {
		t.Error(err)
	}
	if left, _ := os.ReadDir(stick); len(left) != 0 {
		t.Error(left)
	}
}

// A note that leads to nothing goes with its age, and there are never too many for a
// setting of the store.
func TestNotesAreBounded(t *testing.T) {
	x, ctx := aRoom(t)
	note := func(name string, at time.Time) {
		t.Helper()
		if err := x.left.change(ctx, nil, func(all []leftover) []leftover {
			return append(all, leftover{[]byte(filepath.Join(t.TempDir(), "gone", name)), at})
		}); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now()
	note("old", now.Add(-leftoverAge-time.Hour))
	note("young", now.Add(-leftoverAge+time.Hour))
	again, err := newLeftovers(ctx, x.store, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if notes := notesOf(t, again); len(notes) != 1 || filepath.Base(string(notes[0].Path)) != "young" || len(again.lost) != 1 {
		t.Errorf("%+v", notes)
	}
	for range mostLeftovers + 1 {
		note("one", now)
	}
	if n := len(notesOf(t, x.left)); n != mostLeftovers {
		t.Error(n)
	}
	for range mostLeftovers {
		note(strings.Repeat("x", mostPath), now)
	}
	if n := len(notesOf(t, x.left)); n < 2 || n >= mostLeftovers {
		t.Error(n)
	}
}
