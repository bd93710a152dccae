package sim

import (
	"testing"
	"testing/synctest"
	"time"

	"stipple/protocol"
)

// alarmed says whether the pen raised the alarm.
func (c *console) alarmed(a Alarm) bool {
	for _, e := range all[protocol.Event](c) {
		if e.Code == protocol.EventAlarm && e.Args[0] == int32(a) {
			return true
		}
	}
	return false
}

// energy is the true energy that left the pen since the mark.
func (b *bench) energy(mark int) (sum protocol.Microjoules) {
	for _, c := range b.since(mark) {
		sum += c.EnergyUJ
	}
	return sum
}

// lift takes the tip off for long enough to be a new spot, and puts it on.
func (b *bench) lift() {
	b.do(b.hand.Contact(false))
	b.sleep(protocol.SpotRelease + 50*time.Millisecond)
	b.do(b.hand.Contact(true))
}

// A trigger that was held before READY gives nothing, not even in it: energy
// wants an edge after arming.
func TestTriggerBeforeArm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 30})
		c := b.console()
		b.sleep(150 * time.Millisecond)
		c.hello(1)
		hash := c.set(rfEnvelope(), 1, rfSettings(100))
		b.do(b.hand.Contact(true))
		b.do(b.hand.Trigger(true))
		if r := c.result(c.command(1, hash)); r.ArmBlocks != protocol.BlockTriggerHeld {
			t.Errorf("ARM with the trigger held: %v", r.ArmBlocks.Names())
		}
		b.do(b.hand.Trigger(false))
		c.arm(armID, hash)
		c.keepLeasing(armID)
		b.sleep(300 * time.Millisecond)
		for _, ch := range b.since(0) {
			if ch.RF || ch.Motion || ch.State == protocol.StateTreating {
				t.Errorf("output without an edge: %+v", ch)
			}
		}
		b.do(b.hand.Trigger(true))
		b.sleep(300 * time.Millisecond)
		if p := all[protocol.Pulse](c); len(p) != 1 {
			t.Errorf("%d pulses after the edge", len(p))
		}
	})
}

// The pulses of a spot are as many as the envelope says; then it wants loss of
// contact, and a bounce is none.
func TestPulsesPerSpot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 31})
		e := rfEnvelope()
		e.PulsesPerSpot = 2
		f := rfSettings(100)
		f[iSpeed].Value = 120
		c := b.ready(e, f)
		count := func() int { return len(all[protocol.Pulse](c)) }
		b.do(b.hand.Contact(true))
		b.do(b.hand.Trigger(true))
		b.sleep(3 * time.Second)
		if n := count(); n != 2 || c.status().Flags&protocol.FlagSpotBlocked == 0 {
			t.Fatalf("%d pulses at one spot, flags %b", n, c.status().Flags)
		}
		// At 120 stamps a minute they are 500 ms apart.
		p := all[protocol.Pulse](c)
		if d := p[1].Opened.Sub(p[0].Opened); d < 499*time.Millisecond || d > 501*time.Millisecond || p[1].Speed != 120 {
			t.Errorf("stamps %v apart, speed %d", d, p[1].Speed)
		}
		for range 3 { // bouncing, and another pull, is still the same spot
			b.do(b.hand.Contact(false))
			b.sleep(protocol.SpotRelease / 2)
			b.do(b.hand.Contact(true))
		}
		b.do(b.hand.Trigger(false))
		b.do(b.hand.Trigger(true))
		b.sleep(2 * time.Second)
		if n := count(); n != 2 {
			t.Fatalf("%d pulses after a bounce", n)
		}
		b.lift()
		b.sleep(2 * time.Second)
		if n := count(); n != 4 || c.status().State != protocol.StateTreating {
			t.Errorf("%d pulses after a lift", n)
		}
	})
}

