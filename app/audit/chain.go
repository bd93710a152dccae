package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"math"
)

// Labels keep what the key is used for apart. They end in a zero byte and neither
// begins the other; a change of what is proved is a new number in them.
const (
	labelGenesis = "stipple audit genesis 1\x00"
	labelLink    = "stipple audit link 1\x00"
)

const (
	seqSize    = 8
	headerSize = seqSize + 2*HeadSize
	// MaxStoredBytes bounds a stored value.
	MaxStoredBytes = headerSize + MaxSealedBytes
)

// Chain makes and proves the links of one store's audit log. It is a value
// without state and may be used by any number of goroutines.
type Chain struct {
	key     Key
	genesis Head
}

// NewChain is the chain of a store. The id of the store is part of the head
// before the first entry, so that the chains of two stores can't be exchanged even
// if they have the same key. The errors are ErrKey, and an *InvalidError for an id
// that is empty, over MaxStoreIDBytes or no text.
func NewChain(key Key, storeID string) (Chain, error) {
	if key.none() {
		return Chain{}, ErrKey
	}
	c := checker{record: "audit chain"}
	c.that(storeID != "", "StoreID", Missing)
	c.that(len(storeID) <= MaxStoreIDBytes, "StoreID", TooLong)
	c.that(cleanText(storeID), "StoreID", BadText)
	if err := c.err(); err != nil {
		return Chain{}, err
	}
	mac := hmac.New(sha256.New, key.Bytes())
	mac.Write([]byte(labelGenesis))
	mac.Write([]byte(storeID))
	return Chain{key, Head(mac.Sum(nil))}, nil
}

// End is where a chain ends: its newest entry's number and head.
type End struct {
	Seq  uint64
	Head Head
}

// String is the end as a report prints it: "1203 a3f1-09bc-77d0-1e42-5b6a".
func (e End) String() string { return fmt.Sprintf("%d %s", e.Seq, e.Head.Short()) }

// Start is the end of a chain without an entry.
func (c Chain) Start() End { return End{0, c.genesis} }

// SeqKey is the key under which entry seq is stored, for its sealer too.
func SeqKey(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }

// Next makes what is stored behind end, under key, of sealed entry number
// end.Seq+1, and the new end. Errors: ErrStored if nothing is sealed, ErrTooLarge
// over MaxSealedBytes, ErrHead if end is none of this chain's beginnings, ErrFull.
func (c Chain) Next(end End, sealed []byte) (key, value []byte, next End, err error) {
	switch {
	case c.key.none():
		return nil, nil, End{}, ErrKey
	case len(sealed) == 0:
		return nil, nil, End{}, fmt.Errorf("%w: nothing is sealed", ErrStored)
	case len(sealed) > MaxSealedBytes:
		return nil, nil, End{}, fmt.Errorf("%w: %d bytes sealed, at most %d", ErrTooLarge, len(sealed), MaxSealedBytes)
	case end.Seq == 0 && end.Head != c.genesis:
		return nil, nil, End{}, fmt.Errorf("%w: a chain of another store begins there", ErrHead)
	case end.Seq == math.MaxUint64:
		return nil, nil, End{}, ErrFull
	}
	next.Seq = end.Seq + 1
	next.Head = c.linker().link(next.Seq, end.Head, sealed)
	key = SeqKey(next.Seq)
	value = make([]byte, 0, headerSize+len(sealed))
	value = append(value, key...)
	value = append(value, end.Head[:]...)
	value = append(value, next.Head[:]...)
	return key, append(value, sealed...), next, nil
}

// linker makes heads with a chain's key. It keeps its buffers, so that verifying
// a long chain allocates once; it belongs to one goroutine.
type linker struct {
	mac   hash.Hash
	front []byte
	sum   []byte
}

func (c Chain) linker() *linker { return &linker{mac: hmac.New(sha256.New, c.key.Bytes())} }

// link is the head at entry seq. All parts but the last have one length.
func (l *linker) link(seq uint64, before Head, sealed []byte) Head {
	l.front = append(l.front[:0], labelLink...)
	l.front = binary.BigEndian.AppendUint64(l.front, seq)
	l.front = append(l.front, before[:]...)
	l.mac.Reset()
	l.mac.Write(l.front)
	l.mac.Write(sealed)
	l.sum = l.mac.Sum(l.sum[:0])
	return Head(l.sum)
}

// proves says whether the key made what is stored.
func (l *linker) proves(s Stored) bool {
	h := l.link(s.Seq, s.Before, s.Sealed)
	return hmac.Equal(h[:], s.Head[:])
}

// Stored is a stored value, taken apart.
type Stored struct {
	Seq          uint64
	Before, Head Head
	Sealed       []byte // part of the value, not a copy
}

// End is where a chain ends that ends here.
func (s Stored) End() End { return End{s.Seq, s.Head} }

// Split takes a stored value apart. It proves nothing. The error is ErrStored.
func Split(value []byte) (Stored, error) {
	if len(value) <= headerSize || len(value) > MaxStoredBytes {
		return Stored{}, fmt.Errorf("%w: %d bytes", ErrStored, len(value))
	}
	s := Stored{Seq: binary.BigEndian.Uint64(value), Sealed: value[headerSize:]}
	copy(s.Before[:], value[seqSize:])
	copy(s.Head[:], value[seqSize+HeadSize:])
	if s.Seq == 0 {
		return Stored{}, fmt.Errorf("%w: entry 0", ErrStored)
	}
	return s, nil
}

// Open takes the value apart that stands under key, and proves it: that this
// chain's key made it, for this place. It does not prove what stands around it.
// The error is ErrStored; ErrKey if c is no chain.
func (c Chain) Open(key, value []byte) (Stored, error) {
	if c.key.none() {
		return Stored{}, ErrKey
	}
	s, err := Split(value)
	if err != nil {
		return Stored{}, err
	}
	if k, ok := ReadKey(key); !ok || k != s.Seq {
		return Stored{}, fmt.Errorf("%w: entry %d stands under another key", ErrStored, s.Seq)
	}
	if !c.linker().proves(s) {
		return Stored{}, ErrStored
	}
	return s, nil
}

// ReadKey reads a bucket's key. There is no entry 0.
func ReadKey(key []byte) (uint64, bool) {
	if len(key) != seqSize {
		return 0, false
	}
	n := binary.BigEndian.Uint64(key)
	return n, n != 0
}
