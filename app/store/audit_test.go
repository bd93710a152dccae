package store

import (
	"errors"
	"flag"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"

	"stipple/app/audit"
	"stipple/app/clinical"
)

// meyer is at work in the tests of the audit chain.
func meyer() clinical.Operator {
	return clinical.Operator{ID: "01aaaaaaaaaaaaaaaaaaaaaaaa", Name: "Dr A. Meyer", Role: clinical.RoleClinician}
}

// told are the entries of a store as lines: who, what, and what of it is private.
func told(t *testing.T, s *Store) (lines []string) {
	t.Helper()
	all, err := s.AuditEntries(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	line := func(changes []audit.Change) string {
		var parts []string
		for _, c := range changes {
			parts = append(parts, c.Field+" "+c.Before.String()+">"+c.After.String())
		}
		return strings.Join(parts, ", ")
	}
	for _, e := range all {
		lines = append(lines, strings.Join([]string{e.Operator.Name, string(e.Action), line(e.Changes), line(e.Private)}, " | "))
	}
	return lines
}

// Every change of a record is in the chain, with who made it, the values before and
// after with their units, and what tells of the patient apart.
func TestChangesAreAudited(t *testing.T) {
	s, clock := newStore(t)
	ctx := audit.By(t.Context(), audit.Actor{Operator: meyer(), Why: "asked to"})
	p := must(s.SavePatient(ctx, ana()))(t)
	p.GivenName = "Ana María"
	p = must(s.SavePatient(ctx, p))(t)
	preset := must(s.SavePreset(ctx, aPreset(p.ID)))(t)
	preset.Settings.Depth = 1200
	preset = must(s.SavePreset(ctx, preset))(t)
	if err := s.DeletePreset(ctx, p.ID, preset.ID); err != nil {
		t.Fatal(err)
	}
	v := aTreatment(p.ID)
	v.Operator = meyer()
	v = must(s.BeginTreatment(t.Context(), v))(t)
	v.Outcome = clinical.OutcomeOpen
	v.Applied = []clinical.Applied{{At: clock.now(), Generation: 1, Settings: rfSet(1500, 60, 12, 100), SettingsHash: [8]byte{1}}}
	v.Arms = []clinical.ArmIntent{{At: clock.now(), CommandID: 1, Settings: rfSet(1500, 60, 12, 100), SettingsHash: [8]byte{1}}}
	v = must(s.AmendTreatment(t.Context(), v))(t)
	v.Outcome = clinical.OutcomeComplete
	must(s.EndTreatment(t.Context(), v))(t)
	must(s.SaveOperator(ctx, clinical.Operator{Name: "K. Lindt", Role: clinical.RoleServiceEngineer}))(t)
	if err := s.Audit(ctx, audit.Entry{Action: audit.SignOut}); err != nil {
		t.Fatal(err)
	}
	// What is refused leaves no entry.
	stale := p
	stale.Revision = 1
	if _, err := s.SavePatient(ctx, stale); !errors.Is(err, ErrConflict) {
		t.Error(err)
	}

	set := "depth >1500 µm, speed >60 /min, power >12000 mW, pulse >100 ms"
	want := []string{
		"patient.save | revision >1 | family_name >Ruiz, given_name >Ana, birth_date >1984-02-11, sex >female, skin_type >4, file_number >F-20417",
		"patient.save | revision 1>2 | given_name Ana>Ana María",
		"preset.save | revision >1, " + set + " | name >" + preset.Name + ", indication >acne_scars, zone >cheek_left",
		"preset.save | revision 1>2, depth 1500 µm>1200 µm | ",
		"preset.delete |  | ",
		"treatment.begin | outcome >intent, pen >0042 | indication >acne_scars, zone >cheek_left",
		"settings.apply | " + set + " | ",
		"pen.arm | " + set + " | ",
		"treatment.end | outcome open>complete | ",
		"operator.add | name >K. Lindt, role >service engineer | ",
		"sign_out |  | ",
	}
	for i := range want {
		want[i] = "Dr A. Meyer | " + want[i]
	}
	if diff := cmp.Diff(want, told(t, s)); diff != "" {
		t.Error(diff)
	}
	all, err := s.AuditEntries(t.Context(), 2, 1)
	if err != nil || len(all) != 1 || all[0].Why != "asked to" || all[0].Patient != p.ID {
		t.Errorf("%+v, %v", all, err)
	}
	report, err := s.VerifyAudit(t.Context(), nil)
	if err != nil || !report.OK() || report.Entries != uint64(len(want)) {
		t.Errorf("%+v, %v", report, err)
	}
	end, err := s.AuditEnd(t.Context())
	if err != nil || end != report.End {
		t.Errorf("%v, %v", end, err)
	}
}

var everyByte = flag.Bool("every-byte", false, "flip every byte of the audit bucket, and not each fourth of the values alone")

// Every byte of the bucket that is flipped, of values and of keys, and every entry that
// is missing, is found where it is, and what a head from outside knows is missed at the
// end. Package audit tries every bit of a chain.
func TestAuditBucketIsHeld(t *testing.T) {
	path, _ := exampleFile(t)
	s := openTest(t, path, newClock())
	end, err := s.AuditEnd(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.db.NoSync = true // thousands of commits; nothing here is about the disk
	var keys, values [][]byte
	inBucket := func(f func(b *bolt.Bucket) error) {
		t.Helper()
		if err := s.db.Update(func(tx *bolt.Tx) error { return f(tx.Bucket([]byte(bucketAudit))) }); err != nil {
			t.Fatal(err)
		}
	}
	inBucket(func(b *bolt.Bucket) error {
		return b.ForEach(func(k, v []byte) error {
			keys, values = append(keys, slices.Clone(k)), append(values, slices.Clone(v))
			return nil
		})
	})
	found := func() audit.Report {
		t.Helper()
		r, err := s.VerifyAudit(t.Context(), []audit.Known{{Seq: end.Seq, Head: end.Head, Where: "a report"}})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := found(); !r.OK() || r.Agreed != 1 {
		t.Fatalf("as it was: %+v", r)
	}
	one := func(what string, i int, change func(b *bolt.Bucket) error) {
		t.Helper()
		inBucket(change)
		r := found()
		if len(r.Findings) != 1 || r.Findings[0].From != uint64(i+1) {
			t.Fatalf("%s, entry %d: %+v", what, i+1, r.Findings)
		}
		inBucket(func(b *bolt.Bucket) error { return b.Put(keys[i], values[i]) })
	}
	flipped := 0
	for i, v := range values {
		for at := range v {
			if !*everyByte && (i+at)%4 != 0 {
				continue
			}
			one("a changed byte", i, func(b *bolt.Bucket) error {
				bad := slices.Clone(v)
				bad[at] ^= 0x04
				return b.Put(keys[i], bad)
			})
			flipped++
		}
	}
	for i, k := range keys {
		for at := range k { // the entry is missing, and is found at a number that nobody gave it
			bad := slices.Clone(k)
			bad[at] ^= 0x80
			inBucket(func(b *bolt.Bucket) error { return errors.Join(b.Delete(k), b.Put(bad, values[i])) })
			if r := found(); r.OK() || !slices.ContainsFunc(r.Findings, func(f audit.Finding) bool { return f.From == uint64(i+1) }) {
				t.Fatalf("byte %d of the key of entry %d: %+v", at, i+1, r.Findings)
			}
			inBucket(func(b *bolt.Bucket) error { return errors.Join(b.Delete(bad), b.Put(k, values[i])) })
			flipped++
		}
	}
	t.Logf("%d entries, %d bytes flipped one by one, each found", len(keys), flipped)
	for i := range keys {
		one("a missing entry", i, func(b *bolt.Bucket) error { return b.Delete(keys[i]) })
	}
	if r := found(); !r.OK() {
		t.Fatalf("put right again: %+v", r)
	}
}

// The chain of a store goes on after the program was started anew.
func TestAuditGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	var last audit.End
	for i := range 3 {
		s := openTest(t, path, newClock())
		if err := s.Audit(t.Context(), audit.Entry{Action: audit.SignIn}); err != nil {
			t.Fatal(err)
		}
		end, err := s.AuditEnd(t.Context())
		if err != nil || end.Seq != uint64(i+1) || end.Head == last.Head {
			t.Fatalf("%v after %v, %v", end, last, err)
		}
		r, err := s.VerifyAudit(t.Context(), nil)
		if err != nil || !r.OK() || r.End != end {
			t.Fatalf("%+v, %v", r, err)
		}
		last = end
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
