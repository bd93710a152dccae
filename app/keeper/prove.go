package keeper

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"stipple/app/audit"
	"stipple/app/backup"
	"stipple/app/console"
	"stipple/app/store"
	"stipple/app/vault"
)

// Drill begins to restore a backup of the folder to a temporary place and to compare it.
// ErrNoFolder, ErrUnknown: there is none.
func (k *Keeper) Drill(ctx context.Context, name string) error {
	k.mu.Lock()
	folder := k.memory.Folder
	if name == "" {
		for _, e := range k.memory.Made {
			if size, there := k.seen.files[e.Name]; e.Folder == folder && e.Good && there && size == e.Size {
				name = e.Name
			}
		}
	}
	k.mu.Unlock()
	if folder == "" {
		return ErrNoFolder
	}
	path, ok := inFolder(folder, name)
	if !ok {
		return ErrUnknown
	}
	return k.begin(audit.Who(ctx), console.BackupDrilling, false, func(ctx context.Context, j *job) error {
		k.step(j, console.BackupDrilling, name)
		r, err := k.drill(ctx, j, path)
		return k.reported(ctx, console.BackupReport{Task: console.BackupDrilling, Name: name}, r, err)
	})
}

func (k *Keeper) drill(ctx context.Context, j *job, path string) (backup.Report, error) {
	src := k.cfg.Source
	identity, err := src.Store.BackupIdentity(ctx, vault.NewIdentity)
	if err != nil {
		return backup.Report{}, err
	}
	r, err := backup.Drill(ctx, path, identity, src.Keys, src.Store, k.cfg.Dir, k.comes(j))
	if err != nil {
		return r, err
	}
	return r, src.Store.Audit(ctx, Proved(audit.BackupDrill, filepath.Base(path), r))
}

// comes tells how far a restoring is, and that it is compared when all is read.
func (k *Keeper) comes(j *job) func(done, of int64) {
	tell := k.progress(j)
	return func(done, of int64) {
		tell(done, of)
		if done == of {
			j.task.Store(console.BackupCompares)
		}
	}
}

// Restore begins to make a data folder of a backup by the recovery code, which is wiped.
func (k *Keeper) Restore(ctx context.Context, from string, code []byte, into string) error {
	return k.begin(audit.Who(ctx), console.BackupRestores, false, func(ctx context.Context, j *job) error {
		defer clear(code)
		k.step(j, console.BackupRestores, filepath.Base(from))
		r, err := Restore(ctx, from, string(code), into, k.cfg.Source.Store, k.comes(j))
		return k.reported(ctx, console.BackupReport{Task: console.BackupRestores, Name: from, Into: into}, r, err)
	})
}

// Restore makes a data folder of a backup by the recovery code, compares it, and writes
// into its audit chain that it was restored, and who of those that running, nil for none,
// has erased since is there again. The folder stays where it differs, since
// it may be the best there is. Errors: those of backup.Restore and of opening it.
func Restore(ctx context.Context, from, code, into string, running *store.Store, progress func(done, of int64)) (r backup.Report, err error) {
	m, err := backup.Restore(ctx, from, code, into, progress)
	if err != nil {
		return r, err
	}
	slots, err := vault.Load(into, vault.Options{})
	if err != nil {
		return r, err
	}
	keys, err := slots.Recover(code, time.Now())
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, keys.Close()) }()
	if r, err = backup.Compare(ctx, into, m, keys, running); err != nil {
		return r, err
	}
	s, err := store.Open(filepath.Join(into, store.FileName), store.Options{Sealer: keys, SealBackup: slots.Encrypt})
	if err != nil {
		return r, err
	}
	return r, errors.Join(tellRestored(ctx, s, r), s.Close())
}

// tellRestored writes into the chain of a restored store that it was, and each patient who
// is to be erased there again: the running store may not be there any more when somebody
// does.
func tellRestored(ctx context.Context, s *store.Store, r backup.Report) error {
	err := s.Audit(ctx, Proved(audit.BackupRestore, backup.Name(r.Manifest.Made), r))
	for _, a := range r.Again {
		if err != nil {
			return err
		}
		err = s.Audit(ctx, audit.Entry{
			Action: audit.PatientAgain, Patient: a.Patient,
			Subject: audit.Subject{Kind: audit.SubjectPatient, ID: string(a.Patient)},
			Changes: []audit.Change{
				{Field: "erased_at", After: audit.When(a.At)},
				{Field: "erased_entry", After: audit.Amount(audit.Count, int64(a.Seq))},
			},
		})
	}
	return err
}

// Proved is the entry of a backup that was drilled or restored.
func Proved(a audit.Action, name string, r backup.Report) audit.Entry {
	e := about(a, name)
	if n := len(r.Again); n > 0 {
		e.Changes = []audit.Change{{Field: "erased_since", After: audit.Amount(audit.Count, int64(n))}}
	}
	return e
}

// reported keeps a report for the window. One that somebody has ended tells nothing.
func (k *Keeper) reported(ctx context.Context, v console.BackupReport, r backup.Report, err error) error {
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	v.At, v.Err = k.cfg.Now(), err
	if err == nil {
		v.Made, v.OK, v.Patients, v.Entries = r.Manifest.Made, r.OK(), r.Patients, r.Audit.Entries
		for _, c := range r.Counts {
			v.Counts = append(v.Counts, console.BackupCount{Kind: c.Bucket, Backed: c.Manifest, Stored: c.Stored})
		}
		v.Findings = append(v.Findings, r.Findings...)
		v.AgainAll = r.AgainAll
		for _, a := range r.Again {
			v.Again = append(v.Again, console.BackupAgain{Patient: a.Patient, Seq: a.Seq, At: a.At})
		}
		for _, f := range r.Audit.Findings {
			v.Findings = append(v.Findings, f.String())
		}
	}
	if !errors.Is(err, errCancelled) && !errors.Is(err, context.Canceled) {
		k.mu.Lock()
		k.report = &v
		k.mu.Unlock()
	}
	return err
}
