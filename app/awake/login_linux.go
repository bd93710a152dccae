package awake

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/godbus/dbus/v5"
)

// The login manager's names (org.freedesktop.login1, systemd 183 and newer).
const (
	loginService = "org.freedesktop.login1"
	loginPath    = "/org/freedesktop/login1"
	loginManager = loginService + ".Manager"
	loginSession = loginService + ".Session"
	loginUser    = loginService + ".User"
	properties   = "org.freedesktop.DBus.Properties"
)

// errDenied is the bus's word for what the clinic's policy does not allow.
const errDenied = "org.freedesktop.DBus.Error.AccessDenied"

// login is the connection to the login manager.
type login struct {
	cfg     Config
	wish    wish
	manager dbus.BusObject
	session dbus.ObjectPath // of this program's session; empty: not known
	block   *lock           // while held: neither sleep nor idleness
	delay   *lock           // all the time: sleep waits until the pen is safe
	asleep  bool            // from the word that the computer will sleep to the one that it has
	grace   *time.Timer     // runs while the sleep is held up
}

// keepLogin is the part of the login manager.
func keepLogin(ctx context.Context, cfg Config, w wish) error {
	err := runLogin(ctx, cfg, w)
	if err != nil {
		return &UnavailableError{Service: "login manager", Cause: err}
	}
	return nil
}

func runLogin(ctx context.Context, cfg Config, w wish) (err error) {
	conn, err := openBus(ctx, dbus.SystemBusPrivate)
	if err != nil {
		return err
	}
	l := &login{cfg: cfg, wish: w, manager: conn.Object(loginService, loginPath), grace: time.NewTimer(sleepGrace)}
	l.grace.Stop()
	// Who asks for more than the policy allows gets nothing: idleness alone may
	// be inhibited by everybody.
	l.block = &lock{ask: l.inhibit("block", "sleep:idle", "idle")}
	l.delay = &lock{ask: l.inhibit("delay", "sleep")}
	defer func() { err = errors.Join(err, l.block.end(), l.delay.end(), conn.Close()) }()
	rules := [][]dbus.MatchOption{{
		dbus.WithMatchSender(loginService), dbus.WithMatchInterface(loginManager), dbus.WithMatchMember("PrepareForSleep"),
	}}
	if l.session = findSession(ctx, conn); l.session != "" {
		rules = append(rules,
			[]dbus.MatchOption{dbus.WithMatchSender(loginService), dbus.WithMatchObjectPath(l.session), dbus.WithMatchInterface(loginSession)},
			[]dbus.MatchOption{dbus.WithMatchSender(loginService), dbus.WithMatchObjectPath(l.session), dbus.WithMatchInterface(properties)})
	}
	signals, err := listen(ctx, conn, rules...)
	if err != nil {
		return err
	}
	return l.run(ctx, signals)
}

func (l *login) run(ctx context.Context, signals <-chan *dbus.Signal) error {
	err := errors.Join(l.delay.want(true), l.block.want(l.wish.holds()))
	for err == nil {
		select {
		case <-ctx.Done():
			return nil
		case <-l.wish.changed:
			on := l.wish.holds()
			err = l.block.want(on)
			if !on {
				err = errors.Join(err, l.letSleep())
			}
		case <-l.grace.C:
			err = l.letSleep()
		case call := <-l.block.reply:
			err = l.block.answered(call)
		case call := <-l.delay.reply:
			err = l.delay.answered(call)
		case s, ok := <-signals:
			if !ok {
				return errBusEnded
			}
			err = l.signal(s)
		}
	}
	return err
}

// signal takes one word of the login manager.
func (l *login) signal(s *dbus.Signal) error {
	switch s.Name {
	case loginManager + ".PrepareForSleep":
		if begins, ok := flag(s); ok {
			return l.sleep(begins)
		}
	case loginSession + ".Lock":
		l.cfg.Away(Locked)
	case properties + ".PropertiesChanged":
		if len(s.Body) < 2 || s.Body[0] != loginSession {
			return nil
		}
		changed, _ := s.Body[1].(map[string]dbus.Variant)
		locked, _ := changed["LockedHint"].Value().(bool)
		front, told := changed["Active"].Value().(bool)
		if locked || told && !front {
			l.cfg.Away(Locked)
		}
	}
	return nil
}

