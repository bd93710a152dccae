package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"
)

// SchemaVersion is the version of the file that this program writes: the
// buckets, the form of their keys and of their values. Any change of them, an
// added field too, is a new version with a migration; a program refuses a file
// of a newer version, because saving a record would drop what it doesn't know.
const SchemaVersion uint32 = 1

// schema is a version with the way to it.
type schema struct {
	version    uint32
	migrations []migration // one for each version from 1 to version-1, in order
}

// currentSchema lists the registered migrations. Add one with each new version,
// and a file of the version before it to testdata.
func currentSchema() schema {
	return schema{version: SchemaVersion, migrations: nil}
}

// migration leads from version from to from+1. Every value of the file passes
// through value, with its place as it was, and is sealed anew for the new
// version; nil leaves all values as they are. structure, if any, may then add or
// remove buckets and values through the transaction, which is already at the
// new version.
type migration struct {
	from      uint32
	name      string
	value     func(bucket string, k, plain []byte) ([]byte, error)
	structure func(*txn) error
}

// The schema's value in bucket meta: version and its CRC-32C, big endian, so
// that a flipped bit doesn't look like a newer program.
const (
	schemaKey = "schema"
	schemaLen = 8
)

func writeSchema(tx *bolt.Tx, version uint32) error {
	v := binary.BigEndian.AppendUint32(nil, version)
	v = binary.BigEndian.AppendUint32(v, crc32.Checksum(v, crc32.MakeTable(crc32.Castagnoli)))
	return tx.Bucket([]byte(bucketMeta)).Put([]byte(schemaKey), v)
}

func readSchema(tx *bolt.Tx) (uint32, error) {
	b := tx.Bucket([]byte(bucketMeta))
	if b == nil {
		return 0, damaged("not a store of Stipple")
	}
	v := b.Get([]byte(schemaKey))
	if len(v) != schemaLen || binary.BigEndian.Uint32(v[4:]) != crc32.Checksum(v[:4], crc32.MakeTable(crc32.Castagnoli)) {
		return 0, damaged("the schema version can't be read")
	}
	return binary.BigEndian.Uint32(v), nil
}

// migrate brings the file to sch.version in one transaction, with a copy of the
// old file beside it, or leaves it as it was.
func (s *Store) migrate(path string, sch schema) error {
	var have uint32
	err := s.db.View(func(tx *bolt.Tx) (err error) {
		have, err = readSchema(tx)
		return err
	})
	switch {
	case err != nil:
		return err
	case have == sch.version:
		return nil
	case have > sch.version:
		return fmt.Errorf("%w (schema %d, this program knows up to %d)", ErrNewer, have, sch.version)
	case have == 0:
		return damaged("schema version 0")
	}
	if err := s.backup(path, have); err != nil {
		return fmt.Errorf("backup before migration: %w", err)
	}
	return s.db.Update(func(tx *bolt.Tx) error {
		for v := have; v < sch.version; v++ {
			if err := s.step(tx, sch, v); err != nil {
				return fmt.Errorf("migrate from schema %d: %w", v, err)
			}
		}
		return writeSchema(tx, sch.version)
	})
}

// step applies the migration that starts at version from.
func (s *Store) step(tx *bolt.Tx, sch schema, from uint32) error {
	if int(from) > len(sch.migrations) || sch.migrations[from-1].from != from {
		return errors.New("no migration registered")
	}
	m := sch.migrations[from-1]
	old := &txn{tx: tx, sealer: s.sealer, schema: from}
	next := &txn{tx: tx, sealer: s.sealer, schema: from + 1}
	for _, name := range sealedBuckets() {
		if tx.Bucket([]byte(name)) == nil {
			continue // a bucket that a later version brings
		}
		if err := reseal(old, next, name, m.value); err != nil {
			return fmt.Errorf("%s: %s: %w", m.name, name, err)
		}
	}
	if m.structure == nil {
		return nil
	}
	return m.structure(next)
}

// reseal moves every value of a bucket to the next version. The keys stay, so
// overwriting while the cursor walks is safe as long as no key is added; they
// are collected first nevertheless, since bbolt promises nothing for cursors
// over a bucket that changes.
func reseal(old, next *txn, name string, value func(string, []byte, []byte) ([]byte, error)) error {
	var keys [][]byte
	err := old.scan(name, nil, func(k, _ []byte) error {
		keys = append(keys, append([]byte(nil), k...))
		return nil
	})
	if err != nil {
		return err
	}
	for _, k := range keys {
		plain, err := old.get(name, k)
		if err != nil {
			return err
		}
		// put seals into fresh memory, so that plain may die with the page.
		if value != nil {
			if plain, err = value(name, k, plain); err != nil {
				return err
			}
		}
		if err := next.put(name, k, plain); err != nil {
			return err
		}
	}
	return nil
}

// BackupName is where the copy goes that Open makes at a time before it migrates
// a store from the given schema version.
func BackupName(path string, version uint32, at time.Time) string {
	return fmt.Sprintf("%s.schema-%d.%s.bak", path, version, at.UTC().Format("20060102T150405Z"))
}

// backup writes a whole, synced copy of the file, under a temporary name first.
func (s *Store) backup(path string, version uint32) (err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, filepath.Base(path)+temporaryMark+"*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	err = s.db.View(func(tx *bolt.Tx) error {
		_, err := tx.WriteTo(f)
		return err
	})
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), BackupName(path, version, s.clock())); err != nil {
		return err
	}
	return syncDir(dir)
}
