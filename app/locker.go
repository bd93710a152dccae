package app

import (
	"context"
	"errors"
	"time"

	"stipple/app/audit"
	"stipple/app/clinical"
	"stipple/app/coded"
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

// errRunOpen means that a treatment has to be ended before somebody signs in who can't
// take it over.
var errRunOpen = coded.New("run_open", "a treatment is open")

// lockable is the window: ui.Window.
type lockable interface {
	Lock(ui.LockState)
	Unlock()
	Locked() bool
}

// locker locks a practice's console, and lets who is signed in back. It hides; the keys
// stay, because a record may be open. All but watch runs on the window's thread.
type locker struct {
	room   *room
	window lockable
	pins   *pins
	now    func() time.Time
	// treats says whether a treatment is open.
	treats func() bool
	// came is told who took over, and reopen closes the console and opens it for
	// somebody.
	came, reopen func(*entry)
	// dispatch runs a function on the window's thread, and work one off it.
	dispatch, work func(func())

	state ui.LockState
	try   int // counts the tries: what is left to say of one ends with the next
}

// actions are what the window asks of it.
func (l *locker) actions() ui.LockActions {
	return ui.LockActions{Ask: l.lock, PIN: l.tryPIN, Passphrase: l.unlock, Others: l.others, HandOver: l.handOver}
}

// own are what who is signed in does about their own secrets.
func (l *locker) own() ui.OwnActions {
	return ui.OwnActions{
		HasPIN:           func() bool { return l.pins.has(l.person().Slot) },
		CheckPIN:         checkPIN,
		SetPIN:           l.setPIN,
		RemovePIN:        func() { l.pins.remove(l.person().Slot) },
		CheckPassphrase:  func(p []byte) error { return vault.CheckPassphrase(l.person().SignIn, p) },
		ChangePassphrase: l.changePassphrase,
	}
}

// person is who is signed in.
func (l *locker) person() vault.Person { return l.room.who.Load().person() }

// slots are the ways into the store.
func (l *locker) slots() *vault.Slots { return l.room.who.Load().slots }

// lock hides the console; a pen that is armed is disarmed.
func (l *locker) lock() {
	if l.window.Locked() {
		return
	}
	l.room.desk.FallBack(clinical.FellLocked)
	l.try++
	l.state = ui.LockState{Operator: l.room.desk.View().Operator.Name}
	l.show(nil, 0, false)
	l.tell(audit.Lock)
}

// tryPIN tries a PIN.
func (l *locker) tryPIN(figures []byte) {
	l.try++
	who := l.person()
	right := l.pins.try(who.Slot, figures)
	clear(figures)
	if !right {
		l.room.vain.add(who.ID)
		l.show(errWrongPIN, 0, false)
		return
	}
	l.open()
}

// unlock tries a passphrase.
func (l *locker) unlock(passphrase []byte) {
	l.try++
	l.show(nil, 0, true)
	who := l.person()
	l.signedIn(who, passphrase, func(keys *vault.Vault) error { return keys.Close() }, func(err error) {
		if err != nil {
			l.refused(who.SignIn, err, l.show)
			return
		}
		l.open()
	})
}

// open shows the console again.
func (l *locker) open() {
	l.room.desk.Here()
	l.window.Unlock()
	l.tell(audit.Unlock)
}

// signedIn checks the passphrase of a person, which it wipes, and does something with
// the keys that it opens, which are do's. then is told what came of it, on the window's
// thread.
func (l *locker) signedIn(who vault.Person, passphrase []byte, do func(*vault.Vault) error, then func(error)) {
	l.work(func() {
		keys, _, err := l.slots().SignIn(who.SignIn, passphrase, l.now())
		clear(passphrase)
		if err == nil {
			err = do(keys)
		}
		l.dispatch(func() {
			if err == nil {
				l.pins.proven(who.Slot)
			}
			then(err)
		})
	})
}

// setPIN sets the PIN of who is signed in.
func (l *locker) setPIN(passphrase, figures []byte, done func(error)) {
	who := l.person()
	l.signedIn(who, passphrase, func(keys *vault.Vault) error { return keys.Close() }, func(err error) {
		if err == nil {
			err = l.pins.set(who.Slot, figures)
		}
		clear(figures)
		done(err)
	})
}

// changePassphrase gives who is signed in another passphrase, and so no PIN.
func (l *locker) changePassphrase(present, next []byte, done func(error)) {
	who, operator := l.person(), l.room.desk.View().Operator
	l.signedIn(who, present, func(keys *vault.Vault) error {
		err := vault.CheckPassphrase(who.SignIn, next)
		if err == nil { // before it is done: no crash hides it
			err = l.put(operator, audit.Entry{Action: audit.PassphraseChange, Subject: operatorSubject(who.ID)})
		}
		if err == nil {
			err = l.slots().ChangePassphrase(keys, who.ID, next)
		}
		clear(next)
		return errors.Join(err, keys.Close())
	}, func(err error) {
		clear(next)
		done(err)
	})
}

// refused says what was wrong with a try for somebody, and how long the next one has to
// wait.
func (l *locker) refused(signIn string, err error, show func(error, time.Duration, bool)) {
	until := l.now().Add(l.slots().Wait(signIn, l.now()))
	l.countDown(l.try, err, until, show)
}

// countDown shows how long the next try has to wait, each second, until there is one.
func (l *locker) countDown(try int, err error, until time.Time, show func(error, time.Duration, bool)) {
	wait := max(until.Sub(l.now()), 0)
	show(err, wait, false)
	if wait > 0 {
		time.AfterFunc(min(wait, time.Second), func() {
			l.dispatch(func() {
				if l.window.Locked() && try == l.try {
					l.countDown(try, err, until, show)
				}
			})
		})
	}
}

// show shows the lock, and what came of the newest try.
func (l *locker) show(err error, wait time.Duration, busy bool) {
	who := l.person().Slot
	l.state.PIN, l.state.Tries = l.pins.has(who), l.pins.left(who)
	l.state.Err, l.state.Wait, l.state.Busy = err, wait, busy
	l.state.Second = ui.SecondState{}
	l.window.Lock(l.state)
}

// others are the sign-in names of those who can take over.
func (l *locker) others() []string {
	var names []string
	for _, p := range l.slots().People() {
		if p.ID != l.person().ID {
			names = append(names, p.SignIn)
		}
	}
	return names
}

// handOver lets a second person in, by passphrase, within the lock.
func (l *locker) handOver(signIn string, passphrase []byte) {
	l.try++
	l.showHandOver(nil, 0, true)
	l.work(func() {
		next, operator, err := l.second(signIn, passphrase)
		clear(passphrase)
		l.dispatch(func() {
			if err != nil {
				l.refused(signIn, err, l.showHandOver)
				return
			}
			l.pins.proven(next.person().Slot)
			l.take(next, operator)
		})
	})
}

// second proves who somebody is.
func (l *locker) second(signIn string, passphrase []byte) (*entry, clinical.Operator, error) {
	next, err := letIn(l.slots(), signIn, passphrase, l.now())
	if err == nil {
		err = next.own()
	}
	if err != nil {
		return nil, clinical.Operator{}, err
	}
	operator, err := operatorOf(context.Background(), l.room.store, next.who)
	if err != nil {
		err = errors.Join(err, next.keys.Close())
	}
	return next, operator, err
}

// take gives the console to who has proven who they are. Who may treat and holds the
// same keys takes over what is open; for anybody else it is closed and opened anew,
// which no treatment may have to see.
func (l *locker) take(next *entry, operator clinical.Operator) {
	now := l.room.who.Load()
	switch {
	case next.who == now.who:
		_ = next.keys.Close() // only read from
		l.open()
	case operator.Role.MayTreat() && next.keys.HoldsPatients() && now.keys.HoldsPatients():
		l.work(func() { l.takeOver(now, next, operator) })
	case l.treats():
		_ = next.keys.Close()
		l.showHandOver(errRunOpen, 0, false)
	default:
		l.came(next)
		l.reopen(next)
	}
}

// takeOver puts next into the place of now, with all that is open. The store goes on
// with the keys that it was opened with, which are the same.
func (l *locker) takeOver(now, next *entry, operator clinical.Operator) {
	before := l.room.desk.View().Operator
	_ = next.keys.Close()
	next.keys = now.keys
	l.room.who.Store(next)
	l.write(operator, audit.Entry{
		Action: audit.HandOver, Subject: operatorSubject(next.who),
		Changes: []audit.Change{{Field: "operator", Before: audit.Text(before.Name), After: audit.Text(operator.Name)}},
	})
	l.room.desk.TakeOver(operator, func() {
		l.dispatch(func() {
			l.came(next)
			l.room.desk.Here()
			l.window.Unlock()
		})
	})
}

// showHandOver shows the form of a second person, and what came of the newest try.
func (l *locker) showHandOver(err error, wait time.Duration, busy bool) {
	l.state.Second = ui.SecondState{Err: err, Wait: wait}
	l.state.Busy = busy
	l.window.Lock(l.state)
}

// tell writes what happened into the audit chain.
func (l *locker) tell(a audit.Action) {
	operator := l.room.desk.View().Operator
	l.work(func() { l.write(operator, audit.Entry{Action: a}) })
}

// write writes an entry. What can't be written is told like any other record that can't
// be.
func (l *locker) write(operator clinical.Operator, e audit.Entry) {
	if err := l.put(operator, e); err != nil {
		l.room.desk.Report(err)
	}
}

// put puts an entry into the audit chain, behind what was tried in vain if somebody got
// in.
func (l *locker) put(operator clinical.Operator, e audit.Entry) error {
	ctx := context.Background()
	var err error
	if e.Action != audit.Lock {
		err = l.room.vain.tell(ctx, l.room.store, l.slots())
	}
	by := audit.By(ctx, audit.Actor{Operator: operator})
	return errors.Join(err, l.room.store.Audit(by, e))
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
	now = now.Round(0) // the time of day: the other clock may stand while the computer sleeps
	if phase == console.Treating || now.Before(i.since) {
		i.since = now
	}
	if here.After(i.since) && !here.After(now) {
		i.since = here
	}
	return now.Sub(i.since) >= lockAfter
}
