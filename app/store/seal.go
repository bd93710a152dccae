package store

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// Place is where a value is stored. A Sealer binds the value to it, so that
// nobody can move, swap or age values unnoticed.
type Place struct {
	Bucket string
	Key    []byte // not to be kept
	Schema uint32 // the schema version of the file
}

// Sealer turns values into what is written to the file and back. It must be
// safe for use by several goroutines.
//
// Open returns an error for bytes that Seal did not make for the same Place;
// the store reports it as ErrDamaged. Neither may keep or change its arguments;
// what Open returns may share memory with sealed, and is used only until the
// transaction ends.
type Sealer interface {
	Seal(at Place, plain []byte) ([]byte, error)
	Open(at Place, sealed []byte) ([]byte, error)
}

// sealFormat is the first byte of a sealed value. It tells the ways of sealing
// apart, so that a file can be changed over from one to the next.
type sealFormat byte

// formatPlain is followed by a CRC-32C of place and value (4 bytes, big endian)
// and the value as it is.
const formatPlain sealFormat = 1

const plainHeader = 1 + 4 // format byte and checksum

var errSeal = errors.New("value does not fit its place or was changed")

// PlainSealer hides nothing. It finds damage: bbolt has checksums on its two
// meta pages only, so that a flipped bit in a value would otherwise be read as
// a different dose.
type PlainSealer struct{}

// Seal implements Sealer. It does not fail.
func (PlainSealer) Seal(at Place, plain []byte) ([]byte, error) {
	out := make([]byte, plainHeader, plainHeader+len(plain))
	out[0] = byte(formatPlain)
	binary.BigEndian.PutUint32(out[1:], placeSum(at, plain))
	return append(out, plain...), nil
}

// Open implements Sealer.
func (PlainSealer) Open(at Place, sealed []byte) ([]byte, error) {
	if len(sealed) < plainHeader || sealFormat(sealed[0]) != formatPlain {
		return nil, errSeal
	}
	plain := sealed[plainHeader:]
	if binary.BigEndian.Uint32(sealed[1:]) != placeSum(at, plain) {
		return nil, errSeal
	}
	return plain, nil
}

// placeSum is the CRC-32C over schema, bucket, key and value, with the lengths
// of bucket and key so that the border between them can't move.
func placeSum(at Place, plain []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	head := make([]byte, 0, 64)
	head = binary.BigEndian.AppendUint32(head, at.Schema)
	head = binary.BigEndian.AppendUint32(head, uint32(len(at.Bucket)))
	head = append(head, at.Bucket...)
	head = binary.BigEndian.AppendUint32(head, uint32(len(at.Key)))
	head = append(head, at.Key...)
	return crc32.Update(crc32.Checksum(head, table), table, plain)
}
