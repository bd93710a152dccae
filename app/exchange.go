package app

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"iter"
	"maps"
	"math"
	"os"
	"slices"
	"time"

	"stipple/app/audit"
	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/durable"
	"stipple/app/exchange"
	"stipple/app/fold"
	"stipple/app/store"
	"stipple/app/vault"
)

// exchanger brings patients in from files and takes them out, as console.Exchange.
type exchanger struct {
	store *store.Store
	now   func() time.Time
}

var _ console.Exchange = exchanger{}

// inFile is a file that is read: it ends with the context, tells how far it is, and
// sums up all of it.
type inFile struct {
	ctx  context.Context
	file *os.File
	sum  hash.Hash
	done int
	of   int
	told console.Told
}

// openFile opens a regular file. Errors are *console.FileError.
func openFile(ctx context.Context, path string, told console.Told) (*inFile, error) {
	if err := checkRead(path); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, faulty(path, err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(faulty(path, err), f.Close())
	}
	return &inFile{ctx: ctx, file: f, sum: sha256.New(), of: int(info.Size()), told: told}, nil
}

func (f *inFile) Read(p []byte) (int, error) {
	if err := f.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := f.file.Read(p)
	f.sum.Write(p[:n])
	f.done += n
	if f.told != nil {
		f.told(f.done, max(f.of, f.done))
	}
	if err != nil && err != io.EOF {
		err = faulty(f.file.Name(), err)
	}
	return n, err
}

