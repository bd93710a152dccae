package link

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"pgregory.net/rapid"
)

var testStart = time.Date(2031, 3, 31, 12, 0, 0, 123456789, time.UTC)

// recordOf draws any record that can be written.
func recordOf(at time.Duration) *rapid.Generator[Record] {
	return rapid.Custom(func(t *rapid.T) Record {
		r := Record{At: at}
		switch rapid.IntRange(0, 5).Draw(t, "kind") {
		case 0:
			r.Gap = Gap{ToPen: rapid.Uint64Range(0, 1<<40).Draw(t, "to pen"), ToConsole: rapid.Uint64Range(1, 1<<40).Draw(t, "to console"), For: time.Duration(rapid.Int64Range(0, 1e9).Draw(t, "for")) * time.Microsecond}
		case 1:
			r.Key = rapid.StringMatching(`[a-z]{1,64}`).Draw(t, "key")
			r.Value = rapid.StringMatching(`.{0,100}`).Draw(t, "value")
		default:
			r.To = Direction(rapid.IntRange(0, 1).Draw(t, "to"))
			r.Bytes = rapid.SliceOfN(rapid.Byte(), 1, 3000).Draw(t, "bytes")
		}
		return r
	})
}

// recording writes records; it is whole.
func recording(t interface{ Fatal(...any) }, h Header, records ...Record) []byte {
	var b bytes.Buffer
	w, err := NewWriter(&b, h)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if w.size != int64(b.Len()) {
		t.Fatal("size", w.size, "of", b.Len())
	}
	return b.Bytes()
}

// readAll reads until an error and returns what it got, copied.
func readAll(r io.Reader) (h Header, records []Record, err error) {
	rd, err := NewReader(r)
	if err != nil {
		return h, nil, err
	}
	for {
		rec, err := rd.Next()
		if err != nil {
			if _, again := rd.Next(); !errors.Is(again, err) {
				return h, nil, fmt.Errorf("%w, then %w", err, again)
			}
			return rd.Header(), records, err
		}
		rec.Bytes = bytes.Clone(rec.Bytes)
		records = append(records, rec)
	}
}

// What is written is read, wherever the reads of the file end; and cut
// anywhere, it reads as far as whole blocks go and says that it is cut.
func TestRecordingRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := Header{Start: testStart, Info: rapid.MapOfN(rapid.StringMatching(`[a-z]{1,9}`), rapid.StringMatching(`.{0,30}`), 0, 5).Draw(t, "info")}
		var want []Record
		at := time.Duration(0)
		for range rapid.IntRange(0, 60).Draw(t, "count") {
			at += time.Duration(rapid.Int64Range(0, 1e7).Draw(t, "step")) * time.Microsecond
			want = append(want, recordOf(at).Draw(t, "record"))
		}
		file := recording(t, h, want...)
		got, records, err := readAll(iotest.HalfReader(bytes.NewReader(file)))
		if err != io.EOF {
			t.Fatalf("ends with %v", err)
		}
		if !got.Start.Equal(h.Start) || !reflect.DeepEqual(got.Info, h.Info) || !reflect.DeepEqual(records, want) {
			t.Fatalf("read %+v %d records, wrote %+v %d", got, len(records), h, len(want))
		}
		at0 := rapid.IntRange(0, len(file)-1).Draw(t, "cut")
		_, some, err := readAll(bytes.NewReader(file[:at0]))
		if at0 < len(recordingMagic) {
			if !errors.Is(err, ErrNotRecording) {
				t.Fatalf("cut at %d: %v", at0, err)
			}
			return
		}
		var where *RecordingError
		if !errors.Is(err, ErrCut) || !errors.As(err, &where) || where.Offset > int64(at0) {
			t.Fatalf("cut at %d: %v", at0, err)
		}
		if len(some) > 0 && !reflect.DeepEqual(some, want[:len(some)]) {
			t.Fatalf("cut at %d: other records", at0)
		}
		if end := blocksEnd(file, at0); where.Offset != int64(end) {
			t.Fatalf("cut at %d: read to %d, whole blocks end at %d", at0, where.Offset, end)
		}
	})
}

