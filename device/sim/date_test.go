package sim

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"stipple/protocol"
)

// utcSet tells the pen that it is that many days since 1970-01-01, and seconds.
func utcSet(c *console, b *bench, id uint64, days, seconds uint64) *protocol.UTCSet {
	return &protocol.UTCSet{CommandID: id, Role: protocol.RoleAdministrator, Clock: c.lastClock(b), UTC: (days*secondsADay + seconds) * 1_000_000}
}

// The date comes with UTC_SET, goes on with the pen's clock, stands in each
// record from then on, and goes with a reset.
func TestDate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 95})
		c := b.idle()
		c.wantOutcome(utcSet(c, b, 1, 20_000, 100), protocol.OutcomeDone, 0)
		b.sleep(90 * time.Second)
		b.do(b.hand.Trigger(true))
		list := c.readLog()
		if r := list[len(list)-1]; r.Code != protocol.EventTrigger || r.UTC < 20_000*secondsADay+190 || r.UTC > 20_000*secondsADay+191 {
			t.Errorf("record %+v", r)
		}
		if r := list[0]; r.UTC != 0 {
			t.Errorf("the first record %+v", r)
		}
		moved := func() int32 { return c.event(protocol.EventUTC).Args[0] }
		if moved() != 0 {
			t.Errorf("the first date moved by %d s", moved())
		}
		c.wantOutcome(utcSet(c, b, 2, 20_000, 100), protocol.OutcomeDone, 0)
		if m := moved(); m != -90 && m != -91 {
			t.Errorf("the second date moved by %d s", m)
		}
		c.wantOutcome(utcSet(c, b, 3, 49_000, 0), protocol.OutcomeDone, 0)
		if m := moved(); m != math.MaxInt32 {
			t.Errorf("the third date moved by %d s", m)
		}
		b.do(b.hand.Fault(SwitchReboot, true))
		b.sleep(darkTime + selfTestTime + 50*time.Millisecond)
		c.hello(2)
		list = c.readLog()
		if r := list[len(list)-1]; r.Boot != 2 || r.UTC != 0 {
			t.Errorf("after a reset %+v", r)
		}
	})
}

func TestDateRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 96})
		c := b.idle()
		for id, change := range map[uint64]func(*protocol.UTCSet){
			1: func(m *protocol.UTCSet) { m.Clock = m.Clock.Add(time.Second) },
			2: func(m *protocol.UTCSet) { m.UTC = protocol.EarliestUTC*1_000_000 - 1 },
			3: func(m *protocol.UTCSet) { m.UTC = protocol.LatestUTC*1_000_000 + 1 },
			4: func(m *protocol.UTCSet) { m.UTC = math.MaxUint64 },
		} {
			m := utcSet(c, b, id, 20_000, 0)
			change(m)
			c.wantOutcome(m, protocol.OutcomeRejected, protocol.CodeRange)
		}
		if c.event(protocol.EventUTC) != nil || within(b, func(fw *firmware) bool { return fw.date.known }) {
			t.Error("a refused date was taken")
		}
		first := utcSet(c, b, 5, 0, protocol.EarliestUTC)
		c.wantOutcome(first, protocol.OutcomeDone, 0)
		if !within(b, func(fw *firmware) bool { _, known := fw.today(); return known }) {
			t.Error("the date is not known")
		}
	})
}

// Only a pen that knows the date finds tip and tables expired, from the day after
// their last.
func TestExpiry(t *testing.T) {
	const lastDay = 20_000
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 97})
		c := b.idle()
		tip := TipFor(R1)
		tip.ID, tip.ExpiryDays = 55, lastDay
		b.do(b.hand.ChangeTip(tip))
		b.do(b.pen.call(func() {
			s := &b.pen.fw.cal.shelves[protocol.QuantityPower]
			s.tables[s.active].DateDays, s.tables[s.active].ValidDays = lastDay-364, 365
		}))
		b.sleep(5 * time.Millisecond)
		hash := c.set(rfEnvelope(), 1, rfSettings(100))
		blocks := func() protocol.ArmBlocks {
			b.sleep(60 * time.Millisecond)
			return c.status().ArmBlocks
		}
		if got := blocks(); got != 0 {
			t.Errorf("without a date %v", got.Names())
		}
		c.wantOutcome(utcSet(c, b, 1, lastDay, secondsADay-2), protocol.OutcomeDone, 0)
		if got := blocks(); got != 0 {
			t.Errorf("on the last day %v", got.Names())
		}
		b.sleep(2 * time.Second) // past midnight
		if got := blocks(); got != protocol.BlockTipExpired {
			t.Errorf("a day later %v", got.Names())
		}
		if r := c.result(c.command(armID, hash)); r.Code != protocol.CodeBlocked || r.ArmBlocks != protocol.BlockTipExpired {
			t.Errorf("ARM got %v %v", r.Code, r.ArmBlocks.Names())
		}
		c.wantOutcome(utcSet(c, b, 2, lastDay+2, 0), protocol.OutcomeDone, 0)
		if got := blocks(); got&protocol.BlockCalExpired == 0 {
			t.Errorf("two days later %v", got.Names())
		}
		tip.ID, tip.ExpiryDays = 56, 0
		b.do(b.hand.ChangeTip(tip))
		if got := blocks(); got&protocol.BlockTipExpired != 0 {
			t.Errorf("a tip without a date %v", got.Names())
		}
	})
}

// A date can't be changed while an output is possible.
func TestDateWhileArmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 98})
		c := b.ready(rfEnvelope(), rfSettings(100))
		c.wantOutcome(utcSet(c, b, 1, 20_000, 0), protocol.OutcomeRejected, protocol.CodeState)
		c.put(&protocol.Stop{Nonce: 1})
		b.sleep(5 * time.Millisecond)
		c.wantOutcome(utcSet(c, b, 2, 20_000, 0), protocol.OutcomeDone, 0)
	})
}
