package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	bolt "go.etcd.io/bbolt"
)

// Found is what lies at a store's path.
type Found int

// What Look finds.
const (
	Nothing  Found = iota
	Readable       // a store of schema 1, which hides nothing
	Sealed         // a store that needs its keys
)

// Look says what lies at a path, without its keys. It changes nothing, and waits for
// nobody: ErrInUse for a store that is open elsewhere. Other errors are those of Open.
func Look(path string) (found Found, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Nothing, nil
	case err != nil:
		return Nothing, classify(err)
	case info.Size() == 0:
		return Nothing, damaged("the file is empty")
	}
	var version uint32
	opened := false
	err = guard(func() (err error) {
		db, err := bolt.Open(path, fileMode, &bolt.Options{Timeout: lockWait, ReadOnly: true})
		if err != nil {
			return err
		}
		opened = true
		defer func() { err = errors.Join(err, db.Close()) }()
		return db.View(func(tx *bolt.Tx) (err error) {
			version, err = readSchema(tx)
			return err
		})
	})
	switch {
	case errors.Is(err, fs.ErrPermission):
		return Nothing, fmt.Errorf("%w: %w", ErrNoAccess, err)
	case err != nil && !opened:
		return Nothing, unreadable(err)
	case err != nil:
		return Nothing, classify(err)
	case version == 1:
		return Readable, nil
	}
	return Sealed, nil
}
