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

	"stipple/app/clinical"
	"stipple/app/store"
	"stipple/app/vault"
)

// The commands that need no window and no display.
const (
	VerifyAuditCommand = "verify-audit"
	BackupCommand      = "backup"
	RestoreCommand     = "restore"
	DrillCommand       = "drill"
)

// Commands are the names of all that Command knows.
func Commands() []string {
	return []string{VerifyAuditCommand, BackupCommand, DrillCommand, RestoreCommand}
}

// Command is the command of a name; nil if there is none.
func Command(name string) func(ctx context.Context, args []string, out, errs io.Writer) error {
	switch name {
	case VerifyAuditCommand:
		return VerifyAudit
	case BackupCommand:
		return Backup
	case RestoreCommand:
		return Restore
	case DrillCommand:
		return Drill
	}
	return nil
}

// parsed reads the arguments of a command. done: help was asked for.
func parsed(flags *flag.FlagSet, args []string, needed ...string) (done bool, err error) {
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return true, nil
	case err != nil:
		return false, fmt.Errorf("%w: %w", ErrUsage, err)
	case flags.NArg() > 0:
		return false, fmt.Errorf("%w: unknown argument %q", ErrUsage, flags.Arg(0))
	}
	for _, name := range needed {
		if v := flags.Lookup(name).Value.String(); v == "" || v == "-1" {
			return false, fmt.Errorf("%w: --%s is missing", ErrUsage, name)
		}
	}
	return false, nil
}

// maxSecretFile bounds what is read from a file descriptor.
const maxSecretFile = 4096

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
	switch found, err := store.Look(path); {
	case err != nil:
		return nil, "", fmt.Errorf("open store %s: %w", path, err)
	case found == store.Nothing:
		return nil, "", fmt.Errorf("no store at %s", path)
	}
	d, err := findDoor(dir, false, vault.Options{})
	return d, path, err
}

// open opens the store of the flags for who may do something in it. What it returns
// closes it.
func (f storeFlags) open(ctx context.Context, p clinical.Permission) (*store.Store, func() error, error) {
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
	end := func() error { return errors.Join(s.Close(), e.keys.Close()) }
	if err := e.permitted(ctx, s, p); err != nil {
		return nil, nil, errors.Join(err, end())
	}
	return s, end, nil
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
	e, err := d.signIn(name, passphrase)
	if err == nil {
		err = e.own()
	}
	return e, err
}

// readSecret reads the file descriptor of a flag to its end.
func readSecret(fd int, flag string) ([]byte, error) {
	f := os.NewFile(uintptr(fd), flag)
	if f == nil {
		return nil, fmt.Errorf("%w: --%s %d is not open", ErrUsage, flag, fd)
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, maxSecretFile))
	if err != nil {
		return nil, fmt.Errorf("read --%s: %w", flag, err)
	}
	return bytes.TrimRight(text, "\r\n"), nil
}
