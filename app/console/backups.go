package console

import (
	"context"
	"errors"
	"time"

	"stipple/app/clinical"
)

// Backups makes and keeps the practice's backups: package keeper in the program. Nothing
// here waits for a disk: what takes long goes on beside, one thing at a time, and State
// tells of it.
type Backups interface {
	// State is the newest. What is in it is never changed.
	State() BackupsView
	// ChooseFolder makes a folder the one for backups.
	ChooseFolder(ctx context.Context, folder string) error
	// Make begins to make a backup; Drill to restore one of the folder to a temporary
	// place and compare it, "" the newest good one; Restore to make a data folder of a
	// file by the recovery code, which it wipes. ErrBackupBusy: something is going on.
	Make(ctx context.Context) error
	Drill(ctx context.Context, name string) error
	Restore(ctx context.Context, from string, code []byte, into string) error
	// Cancel ends what is going on.
	Cancel()
	// Kept are the backups that were made and not removed since, newest first.
	Kept(context.Context) ([]KeptBackup, error)
}

// ErrBackupBusy means that something is going on with backups already.
var ErrBackupBusy = errors.New("a backup, a drill or a restoring is going on")

// errNoBackups means that there are no backups here: the store is one for training.
var errNoBackups = errors.New("this store has no backups")

// KeptBackup is a backup that holds the keys of all patients of its time.
type KeptBackup struct {
	Name    string
	Folder  string
	Made    time.Time
	Expires time.Time // when it will be removed by itself; zero: never
}

// BackupsView is what the window shows of backups. Whoever may not keep them sees Has,
// Old and the times of Last and Since.
type BackupsView struct {
	Has       bool // this store has backups: a practice's
	Folder    string
	FolderErr error // why the folder can't be used now; nil: it can, or none was chosen
	Last      BackupFile
	Since     time.Time // backups were looked after from here on
	Next      time.Time // an automatic one is due; zero: no folder
	Old       bool      // the last good one is too old, or there never was one for too long
	Err       error     // the newest try has failed
	FailedAt  time.Time
	Job       BackupJob
	Files     []BackupFile  // in the folder, newest first
	Report    *BackupReport // of the newest drill or restoring since the start; nil: none
}

// BackupFile is a backup in a folder. The zero one is none.
type BackupFile struct {
	Name    string
	Made    time.Time
	Size    int64     // bytes
	Good    bool      // it was read back after it was written
	Ours    bool      // this practice's program made it; only such a one is ever removed
	Expires time.Time // see KeptBackup; zero for one that is not ours
}

// BackupTask is what is going on.
type BackupTask string

// The tasks.
const (
	NoBackupTask   BackupTask = ""
	BackupWriting  BackupTask = "writing"
	BackupChecking BackupTask = "checking"  // reading back what was written
	BackupDrilling BackupTask = "drilling"  // restoring to a temporary place
	BackupRestores BackupTask = "restoring" // into a new folder
	BackupCompares BackupTask = "comparing" // what was restored
)

// BackupJob is how far it is.
type BackupJob struct {
	Task       BackupTask
	Name       string // of the backup
	Auto       bool   // it began by itself
	Done, Of   int64  // bytes; Of is 0 where nobody knows
	Cancelling bool
	Stuck      bool // it was cancelled, and the disk does not let go of it
}

// BackupReport is what came of a drill or a restoring.
type BackupReport struct {
	Task     BackupTask // BackupDrilling or BackupRestores
	Name     string     // of the backup, or the path of the file
	Into     string     // the folder that was restored into; "" for a drill
	At       time.Time
	Err      error     // why it did not come to its end; the rest is empty then
	Made     time.Time // the backup
	OK       bool      // nothing was found
	Patients bool      // patients' values were opened; otherwise they were counted
	Counts   []BackupCount
	Entries  uint64   // of the audit chain
	Findings []string // what is wrong, in English
	// Again are patients who were erased since the backup, and whom a restored store has
	// again. AgainAll: nobody else was.
	Again    []BackupAgain
	AgainAll bool
}

// BackupAgain is such a patient, by the opaque id, and the entry of the erasure in the
// audit chain of this store.
type BackupAgain struct {
	Patient clinical.ID
	Seq     uint64
	At      time.Time
}

// BackupCount is how many values of a kind there are.
type BackupCount struct {
	Kind           string
	Backed, Stored uint64
}

// backupsView is what whoever is at work may see of backups.
func (d *Desk) backupsView() BackupsView {
	if d.cfg.Backups == nil {
		return BackupsView{}
	}
	v := d.cfg.Backups.State()
	v.FolderErr, v.Err = explain(v.FolderErr), explain(v.Err)
	if d.may(clinical.PermitBackup) == nil {
		return v
	}
	return BackupsView{Has: v.Has, Old: v.Old, Last: BackupFile{Made: v.Last.Made}, Since: v.Since}
}

// ChooseBackupFolder makes a folder the one for backups.
func (d *Desk) ChooseBackupFolder(folder string, done func(error)) {
	d.aboutBackups(clinical.PermitBackup, func(ctx context.Context, b Backups) error { return b.ChooseFolder(ctx, folder) }, done)
}

// MakeBackup begins to make a backup; the view tells what comes of it. ErrErasing and
// ErrImporting: the store is not at rest.
func (d *Desk) MakeBackup(done func(error)) {
	d.permittedTo(clinical.PermitBackup, done, func() {
		if err := d.storeHeld(); err != nil {
			done(explain(err))
			return
		}
		d.aboutBackups(clinical.PermitBackup, func(ctx context.Context, b Backups) error { return b.Make(ctx) }, done)
	})
}

// DrillBackup begins to prove a backup of the folder by restoring it to a temporary
// place; "" is the newest good one.
func (d *Desk) DrillBackup(name string, done func(error)) {
	d.aboutBackups(clinical.PermitBackup, func(ctx context.Context, b Backups) error { return b.Drill(ctx, name) }, done)
}

// RestoreBackup begins to make a data folder of a backup. It wipes the recovery code.
func (d *Desk) RestoreBackup(from string, code []byte, into string, done func(error)) {
	d.aboutBackups(clinical.PermitRestore, func(ctx context.Context, b Backups) error { return b.Restore(ctx, from, code, into) }, func(err error) {
		if err != nil {
			clear(code)
		}
		done(err)
	})
}

// CancelBackup ends what is going on with backups.
func (d *Desk) CancelBackup(done func(error)) {
	d.aboutBackups(clinical.PermitBackup, func(_ context.Context, b Backups) error {
		b.Cancel()
		return nil
	}, done)
}

// aboutBackups asks the keeper for something on behalf of who is at work. It is told
// that it was done even if somebody else came to work meanwhile.
func (d *Desk) aboutBackups(p clinical.Permission, do func(context.Context, Backups) error, done func(error)) {
	d.permittedTo(p, done, func() {
		if d.cfg.Backups == nil {
			done(errNoBackups)
			return
		}
		d.job(func(ctx context.Context) func() {
			err := do(ctx, d.cfg.Backups)
			return func() { done(explain(err)) }
		})
	})
}