// The pen ends a pulse at the dose that it measures, whatever the amplifier
// does, and never lets more out: here the spot has had half of it before.
func TestDoseEndsPulse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 32})
		e := rfEnvelope()
		e.DosePerPin = 40_000 // 1 J over 25 pins
		fields := rfSettings(200)
		fields[iPower].Value = 5000 // 1 J in 200 ms: exactly on the bound
		c := b.ready(e, fields)
		b.do(b.hand.Contact(true))
		mark := b.mark()
		b.do(b.hand.Trigger(true))
		b.sleep(130 * time.Millisecond)
		b.do(b.hand.Trigger(false)) // about half
		b.sleep(200 * time.Millisecond)
		first := all[protocol.Pulse](c)
		if len(first) != 1 || first[0].Result != protocol.PulseReleased {
			t.Fatalf("first pulse %+v", first)
		}
		c.put(&protocol.Disarm{})
		c.stopLeasing()
		b.sleep(20 * time.Millisecond)

		// The envelope allows two now, so that the second pulse may begin. Its
		// settings are inside; what the spot has had is not.
		e.PulsesPerSpot = 2
		fields[iPower].Value, fields[iDuration].Value = 3000, 160
		hash := c.set(e, 2, fields)
		c.arm(armID+1, hash)
		c.keepLeasing(armID + 1)
		b.do(b.hand.Trigger(true))
		b.sleep(time.Second)
		both := all[protocol.Pulse](c)
		if len(both) != 2 {
			t.Fatalf("%d pulses", len(both))
		}
		sum := first[0].Energy + both[1].Energy
		if first[0].Energy < 450_000 || sum > 1_000_000 {
			t.Errorf("%d + %d uJ at one spot", first[0].Energy, both[1].Energy)
		}
		if got := b.energy(mark); got > 1_000_000 {
			t.Errorf("truly %d uJ", got)
		}
		// 3 W for 160 ms is 480 mJ; what was left is less only if the first
		// pulse had more than 520 mJ.
		if first[0].Energy > 521_000 && both[1].Result != protocol.PulseDose {
			t.Errorf("second pulse %+v", both[1])
		}
	})
}

func TestContactLostInAPulse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 38})
		c := b.treating(R1)
		mark, at := b.mark(), time.Since(b.start)
		b.do(b.hand.Contact(false))
		b.sleep(200 * time.Millisecond)
		off := b.find(mark, "RF off", func(c Change) bool { return !c.RF })
		if off.At-at > 5*time.Millisecond || off.Cause != "contact lost" {
			t.Errorf("RF off after %v because of %q", off.At-at, off.Cause)
		}
		p := all[protocol.Pulse](c)
		if len(p) != 1 || p[0].Result != protocol.PulseContactLost || c.status().State != protocol.StateTreating {
			t.Errorf("%+v, %v", p, c.status().State)
		}
	})
}

// The ledger: numbers go on for life, pages are read by index, and
// while armed they are short.
func TestPulseLedger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mem := NewRAM()
		b := newBench(t, Config{Model: N1, Seed: 41, Memory: mem})
		c := b.ready(needlingEnvelope(), needlingSettings())
		for range 3 {
			b.do(b.hand.Trigger(true))
			b.sleep(500 * time.Millisecond)
			b.do(b.hand.Trigger(false))
			b.sleep(50 * time.Millisecond) // the next pull comes while the needle still parks
		}
		b.sleep(300 * time.Millisecond)
		if p, ok := c.ask(&protocol.PulseRead{From: 1, Max: 9}).(*protocol.PulsePage); !ok || len(p.Pulses) != 1 || p.Newest != 3 {
			t.Errorf("while armed: %+v", p)
		}
		if m, ok := c.ask(&protocol.DescriptorRead{Max: 255}).(*protocol.DescriptorChunk); !ok || len(m.AppendPayload(nil)) != protocol.BulkArmedBytes {
			t.Errorf("while armed: %+v", m)
		}
		c.put(&protocol.Disarm{})
		page := c.ask(&protocol.PulseRead{From: 2, Max: 9}).(*protocol.PulsePage)
		if page.Oldest != 1 || page.Newest != 3 || len(page.Pulses) != 2 || page.Pulses[0].Index != 2 {
			t.Fatalf("%+v", page)
		}
		live := all[protocol.Pulse](c)
		if len(live) != 3 || *live[1] != page.Pulses[0] || *live[2] != page.Pulses[1] {
			t.Errorf("sent %+v, kept %+v", live, page.Pulses)
		}
		for _, p := range live {
			if p.Strokes < 30 || p.Result != protocol.PulseReleased || p.Energy != 0 || p.Depth < 1450 || p.Depth > 1550 {
				t.Errorf("%+v", p)
			}
		}
		if page := c.ask(&protocol.PulseRead{From: 4, Max: 9}).(*protocol.PulsePage); len(page.Pulses) != 0 {
			t.Errorf("beyond the end %+v", page)
		}
		c.stopLeasing()
		b.stop()

		again := newBench(t, Config{Model: N1, Seed: 41, Memory: mem})
		c = again.console()
		c.hello(2)
		if s := c.status(); s.NewestPulse != 3 {
			t.Errorf("after a restart the newest pulse is %d", s.NewestPulse)
		}
	})
}

