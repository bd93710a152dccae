package systemtest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"stipple/device/link"
	"stipple/device/observer"
	"stipple/device/sim"
	"stipple/protocol"
)

// runConfig is one seed's run.
type runConfig struct {
	Seed  uint64
	Model sim.Model
	For   time.Duration
	// newPen makes the pen; sim.New, but for a pen that is broken on purpose.
	newPen func(sim.Config) (*sim.Pen, error)
}

// counted is what went wrong in one direction of a line.
type counted = link.Counts

// result is what a run came to.
type result struct {
	Seed       uint64               `json:"seed"`
	Model      sim.Model            `json:"model"`
	For        time.Duration        `json:"for_ns"`
	Simulated  time.Duration        `json:"simulated_ns"`
	Wall       time.Duration        `json:"wall_ns"`
	Outputs    observer.Counts      `json:"outputs"`
	Link       observer.Seen        `json:"link"`
	Line       link.ProxyStats      `json:"line"`
	Acts       map[string]int       `json:"acts"`
	Violations []observer.Violation `json:"violations"`
	Failures   []string             `json:"failures"`
}

func (r *result) bad() bool { return len(r.Violations)+len(r.Failures) > 0 }

// settleLimit is how long everything may take to be well again once nothing is
// wrong any more: reconnecting pauses are up to 8 s, a fault's CLEAR takes tries.
const settleLimit = 3 * time.Minute

// run runs a seed in virtual time.
func run(t *testing.T, cfg runConfig) (res result) {
	t.Helper()
	if cfg.newPen == nil {
		cfg.newPen = sim.New
	}
	wall := time.Now()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		w, err := newWorld(ctx, cfg)
		if err != nil {
			t.Fatal(err)
		}
		st := newStore()
		op := &operator{w: w, st: st, rnd: w.stream(streamOperator), random: w.entropy(streamConsole), until: cfg.For}
		op.treatment[0] = 1
		trouble := &chaos{w: w, until: cfg.For}
		w.work.Go(trouble.spoilLine)
		w.work.Go(trouble.breakPen)
		op.run()
		op.heal()
		judge(w, st, op)
		res = result{
			Seed: cfg.Seed, Model: cfg.Model, For: cfg.For, Simulated: w.now(), Outputs: w.obs.Counts(), Link: w.wit.Seen(), Line: w.line.Stats(),
		}
		op.c.close()
		cancel()
		w.work.Wait()
		for f, n := range w.wit.Faults() {
			w.acts["FAULT "+f.String()] += n
		}
		res.Violations, _ = w.obs.Violations()
		res.Acts, res.Failures = w.acts, w.failures
	})
	res.Wall = time.Since(wall)
	return res
}

// heal makes everything whole and waits until the console knows all.
func (p *operator) heal() {
	w := p.w
	w.pause(25 * time.Second) // the longest defect
	w.line.SetScript(link.Script{})
	for _, name := range sim.FaultNames() {
		if !defects()[name].once {
			w.defect(name, false)
		}
	}
	w.trigger(false)
	w.contact(false)
	w.plug(false) // whatever was half open
	p.c.close()
	w.pause(2 * time.Second)
	w.plug(true)
	p.begin()
	for deadline := w.now() + settleLimit; w.now() < deadline; {
		if s := p.c.session(); s != nil && s.Live().Status.State == protocol.StateStandby {
			return
		} else if s != nil {
			p.prepare(s)
		}
		w.pause(time.Second)
	}
	st := p.c.sup.State()
	why := "no session"
	if st.Session != nil {
		live := st.Session.Live()
		why = fmt.Sprintf("%v, fault %v, blocks %v, reconciled %v, Err %v, monitor %v", live.Status.State, live.Status.Fault, live.Status.ArmBlocks.Names(), p.c.session() != nil, st.Session.Err(), st.Session.Info().Monitor)
	}
	w.fail("not well %v after everything was made whole: %v, %v, %s", settleLimit, st.Phase, st.Problem, why)
}

