package observer

import (
	"fmt"
	"io"
	"sync"
	"time"

	"stipple/protocol"
)

// Witness reads what reaches a pen and what leaves it, and tells an Observer
// the facts that follow from that by SPEC.md. What only the pen can know, such
// as whether it took a command that came, it takes from the pen's own answers,
// and compares them with what they should have been. Use NewWitness.
type Witness struct {
	o   *Observer
	d   protocol.Descriptor
	rf  bool
	lag time.Duration

	mu          sync.Mutex
	in, out     protocol.Decoder
	boot        uint32
	zero        time.Duration // of the pen's clock in this boot
	zeroOK      bool
	newestClock protocol.PenClock // that left in this boot
	bootTold    bool
	boots       map[uint32]time.Duration // zero of each boot whose clock was right
	lies        lies
	hellos      []protocol.Hello // that came and were not answered yet
	session     session
	tip         tip
	oldTip      tip
	tipAt       time.Duration // when tip took the place of oldTip
	settings    settings
	service     bool // the pen is in SERVICE, by its own word
	stop        stop
	fault       latched
	ids         map[uint64]*commandID
	came        int // how many of them have reached the pen
	arms        map[uint32]*arm
	newest      *arm // that was accepted last
	pulses      map[uint32]protocol.Pulse
	before      uint32 // newest pulse when the Witness came
	highest     uint32 // newest pulse that STATUS has counted
	event       uint32
	seen        Seen
}

// Seen counts what a Witness has seen.
type Seen struct {
	Sessions int `json:"sessions"`
	Armed    int `json:"armed"`
	Tests    int `json:"tests"`   // SERVICE outputs that were permitted
	Expired  int `json:"expired"` // armed states that ended with their lease
	Refused  int `json:"refused"` // ARM, CLEAR and settings
	Cleared  int `json:"cleared"`
	Status   int `json:"status"`
	Events   int `json:"events"`
}

// tip is the tip that is on; id 0: none.
type tip struct {
	id     uint32
	pins   uint16
	length protocol.Micrometres
	rated  protocol.Milliwatts
}

// stop is the ESTOP that the pen must have latched.
type stop struct {
	latched bool
	at      time.Duration // arrival of the newest
	said    bool          // that it does not hold
	clear   bool          // a CLEAR has come since, whose answer has not left yet
}

// NewWitness makes a Witness of a pen with that descriptor that tells o.
func NewWitness(o *Observer, d protocol.Descriptor) *Witness {
	return &Witness{
		lies: lies{clockAt: never}, fault: latched{cleared: never, told: make(map[protocol.Fault]int)},
		o: o, d: d, rf: d.Kind == protocol.KindRF, lag: o.cfg.Lag,
		boots: make(map[uint32]time.Duration), ids: make(map[uint64]*commandID), arms: make(map[uint32]*arm), pulses: make(map[uint32]protocol.Pulse),
	}
}

// Line returns the pen's end of a line, so that w sees every byte that the pen
// reads from it or writes to it. now is the time by which all facts are told. A
// new line begins: half a frame on the one before is forgotten.
func (w *Witness) Line(rw io.ReadWriteCloser, now func() time.Duration) io.ReadWriteCloser {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.in, w.out = protocol.Decoder{}, protocol.Decoder{}
	return &line{rw: rw, w: w, now: now}
}

type line struct {
	rw  io.ReadWriteCloser
	w   *Witness
	now func() time.Duration
}

// Read implements io.Reader.
func (l *line) Read(p []byte) (int, error) {
	n, err := l.rw.Read(p)
	if n > 0 {
		l.w.Arrived(l.now(), p[:n])
	}
	return n, err
}

// Write implements io.Writer.
func (l *line) Write(p []byte) (int, error) {
	l.w.Left(l.now(), p)
	return l.rw.Write(p)
}

// Close implements io.Closer.
func (l *line) Close() error { return l.rw.Close() }

// Arrived tells of bytes that the pen has received at time at.
func (w *Witness) Arrived(at time.Duration, b []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	each(&w.in, b, func(f protocol.Frame) { w.arrived(at, f) })
}

// Left tells of bytes that the pen has sent at time at.
func (w *Witness) Left(at time.Duration, b []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	each(&w.out, b, func(f protocol.Frame) { w.left(at, f) })
}

// Tip tells that another tip is on; with id 0 that none is.
func (w *Witness) Tip(at time.Duration, t protocol.TipInfo) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.oldTip, w.tipAt = w.tip, at
	w.tip = tip{t.ID, t.Pins, protocol.Micrometres(t.NeedleLength), protocol.Milliwatts(t.RatedPower)}
	w.o.Over(at, 0)
	if w.tip.id != 0 {
		w.rejudge()
	}
}

