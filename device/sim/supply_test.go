package sim

import (
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"stipple/protocol"
)

// A brown-out in the middle of a pulse: RF decays as an amplifier without a
// supply does, the record stays open in the memory, and the boot finds it as
// INTERRUPTED, tells so, and gives its number to no other pulse.
func TestBrownOutInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mem := NewRAM()
		var at time.Duration // of the brown-out
		var after int64      // nJ since
		b := newBench(t, Config{Model: R1, Seed: 51, Memory: mem, Probe: func(o Outputs) {
			if at > 0 && o.At > at {
				after += nanojoules(int64(o.PowerMW) * uwPerMW)
			}
		}})
		c := b.treating(R1)
		c.stopLeasing()
		mark := b.mark()
		at = time.Since(b.start)
		b.do(b.hand.Fault(SwitchBrownOut, true))
		b.sleep(10 * time.Millisecond)
		off := b.find(mark, "RF off", func(c Change) bool { return !c.RF })
		// 3 W decaying with a time constant of 0.15 ms are 0.45 mJ.
		if off.At-at > 2*time.Millisecond || after == 0 || after > 500*nJPerUJ {
			t.Errorf("RF for %v, %d nJ", off.At-at, after)
		}
		raw, err := mem.Read(cellPulses + 1)
		var open protocol.Pulse
		if err != nil || open.DecodePayload(raw) != nil || open.Result != protocol.PulseOpen || open.Index != 1 {
			t.Errorf("in the memory while dark: %+v, %v", open, err)
		}
		b.do(b.hand.Trigger(false))
		b.do(b.hand.Fault(SwitchBrownOut, false))
		b.sleep(300 * time.Millisecond)
		c = b.console()
		c.hello(2)
		page := c.ask(&protocol.PulseRead{From: 1, Max: 2}).(*protocol.PulsePage)
		if page.Newest != 1 || len(page.Pulses) != 1 || page.Pulses[0].Result != protocol.PulseInterrupted {
			t.Errorf("ledger %+v", page)
		}
		var boot protocol.LogRecord
		for _, r := range c.readLog() {
			if r.Code == protocol.EventBoot {
				boot = r
			}
		}
		if boot.Args != [2]int32{2, 1} {
			t.Errorf("boot event %+v", boot)
		}
		hash := c.set(rfEnvelope(), 1, rfSettings(100))
		c.arm(2, hash)
		c.keepLeasing(2)
		b.lift()
		b.do(b.hand.Trigger(true))
		b.sleep(300 * time.Millisecond)
		if p := c.endedAs(protocol.PulseComplete); p.Index != 2 || p.Boot != 2 {
			t.Errorf("the next pulse %+v", p)
		}
	})
}

// A supply that fails in any write of a treatment, over a memory in RAM and one
// in a file, takes nothing back: no number is used twice, what was answered
// holds, and energy that flowed has a record.
func TestTornAnywhere(t *testing.T) {
	for _, onFile := range []bool{false, true} {
		torn, outcomes := 0, map[protocol.Outcome]bool{}
		for k := 1; ; k++ {
			var more bool
			synctest.Test(t, func(t *testing.T) { more = tearAt(t, k, onFile, outcomes) })
			if !more || t.Failed() {
				break
			}
			torn = k
		}
		// ARM alone writes its id and its result; a pulse its opening, its
		// closing, and the tip.
		if torn < 15 {
			t.Errorf("only %d writes in a treatment", torn)
		}
		// An ARM that was cut in the middle is uncertain, and stays so.
		if !outcomes[protocol.OutcomeNeverSeen] || !outcomes[protocol.OutcomeForgotten] || !outcomes[protocol.OutcomeDone] {
			t.Errorf("outcomes of the ARM: %v", outcomes)
		}
	}
}