// hash is that of the whole file, in hex.
func (f *inFile) hash() (string, error) {
	if _, err := io.Copy(io.Discard, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(f.sum.Sum(nil)), nil
}

// everybody is all patients, the most recently used first.
func (x exchanger) everybody(ctx context.Context, query string) ([]clinical.Patient, error) {
	all, _, err := x.store.SearchPatients(ctx, query, math.MaxInt32)
	return all, err
}

// ReadTable says what a CSV file of patients would come to.
func (x exchanger) ReadTable(ctx context.Context, path string, how console.TableChoice, told console.Told) (console.TablePreview, error) {
	return settled(ctx, func() (console.TablePreview, error) { return x.readTable(ctx, path, how, told) })
}

func (x exchanger) readTable(ctx context.Context, path string, how console.TableChoice, told console.Told) (console.TablePreview, error) {
	here, err := x.everybody(ctx, "")
	if err != nil {
		return console.TablePreview{}, err
	}
	byNumber := make(map[string]clinical.Patient, len(here))
	for _, p := range here {
		byNumber[fold.Number(p.FileNumber)] = p
	}
	f, err := openFile(ctx, path, told)
	if err != nil {
		return console.TablePreview{}, err
	}
	defer func() { _ = f.file.Close() }() // it was only read
	opt := exchange.Options{
		Now: x.now(), Encoding: exchange.Encoding(how.Encoding), DateOrder: exchange.DateOrder(how.DateOrder),
		Known: func(number string) (clinical.Patient, bool) {
			p, ok := byNumber[fold.Number(number)]
			return p, ok
		},
	}
	if how.Columns != nil {
		opt.Columns = map[int]exchange.Field{}
		for n, field := range how.Columns {
			opt.Columns[n] = exchange.Field(field)
		}
	}
	p, err := exchange.ReadPatients(f, opt)
	if err != nil {
		return console.TablePreview{}, err
	}
	out := tablePreview(p)
	out.Path, out.Choice = path, how
	out.Hash, err = f.hash()
	return out, err
}

// tablePreview is a preview as the console has it.
func tablePreview(p exchange.Preview) console.TablePreview {
	c := p.Counts
	out := console.TablePreview{
		Encoding: string(p.Dialect.Encoding), Guessed: p.Dialect.EncodingGuessed, DateOrder: string(p.Dialect.DateOrder),
		Records: c.Records, New: c.New, Same: c.Same, Differs: c.Differs, Faulty: c.Faulty, Unsettled: c.Unsettled, MoreFaults: p.MoreErrors,
	}
	for _, c := range p.Columns {
		out.Columns = append(out.Columns, console.TableColumn{Number: c.Number, Name: c.Name, Field: string(c.Field), Use: string(c.Use), Example: c.Example})
	}
	for _, n := range p.Needs {
		out.Needs = append(out.Needs, console.TableNeed{Kind: string(n.Kind), Field: string(n.Field)})
	}
	for _, e := range p.Errors {
		out.Faults = append(out.Faults, console.TableFault{
			Line: e.Line, Column: e.Number, Name: e.Column, Field: string(e.Field), Problem: string(e.Problem), Text: e.Text, Other: e.Other,
		})
	}
	for _, r := range p.Rows {
		switch r.State {
		case exchange.New:
			out.Patients = append(out.Patients, r.Patient)
		case exchange.Differs:
			d := console.TableDifference{Line: r.Line, File: r.Patient, Here: *r.Stored}
			for _, f := range r.Differs {
				d.Fields = append(d.Fields, string(f))
			}
			out.Different = append(out.Different, d)
		}
	}
	return out
}

// ImportTable stores the new patients, all or none of them.
func (x exchanger) ImportTable(ctx context.Context, p console.TablePreview, told console.Told) (console.ImportReport, error) {
	all := make([]clinical.Dossier, len(p.Patients))
	for i, patient := range p.Patients {
		all[i].Patient = patient
	}
	got, err := x.store.ImportPatients(ctx, all, store.Import{Kind: "table", Hash: p.Hash, Whole: true, Told: toldOf(told, len(all))})
	if err != nil {
		return console.ImportReport{}, err
	}
	return console.ImportReport{Patients: got.Patients, Same: p.Same, Kept: p.Differs, Left: p.Faulty}, nil
}

func toldOf(told console.Told, of int) func(int) {
	if told == nil {
		return nil
	}
	return func(done int) { told(done, of) }
}

// SaveFaults writes what is wrong with the lines of a table.
func (x exchanger) SaveFaults(ctx context.Context, p console.TablePreview, path string) error {
	var all []exchange.LineError
	for _, f := range p.Faults {
		all = append(all, exchange.LineError{
			Line: f.Line, Number: f.Column, Column: f.Name, Field: exchange.Field(f.Field), Problem: exchange.Problem(f.Problem), Text: f.Text, Other: f.Other,
		})
	}
	return x.write(ctx, path, audit.Entry{}, "", func(w io.Writer) (counts, error) {
		n, err := exchange.WriteCSV(w, exchange.Faults(all), exchange.CSVOptions{BOM: true})
		return counts{kind: "faulty_lines", records: n}, err
	})
}

// ReadRoom opens another room's file and holds it against the store.
func (x exchanger) ReadRoom(ctx context.Context, path, code string, told console.Told) (console.RoomPreview, error) {
	return settled(ctx, func() (console.RoomPreview, error) { return x.readRoom(ctx, path, code, told) })
}

func (x exchanger) readRoom(ctx context.Context, path, code string, told console.Told) (console.RoomPreview, error) {
	f, err := openFile(ctx, path, told)
	if err != nil {
		return console.RoomPreview{}, err
	}
	defer func() { _ = f.file.Close() }() // it was only read
	plain, err := vault.DecryptFile(f, code)
	if err != nil {
		return console.RoomPreview{}, err
	}
	m, file, err := exchange.ReadDossiers(plain, x.now(), nil)
	if err != nil {
		return console.RoomPreview{}, err
	}
	here, err := x.everybody(ctx, "")
	if err != nil {
		return console.RoomPreview{}, err
	}
	out := console.RoomPreview{Path: path, Program: m.Program, Made: m.Made.Format(time.RFC3339)}
	if out.Hash, err = f.hash(); err != nil {
		return console.RoomPreview{}, err
	}
	presets := func(id clinical.ID) ([]clinical.Preset, error) { return x.store.Presets(ctx, id) }
	out.Matches, err = exchange.Compare(file, here, presets, told)
	return out, err
}

// ImportRoom stores who is new, and conflicts as they were decided.
func (x exchanger) ImportRoom(ctx context.Context, p console.RoomPreview, decided map[int]clinical.Decision, told console.Told) (console.ImportReport, error) {
	var r console.ImportReport
	var all []clinical.Dossier
	for i, m := range p.Matches {
		d := decided[i]
		write, ok := m.Apply(d)
		switch {
		case ok:
			all = append(all, write)
		case m.State == clinical.Identical:
			r.Same++
		case m.State == clinical.Another:
			r.Another = append(r.Another, m.Theirs.Patient)
		case d == clinical.KeepMine:
			r.Kept++
		default:
			r.Open = append(r.Open, m.Theirs.Patient)
		}
	}
	got, err := x.store.ImportPatients(ctx, all, store.Import{Kind: "room", Hash: p.Hash, Told: toldOf(told, len(all))})
	r.Patients, r.Presets = got.Patients, got.Presets
	for _, i := range slices.Sorted(maps.Keys(got.Refused)) {
		r.Refused = append(r.Refused, console.RefusedImport{Patient: all[i].Patient, Err: got.Refused[i]})
	}
	return r, err
}

// counts is what an export has in it, for the audit chain.
type counts struct {
	kind, format      string
	records           int
	patients, presets int
}

// outFile is a file that is written: it ends with the context and sums up all of it.
type outFile struct {
	ctx context.Context
	to  io.Writer
	sum hash.Hash
}

func (f outFile) Write(p []byte) (int, error) {
	if err := f.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := f.to.Write(p)
	f.sum.Write(p[:n])
	return n, err
}

// write makes a file that was not there. The export is in the audit chain before the
// file has its name: a file that nobody has told of can't be there. With no action it
// tells of nothing. reason goes into the private part where the entry is of a patient.
func (x exchanger) write(ctx context.Context, path string, e audit.Entry, reason string, content func(io.Writer) (counts, error)) error {
	inside, err := settled(ctx, func() (inside, err error) { // inside: what went wrong before the disk
		err = durable.Create(path, func(file io.Writer) error {
			out := outFile{ctx, file, sha256.New()}
			buffer := bufio.NewWriter(out)
			c, err := content(buffer)
			if err == nil {
				err = buffer.Flush()
			}
			if err != nil || e.Action == "" {
				return err
			}
			inside = x.tell(ctx, e, reason, c, hex.EncodeToString(out.sum.Sum(nil)))
			return inside
		})
		return inside, err
	})
	var coded interface{ Code() string }
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case inside != nil:
		return inside
	case errors.As(err, &coded):
		return err
	}
	return faulty(path, err)
}

