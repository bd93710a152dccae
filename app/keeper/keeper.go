package keeper

import (
	"context"
	"sync"
	"time"
	"unicode/utf8"

	"stipple/app/alarm"
	"stipple/app/audit"
	"stipple/app/backup"
	"stipple/app/console"
	"stipple/app/store"
)

// Config is what a keeper needs. All fields are required.
type Config struct {
	Source backup.Source
	Dir    string // the data folder, in which drills are done
	Now    func() time.Time
	// Tell says that an alarm's condition is there or not. It must return at once.
	Tell func(f alarm.Finding, there bool)
	// Busy says that nothing may begin by itself now: a pen can put anything out.
	Busy func() bool
}

// Keeper keeps the backups of an open store. It is a console.Backups.
type Keeper struct {
	cfg  Config
	wake chan struct{}
	// write is backup.Write; a test has others.
	write func(context.Context, backup.Source, string, time.Time, func(done, of int64)) (backup.Made, error)

	writing sync.Mutex // held while memory is changed in the store

	mu       sync.Mutex // never held while waiting for a disk
	ctx      context.Context
	memory   memory
	recalled bool
	job      *job
	seen     seen
	looking  bool
	lookedAt time.Time
	failed   error
	failedAt time.Time
	tried    time.Time // the newest automatic try
	report   *console.BackupReport
	shown    console.BackupsView
}

var _ console.Backups = (*Keeper)(nil)

// New makes a keeper; Run runs it.
func New(cfg Config) *Keeper {
	return &Keeper{cfg: cfg, wake: make(chan struct{}, 1), write: backup.Write, shown: console.BackupsView{Has: true}}
}

// Run keeps backups until ctx ends. What is going on then is cancelled, and waited for
// until closePatience is over: ErrAbandoned after that.
func (k *Keeper) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	k.mu.Lock()
	k.ctx = ctx
	k.mu.Unlock()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		k.turn(ctx)
		select {
		case <-ctx.Done():
			return k.end()
		case <-tick.C:
		case <-k.wake:
		}
	}
}

// poke has Run look again.
func (k *Keeper) poke() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// turn does whatever is due.
func (k *Keeper) turn(ctx context.Context) {
	k.recall(ctx)
	k.lookAtFolder(ctx)
	k.giveUp()
	k.beginDue()
	k.publish()
	k.tell()
}

