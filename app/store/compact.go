package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	bolt "go.etcd.io/bbolt"

	"stipple/app/durable"
)

// compactKey in bucket meta says that the file has to be written anew, because its
// freed pages hold what must go. It stays until that is done, whatever crashes.
const compactKey = "compact"

// compactBatch is how many bytes of values go into one transaction of the new file.
const compactBatch = 4 << 20

// compactIfMarked writes the file anew where a change asked for it, and opens it
// again.
func (s *Store) compactIfMarked(path string) error {
	marked := false
	err := s.guarded(func() error {
		return s.db.View(func(tx *bolt.Tx) error {
			marked = tx.Bucket([]byte(bucketMeta)).Get([]byte(compactKey)) != nil
			return nil
		})
	})
	if err != nil || !marked {
		return classify(err)
	}
	if err := s.compact(path); err != nil {
		return fmt.Errorf("compact: %w", classify(err))
	}
	return s.openFile(path, lockWait)
}

// compact writes all that is in the file into a new one, without the mark, and puts
// it in its place. The file is closed afterwards.
func (s *Store) compact(path string) error {
	// Behind a link, the old file would stay where it is.
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+durable.Mark+"*")
	if err != nil {
		return err
	}
	fresh := f.Name()
	defer func() { _ = os.Remove(fresh) }() // after the rename there is nothing to remove
	if err := f.Close(); err != nil {
		return err
	}
	if err := s.guarded(func() error { return s.copyTo(fresh) }); err != nil {
		return err
	}
	// The old file's lock is held until the new one has its name. Windows replaces
	// no file that is open.
	if runtime.GOOS == "windows" {
		err = errors.Join(s.db.Close(), os.Rename(fresh, path))
	} else {
		err = errors.Join(os.Rename(fresh, path), s.db.Close())
	}
	return errors.Join(err, durable.SyncDir(filepath.Dir(path)))
}

// copyTo copies the file, packed, into an empty one.
func (s *Store) copyTo(path string) (err error) {
	to, err := bolt.Open(path, fileMode, &bolt.Options{Timeout: lockWait, FreelistType: bolt.FreelistMapType})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	if err := bolt.Compact(to, s.db, compactBatch); err != nil {
		return err
	}
	return to.Update(func(tx *bolt.Tx) error {
		return tx.Bucket([]byte(bucketMeta)).Delete([]byte(compactKey))
	})
}
