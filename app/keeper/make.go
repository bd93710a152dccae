package keeper

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"stipple/app/audit"
	"stipple/app/backup"
	"stipple/app/console"
	"stipple/app/durable"
	"stipple/app/vault"
)

// Make begins to make a backup. ErrNoFolder: there is no place for it.
func (k *Keeper) Make(ctx context.Context) error {
	if k.State().Folder == "" {
		return ErrNoFolder
	}
	return k.begin(audit.Who(ctx), console.BackupWriting, false, k.backUp)
}

// backUp makes a backup, reads it back, and removes those that have expired.
func (k *Keeper) backUp(ctx context.Context, j *job) error {
	m, err := k.ready()
	if err != nil {
		return err
	}
	if m, err = k.tidy(ctx, m); err != nil {
		return err
	}
	at := k.cfg.Now().UTC().Truncate(time.Second)
	for m.find(m.Folder, backup.Name(at)) >= 0 { // two within a second
		at = at.Add(time.Second)
	}
	e := entry{Folder: m.Folder, Disk: diskOf(m.Folder), Name: backup.Name(at), Made: at}
	if err := k.change(ctx, func(m memory) memory { return m.with(e) }); err != nil {
		return err
	}
	made, size, err := k.writeAndCheck(ctx, j, m.Folder, at)
	if err != nil {
		return errors.Join(err, k.tidyAfter(ctx))
	}
	e = goodEntry(e.Folder, e.Disk, made, size)
	if err := k.change(ctx, func(m memory) memory { return m.with(e) }, madeEntry(made.Manifest)); err != nil {
		return err
	}
	return k.expire(ctx, e)
}

// ready is what is remembered, if the folder is the one that was chosen.
func (k *Keeper) ready() (memory, error) {
	k.mu.Lock()
	m := k.memory
	k.mu.Unlock()
	if m.Folder == "" {
		return m, ErrNoFolder
	}
	return m, marked(m.Folder, m.Mark)
}

// tidy removes what a process left that was killed over a backup, and forgets what is not
// in the folder any more. What is on another disk stays remembered: a patient who is
// erased is still in it.
func (k *Keeper) tidy(ctx context.Context, m memory) (memory, error) {
	var gone []string
	here := entry{Folder: m.Folder, Disk: diskOf(m.Folder)}
	for _, e := range m.Made {
		if !e.beside(here) {
			continue
		}
		path := filepath.Join(e.Folder, e.Name)
		if !e.Good {
			durable.Sweep(path)
		}
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			gone = append(gone, e.Name)
		}
	}
	return k.forgetAll(ctx, m.Folder, gone)
}

// tidyAfter is tidy behind a backup that failed. A stick that was pulled still has what
// was begun: that goes when the stick is back.
func (k *Keeper) tidyAfter(ctx context.Context) error {
	m, err := k.ready()
	if err != nil {
		return nil // which is why it failed
	}
	_, err = k.tidy(ctx, m)
	return err
}

// forgetAll takes backups of a folder out of what is remembered.
func (k *Keeper) forgetAll(ctx context.Context, folder string, names []string) (memory, error) {
	gone := make(map[string]bool)
	for _, n := range names {
		gone[n] = true
	}
	var now memory
	without := func(m memory) memory {
		now = m.without(func(e entry) bool { return e.Folder == folder && gone[e.Name] })
		return now
	}
	if len(names) == 0 {
		k.mu.Lock()
		defer k.mu.Unlock()
		return k.memory, nil
	}
	err := k.change(ctx, without)
	return now, err
}

// writeAndCheck makes a backup that was read back, or none.
func (k *Keeper) writeAndCheck(ctx context.Context, j *job, folder string, at time.Time) (backup.Made, int64, error) {
	k.step(j, console.BackupWriting, backup.Name(at))
	k.mu.Lock()
	write := k.write
	k.mu.Unlock()
	made, err := write(ctx, k.cfg.Source, folder, at, k.progress(j))
	if errors.Is(err, backup.ErrNotWritten) {
		err = &NotWrittenError{folder, console.FaultOf(err), err}
	}
	if err != nil {
		return made, 0, err
	}
	k.step(j, console.BackupChecking, backup.Name(at))
	size, err := Check(ctx, k.cfg.Source, made, k.progress(j))
	return made, size, err
}

// Check reads a backup back that was just made, and returns its size in bytes. One that
// does not hold is removed: ErrReadBack.
func Check(ctx context.Context, src backup.Source, made backup.Made, progress func(done, of int64)) (int64, error) {
	identity, err := src.Store.BackupIdentity(ctx, vault.NewIdentity)
	if err == nil {
		_, err = backup.Check(ctx, made.Path, identity, progress)
	}
	var info fs.FileInfo
	if err == nil {
		info, err = os.Stat(made.Path)
	}
	if err != nil {
		if rm := os.Remove(made.Path); rm != nil && !errors.Is(rm, fs.ErrNotExist) {
			err = errors.Join(err, rm)
		}
		return 0, fmt.Errorf("%w: %w", ErrReadBack, err)
	}
	return info.Size(), nil
}

// expire removes backups that have expired. newest is the one that was made last: it
// stays even where the clock says that it is the oldest.
func (k *Keeper) expire(ctx context.Context, newest entry) error {
	k.mu.Lock()
	m := k.memory
	k.mu.Unlock()
	var names []string
	good := make(map[string]bool)
	for _, e := range m.Made {
		if e.beside(newest) && e.Name != newest.Name {
			names = append(names, e.Name)
			good[e.Name] = e.Good
		}
	}
	names, good[newest.Name] = append(names, newest.Name), true
	var gone []string
	for _, name := range backup.Expired(names, func(n string) bool { return good[n] }, policy()) {
		e := m.Made[m.find(newest.Folder, name)]
		if ctx.Err() != nil || name == newest.Name || !removed(e) {
			continue
		}
		gone = append(gone, name)
	}
	_, err := k.forgetAll(ctx, newest.Folder, gone)
	return err
}

// removed removes a backup, if what stands under its name is what was made. What can't be
// removed does no harm; the next day tries again.
func removed(e entry) bool {
	path := filepath.Join(e.Folder, e.Name)
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true
	case err != nil:
		return false
	case !info.Mode().IsRegular() || e.Good && info.Size() != e.Size:
		return true // somebody else's by now: it stays, and is forgotten
	}
	return os.Remove(path) == nil
}
