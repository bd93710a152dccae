//go:build unix

package serialport

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"stipple/device"
)

// lock keeps other programs off a port: the library's TIOCEXCL keeps ordinary
// users out, and flock everybody who asks, the superuser too. It is a second
// descriptor of the same port.
type lock struct{ fd int }

// acquire opens the port once more and locks it.
func acquire(p device.Port) (lock, error) {
	fd, err := unix.Open(p.Path, unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return lock{}, openError(p, err)
	}
	l := lock{fd: fd}
	if err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); err != nil {
		if errors.Is(err, unix.EWOULDBLOCK) {
			return lock{}, errors.Join(&device.BusyError{Port: p, Cause: err}, l.release())
		}
		return lock{}, errors.Join(&device.NotPortError{Port: p, Cause: fmt.Errorf("lock: %w", err)}, l.release())
	}
	if exclusive(fd) {
		return lock{}, errors.Join(&device.BusyError{Port: p, Cause: unix.EBUSY}, l.release())
	}
	return l, nil
}

func (l lock) release() error { return unix.Close(l.fd) }

func isBusy(err error) bool { return errors.Is(err, unix.EBUSY) || errors.Is(err, unix.EWOULDBLOCK) }

// isGone says whether an error means that nothing is plugged in behind a path.
func isGone(err error) bool {
	return errors.Is(err, unix.ENXIO) || errors.Is(err, unix.ENODEV) || errors.Is(err, unix.EIO) || errors.Is(err, fs.ErrNotExist)
}

// denied names the group that may open the port, so that a person knows which
// one to join.
func denied(p device.Port, cause error) error {
	e := &device.PermissionError{Port: p, Cause: cause}
	info, err := os.Stat(p.Path)
	if err != nil {
		return e
	}
	e.Mode = info.Mode().String()
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || info.Mode().Perm()&0o060 != 0o060 {
		return e // joining the group would not help
	}
	gid := strconv.FormatUint(uint64(st.Gid), 10)
	if g, err := user.LookupGroupId(gid); err == nil {
		e.Group = g.Name
	} else {
		e.Group = gid
	}
	return e
}
