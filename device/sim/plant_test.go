package sim

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"stipple/protocol"
)

// From any moment of any stroke, at any speed and depth, a needling pen's
// needle is back within the time that the descriptor says.
func TestNeedlingStopTime(t *testing.T) {
	d := needlingPen().desc
	rapid.Check(t, func(t *rapid.T) {
		p := newPlant(false, rapid.Uint64().Draw(t, "seed"))
		p.unit = anyUnit(t, N1)
		p.pins, p.contact = 12, rapid.Bool().Draw(t, "contact")
		p.speed = int64(rapid.Int32Range(d.Parameters[iSpeed].Min, mostRaw(d.Parameters[iSpeed].Max)).Draw(t, "speed")) * milliPerStroke
		p.target = int64(rapid.Int32Range(0, mostRaw(d.Parameters[iDepth].Max)).Draw(t, "depth")) * nmPerUM
		p.run = true
		for range rapid.IntRange(1, 6000).Draw(t, "steps") {
			p.step(1)
		}
		p.run = false
		steps := int64(0)
		for ; p.out() && steps < 10_000; steps++ {
			p.step(1)
		}
		if limit := int64(d.StopToRetracted) * stepsPerMS; steps > limit {
			t.Fatalf("back after %d steps, limit %d", steps, limit)
		}
		if !p.atRest() {
			t.Fatal("back, but not at rest")
		}
	})
}

// The same for an RF pen, and a whole travel takes no longer than the timing
// bound of the console allows for.
func TestServoTravel(t *testing.T) {
	d := rfPen().desc
	rapid.Check(t, func(t *rapid.T) {
		p := newPlant(true, rapid.Uint64().Draw(t, "seed"))
		p.pins, p.contact, p.unit = 25, rapid.Bool().Draw(t, "contact"), anyUnit(t, R1)
		set := int64(rapid.Int32Range(d.Parameters[iDepth].Min, d.Parameters[iDepth].Max).Draw(t, "depth")) * nmPerUM
		depth := p.unit[protocol.QuantityDepth].raw(set)
		move := func(to int64) (steps int64) {
			p.target = to
			for ; (p.moving() || p.pos != to) && steps < 10_000; steps++ {
				p.step(1)
				if p.pos > depth+int64(atDepth)*nmPerUM {
					t.Fatalf("overshoot to %d of %d nm", p.pos, depth)
				}
			}
			return steps
		}
		in := move(depth)
		out := move(0)
		if p.needle() != 0 {
			t.Fatalf("at home the needle is out by %d nm", p.needle())
		}
		if limit := int64(d.NeedleTravelMS) * stepsPerMS; in+out > limit || in > inSteps(insertLimit)/2 {
			t.Fatalf("in %d, out %d steps, limit %d", in, out, limit)
		}
		// A wrong table takes it further, and it is back in time all the same.
		depth = int64(mostRaw(d.Parameters[iDepth].Max)) * nmPerUM
		p.target = depth
		for range rapid.Int64Range(0, 2*in).Draw(t, "until") {
			p.step(1)
		}
		if back := move(0); back > int64(d.StopToRetracted)*stepsPerMS {
			t.Fatalf("back from the way in after %d steps", back)
		}
	})
}

// pulseOf runs one RF pulse in the plant alone.
func pulseOf(p *plant, mw int64, d time.Duration) (zStart, zEnd, hottest, seen int64) {
	p.pins, p.contact, p.target = 25, true, 1_500_000
	for p.step(1); p.moving(); p.step(1) {
	}
	zStart = p.impedance()
	p.rfSet = mw * uwPerMW
	for range inSteps(d) {
		p.step(1)
		hottest, seen = max(hottest, p.zone), max(seen, p.tip)
	}
	zEnd = p.impedance()
	p.rfSet = 0
	for ; p.power > 0; p.step(1) {
	}
	return zStart, zEnd, hottest, seen
}

// The tissue model is what its comments claim: temperatures near the threshold
// of coagulation at usual doses, impedance that falls with heat and rises
// again when tissue dries, power within the source's voltage.
func TestTissue(t *testing.T) {
	for _, tc := range []struct {
		mw         int64
		d          time.Duration
		low, high  int64 // hottest, °C
		falls      bool
		energyLow  protocol.Microjoules
		energyHigh protocol.Microjoules
	}{
		{3000, time.Second, 45, 52, true, 2_990_000, 3_000_000},
		{10_000, 100 * time.Millisecond, 49, 55, true, 990_000, 1_000_000},
		{25_000, 100 * time.Millisecond, 70, 80, true, 2_480_000, 2_500_000},
		{50_000, 10 * time.Millisecond, 42, 50, true, 480_000, 500_000},
		{50_000, 400 * time.Millisecond, 99, 102, false, 10_000_000, 20_000_000},
	} {
		p := newPlant(true, 1)
		zStart, zEnd, hottest, _ := pulseOf(p, tc.mw, tc.d)
		if c := hottest / 1_000_000; c < tc.low || c > tc.high {
			t.Errorf("%d mW for %v: %d °C, want %d to %d", tc.mw, tc.d, c, tc.low, tc.high)
		}
		if (zEnd < zStart) != tc.falls {
			t.Errorf("%d mW for %v: impedance from %d to %d mΩ", tc.mw, tc.d, zStart, zEnd)
		}
		if e := protocol.Microjoules(p.delivered / nJPerUJ); e < tc.energyLow || e > tc.energyHigh {
			t.Errorf("%d mW for %v: %d uJ", tc.mw, tc.d, e)
		}
	}
}

