// Package durable replaces files so that a crash at any point leaves the old one or
// the new one, whole. It starts no goroutine.
package durable

import (
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// Mark stands between a file's name and random letters and digits in the name of what
// will replace it.
const Mark = ".new-"

// notedName is what CreateNoted has in the place of the file's name, which may say of whom
// the file is: who keeps the temporary name need not keep that.
const notedName = ".stipple-export"

// fileMode: a file is its owner's alone.
const fileMode = 0o600

// markLen is how many of those there are, of five random bits each: nobody else's file has
// the name, and a long name does not become too long by it.
const markLen = 12

// markLetters are those that rand.Text makes.
const markLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

// temporary is a name of its own for what will be called path, beside it.
func temporary(path, name string) string {
	return filepath.Join(filepath.Dir(path), name+Mark+rand.Text()[:markLen])
}

// Noted says whether a path is one of those that CreateNoted makes, whole from the root:
// nobody else's file has such a name.
func Noted(path string) bool {
	letters, ok := strings.CutPrefix(filepath.Base(path), notedName+Mark)
	return ok && filepath.IsAbs(path) && len(letters) == markLen && strings.Trim(letters, markLetters) == ""
}

// Replace writes a file anew, readable by its owner alone: what write writes is
// synced under a temporary name in the same folder and then takes the name. On an
// error the old file, or that there was none, is as it was. The error wraps the
// operating system's. Where the path is a link, what it leads to is replaced: a new file
// in the link's place would leave the old one where it is.
func Replace(path string, write func(io.Writer) error) error {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	_, err := place(temporary(path, filepath.Base(path)), path, write, os.Rename)
	return err
}

// Create is Replace for a file that must not exist: fs.ErrExist if it does, also
// where another process makes it at the same moment. On every other error there is none.
func Create(path string, write func(io.Writer) error) error {
	_, err := create(temporary(path, filepath.Base(path)), path, write)
	return err
}

// CreateNoted is Create for who has to know the temporary name before there is a file of
// it, so that a crash leaves nothing that nobody knows of. That name says nothing of the
// file's own, and is Noted where the path is whole. note is called with it, and its error
// ends all. gone says that no file has it, for good: false where it could not be removed,
// or nobody knows, as of a stick that was pulled.
func CreateNoted(path string, note func(temporary string) error, write func(io.Writer) error) (gone bool, err error) {
	name := temporary(path, notedName)
	if err := note(name); err != nil {
		return true, err
	}
	return create(name, path, write)
}

func create(temporary, path string, write func(io.Writer) error) (gone bool, err error) {
	published := false
	gone, err = place(temporary, path, write, func(temporary, path string) error {
		err := Publish(temporary, path)
		published = err == nil
		return err
	})
	if err != nil && published { // its name is not certain to last
		err = errors.Join(err, os.Remove(path))
	}
	return gone, err
}

// place writes a file under a temporary name and lets publish give it its own. gone is as
// with CreateNoted.
func place(temporary, path string, write func(io.Writer) error, publish func(temporary, path string) error) (gone bool, err error) {
	f, err := os.OpenFile(temporary, os.O_RDWR|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return true, err
	}
	published := false
	defer func() { // whatever happens
		left := os.Remove(temporary)
		if published && errors.Is(left, fs.ErrNotExist) {
			left = nil // it was renamed
		}
		synced := SyncDir(filepath.Dir(path))
		if published {
			err = synced
		}
		gone = left == nil && synced == nil
	}()
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return false, err
	}
	err = publish(temporary, path)
	published = err == nil
	return false, err
}

// Publish gives a whole, synced file its real name: fs.ErrExist if the name is taken. A
// hard link fails then, so that of two first starts at once neither can replace what
// the other is already writing to. Where the file system knows no hard links (FAT), the
// file is renamed, and only then that small window is open.
func Publish(temporary, path string) error {
	err := os.Link(temporary, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, statErr := os.Stat(path); statErr == nil {
		return fs.ErrExist
	}
	return os.Rename(temporary, path)
}

// Sweep removes what a crash within Replace left beside a file. What can't be
// removed does no harm; the next start tries again.
func Sweep(path string) {
	dir := filepath.Dir(path)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // a folder may be closed to listing and its files still be good
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), filepath.Base(path)+Mark) {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

// SyncDir makes the names in a folder durable. Windows has no way to sync a folder, and
// does not need it; nor have some file systems of networks and sticks, on which nothing
// could be written at all if that counted.
func SyncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return errors.Join(err, d.Close())
}
