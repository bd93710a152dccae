package store

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"stipple/app/audit"
)

// growTo is far beyond what bbolt would map of a new store by itself.
const growTo = 4 << 20

// A copy onto a slow stick holds up no commit, also where the file grows beyond what
// was mapped when the copy began; and it sees nothing of them.
func TestWritesDuringASnapshot(t *testing.T) {
	s, _ := newStore(t)
	must(s.SavePatient(t.Context(), ana()))(t)
	wrote := make(chan error, 1)
	grow := func() error {
		for n := 0; s.grown() < growTo; n++ {
			p := ana()
			p.FamilyName, p.FileNumber = strings.Repeat("y", maxNameRunes), fmt.Sprintf("grow-%d", n)
			if _, err := s.SavePatient(t.Context(), p); err != nil {
				return err
			}
		}
		return nil
	}
	err := s.Snapshot(t.Context(), func(now *Snapshot) error {
		before, err := now.Counts(t.Context())
		if err != nil {
			return err
		}
		go func() { wrote <- grow() }()
		select {
		case err = <-wrote:
		case <-time.After(20 * time.Second): // with this copy the writer waits for us
			err = errors.New("a commit waits for the copy")
		}
		after, again := now.Counts(t.Context())
		if before["patients"] != 1 || fmt.Sprint(before) != fmt.Sprint(after) {
			err = errors.Join(err, fmt.Errorf("%v became %v", before, after))
		}
		var copied bytes.Buffer
		n, copying := now.WriteTo(&copied)
		if n != now.Size() || int64(copied.Len()) != n || n > growTo {
			err = errors.Join(err, fmt.Errorf("%d bytes of %d", n, now.Size()))
		}
		return errors.Join(err, again, copying)
	})
	if err != nil {
		t.Fatal(err)
	}
	if end := must(s.AuditEnd(t.Context()))(t); end.Seq < 2 {
		t.Error(end)
	}
}

// The practice's way into its backups is made once, and is not to be read in the file.
func TestBackupIdentity(t *testing.T) {
	s, _ := newStore(t)
	const secret = "AGE-SECRET-KEY-1OF-THIS-TEST"
	fresh := func() (string, error) { return secret, nil }
	other := func() (string, error) { return "", errors.New("made twice") }
	if got := must(s.BackupIdentity(t.Context(), fresh))(t); got != secret {
		t.Error(got)
	}
	if got := must(s.BackupIdentity(t.Context(), other))(t); got != secret {
		t.Error(got)
	}
	if report := must(s.VerifyAudit(t.Context(), []audit.Known{}))(t); !report.OK() {
		t.Error(report)
	}
	scanFor(t, filepath.Dir(s.db.Path()), []string{secret})
}

// grown is how many bytes of the file are in use.
func (s *Store) grown() (n int64) {
	_ = s.db.View(func(tx *bolt.Tx) error {
		n = tx.Size()
		return nil
	})
	return n
}
