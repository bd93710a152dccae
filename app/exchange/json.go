package exchange

import (
	"encoding/json"
	"fmt"
	"io"
)

// WriteJSON writes one object: "kind" and "version" of the file, where the table is as of
// a state of the audit chain "audit_seq" and "audit_head", and "records", an object on a
// line of its own for each record. Keys are the columns of the
// CSV file, in its order; numbers are integers, times and dates texts, and what
// there is no value for is null. Texts are as they are stored, without a guard.
//
// It returns how many records were written whole, each with one call of Write,
// and the first error of w at once; a *RecordError for a value that has no
// written form, before anything of its record is written. A file that was not
// ended is no JSON.
func WriteJSON(w io.Writer, t Table) (records int, err error) {
	keys := make([][]byte, len(t.columns))
	for i, name := range t.columns {
		if keys[i], err = json.Marshal(name); err != nil {
			return 0, fmt.Errorf("export: %w", err)
		}
	}
	kind, err := json.Marshal(t.kind)
	if err != nil {
		return 0, fmt.Errorf("export: %w", err)
	}
	line := fmt.Appendf(nil, "{\"kind\":%s,\"version\":%d,", kind, jsonVersion)
	if t.chain.Seq > 0 {
		line = fmt.Appendf(line, "\"audit_seq\":%d,\"audit_head\":%q,", t.chain.Seq, t.chain.Head)
	}
	line = append(line, "\"records\":["...)
	if err := write(w, line); err != nil {
		return 0, err
	}
	if t.rows != nil {
		for cells := range t.rows {
			if line, err = appendObject(line[:0], records, keys, t.columns, cells); err != nil {
				return records, err
			}
			if err := write(w, line); err != nil {
				return records, err
			}
			records++
		}
	}
	return records, write(w, []byte("\n]}\n"))
}

// appendObject appends the record behind so many others.
func appendObject(line []byte, before int, keys [][]byte, names []string, cells []cell) ([]byte, error) {
	if before > 0 {
		line = append(line, ',')
	}
	line = append(line, "\n{"...)
	for i, c := range cells {
		if i > 0 {
			line = append(line, ',')
		}
		line = append(append(line, keys[i]...), ':')
		switch c.kind {
		case emptyCell:
			line = append(line, "null"...)
		case numberCell, boolCell:
			line = append(line, c.text...)
		case textCell, ownCell:
			quoted, err := json.Marshal(c.text)
			if err != nil {
				return nil, fmt.Errorf("export: %w", err)
			}
			line = append(line, quoted...)
		default:
			return nil, &RecordError{Record: before + 1, Column: names[i]}
		}
	}
	return append(line, '}'), nil
}
