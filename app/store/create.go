package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"

	"stipple/app/durable"
)

// ensureFile makes an empty store if there is no file at path. It never touches
// one that exists. A crash at any point leaves either no store or a whole one.
func ensureFile(path string, version uint32) error {
	there, err := findFile(path)
	if err != nil || there {
		return err
	}
	return createFile(path, version)
}

// findFile says whether there is a file at path, which may be a store.
func findFile(path string) (bool, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case errors.Is(err, fs.ErrPermission):
		return false, fmt.Errorf("%w: %w", ErrNoAccess, err)
	case err != nil:
		return false, classify(err)
	case !info.Mode().IsRegular():
		return false, damaged("%s is not a file", path)
	case info.Size() == 0:
		// bbolt would start afresh in it; but a store is never left empty by a
		// creation here, so something was lost.
		return false, damaged("the file is empty")
	}
	return true, nil
}

// createFile makes the store under a temporary name and gives it its real one
// only when it is whole and synced.
func createFile(path string, version uint32) error {
	dir := filepath.Dir(path)
	if err := makeDir(dir); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, filepath.Base(path)+durable.Mark+"*")
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
	if err := durable.Publish(temporary, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return classify(err)
	}
	return classify(durable.SyncDir(dir))
}

// makeDir makes the data folder, for its user alone.
func makeDir(dir string) error { return classify(os.MkdirAll(dir, dirMode)) }

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
		if err := makeAudit(tx); err != nil {
			return err
		}
		return writeSchema(tx, version)
	})
}
