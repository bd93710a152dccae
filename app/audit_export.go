package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"

	"stipple/app/audit"
	"stipple/app/coded"
	"stipple/app/console"
	"stipple/app/exchange"
)

// exportBuffer is how much of an export is written at once.
const exportBuffer = 256 << 10

// inFolder is an error of writing into a folder: of those that say nothing themselves,
// which are the system's, why the path can't be used.
func inFolder(path string, err error) error {
	if coded.Of(err) != "" || errors.Is(err, context.Canceled) {
		return err
	}
	return faulty(path, err)
}

// auditFiles writes exports of the audit chain. It is a console.AuditFiles.
type auditFiles struct{ left *leftovers }

// WriteAudit implements console.AuditFiles. The file's name has the number and the short
// head of the chain's end, which CSV has no other place for.
func (f auditFiles) WriteAudit(ctx context.Context, folder string, form console.AuditForm, end audit.End, entries iter.Seq2[audit.Opened, error], written func(name string, entries int) error) (string, error) {
	return settled(ctx, func() (string, error) {
		folder, err := wholePath(folder)
		if err == nil {
			err = checkFolder(folder)
		}
		if err != nil {
			return "", err
		}
		name := fmt.Sprintf("audit %d %s.%s", end.Seq, end.Head.Short(), form)
		if !goodName(name) {
			return "", &console.FileError{Path: name, Fault: console.FileName}
		}
		path := filepath.Join(folder, name)
		noted, err := f.left.create(ctx, path, func(w io.Writer) error {
			n, err := writeAudit(w, form, end, entries)
			if err != nil {
				return err
			}
			return written(name, n)
		})
		if noted != nil {
			return "", noted
		}
		if err != nil {
			return "", inFolder(path, err)
		}
		return path, nil
	})
}

// writeAudit writes entries, and says how many.
func writeAudit(w io.Writer, form console.AuditForm, end audit.End, entries iter.Seq2[audit.Opened, error]) (n int, err error) {
	var failed error
	good := func(yield func(audit.Opened) bool) {
		for e, err := range entries {
			if failed = err; err != nil || !yield(e) {
				return
			}
		}
	}
	b := bufio.NewWriterSize(w, exportBuffer)
	t := exchange.Audit(good).At(exchange.Chain{Seq: end.Seq, Head: end.Head.String()})
	if form == console.AuditJSON {
		n, err = exchange.WriteJSON(b, t)
	} else {
		n, err = exchange.WriteCSV(b, t, exchange.CSVOptions{BOM: true})
	}
	return n, errors.Join(failed, err, b.Flush())
}
