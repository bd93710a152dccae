package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stipple/app/audit"
	"stipple/app/clinical"
	"stipple/app/vault"
)

// dossierOf is a patient of another room with a preset.
func dossierOf(n int) clinical.Dossier {
	p := inventedPatient(n)
	p.ID = clinical.ID(fmt.Sprintf("01rrrrrrrrrrrrrrrrrr%06d", n))
	preset := aPreset(p.ID)
	preset.ID = clinical.ID(fmt.Sprintf("01ssssssssssssssssss%06d", n))
	return clinical.Dossier{Patient: p, Presets: []clinical.Preset{preset}}
}

func dossiersOf(n int) (all []clinical.Dossier) {
	for i := range n {
		all = append(all, dossierOf(i))
	}
	return all
}

func entries(t *testing.T, s *Store, a audit.Action) (n int) {
	t.Helper()
	for _, e := range must(s.AuditEntries(t.Context(), 1, 1<<20))(t) {
		if e.Action == a {
			n++
		}
	}
	return n
}

func total(t *testing.T, s *Store) int {
	t.Helper()
	_, n, err := s.SearchPatients(t.Context(), "", 0)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestImportKeepsIDsThatAreFree(t *testing.T) {
	s, _ := newStore(t)
	all := dossiersOf(3)
	got, err := s.ImportPatients(t.Context(), all, Import{Kind: "room", Hash: "00"})
	if err != nil || got.Patients != 3 || got.Presets != 3 || len(got.Refused) != 0 {
		t.Fatal(got, err)
	}
	for _, d := range all {
		p := must(s.Patient(t.Context(), d.Patient.ID))(t)
		if !sameContent(p, d.Patient) || p.Revision != 1 {
			t.Errorf("%+v", p)
		}
		presets := must(s.Presets(t.Context(), p.ID))(t)
		if len(presets) != 1 || presets[0].ID != d.Presets[0].ID || presets[0].SavedBy != d.Presets[0].SavedBy {
			t.Errorf("%+v", presets)
		}
	}
	if n := entries(t, s, audit.Import); n != 1 {
		t.Errorf("%d entries of the import", n)
	}
	if n := entries(t, s, audit.PatientSave); n != 3 {
		t.Errorf("%d entries of patients", n)
	}
	if r := must(s.VerifyAudit(t.Context(), nil))(t); len(r.Findings) > 0 {
		t.Error(r.Findings)
	}
}

// A new patient whose id somebody has, and a preset whose id was deleted, get others.
func TestImportTakesNobodysID(t *testing.T) {
	s, _ := newStore(t)
	first := dossierOf(0)
	if _, err := s.ImportPatients(t.Context(), []clinical.Dossier{first}, Import{Kind: "room"}); err != nil {
		t.Fatal(err)
	}
	second := dossierOf(1)
	second.Patient.ID = first.Patient.ID
	if _, err := s.ImportPatients(t.Context(), []clinical.Dossier{second}, Import{Kind: "room"}); err != nil {
		t.Fatal(err)
	}
	if p := must(s.Patient(t.Context(), first.Patient.ID))(t); p.FileNumber != first.Patient.FileNumber || total(t, s) != 2 {
		t.Errorf("%+v of %d", p, total(t, s))
	}
	if err := s.DeletePreset(t.Context(), first.Patient.ID, first.Presets[0].ID); err != nil {
		t.Fatal(err)
	}
	first.Patient.Revision = 1
	if _, err := s.ImportPatients(t.Context(), []clinical.Dossier{first}, Import{Kind: "room"}); err != nil {
		t.Fatal(err)
	}
	presets := must(s.Presets(t.Context(), first.Patient.ID))(t)
	if len(presets) != 1 || presets[0].ID == first.Presets[0].ID || presets[0].Revision != 1 {
		t.Errorf("%+v", presets)
	}
}

func TestImportOfOneWhoWasErased(t *testing.T) {
	keys := someKeys(t)
	clock := newClock()
	s, err := Open(filepath.Join(t.TempDir(), FileName), Options{Now: clock.now, Sealer: keys})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	d := dossierOf(0)
	if err := keys.Own(d.Patient.ID); err != nil {
		t.Fatal(err)
	}
	if err := keys.Disown(d.Patient.ID); err != nil {
		t.Fatal(err)
	}
	all := []clinical.Dossier{dossierOf(1), d}
	if got, err := s.ImportPatients(t.Context(), all, Import{Kind: "room", Whole: true}); err != nil || got.Patients != 2 || got.Presets != 2 {
		t.Fatal(got, err)
	}
	if _, err := s.Patient(t.Context(), d.Patient.ID); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if _, err := s.Patient(t.Context(), all[0].Patient.ID); err != nil {
		t.Error(err)
	}
}

func TestImportOnTopOfWhatIsHere(t *testing.T) {
	s, _ := newStore(t)
	d := dossierOf(0)
	if _, err := s.ImportPatients(t.Context(), []clinical.Dossier{d}, Import{Kind: "room"}); err != nil {
		t.Fatal(err)
	}
	d.Patient.Revision, d.Presets[0].Revision = 1, 1
	d.Patient.GivenName, d.Presets[0].Settings.Depth = "Other", 1200
	more := d.Presets[0]
	more.ID, more.Revision, more.Name = "", 0, "More"
	d.Presets = append(d.Presets, more)
	got, err := s.ImportPatients(t.Context(), []clinical.Dossier{d, d}, Import{Kind: "room"})
	if err != nil || got.Patients != 1 || got.Presets != 2 || !errors.Is(got.Refused[1], ErrConflict) {
		t.Fatal(got, err)
	}
	if p := must(s.Patient(t.Context(), d.Patient.ID))(t); p.Revision != 2 || p.GivenName != "Other" {
		t.Errorf("%+v", p)
	}
	if h := must(s.PresetHistory(t.Context(), d.Patient.ID, d.Presets[0].ID))(t); len(h) != 2 || h[0].Settings.Depth != 1200 {
		t.Errorf("%+v", h)
	}
	if _, err := s.ImportPatients(t.Context(), []clinical.Dossier{d}, Import{Kind: "room", Whole: true}); !errors.Is(err, ErrConflict) {
		t.Error(err)
	}
}

func TestImportRefusesWhatTheStoreRefuses(t *testing.T) {
	s, _ := newStore(t)
	must(s.SavePatient(t.Context(), ana()))(t)
	cases := map[string]func(*clinical.Dossier){
		"FileNumber":     func(d *clinical.Dossier) { d.Patient.FileNumber = ana().FileNumber },
		"BirthDate":      func(d *clinical.Dossier) { d.Patient.BirthDate.Year = 2999 },
		"Settings.Depth": func(d *clinical.Dossier) { d.Presets[0].Settings.Depth = -1 },
	}
	for field, change := range cases {
		good, bad := dossierOf(0), dossierOf(1)
		change(&bad)
		all := []clinical.Dossier{good, bad}
		if _, err := s.ImportPatients(t.Context(), all, Import{Kind: "table", Whole: true}); fieldsOf(err)[field] == "" || total(t, s) != 1 {
			t.Errorf("%s, whole: %v, %d patients", field, err, total(t, s))
		}
	}
	// A table tells of all that are refused, as far as anybody reads them.
	all := dossiersOf(maxRefused + 2)
	for i := range all[1:] {
		all[i+1].Patient.BirthDate.Year = 2999
	}
	whole, err := s.ImportPatients(t.Context(), all, Import{Kind: "table", Whole: true})
	if !errors.Is(err, whole.Refused[1]) || len(whole.Refused) != maxRefused || whole.Refused[0] != nil || whole.Patients != 0 || total(t, s) != 1 {
		t.Errorf("%v, %d refused, %d patients", err, len(whole.Refused), total(t, s))
	}
	twice := []clinical.Dossier{dossierOf(0), dossierOf(1)}
	twice[1].Patient.FileNumber = twice[0].Patient.FileNumber
	got, err := s.ImportPatients(t.Context(), twice, Import{Kind: "room"})
	if err != nil || got.Patients != 1 || fieldsOf(got.Refused[1])["FileNumber"] != "duplicate" {
		t.Error(got, err)
	}
}

// breaking fails the n-th value that is sealed.
type breaking struct {
	Sealer
	left int
}

var errBroken = errors.New("broken")

func (b *breaking) Seal(at vault.Place, owner clinical.ID, plain []byte) ([]byte, error) {
	if b.left--; b.left == 0 {
		return nil, errBroken
	}
	return b.Sealer.Seal(at, owner, plain)
}

// Wherever a write fails, nothing of the table is there, and of another room's file
// whole groups alone; a second import brings the rest.
func TestImportIsNeverHalf(t *testing.T) {
	for at := 1; at < 40; at += 3 {
		keys := someKeys(t)
		sealer := &breaking{Sealer: keys}
		s, err := Open(filepath.Join(t.TempDir(), FileName), Options{Now: newClock().now, Sealer: sealer})
		if err != nil {
			t.Fatal(err)
		}
		all := dossiersOf(4)
		sealer.left = at
		got, err := s.ImportPatients(t.Context(), all, Import{Kind: "table", Whole: true})
		if errors.Is(err, errBroken) && (total(t, s) != 0 || entries(t, s, audit.Import) != 0 || got.Patients != 0) {
			t.Errorf("at value %d: %d patients, %v", at, total(t, s), got)
		}
		if (err != nil) != (total(t, s) == 0) {
			t.Errorf("at value %d: %v, %d patients", at, err, total(t, s))
		}
		sealer.left = 0
		if err == nil {
			_ = s.Close()
			continue
		}
		if again, err := s.ImportPatients(t.Context(), all, Import{Kind: "table", Whole: true}); err != nil || again.Patients != 4 {
			t.Errorf("again: %v, %v", again, err)
		}
		_ = s.Close()
	}
}

// Of another room's file whole groups are there, each patient with the presets.
func TestImportInGroupsIsNeverHalf(t *testing.T) {
	for _, at := range []int{1, 200, 400, 500, 700} {
		keys := someKeys(t)
		sealer := &breaking{Sealer: keys}
		path := filepath.Join(t.TempDir(), FileName)
		s, err := Open(path, Options{Now: newClock().now, Sealer: sealer})
		if err != nil {
			t.Fatal(err)
		}
		sealer.left = at
		got, err := s.ImportPatients(t.Context(), dossiersOf(3*importGroup), Import{Kind: "room"})
		if !errors.Is(err, errBroken) || got.Patients != total(t, s) || got.Patients%importGroup != 0 || got.Presets != got.Patients {
			t.Errorf("at value %d: %v, %+v of %d", at, err, got, total(t, s))
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if s, err = Open(path, Options{Now: newClock().now, Sealer: keys}); err != nil {
			t.Fatal(err)
		}
		if total(t, s) != got.Patients || entries(t, s, audit.Import) != got.Patients/importGroup {
			t.Errorf("at value %d: %d patients, %d entries after opening again", at, total(t, s), entries(t, s, audit.Import))
		}
		if err := s.Verify(t.Context()); err != nil {
			t.Error(err)
		}
		_ = s.Close()
	}
}

// Cancelled in the middle, a table leaves nothing, and a room's file whole groups.
func TestImportThatIsCancelled(t *testing.T) {
	for _, whole := range []bool{true, false} {
		s, _ := newStore(t)
		ctx, cancel := context.WithCancel(t.Context())
		got, err := s.ImportPatients(ctx, dossiersOf(3*importGroup), Import{Kind: "room", Whole: whole, Told: func(done int) {
			if done >= importGroup {
				cancel()
			}
		}})
		want := importGroup
		if whole {
			want = 0
		}
		if !errors.Is(err, context.Canceled) || total(t, s) != want {
			t.Errorf("whole %v: %v, %d patients", whole, err, total(t, s))
		}
		if diff := cmp.Diff(want, got.Patients); diff != "" {
			t.Error(diff)
		}
		cancel()
	}
}

func TestAuditOfAPatient(t *testing.T) {
	s, _ := newStore(t)
	p := must(s.SavePatient(t.Context(), ana()))(t)
	e := audit.Entry{Action: audit.Export, Patient: p.ID, Subject: audit.Subject{Kind: audit.SubjectPatient, ID: string(p.ID)}}
	if err := s.AuditOf(t.Context(), e, audit.Change{Field: "why", After: audit.Text("she asked for it")}); err != nil {
		t.Fatal(err)
	}
	all := must(s.AuditEntries(t.Context(), 1, 100))(t)
	last := all[len(all)-1]
	if last.Action != audit.Export || len(last.Private) != 1 || last.Why != "" {
		t.Errorf("%+v", last)
	}
}

// keysIn is how many keys of patients a folder has.
func keysIn(t *testing.T, dir string) int {
	t.Helper()
	const header, record = len("stipple patients' keys 1\n"), 26 + 2 + 24 + 64 + 16 + 4
	info, err := os.Stat(filepath.Join(dir, vault.PatientsName))
	if err != nil || (int(info.Size())-header)%record != 0 {
		t.Fatal(info, err)
	}
	return (int(info.Size()) - header) / record
}

// copying copies the folder of a store whenever its keys are asked for something that
// changes their file, before and after it: what a crash there would leave.
type copying struct {
	Sealer
	copy func(step string)
}

func (c copying) OwnNew(owners ...clinical.ID) ([]clinical.ID, error) {
	c.copy("before the keys are made")
	made, err := c.Sealer.OwnNew(owners...)
	c.copy("with keys, before a patient")
	return made, err
}

func (c copying) Unown(made ...clinical.ID) error {
	c.copy("given up")
	err := c.Sealer.Unown(made...)
	c.copy("without keys, before the transaction ends")
	return err
}

// An import that is given up leaves no keys of patients that never were, takes none of
// those who come meanwhile, and wherever a crash ends it all who were acknowledged are
// there. The same people can come again.
func TestImportGivenUpLeavesNoKeys(t *testing.T) {
	dir := t.TempDir()
	first, end, err := openSealed(dir)
	if err != nil {
		t.Fatal(err)
	}
	before := must(first.SavePatient(t.Context(), ana()))(t)
	var crashed []string
	crashes := map[string]string{} // by folder: at which step
	s := first
	s.sealer = copying{first.sealer, func(step string) {
		at := t.TempDir()
		if err := os.CopyFS(at, os.DirFS(dir)); err != nil {
			t.Error(err)
		}
		crashed, crashes[at] = append(crashed, at), step
	}}
	all := dossiersOf(3 * importGroup)
	ctx, cancel := context.WithCancel(t.Context())
	came := make(chan clinical.Patient)
	var beside clinical.Patient
	_, err = s.ImportPatients(ctx, all, Import{Kind: "table", Whole: true, Told: func(done int) {
		if done == 0 {
			go func() { // waits for the writer's turn, and comes while the keys go or just then
				p := ana()
				p.FileNumber = "beside"
				p, err := s.SavePatient(t.Context(), p)
				if err != nil {
					t.Error(err)
				}
				came <- p
			}()
			return
		}
		cancel()
	}})
	if beside = <-came; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if n := keysIn(t, dir); n != 2 || total(t, s) != 2 {
		t.Errorf("%d keys of %d patients", n, total(t, s))
	}
	if got, err := s.ImportPatients(t.Context(), all, Import{Kind: "table", Whole: true}); err != nil || got.Patients != len(all) {
		t.Fatal(got, err)
	}
	if n := keysIn(t, dir); n != 2+len(all) {
		t.Errorf("%d keys", n)
	}
	if err := end(); err != nil {
		t.Fatal(err)
	}
	if len(crashed) < 6 {
		t.Fatalf("only %d steps", len(crashed))
	}
	for _, at := range append(crashed, dir) {
		again, end, err := openSealed(at)
		if err != nil {
			t.Fatal(crashes[at], err)
		}
		if _, err := again.Patient(t.Context(), before.ID); err != nil {
			t.Errorf("%s: who was there: %v", crashes[at], err)
		}
		if at == dir {
			if _, err := again.Patient(t.Context(), beside.ID); err != nil || total(t, again) != 2+len(all) {
				t.Errorf("who came beside: %v", err)
			}
		} else if _, err := again.ImportPatients(t.Context(), all, Import{Kind: "table", Whole: true}); err != nil {
			t.Errorf("%s: to import again: %v", crashes[at], err)
		}
		if err := errors.Join(again.Verify(t.Context()), end()); err != nil {
			t.Errorf("%s: %v", crashes[at], err)
		}
	}
}

// A key that was there before an import that is given up stays: another copy of the store
// may have the patient.
func TestImportGivenUpLeavesFormerKeys(t *testing.T) {
	keys := someKeys(t)
	s, err := Open(filepath.Join(t.TempDir(), FileName), Options{Now: newClock().now, Sealer: keys})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	all := dossiersOf(2)
	had := all[0].Patient.ID
	if err := keys.Own(had); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := s.ImportPatients(ctx, all, Import{Kind: "room", Whole: true, Told: func(int) { cancel() }}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if made, err := keys.OwnNew(had, all[1].Patient.ID); err != nil || len(made) != 1 || made[0] != all[1].Patient.ID {
		t.Errorf("%v, %v", made, err)
	}
}

// One whose erasure is not finished and who is imported again is somebody new: the key that
// still stands goes with the erasure.
func TestImportWhileErased(t *testing.T) {
	keys := &failingKeys{Vault: someKeys(t)}
	path := filepath.Join(t.TempDir(), FileName)
	s := must(Open(path, Options{Sealer: keys, Now: newClock().now}))(t)
	p := must(s.SavePatient(t.Context(), ana()))(t)
	keys.err = errors.New("the disk is full")
	if _, err := s.ErasePatient(t.Context(), p.ID, "asked for it"); !errors.Is(err, ErrNotErased) {
		t.Fatal(err)
	}
	again := p
	again.Revision = 0
	if got, err := s.ImportPatients(t.Context(), []clinical.Dossier{{Patient: again}}, Import{Kind: "room"}); err != nil || got.Patients != 1 {
		t.Fatal(got, err)
	}
	keys.err = nil
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = must(Open(path, Options{Sealer: keys, Now: newClock().now}))(t) // finishes the erasure
	defer func() { _ = s.Close() }()
	all, n, err := s.SearchPatients(t.Context(), "", 2)
	if err != nil || n != 1 || all[0].ID == p.ID || all[0].FileNumber != p.FileNumber {
		t.Fatal(all, n, err)
	}
	if err := errors.Join(s.Unfinished(), s.Verify(t.Context())); err != nil {
		t.Error(err)
	}
}
