package sim

import (
	"testing"
	"testing/synctest"
	"time"

	"stipple/protocol"
)

// aPull gives one pulse under the arm id and leaves the pen in STANDBY, the tip
// lifted.
func (c *console) aPull(b *bench, generation uint32, arm uint64) {
	c.t.Helper()
	c.arm(arm, c.set(rfEnvelope(), generation, rfSettings(20)))
	c.keepLeasing(uint32(arm))
	b.do(b.hand.Contact(true))
	b.do(b.hand.Trigger(true))
	b.sleep(250 * time.Millisecond)
	b.do(b.hand.Trigger(false))
	b.do(b.hand.Contact(false))
	c.stopLeasing()
	c.put(&protocol.Disarm{})
	b.sleep(200 * time.Millisecond)
}

// What a tip has been through stays with the tip: taken off, put back, on the
// same pen and after a restart, whatever the hand says of it.
func TestTipKeepsItsMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mem := NewRAM()
		b := newBench(t, Config{Model: R1, Seed: 90, Memory: mem})
		c := b.idle()
		mine := TipFor(R1)
		mine.ID, mine.ExpiryDays = 0xA11CE, 21_000
		b.do(b.hand.ChangeTip(mine))
		b.sleep(5 * time.Millisecond)
		c.aPull(b, 1, 1)
		worn := c.ask(&protocol.TipRead{}).(*protocol.TipInfo)
		if worn.ID != 0xA11CE || worn.UseCount != 1 || worn.BoundTreatment != treatment {
			t.Fatalf("after a pulse %+v", worn)
		}
		b.do(b.hand.ChangeTip(TipFor(R1)))
		b.sleep(5 * time.Millisecond)
		if other := c.ask(&protocol.TipRead{}).(*protocol.TipInfo); other.ID == worn.ID || other.ID == 0 || other.UseCount != 0 {
			t.Errorf("another tip %+v", other)
		}
		b.do(b.hand.RemoveTip())
		b.sleep(5 * time.Millisecond)
		if none := c.ask(&protocol.TipRead{}).(*protocol.TipInfo); *none != (protocol.TipInfo{}) {
			t.Errorf("no tip %+v", none)
		}
		b.do(b.hand.ChangeTip(TipSpec{ID: 0xA11CE, Pins: 9, UseLimit: 1}))
		b.sleep(5 * time.Millisecond)
		if back := c.ask(&protocol.TipRead{}).(*protocol.TipInfo); *back != *worn {
			t.Errorf("put back %+v, was %+v", back, worn)
		}
		b.do(b.hand.RemoveTip())
		b.stop()

		again := newBench(t, Config{Model: R1, Seed: 91, Memory: mem})
		c = again.idle()
		if s := c.status(); s.TipID != 0 {
			t.Errorf("after a restart tip %X is on", s.TipID)
		}
		again.do(again.hand.ChangeTip(TipSpec{ID: 0xA11CE}))
		again.sleep(5 * time.Millisecond)
		if back := c.ask(&protocol.TipRead{}).(*protocol.TipInfo); *back != *worn {
			t.Errorf("after a restart %+v, was %+v", back, worn)
		}
	})
}

// The box has an end: the tip that came first is thrown away, and is a new one
// when it is seen again. The one that is on is never thrown away.
func TestTipBoxFull(t *testing.T) {
	nv, err := loadNonvolatile(NewRAM(), keptRecords)
	if err != nil {
		t.Fatal(err)
	}
	for id := range uint32(keptTips + 1) {
		if err := nv.wear(&TipSpec{ID: id + 1, UseCount: 7}); err != nil {
			t.Fatal(err)
		}
	}
	for id, want := range map[uint32]uint32{keptTips + 1: 7, 2: 7} {
		if err := nv.wear(&TipSpec{ID: id}); err != nil || nv.tip.UseCount != want || nv.tip.ID != id {
			t.Errorf("tip %d: %+v, %v", id, nv.tip, err)
		}
	}
	if err := nv.wear(&TipSpec{ID: 1}); err != nil || nv.tip.UseCount != 0 {
		t.Errorf("the tip that was thrown away: %+v, %v", nv.tip, err)
	}
	if again, err := loadNonvolatile(nv.mem, keptRecords); err != nil || again.tip == nil || *again.tip != *nv.tip || again.box != nv.box {
		t.Errorf("after a restart %+v, %v", again.tip, err)
	}
}

