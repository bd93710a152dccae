package keeper

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"stipple/app/alarm"
	"stipple/app/audit"
	"stipple/app/backup"
	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/store"
	"stipple/app/vault"
)

const passphrase = "four words beat one"

// bench is a practice with a keeper, and what it has told.
type bench struct {
	t      *testing.T
	src    backup.Source
	dir    string
	code   string
	who    clinical.Operator
	keeper *Keeper
	stick  string
	shift  time.Duration // the clock is off by it

	mu     sync.Mutex
	alarms map[alarm.Code]alarm.Finding
	busy   bool
	end    func() error
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newBench is a practice whose keeper is not started.
func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, dir: filepath.Join(t.TempDir(), "data"), stick: filepath.Join(t.TempDir(), "stick"), alarms: make(map[alarm.Code]alarm.Finding)}
	must(t, os.Mkdir(b.dir, 0o700))
	must(t, os.Mkdir(b.stick, 0o700))
	var err error
	b.code, err = vault.NewRecoveryCode()
	must(t, err)
	id, err := store.NewID()
	must(t, err)
	kdf := vault.Options{KDF: vault.KDF{Time: 1, Memory: 64, Threads: 1}}
	b.src.Slots, b.src.Keys, err = vault.Create(b.dir, vault.Person{ID: id, SignIn: "senior"}, []byte(passphrase), b.code, kdf)
	must(t, err)
	must(t, b.src.Slots.Complete())
	b.src.Program = "Stipple test"
	b.src.Store, err = store.Open(filepath.Join(b.dir, store.FileName), store.Options{Sealer: b.src.Keys})
	must(t, err)
	b.who, err = b.src.Store.AddOperator(t.Context(), clinical.Operator{ID: id, Name: "Dr A. Meyer", Role: clinical.RoleSeniorClinician})
	must(t, err)
	t.Cleanup(func() { must(t, errors.Join(b.src.Store.Close(), b.src.Keys.Close())) })
	b.renew()
	return b
}

// renew is another start of the program.
func (b *bench) renew() {
	b.keeper = New(Config{
		Source: b.src, Dir: b.dir, Now: b.now,
		Tell: func(f alarm.Finding, there bool) {
			b.mu.Lock()
			defer b.mu.Unlock()
			delete(b.alarms, f.Code)
			if there {
				b.alarms[f.Code] = f
			}
		},
		Busy: func() bool {
			b.mu.Lock()
			defer b.mu.Unlock()
			return b.busy
		},
	})
}

func (b *bench) now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return time.Now().Add(b.shift)
}

func (b *bench) set(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f()
}

// alarm is a condition that is there.
func (b *bench) alarm(c alarm.Code) (alarm.Finding, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f, ok := b.alarms[c]
	return f, ok
}

func (b *bench) start() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.keeper.Run(ctx) }()
	b.end = func() error {
		cancel()
		return <-done
	}
	synctest.Wait()
}

func (b *bench) stop() {
	b.t.Helper()
	must(b.t, b.end())
}

// acting is a context in which somebody is at work.
func (b *bench) acting() context.Context {
	return audit.By(context.Background(), audit.Actor{Operator: b.who})
}

func (b *bench) choose() {
	b.t.Helper()
	must(b.t, b.keeper.ChooseFolder(b.acting(), b.stick))
	b.settle()
}

// settle lets what was begun come to its end.
func (b *bench) settle() {
	for range 5 {
		time.Sleep(time.Second)
		synctest.Wait()
	}
}

// tomorrow lets a day go by, most of it at once.
func (b *bench) tomorrow() {
	b.set(func() { b.shift += every - 3*lookEvery })
	time.Sleep(3 * lookEvery)
	b.settle()
}

// made are the backups on the stick.
func (b *bench) made() (names []string) {
	b.t.Helper()
	entries, err := os.ReadDir(b.stick)
	must(b.t, err)
	for _, e := range entries {
		if e.Name() != markName {
			names = append(names, e.Name())
		}
	}
	return names
}

