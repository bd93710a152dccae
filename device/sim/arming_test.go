package sim

import (
	"crypto/sha256"
	"testing"
	"testing/synctest"
	"time"

	"stipple/protocol"
)

// result asks and wants a RESULT.
func (c *console) result(m protocol.Message) *protocol.Result {
	c.t.Helper()
	r, ok := c.ask(m).(*protocol.Result)
	if !ok {
		c.t.Fatalf("%v got %#v", m.Type(), r)
	}
	return r
}

// Every arm block that this pen can have, each by what brings it about.
func TestArmBlocks(t *testing.T) {
	for _, tc := range []struct {
		name  string
		block protocol.ArmBlocks
		code  protocol.Code
		bring func(b *bench, c *console)
	}{
		{"emergency stop", protocol.BlockStop, protocol.CodeBlocked, func(b *bench, c *console) { c.put(&protocol.Stop{Nonce: 1}) }},
		{"fault", protocol.BlockFault, protocol.CodeBlocked, func(b *bench, c *console) {
			b.do(b.hand.Fault(SwitchOverTemperature, true))
			b.sleep(5 * time.Millisecond)
			b.do(b.hand.Fault(SwitchOverTemperature, false))
		}},
		{"tip missing", protocol.BlockTipMissing, protocol.CodeHash, func(b *bench, c *console) { b.do(b.hand.RemoveTip()) }},
		{"tip fallen off", protocol.BlockTipMissing, protocol.CodeHash, func(b *bench, c *console) { b.do(b.hand.Fault(SwitchTipRemoved, true)) }},
		{"pins unknown", protocol.BlockTipMissing, protocol.CodeBlocked, func(b *bench, c *console) {
			tip := TipFor(R1)
			tip.Pins = 0
			b.do(b.hand.ChangeTip(tip))
		}},
		{"tip of another treatment", protocol.BlockTipUsed, protocol.CodeHash, func(b *bench, c *console) {
			tip := TipFor(R1)
			tip.BoundTreatment[0] = 99
			b.do(b.hand.ChangeTip(tip))
		}},
		{"tip worn out", protocol.BlockTipUsed, protocol.CodeHash, func(b *bench, c *console) {
			tip := TipFor(R1)
			tip.UseCount = tip.UseLimit
			b.do(b.hand.ChangeTip(tip))
		}},
		{"settings now outside", protocol.BlockSettingsUnconfirmed, protocol.CodeBlocked, func(b *bench, c *console) {
			e := rfEnvelope()
			e.Ranges[0].Max = 1400
			c.ask(&protocol.PutEnvelope{Envelope: e, Role: protocol.RoleClinician})
		}},
		{"other pins than the envelope's", protocol.BlockLimitMismatch, protocol.CodeHash, func(b *bench, c *console) {
			tip := TipFor(R1)
			tip.Pins = 16
			b.do(b.hand.ChangeTip(tip))
		}},
		{"hot tip", protocol.BlockTemperature, protocol.CodeBlocked, func(b *bench, c *console) {
			b.do(b.pen.call(func() { b.pen.fw.plant.tip = 60_000_000 }))
		}},
		{"battery", protocol.BlockBattery, protocol.CodeBlocked, func(b *bench, c *console) { b.do(b.hand.Fault(SwitchBatteryLow, true)) }},
		{"trigger held", protocol.BlockTriggerHeld, protocol.CodeBlocked, func(b *bench, c *console) { b.do(b.hand.Trigger(true)) }},
		{"trigger stuck", protocol.BlockTriggerHeld, protocol.CodeBlocked, func(b *bench, c *console) { b.do(b.hand.Fault(SwitchStuckTrigger, true)) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, Config{Model: R1, Seed: 12})
				c := b.console()
				b.sleep(150 * time.Millisecond)
				c.hello(1)
				hash := c.set(rfEnvelope(), 1, rfSettings(100))
				tc.bring(b, c)
				b.sleep(60 * time.Millisecond)
				if tc.name != "tip of another treatment" && c.status().ArmBlocks&tc.block == 0 {
					t.Errorf("STATUS has %v", c.status().ArmBlocks.Names())
				}
				r := c.result(c.command(armID, hash))
				if r.Outcome != protocol.OutcomeRejected || r.Code != tc.code || r.ArmBlocks&tc.block == 0 {
					t.Errorf("ARM got %v, %v, %v", r.Outcome, r.Code, r.ArmBlocks.Names())
				}
				if s := c.status(); s.State.Armed() || s.ArmID != 0 {
					t.Errorf("state %v", s.State)
				}
			})
		})
	}
}

