package exchange

import (
	"fmt"

	"stipple/app/clinical"
	"stipple/app/fold"
)

// row judges one record and puts it into the preview.
func (b *builder) row(rec *record) {
	p := &b.preview
	wrong := b.shape(rec)
	var patient clinical.Patient
	settled := true
	if len(wrong) == 0 {
		for i, c := range p.Columns {
			if c.Use != UseField {
				continue
			}
			switch problem, text, other := b.take(&patient, rec, i); {
			case problem == Ambiguous && c.Field == BirthDate && b.asks:
				settled = false
			case problem != "":
				e := b.at(rec, i, problem, text)
				e.Other = other
				wrong = append(wrong, e)
			}
		}
	}
	row := Row{Line: rec.line, Last: rec.last}
	switch {
	case len(wrong) > 0:
		row.State = Faulty
		p.Counts.Faulty++
		kept := min(len(wrong), maxErrors-len(p.Errors))
		p.Errors = append(p.Errors, wrong[:kept]...)
		p.MoreErrors += len(wrong) - kept
	case !settled:
		row.State = Unsettled
		p.Counts.Unsettled++
	default:
		row.Patient = patient
		b.compare(&row)
	}
	p.Rows = append(p.Rows, row)
}

// at is an error about a field of a record.
func (b *builder) at(rec *record, i int, problem Problem, text string) LineError {
	e := LineError{Line: rec.lineOf(i), Number: i + 1, Problem: problem, Text: shown(text)}
	if i < len(b.preview.Columns) {
		c := b.preview.Columns[i]
		e.Column, e.Field = c.Name, c.Field
	}
	return e
}

// shape is what is wrong with a record before its fields are looked at. With any
// of it nobody can be sure which text belongs to which column.
func (b *builder) shape(rec *record) []LineError {
	var out []LineError
	if rec.badQuote > 0 {
		out = append(out, b.at(rec, rec.badQuote-1, BadQuote, rec.get(rec.badQuote-1)))
	}
	for i, f := range rec.fields {
		if f.size > maxFieldBytes {
			out = append(out, b.at(rec, i, TooLong, rec.get(i)))
			break // one open quote is one error
		}
	}
	if n := len(b.preview.Columns); rec.count != n && !rec.overhang(n) {
		out = append(out, LineError{Line: rec.line, Problem: ColumnCount, Text: fmt.Sprintf("%d/%d", rec.count, n)})
	}
	return out
}

// take reads one field into the patient. It gives the problem, the text at fault
// and, for a number that another line has, that line.
func (b *builder) take(p *clinical.Patient, rec *record, i int) (problem Problem, text string, other int) {
	text = unguard(rec.get(i))
	if rec.fields[i].size > keptBytes {
		return TooLong, text, 0
	}
	if !cleanText(text) {
		return BadText, text, 0
	}
	value := tidy(text)
	switch b.preview.Columns[i].Field {
	case FileNumber:
		p.FileNumber = value
		if problem = needed(value, maxFileNumberRunes); problem == "" {
			problem, other = b.survey.duplicate(value, rec.lineOf(i))
		}
	case FamilyName:
		p.FamilyName, problem = value, needed(value, maxNameRunes)
	case GivenName:
		p.GivenName, problem = value, textProblem(value, maxNameRunes)
	case BirthDate:
		p.BirthDate, problem = b.birthDate(value)
	case Sex:
		p.Sex, problem = readSex(value, b.survey.men)
	case Fitzpatrick:
		p.Fitzpatrick, problem = readFitzpatrick(value)
	}
	return problem, text, other
}

// needed is what is wrong with a text that must be there.
func needed(value string, runes int) Problem {
	if value == "" {
		return Missing
	}
	return textProblem(value, runes)
}

// duplicate says whether a file number stands on another line too, and on which:
// on the first one, or on the second if this is the first.
func (s *survey) duplicate(number string, line int) (Problem, int) {
	switch at := s.numbers[fold.Number(number)]; {
	case at.second == 0:
		return "", 0
	case at.first == line:
		return Duplicate, at.second
	default:
		return Duplicate, at.first
	}
}

func (b *builder) birthDate(value string) (clinical.Date, Problem) {
	if value == "" {
		return clinical.Date{}, Missing
	}
	d, ok := readDate(value)
	if !ok {
		return clinical.Date{}, BadValue
	}
	date, problem := d.under(b.order, value)
	if problem == "" {
		problem = plausible(date, b.options.Now)
	}
	return date, problem
}

// compare says whether the store has the patient of a good row, and where they
// differ. What the file leaves empty, or has no column for, differs from nothing.
func (b *builder) compare(row *Row) {
	row.State = New
	if b.options.Known != nil {
		if stored, ok := b.options.Known(row.Patient.FileNumber); ok {
			row.Stored, row.State, row.Differs = &stored, Same, differences(row.Patient, stored)
			if len(row.Differs) > 0 {
				row.State = Differs
			}
		}
	}
	switch c := &b.preview.Counts; row.State {
	case New:
		c.New++
	case Same:
		c.Same++
	case Differs:
		c.Differs++
	}
}

// differences lists the fields that read says and stored says otherwise.
func differences(read, stored clinical.Patient) []Field {
	var out []Field
	for _, d := range [...]struct {
		field Field
		yes   bool
	}{
		{FileNumber, read.FileNumber != stored.FileNumber},
		{FamilyName, read.FamilyName != stored.FamilyName},
		{GivenName, read.GivenName != "" && read.GivenName != stored.GivenName},
		{BirthDate, read.BirthDate != stored.BirthDate},
		{Sex, read.Sex != clinical.SexUnstated && read.Sex != stored.Sex},
		{Fitzpatrick, read.Fitzpatrick != clinical.FitzpatrickUnknown && read.Fitzpatrick != stored.Fitzpatrick},
	} {
		if d.yes {
			out = append(out, d.field)
		}
	}
	return out
}