// told are the audit entries about backups.
func (b *bench) told() (all []audit.Entry) {
	b.t.Helper()
	entries, err := b.src.Store.AuditEntries(b.t.Context(), 1, 1000)
	must(b.t, err)
	for _, e := range entries {
		if e.Subject.Kind == audit.SubjectBackup {
			all = append(all, e.Entry)
		}
	}
	return all
}

func run(t *testing.T, f func(t *testing.T, b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.start()
		defer func() {
			if b.end != nil {
				b.stop()
			}
		}()
		f(t, b)
	})
}

func TestADay(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		if v := b.keeper.State(); !v.Has || v.Folder != "" || v.Since.IsZero() || v.Old || !v.Next.IsZero() {
			t.Errorf("at first: %+v", v)
		}
		if err := b.keeper.Make(b.acting()); !errors.Is(err, ErrNoFolder) {
			t.Error(err)
		}
		b.choose()
		v := b.keeper.State()
		if len(b.made()) != 1 || len(v.Files) != 1 || v.Err != nil || v.FolderErr != nil || v.Folder != b.stick {
			t.Fatalf("%v, %+v", b.made(), v)
		}
		f := v.Files[0]
		if !f.Good || !f.Ours || f != v.Last || f.Name != b.made()[0] || f.Size < 10_000 || !v.Next.Equal(f.Made.Add(every)) || !f.Expires.After(b.now()) {
			t.Errorf("%+v, %+v", f, v)
		}
		time.Sleep(every - time.Minute)
		if n := len(b.made()); n != 1 {
			t.Errorf("%d before a day is over", n)
		}
		time.Sleep(2 * time.Minute)
		b.settle()
		if n := len(b.made()); n != 2 {
			t.Errorf("%d after a day", n)
		}
		must(t, b.keeper.Make(b.acting()))
		if err := b.keeper.Make(b.acting()); !errors.Is(err, console.ErrBackupBusy) {
			t.Errorf("two at once: %v", err)
		}
		b.settle()
		told := b.told()
		var what []string
		for _, e := range told {
			what = append(what, string(e.Action)+" "+e.Operator.Name)
		}
		want := []string{"backup.folder Dr A. Meyer", "backup.make ", "backup.make ", "backup.make Dr A. Meyer"}
		if !slices.Equal(what, want) || told[3].Subject.ID != b.keeper.State().Last.Name {
			t.Errorf("%q", what)
		}
		if c := told[0].Changes; len(c) != 1 || c[0].After != audit.Text(b.stick) {
			t.Errorf("%+v", c)
		}
		m, _, err := recall(t.Context(), b.src.Store)
		must(t, err)
		if e, ok := m.newest(); !ok || e.Seq != told[3].Seq-1 || len(e.Head) < 64 || e.Size == 0 {
			t.Errorf("%+v", e)
		}
		// It is known at the next start.
		b.stop()
		b.renew()
		b.start()
		b.settle()
		if v := b.keeper.State(); len(b.made()) != 3 || v.Last.Name != told[3].Subject.ID || len(v.Files) != 3 || v.Folder != b.stick {
			t.Errorf("%+v", v)
		}
	})
}

// Nobody has chosen a folder: said after three days, and over once there is a backup.
func TestNeverMade(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		time.Sleep(tooOld - time.Minute)
		if _, there := b.alarm(alarm.BackupOld); there || b.keeper.State().Old {
			t.Error("too early")
		}
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		f, there := b.alarm(alarm.BackupOld)
		if !there || !errors.Is(f.Cause, ErrNoFolder) || f.Priority != alarm.Low || f.Expected.Holds(f.Measured) || !b.keeper.State().Old {
			t.Errorf("%v %+v", there, f)
		}
		// The days are counted from the first start, not from this one.
		b.stop()
		b.renew()
		b.start()
		if _, there := b.alarm(alarm.BackupOld); !there {
			t.Error("forgotten at the next start")
		}
		b.choose()
		if f, there := b.alarm(alarm.BackupOld); there || b.keeper.State().Old {
			t.Errorf("with a backup: %+v", f)
		}
	})
}

