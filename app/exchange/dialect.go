package exchange

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// LineEnds is how a file ends its lines.
type LineEnds string

// The line ends.
const (
	CRLF      LineEnds = "crlf"
	LF        LineEnds = "lf"
	MixedEnds LineEnds = "mixed"
	NoEnds    LineEnds = "none" // one line
)

// Dialect is how a file was read.
type Dialect struct {
	Encoding Encoding
	BOM      bool // a byte order mark named the encoding
	// EncodingGuessed: the file is not UTF-8 throughout and has no mark; that it
	// is Windows-1252, or damaged UTF-8, is likely and not certain. A person has
	// to look at the names.
	EncodingGuessed bool
	Delimiter       rune // ',', ';' or '\t'
	LineEnds        LineEnds
	Quoted          bool // at least one field is in quotes
	HeaderLine      int  // physical line from 1; 0: the file has no header
	// DateOrder is the order that dates with slashes or hyphens were read in;
	// empty where no date needed one, or where it is not settled.
	DateOrder DateOrder
}

// delimiters lists those that are recognised, the likelier first.
func delimiters() []rune { return []rune{';', ',', '\t'} }

// open finds the encoding of a file and gives a parser at its first character.
func open(f file, o Options) (parser, Dialect, error) {
	var d Dialect
	var skip int
	if d.Encoding, skip = f.mark(); skip > 0 {
		d.BOM = true
	}
	if o.Encoding != EncodingAuto {
		if d.Encoding != o.Encoding {
			skip, d.BOM = 0, false
		}
		d.Encoding = o.Encoding
	}
	p := parser{cur: cursor{file: f, encoding: d.Encoding, pos: skip}, line: 1}
	if !p.cur.isText() {
		return parser{}, Dialect{}, &FileError{Err: ErrNotText}
	}
	if d.Encoding == EncodingAuto {
		d.Encoding, d.EncodingGuessed = f.guess()
		p.cur.encoding = d.Encoding
	}
	return p, d, nil
}

// hint reads a first line "sep=;" and stands behind it; 0 and the same place if
// there is none.
func hint(p parser) (rune, parser) {
	var rec record
	after := p
	ok, err := after.next(&rec) // no delimiter: the line is one field
	if !ok || err != nil || rec.count != 1 {
		return 0, p
	}
	const word = "sep="
	line := rec.get(0)
	if len(line) <= len(word) || !strings.EqualFold(line[:len(word)], word) {
		return 0, p
	}
	r, size := utf8.DecodeRuneInString(line[len(word):])
	for _, d := range delimiters() {
		if r == d && len(word)+size == len(line) {
			return d, after
		}
	}
	return 0, p
}

// start is a file up to its first record: what is read next is a patient.
type start struct {
	parser parser
	head   record // the header, or the first record of a file without one
}

// begin finds the delimiter and reads the header. The delimiter is the
// caller's, the file's own, or the one under which most columns are understood;
// among equals the one that makes most columns.
func begin(p parser, o Options) (start, error) {
	given, p := hint(p)
	if o.Delimiter != 0 {
		given = o.Delimiter
	}
	var best start
	var bestKnown int
	var failed error
	for _, d := range delimiters() {
		if given != 0 && d != given {
			continue
		}
		s, err := header(p, d, o)
		if err != nil {
			failed = err
			continue
		}
		known := 0
		if !o.NoHeader && o.Columns == nil {
			known = understood(&s.head)
		}
		if best.head.count == 0 || known > bestKnown || known == bestKnown && s.head.count > best.head.count {
			best, bestKnown = s, known
		}
	}
	switch {
	case failed != nil && bestKnown == 0 && best.head.count <= 1:
		// Only a delimiter that cuts nothing gets past the quote that is open.
		return start{}, failed
	case best.head.count > maxColumns:
		return start{}, &FileError{Err: ErrTooManyColumns, Line: best.head.line, Bound: maxColumns}
	}
	return best, nil
}

// header reads the first record that is not blank. Without a header the parser
// stays before it. The error is a *FileError.
func header(p parser, delimiter rune, o Options) (start, error) {
	var rec record
	p.delimiter = delimiter
	for {
		before := p
		ok, err := p.next(&rec)
		switch {
		case err != nil:
			return start{}, err
		case !ok:
			return start{}, &FileError{Err: ErrEmpty}
		case rec.blank(), len(bytes.Trim(rec.text, " ,;\t")) == 0:
			continue // also a spreadsheet's empty row with another delimiter
		case o.NoHeader:
			p = before
		}
		return start{parser: p, head: rec}, nil
	}
}

// lineEnds is how the lines end that the parser has seen.
func (p *parser) lineEnds() LineEnds {
	switch {
	case p.crlf > 0 && p.lf > 0:
		return MixedEnds
	case p.crlf > 0:
		return CRLF
	case p.lf > 0:
		return LF
	}
	return NoEnds
}