// A damaged tip that lies in the box is lost; one that is on is a memory that
// can't be read.
func TestTipDamaged(t *testing.T) {
	mem := NewRAM()
	nv, err := loadNonvolatile(mem, keptRecords)
	if err != nil {
		t.Fatal(err)
	}
	for id := range uint32(2) {
		if err := nv.wear(&TipSpec{ID: id + 1}); err != nil {
			t.Fatal(err)
		}
	}
	if err := mem.Write(cellTips, []byte{1, 2, 3}); err != nil {
		t.Fatal(err)
	}
	if nv, err = loadNonvolatile(mem, keptRecords); err != nil || nv.tip.ID != 2 {
		t.Fatalf("%+v, %v", nv, err)
	}
	if err := mem.Write(cellTips+1, []byte{1, 2, 3}); err != nil {
		t.Fatal(err)
	}
	if _, err = loadNonvolatile(mem, keptRecords); err == nil {
		t.Error("a tip that can't be read is on, and nothing is said")
	}
}

// TIP_BIND gives the tip to one treatment, once.
func TestTipBind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 92})
		c := b.idle()
		id := uint64(0)
		bind := func(tip uint32, treatment [16]byte) *protocol.TipBind {
			id++
			return &protocol.TipBind{CommandID: id, Role: protocol.RoleClinician, TipID: tip, TreatmentID: treatment}
		}
		other := [16]byte{9}
		tip := c.status().TipID
		c.wantOutcome(bind(tip+1, treatment), protocol.OutcomeRejected, protocol.CodeTip)
		if now := c.ask(&protocol.TipRead{}).(*protocol.TipInfo); now.BoundTreatment != [16]byte{} {
			t.Errorf("a refused TIP_BIND bound %+v", now)
		}
		for range 2 {
			c.wantOutcome(bind(tip, treatment), protocol.OutcomeDone, 0)
		}
		bound := 0
		for _, e := range all[protocol.Event](c) {
			if e.Code == protocol.EventTipBound && uint32(e.Args[0]) == tip {
				bound++
			}
		}
		if now := c.ask(&protocol.TipRead{}).(*protocol.TipInfo); now.BoundTreatment != treatment || bound != 1 {
			t.Errorf("bound %+v, %d events", now, bound)
		}
		r := c.result(bind(tip, other))
		if r.Code != protocol.CodeBlocked || r.ArmBlocks != protocol.BlockTipUsed {
			t.Errorf("another treatment: %+v", r)
		}
		arm := c.command(armID, c.set(rfEnvelope(), 1, rfSettings(100)))
		arm.TreatmentID = other
		if r := c.result(arm); r.Code != protocol.CodeBlocked || r.ArmBlocks != protocol.BlockTipUsed {
			t.Errorf("ARM for another treatment: %+v", r)
		}
		worn := TipFor(R1)
		worn.ID, worn.UseCount = 77, worn.UseLimit
		b.do(b.hand.ChangeTip(worn))
		b.sleep(5 * time.Millisecond)
		if r := c.result(bind(77, treatment)); r.Code != protocol.CodeBlocked || r.ArmBlocks != protocol.BlockTipUsed {
			t.Errorf("a worn tip: %+v", r)
		}
		b.do(b.hand.RemoveTip())
		b.sleep(5 * time.Millisecond)
		c.wantOutcome(bind(77, treatment), protocol.OutcomeRejected, protocol.CodeTip)
		c.service(true)
		c.wantOutcome(bind(tip, treatment), protocol.OutcomeRejected, protocol.CodeState)
	})
}
