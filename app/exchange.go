package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"time"

	"stipple/app/audit"
	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/exchange"
	"stipple/app/fold"
	"stipple/app/giveway"
	"stipple/app/store"
	"stipple/app/vault"
)

// exchanger brings patients in from files and takes them out, as console.Exchange.
type exchanger struct {
	store *store.Store
	now   func() time.Time
	left  *leftovers
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
	way  *giveway.Way
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
	return &inFile{ctx: ctx, file: f, sum: sha256.New(), of: int(info.Size()), told: told, way: giveway.New(ctx)}, nil
}

func (f *inFile) Read(p []byte) (int, error) {
	f.way.Give()
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

// stepping tells how far something is, gives way, and ends with the context.
func stepping(ctx context.Context, told console.Told) func(done, of int) error {
	way := giveway.New(ctx)
	return func(done, of int) error {
		way.Give()
		if told != nil && done > 0 {
			told(done, of)
		}
		return ctx.Err()
	}
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
	f, err := openFile(ctx, path, told)
	if err != nil {
		return console.TablePreview{}, err
	}
	defer func() { _ = f.file.Close() }() // it was only read
	here, err := x.everybody(ctx, "")
	if err != nil {
		return console.TablePreview{}, err
	}
	byNumber := make(map[string]clinical.Patient, len(here))
	for _, p := range here {
		f.way.Give()
		byNumber[fold.Number(p.FileNumber)] = p
	}
	opt := exchange.Options{
		Now: x.now(), Encoding: exchange.Encoding(how.Encoding), DateOrder: exchange.DateOrder(how.DateOrder),
		Known: func(number string) (clinical.Patient, bool) { // is asked for each line
			f.way.Give()
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
			out.Patients = append(out.Patients, console.TablePatient{Line: r.Line, Patient: r.Patient})
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
	for i, of := range p.Patients {
		all[i].Patient = of.Patient
	}
	got, err := x.store.ImportPatients(ctx, all, store.Import{Kind: "table", Hash: p.Hash, Whole: true, Told: toldOf(told, len(all))})
	if err != nil {
		return console.ImportReport{}, linesRefused(p, got.Refused, err)
	}
	return console.ImportReport{Patients: got.Patients, Same: p.Same, Kept: p.Differs, Left: p.Faulty}, nil
}

// linesRefused names the lines of a table whose patients the store refuses, as a preview
// names faulty ones. err is why nothing was stored, and stays as it is for any other reason.
func linesRefused(p console.TablePreview, refused map[int]error, err error) error {
	var faults []console.TableFault
	for _, i := range slices.Sorted(maps.Keys(refused)) {
		var invalid *store.InvalidError
		if !errors.As(refused[i], &invalid) {
			return err
		}
		for _, f := range invalid.Fields {
			faults = append(faults, faultOf(p, p.Patients[i], f))
		}
	}
	if len(faults) == 0 {
		return err
	}
	return &console.LinesRefusedError{Faults: faults, Cause: err}
}

// faultOf is a field that the store refuses, at its place in the file.
func faultOf(p console.TablePreview, of console.TablePatient, f store.FieldError) console.TableFault {
	fault := console.TableFault{Line: of.Line, Field: f.Field, Problem: string(f.Problem)}
	switch exchange.Field(f.Field) {
	case exchange.FileNumber:
		fault.Text = of.Patient.FileNumber
	case exchange.FamilyName:
		fault.Text = of.Patient.FamilyName
	case exchange.GivenName:
		fault.Text = of.Patient.GivenName
	}
	for _, c := range p.Columns {
		if c.Use == string(exchange.UseField) && c.Field == f.Field {
			fault.Column, fault.Name = c.Number, c.Name
		}
	}
	return fault
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
	m, file, err := exchange.ReadDossiers(plain, x.now(), func(int, int) { f.way.Give() })
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
	out.Matches, err = exchange.Compare(file, here, presets, stepping(ctx, told))
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
