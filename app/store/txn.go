package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	bolt "go.etcd.io/bbolt"

	"stipple/app/clinical"
	"stipple/app/vault"
)

// txn is one transaction, seen through the seal. Slices that it hands out die
// with the transaction: whoever gets them decodes them before it ends.
type txn struct {
	tx     *bolt.Tx
	sealer Sealer
	schema uint32
	// applied are the changes that the index takes over once the commit stands.
	applied []func(*index)
}

// then registers a change of the index for after the commit.
func (t *txn) then(f func(*index)) { t.applied = append(t.applied, f) }

func (t *txn) bucket(name string) (*bolt.Bucket, error) {
	b := t.tx.Bucket([]byte(name))
	if b == nil {
		return nil, damaged("bucket %s is missing", name)
	}
	if name == bucketPulses || name == bucketTreatments {
		b.FillPercent = appendFill
	}
	return b, nil
}

func (t *txn) open(name string, k, sealed []byte) ([]byte, error) {
	if len(sealed) > maxValueBytes {
		return nil, damaged("%s: value of %d bytes", name, len(sealed))
	}
	if err := t.fits(name, k, sealed); err != nil {
		return nil, err
	}
	plain, err := t.sealer.Open(t.place(name, k), sealed)
	if err != nil {
		return nil, opened(name, err)
	}
	return plain, nil
}

// get reads one value. ErrNotFound if there is none.
func (t *txn) get(name string, k []byte) ([]byte, error) {
	b, err := t.bucket(name)
	if err != nil {
		return nil, err
	}
	v := b.Get(k)
	if v == nil {
		return nil, ErrNotFound
	}
	return t.open(name, k, v)
}

// has says whether there is a value; it does not open it.
func (t *txn) has(name string, k []byte) (bool, error) {
	b, err := t.bucket(name)
	if err != nil {
		return false, err
	}
	return b.Get(k) != nil, nil
}

func (t *txn) place(name string, k []byte) vault.Place {
	return vault.Place{Bucket: name, Key: k, Schema: t.schema}
}

// put seals and writes one value of a patient, or with noOwner one of the practice.
func (t *txn) put(name string, owner clinical.ID, k, plain []byte) error {
	b, err := t.bucket(name)
	if err != nil {
		return err
	}
	sealed, err := t.sealer.Seal(t.place(name, k), owner, plain)
	if err != nil {
		return fmt.Errorf("seal %s: %w", name, err)
	}
	if len(sealed) > maxValueBytes {
		return fmt.Errorf("%s: %w", name, ErrTooLarge)
	}
	return b.Put(k, sealed)
}

func (t *txn) delete(name string, k []byte) error {
	b, err := t.bucket(name)
	if err != nil {
		return err
	}
	return b.Delete(k)
}

// scan calls f for each key that begins with prefix, in order. f must not write
// to the same bucket. What an erased patient left is not there.
func (t *txn) scan(name string, prefix []byte, f func(k, plain []byte) error) error {
	return t.scanOf(name, prefix, noOwner, f)
}

// scanOf is scan where all must be of one owner; noOwner: whose they are is not known.
func (t *txn) scanOf(name string, prefix []byte, owner clinical.ID, f func(k, plain []byte) error) error {
	b, err := t.bucket(name)
	if err != nil {
		return err
	}
	c := b.Cursor()
	for k, v := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, v = c.Next() {
		if owner != noOwner {
			if err := t.mustBeOf(name, v, owner); err != nil {
				return err
			}
		}
		plain, err := t.open(name, k, v)
		if errors.Is(err, vault.ErrErased) {
			continue
		}
		if err != nil {
			return err
		}
		if err := f(k, plain); err != nil {
			return err
		}
	}
	return nil
}

// last finds the last key that begins with prefix and is one number longer: the
// newest revision. ErrNotFound if there is none.
func (t *txn) last(name string, prefix []byte) (number uint32, plain []byte, err error) {
	b, err := t.bucket(name)
	if err != nil {
		return 0, nil, err
	}
	c := b.Cursor()
	after, _ := c.Seek(numbered(bytes.Clone(prefix), ^uint32(0)))
	var k, v []byte
	if after == nil {
		k, v = c.Last()
	} else {
		k, v = c.Prev()
	}
	if k == nil || !bytes.HasPrefix(k, prefix) {
		return 0, nil, ErrNotFound
	}
	_, numbers, err := splitKey(k, len(prefix)/idLen, 1)
	if err != nil {
		return 0, nil, err
	}
	plain, err = t.open(name, k, v)
	return numbers[0], plain, err
}

// checkRevision compares the revision that a change is based on with the newest
// one under ids, and returns the newest value.
func (t *txn) checkRevision(name string, based int, ids ...clinical.ID) ([]byte, error) {
	for _, id := range ids {
		if !validID(id) {
			return nil, ErrNotFound
		}
	}
	newest, plain, err := t.last(name, key(ids...))
	if err != nil {
		return nil, err
	}
	if based < 1 || uint64(based) != uint64(newest) {
		return nil, fmt.Errorf("%w: based on revision %d, newest is %d", ErrConflict, based, newest)
	}
	return plain, nil
}

// putJSON writes v as JSON.
func (t *txn) putJSON(name string, owner clinical.ID, k []byte, v any) error {
	plain, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("%s: encode: %w", name, err)
	}
	return t.put(name, owner, k, plain)
}

// decodeJSON reads exactly one value with no field that T does not have: a file
// of this schema version holds no others.
func decodeJSON[T any](plain []byte) (T, error) {
	var v T
	d := json.NewDecoder(bytes.NewReader(plain))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		return v, damaged("decode %T: %w", v, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return v, damaged("decode %T: more than one value", v)
	}
	return v, nil
}
