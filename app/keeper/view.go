package keeper

import (
	"cmp"
	"slices"
	"time"

	"stipple/app/backup"
	"stipple/app/console"
)

// State is the newest, with how far is what is going on.
func (k *Keeper) State() console.BackupsView {
	k.mu.Lock()
	defer k.mu.Unlock()
	v := k.shown
	v.Job = console.BackupJob{}
	if k.job != nil {
		v.Job = k.job.view(k.cfg.Now())
	}
	v.Report = k.report
	return v
}

// publish makes anew what State tells of all that does not change each moment.
func (k *Keeper) publish() {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.cfg.Now()
	v := console.BackupsView{Has: true, Folder: k.memory.Folder, Since: k.memory.Since, Err: k.failed, FailedAt: k.failedAt}
	if k.seen.folder == v.Folder {
		v.FolderErr = k.seen.err
		v.Files = k.files()
	}
	_, v.Old = k.old(now)
	if last, ok := k.memory.newest(); ok {
		v.Last = console.BackupFile{Name: last.Name, Made: last.Made, Size: last.Size, Good: true, Ours: true, Expires: k.memory.expires(last, now)}
		v.Next = last.Made.Add(every)
	}
	if v.Next.Before(now) || v.Last.Made.After(now) {
		v.Next = now
	}
	if v.Folder == "" {
		v.Next = time.Time{}
	}
	k.shown = v
}

// files are the backups in the folder, newest first.
func (k *Keeper) files() (all []console.BackupFile) {
	now := k.cfg.Now()
	for name, size := range k.seen.files {
		f := console.BackupFile{Name: name, Size: size}
		f.Made, _ = backup.TimeOf(name)
		if i := k.memory.find(k.memory.Folder, name); i >= 0 {
			e := k.memory.Made[i]
			f.Ours, f.Good = true, e.Good && e.Size == size
			if f.Good {
				f.Expires = k.memory.expires(e, now)
			}
		}
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b console.BackupFile) int { return cmp.Compare(b.Name, a.Name) })
	return all
}