// blocksEnd is where the last whole block before cut ends.
func blocksEnd(file []byte, cut int) int {
	end := len(recordingMagic)
	for end+4 <= cut {
		next := end + blockFrame + int(le.Uint32(file[end:]))
		if next > cut {
			break
		}
		end = next
	}
	return end
}

// Whatever byte is changed, nothing but what was written is read before the
// damage is named.
func TestRecordingDamage(t *testing.T) {
	var want []Record
	for i := range 400 {
		want = append(want, Record{At: time.Duration(i) * time.Millisecond, To: Direction(i % 2), Bytes: bytes.Repeat([]byte{byte(i)}, 100)})
	}
	file := recording(t, Header{Start: testStart, Info: map[string]string{"port": "p"}}, want...)
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.IntRange(0, len(file)-1).Draw(t, "at")
		bad := bytes.Clone(file)
		bad[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "flip"))
		_, records, err := readAll(bytes.NewReader(bad))
		var where *RecordingError
		if !errors.As(err, &where) || !(errors.Is(err, ErrDamaged) || errors.Is(err, ErrCut) || errors.Is(err, ErrNotRecording)) {
			t.Fatalf("byte %d changed: %v", at, err)
		}
		if int64(at) < where.Offset || where.Offset != int64(blocksEnd(file, at)) && at >= len(recordingMagic) {
			t.Fatalf("byte %d changed, damage at %d", at, where.Offset)
		}
		if len(records) > 0 && !reflect.DeepEqual(records, want[:len(records)]) {
			t.Fatal("other records")
		}
	})
}

// craft makes a file of block bodies with right frames.
func craft(bodies ...[]byte) []byte {
	file := []byte(recordingMagic)
	for _, body := range bodies {
		block := append(le.AppendUint32(nil, uint32(len(body))), body...)
		file = append(file, le.AppendUint32(block, crc32.Checksum(block, castagnoli))...)
	}
	return file
}

// head is a header's body without pairs, of that version.
func head(version, pairs uint16, rest string) []byte {
	b := le.AppendUint16(le.AppendUint32(nil, 0), version)
	b = le.AppendUint64(b, uint64(testStart.UnixNano()))
	return append(le.AppendUint16(b, pairs), rest...)
}

// body is a block's, of records as text.
func body(number uint32, base uint64, records string) []byte {
	return append(le.AppendUint64(le.AppendUint32(nil, number), base), records...)
}

