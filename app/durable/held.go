package durable

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// heldName is the file that says, in a folder that is not whole yet, that somebody is
// filling it: as long as it is locked, which ends with the process.
const heldName = "in-use"

// Held is a temporary folder that somebody is filling.
type Held struct {
	path string
	file *os.File
}

// Hold marks a new folder as being filled: Sweep of its kind leaves it alone until Release
// or the end of the process.
func Hold(dir string) (*Held, error) {
	path := filepath.Join(dir, heldName)
	f, err := holdFile(path)
	if err != nil {
		return nil, err
	}
	return &Held{path, f}, nil
}

// Release takes the mark away: the folder is whole, or about to be removed. A second call
// does nothing.
func (h *Held) Release() error {
	if h.file == nil {
		return nil
	}
	err := errors.Join(h.file.Close(), os.Remove(h.path))
	h.file = nil
	return err
}

// SweepHeld removes the folders that begin with a prefix and that processes were filling
// which have ended. A folder without the mark is somebody else's, or whole, and stays.
// What can't be removed does no harm; the next call tries again.
func SweepHeld(parent, prefix string) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return // as with Sweep
	}
	for _, e := range entries {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), prefix) {
			continue
		}
		dir := filepath.Join(parent, e.Name())
		if release, ok := takeFile(filepath.Join(dir, heldName)); ok {
			_ = os.RemoveAll(dir)
			release()
		}
	}
}
