package awake

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// patience bounds every wait of these tests; none takes a hundredth of it.
const patience = 20 * time.Second

// private starts a bus of our own, on which everybody may be everything, and
// makes it system and session bus of this process.
func private(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	config := filepath.Join(dir, "bus.conf")
	err := os.WriteFile(config, []byte(`<busconfig><type>session</type><listen>unix:path=`+dir+`/bus</listen><policy context="default">
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	daemon := exec.Command("dbus-daemon", "--config-file="+config, "--print-address", "--nofork", "--nopidfile", "--nosyslog")
	daemon.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := daemon.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := daemon.Start(); err != nil {
		t.Fatalf("%v (Debian and Ubuntu have it in the package dbus-daemon)", err)
	}
	t.Cleanup(func() {
		_ = daemon.Process.Kill()
		_ = daemon.Wait()
	})
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", strings.TrimSpace(address))
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", strings.TrimSpace(address))
	t.Setenv("XDG_SESSION_ID", "")
}

// serve connects a service to the private bus under a name.
func serve(t *testing.T, name string) *dbus.Conn {
	t.Helper()
	conn, err := dbus.ConnectSessionBus()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // the test may have closed it
	if reply, err := conn.RequestName(name, dbus.NameFlagDoNotQueue); err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		t.Fatalf("own %s: %v, %v", name, reply, err)
	}
	return conn
}

// await is the next of what comes.
func await[T any](t *testing.T, what string, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatalf("never: %s", what)
		panic("unreachable")
	}
}

// asked is a lock that the login manager was asked for.
type asked struct {
	what, who, why, mode string
	gone                 chan struct{} // closed when nobody has it any more
}

// fakeLogin is a login manager.
type fakeLogin struct {
	t       *testing.T
	conn    *dbus.Conn
	denied  string          // what no lock is given for
	session dbus.ObjectPath // empty: none
	asked   chan asked
}

// ourSession is the session that the tests run in.
const ourSession dbus.ObjectPath = loginPath + "/session/_32"

func newLogin(t *testing.T) *fakeLogin { return loginThat(t, "", ourSession) }

// loginThat denies one kind of lock and knows the session of that path.
func loginThat(t *testing.T, denied string, session dbus.ObjectPath) *fakeLogin {
	l := &fakeLogin{t: t, denied: denied, session: session, asked: make(chan asked, 100)}
	l.conn = serve(t, loginService)
	if err := l.conn.Export(l, loginPath, loginManager); err != nil {
		t.Fatal(err)
	}
	return l
}

// GetSessionByPID is called over the bus.
func (l *fakeLogin) GetSessionByPID(uint32) (dbus.ObjectPath, *dbus.Error) {
	if l.session == "" {
		return "", dbus.NewError(loginService+".NoSessionForPID", nil)
	}
	return l.session, nil
}

// Inhibit is called over the bus. It answers by itself, and not by returning,
// so that no copy of the descriptor is left here once the answer is out.
func (l *fakeLogin) Inhibit(msg dbus.Message, what, who, why, mode string) *dbus.Error {
	if what == l.denied {
		return dbus.NewError(errDenied, []any{"by the policy"})
	}
	r, w, err := os.Pipe()
	if err != nil {
		l.t.Error(err)
		return dbus.MakeFailedError(err)
	}
	fd := dbus.UnixFD(w.Fd())
	l.conn.Send(&dbus.Message{
		Type: dbus.TypeMethodReply,
		Headers: map[dbus.HeaderField]dbus.Variant{
			dbus.FieldDestination: msg.Headers[dbus.FieldSender], dbus.FieldReplySerial: dbus.MakeVariant(msg.Serial()),
			dbus.FieldSignature: dbus.MakeVariant(dbus.SignatureOf(fd)),
		},
		Body: []any{fd},
	}, nil)
	if err := w.Close(); err != nil {
		l.t.Error(err)
	}
	a := asked{what: what, who: who, why: why, mode: mode, gone: make(chan struct{})}
	go func() {
		_, _ = r.Read(make([]byte, 1)) // ends with the last holder
		close(a.gone)
		_ = r.Close()
	}()
	l.asked <- a
	return nil
}

func (l *fakeLogin) emit(path dbus.ObjectPath, name string, values ...any) {
	l.t.Helper()
	if err := l.conn.Emit(path, name, values...); err != nil {
		l.t.Error(err)
	}
}

func (l *fakeLogin) sleep(begins bool) {
	l.t.Helper()
	l.emit(loginPath, loginManager+".PrepareForSleep", begins)
}

// fakeSaver is a screen saver.
type fakeSaver struct {
	conn      *dbus.Conn
	inhibited chan string // who and why
	released  chan uint32
}

const cookie = 4711

func newSaver(t *testing.T) *fakeSaver {
	s := &fakeSaver{inhibited: make(chan string, 100), released: make(chan uint32, 100)}
	s.conn = serve(t, screenService)
	if err := s.conn.Export(s, screenPath, screenService); err != nil {
		t.Fatal(err)
	}
	return s
}

// Inhibit is called over the bus.
func (s *fakeSaver) Inhibit(who, why string) (uint32, *dbus.Error) {
	s.inhibited <- who + ": " + why
	return cookie, nil
}

// UnInhibit is called over the bus.
func (s *fakeSaver) UnInhibit(c uint32) *dbus.Error {
	s.released <- c
	return nil
}

// rig is a keeper that runs.
type rig struct {
	*Keeper
	away     chan Reason
	problems chan error
	stop     func()
}

func start(t *testing.T, parts ...part) *rig {
	r := &rig{away: make(chan Reason, 100), problems: make(chan error, 100)}
	r.Keeper = newKeeper(Config{
		Who: "Stipple", Why: "a pen is armed",
		Away:    func(why Reason) { r.away <- why },
		Problem: func(err error) { r.problems <- err },
	}, parts)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	r.stop = func() {
		t.Helper()
		cancel()
		if err := await(t, "the end of Run", ended); err != nil {
			t.Error(err)
		}
		ended <- nil // for a second stop
	}
	t.Cleanup(r.stop)
	return r
}

// none fails if something has come.
func none[T any](t *testing.T, what string, from <-chan T) {
	t.Helper()
	select {
	case v := <-from:
		t.Errorf("%s: %v", what, v)
	default:
	}
}

func (a asked) held() bool {
	select {
	case <-a.gone:
		return false
	default:
		return true
	}
}

func TestLoginFollowsTheWish(t *testing.T) {
	private(t)
	login := newLogin(t)
	r := start(t, keepLogin)
	delay := await(t, "the delay lock", login.asked)
	if delay.what != "sleep" || delay.mode != "delay" || delay.who != "Stipple" || delay.why != "a pen is armed" {
		t.Errorf("asked for %+v", delay)
	}
	for range 3 {
		r.Hold(true)
		block := await(t, "the block lock", login.asked)
		if block.what != "sleep:idle" || block.mode != "block" {
			t.Errorf("asked for %+v", block)
		}
		r.Hold(true) // nothing new
		if !block.held() {
			t.Error("not held")
		}
		r.Hold(false)
		await(t, "the end of the block lock", block.gone)
	}
	r.Hold(true)
	block := await(t, "the block lock", login.asked)
	r.stop()
	await(t, "the end of the block lock", block.gone)
	await(t, "the end of the delay lock", delay.gone)
	none(t, "asked for more than wanted", login.asked)
	none(t, "problem", r.problems)
	none(t, "away", r.away)
}

// TestPolicyForbidsToBlockSleep: what everybody may inhibit is inhibited then.
func TestPolicyForbidsToBlockSleep(t *testing.T) {
	private(t)
	login := loginThat(t, "sleep:idle", ourSession)
	r := start(t, keepLogin)
	await(t, "the delay lock", login.asked)
	for range 2 {
		r.Hold(true)
		block := await(t, "the block lock", login.asked)
		if block.what != "idle" || block.mode != "block" {
			t.Errorf("asked for %+v", block)
		}
		r.Hold(false)
		await(t, "the end of the block lock", block.gone)
	}
	none(t, "problem", r.problems)
}

func TestSleepWaitsForThePenToBeSafe(t *testing.T) {
	private(t)
	login := newLogin(t)
	r := start(t, keepLogin)
	delay := await(t, "the delay lock", login.asked)
	r.Hold(true)
	block := await(t, "the block lock", login.asked)
	login.sleep(true) // a lid: no lock blocks it
	if why := await(t, "the word of it", r.away); why != Sleeping {
		t.Errorf("told %q", why)
	}
	if !delay.held() {
		t.Error("the sleep is not held up while the pen is armed")
	}
	begun := time.Now()
	r.Hold(false)
	await(t, "the end of the block lock", block.gone)
	await(t, "the end of the delay lock", delay.gone)
	login.sleep(false)
	if why := await(t, "the word of it", r.away); why != Woken {
		t.Errorf("told %q", why)
	}
	delay = await(t, "the delay lock for the next time", login.asked)
	login.sleep(true) // nothing is held: nothing to wait for
	await(t, "the word of it", r.away)
	await(t, "the end of the delay lock", delay.gone)
	if after := time.Since(begun); after >= sleepGrace {
		t.Errorf("both sleeps were held up, %v in all", after)
	}
}

// TestSleepIsNotHeldUpForEver: the wish does not end.
func TestSleepIsNotHeldUpForEver(t *testing.T) {
	private(t)
	login := newLogin(t)
	r := start(t, keepLogin)
	delay := await(t, "the delay lock", login.asked)
	r.Hold(true)
	await(t, "the block lock", login.asked)
	begun := time.Now()
	login.sleep(true)
	await(t, "the end of the delay lock", delay.gone)
	if after := time.Since(begun); after < sleepGrace {
		t.Errorf("let go after %v, before %v", after, sleepGrace)
	}
}

func TestSessionLock(t *testing.T) {
	private(t)
	login := newLogin(t)
	r := start(t, keepLogin)
	await(t, "the delay lock", login.asked)
	hint := func(path dbus.ObjectPath, of, name string, value any) {
		login.emit(path, properties+".PropertiesChanged", of, map[string]dbus.Variant{name: dbus.MakeVariant(value)}, []string{})
	}
	other := dbus.ObjectPath(loginPath + "/session/_33")
	// What is none of ours, or says nothing, is not told.
	hint(other, loginSession, "LockedHint", true)
	hint(login.session, "org.example.Other", "LockedHint", true)
	hint(login.session, loginSession, "LockedHint", false)
	hint(login.session, loginSession, "LockedHint", "yes")
	hint(login.session, loginSession, "Active", true)
	login.emit(other, loginSession+".Lock")
	login.emit(login.session, loginSession+".Unlock")
	login.emit(login.session, properties+".PropertiesChanged")
	login.emit(loginPath, loginManager+".PrepareForSleep", "soon")
	for name, tell := range map[string]func(){
		"lock":    func() { login.emit(login.session, loginSession+".Lock") },
		"hint":    func() { hint(login.session, loginSession, "LockedHint", true) },
		"another": func() { hint(login.session, loginSession, "Active", false) },
	} {
		none(t, "told before "+name, r.away)
		tell()
		if why := await(t, name, r.away); why != Locked {
			t.Errorf("%s: told %q", name, why)
		}
	}
	none(t, "problem", r.problems)
}

// userDisplay is a user without a session of the program's own.
type userDisplay struct{ path dbus.ObjectPath }

// Get is called over the bus.
func (u userDisplay) Get(of, name string) (dbus.Variant, *dbus.Error) {
	if of != loginUser || name != "Display" {
		return dbus.Variant{}, dbus.MakeFailedError(fmt.Errorf("no %s.%s", of, name))
	}
	return dbus.MakeVariant(struct {
		ID   string
		Path dbus.ObjectPath
	}{"7", u.path}), nil
}

// TestSessionOfAService: a program that the desktop starts as a service belongs
// to no session, and follows the one that its user sits in front of.
func TestSessionOfAService(t *testing.T) {
	private(t)
	login := loginThat(t, "", "")
	display := dbus.ObjectPath(loginPath + "/session/_37")
	if err := login.conn.Export(userDisplay{display}, loginPath+"/user/self", properties); err != nil {
		t.Fatal(err)
	}
	r := start(t, keepLogin)
	await(t, "the delay lock", login.asked)
	login.emit(display, loginSession+".Lock")
	if why := await(t, "the lock", r.away); why != Locked {
		t.Errorf("told %q", why)
	}
}

func TestScreenSaverFollowsTheWish(t *testing.T) {
	private(t)
	saver := newSaver(t)
	r := start(t, keepScreen)
	for range 3 {
		r.Hold(true)
		if who := await(t, "Inhibit", saver.inhibited); who != "Stipple: a pen is armed" {
			t.Errorf("inhibited by %q", who)
		}
		r.Hold(false)
		if c := await(t, "UnInhibit", saver.released); c != cookie {
			t.Errorf("released %d", c)
		}
	}
	for _, name := range screenSignals() {
		path := dbus.ObjectPath("/" + strings.ReplaceAll(name, ".", "/"))
		for _, on := range []bool{false, true} {
			if err := saver.conn.Emit(path, name+".ActiveChanged", on); err != nil {
				t.Fatal(err)
			}
		}
		if why := await(t, name, r.away); why != Locked {
			t.Errorf("%s: told %q", name, why)
		}
		none(t, "told twice", r.away)
	}
	none(t, "problem", r.problems)
}

// TestQuickWishes: what is asked for and not wanted any more when the answer
// comes is given back.
func TestQuickWishes(t *testing.T) {
	private(t)
	login, saver := newLogin(t), newSaver(t)
	r := start(t, keepLogin, keepScreen)
	await(t, "the delay lock", login.asked)
	for range 200 {
		r.Hold(true)
		r.Hold(false)
	}
	r.Hold(true)
	await(t, "inhibited", saver.inhibited)
	r.Hold(false)
	open := 0
	for done := false; !done; {
		select {
		case a := <-login.asked:
			await(t, "the end of a lock that nobody wants", a.gone)
		case <-saver.inhibited:
			open++
		case <-saver.released:
			done = open == 0
			open--
		case <-time.After(patience):
			t.Fatal("the screen saver stays inhibited")
		}
	}
}

// TestNothingThere: each missing service is one problem, and no more whatever
// is wished.
func TestNothingThere(t *testing.T) {
	for _, c := range []struct {
		name  string
		setUp func(*testing.T)
	}{
		{"no bus", func(t *testing.T) {
			t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path="+t.TempDir()+"/none")
			t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+t.TempDir()+"/none")
		}},
		{"a bus that is none", func(t *testing.T) {
			t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", "carrier:pigeon=1")
			t.Setenv("DBUS_SESSION_BUS_ADDRESS", "nonsense")
		}},
		{"no service", private},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.setUp(t)
			r := start(t, keepLogin, keepScreen)
			r.Hold(true)
			missing := map[string]bool{}
			for range 2 {
				var u *UnavailableError
				if err := await(t, "a problem", r.problems); !errors.As(err, &u) || u.Cause == nil {
					t.Errorf("problem %v", err)
				} else {
					missing[u.Service] = true
				}
			}
			if !missing["login manager"] || !missing["screen saver"] {
				t.Errorf("missing %v", missing)
			}
			for i := range 20 {
				r.Hold(i%2 == 0)
			}
			r.stop()
			none(t, "told again", r.problems)
		})
	}
}

// TestSilentBus: a bus that lets us in and says nothing holds up no end.
func TestSilentBus(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bus")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path="+path)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+path)
	begun := time.Now()
	r := start(t, keepLogin, keepScreen)
	for range 2 {
		conn, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	r.stop()
	if after := time.Since(begun); after >= openLimit {
		t.Errorf("ended after %v", after)
	}
	none(t, "the end is no problem", r.problems)
}

// TestNoScreenSaver: one that is not there is asked once, and locks are listened
// for all the same.
func TestNoScreenSaver(t *testing.T) {
	private(t)
	desktop := serve(t, "org.gnome.ScreenSaver")
	r := start(t, keepScreen)
	r.Hold(true)
	await(t, "a problem", r.problems)
	for range 20 {
		r.Hold(false)
		r.Hold(true)
		if err := desktop.Emit("/org/gnome/ScreenSaver", "org.gnome.ScreenSaver.ActiveChanged", true); err != nil {
			t.Fatal(err)
		}
		await(t, "the lock", r.away)
	}
	none(t, "told again", r.problems)
}

// TestBusEnds: a service that goes away is one problem.
func TestBusEnds(t *testing.T) {
	private(t)
	login := newLogin(t)
	r := start(t, keepLogin)
	delay := await(t, "the delay lock", login.asked)
	kick(t, login.conn)
	if err := await(t, "a problem", r.problems); !errors.Is(err, errBusEnded) {
		t.Errorf("problem %v", err)
	}
	await(t, "the end of the delay lock", delay.gone)
	r.Hold(true)
	r.stop()
	none(t, "told again", r.problems)
}

// kick ends the bus.
func kick(t *testing.T, conn *dbus.Conn) {
	t.Helper()
	var pid uint32
	if err := conn.BusObject().Call("org.freedesktop.DBus.GetConnectionUnixProcessID", 0, "org.freedesktop.DBus").Store(&pid); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(int(pid), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

// asKeeper, in the environment, turns this test binary into a program that
// holds until it is killed.
const asKeeper = "STIPPLE_TEST_KEEPER"

func TestMain(m *testing.M) {
	if os.Getenv(asKeeper) != "" {
		k := New(Config{Who: "child", Why: "test", Away: func(Reason) {}, Problem: func(err error) { fmt.Println(err) }})
		k.Hold(true)
		_ = k.Run(context.Background())
		return
	}
	os.Exit(m.Run())
}

// TestKilled: whatever was held ends with a process that is killed.
func TestKilled(t *testing.T) {
	private(t)
	login, saver := newLogin(t), newSaver(t)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(exe)
	child.Env = append(os.Environ(), asKeeper+"=1")
	child.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	first := await(t, "a lock", login.asked)
	second := await(t, "another lock", login.asked)
	await(t, "the screen saver", saver.inhibited)
	if !first.held() || !second.held() {
		t.Error("not held")
	}
	// A screen saver takes a cookie back when its owner's connection is gone.
	gone := make(chan *dbus.Signal, 100)
	saver.conn.Signal(gone)
	if err := saver.conn.AddMatchSignal(dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchSender("org.freedesktop.DBus")); err != nil {
		t.Fatal(err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	await(t, "the end of a lock", first.gone)
	await(t, "the end of the other lock", second.gone)
	for range 2 { // both connections
		for s := await(t, "the end of a connection", gone); s.Body[2] != ""; s = await(t, "the end of a connection", gone) {
		}
	}
}
