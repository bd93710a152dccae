package store

import (
	"bytes"
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
	if err := peek(path, func(tx *bolt.Tx) (err error) {
		version, err = readSchema(tx)
		return err
	}); err != nil {
		return Nothing, err
	}
	if version == 1 {
		return Readable, nil
	}
	return Sealed, nil
}

// LookReadable says what a Readable store tells without keys: a setting, nil where it
// was never saved, and whether there are patients. It changes nothing. Errors are those
// of Look.
func LookReadable(path, setting string) (value []byte, patients bool, err error) {
	err = peek(path, func(tx *bolt.Tx) error {
		t := &txn{tx: tx, sealer: plainSealer{}, schema: 1}
		plain, err := t.get(bucketSettings, []byte(setting))
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		value = bytes.Clone(plain)
		b, err := t.bucket(bucketPatients)
		if err != nil {
			return err
		}
		first, _ := b.Cursor().First()
		patients = first != nil
		return nil
	})
	return value, patients, err
}

// peek reads a file that nobody has open.
func peek(path string, read func(*bolt.Tx) error) error {
	opened := false
	err := guard(func() (err error) {
		db, err := bolt.Open(path, fileMode, &bolt.Options{Timeout: lockWait, ReadOnly: true})
		if err != nil {
			return err
		}
		opened = true
		defer func() { err = errors.Join(err, db.Close()) }()
		return db.View(read)
	})
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: %w", ErrNoAccess, err)
	case err != nil && !opened:
		return unreadable(err)
	}
	return classify(err)
}
