//go:build unix

package sim

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lockFile keeps other pens off a memory file until it is closed, also by a
// kill.
func lockFile(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return ErrMemoryInUse
	}
	return err
}