func TestHostileRecordings(t *testing.T) {
	good := head(1, 0, "")
	end := "\x05\x00\x00"
	for _, c := range []struct {
		name string
		file []byte
		err  error
		want string // in the error
	}{
		{"empty", nil, ErrNotRecording, "block 0 at byte 0"},
		{"other file", []byte("%PDF-1.7 and more"), ErrNotRecording, recordingMagic},
		{"magic only", []byte(recordingMagic), ErrCut, "block 0 at byte 8"},
		{"version", craft(head(2, 0, "")), ErrRecordingVersion, "version 2"},
		{"short header", craft([]byte("\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00")), ErrDamaged, "too short"},
		{"many pairs", craft(head(1, 65, "")), ErrDamaged, "65 pairs"},
		{"missing pair", craft(head(1, 1, "")), ErrDamaged, "pair 1 of 1"},
		{"empty key", craft(head(1, 1, "\x00\x00\x00\x00")), ErrDamaged, "pair 1"},
		{"long value", craft(head(1, 1, "\x01\x00k\x01\x04"+strings.Repeat("v", 1025))), ErrDamaged, "pair 1"},
		{"key twice", craft(head(1, 2, "\x01\x00k\x00\x00\x01\x00k\x00\x00")), ErrDamaged, "pair 2"},
		{"more header", craft(head(1, 0, "x")), ErrDamaged, "1 bytes behind"},
		{"no end", craft(good), ErrCut, "block 1 at byte 32"},
		{"huge block", append(craft(good), 0xFF, 0xFF, 0xFF, 0x7F), ErrDamaged, "length 2147483647"},
		{"empty block", append(craft(good), 0, 0, 0, 0), ErrDamaged, "length 0"},
		{"wrong number", craft(good, body(2, 0, end)), ErrDamaged, "number 2"},
		{"time beyond", craft(good, body(1, maxMicros+1, end)), ErrDamaged, "time"},
		{"time back", craft(good, body(1, 5, "\x01\x00\x01a"), body(2, 4, end)), ErrDamaged, "block 2"},
		{"delta beyond", craft(good, body(1, 1, "\x01\x80\x80\x80\x80\x80\x80\x80\x10\x01a")), ErrDamaged, "does not fit"},
		{"varint without end", craft(good, body(1, 0, "\x01\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01a")), ErrDamaged, "does not fit"},
		{"record too long", craft(good, body(1, 0, "\x01\x00\x7Fa")), ErrDamaged, "does not fit"},
		{"half a record", craft(good, body(1, 0, "\x01\x00")), ErrDamaged, "does not fit"},
		{"no bytes", craft(good, body(1, 0, "\x01\x00\x00")), ErrDamaged, "kind 1"},
		{"gap of nothing", craft(good, body(1, 0, "\x03\x00\x03\x00\x00\x00")), ErrDamaged, "kind 3"},
		{"gap too short", craft(good, body(1, 0, "\x03\x00\x02\x01\x01")), ErrDamaged, "kind 3"},
		{"gap overflows", craft(good, body(1, 0, "\x03\x00\x0c"+"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"+"\x01\x00")), ErrDamaged, "kind 3"},
		{"note without key", craft(good, body(1, 0, "\x04\x00\x01\x00")), ErrDamaged, "kind 4"},
		{"note key too long", craft(good, body(1, 0, "\x04\x00\x02\x02a")), ErrDamaged, "kind 4"},
		{"note too long", craft(good, body(1, 0, "\x04\x00\x83\x08\x01k"+strings.Repeat("v", 1025))), ErrDamaged, "kind 4"},
		{"end with data", craft(good, body(1, 0, "\x05\x00\x01a")), ErrDamaged, "follows the end"},
		{"record behind the end", craft(good, body(1, 0, end+end)), ErrDamaged, "follows the end"},
		{"block behind the end", craft(good, body(1, 0, end), body(2, 0, end)), ErrDamaged, "follows the end"},
		{"kind of the future", craft(good, body(1, 0, "\x63\x00\x02ab"+end)), io.EOF, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, records, err := readAll(bytes.NewReader(c.file))
			var where *RecordingError
			if !errors.Is(err, c.err) || err != io.EOF && !errors.As(err, &where) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v", err)
			}
			if len(records) > 1 {
				t.Errorf("read %v", records)
			}
		})
	}
}

// A file that can't be read is an error that says where, and neither cut nor
// damaged.
func TestRecordingReadFails(t *testing.T) {
	file := recording(t, Header{Start: testStart}, Record{Bytes: []byte("a")})
	for at := range len(file) + 1 {
		_, _, err := readAll(io.MultiReader(bytes.NewReader(file[:at]), iotest.ErrReader(errBroken)))
		var where *RecordingError
		if !errors.Is(err, errBroken) || !errors.As(err, &where) || errors.Is(err, ErrCut) {
			t.Errorf("failing at %d: %v", at, err)
		}
	}
}

func TestWriterCutsWhatIsTooLong(t *testing.T) {
	info := map[string]string{"": "dropped", strings.Repeat("k", 70): strings.Repeat("v", 2000)}
	for i := range 70 {
		info[fmt.Sprint(i)] = ""
	}
	long := bytes.Repeat([]byte("x"), 2*maxPiece+5)
	file := recording(t, Header{Start: testStart, Info: info},
		Record{At: 5 * time.Second, Bytes: long},
		Record{At: 4 * time.Second, Key: strings.Repeat("k", 70), Value: strings.Repeat("v", 2000)},
		Record{At: 6 * time.Second}, // nothing
		Record{At: time.Duration(1<<63 - 1), To: ToConsole, Bytes: []byte("late")})
	h, records, err := readAll(bytes.NewReader(file))
	if err != io.EOF || len(h.Info) != maxPairs || len(records) != 5 {
		t.Fatalf("%d pairs, %d records, %v", len(h.Info), len(records), err)
	}
	if n := len(records[0].Bytes) + len(records[1].Bytes) + len(records[2].Bytes); n != len(long) {
		t.Errorf("%d bytes of %d", n, len(long))
	}
	if note := records[3]; len(note.Key) != maxKey || len(note.Value) != maxValue || note.At != 5*time.Second {
		t.Errorf("note %+v", note)
	}
}

