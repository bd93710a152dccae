package observer

import (
	"fmt"
	"sync"
	"time"

	"stipple/protocol"
)

// Config is what an Observer must know of the pen that it watches; all of it is
// in the pen's descriptor, see ConfigOf.
type Config struct {
	RF            bool                // the pen emits RF
	RatedPower    protocol.Milliwatts // of the RF, 1 mW to 65 W
	Retract       time.Duration       // from a stop to needle back, at most
	ContactSensor bool                // the pen can tell whether the tip touches skin
	// Coarse says that samples tell whether RF flows and whether the needle is out
	// or moves, and not how much and how far: such rules are left out.
	Coarse bool
	// Lag is how much later than the Observer the pen may learn of something, or
	// the reverse, beyond what its control takes: 0 in virtual time.
	Lag time.Duration
}

// ConfigOf is the Config for a pen with that descriptor, in virtual time.
func ConfigOf(d *protocol.Descriptor) Config {
	return Config{
		RF: d.Kind == protocol.KindRF, RatedPower: d.RatedPowerMW, ContactSensor: d.ContactSensor,
		Retract: time.Duration(d.StopToRetracted) * time.Millisecond,
	}
}

// Sample is what instruments at the pen show at one moment. An Observer wants
// one for each 0.1 ms in which an output is on, and one at each change.
type Sample struct {
	At      time.Duration       // of the same zero as all facts
	PowerMW protocol.Milliwatts // RF into tissue or load
	DepthUM protocol.Micrometres
	Moving  bool // the needle drive turns
	Trigger bool // as the hand holds it
	Contact bool // the tip is on the skin
	Tip     bool // a tip is on
	// Late is how much later than At a pen that keeps real time came to it: its
	// computer was busy. 0 in virtual time.
	Late time.Duration
	// LoadOhm is a resistor across the tip in place of tissue; 0: none.
	LoadOhm protocol.Ohms
}

// out says whether the needle is out or moves.
func (s Sample) out() bool { return s.Moving || s.DepthUM > needleBack }

// Settings is what an arm id stands on: what the operator confirmed. The zero
// value of what the pen's kind does not have is 0.
type Settings struct {
	Depth, MaxDepth protocol.Micrometres // as set, and as the envelope allows
	Speed           protocol.StrokesPerMinute
	Power           protocol.Milliwatts
	Duration        protocol.Milliseconds
	SpotCap         protocol.Microjoules // energy of one spot, all pins together
	PulsesPerSpot   int
	// Test is what a SERVICE output is for; nil: a treatment. Of the fields above
	// those of its quantity hold.
	Test *Test
}

// Test is a SERVICE output.
type Test struct {
	Quantity protocol.Quantity
	Load     protocol.Ohms // that was declared, for power
}

// Observer judges outputs. Use New.
type Observer struct {
	cfg    Config
	floor  protocol.Milliwatts // of the RF sensor
	slow   time.Duration       // the most that the pen was late within slowFor
	slowAt time.Duration

	mu       sync.Mutex
	facts    []fact // told and not yet reached by a sample, in the order of time
	told     toldLast
	found    report
	counts   Counts
	last     Sample
	begun    bool
	permit   permit
	early    [earlyLeases]lease // the newest leases of any arm id
	earlyAt  int
	stopped  bool
	stopAt   time.Duration // arrival of the first ESTOP since it was last cleared
	hand     hand
	touching bool // the tip is on the skin
	loaded   bool // the load is the one that was declared for a SERVICE output
	defects  defects
	leak     leak
	highTo   time.Duration // when the amplifier last gave too much
	rf       rf
	needle   needle
	spot     spot
	pulses   []Delivery
	darkFrom time.Duration
	bootAt   time.Duration              // newest boot; never: not known
	broken   [defectCount]time.Duration // since when; never: whole
}

// Counts is what an Observer has seen. A run in which nothing happened proves
// nothing.
type Counts struct {
	Samples int `json:"samples"`
	Armed   int `json:"armed"`
	// ArmedFor is how long the pen was permitted to be armed, in all.
	ArmedFor time.Duration `json:"armed_for_ns"`
	Leases   int           `json:"leases"`   // that granted something
	Stops    int           `json:"stops"`    // ESTOP that latched
	StopsOn  int           `json:"stops_on"` // among them: while RF flowed or the needle was out
	StopsRF  int           `json:"stops_rf"` // among them: while RF flowed
	Pulses   int           `json:"pulses"`   // RF pulses, or pulls of a needling pen
	Strokes  int           `json:"strokes"`  // needle out and in
	Spots    int           `json:"spots"`
	Tests    int           `json:"tests"` // SERVICE outputs in which something came out
	Boots    int           `json:"boots"`
	// BootsOnSkin is how many of them found the tip on the skin.
	BootsOnSkin int `json:"boots_on_skin"`
}

// Delivery is one pulse as it really was: RF that flowed, or on a needling pen
// a time in which the needle stroked.
type Delivery struct {
	Start, End time.Duration
	Energy     protocol.Microjoules // RF, over the tip
	Strokes    int                  // needling
	Service    bool                 // a SERVICE output
	ArmID      uint32               // that permitted it; the newest, where nothing did
}