// A stick that is not plugged in is no failure until it is missing for three days.
func TestStickIsNotThere(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		b.choose()
		away := b.stick + ".away"
		must(t, os.Rename(b.stick, away))
		time.Sleep(2 * 24 * time.Hour)
		v := b.keeper.State()
		if f, there := b.alarm(alarm.BackupFailed); there || !errors.Is(v.FolderErr, ErrFolderGone) || v.Err != nil || v.Last.Name == "" {
			t.Errorf("%+v, %+v", f, v)
		}
		if _, err := os.Stat(b.stick); err == nil {
			t.Error("the folder was made where the stick should be")
		}
		time.Sleep(25 * time.Hour)
		if f, there := b.alarm(alarm.BackupOld); !there || !errors.Is(f.Cause, ErrFolderGone) {
			t.Errorf("%+v", f)
		}
		must(t, os.Rename(away, b.stick))
		time.Sleep(lookEvery)
		b.settle()
		if _, there := b.alarm(alarm.BackupOld); there || len(b.made()) != 2 {
			t.Errorf("with the stick: %v", b.made())
		}
	})
}

// Two rooms keep their backups in one folder: choosing it for the second does not take it
// from the first.
func TestAFolderOfTwoRooms(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		b.choose()
		must(t, putMark(b.stick, "another-room"))
		must(t, putMark(b.stick, "another-room"))
		time.Sleep(2 * lookEvery)
		b.settle()
		mine := b.keeper.memory.Mark
		if v := b.keeper.State(); v.FolderErr != nil || marked(b.stick, mine) != nil || marked(b.stick, "another-room") != nil {
			t.Errorf("%v", v.FolderErr)
		}
		for i := range 2 * mostMarks {
			must(t, putMark(b.stick, fmt.Sprintf("01aaaaaaaaaaaaaaaaaaaaa%03d", i)))
		}
		if marks, err := marksOf(b.stick); err != nil || len(marks) != mostMarks+1 {
			t.Error(len(marks), err)
		}
		// What is no such file is replaced.
		must(t, os.WriteFile(filepath.Join(b.stick, markName), []byte("shopping list"), 0o600))
		if err := marked(b.stick, mine); !errors.Is(err, ErrOtherDisk) {
			t.Error(err)
		}
		must(t, putMark(b.stick, mine))
		must(t, marked(b.stick, mine))
	})
}

// Two sticks take turns under one path: what is on the one that is away stays remembered,
// since an erased patient is still in it, and is not counted as what is on the other.
func TestTwoSticksTakeTurns(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		b.choose()
		away := b.stick + ".away"
		must(t, os.Rename(b.stick, away))
		must(t, os.Mkdir(b.stick, 0o700))
		b.choose()
		turn := func() {
			must(t, os.Rename(b.stick, b.stick+".other"))
			must(t, os.Rename(away, b.stick))
			must(t, os.Rename(b.stick+".other", away))
			time.Sleep(25 * time.Hour)
			b.settle()
		}
		for range 30 {
			turn()
		}
		kept, err := b.keeper.Kept(t.Context())
		must(t, err)
		there := map[string]bool{}
		for _, name := range b.made() {
			there[name] = true
		}
		mine := b.stick
		b.stick = away
		for _, name := range b.made() {
			there[name] = true
		}
		b.stick = mine
		for _, k := range kept {
			if !there[k.Name] {
				t.Errorf("%s is listed and on neither stick", k.Name)
			}
			delete(there, k.Name)
		}
		if len(there) > 0 || len(kept) < 2*14 || len(b.made()) < 14 || len(b.made()) > 14+12 {
			t.Errorf("not listed: %v; %d kept, %d here", there, len(kept), len(b.made()))
		}
		must(t, b.keeper.Drill(b.acting(), ""))
		b.settle()
		if r := b.keeper.State().Report; r == nil || !r.OK {
			t.Errorf("%+v", r)
		}
	})
}

