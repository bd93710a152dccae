package console

import (
	"context"
	"errors"
	"io/fs"
	"syscall"
	"time"

	"stipple/app/clinical"
)

// filesPatience is how long a folder may take to answer. A stick that wakes up needs
// two seconds; a network that is gone never answers.
const filesPatience = 8 * time.Second

// Files looks at the folders of this computer. An error is a *FileError, or the
// context's. A call ends with its context, also where the disk never answers.
type Files interface {
	// Places are where a person begins to look: the own folder and what is plugged in.
	Places(context.Context) ([]FilePlace, error)
	// Folder lists a folder: the folders in it, and those of its files whose names end
	// with one of ext, upper or lower case. No ext: no files.
	Folder(ctx context.Context, path string, ext []string) (FileFolder, error)
	// MakeFolder makes one in a folder that exists.
	MakeFolder(ctx context.Context, path string) error
	// CheckPath says whether a path can be used so.
	CheckPath(ctx context.Context, path string, use FileUse) error
}

// FilePlace is a folder to begin in.
type FilePlace struct {
	Path string
	Name string // of a drive, as its owner has named it; "" for the others
	Kind PlaceKind
}

// PlaceKind is what a place is.
type PlaceKind string

// The kinds of places.
const (
	PlaceOwn      PlaceKind = "own"      // the folder of whoever uses the computer
	PlacePlugged  PlaceKind = "plugged"  // a stick, or a disk that comes and goes
	PlaceComputer PlaceKind = "computer" // the top of a disk that stays
)

// FileFolder is what is in a folder. Names are as the system has them: whoever shows
// them guards against control characters.
type FileFolder struct {
	Path    string      // absolute
	Parent  string      // "" at the top
	Folders []string    // names, in alphabetical order; hidden ones are left out
	Files   []FileEntry // by name
	Cut     bool        // there is more than is listed
}

// FileEntry is a file in a folder.
type FileEntry struct {
	Name    string
	Size    int64 // bytes
	Changed time.Time
}

// FileUse is what a path is for.
type FileUse string

// The uses of a path.
const (
	UseFolder FileUse = "folder" // a folder that takes new files
	UseRead   FileUse = "read"   // a file that is there and can be read
	UseCreate FileUse = "create" // a file that is not there yet, in a folder that takes it
)

// FileFault is why a path can't be used.
type FileFault string

// The faults of paths.
const (
	FileGone      FileFault = "gone"       // it is not there
	FileForbidden FileFault = "forbidden"  // this user may not
	FileReadOnly  FileFault = "read_only"  // the disk takes nothing
	FileFull      FileFault = "full"       // the disk is full
	FileNotFolder FileFault = "not_folder" // it is something else
	FileNotFile   FileFault = "not_file"
	FileExists    FileFault = "exists"   // the name is taken; nothing is ever replaced
	FileRelative  FileFault = "relative" // it does not say from where
	FileName      FileFault = "name"     // no name of a file or folder
	FileSlow      FileFault = "slow"     // no answer in time
	FileOther     FileFault = "other"
)

// FileError is a path that can't be used.
type FileError struct {
	Path  string
	Fault FileFault
	Cause error // the system's; may be nil
}

func (e *FileError) Error() string {
	text := e.Path + ": " + string(e.Fault)
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap is the system's error.
func (e *FileError) Unwrap() error { return e.Cause }

// Code is "file_" and the fault.
func (e *FileError) Code() string { return "file_" + string(e.Fault) }

// Args is the path, and what the system says.
func (e *FileError) Args() []any {
	if e.Cause == nil {
		return []any{e.Path, ""}
	}
	return []any{e.Path, e.Cause.Error()}
}

// FaultOf is what a system's error means for a path.
func FaultOf(err error) FileFault {
	for _, f := range []struct {
		err   error
		fault FileFault
	}{
		{syscall.EROFS, FileReadOnly},
		{syscall.ENOSPC, FileFull},
		{syscall.ENOTDIR, FileNotFolder},
		{fs.ErrExist, FileExists},
		{fs.ErrNotExist, FileGone},
		{fs.ErrPermission, FileForbidden},
	} {
		if errors.Is(err, f.err) {
			return f.fault
		}
	}
	return FileOther
}

// FilePlaces lists where a person begins to look for a file. p is the permission for
// what the file is for, as in all that follow.
func (d *Desk) FilePlaces(p clinical.Permission, done func([]FilePlace, error)) {
	lookAt(d, p, "", d.cfg.Files.Places, done)
}

// ListFolder lists a folder, with its files of some kinds; see Files.Folder.
func (d *Desk) ListFolder(p clinical.Permission, path string, ext []string, done func(FileFolder, error)) {
	lookAt(d, p, path, func(ctx context.Context) (FileFolder, error) { return d.cfg.Files.Folder(ctx, path, ext) }, done)
}

// MakeFolder makes a folder in one that exists.
func (d *Desk) MakeFolder(p clinical.Permission, path string, done func(error)) {
	lookAt(d, p, path, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, d.cfg.Files.MakeFolder(ctx, path)
	}, func(_ struct{}, err error) { done(err) })
}

// CheckPath says whether a path can be used so: nil, or a *FileError.
func (d *Desk) CheckPath(p clinical.Permission, path string, use FileUse, done func(error)) {
	lookAt(d, p, path, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, d.cfg.Files.CheckPath(ctx, path, use)
	}, func(_ struct{}, err error) { done(err) })
}

// lookAt is read with a bound on how long the disk may take.
func lookAt[T any](d *Desk, p clinical.Permission, path string, work func(context.Context) (T, error), done func(T, error)) {
	var none T
	read(d, p, none, func(ctx context.Context) (func() T, error) {
		ctx, cancel := context.WithTimeout(ctx, filesPatience)
		defer cancel()
		out, err := work(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			err = &FileError{Path: path, Fault: FileSlow}
		}
		return func() T { return out }, err
	}, done)
}
