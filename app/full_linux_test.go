package app

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"stipple/app/backup"
	"stipple/app/coded"
)

var everyRoom = flag.Bool("every-room", false, "try the session on a full disk with every size of it, and each failing write at every step")

// Where this binary is started again, childEnv names what it is to do.
const childEnv = "STIPPLE_APP_CHILD"

// nobody is the user that owns nothing. Root is one too many to try a full disk with.
const nobody = 65534

func TestMain(m *testing.M) {
	name := os.Getenv(childEnv)
	if name == "" {
		os.Exit(m.Run())
	}
	child, ok := map[string]func(args []string) error{"limit": childLimit, "small": childSmall, "failing": childFailing, "one": childOne, "export": childExport}[name]
	if !ok {
		fmt.Fprintln(os.Stderr, "no such child:", name)
		os.Exit(2)
	}
	if err := child(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// child is this binary as a process of its own.
func child(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, args...)
	cmd.Env = append(os.Environ(), childEnv+"="+name)
	cmd.Stderr = os.Stderr
	return cmd
}

// tried is a session on a disk of some room.
type tried struct {
	Room    int64  // in bytes; or which write failed
	Refused int    // steps that were refused first
	Err     string // what was wrong with it
}

// runTries runs a child that tells what it tried, and checks that nothing was wrong.
func runTries(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	sessions, refused, none := 0, 0, 0
	for d := json.NewDecoder(out); ; {
		var s tried
		if err := d.Decode(&s); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if s.Err != "" {
			t.Errorf("with %d bytes, or at write %d: %s", s.Room, s.Room, s.Err)
		}
		sessions++
		refused += s.Refused
		if s.Refused == 0 {
			none++
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if refused < sessions-none || none == 0 || none == sessions {
		t.Errorf("%d sessions, %d steps refused, in %d sessions none: not what was to be tried", sessions, refused, none)
	}
	t.Logf("%d sessions of %d steps, %d of them refused and then done, no store damaged", sessions, len(script()), refused)
}

// openToAll is a folder that an ordinary user may write to. Not t.TempDir, whose parent
// they can't enter.
func openToAll(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "stipple-full-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	return dir
}

// ordinary gives up root.
func ordinary() error {
	if os.Getuid() != 0 {
		return nil
	}
	return errors.Join(syscall.Setgroups(nil), syscall.Setgid(nobody), syscall.Setuid(nobody))
}

// disk is how a session's disk becomes full, and how there is room again.
type disk struct {
	dir         string // of the session
	elsewhere   string // on another disk
	full, empty func() error
}

// session runs the script: each step first while the disk is full, and where it is
// refused, once more when there is room. A refused step has left nothing, or where it is
// several writes all of them; and what is on the disk then opens, whole.
func (d disk) session(want []string) (refused int, err error) {
	ctx := context.Background()
	x, err := newSession(d.dir)
	if err != nil {
		return 0, err
	}
	for i, s := range script() {
		if err := d.full(); err != nil {
			return refused, err
		}
		failed := s.do(ctx, x)
		if err := d.empty(); err != nil {
			return refused, err
		}
		if failed != nil {
			refused++
			err := mustSayFull(failed)
			if err == nil {
				err = d.refused(ctx, x, s, accounts(want, i))
			}
			if err == nil {
				err = s.do(ctx, x)
			}
			if err != nil {
				return refused, fmt.Errorf("%s: %w", s.name, err)
			}
		}
		if got, err := x.account(ctx); err != nil || got != want[i] {
			return refused, fmt.Errorf("%s: the store holds\n%s\nnot\n%s\n%w", s.name, got, want[i], err)
		}
	}
	return refused, errors.Join(again(ctx, x), x.whole(ctx), x.desk.close())
}

// accounts are what the store holds before and after a step.
func accounts(all []string, i int) [2]string {
	if i == 0 {
		return [2]string{"", all[0]}
	}
	return [2]string{all[i-1], all[i]}
}

// mustSayFull wants the code of a full disk, or that of a backup that was not written.
func mustSayFull(err error) error {
	switch {
	case errors.Is(err, backup.ErrNotWritten), coded.Of(err) == "disk_full":
		return nil
	}
	return fmt.Errorf("the disk was full, and the error is: %w", err)
}

// refused holds a session, and a copy of its folder as it is, against what it may be.
func (d disk) refused(ctx context.Context, x *session, s step, may [2]string) error {
	fits := func(got string) bool { return got == may[0] || s.several && got == may[1] }
	if x.desk != nil { // else nobody is signed in any more
		if got, err := x.account(ctx); err != nil || !fits(got) {
			return fmt.Errorf("refused, and the store holds\n%s\n%w", got, err)
		}
	}
	names, err := filepath.Glob(filepath.Join(d.dir, "*", "*.new-*"))
	if err != nil || len(names) > 0 {
		return fmt.Errorf("left over: %v %w", names, err)
	}
	top, err := os.MkdirTemp(d.elsewhere, "copy-*")
	if err != nil {
		return err
	}
	err = os.CopyFS(top, os.DirFS(d.dir))
	if err == nil {
		err = opensWhole(ctx, top, x.code, func(got string) bool { return fits(got) || got == may[1] && may[0] == "" })
	}
	return errors.Join(err, os.RemoveAll(top))
}

// opensWhole comes in to the copy of a session, and checks all of it.
func opensWhole(ctx context.Context, dir, code string, fits func(string) bool) error {
	x := &session{dir: filepath.Join(dir, "data"), stick: filepath.Join(dir, "stick"), code: code}
	if err := enter(ctx, x); err != nil {
		return fmt.Errorf("opened again: %w", err)
	}
	got, err := x.account(ctx)
	if err == nil && !fits(got) {
		err = fmt.Errorf("it holds\n%s", got)
	}
	if err := errors.Join(err, x.whole(ctx), x.desk.close()); err != nil {
		return fmt.Errorf("opened again: %w", err)
	}
	return nil
}

// accountsOf are what the store holds after each step of a session that nothing stops.
func accountsOf(dir string) (all []string, err error) {
	ctx := context.Background()
	x, err := newSession(dir)
	if err != nil {
		return nil, err
	}
	for _, s := range script() {
		if err := s.do(ctx, x); err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		got, err := x.account(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, got)
	}
	return all, errors.Join(x.desk.close(), os.RemoveAll(x.dir), os.RemoveAll(x.stick))
}

// trySizes runs a session for each room from 0 in steps, until two sessions in a row
// were refused nothing.
func trySizes(dir, elsewhere string, each int64, make func(room int64, d *disk)) error {
	want, err := accountsOf(filepath.Join(elsewhere, "want"))
	if err != nil {
		return err
	}
	for room, quiet := int64(0), 0; quiet < 2; room += each {
		d := disk{dir: filepath.Join(dir, "session"), elsewhere: elsewhere}
		make(room, &d)
		said := tried{Room: room}
		if said.Refused, err = d.session(want); err != nil {
			said.Err = err.Error()
		}
		if said.Refused == 0 {
			quiet++
		}
		if err := errors.Join(json.NewEncoder(os.Stdout).Encode(said), os.RemoveAll(d.dir)); err != nil {
			return err
		}
	}
	return nil
}

// How much more room each session has than the one before, in bytes.
const (
	limitEach  = 512
	limitQuick = 19_000
	smallEach  = 4096 // a page of the disk in memory
	smallQuick = 5 * 4096
)

// eachRoom is one of two strides.
func eachRoom(every, quick int64) string {
	if *everyRoom {
		quick = every
	}
	return strconv.FormatInt(quick, 10)
}

// A session on a disk that is full, as an ordinary user: each file of the process may be
// so and so long. Every step is tried while it is, with files of every length.
func TestSessionWhereFilesEnd(t *testing.T) {
	runTries(t, child(t, "limit", openToAll(t), eachRoom(limitEach, limitQuick)))
}

func childLimit(args []string) error {
	each, err := strconv.ParseInt(args[1], 10, 64)
	if err = errors.Join(err, ordinary()); err != nil {
		return err
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	set := func(bytes uint64) func() error {
		return func() error {
			return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: min(bytes, limit.Max), Max: limit.Max})
		}
	}
	return trySizes(args[0], args[0], each, func(room int64, d *disk) {
		d.full, d.empty = set(uint64(room)), set(limit.Cur)
	})
}

// smallDisk is a disk in memory of so many bytes: a session needs a tenth.
const smallDisk = 8 << 20

// exitNoMount says that this system lets the process mount nothing.
const exitNoMount = 77

// A session on a small disk of its own, which another file leaves so and so much room
// on. Unlike a limit of files, such a disk is full in the middle of a file.
func TestSessionOnASmallDisk(t *testing.T) {
	cmd := child(t, "small", openToAll(t), eachRoom(smallEach, smallQuick))
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	if uid := os.Getuid(); uid != 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWNS | syscall.CLONE_NEWUSER,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: uid, Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		}
	}
	mounts := child(t, "small")
	mounts.SysProcAttr = cmd.SysProcAttr
	if err := mounts.Run(); err != nil {
		var exit *exec.ExitError
		if !errors.Is(err, syscall.EPERM) && !(errors.As(err, &exit) && exit.ExitCode() == exitNoMount) {
			t.Fatal(err)
		}
		t.Skip("this system lets nobody but root mount a disk, or not even root; TestSessionWhereFilesEnd tries the same where files end")
	}
	runTries(t, cmd)
}

