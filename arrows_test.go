package main

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "stipple"

// room says what the files of one part of the house may import of the rest of
// it and of other modules. The standard library is open to all. Test files
// are free: they put two ends of something together.
type room struct {
	path string // "app/ui/..." means the folder and all below it; "" is main.go
	may  []string
	why  string
}

// rooms lists every folder that holds Go files. The first match counts.
func rooms() []room {
	return []room{
		{"", []string{"app"}, "main.go reads flags and calls app.Run; nothing else"},
		{"protocol", nil, "whoever writes a pen can take this package alone"},
		{"protocol/conformance", []string{"protocol", "protocol/testdata/vectors"}, "it judges any pen, so it knows none"},
		{"protocol/model", nil, "it says what both ends do and shares no line with either"},
		{"protocol/testdata/vectors", nil, "the golden vectors are files, readable without the code that they judge"},
		{"device/serialport", []string{"device", "protocol", "go.bug.st/serial/...", "golang.org/x/sys/...", "github.com/BurntSushi/toml"}, "the one place that knows a serial library"},
		{"device/sim/benchhand", []string{"protocol", "protocol/conformance", "device/sim"}, "the one place that knows a simulated pen and the suite that judges it"},
		{"device/sim/...", []string{"protocol", "device/sim/...", "device/link", "github.com/creack/pty", "golang.org/x/sys/..."}, "the pen's side shares only the link with the console's side: a mistake in one must not hide the same mistake in the other"},
		{"device/link", []string{"protocol"}, "it sits between two ends and belongs to neither; only the replayer says hello, to find out whether a pen is a simulated one"},
		{"device/observer", []string{"protocol"}, "it judges a pen by what it does: it shares no line with the firmware, and none with the session"},
		{"device/storm", []string{"protocol"}, "it sends what no console sends, and knows no pen"},
		{"device/systemtest", nil, "tests alone"},
		{"device/penctl", []string{"assets", "protocol", "protocol/conformance", "device/...", "golang.org/x/sys/...", "golang.org/x/term"}, "the second composition root: whatever builds without cgo, and nothing of the console"},
		{"device/logfile", []string{"device", "protocol"}, "a copy of a pen's log on disk is the same for the tool and the window"},
		{"device", []string{"protocol"}, "a session with a pen knows no window, no store and no port library"},
		{"app/clinical", []string{"app/coded", "protocol", "github.com/BurntSushi/toml"}, "the nouns and the limits are pure"},
		{"app/alarm", []string{"protocol", "app/clinical"}, "conditions and patterns are data"},
		{"app/audit", []string{"app/clinical", "app/coded"}, "a chain is judged without the store that keeps it"},
		{"app/chart", nil, "it draws into a picture and knows no patient and no pen"},
		{"app/console", []string{"app/clinical", "app/alarm", "app/audit", "app/coded", "device", "protocol"}, "the use cases are plain Go and declare what they need"},
		{"app/store", []string{"app/clinical", "app/audit", "app/coded", "app/fold", "app/giveway", "app/vault", "app/durable", "protocol", "go.etcd.io/bbolt/...", "golang.org/x/sys/..."}, "the store keeps nouns and knows no use case"},
		{"app/coded", nil, "an error with a word is the same from whichever room it comes"},
		{"app/fold", nil, "how two texts are compared is the same wherever it is asked"},
		{"app/exchange", []string{"app/audit", "app/coded", "app/fold", "app/clinical", "protocol"}, "files in and out are bytes and nouns: no store, no file, no window"},
		{"app/vault", []string{"app/clinical", "app/coded", "app/durable", "golang.org/x/crypto/...", "filippo.io/age"}, "it keeps keys, and knows nothing of what they seal"},
		{"app/backup", []string{"app/audit", "app/clinical", "app/coded", "app/durable", "app/giveway", "app/store", "app/vault"}, "a backup is made of a store and its keys, and knows no window"},
		{"app/durable", []string{"golang.org/x/sys/..."}, "how a file is replaced has nothing to do with what is in it"},
		{"app/report", []string{"app/clinical", "protocol", "codeberg.org/go-pdf/fpdf"}, "a report is made from records alone"},
		{"app/sound", []string{"app/sound/...", "github.com/ebitengine/oto/..."}, "the one place that knows a sound library"},
		{"app/sound/...", []string{"app/alarm", "app/sound/..."}, "samples, and the process that plays them, need no sound device"},
		{"app/keeper", []string{"app/alarm", "app/audit", "app/backup", "app/coded", "app/console", "app/durable", "app/store", "app/vault"}, "the desk's port to backups; it knows no window and no pen"},
		{"app/drives", []string{"golang.org/x/sys/..."}, "it asks the system what is plugged in, and knows nobody who writes there"},
		{"app/turns", []string{"golang.org/x/sys/..."}, "it asks the scheduler and knows nothing of a console"},
		{"app/giveway", nil, "whoever works for long asks it, and it knows nobody"},
		{"app/awake", []string{"github.com/godbus/dbus/...", "golang.org/x/sys/..."}, "it asks the platform and knows neither pen nor desk"},
		{"app/ui/sample", []string{"app/ui/...", "app/audit", "app/console", "app/clinical", "app/chart", "app/alarm", "protocol", "fyne.io/fyne/v2/..."}, "sample entries of the audit chain are made as the store makes them"},
		{"app/ui/...", []string{"app/ui/...", "app/console", "app/clinical", "app/chart", "app/alarm", "protocol", "fyne.io/fyne/v2/..."}, "the window draws what it is given: no file, no port, no pen"},
		{"app", []string{"app/...", "device/...", "protocol", "assets/...", "fyne.io/fyne/v2/..."}, "the composition root wires everything"},
		{"assets/...", nil, "go:embed and nothing else"},
		{"demo/clinic", []string{"app/backup", "app/clinical", "app/store", "app/vault"}, "it measures the store at the size of a large practice"},
		{"demo/rig", []string{"app/...", "assets", "device", "protocol", "golang.org/x/sys/..."}, "the third composition root: the console as it is, on a test bench"},
		{"demo/...", []string{"app/ui/trace", "golang.org/x/sys/..."}, "it judges the shipped programs from outside, as a person at the screen would"},
	}
}

