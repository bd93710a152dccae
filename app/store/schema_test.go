package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stipple/app/clinical"
	"stipple/app/durable"
)

func asJSON(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// content is everything that can be read from a store.
type content struct {
	Patients   []clinical.Patient
	Histories  [][]clinical.Patient
	Presets    [][]clinical.Preset
	Earlier    [][]clinical.Preset
	Treatments [][]clinical.Treatment
	Heads      [][]clinical.Treatment
	Open       []clinical.Treatment
	Screenings [][]clinical.Screening
	Asked      [][]clinical.Screening // all revisions of each
	Safety     []clinical.SafetyRecord
	Operators  []clinical.Operator
	Theme      []byte
}

// readAll reads all of it, as far as it goes; damage ends it with the error.
func readAll(ctx context.Context, s *Store) (c content, err error) {
	if c.Patients, _, err = s.SearchPatients(ctx, "", 1000); err != nil {
		return c, err
	}
	for _, p := range c.Patients {
		history, err1 := s.PatientHistory(ctx, p.ID)
		presets, err2 := s.Presets(ctx, p.ID)
		treatments, err3 := s.Treatments(ctx, p.ID)
		if err := errors.Join(err1, err2, err3); err != nil {
			return c, err
		}
		c.Histories, c.Presets, c.Treatments = append(c.Histories, history), append(c.Presets, presets), append(c.Treatments, treatments)
		for _, preset := range presets {
			earlier, err := s.PresetHistory(ctx, p.ID, preset.ID)
			if err != nil {
				return c, err
			}
			c.Earlier = append(c.Earlier, earlier)
		}
		screenings, err := s.Screenings(ctx, p.ID)
		if err != nil {
			return c, err
		}
		if len(screenings) > 0 {
			c.Screenings = append(c.Screenings, screenings)
		}
		for _, v := range screenings {
			asked, err := s.ScreeningHistory(ctx, p.ID, v.ID)
			if err != nil {
				return c, err
			}
			c.Asked = append(c.Asked, asked)
		}
		for _, v := range treatments {
			heads, err := s.TreatmentHistory(ctx, v.ID)
			if err != nil {
				return c, err
			}
			c.Heads = append(c.Heads, heads)
		}
	}
	if c.Open, err = s.OpenTreatments(ctx); err != nil {
		return c, err
	}
	if c.Safety, err = s.SafetyRecords(ctx); err != nil {
		return c, err
	}
	if c.Operators, err = s.Operators(ctx); err != nil {
		return c, err
	}
	c.Theme, err = s.Setting(ctx, "theme")
	return c, err
}

// writeExample puts something of every kind into a store, with a past of each.
func writeExample(t testing.TB, s *Store, clock *testClock) {
	t.Helper()
	ctx := t.Context()
	for i, name := range []string{"K. Lindt", "Dr A. Meyer"} {
		role := []clinical.Role{clinical.RoleServiceEngineer, clinical.RoleClinician}[i]
		must(s.SaveOperator(ctx, clinical.Operator{Name: name, Role: role}))(t)
	}
	other := ana()
	other.FamilyName, other.GivenName, other.FileNumber = "Novák", "Tomáš", "F-20105"
	must(s.SavePatient(ctx, other))(t)
	p := must(s.SavePatient(ctx, ana()))(t)
	clock.add(time.Minute)
	p.GivenName = "Ana María"
	p = must(s.SavePatient(ctx, p))(t)
	kept := must(s.SavePreset(ctx, aPreset(p.ID)))(t)
	gone := must(s.SavePreset(ctx, aPreset(p.ID)))(t)
	clock.add(time.Minute)
	kept.Name = "Cheek, third session"
	kept = must(s.SavePreset(ctx, kept))(t)
	if err := s.DeletePreset(ctx, p.ID, gone.ID); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		clock.add(time.Hour)
		v := aTreatment(p.ID)
		v.Tip = clinical.Tip{ID: 3, Present: true, Lot: "7KX20", Expiry: clinical.Date{Year: 2027, Month: 3, Day: 1}, Pins: 25, Insulated: true}
		v.Preset, v.PresetRevision = kept.ID, kept.Revision
		v = must(s.BeginTreatment(ctx, v))(t)
		v.Outcome = clinical.OutcomeOpen
		v.Applied = []clinical.Applied{{At: clock.now(), Generation: 1, Settings: rfSet(1500, 60, 12, 100), SettingsHash: [8]byte{1, 2, 3}}}
		v.Arms = []clinical.ArmIntent{{At: clock.now(), CommandID: 1<<64 - 1, Settings: rfSet(1500, 60, 12, 100), SettingsHash: [8]byte{1, 2, 3}, PulsesBefore: 1<<32 - 1}}
		v = must(s.AmendTreatment(ctx, v))(t)
		alarm := clinical.Alarm{At: clock.now(), Code: 7, Priority: "low", Text: "battery", Expected: "over 20 %", Measured: "18 %"}
		if err := errors.Join(s.AppendPulses(ctx, v.ID, pulsesOf(5, uint32(10*i), 4)), s.AppendAlarms(ctx, v.ID, []clinical.Alarm{alarm})); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			v.Outcome = clinical.OutcomeStopped
			must(s.EndTreatment(ctx, v))(t)
		}
	}
	if err := s.SaveSetting(ctx, "theme", []byte("dim")); err != nil {
		t.Fatal(err)
	}
}

