//go:build !linux && !darwin && !windows

package store

import "errors"

// freeBytes can't tell here.
func freeBytes(string) (uint64, error) { return 0, errors.ErrUnsupported }
