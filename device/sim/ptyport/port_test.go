//go:build !windows

package ptyport

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func open(t *testing.T, link string) *Port {
	t.Helper()
	p, err := Open(link)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return p
}

func console(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatalf("open %s: %v", path, err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// Every byte value passes both ways, from the first byte on: the terminal is
// raw before its path is known, and the console closing is no hang-up.
func TestRawBothWaysAndReopen(t *testing.T) {
	link := filepath.Join(t.TempDir(), "pen")
	p := open(t, link)
	if p.Path() != link {
		t.Errorf("Path = %q", p.Path())
	}
	want := make([]byte, 256)
	for i := range want {
		want[i] = byte(i)
	}
	for range 2 {
		f := console(t, link)
		pass(t, f, p, want)
		pass(t, p, f, want)
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func pass(t *testing.T, from io.Writer, to io.Reader, want []byte) {
	t.Helper()
	if _, err := from.Write(want); err != nil {
		t.Fatalf("write: %v", err)
	}
	got := make([]byte, len(want))
	if _, err := io.ReadFull(to, got); err != nil || string(got) != string(want) {
		t.Fatalf("read %v: % x", err, got)
	}
}

func TestCloseEndsRead(t *testing.T) {
	link := filepath.Join(t.TempDir(), "pen")
	p := open(t, link)
	ended := make(chan error, 1)
	go func() {
		_, err := p.Read(make([]byte, 1))
		ended <- err
	}()
	if err := p.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	if err := <-ended; err == nil {
		t.Error("Read of a closed port gave no error")
	}
	if _, err := os.Lstat(link); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the link is still there: %v", err)
	}
}

func TestLinkReplacesALinkOnly(t *testing.T) {
	dir := t.TempDir()
	stale, file := filepath.Join(dir, "stale"), filepath.Join(dir, "file")
	if err := os.Symlink("/dev/pts/nowhere", stale); err != nil {
		t.Fatal(err)
	}
	p := open(t, stale)
	second := open(t, stale) // a pen that was started again on the path
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if to, err := os.Readlink(stale); err != nil || to != second.path {
		t.Errorf("the first pen's end took the second's link: %q, %v", to, err)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(file); !errors.Is(err, ErrLink) {
		t.Errorf("Open over a file = %v", err)
	}
}