// recall reads what is remembered, once.
func (k *Keeper) recall(ctx context.Context) {
	k.mu.Lock()
	done := k.recalled
	k.mu.Unlock()
	if done {
		return
	}
	m, fresh, err := recall(ctx, k.cfg.Source.Store)
	if err == nil && fresh {
		var mark string
		if mark, err = newMark(); err == nil {
			m.Mark, m.Since = mark, k.cfg.Now()
			err = keep(ctx, k.cfg.Source.Store, m)
		}
	}
	if err != nil {
		if ctx.Err() == nil {
			k.fail(err)
		}
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.memory, k.recalled = m, true
}

func newMark() (string, error) {
	id, err := store.NewID()
	return string(id), err
}

// change changes what is remembered, and writes it down; told are entries for the audit
// chain. Nothing changes where it can't be written.
func (k *Keeper) change(ctx context.Context, to func(memory) memory, told ...audit.Entry) error {
	k.writing.Lock()
	defer k.writing.Unlock()
	k.mu.Lock()
	m := to(k.memory)
	k.mu.Unlock()
	// What was done was done, also where who asked for it has gone.
	if err := keep(context.WithoutCancel(ctx), k.cfg.Source.Store, m, told...); err != nil {
		return err
	}
	k.mu.Lock()
	k.memory = m
	k.mu.Unlock()
	return nil
}

// lookAtFolder begins a look at the folder when it is time.
func (k *Keeper) lookAtFolder(ctx context.Context) {
	k.mu.Lock()
	defer k.mu.Unlock()
	m, now := k.memory, k.cfg.Now()
	since := now.Sub(k.lookedAt)
	fresh := since >= 0 && since < lookEvery && k.seen.folder == m.Folder
	if !k.recalled || m.Folder == "" || k.looking || fresh {
		return
	}
	k.looking = true
	go func() {
		ctx, cancel := context.WithTimeout(ctx, lookPatience)
		defer cancel()
		s, err := within(ctx, func() seen { return look(m.Folder, m.Mark) })
		if err != nil {
			s = seen{folder: m.Folder, err: err}
		}
		k.mu.Lock()
		k.looking, k.seen, k.lookedAt = false, s, now
		k.mu.Unlock()
		k.poke()
	}()
}

// lookAgain has the folder looked at anew.
func (k *Keeper) lookAgain() {
	k.mu.Lock()
	k.lookedAt = time.Time{}
	k.mu.Unlock()
	k.poke()
}

// beginDue begins a backup that is due by itself.
func (k *Keeper) beginDue() {
	k.mu.Lock()
	now := k.cfg.Now()
	since := now.Sub(k.tried)
	waits := since >= 0 && since < again
	if waits || k.job != nil || !k.dueAt(now) || k.seen.folder != k.memory.Folder || k.seen.err != nil {
		k.mu.Unlock()
		return
	}
	k.mu.Unlock()
	if k.cfg.Busy() {
		return
	}
	if k.begin(audit.Actor{}, console.BackupWriting, true, k.backUp) == nil {
		k.mu.Lock()
		k.tried = now
		k.mu.Unlock()
	}
}

// dueAt says whether a backup is due. One that seems to come from the future tells
// nothing: the clock was set back.
func (k *Keeper) dueAt(now time.Time) bool {
	if !k.recalled || k.memory.Folder == "" {
		return false
	}
	last, ok := k.memory.newest()
	return !ok || now.Sub(last.Made) >= every || last.Made.After(now)
}

// old says whether the newest good backup is too old, and how old it is.
func (k *Keeper) old(now time.Time) (age time.Duration, old bool) {
	since := k.memory.Since
	if last, ok := k.memory.newest(); ok {
		since = last.Made
	}
	age = now.Sub(since)
	return age, k.recalled && age > tooOld
}

// fail remembers that a try has failed.
func (k *Keeper) fail(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.failed, k.failedAt = err, k.cfg.Now()
}

// tell tells the alarms.
func (k *Keeper) tell() {
	k.mu.Lock()
	age, old := k.old(k.cfg.Now())
	failed, why := k.failed, k.failed
	switch {
	case !k.recalled:
	case k.memory.Folder == "":
		why = ErrNoFolder
	case k.seen.err != nil:
		why = k.seen.err
	}
	k.mu.Unlock()
	k.cfg.Tell(alarm.Finding{
		Condition: alarm.Of(alarm.BackupOld), Cause: why,
		Expected: alarm.AtMost(alarm.Duration, tooOld.Microseconds()),
		Measured: alarm.Value{Quantity: alarm.Duration, N: age.Microseconds()},
	}, old)
	k.cfg.Tell(alarm.Finding{Condition: alarm.Of(alarm.BackupFailed), Cause: failed}, failed != nil)
}

// end waits for what is going on, for a while.
func (k *Keeper) end() error {
	k.mu.Lock()
	k.ctx = nil
	j := k.job
	k.mu.Unlock()
	if j == nil {
		return nil
	}
	wait := time.NewTimer(closePatience)
	defer wait.Stop()
	select {
	case <-j.ended:
		return nil
	case <-wait.C:
		return ErrAbandoned
	}
}

// ChooseFolder makes a folder the one for backups: it gets the mark, and a backup is
// made there when it is due. Errors: the system's, ErrNoAnswer, and those of the store.
func (k *Keeper) ChooseFolder(ctx context.Context, folder string) error {
	k.mu.Lock()
	before, ready := k.memory, k.recalled
	k.mu.Unlock()
	if !ready {
		return console.ErrBackupBusy
	}
	if !utf8.ValidString(folder) || utf8.RuneCountInString(folder) > audit.MaxTextRunes {
		return &console.FileError{Path: folder, Fault: console.FileName}
	}
	soon, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	err, slow := within(soon, func() error { return putMark(folder, before.Mark) })
	switch {
	case slow != nil:
		return slow
	case err != nil:
		return &console.FileError{Path: folder, Fault: console.FaultOf(err), Cause: err}
	}
	told := about(audit.BackupFolder, "")
	told.Changes = []audit.Change{{Field: "folder", Before: audit.Text(before.Folder), After: audit.Text(folder)}}
	if before.Folder == folder {
		told.Changes = nil
	}
	err = k.change(ctx, func(m memory) memory {
		m.Folder = folder
		return m
	}, told)
	if err != nil {
		return err
	}
	k.mu.Lock()
	k.tried = time.Time{} // another disk: at once
	k.mu.Unlock()
	k.lookAgain()
	return nil
}

// Kept are the backups that were made and not removed since.
func (k *Keeper) Kept(context.Context) ([]console.KeptBackup, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.recalled {
		return nil, console.ErrBackupBusy
	}
	all := make([]console.KeptBackup, 0, len(k.memory.Made))
	now := k.cfg.Now()
	for i := len(k.memory.Made) - 1; i >= 0; i-- {
		e := k.memory.Made[i]
		all = append(all, console.KeptBackup{Name: e.Name, Folder: e.Folder, Made: e.Made, Expires: k.memory.expires(e, now)})
	}
	return all, nil
}
