package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stipple/app/vault"
)

func systemChildren() map[string]func(string, func(line)) error {
	return map[string]func(string, func(line)) error{
		"nobody": childNobody, "full": childFull, "full-create": childFullCreate, "full-migrate": childFullMigrate,
		"full-erase": childFullErase,
	}
}

// nobody is the user that owns nothing. Root may write anywhere, so tests of
// permissions give it up.
const nobody = 65534

// childNobody opens the store as an ordinary user.
func childNobody(path string, say func(line)) error {
	if os.Getuid() == 0 {
		if err := errors.Join(syscall.Setgroups(nil), syscall.Setgid(nobody), syscall.Setuid(nobody)); err != nil {
			return err
		}
	}
	return childOpen(path, say)
}

func TestPermissions(t *testing.T) {
	from, _ := exampleFile(t)
	good, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name       string
		dir, file  os.FileMode // 0: no file
		want       string
		otherPlace bool // a folder that is to be made in the read-only one
	}{
		{name: "read-only folder, no store", dir: 0o555, want: "read_only"},
		{name: "read-only folder, no data folder", dir: 0o555, want: "read_only", otherPlace: true},
		{name: "read-only folder and file", dir: 0o555, file: 0o444, want: "read_only"},
		{name: "read-only file", dir: 0o777, file: 0o444, want: "read_only"},
		{name: "unreadable file", dir: 0o777, file: 0o200, want: "no_access"},
		{name: "closed folder", dir: 0o600, file: 0o666, want: "no_access"},
		{name: "writable file in a read-only folder", dir: 0o555, file: 0o666, want: ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			// Not t.TempDir, whose parent an ordinary user can't enter.
			top, err := os.MkdirTemp("", "stipple-store-*")
			if err != nil {
				t.Fatal(err)
			}
			dir := filepath.Join(top, "data")
			t.Cleanup(func() {
				if err := errors.Join(os.Chmod(dir, 0o755), os.RemoveAll(top)); err != nil {
					t.Error(err)
				}
			})
			if err := errors.Join(os.Chmod(top, 0o755), os.Mkdir(dir, 0o755)); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, FileName)
			if c.otherPlace {
				path = filepath.Join(dir, "deeper", FileName)
			}
			if c.file != 0 {
				if err := errors.Join(os.WriteFile(path, good, 0o644), os.Chmod(path, c.file)); err != nil {
					t.Fatal(err)
				}
				copyKeys(t, filepath.Dir(from), dir, c.file)
			}
			if err := os.Chmod(dir, c.dir); err != nil {
				t.Fatal(err)
			}
			if said := runChild(t, "nobody", path); len(said) != 1 || said[0].Code != c.want {
				t.Errorf("%+v, want %q", said, c.want)
			}
			if err := os.Chmod(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			names := filesIn(t, dir)
			if c.file == 0 && len(names) != 0 || c.file != 0 && len(names) != 3 {
				t.Errorf("left over: %v", names)
			}
		})
	}
}

// limitFileSize makes every file of this process end at so many bytes, which
// the store meets as it meets a full disk.
func limitFileSize(bytes uint64) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	limit.Cur = min(bytes, limit.Max)
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit)
}

const noLimit = 1<<63 - 1

// childFull writes until the disk is full, looks at what is there, and goes on
// when there is room again.
func childFull(path string, say func(line)) error {
	ctx := context.Background()
	s, err := OpenTraining(path, Options{})
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if err := limitFileSize(uint64(info.Size()) + 64<<10); err != nil {
		return err
	}
	save := func(n int) error {
		p := ana()
		p.GivenName = strings.Repeat("x", maxNameRunes)
		p.FileNumber = fmt.Sprintf("full-%d", n)
		_, err := s.SavePatient(ctx, p)
		say(line{What: "save", N: n, Code: codeOf(err)})
		return err
	}
	n := 0
	for ; n < 1<<16; n++ {
		if err := save(n); err != nil {
			break
		}
	}
	for range 3 { // still full, and still there
		_ = save(n)
		_, total, err := s.SearchPatients(ctx, "", 0)
		say(line{What: "count", N: total, Code: codeOf(err)})
	}
	if err := limitFileSize(noLimit); err != nil {
		return err
	}
	for range 5 {
		if err := save(n); err != nil {
			return err
		}
		n++
	}
	return s.Close()
}

func TestFullDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	said := runChild(t, "full", path)
	saved, refused := 0, 0
	for _, l := range said {
		switch {
		case l.What == "save" && l.Code == "":
			saved++
		case l.What == "save" && l.Code == "disk_full":
			refused++
		case l.What == "count" && l.N == saved && l.Code == "":
		default:
			t.Errorf("%+v with %d saved", l, saved)
		}
	}
	if saved < 10 || refused != 4 {
		t.Errorf("%d saved, %d refused", saved, refused)
	}
	s := openTest(t, path, newClock())
	if _, total, err := s.SearchPatients(t.Context(), "", 0); total != saved || err != nil {
		t.Errorf("%d saved, %d there, %v", saved, total, err)
	}
	if err := s.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

