package device

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// The supervisor's own times.
const (
	// pollEvery is how often the ports are listed: no system tells of a plug
	// by itself, and a second is as long as a person waits without wondering.
	pollEvery = time.Second
	// retryMax bounds the doubling pause between two attempts at a port that
	// is a pen and can't be connected.
	retryMax = 8 * time.Second
	// silentEvery is the pause between two attempts at a silent port that a
	// person named: the pen behind it may not be switched on yet.
	silentEvery = 5 * time.Second
	// findLimit bounds one listing, which asks drivers.
	findLimit = 5 * time.Second
)

// Phase is what a supervisor is doing.
type Phase uint8

// The phases of a supervisor.
const (
	PhaseSearching  Phase = iota // no pen; Problem says why, nil if there just is none
	PhaseConnecting              // the handshake with Port runs
	PhaseConnected               // Session is live
	PhaseMonitor                 // Session may only watch and stop; Problem says why
	PhaseLost                    // there was a pen; Ended says how it was lost, and it is looked for
	PhaseEnded                   // Run has returned
)

// String is the phase's name in a log.
func (p Phase) String() string {
	names := [...]string{"searching", "connecting", "connected", "monitor", "lost", "ended"}
	if int(p) < len(names) {
		return names[p]
	}
	return "unknown"
}

// LinkState is what a supervisor knows. A value of it is never changed.
type LinkState struct {
	Phase   Phase
	Port    Port     // that Problem or Session is about
	Problem error    // typed, see problem.go; nil if there is none
	Session *Session // the live one; nil without
	// The pen that was lost: its serial number, since when, and how its
	// session ended (an *UncertainError where something is not known). They
	// stay until the next pen is connected.
	Serial    string
	LostSince time.Time
	Ended     error
	// SameUnit says that only the lost unit will do, because its outcome is
	// uncertain. Forget gives that up.
	SameUnit bool
}

// SupervisorConfig is what a supervisor needs. Find and Open are required.
type SupervisorConfig struct {
	// Find lists the ports that may be pens. It is called once a second, from
	// Run, and may take a while. A *PortGoneError is a named path that does not
	// exist.
	Find func(ctx context.Context) ([]Port, error)
	// Open opens a port. It returns *BusyError, *PermissionError,
	// *PortGoneError or *NotPortError.
	Open func(ctx context.Context, p Port) (io.ReadWriteCloser, error)
	// Named says that a person named the port that Find returns, so that a
	// silent one is asked again now and then. One that is found by its USB
	// identity and is silent is left alone until it is plugged in again.
	Named bool
	// Options are those of each session; its Port is set by the supervisor.
	Options Options
	// Log takes what is of use in a service log; nil means nothing.
	Log *slog.Logger
}

// Supervisor finds a pen, keeps a session with it, and finds the same unit
// again. It never arms anything: each session starts in STANDBY, and a person
// decides what comes next.
type Supervisor struct {
	cfg     SupervisorConfig
	state   atomic.Pointer[LinkState]
	current atomic.Pointer[Session]
	turn    atomic.Pointer[chan struct{}] // closed at the next change of the state
	changes chan struct{}                 // capacity 1
	wake    chan struct{}                 // capacity 1

	mu     sync.Mutex
	forget bool   // the lost unit is given up
	choice string // serial number or path to prefer among several

	// Used by Run only.
	tried map[Port]*attempt
	pens  map[string]string // path to the serial number of the pen that was there
	want  string            // serial number of the lost unit
	same  bool              // and no other will do
}

// attempt is how the last try at a port went.
type attempt struct {
	problem error
	next    time.Time // not before; zero: not until it is plugged in again
	pause   time.Duration
}

// NewSupervisor makes a supervisor. Nothing happens until Run.
func NewSupervisor(cfg SupervisorConfig) *Supervisor {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Options.Descriptors == nil {
		cfg.Options.Descriptors = NewDescriptorCache()
	}
	s := &Supervisor{
		cfg: cfg, changes: make(chan struct{}, 1), wake: make(chan struct{}, 1),
		tried: make(map[Port]*attempt), pens: make(map[string]string),
	}
	s.state.Store(&LinkState{})
	turn := make(chan struct{})
	s.turn.Store(&turn)
	return s
}

// State is the newest state. It takes no lock.
func (s *Supervisor) State() LinkState { return *s.state.Load() }

// Changes gets a value after the state has changed. Changes that nobody
// fetched become one.
func (s *Supervisor) Changes() <-chan struct{} { return s.changes }

// Stop stops the pen of the current session, if there is one. It never waits;
// see Session.Stop.
func (s *Supervisor) Stop() {
	if current := s.current.Load(); current != nil {
		current.Stop()
	}
}

// Forget gives up waiting for the unit whose outcome is uncertain: any pen
// will do from now on. It is a person's decision.
func (s *Supervisor) Forget() {
	s.mu.Lock()
	s.forget = true
	s.mu.Unlock()
	wake(s.wake)
}

// Choose says which of several pens to use, by the path of its port or by the
// serial number that USB reports.
func (s *Supervisor) Choose(pathOrSerial string) {
	s.mu.Lock()
	s.choice = pathOrSerial
	s.mu.Unlock()
	wake(s.wake)
}

// set publishes a state.
func (s *Supervisor) set(st LinkState) {
	s.state.Store(&st)
	next := make(chan struct{})
	close(*s.turn.Swap(&next))
	wake(s.changes)
}

