package device

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"stipple/protocol"
)

// Options are what a session needs besides its port. The zero value is ready
// to use.
type Options struct {
	// Rand is the source of nonces; nil means crypto/rand.
	Rand io.Reader
	// Role is who is at the console from the start; see SetRole.
	Role protocol.Role
	// StatusRate is how many STATUS a second to ask for at the start; 0 leaves
	// the pen at its own rate. See SetRate for what is refused.
	StatusRate int
	// Log takes what is of use in a service log; nil means nothing.
	Log *slog.Logger
	// Port is where the connection comes from. A simulated pen is refused on a
	// port that has a USB identity.
	Port Port
	// Baud is the speed of a real serial line in bits a second; 0 for native
	// USB, a pty or a connection in memory, where nothing has to be budgeted.
	Baud int
	// Descriptors keeps descriptors from one session to the next; nil means
	// that each session reads its own.
	Descriptors *DescriptorCache
}

// Session is one live session with one pen. See the package's doc for its
// goroutines. It is made by Open and can't be used again after its end.
type Session struct {
	conn  io.ReadWriteCloser
	opt   Options
	log   *slog.Logger
	start time.Time // zero of the session's clock
	info  Info      // set by Open before it returns

	// Lock-free, so that Live, Touch and Stop never wait.
	live    atomic.Pointer[Live]
	touched atomic.Int64  // session clock of the newest Touch, ns
	role    atomic.Uint32 // protocol.Role
	stop    stopState
	line    lineState

	samples sampleRing

	wakeWriter chan struct{} // capacity 1
	wakeTimer  chan struct{} // capacity 1
	quit       chan struct{} // closed when the session is to end
	done       chan struct{} // closed when it has ended
	readerDone chan struct{}
	writerDone chan struct{}

	mu sync.Mutex // guards everything below; never held while anything waits

	cause    error // why it is to end; nil while it runs
	final    error // what Err returns after the end
	closing  bool  // no further command is taken
	id       uint32
	dec      protocol.Decoder // used by the reader only
	stats    Stats
	lastGood time.Duration // session clock of the newest good frame
	opened   bool          // HELLO_ACK has come
	fluent   bool          // of the console's major: more than watching and stopping
	ready    bool          // Open is done, and commands are possible

	command requestLane
	bulk    requestLane
	// unsupported are the types that the pen has called unsupported. It says so
	// once, and never answers them again.
	unsupported []protocol.Type
	liveSeq     uint16 // of the next live frame sent
	heard       bool   // a live frame has been received
	heardAt     uint16 // seq of the newest

	status   statusState
	arm      armState
	test     TestRequest // the newest SERVICE output that was permitted
	settings settingsState
	halt     haltState
	check    *stopCheck // the check of the stop that is going on; nil: none
	tip      tipState
	pulses   pulseState
	judge    judgeState
	clock    clockState
	events   eventQueueState
	gapAt    time.Duration // of the newest EventGap
	gapLost  uint64        // not yet reported
}

// statusState is what STATUS said, and when.
type statusState struct {
	seen  bool
	at    time.Duration
	state protocol.State
	told  protocol.State // the newest that an event told of
	// permits says that a pull of the trigger lets something out.
	permits bool
	newest  protocol.PenClock // the highest pen clock seen
	fault   *ClockError
	first   chan struct{} // closed at the first STATUS
	gaps    uint64        // live frames lost in all
	hole    bool          // some were lost since the newest STATUS
}

