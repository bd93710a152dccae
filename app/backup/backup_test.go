package backup

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"stipple/app/clinical"
	"stipple/app/store"
	"stipple/app/vault"
)

const passphrase = "four words beat one"

func madeAt() time.Time { return time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC) }

func cheap() vault.Options {
	return vault.Options{KDF: vault.KDF{Time: 1, Memory: 64, Threads: 1}}
}

// practice is a store with the sample clinic and four people: a senior clinician, a
// clinician, a technician, and an administrator whose slot was given the patient key.
type practice struct {
	Source
	dir, code string
}

func newPractice(t testing.TB, seed bool) practice {
	t.Helper()
	p := practice{dir: filepath.Join(t.TempDir(), "data")}
	must(t, os.Mkdir(p.dir, 0o700))
	var err error
	p.code, err = vault.NewRecoveryCode()
	must(t, err)
	id := func() clinical.ID {
		id, err := store.NewID()
		must(t, err)
		return id
	}
	senior := vault.Person{ID: id(), SignIn: "senior"}
	p.Slots, p.Keys, err = vault.Create(p.dir, senior, []byte(passphrase), p.code, cheap())
	must(t, err)
	must(t, p.Slots.Complete())
	p.Store, err = store.Open(filepath.Join(p.dir, store.FileName), store.Options{Sealer: p.Keys})
	must(t, err)
	t.Cleanup(func() { must(t, errors.Join(p.Store.Close(), p.Keys.Close())) })
	p.Program = "Stipple test"
	for _, o := range []struct {
		person vault.Person
		role   clinical.Role
	}{
		{senior, clinical.RoleSeniorClinician},
		{vault.Person{ID: id(), SignIn: "clinician", HoldsPatients: true}, clinical.RoleClinician},
		{vault.Person{ID: id(), SignIn: "technician"}, clinical.RoleTechnician},
		{vault.Person{ID: id(), SignIn: "administrator", HoldsPatients: true}, clinical.RoleAdministrator},
	} {
		if o.person.ID != senior.ID {
			must(t, p.Slots.Add(p.Keys, o.person, []byte(passphrase)))
		}
		_, err := p.Store.AddOperator(t.Context(), clinical.Operator{ID: o.person.ID, Name: "Operator " + o.person.SignIn, Role: o.role})
		must(t, err)
	}
	if seed {
		must(t, store.SeedSampleClinic(t.Context(), p.Store))
	}
	return p
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// backedUp makes a backup in a folder of its own.
func (p practice) backedUp(t testing.TB) Made {
	t.Helper()
	made, err := Write(t.Context(), p.Source, t.TempDir(), madeAt(), nil)
	must(t, err)
	return made
}

func (p practice) identity(t testing.TB) string {
	t.Helper()
	identity, err := p.Store.BackupIdentity(t.Context(), func() (string, error) { return "", errors.New("none yet") })
	must(t, err)
	return identity
}

// names lists a folder.
func names(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func TestRoundTrip(t *testing.T) {
	p := newPractice(t, true)
	var told, of int64
	folder := t.TempDir()
	made, err := Write(t.Context(), p.Source, folder, madeAt(), func(done, all int64) {
		if done < told || all < done {
			t.Errorf("%d of %d after %d", done, all, told)
		}
		told, of = done, all
	})
	must(t, err)
	info, err := os.Stat(made.Path)
	must(t, err)
	if info.Size() != told || told != of || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, told %d of %d", info, told, of)
	}
	for name, identity := range map[string]string{"code": p.code, "own identity": p.identity(t)} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "deeper", "new")
			m, err := Restore(t.Context(), made.Path, identity, dir, nil)
			must(t, err)
			if want := []string{"stipple.db", "stipple.patients", "stipple.slots"}; !slices.Equal(names(t, dir), want) {
				t.Errorf("%v", names(t, dir))
			}
			slots, err := vault.Load(dir, cheap())
			must(t, err)
			keys, err := slots.Recover(p.code, time.Now())
			must(t, err)
			r, err := Compare(t.Context(), dir, m, keys, nil)
			must(t, errors.Join(err, keys.Close()))
			if !r.OK() || !r.Patients || len(r.Counts) != 15 || r.Audit.Agreed != 1 || r.Audit.Entries == 0 {
				t.Errorf("%+v", r)
			}
		})
	}
}

// searched counts the patients that a sign-in to a restored store sees.
func searched(t *testing.T, dir, signIn string) int {
	t.Helper()
	slots, err := vault.Load(dir, cheap())
	must(t, err)
	keys, _, err := slots.SignIn(signIn, []byte(passphrase), time.Now())
	must(t, err)
	s, err := store.Open(filepath.Join(dir, store.FileName), store.Options{Sealer: keys})
	must(t, err)
	_, n, err := s.SearchPatients(t.Context(), "", 0)
	if errors.Is(err, vault.ErrNoPatientKey) {
		n, err = 0, nil
	}
	must(t, errors.Join(err, s.Close(), keys.Close()))
	return n
}

