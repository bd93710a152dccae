package systemtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"stipple/device"
	"stipple/device/link"
	"stipple/device/observer"
	"stipple/device/sim"
	"stipple/protocol"
)

// world is everything that is no program of ours: the pen with what watches it,
// the cable, and the hand.
type world struct {
	seed  uint64
	model sim.Model
	begin time.Time
	pen   *sim.Pen
	hand  sim.Handpiece
	obs   *observer.Observer
	wit   *observer.Witness
	line  *link.Faults

	ctx  context.Context
	work sync.WaitGroup // everything that was started

	mu       sync.Mutex
	plugged  bool
	cut      func()        // ends the newest proxy
	gone     chan struct{} // closed when it has ended
	failures []string
	acts     map[string]int // what was done, by name
	spans    map[string][]span

	tipMu   sync.Mutex // a change of the tip and what the witness is told of it
	tipGone bool       // by a defect
	tipTold protocol.TipInfo
}

// streams are the seeds' sub-streams, so that what one part draws does not hang
// on what another has drawn.
const (
	streamOperator uint64 = iota + 1
	streamLine
	streamPen
	streamConsole
)

func (w *world) stream(n uint64) *rand.Rand { return rand.New(rand.NewPCG(w.seed, n)) }

// entropy is a source of nonces and command ids.
func (w *world) entropy(n uint64) io.Reader {
	var key [32]byte
	for i := range 8 {
		key[i], key[8+i] = byte(w.seed>>(8*i)), byte(n>>(8*i))
	}
	return &lockedReader{r: rand.NewChaCha8(key)}
}

type lockedReader struct {
	mu sync.Mutex
	r  io.Reader
}

func (l *lockedReader) Read(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.r.Read(p)
}

// newWorld makes a pen and runs it until ctx ends.
func newWorld(ctx context.Context, cfg runConfig) (*world, error) {
	w := &world{
		seed: cfg.Seed, model: cfg.Model, begin: time.Now(), ctx: ctx, plugged: true, cut: func() {}, acts: make(map[string]int), spans: make(map[string][]span),
		line: link.NewFaults(link.ProxyConfig{Seed: cfg.Seed}),
	}
	d, err := sim.DescriptorOf(cfg.Model)
	if err != nil {
		return nil, err
	}
	w.obs = observer.New(observer.ConfigOf(&d))
	w.wit = observer.NewWitness(w.obs, d)
	w.pen, err = cfg.newPen(sim.Config{
		Model: cfg.Model, Seed: cfg.Seed, Random: w.entropy(streamPen),
		Probe: func(o sim.Outputs) {
			w.obs.Sample(observer.Sample{
				At: o.At, PowerMW: o.PowerMW, DepthUM: o.DepthUM, Moving: o.Moving, Trigger: o.Trigger, Contact: o.Contact, Tip: o.Tip, LoadOhm: o.LoadOhm,
			})
		},
	})
	if err != nil {
		return nil, err
	}
	w.hand = w.pen.Hand()
	w.work.Go(func() {
		if err := w.pen.Run(ctx); err != nil {
			w.fail("pen: %v", err)
		}
	})
	w.tip(func() error { return nil })
	return w, nil
}

// now is the time of all facts.
func (w *world) now() time.Duration { return time.Since(w.begin) }

func (w *world) fail(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failures = append(w.failures, fmt.Sprintf("%v: ", w.now())+fmt.Sprintf(format, args...))
}

// did counts something that was done.
func (w *world) did(act string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.acts[act]++
}

// done is how often something was done.
func (w *world) done(act string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.acts[act]
}

// span is a time in which a defect was on.
type span struct{ from, to time.Duration }

// note keeps when a defect was on.
func (w *world) note(defect string, on bool) {
	now := w.now()
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.spans[defect]
	switch open := goesOn(all); {
	case on && !open:
		w.spans[defect] = append(all, span{now, stillOn})
	case !on && open:
		all[len(all)-1].to = now
	}
}

// stillOn is the end of a defect that has none yet.
const stillOn = time.Duration(math.MaxInt64)

// goesOn says whether the newest span has no end yet.
func goesOn(all []span) bool { return len(all) > 0 && all[len(all)-1].to == stillOn }

