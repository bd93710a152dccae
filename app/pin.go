package app

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"

	"stipple/app/coded"
)

// The bounds of a PIN.
const (
	pinLeast = 4 // figures
	pinMost  = 8
	// pinTries are the wrong ones in a row after which the passphrase is needed.
	pinTries = 5
	// pinKeyBytes is the length of the key under which PINs are kept.
	pinKeyBytes = 32
)

// What is wrong with a PIN.
var (
	errWrongPIN  = coded.New("wrong_pin", "that is not the PIN")
	errPINLength = coded.New("pin_length", "a PIN has 4 to 8 figures")
	// errWeakPIN: 0000, 1234, 8642 and the like are what is tried first.
	errWeakPIN = coded.New("weak_pin", "the PIN is too easy to guess")
)

// pins are the PINs of those who signed in, by the slot that their passphrase opens, for
// as long as the process lives: none is on the disk. Who gets another passphrase, from
// whomever, has no PIN any more. They are kept under a random key, so that none stands in
// the memory as it is typed; against who can read that memory nothing helps, since the
// keys of the store lie there, too. The window's thread alone uses them.
type pins struct {
	key []byte
	of  map[string]*pin
}

type pin struct {
	sum   []byte
	wrong int // tries in a row
}

func newPINs() *pins {
	key := make([]byte, pinKeyBytes)
	_, _ = rand.Read(key) // it never fails
	return &pins{key: key, of: make(map[string]*pin)}
}

func (p *pins) sum(slot string, figures []byte) []byte {
	h := hmac.New(sha256.New, p.key)
	_, _ = h.Write([]byte(slot + "\x00"))
	_, _ = h.Write(figures)
	return h.Sum(nil)
}

// has says whether somebody has a PIN.
func (p *pins) has(slot string) bool { return p.of[slot] != nil }

// left is how many tries there are; 0: the passphrase is needed, or there is no PIN.
func (p *pins) left(slot string) int {
	if x := p.of[slot]; x != nil {
		return pinTries - x.wrong
	}
	return 0
}

// set gives somebody a PIN. errPINLength, errWeakPIN.
func (p *pins) set(slot string, figures []byte) error {
	if err := checkPIN(figures); err != nil {
		return err
	}
	p.of[slot] = &pin{sum: p.sum(slot, figures)}
	return nil
}

func (p *pins) remove(slot string) { delete(p.of, slot) }

// try says whether it is somebody's PIN, and counts.
func (p *pins) try(slot string, figures []byte) bool {
	if p.left(slot) == 0 {
		return false
	}
	x := p.of[slot]
	if !hmac.Equal(x.sum, p.sum(slot, figures)) {
		x.wrong++
		return false
	}
	x.wrong = 0
	return true
}

// proven gives somebody who typed the passphrase all tries again.
func (p *pins) proven(slot string) {
	if x := p.of[slot]; x != nil {
		x.wrong = 0
	}
}

// checkPIN says what is wrong with a PIN: it must not be one figure again and again, nor
// go up or down in equal steps.
func checkPIN(figures []byte) error {
	if len(figures) < pinLeast || len(figures) > pinMost {
		return errPINLength
	}
	step := func(i int) int { return (int(figures[i]) - int(figures[i-1]) + 10) % 10 } // 9 is followed by 0
	plain := true
	for i, f := range figures {
		if f < '0' || f > '9' {
			return errPINLength
		}
		plain = plain && (i == 0 || step(i) == step(1))
	}
	if plain {
		return errWeakPIN
	}
	return nil
}
