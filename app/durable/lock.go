package durable

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// ErrLocked means that another process, or this one, holds the lock.
var ErrLocked = errors.New("locked by another")

// lockLook is how often a lock that somebody holds is looked at.
const lockLook = 20 * time.Millisecond

// Lock takes the lock of a name, which is an empty file that stays. It is for a file
// that is replaced, whose own lock would go with the old one. A process that ends lets
// go of it. ErrLocked where somebody holds it for longer than wait; other errors are
// the operating system's.
func Lock(path string, wait time.Duration) (release func() error, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	until := time.Now().Add(wait)
	for {
		got, err := tryLock(f)
		if got && err == nil {
			return f.Close, nil
		}
		if err == nil && time.Now().After(until) {
			err = ErrLocked
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
		}
		time.Sleep(lockLook)
	}
}
