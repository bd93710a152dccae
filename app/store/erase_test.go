package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"

	"stipple/app/audit"
	"stipple/app/clinical"
	"stipple/app/vault"
)

// practice is a store with keys in files, as a practice has it.
type practice struct {
	t     *testing.T
	dir   string
	clock *testClock
}

const (
	practicePass = "four words beat one"
	practiceWhy  = "Asked for in writing."
)

// newPractice has one senior clinician, one technician, and the example with all of
// its treatments ended.
func newPractice(t *testing.T) (practice, content) {
	t.Helper()
	p := practice{t: t, dir: t.TempDir(), clock: newClock()}
	code := must(vault.NewRecoveryCode())(t)
	slots, keys, err := vault.Create(p.dir, vault.Person{ID: "01aaaaaaaaaaaaaaaaaaaaaaaa", SignIn: "ada"}, []byte(practicePass), code, p.cheap())
	if err != nil {
		t.Fatal(err)
	}
	if err := slots.Add(keys, vault.Person{ID: "01bbbbbbbbbbbbbbbbbbbbbbbb", SignIn: "bela"}, []byte(practicePass)); err != nil {
		t.Fatal(err)
	}
	s := must(Open(p.path(), Options{Sealer: keys, Now: p.clock.now}))(t)
	writeExample(t, s, p.clock)
	for _, v := range must(s.OpenTreatments(t.Context()))(t) {
		must(s.SaveScreening(t.Context(), aScreening(v.Patient)))(t)
		second := clinical.Operator{Name: "B. Roth", Role: clinical.RoleClinician}
		if err := s.AppendHandOvers(t.Context(), v.ID, []clinical.HandOver{{At: p.clock.now(), From: v.Operator, To: second}}); err != nil {
			t.Fatal(err)
		}
		v.Outcome = clinical.OutcomeComplete
		must(s.EndTreatment(t.Context(), v))(t)
	}
	c := must(readAll(t.Context(), s))(t)
	if err := errors.Join(s.Close(), keys.Close()); err != nil {
		t.Fatal(err)
	}
	return p, c
}

func (p practice) path() string { return filepath.Join(p.dir, FileName) }

func (p practice) cheap() vault.Options {
	return vault.Options{KDF: vault.KDF{Time: 1, Memory: 64, Threads: 1}}
}

// signIn opens the keys of one who works here.
func (p practice) signIn(who string) *vault.Vault {
	p.t.Helper()
	slots := must(vault.Load(p.dir, p.cheap()))(p.t)
	keys, _, err := slots.SignIn(who, []byte(practicePass), p.clock.now())
	if err != nil {
		p.t.Fatal(err)
	}
	return keys
}

// open opens the store for somebody, and closes it with the test.
func (p practice) open(who string) *Store {
	p.t.Helper()
	keys := p.signIn(who)
	s, err := Open(p.path(), Options{Sealer: keys, Now: p.clock.now})
	if err != nil {
		p.t.Fatal(err)
	}
	s.keys = keys
	p.t.Cleanup(func() { _ = s.Close() })
	return s
}

// crash is the folder as a crash at this moment would leave it.
func (p practice) crash() practice {
	p.t.Helper()
	after := practice{t: p.t, dir: p.t.TempDir(), clock: p.clock}
	for _, name := range filesIn(p.t, p.dir) {
		data, err := os.ReadFile(filepath.Join(p.dir, name))
		if err := errors.Join(err, os.WriteFile(filepath.Join(after.dir, name), data, fileMode)); err != nil {
			p.t.Fatal(err)
		}
	}
	return after
}

// anas is the patient of the example who has presets and treatments.
func anas(t *testing.T, c content) (clinical.Patient, []clinical.Treatment) {
	t.Helper()
	i := slices.IndexFunc(c.Patients, func(p clinical.Patient) bool { return p.FamilyName == "Ruiz" })
	if i < 0 || len(c.Treatments[i]) == 0 || len(c.Presets[i]) == 0 {
		t.Fatal("the example has nobody to erase")
	}
	return c.Patients[i], c.Treatments[i]
}

func (p practice) senior(ctx context.Context) context.Context {
	return audit.By(ctx, audit.Actor{Operator: clinical.Operator{ID: "01aaaaaaaaaaaaaaaaaaaaaaaa", Name: "Dr A. Meyer", Role: clinical.RoleSeniorClinician}})
}