// during says whether a defect was on in any of the time from from to to.
func (w *world) during(defect string, from, to time.Duration) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.spans[defect], func(s span) bool { return s.from <= to && from <= s.to })
}

// pause lets time pass, or less if the world ends.
func (w *world) pause(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-w.ctx.Done():
	}
}

// The port.

var thePort = device.Port{Path: "pen"}

func (w *world) find(context.Context) ([]device.Port, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.plugged {
		return nil, &device.PortGoneError{Port: thePort}
	}
	return []device.Port{thePort}, nil
}

// open opens the port. Whoever had it open before has lost it.
func (w *world) open(_ context.Context, p device.Port) (io.ReadWriteCloser, error) {
	w.pull()
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.plugged {
		return nil, &device.PortGoneError{Port: p}
	}
	near, consoleEnd := link.Pipe()
	penEnd, far := link.Pipe()
	proxy := w.line.Proxy(penEnd, consoleEnd)
	w.pen.Attach(w.wit.Line(far, w.now))
	ctx, cut := context.WithCancel(w.ctx)
	gone := make(chan struct{})
	w.cut, w.gone = cut, gone
	w.work.Go(func() {
		defer close(gone)
		defer cut()
		// How a line ends is what the run is about.
		_ = proxy.Run(ctx)
	})
	w.acts["connections"]++
	return near, nil
}

// pull cuts what is connected.
func (w *world) pull() {
	w.mu.Lock()
	cut, gone := w.cut, w.gone
	w.mu.Unlock()
	cut()
	if gone != nil {
		<-gone
	}
}

// plug puts the cable in or pulls it out.
func (w *world) plug(in bool) {
	w.mu.Lock()
	w.plugged = in
	w.mu.Unlock()
	if !in {
		w.pull()
		w.did("cable pulled")
	}
}

// forgets judges a pen that calls a command id FORGOTTEN: by what has come over
// its line it must be allowed to, and by what its memory holds it must be so.
func (w *world) forgets(id uint64) {
	trace, err := w.pen.Trace(id)
	if err != nil {
		w.must(err)
		return
	}
	w.did("ARM forgotten: " + trace.String())
	allowed := w.wit.MayForget(id)
	if kept := trace == sim.TraceNone || trace == sim.TraceKept; kept || !allowed {
		w.fail("ARM %016x: the pen calls it FORGOTTEN; in its memory it is %q, by the line allowed %v", id, trace, allowed)
	}
}

// The hand. A pen that has ended is the end of the run.

func (w *world) must(err error) {
	if err != nil && !errors.Is(err, sim.ErrStopped) {
		w.fail("hand: %v", err)
	}
}

func (w *world) trigger(held bool) { w.must(w.hand.Trigger(held)) }

func (w *world) contact(on bool) { w.must(w.hand.Contact(on)) }

// tip changes the tip and tells the witness which is on then.
func (w *world) tip(change func() error) {
	w.tipMu.Lock()
	defer w.tipMu.Unlock()
	w.must(change())
	st, err := w.hand.State()
	w.must(err)
	var on protocol.TipInfo
	if st.Tip != nil && !w.tipGone {
		on = protocol.TipInfo{
			ID: st.Tip.ID, Pins: st.Tip.Pins, NeedleLength: uint16(st.Tip.NeedleLengthUM), RatedPower: uint32(st.Tip.RatedPowerMW),
		}
	}
	if on != w.tipTold {
		w.tipTold = on
		w.wit.Tip(w.now(), on)
	}
}

func (w *world) changeTip(t sim.TipSpec) {
	w.tip(func() error { return w.hand.ChangeTip(t) })
	w.did("tip changed")
}

func (w *world) removeTip() {
	w.tip(w.hand.RemoveTip)
	w.did("tip removed")
}

// watchTip follows what a torn write does to the tip that the pen remembers: the
// one before the last is on again after the boot.
func (w *world) watchTip() {
	for range 25 * int(time.Second/tipLook) {
		w.tip(func() error { return nil })
		w.pause(tipLook)
	}
}

