package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"stipple/app/alarm"
	"stipple/app/awake"
	"stipple/app/backup"
	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/giveway"
	"stipple/app/keeper"
	"stipple/app/sound/player"
	"stipple/app/store"
	"stipple/app/turns"
	"stipple/app/ui"
	"stipple/app/vault"
	"stipple/device"
	"stipple/protocol"
)

// room is one open console: a store, a pen, a desk, and what shows them.
type room struct {
	store     *store.Store
	who       atomic.Pointer[entry] // who signed in last; nil: a training store, which is open to all
	vain      vain                  // the PINs that were tried at its lock since
	left      *leftovers            // of exports
	backups   *keeper.Keeper        // nil: a training store has none
	pen       pen
	link      *device.Supervisor
	desk      *console.Desk
	awake     *awake.Keeper
	sound     *player.Player
	window    *ui.Window
	bench     *Bench
	hurried   bool      // the pen can put something out, and STOP is quick
	spare     chan bool // the newest wish for processors to spare
	throwAway string    // folder to remove at the end; empty: none

	stop  []context.CancelFunc // in the order of the ends
	ended []<-chan struct{}
	mu    sync.Mutex
	errs  []error
}

// openRoom opens the store for who came in, and prepares the rest. Nothing runs yet.
// The keys of who are the room's, also where it can't be opened.
func openRoom(ctx context.Context, opt Options, who *entry, log *slog.Logger, simulate func(clinical.PenKind)) (_ *room, err error) {
	r := &room{bench: opt.Bench, spare: make(chan bool, 1)}
	r.who.Store(who)
	defer func() {
		if err != nil {
			err = errors.Join(err, r.closeStore())
		}
	}()
	lib, err := clinical.LoadLibrary(opt.Bench.limits())
	if err != nil {
		return nil, err
	}
	dir, throwAway, err := opt.dataDir()
	if err != nil {
		return nil, err
	}
	if throwAway {
		r.throwAway = dir
	}
	path, err := storePath(dir)
	if err != nil {
		return nil, err
	}
	operators, err := r.openStore(ctx, path, who)
	if err != nil {
		return nil, err
	}
	backup.Sweep(dir) // copies of patients who may be erased
	// What is open to all is for training, also without a simulated pen.
	training, err := markTraining(ctx, r.store, opt.training() || who == nil)
	if errors.Is(err, ErrRealStore) && !opt.training() {
		err = errOpenToAll
	}
	if err != nil {
		return nil, err
	}
	if r.left, err = newLeftovers(ctx, r.store, time.Now); err != nil {
		return nil, err
	}
	keep := dir
	if throwAway {
		keep = ""
	}
	if r.pen, err = choosePen(opt, keep); err != nil {
		return nil, err
	}
	r.link = device.NewSupervisor(device.SupervisorConfig{
		Find:    r.pen.find,
		Open:    opt.Bench.wrap(r.pen.open),
		Named:   opt.Port != "" || opt.Sim != "",
		Options: device.Options{Rand: rand.Reader, StatusRate: protocol.MaxStatusRate},
		Log:     log,
	})
	if r.pen.joined != nil {
		r.pen.joined(r.link)
	}
	r.keepBackups(dir)
	r.desk = console.New(console.Config{
		Link:      r.link,
		Library:   lib,
		Patients:  r.store,
		Presets:   r.store,
		Records:   r.store,
		Operators: operators,
		Staff:     r.staff(),
		Files:     files{},
		Journal:   r.store,
		Exports:   auditFiles{r.left},
		Exchange:  exchanger{r.store, time.Now, r.left},
		Erasures:  r.store,
		Copies:    copies{r.backups, path},
		Backups:   r.backupsOfDesk(),

		Unfinished: r.store.Unfinished(),
		Now:        time.Now,
		Rand:       rand.Reader,
		Training:   training,
		ThrowAway:  throwAway,
		Handpiece:  r.pen.hand,
		Simulate:   simulate,
		Sound:      func(s alarm.Signal) { r.sound.Set(s) },
	})
	r.sound = player.New(player.Config{Start: startSound, Device: r.desk.SoundDevice, Played: r.desk.SoundPlayed})
	r.awake = awake.New(awake.Config{
		Who:  appName,
		Why:  "a pen is armed",
		Away: func(why awake.Reason) { r.desk.FallBack(fellAway(why)) },
		Problem: func(err error) {
			log.Warn("the computer may sleep or lock while a pen is armed, or nobody tells of it", "cause", err)
		},
	})
	r.desk.Prepare(ctx) // a run that a crash left open stands on the first page
	return r, nil
}

// keepBackups prepares the keeper of the backups of a practice.
func (r *room) keepBackups(dir string) {
	who := r.who.Load()
	if who == nil {
		return
	}
	r.backups = keeper.New(keeper.Config{
		Source: backup.Source{Store: r.store, Keys: who.keys, Slots: who.slots, Program: appName + " " + appVersion},
		Dir:    dir,
		Now:    time.Now,
		Tell:   func(f alarm.Finding, there bool) { r.desk.Tell(f, there) },
		Busy:   func() bool { return r.desk.View().Held != nil || r.puttingOut() },
	})
}

