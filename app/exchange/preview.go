package exchange

import (
	"slices"

	"stipple/app/clinical"
)

// State is what one record of a file comes to.
type State string

// The states.
const (
	New       State = "new"       // the store has no patient with the file number
	Same      State = "same"      // the store has this patient, and the file says nothing else
	Differs   State = "differs"   // the store has the file number, with other values: Row.Differs
	Faulty    State = "faulty"    // it has errors: Preview.ErrorsOf
	Unsettled State = "unsettled" // no error, and its date waits for NeedDateOrder
)

// Row is one record of a file.
type Row struct {
	Line, Last int // physical lines, from 1, both included
	State      State
	// Patient has ID, Revision and times empty. It is the zero Patient in a row
	// that is Faulty or Unsettled.
	Patient clinical.Patient
	Stored  *clinical.Patient // with Same and Differs what the store has
	// Differs lists the fields whose text in the file is not what the store has.
	// An empty field of the file says nothing, and differs from nothing.
	Differs []Field

	first, count int // of Preview.Errors
}

// Lines are the physical lines of one record, both included.
type Lines struct{ First, Last int }

// Counts is what a file comes to, in records.
type Counts struct {
	Records   int // with a text; where rows were read, the sum of the next five
	New       int
	Same      int
	Differs   int
	Faulty    int
	Unsettled int
	Blank     int // records without a text, which are passed over
}

// Preview is what a file would come to. It is a value; nothing has been stored.
type Preview struct {
	Dialect Dialect
	Columns []Column
	// Needs is what the caller has to choose, with ReadPatients once more, before
	// anything comes out. With NeedColumn or NeedOneOf no row was read.
	Needs  []Need
	Counts Counts
	Rows   []Row // in the order of the file
	// Errors are the first maxErrors of all lines, in the order of the records.
	Errors     []LineError
	MoreErrors int // errors beyond those
}

// ErrorsOf lists the errors of a row of this preview, as far as they were kept:
// a row that is Faulty may have none left.
func (p Preview) ErrorsOf(r Row) []LineError {
	if r.first < 0 || r.count < 0 || r.first > len(p.Errors) || r.count > len(p.Errors)-r.first {
		return nil
	}
	return p.Errors[r.first : r.first+r.count]
}

// NotImported lists the columns that nothing is read from.
func (p Preview) NotImported() []Column {
	return slices.DeleteFunc(slices.Clone(p.Columns), func(c Column) bool { return c.Use == UseField })
}

// Patients are the new patients of the file, in its order: those that the store
// has are in Rows alone. It is all or nothing: *UnsettledError while there are
// Needs, *FaultyError if any row is faulty.
func (p Preview) Patients() ([]clinical.Patient, error) {
	patients, left, err := p.PatientsWithoutFaulty()
	switch {
	case err != nil:
		return nil, err
	case len(left) > 0:
		e := &FaultyError{Lines: len(left)}
		if len(p.Errors) > 0 {
			e.First = p.Errors[0]
		}
		return nil, e
	}
	return patients, nil
}

// PatientsWithoutFaulty are the new patients of the file for a caller who has
// decided to leave the faulty records out, all of which are listed in left. The
// error is an *UnsettledError while there are Needs.
func (p Preview) PatientsWithoutFaulty() (patients []clinical.Patient, left []Lines, err error) {
	if len(p.Needs) > 0 {
		return nil, nil, &UnsettledError{Needs: slices.Clone(p.Needs)}
	}
	for _, r := range p.Rows {
		switch r.State {
		case New:
			patients = append(patients, r.Patient)
		case Faulty:
			left = append(left, Lines{r.Line, r.Last})
		}
	}
	return patients, left, nil
}
