package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"

	"stipple/app/audit"
	"stipple/app/clinical"
	"stipple/app/vault"
)

const (
	rekeyPass = "four words beat one"

	ada  clinical.ID = "01aaaaaaaaaaaaaaaaaaaaaaaa"
	bela clinical.ID = "01bbbbbbbbbbbbbbbbbbbbbbbb"
	cleo clinical.ID = "01cccccccccccccccccccccccc"
)

// clinic is a practice's folder with a senior clinician, a clinician and a technician,
// signed in to by the first.
type clinic struct {
	dir, path string
	clock     *testClock
	slots     *vault.Slots
	keys      *vault.Vault
	s         *Store
}

func cheapKeys() vault.Options {
	return vault.Options{KDF: vault.KDF{Time: 1, Memory: 64, Threads: 1}}
}

func newClinic(t testing.TB) *clinic {
	t.Helper()
	c := &clinic{dir: t.TempDir(), clock: newClock()}
	c.path = filepath.Join(c.dir, FileName)
	code := must(vault.NewRecoveryCode())(t)
	var err error
	c.slots, c.keys, err = vault.Create(c.dir, vault.Person{ID: ada, SignIn: "ada"}, []byte(rekeyPass), code, cheapKeys())
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(
		c.slots.Add(c.keys, vault.Person{ID: bela, SignIn: "bela", HoldsPatients: true}, []byte(rekeyPass)),
		c.slots.Add(c.keys, vault.Person{ID: cleo, SignIn: "cleo"}, []byte(rekeyPass)),
		c.slots.Complete(),
	)
	if err != nil {
		t.Fatal(err)
	}
	c.open(t)
	return c
}

func (c *clinic) open(t testing.TB) {
	t.Helper()
	s, err := Open(c.path, Options{Sealer: c.keys, Now: c.clock.now})
	if err != nil {
		t.Fatal(err)
	}
	c.s = s
	t.Cleanup(func() { _ = errors.Join(s.Close(), c.keys.Close()) })
}

// signIn is the folder in a later process, by a name.
func signIn(t testing.TB, dir, name string, clock *testClock) *clinic {
	t.Helper()
	c := &clinic{dir: dir, path: filepath.Join(dir, FileName), clock: clock}
	c.slots = must(vault.Load(dir, cheapKeys()))(t)
	var err error
	if c.keys, _, err = c.slots.SignIn(name, []byte(rekeyPass), time.Now()); err != nil {
		t.Fatal(err)
	}
	c.open(t)
	return c
}

func (c *clinic) close(t testing.TB) {
	t.Helper()
	if err := errors.Join(c.s.Close(), c.keys.Close()); err != nil {
		t.Fatal(err)
	}
}

// rekey goes from wherever the re-key is to its end.
func (c *clinic) rekey(t testing.TB) {
	t.Helper()
	if err := errors.Join(c.slots.BeginRekey(c.keys), c.s.Rekey(t.Context(), nil), c.slots.EndRekey(c.keys)); err != nil {
		t.Fatal(err)
	}
}

// fill writes the example, and a treatment of many pulses.
func (c *clinic) fill(t testing.TB) content {
	t.Helper()
	writeExample(t, c.s, c.clock)
	p := must(c.s.SavePatient(t.Context(), clinical.Patient{
		FamilyName: "Okafor", GivenName: "Ada", BirthDate: ana().BirthDate, Sex: clinical.Female, Fitzpatrick: clinical.FitzpatrickIV, FileNumber: "F-3",
	}))(t)
	v := must(c.s.BeginTreatment(t.Context(), aTreatment(p.ID)))(t)
	if err := c.s.AppendPulses(t.Context(), v.ID, pulsesOf(1, 0, 2*rekeyBatch+3)); err != nil {
		t.Fatal(err)
	}
	v.Outcome = clinical.OutcomeComplete
	must(c.s.EndTreatment(t.Context(), v))(t)
	return must(readAll(t.Context(), c.s))(t)
}

// whole fails unless all of want is there, the audit chain holds, and each private part
// of it opens.
func (c *clinic) whole(t testing.TB, want content) {
	t.Helper()
	got, err := readAll(t.Context(), c.s)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if err := c.s.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	c.audited(t)
}

