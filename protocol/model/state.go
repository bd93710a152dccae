package model

// State is one state of both ends, of the line between them, and of what only
// an observer knows. It is plain bytes, so that it can be compared and hashed as
// they are. Session numbers, nonces, sequence numbers and clocks are kept as what
// they are compared with and not as numbers (see doc.go), so that there are
// finitely many.
type State struct {
	pen  pen
	con  console
	line line
	left [budgets]uint8 // of what Bounds limits
	seen truth
}

// mode is the pen's state, as far as it matters here (SPEC.md section 5.1).
type mode uint8

const (
	unknown mode = iota // at the console: no STATUS yet
	standby
	ready
	treating
	stopped // ESTOP latched
)

// permits says whether a pull of the trigger can lead to an output.
func (m mode) permits() bool { return m == ready || m == treating }

// session says whose current session a frame, or an end, belongs to.
type session uint8

const (
	nobodys   session = iota // none, or one that nobody will ever take again
	penOwn                   // the pen's; also the console's, where that has the same
	consoles                 // the console's, which the pen has left
	leftAlone                // none at all, on purpose: ESTOP and HELLO
)

// memory is what the pen knows of a command id (section 12).
type memory uint8

const (
	neverSeen memory = iota
	done
	rejected
	forgotten // kept as RUNNING when a reset came
	burnt     // asked for and not known; in RAM
)

// pen is the pen's firmware.
type pen struct {
	open      bool // a session is open
	current   bool // and by the console's newest nonce
	mode      mode
	latch     uint8 // in stopped: how many stops were begun behind the newest that was obeyed
	active    bool  // settings of this boot are active
	confirmed bool  // and were put in this session
	trigger   bool
	output    bool // energy flows; its record is open
	arm       uint8
	hashed    bool // what ARM named is what is active
	leased    bool
	limit     uint8 // ticks to the RF limit; 1 without a clock
	last      uint8 // requests behind the newest that was taken; offsets+1: none in this session
	kept      reply // to that one
	queue     frame // waiting where ESTOP overtakes it

	// Over a reset:
	ids    [maxArms]memory // of arm ids; burnt only until the reset
	clear  memory          // of the newest CLEAR
	pulses uint8           // closed records
}

// phase is how far the console takes the pen for armed (device/arm.go).
type phase uint8

const (
	idle    phase = iota
	writing       // the intent is on its way to the disk
	pending       // ARM was asked for
	granted       // RESULT says done
	live          // STATUS says READY under the id
	ending        // over; STATUS has yet to say so
)

func (p phase) active() bool { return p == pending || p == granted || p == live }

// belief is what the console knows of an act of arming, the way its record says
// it.
type belief uint8

const (
	unused    belief = iota
	intended         // on disk, and nothing known yet
	armed            // the pen is READY under it
	notArmed         // for certain never
	over             // it was, or may have been, and is not any more
	uncertain        // to be asked
	unknowable
)

// final says whether nothing is left to be asked.
func (b belief) final() bool { return b != intended && b != armed && b != uncertain }

// check is how far the stop check before the first arming is.
type check uint8

const (
	unchecked check = iota
	stopping        // its ESTOP is going on
	confirmed       // STOPPED has come, CLEAR may be asked for
	clearing        // it was
	checked
)

// console is the console's session, and what it has on disk.
type console struct {
	up      bool
	session session
	hello   bool // HELLO is going on
	touch   uint8
	frozen  bool

	status  mode // of the newest STATUS
	under   uint8
	pulses  uint8 // newest closed record that STATUS or the ledger has said
	silence uint8 // ticks since STATUS came
	clock   uint8 // age of the newest pen clock that this console ever saw

	phase  phase
	id     uint8
	seen   bool // pending: STATUS has said READY already
	disarm bool
	told   bool // DISARM was sent

	command   command
	stop      bool // one goes on
	own       bool // which only the check has asked for
	stopSent  bool // looked at by a mutation alone
	clears    bool // a person has asked for CLEAR, and it is not queued yet
	overtaken bool // and a stop was begun since
	check     check
	crossed   bool // another stop was begun within the check
	shown     hash

	// On disk:
	intents   [maxArms]bool
	beliefs   [maxArms]belief
	settled   bool   // everything is known, and pulses is final
	tried     bool   // an arming was tried in this session
	clearLost bool   // the newest CLEAR was given up, and RESULT_OF not yet answered
	cleared   memory // what became of the newest CLEAR: done, rejected, or not known
}