// Another stick in the place of the right one gets nothing.
func TestAnotherStick(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		b.choose()
		must(t, os.Rename(b.stick, b.stick+".away"))
		must(t, os.Mkdir(b.stick, 0o700))
		must(t, os.WriteFile(filepath.Join(b.stick, markName), []byte(markHead+"another-practice\n"), 0o600))
		time.Sleep(25 * time.Hour)
		if v := b.keeper.State(); !errors.Is(v.FolderErr, ErrOtherDisk) || len(b.made()) > 0 {
			t.Errorf("%+v, %v", v, b.made())
		}
		// Made by hand it says so aloud, and nothing is written all the same.
		must(t, b.keeper.Make(b.acting()))
		b.settle()
		if f, there := b.alarm(alarm.BackupFailed); !there || !errors.Is(f.Cause, ErrOtherDisk) || len(b.made()) > 0 {
			t.Errorf("%v, %+v", b.made(), f)
		}
		// Who takes turns with two sticks chooses each once.
		b.choose()
		if v := b.keeper.State(); v.Err != nil || len(b.made()) != 1 || v.FolderErr != nil {
			t.Errorf("%v, %+v", b.made(), v)
		}
		if _, there := b.alarm(alarm.BackupFailed); there {
			t.Error("failed after a good one")
		}
	})
}

// A stick that is pulled in the middle, or full: loud, the earlier one intact, and tried
// again.
func TestStickVanishesInTheMiddle(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		b.choose()
		first := b.made()[0]
		before, err := os.ReadFile(filepath.Join(b.stick, first))
		must(t, err)
		away := b.stick + ".away"
		b.writes(func(ctx context.Context, src backup.Source, folder string, at time.Time, tell func(done, of int64)) (backup.Made, error) {
			pulled := sync.OnceFunc(func() { must(t, os.Rename(b.stick, away)) })
			return backup.Write(ctx, src, folder, at, func(done, of int64) {
				tell(done, of)
				if done > of/2 {
					pulled()
				}
			})
		})
		must(t, b.keeper.Make(b.acting()))
		b.settle()
		f, there := b.alarm(alarm.BackupFailed)
		var not *NotWrittenError
		if !there || f.Priority != alarm.Low || !errors.As(f.Cause, &not) || not.Fault != console.FileGone || not.Folder != b.stick || not.Code() != "backup_not_written_gone" {
			t.Fatalf("%+v", f)
		}
		v := b.keeper.State()
		if v.Last.Name != first || v.Job.Task != console.NoBackupTask || v.FailedAt.IsZero() || !errors.Is(v.Err, backup.ErrNotWritten) {
			t.Errorf("%+v", v)
		}
		full := fmt.Errorf("%w: %w", backup.ErrNotWritten, syscall.ENOSPC)
		tries := 0
		b.writes(func(context.Context, backup.Source, string, time.Time, func(done, of int64)) (backup.Made, error) {
			tries++
			return backup.Made{}, full
		})
		must(t, os.Rename(away, b.stick))
		time.Sleep(25 * time.Hour)
		if f, _ := b.alarm(alarm.BackupFailed); !errors.As(f.Cause, &not) || not.Fault != console.FileFull || tries < 4 || tries > 7 {
			t.Errorf("%+v after %d tries", f, tries)
		}
		b.writes(backup.Write)
		time.Sleep(again + lookEvery)
		b.settle()
		if f, there := b.alarm(alarm.BackupFailed); there || len(b.made()) != 2 {
			t.Errorf("%+v, %v", f, b.made())
		}
		if after, err := os.ReadFile(filepath.Join(b.stick, first)); err != nil || string(after) != string(before) {
			t.Error("the earlier backup was changed", err)
		}
		if kept, err := b.keeper.Kept(t.Context()); err != nil || len(kept) != 2 {
			t.Errorf("%+v, %v", kept, err)
		}
	})
}

