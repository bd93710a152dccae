//go:build linux || darwin || windows

package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestRoom(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	s, err := OpenTraining(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if free, err := s.Room(); err != nil || free == 0 {
		t.Errorf("%d bytes, %v", free, err)
	}
	if runtime.GOOS == "windows" {
		return // an open file can't be taken away there
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if free, err := s.Room(); !errors.Is(err, fs.ErrNotExist) || free != 0 {
		t.Errorf("a drive that is gone: %d bytes, %v", free, err)
	}
}
