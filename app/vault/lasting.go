package vault

import (
	"bytes"
	"crypto/cipher"
	"encoding/binary"
	"io"
	"slices"

	"golang.org/x/crypto/chacha20poly1305"

	"stipple/app/clinical"
)

// lasting are the keys of what is sealed once and stays as it is (Place.Lasting), of
// every generation from the first to the present one. Each is made of a generation's
// keys, and opens nothing else that these seal.
type lasting struct {
	practice [][]byte
	// patients seal nothing alone: with what lasts of a patient's own key each makes a
	// key of that patient. Empty where the patient key is not held.
	patients [][]byte
}

// with adds the keys of a ring's present generation.
func (l lasting) with(r ring) (lasting, error) {
	k, err := derivedKey(r.present.clinic, "stipple lasting values")
	if err != nil {
		return lasting{}, err
	}
	out := lasting{append(slices.Clone(l.practice), k), slices.Clone(l.patients)}
	if r.present.patients == nil {
		return out, nil
	}
	if k, err = derivedKey(r.present.patients, "stipple lasting values"); err != nil {
		return lasting{}, err
	}
	out.patients = append(out.patients, k)
	return out, nil
}

func (l lasting) copied() lasting {
	some := func(all [][]byte) (out [][]byte) {
		for _, k := range all {
			out = append(out, bytes.Clone(k))
		}
		return out
	}
	return lasting{some(l.practice), some(l.patients)}
}

func (l lasting) wipe() {
	for _, k := range slices.Concat(l.practice, l.patients) {
		clear(k)
	}
}

// practiceBox seals what lasts of the practice, of a generation.
func (l lasting) practiceBox(generation uint16) (cipher.AEAD, error) {
	if generation < 1 || int(generation) > len(l.practice) {
		return nil, ErrSealBroken
	}
	return chacha20poly1305.NewX(l.practice[generation-1])
}

// patientBox seals what lasts of a patient, by what lasts of the patient's own key.
func (l lasting) patientBox(generation uint16, own []byte, owner clinical.ID) (cipher.AEAD, error) {
	if generation < 1 || int(generation) > len(l.patients) {
		return nil, ErrSealBroken
	}
	both := slices.Concat(own, l.patients[generation-1])
	defer clear(both)
	return derived(both, "stipple lasting values of "+string(owner))
}

// lastingFile are the lasting keys of the generations before the present one, sealed
// by the present keys. Nothing is there in the first generation.
type lastingFile struct {
	Practice []byte `json:"practice"`
	Patients []byte `json:"patients"`
}

// former are the keys of one side that go into the file.
func former(all [][]byte) []byte { return bytes.Join(all[:len(all)-1], nil) }

// sealLasting seals the lasting keys before the present ones of a ring.
func sealLasting(store string, r ring, l lasting, source io.Reader) (*lastingFile, error) {
	side := func(key []byte, all [][]byte) ([]byte, error) {
		box, err := derived(key, "stipple former lasting keys")
		if err != nil {
			return nil, err
		}
		plain := former(all)
		defer clear(plain)
		return sealedKey(box, source, plain, lastingBound(store, r.generation))
	}
	var out lastingFile
	var err error
	if out.Practice, err = side(r.present.clinic, l.practice); err == nil {
		out.Patients, err = side(r.present.patients, l.patients)
	}
	return &out, err
}

func lastingBound(store string, generation uint16) []byte {
	return binary.BigEndian.AppendUint16([]byte("stipple lasting keys\x00"+store+"\x00"), generation)
}

// open are the lasting keys of a ring's generations.
func (f *lastingFile) open(store string, r ring) (lasting, error) {
	if r.generation == 1 {
		return lasting{}.with(r)
	}
	if f == nil {
		return lasting{}, damaged("the keys of what lasts are missing")
	}
	side := func(key, sealed []byte) (all [][]byte, err error) {
		box, err := derived(key, "stipple former lasting keys")
		if err != nil {
			return nil, err
		}
		plain, err := opened(box, sealed, lastingBound(store, r.generation))
		if err != nil || len(plain) != int(r.generation-1)*keyLen {
			return nil, damaged("the keys of what lasts")
		}
		for k := range slices.Chunk(plain, keyLen) {
			all = append(all, k)
		}
		return all, nil
	}
	var l lasting
	var err error
	if l.practice, err = side(r.present.clinic, f.Practice); err != nil {
		return lasting{}, err
	}
	if r.present.patients != nil {
		if l.patients, err = side(r.present.patients, f.Patients); err != nil {
			return lasting{}, err
		}
	}
	return l.with(r)
}