// One that can't be read back does not count, and goes.
func TestNotReadBack(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		b.choose()
		b.writes(func(ctx context.Context, src backup.Source, folder string, at time.Time, tell func(done, of int64)) (backup.Made, error) {
			made, err := backup.Write(ctx, src, folder, at, tell)
			must(t, err)
			data, err := os.ReadFile(made.Path)
			must(t, err)
			data[len(data)-100] ^= 1
			must(t, os.WriteFile(made.Path, data, 0o600))
			return made, err
		})
		must(t, b.keeper.Make(b.acting()))
		b.settle()
		if v := b.keeper.State(); !errors.Is(v.Err, ErrReadBack) || len(v.Files) != 1 || len(b.made()) != 1 || len(b.told()) != 2 {
			t.Errorf("%+v", v)
		}
	})
}

// What a killed process left is no backup, and goes with the next one.
func TestKilledInTheMiddle(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		b.choose()
		at := b.now().Add(time.Hour).UTC().Truncate(time.Second)
		half, whole := backup.Name(at), backup.Name(at.Add(time.Minute))
		for _, e := range []entry{{Folder: b.stick, Disk: diskOf(b.stick), Name: half, Made: at}, {Folder: b.stick, Disk: diskOf(b.stick), Name: whole, Made: at.Add(time.Minute)}} {
			must(t, b.keeper.change(t.Context(), func(m memory) memory { return m.with(e) }))
		}
		must(t, os.WriteFile(filepath.Join(b.stick, half+".new-123"), []byte("half"), 0o600))
		must(t, os.WriteFile(filepath.Join(b.stick, whole), []byte("whole, and never read back"), 0o600))
		stays := backup.Name(at.Add(time.Second)) + ".new-9"
		must(t, os.WriteFile(filepath.Join(b.stick, stays), []byte("somebody else's"), 0o600))
		b.stop()
		b.renew()
		b.start()
		b.settle()
		v := b.keeper.State()
		if len(v.Files) != 2 || v.Files[0].Name != whole || v.Files[0].Good || v.Last.Name != v.Files[1].Name {
			t.Errorf("%+v", v)
		}
		time.Sleep(25 * time.Hour)
		b.settle()
		made := b.made()
		if len(made) != 3 || slices.Contains(made, whole) || slices.Contains(made, half+".new-123") || !slices.Contains(made, stays) {
			t.Errorf("%q", made)
		}
		if kept, err := b.keeper.Kept(t.Context()); err != nil || len(kept) != 2 {
			t.Errorf("%+v, %v", kept, err)
		}
	})
}

// Two weeks, and one a month; what others have put there stays.
func TestRetention(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		b.choose()
		foreign := backup.Name(b.now().AddDate(-1, 0, 0))
		must(t, os.WriteFile(filepath.Join(b.stick, foreign), []byte("another practice's"), 0o600))
		first := b.keeper.State().Last
		b.tomorrow()
		second := b.keeper.State().Last
		must(t, os.WriteFile(filepath.Join(b.stick, second.Name), []byte("put in its place"), 0o600))
		for day := range 75 {
			b.tomorrow()
			v := b.keeper.State()
			for _, f := range v.Files {
				if f.Ours && f.Good && !f.Expires.After(b.now()) {
					t.Fatalf("day %d: %+v is still there", day, f)
				}
			}
			if v.Last.Made.Before(b.now().Add(-time.Hour)) || v.Err != nil {
				t.Fatalf("day %d: %+v", day, v)
			}
		}
		made := b.made()
		// 14, the newest of January and of February, and two that are not ours.
		if len(made) != 18 || !slices.Contains(made, foreign) || !slices.Contains(made, second.Name) || slices.Contains(made, first.Name) {
			t.Errorf("%d: %q", len(made), made)
		}
		kept, err := b.keeper.Kept(t.Context())
		must(t, err)
		if len(kept) != 16 || kept[0].Name != b.keeper.State().Last.Name {
			t.Errorf("%d kept: %+v", len(kept), kept)
		}
		for _, k := range kept {
			if k.Expires.IsZero() || k.Folder != b.stick {
				t.Errorf("%+v", k)
			}
		}
		// In a folder that is not the one any more nothing goes by itself.
		before := len(b.made())
		b.stick += ".2"
		must(t, os.Mkdir(b.stick, 0o700))
		b.choose()
		kept, err = b.keeper.Kept(t.Context())
		must(t, err)
		if !kept[1].Expires.IsZero() || kept[0].Folder != b.stick && len(b.made()) > 0 || before != 18 {
			t.Errorf("%+v", kept[:2])
		}
	})
}

