package storm

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"stipple/device/link"
	"stipple/device/observer"
	"stipple/device/sim"
	"stipple/protocol"
)

// rig is a simulated pen in a storm, with a witness of its line and an observer
// of its outputs.
type rig struct {
	begin time.Time
	pen   *sim.Pen
	obs   *observer.Observer
	wit   *observer.Witness
	desc  protocol.Descriptor
	model sim.Model
}

func newRig(t *testing.T, m sim.Model, seed uint64, newPen func(sim.Config) (*sim.Pen, error)) *rig {
	t.Helper()
	r := &rig{begin: time.Now(), model: m}
	var err error
	if r.desc, err = sim.DescriptorOf(m); err != nil {
		t.Fatal(err)
	}
	r.obs = observer.New(observer.ConfigOf(&r.desc))
	r.wit = observer.NewWitness(r.obs, r.desc)
	r.pen, err = newPen(sim.Config{Model: m, Seed: seed, Random: rand.NewChaCha8([32]byte{byte(seed)}), Probe: func(o sim.Outputs) {
		r.obs.Sample(observer.Sample{
			At: o.At, PowerMW: o.PowerMW, DepthUM: o.DepthUM, Moving: o.Moving, Trigger: o.Trigger, Contact: o.Contact, Tip: o.Tip, LoadOhm: o.LoadOhm,
		})
	}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) now() time.Duration { return time.Since(r.begin) }

// hand is the rig's hand, which tells the witness of tips.
type hand struct {
	sim.Handpiece
	r *rig
}

func (h hand) Tip() error {
	if err := h.ChangeTip(sim.TipFor(h.r.model)); err != nil {
		return err
	}
	return h.told()
}

func (h hand) told() error {
	st, err := h.State()
	if err == nil && st.Tip != nil {
		h.r.wit.Tip(h.r.now(), protocol.TipInfo{
			ID: st.Tip.ID, Pins: st.Tip.Pins, NeedleLength: uint16(st.Tip.NeedleLengthUM), RatedPower: uint32(st.Tip.RatedPowerMW),
		})
	}
	return err
}

func (h hand) Load(ohms protocol.Ohms) error { return h.LoadOhm(ohms) }

// rage runs a storm of that length over a pen and returns what it did and what
// was broken.
func rage(t *testing.T, m sim.Model, seed uint64, length time.Duration, newPen func(sim.Config) (*sim.Pen, error)) (sent Sent, counts observer.Counts, broken []observer.Violation) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, m, seed, newPen)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- r.pen.Run(ctx) }()
		near, far := link.Pipe()
		r.pen.Attach(r.wit.Line(far, r.now))
		h := hand{r.pen.Hand(), r}
		if err := h.told(); err != nil {
			t.Error(err)
		}
		<-time.After(200 * time.Millisecond) // the self-test
		var err error
		sent, err = Run(ctx, Config{Seed: seed, For: length, Descriptor: &r.desc, Line: near, Hand: h})
		if err != nil {
			t.Errorf("storm: %v", err)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		counts = r.obs.Counts()
		broken, _ = r.obs.Violations()
	})
	return sent, counts, broken
}

// A storm finds nothing to complain of in a whole pen, though it gets it to
// treat again and again.
func TestPenWeathersTheStorm(t *testing.T) {
	const seeds, minutes = 10, 1
	for _, m := range []sim.Model{sim.R1, sim.N1} {
		var all observer.Counts
		mischiefs := make(map[string]uint64)
		for seed := range uint64(seeds) {
			sent, counts, broken := rage(t, m, seed, minutes*time.Minute, sim.New)
			for i, v := range broken {
				if i < 10 {
					t.Errorf("%s, seed %d: %v", m, seed, v)
				}
			}
			all.Armed += counts.Armed
			all.Leases += counts.Leases
			all.Pulses += counts.Pulses
			all.Stops += counts.Stops
			all.StopsOn += counts.StopsOn
			for name, n := range sent.Mischiefs {
				mischiefs[name] += n
			}
		}
		t.Logf("%s: %+v", m, all)
		// A third of what there is: a storm that never gets to treat proves nothing.
		if all.Armed < 5*seeds || all.Leases < 30*seeds || all.Pulses < 2*seeds || all.Stops < 4*seeds || all.StopsOn < seeds/2 {
			t.Errorf("%s: too little has happened: %+v", m, all)
		}
		if len(mischiefs) != len(list()) {
			t.Errorf("%s: only %d of %d mischiefs: %v", m, len(mischiefs), len(list()), mischiefs)
		}
	}
}

func list() (names []string) {
	for _, m := range mischiefs() {
		names = append(names, m.name)
	}
	return names
}

// A seed decides what a storm does: another one does something else.
func TestASeedIsAStorm(t *testing.T) {
	first, _, _ := rage(t, sim.R1, 5, 10*time.Second, sim.New)
	other, _, _ := rage(t, sim.R1, 6, 10*time.Second, sim.New)
	if first.Frames == 0 || first.Frames == other.Frames && first.Bytes == other.Bytes {
		t.Errorf("two seeds: %+v and %+v", first, other)
	}
}

// Ctrl-C ends a storm at once, and the line with it; a line that fails ends it
// with an error.
func TestStormEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, err := sim.DescriptorOf(sim.N1)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		near, far := link.Pipe()
		go func() {
			<-time.After(time.Second)
			cancel()
		}()
		begun := time.Now()
		sent, err := Run(ctx, Config{For: time.Hour, Descriptor: &d, Line: near, Hand: noHand{}})
		if err != nil || sent.Frames == 0 || time.Since(begun) > 2*time.Second {
			t.Errorf("%+v after %v: %v", sent, time.Since(begun), err)
		}
		if _, err := io.ReadAll(far); err != nil {
			t.Errorf("the line was not closed: %v", err)
		}
		near, far = link.Pipe()
		_ = far.Close()
		if _, err := Run(t.Context(), Config{For: time.Hour, Descriptor: &d, Line: near, Hand: noHand{}}); !errors.Is(err, ErrLine) {
			t.Errorf("line gone: %v", err)
		}
		if _, err := Run(t.Context(), Config{For: time.Hour, Descriptor: &protocol.Descriptor{}}); err == nil {
			t.Error("a pen without parameters")
		}
	})
}

type noHand struct{}

func (noHand) Trigger(bool) error       { return nil }
func (noHand) Contact(bool) error       { return nil }
func (noHand) Tip() error               { return nil }
func (noHand) Load(protocol.Ohms) error { return nil }
