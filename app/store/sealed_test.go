package store

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stipple/app/clinical"
	"stipple/app/vault"
)

// readable are words of the example that must be in no file: of patients, presets,
// treatments, operators and settings.
func readable() []string {
	return []string{"Ruiz", "Ana", "Nov", "F-20417", "F-20105", "1984", "Cheek", "acne", "cheek", "battery", "Meyer", "Lindt", "clinician", "dim"}
}

// scan fails for each file of a folder in which one of the words stands.
func scanFor(t *testing.T, dir string, words []string) {
	t.Helper()
	for _, name := range filesIn(t, dir) {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range words {
			if len(w) < 5 && strings.HasPrefix(name, vault.SlotsName) {
				continue // base 64 may say it by chance
			}
			if i := bytes.Index(data, []byte(w)); i >= 0 {
				t.Errorf("%s: %q at byte %d", name, w, i)
			}
		}
	}
}

// Nothing about a person can be read in the files.
func TestNothingIsReadable(t *testing.T) {
	path, _ := exampleFile(t)
	scanFor(t, filepath.Dir(path), readable())
}

// A store of schema 1 is sealed, none of its content stays behind in a freed page,
// and its copy is encrypted.
func TestSealingAnOldStore(t *testing.T) {
	old, err := os.ReadFile(filepath.Join("testdata", "schema-1.db"))
	if err != nil {
		t.Fatal(err)
	}
	// Words long enough not to come by chance.
	words := []string{"Ruiz", "F-20417", "Cheek, third session", "battery", "Meyer", "acne_scars"}
	for _, w := range words {
		if !bytes.Contains(old, []byte(w)) {
			t.Fatalf("no %q in the old file", w)
		}
	}
	dir := t.TempDir()
	path := filepath.Join(dir, FileName)
	if err := os.WriteFile(path, old, fileMode); err != nil {
		t.Fatal(err)
	}
	if found, err := Look(path); found != Readable || err != nil {
		t.Fatal(found, err)
	}
	code, err := vault.NewRecoveryCode()
	if err != nil {
		t.Fatal(err)
	}
	slots, keys, err := vault.Create(dir, vault.Person{ID: "01aaaaaaaaaaaaaaaaaaaaaaaa", SignIn: "ada"}, []byte("four words beat one"), code, vault.Options{KDF: vault.KDF{Time: 1, Memory: 64, Threads: 1}})
	if err != nil {
		t.Fatal(err)
	}
	clock := newClock()
	s, err := Open(path, Options{Sealer: keys, SealBackup: slots.Encrypt, Now: clock.now})
	if err != nil {
		t.Fatal(err)
	}
	c, err := readAll(t.Context(), s)
	if err := errors.Join(err, s.Verify(t.Context()), s.Close()); err != nil {
		t.Fatal(err)
	}
	if len(c.Patients) != 2 || len(c.Open) != 1 {
		t.Errorf("%d patients, %d open treatments", len(c.Patients), len(c.Open))
	}
	if found, err := Look(path); found != Sealed || err != nil {
		t.Error(found, err)
	}
	scanFor(t, dir, words)

	// The copy is the old file.
	copied, err := os.Open(BackupName(path, 1, clock.now()) + encryptedMark)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = copied.Close() }()
	plain, err := vault.Decrypt(copied, code)
	if err != nil {
		t.Fatal(err)
	}
	again := filepath.Join(t.TempDir(), FileName)
	file, err := os.Create(again)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(file, plain); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if found, err := Look(again); found != Readable || err != nil {
		t.Error(found, err)
	}
	got, err := readAll(t.Context(), openTest(t, again, clock))
	if diff := cmp.Diff(c, got); err != nil || diff != "" {
		t.Error("the copy is another store:", err, diff)
	}
}

// An older copy that was put back brings no erased patient with it, and opens.
func TestSealingAnOldStoreWithAnErasedPatient(t *testing.T) {
	old, err := os.ReadFile(filepath.Join("testdata", "schema-1.db"))
	if err != nil {
		t.Fatal(err)
	}
	open := func(erased ...clinical.ID) content {
		path := filepath.Join(t.TempDir(), FileName)
		if err := os.WriteFile(path, old, fileMode); err != nil {
			t.Fatal(err)
		}
		keys := someKeys(t)
		for _, id := range erased {
			if err := keys.Disown(id); err != nil {
				t.Fatal(err)
			}
		}
		s, err := Open(path, Options{Sealer: keys, Now: newClock().now})
		if err != nil {
			t.Fatal(err)
		}
		c, err := readAll(t.Context(), s)
		if err := errors.Join(err, s.Verify(t.Context()), s.Close()); err != nil {
			t.Fatal(err)
		}
		return c
	}
	all := open()
	for i, p := range all.Patients {
		left := open(p.ID)
		if len(left.Patients) != 1 || left.Patients[0].ID == p.ID {
			t.Errorf("erased patient %d: %+v", i, left.Patients)
		}
		for _, v := range left.Open {
			if v.Patient == p.ID {
				t.Errorf("erased patient %d: a treatment is open", i)
			}
		}
	}
}

