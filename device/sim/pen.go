package sim

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"sync"
	"time"

	"stipple/protocol"
)

// Config says which pen to simulate.
type Config struct {
	Model Model
	// Seed of the sensors' noise and the tissue. The same seed and the same
	// inputs at the same times give the same outputs on every machine.
	Seed uint64
	// Script is what breaks and what the hand does at which time; nil: nothing.
	Script *Script
	// Memory is the pen's non-volatile memory; nil: RAM of its own.
	Memory Memory
	// Observe is called from Run's goroutine with each change of an output. It
	// must not call the pen.
	Observe func(Change)
	// Probe is called from Run's goroutine when Run begins, for every physics
	// step in which an output is on, and at each change of what it is given:
	// true values, for an observer that judges the pen. It must not call the
	// pen. It costs a call each 0.1 ms of treatment; nil costs nothing.
	Probe func(Outputs)
	// Serial is the serial number, at most protocol.MaxText bytes; empty: that
	// of the model, 0107 for N1 and 0042 for R1.
	Serial string
	// LogKept is how many records the log holds, 4,096 to 131,072; 0: 4,096. A
	// memory belongs to a log of one size.
	LogKept int
	// Random is where session numbers come from; nil: the system's. They have
	// no influence on the outputs. A pen whose numbers can be foretold can be
	// replayed to.
	Random io.Reader
}

// Change is the pen's outputs as an onlooker with a probe sees them, at the
// moment when one of state, RF or motion changed.
type Change struct {
	At    time.Duration     `json:"at_ns"` // since Run began, in the pen's physics
	Clock protocol.PenClock `json:"clock_us"`
	State protocol.State    `json:"-"`
	// StateName is State as a word.
	StateName string               `json:"state"`
	RF        bool                 `json:"rf"`     // any RF flows, into tissue or load
	Motion    bool                 `json:"motion"` // the needle moves or is out
	DepthUM   protocol.Micrometres `json:"depth_um"`
	PowerMW   protocol.Milliwatts  `json:"power_mw"`
	// Since the last change: the furthest, the most, and the true energy.
	PeakDepthUM protocol.Micrometres `json:"peak_depth_um"`
	PeakPowerMW protocol.Milliwatts  `json:"peak_power_mw"`
	EnergyUJ    protocol.Microjoules `json:"energy_uj"`
	// What holds at that moment.
	Trigger bool `json:"trigger"`
	Contact bool `json:"contact"`
	Leased  bool `json:"leased"`
	// Cause is the newest decision of the firmware: "lease", "estop", "dose",
	// "duration", "trigger released" and so on.
	Cause string `json:"cause"`
}

// Pen is a simulated pen. Use New, then Run; Attach and Hand at any time.
type Pen struct {
	observe func(Change)
	probe   func(Outputs) // may be nil
	calls   chan call
	wakeup  chan struct{} // capacity 1
	ended   chan struct{} // closed when Run returns

	mu      sync.Mutex
	conn    *conn
	running bool

	// Of Run's goroutine.
	fw     *firmware
	start  time.Time
	script playing
	steps  int64 // fine steps since Run began
	seen   Change
	probed Outputs // the newest that probe was given
	budget [protocol.LaneCount]int
	tick   int64 // the millisecond that budget is for
}

// call is a function for Run's goroutine.
type call struct {
	do   func()
	done chan struct{}
}

// ErrRunning means that Run was called a second time.
var ErrRunning = errors.New("simulated pen has been run already")

