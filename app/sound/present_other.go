//go:build !windows

package sound

// present says whether there is an output at all; here opening one tells.
func present() error { return nil }
