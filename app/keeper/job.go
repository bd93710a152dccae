package keeper

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"stipple/app/audit"
	"stipple/app/console"
)

// job is what is going on.
type job struct {
	auto     bool
	cancel   context.CancelCauseFunc
	ended    chan struct{}
	task     atomic.Value // console.BackupTask
	name     atomic.Value // string
	done, of atomic.Int64
	moved    atomic.Value // time.Time: when it last came on; a clock that is set, or a sleep, moves it along

	// Below is guarded by Keeper.mu.
	cancelledAt time.Time // zero: it was not
}

// step tells what comes next, and that it comes on.
func (k *Keeper) step(j *job, task console.BackupTask, name string) {
	j.task.Store(task)
	j.name.Store(name)
	j.done.Store(0)
	j.of.Store(0)
	j.moved.Store(k.cfg.Now())
}

// progress is told how far it is.
func (k *Keeper) progress(j *job) func(done, of int64) {
	return func(done, of int64) {
		j.done.Store(done)
		j.of.Store(of)
		j.moved.Store(k.cfg.Now())
	}
}

// begin begins something on behalf of somebody; console.ErrBackupBusy if something is
// going on.
func (k *Keeper) begin(by audit.Actor, task console.BackupTask, auto bool, work func(context.Context, *job) error) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.ctx == nil || k.job != nil || !k.recalled {
		return console.ErrBackupBusy
	}
	ctx, cancel := context.WithCancelCause(audit.By(k.ctx, by))
	j := &job{auto: auto, cancel: cancel, ended: make(chan struct{})}
	k.step(j, task, "")
	k.job = j
	go func() {
		err := work(ctx, j)
		k.took(j, ctx, err)
		cancel(nil)
		close(j.ended)
		k.lookAgain()
	}()
	k.poke()
	return nil
}

// errCancelled is why somebody has ended something.
var errCancelled = errors.New("cancelled")

// took takes what came of something. That somebody has ended it is no failure.
func (k *Keeper) took(j *job, ctx context.Context, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.job = nil
	making := j.task.Load() == console.BackupWriting || j.task.Load() == console.BackupChecking
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	switch {
	case !making || errors.Is(err, errCancelled) || errors.Is(err, context.Canceled):
	case err == nil:
		k.failed = nil
	default:
		k.failed, k.failedAt = err, k.cfg.Now()
	}
}

// giveUp ends what has not come on for too long.
func (k *Keeper) giveUp() {
	k.mu.Lock()
	defer k.mu.Unlock()
	j := k.job
	if j == nil || !j.cancelledAt.IsZero() {
		return
	}
	// A comparison reads the store beside, and tells nothing while it does.
	if now := k.cfg.Now(); j.task.Load() != console.BackupCompares && now.Sub(j.moved.Load().(time.Time)) > stall {
		j.cancelledAt = now
		j.cancel(ErrNoAnswer)
		if j.task.Load() != console.BackupDrilling && j.task.Load() != console.BackupRestores {
			k.failed, k.failedAt = ErrNoAnswer, now
		}
	}
}

// Cancel ends what is going on.
func (k *Keeper) Cancel() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if j := k.job; j != nil && j.cancelledAt.IsZero() {
		j.cancelledAt = k.cfg.Now()
		j.cancel(errCancelled)
	}
}

// view is how far it is.
func (j *job) view(now time.Time) console.BackupJob {
	v := console.BackupJob{
		Task: j.task.Load().(console.BackupTask), Name: j.name.Load().(string), Auto: j.auto,
		Done: j.done.Load(), Of: j.of.Load(), Cancelling: !j.cancelledAt.IsZero(),
	}
	v.Stuck = v.Cancelling && now.Sub(j.cancelledAt) > stuckAfter
	return v
}
