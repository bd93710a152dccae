package audit

import (
	"fmt"
	"io"
)

// KeySize is the length of a chain's key in bytes.
const KeySize = 32

// Key proves a chain. It is kept sealed, never changes in the life of a store, and
// is never printed. The zero Key is none.
type Key struct {
	// A function, since package fmt looks into everything else that is part of a
	// larger value, and asks no method there.
	held func() [KeySize]byte
}

// NewKey makes a key from 32 bytes of a source of randomness.
func NewKey(random io.Reader) (Key, error) {
	var b [KeySize]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return Key{}, fmt.Errorf("make audit key: %w", err)
	}
	return KeyOf(b[:])
}

// KeyOf is the key of 32 bytes that Bytes has returned. Anything else is ErrKey,
// and so are zeros: they are a key that was never read.
func KeyOf(b []byte) (Key, error) {
	if len(b) != KeySize {
		return Key{}, fmt.Errorf("%w: %d bytes", ErrKey, len(b))
	}
	k := [KeySize]byte(b)
	if k == [KeySize]byte{} {
		return Key{}, fmt.Errorf("%w: zeros", ErrKey)
	}
	return Key{func() [KeySize]byte { return k }}, nil
}

// none says whether there is no key.
func (k Key) none() bool { return k.held == nil }

// Bytes are the key's bytes, to be sealed and kept; nil for no key.
func (k Key) Bytes() []byte {
	if k.none() {
		return nil
	}
	b := k.held()
	return b[:]
}

// Format hides the key from every verb of fmt, and so from logs.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "audit key") }
