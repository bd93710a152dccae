package console

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"stipple/app/audit"
	"stipple/app/clinical"
)

// Exchange brings patients in from files and takes them out. Paths were chosen by a
// person. What is written has an entry in the audit chain, on behalf of whoever is at
// work in the context. Files are never replaced: a *FileError says that the name is
// taken. All end soon after their context.
type Exchange interface {
	// ReadTable says what a CSV file of patients would come to; nothing is stored.
	ReadTable(ctx context.Context, path string, how TableChoice, told Told) (TablePreview, error)
	// ImportTable stores the new patients of a table, all or none of them; a
	// *LinesRefusedError says which lines the store does not take.
	ImportTable(ctx context.Context, p TablePreview, told Told) (ImportReport, error)
	// SaveFaults writes what is wrong with the lines of a table into a CSV file.
	SaveFaults(ctx context.Context, p TablePreview, path string) error
	// ReadRoom opens another room's file and holds it against the store.
	ReadRoom(ctx context.Context, path, code string, told Told) (RoomPreview, error)
	// ImportRoom stores who is new, and conflicts as they were decided, by the index in
	// Matches. It stops at the first error that is no patient's own; what was done until
	// then is done, and in the report beside the error.
	ImportRoom(ctx context.Context, p RoomPreview, decided map[int]clinical.Decision, told Told) (ImportReport, error)
	// WriteTable writes a file that anybody can read. ErrNothingKept where there are no
	// safety records to write.
	WriteTable(ctx context.Context, e TableExport, told Told) (Exported, error)
	// WriteRoom writes a file for another room, which opens with the code alone.
	WriteRoom(ctx context.Context, e RoomExport, told Told) (Exported, error)
}

// Told is called, on any goroutine, with how much is done of how much: bytes or
// patients.
type Told func(done, of int)

// TableChoice is what a person has chosen about a table; the zero value leaves all of
// it to be found out. Words are those of package exchange.
type TableChoice struct {
	Encoding  string
	DateOrder string
	Columns   map[int]string // field by the column's number from 1; nil: by their names
}

// TablePreview is what a table would come to. It is a value; nothing was stored.
type TablePreview struct {
	Path    string
	Hash    string // of the file, in hex
	Choice  TableChoice
	Columns []TableColumn
	Needs   []TableNeed // has to be chosen before anything can be imported

	Encoding  string
	Guessed   bool   // the encoding is likely and not certain
	DateOrder string // empty where no date needed one

	Records, New, Same, Differs, Faulty, Unsettled int

	Patients   []TablePatient    // the new ones
	Different  []TableDifference // those that are here, told otherwise: they stay as they are
	Faults     []TableFault      // the first of them
	MoreFaults int
}

// TablePatient is a new patient, and the line.
type TablePatient struct {
	Line    int // where the record begins
	Patient clinical.Patient
}

// TableColumn is a column of the file.
type TableColumn struct {
	Number  int // from 1
	Name    string
	Field   string // of the patient, such as "FamilyName"; empty: none
	Use     string // "field", "unknown", "exported", "ignored" or "doubled"
	Example string
}

// TableNeed is a choice without which nothing is imported.
type TableNeed struct {
	Kind  string // "column", "one_of" or "date_order"
	Field string
}

// TableFault is one thing that is wrong with one line.
type TableFault struct {
	Line    int
	Column  int    // from 1; 0: the line as a whole
	Name    string // of the column
	Field   string
	Problem string
	Text    string // at fault, safe to show
	Other   int    // line
}

// LinesRefusedError says that nothing of a table was stored, since the store refuses
// lines that were good when the table was read: somebody else has the file number by now.
// Code "import_refused".
type LinesRefusedError struct {
	Faults []TableFault // in the order of the file; at least one
	Cause  error        // the store's, of the first
}

func (e *LinesRefusedError) Error() string {
	return fmt.Sprintf("line %d: %v", e.Faults[0].Line, e.Cause)
}

// Unwrap is the store's error.
func (e *LinesRefusedError) Unwrap() error { return e.Cause }

// Code is "import_refused".
func (e *LinesRefusedError) Code() string { return "import_refused" }

// Args is the first line.
func (e *LinesRefusedError) Args() []any { return []any{e.Faults[0].Line} }

// TableDifference is a line about somebody who is here.
type TableDifference struct {
	Line   int
	File   clinical.Patient
	Here   clinical.Patient
	Fields []string
}

// RoomPreview is another room's file beside the store.
type RoomPreview struct {
	Path    string
	Hash    string
	Program string
	Made    string // RFC 3339
	Matches []clinical.Match
}

// Of lists the indexes of a state.
func (p RoomPreview) Of(s clinical.MatchState) (all []int) {
	for i, m := range p.Matches {
		if m.State == s {
			all = append(all, i)
		}
	}
	return all
}

