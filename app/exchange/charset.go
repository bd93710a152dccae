package exchange

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// Encoding is how the bytes of a file are characters.
type Encoding string

// The encodings.
const (
	EncodingAuto Encoding = ""
	UTF8         Encoding = "utf-8"
	UTF16LE      Encoding = "utf-16le"
	UTF16BE      Encoding = "utf-16be"
	Windows1252  Encoding = "windows-1252"
)

func (e Encoding) known() bool {
	switch e {
	case EncodingAuto, UTF8, UTF16LE, UTF16BE, Windows1252:
		return true
	}
	return false
}

// notChar marks, added to a byte, one that is no character of the encoding. It
// lies above all characters.
const notChar = 0x200000

// file is a file in memory, in pieces that are full but for the last.
type file struct {
	pieces [][]byte
	size   int
}

// load reads r to its end. A *FileError for more than maxFileBytes; any other
// error is r's.
func load(r io.Reader) (file, error) {
	var f file
	for {
		piece := make([]byte, pieceBytes)
		n, err := io.ReadFull(r, piece)
		f.size += n
		if f.size > maxFileBytes {
			return file{}, &FileError{Err: ErrFileTooLarge, Bound: maxFileBytes}
		}
		if n > 0 {
			f.pieces = append(f.pieces, piece[:n:n])
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return f, nil
		case err != nil:
			return file{}, fmt.Errorf("read patients: %w", err)
		}
	}
}

// at is the byte at a place that the file has.
func (f file) at(i int) byte { return f.pieces[i/pieceBytes][i%pieceBytes] }

// head is up to n first bytes.
func (f file) head(n int) []byte {
	if len(f.pieces) == 0 {
		return nil
	}
	return f.pieces[0][:min(n, len(f.pieces[0]))]
}

// mark is the encoding that a byte order mark names, and its length.
func (f file) mark() (Encoding, int) {
	switch h := f.head(3); {
	case bytes.HasPrefix(h, []byte{0xEF, 0xBB, 0xBF}):
		return UTF8, 3
	case bytes.HasPrefix(h, []byte{0xFF, 0xFE}):
		return UTF16LE, 2
	case bytes.HasPrefix(h, []byte{0xFE, 0xFF}):
		return UTF16BE, 2
	}
	return EncodingAuto, 0
}

// guess is the encoding of a file without a mark, and whether a person has to
// look at it. It counts characters beyond ASCII that are good UTF-8, and bytes
// that are not. Text in Windows-1252 has hardly ever one of the first; text in
// UTF-8 with damage has mostly those.
func (f file) guess() (Encoding, bool) {
	good, bad := 0, 0
	for c := (&cursor{file: f, encoding: UTF8}); ; {
		r, ok := c.next()
		switch {
		case !ok && bad > good:
			return Windows1252, true
		case !ok:
			return UTF8, bad > 0
		case r >= notChar:
			bad++
		case r >= utf8.RuneSelf:
			good++
		}
	}
}

// cursor reads the characters of a file in an encoding.
type cursor struct {
	file     file
	encoding Encoding
	pos      int
}

// next is the next character; one of notChar and up is a byte that is none. It
// is false at the end.
func (c *cursor) next() (rune, bool) {
	if c.pos >= c.file.size {
		return 0, false
	}
	switch c.encoding {
	case UTF16LE, UTF16BE:
		return c.wide(), true
	case Windows1252:
		b := c.file.at(c.pos)
		c.pos++
		return fromWindows1252(b), true
	}
	return c.utf8(), true
}

func (c *cursor) utf8() rune {
	b := c.file.at(c.pos)
	if b < utf8.RuneSelf {
		c.pos++
		return rune(b)
	}
	rest := c.file.pieces[c.pos/pieceBytes][c.pos%pieceBytes:]
	if !utf8.FullRune(rest) { // it may go on in the next piece
		var buf [utf8.UTFMax]byte
		n := 0
		for n < len(buf) && c.pos+n < c.file.size {
			buf[n] = c.file.at(c.pos + n)
			n++
		}
		rest = buf[:n]
	}
	r, size := utf8.DecodeRune(rest)
	c.pos += size
	if r == utf8.RuneError && size == 1 {
		return notChar + rune(b)
	}
	return r
}

// unit is the 16 bits at a place; false where the file has only one byte left.
func (c *cursor) unit(pos int) (rune, bool) {
	if pos+1 >= c.file.size {
		return 0, false
	}
	first, second := rune(c.file.at(pos)), rune(c.file.at(pos+1))
	if c.encoding == UTF16LE {
		first, second = second, first
	}
	return first<<8 | second, true
}

// wide is the next character of UTF-16. Half a pair, or half a unit at the end,
// is none.
func (c *cursor) wide() rune {
	r, ok := c.unit(c.pos)
	if !ok {
		c.pos = c.file.size
		return notChar + 0xFF
	}
	c.pos += 2
	if !utf16.IsSurrogate(r) {
		return r
	}
	if second, ok := c.unit(c.pos); ok {
		if pair := utf16.DecodeRune(r, second); pair != utf8.RuneError {
			c.pos += 2
			return pair
		}
	}
	return notChar + 0xFF
}

// fromWindows1252 is the character of a byte. The five bytes that have none stay
// what they are in Latin 1, control characters, and are refused as such.
func fromWindows1252(b byte) rune {
	if b < 0x80 || b > 0x9F {
		return rune(b)
	}
	return [...]rune{
		0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D, 0x017D, 0x8F,
		0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D, 0x017E, 0x0178,
	}[b-0x80]
}

// isText tells a text from a spreadsheet's own file, a picture and the like.
func (c cursor) isText() bool {
	for _, magic := range [...]string{"PK\x03\x04", "\xD0\xCF\x11\xE0", "%PDF-"} {
		if bytes.HasPrefix(c.file.head(len(magic)), []byte(magic)) {
			return false
		}
	}
	for range textHeadRunes {
		r, ok := c.next()
		if !ok {
			break
		}
		if r == 0 {
			return false
		}
	}
	return true
}