// New makes an Observer.
func New(cfg Config) *Observer {
	o := &Observer{cfg: cfg, floor: cfg.RatedPower * floorPermille / 1000}
	o.hand.released, o.hand.lifted = never, never
	o.leak.ended, o.highTo, o.bootAt = never, never, never
	for d := range o.broken {
		o.broken[d] = never
	}
	o.needle.overran, o.needle.freed, o.needle.driven = never, never, never
	return o
}

// never is before everything: something that has not been yet.
const never = time.Duration(-1 << 62)

// Sample tells what the instruments show. Samples come in the order of time.
func (o *Observer) Sample(s Sample) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.counts.Samples++
	if s.Late >= o.slow || s.At-o.slowAt > slowFor {
		o.slow, o.slowAt = s.Late, s.At
	}
	o.apply(s.At + step) // what comes within a step is noticed at its start
	o.expire(s.At)
	o.feel(s)
	o.judgeHeld(s.At)
	o.followPulse(s)
	o.followNeedle(s)
	if s.PowerMW > o.floor {
		o.judgeRF(s)
	}
	if s.PowerMW > o.floor && !o.cfg.Coarse {
		o.judgeSize(s)
	}
	if s.out() {
		o.judgeNeedle(s)
	}
	// A SERVICE output has begun; what was missing before it is over.
	if p := &o.permit; p.set.Test != nil && p.tested == 0 && !p.over && o.hand.held && o.hand.pulled >= p.from && (s.PowerMW > o.floor || s.out()) {
		p.tested = s.At
		if o.last.out() { // it may begin behind what is still coming back
			p.tested += o.cfg.Retract
		}
		o.counts.Tests++
	}
	o.last, o.begun = s, true
}

// Violations returns what was broken so far, at most the first 200, and how
// many there are in all.
func (o *Observer) Violations() (list []Violation, all int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]Violation(nil), o.found.list...), o.found.count
}

// Deliveries returns the pulses as they really were, in the order of time. One
// that goes on is not among them.
func (o *Observer) Deliveries() []Delivery {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]Delivery(nil), o.pulses...)
}

// Counts returns what was seen so far.
func (o *Observer) Counts() Counts {
	o.mu.Lock()
	defer o.mu.Unlock()
	c := o.counts
	c.ArmedFor += o.permit.lasted(o.last.At)
	return c
}

// Broken adds a violation that a Witness has found.
func (o *Observer) Broken(v Violation) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.keep(v)
}

// keep keeps a violation; the first of a run with what led to it.
func (o *Observer) keep(v Violation) {
	if o.found.count == 0 {
		v.Told = append(o.told.strings(), fmt.Sprintf("%+v", o.last))
	}
	o.found.add(v)
}

func (o *Observer) violate(r Rule, at time.Duration, expected, measured string, args ...any) {
	o.keep(Violation{Rule: r, At: at, Expected: expected, Measured: fmt.Sprintf(measured, args...)})
}

// hand is what the hand does, with the times of its edges.
type hand struct {
	held     bool
	pulled   time.Duration // newest pull
	released time.Duration // newest release
	lifted   time.Duration // when the tip last left the skin
	unloaded time.Duration // since when the load is not the declared one
	touches  [keptTouches]touch
	touchAt  int
}

// touch is a change of contact.
type touch struct {
	at time.Duration
	on bool
}

// keptTouches is how many changes of contact are kept: a boot is told of once
// the pen has been met again, seconds later.
const keptTouches = 32

// touched says whether the tip was on the skin just before time t.
func (h *hand) touched(t time.Duration) bool {
	for i := range keptTouches {
		if c := h.touches[(h.touchAt+keptTouches-1-i)%keptTouches]; c.at < t {
			return c.on
		}
	}
	return true // too long ago: the worse is assumed
}

// feel follows trigger, contact and tip.
func (o *Observer) feel(s Sample) {
	o.hold(s.At, s.Trigger)
	o.touching = s.Contact
	if !o.begun || s.Contact != o.last.Contact {
		o.hand.touches[o.hand.touchAt%keptTouches] = touch{s.At, s.Contact}
		o.hand.touchAt++
		switch {
		case !s.Contact:
			o.hand.lifted = s.At
		case o.begun && s.At-o.hand.lifted < spotRelease-step:
			// The same spot again.
		default:
			o.spot = spot{since: s.At}
			o.counts.Spots++
		}
	}
	if t := o.permit.set.Test; t == nil || !t.loaded(s.LoadOhm) {
		if o.loaded {
			o.hand.unloaded = s.At
		}
		o.loaded = false
	} else {
		o.loaded = true
	}
	if !s.Tip && (!o.begun || o.last.Tip) {
		o.permit.end(s.At, endOther)
	}
}

// hold follows the trigger; a stuck switch is as good as a hand to the pen.
func (o *Observer) hold(at time.Duration, hand bool) {
	held := hand || o.defects.stuckTrigger
	switch {
	case held && !o.hand.held:
		o.hand.pulled = at
	case !held && o.hand.held:
		o.hand.released = at
	}
	o.hand.held = held
}

// loaded says whether a load is the declared one.
func (t *Test) loaded(ohms protocol.Ohms) bool {
	off := max(ohms-t.Load, t.Load-ohms)
	return t.Quantity == protocol.QuantityPower && ohms > 0 && off*1000 <= t.Load*loadPermille
}

// lag is how much later than the Observer the pen may have learnt of something.
func (o *Observer) lag() time.Duration { return o.cfg.Lag + o.slow }