// A clock that was set back begins anew, and never costs the newest backup.
func TestClockIsSetBack(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		b.choose()
		for range 20 {
			b.tomorrow()
		}
		n := len(b.made())
		before := b.shift
		b.set(func() { b.shift -= 16 * 24 * time.Hour })
		time.Sleep(again + 2*lookEvery)
		b.settle()
		v := b.keeper.State()
		if len(b.made()) < n || v.Last.Made.After(b.now()) || !slices.Contains(b.made(), v.Last.Name) || v.Old {
			t.Errorf("%+v, %v", v.Last, b.made())
		}
		time.Sleep(23 * time.Hour)
		b.settle()
		if b.keeper.State().Last.Name != v.Last.Name {
			t.Errorf("another one within a day: %+v", b.keeper.State().Last)
		}
		b.set(func() { b.shift = before })
		time.Sleep(2 * lookEvery)
		b.settle()
		if v := b.keeper.State(); v.Old || b.now().Sub(v.Last.Made) > time.Hour {
			t.Errorf("set right: %+v", v.Last)
		}
	})
}

// writer is a backup.Write.
type writer = func(context.Context, backup.Source, string, time.Time, func(done, of int64)) (backup.Made, error)

// writes puts another one in its place.
func (b *bench) writes(w writer) {
	b.keeper.mu.Lock()
	defer b.keeper.mu.Unlock()
	b.keeper.write = w
}

// hang is a write that never comes back; free lets it.
func (b *bench) hang() (free func()) {
	held := make(chan struct{})
	b.writes(func(context.Context, backup.Source, string, time.Time, func(done, of int64)) (backup.Made, error) {
		<-held
		return backup.Made{}, backup.ErrNotWritten
	})
	return func() { close(held) }
}

// A disk that hangs can be cancelled, is given up, and does not hold the console's end.
func TestADiskThatHangs(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		b.choose()
		free := b.hang()
		must(t, b.keeper.Make(b.acting()))
		b.keeper.Cancel()
		if j := b.keeper.State().Job; !j.Cancelling || j.Stuck || j.Task != console.BackupWriting {
			t.Errorf("%+v", j)
		}
		time.Sleep(stuckAfter + time.Second)
		if j := b.keeper.State().Job; !j.Stuck {
			t.Errorf("%+v", j)
		}
		if err := b.keeper.Make(b.acting()); !errors.Is(err, console.ErrBackupBusy) {
			t.Errorf("beside one that hangs: %v", err)
		}
		free()
		b.settle()
		if v := b.keeper.State(); v.Job.Task != console.NoBackupTask || v.Err != nil {
			t.Errorf("cancelled: %+v", v)
		}
		// One that nothing comes of ends by itself.
		b.writes(func(ctx context.Context, _ backup.Source, _ string, _ time.Time, _ func(done, of int64)) (backup.Made, error) {
			<-ctx.Done()
			return backup.Made{}, ctx.Err()
		})
		must(t, b.keeper.Make(b.acting()))
		time.Sleep(stall + 2*lookEvery)
		if v := b.keeper.State(); v.Job.Task != console.NoBackupTask || !errors.Is(v.Err, ErrNoAnswer) {
			t.Errorf("given up: %+v", v)
		}
		free = b.hang()
		must(t, b.keeper.Make(b.acting()))
		time.Sleep(stall + 2*lookEvery)
		if f, there := b.alarm(alarm.BackupFailed); !there || !errors.Is(f.Cause, ErrNoAnswer) || !b.keeper.State().Job.Stuck {
			t.Errorf("%+v", f)
		}
		begun := time.Now()
		if err := b.end(); !errors.Is(err, ErrAbandoned) || time.Since(begun) != closePatience {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
		b.end = nil
		free()
		synctest.Wait()
	})
}

