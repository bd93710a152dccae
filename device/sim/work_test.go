package sim

import (
	"testing"
	"testing/synctest"
	"time"

	"stipple/protocol"
)

func (c *console) counters() protocol.Counters {
	c.t.Helper()
	m, ok := c.ask(&protocol.CountersRead{}).(*protocol.Counters)
	if !ok {
		c.t.Fatalf("COUNTERS_READ got %#v", m)
	}
	return *m
}

// The counters are what the outputs were, over resets and restarts.
func TestCounters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mem := NewRAM()
		b := newBench(t, Config{Model: R1, Seed: 100, Memory: mem})
		c := b.ready(rfEnvelope(), rfSettings(1000))
		if n := c.counters(); n != (protocol.Counters{Boots: 1}) {
			t.Errorf("a new pen has %+v", n)
		}
		for range 3 { // one pulse of a second each
			b.lift()
			b.do(b.hand.Trigger(true))
			b.sleep(1500 * time.Millisecond)
			b.do(b.hand.Trigger(false))
			b.sleep(200 * time.Millisecond)
		}
		// The needle takes about 0.06 s to go in and out, three times.
		want := protocol.Counters{Boots: 1, Pulses: 3, RFSeconds: 3, ServicePulses: 3, ServiceRF: 3}
		n := c.counters()
		if n != want {
			t.Errorf("after three pulses %+v", n)
		}
		if ms := b.pen.fw.nv.work.done.motor / stepsPerMS; ms < 120 || ms > 600 {
			t.Errorf("the drive has turned for %d ms", ms)
		}
		c.stopLeasing()
		b.do(b.hand.Fault(SwitchReboot, true))
		b.sleep(darkTime + selfTestTime + 50*time.Millisecond)
		c.hello(2)
		want.Boots = 2
		if n := c.counters(); n != want {
			t.Errorf("after a reset %+v", n)
		}
		b.stop()
		again := newBench(t, Config{Model: R1, Seed: 101, Memory: mem})
		c = again.idle()
		want.Boots = 3
		if n := c.counters(); n != want {
			t.Errorf("after a restart %+v", n)
		}
	})
}

// A long pull is counted before it ends: a reset takes ten seconds of it at most.
func TestMotorIsCountedMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: N1, Seed: 102})
		c := b.treating(N1)
		b.sleep(95 * time.Second)
		if n := c.counters(); n.MotorSeconds != 95 || n.Pulses != 1 || n.RFSeconds != 0 {
			t.Errorf("%+v", n)
		}
		c.stopLeasing()
		b.do(b.hand.Fault(SwitchReboot, true))
		b.sleep(darkTime + selfTestTime + 50*time.Millisecond)
		c.hello(2)
		if n := c.counters(); n.MotorSeconds < 85 || n.MotorSeconds > 95 || n.ServiceMotor != n.MotorSeconds {
			t.Errorf("after a reset %+v", n)
		}
	})
}

// COUNTER_RESET starts a new service, if the technician saw what is counted; the
// lifetime goes on.
func TestCounterReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 103})
		c := b.idle()
		c.aPull(b, 1, 1)
		reset := func(id uint64, seen uint32) *protocol.CounterReset {
			return &protocol.CounterReset{CommandID: id, Role: protocol.RoleTechnician, Seen: seen}
		}
		c.wantOutcome(reset(2, 0), protocol.OutcomeRejected, protocol.CodeDigest)
		c.wantOutcome(reset(3, 2), protocol.OutcomeRejected, protocol.CodeDigest)
		if n := c.counters(); n.ServicePulses != 1 {
			t.Errorf("after a refusal %+v", n)
		}
		c.service(true)
		c.wantOutcome(reset(4, 1), protocol.OutcomeDone, 0)
		c.service(false)
		if e := c.event(protocol.EventCounterReset); e == nil || e.Args[0] != 1 {
			t.Errorf("event %+v", e)
		}
		c.aPull(b, 2, 5)
		c.wantOutcome(reset(4, 1), protocol.OutcomeDone, 0) // a late copy resets nothing
		if n := c.counters(); n.Pulses != 2 || n.ServicePulses != 1 {
			t.Errorf("%+v", n)
		}
	})
}

// Battery cycles are whole charges drawn, however they came back.
func TestBatteryCycles(t *testing.T) {
	fw, err := newFirmware(rfPen(), NewRAM(), 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 25 {
		fw.plant.charge = batteryFull
		fw.step(1)
		fw.plant.charge -= batteryFull / 10
		fw.step(1)
	}
	if n := fw.counters(); n.BatteryCycles != 2 {
		t.Errorf("%+v", n)
	}
	if err := fw.nv.loadWork(); err != nil {
		t.Fatal(err)
	}
	if n := fw.counters(); n.BatteryCycles != 2 {
		t.Errorf("after a restart %+v", n)
	}
}