// isErased looks for everything that an erasure promises.
func (p practice) isErased(who clinical.Patient, gone []clinical.Treatment, before content) {
	t, ctx := p.t, p.t.Context()
	t.Helper()
	s := p.open("ada")
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := errors.Join(s.Unfinished(), s.Verify(ctx)); err != nil {
		t.Error(err)
	}
	after := must(readAll(ctx, s))(t)
	i := slices.IndexFunc(before.Patients, func(o clinical.Patient) bool { return o.ID != who.ID })
	if len(after.Patients) != 1 || !cmp.Equal(after.Patients[0], before.Patients[i]) || !cmp.Equal(after.Operators, before.Operators) {
		t.Errorf("left: %+v", after.Patients)
	}
	_, one := s.Patient(ctx, who.ID)
	_, history := s.PatientHistory(ctx, who.ID)
	_, treatment := s.Treatment(ctx, gone[0].ID)
	_, heads := s.TreatmentHistory(ctx, gone[0].ID)
	_, began := s.BeginTreatment(ctx, aTreatment(who.ID))
	_, preset := s.SavePreset(ctx, aPreset(who.ID))
	_, saved := s.SavePatient(ctx, who)
	for name, err := range map[string]error{
		"patient": one, "history": history, "treatment": treatment, "heads": heads, "begin": began, "preset": preset,
		"touch": s.Touch(ctx, who.ID), "save": saved,
	} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if all, err := s.Screenings(ctx, who.ID); len(all) != 0 || err != nil {
		t.Error(all, err)
	}
	if hits, total, err := s.SearchPatients(ctx, "Ruiz", 10); len(hits) != 0 || total != 0 || err != nil {
		t.Error(hits, total, err)
	}
	if err := s.sealer.Own(who.ID); !errors.Is(err, vault.ErrErased) {
		t.Errorf("the key: %v", err)
	}
	p.keepsSafety(s, who, gone)
	p.isAudited(s, who)
	// Neither the ids are in the file, in no page of it.
	data, err := os.ReadFile(p.path())
	if err != nil {
		t.Fatal(err)
	}
	ids := []clinical.ID{who.ID}
	for _, v := range gone {
		ids = append(ids, v.ID)
	}
	for _, id := range ids {
		if i := bytes.Index(data, []byte(id)); i >= 0 {
			t.Errorf("%s stands in the file at %d", id, i)
		}
	}
	for _, name := range filesIn(t, p.dir) {
		if name != FileName && !strings.HasPrefix(name, vault.SlotsName) && name != vault.PatientsName {
			t.Errorf("left over: %s", name)
		}
	}
}

// keepsSafety holds the safety records against the treatments.
func (p practice) keepsSafety(s *Store, who clinical.Patient, gone []clinical.Treatment) {
	p.t.Helper()
	kept, err := s.SafetyRecords(p.t.Context())
	if err != nil || len(kept) != len(gone) {
		p.t.Fatalf("%d safety records of %d: %v", len(kept), len(gone), err)
	}
	for i, r := range kept {
		v := gone[len(gone)-1-i] // the newest is the first of the list
		want := v.Safety()
		want.Pseudonym, want.Number = kept[0].Pseudonym, i+1
		if diff := cmp.Diff(want, r); diff != "" {
			p.t.Error(diff)
		}
		if r.PenSerial != "0042" || r.Tip.Lot != "7KX20" || r.Pulses != len(v.Pulses) || r.Energy != v.Energy() || len(r.Alarms) != 1 || r.Results["complete"] != len(v.Pulses) {
			p.t.Errorf("%+v", r)
		}
	}
	if !validID(kept[0].Pseudonym) || kept[0].Pseudonym == who.ID {
		p.t.Error("pseudonym:", kept[0].Pseudonym)
	}
	// Nothing in it leads back.
	text := must(json.Marshal(kept))(p.t)
	words := []string{"Ruiz", "Ana", "F-20417", "1984", "Meyer", string(who.ID), timeOfDay(gone[0].Started)}
	for _, v := range gone {
		words = append(words, string(v.ID))
	}
	for _, w := range words {
		if strings.Contains(string(text), w) {
			p.t.Errorf("%q is in %s", w, text)
		}
	}
}

func timeOfDay(at time.Time) string { return at.UTC().Format("15:04:05") }

