package durable

import (
	"os"
	"path/filepath"
	"testing"
)

// Only a folder goes that a process was filling which has ended.
func TestSweepHeld(t *testing.T) {
	parent := t.TempDir()
	dir := func(name string) string {
		path := filepath.Join(parent, name)
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(path, "content"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	ended := dir("x.new-1")
	if err := os.WriteFile(filepath.Join(ended, heldName), nil, 0o600); err != nil { // as a kill leaves it
		t.Fatal(err)
	}
	dir("x.new-2") // without the mark
	filling := dir("x.new-3")
	held, err := Hold(filling)
	if err != nil {
		t.Fatal(err)
	}
	other := dir("y.new-4")
	if err := os.WriteFile(filepath.Join(other, heldName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(parent, "x.new-5"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	SweepHeld(parent, "x"+Mark)
	if got, want := names(t, parent), "x.new-2 x.new-3 x.new-5 y.new-4"; got != want {
		t.Errorf("left: %s, want %s", got, want)
	}
	if got, want := names(t, filling), "content "+heldName; got != want {
		t.Errorf("in the folder that is filled: %s", got)
	}
	if err := held.Release(); err != nil {
		t.Fatal(err)
	}
	if err := held.Release(); err != nil {
		t.Error("a second time:", err)
	}
	SweepHeld(parent, "x"+Mark)
	if got, want := names(t, filling), "content"; got != want {
		t.Errorf("in the folder that is whole: %s", got)
	}
	SweepHeld(filepath.Join(parent, "nowhere"), "x")
}