// ImportReport is what an import has come to.
type ImportReport struct {
	Patients int // stored: new ones, and new revisions
	Presets  int
	Same     int // were here already
	Kept     int // conflicts in which it stays as it was here, by decision
	Open     []clinical.Patient
	Another  []clinical.Patient // somebody else has their file number
	Left     int                // lines that were left out
	Refused  []RefusedImport
}

// RefusedImport is a patient that the store did not take.
type RefusedImport struct {
	Patient clinical.Patient
	Err     error
}

// ExportKind is what a table is of.
type ExportKind string

// The kinds.
const (
	ExportPatients   ExportKind = "patients"
	ExportPresets    ExportKind = "presets"
	ExportTreatments ExportKind = "treatments"
	// ExportSafety is what is kept of the treatments of those who were erased, under
	// their pseudonyms. It is of nobody: TableExport.Patient must be empty.
	ExportSafety ExportKind = "safety"
)

// ExportFormat is how a table is written.
type ExportFormat string

// The formats.
const (
	CSVComma     ExportFormat = "csv"
	CSVSemicolon ExportFormat = "csv_semicolon" // for spreadsheets with a decimal comma
	JSONFormat   ExportFormat = "json"
)

// TableExport is a file that anybody can read.
type TableExport struct {
	Kind    ExportKind
	Format  ExportFormat
	Patient clinical.ID // whose alone; empty: of all
	Path    string
	Reason  string
}

// RoomExport is a file for another room.
type RoomExport struct {
	Query  string // as in a search; empty: all patients
	Path   string
	Reason string
}

// Exported is a file that was written.
type Exported struct {
	Path     string
	Records  int
	Patients int
	Presets  int
	Code     string // of a file for another room: it stands nowhere else
}

// What stands in the way of an import or export.
var (
	// ErrExchanging: one is going on.
	ErrExchanging = errors.New("another import or export is going on")
	// ErrTreating: a large write would hold up the record of the treatment.
	ErrTreating = errors.New("a treatment is open")
	// ErrImporting: for the same reason nothing is armed, and nobody erased, while a
	// table is being stored.
	ErrImporting = errors.New("patients are being imported")
	// ErrReason: there is no reason, or it is longer than the audit chain takes.
	ErrReason = errors.New("an export needs a reason")
	// ErrFaulty: lines are faulty, and nobody has said that they are to be left out.
	ErrFaulty = errors.New("lines are faulty")
	// ErrUnsettled: something has to be chosen first.
	ErrUnsettled = errors.New("the file can be read in more than one way")
	// ErrNothingKept: nobody who had been treated was ever erased.
	ErrNothingKept = errors.New("no safety records are kept")
)

// ReadTable reads a CSV file of patients.
func (d *Desk) ReadTable(path string, how TableChoice, told Told, done func(TablePreview, error)) {
	exchange(d, clinical.PermitImportPatient, func(ctx context.Context) (TablePreview, error) {
		return d.cfg.Exchange.ReadTable(ctx, path, how, told)
	}, done)
}

// ImportTable stores the new patients of a table, all or none. leaveOut says that the
// faulty lines, which the preview lists, are to be left out.
func (d *Desk) ImportTable(p TablePreview, leaveOut bool, told Told, done func(ImportReport, error)) {
	exchange(d, clinical.PermitImportPatient, func(ctx context.Context) (ImportReport, error) {
		switch {
		case len(p.Needs) > 0:
			return ImportReport{}, ErrUnsettled
		case p.Faulty > 0 && !leaveOut:
			return ImportReport{}, problem(ErrFaulty, "import_faulty", p.Faulty)
		}
		return d.cfg.Exchange.ImportTable(ctx, p, told)
	}, done, d.beginImport)
}

// beginImport refuses what would hold up the record of a treatment, and keeps one from
// beginning: all of a table is one write, which takes seconds where it is long.
func (d *Desk) beginImport() error {
	if d.recordOpen() {
		return ErrTreating
	}
	if err := d.storeHeld(); err != nil {
		return err
	}
	d.importing = true
	return nil
}

// recordOpen says whether something of a treatment is still to be written.
func (d *Desk) recordOpen() bool {
	return d.run != nil || d.attempt != nil || len(d.ending) > 0 || d.armed()
}

// storeHeld is what goes on for which every other write would have to wait, or nil.
func (d *Desk) storeHeld() error {
	switch {
	case d.erasing:
		return ErrErasing
	case d.importing:
		return ErrImporting
	}
	return nil
}

