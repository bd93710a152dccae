package exchange

import (
	"fmt"
	"slices"
	"strings"
)

// Use is what becomes of a column.
type Use string

// The uses.
const (
	UseField    Use = "field"    // it is read, as Column.Field
	UseUnknown  Use = "unknown"  // its name is not known; not imported
	UseExported Use = "exported" // an id or time of another store; never imported
	UseIgnored  Use = "ignored"  // the caller leaves it out
	UseDoubled  Use = "doubled"  // another column has the same field; the caller has to choose
)

// Column is one column of the file.
type Column struct {
	Number  int    // from 1
	Name    string // as in the header, safe to show; empty without one
	Field   Field  // with UseField and UseDoubled
	Use     Use
	Example string // the first text in it, safe to show; may be empty
}

// NeedKind is what a caller has to choose.
type NeedKind string

// The choices.
const (
	NeedColumn    NeedKind = "column"     // no column for a field that must be there: Options.Columns
	NeedOneOf     NeedKind = "one_of"     // more than one column for a field: Options.Columns
	NeedDateOrder NeedKind = "date_order" // every date fits day first and month first: Options.DateOrder
)

// Need is one choice of the caller without which nothing is imported.
type Need struct {
	Kind  NeedKind
	Field Field
}

// wanted is the field that a header's name stands for, by itself.
func wanted(name string) Field {
	for _, f := range Fields() {
		if slices.Contains(names(f), name) {
			return f
		}
	}
	return ""
}

// understood counts the columns of a header with a field.
func understood(head *record) int {
	n := 0
	for _, f := range byName(head) {
		if f != "" {
			n++
		}
	}
	return n
}

// byName gives each column of a header its field, or none.
func byName(head *record) []Field {
	fields := make([]Field, len(head.fields))
	for i := range fields {
		fields[i] = wanted(letters(head.get(i)))
	}
	whole := slices.Clone(fields) // a half name leans on a full one, never on another half
	for _, f := range Fields() {
		own, beside := halfNames(f)
		if len(own) == 0 || slices.Contains(whole, f) || !slices.Contains(whole, beside) {
			continue
		}
		for i := range fields {
			if fields[i] == "" && slices.Contains(own, letters(head.get(i))) {
				fields[i] = f
			}
		}
	}
	return fields
}

// columns says what each column of a file is, and what is left to choose. The
// error is an ErrOptions, for a mapping that the file can't have.
func columns(head *record, o Options) ([]Column, []Need, error) {
	all := make([]Column, len(head.fields))
	var found []Field
	if o.Columns == nil && !o.NoHeader {
		found = byName(head)
	}
	for number := range o.Columns {
		if number < 1 || number > len(all) {
			return nil, nil, fmt.Errorf("%w: column %d of %d", ErrOptions, number, len(all))
		}
	}
	for i := range all {
		c := &all[i]
		c.Number = i + 1
		if !o.NoHeader {
			c.Name = shown(strings.TrimSpace(head.get(i)))
		}
		f, chosen := o.Columns[c.Number]
		switch {
		case o.Columns != nil && (!chosen || f == Ignore):
			c.Use = UseIgnored
		case chosen:
			c.Field, c.Use = f, UseField
		case found != nil && found[i] != "":
			c.Field, c.Use = found[i], UseField
		case !o.NoHeader && exported(letters(head.get(i))):
			c.Use = UseExported
		default:
			c.Use = UseUnknown
		}
	}
	return all, needs(all), nil
}

// needs marks columns that share a field, and lists what the caller has to
// choose about columns.
func needs(all []Column) []Need {
	var out []Need
	for _, f := range Fields() {
		var with []int
		for i := range all {
			if all[i].Field == f {
				with = append(with, i)
			}
		}
		switch {
		case len(with) > 1:
			out = append(out, Need{NeedOneOf, f})
			for _, i := range with {
				all[i].Use = UseDoubled
			}
		case len(with) == 0 && slices.Contains(required(), f):
			out = append(out, Need{NeedColumn, f})
		}
	}
	return out
}