// What a pen refuses before it looks at blocks: not confirmed, not now, not
// these settings.
func TestArmRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 13})
		c := b.console()
		c.hello(1)
		early := c.result(c.command(1, [8]byte{}))
		if early.Code != protocol.CodeBlocked || early.ArmBlocks != protocol.BlockSelfTest|protocol.BlockSettingsUnconfirmed {
			t.Errorf("during the self-test: %v %v", early.Code, early.ArmBlocks.Names())
		}
		b.sleep(150 * time.Millisecond)
		hash := c.set(rfEnvelope(), 1, rfSettings(100))
		check := func(want protocol.Code, change func(*protocol.Arm)) {
			t.Helper()
			m := c.command(uint64(100+want), hash)
			change(m)
			if r := c.result(m); r.Code != want || c.status().State.Armed() {
				t.Errorf("ARM got %v, want %v", r.Code, want)
			}
		}
		check(protocol.CodeHash, func(m *protocol.Arm) { m.SettingsHash[7]++ })
		check(protocol.CodeLate, func(m *protocol.Arm) { m.NotAfter = c.status().Clock.Add(-time.Millisecond) })
		check(protocol.CodeTooEarly, func(m *protocol.Arm) { m.NotAfter = m.NotAfter.Add(protocol.ArmWindow) })
		c.arm(armID, hash)
		c.keepLeasing(armID)
		if r := c.result(c.command(armID+1, hash)); r.Code != protocol.CodeState || c.status().ArmID != armID {
			t.Errorf("a second ARM got %v", r.Code)
		}
	})
}

// The same ARM twice arms once: after DISARM the repeated answer changes
// nothing, under the same seq as under a new one, and after a reset.
func TestArmIsNotExecutedTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mem := NewRAM()
		b := newBench(t, Config{Model: R1, Seed: 14, Memory: mem})
		c := b.console()
		b.sleep(150 * time.Millisecond)
		c.hello(1)
		hash := c.set(rfEnvelope(), 1, rfSettings(100))
		m := c.command(armID, hash)
		h := c.put(m)
		b.sleep(5 * time.Millisecond)
		if s := c.status(); s.State != protocol.StateReady {
			t.Fatalf("%v", s.State)
		}
		c.put(&protocol.Disarm{})
		b.sleep(5 * time.Millisecond)
		c.raw(h, m) // a retransmission that was late
		r, ok := c.replyTo(h).(*protocol.Result)
		if !ok || r.Outcome != protocol.OutcomeDone || c.status().State != protocol.StateStandby {
			t.Errorf("same seq: %+v, %v", r, c.status().State)
		}
		if r := c.result(m); r.Outcome != protocol.OutcomeDone || c.status().State != protocol.StateStandby {
			t.Errorf("same id: %+v, %v", r, c.status().State)
		}
		other := *m
		other.TreatmentID[0]++
		if r := c.result(&other); r.Outcome != protocol.OutcomeRejected || r.Code != protocol.CodeBurnt {
			t.Errorf("same id, other content: %+v", r)
		}
		b.stop()

		again := newBench(t, Config{Model: R1, Seed: 14, Memory: mem})
		c = again.console()
		again.sleep(150 * time.Millisecond)
		if ack := c.hello(2); ack.Boot != 2 {
			t.Errorf("boot %d", ack.Boot)
		}
		if r := c.result(m); r.Outcome != protocol.OutcomeDone || c.status().State != protocol.StateStandby {
			t.Errorf("after a reset: %+v, %v", r, c.status().State)
		}
	})
}

func TestResultOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 15})
		c := b.console()
		b.sleep(150 * time.Millisecond)
		c.hello(1)
		hash := c.set(rfEnvelope(), 1, rfSettings(100))
		of := func(id uint64) protocol.Outcome { return c.result(&protocol.ResultOf{CommandID: id}).Outcome }

		c.arm(armID, hash)
		if got := of(armID); got != protocol.OutcomeDone {
			t.Errorf("of an ARM that was done: %v", got)
		}
		c.put(&protocol.Disarm{})
		if r := c.result(c.command(2, [8]byte{1})); r.Outcome != protocol.OutcomeRejected || of(2) != protocol.OutcomeRejected {
			t.Errorf("of an ARM that was refused: %+v", r)
		}
		// The question burns an id: the ARM that arrives behind it is refused.
		for range 2 {
			if got := of(3); got != protocol.OutcomeNeverSeen {
				t.Errorf("of an ARM that never came: %v", got)
			}
		}
		if r := c.result(c.command(3, hash)); r.Code != protocol.CodeBurnt || c.status().State != protocol.StateStandby {
			t.Errorf("ARM with a burnt id: %+v", r)
		}
		if got := of(3); got != protocol.OutcomeNeverSeen {
			t.Errorf("of a burnt id: %v", got)
		}
		// Questions displace no result, however many there are.
		for id := uint64(100); id < 100+2*protocol.KeptResults; id++ {
			of(id)
		}
		if got := of(armID); got != protocol.OutcomeDone {
			t.Errorf("after 64 questions: %v", got)
		}
		trace := func(id uint64, want Trace) {
			t.Helper()
			if got, err := b.pen.Trace(id); got != want || err != nil {
				t.Errorf("trace of %d: %v, %v, want %v", id, got, err, want)
			}
		}
		trace(armID, TraceKept)
		trace(3, TraceNone)
		// 32 commands later the first is forgotten, and stays unusable.
		for id := uint64(1000); id < 1000+protocol.KeptResults; id++ {
			c.result(&protocol.Clear{CommandID: id, Role: protocol.RoleClinician})
		}
		if got := of(armID); got != protocol.OutcomeForgotten {
			t.Errorf("after 32 more: %v", got)
		}
		trace(armID, TraceDisplaced)
		if r := c.result(c.command(armID, hash)); r.Code != protocol.CodeBurnt || c.status().State != protocol.StateStandby {
			t.Errorf("ARM with a forgotten id: %+v", r)
		}
	})
}

// NEVER_SEEN is said only while no id can have been lost.
func TestNeverSeenIsCertain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 15})
		c := b.console()
		b.sleep(150 * time.Millisecond)
		c.hello(1)
		hash := c.set(rfEnvelope(), 1, rfSettings(100))
		known := func(results uint32, id uint64, want protocol.Outcome) {
			t.Helper()
			b.do(b.pen.call(func() { b.pen.fw.nv.counters.results = results }))
			for range 2 {
				if got := c.result(&protocol.ResultOf{CommandID: id}).Outcome; got != want {
					t.Errorf("after %d commands: %v", results, got)
				}
			}
			if r := c.result(c.command(id, hash)); r.Code != protocol.CodeBurnt {
				t.Errorf("ARM behind the question: %+v", r)
			}
		}
		known(protocol.KeptResults+keptEvicted, 1, protocol.OutcomeNeverSeen)
		known(protocol.KeptResults+keptEvicted+1, 2, protocol.OutcomeForgotten)
		if got, err := b.pen.Trace(2); got != TraceDropped || err != nil {
			t.Errorf("an id that may have been dropped has the trace %v, %v", got, err)
		}
	})
}

// A command that a reset has cut is neither done nor undone: FORGOTTEN, and
// its id stays unusable.
func TestRunningBeforeReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mem := NewRAM()
		b := newBench(t, Config{Model: R1, Seed: 15, Memory: mem})
		cut := &protocol.Clear{CommandID: armID, Role: protocol.RoleClinician}
		sum := sha256.Sum256(cut.AppendPayload([]byte{byte(protocol.TypeClear)}))
		b.do(b.pen.call(func() {
			r := commandResult{id: armID, content: [8]byte(sum[:8]), outcome: protocol.OutcomeRunning}
			if err := b.pen.fw.nv.keep(r); err != nil {
				t.Error(err)
			}
		}))
		b.stop()
		again := newBench(t, Config{Model: R1, Seed: 15, Memory: mem})
		c := again.console()
		again.sleep(150 * time.Millisecond)
		c.hello(1)
		if got := c.result(&protocol.ResultOf{CommandID: armID}).Outcome; got != protocol.OutcomeForgotten {
			t.Errorf("RUNNING before the reset is %v", got)
		}
		if got, err := again.pen.Trace(armID); got != TraceCut || err != nil {
			t.Errorf("RUNNING before the reset has the trace %v, %v", got, err)
		}
		if r := c.result(cut); r.Code != protocol.CodeBurnt {
			t.Errorf("the same again: %+v", r)
		}
	})
}