// New makes a pen and boots it. It fails for an unknown model, a serial number
// that is no wire text, a log size out of range, and a memory that can't be read
// or has a log of another size.
func New(cfg Config) (*Pen, error) {
	m, err := modelOf(cfg.Model)
	if err != nil {
		return nil, err
	}
	if cfg.Serial != "" {
		m.serial = cfg.Serial
	}
	if len(m.serial) > protocol.MaxText {
		return nil, errors.New("serial number too long")
	}
	slots, err := logSlots(cfg.LogKept)
	if err != nil {
		return nil, err
	}
	m.desc.LogKept = int32(slots)
	mem, random, observe := cfg.Memory, cfg.Random, cfg.Observe
	if mem == nil {
		mem = NewRAM()
	}
	if random == nil {
		random = rand.Reader
	}
	if observe == nil {
		observe = func(Change) {}
	}
	fw, err := newFirmware(m, mem, cfg.Seed, random)
	if err != nil {
		return nil, err
	}
	p := &Pen{observe: observe, probe: cfg.Probe, calls: make(chan call), wakeup: make(chan struct{}, 1), ended: make(chan struct{}), fw: fw}
	fw.post = p.post
	p.script = play(cfg.Script)
	return p, nil
}

// Run is the pen's life: it moves the physics with the clock and serves link
// and hand, until ctx ends; then it closes the connection, waits for its
// goroutines, and returns nil. A pen runs once; a second call is ErrRunning.
func (p *Pen) Run(ctx context.Context) error {
	p.mu.Lock()
	if p.running {
		p.mu.Unlock()
		return ErrRunning
	}
	p.running = true
	p.mu.Unlock()
	defer p.finish()

	p.start = time.Now()
	p.see(true)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case <-p.wakeup:
		case c := <-p.calls:
			p.advance(true)
			c.do()
			p.fw.inputs()
			p.fw.cutOff()
			close(c.done)
		}
		exact := p.pending()
		p.advance(exact)
		p.serve()
		p.fw.reportDue()
		p.see(false)
		timer.Reset(p.nextWake())
	}
}

func (p *Pen) finish() {
	p.mu.Lock()
	c := p.conn
	p.conn = nil
	close(p.ended)
	p.mu.Unlock()
	if c != nil {
		c.shut()
		c.workers.Wait()
	}
}

// Attach serves the link on rw until it fails or detach is called, which
// closes rw and waits for the goroutines. A pen has one link: the next Attach
// detaches the one before. The pen outlives its connections, and a session
// outlives a connection until the next hello or the end of its lease. Attach
// to a pen that has ended closes rw.
func (p *Pen) Attach(rw io.ReadWriteCloser) (detach func()) {
	c := startConn(rw, p.wake, p.fw.flaws.has(flawClearOutlives))
	p.mu.Lock()
	old := p.conn
	p.conn = c
	ended := false
	select {
	case <-p.ended:
		ended, p.conn = true, nil
	default:
	}
	p.mu.Unlock()
	if old != nil {
		old.shut()
		old.workers.Wait()
		// What arrived has arrived: ESTOP and DISARM do not go with the line that they
		// came by.
		for _, f := range old.stops() {
			c.queue(f)
		}
	}
	detach = func() {
		c.shut()
		c.workers.Wait()
	}
	if ended {
		detach()
	}
	p.wake()
	return detach
}

// Hand is the pen's handpiece in this process. Its calls wait for Run to take
// them: they block until Run is called.
func (p *Pen) Hand() Handpiece { return hand{p} }

// Counts says what the link has brought so far. It waits for Run.
func (p *Pen) Counts() (Counts, error) {
	var c Counts
	err := p.call(func() { c = p.fw.counts })
	return c, err
}

func (p *Pen) wake() {
	select {
	case p.wakeup <- struct{}{}:
	default:
	}
}

// call runs do on Run's goroutine, at the pen's present.
func (p *Pen) call(do func()) error {
	c := call{do: do, done: make(chan struct{})}
	select {
	case p.calls <- c:
		<-c.done
		return nil
	case <-p.ended:
		return ErrStopped
	}
}

func (p *Pen) connection() *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.conn
}

func (p *Pen) post(lane protocol.Lane, frame []byte) {
	if p.fw.memory.dead || p.fw.link.loses(lane) {
		return
	}
	if c := p.connection(); c != nil {
		c.send(lane, frame)
	}
}

func (p *Pen) pending() bool {
	c := p.connection()
	return c != nil && c.waiting()
}

