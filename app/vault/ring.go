package vault

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"

	"filippo.io/age"
)

// keys are the two keys of a store, of one generation. Patients is nil where only the
// clinic key is held.
type keys struct {
	clinic, patients []byte
}

func (k keys) wipe() {
	clear(k.clinic)
	clear(k.patients)
}

// copied are the same keys, in memory of their own.
func (k keys) copied() keys { return keys{bytes.Clone(k.clinic), bytes.Clone(k.patients)} }

// newKeys makes both keys.
func newKeys(source io.Reader) (keys, error) {
	both := make([]byte, 2*keyLen)
	if _, err := io.ReadFull(source, both); err != nil {
		return keys{}, fmt.Errorf("make keys: %w", err)
	}
	return keys{clinic: both[:keyLen:keyLen], patients: both[keyLen:]}, nil
}

// ring is what a slot opens: the present keys and, while a re-key is going on, the
// former ones, which are the generation's before. Without a re-key former is empty.
type ring struct {
	generation      uint16 // of the present keys; the first is 1
	present, former keys
}

func (r ring) wipe() {
	r.present.wipe()
	r.former.wipe()
}

// rekeying says whether there are former keys.
func (r ring) rekeying() bool { return r.former.clinic != nil }

// copied is the same ring, in memory of its own.
func (r ring) copied() ring {
	return ring{r.generation, r.present.copied(), r.former.copied()}
}

// withoutPatients is the ring of somebody who may not open patients.
func (r ring) withoutPatients() ring {
	r.present.patients, r.former.patients = nil, nil
	return r
}

// sides are the two halves of a ring as they are encrypted: the generation, the
// present key and, where there is one, the former key. patients is nil where that is
// not held.
func (r ring) sides() (clinic, patients []byte) {
	side := func(present, former []byte) []byte {
		return append(append(binary.BigEndian.AppendUint16(nil, r.generation), present...), former...)
	}
	clinic = side(r.present.clinic, r.former.clinic)
	if r.present.patients != nil {
		patients = side(r.present.patients, r.former.patients)
	}
	return clinic, patients
}

// ringOf puts sides together; patients is nil where that is not held.
func ringOf(clinic, patients []byte) (ring, error) {
	var r ring
	side := func(b []byte) (generation uint16, present, former []byte, ok bool) {
		if len(b) != 2+keyLen && len(b) != 2+2*keyLen {
			return 0, nil, nil, false
		}
		present = bytes.Clone(b[2 : 2+keyLen])
		if len(b) > 2+keyLen {
			former = bytes.Clone(b[2+keyLen:])
		}
		return binary.BigEndian.Uint16(b), present, former, true
	}
	var ok bool
	if r.generation, r.present.clinic, r.former.clinic, ok = side(clinic); !ok {
		return ring{}, damaged("keys of %d bytes", len(clinic))
	}
	if patients == nil {
		return r, nil
	}
	var generation uint16
	generation, r.present.patients, r.former.patients, ok = side(patients)
	if !ok || generation != r.generation || (r.former.patients == nil) != (r.former.clinic == nil) {
		r.wipe()
		return ring{}, damaged("keys that don't belong together")
	}
	return r, nil
}

// derivedKey is a key of a key, for one purpose, so that no key does two things.
func derivedKey(key []byte, purpose string) ([]byte, error) {
	k, err := hkdf.Key(sha256.New, key, nil, purpose, keyLen)
	if err != nil {
		return nil, fmt.Errorf("derive a key: %w", err)
	}
	return k, nil
}

// proofBy is what whoever holds a key can make of parts, for one purpose.
func proofBy(key []byte, purpose string, parts ...[]byte) ([]byte, error) {
	k, err := derivedKey(key, purpose)
	if err != nil {
		return nil, err
	}
	defer clear(k)
	mac := hmac.New(sha256.New, k)
	for _, part := range parts {
		_, _ = mac.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part)))) // never fails
		_, _ = mac.Write(part)
	}
	return mac.Sum(nil), nil
}

// proves says whether a proof is the one of proofBy.
func proves(key, proof []byte, purpose string, parts ...[]byte) bool {
	want, err := proofBy(key, purpose, parts...)
	return err == nil && hmac.Equal(want, proof)
}

// number is a generation as a part of a proof.
func number(generation uint16) []byte { return binary.BigEndian.AppendUint16(nil, generation) }

// encryptTo makes an age file for a recipient.
func encryptTo(recipient age.Recipient, plain []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := age.Encrypt(&out, recipient)
	if err != nil {
		return nil, fmt.Errorf("encrypt keys: %w", err)
	}
	if _, err := w.Write(plain); err != nil {
		return nil, fmt.Errorf("encrypt keys: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("encrypt keys: %w", err)
	}
	return out.Bytes(), nil
}

// decryptSmall reads an age file of encryptTo.
func decryptSmall(id age.Identity, sealed []byte) ([]byte, error) {
	in, err := age.Decrypt(bytes.NewReader(sealed), id)
	if err != nil {
		return nil, err
	}
	plain, err := io.ReadAll(io.LimitReader(in, maxRingBytes+1))
	if err == nil && len(plain) > maxRingBytes {
		err = fmt.Errorf("more than %d bytes", maxRingBytes)
	}
	return plain, err
}

// oldest is the oldest generation that a ring opens.
func (r ring) oldest() uint16 {
	if r.rekeying() {
		return r.generation - 1
	}
	return r.generation
}