func (p practice) isAudited(s *Store, who clinical.Patient) {
	p.t.Helper()
	r, err := s.VerifyAudit(p.t.Context(), nil)
	if err != nil || !r.OK() {
		p.t.Errorf("audit: %+v, %v", r, err)
	}
	n := 0
	for _, e := range must(s.AuditEntries(p.t.Context(), 1, 1000))(p.t) {
		if e.Action != audit.PatientErase {
			continue
		}
		n++
		if e.Patient != who.ID || e.Why != practiceWhy || e.Operator.Name != "Dr A. Meyer" {
			p.t.Errorf("%+v", e)
		}
	}
	if n != 1 {
		p.t.Errorf("%d entries of an erasure", n)
	}
}

func TestErasePatient(t *testing.T) {
	p, before := newPractice(t)
	who, gone := anas(t, before)
	s := p.open("ada")
	e, err := s.ErasePatient(p.senior(t.Context()), who.ID, "  "+practiceWhy)
	if want := (clinical.Erased{Patient: who.ID, Presets: 1, Treatments: 2}); err != nil || e != want {
		t.Fatal(e, err)
	}
	// The store is as good as before: written, read, closed, and nobody else's meanwhile.
	if _, err := Ready(p.path()); !errors.Is(err, ErrInUse) {
		t.Errorf("while it is open: %v", err)
	}
	if _, err := s.ErasePatient(t.Context(), who.ID, practiceWhy); !errors.Is(err, ErrNotFound) {
		t.Error("a second time:", err)
	}
	if err := s.SaveSetting(t.Context(), "room", []byte("2")); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	p.isErased(who, gone, before)
	if room, err := p.open("ada").Setting(t.Context(), "room"); string(room) != "2" || err != nil {
		t.Error(room, err)
	}
}

// What is refused has changed nothing.
func TestErasingIsRefused(t *testing.T) {
	p, c := newPractice(t)
	who, _ := anas(t, c)
	s := p.open("ada")
	ctx := t.Context()
	v := must(s.BeginTreatment(ctx, aTreatment(who.ID)))(t)
	before := must(readAll(ctx, s))(t)
	end := must(s.AuditEnd(ctx))(t)
	refused := func(id clinical.ID, reason string, want error, field Problem) {
		t.Helper()
		_, err := s.ErasePatient(ctx, id, reason)
		if want != nil && !errors.Is(err, want) || field != "" && fieldsOf(err)["Reason"] != string(field) {
			t.Errorf("%q: %v", reason, err)
		}
	}
	refused(who.ID, practiceWhy, ErrTreatmentOpen, "")
	refused("nobody", practiceWhy, ErrNotFound, "")
	refused(s.NewID(), practiceWhy, ErrNotFound, "")
	refused(who.ID, " ", nil, Missing)
	refused(who.ID, strings.Repeat("x", audit.MaxWhyRunes+1), nil, TooLong)
	v.Outcome, v.Reconciled.Cause = clinical.OutcomeUncertain, clinical.CauseLink
	v = must(s.AmendTreatment(ctx, v))(t)
	refused(who.ID, practiceWhy, ErrTreatmentOpen, "")
	v.Reconciled.Signature, v.Ended = signed(clinical.AsUncertain).Signature, p.clock.now()
	must(s.ReconcileTreatment(ctx, v))(t)
	for _, reason := range []string{"Ms Ruiz asked.", "as RUÍZ wants", "file f-20417", "20417", "born 1984-02-11", "Ana's wish"} {
		refused(who.ID, reason, nil, NamesPerson)
	}
	after := must(readAll(ctx, s))(t)
	after.Open, before.Open, after.Treatments, before.Treatments, after.Heads, before.Heads = nil, nil, nil, nil, nil, nil
	if diff := cmp.Diff(before, after); diff != "" {
		t.Error(diff)
	}
	if now := must(s.AuditEnd(ctx))(t); now.Seq != end.Seq+1 { // the signature
		t.Errorf("%d entries", now.Seq-end.Seq)
	}
	if kept := must(s.SafetyRecords(ctx))(t); len(kept) != 0 {
		t.Error(kept)
	}
	// Signed as uncertain, it has ended.
	if _, err := s.ErasePatient(ctx, who.ID, practiceWhy); err != nil {
		t.Error(err)
	}
}

