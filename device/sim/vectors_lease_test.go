package sim

import (
	"testing"
	"time"

	"stipple/protocol"
	"stipple/protocol/testdata/vectors"
)

// What a pen may take, in µs: README.md of the vectors.
const (
	// earlyEnd is how much before the RF limit it may end its outputs.
	earlyEnd = 10_000
	// stopTime is from DISARM or ESTOP to RF off.
	stopTime = 10_000
	// lookTime is how long after the arrival of a lease that grants less it may
	// see that the lease is over.
	lookTime = 1_000
)

// TestVectorsOfLease has each series of the folder "lease" arrive at both pens,
// while the trigger is held, and holds what they take, and when RF and the needle
// end, to the file.
func TestVectorsOfLease(t *testing.T) {
	list, err := vectors.Leases()
	if err != nil || len(list) < 20 {
		t.Fatalf("%d vectors, error %v", len(list), err)
	}
	flowed, moved := 0, 0
	for _, v := range list {
		for _, m := range []Model{N1, R1} {
			t.Run(v.Name+"/"+string(m), func(t *testing.T) {
				rf, motion := checkLeaseVector(t, m, v)
				flowed, moved = flowed+len(rf), moved+len(motion)
			})
		}
	}
	if flowed < 10 || moved < 20 {
		t.Errorf("RF in %d cases, motion in %d", flowed, moved)
	}
}

// checkLeaseVector returns the changes that began RF and motion.
func checkLeaseVector(t *testing.T, m Model, v vectors.Lease) (rf, motion []Change) {
	d := newDesk(t, m)
	fw := d.pen.fw
	d.clockIs(v.Armed)
	e, fields := needlingEnvelope(), needlingSettings()
	if m == R1 {
		e, fields = rfEnvelope(), rfSettings(1000)
	}
	d.ask(&protocol.PutEnvelope{Envelope: e, Role: protocol.RoleClinician})
	d.ask(&protocol.PutSettings{Generation: 1, Fields: fields, Role: protocol.RoleClinician})
	arm := &protocol.Arm{CommandID: uint64(v.ArmID) | 5<<32, SettingsHash: fw.settings.hash, NotAfter: protocol.PenClock(v.Armed), Role: protocol.RoleClinician}
	if r, ok := d.ask(arm).(*protocol.Result); !ok || r.Outcome != protocol.OutcomeDone {
		t.Fatalf("ARM got %+v", r)
	}
	fw.plant.touch(true)
	fw.plant.trigger = true
	d.sent, d.changes = nil, nil
	for i, a := range v.Arrivals {
		d.until(a.At)
		arriveLease(t, d, i, a)
	}
	d.wait(protocol.LeaseMotion + 100*time.Millisecond) // behind every motion limit
	checkLeaseEnd(t, d, v)
	for _, c := range d.changes {
		if c.RF {
			rf = append(rf, c)
		}
		if c.Motion {
			motion = append(motion, c)
		}
	}
	return rf, motion
}

// arriveLease hands one arrival to the pen and compares its limits.
func arriveLease(t *testing.T, d *desk, i int, a vectors.Arrival) {
	fw := d.pen.fw
	before := fw.counts
	typ := map[string]protocol.Type{"LEASE": protocol.TypeLease, "DISARM": protocol.TypeDisarm, "ESTOP": protocol.TypeStop}[a.Name]
	granted := fw.arm
	d.put(typ, a.Payload)
	var leases, malformed uint64
	switch a.Why {
	case "payload":
		malformed = 1
	case "arm_id", "over", "ahead", "stale":
		leases = 1
	}
	if fw.counts.Leases-before.Leases != leases || fw.counts.Malformed-before.Malformed != malformed {
		t.Errorf("arrival %d (%s), %q: counted %+v, before %+v", i, a.About, a.Why, fw.counts, before)
	}
	if a.RFLimit == 0 {
		if fw.arm.id != 0 || fw.state.Armed() {
			t.Errorf("arrival %d (%s): still armed under %08x, %v", i, a.About, fw.arm.id, fw.state)
		}
		return
	}
	if fw.arm.id == 0 || uint64(fw.arm.rfUntil) != a.RFLimit {
		t.Errorf("arrival %d (%s): RF limit %d under %08x, want %d", i, a.About, fw.arm.rfUntil, fw.arm.id, a.RFLimit)
	}
	if !a.Grants && fw.arm != granted {
		t.Errorf("arrival %d (%s) grants nothing and has changed %+v to %+v", i, a.About, granted, fw.arm)
	}
	if a.Grants && (!fw.arm.leased || uint64(fw.arm.arrived) != a.At) {
		t.Errorf("arrival %d (%s): %+v", i, a.About, fw.arm)
	}
}

// checkLeaseEnd holds the end of every output, and EVENT 3, to the vector.
func checkLeaseEnd(t *testing.T, d *desk, v vectors.Lease) {
	over, off := v.Over, v.Over
	if v.Cause != "lease" {
		off += stopTime
	}
	for _, a := range v.Arrivals {
		if a.Grants && v.Cause == "lease" {
			over = max(v.Over, a.At+lookTime)
		}
	}
	var end *Change
	for _, c := range d.changes {
		clock := uint64(c.Clock)
		if !c.State.Armed() && end == nil {
			end = &c
		}
		if c.RF && clock >= off || c.Motion && clock >= v.NeedleBack {
			t.Errorf("RF %v, motion %v at %d: over at %d, needle back by %d", c.RF, c.Motion, clock, v.Over, v.NeedleBack)
		}
	}
	if end == nil || end.Cause != v.Cause || uint64(end.Clock) > over || uint64(end.Clock)+earlyEnd < v.Over {
		t.Fatalf("no longer armed: %+v, want it because of %q by %d", end, v.Cause, over)
	}
	if last := d.changes[len(d.changes)-1]; last.RF || last.Motion || last.State.Armed() {
		t.Errorf("in the end %+v", last)
	}
	e := d.event(protocol.EventLeaseExpired)
	if (e != nil) != (v.CountedFrom != nil) {
		t.Fatalf("EVENT 3 %+v, want %v", e, v.CountedFrom)
	}
	if e == nil {
		return
	}
	arrival, echo := int32((uint64(e.Clock)-v.CountedFrom.Arrival)/1000), int32((uint64(e.Clock)-v.CountedFrom.Echo)/1000)
	if e.Args != [2]int32{arrival, echo} {
		t.Errorf("EVENT 3 says %v at %d, want %d and %d", e.Args, e.Clock, arrival, echo)
	}
}
