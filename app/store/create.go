package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	bolt "go.etcd.io/bbolt"
)

// temporaryMark stands between the store's name and random digits in the name
// of a file that is being made beside it.
const temporaryMark = ".new-"

// ensureFile makes an empty store if there is no file at path. It never touches
// one that exists. A crash at any point leaves either no store or a whole one.
func ensureFile(path string, version uint32) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return createFile(path, version)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: %w", ErrNoAccess, err)
	case err != nil:
		return classify(err)
	case !info.Mode().IsRegular():
		return damaged("%s is not a file", path)
	case info.Size() == 0:
		// bbolt would start afresh in it; but a store is never left empty by a
		// creation here, so something was lost.
		return damaged("the file is empty")
	}
	return nil
}

// createFile makes the store under a temporary name and gives it its real one
// only when it is whole and synced.
func createFile(path string, version uint32) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return classify(err)
	}
	f, err := os.CreateTemp(dir, filepath.Base(path)+temporaryMark+"*")
	if err != nil {
		return classify(err)
	}
	temporary := f.Name()
	// It goes whatever happens; after a rename there is nothing to remove.
	defer func() { _ = os.Remove(temporary) }()
	if err := f.Close(); err != nil {
		return classify(err)
	}
	if err := guard(func() error { return initFile(temporary, version) }); err != nil {
		return classify(err)
	}
	if err := publish(temporary, path); err != nil {
		return classify(err)
	}
	return classify(syncDir(dir))
}

// initFile fills an empty file with the buckets and the schema version.
func initFile(path string, version uint32) (err error) {
	db, err := bolt.Open(path, fileMode, &bolt.Options{Timeout: lockWait, FreelistType: bolt.FreelistMapType})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return db.Update(func(tx *bolt.Tx) error {
		for _, name := range sealedBuckets() {
			if _, err := tx.CreateBucket([]byte(name)); err != nil {
				return err
			}
		}
		if _, err := tx.CreateBucket([]byte(bucketMeta)); err != nil {
			return err
		}
		return writeSchema(tx, version)
	})
}

// publish gives the whole file its real name. A hard link fails if the name is
// taken, so that of two first starts at once neither can replace the store that
// the other is already writing to. Where the file system knows no hard links
// (FAT), the file is renamed, and only then that small window is open.
func publish(temporary, path string) error {
	err := os.Link(temporary, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return nil
	}
	if _, statErr := os.Stat(path); statErr == nil {
		return nil
	}
	return os.Rename(temporary, path)
}

// sweepTemporary removes what a crash during a creation or a backup left. What
// can't be removed does no harm; the next start tries again.
func sweepTemporary(path string) {
	dir := filepath.Dir(path)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // a folder may be closed to listing and the store still be good
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), filepath.Base(path)+temporaryMark) {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

// syncDir makes a new name durable. Windows has no way to sync a folder, and
// does not need it.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
