package sim

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lockAt is the byte that is locked: behind all that a memory file ever has,
// because a lock of Windows keeps others from reading, too.
const lockAt = 1 << 30

// lockFile keeps other pens off a memory file until it is closed, also by a
// kill.
func lockFile(f *os.File) error {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &windows.Overlapped{Offset: lockAt})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return ErrMemoryInUse
	}
	return err
}
