package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
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

// install makes the calls fail for every thread of this process, for good.
func (f failure) install() error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	program := unix.SockFprog{Len: uint16(len(f.filter)), Filter: &f.filter[0]}
	_, _, errno := syscall.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		return errno
	}
	return nil
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
