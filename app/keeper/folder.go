package keeper

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"stipple/app/backup"
	"stipple/app/durable"
)

// markName is the file by which a folder for backups is known.
const markName = "stipple-backups.txt"

// markText is what is in it, for a person and for the keeper.
func markText(mark string) string {
	return "Stipple keeps backups of a practice in this folder. Leave this file here.\n" + mark + "\n"
}

// marked says whether a folder is the one that was chosen: nil, ErrFolderGone,
// ErrOtherDisk or the system's error.
func marked(folder, mark string) error {
	f, err := os.Open(filepath.Join(folder, markName))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
			return ErrFolderGone
		}
		return ErrOtherDisk
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return ErrOtherDisk
	}
	text, err := io.ReadAll(io.LimitReader(f, mostMark))
	if err != nil {
		return err
	}
	if string(text) != markText(mark) {
		return ErrOtherDisk
	}
	return nil
}

// putMark makes a folder the one for backups.
func putMark(folder, mark string) error {
	return durable.Replace(filepath.Join(folder, markName), func(w io.Writer) error {
		_, err := io.WriteString(w, markText(mark))
		return err
	})
}

// seen is what a look at the folder has found.
type seen struct {
	folder string
	err    error            // why nothing can be kept there now
	files  map[string]int64 // sizes of what has the name of a backup
}

// look looks at a folder.
func look(folder, mark string) seen {
	s := seen{folder: folder, err: marked(folder, mark)}
	if s.err == nil {
		s.files, s.err = backupsIn(folder)
	}
	return s
}

func backupsIn(folder string) (map[string]int64, error) {
	d, err := os.Open(folder)
	if err != nil {
		return nil, err
	}
	defer func() { _ = d.Close() }() // it was only read
	entries, err := d.ReadDir(mostNames)
	if err != nil && err != io.EOF {
		return nil, err
	}
	files := make(map[string]int64)
	for _, e := range entries {
		if _, ok := backup.TimeOf(e.Name()); !ok {
			continue
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			files[e.Name()] = info.Size()
		}
	}
	return files, nil
}

// within runs do until ctx ends. Where the disk never answers, do is abandoned.
func within[T any](ctx context.Context, do func() T) (T, error) {
	done := make(chan T, 1)
	go func() { done <- do() }()
	select {
	case v := <-done:
		return v, nil
	case <-ctx.Done():
		var none T
		return none, ErrNoAnswer
	}
}

// inFolder is the path of a backup in a folder; false for what is no backup's name.
func inFolder(folder, name string) (string, bool) {
	_, ok := backup.TimeOf(name)
	return filepath.Join(folder, name), ok && !strings.ContainsAny(name, `/\`)
}
