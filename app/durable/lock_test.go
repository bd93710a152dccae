package durable

import (
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// One at a time holds a lock; who waits gets it, and who does not wait long enough is
// told.
func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.lock")
	release, err := Lock(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(path, 0); !errors.Is(err, ErrLocked) {
		t.Errorf("twice: %v", err)
	}
	var all sync.WaitGroup
	n := 0
	for range 4 {
		all.Go(func() {
			release, err := Lock(path, time.Minute)
			if err != nil {
				t.Error(err)
				return
			}
			n++ // the race detector sees two at once
			if err := release(); err != nil {
				t.Error(err)
			}
		})
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	all.Wait()
	if n != 4 {
		t.Errorf("%d of 4", n)
	}
}
