package sim

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"stipple/protocol"
)

// The probe sees every step with an output on, and at rest only what changes.
func TestProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen []Outputs
		b := newBench(t, Config{Model: R1, Seed: 12, Probe: func(o Outputs) { seen = append(seen, o) }})
		c := b.ready(rfEnvelope(), rfSettings(100))
		synctest.Wait()
		if len(seen) != 1 || seen[0].On() || !seen[0].Tip || seen[0].Contact {
			t.Fatalf("at rest: %+v", seen)
		}
		b.do(b.hand.Contact(true))
		b.do(b.hand.Trigger(true))
		b.sleep(400 * time.Millisecond)
		b.do(b.hand.Trigger(false))
		b.sleep(300 * time.Millisecond)
		b.do(b.hand.RemoveTip())
		b.sleep(20 * time.Millisecond)
		b.stop()

		var energy, on int64
		var deepest protocol.Micrometres
		var last Outputs
		for i, o := range seen {
			if i > 0 && last.On() && o.At-last.At > fineStep {
				t.Fatalf("nothing seen from %v to %v, with %+v", last.At, o.At, last)
			}
			if o.At < last.At || i > 0 && o.At == last.At && o.same(last) {
				t.Fatalf("said twice: %+v after %+v", o, last)
			}
			if o.On() {
				on++
			}
			energy += nanojoules(int64(o.PowerMW) * uwPerMW)
			deepest = max(deepest, o.DepthUM)
			last = o
		}
		pulse := all[protocol.Pulse](c)
		if len(pulse) != 1 {
			t.Fatalf("pulses %+v", pulse)
		}
		if got, want := energy/nJPerUJ, int64(pulse[0].Energy); abs(got-want)*50 > want {
			t.Errorf("probe saw %d uJ, the record says %d", got, want)
		}
		if abs(int64(deepest-1500)) > benchDepthNM*2/nmPerUM || on < inSteps(150*time.Millisecond) {
			t.Errorf("deepest %d um, %d steps with an output on", deepest, on)
		}
		if last.Tip || last.On() || last.Trigger || !last.Contact || last.Clock == 0 {
			t.Errorf("at the end %+v", last)
		}
		if !slices.ContainsFunc(seen, func(o Outputs) bool { return o.Trigger && o.Contact && o.Moving }) {
			t.Error("the needle never moved under the trigger")
		}
	})
}

// A probe costs no memory: it is called thousands of times a second.
func TestProbeAllocatesNothing(t *testing.T) {
	calls := 0
	p, err := New(Config{Model: R1, Seed: 1, Probe: func(Outputs) { calls++ }})
	if err != nil {
		t.Fatal(err)
	}
	p.fw.plant.pos = nmPerUM * nmPerUM
	n := testing.AllocsPerRun(1000, func() {
		p.steps++
		p.look()
	})
	if n != 0 || calls < 1000 {
		t.Errorf("%v allocations a look, %d calls", n, calls)
	}
}
