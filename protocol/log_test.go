package protocol

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// drawRecord draws a record, sealed or not.
func drawRecord(t *rapid.T, index uint32) LogRecord {
	r := LogRecord{
		Boot: rapid.Uint32().Draw(t, "boot"), Index: index, Clock: PenClock(rapid.Uint64().Draw(t, "clock")), UTC: rapid.Uint32().Draw(t, "utc"),
		Code: rapid.Uint16().Draw(t, "code"), Level: Level(rapid.Byte().Draw(t, "level")), Args: [2]int32{rapid.Int32().Draw(t, "a"), rapid.Int32().Draw(t, "b")},
	}
	r.Seal()
	return r
}

// TestLogRecordSum: a record that is sealed is sound, one that differs in any
// bit is not, and the sum of several is that of their bytes, however they are
// cut into pages.
func TestLogRecordSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var raw []byte
		sum := uint32(0)
		for i := range rapid.IntRange(1, 20).Draw(t, "records") {
			r := drawRecord(t, uint32(i+1))
			b := r.Append(nil)
			if len(b) != LogRecordSize || !r.Sound() {
				t.Fatalf("%d bytes, sound: %v", len(b), r.Sound())
			}
			raw = append(raw, b...)
			sum = LogSum(sum, &r)
			bit := rapid.IntRange(0, 8*LogRecordSize-1).Draw(t, "bit")
			b[bit/8] ^= 1 << (bit % 8)
			var hurt LogRecord
			if err := hurt.Decode(b); err == nil && hurt.Sound() {
				t.Fatalf("bit %d of %x turned over, and sound", bit, b)
			}
		}
		if sum != crcOf(string(raw)) {
			t.Fatalf("sum %08x, of the bytes %08x", sum, crcOf(string(raw)))
		}
	})
}

// TestNoteArgs: a note can be read back from its record.
func TestNoteArgs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		note := [8]byte(rapid.SliceOfN(rapid.Byte(), 8, 8).Draw(t, "note"))
		r := LogRecord{Index: 1, Code: EventNote, Args: NoteArgs(note)}
		if b := r.Append(nil); !bytes.Equal(b[23:31], note[:]) {
			t.Fatalf("%x stands as %x", note, b[23:31])
		}
	})
}