// Of the slots in a backup only those of senior clinicians open patients, whatever
// the slots in use hold.
func TestWhoCanRead(t *testing.T) {
	p := newPractice(t, true)
	dir := filepath.Join(t.TempDir(), "new")
	_, err := Restore(t.Context(), p.backedUp(t).Path, p.code, dir, nil)
	must(t, err)
	_, all, err := p.Store.SearchPatients(t.Context(), "", 0)
	must(t, err)
	if all == 0 {
		t.Fatal("no patients")
	}
	for signIn, want := range map[string]int{"senior": all, "clinician": 0, "technician": 0, "administrator": 0} {
		if got := searched(t, dir, signIn); got != want {
			t.Errorf("%s sees %d patients, want %d", signIn, got, want)
		}
	}
}

// An administrator's keys make and drill a backup without the patient key.
func TestMadeWithoutPatientKey(t *testing.T) {
	p := newPractice(t, true)
	keys, _, err := p.Slots.SignIn("technician", []byte(passphrase), time.Now())
	must(t, err)
	defer func() { must(t, keys.Close()) }()
	src := p.Source
	src.Keys = keys
	made, err := Write(t.Context(), src, t.TempDir(), madeAt(), nil)
	must(t, err)
	temporary := t.TempDir()
	r, err := Drill(t.Context(), made.Path, p.identity(t), keys, p.Store, temporary, nil)
	must(t, err)
	if !r.OK() || r.Patients {
		t.Errorf("%+v", r)
	}
	r, err = Drill(t.Context(), made.Path, p.identity(t), p.Keys, p.Store, temporary, nil)
	must(t, err)
	if !r.OK() || !r.Patients {
		t.Errorf("%+v", r)
	}
	if left := names(t, temporary); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

func TestRestoreIntoAFolderInUse(t *testing.T) {
	p := newPractice(t, false)
	made, dir := p.backedUp(t), t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "mine"), nil, 0o600))
	if _, err := Restore(t.Context(), made.Path, p.code, dir, nil); !errors.Is(err, ErrNotEmpty) {
		t.Error(err)
	}
	if got := names(t, dir); !slices.Equal(got, []string{"mine"}) {
		t.Error(got)
	}
	empty := t.TempDir()
	if _, err := Restore(t.Context(), made.Path, p.code, empty, nil); err != nil || len(names(t, empty)) != 3 {
		t.Error(err, names(t, empty))
	}
}

func TestOtherKeys(t *testing.T) {
	p := newPractice(t, false)
	made := p.backedUp(t)
	other, err := vault.NewRecoveryCode()
	must(t, err)
	for _, identity := range []string{other, "", "nonsense"} {
		if _, err := Check(t.Context(), made.Path, identity, nil); !errors.Is(err, ErrNoKey) {
			t.Errorf("%q: %v", identity, err)
		}
	}
}

// Nothing about a person can be read in a backup, nor in what a drill or a restore
// writes.
func TestNothingIsReadable(t *testing.T) {
	p := newPractice(t, true)
	dir := t.TempDir()
	made, err := Write(t.Context(), p.Source, dir, madeAt(), nil)
	must(t, err)
	_, err = Restore(t.Context(), made.Path, p.code, filepath.Join(dir, "new"), nil)
	must(t, err)
	found, _, err := p.Store.SearchPatients(t.Context(), "", 100)
	must(t, err)
	words := []string{"Operator senior"}
	for _, x := range found {
		for _, w := range []string{x.GivenName, x.FamilyName, x.FileNumber} {
			if len(w) >= 5 { // a shorter one may come by chance
				words = append(words, w)
			}
		}
	}
	if len(words) < 10 {
		t.Fatal(words)
	}
	must(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		for _, w := range words {
			if bytes.Contains(data, []byte(w)) {
				t.Errorf("%s: %q", path, w)
			}
		}
		return err
	}))
}

