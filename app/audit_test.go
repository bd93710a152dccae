package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stipple/app/audit"
	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/store"
	"stipple/device"
	"stipple/device/logfile"
	"stipple/protocol"
)

// audited opens a training store, writes entries, and closes it.
func audited(t *testing.T, dir string, n int, why string) (start, end audit.End) {
	t.Helper()
	s, err := store.OpenTraining(filepath.Join(dir, store.FileName), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	who := audit.By(t.Context(), audit.Actor{Operator: clinical.Operator{ID: "a", Name: "A", Role: clinical.RoleAdministrator}, Why: why})
	for range n {
		if err := s.Audit(who, audit.Entry{Action: audit.Lock}); err != nil {
			t.Fatal(err)
		}
	}
	end, err = s.AuditEnd(t.Context())
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	return s.AuditStart(), end
}

// copied puts the files of a folder into another.
func copied(t *testing.T, from, to string) {
	t.Helper()
	if err := os.RemoveAll(to); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

// logLines are the log of a pen with the notes of some ends, as penctl prints it.
func logLines(t *testing.T, start audit.End, ends ...audit.End) string {
	t.Helper()
	var out strings.Builder
	index := uint32(0)
	add := func(code uint16, args [2]int32) {
		index++
		r := protocol.LogRecord{Index: index, Boot: 1, Code: code, Args: args}
		r.Seal()
		b, err := json.Marshal(logfile.NewLine(device.LogEntry{LogRecord: r}, 0, nil))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "%s\n", b)
	}
	add(protocol.EventIdle, [2]int32{})
	for _, e := range ends {
		pair, err := e.Notes(start)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range pair {
			add(protocol.EventNote, protocol.NoteArgs(n))
		}
	}
	fmt.Fprintln(&out, `{"type":"log","serial":"0042","records":3}`)
	return out.String()
}

// A chain whose end was cut off, or written anew by whoever has the key, holds by itself.
// It is found with a pen's log, with a head that was printed, and with the one of a
// backup's manifest.
func TestVerifyAuditKnown(t *testing.T) {
	dir, old, file := filepath.Join(t.TempDir(), "now"), filepath.Join(t.TempDir(), "old"), filepath.Join(t.TempDir(), "known")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	start, early := audited(t, dir, 5, "")
	copied(t, dir, old)
	_, late := audited(t, dir, 4, "")
	foreign := audit.End{Seq: 99, Head: audit.Head{9}}
	sources := map[string]string{
		"pen":      logLines(t, audit.End{Head: audit.Head{^start.Head[0], ^start.Head[1]}}, foreign) + logLines(t, start, early, late),
		"printed":  fmt.Sprintf("# of the reports\n\n%d %s report of March\n%d, %s, report of May\n", early.Seq, early.Head.Short(), late.Seq, late.Head.Short()),
		"manifest": fmt.Sprintf("%d, %v, backup of May\n", late.Seq, late.Head),
	}
	verify := func(known string) (string, error) {
		t.Helper()
		args := []string{"--data", dir}
		if known != "" {
			if err := os.WriteFile(file, []byte(known), 0o600); err != nil {
				t.Fatal(err)
			}
			args = append(args, "--known", file)
		}
		return commanded(t, VerifyAuditCommand, args...)
	}
	if said, err := verify("# nothing yet\n"); err != nil || !strings.Contains(said, "has no head to hold the chain against") {
		t.Errorf("a file that tells nothing: %s%v", said, err)
	}
	for source, known := range sources {
		if said, err := verify(known); err != nil || !strings.Contains(said, "agree") || source == "pen" && !strings.Contains(said, "2 of 2 heads") {
			t.Errorf("as it was, %s: %s%v", source, said, err)
		}
	}
	for what, done := range map[string]struct {
		more int
		says string
	}{"cut off": {0, "entries 6 to 9: cut off"}, "written anew": {6, "rewritten"}} {
		copied(t, old, dir)
		audited(t, dir, done.more, "another history")
		if said, err := verify(""); err != nil {
			t.Errorf("%s shows by itself: %s%v", what, said, err)
		}
		for source, known := range sources {
			if said, err := verify(known); !errors.Is(err, ErrAudit) || !strings.Contains(said, done.says) {
				t.Errorf("%s, %s: %s%v", what, source, said, err)
			}
		}
	}
	if said, _ := verify(sources["pen"]); !strings.Contains(said, "the log of pen 0042") || !strings.Contains(said, "notes of another store: 2") {
		t.Errorf("it does not say where it is known from: %s", said)
	}
}

// A file of known heads that is none says where.
func TestKnownHeadsRefuse(t *testing.T) {
	file := filepath.Join(t.TempDir(), "known")
	for text, line := range map[string]string{
		"1203":                                  "line 1",
		"\n\nx a3f1-09bc-77d0-1e42-5b6a":        "line 3",
		"1 a3f1-09bc\n":                         "line 1",
		"{\"code\":19,\"arg0\":":                "line 1",
		"1 a3f1-09bc-77d0-1e42-5b6a\n{}\n-1, x": "line 3",
		strings.Repeat("x", maxHeadLine+1):      file,
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if k, err := readKnown(file); err == nil || !strings.Contains(err.Error(), line) || !strings.Contains(err.Error(), file) || len(k.heads) > 0 {
			t.Errorf("%.40q: %v", text, err)
		}
	}
	if _, err := readKnown(file + "x"); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// oneEntry is an export with one entry, whose texts a spreadsheet would run.
func oneEntry() iter.Seq2[audit.Opened, error] {
	return func(yield func(audit.Opened, error) bool) {
		yield(audit.Opened{
			Entry: audit.Entry{
				Seq: 7, Action: audit.PatientSave, Why: "=cmd()", Patient: "p1", Operator: clinical.Operator{Name: "+A", Role: clinical.RoleClinician},
				Changes: []audit.Change{{Field: "depth", Before: audit.Amount(audit.Depth, 1200), After: audit.Amount(audit.Depth, 1500)}},
			},
			Head: audit.Head{0xA3}, Sealed: errors.New("sealed"),
		}, nil)
	}
}

// An export has the chain's end in its name, and as JSON in the file; texts that a
// spreadsheet would run are guarded; and it is told before it is there.
func TestWriteAudit(t *testing.T) {
	x, _ := aRoom(t)
	files := auditFiles{x.left}
	end := audit.End{Seq: 1203, Head: audit.Head{0xA3, 0xF1}}
	for form, wants := range map[console.AuditForm][]string{
		console.AuditCSV:  {"'=cmd()", "'+A", "depth: 1200 µm -> 1500 µm", "sealed", "a300 0000"},
		console.AuditJSON: {`"audit_seq":1203`, fmt.Sprintf(`"audit_head":"%v"`, end.Head), `"=cmd()"`, `"entry":7`, `"kind":"audit"`},
	} {
		dir, told := t.TempDir(), ""
		path, err := files.WriteAudit(t.Context(), dir, form, end, oneEntry(), func(name string, n int) error {
			if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
				t.Error("it is there before it was told")
			}
			told = fmt.Sprint(name, " ", n)
			return nil
		})
		if err != nil || told != filepath.Base(path)+" 1" || !strings.Contains(path, "audit 1203 a3f1-0000-0000-0000-0000.") {
			t.Fatal(path, told, err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !bytes.Contains(b, []byte(want)) {
				t.Errorf("%s lacks %q: %s", form, want, b)
			}
		}
		if form == console.AuditJSON && !json.Valid(b) {
			t.Errorf("no JSON: %s", b)
		}
		_, err = files.WriteAudit(t.Context(), dir, form, end, oneEntry(), func(string, int) error { return nil })
		var file *console.FileError
		if !errors.As(err, &file) || file.Fault != console.FileExists {
			t.Errorf("a second time: %v", err)
		}
	}
}

// Whatever goes wrong leaves no file, and says what.
func TestWriteAuditFails(t *testing.T) {
	x, _ := aRoom(t)
	files, dir := auditFiles{x.left}, t.TempDir()
	broken := func(yield func(audit.Opened, error) bool) { yield(audit.Opened{}, store.ErrDamaged) }
	cut := func(yield func(audit.Opened, error) bool) { yield(audit.Opened{}, context.Canceled) }
	not := errors.New("not told")
	fault := func(f console.FileFault) func(error) bool {
		return func(err error) bool {
			var file *console.FileError
			return errors.As(err, &file) && file.Fault == f
		}
	}
	for what, c := range map[string]struct {
		folder  string
		entries iter.Seq2[audit.Opened, error]
		told    error
		is      func(error) bool
	}{
		"damaged":   {dir, broken, nil, func(err error) bool { return errors.Is(err, store.ErrDamaged) }},
		"cancelled": {dir, cut, nil, func(err error) bool { return errors.Is(err, context.Canceled) }},
		"not told":  {dir, oneEntry(), not, func(err error) bool { return errors.Is(err, not) }},
		"no folder": {filepath.Join(dir, "gone"), oneEntry(), nil, fault(console.FileGone)},
		"relative":  {"somewhere", oneEntry(), nil, fault(console.FileRelative)},
	} {
		_, err := files.WriteAudit(t.Context(), c.folder, console.AuditCSV, audit.End{Seq: 1}, c.entries, func(string, int) error { return c.told })
		if !c.is(err) {
			t.Errorf("%s: %v", what, err)
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("%s leaves %v", what, left)
		}
	}
}
