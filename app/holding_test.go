package app

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stipple/app/audit"
	"stipple/app/backup"
	"stipple/app/console"
	"stipple/app/store"
)

// Backups that were made by command are known, and so is what a migration has left.
func TestKnownBackups(t *testing.T) {
	path := filepath.Join(t.TempDir(), store.FileName)
	s, err := store.OpenTraining(path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	day := func(n int) time.Time { return time.Date(2026, 3, n, 8, 0, 0, 0, time.UTC) }
	for range auditPage - 2 { // the backups are on two pages
		if err := s.Audit(t.Context(), audit.Entry{Action: audit.Lock}); err != nil {
			t.Fatal(err)
		}
	}
	for n := 1; n <= 5; n++ {
		if err := tellBackup(t.Context(), s, audit.BackupMake, backup.Name(day(n))); err != nil {
			t.Fatal(err)
		}
	}
	copies := []string{store.BackupName(path, 1, day(3)) + ".age", store.BackupName(path, 1, day(1))}
	for _, name := range append(copies, path+".schema-1.bak", path+".schema-1.20260303T080000Z.bak.new-1") {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := knownBackups{s, path}.Holding(t.Context(), day(2), day(4).Add(time.Minute))
	want := []console.BackupCopy{
		{Name: backup.Name(day(2)), Made: day(2)}, {Name: backup.Name(day(3)), Made: day(3)},
		{Name: filepath.Base(copies[0]), Made: day(3)}, {Name: backup.Name(day(4)), Made: day(4)},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
}