// What can't be remembered is not done.
func TestCommandIsWrittenFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mem := &brittle{RAM: NewRAM()}
		b := newBench(t, Config{Model: R1, Seed: 15, Memory: mem})
		c := b.console()
		b.sleep(150 * time.Millisecond)
		c.hello(1)
		hash := c.set(rfEnvelope(), 1, rfSettings(100))
		b.do(b.pen.call(func() { mem.broken = true }))
		if r := c.result(c.command(armID, hash)); r.Outcome != protocol.OutcomeRejected || r.Code != protocol.CodeSelfTest {
			t.Errorf("ARM got %+v", r)
		}
		b.sleep(2 * restWake)
		for _, ch := range b.since(0) {
			if ch.State.Armed() {
				t.Errorf("armed without a record: %+v", ch)
			}
		}
		if s := c.status(); s.State != protocol.StateFault || s.Fault != protocol.FaultMemory {
			t.Errorf("%v %v", s.State, s.Fault)
		}
	})
}

// An emergency stop and a fault are blocks of ARM, and all blocks are told,
// whatever it is refused for.
func TestArmWhileLatched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 15})
		c := b.console()
		b.sleep(150 * time.Millisecond)
		c.hello(1)
		hash := c.set(rfEnvelope(), 1, rfSettings(100))
		c.put(&protocol.Stop{Nonce: 1})
		b.do(b.hand.Trigger(true))
		const both = protocol.BlockStop | protocol.BlockTriggerHeld
		if r := c.result(c.command(1, hash)); r.Code != protocol.CodeBlocked || r.ArmBlocks != both {
			t.Errorf("ARM got %v %v", r.Code, r.ArmBlocks.Names())
		}
		late := c.command(2, hash)
		late.NotAfter = 1
		if r := c.result(late); r.Code != protocol.CodeLate || r.ArmBlocks != both {
			t.Errorf("a late ARM got %v %v", r.Code, r.ArmBlocks.Names())
		}
	})
}

// The settings hash holds the tip: a tip changed after the review can't be
// armed with what was reviewed, and while armed it ends in STANDBY.
func TestTipChangedAfterReview(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 16})
		c := b.ready(rfEnvelope(), rfSettings(100))
		before := c.status()
		b.do(b.hand.ChangeTip(TipFor(R1)))
		b.sleep(5 * time.Millisecond)
		after := c.status()
		if after.State != protocol.StateStandby || after.TipID == before.TipID || after.SettingsHash == before.SettingsHash {
			t.Errorf("before %+v, after %+v", before, after)
		}
		r := c.result(c.command(2, before.SettingsHash))
		if r.Code != protocol.CodeHash || r.ArmBlocks&protocol.BlockLimitMismatch == 0 {
			t.Errorf("ARM with the old hash: %v %v", r.Code, r.ArmBlocks.Names())
		}
		tip, ok := c.ask(&protocol.TipRead{}).(*protocol.TipInfo)
		if !ok || tip.ID != after.TipID || tip.Pins != 25 || !tip.Insulated {
			t.Errorf("TIP_INFO %+v", tip)
		}
		s, ok := c.ask(&protocol.GetSettings{}).(*protocol.SettingsReply)
		if !ok || !s.Applied || s.Hash != after.SettingsHash || s.TipID != after.TipID {
			t.Errorf("SETTINGS %+v", s)
		}
		if r := c.result(c.command(3, after.SettingsHash)); r.Outcome != protocol.OutcomeDone {
			t.Errorf("ARM with the new hash: %+v", r)
		}
	})
}
