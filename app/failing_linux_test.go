package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// How a step ended where some calls of the system failed.
const (
	exitDone    = 0
	exitFull    = 70 // with the code of a full disk
	exitRefused = 71 // with another error
)

// failure is which calls of the system fail from some moment on, as a filter of the
// system's own (seccomp), so that the program and bbolt are as they are.
type failure struct {
	name  string
	errno syscall.Errno
	// several: the calls come behind a write, of which all may be there.
	several bool
	filter  []unix.SockFilter
}

// metaBytes is where the two pages of a store end of which one makes a commit valid.
const metaBytes = 2 * 4096

// longWrite is longer than what Go's runtime writes to wake itself.
const longWrite = 8

func failures() []failure {
	load := func(at uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
	}
	// Offsets in the system's struct seccomp_data, whose words are little endian on
	// every machine that this runs on.
	const number, count, offset, offsetHigh = 0, 16 + 2*8, 16 + 3*8, 16 + 3*8 + 4
	equal := func(k uint32, yes, no uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: k, Jt: yes, Jf: no}
	}
	above := func(k uint32, yes, no uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JGT | unix.BPF_K, K: k, Jt: yes, Jf: no}
	}
	end := func(k uint32) unix.SockFilter { return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: k} }
	allow := end(unix.SECCOMP_RET_ALLOW)
	fail := func(e syscall.Errno) unix.SockFilter { return end(unix.SECCOMP_RET_ERRNO | uint32(e)) }
	return []failure{
		{"every write", syscall.ENOSPC, false, []unix.SockFilter{
			load(number), equal(unix.SYS_PWRITE64, 4, 0), equal(unix.SYS_WRITE, 0, 2),
			load(count), above(longWrite, 1, 0), allow, fail(syscall.ENOSPC),
		}},
		{"the write of the page that makes a commit valid", syscall.ENOSPC, false, []unix.SockFilter{
			load(number), equal(unix.SYS_PWRITE64, 0, 4),
			load(offsetHigh), equal(0, 0, 2), load(offset), above(metaBytes-1, 0, 1), allow, fail(syscall.ENOSPC),
		}},
		{"every sync", syscall.EIO, true, []unix.SockFilter{
			load(number), equal(unix.SYS_FDATASYNC, 1, 0), equal(unix.SYS_FSYNC, 0, 1), fail(syscall.EIO), allow,
		}},
	}
}

// asked hands every call that writes to whoever listens: TestSessionWithOneFailingWrite.
func asked() failure {
	one := func(number uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: number, Jt: 0, Jf: 1}
	}
	listener := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_USER_NOTIF}
	return failure{filter: []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0},
		one(unix.SYS_PWRITE64), listener, one(unix.SYS_FTRUNCATE), listener,
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_WRITE, Jt: 0, Jf: 2},
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 16 + 2*8},
		{Code: unix.BPF_JMP | unix.BPF_JGT | unix.BPF_K, K: longWrite, Jt: 1, Jf: 0},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
		listener,
	}}
}

// install makes the calls fail for every thread of this process, for good.
func (f failure) install() error {
	_, err := f.listen(0)
	return err
}

// listen is install with flags; it returns where the system asks about a call, if it does.
func (f failure) listen(flags uintptr) (fd int, err error) {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return 0, err
	}
	program := unix.SockFprog{Len: uint16(len(f.filter)), Filter: &f.filter[0]}
	got, _, errno := syscall.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC|flags, uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		return 0, errno
	}
	return int(got), nil
}

// failQuick is each how many-th step is tried usually; another one for each failure.
const failQuick = 4