// A backup that is cancelled leaves nothing and is no failure; the end of the console
// cancels, too.
func TestCancel(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		b.choose()
		slow := make(chan struct{})
		b.writes(func(ctx context.Context, src backup.Source, folder string, at time.Time, tell func(done, of int64)) (backup.Made, error) {
			first := sync.OnceFunc(func() { <-slow })
			return backup.Write(ctx, src, folder, at, func(done, of int64) { first(); tell(done, of) })
		})
		must(t, b.keeper.Make(b.acting()))
		b.keeper.Cancel()
		close(slow)
		b.settle()
		if v := b.keeper.State(); v.Err != nil || v.Job.Task != console.NoBackupTask || len(b.made()) != 1 || len(v.Files) != 1 {
			t.Errorf("%v, %+v", b.made(), v)
		}
		if kept, err := b.keeper.Kept(t.Context()); err != nil || len(kept) != 1 {
			t.Errorf("%+v, %v", kept, err)
		}
		slow = make(chan struct{})
		must(t, b.keeper.Make(b.acting()))
		time.AfterFunc(time.Second, func() { close(slow) })
		b.stop()
		b.end = nil
		if len(b.made()) != 1 {
			t.Error(b.made())
		}
	})
}

// Nothing begins by itself while a pen can put out; by hand it does.
func TestBesideTreating(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		b.set(func() { b.busy = true })
		b.choose()
		time.Sleep(time.Hour)
		if n := len(b.made()); n != 0 {
			t.Errorf("%d while treating", n)
		}
		must(t, b.keeper.Make(b.acting()))
		b.settle()
		if n := len(b.made()); n != 1 {
			t.Errorf("%d by hand", n)
		}
		time.Sleep(25 * time.Hour)
		b.set(func() { b.busy = false })
		time.Sleep(lookEvery)
		b.settle()
		if n := len(b.made()); n != 2 {
			t.Errorf("%d in the pause", n)
		}
	})
}

func TestDrillAndRestore(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		if err := b.keeper.Drill(b.acting(), ""); !errors.Is(err, ErrNoFolder) {
			t.Error(err)
		}
		b.choose()
		must(t, b.keeper.Drill(b.acting(), ""))
		b.settle()
		name := b.keeper.State().Last.Name
		r := b.keeper.State().Report
		if r == nil || !r.OK || r.Err != nil || r.Name != name || r.Task != console.BackupDrilling || !r.Patients || len(r.Counts) < 12 || r.Entries == 0 || r.At.IsZero() {
			t.Fatalf("%+v", r)
		}
		for _, bad := range []string{"../x", "stipple.db", backup.Name(b.now()) + "/.."} {
			if err := b.keeper.Drill(b.acting(), bad); !errors.Is(err, ErrUnknown) {
				t.Errorf("%q: %v", bad, err)
			}
		}
		into := filepath.Join(t.TempDir(), "new")
		code := []byte(b.code)
		path := filepath.Join(b.stick, name)
		must(t, b.keeper.Restore(b.acting(), path, code, into))
		b.settle()
		if r := b.keeper.State().Report; !r.OK || r.Into != into || r.Task != console.BackupRestores || strings.Trim(string(code), "\x00") != "" {
			t.Errorf("%+v, %q", r, code)
		}
		must(t, b.keeper.Restore(b.acting(), path, []byte(b.code), into))
		b.settle()
		if r := b.keeper.State().Report; !errors.Is(r.Err, backup.ErrNotEmpty) || r.OK {
			t.Errorf("%+v", r)
		}
		data, err := os.ReadFile(path)
		must(t, err)
		data[len(data)/2] ^= 1
		must(t, os.WriteFile(path, data, 0o600))
		must(t, b.keeper.Drill(b.acting(), name))
		b.settle()
		v := b.keeper.State()
		if !errors.Is(v.Report.Err, backup.ErrDamaged) || v.Report.OK || v.Err != nil {
			t.Errorf("%+v", v.Report)
		}
		var what []string
		for _, e := range b.told() {
			what = append(what, string(e.Action))
		}
		if !slices.Equal(what, []string{"backup.folder", "backup.make", "backup.drill"}) {
			t.Errorf("%q", what)
		}
		if left, _ := filepath.Glob(filepath.Join(b.dir, "stipple-drill-*")); len(left) > 0 {
			t.Error(left)
		}
	})
}

