package model

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// homes are the folders whose code names the transitions of a side.
func homes(s Side) []string {
	switch s {
	case Person:
		return []string{"device", "device/sim", "app/console"}
	case Console:
		return []string{"device", "app/console"}
	case Pen:
		return []string{"device/sim"}
	case Line:
		return []string{"device/link"}
	}
	return nil
}

// named finds every comment of the form "Model: A, B." in the code of a folder.
func named(t *testing.T, folder string) (names []string) {
	t.Helper()
	line := regexp.MustCompile(`^// Model: (.*)$`)
	files, err := filepath.Glob(filepath.Join("../..", folder, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %d files, %v", folder, len(files), err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, src, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, group := range f.Comments {
			for _, c := range group.List {
				m := line.FindStringSubmatch(c.Text)
				if m == nil {
					if strings.Contains(c.Text, "Model:") {
						t.Errorf("%s: %q is not of the form \"// Model: ArmArrives, ClearArrives.\"", file, c.Text)
					}
					continue
				}
				list, ok := strings.CutSuffix(m[1], ".")
				if !ok {
					t.Errorf("%s: %q does not end in a full stop", file, c.Text)
				}
				names = append(names, strings.Split(list, ", ")...)
			}
		}
	}
	return names
}

// TestNames holds the names of the transitions against the code: each is named
// where its side is at home, and no comment names one that does not exist, or that
// another side does.
func TestNames(t *testing.T) {
	byName := make(map[string]Action)
	for _, a := range Actions() {
		if a.String() == "" || byName[a.String()] != 0 || a.Says() == "" || a.Side() == 0 {
			t.Fatalf("action %d: name %q, side %d, %q", a, a, a.Side(), a.Says())
		}
		byName[a.String()] = a
	}
	found := make(map[Action]bool)
	for _, folder := range []string{"device", "device/sim", "device/link", "app/console"} {
		for _, name := range named(t, folder) {
			a, ok := byName[name]
			if !ok {
				t.Errorf("%s names %q, which the model does not know", folder, name)
				continue
			}
			found[a] = true
			at := false
			for _, home := range homes(a.Side()) {
				at = at || home == folder
			}
			if !at {
				t.Errorf("%s names %v, which is at home in %v", folder, a, homes(a.Side()))
			}
		}
	}
	for _, a := range Actions() {
		if homes(a.Side()) != nil && !found[a] {
			t.Errorf("%v is named nowhere in %v", a, homes(a.Side()))
		}
	}
}
