package app

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"iter"

	"stipple/app/audit"
	"stipple/app/clinical"
	"stipple/app/coded"
	"stipple/app/console"
	"stipple/app/exchange"
	"stipple/app/giveway"
	"stipple/app/vault"
)

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
	inside, err := settled(ctx, func() (inside, _ error) { // inside: what went wrong before the disk
		noted, err := x.left.create(ctx, path, func(file io.Writer) error {
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
		return cmp.Or(noted, inside), err
	})
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case inside != nil:
		return inside
	case coded.Of(err) != "":
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
	rows := reading{ctx: ctx, told: told}
	table, err := x.table(e, &rows)
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
		way := giveway.New(r.ctx)
		for i, p := range r.patients {
			way.Give()
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

func (x exchanger) table(e console.TableExport, r *reading) (exchange.Table, error) {
	if e.Kind == console.ExportSafety {
		return x.safety(e, r)
	}
	if err := x.whose(e, r); err != nil {
		return exchange.Table{}, err
	}
	switch e.Kind {
	case console.ExportPatients:
		return exchange.Patients(each(r, func(p clinical.Patient) ([]clinical.Patient, error) { return []clinical.Patient{p}, nil })), nil
	case console.ExportPresets:
		return exchange.Presets(each(r, func(p clinical.Patient) ([]clinical.Preset, error) { return x.store.Presets(r.ctx, p.ID) })), nil
	case console.ExportTreatments:
		return exchange.Treatments(each(r, func(p clinical.Patient) ([]clinical.Treatment, error) { return x.store.Treatments(r.ctx, p.ID) })), nil
	}
	return exchange.Table{}, exchange.ErrOptions
}

// whose finds out of whom an export is.
func (x exchanger) whose(e console.TableExport, r *reading) (err error) {
	if e.Patient == "" {
		r.patients, err = x.everybody(r.ctx, "")
		return err
	}
	p, err := x.store.Patient(r.ctx, e.Patient)
	r.patients = []clinical.Patient{p}
	return err
}

// safety is the table of what is kept of those who were erased. Where there is nobody,
// that is said before there is a file.
func (x exchanger) safety(e console.TableExport, r *reading) (exchange.Table, error) {
	if e.Patient != "" {
		return exchange.Table{}, exchange.ErrOptions
	}
	all, err := x.store.SafetyRecords(r.ctx)
	if err == nil && len(all) == 0 {
		err = console.ErrNothingKept
	}
	return exchange.Safety(func(yield func(clinical.SafetyRecord) bool) {
		way := giveway.New(r.ctx)
		for _, one := range all {
			if way.Give(); !yield(one) {
				return
			}
		}
	}), err
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
		way := giveway.New(ctx)
		m, err := exchange.WriteDossiers(sealed, x.now(), appName+" "+appVersion, all, func(int) { way.Give() })
		out.Patients, out.Presets, out.Records = m.Patients, m.Presets, m.Patients
		return counts{kind: "room", format: "sealed", records: m.Patients, patients: m.Patients, presets: m.Presets}, errors.Join(err, sealed.Close())
	})
	if err != nil {
		return console.Exported{}, err
	}
	return out, nil
}