// hash is what the console takes for the hash of the active settings.
type hash uint8

const (
	unread hash = iota
	valid
	outdated // the pen's has changed since
)

// command is the outstanding request of the command lane.
type command struct {
	kind  kind
	id    uint8
	sends uint8
	held  bool
	stops uint8 // CLEAR: stops that were begun since it was asked for
	check bool  // CLEAR: asked for by the check
	cross bool  // CLEAR of a check: another stop was begun before it was asked for
	grace uint8 // ARM: ticks to not_after when it was sent
	hash  bool  // ARM: names what is active
}

// kind is a message, as far as it matters here.
type kind uint8

const (
	none kind = iota
	hello
	put // PUT_ENVELOPE and PUT_SETTINGS
	armCommand
	clearCommand
	resultOf // and what the ledger says
	estop
	disarmOrder
	lease
	stale // a frame of a session that nobody has any more, whatever it was
)

// frame is one frame to the pen.
type frame struct {
	kind    kind
	id      uint8 // ARM, RESULT_OF, DISARM, LEASE: the arm id; 0 of RESULT_OF: the newest CLEAR
	session session
	behind  uint8 // command lane: requests of its session asked since
	age     uint8 // ARM: ticks to not_after; LEASE: age of its clock; CLEAR, ESTOP: stops begun since
	flags   flags
}

// flags are what else a frame or a reply carries.
type flags uint8

const (
	current flags = 1 << iota // HELLO, HELLO_ACK: the console's newest nonce
	matches                   // ARM, SETTINGS: the hash of what is active
	byCheck                   // CLEAR: asked for by the check
	crossed                   // CLEAR of a check: behind a person's STOP
	refused                   // SETTINGS: they were
)

// reply is one reply to the console.
type reply struct {
	kind    kind // of the request
	id      uint8
	session session
	behind  uint8
	outcome memory
	pulses  uint8
	flags   flags
}

// report is one STATUS.
type report struct {
	there   bool
	session session
	mode    mode
	under   uint8
	pulses  uint8
	age     uint8 // of its clock
}

// line is what is under way.
type line struct {
	wire    [wireRoom]frame // to the pen, in order: command and stop lane
	lease   frame
	late    frame            // a copy, or a frame held back, that comes when it likes
	replies [replyRoom]reply // to the console, in order
	stopped uint8            // STOPPED: 0 none, else 1 + stops begun behind its own
	status  report
}

// truth is what only an observer knows.
type truth struct {
	did     [maxArms]deed
	highest uint8 // newest index of a pulse that was ever opened
	cleared bool  // the newest CLEAR has been carried out
	bad     Property
}

// deed is what became of an arm id.
type deed uint8

const (
	notDone deed = iota
	inForce
	spent
	twice
)

// pushed adds f to the wire; false where it is full.
func (l *line) pushed(f frame) bool {
	for i := range l.wire {
		if l.wire[i].kind == none {
			l.wire[i] = f
			return true
		}
	}
	return false
}

// popped takes the first frame off the wire.
func (l *line) popped() (f frame) {
	f = l.wire[0]
	copy(l.wire[:], l.wire[1:])
	l.wire[wireRoom-1] = frame{}
	return f
}

// has says whether a frame of that kind is on the wire.
func (l *line) has(k kind) bool {
	for i := range l.wire {
		if l.wire[i].kind == k {
			return true
		}
	}
	return false
}

// answered adds r to the replies. One that finds no room is lost.
func (l *line) answered(r reply) {
	for i := range l.replies {
		if l.replies[i].kind == none {
			l.replies[i] = r
			return
		}
	}
}

// heard takes the first reply.
func (l *line) heard() (r reply) {
	r = l.replies[0]
	copy(l.replies[:], l.replies[1:])
	l.replies[replyRoom-1] = reply{}
	return r
}

// frames calls do for every frame that is under way to the pen or waits in it.
func (s *State) frames(do func(*frame)) {
	for i := range s.line.wire {
		do(&s.line.wire[i])
	}
	do(&s.line.lease)
	do(&s.line.late)
	do(&s.pen.queue)
}

// answers calls do for every reply that is under way or kept.
func (s *State) answers(do func(*reply)) {
	for i := range s.line.replies {
		do(&s.line.replies[i])
	}
	do(&s.pen.kept)
}

// up counts v up to most.
func upTo(v, most uint8) uint8 { return min(v+1, most) }

// down counts v down to 0.
func down(v uint8) uint8 {
	if v == 0 {
		return 0
	}
	return v - 1
}
