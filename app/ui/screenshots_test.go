package ui

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"fyne.io/fyne/v2/test"

	"stipple/app/clinical"
	"stipple/app/ui/sample"
	"stipple/assets"
)

// TestDrawEveryScene draws every picture. With STIPPLE_PICTURES set they are
// kept in that folder, to be looked at; STIPPLE_SCENES is a pattern of names.
func TestDrawEveryScene(t *testing.T) {
	test.NewApp()
	dir := os.Getenv("STIPPLE_PICTURES")
	if dir == "" {
		dir = t.TempDir()
	}
	scenes, doors := sample.New(library(t)).Scenes(), doorScenes()
	if only := os.Getenv("STIPPLE_SCENES"); only != "" {
		wanted := regexp.MustCompile(only)
		scenes = slices.DeleteFunc(scenes, func(s sample.Scene) bool { return !wanted.MatchString(s.Name) })
		doors = slices.DeleteFunc(doors, func(s doorScene) bool { return !wanted.MatchString(s.name) })
	}
	paths, err := draw(dir, scenes, doors)
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