// reserve keeps an import for some files. It holds for test files too.
type reserve struct {
	imports string
	only    []string // folders ("app/ui/...") or files ("app/app.go"); "_test.go" is any test file
	why     string
}

func reserves() []reserve {
	return []reserve{
		{"fyne.io/fyne/v2/app", []string{"app/app.go", "demo/testdata/..."}, "it needs cgo and a display; everything else must build without"},
		{"fyne.io/fyne/v2/driver/software", []string{"app/...", "_test.go"}, "pictures are made by the composition root and by tests"},
		{"fyne.io/fyne/v2/test", []string{"_test.go"}, "a test double has no place in the program"},
		{"fyne.io/fyne/v2/...", []string{"app/ui/...", "app/app.go", "app/shots.go", "demo/testdata/..."}, "a toolkit that is everywhere can never be changed"},
		{"golang.org/x/crypto/...", []string{"app/vault"}, "keys are handled in one place"},
		{"filippo.io/age", []string{"app/vault"}, "keys are handled in one place"},
		{"go.etcd.io/bbolt/...", []string{"app/store"}, "one package knows how a record lies on the disk"},
		{"github.com/ebitengine/oto/...", []string{"app/sound"}, "it needs cgo, and a system's sound library"},
		{"go.bug.st/serial/...", []string{"device/serialport"}, "its traps are handled in one place"},
		{"github.com/creack/pty", []string{"device/sim/ptyport", "_test.go"}, "pseudo-terminals are for the simulated pen"},
		{"github.com/godbus/dbus/...", []string{"app/awake"}, "one package speaks to the desktop"},
		{"pgregory.net/rapid", []string{"_test.go"}, "for tests"},
		{"github.com/google/go-cmp/...", []string{"_test.go"}, "for tests"},
		{"github.com/rogpeppe/go-internal/...", []string{"_test.go"}, "for tests"},
		{"stipple/app/store", []string{"app/app.go", "app/...", "demo/clinic/...", "demo/rig/...", "_test.go"}, "handed to the use cases as an interface"},
		{"stipple/device/sim/...", []string{"device/sim/...", "device/penctl", "app", "_test.go"}, "a simulated pen is chosen by a composition root"},
	}
}

// source is one Go file with its direct imports.
type source struct {
	file    string // slash path from the module's root
	imports []string
}

func (s source) test() bool { return strings.HasSuffix(s.file, "_test.go") }
func (s source) dir() string {
	if d := path.Dir(s.file); d != "." {
		return d
	}
	return ""
}

// matches says whether name is covered by pattern, which may end in "/...".
func matches(pattern, name string) bool {
	if tree, ok := strings.CutSuffix(pattern, "/..."); ok {
		return name == tree || strings.HasPrefix(name, tree+"/")
	}
	return pattern == name
}

func standard(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return first != module && !strings.Contains(first, ".")
}

// broken lists every import of s that a rule forbids, in words.
func broken(s source) []string {
	var found []string
	for _, imp := range s.imports {
		for _, r := range reserves() {
			if matches(r.imports, imp) && !allowedIn(r.only, s) {
				found = append(found, fmt.Sprintf("%s imports %s, which only %s may: %s", s.file, imp, strings.Join(r.only, ", "), r.why))
			}
		}
	}
	if s.test() || matches("demo/testdata/...", s.dir()) {
		return found
	}
	for _, r := range rooms() {
		if !matches(r.path, s.dir()) {
			continue
		}
		for _, imp := range s.imports {
			if !standard(imp) && !mayImport(r, imp) {
				found = append(found, fmt.Sprintf("%s imports %s, which its room does not know: %s", s.file, imp, r.why))
			}
		}
		return found
	}
	return append(found, fmt.Sprintf("%s lies in a room that no rule describes: add it to rooms", s.file))
}