// sleep is told before the computer sleeps and after it has. Before, it is held
// up until the wish to hold is gone: then the pen is safe.
func (l *login) sleep(begins bool) error {
	l.asleep = begins
	if !begins {
		l.grace.Stop()
		l.cfg.Away(Woken)
		return l.delay.want(true)
	}
	l.cfg.Away(Sleeping)
	if !l.wish.holds() {
		return l.letSleep()
	}
	l.grace.Reset(sleepGrace)
	return nil
}

// letSleep holds up a sleep that is under way no longer.
func (l *login) letSleep() error {
	l.grace.Stop()
	if !l.asleep {
		return nil
	}
	return l.delay.want(false)
}

// inhibit asks for a lock: for the first of what, and for the next where the
// policy does not allow that one.
func (l *login) inhibit(mode string, what ...string) func(denied int) *dbus.Call {
	return func(denied int) *dbus.Call {
		if denied >= len(what) {
			return nil
		}
		return l.manager.Go(loginManager+".Inhibit", 0, make(chan *dbus.Call, 1), what[denied], l.cfg.Who, l.cfg.Why, mode)
	}
}

// findSession is the session that this program runs in, or else the one that
// its user sits in front of; empty where the login manager knows neither.
func findSession(ctx context.Context, conn *dbus.Conn) dbus.ObjectPath {
	manager := conn.Object(loginService, loginPath)
	var path dbus.ObjectPath
	if manager.CallWithContext(ctx, loginManager+".GetSessionByPID", 0, uint32(os.Getpid())).Store(&path) == nil {
		return path
	}
	// A program that the desktop starts as a service of the user is in none.
	if id := os.Getenv("XDG_SESSION_ID"); id != "" && manager.CallWithContext(ctx, loginManager+".GetSession", 0, id).Store(&path) == nil {
		return path
	}
	var display dbus.Variant
	user := conn.Object(loginService, loginPath+"/user/self")
	if user.CallWithContext(ctx, properties+".Get", 0, loginUser, "Display").Store(&display) != nil {
		return ""
	}
	var shown struct {
		ID   string
		Path dbus.ObjectPath
	}
	if dbus.Store([]any{display.Value()}, &shown) != nil || shown.ID == "" {
		return ""
	}
	return shown.Path
}

// lock is a lock of the login manager: a descriptor, held as long as it is open.
// It is asked for without waiting, since the policy's answer may take a while.
type lock struct {
	ask    func(denied int) *dbus.Call // nil: there is nothing left to ask for
	denied int
	wanted bool
	reply  <-chan *dbus.Call // not nil: asked for, not answered
	file   *os.File          // not nil: held
}

// want says whether the lock is to be held from now on.
func (l *lock) want(on bool) error {
	l.wanted = on
	switch {
	case !on:
		return l.close()
	case l.file == nil && l.reply == nil:
		l.request()
	}
	return nil
}

func (l *lock) request() bool {
	call := l.ask(l.denied)
	if call != nil {
		l.reply = call.Done
	}
	return call != nil
}

// answered takes the answer to what was asked for.
func (l *lock) answered(call *dbus.Call) error {
	l.reply = nil
	var denied dbus.Error
	if errors.As(call.Err, &denied) && denied.Name == errDenied {
		l.denied++
		if l.request() {
			return nil
		}
	}
	if call.Err != nil {
		return call.Err
	}
	var fd dbus.UnixFD
	if err := call.Store(&fd); err != nil {
		return fmt.Errorf("%w: %w", errMalformed, err)
	}
	l.file = os.NewFile(uintptr(fd), "inhibitor")
	if !l.wanted {
		return l.close()
	}
	return nil
}

// end lets go for good. An answer that is under way is waited for: it brings a
// descriptor, which a connection that is closed meanwhile would leave open.
func (l *lock) end() error {
	l.wanted = false
	if l.reply != nil {
		limit := time.NewTimer(endLimit)
		defer limit.Stop()
		select {
		case call := <-l.reply:
			if call.Err == nil {
				return l.answered(call)
			}
		case <-limit.C: // it is let go with the process
		}
		l.reply = nil
	}
	return l.close()
}

// close lets go of what is held.
func (l *lock) close() error {
	if l.file == nil {
		return nil
	}
	err := l.file.Close()
	l.file = nil
	return err
}
