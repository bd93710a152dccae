package store

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"
	"sync"
	"time"

	"stipple/app/clinical"
)

// An id is 26 characters of base 32: 48 bits of milliseconds since 1970 and 80
// random bits. The alphabet ascends, so that text order is order of creation,
// and leaves out i, l, o and u, which people misread.
const (
	idLen      = 26
	idAlphabet = "0123456789abcdefghjkmnpqrstvwxyz"
	idTailBits = 80
	idTimeLen  = idLen - idTailBits/5
)

// idSource makes ids that ascend strictly, also within a millisecond and when
// the clock is set back.
type idSource struct {
	mu   sync.Mutex
	now  func() time.Time
	rand io.Reader
	ms   uint64 // of the last id
	hi   uint16 // its random bits, upper 16
	lo   uint64 // its random bits, lower 64
}

// NewID makes an id for who has one before there is a store. Errors are those of the
// source of randomness.
func NewID() (clinical.ID, error) {
	return (&idSource{now: time.Now, rand: rand.Reader}).next()
}

// next makes an id. It fails only if the source of randomness does.
func (s *idSource) next() (clinical.ID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b [10]byte
	if _, err := io.ReadFull(s.rand, b[:]); err != nil {
		return "", fmt.Errorf("make id: %w", err)
	}
	ms := uint64(max(0, s.now().UnixMilli())) & (1<<48 - 1)
	if ms > s.ms {
		s.ms, s.hi, s.lo = ms, binary.BigEndian.Uint16(b[:2]), binary.BigEndian.Uint64(b[2:])
		return encodeID(s.ms, s.hi, s.lo), nil
	}
	// The clock stands or went back: go on from the last id by a random step.
	step := uint64(binary.BigEndian.Uint32(b[:4])) + 1
	if s.lo > math.MaxUint64-step {
		if s.hi == math.MaxUint16 {
			s.ms++
		}
		s.hi++
	}
	s.lo += step
	return encodeID(s.ms, s.hi, s.lo), nil
}

// pseudonym makes an id of random bits alone: its order tells nothing, and it holds no time.
func (s *idSource) pseudonym() (clinical.ID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b [16]byte
	if _, err := io.ReadFull(s.rand, b[:]); err != nil {
		return "", fmt.Errorf("make id: %w", err)
	}
	ms := binary.BigEndian.Uint64(b[:8])
	return encodeID(ms>>16, uint16(ms), binary.BigEndian.Uint64(b[8:])), nil
}

func encodeID(ms uint64, tailHi uint16, tailLo uint64) clinical.ID {
	hi := ms<<(idTailBits-64) | uint64(tailHi) // bits 127..64
	lo := tailLo
	var out [idLen]byte
	for i := idLen - 1; i >= 0; i-- {
		out[i] = idAlphabet[lo&31]
		lo = lo>>5 | hi<<(64-5)
		hi >>= 5
	}
	return clinical.ID(out[:])
}

// Made is when an id was made, to the millisecond; zero for what is none.
func Made(id clinical.ID) time.Time {
	if !validID(id) {
		return time.Time{}
	}
	ms := int64(0)
	for _, c := range id[:idTimeLen] {
		ms = ms<<5 | int64(strings.IndexRune(idAlphabet, c))
	}
	return time.UnixMilli(ms)
}

// validID says whether id has the form of an id. Anything else can't have been
// made here, and is never used as part of a key.
func validID(id clinical.ID) bool {
	if len(id) != idLen || id[0] > '7' {
		return false
	}
	for i := range len(id) {
		if !isIDChar(id[i]) {
			return false
		}
	}
	return true
}

func isIDChar(c byte) bool {
	switch {
	case c >= '0' && c <= '9':
		return true
	case c == 'i', c == 'l', c == 'o', c == 'u':
		return false
	}
	return c >= 'a' && c <= 'z'
}