// judge compares what the console believes with what the pen has really done.
func judge(w *world, st *store, op *operator) {
	s := op.c.session()
	if s == nil {
		return // said
	}
	ledger, oldest, newest, err := s.Pulses(w.ctx, 1)
	if err != nil || oldest > 1 {
		w.fail("ledger from %d to %d: %v", oldest, newest, err)
		return
	}
	if st.unknown() != newest+1 || len(st.pulses) != len(ledger) {
		w.fail("console knows %d pulses up to %d, the pen has %d up to %d", len(st.pulses), st.unknown()-1, len(ledger), newest)
	}
	for _, p := range ledger {
		if got, ok := st.pulses[p.Index]; !ok || got != p {
			w.fail("pulse %d: console believes %+v (%v), the pen has %+v", p.Index, got, ok, p)
		}
	}
	for _, p := range ledger {
		w.did("pulse ended: " + p.Result.String())
	}
	for _, id := range st.order {
		accepted := w.wit.Accepted(id)
		switch b := st.arms[id]; {
		case b == beliefAccepted && !accepted:
			w.fail("ARM %016x: console believes that it was accepted", id)
		case b == beliefRefused && accepted:
			w.fail("ARM %016x: console believes that it was not accepted", id)
		case b == beliefPending || b == beliefUnknown:
			w.fail("ARM %016x is still open", id)
		}
	}
	if w.model == sim.R1 {
		judgeRF(w, ledger)
	} else {
		judgeStrokes(w, ledger)
	}
}

// Tolerances between a record and what really happened.
const (
	// openLead is how long before its RF a record may have been opened: the write,
	// a step, and the amplifier's rise to what can be measured.
	openLead = 3 * time.Millisecond
	// stallLead is the same for a needling pen whose drive stands: after so long it is
	// a stall.
	stallLead = 401 * time.Millisecond
	// energyPermille is the error of the pen's measurement; with energySlack, what
	// flows below the sensor's floor and in a rounded millisecond.
	energyPermille                      = 15
	energySlack    protocol.Microjoules = 150
)

// leakSlack is what leaks before a pulse and behind it until the pen has noticed:
// 2 W for protocol.StrayRF each.
const leakSlack = protocol.Microjoules(2 * 2000 * protocol.StrayRF / time.Millisecond)

// judgeRF compares the records of an RF pen with the RF that flowed: each pulse
// has one record, and each record that tells of energy a pulse.
func judgeRF(w *world, ledger []protocol.Pulse) {
	flowed := w.obs.Deliveries()
	used := make([]bool, len(flowed))
	timeless := 0 // records that can't be found, because the clock was broken
	for _, p := range ledger {
		opened, ok := w.wit.When(p.Boot, p.Opened)
		if !ok {
			timeless++
			continue
		}
		i := slices.IndexFunc(flowed, func(d observer.Delivery) bool {
			return d.Start >= opened-time.Millisecond && d.Start <= opened+openLead
		})
		switch {
		case i < 0 && w.during(sim.SwitchRFLeak, opened, opened+time.Duration(p.Duration)*time.Millisecond):
			// What leaks into a pulse of no or little power begins when it leaks.
		case i < 0 && p.Energy > energySlack32:
			w.fail("pulse %d tells of %d uJ at %v, nothing flowed", p.Index, p.Energy, opened)
		case i < 0:
		case used[i]:
			w.fail("pulse %d at %v has the RF of another record", p.Index, opened)
		default:
			used[i] = true
			if d := flowed[i]; p.Result != protocol.PulseInterrupted && !w.frozen(d) && differs(w.withoutLeak(d, p.Energy), protocol.Microjoules(p.Energy)) {
				w.fail("pulse %d tells of %d uJ, %d flowed; %s", p.Index, p.Energy, d.Energy, w.around(flowed, i, p))
			}
			if d := flowed[i]; d.ArmID != p.ArmID {
				w.fail("pulse %d tells of arm id %08x, it was %08x", p.Index, p.ArmID, d.ArmID)
			}
		}
	}
	for i, d := range flowed {
		if used[i] || d.Service || w.during(sim.SwitchRFLeak, d.Start, d.End) {
			continue // what leaks has no record
		}
		if timeless--; timeless < 0 {
			w.fail("RF from %v to %v, %d uJ, has no record", d.Start, d.End, d.Energy)
		}
	}
}

