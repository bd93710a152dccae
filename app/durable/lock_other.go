//go:build !unix && !windows

package durable

import "os"

// tryLock takes no lock: there is none.
func tryLock(*os.File) (bool, error) { return true, nil }