// tell writes an export into the audit chain.
func (x exchanger) tell(ctx context.Context, e audit.Entry, reason string, c counts, hash string) error {
	add := func(name string, v audit.Value) { e.Changes = append(e.Changes, audit.Change{Field: name, After: v}) }
	add("kind", audit.Text(c.kind))
	add("format", audit.Text(c.format))
	add("records", audit.Amount(audit.Count, int64(c.records)))
	if c.patients > 0 {
		add("patients", audit.Amount(audit.Count, int64(c.patients)))
		add("presets", audit.Amount(audit.Count, int64(c.presets)))
	}
	e.Subject = audit.Subject{Kind: audit.SubjectFile, ID: hash}
	if e.Patient != "" {
		return x.store.AuditOf(ctx, e, audit.Change{Field: "reason", After: audit.Text(reason)})
	}
	who := audit.Who(ctx)
	who.Why = reason
	return x.store.Audit(audit.By(ctx, who), e)
}

// WriteTable writes a file that anybody can read.
func (x exchanger) WriteTable(ctx context.Context, e console.TableExport, told console.Told) (console.Exported, error) {
	var patients []clinical.Patient
	var err error
	if e.Patient == "" {
		patients, err = x.everybody(ctx, "")
	} else {
		var p clinical.Patient
		p, err = x.store.Patient(ctx, e.Patient)
		patients = []clinical.Patient{p}
	}
	if err != nil {
		return console.Exported{}, err
	}
	rows := reading{ctx: ctx, patients: patients, told: told}
	table, err := x.table(e.Kind, &rows)
	if err != nil {
		return console.Exported{}, err
	}
	out := console.Exported{Path: e.Path}
	err = x.write(ctx, e.Path, audit.Entry{Action: audit.Export, Patient: e.Patient}, e.Reason, func(w io.Writer) (counts, error) {
		n, err := writeTable(w, table, e.Format)
		out.Records = n
		return counts{kind: string(e.Kind), format: string(e.Format), records: n}, errors.Join(err, rows.err)
	})
	if err != nil {
		return console.Exported{}, err
	}
	return out, nil
}

