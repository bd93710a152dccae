package store

import (
	"encoding/binary"
	"errors"
	"hash/crc32"

	"stipple/app/clinical"
	"stipple/app/vault"
)

// plainFormat is the first byte of a value of schema 1. A CRC-32C of place and value
// (4 bytes, big endian) and the value as it is follow.
const plainFormat = 1

const plainHeader = 1 + 4 // format byte and checksum

var (
	errPlain     = errors.New("value does not fit its place or was changed")
	errPlainOnly = errors.New("schema 1 is only read")
)

// plainSealer reads the values of schema 1, which hid nothing.
type plainSealer struct{}

// Seal implements Sealer: nothing is written that way any more.
func (plainSealer) Seal(vault.Place, clinical.ID, []byte) ([]byte, error) { return nil, errPlainOnly }

// Own implements Sealer.
func (plainSealer) Own(...clinical.ID) error { return errPlainOnly }

// OwnNew implements Sealer.
func (plainSealer) OwnNew(...clinical.ID) ([]clinical.ID, error) { return nil, errPlainOnly }

// Unown implements Sealer.
func (plainSealer) Unown(...clinical.ID) error { return errPlainOnly }

// Disown implements Sealer.
func (plainSealer) Disown(clinical.ID) error { return errPlainOnly }

// Generation implements Sealer: there are no keys.
func (plainSealer) Generation() uint16 { return 0 }

// Refresh implements Sealer.
func (plainSealer) Refresh() error { return nil }

// Open implements Sealer.
func (plainSealer) Open(at vault.Place, sealed []byte) ([]byte, error) {
	if len(sealed) < plainHeader || sealed[0] != plainFormat {
		return nil, errPlain
	}
	plain := sealed[plainHeader:]
	if binary.BigEndian.Uint32(sealed[1:]) != placeSum(at, plain) {
		return nil, errPlain
	}
	return plain, nil
}

// placeSum is the CRC-32C over schema, bucket, key and value, with the lengths
// of bucket and key so that the border between them can't move.
func placeSum(at vault.Place, plain []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	head := make([]byte, 0, 64)
	head = binary.BigEndian.AppendUint32(head, at.Schema)
	head = binary.BigEndian.AppendUint32(head, uint32(len(at.Bucket)))
	head = append(head, at.Bucket...)
	head = binary.BigEndian.AppendUint32(head, uint32(len(at.Key)))
	head = append(head, at.Key...)
	return crc32.Update(crc32.Checksum(head, table), table, plain)
}
