package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stipple/app/audit"
	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/store"
	"stipple/app/vault"
)

// aRoom is a store with keys of its own, and who works there.
func aRoom(t *testing.T) (exchanger, context.Context) {
	t.Helper()
	_, keys, err := vault.CreateTraining(t.TempDir(), vault.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(filepath.Join(t.TempDir(), store.FileName), store.Options{Sealer: keys})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(s.Close(), keys.Close()); err != nil {
			t.Error(err)
		}
	})
	who := clinical.Operator{ID: "01aaaaaaaaaaaaaaaaaaaaaaaa", Name: "Dr A. Meyer", Role: clinical.RoleClinician}
	left, err := newLeftovers(t.Context(), s, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return exchanger{s, time.Now, left}, audit.By(t.Context(), audit.Actor{Operator: who})
}

func aPatient(t *testing.T, x exchanger, ctx context.Context, family, number string, presets ...string) clinical.Patient {
	t.Helper()
	p, err := x.store.SavePatient(ctx, clinical.Patient{
		FamilyName: family, GivenName: "=Ana", BirthDate: clinical.Date{Year: 1984, Month: 2, Day: 11}, FileNumber: number, Fitzpatrick: 4,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range presets {
		if _, err := x.store.SavePreset(ctx, clinical.Preset{
			Patient: p.ID, Name: name, PenKind: clinical.RF, Indication: "acne_scars", Zone: "cheek_left", SavedBy: "Dr A. Meyer",
			Settings: clinical.Settings{Depth: 1500, Speed: 60, Power: 12_000, Duration: 100},
		}); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func lastEntry(t *testing.T, x exchanger) store.AuditEntry {
	t.Helper()
	all, err := x.store.AuditEntries(t.Context(), 1, 1<<16)
	if err != nil {
		t.Fatal(err)
	}
	return all[len(all)-1]
}

func changed(e store.AuditEntry, field string) string {
	for _, c := range append(e.Changes, e.Private...) {
		if c.Field == field {
			return c.After.String()
		}
	}
	return ""
}

// From one room to another and back: who is new comes with the same id, a second
// import finds nothing to do, a change is a conflict that somebody decides.
func TestFromRoomToRoom(t *testing.T) {
	one, ctx := aRoom(t)
	two, ctx2 := aRoom(t)
	p := aPatient(t, one, ctx, "Ruiz", "F-1", "Cheek", "Forehead")
	aPatient(t, one, ctx, "Novák", "F-2")
	path := filepath.Join(t.TempDir(), "room.stipple")
	made, err := one.WriteRoom(ctx, console.RoomExport{Path: path, Reason: "room 2 treats on Fridays"}, nil)
	if err != nil || made.Patients != 2 || made.Presets != 2 || len(made.Code) != vault.FileCodeLen {
		t.Fatalf("%+v, %v", made, err)
	}
	told := lastEntry(t, one)
	if told.Action != audit.Export || told.Why != "room 2 treats on Fridays" || changed(told, "patients") != "2" || told.Operator.Name != "Dr A. Meyer" {
		t.Errorf("%+v", told)
	}
	file, err := os.ReadFile(path)
	if err != nil || strings.Contains(string(file), "Ruiz") || strings.Contains(string(file), made.Code) {
		t.Error("it can be read", err)
	}
	if _, err := two.ReadRoom(ctx2, path, "0000-0000-0000-0000-0000", nil); !errors.Is(err, vault.ErrFileCode) {
		t.Error(err)
	}
	read := func() console.RoomPreview {
		t.Helper()
		got, err := two.ReadRoom(ctx2, path, made.Code, nil)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	got := read()
	if len(got.Of(clinical.Fresh)) != 2 || got.Hash != changedSubject(told) {
		t.Fatalf("%+v", got)
	}
	r, err := two.ImportRoom(ctx2, got, nil, nil)
	if err != nil || r.Patients != 2 || r.Presets != 2 {
		t.Fatalf("%+v, %v", r, err)
	}
	if e := lastEntry(t, two); e.Action != audit.Import || e.Subject.ID != got.Hash {
		t.Errorf("%+v", e)
	}
	if again := read(); len(again.Of(clinical.Identical)) != 2 {
		t.Errorf("%+v", again)
	}

	mine, err := two.store.Patient(ctx2, p.ID)
	if err != nil || mine.FamilyName != "Ruiz" {
		t.Fatal(err)
	}
	mine.FamilyName = "Ruiz Gómez"
	if mine, err = two.store.SavePatient(ctx2, mine); err != nil {
		t.Fatal(err)
	}
	got = read()
	conflicts := got.Of(clinical.Conflict)
	if len(conflicts) != 1 || got.Matches[conflicts[0]].Fields[0] != "FamilyName" {
		t.Fatalf("%+v", got)
	}
	if r, err := two.ImportRoom(ctx2, got, nil, nil); err != nil || len(r.Open) != 1 || r.Same != 1 || r.Patients != 0 {
		t.Errorf("undecided: %+v, %v", r, err)
	}
	if r, err := two.ImportRoom(ctx2, got, map[int]clinical.Decision{conflicts[0]: clinical.KeepMine}, nil); err != nil || r.Kept != 1 || r.Patients != 0 {
		t.Errorf("mine: %+v, %v", r, err)
	}
	if now, _ := two.store.Patient(ctx2, p.ID); now != mine {
		t.Errorf("%+v", now)
	}
	theirs := map[int]clinical.Decision{conflicts[0]: clinical.TakeTheirs}
	if r, err := two.ImportRoom(ctx2, got, theirs, nil); err != nil || r.Patients != 1 {
		t.Errorf("theirs: %+v, %v", r, err)
	}
	if now, _ := two.store.Patient(ctx2, p.ID); now.FamilyName != "Ruiz" || now.Revision != mine.Revision+1 {
		t.Errorf("%+v", now)
	}
	if r, err := two.ImportRoom(ctx2, got, theirs, nil); err != nil || len(r.Refused) != 1 || !errors.Is(r.Refused[0].Err, store.ErrConflict) {
		t.Errorf("decided on what is old: %+v, %v", r, err)
	}
	if _, err := one.WriteRoom(ctx, console.RoomExport{Path: path, Reason: "again"}, nil); !isFault(err, console.FileExists) {
		t.Error(err)
	}
	if now, err := os.ReadFile(path); err != nil || string(now) != string(file) {
		t.Error("the file was touched", err)
	}
}

func changedSubject(e store.AuditEntry) string { return e.Subject.ID }

func isFault(err error, f console.FileFault) bool {
	var e *console.FileError
	return errors.As(err, &e) && e.Fault == f
}

// A table goes out guarded and comes in again elsewhere.
func TestTablesThereAndBack(t *testing.T) {
	one, ctx := aRoom(t)
	two, ctx2 := aRoom(t)
	p := aPatient(t, one, ctx, "Ruiz", "F-1", "=Cheek")
	aPatient(t, one, ctx, "Novák", "F-2")
	dir := t.TempDir()
	for _, f := range []console.ExportFormat{console.CSVComma, console.CSVSemicolon, console.JSONFormat} {
		for _, kind := range []console.ExportKind{console.ExportPatients, console.ExportPresets, console.ExportTreatments} {
			path := filepath.Join(dir, string(kind)+"."+string(f))
			got, err := one.WriteTable(ctx, console.TableExport{Kind: kind, Format: f, Path: path, Reason: "she asked"}, nil)
			if err != nil {
				t.Fatal(kind, f, err)
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if kind == console.ExportPatients && got.Records != 2 || strings.Contains(string(text), ",=") || strings.Contains(string(text), ";=") {
				t.Errorf("%s %s: %+v %s", kind, f, got, text)
			}
			if e := lastEntry(t, one); e.Action != audit.Export || changed(e, "kind") != string(kind) || changed(e, "format") != string(f) || e.Why != "she asked" {
				t.Errorf("%+v", e)
			}
		}
	}
	alone := filepath.Join(dir, "alone.json")
	if got, err := one.WriteTable(ctx, console.TableExport{Kind: console.ExportPatients, Format: console.JSONFormat, Patient: p.ID, Path: alone, Reason: "Ms Ruiz asked"}, nil); err != nil || got.Records != 1 {
		t.Error(got, err)
	}
	if e := lastEntry(t, one); e.Why != "" || e.Patient != p.ID || changed(e, "reason") != "Ms Ruiz asked" {
		t.Errorf("%+v", e)
	}
	// A file for another room as well: whom it was about, and why, opens with the patient.
	if _, err := one.WriteRoom(ctx, console.RoomExport{Path: filepath.Join(dir, "alone.room"), Query: p.FamilyName, Reason: "Ms Ruiz moves"}, nil); err != nil {
		t.Fatal(err)
	}
	if e := lastEntry(t, one); e.Why != "" || e.Patient != p.ID || changed(e, "reason") != "Ms Ruiz moves" {
		t.Errorf("%+v", e)
	}
	table, err := two.ReadTable(ctx2, filepath.Join(dir, "patients.csv"), console.TableChoice{}, nil)
	if err != nil || table.New != 2 || table.Faulty != 0 {
		t.Fatalf("%+v, %v", table, err)
	}
	if r, err := two.ImportTable(ctx2, table, nil); err != nil || r.Patients != 2 {
		t.Errorf("%+v, %v", r, err)
	}
	if hits, _, _ := two.store.SearchPatients(ctx2, "Ruiz", 9); len(hits) != 1 || hits[0].GivenName != "=Ana" || hits[0].ID == p.ID {
		t.Errorf("%+v", hits)
	}
	if again, err := two.ReadTable(ctx2, filepath.Join(dir, "patients.csv"), console.TableChoice{}, nil); err != nil || again.Same != 2 {
		t.Errorf("%+v, %v", again, err)
	}
}

// What is kept of those who were erased goes out under the pseudonym alone, guarded and
// audited; where there is nobody, that is said and no file is made.
func TestSafetyRecordsGoOut(t *testing.T) {
	x, ctx := aRoom(t)
	p := aPatient(t, x, ctx, "Ruiz", "F-20105")
	who := audit.Who(ctx).Operator
	v, err := x.store.BeginTreatment(ctx, clinical.Treatment{
		Patient: p.ID, Operator: who, PenKind: clinical.RF, PenModel: "=R1", PenSerial: "0042", Indication: "acne_scars", Zone: "cheek_left",
	})
	if err != nil {
		t.Fatal(err)
	}
	v.Outcome = clinical.OutcomeComplete
	if _, err := x.store.EndTreatment(ctx, v); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	ask := func(name string, f console.ExportFormat, of clinical.ID) (console.Exported, string, error) {
		path := filepath.Join(dir, name)
		out, err := x.WriteTable(ctx, console.TableExport{Kind: console.ExportSafety, Format: f, Patient: of, Path: path, Reason: "report to the authority"}, nil)
		file, readErr := os.ReadFile(path)
		if (err == nil) != (readErr == nil) {
			t.Errorf("%v, and the file: %v", err, readErr)
		}
		return out, string(file), err
	}
	before := lastEntry(t, x).Seq
	if _, _, err := ask("none.csv", console.CSVComma, ""); !errors.Is(err, console.ErrNothingKept) {
		t.Error(err)
	}
	if lastEntry(t, x).Seq != before {
		t.Error("an entry of what was not done")
	}
	if _, err := x.store.ErasePatient(ctx, p.ID, "asked for"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := ask("one.csv", console.CSVComma, p.ID); err == nil {
		t.Error("they are somebody's")
	}
	kept, err := x.store.SafetyRecords(ctx)
	if err != nil || len(kept) != 1 {
		t.Fatal(kept, err)
	}
	for f, want := range map[console.ExportFormat]string{
		console.CSVComma: ",rf,'=R1,0042,", console.CSVSemicolon: ";rf;'=R1;0042;", console.JSONFormat: `"pen_model":"=R1"`,
	} {
		out, file, err := ask("kept."+string(f), f, "")
		if err != nil || out.Records != 1 || !strings.Contains(file, want) || !strings.Contains(file, string(kept[0].Pseudonym)) {
			t.Errorf("%s: %+v %v %s", f, out, err, file)
		}
		for _, tells := range []string{"Ruiz", "Ana", "F-20105", "1984", string(p.ID), string(v.ID), who.Name, string(who.ID)} {
			if strings.Contains(file, tells) {
				t.Errorf("%s has %q: %s", f, tells, file)
			}
		}
		e := lastEntry(t, x)
		if e.Action != audit.Export || e.Patient != "" || e.Why != "report to the authority" || changed(e, "kind") != "safety" || changed(e, "format") != string(f) || changed(e, "records") != "1" {
			t.Errorf("%+v", e)
		}
	}
}

func TestTableWithFaults(t *testing.T) {
	x, ctx := aRoom(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "list.csv")
	if err := os.WriteFile(path, []byte("File number;Family name;Birth date\nF-1;Ruiz;11.2.1984\nF-2;;11.2.1984\nF-3;=cmd;99.99.1984\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := x.ReadTable(ctx, path, console.TableChoice{}, nil)
	if err != nil || p.New != 1 || p.Faulty != 2 || len(p.Faults) != 2 || p.Faults[0].Line != 3 || len(p.Patients) != 1 {
		t.Fatalf("%+v, %v", p, err)
	}
	out := filepath.Join(dir, "faults.csv")
	if err := x.SaveFaults(ctx, p, out); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(out); err != nil || !strings.Contains(string(text), "3,2,Family name,missing") {
		t.Errorf("%s %v", text, err)
	}
	if r, err := x.ImportTable(ctx, p, nil); err != nil || r.Patients != 1 || r.Left != 2 {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := x.ImportTable(ctx, p, nil); err == nil || r.Patients != 0 {
		t.Errorf("twice: %+v, %v", r, err)
	}
	for _, bad := range []string{filepath.Join(dir, "gone.csv"), dir} {
		var e *console.FileError
		if _, err := x.ReadTable(ctx, bad, console.TableChoice{}, nil); !errors.As(err, &e) {
			t.Error(err)
		}
		if _, err := x.ReadRoom(ctx, bad, "X", nil); !errors.As(err, &e) {
			t.Error(err)
		}
	}
}

// Numbers that somebody took since the table was read let nothing of it in; the error
// names their lines, and a second reading tells of them.
func TestATableWhoseNumbersWereTaken(t *testing.T) {
	x, ctx := aRoom(t)
	path := filepath.Join(t.TempDir(), "list.csv")
	const file = "Family name;Birth date;MRN\nRuiz;11.2.1984;F-1\n\"Silva\";11.2.1984;F-2\nOkafor;11.2.1984;\nTanaka;11.2.1984;F-3\n"
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	read := func() console.TablePreview {
		t.Helper()
		p, err := x.ReadTable(ctx, path, console.TableChoice{}, nil)
		if err != nil || len(p.Patients) != p.New {
			t.Fatalf("%+v, %v", p, err)
		}
		return p
	}
	before := read()
	if before.New != 3 || before.Faulty != 1 {
		t.Fatalf("%+v", before)
	}
	aPatient(t, x, ctx, "Novák", "f 2")
	aPatient(t, x, ctx, "Lindqvist", "F-3")
	seq := lastEntry(t, x).Seq
	r, err := x.ImportTable(ctx, before, nil)
	var refused *console.LinesRefusedError
	if !errors.As(err, &refused) || r.Patients != 0 || !strings.Contains(err.Error(), "line 3: ") || fmt.Sprint(refused.Args()) != "[3]" {
		t.Fatalf("%+v, %v", r, err)
	}
	want := []console.TableFault{
		{Line: 3, Column: 3, Name: "MRN", Field: "FileNumber", Problem: "duplicate", Text: "F-2"},
		{Line: 5, Column: 3, Name: "MRN", Field: "FileNumber", Problem: "duplicate", Text: "F-3"},
	}
	if diff := cmp.Diff(want, refused.Faults); diff != "" {
		t.Error(diff)
	}
	if all, err := x.everybody(ctx, ""); err != nil || len(all) != 2 || lastEntry(t, x).Seq != seq {
		t.Error("something of the table is here", len(all), err)
	}
	after := read()
	if after.New != 1 || len(after.Different) != 2 || after.Different[0].Line != 3 || after.Different[0].Here.FamilyName != "Novák" {
		t.Errorf("%+v", after)
	}
	if r, err := x.ImportTable(ctx, after, nil); err != nil || r.Patients != 1 || r.Kept != 2 {
		t.Errorf("%+v, %v", r, err)
	}
	stopped, stop := context.WithCancel(ctx)
	stop()
	if _, err := x.ImportTable(stopped, before, nil); !errors.Is(err, context.Canceled) || errors.As(err, &refused) {
		t.Error("what is no line's is told of one:", err)
	}
}

// An export that is cancelled, or whose folder is gone, leaves no file and no entry.
func TestExportThatEndsEarly(t *testing.T) {
	x, ctx := aRoom(t)
	aPatient(t, x, ctx, "Ruiz", "F-1")
	aPatient(t, x, ctx, "Novák", "F-2")
	before := lastEntry(t, x).Seq
	dir := t.TempDir()
	path := filepath.Join(dir, "out.csv")
	stopped, stop := context.WithCancel(ctx)
	_, err := x.WriteTable(stopped, console.TableExport{Kind: console.ExportPatients, Format: console.CSVComma, Path: path}, func(int, int) { stop() })
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := x.WriteRoom(ctx, console.RoomExport{Path: filepath.Join(dir, "no", "such")}, nil); !isFault(err, console.FileGone) {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Error(left, err)
	}
	if lastEntry(t, x).Seq != before {
		t.Error("an entry of what was not done")
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// A disk that never answers holds neither the next import up nor the console's end; and
// what it lets go of later gets no name, nor an entry in the chain.
func TestAnExportIsAbandoned(t *testing.T) {
	x, ctx := aRoom(t)
	aPatient(t, x, ctx, "Silva", "1")
	ctx, cancel := context.WithCancel(ctx)
	path := filepath.Join(t.TempDir(), "out.csv")
	hangs, ended := make(chan struct{}), make(chan struct{})
	before := lastEntry(t, x).Seq
	err := x.write(ctx, path, audit.Entry{Action: audit.Export}, "asked", func(io.Writer) (counts, error) {
		defer close(ended)
		cancel()
		<-hangs
		return counts{}, nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	close(hangs)
	<-ended
	names := func() (all []string) {
		entries, err := os.ReadDir(filepath.Dir(path))
		if err != nil {
			t.Error(err)
		}
		for _, e := range entries {
			all = append(all, e.Name())
		}
		return all
	}
	for until := time.Now().Add(10 * time.Second); len(names()) > 0 && time.Now().Before(until); {
		runtime.Gosched()
	}
	if left := names(); len(left) > 0 || lastEntry(t, x).Seq != before {
		t.Errorf("left: %v", left)
	}
}