// tipLook is how often that is: a console takes over a second to find that a pen
// has booted.
const tipLook = 100 * time.Millisecond

// isOn says whether a defect is on.
func (w *world) isOn(defect string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return goesOn(w.spans[defect])
}

// hides are defects of which no pen with one sensor of RF can find the second
// while it has the first: one that has frozen at 0 is only noticed once RF is
// commanded, and until then sees nothing leak. They are not had together.
var hides = map[string]string{sim.SwitchRFLeak: sim.SwitchPowerFrozen, sim.SwitchPowerFrozen: sim.SwitchRFLeak}

// defect turns a fault switch of the pen and tells observer and witness what
// it excuses.
func (w *world) defect(name string, on bool) {
	d, ok := defects()[name]
	if !ok {
		w.fail("no defect %q", name)
		return
	}
	if other := hides[name]; on && other != "" && w.isOn(other) {
		w.did("defect hidden by another, left out")
		return
	}
	if on {
		w.did("defect " + name)
		if d.tell != nil {
			d.tell(w, true)
		}
	}
	if on {
		w.note(name, true) // before it is so
	} else {
		defer w.note(name, false)
	}
	if name == sim.SwitchTipRemoved {
		w.tip(func() error {
			w.tipGone = on
			return w.hand.Fault(name, on)
		})
		return
	}
	w.must(w.hand.Fault(name, on))
	if name == sim.SwitchTornWrite && on {
		w.work.Go(w.watchTip)
	}
	if !on && d.tell != nil {
		d.tell(w, false)
	}
}

// defect is what a fault switch is to observer and witness.
type defect struct {
	// tell is called before the switch is turned on, and after it is turned off;
	// nil: no output shows it, and what the pen tells is true.
	tell func(w *world, on bool)
	// once is a fault that is over with its on.
	once bool
}

// defects says of every fault switch what it is.
func defects() map[string]defect {
	plant := func(d observer.Defect) defect {
		return defect{tell: func(w *world, on bool) { w.obs.Defect(w.now(), d, on) }}
	}
	lie := func(l observer.Lie) defect {
		return defect{tell: func(w *world, on bool) { w.wit.Lie(w.now(), l, on) }}
	}
	clock := defect{once: true, tell: func(w *world, on bool) { w.wit.Lie(w.now(), observer.LieClock, true) }}
	dark := func(w *world, on bool) {
		if on {
			w.obs.Dark(w.now())
		}
	}
	return map[string]defect{
		sim.SwitchMotorStall:        plant(observer.DefectDrive),
		sim.SwitchOpenPin:           {},
		sim.SwitchImpedanceSpike:    {},
		sim.SwitchAmplifierHigh:     plant(observer.DefectAmplifierHigh),
		sim.SwitchAmplifierLow:      {},
		sim.SwitchRFLeak:            plant(observer.DefectLeak),
		sim.SwitchDepthOverrun:      plant(observer.DefectOverrun),
		sim.SwitchBatteryLow:        {},
		sim.SwitchTipRemoved:        {},
		sim.SwitchReboot:            {tell: dark, once: true},
		sim.SwitchBrownOut:          {tell: dark},
		sim.SwitchTornWrite:         plant(observer.DefectSupply),
		sim.SwitchStuckTrigger:      plant(observer.DefectTrigger),
		sim.SwitchOverTemperature:   {},
		sim.SwitchWarmTip:           {},
		sim.SwitchDepthFrozen:       {},
		sim.SwitchPowerFrozen:       plant(observer.DefectPowerSensor),
		sim.SwitchImpedanceFrozen:   {},
		sim.SwitchTemperatureFrozen: {},
		sim.SwitchClockJump:         clock,
		sim.SwitchClockBack:         clock,
		sim.SwitchWrongEcho:         lie(observer.LieEcho),
		sim.SwitchWrongHash:         lie(observer.LieHash),
		sim.SwitchLostAck:           {},
		sim.SwitchDescriptorMinMax:  {},
		sim.SwitchDescriptorStep:    {},
		sim.SwitchDescriptorLong:    {},
		sim.SwitchDescriptorControl: {},
		sim.SwitchDescriptorTwice:   {},
	}
}
