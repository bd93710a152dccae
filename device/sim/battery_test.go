package sim

import (
	"testing"
	"testing/synctest"
	"time"

	"stipple/protocol"
)

// The cell lasts as long as its energy: at rest, stroking, and with RF; the
// cable charges it, and not beyond full.
func TestBatteryLasts(t *testing.T) {
	hour := func(p *plant, d time.Duration) int {
		for range d / time.Second {
			p.stepBattery(inSteps(time.Second))
		}
		return int(p.battery())
	}
	for _, tc := range []struct {
		name string
		set  func(*plant)
		d    time.Duration
		want int // from 95 %
	}{
		{"at rest", func(*plant) {}, 10 * time.Hour, 45},
		{"stroking", func(p *plant) { p.motor = 1 }, time.Hour, 60},
		{"3 W of RF", func(p *plant) { p.power = 3_000_000 }, time.Hour, 40},
		{"dark", func(p *plant) { p.dark = true }, 100 * time.Hour, 95},
		{"empty", func(p *plant) { p.charge = 0 }, time.Hour, 0},
		{"charging", func(p *plant) { p.charge, p.cable = batteryFull/2, true }, 2 * time.Hour, 82},
		{"full", func(p *plant) { p.cable = true }, 100 * time.Hour, 100},
	} {
		p := newPlant(true, 1)
		tc.set(p)
		if got := hour(p, tc.d); got < tc.want-1 || got > tc.want+1 {
			t.Errorf("%s for %v: %d %%, want %d", tc.name, tc.d, got, tc.want)
		}
	}
}

// An empty cell's protection is a brown-out that lasts until the cable has put
// something into it.
func TestBatteryEmpty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 61})
		b.sleep(150 * time.Millisecond)
		b.do(b.pen.call(func() { b.pen.fw.plant.charge = nanojoules(idleUW) * inSteps(time.Second) }))
		b.sleep(2 * time.Second)
		var dark bool
		b.do(b.pen.call(func() { dark = b.pen.fw.plant.dark }))
		if !dark {
			t.Error("an empty pen is on")
		}
		c := b.console()
		if m := c.ask(&protocol.Hello{MajorMin: 1, MajorMax: 1, Nonce: 5}); m != nil {
			t.Errorf("an empty pen said %#v", m)
		}
		b.sleep(7 * time.Minute)
		if ack := c.hello(1); ack.Boot != 2 {
			t.Errorf("boot %d", ack.Boot)
		}
		if s := c.status(); s.Battery != 2 || s.ArmBlocks&protocol.BlockBattery == 0 {
			t.Errorf("battery %d, blocks %v", s.Battery, s.ArmBlocks.Names())
		}
	})
}

// A battery near the limit is said to be low once, not with each charge and
// discharge about it.
func TestBatteryLowOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 62})
		c := b.console()
		b.sleep(150 * time.Millisecond)
		c.hello(1)
		for i := range int64(20) {
			b.do(b.pen.call(func() { b.pen.fw.plant.charge = batteryFull / 100 * (batteryLow + i%2*2 - 1) }))
			b.sleep(10 * time.Millisecond)
		}
		if n := c.alarms(AlarmBatteryLow); n != 1 {
			t.Errorf("said %d times", n)
		}
	})
}
