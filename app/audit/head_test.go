package audit

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestHeadText(t *testing.T) {
	var h Head
	for i := range h {
		h[i] = byte(i*7 + 3)
	}
	const whole = "030a 1118 1f26 2d34 3b42 4950 575e 656c 737a 8188 8f96 9da4 abb2 b9c0 c7ce d5dc"
	if h.String() != whole || h.Short() != "030a-1118-1f26-2d34-3b42" {
		t.Errorf("%s, %s", h, h.Short())
	}
	if s := (End{12, h}).String(); s != "12 030a-1118-1f26-2d34-3b42" {
		t.Error(s)
	}
	for _, s := range []string{whole, strings.ToUpper(whole), strings.ReplaceAll(whole, " ", ""), strings.ReplaceAll(whole, " ", "-"), " " + whole + " "} {
		if got, err := ParseKnown(1, s, ""); err != nil || got.Head != h || got.Short {
			t.Errorf("%q: %v, %v", s, got, err)
		}
	}
	for _, s := range []string{
		"", whole[:len(whole)-1], whole[:len(whole)-5], whole + " 00", strings.Replace(whole, "a", "g", 1),
		strings.Replace(whole, " ", "\n", 1), strings.Replace(whole, " ", "\u00a0", 1), strings.Repeat(" ", 200) + whole,
	} {
		if _, err := ParseKnown(1, s, ""); !errors.Is(err, ErrHead) {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestParseKnown(t *testing.T) {
	h := newHistory(t, 1).ends[1]
	for _, s := range []string{h.Head.String(), h.Head.Short()} {
		k, err := ParseKnown(1, s, "a report")
		if err != nil || !k.agrees(h.Head) || k.Short == (s == h.Head.String()) || k.Seq != 1 || k.Where != "a report" {
			t.Errorf("%q: %+v, %v", s, k, err)
		}
		for i := range h.Head {
			other := h.Head
			other[i] ^= 1
			if k.agrees(other) != (k.Short && i >= ShortSize) {
				t.Errorf("%q and a head that differs in byte %d", s, i)
			}
		}
	}
	for _, s := range []string{"", h.Head.Short()[:19], h.Head.Short() + "-00", h.Head.String()[:70], "zz"} {
		if _, err := ParseKnown(1, s, ""); !errors.Is(err, ErrHead) {
			t.Errorf("%q: %v", s, err)
		}
	}
	for _, where := range []string{"a\nb", "\xff", strings.Repeat("x", MaxWhereRunes+1)} {
		var invalid *InvalidError
		if _, err := ParseKnown(1, h.Head.Short(), where); !errors.As(err, &invalid) || invalid.Fields[0].Field != "Where" {
			t.Errorf("%q: %v", where, err)
		}
	}
}

func TestHeadRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := Head(rapid.SliceOfN(rapid.Byte(), HeadSize, HeadSize).Draw(t, "head"))
		if got, err := ParseKnown(1, h.String(), ""); err != nil || got.Head != h || got.Short {
			t.Fatalf("%v, %v", got, err)
		}
	})
}
