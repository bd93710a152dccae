package app

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stipple/app/console"
	"stipple/app/store"
)

// What migrations have left beside a store is known by the time in its name, and nothing
// else is.
func TestCopiesBesideAStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), store.FileName)
	day := func(n int) time.Time { return time.Date(2026, 3, n, 8, 0, 0, 0, time.UTC) }
	left := []string{store.BackupName(path, 1, day(3)) + ".age", store.BackupName(path, 1, day(1)), store.BackupName(path, 1, day(5))}
	for _, name := range append(left, path+".schema-1.bak", path+".schema-1.20260303T080000Z.bak.new-1") {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := copies{nil, path}.Made(t.Context(), day(2))
	want := []console.KeptBackup{{Name: filepath.Base(left[0]), Made: day(3)}, {Name: filepath.Base(left[2]), Made: day(5)}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
}