// No RF flows into the air, past an open supply, or without a tip.
func TestNoCircuitNoPower(t *testing.T) {
	for name, open := range map[string]func(*plant){
		"no contact": func(p *plant) { p.contact = false },
		"no tip":     func(p *plant) { p.pins = 0 },
		"supply":     func(p *plant) { p.supply = false },
		"not out":    func(p *plant) { p.target = 0 },
	} {
		p := newPlant(true, 1)
		p.pins, p.contact, p.target = 25, true, 1_500_000
		open(p)
		p.rfSet = 50_000 * uwPerMW
		for range 2000 {
			p.step(1)
		}
		if p.power != 0 || p.delivered != 0 {
			t.Errorf("%s: %d µW, %d nJ", name, p.power, p.delivered)
		}
	}
}

// Steps taken together at rest end where the same steps one by one do, but for
// the rounding of the heat.
func TestRestSteps(t *testing.T) {
	one, many := newPlant(true, 7), newPlant(true, 7)
	one.tip, many.tip = 40_000_000, 40_000_000
	for range 1000 {
		for range restSteps {
			one.step(1)
		}
		many.step(restSteps)
	}
	if abs(one.tip-many.tip) > 50_000 || one.charge != many.charge || one.pos != many.pos {
		t.Errorf("one by one %d, together %d", one.tip, many.tip)
	}
}

func TestIsqrt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Int64Range(0, 1<<60).Draw(t, "v")
		if r := isqrt(v); r*r > v || (r+1)*(r+1) <= v {
			t.Fatalf("isqrt(%d) = %d", v, r)
		}
	})
}

func BenchmarkStepPulse(b *testing.B) {
	p := newPlant(true, 1)
	pulseOf(p, 1000, time.Millisecond)
	p.rfSet = 3_000_000
	b.ReportAllocs()
	for b.Loop() {
		p.step(1)
	}
}

func BenchmarkStepStrokes(b *testing.B) {
	p := newPlant(false, 1)
	p.run, p.speed, p.target, p.pins, p.contact = true, 9_000_000, 2_500_000, 12, true
	b.ReportAllocs()
	for b.Loop() {
		p.step(1)
	}
}

// BenchmarkSecond is one simulated second of a whole pen: at rest, and with
// stamps and pulses. Its metric is how many times faster than life it is.
func BenchmarkSecond(b *testing.B) {
	for _, treating := range []bool{false, true} {
		name := map[bool]string{false: "rest", true: "treating"}[treating]
		b.Run(name, func(b *testing.B) {
			fw, err := newFirmware(rfPen(), NewRAM(), 1, nil)
			if err != nil {
				b.Fatal(err)
			}
			second := func() {
				for left := stepsPerMS * 1000; left > 0; {
					n := int64(1)
					if fw.atRest() {
						n = restSteps
					}
					fw.step(n)
					left -= n
				}
			}
			second()
			if treating {
				armDirectly(b, fw)
			}
			b.ReportAllocs()
			for b.Loop() {
				if treating {
					fw.arm.rfUntil, fw.arm.deadline = fw.clock().Add(2*time.Second), fw.steps+inSteps(2*time.Second)
					fw.spot = spot{}
				}
				second()
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "x_real_time")
			if treating && fw.nv.counters.pulse == 0 {
				b.Fatal("no pulse")
			}
		})
	}
}

// armDirectly brings the firmware to TREATING without a link.
func armDirectly(tb testing.TB, fw *firmware) {
	tb.Helper()
	fw.putEnvelope(&protocol.PutEnvelope{Envelope: rfEnvelope(), Role: protocol.RoleClinician})
	fw.putSettings(&protocol.PutSettings{Generation: 1, Fields: rfSettings(1000), Role: protocol.RoleClinician})
	code, blocks := fw.armNow(&protocol.Arm{CommandID: 1, SettingsHash: fw.settings.hash, NotAfter: fw.clock(), Role: protocol.RoleClinician})
	if code != protocol.CodeOK {
		tb.Fatalf("%v %v", code, blocks.Names())
	}
	fw.nv.tip.UseLimit = 0
	fw.arm.leased = true
	fw.plant.touch(true)
	fw.plant.trigger = true
	fw.inputs()
}
