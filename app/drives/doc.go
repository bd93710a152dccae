// Package drives says what is plugged in to this computer, so that a person can choose
// a stick without knowing its path. It starts no goroutine; a drive that does not
// answer is not asked.
package drives

// Drive is a disk, or a part of one, that files can be on.
type Drive struct {
	Path    string // of its top folder
	Name    string // as its owner has named it, or its letter; "" where there is none
	Plugged bool   // it comes and goes; otherwise it stays in the computer
}
