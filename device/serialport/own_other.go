//go:build !unix

package serialport

import (
	"errors"
	"io/fs"

	"stipple/device"
)

// lock is not needed where the system opens a port for one program only.
type lock struct{}

func acquire(device.Port) (lock, error) { return lock{}, nil }

func (lock) release() error { return nil }

func isBusy(error) bool { return false }

func isGone(err error) bool { return errors.Is(err, fs.ErrNotExist) }

func denied(p device.Port, cause error) error { return &device.PermissionError{Port: p, Cause: cause} }