// SaveFaults writes what is wrong with the lines of a table into a file of its own.
func (d *Desk) SaveFaults(p TablePreview, path string, done func(error)) {
	exchange(d, clinical.PermitImportPatient, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, d.cfg.Exchange.SaveFaults(ctx, p, path)
	}, func(_ struct{}, err error) { done(err) })
}

// ReadRoom opens another room's file.
func (d *Desk) ReadRoom(path, code string, told Told, done func(RoomPreview, error)) {
	exchange(d, clinical.PermitImportPatient, func(ctx context.Context) (RoomPreview, error) {
		return d.cfg.Exchange.ReadRoom(ctx, path, code, told)
	}, done)
}

// ImportRoom stores who is new in another room's file, and conflicts as decided. With
// an error the report tells what was done before it.
func (d *Desk) ImportRoom(p RoomPreview, decided map[int]clinical.Decision, told Told, done func(ImportReport, error)) {
	type outcome struct {
		report ImportReport
		err    error
	}
	exchange(d, clinical.PermitImportPatient, func(ctx context.Context) (outcome, error) {
		report, err := d.cfg.Exchange.ImportRoom(ctx, p, decided, told)
		if errors.Is(err, context.Canceled) {
			err = ErrCancelled
		}
		return outcome{report, err}, nil
	}, func(o outcome, err error) {
		d.refreshPatient() // also of whoever is at work by now
		if err == nil {
			err = explain(o.err)
		}
		done(o.report, err)
	})
}

// refreshPatient reads anew who is on the Treat page: an import may have changed them.
func (d *Desk) refreshPatient() {
	if d.patient == nil {
		return
	}
	id := d.patient.ID
	d.job(func(ctx context.Context) func() {
		p, err := d.cfg.Patients.Patient(ctx, id)
		return func() {
			if err == nil && d.patient != nil && d.patient.ID == id {
				d.tookPatient(p)
			}
		}
	})
	d.refreshPresets()
}

// ExportTable writes patients, presets, treatments or safety records into a file that
// anybody can read.
//
// Safety records are for those who may export patients, too. They name nobody, but day,
// indication, zone and skin type still point at a person for whoever has the appointment
// book, so that they are kept within "patient data" of the roles: the administrator, who
// has the book and no patient, gets none. Those who use the device are also those who
// have to report on it. Technicians and engineers have what the pen did in the pen's log.
func (d *Desk) ExportTable(e TableExport, told Told, done func(Exported, error)) {
	e.Reason = strings.TrimSpace(e.Reason)
	exchange(d, clinical.PermitExportPatient, func(ctx context.Context) (Exported, error) {
		if err := reasonable(e.Reason); err != nil {
			return Exported{}, err
		}
		return d.cfg.Exchange.WriteTable(ctx, e, told)
	}, done)
}

// ExportRoom writes patients with their presets into a file for another room, and hands
// its code out: it is kept nowhere.
func (d *Desk) ExportRoom(e RoomExport, told Told, done func(Exported, error)) {
	e.Reason = strings.TrimSpace(e.Reason)
	exchange(d, clinical.PermitExportPatient, func(ctx context.Context) (Exported, error) {
		if err := reasonable(e.Reason); err != nil {
			return Exported{}, err
		}
		return d.cfg.Exchange.WriteRoom(ctx, e, told)
	}, done)
}

func reasonable(why string) error {
	if why == "" || utf8.RuneCountInString(why) > audit.MaxWhyRunes {
		return ErrReason
	}
	return nil
}

// CancelExchange ends the import or export that is going on, if there is one. Who
// asked for it is told.
func (d *Desk) CancelExchange() {
	d.post(func() {
		if d.exchange != nil {
			d.exchange()
		}
	})
}

// exchange does one import or export for whoever is at work: one at a time, and to its
// end only while the same person is. first may refuse it, on Run's goroutine, where
// done is called too.
func exchange[T any](d *Desk, p clinical.Permission, work func(context.Context) (T, error), done func(T, error), first ...func() error) {
	var none T
	d.permittedTo(p, func(err error) { done(none, err) }, func() {
		if d.exchange != nil {
			done(none, explain(ErrExchanging))
			return
		}
		for _, f := range first {
			if err := f(); err != nil {
				done(none, explain(err))
				return
			}
		}
		turn := d.turn
		stopped, stop := context.WithCancel(d.atWork)
		d.exchange = stop
		d.job(func(ctx context.Context) func() {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			defer context.AfterFunc(stopped, cancel)()
			out, err := work(ctx)
			return func() {
				stop()
				d.exchange, d.importing = nil, false
				if errors.Is(err, context.Canceled) {
					err = ErrCancelled
				}
				switch {
				case turn != d.turn:
					done(none, explain(ErrOtherOperator))
				case err != nil:
					done(none, explain(err))
				default:
					done(out, nil)
				}
			}
		})
	})
}
