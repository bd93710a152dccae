package sim

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"stipple/protocol"
)

// A load takes the power in place of tissue, wherever the needle is and
// without contact, within the source's voltage and current, and heats no
// tissue.
func TestLoad(t *testing.T) {
	for _, tc := range []struct {
		ohm  protocol.Ohms
		pos  int64
		want int64 // mW of 50 W
	}{
		{200, 0, 50_000},
		{200, 1_500_000, 50_000},
		{288, 0, 50_000},
		{600, 0, 24_000}, // 120 V squared over 600 Ω
		{50, 0, 32_000},  // 0.8 A squared times 50 Ω
		{MaxLoadOhm, 0, 720},
	} {
		p := newPlant(true, 1)
		p.tipOn, p.pins, p.load, p.pos, p.target = true, 25, int64(tc.ohm)*moPerOhm, tc.pos, tc.pos
		p.rfSet = 50_000 * uwPerMW
		for range inSteps(500 * time.Millisecond) {
			p.step(1)
		}
		if z := p.measuredImpedance(); abs(z-p.load)*100 > p.load {
			t.Errorf("%d ohm measures as %d mΩ", tc.ohm, z)
		}
		if got := p.power / uwPerMW; abs(got-tc.want)*100 > tc.want {
			t.Errorf("%d ohm, needle at %d nm: %d mW, want %d", tc.ohm, tc.pos, got, tc.want)
		}
		if p.zone > bodyTemp {
			t.Errorf("%d ohm: tissue is at %d µ°C", tc.ohm, p.zone)
		}
		p.tipOn, p.pins = false, 0
		for range inSteps(10 * time.Millisecond) {
			p.step(1)
		}
		if p.power != 0 {
			t.Errorf("%d ohm without a tip: %d µW", tc.ohm, p.power)
		}
	}
}

// The hand puts a load on and takes it off; a load that can't be is refused
// and changes nothing.
func TestHandLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 3})
		ohms := func() protocol.Ohms {
			s, err := b.hand.State()
			b.do(err)
			return s.LoadOhm
		}
		for _, step := range []struct {
			put, want protocol.Ohms
			refused   bool
		}{{200, 200, false}, {-1, 200, true}, {MaxLoadOhm + 1, 200, true}, {MaxLoadOhm, MaxLoadOhm, false}, {0, 0, false}} {
			err := b.hand.LoadOhm(step.put)
			if errors.Is(err, ErrLoad) != step.refused || !step.refused && err != nil {
				t.Errorf("%d ohm: %v", step.put, err)
			}
			if got := ohms(); got != step.want {
				t.Errorf("after %d ohm: %d", step.put, got)
			}
		}
	})
}
