package keeper

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"stipple/app/backup"
	"stipple/app/durable"
)

// markName is the file by which a folder for backups is known.
const markName = "stipple-backups.txt"

// markHead is what is in it for a person; behind it the mark of each practice or room that
// has chosen the folder stands in a line of its own, and the disk's, by which two sticks
// that take turns under one path are told apart.
const markHead = "Stipple keeps backups of a practice in this folder. Leave this file here.\n"

// marksIn are the marks in a file.
func marksIn(text string) []string {
	rest, ours := strings.CutPrefix(text, markHead)
	if !ours {
		return nil
	}
	return strings.Fields(rest)
}

// marked says whether a folder is the one that was chosen: nil, ErrFolderGone,
// ErrOtherDisk or the system's error.
func marked(folder, mark string) error {
	marks, err := marksOf(folder)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
			return ErrFolderGone
		}
		return ErrOtherDisk
	}
	if err == nil && !slices.Contains(marks, mark) {
		err = ErrOtherDisk
	}
	return err
}

// marksOf are the marks of a folder; none where the file is something else.
func marksOf(folder string) ([]string, error) {
	path := filepath.Join(folder, markName)
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() { // a pipe would block
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(f, mostMark))
	return marksIn(string(text)), err
}

// diskMark is how the mark of a disk begins.
const diskMark = "disk-"

// diskOf is the mark of the disk on which a folder is now; empty: it has none.
func diskOf(folder string) string {
	marks, err := marksOf(folder)
	if err != nil {
		return ""
	}
	if i := slices.IndexFunc(marks, isDisk); i >= 0 {
		return marks[i]
	}
	return ""
}

func isDisk(mark string) bool { return strings.HasPrefix(mark, diskMark) }

// putMark makes a folder the one for backups. Others that keep theirs there, such as the
// console of another room, go on to know it.
func putMark(folder, mark string) error {
	marks, err := marksOf(folder)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	case slices.Contains(marks, mark):
		return nil
	}
	disk := diskOf(folder)
	if disk == "" {
		id, err := newMark()
		if err != nil {
			return err
		}
		disk = diskMark + id
	}
	marks = append(slices.DeleteFunc(marks, isDisk), mark)
	marks = append([]string{disk}, marks[max(len(marks)-mostMarks, 0):]...)
	return durable.Replace(filepath.Join(folder, markName), func(w io.Writer) error {
		_, err := io.WriteString(w, markHead+strings.Join(marks, "\n")+"\n")
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