// A sign-in without the patient key opens what is the practice's and nothing else.
func TestStoreWithoutPatientKey(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, FileName)
	cheap := vault.Options{KDF: vault.KDF{Time: 1, Memory: 64, Threads: 1}}
	code, err := vault.NewRecoveryCode()
	if err != nil {
		t.Fatal(err)
	}
	const pass = "four words beat one"
	slots, keys, err := vault.Create(dir, vault.Person{ID: "01aaaaaaaaaaaaaaaaaaaaaaaa", SignIn: "ada"}, []byte(pass), code, cheap)
	if err != nil {
		t.Fatal(err)
	}
	if err := slots.Add(keys, vault.Person{ID: "01bbbbbbbbbbbbbbbbbbbbbbbb", SignIn: "bela"}, []byte(pass)); err != nil {
		t.Fatal(err)
	}
	clock := newClock()
	s, err := Open(path, Options{Sealer: keys, Now: clock.now})
	if err != nil {
		t.Fatal(err)
	}
	writeExample(t, s, clock)
	want, err := readAll(t.Context(), s)
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}

	technician, _, err := slots.SignIn("bela", []byte(pass), clock.now())
	if err != nil {
		t.Fatal(err)
	}
	if s, err = Open(path, Options{Sealer: technician, Now: clock.now}); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	operators, err := s.Operators(ctx)
	if diff := cmp.Diff(want.Operators, operators); err != nil || diff != "" {
		t.Error(err, diff)
	}
	p := want.Patients[0]
	_, _, searched := s.SearchPatients(ctx, "", 10)
	_, one := s.Patient(ctx, p.ID)
	_, history := s.PatientHistory(ctx, p.ID)
	_, presets := s.Presets(ctx, p.ID)
	_, treatments := s.Treatments(ctx, p.ID)
	_, open := s.OpenTreatments(ctx)
	_, saved := s.SavePatient(ctx, p)
	_, fresh := s.SavePatient(ctx, clinical.Patient{FamilyName: "New", GivenName: "One", BirthDate: p.BirthDate, FileNumber: "F-1", Fitzpatrick: p.Fitzpatrick, Sex: p.Sex})
	_, began := s.BeginTreatment(ctx, aTreatment(p.ID))
	for name, err := range map[string]error{
		"search": searched, "patient": one, "history": history, "presets": presets, "treatments": treatments,
		"open treatments": open, "save": saved, "new": fresh, "begin": began,
	} {
		if !errors.Is(err, vault.ErrNoPatientKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := errors.Join(s.Verify(ctx), s.SaveSetting(ctx, "room", []byte("2")), s.Close()); err != nil {
		t.Error(err)
	}

	// Nothing of that was written.
	again, _, err := slots.SignIn("ada", []byte(pass), clock.now())
	if err != nil {
		t.Fatal(err)
	}
	if s, err = Open(path, Options{Sealer: again, Now: clock.now}); err != nil {
		t.Fatal(err)
	}
	got, err := readAll(ctx, s)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	scanFor(t, dir, append(readable(), "words beat", vault.CodeGroups(code)[0]))
}

// A store whose keys are gone is no new store.
func TestKeysThatAreMissing(t *testing.T) {
	path, _ := exampleFile(t)
	if err := os.Remove(filepath.Join(filepath.Dir(path), vault.SlotsName)); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenTraining(path, Options{}); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), vault.SlotsName) {
		t.Error(err)
	}
	if _, err := Open(path, Options{}); !errors.Is(err, ErrNoKeys) {
		t.Error(err)
	}
}

// A store of schema 1 says without keys what it is, and is not changed.
func TestLookReadable(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "schema-1.db"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), FileName)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for setting, there := range map[string]bool{"theme": true, "none": false} {
		value, patients, err := LookReadable(path, setting)
		if err != nil || (value != nil) != there || !patients {
			t.Errorf("%s: %q, patients %v, %v", setting, value, patients, err)
		}
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, data) {
		t.Error("it was changed")
	}
}
