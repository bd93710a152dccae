//go:build !linux

package turns

// Short does nothing: only Linux lets a program ask for it.
func Short() {}