// audited are the entries of the chain, which holds, and all of which open.
func (c *clinic) audited(t testing.TB) []AuditEntry {
	t.Helper()
	report, err := c.s.VerifyAudit(t.Context(), nil)
	if err != nil || !report.OK() {
		t.Error(err, report.Findings)
	}
	entries := must(c.s.AuditEntries(t.Context(), 1, 1e6))(t)
	for _, e := range entries {
		if e.Sealed != nil {
			t.Errorf("entry %d: %v", e.Seq, e.Sealed)
		}
		if e.Action == audit.PatientSave && len(e.Private) == 0 {
			t.Errorf("entry %d tells nothing of the patient", e.Seq)
		}
	}
	return entries
}

// raw are all sealed values of a file, by bucket and key.
func raw(t testing.TB, s *Store) map[string]map[string][]byte {
	t.Helper()
	all := make(map[string]map[string][]byte)
	err := s.db.View(func(tx *bolt.Tx) error {
		for _, name := range sealedBuckets() {
			all[name] = make(map[string][]byte)
			c := tx.Bucket([]byte(name)).Cursor()
			for k, v := c.First(); k != nil; k, v = c.Next() {
				all[name][string(k)] = bytes.Clone(v)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A re-key loses nothing, tells of itself once, and leaves nothing that the former keys
// open: not in the values, and after the next opening nowhere in the file.
func TestRekeyLeavesNothingBehind(t *testing.T) {
	c := newClinic(t)
	want := c.fill(t)
	leaver, _, err := must(vault.Load(c.dir, cheapKeys()))(t).SignIn("bela", []byte(rekeyPass), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = leaver.Close() }()
	before := raw(t, c.s)
	opens := func(in map[string]map[string][]byte) (n int) {
		for bucket, values := range in {
			for k, v := range values {
				for _, generation := range []byte{v[2], 1} { // as it is, and as if it were of the leaver's
					v[2] = generation
					if _, err := leaver.Open(vault.Place{Bucket: bucket, Key: []byte(k), Schema: SchemaVersion}, v); err == nil {
						n++
						break
					}
				}
			}
		}
		return n
	}
	total := 0
	for _, values := range before {
		total += len(values)
	}
	if n := opens(before); n != total {
		t.Fatalf("%d of %d values open before", n, total)
	}
	if err := c.slots.Remove(bela); err != nil {
		t.Fatal(err)
	}
	if err := c.slots.BeginRekey(c.keys); err != nil {
		t.Fatal(err)
	}
	var told []int64
	err = c.s.Rekey(t.Context(), func(done, of int64) {
		if of < int64(total) || done > of || len(told) > 0 && done < told[len(told)-1] {
			t.Errorf("%d of %d after %v", done, of, told)
		}
		told = append(told, done)
	})
	if err != nil || len(told) < len(sealedBuckets()) || told[len(told)-1] < int64(total) {
		t.Fatal(told, err)
	}
	c.whole(t, want)
	if err := errors.Join(c.s.Rekey(t.Context(), nil), c.slots.EndRekey(c.keys), c.s.Rekey(t.Context(), nil)); err != nil {
		t.Fatal(err)
	}
	c.whole(t, want)
	c.close(t)

	c = signIn(t, c.dir, "ada", c.clock)
	c.whole(t, want)
	after := raw(t, c.s)
	if n := opens(after); n > 0 {
		t.Errorf("the leaver opens %d values", n)
	}
	var states []string
	for _, e := range c.audited(t) {
		if e.Action == audit.Rekey {
			states = append(states, e.Changes[0].After.Text)
		}
	}
	if !slices.Equal(states, []string{"begun", "ended"}) {
		t.Errorf("told %v", states)
	}
	c.close(t)
	data, err := os.ReadFile(c.path)
	if err != nil {
		t.Fatal(err)
	}
	for bucket, values := range before {
		for _, v := range values {
			if bytes.Contains(data, v[len(v)-16:]) { // the tag is no other value's
				t.Fatalf("%s: a value under former keys is left in the file", bucket)
			}
		}
	}
}

// stepped ends after so many looks at it: between two transactions.
type stepped struct {
	context.Context
	left int
}

func (s *stepped) Err() error {
	if s.left--; s.left < 0 {
		return context.Canceled
	}
	return nil
}

// copied is the folder as a crash would leave it now.
func (c *clinic) copied(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{FileName, vault.SlotsName, vault.PatientsName} {
		data, err := os.ReadFile(filepath.Join(c.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, fileMode); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// A crash after each of the transactions: whoever signs in next reads and writes all
// that is theirs, and who holds the patient key brings the re-key to its end.
func TestRekeyCrashesAnywhere(t *testing.T) {
	c := newClinic(t)
	want := c.fill(t)
	if err := errors.Join(c.slots.Remove(bela), c.slots.BeginRekey(c.keys)); err != nil {
		t.Fatal(err)
	}
	crash := func() {
		t.Helper()
		later := signIn(t, c.copied(t), "cleo", c.clock)
		operators, err := later.s.Operators(t.Context())
		if diff := cmp.Diff(want.Operators, operators); err != nil || diff != "" {
			t.Error(err, diff)
		}
		if report, err := later.s.VerifyAudit(t.Context(), nil); err != nil || !report.OK() {
			t.Error(err, report.Findings)
		}
		if later.slots.WantsRekey(later.keys) {
			t.Error("a technician is asked for a re-key")
		}
		must(later.s.SaveOperator(t.Context(), clinical.Operator{Name: "New", Role: clinical.RoleTechnician}))(t)
		later.close(t)
		later = signIn(t, later.dir, "ada", c.clock)
		now := want
		now.Operators = must(later.s.Operators(t.Context()))(t)
		later.whole(t, now)
		later.rekey(t)
		later.whole(t, now)
		if later.slots.WantsRekey(later.keys) {
			t.Error("a re-key is still wanted")
		}
		later.close(t)
		later = signIn(t, later.dir, "ada", c.clock)
		later.whole(t, now)
		for bucket, values := range raw(t, later.s) {
			for _, v := range values {
				if g, err := vault.SealedIn(v); g != 2 || err != nil {
					t.Fatalf("%s: a value of generation %d, %v", bucket, g, err)
				}
			}
		}
		later.close(t)
	}
	crash()
	crashes := 0
	end := must(c.s.AuditEnd(t.Context()))(t)
	last := raw(t, c.s)[bucketChain][rekeyKey]
	for steps := 1; ; steps++ {
		err := c.s.Rekey(&stepped{t.Context(), steps}, nil)
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		// Only where something was written since.
		if now := raw(t, c.s)[bucketChain][rekeyKey]; !bytes.Equal(now, last) {
			last = now
			crashes++
			crash()
		}
		if t.Failed() {
			t.Fatalf("step %d", steps)
		}
	}
	crash()
	if crashes < 5 {
		t.Errorf("only %d crashes", crashes)
	}
	if after := must(c.s.AuditEnd(t.Context()))(t); after.Seq != end.Seq+2 {
		t.Errorf("%d entries were written", after.Seq-end.Seq)
	}
}

// What is written while a re-key goes on is there, by whoever reads.
func TestRekeyBesideOtherWork(t *testing.T) {
	c := newClinic(t)
	c.fill(t)
	if err := c.slots.BeginRekey(c.keys); err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	ended := make(chan struct{})
	var saved []clinical.Patient
	work.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-ended:
				return
			default:
			}
			p := ana()
			p.FileNumber = fmt.Sprintf("N-%d", i)
			p, err := c.s.SavePatient(t.Context(), p)
			if err == nil && i%3 == 0 {
				p.GivenName = "Maria"
				p, err = c.s.SavePatient(t.Context(), p)
			}
			if err != nil {
				t.Error(err)
				return
			}
			saved = append(saved, p)
		}
	})
	err := errors.Join(c.s.Rekey(t.Context(), nil), c.slots.EndRekey(c.keys))
	close(ended)
	work.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if len(saved) == 0 {
		t.Error("nothing was written meanwhile")
	}
	c.close(t)
	c = signIn(t, c.dir, "ada", c.clock)
	for _, p := range saved {
		if got, err := c.s.Patient(t.Context(), p.ID); err != nil || got.GivenName != p.GivenName {
			t.Error(got, err)
		}
	}
	if err := c.s.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	c.audited(t)
}

// Whoever began to read before the end of a re-key can open what they see until they are
// through; who reads or writes later waits for nobody.
func TestRekeyWaitsForReads(t *testing.T) {
	c := newClinic(t)
	c.fill(t)
	if err := c.slots.BeginRekey(c.keys); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	err := c.s.view(t.Context(), func(old *txn) error {
		mine := c.s.reads.now
		go func() { done <- errors.Join(c.s.Rekey(t.Context(), nil), c.slots.EndRekey(c.keys)) }()
		swapped := func() bool {
			c.s.reads.mu.Lock()
			defer c.s.reads.mu.Unlock()
			return c.s.reads.now != mine
		}
		for !swapped() { // it is at its end, and waits
			must(c.s.Setting(t.Context(), "theme"))(t)
		}
		for range 200 { // by then it would have ended
			if err := c.s.SaveSetting(t.Context(), "theme", []byte("dark")); err != nil {
				return err
			}
		}
		if theme, err := c.s.Setting(t.Context(), "theme"); err != nil || string(theme) != "dark" {
			t.Error(string(theme), err)
		}
		n := 0
		for _, name := range sealedBuckets() {
			err := old.scan(name, nil, func(k, _ []byte) error {
				if is, err := vault.SealedIn(old.tx.Bucket([]byte(name)).Get(k)); err != nil || is == 1 {
					n++
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		if n == 0 || len(done) > 0 {
			t.Errorf("%d values under former keys are seen, ended %d", n, len(done))
		}
		return nil
	})
	if err := errors.Join(err, <-done); err != nil || c.keys.Rekeying() {
		t.Fatal(err)
	}
	// A re-key that is broken off while it waits has nothing more to do the next time.
	if err := c.slots.BeginRekey(c.keys); err != nil {
		t.Fatal(err)
	}
	err = c.s.view(t.Context(), func(*txn) error {
		ctx, end := context.WithCancel(t.Context())
		err := c.s.Rekey(ctx, func(done, of int64) {
			if done >= of {
				end() // at the latest when all is done
			}
		})
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	c.rekey(t)
}

// A value that does not open ends a re-key, and keeps the former keys, until it is put
// right.
func TestRekeyStopsAtDamage(t *testing.T) {
	c := newClinic(t)
	want := c.fill(t)
	if err := c.slots.BeginRekey(c.keys); err != nil {
		t.Fatal(err)
	}
	for _, bucket := range sealedBuckets() {
		if bucket == bucketChain || len(raw(t, c.s)[bucket]) == 0 {
			continue // without the first the store does not open; others may be empty
		}
		later := signIn(t, c.copied(t), "ada", c.clock)
		flip := func() {
			for k := range raw(t, c.s)[bucket] {
				write(t, later.s, bucket, []byte(k), func(sealed []byte) []byte {
					sealed[len(sealed)-1] ^= 4
					return sealed
				})
			}
		}
		flip()
		for range 2 {
			if err := later.s.Rekey(t.Context(), nil); !errors.Is(err, ErrDamaged) {
				t.Errorf("%s: %v", bucket, err)
			}
		}
		flip() // back again
		later.rekey(t)
		later.whole(t, want)
		later.close(t)
	}
}

// Nobody writes with former keys once they are replaced, neither values nor entries.
func TestFormerKeysWriteNothing(t *testing.T) {
	c := newClinic(t)
	c.fill(t)
	leaver, _, err := must(vault.Load(c.dir, cheapKeys()))(t).SignIn("bela", []byte(rekeyPass), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	chain := c.s.chain // the leaver has read its key, too
	c.rekey(t)
	end := must(c.s.AuditEnd(t.Context()))(t)
	at := vault.Place{Bucket: bucketAudit, Key: audit.SeqKey(end.Seq + 1), Schema: auditSchema, Lasting: true}
	forged := must(audit.Encode(audit.Entry{Seq: end.Seq + 1, At: c.clock.now(), Action: audit.SignIn}))(t)
	k, v, _, err := chain.Next(end, must(leaver.Seal(at, noOwner, forged))(t))
	if err != nil {
		t.Fatal(err)
	}
	write(t, c.s, bucketAudit, k, func([]byte) []byte { return v })
	if report, err := c.s.VerifyAudit(t.Context(), nil); err == nil && report.OK() {
		t.Error("an entry of former keys passes for one of later")
	}
	theme := vault.Place{Bucket: bucketSettings, Key: []byte("theme"), Schema: SchemaVersion}
	write(t, c.s, bucketSettings, theme.Key, func([]byte) []byte { return must(leaver.Seal(theme, noOwner, []byte("x")))(t) })
	if _, err := c.s.Setting(t.Context(), "theme"); !errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
}

// What an erased patient left goes with a re-key, and so does the treatment on the list
// of open ones; what the audit chain told of them stays shut.
func TestRekeyAfterAnErasure(t *testing.T) {
	for _, begun := range []bool{false, true} {
		c := newClinic(t)
		want := c.fill(t)
		erased := want.Open[0].Patient
		if begun {
			if err := c.slots.BeginRekey(c.keys); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.keys.Disown(erased); err != nil {
			t.Fatal(err)
		}
		c.rekey(t)
		c.close(t)
		c = signIn(t, c.dir, "ada", c.clock)
		if open, err := c.s.OpenTreatments(t.Context()); len(open) != 0 || err != nil {
			t.Error(open, err)
		}
		if err := c.s.Verify(t.Context()); err != nil {
			t.Error(err)
		}
		kept := 0
		for bucket, values := range raw(t, c.s) {
			for k, v := range values {
				if owner, err := vault.Owner(v); owner == erased || err != nil {
					t.Fatalf("%s %x: %v", bucket, k, err)
				} else if owner != noOwner {
					kept++
				}
			}
		}
		if kept < 2*rekeyBatch {
			t.Errorf("only %d values of others are left", kept)
		}
		sealed := 0
		for _, e := range must(c.s.AuditEntries(t.Context(), 1, 1e6))(t) {
			if errors.Is(e.Sealed, vault.ErrErased) && e.Patient == erased {
				sealed++
			} else if e.Sealed != nil {
				t.Errorf("entry %d: %v", e.Seq, e.Sealed)
			}
		}
		if report, err := c.s.VerifyAudit(t.Context(), nil); err != nil || !report.OK() || sealed == 0 {
			t.Error(sealed, err, report.Findings)
		}
		c.close(t)
	}
}

const rekeyKills = 6 // children that are killed

// childRekey re-keys for ever beside somebody who writes, and says what was written.
func childRekey(path string, say func(line)) error {
	ctx := context.Background()
	slots, err := vault.Load(filepath.Dir(path), cheapKeys())
	if err != nil {
		return err
	}
	keys, _, err := slots.SignIn("ada", []byte(rekeyPass), time.Now())
	if err != nil {
		return err
	}
	s, err := Open(path, Options{Sealer: keys})
	if err != nil {
		return err
	}
	failed := make(chan error)
	go func() {
		for {
			err := errors.Join(slots.BeginRekey(keys), s.Rekey(ctx, nil), slots.EndRekey(keys))
			if err != nil {
				failed <- err
				return
			}
		}
	}()
	for {
		select {
		case err := <-failed:
			return err
		default:
		}
		p := ana()
		p.FileNumber = fmt.Sprintf("C-%s", s.NewID())
		if p, err = s.SavePatient(ctx, p); err != nil {
			return err
		}
		v, err := s.BeginTreatment(ctx, aTreatment(p.ID))
		if err == nil {
			err = s.AppendPulses(ctx, v.ID, pulsesOf(1, 0, 20))
		}
		if err != nil {
			return err
		}
		say(line{What: "patient", ID: string(p.ID), Name: p.FileNumber, N: int(keys.Generation())})
	}
}

// A process is killed at random points of re-keys beside work. All that it had said to
// be written is there.
func TestKilledRekeyLosesNothing(t *testing.T) {
	c := newClinic(t)
	want := c.fill(t)
	c.close(t)
	rng := rand.New(rand.NewPCG(3, 4))
	var saved []line
	for round := range rekeyKills {
		cmd, out := startChild(t, "rekey", c.path)
		lines := rng.IntN(60)
		for n := 0; ; n++ {
			if n == lines+1 {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
			var l line
			if err := out.Decode(&l); err != nil { // killed in the middle of a line at the latest
				break
			}
			saved = append(saved, l)
		}
		if err := cmd.Wait(); err == nil {
			t.Fatal("the child ended by itself")
		}
		later := signIn(t, c.dir, "ada", c.clock)
		for _, l := range saved {
			if p, err := later.s.Patient(t.Context(), clinical.ID(l.ID)); err != nil || p.FileNumber != l.Name {
				t.Errorf("%+v: %+v, %v", l, p, err)
			}
		}
		for _, p := range want.Patients {
			if _, err := later.s.PatientHistory(t.Context(), p.ID); err != nil {
				t.Error(err)
			}
		}
		if err := later.s.Verify(t.Context()); err != nil {
			t.Error(err)
		}
		later.audited(t)
		if t.Failed() {
			t.Fatalf("round %d, generation %d, rekeying %v", round, later.keys.Generation(), later.keys.Rekeying())
		}
		t.Logf("generation %d, rekeying %v, %d patients", later.keys.Generation(), later.keys.Rekeying(), len(saved))
		later.close(t)
	}
}
