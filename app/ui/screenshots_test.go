package ui

import (
	"os"
	"testing"

	"fyne.io/fyne/v2/test"

	"stipple/app/clinical"
	"stipple/app/ui/sample"
	"stipple/assets"
)

// TestDrawEveryScene draws every picture. With STIPPLE_PICTURES set they are
// kept in that folder, to be looked at.
func TestDrawEveryScene(t *testing.T) {
	test.NewApp()
	dir := os.Getenv("STIPPLE_PICTURES")
	if dir == "" {
		dir = t.TempDir()
	}
	paths, err := Screenshots(dir, sample.New(library(t)).Scenes())
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		t.Fatal("no pictures")
	}
}

func library(t testing.TB) *clinical.Library {
	t.Helper()
	lib, err := clinical.LoadLibrary(assets.Limits)
	if err != nil {
		t.Fatal(err)
	}
	return lib
}