// advance moves the pen to the present. Steps at rest are taken together, as
// far as they are whole; exact takes the rest of them one by one, since what
// comes next needs the pen's clock to the step.
func (p *Pen) advance(exact bool) {
	p.advanceTo(int64(time.Since(p.start)/fineStep), exact)
}

// advanceTo moves the pen to step target, with what the script wants on the way
// to it and at it.
func (p *Pen) advanceTo(target int64, exact bool) {
	for {
		if p.script.next <= p.steps {
			p.script.happen(p.steps, p.fw.act)
			p.see(false)
		}
		if p.steps >= target {
			return
		}
		n := int64(1)
		if p.fw.atRest() {
			// Never past a line of the script, so that it meets the same step on
			// every machine.
			n = min(restSteps, p.script.next-p.steps)
			if target-p.steps < n {
				if !exact {
					return
				}
				n = 1
			}
		}
		p.fw.step(n)
		p.fw.cutOff()
		p.steps += n
		p.see(false)
	}
}

// serve handles what the link has brought, within the budget of this
// millisecond.
func (p *Pen) serve() {
	c := p.connection()
	p.fw.plant.cable = c != nil && !c.ended()
	if c == nil {
		return
	}
	if now := p.steps / stepsPerMS; now != p.tick {
		p.tick = now
		p.budget = [protocol.LaneCount]int{stopQueue, commandBudget, bulkBudget, liveBudget}
	}
	p.budget[protocol.LaneStop] = stopQueue
	for {
		f, ok := c.take(&p.budget)
		if !ok {
			break
		}
		p.fw.handle(f)
		p.fw.cutOff()
		p.see(false)
	}
	busy, flooded, overtaken := c.refused()
	p.fw.counts.Overtaken += overtaken
	p.fw.refuse(busy, flooded)
	c.mu.Lock()
	p.fw.counts.Frames, p.fw.counts.BadFrames = c.frames.Frames, c.frames.Dropped
	c.mu.Unlock()
}

// nextWake is how long Run may sleep.
func (p *Pen) nextWake() time.Duration {
	if p.fw.active() || p.pending() {
		return activeWake
	}
	wake := restWake
	if p.fw.session.id != 0 {
		due := p.steps + p.fw.report.next - p.fw.steps
		wake = min(wake, time.Duration(due)*fineStep-time.Since(p.start))
		// At rest steps are taken a millisecond at a time: come when that one
		// is whole.
		wake = (max(wake, 0) + activeWake - 1) / activeWake * activeWake
	}
	if p.script.next != never {
		wake = min(wake, time.Duration(p.script.next)*fineStep-time.Since(p.start))
	}
	return max(wake, fineStep)
}

// see tells the observer when an output has changed, and the probe more.
func (p *Pen) see(first bool) {
	if first && p.probe != nil {
		p.probed = p.outputs()
		p.probe(p.probed)
	}
	p.look()
	fw, pl := p.fw, p.fw.plant
	rf, motion := pl.power > 0, pl.out()
	if !first && fw.state == p.seen.State && rf == p.seen.RF && motion == p.seen.Motion {
		return
	}
	p.seen = Change{
		At: time.Duration(p.steps) * fineStep, Clock: fw.clock(), State: fw.state, StateName: fw.state.String(), RF: rf, Motion: motion,
		DepthUM: protocol.Micrometres(pl.needle() / nmPerUM), PowerMW: protocol.Milliwatts(pl.power / uwPerMW),
		PeakDepthUM: protocol.Micrometres(pl.peakPos / nmPerUM), PeakPowerMW: protocol.Milliwatts(pl.peakPower / uwPerMW),
		EnergyUJ: protocol.Microjoules(pl.delivered / nJPerUJ),
		Trigger:  fw.trigger, Contact: pl.contact, Leased: fw.leaseAlive(), Cause: fw.cause,
	}
	pl.peakPos, pl.peakPower, pl.delivered = pl.needle(), pl.power, pl.delivered%nJPerUJ
	p.observe(p.seen)
}
