package durable

import "os"

// holdFile makes a file that is open: Windows removes none that is.
func holdFile(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
}

// takeFile is false for a file that is open, or that is not there.
func takeFile(path string) (release func(), ok bool) {
	return func() {}, os.Remove(path) == nil
}
