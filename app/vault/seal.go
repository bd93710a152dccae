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
	// Lasting values are sealed once: a re-key leaves them as they are, and keeps what
	// opens them and nothing else.
	Lasting bool
}

// sealFormat is the first byte of a sealed value. It tells the ways of sealing
// apart. 1 was the checksum of schema 1, which hid nothing.
type sealFormat byte

// A sealed value is the format, the generation of the keys in 2 bytes (big endian),
// with formatPatient the patient's id, a nonce of 24 bytes and the box with its tag of
// 16 bytes.
const (
	formatClinic  sealFormat = 2
	formatPatient sealFormat = 3
)

// idLen is the length of an id in bytes.
const idLen = 26

// Seal turns a value into what is written, by the present keys. owner is the patient
// whose value it is, and empty for one of the practice; Own must have made the owner's
// key.
//
// Errors: ErrClosed; ErrNoPatientKey; ErrErased; ErrDamaged for an owner without a key;
// or the source of randomness failed.
func (v *Vault) Seal(at Place, owner clinical.ID, plain []byte) ([]byte, error) {
	h := head{owner: owner}
	box, err := v.box(at, &h)
	if err != nil {
		return nil, err
	}
	front := h.bytes()
	out := make([]byte, len(front)+box.NonceSize(), len(front)+box.NonceSize()+len(plain)+box.Overhead())
	copy(out, front)
	nonce := out[len(front):]
	if _, err := io.ReadFull(v.rand, nonce); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return box.Seal(out, nonce, plain, bound(at, owner)), nil
}

// Open is the value that Seal was given for the same place, by the present keys, or
// while a re-key is going on by the former ones. What it returns shares no memory with
// sealed.
//
// Errors: ErrClosed; ErrNoPatientKey; ErrErased; ErrSealBroken.
func (v *Vault) Open(at Place, sealed []byte) ([]byte, error) {
	h, rest, err := takeHead(sealed)
	if err != nil {
		return nil, err
	}
	box, err := v.box(at, &h)
	if err != nil {
		return nil, err
	}
	plain, err := opened(box, rest, bound(at, h.owner))
	if err != nil {
		return nil, ErrSealBroken
	}
	return plain, nil
}

// Owner is the patient whose sealed value it is, empty for one of the practice. It
// is not checked before the value is opened.
func Owner(sealed []byte) (clinical.ID, error) {
	h, _, err := takeHead(sealed)
	return h.owner, err
}

// SealedIn is the generation of the keys that a value is sealed with. It is not checked
// before the value is opened.
func SealedIn(sealed []byte) (generation uint16, err error) {
	h, _, err := takeHead(sealed)
	return h.generation, err
}

// head is what stands before a sealed value.
type head struct {
	generation uint16 // 0: the present one
	owner      clinical.ID
}

func (h head) bytes() []byte {
	format := formatClinic
	if h.owner != "" {
		format = formatPatient
	}
	return append(binary.BigEndian.AppendUint16([]byte{byte(format)}, h.generation), h.owner...)
}

func takeHead(sealed []byte) (h head, rest []byte, err error) {
	const front = 1 + 2
	if len(sealed) < front {
		return head{}, nil, ErrSealBroken
	}
	h.generation, rest = binary.BigEndian.Uint16(sealed[1:]), sealed[front:]
	switch {
	case h.generation == 0:
	case sealFormat(sealed[0]) == formatClinic:
		return h, rest, nil
	case sealFormat(sealed[0]) == formatPatient && len(rest) >= idLen:
		h.owner = clinical.ID(rest[:idLen])
		return h, rest[idLen:], nil
	}
	return head{}, nil, ErrSealBroken
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

// box is what seals values of an owner at a place, of the generation that h says; a
// generation that h leaves open becomes the present one.
func (v *Vault) box(at Place, h *head) (cipher.AEAD, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.present == nil {
		return nil, ErrClosed
	}
	if h.generation == 0 {
		h.generation = v.present.generation
	}
	switch {
	case at.Lasting && h.owner == "":
		return v.lasting.practiceBox(h.generation)
	case at.Lasting:
		return v.lastingBox(*h)
	case h.generation == v.present.generation:
		return v.boxOf(v.present, h.owner)
	case v.former != nil && h.generation == v.former.generation:
		return v.boxOf(v.former, h.owner)
	}
	return nil, ErrSealBroken
}

// boxOf seals values of an owner by one generation's keys. The mutex is held.
func (v *Vault) boxOf(b *boxes, owner clinical.ID) (cipher.AEAD, error) {
	switch {
	case owner == "":
		return b.clinic, nil
	case b.last.box != nil && b.last.owner == owner:
		return b.last.box, nil
	}
	own, err := v.ownOf(b, owner)
	if err != nil {
		return nil, err
	}
	defer own.wipe()
	box, err := chacha20poly1305.NewX(own.key)
	if err != nil {
		return nil, err
	}
	b.last.owner, b.last.box = owner, box
	return box, nil
}

// lastingBox seals what lasts of a patient. The mutex is held.
func (v *Vault) lastingBox(h head) (cipher.AEAD, error) {
	own, err := v.newestOwn(h.owner)
	if err != nil {
		return nil, err
	}
	defer own.wipe()
	return v.lasting.patientBox(h.generation, own.lasting, h.owner)
}
