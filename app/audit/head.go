package audit

import (
	"encoding/hex"
	"fmt"
	"strings"
)

// HeadSize is the length of a head in bytes.
const HeadSize = 32

// ShortSize is how much of a head, in bytes, its short form shows. 80 bits are
// few enough to read aloud, and far more than anybody can try out who has the
// key and looks for another history with the same short form.
const ShortSize = 10

// groupDigits is how many digits of a head stand together.
const groupDigits = 4

// Head is what a chain comes to at one entry: it stands for that entry and all
// before it.
type Head [HeadSize]byte

// String is the whole head, 16 groups of 4 hexadecimal digits with spaces
// between: "a3f1 09bc …".
func (h Head) String() string { return grouped(h[:], " ") }

// Short is the first ShortSize bytes, 5 groups of 4 digits: "a3f1-09bc-77d0-1e42-5b6a".
// It is what a printed report carries beside the entry's number.
func (h Head) Short() string { return grouped(h[:ShortSize], "-") }

func grouped(b []byte, between string) string {
	digits := hex.EncodeToString(b)
	var out strings.Builder
	for i := 0; i < len(digits); i += groupDigits {
		if i > 0 {
			out.WriteString(between)
		}
		out.WriteString(digits[i : i+groupDigits])
	}
	return out.String()
}

// maxTyped bounds what is looked at: every digit with a separator behind it.
const maxTyped = 4 * HeadSize

func parseDigits(s string) ([]byte, error) {
	if len(s) > maxTyped {
		return nil, fmt.Errorf("%w: too long", ErrHead)
	}
	b, err := hex.DecodeString(strings.NewReplacer(" ", "", "-", "").Replace(s))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrHead, err)
	}
	return b, nil
}

// Known is a head that was written down outside of the store.
type Known struct {
	Seq  uint64 // of the entry; 0 is the head before the first
	Head Head
	// Short: only the first ShortSize bytes of Head are known.
	Short bool
	Where string // for people: "report of 2026-03-01", "pen SN 0042"
}

// ParseKnown reads what Head.String or Head.Short wrote, also as a person types it:
// hexadecimal digits of either case, with spaces and hyphens anywhere. Anything else,
// and anything between a short head and a whole one, is ErrHead: a head that was cut off
// somewhere proves less than it seems to.
func ParseKnown(seq uint64, head, where string) (Known, error) {
	b, err := parseDigits(head)
	if err != nil {
		return Known{}, err
	}
	k := Known{Seq: seq, Short: len(b) == ShortSize, Where: where}
	if copy(k.Head[:], b); !k.Short && len(b) != HeadSize {
		return Known{}, fmt.Errorf("%w: %d digits, want %d or %d", ErrHead, 2*len(b), 2*ShortSize, 2*HeadSize)
	}
	return k, k.check()
}

func (k Known) check() error {
	c := checker{record: "known head"}
	c.text("Where", k.Where, MaxWhereRunes)
	return c.err()
}

// agrees says whether h can be the head that is known.
func (k Known) agrees(h Head) bool {
	if k.Short {
		return [ShortSize]byte(k.Head[:]) == [ShortSize]byte(h[:])
	}
	return k.Head == h
}
