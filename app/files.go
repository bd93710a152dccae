package app

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"stipple/app/console"
	"stipple/app/drives"
)

// Bounds of what is listed of a folder: more than a person looks through.
const (
	mostEntries = 5000
	mostPath    = 4096 // bytes
	// leavePatience is how long what was cancelled may take to remove what it has half
	// written, before it is left to a disk that does not answer.
	leavePatience = 2 * time.Second
)

// files are the folders of this computer, as console.Files.
type files struct{}

var _ console.Files = files{}

// Places are the user's own folder and what is plugged in.
func (files) Places(ctx context.Context) ([]console.FilePlace, error) {
	return within(ctx, func() ([]console.FilePlace, error) {
		var all []console.FilePlace
		if home, err := os.UserHomeDir(); err == nil {
			all = append(all, console.FilePlace{Path: home, Kind: console.PlaceOwn})
		}
		for _, d := range drives.List() {
			kind := console.PlaceComputer
			if d.Plugged {
				kind = console.PlacePlugged
			}
			all = append(all, console.FilePlace{Path: d.Path, Name: d.Name, Kind: kind})
		}
		return all, nil
	})
}

// Folder lists a folder.
func (files) Folder(ctx context.Context, path string, ext []string) (console.FileFolder, error) {
	return within(ctx, func() (console.FileFolder, error) {
		path, err := wholePath(path)
		if err != nil {
			return console.FileFolder{}, err
		}
		f := console.FileFolder{Path: path}
		if parent := filepath.Dir(path); parent != path {
			f.Parent = parent
		}
		entries, cut, err := entriesOf(path)
		if err != nil {
			return console.FileFolder{}, faulty(path, err)
		}
		f.Cut = cut
		for _, e := range entries {
			if ctx.Err() != nil {
				return console.FileFolder{}, ctx.Err()
			}
			f = listed(f, e, ext)
		}
		slices.SortFunc(f.Folders, byName)
		slices.SortFunc(f.Files, func(a, b console.FileEntry) int { return byName(a.Name, b.Name) })
		return f, nil
	})
}

// byName orders as a person looks things up.
func byName(a, b string) int {
	return cmp.Or(cmp.Compare(strings.ToLower(a), strings.ToLower(b)), cmp.Compare(a, b))
}

// entriesOf reads a folder up to a bound.
func entriesOf(path string) (entries []fs.DirEntry, cut bool, err error) {
	d, err := os.Open(path)
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = d.Close() }() // it was only read
	entries, err = d.ReadDir(mostEntries + 1)
	if err != nil && err != io.EOF {
		return nil, false, err
	}
	if len(entries) > mostEntries {
		return entries[:mostEntries], true, nil
	}
	return entries, false, nil
}

// listed takes an entry into a folder's list, if it is one that can be chosen.
func listed(f console.FileFolder, e fs.DirEntry, ext []string) console.FileFolder {
	name := e.Name()
	ends := slices.ContainsFunc(ext, func(x string) bool { return strings.EqualFold(filepath.Ext(name), x) })
	if strings.HasPrefix(name, ".") || !e.IsDir() && e.Type()&fs.ModeSymlink == 0 && !ends {
		return f
	}
	info, err := os.Stat(filepath.Join(f.Path, name)) // what a link leads to
	switch {
	case err != nil || drives.Hidden(info):
	case info.IsDir():
		f.Folders = append(f.Folders, name)
	case ends && info.Mode().IsRegular():
		f.Files = append(f.Files, console.FileEntry{Name: name, Size: info.Size(), Changed: info.ModTime()})
	}
	return f
}

// MakeFolder makes a folder in one that exists.
func (files) MakeFolder(ctx context.Context, path string) error {
	return quick(ctx, func() error {
		path, err := wholePath(path)
		if err != nil {
			return err
		}
		if !goodName(filepath.Base(path)) {
			return &console.FileError{Path: path, Fault: console.FileName}
		}
		return faulty(path, os.Mkdir(path, 0o700))
	})
}

// CheckPath says whether a path can be used so, by trying.
func (files) CheckPath(ctx context.Context, path string, use console.FileUse) error {
	return quick(ctx, func() error {
		path, err := wholePath(path)
		if err != nil {
			return err
		}
		switch use {
		case console.UseRead:
			return checkRead(path)
		case console.UseCreate:
			if !goodName(filepath.Base(path)) {
				return &console.FileError{Path: path, Fault: console.FileName}
			}
			if _, err := os.Lstat(path); err == nil {
				return &console.FileError{Path: path, Fault: console.FileExists}
			}
			return checkFolder(filepath.Dir(path))
		}
		return checkFolder(path)
	})
}

func checkRead(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return faulty(path, err)
	}
	if !info.Mode().IsRegular() { // a pipe would block
		return &console.FileError{Path: path, Fault: console.FileNotFile}
	}
	f, err := os.Open(path)
	if err != nil {
		return faulty(path, err)
	}
	return faulty(path, f.Close())
}

// checkFolder tries to make a file: what permissions say is not the whole truth on a
// stick.
func checkFolder(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return faulty(path, err)
	}
	if !info.IsDir() {
		return &console.FileError{Path: path, Fault: console.FileNotFolder}
	}
	f, err := os.CreateTemp(path, "stipple-check-*")
	if err != nil {
		return faulty(path, err)
	}
	return faulty(path, errors.Join(f.Close(), os.Remove(f.Name())))
}

// wholePath is a path without detours, or why it is none.
func wholePath(path string) (string, error) {
	switch {
	case len(path) > mostPath || strings.ContainsRune(path, 0):
		return "", &console.FileError{Path: path, Fault: console.FileName}
	case !filepath.IsAbs(path):
		return "", &console.FileError{Path: path, Fault: console.FileRelative}
	}
	return filepath.Clean(path), nil
}

// badInName are the characters that no name has on one of the systems: a stick goes
// from one to another.
const badInName = `<>:"/\|?*`

// goodName says whether a file may be called so on every system.
func goodName(name string) bool {
	return name != "" && name != "." && name != ".." && utf8.ValidString(name) && !strings.ContainsAny(name, badInName) &&
		!strings.ContainsFunc(name, unicode.IsControl) && !strings.HasSuffix(name, ".") && !strings.HasSuffix(name, " ")
}

// faulty gives a system's error the word by which the window finds its sentence.
func faulty(path string, err error) error {
	if err == nil {
		return nil
	}
	return &console.FileError{Path: path, Fault: console.FaultOf(err), Cause: err}
}

// within runs do until ctx ends. A disk that never answers keeps do in the system: it
// is abandoned then, and what it returns is dropped.
func within[T any](ctx context.Context, do func() (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	done := make(chan answer, 1)
	go func() {
		value, err := do()
		done <- answer{value, err}
	}()
	select {
	case a := <-done:
		return a.value, a.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// settled is within for what cleans up after itself, such as a file that is half written:
// do ends with ctx by itself, and is abandoned only where it has not leavePatience later.
func settled[T any](ctx context.Context, do func() (T, error)) (T, error) {
	patient, leave := context.WithCancel(context.WithoutCancel(ctx))
	defer leave()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(leavePatience, leave) })()
	return within(patient, do)
}

// quick is within for what has nothing to return.
func quick(ctx context.Context, do func() error) error {
	_, err := within(ctx, func() (struct{}, error) { return struct{}{}, do() })
	return err
}