// A crash after each step of an erasure leaves one that the next opening finishes, by
// whoever holds the patient key.
func TestErasingAndACrash(t *testing.T) {
	p, before := newPractice(t)
	who, gone := anas(t, before)
	ctx := p.senior(t.Context())
	s := p.open("ada")
	var crashes []practice
	crash := func() { crashes = append(crashes, p.crash()) }

	e := clinical.Erased{Patient: who.ID}
	by := audit.Who(ctx)
	by.Why = practiceWhy
	err := s.update(ctx, func(t *txn) error { return s.takeOut(audit.By(ctx, by), t, &e, practiceWhy) })
	if err != nil {
		t.Fatal(err)
	}
	crash() // out of the file, the key there
	if err := s.sealer.Disown(who.ID); err != nil {
		t.Fatal(err)
	}
	crash() // the key dropped, and not forgotten
	if err := s.dropKey(ctx, who.ID); err != nil {
		t.Fatal(err)
	}
	crash() // not compacted
	half := crashes[2].crash()
	if err := os.WriteFile(half.path()+".new-12", []byte(who.ID), fileMode); err != nil {
		t.Fatal(err)
	}
	crashes = append(crashes, half) // while it was compacted
	old, err := s.compactHeld()
	if err != nil || len(old) != 1 {
		t.Fatal(len(old), err)
	}
	crash() // the old file still open
	if err := errors.Join(s.retire(old), s.Close()); err != nil {
		t.Fatal(err)
	}
	for i, c := range append(crashes, p) {
		t.Run(fmt.Sprint("after step ", i), func(t *testing.T) {
			c.t = t
			// Who can't open patients does not finish it, and is not kept out by it.
			if err := c.open("bela").Close(); err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(c.path())
			for _, v := range gone {
				if err != nil || bytes.Contains(data, []byte(v.ID)) {
					t.Errorf("of the treatments something is in a free page: %v", err)
				}
			}
			if has := must(vaultHas(c, who.ID))(t); has != (i == 0) {
				t.Errorf("the key is there: %v", has)
			}
			c.isErased(who, gone, before)
		})
	}
}

// vaultHas says whether a patient has a key.
func vaultHas(p practice, id clinical.ID) (bool, error) {
	keys := p.signIn("ada")
	err := keys.Own(id)
	if errors.Is(err, vault.ErrErased) {
		return false, keys.Close()
	}
	return err == nil, errors.Join(err, keys.Close())
}

// A crash before the write leaves nothing done; a key that can't be dropped is told, and
// dropped by a second call.
func TestErasingWithoutRoomForTheKeys(t *testing.T) {
	p, before := newPractice(t)
	who, gone := anas(t, before)
	keys := &failingKeys{Vault: p.signIn("ada"), err: errors.New("no room")}
	s := must(Open(p.path(), Options{Sealer: keys, Now: p.clock.now}))(t)
	ctx := p.senior(t.Context())
	if _, err := s.ErasePatient(ctx, who.ID, practiceWhy); !errors.Is(err, ErrNotErased) || !errors.Is(err, keys.err) {
		t.Fatal(err)
	}
	if _, err := s.Patient(ctx, who.ID); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = must(Open(p.path(), Options{Sealer: keys, Now: p.clock.now}))(t)
	if err := s.Unfinished(); !errors.Is(err, ErrNotErased) {
		t.Error("at the next start:", err)
	}
	keys.err = nil
	if _, err := s.ErasePatient(ctx, who.ID, "again"); err != nil {
		t.Error(err)
	}
	if err := errors.Join(s.Close(), keys.Close()); err != nil {
		t.Fatal(err)
	}
	p.isErased(who, gone, before)
}

// failingKeys drop no key while there is an error.
type failingKeys struct {
	*vault.Vault
	err error
}

func (k *failingKeys) Disown(id clinical.ID) error {
	if k.err != nil {
		return k.err
	}
	return k.Vault.Disown(id)
}

// Nobody without the patient key can have somebody erased, by writing that it was begun.
func TestForgedErasure(t *testing.T) {
	s, path, keys, p, other, _ := heldStore(t)
	for name, sealed := range map[string][]byte{
		"by the practice's key": must(keys.Seal(vault.Place{Bucket: bucketErasing, Key: key(p.ID), Schema: SchemaVersion}, noOwner, nil))(t),
		"a copied value":        must(keys.Seal(vault.Place{Bucket: bucketRecent, Key: key(p.ID), Schema: SchemaVersion}, p.ID, nil))(t),
		"of another":            must(keys.Seal(vault.Place{Bucket: bucketErasing, Key: key(p.ID), Schema: SchemaVersion}, other.ID, nil))(t),
	} {
		write(t, s, bucketErasing, key(p.ID), func([]byte) []byte { return sealed })
		if err := errors.Join(s.finishErasures()...); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
		if err := keys.Own(p.ID); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, Options{Sealer: keys}); !errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
}