// Who was erased since a backup is listed by its drill and by its restoring, and the
// restored store itself tells whom to erase again.
func TestErasedSinceTheBackup(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		p, err := b.src.Store.SavePatient(b.acting(), clinical.Patient{FamilyName: "Arden", GivenName: "Lily", FileNumber: "1", Sex: clinical.Female, BirthDate: clinical.Date{Year: 1980, Month: 1, Day: 2}})
		must(t, err)
		b.choose()
		name := b.keeper.State().Last.Name
		_, err = b.src.Store.ErasePatient(b.acting(), p.ID, "asked for")
		must(t, err)
		into := filepath.Join(t.TempDir(), "new")
		for _, act := range []func() error{
			func() error { return b.keeper.Drill(b.acting(), name) },
			func() error {
				return b.keeper.Restore(b.acting(), filepath.Join(b.stick, name), []byte(b.code), into)
			},
		} {
			must(t, act())
			b.settle()
			if r := b.keeper.State().Report; !r.OK || !r.AgainAll || len(r.Again) != 1 || r.Again[0].Patient != p.ID || r.Again[0].Seq == 0 || r.Again[0].At.IsZero() {
				t.Errorf("%+v", r)
			}
		}
		told := b.told()
		if e := told[len(told)-1]; e.Action != audit.BackupDrill || len(e.Changes) != 1 || e.Changes[0].After != audit.Amount(audit.Count, 1) {
			t.Errorf("%+v", e)
		}
		slots, err := vault.Load(into, vault.Options{})
		must(t, err)
		keys, _, err := slots.SignIn("senior", []byte(passphrase), b.now())
		must(t, err)
		s, err := store.Open(filepath.Join(into, store.FileName), store.Options{Sealer: keys})
		must(t, err)
		defer func() { must(t, errors.Join(s.Close(), keys.Close())) }()
		last, err := s.AuditBefore(t.Context(), 0, 2)
		must(t, err)
		if last[0].Action != audit.PatientAgain || last[0].Patient != p.ID || last[1].Action != audit.BackupRestore || len(last[1].Changes) != 1 {
			t.Errorf("%+v", last)
		}
		if _, err := s.ErasePatient(t.Context(), p.ID, "erased before"); err != nil {
			t.Error(err)
		}
	})
}

// A folder that takes nothing, and what is remembered of very long ones.
func TestFoldersThatAreRefused(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		var not *console.FileError
		gone := filepath.Join(b.stick, "gone")
		if err := b.keeper.ChooseFolder(b.acting(), gone); !errors.As(err, &not) || not.Fault != console.FileGone || not.Path != gone {
			t.Error(err)
		}
		for _, folder := range []string{"/a\xff", "/" + strings.Repeat("x", audit.MaxTextRunes)} {
			if err := b.keeper.ChooseFolder(b.acting(), folder); !errors.As(err, &not) || not.Fault != console.FileName {
				t.Error(err)
			}
		}
		if v := b.keeper.State(); v.Folder != "" || len(b.told()) > 0 {
			t.Errorf("%+v", v)
		}
		m := memory{}
		for i := range 2 * mostMade {
			m = m.with(entry{Folder: strings.Repeat("f", 2000), Name: fmt.Sprint(i), Good: true})
		}
		must(t, keep(t.Context(), b.src.Store, m))
		m, _, err := recall(t.Context(), b.src.Store)
		must(t, err)
		if e, _ := m.newest(); e.Name != fmt.Sprint(2*mostMade-1) || len(m.Made) < 10 || len(m.Made) > mostMade {
			t.Errorf("%d, the newest is %s", len(m.Made), e.Name)
		}
	})
}
