package store

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stipple/app/vault"
)

// damageRounds is how many damaged files of each kind are tried. The damage is
// the same in every run, so that a failure can be looked at.
const damageRounds = 120

// clinicFile is a store that is large enough to have branch pages and free ones, and
// the folder with its keys.
func clinicFile(t testing.TB) (file []byte, want content, keys string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), FileName)
	s, err := OpenTraining(path, Options{Now: newClock().now, Rand: &counter{}})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	if err := SeedSampleClinic(ctx, s); err != nil {
		t.Fatal(err)
	}
	// Twice, so that the last commit changes nothing: damage in the newest meta
	// page looks like a crash while it was written, and bbolt then rightly goes by
	// the one before.
	for range 2 {
		if err := s.SaveSetting(ctx, "theme", []byte("dark")); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Verify(ctx); err != nil {
		t.Error(err)
	}
	want, err = readAll(ctx, s)
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	if file, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	return file, want, filepath.Dir(path)
}

// tryDamaged opens a damaged file and uses it. It may find damage at any point,
// or read all as it was; it must not panic, hang, or read something else.
func tryDamaged(t *testing.T, file []byte, keys string, want content) (opened, whole bool) {
	t.Helper()
	path := storeOf(t, file, keys)
	s, err := OpenTraining(path, Options{Now: newClock().now})
	if err != nil {
		if !errors.Is(err, ErrDamaged) {
			t.Errorf("open: %v", err)
		}
		return false, false
	}
	got, err := readAll(t.Context(), s)
	switch {
	case err == nil:
		// A record under a damaged key is not found there; Verify is for that.
		if diff := cmp.Diff(want, got); diff != "" && !errors.Is(s.Verify(t.Context()), ErrDamaged) {
			t.Errorf("read as if nothing were wrong: %s", diff)
		}
	case !errors.Is(err, ErrDamaged):
		t.Errorf("read: %v", err)
	}
	whole = err == nil
	if err := writeSome(t.Context(), s, got); err != nil && !errors.Is(err, ErrDamaged) {
		t.Errorf("write: %v", err)
	}
	if err := s.Close(); err != nil && !errors.Is(err, ErrDamaged) {
		t.Errorf("close: %v", err)
	}
	return true, whole
}

// logDamage says what was damaged, to look at a failure with.
func logDamage(t *testing.T, file, bad []byte) {
	t.Helper()
	for i := range bad {
		if bad[i] != file[i] {
			t.Logf("byte %d: %02x instead of %02x", i, bad[i], file[i])
		}
	}
}

func writeSome(ctx context.Context, s *Store, c content) error {
	if len(c.Patients) == 0 {
		return nil
	}
	if _, err := s.SavePatient(ctx, c.Patients[0]); err != nil {
		return err
	}
	v, err := s.BeginTreatment(ctx, aTreatment(c.Patients[0].ID))
	if err != nil {
		return err
	}
	return s.AppendPulses(ctx, v.ID, pulsesOf(1, 1, 200))
}

func TestFlippedBits(t *testing.T) {
	file, want, keys := clinicFile(t)
	rng := rand.New(rand.NewPCG(1, 2))
	var opened, whole int
	for range damageRounds {
		bad := append([]byte(nil), file...)
		for range 1 + rng.IntN(3) {
			bad[rng.IntN(len(bad))] ^= 1 << rng.IntN(8)
		}
		o, w := tryDamaged(t, bad, keys, want)
		if o {
			opened++
		}
		if w {
			whole++
		}
		if t.Failed() {
			logDamage(t, file, bad)
			t.FailNow()
		}
	}
	t.Logf("of %d: %d opened, %d read whole", damageRounds, opened, whole)
	if opened == damageRounds || whole == 0 {
		t.Error("the damage does not reach what it should")
	}
}