// From some step of a session on, calls of the system fail: of the step all is there or
// nothing, of those before it all, and the store opens clean.
func TestSessionWhoseWritesFail(t *testing.T) {
	ctx := t.Context()
	want, err := accountsOf(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for n, f := range failures() {
		refused := 0
		for i, s := range script() {
			if !*everyRoom && (i+n)%failQuick != 0 {
				continue
			}
			top := openToAll(t)
			cmd := child(t, "failing", top, strconv.Itoa(n), strconv.Itoa(i))
			code := exitDone
			var exit *exec.ExitError
			if err := cmd.Run(); errors.As(err, &exit) {
				code = exit.ExitCode()
			} else if err != nil {
				t.Fatal(err)
			}
			if code != exitDone {
				refused++
			}
			may := accounts(want, i)
			fits := func(got string) bool {
				switch {
				case code == exitDone:
					return got == may[1]
				case f.several || s.several:
					return got == may[0] || got == may[1]
				}
				return got == may[0]
			}
			switch {
			case code != exitDone && code != exitFull && code != exitRefused, code == exitRefused && f.errno == syscall.ENOSPC:
				t.Errorf("%s, %s: exit %d", f.name, s.name, code)
			}
			code2, err := os.ReadFile(filepath.Join(top, "code"))
			if err == nil {
				err = opensWhole(ctx, top, string(code2), func(got string) bool { return fits(got) || i == 0 && got == want[0] })
			}
			if err != nil {
				t.Errorf("%s, %s: %v", f.name, s.name, err)
			}
		}
		if refused == 0 {
			t.Errorf("%s: nothing failed", f.name)
		}
		t.Logf("%s: %d steps refused, each store whole", f.name, refused)
	}
}

// childFailing does the script up to a step, and that one where calls fail. It says how
// it ended by its exit alone: it can write no more.
func childFailing(args []string) error {
	ctx := context.Background()
	n, err := strconv.Atoi(args[1])
	i, err2 := strconv.Atoi(args[2])
	if err := errors.Join(err, err2, ordinary()); err != nil {
		return err
	}
	x, err := newSession(args[0])
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(args[0], "code"), []byte(x.code), 0o644); err != nil {
		return err
	}
	for _, s := range script()[:i] {
		if err := s.do(ctx, x); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	if err := failures()[n].install(); err != nil {
		return fmt.Errorf("make calls fail: %w", err)
	}
	switch err := script()[i].do(ctx, x); {
	case err == nil:
		os.Exit(exitDone)
	case mustSayFull(err) == nil:
		os.Exit(exitFull)
	}
	os.Exit(exitRefused)
	return nil
}

// oneQuick is each how many-th write of a session fails usually.
const oneQuick = 37

// Of a session one write fails, and that is each in turn: the first, the second, and so
// on. The step is refused, leaves nothing, and is done when it is tried again.
func TestSessionWithOneFailingWrite(t *testing.T) {
	runTries(t, child(t, "one", openToAll(t), eachRoom(1, oneQuick)))
}

// question and answer are the system's struct seccomp_notif and seccomp_notif_resp.
type (
	question struct {
		id         uint64
		pid, flags uint32
		number     int32
		arch       uint32
		ip         uint64
		args       [6]uint64
	}
	answer struct {
		id    uint64
		value int64
		errno int32
		flags uint32
	}
)

// answered answers what the system asks about the calls of this process. It must write
// nothing itself.
func answered(fd int, fails func() bool) {
	for {
		var q question
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), unix.SECCOMP_IOCTL_NOTIF_RECV, uintptr(unsafe.Pointer(&q))); errno != 0 {
			continue // the call was broken off, and comes again
		}
		a := answer{id: q.id, flags: unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE}
		if fails() {
			a.flags, a.errno = 0, -int32(syscall.ENOSPC)
		}
		_, _, _ = syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), unix.SECCOMP_IOCTL_NOTIF_SEND, uintptr(unsafe.Pointer(&a)))
	}
}

func childOne(args []string) error {
	each, err := strconv.ParseInt(args[1], 10, 64)
	if err = errors.Join(err, ordinary()); err != nil {
		return err
	}
	fd, err := asked().listen(unix.SECCOMP_FILTER_FLAG_NEW_LISTENER | unix.SECCOMP_FILTER_FLAG_TSYNC_ESRCH)
	if err != nil {
		return fmt.Errorf("be asked about each write: %w", err)
	}
	var counting atomic.Bool
	var left atomic.Int64 // writes until the one that fails
	go answered(fd, func() bool { return counting.Load() && left.Add(-1) == 0 })
	return trySizes(args[0], args[0], each, func(n int64, d *disk) {
		left.Store(n + 1)
		d.full = func() error { counting.Store(true); return nil }
		d.empty = func() error { counting.Store(false); return nil }
	})
}
