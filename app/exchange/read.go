package exchange

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"stipple/app/clinical"
	"stipple/app/fold"
)

// Options is how a file is to be read. Only Now must be there.
type Options struct {
	// Now is the time by which a birth date lies in the future, or too long ago.
	Now time.Time
	// Known finds the stored patient with a file number, compared as the store
	// compares it; nil: no patient is known.
	Known func(fileNumber string) (clinical.Patient, bool)

	Encoding  Encoding  // EncodingAuto: found out
	Delimiter rune      // ',', ';' or '\t'; 0: found out
	DateOrder DateOrder // DateOrderAuto: as the column tells
	// Columns gives columns, by their number from 1, a field; those that it does
	// not name are left out. nil: by the header's names.
	Columns map[int]Field
	// NoHeader: the first line is a patient. It needs Columns.
	NoHeader bool
}

// check is an ErrOptions for options that are not possible.
func (o Options) check() error {
	switch {
	case o.Now.IsZero():
		return fmt.Errorf("%w: no time", ErrOptions)
	case !o.Encoding.known():
		return fmt.Errorf("%w: encoding %q", ErrOptions, o.Encoding)
	case o.Delimiter != 0 && !slices.Contains(delimiters(), o.Delimiter):
		return fmt.Errorf("%w: delimiter %q", ErrOptions, o.Delimiter)
	case !o.DateOrder.known():
		return fmt.Errorf("%w: date order %q", ErrOptions, o.DateOrder)
	}
	for _, f := range o.Columns {
		if !f.known() {
			return fmt.Errorf("%w: field %q", ErrOptions, f)
		}
	}
	return nil
}

// ReadPatients reads a CSV file of patients to its end and says what it would
// come to. What is wrong with lines is in the Preview; what is left to choose is
// in Preview.Needs, and the caller reads the file again with the choice.
//
// Errors: a *FileError for a file that can't be read as a whole; ErrOptions; any
// other is r's, wrapped. With an error there is no Preview.
func ReadPatients(r io.Reader, o Options) (Preview, error) {
	if err := o.check(); err != nil {
		return Preview{}, err
	}
	f, err := load(r)
	if err != nil {
		return Preview{}, err
	}
	p, dialect, err := open(f, o)
	if err != nil {
		return Preview{}, err
	}
	s, err := begin(p, o)
	if err != nil {
		return Preview{}, err
	}
	dialect.Delimiter = s.parser.delimiter
	if !o.NoHeader {
		dialect.HeaderLine = s.head.line
	}
	cols, needs, err := columns(&s.head, o)
	if err != nil {
		return Preview{}, err
	}
	b := builder{options: o, preview: Preview{Dialect: dialect, Columns: cols, Needs: needs}}
	if err := b.read(s.parser); err != nil {
		return Preview{}, err
	}
	return b.preview, nil
}

// pair is where a file number stands first and second; second 0: only once.
type pair struct{ first, second int }

// survey is what has to be known of all lines before one of them can be judged.
type survey struct {
	numbers map[string]pair // by fold.Number, the lines
	dates   dateVotes
	men     bool // the sex of at least one is "H"
}

// builder makes the preview of a file.
type builder struct {
	options Options
	preview Preview
	survey  survey
	order   DateOrder
	asks    bool // for the order of dates
}

// read goes through the file twice: what the columns tell, then the rows. The
// second time is spared where a column is still to be chosen.
func (b *builder) read(p parser) error {
	again := p
	if err := b.look(&p); err != nil {
		return err
	}
	d := &b.preview.Dialect
	d.LineEnds, d.Quoted = p.lineEnds(), p.quoted
	if len(b.preview.Needs) > 0 {
		return nil
	}
	b.order, b.asks = b.survey.dates.settled(b.options.DateOrder)
	if b.asks {
		b.preview.Needs = append(b.preview.Needs, Need{NeedDateOrder, BirthDate})
	}
	if b.survey.dates != (dateVotes{}) {
		d.DateOrder = b.order
	}
	b.preview.Rows = make([]Row, 0, b.preview.Counts.Records)
	var rec record
	for {
		ok, err := again.next(&rec)
		if err != nil || !ok {
			return err
		}
		if !rec.blank() {
			b.row(&rec)
		}
	}
}

// look goes through all records for the survey, the counts and the examples.
func (b *builder) look(p *parser) error {
	b.survey.numbers = map[string]pair{}
	var rec record
	for {
		ok, err := p.next(&rec)
		switch {
		case err != nil:
			return err
		case !ok:
			return nil
		case rec.blank():
			b.preview.Counts.Blank++
			continue
		}
		b.preview.Counts.Records++
		for i := range min(len(b.preview.Columns), len(rec.fields)) {
			b.lookAt(&rec, i)
		}
	}
}

func (b *builder) lookAt(rec *record, i int) {
	c := &b.preview.Columns[i]
	needed := c.Use == UseField && (c.Field == FileNumber || c.Field == BirthDate || c.Field == Sex)
	if c.Example != "" && !needed {
		return
	}
	text := unguard(rec.get(i))
	if c.Example == "" {
		c.Example = shown(strings.TrimSpace(text))
	}
	if !needed || rec.count != len(b.preview.Columns) && !rec.overhang(len(b.preview.Columns)) {
		return // the fields of a line with too few or too many may be any column's
	}
	switch c.Field {
	case FileNumber:
		b.survey.number(tidy(text), rec.lineOf(i))
	case BirthDate:
		b.survey.dates.add(text)
	case Sex:
		b.survey.men = b.survey.men || saysMan(text)
	}
}

// number notes where a file number stands. One that is refused anyway is no
// other's double.
func (s *survey) number(text string, line int) {
	if needed(text, maxFileNumberRunes) != "" {
		return
	}
	key := fold.Number(text)
	switch at := s.numbers[key]; {
	case at.first == 0:
		s.numbers[key] = pair{first: line}
	case at.second == 0:
		s.numbers[key] = pair{first: at.first, second: line}
	}
}

// overhang says whether what a record has beyond n fields is empty: some write a
// delimiter behind the last field of a line and not of the header.
func (r *record) overhang(n int) bool {
	if r.count < n || r.count > maxColumns {
		return false
	}
	for _, f := range r.fields[n:] {
		if f.size > 0 {
			return false
		}
	}
	return true
}