// around is what there is to look at where a record and what flowed differ: a run
// is not the same twice.
func (w *world) around(flowed []observer.Delivery, i int, p protocol.Pulse) string {
	const beside = 2
	near := flowed[max(0, i-beside):min(len(flowed), i+beside+1)]
	w.mu.Lock()
	defer w.mu.Unlock()
	return fmt.Sprintf("record %+v, near it flowed %+v, leaked in %v, sensor frozen in %v", p, near, w.spans[sim.SwitchRFLeak], w.spans[sim.SwitchPowerFrozen])
}

// withoutLeak is what flowed in a pulse without what leaked behind its record, or
// before it, and so near that an onlooker takes it for the same pulse.
func (w *world) withoutLeak(d observer.Delivery, told uint32) protocol.Microjoules {
	if more := d.Energy - protocol.Microjoules(told); more > 0 && w.during(sim.SwitchRFLeak, d.Start, d.End) {
		return d.Energy - min(more, leakSlack)
	}
	return d.Energy
}

// frozen says whether the sensor of power froze in a pulse, or while it decayed:
// one that holds a reading above 0 goes on telling of RF until the pen takes it
// for stray, and the record has more than what flowed.
func (w *world) frozen(d observer.Delivery) bool {
	return w.during(sim.SwitchPowerFrozen, d.Start, d.End+protocol.StrayRF)
}

const energySlack32 = uint32(energySlack)

func differs(a, b protocol.Microjoules) bool {
	d := max(a-b, b-a)
	return d > energySlack+max(a, b)*energyPermille/1000
}

// judgeStrokes compares the records of a needling pen with the times in which
// its needle stroked.
func judgeStrokes(w *world, ledger []protocol.Pulse) {
	moved := w.obs.Deliveries()
	found := make([]bool, len(moved))
	timeless := 0 // records that can't be found, because the clock was broken
	for _, p := range ledger {
		opened, ok := w.wit.When(p.Boot, p.Opened)
		if !ok {
			timeless++
		}
		if !ok || p.SetDepth == 0 { // a stroke of 0 does not show
			continue
		}
		lead := openLead
		if w.done("defect "+sim.SwitchMotorStall) > 0 {
			lead = stallLead // it began to turn after all
		}
		i := slices.IndexFunc(moved, func(d observer.Delivery) bool { return opened >= d.Start-lead && opened <= d.End })
		switch {
		case i >= 0:
			strokes := pullStrokes(w, moved, found, i, opened+time.Duration(p.Duration)*time.Millisecond)
			if most := uint32(strokes + 1); p.Strokes > most {
				w.fail("pull %d tells of %d strokes, there were %d", p.Index, p.Strokes, strokes)
			}
		case p.Strokes > 0:
			w.fail("pull %d tells of %d strokes at %v, nothing moved", p.Index, p.Strokes, opened)
		}
	}
	for i, d := range moved {
		if found[i] || d.Strokes <= 1 || d.Service {
			continue
		}
		if timeless--; timeless < 0 {
			w.fail("strokes from %v to %v, %d of them, have no record", d.Start, d.End, d.Strokes)
		}
	}
}

// pullStrokes adds up the strokes of the pull that moved[i] belongs to, until its
// end. Where the drive stood in between they are several times of motion.
func pullStrokes(w *world, moved []observer.Delivery, found []bool, i int, end time.Duration) int {
	found[i] = true
	strokes := moved[i].Strokes
	for j := i + 1; j < len(moved) && moved[j].Start <= end && w.during(sim.SwitchMotorStall, moved[j-1].Start, moved[j].Start); j++ {
		found[j] = true
		strokes += moved[j].Strokes
	}
	return strokes
}

// String is one line about a run.
func (r result) String() string {
	return fmt.Sprintf("seed %d %s: %v in %v, %d pulses, %d armed, %d stops (%d on), %d leases ended, %d sessions, %d boots",
		r.Seed, r.Model, r.Simulated.Round(time.Second), r.Wall.Round(time.Millisecond), r.Outputs.Pulses, r.Link.Armed, r.Outputs.Stops, r.Outputs.StopsOn,
		r.Link.Expired, r.Link.Sessions, r.Outputs.Boots)
}
