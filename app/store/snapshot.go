package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"

	"stipple/app/audit"
	"stipple/app/clinical"
	"stipple/app/giveway"
)

// backupKey in bucket chain is the practice's own way into its backups.
const backupKey = "backup"

// mapRoom is how far, in bytes, the file may grow before bbolt has to map it anew.
// That waits for every read transaction, and so a commit during a backup onto a slow
// stick would wait for the stick. A gigabyte is more than a practice writes in a day,
// and costs addresses, not memory.
const mapRoom = 1 << 30

// growBy is by how many bytes more than it needs the file grows. bbolt's own 16 MiB,
// which it takes once more than that is mapped, would refuse a disk or a quota that
// has room for thousands of records; growing costs one more sync.
const growBy = 32 << 10

// mapSize is what openFile maps of a file. On Windows, where mapping more than a file
// makes it as long, and where there are few addresses, it is what bbolt chooses.
func mapSize(path string) int {
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS == "windows" || ^uint(0)>>32 == 0 || info.Size() > 1<<44 {
		return 0
	}
	return int(info.Size()) + mapRoom
}

// Snapshot is the store at one moment. It ends with the call that it was given to.
type Snapshot struct {
	t   *txn
	end audit.End
}

// Snapshot calls f with the store as it is now; other calls go on meanwhile, and f
// sees nothing of them. Pages that are freed meanwhile are not used again until f
// returns, so that the file grows: f should not wait for a person. The error is f's,
// or that of reading.
func (s *Store) Snapshot(ctx context.Context, f func(*Snapshot) error) error {
	var failed error
	err := s.view(ctx, func(t *txn) error {
		end, err := t.auditEnd(s.chain)
		if err != nil {
			return err
		}
		failed = f(&Snapshot{t, end})
		return nil
	})
	return errors.Join(err, failed)
}

// Schema is the version of the file.
func (s *Snapshot) Schema() uint32 { return s.t.schema }

// AuditEnd is the newest audit entry's number and head.
func (s *Snapshot) AuditEnd() audit.End { return s.end }

// Size is how many bytes WriteTo writes.
func (s *Snapshot) Size() int64 { return s.t.tx.Size() }

// WriteTo writes the file as it was at the moment of the snapshot. It is sealed as it
// is on the disk.
func (s *Snapshot) WriteTo(w io.Writer) (int64, error) {
	n, err := s.t.tx.WriteTo(w)
	if err != nil {
		return n, fmt.Errorf("copy the store: %w", err)
	}
	return n, nil
}

// Counts are the values of each bucket by its name, all revisions, erased ones too:
// what can be counted without the patient key. Bucket meta is the file's own, and the
// erasures that are not finished are those that opening finishes. The error is that of
// reading, or of the context.
func (s *Snapshot) Counts(ctx context.Context) (map[string]uint64, error) {
	counts := make(map[string]uint64)
	way := giveway.New(ctx)
	for _, name := range append(sealedBuckets(), bucketAudit) {
		if name == bucketErasing {
			continue
		}
		b, err := s.t.bucket(name)
		if err != nil {
			return nil, err
		}
		n := uint64(0)
		c := b.Cursor()
		for k, _ := c.First(); k != nil; k, _ = c.Next() {
			if n++; n%countBatch == 0 {
				way.Give()
			}
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		counts[name] = n
	}
	return counts, nil
}

// HasPatient says whether a patient is in the store, which can be told without the patient
// key.
func (s *Snapshot) HasPatient(id clinical.ID) (bool, error) {
	all, err := s.t.keysOf(bucketPatients, key(id))
	return len(all) > 0, err
}

// Seniors are the senior clinicians who work here, by id.
func (s *Snapshot) Seniors() (map[clinical.ID]bool, error) {
	all, err := s.t.operators()
	if err != nil {
		return nil, err
	}
	seniors := make(map[clinical.ID]bool)
	for _, o := range all {
		seniors[o.ID] = o.Role == clinical.RoleSeniorClinician && !o.Left
	}
	return seniors, nil
}

// BackupIdentity is the practice's own way into its backups, an age identity that is
// sealed with the clinic key. The first call keeps what fresh makes.
func (s *Store) BackupIdentity(ctx context.Context, fresh func() (string, error)) (string, error) {
	identity, err := s.backupIdentity(ctx)
	if !errors.Is(err, ErrNotFound) {
		return identity, err
	}
	made, err := fresh()
	if err != nil {
		return "", err
	}
	err = s.update(ctx, func(t *txn) error {
		if has, err := t.has(bucketChain, []byte(backupKey)); has || err != nil {
			return err // another call was first
		}
		return t.put(bucketChain, noOwner, []byte(backupKey), []byte(made))
	})
	if err != nil {
		return "", err
	}
	return s.backupIdentity(ctx)
}

func (s *Store) backupIdentity(ctx context.Context) (identity string, err error) {
	err = s.view(ctx, func(t *txn) error {
		plain, err := t.get(bucketChain, []byte(backupKey))
		identity = string(plain)
		return err
	})
	return identity, err
}
