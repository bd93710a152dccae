package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stipple/app/audit"
	"stipple/app/console"
	"stipple/app/durable"
	"stipple/app/store"
)

// childExport signs in to a folder and writes an export of its patients, of which it never
// comes to the end. It says so once all of them are on the disk.
func childExport(args []string) error {
	ctx := context.Background()
	d, err := findDoor(args[0], false, cheapKeys())
	if err != nil {
		return err
	}
	e, err := d.signIn("meyer", []byte(goodPassphrase))
	if err != nil {
		return err
	}
	s, err := e.open(ctx, d.path)
	if err != nil {
		return err
	}
	left, err := newLeftovers(ctx, s, time.Now)
	if err != nil {
		return err
	}
	all, _, err := s.SearchPatients(ctx, "", 10)
	if err != nil {
		return err
	}
	x := exchanger{s, time.Now, left}
	return x.write(ctx, args[1], audit.Entry{Action: audit.Export}, "moves", func(w io.Writer) (counts, error) {
		for _, p := range all {
			if _, err := fmt.Fprintln(w, p.FamilyName); err != nil {
				return counts{}, err
			}
		}
		if err := w.(*bufio.Writer).Flush(); err != nil {
			return counts{}, err
		}
		fmt.Println("written")
		_, err := io.Copy(io.Discard, os.Stdin) // for ever
		return counts{}, err
	})
}

// roomAt is a practice's store, with the notes of those that went before.
func roomAt(t *testing.T, dir string) (*entry, exchanger) {
	t.Helper()
	d := doorAt(t, dir)
	e, err := d.signIn("meyer", []byte(goodPassphrase))
	if err != nil {
		t.Fatal(err)
	}
	s, err := e.open(t.Context(), d.path)
	if err != nil {
		t.Fatal(err)
	}
	left, err := newLeftovers(t.Context(), s, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return e, exchanger{s, time.Now, left}
}

func closeBoth(t *testing.T, e *entry, s *store.Store) {
	t.Helper()
	if err := errors.Join(s.Close(), e.keys.Close()); err != nil {
		t.Fatal(err)
	}
}

// killExport has an export killed that has written all of its patients.
func killExport(t *testing.T, dir, path string) (left string) {
	t.Helper()
	cmd := child(t, "export", dir, path)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "written\n" {
		t.Fatal(line, err)
	}
	if err := cmd.Process.Kill(); err != nil { // kill -9
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	found, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"+durable.Mark+"*"))
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	text, err := os.ReadFile(found[0])
	if err != nil || !strings.Contains(string(text), "Ruiz") {
		t.Fatalf("%q, %v", text, err)
	}
	return found[0]
}

// What an export whose process was killed has left goes at the next start, also where its
// stick is plugged in only then, and the audit chain tells of it once. Another's file stays.
func TestKilledExportIsSwept(t *testing.T) {
	dir, stick := t.TempDir(), filepath.Join(t.TempDir(), "stick")
	setUpAt(t, dir)
	e, x := roomAt(t, dir)
	aPatient(t, x, t.Context(), "Ruiz", "F-1")
	closeBoth(t, e, x.store)
	if err := os.Mkdir(stick, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(stick, "Ruiz.csv")
	left := killExport(t, dir, path)
	others := path + durable.Mark + "of another"
	if err := errors.Join(os.WriteFile(others, nil, 0o600), os.Rename(stick, stick+".out")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{store.FileName, "stipple.slots", "stipple.patients"} {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err != nil || strings.Contains(string(text), "Ruiz") {
			t.Errorf("%s names whom it is of, %v", name, err)
		}
	}

	d := doorAt(t, dir)
	who, err := d.signIn("meyer", []byte(goodPassphrase))
	if err != nil {
		t.Fatal(err)
	}
	b := &lockBench{t: t, door: d}
	b.open(who)
	if lost := b.room.left.lost; len(lost) != 1 || string(lost[0].Path) != left {
		t.Errorf("the console looks for %+v", lost)
	}
	b.close()

	e, x = roomAt(t, dir) // the stick is not there
	if err := x.left.sweep(t.Context()); err != nil || sweeps(t, x.store) != 0 {
		t.Error(err)
	}
	if _, err := x.WriteTable(audit.By(t.Context(), audit.Actor{}), console.TableExport{Kind: console.ExportPatients, Format: console.CSVComma, Path: filepath.Join(dir, "other.csv"), Reason: "moves"}, nil); err != nil {
		t.Error(err)
	}
	closeBoth(t, e, x.store)
	if err := os.Rename(stick+".out", stick); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		e, x = roomAt(t, dir)
		if err := x.left.sweep(t.Context()); err != nil || sweeps(t, x.store) != 1 {
			t.Error(sweeps(t, x.store), err)
		}
		if notes, err := x.left.notes(t.Context()); err != nil || len(notes) != 0 {
			t.Error(notes, err)
		}
		closeBoth(t, e, x.store)
	}
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Error("it is there still", err)
	}
	if _, err := os.Stat(others); err != nil {
		t.Error(err)
	}
}
