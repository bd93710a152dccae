package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stipple/app/console"
)

func put(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestFolderIsListed(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b/x", "Ä/x", ".hidden/x", "a.csv", "B.CSV", "c.txt", ".d.csv", "e.csv/x"} {
		put(t, filepath.Join(dir, name))
	}
	if runtime.GOOS != "windows" { // links take rights there
		for name, to := range map[string]string{"linked": "b", "l.csv": "a.csv", "nowhere": "gone", "pipe.csv": "/dev/null"} {
			if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	f, err := files{}.Folder(t.Context(), dir+"/b/..", []string{".csv"})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range f.Files {
		names = append(names, e.Name)
		if e.Size != 1 || e.Changed.IsZero() {
			t.Errorf("%+v", e)
		}
	}
	folders, linked := []string{"b", "e.csv", "linked", "Ä"}, []string{"a.csv", "B.CSV", "l.csv"}
	if runtime.GOOS == "windows" {
		folders, linked = []string{"b", "e.csv", "Ä"}, []string{"a.csv", "B.CSV"}
	}
	if !slices.Equal(f.Folders, folders) || !slices.Equal(names, linked) || f.Path != dir || f.Parent != filepath.Dir(dir) || f.Cut {
		t.Errorf("%+v", f)
	}
	if f, err := (files{}).Folder(t.Context(), dir, nil); err != nil || len(f.Files) > 0 {
		t.Errorf("%+v, %v", f, err)
	}
	top := filepath.VolumeName(dir) + string(filepath.Separator)
	if f, err := (files{}).Folder(t.Context(), top, nil); err != nil || f.Parent != "" {
		t.Errorf("the top: %q, %v", f.Parent, err)
	}
}

func TestFolderWithTooMuchInIt(t *testing.T) {
	dir := t.TempDir()
	for i := range mostEntries + 1 {
		f, err := os.Create(filepath.Join(dir, "f"+strings.Repeat("x", i%3)+string(rune('a'+i%26))+time.Duration(i).String()))
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	if f, err := (files{}).Folder(t.Context(), dir, nil); err != nil || !f.Cut {
		t.Errorf("cut %v, %v", f.Cut, err)
	}
}

func TestCheckPath(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.csv")
	put(t, file)
	for _, c := range []struct {
		path string
		use  console.FileUse
		want console.FileFault // "": it can be used
	}{
		{dir, console.UseFolder, ""},
		{file, console.UseFolder, console.FileNotFolder},
		{filepath.Join(dir, "gone"), console.UseFolder, console.FileGone},
		{"here", console.UseFolder, console.FileRelative},
		{"", console.UseFolder, console.FileRelative},
		{dir + "\x00", console.UseFolder, console.FileName},
		{dir + "/" + strings.Repeat("x", mostPath), console.UseFolder, console.FileName},
		{file, console.UseRead, ""},
		{dir, console.UseRead, console.FileNotFile},
		{filepath.Join(dir, "b.csv"), console.UseRead, console.FileGone},
		{filepath.Join(dir, "b.csv"), console.UseCreate, ""},
		{file, console.UseCreate, console.FileExists},
		{filepath.Join(dir, "a:b.csv"), console.UseCreate, console.FileName},
		{filepath.Join(dir, "b.csv "), console.UseCreate, console.FileName},
		{filepath.Join(dir, "gone", "b.csv"), console.UseCreate, console.FileGone},
	} {
		err := files{}.CheckPath(t.Context(), c.path, c.use)
		var not *console.FileError
		switch {
		case c.want == "" && err != nil, c.want != "" && (!errors.As(err, &not) || not.Fault != c.want):
			t.Errorf("%q to %s: %v, want %q", c.path, c.use, err, c.want)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestMakeFolder(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "Stipple backups")
	if err := (files{}).MakeFolder(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]console.FileFault{
		path: console.FileExists, filepath.Join(dir, "a", "b"): console.FileGone, filepath.Join(dir, "what?"): console.FileName,
	} {
		var not *console.FileError
		if err := (files{}).MakeFolder(t.Context(), path); !errors.As(err, &not) || not.Fault != want {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// What never comes back from the system holds nobody up.
func TestWithinIsAbandoned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		never := make(chan struct{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		n, err := within(ctx, func() (int, error) { <-never; return 7, nil })
		if n != 0 || !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != time.Second {
			t.Errorf("%d, %v after %v", n, err, time.Since(begun))
		}
		close(never)
	})
}

// What cleans up after itself is waited for when it was cancelled, and left to the disk
// where that does not answer.
func TestSettledWaitsForTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		n, err := settled(ctx, func() (int, error) { time.Sleep(leavePatience / 2); return 7, ctx.Err() })
		if n != 7 || !errors.Is(err, context.Canceled) {
			t.Errorf("%d, %v", n, err)
		}
		never, begun := make(chan struct{}), time.Now()
		n, err = settled(ctx, func() (int, error) { <-never; return 7, nil })
		if n != 0 || !errors.Is(err, context.Canceled) || time.Since(begun) != leavePatience {
			t.Errorf("%d, %v after %v", n, err, time.Since(begun))
		}
		close(never)
	})
}