// childFullCreate opens a store that does not exist, without room for it.
func childFullCreate(path string, say func(line)) error {
	for _, room := range []uint64{0, 5000, 20000} {
		if err := limitFileSize(room); err != nil {
			return err
		}
		_, err := OpenTraining(path, Options{})
		say(line{What: "open", Code: codeOf(err)})
	}
	return nil
}

func TestFullDiskAtFirstStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	for _, l := range runChild(t, "full-create", path) {
		if l.Code != "disk_full" {
			t.Errorf("%+v", l)
		}
	}
	// Keys without a store do no harm: the next start uses them.
	for _, name := range filesIn(t, filepath.Dir(path)) {
		if name != vault.SlotsName && name != vault.PatientsName {
			t.Errorf("left over: %v", name)
		}
	}
	openTest(t, path, newClock())
}

// childFullMigrate opens an older store without room for its backup.
func childFullMigrate(path string, say func(line)) error {
	if err := limitFileSize(10000); err != nil {
		return err
	}
	_, err := openTraining(path, Options{}, laterSchema(nil))
	say(line{What: "open", Code: codeOf(err)})
	return nil
}

func TestFullDiskAtMigration(t *testing.T) {
	path, want := exampleFile(t)
	if said := runChild(t, "full-migrate", path); len(said) != 1 || said[0].Code != "disk_full" {
		t.Errorf("%+v", said)
	}
	if names := filesIn(t, filepath.Dir(path)); len(names) != 3 {
		t.Errorf("left over: %v", names)
	}
	got, err := readAll(t.Context(), openTest(t, path, newClock()))
	if err != nil || len(got.Patients) != len(want.Patients) {
		t.Errorf("%d patients, %v", len(got.Patients), err)
	}
}

// childFullErase erases a patient where there is no room for a second file.
func childFullErase(path string, say func(line)) error {
	ctx := context.Background()
	s, err := OpenTraining(path, Options{})
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	p, _, err := s.SearchPatients(ctx, "Ruiz", 1)
	if err != nil {
		return err
	}
	// The new file takes a whole mebibyte, and the old one less.
	if err := limitFileSize(uint64(info.Size()) + growBy/2); err != nil {
		return err
	}
	_, err = s.ErasePatient(ctx, p[0].ID, "asked for")
	say(line{What: "erase", ID: string(p[0].ID), Code: codeOf(err)})
	_, err = s.Patient(ctx, p[0].ID)
	say(line{What: "read", Code: codeOf(err)})
	o := ana()
	o.FileNumber = "after"
	_, err = s.SavePatient(ctx, o)
	say(line{What: "save", Code: codeOf(err)})
	if err := s.Close(); err != nil {
		return err
	}
	s, err = OpenTraining(path, Options{})
	say(line{What: "open", Code: codeOf(err)})
	if err != nil {
		return err
	}
	say(line{What: "unfinished", Code: codeOf(s.Unfinished())})
	return s.Close()
}

// On a full disk a patient is erased all the same, but for the free pages of the file,
// which stay marked; that is told, here and at every start, until there is room.
func TestErasingOnAFullDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	clock := newClock()
	s, err := OpenTraining(path, Options{Now: clock.now})
	if err != nil {
		t.Fatal(err)
	}
	who := must(s.SavePatient(t.Context(), ana()))(t)
	for range 40 { // pages of presets, not all of which are used again at once
		must(s.SavePreset(t.Context(), aPreset(who.ID)))(t)
	}
	for n := 0; size(t, path) < 960<<10; n++ {
		p := ana()
		p.FamilyName, p.GivenName, p.FileNumber = "Other", strings.Repeat("x", maxNameRunes), fmt.Sprintf("n-%d", n)
		must(s.SavePatient(t.Context(), p))(t)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	said := runChild(t, "full-erase", path)
	want := []line{
		{What: "erase", ID: said[0].ID, Code: "not_compacted"}, {What: "read", Code: "not_found"}, {What: "save"},
		{What: "open"}, {What: "unfinished", Code: "not_compacted"},
	}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Fatal(diff)
	}
	scan := func() bool {
		data, err := os.ReadFile(path)
		return err == nil && bytes.Contains(data, []byte(said[0].ID))
	}
	if !scan() {
		t.Error("nothing of the patient was in a free page: the test shows nothing")
	}
	s = openTest(t, path, clock)
	if err := errors.Join(s.Unfinished(), s.Verify(t.Context())); err != nil {
		t.Error(err)
	}
	if scan() {
		t.Error("the patient's pages are still there")
	}
}

func size(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
