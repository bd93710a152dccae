package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"

	"stipple/app/clinical"
	"stipple/app/durable"
	"stipple/app/vault"
)

// SchemaVersion is the version of the file that this program writes: the
// buckets, the form of their keys and of their values. Any change of them, an
// added field too, is a new version with a migration; a program refuses a file
// of a newer version, because saving a record would drop what it doesn't know.
//
//	1  values as they are, with a checksum
//	2  values sealed; an open treatment names its patient; an audit chain
const SchemaVersion uint32 = 2

// firstSealed is the first version whose values are sealed.
const firstSealed uint32 = 2

// schema is a version with the way to it.
type schema struct {
	version    uint32
	migrations []migration // one for each version from 1 to version-1, in order
}

// currentSchema lists the registered migrations. Add one with each new version,
// and a file of the version before it to testdata.
func currentSchema() schema {
	return schema{version: SchemaVersion, migrations: []migration{sealAll()}}
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
	// owner says whose a value is where the sealed value does not tell it; nil: it does.
	owner func(t *txn, bucket string, k []byte) (clinical.ID, error)
	// compact writes the file anew afterwards, so that nothing stays in freed pages.
	compact bool
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
func (s *Store) migrate(path string, sch schema, encrypt func(io.Writer) (io.WriteCloser, error)) error {
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
	if have >= firstSealed {
		encrypt = nil // its values are sealed
	}
	copied, err := s.backup(path, have, encrypt)
	if err != nil {
		return fmt.Errorf("backup before migration: %w", err)
	}
	agreed := false // nothing was written before
	defer func() {
		if !agreed { // the file is as it was, and whoever is erased from it must not stay in a copy
			_ = os.Remove(copied)
		}
	}()
	return s.db.Update(func(tx *bolt.Tx) error {
		for v := have; v < sch.version; v++ {
			if err := s.step(tx, sch, v); err != nil {
				return fmt.Errorf("migrate from schema %d: %w", v, err)
			}
		}
		err := writeSchema(tx, sch.version)
		agreed = err == nil
		return err
	})
}

// step applies the migration that starts at version from.
func (s *Store) step(tx *bolt.Tx, sch schema, from uint32) error {
	if int(from) > len(sch.migrations) || sch.migrations[from-1].from != from {
		return errors.New("no migration registered")
	}
	m := sch.migrations[from-1]
	old := &txn{tx: tx, sealer: s.sealer, schema: from}
	if from < firstSealed {
		old.sealer = plainSealer{}
	}
	next := &txn{tx: tx, sealer: s.sealer, schema: from + 1}
	// Whose a value is may stand in other values, which have to be open still.
	moves := make(map[string][]move)
	for _, name := range sealedBuckets() {
		if tx.Bucket([]byte(name)) == nil {
			continue // a bucket that a later version brings
		}
		var err error
		if moves[name], err = movesOf(old, name, m.owner); err != nil {
			return fmt.Errorf("%s: %s: %w", m.name, name, err)
		}
	}
	erased, err := ownAll(next.sealer, moves)
	if err == nil {
		err = next.leaveOut(moves, erased)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", m.name, err)
	}
	for name := range moves {
		if err := reseal(old, next, name, moves[name], m.value); err != nil {
			return fmt.Errorf("%s: %s: %w", m.name, name, err)
		}
	}
	if m.compact {
		if err := next.markCompact(); err != nil {
			return err
		}
	}
	if m.structure == nil {
		return nil
	}
	return m.structure(next)
}

// move is a value on its way to the next version.
type move struct {
	key   []byte
	owner clinical.ID
}

// movesOf lists the values of a bucket with their owners. bbolt promises nothing for
// cursors over a bucket that changes.
func movesOf(old *txn, name string, owner func(*txn, string, []byte) (clinical.ID, error)) ([]move, error) {
	var all []move
	err := old.scan(name, nil, func(k, _ []byte) error {
		m := move{key: bytes.Clone(k)}
		var err error
		if owner != nil {
			m.owner, err = owner(old, name, k)
		} else {
			m.owner, err = vault.Owner(old.tx.Bucket([]byte(name)).Get(k))
		}
		all = append(all, m)
		return err
	})
	return all, err
}

// ownAll makes the keys of all owners, and says which of them were erased since the
// file was written: it may be an older copy that was put back.
func ownAll(sealer Sealer, moves map[string][]move) (erased map[clinical.ID]bool, err error) {
	var owners []clinical.ID
	for _, bucket := range moves {
		for _, m := range bucket {
			if m.owner != noOwner {
				owners = append(owners, m.owner)
			}
		}
	}
	slices.Sort(owners)
	owners = slices.Compact(owners)
	if err := sealer.Own(owners...); !errors.Is(err, vault.ErrErased) {
		return nil, err
	}
	erased = make(map[clinical.ID]bool)
	for _, owner := range owners { // which one it is, is not told
		switch err := sealer.Own(owner); {
		case errors.Is(err, vault.ErrErased):
			erased[owner] = true
		case err != nil:
			return nil, err
		}
	}
	return erased, nil
}

// leaveOut removes what erased patients have in the file, and their treatments from the
// list of open ones.
func (t *txn) leaveOut(moves map[string][]move, erased map[clinical.ID]bool) error {
	gone := make(map[string]bool) // treatments, by key
	for _, m := range moves[bucketTreatments] {
		if erased[m.owner] {
			gone[string(m.key[:idLen])] = true
		}
	}
	for name, all := range moves {
		kept := all[:0]
		for _, m := range all {
			if !erased[m.owner] && (name != bucketOpen || !gone[string(m.key)]) {
				kept = append(kept, m)
				continue
			}
			if err := t.delete(name, m.key); err != nil {
				return err
			}
		}
		moves[name] = kept
	}
	return nil
}

// reseal moves every value of a bucket to the next version. The keys stay.
func reseal(old, next *txn, name string, moves []move, value func(string, []byte, []byte) ([]byte, error)) error {
	for _, m := range moves {
		plain, err := old.get(name, m.key)
		if err != nil {
			return err
		}
		// put seals into fresh memory, so that plain may die with the page.
		if value != nil {
			if plain, err = value(name, m.key, plain); err != nil {
				return err
			}
		}
		if err := next.put(name, m.owner, m.key, plain); err != nil {
			return err
		}
	}
	return nil
}

// BackupName is where the copy goes that Open makes at a time before it migrates
// a store from the given schema version.
func BackupName(path string, version uint32, at time.Time) string {
	return fmt.Sprintf("%s.schema-%d.%s.bak", path, version, at.UTC().Format(copyTime))
}

// copyTime is the form of the time in the name of such a copy.
const copyTime = "20060102T150405Z"

// Copy is what a migration has left beside a store: all that was in it.
type Copy struct {
	Name string
	Made time.Time
}

// Copies lists the copies that migrations have left beside the store at path.
func Copies(path string) ([]Copy, error) {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil, classify(err)
	}
	var all []Copy
	for _, e := range entries {
		rest, ours := strings.CutPrefix(e.Name(), filepath.Base(path)+".schema-")
		_, text, _ := strings.Cut(strings.TrimSuffix(rest, encryptedMark), ".")
		text, whole := strings.CutSuffix(text, ".bak")
		if at, err := time.Parse(copyTime, text); ours && whole && err == nil {
			all = append(all, Copy{e.Name(), at})
		}
	}
	return all, nil
}

