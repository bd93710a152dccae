package audit

import (
	"encoding/binary"
	"fmt"
	"math"
)

// NoteBytes is what the log of a pen takes of the console in one note.
const NoteBytes = 8

// A head goes into a pen's log as two notes:
//
//	tag (1) | number (4, big endian) | head, bytes 0 to 2
//	tag (1) | head, bytes 3 to 9
//
// so that as much of it is there as a printed short form has. The tags are 14 bits of
// the head before the first entry, which tells stores apart: a pen goes from room to
// room, and the notes of another room's store say nothing about this one. The highest
// bit of a tag says which of the two notes it is.
const (
	noteHead = 3
	notePart = 0x80
)

// noteTags are those of the store whose chain begins at start.
func noteTags(start End) (first, second byte) {
	return start.Head[0] &^ notePart, start.Head[1] | notePart
}

// Notes are the two notes about an end of the chain that begins at start, in their
// order. ErrFull where the number has no room: it is above 4,294,967,295.
func (e End) Notes(start End) (notes [2][NoteBytes]byte, err error) {
	if e.Seq > math.MaxUint32 {
		return notes, fmt.Errorf("note of entry %d: %w", e.Seq, ErrFull)
	}
	notes[0][0], notes[1][0] = noteTags(start)
	binary.BigEndian.PutUint32(notes[0][1:], uint32(e.Seq))
	copy(notes[0][NoteBytes-noteHead:], e.Head[:noteHead])
	copy(notes[1][1:], e.Head[noteHead:ShortSize])
	return notes, nil
}

// NoteReader finds the heads of one store among the notes of a pen's log.
type NoteReader struct {
	first, second byte
	where         string
	half          [NoteBytes]byte // a first note that waits for its second
	waits         bool
	known         []Known
	others        int
}

// NewNoteReader reads notes for the chain that begins at start; where is for people:
// "log of pen 0042".
func NewNoteReader(start End, where string) *NoteReader {
	r := &NoteReader{where: where}
	r.first, r.second = noteTags(start)
	return r
}

// Add takes the next note of the log. A first note without its second, as a cable that
// was pulled leaves it, says nothing.
func (r *NoteReader) Add(note [NoteBytes]byte) {
	switch {
	case note[0] == r.first:
		r.half, r.waits = note, true
	case note[0] == r.second && r.waits:
		r.waits = false
		k := Known{Seq: uint64(binary.BigEndian.Uint32(r.half[1:])), Short: true, Where: r.where}
		copy(k.Head[:], r.half[NoteBytes-noteHead:])
		copy(k.Head[noteHead:], note[1:])
		if len(r.known) == MaxKnown {
			r.known = r.known[1:] // a pen says how long its log is
		}
		r.known = append(r.known, k)
	case note[0] == r.second: // written twice, or its first is gone from the log
	default: // no other session writes between the two
		r.waits = false
		r.others++
	}
}

// Known are the heads that were found, in the order of the log: the newest MaxKnown.
func (r *NoteReader) Known() []Known { return r.known }

// Others is how many notes are not of this store.
func (r *NoteReader) Others() int { return r.others }
