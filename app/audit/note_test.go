package audit

import (
	"errors"
	"math"
	"testing"
)

// noted are the notes of some ends of a chain.
func noted(t *testing.T, start End, ends ...End) (all [][NoteBytes]byte) {
	t.Helper()
	for _, e := range ends {
		pair, err := e.Notes(start)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, pair[:]...)
	}
	return all
}

// What is written into a pen's log comes back as the heads that were known, whatever
// stands between.
func TestNotesComeBack(t *testing.T) {
	start := End{Head: Head{0x91, 0x22}}
	a, b := End{Seq: 7, Head: Head{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}}, End{Seq: math.MaxUint32, Head: Head{0x91, 0xA2, 0x11}}
	other := noted(t, End{Head: Head{0x12, 0x22}}, a)
	notes := noted(t, start, a, b)
	log := [][NoteBytes]byte{
		notes[1],           // its first is gone from the log
		other[0], other[1], // another room's
		notes[2],           // written, and the cable pulled
		other[0], other[1], // which has the tag of this store's second, as 1 in 128 has
		notes[0], notes[0], // written twice
		notes[1], notes[1],
		notes[2], notes[3],
		{},
	}
	r := NewNoteReader(start, "log of pen 0042")
	for _, n := range log {
		r.Add(n)
	}
	got := r.Known()
	if len(got) != 2 || r.Others() != 3 {
		t.Fatalf("%d heads, %d others", len(got), r.Others())
	}
	for i, want := range []End{a, b} {
		if k := got[i]; k.Seq != want.Seq || !k.Short || !k.agrees(want.Head) || k.Where != "log of pen 0042" {
			t.Errorf("%d: %+v", i, k)
		}
		other := want.Head
		other[ShortSize-1] ^= 1
		if got[i].agrees(other) {
			t.Errorf("%d: the last byte does not count", i)
		}
	}
	if _, err := (End{Seq: math.MaxUint32 + 1}).Notes(start); !errors.Is(err, ErrFull) {
		t.Errorf("a number without room: %v", err)
	}
}

// A pen says how long its log is: what is kept of it is bounded.
func TestNotesAreBounded(t *testing.T) {
	start := End{Head: Head{1, 1}}
	r := NewNoteReader(start, "")
	for i := range MaxKnown + 10 {
		for _, n := range noted(t, start, End{Seq: uint64(i)}) {
			r.Add(n)
		}
	}
	if got := r.Known(); len(got) != MaxKnown || got[0].Seq != 10 {
		t.Errorf("%d kept, from %d", len(got), got[0].Seq)
	}
}