func TestWriterStopsAtTheFirstError(t *testing.T) {
	for left := range 60 {
		w, err := NewWriter(&fullDisk{left: left}, Header{Start: testStart})
		if left < len(recordingMagic)+24 {
			if !errors.Is(err, errFull) {
				t.Fatalf("room for %d: %v", left, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Write(Record{Bytes: []byte("abc")}), w.Flush()); left < 58 && !errors.Is(err, errFull) {
			t.Errorf("room for %d: %v", left, err)
		}
		if err := w.Close(); !errors.Is(err, errFull) {
			t.Errorf("room for %d: close %v", left, err)
		}
		if err := w.Write(Record{Bytes: []byte("abc")}); err == nil {
			t.Error("writes behind its end")
		}
	}
}

// FuzzRecording feeds anything to the reader; what it takes for whole, written
// again, is the same.
func FuzzRecording(f *testing.F) {
	h := Header{Start: testStart, Info: map[string]string{"port": "/dev/ttyACM0"}}
	whole := recording(f, h,
		Record{Bytes: []byte("\x00hello\x00")},
		Record{At: time.Millisecond, To: ToConsole, Bytes: []byte("\x00ack\x00")},
		Record{At: time.Second, Gap: Gap{ToPen: 3, ToConsole: 70000, For: time.Second}},
		Record{At: time.Minute, Key: "model", Value: "R1"})
	f.Add(whole)
	f.Add(whole[:len(whole)-9])
	f.Add(craft(head(1, 1, "\x01\x00k\x01\x00v"), body(1, 1<<40, "\x01\x00\x01a\x63\x05\x01b\x05\x00\x00")))
	f.Fuzz(func(t *testing.T, file []byte) {
		h, records, err := readAll(bytes.NewReader(file))
		var where *RecordingError
		if err != io.EOF {
			if !errors.As(err, &where) || where.Offset > int64(len(file)) {
				t.Fatalf("ends with %v", err)
			}
			return
		}
		h2, again, err := readAll(bytes.NewReader(recording(t, h, records...)))
		if err != io.EOF || !h2.Start.Equal(h.Start) || !reflect.DeepEqual(h2.Info, h.Info) || !reflect.DeepEqual(again, records) {
			t.Fatalf("%v\n%v\n%v %v", h, records, again, err)
		}
	})
}

// FORMAT.md is what the code does: a recording built by its words alone.
func TestFormatIsAsWritten(t *testing.T) {
	varint := func(v uint64) string { return string(binary.AppendUvarint(nil, v)) }
	bytesToPen := "\x01" + varint(0) + varint(2) + "hi"
	gap := "\x03" + varint(300) + varint(uint64(len(varint(1)+varint(500)+varint(7)))) + varint(1) + varint(500) + varint(7)
	note := "\x04" + varint(1) + varint(4) + varint(1) + "kvv"
	toConsole := "\x02" + varint(9) + varint(1) + "c"
	want := craft(head(1, 1, "\x04\x00port\x03\x00abc"), body(1, 1000, bytesToPen+gap+note+toConsole), body(2, 1310, "\x05\x00\x00"))
	got := recording(t, Header{Start: testStart, Info: map[string]string{"port": "abc"}},
		Record{At: time.Millisecond, Bytes: []byte("hi")},
		Record{At: 1300 * time.Microsecond, Gap: Gap{ToPen: 1, ToConsole: 500, For: 7 * time.Microsecond}},
		Record{At: 1301 * time.Microsecond, Key: "k", Value: "vv"},
		Record{At: 1310 * time.Microsecond, To: ToConsole, Bytes: []byte("c")})
	if !bytes.Equal(got, want) {
		t.Errorf("wrote\n%x\nwant\n%x", got, want)
	}
}
