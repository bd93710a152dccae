package vault

import (
	"bytes"
	"crypto/hmac"
	"encoding/binary"
	"io"

	"golang.org/x/crypto/chacha20poly1305"
)

// anchor is what a passphrase keeps of the keys that its slot was made with: enough to
// tell whether other keys came of those by re-keys, not enough to open anything. Without
// it anybody who can write the file could put a store of their own making behind the
// public halves of the slots.
type anchor struct {
	generation       uint16
	clinic, patients []byte // patients is nil where the slot does not hold that key
}

const anchorLen = 2 + 2*keyLen

func anchorOf(generation uint16, k keys) (a anchor, err error) {
	a.generation = generation
	if a.clinic, err = derivedKey(k.clinic, "stipple anchor"); err == nil && k.patients != nil {
		a.patients, err = derivedKey(k.patients, "stipple anchor")
	}
	return a, err
}

// bytes are the anchor as it is wrapped: zeros stand for a key that is not held.
func (a anchor) bytes() []byte {
	out := append(binary.BigEndian.AppendUint16(nil, a.generation), a.clinic...)
	return append(out, append(a.patients, make([]byte, keyLen-len(a.patients))...)...)
}

// takeAnchor takes an anchor off what follows it.
func takeAnchor(b []byte) (a anchor, rest []byte, ok bool) {
	if len(b) < anchorLen {
		return anchor{}, nil, false
	}
	a = anchor{binary.BigEndian.Uint16(b), bytes.Clone(b[2 : 2+keyLen]), bytes.Clone(b[2+keyLen : anchorLen])}
	if bytes.Equal(a.patients, make([]byte, keyLen)) {
		a.patients = nil
	}
	return a, b[anchorLen:], true
}

// link leads from the anchor of one generation to that of the next, for each key.
type link struct {
	Clinic   []byte `json:"clinic"`
	Patients []byte `json:"patients"`
}

// linkBound binds a link to its place.
func linkBound(store string, from uint16, which string) []byte {
	return binary.BigEndian.AppendUint16([]byte("stipple link\x00"+which+"\x00"+store+"\x00"), from)
}

// The sides of a link.
const (
	clinicSide   = "clinic"
	patientsSide = "patients"
)

// newLink is made by somebody who holds both keys of both generations.
func newLink(store string, from, to anchor, source io.Reader) (l link, err error) {
	side := func(from, to []byte, generation uint16, which string) ([]byte, error) {
		box, err := chacha20poly1305.NewX(from)
		if err != nil {
			return nil, err
		}
		return sealedKey(box, source, to, linkBound(store, generation, which))
	}
	if l.Clinic, err = side(from.clinic, to.clinic, from.generation, clinicSide); err == nil {
		l.Patients, err = side(from.patients, to.patients, from.generation, patientsSide)
	}
	return l, err
}

// leads says whether the present keys of a file are those of an anchor, or came of them.
func (f slotFile) leads(a anchor, k keys) bool {
	if a.generation < 1 || a.generation > f.Generation || k.patients != nil && a.patients == nil {
		return false
	}
	next := func(at []byte, sealed []byte, generation uint16, which string) []byte {
		box, err := chacha20poly1305.NewX(at)
		if err != nil {
			return nil
		}
		to, err := opened(box, sealed, linkBound(f.Store, generation, which))
		if err != nil {
			return nil
		}
		return to
	}
	for g := a.generation; g < f.Generation; g++ {
		a.clinic = next(a.clinic, f.Links[g-1].Clinic, g, clinicSide)
		if k.patients != nil {
			a.patients = next(a.patients, f.Links[g-1].Patients, g, patientsSide)
		}
	}
	want, err := anchorOf(f.Generation, k)
	return err == nil && hmac.Equal(want.clinic, a.clinic) && (k.patients == nil || hmac.Equal(want.patients, a.patients))
}
