package exchange

import "stipple/app/clinical"

// State is what one record of a file comes to.
type State string

// The states.
const (
	New       State = "new"       // the store has no patient with the file number
	Same      State = "same"      // the store has this patient, and the file says nothing else
	Differs   State = "differs"   // the store has the file number, with other values: Row.Differs
	Faulty    State = "faulty"    // it has errors: those of Preview.Errors on its lines
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
}

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
	// anything may be stored. With NeedColumn or NeedOneOf no row was read.
	Needs  []Need
	Counts Counts
	Rows   []Row // in the order of the file
	// Errors are the first maxErrors of all lines, in the order of the records.
	Errors     []LineError
	MoreErrors int // errors beyond those
}
