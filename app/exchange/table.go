package exchange

import (
	"iter"
	"strconv"
	"strings"
	"time"

	"stipple/app/clinical"
)

// Table is records of one kind, ready to be written.
type Table struct {
	kind    string   // as a JSON file names it
	columns []string // with the unit, as a header and as JSON keys
	rows    iter.Seq[[]cell]
	chain   Chain
}

// Chain is the number and head of the newest entry of the audit chain when a file was
// written, so that cutting the chain's end off shows against the file.
type Chain struct {
	Seq  uint64 // 0: none is known
	Head string // in full
}

// At is the table as of a state of the audit chain. WriteJSON puts it into the file;
// CSV has no place for it that every reader leaves alone, so there it belongs into the
// file's name.
func (t Table) At(c Chain) Table {
	t.chain = c
	return t
}

// Kind is what the records are: "patients", "presets", "treatments", "safety"
// or "audit".
func (t Table) Kind() string { return t.kind }

// Columns lists the names of the columns, as a file has them.
func (t Table) Columns() []string { return append([]string(nil), t.columns...) }

// cellKind is what a cell holds.
type cellKind uint8

const (
	emptyCell  cellKind = iota // there is no value: nothing in CSV, null in JSON
	textCell                   // a text from outside: guarded in CSV
	ownCell                    // a time, date or word that we have written: a text, needs no guard
	numberCell                 // an integer
	boolCell
	badCell // has no written form
)

// cell is one value of a record.
type cell struct {
	kind cellKind
	text string // without a guard; of numbers and bools as it is written
}

// text is a text from a person, a pen or a tip. What is no UTF-8 in it is
// written as the replacement character.
func text[T ~string](s T) cell {
	if s == "" {
		return cell{}
	}
	return cell{textCell, strings.ToValidUTF8(string(s), "\uFFFD")}
}

// number is an integer in the unit that its column names.
func number[T ~int | ~int32 | ~int64 | ~uint32](n T) cell {
	return cell{numberCell, strconv.FormatInt(int64(n), 10)}
}

// numberOr0 is a number whose zero means that there is none.
func numberOr0[T ~int | ~int32 | ~int64 | ~uint32](n T) cell {
	if n == 0 {
		return cell{}
	}
	return number(n)
}

func boolean(yes bool) cell { return cell{boolCell, strconv.FormatBool(yes)} }

// stamp is a time as RFC 3339 in UTC; nothing for the zero time.
func stamp(t time.Time) cell {
	t = t.UTC()
	switch {
	case t.IsZero():
		return cell{}
	case t.Year() < minYear || t.Year() > maxYear:
		return cell{kind: badCell}
	}
	return cell{ownCell, t.Format(time.RFC3339Nano)}
}

// day is a date as year-month-day; nothing for the zero date.
func day(d clinical.Date) cell {
	switch {
	case d == clinical.Date{}:
		return cell{}
	case !realDate(d):
		return cell{kind: badCell}
	}
	return cell{ownCell, time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)}
}

// skin is a skin type as a Roman number; nothing for one that is not known.
func skin(f clinical.Fitzpatrick) cell {
	switch {
	case f == clinical.FitzpatrickUnknown:
		return cell{}
	case f > clinical.FitzpatrickVI:
		return cell{kind: badCell}
	}
	return cell{ownCell, roman(f)}
}

// column is a column of a table: its name with the unit, and its value in a record.
type column[T any] struct {
	name string
	of   func(T) cell
}

// table puts records and columns together. Records are turned into cells one
// after the other, as they are written.
func table[T any](kind string, columns []column[T], records iter.Seq[T]) Table {
	t := Table{kind: kind}
	for _, c := range columns {
		t.columns = append(t.columns, c.name)
	}
	t.rows = func(yield func([]cell) bool) {
		cells := make([]cell, len(columns))
		for r := range records {
			for i, c := range columns {
				cells[i] = c.of(r)
			}
			if !yield(cells) {
				return
			}
		}
	}
	return t
}
