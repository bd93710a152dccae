package audit

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"
)

// pair is one stored value under its key.
type pair struct{ key, value []byte }

func keyFor(tb testing.TB, fill string) Key {
	tb.Helper()
	k, err := NewKey(strings.NewReader(strings.Repeat(fill, KeySize)))
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

func chainFor(tb testing.TB, keyFill, store string) Chain {
	tb.Helper()
	c, err := NewChain(keyFor(tb, keyFill), store)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// history is a chain as it was written, with all its ends; ends[0] is the start.
type history struct {
	chain Chain
	pairs []pair
	ends  []End
}

// write goes on from a history with entries whose sealed bytes begin with word.
func (h history) write(tb testing.TB, n int, word string) history {
	tb.Helper()
	out := history{h.chain, append([]pair(nil), h.pairs...), append([]End(nil), h.ends...)}
	for range n {
		end := out.ends[len(out.ends)-1]
		key, value, next, err := out.chain.Next(end, fmt.Appendf(nil, "%s %d", word, end.Seq+1))
		if err != nil {
			tb.Fatal(err)
		}
		out.pairs, out.ends = append(out.pairs, pair{key, value}), append(out.ends, next)
	}
	return out
}

// first is the beginning of a history.
func (h history) first(n int) history {
	return history{h.chain, h.pairs[:n], h.ends[:n+1]}
}

func (h history) known(seq int, where string) Known {
	return Known{Seq: uint64(seq), Head: h.ends[seq].Head, Where: where}
}

func newHistory(tb testing.TB, n int) history {
	tb.Helper()
	c := chainFor(tb, "k", "store-1")
	return history{chain: c, ends: []End{c.Start()}}.write(tb, n, "sealed")
}

func TestNextAndOpen(t *testing.T) {
	h := newHistory(t, 3)
	for i, p := range h.pairs {
		s, err := h.chain.Open(p.key, p.value)
		if err != nil || s.End() != h.ends[i+1] || s.Before != h.ends[i].Head || string(s.Sealed) != fmt.Sprintf("sealed %d", i+1) {
			t.Errorf("entry %d: %+v, %v", i+1, s, err)
		}
		if !bytes.Equal(p.key, SeqKey(uint64(i+1))) {
			t.Errorf("key %x", p.key)
		}
		if _, err := h.chain.Open(SeqKey(9), p.value); !errors.Is(err, ErrStored) {
			t.Errorf("under another key: %v", err)
		}
		if _, err := chainFor(t, "x", "store-1").Open(p.key, p.value); !errors.Is(err, ErrStored) {
			t.Errorf("with another chain's key: %v", err)
		}
	}
	// What is stored, worked out by another program (Python's hmac): a change of it
	// is a change of every file.
	const want = "0000000000000001" +
		"af6ff491ddfc0bc6b25de0c58e2f0058fcf848df0069278b64cf2e7f2c26929d" +
		"5497934c7f68edb0ff1654082873abfb8e87093c06558bd61f3167fbbbf32516" + "7365616c65642031"
	if got := fmt.Sprintf("%x", h.pairs[0].value); got != want {
		t.Errorf("stored\n%s, want\n%s", got, want)
	}
}

func TestNextRefuses(t *testing.T) {
	h := newHistory(t, 1)
	other := chainFor(t, "k", "store-2")
	for _, c := range []struct {
		name   string
		chain  Chain
		end    End
		sealed int
		want   error
	}{
		{"nothing sealed", h.chain, h.ends[1], 0, ErrStored},
		{"too much sealed", h.chain, h.ends[1], MaxSealedBytes + 1, ErrTooLarge},
		{"another store's start", h.chain, other.Start(), 1, ErrHead},
		{"the last number", h.chain, End{1<<64 - 1, h.ends[1].Head}, 1, ErrFull},
		{"no chain", Chain{}, End{}, 1, ErrKey},
	} {
		key, value, end, err := c.chain.Next(c.end, make([]byte, c.sealed))
		if !errors.Is(err, c.want) || key != nil || value != nil || end != (End{}) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	if _, _, _, err := h.chain.Next(h.ends[1], make([]byte, MaxSealedBytes)); err != nil {
		t.Errorf("the largest: %v", err)
	}
	if _, err := (Chain{}).Open(h.pairs[0].key, h.pairs[0].value); !errors.Is(err, ErrKey) {
		t.Errorf("no chain opens: %v", err)
	}
}

func TestSplitRefuses(t *testing.T) {
	value := newHistory(t, 1).pairs[0].value
	for n := range headerSize + 1 {
		if _, err := Split(value[:n]); !errors.Is(err, ErrStored) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	if _, err := Split(make([]byte, MaxStoredBytes+1)); !errors.Is(err, ErrStored) {
		t.Errorf("too long: %v", err)
	}
	if _, err := Split(make([]byte, headerSize+1)); !errors.Is(err, ErrStored) {
		t.Errorf("entry 0: %v", err)
	}
}

func TestKeysAndStores(t *testing.T) {
	a, b := chainFor(t, "k", "store-1"), chainFor(t, "k", "store-2")
	if a.Start() == b.Start() || a.Start() == chainFor(t, "l", "store-1").Start() {
		t.Error("chains of two stores or two keys begin alike")
	}
	for _, id := range []string{"", "a\nb", "\xff", strings.Repeat("x", MaxStoreIDBytes+1)} {
		var invalid *InvalidError
		if _, err := NewChain(keyFor(t, "k"), id); !errors.As(err, &invalid) {
			t.Errorf("store id %q: %v", id, err)
		}
	}
	if _, err := NewChain(Key{}, "store"); !errors.Is(err, ErrKey) {
		t.Errorf("no key: %v", err)
	}
	for _, n := range []int{0, KeySize - 1, KeySize, KeySize + 1} { // zeros are no key either
		if _, err := KeyOf(make([]byte, n)); !errors.Is(err, ErrKey) {
			t.Errorf("%d zeros: %v", n, err)
		}
	}
	if _, err := NewKey(strings.NewReader("short")); err == nil {
		t.Error("a key of 5 bytes")
	}
	if _, err := NewKey(iotest.ErrReader(errors.New("no randomness"))); err == nil {
		t.Error("a key without randomness")
	}
	k := keyFor(t, "k")
	if again, err := KeyOf(k.Bytes()); err != nil || !bytes.Equal(again.Bytes(), k.Bytes()) {
		t.Errorf("%v", err)
	}
	k.Bytes()[0] = 0
	if !bytes.Equal(k.Bytes(), keyFor(t, "k").Bytes()) {
		t.Error("Bytes hands out the key itself")
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q", "%d"} {
		for _, v := range []any{k, &k, a, &a, struct{ c Chain }{a}} {
			if s := fmt.Sprintf(verb, v); strings.Contains(s, "kkk") || strings.Contains(s, "6b6b") || strings.Contains(s, "107 107") || strings.Contains(s, "0x6b, 0x6b") {
				t.Errorf("%s of %T shows the key: %s", verb, v, s)
			}
		}
	}
}
