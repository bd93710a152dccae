package exchange

import (
	"bytes"
	"unicode/utf8"
)

// field is one field of a record: where its text lies, and what was not kept.
type field struct {
	start, end int // in record.text; at most keptBytes
	size       int // bytes in UTF-8 that it has in the file
	line       int // physical line where it begins
}

// record is one record of a file. It is used again for the next one.
type record struct {
	line, last int // physical lines
	text       []byte
	fields     []field // at most maxColumns
	count      int     // fields in the file
	badQuote   int     // number of the first field that goes on behind its closing quote; 0: none
}

func (r *record) reset(line int) {
	*r = record{line: line, last: line, text: r.text[:0], fields: r.fields[:0]}
}

func (r *record) begin(line int) {
	r.count++
	if r.count <= maxColumns {
		r.fields = append(r.fields, field{start: len(r.text), end: len(r.text), line: line})
	}
}

// add puts a character behind the newest field, as far as it is kept.
func (r *record) add(c rune) {
	if r.count > maxColumns {
		return
	}
	f := &r.fields[len(r.fields)-1]
	before := len(r.text)
	if c >= notChar {
		r.text = append(r.text, byte(c-notChar))
	} else {
		r.text = utf8.AppendRune(r.text, c)
	}
	f.size += len(r.text) - before
	if f.size > keptBytes {
		r.text = r.text[:before]
	}
	f.end = len(r.text)
}

// get is the text of a field, counted from 0, as far as it was kept; empty for
// one that the record does not have.
func (r *record) get(i int) string {
	if i < 0 || i >= len(r.fields) {
		return ""
	}
	return string(r.text[r.fields[i].start:r.fields[i].end])
}

// lineOf is the physical line where a field begins.
func (r *record) lineOf(i int) int {
	if i < 0 || i >= len(r.fields) {
		return r.line
	}
	return r.fields[i].line
}

// blank says whether no field has more than blanks: an empty line, or one of a
// spreadsheet's empty rows.
func (r *record) blank() bool {
	for _, f := range r.fields {
		if f.size > keptBytes {
			return false
		}
	}
	return len(bytes.TrimSpace(r.text)) == 0 && r.badQuote == 0
}

// parser takes a file apart into records (RFC 4180, with any of the delimiters
// and line ends). A quote counts only at the beginning of a field.
type parser struct {
	cur       cursor
	delimiter rune
	line      int // physical, from 1
	crlf, lf  int // line ends outside quotes
	quoted    bool
}

// next reads the next record into rec; false at the end. The error is a
// *FileError: too many lines, or a quote that is never closed.
func (p *parser) next(rec *record) (bool, error) {
	rec.reset(p.line)
	if p.cur.pos >= p.cur.file.size {
		return false, nil
	}
	for {
		if p.line > maxLines {
			return false, &FileError{Err: ErrTooManyLines, Bound: maxLines}
		}
		more, err := p.field(rec)
		if err != nil {
			return false, err
		}
		if !more {
			return true, nil
		}
	}
}

// field reads one field; more says whether the record goes on behind it.
func (p *parser) field(rec *record) (more bool, err error) {
	rec.begin(p.line)
	closed := false
	r, ok := p.cur.next()
	if ok && r == '"' {
		if err := p.inQuotes(rec); err != nil {
			return false, err
		}
		closed, p.quoted = true, true
		r, ok = p.cur.next()
	}
	for ; ok; r, ok = p.cur.next() {
		switch {
		case r == p.delimiter:
			rec.last = p.line
			return true, nil
		case p.lineEnd(r):
			rec.last = p.line
			p.line++
			return false, nil
		case closed && r == ' ': // some write "Ruiz" ;"Ana"
		default:
			if closed && rec.badQuote == 0 {
				rec.badQuote = rec.count
			}
			rec.add(r)
		}
	}
	rec.last = p.line
	return false, nil
}

// lineEnd says whether r ends a line, and takes the LF of a CRLF. A CR alone
// is none: it is a control character in a field.
func (p *parser) lineEnd(r rune) bool {
	switch r {
	case '\n':
		p.lf++
		return true
	case '\r':
		here := p.cur.pos
		if r, ok := p.cur.next(); ok && r == '\n' {
			p.crlf++
			return true
		}
		p.cur.pos = here
	}
	return false
}

// inQuotes reads up to the closing quote.
func (p *parser) inQuotes(rec *record) error {
	opened := p.line
	for {
		r, ok := p.cur.next()
		if !ok {
			return &FileError{Err: ErrOpenQuote, Line: opened}
		}
		switch r {
		case '"':
			here := p.cur.pos
			if r, ok := p.cur.next(); !ok || r != '"' {
				p.cur.pos = here
				return nil
			}
		case '\n':
			if p.line++; p.line > maxLines {
				return &FileError{Err: ErrTooManyLines, Bound: maxLines}
			}
		}
		rec.add(r)
	}
}