// Open opens a session on conn: hello, descriptor, tip, settings. It returns
// once the first STATUS has come. It owns conn from then on and has closed it
// when it returns an error.
//
// Errors: *NotPenError where nothing on the port answers the hello;
// *SimulatedError; *LinkLostError where the pen fell silent on the way;
// *RateError; ctx's. A pen of another major or with a descriptor that is
// refused is no error: the session can then only watch and stop, and Info
// says why.
func Open(ctx context.Context, conn io.ReadWriteCloser, opt Options) (*Session, error) {
	if opt.Rand == nil {
		opt.Rand = rand.Reader
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	var seed [12]byte
	if _, err := io.ReadFull(opt.Rand, seed[:]); err != nil {
		return nil, errors.Join(fmt.Errorf("read randomness: %w", err), conn.Close())
	}
	s := &Session{
		conn: conn, opt: opt, log: opt.Log, start: time.Now(),
		wakeWriter: make(chan struct{}, 1), wakeTimer: make(chan struct{}, 1),
		quit: make(chan struct{}), done: make(chan struct{}),
		readerDone: make(chan struct{}), writerDone: make(chan struct{}),
		samples: sampleRing{buf: make([]Sample, sampleCount)},
		command: requestLane{lane: protocol.LaneCommand},
		bulk:    requestLane{lane: protocol.LaneBulk},
		status:  statusState{first: make(chan struct{})},
		events:  eventQueueState{ch: make(chan Event, eventQueue)},
	}
	s.stop.base = binary.LittleEndian.Uint32(seed[8:])
	s.live.Store(&Live{})
	s.SetRole(opt.Role)
	go s.read()
	go s.write()
	go s.keepTime()
	if err := s.connect(ctx, binary.LittleEndian.Uint64(seed[:8])); err != nil {
		s.fail(err)
		<-s.done
		return nil, err
	}
	s.log.Debug("session open", "port", opt.Port.Path, "serial", s.info.Serial, "boot", s.info.Boot, "monitor", s.info.Monitor)
	return s, nil
}

// NewCommandID draws an id for an action that must not happen twice. Its low
// 32 bits are never 0: they are the arm id.
func NewCommandID(random io.Reader) (uint64, error) {
	for {
		var b [8]byte
		if _, err := io.ReadFull(random, b[:]); err != nil {
			return 0, fmt.Errorf("draw command id: %w", err)
		}
		if id := binary.LittleEndian.Uint64(b[:]); uint32(id) != 0 {
			return id, nil
		}
	}
}

// Info says who the pen is.
func (s *Session) Info() Info { return s.info }

// Live is the newest status. It takes no lock.
func (s *Session) Live() Live { return *s.live.Load() }

// Events is the one stream of events. It is closed at the end of the session,
// behind an EventEnd. Events that nobody reads are counted and reported, never
// waited for.
func (s *Session) Events() <-chan Event { return s.events.ch }

// Touch proves that the window is alive. Without a Touch within LivenessLimit
// the session ends leasing and disarms; the next arming needs a Touch first.
//
// Model: WindowThaws.
func (s *Session) Touch() { s.touched.Store(int64(max(s.now(), 1))) }

// SetRole says who is at the console from now on. Each request that changes
// something carries the role of the moment when it is asked for, and the pen
// refuses what that role may not do; RoleNone may do nothing.
func (s *Session) SetRole(role protocol.Role) { s.role.Store(uint32(role)) }

// writer is the role that a request carries.
func (s *Session) writer() protocol.Role { return protocol.Role(s.role.Load()) }

// Tip is what the pen read from the tip that STATUS reports; false while it
// has not been read yet. A tip with ID 0 is no tip.
func (s *Session) Tip() (protocol.TipInfo, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tip.info, s.tip.known
}

// Stats returns the counts so far.
func (s *Session) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.stats
	st.Unsent = s.line.unacknowledged()
	return st
}

// Done is closed when the session has ended and its goroutines with it.
func (s *Session) Done() <-chan struct{} { return s.done }

// Err is nil until Done is closed, and then why the session ended: ErrClosed,
// or a *LinkLostError, within an *UncertainError where the pen was armed or a
// command with an id has no known outcome, joined with an *AbandonedError
// where the driver hangs.
func (s *Session) Err() error {
	select {
	case <-s.done:
	default:
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.final
}

// Close disarms an armed pen and lets a stop that is going on reach it, waits
// at most closeGrace for its word, ends the session and returns when its
// goroutines have ended. The error is an *AbandonedError, or nil.
func (s *Session) Close() error {
	grace := time.NewTimer(closeGrace)
	defer grace.Stop()
	for _, over := range []<-chan struct{}{s.stopped(), s.disarm(ErrClosed)} {
		if over == nil {
			continue
		}
		select {
		case <-over:
		case <-grace.C:
			grace.Reset(0) // no patience for the other one either
		case <-s.quit:
		}
	}
	s.fail(ErrClosed)
	<-s.done
	var left *AbandonedError
	if errors.As(s.Err(), &left) {
		return left
	}
	return nil
}

// now is the session's clock: time since its start. It is monotonic.
func (s *Session) now() time.Duration { return time.Since(s.start) }

// wall is the console's clock at session time t.
func (s *Session) wall(t time.Duration) time.Time { return s.start.Add(t).Round(0) }

// wake sends without waiting; a wake-up that is pending already is enough.
func wake(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// fail ends the session with err, unless it is ending already.
func (s *Session) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failLocked(err)
}

func (s *Session) failLocked(err error) {
	if s.cause != nil {
		return
	}
	s.cause = err
	close(s.quit)
}

// event queues e with the time of now.
func (s *Session) event(now time.Duration, e Event) {
	e.At = s.wall(now)
	s.events.push(e, rankNone)
}
