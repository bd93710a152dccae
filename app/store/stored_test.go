package store

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stipple/app/audit"
	"stipple/app/clinical"
	"stipple/app/vault"
)

// The stored files of schema 2 are a practice's data folder: the store, the key slots of a
// senior clinician and a technician, with a cheap key derivation and storedPass, and the
// patients' keys. They were written by
//
//	go test ./app/store -run TestStoredFileOfSchema2 -write-schema
//
// which refuses where there are some already. Until schema 2 is released, whoever changes
// its form removes testdata/schema-2 and testdata/schema-2.json and runs that again; from
// then on they are never written anew.
const (
	storedFolder = "schema-2"
	storedPass   = "correct horse battery staple"
	storedSenior = "ada"
	storedOther  = "bela" // a technician
)

var writeSchemaFile = flag.Bool("write-schema", false, "write testdata/schema-2 and schema-2.json, which must not exist")

// stored2 is what was read when the files were written.
type stored2 struct {
	Content  content
	Recovery string // the recovery code
	Identity string // the practice's own way into its backups
	AuditSeq uint64
	Head     string
	Actions  map[audit.Action]int
	Private  int // fields of patients in the audit chain that open
}

func TestStoredFileOfSchema2(t *testing.T) {
	if *writeSchemaFile {
		writeStored(t)
	}
	want := golden[stored2](t, storedFolder+".json")
	dir := t.TempDir()
	for _, name := range []string{FileName, vault.SlotsName, vault.PatientsName} {
		data, err := os.ReadFile(filepath.Join("testdata", storedFolder, name))
		if err := errors.Join(err, os.WriteFile(filepath.Join(dir, name), data, fileMode)); err != nil {
			t.Fatal(err)
		}
	}
	slots := must(vault.Load(dir, vault.Options{}))(t)
	senior, _, err := slots.SignIn(storedSenior, []byte(storedPass), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := slots.SignIn(storedOther, []byte(storedPass), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	recovered, err := slots.Recover(want.Recovery, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for name, keys := range map[string]*vault.Vault{storedSenior: senior, "by the recovery code": recovered} {
		s := must(Open(filepath.Join(dir, FileName), Options{Sealer: keys}))(t)
		got := readStored(t, s)
		got.Recovery = want.Recovery
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(name, diff)
		}
		if err := errors.Join(s.Unfinished(), s.Verify(t.Context()), s.Close(), keys.Close()); err != nil {
			t.Error(name, err)
		}
	}
	s := must(Open(filepath.Join(dir, FileName), Options{Sealer: other}))(t)
	if _, _, err := s.SearchPatients(t.Context(), "", 1); !errors.Is(err, vault.ErrNoPatientKey) {
		t.Error("a technician:", err)
	}
	if err := errors.Join(s.Close(), other.Close()); err != nil {
		t.Error(err)
	}
	if c := want.Content; len(c.Patients) != 2 || len(c.Open) != 1 || len(c.Safety) != 1 || len(c.Asked) != 1 || len(c.Asked[0]) != 2 ||
		want.Actions[audit.PatientErase] != 1 || want.Private == 0 || string(c.Theme) != "dim" {
		t.Errorf("the stored files are not the example: %+v", want)
	}
}

// readStored reads all of it, and holds the audit chain against its end.
func readStored(t *testing.T, s *Store) stored2 {
	t.Helper()
	ctx := t.Context()
	end := must(s.AuditEnd(ctx))(t)
	r := must(s.VerifyAudit(ctx, nil))(t)
	if !r.OK() || r.Entries != end.Seq {
		t.Errorf("%+v", r)
	}
	identity := must(s.BackupIdentity(ctx, func() (string, error) { return "", errors.New("there is none") }))(t)
	out := stored2{Content: must(readAll(ctx, s))(t), Identity: identity, AuditSeq: end.Seq, Head: end.Head.String(), Actions: map[audit.Action]int{}}
	for _, e := range must(s.AuditEntries(ctx, 1, 10_000))(t) {
		out.Actions[e.Action]++
		out.Private += len(e.Private)
	}
	return out
}

// writeStored makes the files: the example, with what later came to schema 2.
func writeStored(t *testing.T) {
	t.Helper()
	dir := filepath.Join("testdata", storedFolder)
	if _, err := os.Stat(dir); err == nil {
		t.Fatalf("%s exists: a stored file of a version is not replaced", dir)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	clock := newClock()
	code := must(vault.NewRecoveryCode())(t)
	cheap := vault.Options{KDF: vault.KDF{Time: 1, Memory: 64, Threads: 1}}
	slots, keys, err := vault.Create(dir, vault.Person{ID: "01aaaaaaaaaaaaaaaaaaaaaaaa", SignIn: storedSenior}, []byte(storedPass), code, cheap)
	if err == nil {
		err = slots.Add(keys, vault.Person{ID: "01bbbbbbbbbbbbbbbbbbbbbbbb", SignIn: storedOther}, []byte(storedPass))
	}
	if err != nil {
		t.Fatal(err)
	}
	s := must(Open(filepath.Join(dir, FileName), Options{Sealer: keys, Now: clock.now}))(t)
	writeExample(t, s, clock)
	writeLater(t, s, clock)
	out := readStored(t, s)
	out.Recovery = code
	text, err := json.MarshalIndent(out, "", "\t")
	if err == nil {
		err = os.WriteFile(dir+".json", append(text, '\n'), 0o644)
	}
	if err := errors.Join(err, s.Close(), keys.Close()); err != nil {
		t.Fatal(err)
	}
}

// writeLater adds a hand-over, a screening, an erased patient and a way into backups.
func writeLater(t *testing.T, s *Store, clock *testClock) {
	t.Helper()
	ctx := audit.By(t.Context(), audit.Actor{Operator: clinical.Operator{ID: "01aaaaaaaaaaaaaaaaaaaaaaaa", Name: "Dr A. Meyer", Role: clinical.RoleSeniorClinician}})
	open := must(s.OpenTreatments(ctx))(t)[0]
	second := clinical.Operator{ID: s.NewID(), Name: "Dr B. Roth", Role: clinical.RoleClinician}
	if err := s.AppendHandOvers(ctx, open.ID, []clinical.HandOver{{At: clock.now(), From: open.Operator, To: second}}); err != nil {
		t.Fatal(err)
	}
	v := must(s.SaveScreening(ctx, aScreening(open.Patient)))(t)
	clock.add(time.Minute)
	v.Answers[0].Answer = clinical.AnswerUnknown
	must(s.SaveScreening(ctx, v))(t)

	gone := ana()
	gone.FamilyName, gone.FileNumber = "Lindqvist", "F-19902"
	gone = must(s.SavePatient(ctx, gone))(t)
	must(s.SavePreset(ctx, aPreset(gone.ID)))(t)
	must(s.SaveScreening(ctx, aScreening(gone.ID)))(t)
	given := must(s.BeginTreatment(ctx, aTreatment(gone.ID)))(t)
	if err := s.AppendPulses(ctx, given.ID, pulsesOf(6, 0, 3)); err != nil {
		t.Fatal(err)
	}
	clock.add(time.Hour)
	given.Outcome = clinical.OutcomeComplete
	must(s.EndTreatment(ctx, given))(t)
	must(s.ErasePatient(ctx, gone.ID, "Asked for in writing."))(t)
	must(s.BackupIdentity(ctx, vault.NewIdentity))(t)
	if err := s.Audit(ctx, audit.Entry{Action: audit.Lock, Why: fmt.Sprint("schema ", SchemaVersion)}); err != nil {
		t.Fatal(err)
	}
}