// While the file is written anew, what reads goes on in the old one, and what is written
// afterwards is in the new one. The erasure ends when the old one is gone.
func TestErasingWhileOthersRead(t *testing.T) {
	p, before := newPractice(t)
	who, gone := anas(t, before)
	s := p.open("ada")
	ctx := p.senior(t.Context())
	erased := make(chan error, 1)
	err := s.Snapshot(ctx, func(now *Snapshot) error {
		go func() {
			_, err := s.ErasePatient(ctx, who.ID, practiceWhy)
			erased <- err
		}()
		old := now.t.tx.DB()
		for {
			db, giveBack := s.borrow()
			giveBack()
			if db != old {
				break
			}
		}
		if _, err := s.Patient(ctx, who.ID); !errors.Is(err, ErrNotFound) {
			t.Error("in the new file:", err)
		}
		if err := s.SaveSetting(ctx, "room", []byte("3")); err != nil {
			t.Error(err)
		}
		select {
		case err := <-erased:
			t.Error("it has ended while the old file is read:", err)
		default:
		}
		var copied bytes.Buffer
		if _, err := now.WriteTo(&copied); err != nil {
			return err
		}
		if err := checkPages(bytes.NewReader(copied.Bytes()), int64(copied.Len())); err != nil {
			t.Error("the copy:", err)
		}
		if n := must(now.Counts(t.Context()))(t)[bucketPatients]; n != 3 {
			t.Errorf("%d revisions of patients in the old file", n)
		}
		return nil
	})
	if err := errors.Join(err, <-erased, s.Close()); err != nil {
		t.Fatal(err)
	}
	p.isErased(who, gone, before)
}

// The old file is open for whoever has it already, and has not begun to read.
func TestOldFileWaitsForItsReaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, _, _, _, _ := heldStore(t)
		if err := s.update(t.Context(), func(t *txn) error { return t.markCompact() }); err != nil {
			t.Fatal(err)
		}
		db, giveBack := s.borrow()
		old, err := s.compactHeld()
		if err != nil || len(old) != 1 || old[0].db != db {
			t.Fatal(old, err)
		}
		retired := make(chan error, 1)
		go func() { retired <- s.retire(old) }()
		synctest.Wait()
		if err := db.View(func(*bolt.Tx) error { return nil }); err != nil {
			t.Error(err)
		}
		giveBack()
		if err := <-retired; err != nil {
			t.Error(err)
		}
		if err := db.View(func(*bolt.Tx) error { return nil }); err == nil {
			t.Error("the old file is open still")
		}
		if err := errors.Join(s.Verify(t.Context()), s.Close()); err != nil {
			t.Error(err)
		}
	})
}

// Where the file can't be written anew, that is told, and the next start does it.
func TestErasingWithoutCompacting(t *testing.T) {
	p, before := newPractice(t)
	who, gone := anas(t, before)
	s := p.open("ada")
	away := p.path() + ".away"
	if err := os.Rename(p.path(), away); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ErasePatient(p.senior(t.Context()), who.ID, practiceWhy); !errors.Is(err, ErrNotCompacted) || codeOf(err) != "not_compacted" {
		t.Error(err)
	}
	if err := errors.Join(os.Rename(away, p.path()), s.SaveSetting(t.Context(), "room", nil), s.Close()); err != nil {
		t.Fatal(err)
	}
	p.isErased(who, gone, before)
}

// What a pen has said keeps nobody from being erased, however much it is.
func TestErasingWithMoreAlarmsThanAValueHolds(t *testing.T) {
	p, c := newPractice(t)
	who, _ := anas(t, c)
	s := p.open("ada")
	ctx := t.Context()
	p.clock.add(time.Hour)
	v := must(s.BeginTreatment(ctx, aTreatment(who.ID)))(t)
	const n = 1000
	var alarms []clinical.Alarm
	var pulses []clinical.Pulse
	for i := range n {
		alarms = append(alarms, clinical.Alarm{At: p.clock.now(), Code: uint16(i), Priority: "low", Text: strings.Repeat("ü", maxTextRunes), Measured: strings.Repeat("ü", maxTextRunes)})
		pulse := pulsesOf(1, uint32(i), 1)[0]
		pulse.Result = fmt.Sprint(strings.Repeat("r", maxWordRunes-4), i)
		pulses = append(pulses, pulse)
	}
	if err := errors.Join(s.AppendAlarms(ctx, v.ID, alarms), s.AppendPulses(ctx, v.ID, pulses)); err != nil {
		t.Fatal(err)
	}
	v.Outcome = clinical.OutcomeStopped
	must(s.EndTreatment(ctx, v))(t)
	if _, err := s.ErasePatient(ctx, who.ID, practiceWhy); err != nil {
		t.Fatal(err)
	}
	kept := must(s.SafetyRecords(ctx))(t)
	r := kept[len(kept)-1]
	if len(r.Alarms) < n/4 || len(r.Alarms)+r.AlarmsLeftOut != n || r.Pulses != n || len(r.Results) != clinical.MaxSafetyResults+1 || r.Results[clinical.SafetyOther] != n-clinical.MaxSafetyResults {
		t.Errorf("%d alarms, %d left out, %d pulses, %d results", len(r.Alarms), r.AlarmsLeftOut, r.Pulses, len(r.Results))
	}
}

