package sim

import (
	"testing"
	"testing/synctest"
	"time"

	"stipple/protocol"
)

// treating brings a pen into a pull with its output on and returns the
// console, which keeps leasing.
func (b *bench) treating(model Model) *console {
	b.t.Helper()
	var c *console
	if model == R1 {
		c = b.ready(rfEnvelope(), rfSettings(1000))
	} else {
		c = b.ready(needlingEnvelope(), needlingSettings())
	}
	b.do(b.hand.Contact(true))
	b.do(b.hand.Trigger(true))
	b.sleep(300 * time.Millisecond)
	if last := b.last(); !last.Motion || model == R1 && !last.RF {
		b.t.Fatalf("output is not on: %+v", last)
	}
	return c
}

// The console dies in the middle of a pulse of 1,000 ms with the trigger held:
// RF is off within 250 ms of the last lease that came, the needle back within
// 450, and the pen is in STANDBY because of the lease.
func TestConsoleKilled(t *testing.T) {
	for _, model := range []Model{R1, N1} {
		t.Run(string(model), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, Config{Model: model, Seed: 3})
				c := b.treating(model)
				c.stopLeasing()
				killed := time.Since(b.start)
				// The newest lease cannot be older than LeaseEvery.
				oldest := killed - protocol.LeaseEvery
				mark := b.mark()
				c.conn.Close()
				b.sleep(2 * time.Second)

				standby := b.find(mark, "STANDBY", func(c Change) bool { return c.State == protocol.StateStandby })
				if standby.Cause != "lease" {
					t.Errorf("cause %q", standby.Cause)
				}
				still := b.find(mark, "the needle back", func(c Change) bool { return !c.Motion })
				if still.At > killed+protocol.LeaseMotion {
					t.Errorf("needle back %v after the kill", still.At-killed)
				}
				if model == R1 {
					off := b.find(mark, "RF off", func(c Change) bool { return !c.RF })
					if off.At > killed+protocol.LeaseRF {
						t.Errorf("RF off %v after the kill", off.At-killed)
					}
					if off.At < oldest+protocol.LeaseRF-10*time.Millisecond {
						t.Errorf("RF off %v after the kill: the lease was cut short", off.At-killed)
					}
				}
				if last := b.last(); last.State != protocol.StateStandby || last.RF || last.Motion {
					t.Errorf("in the end %+v", last)
				}
			})
		})
	}
}

// leaseUntil measures how long RF flows after one last lease with the clock
// that age is old on arrival.
func leaseUntil(t *testing.T, age time.Duration) (rf, motion time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 4})
		c := b.treating(R1)
		c.stopLeasing()
		b.sleep(200 * time.Millisecond) // the leases so far are nearly over
		mark, sent := b.mark(), time.Since(b.start)
		now := protocol.PenClock(sent.Microseconds()) // the pen booted with the bench
		c.put(&protocol.Lease{ArmID: armID, Clock: now.Add(-age)})
		b.sleep(time.Second)
		rf = b.find(mark, "RF off", func(c Change) bool { return !c.RF }).At - sent
		motion = b.find(mark, "the needle back", func(c Change) bool { return !c.Motion }).At - sent
	})
	return rf, motion
}

// A lease grants RF until the earlier of its arrival + 250 ms and the clock
// that it echoes + 300 ms: one that waited in a buffer grants nothing.
func TestLeaseFreshness(t *testing.T) {
	left, _ := leaseUntil(t, protocol.EchoRF) // worth nothing: what the leases before had left
	if left > 50*time.Millisecond {
		t.Fatalf("a lease with a clock of %v ago was worth %v", protocol.EchoRF, left)
	}
	for _, tc := range []struct{ age, rf time.Duration }{
		{0, 250 * time.Millisecond},
		{50 * time.Millisecond, 250 * time.Millisecond},
		{51 * time.Millisecond, 249 * time.Millisecond},
		{150 * time.Millisecond, 150 * time.Millisecond},
		{290 * time.Millisecond, left}, // less than what was left takes nothing away
		{time.Second, left},
	} {
		rf, motion := leaseUntil(t, tc.age)
		if rf > tc.rf || rf < tc.rf-5*time.Millisecond {
			t.Errorf("clock %v old: RF for %v, want %v", tc.age, rf, tc.rf)
		}
		if motion > tc.rf+200*time.Millisecond {
			t.Errorf("clock %v old: motion for %v", tc.age, motion)
		}
	}
}

