package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"stipple/app/audit"
	"stipple/app/clinical"
)

// ErrAudit means that something was done to the audit chain; what, was printed.
var ErrAudit = errors.New("the audit chain is not as it was written")

// VerifyAudit is the command: it prints what was found, and is ErrAudit where that is
// anything. ErrUsage: the arguments are wrong; *console.NotPermittedError: who signed in
// may not read the chain.
func VerifyAudit(ctx context.Context, args []string, out, errs io.Writer) (err error) {
	flags := flag.NewFlagSet("stipple "+VerifyAuditCommand, flag.ContinueOnError)
	flags.SetOutput(errs)
	var f storeFlags
	f.register(flags)
	head := flags.String("head", "", "number and head of an entry as a report prints it, to hold the chain against: \"1203 a3f1-09bc-77d0-1e42-5b6a\"")
	file := flags.String("known", "", "file with a number, a head and where it was written down in each line, or with the records of a pen's log as penctl log --json prints them")
	if done, err := parsed(flags, args); done || err != nil {
		return err
	}
	var known knownHeads
	if *file != "" {
		if known, err = readKnown(*file); err != nil {
			return err
		}
	}
	if *head != "" {
		k, err := parseKnown(*head, "--head")
		if err != nil {
			return fmt.Errorf("%w: --head %q: %w", ErrUsage, *head, err)
		}
		known.heads = append(known.heads, k)
	}
	s, end, err := f.open(ctx, clinical.PermitAuditRead)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	heads, others := known.of(s.AuditStart())
	report, err := s.VerifyAudit(ctx, heads)
	if err != nil {
		return err
	}
	switch {
	case len(heads)+others > 0:
		fmt.Fprintf(out, "%d of %d heads from elsewhere agree\n", report.Agreed, len(heads))
	case *file != "":
		fmt.Fprintf(out, "%s has no head to hold the chain against\n", *file)
	}
	if others > 0 {
		fmt.Fprintf(out, "notes of another store: %d\n", others)
	}
	return printAudit(out, report)
}

func printAudit(out io.Writer, r audit.Report) error {
	for _, f := range r.Findings {
		fmt.Fprintln(out, f)
	}
	if r.Omitted > 0 {
		fmt.Fprintf(out, "and %d more\n", r.Omitted)
	}
	if !r.OK() {
		fmt.Fprintf(out, "entries: %d; the chain is not as it was written\n", r.Entries)
		return ErrAudit
	}
	if r.Entries == 1 {
		fmt.Fprintln(out, "1 entry, as it was written")
	} else {
		fmt.Fprintf(out, "%d entries, each as it was written\n", r.Entries)
	}
	if r.Entries > 0 {
		fmt.Fprintf(out, "the newest is %v\n", r.End)
	}
	return nil
}