// backup writes a whole, synced copy of the file, encrypted where encrypt says how, and
// says what it is called.
func (s *Store) backup(path string, version uint32, encrypt func(io.Writer) (io.WriteCloser, error)) (name string, err error) {
	name = BackupName(path, version, s.clock())
	if encrypt == nil {
		encrypt = func(w io.Writer) (io.WriteCloser, error) { return asIs{w}, nil }
	} else {
		name += encryptedMark
	}
	return name, durable.Replace(name, func(w io.Writer) error {
		out, err := encrypt(w)
		if err != nil {
			return err
		}
		err = s.db.View(func(tx *bolt.Tx) error {
			_, err := tx.WriteTo(out)
			return err
		})
		return errors.Join(err, out.Close())
	})
}

// sweepBackups removes what a crash left of copies that were not whole yet. Nobody would
// find them when a patient is to be erased.
func sweepBackups(path string) {
	dir, begin := filepath.Dir(path), filepath.Base(path)+".schema-"
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // as with durable.Sweep
	}
	for _, e := range entries {
		if name := e.Name(); strings.HasPrefix(name, begin) && strings.Contains(name, durable.Mark) {
			_ = os.Remove(filepath.Join(dir, name))
		}
	}
}

// encryptedMark ends the name of a backup that is an age file.
const encryptedMark = ".age"

// asIs writes what it is given.
type asIs struct{ io.Writer }

func (asIs) Close() error { return nil }