// backupsOfDesk is what the desk sees of it.
func (r *room) backupsOfDesk() console.Backups {
	if r.backups == nil {
		return nil
	}
	return r.backups
}

// openStore opens the store, and says who can be chosen to work: who signed in, or in
// a training store anybody.
func (r *room) openStore(ctx context.Context, path string, who *entry) (operators console.Operators, err error) {
	if who == nil {
		r.store, err = store.OpenTraining(path, store.Options{})
		return r.store, err
	}
	r.store, err = who.open(ctx, path)
	return atWork{r.store, func() clinical.ID { return r.who.Load().who }}, err
}

// staff is who works here, with their ways in.
func (r *room) staff() console.Staff {
	who := r.who.Load()
	if who == nil {
		return openStaff{r.store}
	}
	return &staff{store: r.store, slots: who.slots, keys: func() *vault.Vault { return r.who.Load().keys }, now: time.Now}
}

// start runs what the room is made of. The ends come in the reverse order.
func (r *room) start(ctx context.Context) {
	ctx = giveway.While(ctx, r.puttingOut)
	r.desk.Watch(func() {
		up := keepsAwake(r.desk.View().Pen.Phase)
		r.hurry(up)
		r.awake.Hold(up)
		r.window.Refresh()
	})
	// The first three end behind the desk, which disarms and has the last word.
	r.goRun(ctx, r.sound.Run)
	r.goRun(ctx, r.awake.Run)
	r.goRun(ctx, r.spareProcs)
	if r.pen.run != nil {
		r.goRun(ctx, r.pen.run)
	}
	r.goRun(ctx, r.link.Run)
	r.goRun(ctx, r.desk.Run)
	r.goRun(ctx, r.verify)
	r.goRun(ctx, r.rekey)
	r.goRun(ctx, func(ctx context.Context) error { return r.left.run(ctx, r.desk.Report) })
	if r.backups != nil {
		r.goRun(ctx, r.backups.Run)
	}
	r.goRun(ctx, func(ctx context.Context) error { return watchDisk(ctx, r.store.Room, r.desk.Tell) })
	r.goRun(ctx, func(ctx context.Context) error {
		r.window.Start(ctx)
		<-ctx.Done()
		return nil
	})
	if r.bench != nil && r.bench.Run != nil {
		r.goRun(ctx, func(ctx context.Context) error {
			return r.bench.Run(ctx, r.parts())
		})
	}
}

// hurry makes STOP quick while it may be needed. The desk's goroutine alone calls it.
func (r *room) hurry(up bool) {
	if up == r.hurried {
		return
	}
	r.hurried = up
	if up {
		turns.Short() // what is armed was drawn first
	}
	select {
	case <-r.spare: // an older wish
	default:
	}
	r.spare <- up
}

// puttingOut says whether the pen can put anything out: long work gives way meanwhile
// (package giveway).
func (r *room) puttingOut() bool { return keepsAwake(r.desk.View().Pen.Phase) }

// keepsAwake says in which phases the computer must not sleep, and STOP must wait
// for nothing: those with output.
func keepsAwake(p console.Phase) bool {
	switch p {
	case console.Ready, console.Treating, console.Service:
		return true
	}
	return false
}

// fellAway is why READY ends when the person went away.
func fellAway(why awake.Reason) clinical.FallBackReason {
	if why == awake.Locked {
		return clinical.FellLocked
	}
	return clinical.FellSleep
}

// verify reads every record once, beside the work. Opening has checked the
// file's structure; this finds a record that no longer says what was written.
func (r *room) verify(ctx context.Context) error {
	if err := r.store.Verify(ctx); err != nil && ctx.Err() == nil {
		r.desk.Report(err)
	}
	return nil
}

// goRun starts one part and remembers how to end it. Its context outlives ctx:
// the parts end one after the other, in close.
func (r *room) goRun(ctx context.Context, run func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	r.stop = append(r.stop, cancel)
	r.ended = append(r.ended, done)
	go func() {
		defer close(done)
		if err := run(ctx); err != nil && !errors.Is(err, context.Canceled) {
			r.mu.Lock()
			r.errs = append(r.errs, err)
			r.mu.Unlock()
		}
	}()
}

// close ends the parts, newest first: the window stops drawing, the desk
// disarms and writes what is left, the link closes, the pen ends, and the
// store is closed last.
func (r *room) close() error {
	for i := len(r.stop) - 1; i >= 0; i-- {
		r.stop[i]()
		<-r.ended[i]
	}
	r.pen.close()
	r.mu.Lock()
	defer r.mu.Unlock()
	return errors.Join(append(r.errs, r.closeStore())...)
}

func (r *room) closeStore() error {
	var err error
	who := r.who.Load()
	if r.store != nil {
		if who != nil {
			err = errors.Join(r.vain.tell(context.Background(), r.store, who.slots), who.left(r.store))
		}
		err = errors.Join(err, r.store.Close())
	}
	if who != nil {
		err = errors.Join(err, who.close())
	}
	if r.throwAway != "" {
		if rm := os.RemoveAll(r.throwAway); rm != nil {
			err = errors.Join(err, fmt.Errorf("remove the demo's folder: %w", rm))
		}
	}
	return err
}