// Run looks for a pen and keeps a session with it until ctx ends. It closes
// the session it has and returns nil, or the *AbandonedError of its Close.
func (s *Supervisor) Run(ctx context.Context) error {
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	for {
		if session := s.search(ctx); session != nil {
			if err := s.attend(ctx, session); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			st := s.State()
			st.Phase, st.Session = PhaseEnded, nil
			s.set(st)
			return nil
		case <-poll.C:
		case <-s.wake:
		}
	}
}

// attend waits for the end of a session, or ends it with ctx.
func (s *Supervisor) attend(ctx context.Context, session *Session) error {
	s.current.Store(session)
	defer s.current.Store(nil)
	info := session.Info()
	st := LinkState{Phase: PhaseConnected, Port: info.Port, Session: session, Serial: info.Serial}
	if info.Monitor {
		st.Phase, st.Problem = PhaseMonitor, info.MonitorReason
	}
	s.pens[info.Port.Path] = info.Serial
	s.want, s.same = info.Serial, false
	s.set(st)
	select {
	case <-ctx.Done():
		err := session.Close()
		s.set(LinkState{Phase: PhaseEnded, Port: info.Port, Serial: info.Serial, Ended: session.Err()})
		return err
	case <-session.Done():
	}
	ended := session.Err()
	s.same = errors.Is(ended, ErrUncertain)
	s.cfg.Log.Info("pen lost", "port", info.Port.Path, "serial", info.Serial, "cause", ended)
	var gone *PortGoneError
	problem := ended
	if errors.As(ended, &gone) {
		problem = gone
	}
	s.tried[info.Port] = &attempt{problem: problem, next: time.Now(), pause: pollEvery}
	s.set(LinkState{Phase: PhaseLost, Port: info.Port, Problem: problem, Serial: info.Serial, LostSince: time.Now(), Ended: ended, SameUnit: s.same})
	return nil
}

// search lists the ports once, tries those that are due, and returns a session
// if one of them is the pen.
func (s *Supervisor) search(ctx context.Context) *Session {
	choice := s.decisions()
	listing, cancel := context.WithTimeout(ctx, findLimit)
	ports, err := s.cfg.Find(listing)
	cancel()
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		var gone *PortGoneError
		if errors.As(err, &gone) { // the named path is not there
			s.prune(nil)
		}
		s.idle(Port{}, err)
		return nil
	}
	s.prune(ports)
	port, problem := s.pick(ports, choice)
	if problem != nil {
		s.idle(port, problem)
		return nil
	}
	if port.Path == "" {
		s.idle(s.explain(ports))
		return nil
	}
	session, err := s.connect(ctx, port)
	if err == nil {
		delete(s.tried, port)
		return session
	}
	if ctx.Err() != nil {
		return nil
	}
	s.failed(port, err)
	s.idle(port, err)
	return nil
}

// idle publishes that there is no pen, and why.
func (s *Supervisor) idle(p Port, problem error) {
	st := s.State()
	if st.Phase == PhaseConnecting {
		st.Phase = PhaseSearching
		if !st.LostSince.IsZero() {
			st.Phase = PhaseLost
		}
	}
	if st.Port == p && sameProblem(st.Problem, problem) && s.State().Phase == st.Phase {
		return
	}
	st.Port, st.Problem = p, problem
	s.set(st)
}

// sameProblem says whether there is nothing new to tell.
func sameProblem(a, b error) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return a.Error() == b.Error()
}

// connect opens a port and makes a session of it, if it is the unit that is
// awaited.
func (s *Supervisor) connect(ctx context.Context, p Port) (*Session, error) {
	conn, err := s.cfg.Open(ctx, p)
	if err != nil {
		return nil, err
	}
	st := s.State()
	st.Phase, st.Port, st.Problem = PhaseConnecting, p, nil
	s.set(st)
	opt := s.cfg.Options
	opt.Port = p
	session, err := Open(ctx, conn, opt)
	if err != nil {
		return nil, err
	}
	if got := session.Info().Serial; s.same && got != s.want {
		return nil, errors.Join(&OtherUnitError{Want: s.want, Got: got}, session.Close())
	}
	return session, nil
}

// failed decides when, if ever, a port is tried again.
func (s *Supervisor) failed(p Port, err error) {
	a := s.tried[p]
	if a == nil {
		a = &attempt{pause: pollEvery}
		s.tried[p] = a
	}
	a.problem = err
	var (
		notPen *NotPenError
		busy   *BusyError
		denied *PermissionError
		gone   *PortGoneError
		lost   *LinkLostError
	)
	now := time.Now()
	switch {
	case errors.As(err, &busy), errors.As(err, &denied), errors.As(err, &gone):
		a.next = now.Add(pollEvery / 2) // at the next listing: nothing was written
	case errors.As(err, &notPen) && s.pens[p.Path] == "" && s.cfg.Named && notPen.Silent():
		a.next = now.Add(silentEvery)
	case errors.As(err, &notPen) && s.pens[p.Path] != "", errors.As(err, &lost):
		// A pen was here before: it may be starting.
		a.next = now.Add(a.pause)
		a.pause = min(2*a.pause, retryMax)
	default: // not a pen, another unit, a simulated one with a plug
		a.next = time.Time{}
	}
	s.cfg.Log.Debug("port not usable", "port", p.Path, "cause", err)
}
