package app

import (
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/store"
	"stipple/app/ui"
	"stipple/app/vault"
)

// A console is locked after five minutes without trigger or input, never while it
// treats, and not because the clock was set.
func TestIdleness(t *testing.T) {
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	at := func(d time.Duration) time.Time { return start.Add(d) }
	long := time.Unix(0, 0)
	for _, c := range []struct {
		name  string
		now   time.Duration
		here  time.Time
		phase console.Phase
		want  bool
	}{
		{"just opened", 0, long, console.Standby, false},
		{"not yet", lockAfter - time.Second, long, console.Standby, false},
		{"nobody came", lockAfter, long, console.Standby, true},
		{"also without a pen", lockAfter, long, console.Disconnected, true},
		{"somebody was here", lockAfter, at(time.Second), console.Standby, false},
		{"long ago", lockAfter + time.Minute, at(time.Minute), console.Ready, true},
		{"while treating", 2 * lockAfter, long, console.Treating, false},
		{"a press of the future", lockAfter, at(time.Hour), console.Standby, true},
	} {
		i := idleness{since: start}
		if got := i.tooLong(at(c.now), c.here, c.phase); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	i := idleness{since: start}
	if i.tooLong(at(2*lockAfter), long, console.Treating) || i.tooLong(at(2*lockAfter+time.Second), long, console.Standby) {
		t.Error("locked as soon as the trigger was let go")
	}
	if i.tooLong(at(-time.Hour), long, console.Standby) || !i.tooLong(at(-time.Hour+lockAfter), long, console.Standby) {
		t.Error("a clock that was set back does not begin anew")
	}
}

// A laptop that slept counts the time that it slept, which a monotonic clock does not: who
// opens its lid hours later finds the lock.
func TestIdlenessWhileAsleep(t *testing.T) {
	opened := time.Now()
	woken := opened
	// The layout of time.Time: seconds stand above 30 bits of nanoseconds.
	*(*uint64)(unsafe.Pointer(&woken)) += uint64(lockAfter/time.Second) << 30
	if woken.Sub(opened) != 0 || woken.Round(0).Sub(opened.Round(0)) != lockAfter {
		t.Fatal("not what a sleep makes of a time")
	}
	i := idleness{since: opened}
	if !i.tooLong(woken, time.Unix(0, 0), console.Standby) {
		t.Error("open")
	}
}

// lockBench is a practice's console without a pen, and its lock. What the lock hands to
// the window's thread runs in until.
type lockBench struct {
	t    *testing.T
	door *door
	room *room
	lock *locker
	todo chan func()
	run  bool // a treatment is open

	came, reopened *entry
}

// openLock sets a practice up for meyer and opens its console.
func openLock(t *testing.T) *lockBench {
	t.Helper()
	d := doorAt(t, t.TempDir())
	e, err := d.setUp(newcomer{name: "Dr A. Meyer", signIn: "meyer", passphrase: []byte(goodPassphrase), code: recoveryCode(t)})
	if err != nil {
		t.Fatal(err)
	}
	b := &lockBench{t: t, door: d, todo: make(chan func(), 100)}
	b.open(e)
	return b
}

func (b *lockBench) open(e *entry) {
	b.t.Helper()
	opt := Options{Data: b.door.dir, Port: filepath.Join(b.door.dir, "no-port")}
	r, err := openRoom(b.t.Context(), opt, e, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	b.room = r
	r.goRun(b.t.Context(), r.desk.Run)
	b.t.Cleanup(func() { b.close() })
	b.lock = &locker{
		room: r, pins: newPINs(), now: time.Now, treats: func() bool { return b.run },
		came: func(e *entry) { b.came = e }, reopen: func(e *entry) { b.reopened = e },
		work: func(f func()) { f() }, dispatch: func(f func()) { b.todo <- f },
	}
	b.lock.window = &lockWindow{}
}

// lockWindow is a window that is locked or not.
type lockWindow struct{ locked bool }

func (w *lockWindow) Lock(ui.LockState) { w.locked = true }
func (w *lockWindow) Unlock()           { w.locked = false }
func (w *lockWindow) Locked() bool      { return w.locked }

// close ends the console once.
func (b *lockBench) close() {
	b.t.Helper()
	if b.room == nil {
		return
	}
	if err := b.room.close(); err != nil {
		b.t.Error(err)
	}
	b.room = nil
}

// until runs what was handed to the window's thread until ok.
func (b *lockBench) until(what string, ok func() bool) {
	b.t.Helper()
	limit := time.After(20 * time.Second)
	for !ok() {
		select {
		case f := <-b.todo:
			f()
		case <-limit:
			b.t.Fatalf("%s does not come", what)
		}
	}
}

// audited are the newest entries of the audit chain: who, what, and how often in vain.
func (b *lockBench) audited(n int) []string {
	b.t.Helper()
	all, err := b.room.store.AuditEntries(b.t.Context(), 0, 1000)
	if err != nil {
		b.t.Fatal(err)
	}
	return said(all[max(len(all)-n, 0):])
}

// said are entries of the audit chain as text.
func said(entries []store.AuditEntry) []string {
	var out []string
	for _, e := range entries {
		text := e.Operator.Name + " " + string(e.Action)
		for _, c := range e.Changes {
			if c.Field == "tries" || c.Field == "by" {
				text += " " + c.After.String()
			}
		}
		out = append(out, text)
	}
	return out
}

// setPIN sets a PIN with a passphrase.
func (b *lockBench) setPIN(passphrase, pin string) (err error) {
	b.t.Helper()
	done := false
	b.lock.setPIN([]byte(passphrase), []byte(pin), func(e error) { done, err = true, e })
	b.until("the answer", func() bool { return done })
	return err
}

// A PIN is set with the passphrase alone, unlocks, and after five wrong tries in a row
// does not until the passphrase was typed. All of that is in the audit chain.
func TestPIN(t *testing.T) {
	b := openLock(t)
	l := b.lock
	for _, c := range []struct {
		passphrase, pin string
		want            error
	}{
		{"not the passphrase", "4071", vault.ErrWrong},
		{goodPassphrase, "4444", errWeakPIN},
		{goodPassphrase, "407", errPINLength},
		{goodPassphrase, "4071", nil},
	} {
		if err := b.setPIN(c.passphrase, c.pin); !errors.Is(err, c.want) || l.own().HasPIN() != (c.want == nil) {
			t.Errorf("%s: %v", c.pin, err)
		}
	}
	l.lock()
	if !l.window.Locked() || !l.state.PIN || l.state.Tries != pinTries {
		t.Fatalf("locked: %+v", l.state)
	}
	for n := range pinTries - 1 {
		l.tryPIN([]byte("1704"))
		if !errors.Is(l.state.Err, errWrongPIN) || l.state.Tries != pinTries-1-n {
			t.Errorf("after %d: %+v", n+1, l.state)
		}
	}
	if l.tryPIN([]byte("4071")); l.window.Locked() {
		t.Fatal("the right one does not unlock")
	}
	if got, want := b.audited(4), []string{"Dr A. Meyer lock", " sign_in.failed 1", " sign_in.failed PIN 4", "Dr A. Meyer unlock"}; !sameWords(got, want) {
		t.Errorf("%q", got)
	}
	l.lock()
	for range pinTries {
		l.tryPIN([]byte("1704"))
	}
	if l.tryPIN([]byte("4071")); !l.window.Locked() || l.state.Tries != 0 || !l.state.PIN {
		t.Fatalf("after five wrong ones: %+v", l.state)
	}
	l.unlock([]byte("not the passphrase"))
	b.until("that it is wrong", func() bool { return errors.Is(l.state.Err, vault.ErrWrong) })
	l.unlock([]byte(goodPassphrase))
	b.until("the console", func() bool { return !l.window.Locked() })
	want := []string{"Dr A. Meyer lock", " sign_in.failed 1", " sign_in.failed PIN 6", "Dr A. Meyer unlock"}
	if got := b.audited(4); !sameWords(got, want) {
		t.Errorf("%q", got)
	}
	l.lock()
	if l.state.Tries != pinTries {
		t.Errorf("the passphrase does not give the tries back: %+v", l.state)
	}
	l.own().RemovePIN()
	if l.tryPIN([]byte("4071")); !l.window.Locked() || l.state.PIN {
		t.Error("a PIN that was removed unlocks")
	}
	// What was tried at the end is told at the end.
	s := b.room.store
	if err := b.room.vain.tell(t.Context(), s, l.slots()); err != nil {
		t.Fatal(err)
	}
	if got := b.audited(1); !sameWords(got, []string{" sign_in.failed PIN 1"}) {
		t.Errorf("%q", got)
	}
}

// sameWords compares entries whatever the order of the words in each.
func sameWords(got, want []string) bool {
	sorted := func(all []string) (out []string) {
		for _, s := range all {
			words := strings.Fields(s)
			slices.Sort(words)
			out = append(out, strings.Join(words, " "))
		}
		return out
	}
	return slices.Equal(sorted(got), sorted(want))
}

// The passphrase is changed with the present one alone, and takes the PIN along.
func TestChangePassphrase(t *testing.T) {
	b := openLock(t)
	l := b.lock
	if err := b.setPIN(goodPassphrase, "4071"); err != nil {
		t.Fatal(err)
	}
	change := func(present, next string) (err error) {
		done := false
		l.changePassphrase([]byte(present), []byte(next), func(e error) { done, err = true, e })
		b.until("the answer", func() bool { return done })
		return err
	}
	const next = "a new set of words"
	if err := change("not the passphrase", next); !errors.Is(err, vault.ErrWrong) || !l.own().HasPIN() {
		t.Errorf("with a wrong one: %v", err)
	}
	if err := change(goodPassphrase, "meyermeyer"); !errors.Is(err, vault.ErrWeak) {
		t.Errorf("to the own name: %v", err)
	}
	if err := l.own().CheckPassphrase([]byte("meyermeyer")); !errors.Is(err, vault.ErrWeak) {
		t.Errorf("the own name: %v", err)
	}
	if err := change(goodPassphrase, next); err != nil || l.own().HasPIN() {
		t.Errorf("%v, a PIN: %v", err, l.own().HasPIN())
	}
	if got := b.audited(2); !sameWords(got, []string{" sign_in.failed 1", "Dr A. Meyer passphrase.change"}) {
		t.Errorf("%q", got)
	}
	l.lock()
	l.unlock([]byte(goodPassphrase))
	b.until("that it is wrong", func() bool { return errors.Is(l.state.Err, vault.ErrWrong) })
	l.unlock([]byte(next))
	b.until("the console", func() bool { return !l.window.Locked() })
}

// A passphrase whose change can't be written down is not changed.
func TestPassphraseThatCanNotBeTold(t *testing.T) {
	b := openLock(t)
	if err := b.room.store.Close(); err != nil {
		t.Fatal(err)
	}
	var err error
	done := false
	b.lock.changePassphrase([]byte(goodPassphrase), []byte("a new set of words"), func(e error) { done, err = true, e })
	b.until("the answer", func() bool { return done })
	if !errors.Is(err, store.ErrClosed) {
		t.Error(err)
	}
	if keys, _, err := b.lock.slots().SignIn("meyer", []byte(goodPassphrase), time.Now()); err != nil {
		t.Error("the former one: ", err)
	} else if err := keys.Close(); err != nil {
		t.Error(err)
	}
	_ = b.room.close() // the store was closed
	b.room = nil
}

// Who was given another passphrase by the administrator, because somebody knew theirs, has
// no PIN that somebody may know as well.
func TestPINOfARenewedPassphrase(t *testing.T) {
	b := openLock(t)
	if err := b.setPIN(goodPassphrase, "4071"); err != nil {
		t.Fatal(err)
	}
	e := b.room.who.Load()
	const next = "a new set of words"
	if err := e.slots.Renew(e.keys, e.person(), []byte(next)); err != nil {
		t.Fatal(err)
	}
	l := b.lock
	l.lock()
	if l.tryPIN([]byte("4071")); !l.window.Locked() || l.state.PIN || l.own().HasPIN() {
		t.Errorf("%+v", l.state)
	}
	l.unlock([]byte(next))
	b.until("the console", func() bool { return !l.window.Locked() })
	if err := b.setPIN(next, "4071"); err != nil || !l.own().HasPIN() {
		t.Error(err)
	}
}

func TestCheckPIN(t *testing.T) {
	for pin, want := range map[string]error{
		"": errPINLength, "407": errPINLength, "407140714": errPINLength, "40a1": errPINLength,
		"0000": errWeakPIN, "1234": errWeakPIN, "8901": errWeakPIN, "4321": errWeakPIN, "2468": errWeakPIN, "77777777": errWeakPIN,
		"4071": nil, "1235": nil, "40714071": nil,
	} {
		if err := checkPIN([]byte(pin)); !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%q: %v", pin, err)
		}
	}
}

// A PIN is of one person.
func TestPINOfEachPerson(t *testing.T) {
	p := newPINs()
	for who, pin := range map[string]string{"a": "4071", "b": "9052"} {
		if err := p.set(who, []byte(pin)); err != nil {
			t.Fatal(err)
		}
	}
	if p.try("a", []byte("9052")) || !p.try("b", []byte("9052")) || p.try("c", []byte("4071")) {
		t.Error("a PIN is taken for another person's")
	}
}

// add gives the practice another operator, whose passphrase is goodPassphrase.
func (b *lockBench) add(signIn string, role clinical.Role, holds bool) clinical.Operator {
	b.t.Helper()
	who := b.room.who.Load()
	id, err := store.NewID()
	if err != nil {
		b.t.Fatal(err)
	}
	o, err := b.room.store.AddOperator(b.t.Context(), clinical.Operator{ID: id, Name: strings.ToUpper(signIn), Role: role})
	if err != nil {
		b.t.Fatal(err)
	}
	if err := who.slots.Add(who.keys, vault.Person{ID: id, SignIn: signIn, HoldsPatients: holds}, []byte(goodPassphrase)); err != nil {
		b.t.Fatal(err)
	}
	return o
}

// A second clinician takes over within the lock: the desk, the lock and the sign-out are
// theirs, and the PIN of the first opens nothing any more.
func TestHandOver(t *testing.T) {
	b := openLock(t)
	l := b.lock
	second := b.add("okonkwo", clinical.RoleClinician, true)
	if err := b.setPIN(goodPassphrase, "4071"); err != nil {
		t.Fatal(err)
	}
	b.run = true
	if got := l.others(); !slices.Equal(got, []string{"okonkwo"}) {
		t.Errorf("others: %q", got)
	}
	l.lock()
	l.handOver("okonkwo", []byte("not the passphrase"))
	b.until("that it is wrong", func() bool { return errors.Is(l.state.Second.Err, vault.ErrWrong) })
	if l.state.Err != nil || !l.window.Locked() {
		t.Errorf("%+v", l.state)
	}
	l.handOver("Okonkwo", []byte(goodPassphrase))
	b.until("the console", func() bool { return !l.window.Locked() })
	if v := b.room.desk.View(); v.Operator != second || !slices.Equal(v.Operators, []clinical.Operator{second}) {
		t.Errorf("%+v of %+v", v.Operator, v.Operators)
	}
	if b.came == nil || b.came.who != second.ID || b.reopened != nil || l.person().ID != second.ID {
		t.Errorf("came %+v, reopened %+v", b.came, b.reopened)
	}
	all, err := atWork{b.room.store, func() clinical.ID { return b.room.who.Load().who }}.Operators(t.Context())
	if err != nil || !slices.Equal(all, []clinical.Operator{second}) {
		t.Errorf("%+v can be chosen, %v", all, err)
	}
	want := []string{"Dr A. Meyer lock", " sign_in.failed 1", "OKONKWO hand_over"}
	if got := b.audited(3); !sameWords(got, want) {
		t.Errorf("%q", got)
	}
	l.lock()
	l.tryPIN([]byte("4071"))
	l.unlock([]byte("not the passphrase"))
	b.until("that it is wrong", func() bool { return errors.Is(l.state.Err, vault.ErrWrong) })
	if l.state.PIN || !l.window.Locked() || l.state.Operator != "OKONKWO" {
		t.Errorf("the PIN of the first: %+v", l.state)
	}
	if _, err := b.room.store.Setting(t.Context(), "none"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the store is closed: %v", err)
	}
	l.unlock([]byte(goodPassphrase))
	b.until("the console", func() bool { return !l.window.Locked() })
	d := b.door
	b.close()
	e, err := doorAt(t, d.dir).signIn("meyer", []byte(goodPassphrase))
	if err != nil {
		t.Fatal(err)
	}
	b.open(e)
	if got := b.audited(2); !sameWords(got, []string{"OKONKWO sign_out", "Dr A. Meyer sign_in"}) {
		t.Errorf("%q", got)
	}
}

// Whoever can't take over what is open gets the console anew, with the keys just made,
// and not while a treatment is open.
func TestHandOverToATechnician(t *testing.T) {
	b := openLock(t)
	l := b.lock
	technician := b.add("roth", clinical.RoleTechnician, false)
	l.lock()
	b.run = true
	l.handOver("roth", []byte(goodPassphrase))
	b.until("the refusal", func() bool { return errors.Is(l.state.Second.Err, errRunOpen) })
	if b.reopened != nil || !l.window.Locked() || l.state.Busy {
		t.Fatalf("%+v", l.state)
	}
	b.run = false
	l.handOver("roth", []byte("not the passphrase"))
	b.until("that it is wrong", func() bool { return errors.Is(l.state.Second.Err, vault.ErrWrong) })
	l.handOver("roth", []byte(goodPassphrase))
	b.until("the end", func() bool { return b.reopened != nil })
	if b.reopened.who != technician.ID || b.came != b.reopened || !l.window.Locked() || !l.state.Busy {
		t.Fatalf("%+v, %+v", b.reopened, l.state)
	}
	e := b.reopened
	b.close()
	b.open(e) // without a passphrase
	if v := b.room.desk.View(); v.Operators[0] != technician || v.Operator != technician {
		t.Errorf("%+v of %+v is at work", v.Operator, v.Operators)
	}
	if got := b.audited(3); !sameWords(got, []string{" sign_in.failed 1", "Dr A. Meyer sign_out", "ROTH sign_in"}) {
		t.Errorf("%q", got)
	}
	// And a clinician whose keys the open store does not have.
	l = b.lock
	b.reopened = nil
	l.lock()
	l.handOver("meyer", []byte(goodPassphrase))
	b.until("the end", func() bool { return b.reopened != nil })
	if err := b.reopened.keys.Close(); err != nil {
		t.Fatal(err)
	}
}

// What was tried in vain is in the audit chain whoever comes in then, and whatever became
// of the right try behind it.
func TestWhatWasTriedIsTold(t *testing.T) {
	b := openLock(t)
	b.add("roth", clinical.RoleTechnician, false)
	dir := b.door.dir
	b.close()
	b.door = doorAt(t, dir)
	if _, err := b.door.signIn("roth", []byte("not the passphrase")); !errors.Is(err, vault.ErrWrong) {
		t.Fatal(err)
	}
	if _, err := b.door.recovered(recoveryCode(t)); !errors.Is(err, vault.ErrWrongCode) {
		t.Fatal(err)
	}
	e, err := b.door.signIn("meyer", []byte(goodPassphrase))
	if err != nil {
		t.Fatal(err)
	}
	b.open(e)
	want := []string{" sign_in.failed 1", " sign_in.failed recovery code 1", "Dr A. Meyer sign_in"}
	if got := b.audited(3); !sameWords(got, want) {
		t.Errorf("at the sign-in: %q", got)
	}
	l := b.lock
	l.lock()
	l.handOver("roth", []byte("not the passphrase"))
	b.until("that it is wrong", func() bool { return errors.Is(l.state.Second.Err, vault.ErrWrong) })
	b.run = true
	l.handOver("roth", []byte(goodPassphrase))
	b.until("the refusal", func() bool { return errors.Is(l.state.Second.Err, errRunOpen) })
	b.run = false
	l.handOver("roth", []byte(goodPassphrase))
	b.until("the end", func() bool { return b.reopened != nil })
	e = b.reopened
	b.close()
	b.open(e)
	want = []string{"Dr A. Meyer lock", " sign_in.failed 1", "Dr A. Meyer sign_out", "ROTH sign_in"}
	if got := b.audited(4); !sameWords(got, want) {
		t.Errorf("at a hand-over: %q", got)
	}
}

// Somebody who hands over to oneself is back.
func TestHandOverToOneself(t *testing.T) {
	b := openLock(t)
	l := b.lock
	l.lock()
	l.handOver("meyer", []byte(goodPassphrase))
	b.until("the console", func() bool { return !l.window.Locked() })
	if got := b.audited(1); !sameWords(got, []string{"Dr A. Meyer unlock"}) || b.reopened != nil {
		t.Errorf("%q", got)
	}
}

// A try that has to wait is said as such, with the time that is left.
func TestHandOverWaits(t *testing.T) {
	b := openLock(t)
	l := b.lock
	b.add("roth", clinical.RoleTechnician, false)
	l.lock()
	for l.state.Second.Wait == 0 {
		l.handOver("roth", []byte("not the passphrase"))
		b.until("that it is wrong", func() bool { return l.state.Second.Err != nil })
	}
	l.handOver("roth", []byte(goodPassphrase))
	var wait *vault.WaitError
	b.until("that it waits", func() bool { return errors.As(l.state.Second.Err, &wait) })
	if l.state.Second.Wait == 0 || l.state.Wait != 0 {
		t.Errorf("%+v", l.state)
	}
	l.unlock([]byte(goodPassphrase)) // nobody else has to wait
	b.until("the console", func() bool { return !l.window.Locked() })
}