// childErase adds patients and erases them for ever.
func childErase(path string, say func(line)) error {
	ctx := context.Background()
	say(line{What: "start"})
	s, err := OpenTraining(path, Options{})
	if err != nil {
		return err
	}
	for {
		p := ana()
		p.FileNumber = fmt.Sprintf("C-%s", s.NewID())
		if p, err = s.SavePatient(ctx, p); err != nil {
			return err
		}
		v, err := s.BeginTreatment(ctx, aTreatment(p.ID))
		if err != nil {
			return err
		}
		v.Outcome = clinical.OutcomeComplete
		if _, err = s.EndTreatment(ctx, v); err != nil {
			return err
		}
		say(line{What: "saved", ID: string(p.ID)})
		if _, err := s.ErasePatient(ctx, p.ID, "asked for"); err != nil {
			return err
		}
		say(line{What: "erased", ID: string(p.ID)})
	}
}

// A process is killed at random moments of erasures. What it had said to be erased is
// gone, and whom it was about to erase is either there, whole, or gone.
func TestKilledWhileErasing(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	rng := rand.New(rand.NewPCG(3, 4))
	var saved, erased []clinical.ID
	for range *kills {
		cmd, out := startChild(t, "erase", path)
		lines := 1 + rng.IntN(6)
		pause := time.Duration(rng.IntN(20)) * time.Millisecond
		for n := 0; ; n++ {
			if n == lines {
				time.AfterFunc(pause, func() { _ = cmd.Process.Kill() })
			}
			var l line
			if err := out.Decode(&l); err != nil {
				break
			}
			switch l.What {
			case "saved":
				saved = append(saved, clinical.ID(l.ID))
			case "erased":
				erased = append(erased, clinical.ID(l.ID))
			}
		}
		if err := cmd.Wait(); err == nil {
			t.Fatal("the child ended by itself")
		}
		checkErased(t, path, saved, erased)
	}
	t.Logf("%d saved, %d erased", len(saved), len(erased))
}

func checkErased(t *testing.T, path string, saved, erased []clinical.ID) {
	t.Helper()
	s := must(OpenTraining(path, Options{}))(t)
	ctx := t.Context()
	if err := errors.Join(s.Unfinished(), s.Verify(ctx)); err != nil {
		t.Error(err)
	}
	if r, err := s.VerifyAudit(ctx, nil); err != nil || !r.OK() {
		t.Errorf("%+v, %v", r, err)
	}
	for _, id := range saved {
		all, listed := s.Treatments(ctx, id)
		_, err := s.Patient(ctx, id)
		owned := s.sealer.Own(id)
		switch gone := errors.Is(err, ErrNotFound); {
		case gone && (len(all) != 0 || listed != nil || !errors.Is(owned, vault.ErrErased)):
			t.Errorf("%s is gone, with %d treatments: %v, key %v", id, len(all), listed, owned)
		case !gone && (err != nil || len(all) != 1 || owned != nil):
			t.Errorf("%s is there, with %d treatments: %v, key %v", id, len(all), err, owned)
		case !gone && slices.Contains(erased, id):
			t.Errorf("%s was erased and is there", id)
		}
	}
	kept := must(s.SafetyRecords(ctx))(t)
	_, there, err := s.SearchPatients(ctx, "", 0)
	if err := errors.Join(err, s.Close()); err != nil {
		t.Error(err)
	}
	// Patients whose saving was not told any more may be there too.
	if len(kept)+there < len(saved) || len(kept) < len(erased) {
		t.Errorf("%d safety records, %d patients, of %d saved and %d erased", len(kept), there, len(saved), len(erased))
	}
}
