package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"stipple/app/audit"
	"stipple/app/backup"
	"stipple/app/clinical"
	"stipple/app/keeper"
	"stipple/app/store"
	"stipple/app/vault"
)

// ErrCompare means that a restored store is not what its backup says; what differs was
// printed.
var ErrCompare = errors.New("the restored store is not what its backup says of it")

// atDesk is a practice's store with who signed in to it by flags.
type atDesk struct {
	*entry
	store *store.Store
	dir   string
}

// practice opens the store of the flags for who may do something in it, and writes into
// its audit chain who came.
func (f storeFlags) practice(ctx context.Context, p clinical.Permission) (*atDesk, error) {
	d, _, err := f.door()
	if err != nil {
		return nil, err
	}
	if d == nil {
		return nil, backup.ErrTraining
	}
	e, err := f.signInTo(d)
	if err != nil {
		return nil, err
	}
	s, err := e.open(ctx, d.path)
	if err != nil {
		return nil, errors.Join(err, e.keys.Close())
	}
	a := &atDesk{e, s, d.dir}
	if err := e.permitted(ctx, s, p); err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

func (a *atDesk) close() error {
	return errors.Join(a.left(a.store), a.store.Close(), a.keys.Close())
}

// tell writes into the audit chain what was done with a backup.
func (a *atDesk) tell(ctx context.Context, e audit.Entry) error {
	ctx, err := a.acting(ctx, a.store)
	if err != nil {
		return err
	}
	return a.store.Audit(ctx, e)
}

// Backup is the command: it makes a backup in a folder and reads it back. The errors
// are those of package backup, ErrUsage, and *console.NotPermittedError.
func Backup(ctx context.Context, args []string, out, errs io.Writer) (err error) {
	flags := flag.NewFlagSet("stipple "+BackupCommand, flag.ContinueOnError)
	flags.SetOutput(errs)
	var f storeFlags
	f.register(flags)
	folder := flags.String("to", "", "folder for the backup, such as a stick's")
	if done, err := parsed(flags, args, "to"); done || err != nil {
		return err
	}
	a, err := f.practice(ctx, clinical.PermitBackup)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	made, size, err := a.backup(ctx, *folder, time.Now())
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: %d bytes, written and read back\n", made.Path, size)
	printEnd(out, made.Manifest)
	return nil
}

// backup makes a backup and reads it back; one that does not hold is removed. It counts
// as those do that the window makes.
func (a *atDesk) backup(ctx context.Context, folder string, at time.Time) (backup.Made, int64, error) {
	src := backup.Source{Store: a.store, Keys: a.keys, Slots: a.slots, Program: appName + " " + appVersion}
	made, err := backup.Write(ctx, src, folder, at, nil)
	if err != nil {
		return made, 0, err
	}
	size, err := keeper.Check(ctx, src, made, nil)
	if err != nil {
		return made, 0, err
	}
	ctx, err = a.acting(ctx, a.store)
	if err != nil {
		return made, 0, err
	}
	where, err := filepath.Abs(folder)
	if err != nil {
		return made, 0, err
	}
	return made, size, keeper.Remember(ctx, a.store, where, made, size)
}

func printEnd(out io.Writer, m backup.Manifest) {
	k, err := m.Known()
	if err != nil {
		return // it was checked; there is nothing to print
	}
	fmt.Fprintf(out, "made %s, the newest audit entry is %d %s\n", m.Made.Format(time.RFC3339), k.Seq, k.Head.Short())
}

// Restore is the command: it makes a data folder of a backup by the recovery code, and
// prints how it compares; ErrCompare where something differs. The folder stays then,
// since it may be the best there is.
func Restore(ctx context.Context, args []string, out, errs io.Writer) error {
	flags := flag.NewFlagSet("stipple "+RestoreCommand, flag.ContinueOnError)
	flags.SetOutput(errs)
	from := flags.String("from", "", "the backup")
	dir := flags.String("data", "", "folder for the restored store; new or empty")
	fd := flags.Int("code-fd", -1, "open file descriptor from which the recovery code is read")
	if done, err := parsed(flags, args, "from", "data", "code-fd"); done || err != nil {
		return err
	}
	secret, err := readSecret(*fd, "code-fd")
	if err != nil {
		return err
	}
	defer clear(secret)
	code := string(secret)
	r, err := keeper.Restore(ctx, *from, code, *dir, nil, nil)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "restored into %s\n", *dir)
	return printComparison(out, r)
}

// Drill is the command: it restores a backup into a folder that it removes again, and
// prints how it compares; ErrCompare where something differs, *console.NotPermittedError
// where who signed in may not.
func Drill(ctx context.Context, args []string, out, errs io.Writer) (err error) {
	flags := flag.NewFlagSet("stipple "+DrillCommand, flag.ContinueOnError)
	flags.SetOutput(errs)
	var f storeFlags
	f.register(flags)
	from := flags.String("from", "", "the backup")
	if done, err := parsed(flags, args, "from"); done || err != nil {
		return err
	}
	a, err := f.practice(ctx, clinical.PermitBackup)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	identity, err := a.store.BackupIdentity(ctx, vault.NewIdentity)
	if err != nil {
		return err
	}
	// Beside the store: where it fits, and where nobody else can read.
	r, err := backup.Drill(ctx, *from, identity, a.keys, a.store, a.dir, nil)
	if err != nil {
		return err
	}
	if err := a.tell(ctx, keeper.Proved(audit.BackupDrill, backup.Name(r.Manifest.Made), r)); err != nil {
		return err
	}
	return printComparison(out, r)
}

// printComparison prints a report; ErrCompare where something was found.
func printComparison(out io.Writer, r backup.Report) error {
	printEnd(out, r.Manifest)
	for _, c := range r.Counts {
		fmt.Fprintf(out, "%-12s %8d in the backup %8d restored\n", c.Bucket, c.Manifest, c.Stored)
	}
	for _, f := range r.Findings {
		fmt.Fprintln(out, f)
	}
	broken := printAudit(out, r.Audit)
	if !r.Patients {
		fmt.Fprintln(out, "this sign-in can't open patients: their values were counted, not opened")
	}
	printAgain(out, r)
	if !r.OK() {
		return errors.Join(ErrCompare, broken)
	}
	fmt.Fprintln(out, "all is as it was backed up")
	return nil
}

// printAgain prints who was erased since the backup, which is no fault of it.
func printAgain(out io.Writer, r backup.Report) {
	for _, a := range r.Again {
		fmt.Fprintf(out, "patient %s was erased %s (audit entry %d) and is in it again\n", a.Patient, a.At.Format(time.RFC3339), a.Seq)
	}
	switch n := len(r.Again); {
	case !r.AgainAll:
		fmt.Fprintf(out, "whoever was erased after %s is in it again: erase them there again once it is in use\n", r.Manifest.Made.Format(time.RFC3339))
	case n > 0:
		fmt.Fprintf(out, "erased since it was made, and in it again: %d; erase them there again once it is in use\n", n)
	}
}