// Pulses returns the pulses that the pen has told of, by index.
func (w *Witness) Pulses() map[uint32]protocol.Pulse {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make(map[uint32]protocol.Pulse, len(w.pulses))
	for i, p := range w.pulses {
		all[i] = p
	}
	return all
}

// Accepted says whether the pen has ever become READY by that command.
func (w *Witness) Accepted(commandID uint64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.ids[commandID]
	return c != nil && c.done
}

// MayForget says whether a pen may call a command id FORGOTTEN, by section 12:
// only if a reset may have found it RUNNING, or if so many other ids have come
// that it, or any, may have been displaced and dropped. Of a pen whose memory was
// in use before the Witness came it knows too little.
func (w *Witness) MayForget(commandID uint64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.came > keptIDs+bareIDs {
		return true
	}
	c := w.ids[commandID]
	return c != nil && c.came && (c.boot != w.boot || w.came-c.order >= keptIDs)
}

// Seen returns the counts so far.
func (w *Witness) Seen() Seen {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seen
}

// each calls do with every good frame.
func each(d *protocol.Decoder, b []byte, do func(protocol.Frame)) {
	for len(b) > 0 {
		f, rest, err := d.Next(b)
		b = rest
		if err == nil {
			do(f)
		}
	}
}

func (w *Witness) violate(r Rule, at time.Duration, expected, measured string) {
	w.o.Broken(Violation{Rule: r, At: at, Expected: expected, Measured: measured})
}

// world is when the pen's clock showed c, as near as its STATUS has told.
func (w *Witness) world(c protocol.PenClock) time.Duration {
	return w.zero + time.Duration(min(c, maxClock))*time.Microsecond
}

// maxClock keeps a clock that was made up from wrapping: 73 years.
const maxClock protocol.PenClock = 1 << 51

// clock is what the pen's clock showed at a time.
func (w *Witness) clock(at time.Duration) protocol.PenClock {
	return protocol.PenClock(max(at-w.zero, 0) / time.Microsecond)
}

// setZero learns from a clock that left the pen at time at when that clock was
// 0. It is stamped before it leaves, so that the earliest is the nearest.
func (w *Witness) setZero(at time.Duration, c protocol.PenClock) {
	zero := at - time.Duration(min(c, maxClock))*time.Microsecond
	if c < w.newestClock {
		if !w.lies.clock {
			w.violate(RuleClock, at, fmt.Sprintf("at least %d us", w.newestClock), fmt.Sprintf("%d us", c))
		}
		w.zeroOK = false
	}
	w.newestClock = c
	if !w.zeroOK || zero < w.zero {
		w.zero, w.zeroOK = zero, true
	}
	if !w.bootTold {
		w.lies.clock = w.lies.clockAt >= w.zero-w.grace() // and not in the boot before
	}
	if !w.lies.clock {
		w.boots[w.boot] = w.zero
	}
	if !w.bootTold {
		w.bootTold = true
		if w.lies.clock {
			w.o.Booted(at)
		} else {
			w.o.Boot(w.zero)
		}
	}
}

// When is when the clock of a boot showed c; false: not known, or its clock was
// broken.
func (w *Witness) When(boot uint32, c protocol.PenClock) (time.Duration, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	zero, ok := w.boots[boot]
	return zero + time.Duration(min(c, maxClock))*time.Microsecond, ok
}

// lies are defects of what the pen tells.
type lies struct {
	echo, hash, clock bool
	clockAt           time.Duration // when the clock was set; never: it was not
}

// Lie is something that a pen tells wrongly on purpose; what it does is as it
// was told.
type Lie uint8

// The lies.
const (
	LieEcho  Lie = iota // SETTINGS and ENVELOPE are not what was asked for
	LieHash             // the settings hash is not that of what is active
	LieClock            // the pen's clock has been set; until the next boot
)

// Lie tells that a lie begins or ends.
func (w *Witness) Lie(at time.Duration, l Lie, on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch l {
	case LieEcho:
		w.lies.echo = on
	case LieHash:
		w.lies.hash = on
	case LieClock:
		w.lies.clock = on
		if on {
			w.lies.clockAt = at
			delete(w.boots, w.boot)
			w.zeroOK, w.newestClock = false, 0 // learnt again from the next STATUS
		}
	}
}

// grace is how long an answer may be on its way from the firmware to the line.
func (w *Witness) grace() time.Duration { return resultGrace + w.lag }
