package console

import (
	"context"
	"fmt"
	"iter"

	"stipple/app/audit"
	"stipple/app/clinical"
)

// AuditForm is the form of an export.
type AuditForm string

// The forms.
const (
	AuditCSV  AuditForm = "csv"
	AuditJSON AuditForm = "json"
)

// AuditExport is what is to be exported, and where to.
type AuditExport struct {
	Filter AuditFilter
	Folder string
	Form   AuditForm
}

// AuditExported is what was exported.
type AuditExported struct {
	Path    string
	Entries int
}

// AuditFiles writes exports.
type AuditFiles interface {
	// WriteAudit writes entries into a new file of a folder, with the number and head of
	// the chain's end, and returns its path. Before the file gets its name, written is
	// told the name and how many entries it has: what it returns as an error leaves no
	// file, and so does an error of the entries. Errors of the folder have codes.
	WriteAudit(ctx context.Context, folder string, form AuditForm, end audit.End, entries iter.Seq2[audit.Opened, error], written func(name string, entries int) error) (path string, err error)
}

// ExportAudit writes all entries that a filter lets through into a file, oldest last, and
// that this was done into the chain: neither is without the other but where the folder
// fails at the very last. What tells of a patient is in it for those who may export
// patients. tell is told how far it is, on any goroutine; the function that is returned
// ends it, and done gets ErrCancelled.
func (d *Desk) ExportAudit(x AuditExport, tell func(AuditProgress), done func(AuditExported, error)) (cancel func()) {
	return until(d, clinical.PermitAuditRead, AuditExported{}, func(ctx, ended context.Context, r *auditReader) (func() AuditExported, error) {
		r.patients = r.patients && audit.Who(ctx).Operator.Role.May(clinical.PermitExportPatient)
		out, err := r.export(ctx, ended, x, d.waiting(tell))
		if err != nil && ended.Err() != nil { // wherever it was
			err = ErrCancelled
		}
		return func() AuditExported { return out }, err
	}, done)
}

func (r *auditReader) export(ctx, ended context.Context, x AuditExport, tell func(AuditProgress)) (AuditExported, error) {
	ctx, end := context.WithCancel(ctx)
	defer end()
	defer context.AfterFunc(ended, end)()
	journal := r.d.cfg.Journal
	newest, err := journal.AuditEnd(ctx)
	if err != nil {
		return AuditExported{}, err
	}
	found, written := 0, 0
	entries := func(yield func(audit.Opened, error) bool) {
		for e, err := range r.entries(ctx, x.Filter, newest.Seq+1, func(seen, _ uint64) bool {
			tell(AuditProgress{Seen: seen, Of: newest.Seq, Found: found})
			return ctx.Err() == nil
		}) {
			if found++; !yield(e, err) {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(audit.Opened{}, err)
		}
	}
	path, err := r.d.cfg.Exports.WriteAudit(ctx, x.Folder, x.Form, newest, entries, func(name string, n int) error {
		written = n
		return journal.Audit(ctx, x.told(name, n))
	})
	if err != nil {
		return AuditExported{}, err
	}
	return AuditExported{Path: path, Entries: written}, nil
}

// told is the entry of an export: what, how many, and by which filter.
func (x AuditExport) told(name string, n int) audit.Entry {
	changes := []audit.Change{
		{Field: "what", After: audit.Text("audit")},
		{Field: "records", After: audit.Amount(audit.Count, int64(n))},
		{Field: "format", After: audit.Text(string(x.Form))},
	}
	f := x.Filter
	for _, c := range []struct {
		field string
		value audit.Value
	}{
		{"filter.area", audit.Text(f.Area)}, {"filter.action", audit.Text(f.Action)}, {"filter.operator", audit.Text(string(f.Operator))},
		{"filter.about", audit.Text(f.About)}, {"filter.from", dayText(f.From)}, {"filter.to", dayText(f.To)},
		// The text may be of a patient: that there was one is enough here.
		{"filter.text", audit.YesNo(f.Text != "")},
	} {
		if !c.value.None() && c.value != audit.YesNo(false) {
			changes = append(changes, audit.Change{Field: c.field, After: c.value})
		}
	}
	return audit.Entry{Action: audit.Export, Subject: audit.Subject{Kind: audit.SubjectFile, ID: name}, Changes: changes}
}

// dayText is a day as a value; none for none.
func dayText(d clinical.Date) audit.Value {
	if d == (clinical.Date{}) {
		return audit.Value{}
	}
	return audit.Text(fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day))
}