func TestLeaseThatIsNone(t *testing.T) {
	for name, bad := range map[string]func(*protocol.Lease){
		"another arm id": func(m *protocol.Lease) { m.ArmID++ },
		"no arm id":      func(m *protocol.Lease) { m.ArmID = 0 },
		"the future":     func(m *protocol.Lease) { m.Clock = m.Clock.Add(time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, Config{Model: R1, Seed: 5})
				c := b.treating(R1)
				c.stopLeasing()
				killed := time.Since(b.start)
				mark := b.mark()
				for range 10 {
					m := &protocol.Lease{ArmID: armID, Clock: c.status().Clock}
					bad(m)
					c.put(m)
					b.sleep(50 * time.Millisecond)
				}
				off := b.find(mark, "RF off", func(c Change) bool { return !c.RF })
				if off.At > killed+protocol.LeaseRF || off.Cause != "lease" {
					t.Errorf("RF off after %v because of %q", off.At-killed, off.Cause)
				}
				if n, err := b.pen.Counts(); err != nil || n.Leases < 4 {
					t.Errorf("counted %d, %v", n.Leases, err)
				}
			})
		})
	}
}

// ARM alone is no lease: READY lasts for 250 ms and gives no energy.
func TestArmWithoutLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 6})
		c := b.console()
		b.sleep(150 * time.Millisecond)
		c.hello(1)
		hash := c.set(rfEnvelope(), 1, rfSettings(100))
		b.do(b.hand.Contact(true))
		c.arm(armID, hash)
		b.do(b.hand.Trigger(true))
		b.sleep(100 * time.Millisecond)
		if s := c.status(); s.State != protocol.StateTreating || s.LeaseLeft != 0 {
			t.Errorf("%v with %d ms of lease", s.State, s.LeaseLeft)
		}
		b.sleep(200 * time.Millisecond)
		if s := c.status(); s.State != protocol.StateStandby {
			t.Errorf("%v without a lease", s.State)
		}
		for _, ch := range b.since(0) {
			if ch.RF || ch.Motion {
				t.Errorf("output without a lease: %+v", ch)
			}
		}
		if e := c.event(protocol.EventLeaseExpired); e == nil || e.Args[0] < 245 || e.Args[0] > 250 {
			t.Errorf("event %+v", e)
		}
	})
}

// The first lease takes the place of what ARM gave, also where it gives less;
// one that gives nothing leaves it alone.
func TestFirstLease(t *testing.T) {
	for _, tc := range []struct{ age, want time.Duration }{
		{290 * time.Millisecond, 30 * time.Millisecond},
		{protocol.EchoRF, protocol.LeaseRF},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, Config{Model: R1, Seed: 6})
			c := b.console()
			b.sleep(500 * time.Millisecond)
			c.hello(1)
			hash := c.set(rfEnvelope(), 1, rfSettings(100))
			b.do(b.hand.Contact(true))
			armed := time.Since(b.start)
			mark := b.mark()
			c.arm(armID, hash)
			now := protocol.PenClock(time.Since(b.start).Microseconds())
			c.put(&protocol.Lease{ArmID: armID, Clock: now.Add(-tc.age)})
			b.sleep(time.Second)
			standby := b.find(mark, "STANDBY", func(c Change) bool { return c.State == protocol.StateStandby })
			if took := standby.At - armed; took > tc.want || took < tc.want-30*time.Millisecond {
				t.Errorf("clock %v old: READY for %v, want %v", tc.age, took, tc.want)
			}
		})
	}
}