// Of a write that is torn the old value stays, and until the boot nothing else
// is written.
func TestTornWriteKeepsTheOld(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memory")
	file, err := OpenFile(path, R1, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, mem := range []Memory{NewRAM(), file} {
		s := &supplied{Memory: mem}
		write := func(cell uint32, value string) {
			if err := s.Write(cell, []byte(value)); err != nil {
				t.Fatal(err)
			}
		}
		write(1, "one")
		write(1, "two")
		s.tearIn = 2
		write(2, "before")
		write(1, "three")
		write(2, "after")
		check := func(m Memory) {
			for cell, want := range map[uint32]string{1: "two", 2: "before"} {
				if got, err := m.Read(cell); err != nil || string(got) != want {
					t.Errorf("%T, cell %d: %q, %v", mem, cell, got, err)
				}
			}
		}
		check(s)
		s.dead = false
		if err := s.WriteAt(AreaLog, 8, []byte("old.")); err != nil {
			t.Fatal(err)
		}
		s.tearIn = 1
		for _, at := range []int64{8, 12} { // the second comes too late
			if err := s.WriteAt(AreaLog, at, []byte("new.")); err != nil {
				t.Fatal(err)
			}
		}
		area := make([]byte, 8)
		if err := s.ReadAt(AreaLog, 8, area); err != nil || string(area) != "ned.\x00\x00\x00\x00" {
			t.Errorf("%T: torn in place: %q, %v", mem, area, err)
		}
		if mem == Memory(file) {
			if err := file.Close(); err != nil {
				t.Fatal(err)
			}
			again, err := OpenFile(path, R1, 0)
			if err != nil {
				t.Fatal(err)
			}
			check(again)
			if err := again.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// tearAt plays ARM and a pulse with the k-th write torn; false: there were
// fewer writes than that.
func tearAt(t *testing.T, k int, onFile bool, outcomes map[protocol.Outcome]bool) (torn bool) {
	var mem Memory = NewRAM()
	var file *File
	path := filepath.Join(t.TempDir(), "memory")
	if onFile {
		var err error
		if file, err = OpenFile(path, R1, 0); err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		mem = file
	}
	b := newBench(t, Config{Model: R1, Seed: 52, Memory: mem})
	c := b.console()
	b.sleep(150 * time.Millisecond)
	c.hello(1)
	hash := c.set(rfEnvelope(), 1, rfSettings(100))
	b.do(b.pen.call(func() { b.pen.fw.memory.tearIn = k }))
	r, _ := c.ask(c.command(armID, hash)).(*protocol.Result)
	c.keepLeasing(armID)
	b.do(b.hand.Contact(true))
	b.do(b.hand.Trigger(true))
	b.sleep(250 * time.Millisecond)
	b.do(b.hand.Trigger(false))
	c.stopLeasing()
	b.sleep(darkTime + selfTestTime + 400*time.Millisecond)
	energy, pulses, events := b.energy(0), all[protocol.Pulse](c), all[protocol.Event](c)
	if b.bootNumber() == 1 {
		b.do(b.pen.call(func() { b.pen.fw.memory.tearIn = 0 }))
		return false
	}

	c = b.console()
	c.hello(2)
	s := c.status()
	if s.State != protocol.StateStandby || s.Flags&protocol.FlagNeedleBack == 0 {
		t.Errorf("write %d torn: %v", k, s.State)
	}
	page := c.ask(&protocol.PulseRead{From: 1, Max: 2}).(*protocol.PulsePage)
	if energy > 0 && len(page.Pulses) != 1 || len(pulses) > len(page.Pulses) {
		t.Errorf("write %d torn: %d uJ, told %+v, kept %+v", k, energy, pulses, page)
	}
	for i, p := range pulses {
		if page.Pulses[i] != *p {
			t.Errorf("write %d torn: told %+v, kept %+v", k, p, page.Pulses[i])
		}
	}
	told := events[len(events)-1].Index
	if first := all[protocol.Event](c)[0]; first.Index <= told {
		t.Errorf("write %d torn: event %d was told, and again %d", k, told, first.Index)
	}
	again := c.result(&protocol.ResultOf{CommandID: armID})
	outcomes[again.Outcome] = true
	switch {
	case r != nil && again.Outcome != r.Outcome:
		t.Errorf("write %d torn: answered %v, now %v", k, r.Outcome, again.Outcome)
	case energy > 0 && again.Outcome == protocol.OutcomeNeverSeen:
		t.Errorf("write %d torn: an ARM that fired was never seen", k)
	}
	newest := page.Newest
	hash = c.set(rfEnvelope(), 1, rfSettings(100))
	c.arm(armID+1, hash)
	c.keepLeasing(armID + 1)
	b.lift()
	b.do(b.hand.Trigger(true))
	b.sleep(300 * time.Millisecond)
	if p := c.endedAs(protocol.PulseComplete); p.Index != newest+1 {
		t.Errorf("write %d torn: after pulse %d came %d", k, newest, p.Index)
	}
	if onFile {
		b.stop()
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		again, err := OpenFile(path, R1, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		nv, err := loadNonvolatile(again, keptRecords)
		if err != nil || nv.counters.boot != 2 || nv.counters.pulse != newest+1 {
			t.Errorf("write %d torn: the file has %+v, %v", k, nv.counters, err)
		}
	}
	return true
}
