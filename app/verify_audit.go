package app

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"stipple/app/audit"
	"stipple/app/store"
	"stipple/app/vault"
)

// VerifyAuditCommand judges the audit chain of a store.
const VerifyAuditCommand = "verify-audit"

// ErrAudit means that something was done to the audit chain; what, was printed.
var ErrAudit = errors.New("the audit chain is not as it was written")

// maxPassphraseFile bounds what is read from a file descriptor.
const maxPassphraseFile = 4096

// storeFlags are the flags by which a command opens a store without a window.
type storeFlags struct {
	data, signIn string
	fd           int
}

func (f *storeFlags) register(flags *flag.FlagSet) {
	flags.StringVar(&f.data, "data", "", "folder of the store (default: the platform's own)")
	flags.StringVar(&f.signIn, "sign-in", "", "sign-in name (default: the only one)")
	flags.IntVar(&f.fd, "passphrase-fd", -1, "open file descriptor from which the passphrase is read, without the end of its line")
}

// folder is the data folder of the flags.
func (f storeFlags) folder() (string, error) {
	if f.data != "" {
		return f.data, nil
	}
	return platformDir()
}

// door is the way into the store of the flags, which must be there; nil for a training
// store.
func (f storeFlags) door() (*door, string, error) {
	dir, err := f.folder()
	if err != nil {
		return nil, "", err
	}
	path := filepath.Join(dir, store.FileName)
	if found, err := store.Look(path); err != nil || found == store.Nothing {
		return nil, "", errors.Join(err, fmt.Errorf("no store at %s", path))
	}
	d, err := findDoor(dir, false, vault.Options{})
	return d, path, err
}

// open opens the store of the flags. What it returns closes it.
func (f storeFlags) open() (*store.Store, func() error, error) {
	d, path, err := f.door()
	if err != nil {
		return nil, nil, err
	}
	if d == nil {
		s, err := store.OpenTraining(path, store.Options{})
		if err != nil {
			return nil, nil, err
		}
		return s, s.Close, nil
	}
	e, err := f.signInTo(d)
	if err != nil {
		return nil, nil, err
	}
	s, err := store.Open(d.path, store.Options{Sealer: e.keys, SealBackup: d.slots.Encrypt})
	if err != nil {
		return nil, nil, errors.Join(err, e.keys.Close())
	}
	return s, func() error { return errors.Join(s.Close(), e.keys.Close()) }, nil
}

// signInTo lets in whom the flags name.
func (f storeFlags) signInTo(d *door) (*entry, error) {
	if d.slots == nil {
		return nil, fmt.Errorf("%s: nobody has set it up", d.path)
	}
	name := f.signIn
	if people := d.slots.People(); name == "" && len(people) == 1 {
		name = people[0].SignIn
	}
	if name == "" || f.fd < 0 {
		return nil, fmt.Errorf("%w: want --sign-in and --passphrase-fd", ErrUsage)
	}
	passphrase, err := readSecret(f.fd, "passphrase-fd")
	if err != nil {
		return nil, err
	}
	defer clear(passphrase)
	return d.signIn(name, passphrase)
}

// readSecret reads the file descriptor of a flag to its end.
func readSecret(fd int, flag string) ([]byte, error) {
	f := os.NewFile(uintptr(fd), flag)
	if f == nil {
		return nil, fmt.Errorf("%w: --%s %d is not open", ErrUsage, flag, fd)
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, maxPassphraseFile))
	if err != nil {
		return nil, fmt.Errorf("read --%s: %w", flag, err)
	}
	return bytes.TrimRight(text, "\r\n"), nil
}

// VerifyAudit is the command: it prints what was found, and is ErrAudit where that is
// anything. ErrUsage: the arguments are wrong.
func VerifyAudit(ctx context.Context, args []string, out, errs io.Writer) (err error) {
	flags := flag.NewFlagSet("stipple "+VerifyAuditCommand, flag.ContinueOnError)
	flags.SetOutput(errs)
	var f storeFlags
	f.register(flags)
	head := flags.String("head", "", "number and head of an entry as a report prints it, to hold the chain against: \"1203 a3f1-09bc-77d0-1e42-5b6a\"")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return fmt.Errorf("%w: %w", ErrUsage, err)
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%w: unknown argument %q", ErrUsage, flags.Arg(0))
	}
	var known []audit.Known
	if *head != "" {
		var seq uint64
		var text string
		if _, err := fmt.Sscanf(*head, "%d %s", &seq, &text); err != nil {
			return fmt.Errorf("%w: --head %q: want a number and a head", ErrUsage, *head)
		}
		k, err := audit.ParseKnown(seq, text, "--head")
		if err != nil {
			return fmt.Errorf("%w: --head %q: %w", ErrUsage, *head, err)
		}
		known = append(known, k)
	}
	s, end, err := f.open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	report, err := s.VerifyAudit(ctx, known)
	if err != nil {
		return err
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
		fmt.Fprintf(out, "%d entries, and something was done to them\n", r.Entries)
		return ErrAudit
	}
	fmt.Fprintf(out, "%d entries, each as it was written\n", r.Entries)
	if r.Entries > 0 {
		fmt.Fprintf(out, "the newest is %v\n", r.End)
	}
	return nil
}
