package observer

import (
	"fmt"
	"maps"
	"time"

	"stipple/protocol"
)

// latched is the FAULT that a pen has told of. It ends with CLEAR, or with the
// self-test of another boot; a boot alone does not end it.
type latched struct {
	which   protocol.Fault
	said    time.Duration // stamp of the newest STATUS that named it
	boot    uint32        // in which that was
	untried bool          // … before the self-test of that boot had passed
	clear   bool          // a CLEAR has come since, and was not refused
	cleared time.Duration // when one was answered DONE; never: none was
	tests   bool          // SELF_TEST has come in this boot: the flag tells of that one
	told    map[protocol.Fault]int
}

// faulted takes the fault that a STATUS names, and looks whether the one before
// it may be over.
func (w *Witness) faulted(at, stamped time.Duration, m *protocol.Status) {
	f := &w.fault
	if f.cleared != never && stamped <= f.cleared+w.grace() {
		return // it may leave behind the answer to a CLEAR that came behind it
	}
	passed := m.Flags&protocol.FlagSelfTestOK != 0
	if old := f.which; old != m.Fault && w.keepsFault(passed) {
		w.violate(RuleFault, at, fmt.Sprintf("%v of boot %d until CLEAR, or a self-test that passes", old, f.boot),
			fmt.Sprintf("%v in boot %d, self-test passed %v", m.Fault, w.boot, passed))
	}
	if m.Fault != f.which {
		f.which, f.clear = m.Fault, false
		if m.Fault != protocol.FaultNone {
			f.told[m.Fault]++
		}
	}
	f.said, f.boot, f.untried = stamped, w.boot, !passed
}

// keepsFault says whether the fault that was told last must still be latched.
func (w *Witness) keepsFault(passed bool) bool {
	f := &w.fault
	switch {
	case f.which == protocol.FaultNone, f.clear:
		return false
	case f.which == protocol.FaultMemory:
		return false // of that a pen can't keep anything
	case w.boot == f.boot:
		return !f.untried || !passed
	case w.boot == f.boot+1:
		return !passed && !f.tests
	}
	return false // what a boot between them has come to, nobody has seen
}

// judgeFault looks whether an output was permitted behind a FAULT.
func (w *Witness) judgeFault(at time.Duration, r *request) {
	f := &w.fault
	if f.which != protocol.FaultNone && f.boot == w.boot && !f.untried && !f.clear && f.said < r.at-w.lag {
		w.violate(RuleFault, at, fmt.Sprintf("%v of %v cleared", f.which, f.said), "an output permitted")
	}
}

// Faults returns how often the pen has told of each fault that it has latched.
func (w *Witness) Faults() map[protocol.Fault]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.fault.told)
}

// breaks keeps since when something has been broken.
func (o *Observer) breaks(at time.Duration, d Defect, on bool) {
	switch {
	case d >= defectCount:
	case !on:
		o.broken[d] = never
	case o.broken[d] == never:
		o.broken[d] = at
	}
}

// judgeMended looks at a pen that was armed: whatever it says of its self-test,
// that of its boot can't have passed where what it must find was broken before
// the boot and still is.
func (o *Observer) judgeMended(at time.Duration) {
	if o.bootAt == never {
		return
	}
	for d, from := range o.broken {
		if from != never && from < o.bootAt-bootDoubt && Defect(d).found(o.cfg.RF) {
			o.violate(RuleSelfTest, at, "no arming: broken since "+from.String()+", booted at "+o.bootAt.String(), "armed")
		}
	}
}

// found says whether the self-test of a boot finds a defect: with the needle
// drive, and on an RF pen with the amplifier, into the pen's own load.
func (d Defect) found(rf bool) bool {
	switch d {
	case DefectDrive, DefectOverrun:
		return true
	case DefectAmplifierHigh, DefectLeak:
		return rf
	}
	return false
}