// Page heads and the tables of elements are a small part of the file and the
// one that leads astray, so they get damage of their own.
func TestDamagedPageHeads(t *testing.T) {
	file, want, keys := clinicFile(t)
	pageSize := int(binary.NativeEndian.Uint32(file[pageHeader+8:]))
	rng := rand.New(rand.NewPCG(3, 4))
	for range damageRounds {
		bad := append([]byte(nil), file...)
		page := rng.IntN(len(bad)/pageSize) * pageSize
		at := page + rng.IntN(pageHeader+4*elementHeader)
		switch rng.IntN(3) {
		case 0:
			bad[at] ^= 1 << rng.IntN(8)
		case 1:
			bad[at] = byte(rng.Uint32())
		case 2:
			binary.NativeEndian.PutUint64(bad[at:], rng.Uint64N(uint64(len(bad)/pageSize)))
		}
		tryDamaged(t, bad, keys, want)
		if t.Failed() {
			logDamage(t, file, bad)
			t.FailNow()
		}
	}
}

func TestTruncated(t *testing.T) {
	file, want, keys := clinicFile(t)
	rng := rand.New(rand.NewPCG(5, 6))
	lengths := []int{1, pageHeader, 4095, 4096, 4097, 8192, 16384, len(file) - 1}
	for range 40 {
		lengths = append(lengths, rng.IntN(len(file)))
	}
	for _, n := range lengths {
		tryDamaged(t, file[:n], keys, want)
	}
}

// Swapped and repeated pages are whole each by themselves. An old copy of a page
// in the place of the newest can't be told from it by looking at pages, so what
// is read may lack records here; but each that is read is one that was written.
func TestMisplacedPages(t *testing.T) {
	file, want, keys := clinicFile(t)
	pageSize := int(binary.NativeEndian.Uint32(file[pageHeader+8:]))
	rng := rand.New(rand.NewPCG(7, 8))
	for range damageRounds / 2 {
		bad := append([]byte(nil), file...)
		from, to := rng.IntN(len(bad)/pageSize)*pageSize, rng.IntN(len(bad)/pageSize)*pageSize
		copy(bad[to:to+pageSize], file[from:from+pageSize])
		if rng.IntN(2) == 0 { // with the number that belongs there
			binary.NativeEndian.PutUint64(bad[to:], uint64(to/pageSize))
		}
		useMisplaced(t, bad, keys, want)
		if t.Failed() {
			t.Fatalf("page %d over page %d", from/pageSize, to/pageSize)
		}
	}
}

func useMisplaced(t *testing.T, file []byte, keys string, want content) {
	t.Helper()
	path := storeOf(t, file, keys)
	s, err := OpenTraining(path, Options{Now: newClock().now})
	if err != nil {
		if !errors.Is(err, ErrDamaged) {
			t.Errorf("open: %v", err)
		}
		return
	}
	got, err := readAll(t.Context(), s)
	if err != nil && !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrNotFound) {
		t.Errorf("read: %v", err)
	}
	for _, p := range got.Patients {
		if !slices.Contains(want.Patients, p) {
			t.Errorf("nobody wrote %+v", p)
		}
	}
	if err := writeSome(t.Context(), s, got); err != nil && !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrNotFound) && fieldsOf(err) == nil {
		t.Errorf("write: %v", err)
	}
	if err := s.Close(); err != nil && !errors.Is(err, ErrDamaged) {
		t.Errorf("close: %v", err)
	}
}

// A branch that leads to itself would make bbolt recurse until the stack is
// exhausted, which ends the process whatever recovers.
func TestBranchThatLeadsToItself(t *testing.T) {
	file, _, keys := clinicFile(t)
	pageSize := int(binary.NativeEndian.Uint32(file[pageHeader+8:]))
	live := livePages(t, file)
	found := 0
	for page := 2; page < len(file)/pageSize; page++ {
		head := file[page*pageSize:]
		if binary.NativeEndian.Uint16(head[8:]) != branchPage || !live[uint64(page)] {
			continue
		}
		found++
		bad := append([]byte(nil), file...)
		binary.NativeEndian.PutUint64(bad[page*pageSize+pageHeader+8:], uint64(page))
		path := storeOf(t, bad, keys)
		if _, err := OpenTraining(path, Options{}); !errors.Is(err, ErrDamaged) {
			t.Errorf("page %d: %v", page, err)
		}
	}
	if found == 0 {
		t.Error("the file has no branch page")
	}
}