// The stored files of earlier versions. Never write one of them anew: that it is what the
// program of that version wrote is its worth.
func TestStoredFileOfSchema1(t *testing.T) {
	file, err := os.ReadFile(filepath.Join("testdata", "schema-1.db"))
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), FileName)
	if err := os.WriteFile(copied, file, fileMode); err != nil {
		t.Fatal(err)
	}
	s := openTest(t, copied, newClock())
	got, err := readAll(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(golden[content](t, "schema-1.json"), got); diff != "" {
		t.Error(diff)
	}
	if len(got.Patients) != 2 || len(got.Open) != 1 || string(got.Theme) != "dim" {
		t.Error("the stored file is not the example")
	}
}

// golden is what a file of testdata says that was read when it was written.
func golden[T any](t *testing.T, name string) (want T) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err == nil {
		err = json.Unmarshal(text, &want)
	}
	if err != nil {
		t.Fatal(err)
	}
	return want
}

// exampleFile makes a closed store with content and returns its path.
func exampleFile(t testing.TB) (string, content) {
	t.Helper()
	clock := newClock()
	path := filepath.Join(t.TempDir(), FileName)
	s, err := OpenTraining(path, Options{Now: clock.now, Rand: &counter{}})
	if err != nil {
		t.Fatal(err)
	}
	writeExample(t, s, clock)
	c, err := readAll(t.Context(), s)
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	return path, c
}

// Each version from 1 to the current has its migration, in order.
func TestMigrationsAreRegistered(t *testing.T) {
	sch := currentSchema()
	if int(sch.version) != len(sch.migrations)+1 {
		t.Fatalf("version %d with %d migrations", sch.version, len(sch.migrations))
	}
	for i, m := range sch.migrations {
		if int(m.from) != i+1 || m.name == "" {
			t.Errorf("migration %d: from %d, %q", i, m.from, m.name)
		}
	}
}

// laterSchema is an invented later version: operators' names get a mark, and a
// bucket is new.
func laterSchema(fail error) schema {
	mark := func(bucket string, _, plain []byte) ([]byte, error) {
		if bucket != bucketOperators {
			return plain, nil
		}
		return bytes.Replace(plain, []byte(`"name":"`), []byte(`"name":"*`), 1), nil
	}
	return schema{version: 4, migrations: []migration{
		sealAll(),
		{from: 2, name: "mark operators", value: mark},
		{from: 3, name: "new bucket", structure: func(t *txn) error {
			if fail != nil {
				return fail
			}
			_, err := t.tx.CreateBucket([]byte("later"))
			return err
		}},
	}}
}

func TestMigration(t *testing.T) {
	path, want := exampleFile(t)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	clock := newClock()
	s, err := openTraining(path, Options{Now: clock.now}, laterSchema(nil))
	if err != nil {
		t.Fatal(err)
	}
	got, err := readAll(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	migrated := want
	migrated.Operators = nil
	for _, o := range want.Operators {
		o.Name = "*" + o.Name
		migrated.Operators = append(migrated.Operators, o)
	}
	if diff := cmp.Diff(migrated, got); diff != "" {
		t.Error(diff)
	}
	// What is written now is sealed for the new version, like all the rest.
	must(s.SavePatient(t.Context(), got.Patients[0]))(t)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, err = openTraining(path, Options{}, laterSchema(nil))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	// Now the file is newer than this program: refused, untouched, with what to do.
	after, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = OpenTraining(path, Options{})
	if !errors.Is(err, ErrNewer) || !strings.Contains(err.Error(), "install that version") {
		t.Errorf("newer file: %v", err)
	}
	if again, err := os.ReadFile(path); err != nil || !bytes.Equal(again, after) {
		t.Errorf("the newer file was touched: %v", err)
	}

	// The backup is the store of before, and this program opens it.
	backup := BackupName(path, SchemaVersion, clock.now())
	s = openTest(t, backup, clock)
	old, err := readAll(t.Context(), s)
	if diff := cmp.Diff(want, old); diff != "" || err != nil {
		t.Errorf("backup: %v %s", err, diff)
	}
	if len(before) == 0 {
		t.Error("empty file before")
	}
	for _, name := range filesIn(t, filepath.Dir(path)) {
		if strings.Contains(name, durable.Mark) {
			t.Errorf("left over: %s", name)
		}
	}
}

// A migration that fails leaves the file at its version, with all its content.
func TestMigrationThatFails(t *testing.T) {
	path, want := exampleFile(t)
	boom := errors.New("boom")
	cases := map[string]schema{
		"fails in its second step": laterSchema(boom),
		"not registered":           {version: 4, migrations: laterSchema(nil).migrations[:2]},
	}
	for name, sch := range cases {
		if _, err := openTraining(path, Options{}, sch); err == nil || errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
		if left := filesIn(t, filepath.Dir(path)); len(left) != 3 { // with those of the keys
			t.Errorf("%s: left over: %v", name, left)
		}
		s, err := OpenTraining(path, Options{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := readAll(t.Context(), s)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", name, err, diff)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func filesIn(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