// The newest 4,096 pulses are kept; a wrap shows in the page.
func TestPulseLedgerWraps(t *testing.T) {
	nv, err := loadNonvolatile(NewRAM(), keptRecords)
	if err != nil {
		t.Fatal(err)
	}
	for i := range uint32(protocol.KeptPulses + 10) {
		nv.counters.pulse = i + 1
		if err := nv.savePulse(&protocol.Pulse{Index: i + 1, Result: protocol.PulseComplete}); err != nil {
			t.Fatal(err)
		}
	}
	if got := nv.oldestPulse(); got != 11 {
		t.Errorf("oldest %d", got)
	}
	for index, want := range map[uint32]bool{10: false, 11: true, protocol.KeptPulses + 10: true, protocol.KeptPulses + 11: false} {
		if _, ok, err := nv.pulse(index); ok != want || err != nil {
			t.Errorf("pulse %d: %v, %v", index, ok, err)
		}
	}
}

// An open record is in no page. While armed the page does without it; once the
// pen is not armed any more, the moment until it is closed is BUSY, so that no
// console takes the page for the whole truth.
func TestOpenPulseIsNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: N1, Seed: 38})
		c := b.treating(N1)
		read := &protocol.PulseRead{From: 1, Max: 2}
		page, ok := c.ask(read).(*protocol.PulsePage)
		if !ok || page.Oldest != 0 || page.Newest != 0 || len(page.Pulses) != 0 || c.status().NewestPulse != 0 {
			t.Errorf("in the pull: %+v", page)
		}
		c.put(&protocol.Disarm{})
		if r, ok := c.ask(read).(*protocol.Rejected); !ok || r.Code != protocol.CodeBusy {
			t.Errorf("while the motor runs out: %+v", r)
		}
		b.sleep(300 * time.Millisecond)
		page, ok = c.ask(read).(*protocol.PulsePage)
		if !ok || page.Oldest != 1 || page.Newest != 1 || len(page.Pulses) != 1 || page.Pulses[0].Result != protocol.PulseDisarmed {
			t.Errorf("afterwards: %+v", page)
		}
	})
}

// The same spot stays the same spot through DISARM, ARM and another pull: only
// contact that is lost for long enough ends it.
func TestSpotSurvivesArming(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 39})
		c := b.ready(rfEnvelope(), rfSettings(100))
		b.do(b.hand.Contact(true))
		b.do(b.hand.Trigger(true))
		b.sleep(time.Second)
		b.do(b.hand.Trigger(false))
		c.stopLeasing()
		c.put(&protocol.Disarm{})
		b.sleep(50 * time.Millisecond)
		mark := b.mark()
		c.arm(armID+1, c.status().SettingsHash)
		c.keepLeasing(armID + 1)
		b.do(b.hand.Trigger(true))
		b.sleep(time.Second)
		if got := b.energy(mark); got != 0 || c.status().Flags&protocol.FlagSpotBlocked == 0 {
			t.Errorf("%d µJ more into the same spot", got)
		}
		b.lift()
		b.sleep(time.Second)
		if b.energy(mark) == 0 {
			t.Error("nothing into the next spot")
		}
	})
}

// The third pull out of tolerance ends READY. Where its record is closed only
// because the trigger is pulled again while the motor still runs out, that pull
// gives nothing: the pen is armed no more.
func TestThirdBadPullEndsTheFourth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: N1, Seed: 32})
		c := b.ready(needlingEnvelope(), needlingSettings())
		b.do(b.hand.Fault(SwitchDepthOverrun, true)) // 0.3 mm of 0.15 allowed, and within the envelope
		b.do(b.hand.Contact(true))
		for range pulsesToStandby {
			b.do(b.hand.Trigger(true))
			b.sleep(400 * time.Millisecond)
			b.do(b.hand.Trigger(false))
			b.sleep(10 * time.Millisecond)
		}
		b.do(b.hand.Trigger(true))
		b.sleep(400 * time.Millisecond)
		if last := b.last(); last.State != protocol.StateStandby || last.Motion {
			t.Errorf("after the fourth pull: %+v", last)
		}
		list := all[protocol.Pulse](c)
		if len(list) != pulsesToStandby {
			t.Errorf("%d records", len(list))
		}
		for _, p := range list {
			if p.ArmID != armID {
				t.Errorf("record %d of arm id %x", p.Index, p.ArmID)
			}
		}
	})
}