// A live page on the list of free ones would be written over by the next commit.
func TestLivePageCountedAsFree(t *testing.T) {
	file, _, _ := clinicFile(t)
	m, err := newestMeta(readerAt(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	list := file[m.freelist*m.pageSize:]
	if binary.NativeEndian.Uint16(list[10:]) == 0 {
		t.Fatal("the file has no free page")
	}
	bad := append([]byte(nil), file...)
	binary.NativeEndian.PutUint64(bad[m.freelist*m.pageSize+pageHeader:], m.root)
	if err := checkPages(readerAt(bad), int64(len(bad))); !errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
}

// The newest meta page decides; if it is broken, the one before it does, and
// without either there is no store.
func TestMetaPages(t *testing.T) {
	file, _, _ := clinicFile(t)
	m, err := newestMeta(readerAt(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	newest := int(m.txid%2) * int(m.pageSize)
	older := int(m.pageSize) - newest
	one := append([]byte(nil), file...)
	one[newest+pageHeader+20]++
	before, err := newestMeta(readerAt(one), int64(len(one)))
	if err != nil || before.txid+1 != m.txid {
		t.Errorf("%+v after %+v, %v", before, m, err)
	}
	one[older+pageHeader+20]++
	if _, err := newestMeta(readerAt(one), int64(len(one))); !errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
	// A page size that only a wrong, well summed meta page can have.
	odd := append([]byte(nil), file...)
	for _, at := range []int{newest, older} {
		b := odd[at+pageHeader : at+pageHeader+metaLen]
		binary.NativeEndian.PutUint32(b[8:], 4095)
		sum := fnv.New64a()
		_, _ = sum.Write(b[:metaSummed])
		binary.NativeEndian.PutUint64(b[metaSummed:], sum.Sum64())
	}
	if _, err := newestMeta(readerAt(odd), int64(len(odd))); !errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
}

// A file that shrinks while it is open shows as a fault in mapped memory.
func TestFileCutWhileOpen(t *testing.T) {
	file, _, keys := clinicFile(t)
	path := storeOf(t, file, keys)
	s, err := OpenTraining(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Operators(t.Context()); !errors.Is(err, ErrDamaged) {
		t.Errorf("read: %v", err)
	}
	_, err = s.SaveOperator(t.Context(), sampleOperators()[0])
	if !errors.Is(err, ErrDamaged) {
		t.Errorf("write: %v", err)
	}
	if _, err := s.SavePatient(t.Context(), ana()); !errors.Is(err, ErrDamaged) {
		t.Errorf("write after damage: %v", err)
	}
	if err := s.Close(); err != nil && !errors.Is(err, ErrDamaged) {
		t.Errorf("close: %v", err)
	}
}

// livePages are the pages that the newest meta page leads to, save the free ones.
func livePages(t *testing.T, file []byte) map[uint64]bool {
	t.Helper()
	m, err := newestMeta(readerAt(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	c := &pageChecker{r: readerAt(file), pageSize: m.pageSize, high: m.high, seen: make([]uint64, m.high/64+1)}
	if err := c.tree(m.root, nil, nil, 0); err != nil {
		t.Fatal(err)
	}
	live := map[uint64]bool{}
	for id := range m.high {
		live[id] = c.seen[id/64]&(1<<(id%64)) != 0
	}
	return live
}

// readerAt reads from memory like a file.
type readerAt []byte

func (r readerAt) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= int64(len(r)) || copy(p, r[off:]) < len(p) {
		return 0, errors.New("end of file")
	}
	return len(p), nil
}

// storeOf puts a store's file into a folder of its own, with its keys.
func storeOf(t testing.TB, file []byte, keys string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), FileName)
	if err := os.WriteFile(path, file, fileMode); err != nil {
		t.Fatal(err)
	}
	copyKeys(t, keys, filepath.Dir(path), fileMode)
	return path
}

// copyKeys copies the keys of a store.
func copyKeys(t testing.TB, from, to string, mode os.FileMode) {
	t.Helper()
	for _, name := range []string{vault.SlotsName, vault.PatientsName} {
		data, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(to, name)
		if err := errors.Join(os.WriteFile(path, data, 0o644), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
	}
}