// reading hands records out one after the other, and keeps the error that ended it.
type reading struct {
	ctx      context.Context
	patients []clinical.Patient
	told     console.Told
	err      error
}

// each are the records that of reads of each patient.
func each[T any](r *reading, of func(clinical.Patient) ([]T, error)) iter.Seq[T] {
	return func(yield func(T) bool) {
		for i, p := range r.patients {
			var all []T
			if r.err = r.ctx.Err(); r.err == nil {
				all, r.err = of(p)
			}
			if r.err != nil {
				return
			}
			for _, v := range all {
				if !yield(v) {
					return
				}
			}
			if r.told != nil {
				r.told(i+1, len(r.patients))
			}
		}
	}
}

func (x exchanger) table(kind console.ExportKind, r *reading) (exchange.Table, error) {
	switch kind {
	case console.ExportPatients:
		return exchange.Patients(each(r, func(p clinical.Patient) ([]clinical.Patient, error) { return []clinical.Patient{p}, nil })), nil
	case console.ExportPresets:
		return exchange.Presets(each(r, func(p clinical.Patient) ([]clinical.Preset, error) { return x.store.Presets(r.ctx, p.ID) })), nil
	case console.ExportTreatments:
		return exchange.Treatments(each(r, func(p clinical.Patient) ([]clinical.Treatment, error) { return x.store.Treatments(r.ctx, p.ID) })), nil
	}
	return exchange.Table{}, exchange.ErrOptions
}

func writeTable(w io.Writer, t exchange.Table, f console.ExportFormat) (int, error) {
	switch f {
	case console.CSVComma:
		return exchange.WriteCSV(w, t, exchange.CSVOptions{BOM: true})
	case console.CSVSemicolon:
		return exchange.WriteCSV(w, t, exchange.CSVOptions{BOM: true, Delimiter: ';'})
	case console.JSONFormat:
		return exchange.WriteJSON(w, t)
	}
	return 0, exchange.ErrOptions
}

// WriteRoom writes a file for another room, with a code of its own.
func (x exchanger) WriteRoom(ctx context.Context, e console.RoomExport, told console.Told) (console.Exported, error) {
	patients, err := x.everybody(ctx, e.Query)
	if err != nil {
		return console.Exported{}, err
	}
	rows := reading{ctx: ctx, patients: patients, told: told}
	var all []clinical.Dossier
	for d := range each(&rows, func(p clinical.Patient) ([]clinical.Dossier, error) {
		presets, err := x.store.Presets(ctx, p.ID)
		return []clinical.Dossier{{Patient: p, Presets: presets}}, err
	}) {
		all = append(all, d)
	}
	if rows.err != nil {
		return console.Exported{}, rows.err
	}
	out := console.Exported{Path: e.Path}
	if out.Code, err = vault.NewFileCode(); err != nil {
		return console.Exported{}, err
	}
	entry := audit.Entry{Action: audit.Export}
	if len(all) == 1 { // whom a reason may well name
		entry.Patient = all[0].Patient.ID
	}
	err = x.write(ctx, e.Path, entry, e.Reason, func(w io.Writer) (counts, error) {
		sealed, err := vault.EncryptFile(w, out.Code)
		if err != nil {
			return counts{}, err
		}
		m, err := exchange.WriteDossiers(sealed, x.now(), appName+" "+appVersion, all, nil)
		out.Patients, out.Presets, out.Records = m.Patients, m.Presets, m.Patients
		return counts{kind: "room", format: "sealed", records: m.Patients, patients: m.Patients, presets: m.Presets}, errors.Join(err, sealed.Close())
	})
	if err != nil {
		return console.Exported{}, err
	}
	return out, nil
}
