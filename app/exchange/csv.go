package exchange

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// CSVOptions is how a CSV file is written. The zero value is RFC 4180.
type CSVOptions struct {
	// BOM puts a byte order mark in front: without one most spreadsheets take
	// UTF-8 for the system's own encoding.
	BOM bool
	// Delimiter is ',', ';' or '\t'; 0 is ','. Spreadsheets with a decimal comma
	// expect ';'.
	Delimiter rune
}

// WriteCSV writes a header and a line for each record: UTF-8, CRLF, quotes where
// RFC 4180 wants them or another delimiter would cut, texts guarded against
// formulas as doc.go says.
//
// It returns how many records were written whole, each with one call of Write,
// and the first error of w at once. ErrOptions for another delimiter; a
// *RecordError for a value that has no written form, before anything of its
// record is written.
func WriteCSV(w io.Writer, t Table, o CSVOptions) (records int, err error) {
	if o.Delimiter == 0 {
		o.Delimiter = ','
	}
	if !slices.Contains(delimiters(), o.Delimiter) {
		return 0, fmt.Errorf("%w: delimiter %q", ErrOptions, o.Delimiter)
	}
	var line []byte
	if o.BOM {
		line = append(line, "\uFEFF"...)
	}
	for i, name := range t.columns {
		line = appendCell(line, i, name, o.Delimiter)
	}
	if err := write(w, append(line, "\r\n"...)); err != nil {
		return 0, err
	}
	if t.rows == nil {
		return 0, nil
	}
	for cells := range t.rows {
		line = line[:0]
		for i, c := range cells {
			value := c.text
			switch c.kind {
			case badCell:
				return records, &RecordError{Record: records + 1, Column: t.columns[i]}
			case textCell:
				value = guard(value)
			}
			line = appendCell(line, i, value, o.Delimiter)
		}
		if err := write(w, append(line, "\r\n"...)); err != nil {
			return records, err
		}
		records++
	}
	return records, nil
}

// appendCell appends the cell of column i, with the delimiter before it and in
// quotes if it needs any.
func appendCell(line []byte, i int, value string, delimiter rune) []byte {
	if i > 0 {
		line = append(line, byte(delimiter))
	}
	// All delimiters count, whichever is this file's; so do blanks at the ends,
	// which some readers drop.
	if !strings.ContainsAny(value, cellEnds+`"`) && strings.TrimSpace(value) == value {
		return append(line, value...)
	}
	line = append(line, '"')
	line = append(line, strings.ReplaceAll(value, `"`, `""`)...)
	return append(line, '"')
}

// write writes the whole of p, or says why not.
func write(w io.Writer, p []byte) error {
	n, err := w.Write(p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return nil
}