// A backup beside a writer is of one moment: nothing hangs in the air, and each
// patient of it has a key.
func TestWhileOthersWrite(t *testing.T) {
	p := newPractice(t, true)
	folder := t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	wrote := make(chan error, 1)
	begun := make(chan struct{})
	go func() {
		for n := 0; ; n++ {
			_, err := p.Store.SavePatient(ctx, clinical.Patient{GivenName: "Given", FamilyName: "Family", BirthDate: clinical.Date{Year: 1990, Month: 1, Day: 2}, FileNumber: "hot-" + strings.Repeat("x", n%30) + time.Duration(n).String()})
			if n == 0 {
				close(begun)
			}
			if err != nil {
				wrote <- err
				return
			}
		}
	}()
	<-begun
	for i := range 8 {
		made, err := Write(t.Context(), p.Source, folder, madeAt().Add(time.Duration(i)*time.Second), nil)
		must(t, err)
		r, err := Drill(t.Context(), made.Path, p.identity(t), p.Keys, p.Store, t.TempDir(), nil)
		must(t, err)
		if !r.OK() {
			t.Errorf("%+v", r)
		}
	}
	stop()
	if err := <-wrote; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// failing fails at one write, as a full, vanished or broken stick does.
type failing struct {
	to    io.Writer
	left  int // writes that go well
	short bool
}

var errStick = errors.New("input/output error")

func (f *failing) Write(p []byte) (int, error) {
	if f.left--; f.left >= 0 {
		return f.to.Write(p)
	}
	if f.short {
		n, _ := f.to.Write(p[:len(p)/2])
		return n, nil
	}
	return 0, errStick
}

func TestWriterThatFails(t *testing.T) {
	p := newPractice(t, false)
	earlier := p.backedUp(t)
	folder := filepath.Dir(earlier.Path)
	good, err := os.ReadFile(earlier.Path)
	must(t, err)
	failed := 0
	for n := 0; ; n++ {
		_, err := write(t.Context(), p.Source, folder, madeAt().Add(time.Hour), nil, func(w io.Writer) io.Writer {
			return &failing{to: w, left: n, short: n%2 == 1}
		})
		if err == nil {
			break
		}
		failed++
		if !errors.Is(err, ErrNotWritten) {
			t.Fatalf("write %d: %v", n, err)
		}
		if n%2 == 0 && !errors.Is(err, errStick) {
			t.Fatalf("write %d: %v", n, err)
		}
		if left := names(t, folder); len(left) != 1 {
			t.Fatalf("write %d: left over: %v", n, left)
		}
	}
	if failed < 5 {
		t.Errorf("only %d writes", failed)
	}
	if now, err := os.ReadFile(earlier.Path); err != nil || !bytes.Equal(now, good) {
		t.Error("the earlier backup was changed", err)
	}
}

// A backup of the same second does not replace another, and a folder that is gone is
// told.
func TestNoPlace(t *testing.T) {
	p := newPractice(t, false)
	made := p.backedUp(t)
	if _, err := Write(t.Context(), p.Source, filepath.Dir(made.Path), madeAt(), nil); !errors.Is(err, ErrNotWritten) || !errors.Is(err, os.ErrExist) {
		t.Error(err)
	}
	if _, err := Write(t.Context(), p.Source, filepath.Join(t.TempDir(), "gone"), madeAt(), nil); !errors.Is(err, ErrNotWritten) {
		t.Error(err)
	}
}

func TestCancelled(t *testing.T) {
	p := newPractice(t, true)
	folder := t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	reached := int64(0)
	_, err := Write(ctx, p.Source, folder, madeAt(), func(done, of int64) {
		if reached = done; of > done && done > of/2 {
			stop() // in the middle of the store
		}
	})
	if !errors.Is(err, context.Canceled) || len(names(t, folder)) != 0 {
		t.Error(err, names(t, folder))
	}
	whole, err := os.Stat(p.backedUp(t).Path)
	must(t, err)
	if reached >= whole.Size() {
		t.Errorf("it went on to %d of %d bytes", reached, whole.Size())
	}
	made := p.backedUp(t)
	ctx, stop = context.WithCancel(t.Context())
	dir := t.TempDir()
	_, err = Restore(ctx, made.Path, p.code, filepath.Join(dir, "new"), func(done, _ int64) { stop() })
	if !errors.Is(err, context.Canceled) || len(names(t, dir)) != 0 {
		t.Error(err, names(t, dir))
	}
}

// never is a disk that takes some bytes and then no more.
type never struct {
	to   io.Writer
	left int
	held chan struct{} // closed when it hangs
	free chan struct{}
}

func (n *never) Write(p []byte) (int, error) {
	n.left -= len(p)
	if n.left < 0 {
		close(n.held)
		<-n.free
		return 0, io.ErrShortWrite
	}
	return n.to.Write(p)
}

// A disk that hangs in the system holds neither the store nor who gave up.
func TestWriteOntoADiskThatHangs(t *testing.T) {
	p := newPractice(t, true)
	folder := t.TempDir()
	disk := &never{left: 100_000, held: make(chan struct{}), free: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-disk.held
		cancel()
	}()
	_, err := write(ctx, p.Source, folder, madeAt(), nil, func(w io.Writer) io.Writer {
		disk.to = w
		return disk
	})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if left := names(t, folder); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	// The store can be closed while the disk still hangs.
	must(t, p.Store.Close())
	p.Store, err = store.Open(filepath.Join(p.dir, store.FileName), store.Options{Sealer: p.Keys})
	must(t, err)
	must(t, p.Store.Close())
	close(disk.free)
}
