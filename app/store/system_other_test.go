//go:build !linux

package store

// systemChildren are the children of tests that only some systems can run.
func systemChildren() map[string]func(string, func(line)) error { return nil }