func allowedIn(only []string, s source) bool {
	for _, place := range only {
		if place == "_test.go" && s.test() || place == s.file || matches(place, s.dir()) {
			return true
		}
	}
	return false
}

func mayImport(r room, imp string) bool {
	for _, m := range r.may {
		if matches(m, imp) || matches(module+"/"+m, imp) {
			return true
		}
	}
	return false
}

// TestArrows reads the imports of every Go file of the repository, whatever
// platform or build tag it is for.
func TestArrows(t *testing.T) {
	files := 0
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && p != "." && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case d.IsDir() || filepath.Ext(p) != ".go":
			return nil
		}
		files++
		s := source{file: filepath.ToSlash(p)}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range f.Imports {
			imp, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			s.imports = append(s.imports, imp)
		}
		for _, b := range broken(s) {
			t.Error(b)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files == 0 {
		t.Fatal("no Go file found: the test looked in the wrong place")
	}
}

// TestArrowsFail proves that each kind of rule can say no.
func TestArrowsFail(t *testing.T) {
	for _, c := range []struct {
		file, imports string
		ok            bool
	}{
		{"app/app.go", "fyne.io/fyne/v2/app", true},
		{"app/other.go", "fyne.io/fyne/v2/app", false},
		{"app/ui/pages/treat.go", "fyne.io/fyne/v2/widget", true},
		{"app/ui/pages/treat.go", "fyne.io/fyne/v2/app", false},
		{"app/ui/pages/treat.go", "fyne.io/fyne/v2/test", false},
		{"app/ui/pages/treat_test.go", "fyne.io/fyne/v2/test", true},
		{"app/ui/pages/treat.go", "stipple/app/store", false},
		{"app/ui/pages/treat.go", "stipple/device", false},
		{"app/sound/sound.go", "github.com/ebitengine/oto/v3", true},
		{"app/sound/player/player.go", "github.com/ebitengine/oto/v3", false},
		{"app/console/desk.go", "fyne.io/fyne/v2", false},
		{"app/console/desk.go", "stipple/app/store", false},
		{"app/console/desk_test.go", "stipple/device/sim", true},
		{"app/store/store.go", "stipple/app/console", false},
		{"app/store/store_test.go", "go.etcd.io/bbolt", true},
		{"app/report/csv.go", "go.etcd.io/bbolt/errors", false},
		{"device/session.go", "stipple/app/clinical", false},
		{"device/session.go", "go.bug.st/serial", false},
		{"device/sim/pen.go", "stipple/device", false},
		{"device/penctl/main.go", "stipple/app/console", false},
		{"protocol/frame.go", "golang.org/x/sys/unix", false},
		{"protocol/frame.go", "hash/crc32", true},
		{"main.go", "stipple/app", true},
		{"main.go", "stipple/device", false},
		{"nowhere/thing.go", "fmt", false},
	} {
		if got := len(broken(source{c.file, []string{c.imports}})) == 0; got != c.ok {
			t.Errorf("%s importing %s: allowed %v, want %v", c.file, c.imports, got, c.ok)
		}
	}
}

// TestReach follows the arrows to their ends: what a room comes to depend on,
// however far away. That these packages build without cgo at all is proved by
// the unit tests, which run without.
func TestReach(t *testing.T) {
	for _, c := range []struct {
		pattern string
		never   []string // trees that must not be among the dependencies
	}{
		{"./protocol", []string{"fyne.io", "github.com", "golang.org", "go.bug.st", "go.etcd.io", "time/tzdata", "net", "os/exec"}},
		{"./device/...", []string{"fyne.io", "go.etcd.io", "stipple/app"}},
		{"./app/clinical", []string{"fyne.io", "go.etcd.io", "stipple/device", "net", "os/exec"}},
		{"./app/alarm", []string{"fyne.io", "golang.org", "stipple/device", "stipple/app/store", "net", "os/exec"}},
		{"./app/sound/tone", []string{"fyne.io", "github.com", "golang.org", "stipple/device", "net", "os/exec"}},
		{"./app/sound/player", []string{"fyne.io", "github.com", "golang.org", "stipple/device", "net"}},
		{"./app/console", []string{"fyne.io", "go.etcd.io", "go.bug.st", "stipple/app/store"}},
		{"./app/ui/...", []string{"fyne.io/fyne/v2/app", "fyne.io/fyne/v2/internal/driver/glfw", "github.com/go-gl", "go.etcd.io", "go.bug.st", "stipple/app/store"}},
	} {
		t.Run(c.pattern, func(t *testing.T) {
			for _, p := range dependencies(t, c.pattern) {
				for _, never := range c.never {
					if matches(never+"/...", p) {
						t.Errorf("depends on %s", p)
					}
				}
			}
		})
	}
}

// dependencies lists what the packages of a pattern depend on in a build
// without cgo, themselves included.
func dependencies(t *testing.T, pattern string) []string {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", pattern)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	all := strings.Fields(string(out))
	if len(all) == 0 {
		t.Fatalf("go list %s lists nothing", pattern)
	}
	return all
}
