package exchange

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// A byte that is no character is an error of its field, and shown as a byte.
func TestBytesThatAreNoCharacter(t *testing.T) {
	const file = "MRN;Surname;DOB\nF-1;Nov?k;1987-05-13\n"
	half := func(order binary.AppendByteOrder) string {
		b := []byte(wide(order, file))
		at := 2 + 2*strings.IndexByte(file, '?')
		return string(b[:at]) + string(order.AppendUint16(nil, 0xD83D)) + string(b[at+2:])
	}
	for name, c := range map[string]struct {
		file, shown string
	}{
		"a byte without a character in Windows-1252": {strings.ReplaceAll(file, "?", "\xE1\x81"), "Nová<U+0081>k"},
		"behind a mark of UTF-8":                     {"\uFEFF" + strings.ReplaceAll(file, "?", "\xE1"), "Nov<0xE1>k"},
		"half a pair, little end first":              {half(binary.LittleEndian), "Nov<0xFF>k"},
		"half a pair, big end first":                 {half(binary.BigEndian), "Nov<0xFF>k"},
		"a surrogate in UTF-8":                       {"\uFEFF" + strings.ReplaceAll(file, "?", "\xED\xA0\xBD"), "Nov<0xED><0xA0><0xBD>k"},
		"a zero behind the beginning":                {strings.ReplaceAll(file, "?", "\x00"), "Nov<U+0000>k"},
	} {
		t.Run(name, func(t *testing.T) {
			if strings.Contains(c.file, "\x00") && !strings.HasPrefix(c.file, "\xFF") && !strings.HasPrefix(c.file, "\xFE") {
				// Zeros at the beginning of a file are no text at all.
				c.file = strings.Replace(c.file, "F-1", strings.Repeat("\n", textHeadRunes)+"F-1", 1)
			}
			p := read(t, c.file, auto())
			if len(p.Errors) != 1 || p.Errors[0].Problem != BadText || p.Errors[0].Text != c.shown {
				t.Errorf("%+v %v", p.Dialect, p.Errors)
			}
		})
	}
	odd := wide(binary.LittleEndian, strings.TrimSuffix(strings.ReplaceAll(file, "?", "á"), "\n")) + "x"
	if p := read(t, odd, auto()); len(p.Errors) != 1 || p.Errors[0].Text != "1987-05-13<0xFF>" {
		t.Errorf("%v", p.Errors)
	}
}

// A character may lie on the border of two pieces of the file.
func TestPiecesHangTogether(t *testing.T) {
	const first, begun, name = "MRN;Surname;DOB\nF-0;Ruiz;1984-02-11\n", "F-1;Nov", "Nová😀k"
	for before := range 12 {
		for charset, encode := range map[Encoding]func(string) string{
			UTF8:    func(s string) string { return s },
			UTF16LE: func(s string) string { return wide(binary.LittleEndian, s) },
		} {
			unit := len(encode("aa")) - len(encode("a"))
			pad := []byte(strings.Repeat(" ", (pieceBytes-len(encode(first+begun)))/unit-before))
			for i := 999; i < len(pad); i += 1000 {
				pad[i] = '\n'
			}
			pad[len(pad)-1] = '\n'
			p := read(t, encode(first+string(pad)+"F-1;"+name+";1987-05-13\n"), auto())
			if p.Dialect.Encoding != charset || len(p.Rows) != 2 || p.Rows[1].Patient.FamilyName != name {
				t.Fatalf("%s, %d units before the border: %+v %v", charset, before, p.Rows, p.Errors)
			}
		}
	}
}

// Of a field without end only its beginning is kept.
func TestFieldsAreBounded(t *testing.T) {
	f, err := load(strings.NewReader("a;" + strings.Repeat("é", maxFieldBytes) + strings.Repeat(";b", 2*maxColumns)))
	if err != nil {
		t.Fatal(err)
	}
	var rec record
	p := parser{cur: cursor{file: f, encoding: UTF8}, delimiter: ';', line: 1}
	if ok, err := p.next(&rec); !ok || err != nil || len(rec.text) != 1+keptBytes+maxColumns-2 || rec.fields[1].size != 2*maxFieldBytes || rec.count != 2+2*maxColumns || len(rec.fields) != maxColumns {
		t.Errorf("%v, %v: %d bytes, field of %d, %d of %d fields", ok, err, len(rec.text), rec.fields[1].size, len(rec.fields), rec.count)
	}
}

// A file is in memory once, however much of it is not imported.
func TestAFileIsHeldOnce(t *testing.T) {
	const lines = 300
	file := "MRN;Surname;DOB;Notes\n"
	var b strings.Builder
	b.WriteString(file)
	for i := range lines {
		fmt.Fprintf(&b, "F-%d;Ruiz;1984-02-11;\"%s\"\n", i, strings.Repeat("é", maxFieldBytes/2))
	}
	file = b.String()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	p := read(t, file, auto())
	runtime.ReadMemStats(&after)
	if p.Counts.New != lines {
		t.Fatalf("%+v %v", p.Counts, p.Errors)
	}
	if got, most := after.TotalAlloc-before.TotalAlloc, uint64(len(file)+len(file)/4); got > most {
		t.Errorf("%d bytes for a file of %d", got, len(file))
	}
}
