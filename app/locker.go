package app

import (
	"context"
	"time"

	"stipple/app/audit"
	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui"
	"stipple/app/vault"
)

// The lock's times.
const (
	// lockAfter is how long a console without trigger or input stays open (safety.md
	// section 8).
	lockAfter = 5 * time.Minute
	// lockLook is how often that is looked at.
	lockLook = 5 * time.Second
)

// errRunOpen means that a treatment has to be ended before somebody else signs in.
var errRunOpen error = runOpenError{}

type runOpenError struct{}

func (runOpenError) Error() string { return "a treatment is open" }

// Code is the word by which the window finds its sentence.
func (runOpenError) Code() string { return "run_open" }

// locker locks a practice's console, and lets who is signed in back. It hides; the keys
// stay, because a record may be open. All but watch runs on the window's thread.
type locker struct {
	room   *room
	window *ui.Window
	leave  func() // for the sign-in of somebody else
	now    func() time.Time
	// dispatch runs a function on the window's thread, and work one off it.
	dispatch, work func(func())

	state ui.LockState
}

// actions are what the window asks of it.
func (l *locker) actions() ui.LockActions {
	return ui.LockActions{Ask: l.lock, Passphrase: l.unlock, HandOver: l.handOver}
}

// person is who is signed in.
func (l *locker) person() vault.Person { return l.room.who.person() }

// lock hides the console; a pen that is armed is disarmed.
func (l *locker) lock() {
	if l.window.Locked() {
		return
	}
	l.room.desk.FallBack(clinical.FellLocked)
	l.state = ui.LockState{Operator: l.room.desk.View().Operator.Name}
	l.window.Lock(l.state)
	l.tell(audit.Lock)
}

// unlock tries a passphrase.
func (l *locker) unlock(passphrase []byte) {
	l.show(nil, 0, true)
	who := l.person()
	l.work(func() {
		keys, _, err := l.room.who.slots.SignIn(who.SignIn, passphrase, l.now())
		clear(passphrase)
		if err == nil {
			err = keys.Close()
		}
		l.dispatch(func() {
			if err != nil {
				l.refused(err, l.now().Add(l.room.who.slots.Wait(who.SignIn, l.now())))
				return
			}
			l.room.desk.Here()
			l.window.Unlock()
			l.tell(audit.Unlock)
		})
	})
}

// refused says what was wrong, and how long the next try has to wait.
func (l *locker) refused(err error, until time.Time) {
	wait := max(until.Sub(l.now()), 0)
	l.show(err, wait, false)
	if wait > 0 {
		time.AfterFunc(min(wait, time.Second), func() {
			l.dispatch(func() {
				if l.window.Locked() && !l.state.Busy {
					l.refused(err, until)
				}
			})
		})
	}
}

func (l *locker) show(err error, wait time.Duration, busy bool) {
	l.state.Err, l.state.Wait, l.state.Busy = err, wait, busy
	l.window.Lock(l.state)
}

// handOver leaves for the sign-in, unless a treatment is open.
func (l *locker) handOver() {
	if l.room.desk.View().Run.Open {
		l.show(errRunOpen, 0, false)
		return
	}
	l.leave()
}

// tell writes what happened into the audit chain. What can't be written is told like
// any other record that can't be.
func (l *locker) tell(a audit.Action) {
	operator := l.room.desk.View().Operator
	l.work(func() {
		ctx := audit.By(context.Background(), audit.Actor{Operator: operator})
		if err := l.room.store.Audit(ctx, audit.Entry{Action: a}); err != nil {
			l.room.desk.Report(err)
		}
	})
}

// watch locks a console that nobody has used for lockAfter, until ctx ends.
func (l *locker) watch(ctx context.Context) error {
	t := time.NewTicker(lockLook)
	defer t.Stop()
	idle := idleness{since: l.now()}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
			if idle.tooLong(l.now(), l.room.desk.LastHere(), l.room.desk.View().Pen.Phase) {
				l.dispatch(l.lock)
			}
		}
	}
}

// idleness is how long nobody has used a console.
type idleness struct {
	since time.Time
}

// tooLong says whether it has to be locked: nobody pressed anything, and no pen was
// treating, for lockAfter. A clock that was set back begins anew.
func (i *idleness) tooLong(now, here time.Time, phase console.Phase) bool {
	if phase == console.Treating || now.Before(i.since) {
		i.since = now
	}
	if here.After(i.since) && !here.After(now) {
		i.since = here
	}
	return now.Sub(i.since) >= lockAfter
}