func childSmall(args []string) error {
	options := fmt.Sprintf("size=%d,mode=0777", smallDisk)
	if len(args) == 0 { // only whether it may
		dir, err := os.MkdirTemp("", "stipple-mount-*")
		if err != nil {
			return err
		}
		if syscall.Mount("tmpfs", dir, "tmpfs", 0, options) != nil {
			_ = os.Remove(dir)
			os.Exit(exitNoMount)
		}
		return errors.Join(syscall.Unmount(dir, 0), os.Remove(dir))
	}
	each, err := strconv.ParseInt(args[1], 10, 64)
	mounted := filepath.Join(args[0], "disk")
	if err = errors.Join(err, os.Mkdir(mounted, 0o777)); err != nil {
		return err
	}
	if err := syscall.Mount("tmpfs", mounted, "tmpfs", 0, options); err != nil {
		return err
	}
	if os.Getuid() == 0 && strings.Contains(uidMap(), "4294967295") { // root of the system, not of a namespace
		if err := ordinary(); err != nil {
			return err
		}
	}
	ballast := filepath.Join(mounted, "ballast")
	return trySizes(mounted, args[0], each, func(room int64, d *disk) {
		d.full = func() error { return leaveRoom(ballast, room) }
		d.empty = func() error { return os.Remove(ballast) }
	})
}

// uidMap is how the users of this namespace are those of the system.
func uidMap() string {
	text, _ := os.ReadFile("/proc/self/uid_map") // where it can't be read, nobody's
	return string(text)
}

// leaveRoom fills a disk up to so many bytes with one file.
func leaveRoom(ballast string, room int64) error {
	f, err := os.Create(ballast)
	if err != nil {
		return err
	}
	var s unix.Statfs_t
	if err := unix.Statfs(ballast, &s); err != nil {
		return errors.Join(err, f.Close())
	}
	if n := int64(s.Bavail)*s.Bsize - room; n > 0 {
		err = unix.Fallocate(int(f.Fd()), 0, 0, n)
	}
	return errors.Join(err, f.Close())
}