// The lease is over at the RF limit: STANDBY, event, needle on its way back.
// A lease that comes then, before the limit for motion, revives nothing.
func TestLeaseAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 6})
		c := b.treating(R1)
		c.stopLeasing()
		mark := b.mark()
		b.sleep(protocol.LeaseRF)
		over := b.find(mark, "STANDBY", func(c Change) bool { return c.State == protocol.StateStandby })
		if over.Cause != "lease" || c.event(protocol.EventLeaseExpired) == nil {
			t.Errorf("at the RF limit: %+v", over)
		}
		before, err := b.pen.Counts()
		b.do(err)
		for range 5 {
			c.lease(armID)
			b.sleep(10 * time.Millisecond)
		}
		s := c.status()
		if s.State != protocol.StateStandby || s.ArmID != 0 || s.Flags&protocol.FlagLease != 0 || s.LeaseLeft != 0 {
			t.Errorf("revived: %+v", s)
		}
		if n, err := b.pen.Counts(); err != nil || n.Leases != before.Leases+5 {
			t.Errorf("counted %d leases after %d, %v", n.Leases, before.Leases, err)
		}
		for _, ch := range b.since(mark) {
			if ch.At > over.At+5*time.Millisecond && (ch.RF || ch.State.Armed()) {
				t.Errorf("output after the end: %+v", ch)
			}
		}
	})
}

// READY ends a minute after the last use of the trigger, leases or not.
func TestIdleStandby(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: N1, Seed: 7})
		c := b.ready(needlingEnvelope(), needlingSettings())
		b.sleep(30 * time.Second)
		b.do(b.hand.Trigger(true))
		b.sleep(2 * time.Second)
		b.do(b.hand.Trigger(false))
		b.sleep(protocol.IdleStandby - 100*time.Millisecond)
		if s := c.status(); s.State != protocol.StateReady {
			t.Fatalf("%v before the minute is over", s.State)
		}
		b.sleep(200 * time.Millisecond)
		if s := c.status(); s.State != protocol.StateStandby || c.event(protocol.EventIdle) == nil {
			t.Errorf("%v after a minute", s.State)
		}
	})
}

func TestTreatingIsNotIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: N1, Seed: 7})
		c := b.ready(needlingEnvelope(), needlingSettings())
		b.do(b.hand.Trigger(true))
		b.sleep(protocol.IdleStandby + time.Second)
		if s := c.status(); s.State != protocol.StateTreating {
			t.Errorf("%v with the trigger held for over a minute", s.State)
		}
	})
}

func TestDisarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 8})
		c := b.treating(R1)
		c.put(&protocol.Disarm{ArmID: armID + 1})
		b.sleep(10 * time.Millisecond)
		if s := c.status(); s.State != protocol.StateTreating {
			t.Fatalf("DISARM of another arm id: %v", s.State)
		}
		c.put(&protocol.Disarm{ArmID: armID})
		b.sleep(10 * time.Millisecond)
		if s := c.status(); s.State != protocol.StateStandby || s.ArmID != 0 {
			t.Errorf("after DISARM: %v", s.State)
		}
		if last := b.last(); last.RF {
			t.Errorf("RF 10 ms after DISARM: %+v", last)
		}
		b.sleep(200 * time.Millisecond)
		if p := all[protocol.Pulse](c); len(p) != 1 || p[0].Result != protocol.PulseDisarmed {
			t.Errorf("pulses %+v", p)
		}
	})
}

// A clock that goes back makes no lease longer, not even one whose echo ends it
// before its arrival does.
func TestClockBackKeepsTheEchoBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 31})
		c := b.console()
		b.sleep(500 * time.Millisecond)
		c.hello(1)
		hash := c.set(rfEnvelope(), 1, rfSettings(1000))
		c.arm(armID, hash)
		const old = 150 * time.Millisecond
		clock := c.status().Clock
		end := time.Since(b.start) + protocol.EchoRF - old
		c.put(&protocol.Lease{ArmID: armID, Clock: clock - protocol.PenClock(old.Microseconds())})
		b.sleep(80 * time.Millisecond)
		mark := b.mark()
		b.do(b.hand.Fault(SwitchClockBack, true))
		b.sleep(300 * time.Millisecond)
		over := b.find(mark, "the end", func(c Change) bool { return c.State == protocol.StateStandby })
		if over.At > end+time.Millisecond || over.Cause != "lease" {
			t.Errorf("over at %v by %q, the echo's bound was %v", over.At, over.Cause, end)
		}
	})
}
