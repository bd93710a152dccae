package vault

import (
	"crypto/cipher"
	"encoding/binary"
	"fmt"
	"io"

	"golang.org/x/crypto/chacha20poly1305"

	"stipple/app/clinical"
)

// Place is where a value is stored. A sealed value is bound to it, so that nobody
// can move, swap or age values unnoticed.
type Place struct {
	Bucket string
	Key    []byte // not to be kept
	Schema uint32 // the schema version of the file
}

// sealFormat is the first byte of a sealed value. It tells the ways of sealing
// apart. 1 was the checksum of schema 1, which hid nothing.
type sealFormat byte

// A sealed value is the format, with formatPatient the patient's id, a nonce of 24
// bytes and the box with its tag of 16 bytes.
const (
	formatClinic  sealFormat = 2
	formatPatient sealFormat = 3
)

// idLen is the length of an id in bytes.
const idLen = 26

// Seal turns a value into what is written. owner is the patient whose value it is,
// and empty for one of the practice; Own must have made the owner's key.
//
// Errors: ErrClosed; ErrNoPatientKey; ErrErased; ErrDamaged for an owner without a key;
// or the source of randomness failed.
func (v *Vault) Seal(at Place, owner clinical.ID, plain []byte) ([]byte, error) {
	box, err := v.box(owner)
	if err != nil {
		return nil, err
	}
	head := sealHead(owner)
	out := make([]byte, len(head)+box.NonceSize(), len(head)+box.NonceSize()+len(plain)+box.Overhead())
	copy(out, head)
	nonce := out[len(head):]
	if _, err := io.ReadFull(v.rand, nonce); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return box.Seal(out, nonce, plain, bound(at, owner)), nil
}

// Open is the value that Seal was given for the same place. What it returns shares
// no memory with sealed.
//
// Errors: ErrClosed; ErrNoPatientKey; ErrErased; ErrSealBroken.
func (v *Vault) Open(at Place, sealed []byte) ([]byte, error) {
	owner, rest, err := takeOwner(sealed)
	if err != nil {
		return nil, err
	}
	box, err := v.box(owner)
	if err != nil {
		return nil, err
	}
	if len(rest) < box.NonceSize()+box.Overhead() {
		return nil, ErrSealBroken
	}
	nonce, body := rest[:box.NonceSize()], rest[box.NonceSize():]
	plain, err := box.Open(make([]byte, 0, len(body)), nonce, body, bound(at, owner))
	if err != nil {
		return nil, ErrSealBroken
	}
	return plain, nil
}

// Owner is the patient whose sealed value it is, empty for one of the practice. It
// is not checked before the value is opened.
func Owner(sealed []byte) (clinical.ID, error) {
	owner, _, err := takeOwner(sealed)
	return owner, err
}

func sealHead(owner clinical.ID) []byte {
	if owner == "" {
		return []byte{byte(formatClinic)}
	}
	return append([]byte{byte(formatPatient)}, owner...)
}

func takeOwner(sealed []byte) (owner clinical.ID, rest []byte, err error) {
	switch {
	case len(sealed) > 0 && sealFormat(sealed[0]) == formatClinic:
		return "", sealed[1:], nil
	case len(sealed) > idLen && sealFormat(sealed[0]) == formatPatient:
		return clinical.ID(sealed[1 : 1+idLen]), sealed[1+idLen:], nil
	}
	return "", nil, ErrSealBroken
}

// bound is the associated data: what the value is bound to, with lengths so that no
// border between its parts can move.
func bound(at Place, owner clinical.ID) []byte {
	const what = "stipple value"
	out := make([]byte, 0, len(what)+4+3*4+len(at.Bucket)+len(at.Key)+len(owner))
	out = append(out, what...)
	out = binary.BigEndian.AppendUint32(out, at.Schema)
	for _, part := range [...][]byte{[]byte(at.Bucket), at.Key, []byte(owner)} {
		out = binary.BigEndian.AppendUint32(out, uint32(len(part)))
		out = append(out, part...)
	}
	return out
}

// box is what seals values of an owner.
func (v *Vault) box(owner clinical.ID) (cipher.AEAD, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case v.clinic == nil:
		return nil, ErrClosed
	case owner == "":
		return v.clinic, nil
	case v.last.box != nil && v.last.owner == owner:
		return v.last.box, nil
	}
	key, err := v.patientKey(owner)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	box, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, err
	}
	v.last.owner, v.last.box = owner, box
	return box, nil
}
