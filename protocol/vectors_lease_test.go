package protocol

import (
	"encoding/hex"
	"math"
	"strconv"
	"testing"
	"time"

	"stipple/protocol/testdata/vectors"
)

// leaseArrival is one message at an armed pen; its times count from ARM.
type leaseArrival struct {
	about   string
	at      time.Duration
	typ     Type
	payload []byte
	why     string        // a word of leaseWords; empty: it grants, or is no lease
	rf      time.Duration // the RF limit behind it; gone: no arm id
}

// leaseCase is one case of the folder "lease". Its times count from ARM.
type leaseCase struct {
	name, about string
	armed       PenClock
	arrivals    []leaseArrival
	over        time.Duration
	cause       string // empty: "lease"
	// What EVENT 3 counts from, where the cause is "lease".
	arrival, echo time.Duration
}

// leaseWords are the reasons why a lease grants nothing, in the order of
// README.md.
func leaseWords() []string {
	return []string{"payload", "arm_id", "over", "ahead", "stale", "not_later"}
}

const (
	// gone is a limit without an arm id.
	gone time.Duration = -1
	// leaseArmID has four different bytes, the highest with its top bit set.
	leaseArmID = 0xA1B2C3D4
	// leaseArmed is the pen clock of most armings.
	leaseArmed PenClock = 10_000_000
	us                  = time.Microsecond
	ms                  = time.Millisecond
)

func (c *leaseCase) clock(d time.Duration) PenClock { return c.armed.Add(d) }

// lease is a lease that echoes the pen clock at echo behind ARM.
func (c *leaseCase) lease(about string, at, echo time.Duration, why string, rf time.Duration) {
	c.leaseOf(about, at, &Lease{ArmID: leaseArmID, Clock: c.clock(echo)}, why, rf)
}

func (c *leaseCase) leaseOf(about string, at time.Duration, m Message, why string, rf time.Duration) {
	c.arrivals = append(c.arrivals, leaseArrival{about, at, m.Type(), m.AppendPayload(nil), why, rf})
}

func (c *leaseCase) leaseRaw(about string, at time.Duration, payload []byte, why string, rf time.Duration) {
	c.arrivals = append(c.arrivals, leaseArrival{about, at, TypeLease, payload, why, rf})
}

func leaseCases() []*leaseCase {
	var list []*leaseCase
	add := func(name, about string, over, arrival, echo time.Duration) *leaseCase {
		c := &leaseCase{name: name, about: about, armed: leaseArmed, over: over, arrival: arrival, echo: echo, cause: "lease"}
		list = append(list, c)
		return c
	}
	leaseBoundCases(add)
	leaseRefusedCases(add)
	leaseClockCases(add)
	leaseEndCases(add)
	return list
}

type addLease func(name, about string, over, arrival, echo time.Duration) *leaseCase

// leaseBoundCases: which of the two bounds counts, and what moves the limits.
func leaseBoundCases(add addLease) {
	add("none", "no lease comes: READY ends 250 ms after ARM, and there was no energy", 250*ms, 0, 0)
	c := add("fresh", "arrival + 250 ms is the earlier one", 270*ms, 20*ms, 0)
	c.lease("echoes the clock of the arming", 20*ms, 0, "", 270*ms)
	c = add("instant", "a clock that is the pen's own is not ahead", 270*ms, 20*ms, 20*ms)
	c.lease("echoes the clock at which it arrives", 20*ms, 20*ms, "", 270*ms)
	c = add("both_bounds", "50 ms on the way: both bounds are the same", 350*ms, 100*ms, 50*ms)
	c.lease("echoes a clock of 50 ms ago", 100*ms, 50*ms, "", 350*ms)
	c = add("echo_bound", "over 50 ms on the way: clock + 300 ms is the earlier one", 350*ms-us, 100*ms, 50*ms-us)
	c.lease("echoes a clock of 50.001 ms ago", 100*ms, 50*ms-us, "", 350*ms-us)
	c = add("arrival_bound", "under 50 ms on the way: arrival + 250 ms is the earlier one", 350*ms, 100*ms, 50*ms+us)
	c.lease("echoes a clock of 49.999 ms ago", 100*ms, 50*ms+us, "", 350*ms)
	c = add("old", "a lease that was 150 ms on the way grants 150 ms", 350*ms, 200*ms, 50*ms)
	c.lease("echoes a clock of 150 ms ago", 200*ms, 50*ms, "", 350*ms)
	c = add("renewed", "a lease every 100 ms", 600*ms, 350*ms, 300*ms)
	for i := range time.Duration(4) {
		c.lease("echoes a clock of 50 ms ago", 50*ms+i*100*ms, i*100*ms, "", 300*ms+i*100*ms)
	}
	c = add("one_lost", "the second lease is lost: the third is in time", 500*ms, 250*ms, 200*ms)
	c.lease("the first", 50*ms, 0, "", 300*ms)
	c.lease("the third", 250*ms, 200*ms, "", 500*ms)
	c = add("echo_stands", "a console that hears nothing echoes one clock again and again", 300*ms, 20*ms, 0)
	c.lease("echoes the clock of the arming: arrival + 250 ms", 20*ms, 0, "", 270*ms)
	c.lease("the same clock: now its clock + 300 ms", 120*ms, 0, "", 300*ms)
	c.lease("the same clock grants no more", 220*ms, 0, "not_later", 300*ms)
	c.arrival = 120 * ms
	c = add("first_shortens", "the first lease takes the place of what ARM gave, also where it gives less", 170*ms, 20*ms, -130*ms)
	c.lease("echoes a clock of 150 ms ago", 20*ms, -130*ms, "", 170*ms)
	c = add("first_almost_stale", "the first lease gives 20 ms", 60*ms, 40*ms, -240*ms)
	c.lease("echoes a clock of 280 ms ago", 40*ms, -240*ms, "", 60*ms)
	c = add("no_shortening", "a further lease never takes away", 270*ms, 20*ms, 0)
	c.lease("the first", 20*ms, 0, "", 270*ms)
	c.lease("echoes a clock of 150 ms ago", 50*ms, -100*ms, "not_later", 270*ms)
	c.lease("1 µs less than there is", 60*ms, -30*ms-us, "not_later", 270*ms)
	c = add("equal", "a lease whose limits are those that are there moves nothing: EVENT 3 counts from the first", 260*ms, 20*ms, -40*ms)
	c.lease("clock + 300 ms", 20*ms, -40*ms, "", 260*ms)
	c.lease("the same clock", 60*ms, -40*ms, "not_later", 260*ms)
	c = add("later_by_1us", "1 µs later is later", 260*ms+us, 60*ms, -40*ms+us)
	c.lease("clock + 300 ms", 20*ms, -40*ms, "", 260*ms)
	c.lease("a clock 1 µs newer", 60*ms, -40*ms+us, "", 260*ms+us)
	c = add("burst", "leases that were held up and come at once: the newest clock counts", 300*ms, 200*ms, 0)
	c.lease("in time", 20*ms, 0, "", 270*ms)
	c.lease("held up", 200*ms, -40*ms, "not_later", 270*ms)
	c.lease("held up", 200*ms, -20*ms, "", 280*ms)
	c.lease("held up", 200*ms, 0, "", 300*ms)
	c.lease("and one of them again", 200*ms, -20*ms, "not_later", 300*ms)
}

// leaseRefusedCases: what is no lease.
func leaseRefusedCases(add addLease) {
	c := add("stale", "a clock of 300 ms ago grants nothing: what ARM gave stays", 250*ms, 0, 0)
	c.lease("300 ms", 20*ms, -280*ms, "stale", 250*ms)
	c.lease("300.001 ms", 30*ms, -270*ms-us, "stale", 250*ms)
	c.lease("ten seconds", 40*ms, -9_960*ms, "stale", 250*ms)
	c = add("stale_beside", "stale leases beside one that grants change nothing", 270*ms, 20*ms, 0)
	c.lease("in time", 20*ms, 0, "", 270*ms)
	c.lease("300 ms", 100*ms, -200*ms, "stale", 270*ms)
	c.leaseOf("clock 0", 120*ms, &Lease{ArmID: leaseArmID}, "stale", 270*ms)
	c = add("almost_stale", "a clock of 299.999 ms ago grants 1 µs: the limits are moved, and RF is off at once", 20*ms+us, 20*ms, -280*ms+us)
	c.lease("299.999 ms", 20*ms, -280*ms+us, "", 20*ms+us)
	c = add("ahead", "a clock that the pen has not come to is none of its own", 250*ms, 0, 0)
	c.lease("1 µs ahead", 20*ms, 20*ms+us, "ahead", 250*ms)
	c.lease("1 s ahead", 30*ms, 1030*ms, "ahead", 250*ms)
	c.lease("what the clock will be at the limit", 40*ms, 250*ms, "ahead", 250*ms)
	for _, clock := range []uint64{1 << 63, math.MaxUint64, math.MaxUint64 - 299_999, 1<<32 - 1} {
		c.leaseOf("clock + 300 ms and the signs of differences must not mislead", 50*ms, &Lease{ArmID: leaseArmID, Clock: PenClock(clock)}, "ahead", 250*ms)
	}
	c = add("ahead_beside", "leases from the future beside one that grants change nothing", 270*ms, 20*ms, 0)
	c.lease("in time", 20*ms, 0, "", 270*ms)
	c.lease("1 µs ahead", 100*ms, 100*ms+us, "ahead", 270*ms)
	c = add("foreign", "another arm id is no lease", 250*ms, 0, 0)
	for _, id := range []uint32{leaseArmID + 1, leaseArmID ^ 1<<31, 0xD4C3B2A1, 0, math.MaxUint32} {
		c.leaseOf("another arm id", 20*ms, &Lease{ArmID: id, Clock: c.clock(0)}, "arm_id", 250*ms)
	}
	c = add("foreign_beside", "foreign leases beside the pen's own change nothing", 270*ms, 20*ms, 0)
	c.leaseOf("another arm id", 10*ms, &Lease{ArmID: leaseArmID - 1, Clock: c.clock(0)}, "arm_id", 250*ms)
	c.lease("its own", 20*ms, 0, "", 270*ms)
	c.leaseOf("another arm id", 100*ms, &Lease{ArmID: leaseArmID - 1, Clock: c.clock(100 * ms)}, "arm_id", 270*ms)
	c = add("short", "a payload without its last byte is dropped", 250*ms, 0, 0)
	whole := (&Lease{ArmID: leaseArmID, Clock: c.clock(0)}).AppendPayload(nil)
	c.leaseRaw("11 bytes", 20*ms, whole[:11], "payload", 250*ms)
	c.leaseRaw("the arm id alone", 30*ms, whole[:4], "payload", 250*ms)
	c.leaseRaw("nothing", 40*ms, nil, "payload", 250*ms)
	c = add("longer", "a payload of a later minor version is read as far as it is known", 270*ms, 20*ms, 0)
	c.leaseRaw("13 bytes", 20*ms, append(whole[:12:12], 0xFF), "", 270*ms)
}

// leaseClockCases: clocks where a pen that keeps less than 64 bits, or adds before
// it compares, goes wrong.
func leaseClockCases(add addLease) {
	c := add("first_ms_of_a_boot", "armed 200 ms after the boot: clock - 300 ms is below 0", 100*ms, 20*ms, -200*ms)
	c.armed = 200_000
	c.lease("clock 0, 220 ms old", 20*ms, -200*ms, "", 100*ms)
	c = add("clock_32_bits", "the pen clock passes 2^32 µs, 71 minutes and 35 seconds after the boot", 500*ms, 250*ms, 200*ms)
	c.armed = 1<<32 - 100_000
	c.lease("all before 2^32", 50*ms, 0, "", 300*ms)
	c.lease("the clock before 2^32, the arrival behind", 150*ms, 100*ms-us, "", 400*ms-us)
	c.lease("all behind 2^32", 250*ms, 200*ms, "", 500*ms)
	c = add("clock_32_bits_alike", "clocks whose low 32 bits are those of the pen clock", 250*ms, 0, 0)
	c.armed = 3<<32 + 5_000_000
	for _, high := range []PenClock{0, 1, 2} {
		c.leaseOf("an older one", 20*ms, &Lease{ArmID: leaseArmID, Clock: high<<32 + 5_000_000}, "stale", 250*ms)
	}
	c.leaseOf("a newer one", 30*ms, &Lease{ArmID: leaseArmID, Clock: 4<<32 + 5_000_000}, "ahead", 250*ms)
	c.leaseOf("the highest", 40*ms, &Lease{ArmID: leaseArmID, Clock: math.MaxUint32<<32 + 5_000_000}, "ahead", 250*ms)
	c = add("clock_31_bits", "the pen clock passes 2^31 µs: a difference of two clocks has no sign of its own", 370*ms, 120*ms, 80*ms)
	c.armed = 1<<31 - 100_000
	c.lease("before", 20*ms, 0, "", 270*ms)
	c.lease("behind, with a clock before", 120*ms, 80*ms, "", 370*ms)
	c.lease("2^31 µs ago", 130*ms, 130*ms-(1<<31)*us+100_000*us, "stale", 370*ms)
}

// leaseEndCases: the arm id is over, and nothing revives it.
func leaseEndCases(add addLease) {
	c := add("over_at_the_limit", "a lease that arrives at the RF limit is too late", 250*ms, 0, 0)
	c.lease("at it", 250*ms, 250*ms, "over", gone)
	c.lease("behind it", 300*ms, 300*ms, "over", gone)
	c = add("over_between_the_limits", "the needle is still on its way back: a lease revives nothing", 270*ms, 20*ms, 0)
	c.lease("in time", 20*ms, 0, "", 270*ms)
	c.lease("at the RF limit", 270*ms, 250*ms, "over", gone)
	c.lease("between the limits", 350*ms, 340*ms, "over", gone)
	c.lease("1 ms before the motion limit", 469*ms, 460*ms, "over", gone)
	c.lease("behind the motion limit", 500*ms, 490*ms, "over", gone)
	c = add("over_shortened", "the limit that a first lease has brought nearer is a limit like any other", 60*ms, 40*ms, -240*ms)
	c.lease("gives 20 ms", 40*ms, -240*ms, "", 60*ms)
	c.lease("within what ARM had given", 100*ms, 90*ms, "over", gone)
	c = add("disarm", "DISARM ends the arm id at once", 100*ms, 0, 0)
	c.cause = "disarm"
	c.lease("in time", 20*ms, 0, "", 270*ms)
	c.leaseOf("of another arm id", 50*ms, &Disarm{ArmID: leaseArmID + 1}, "", 270*ms)
	c.leaseOf("of this one", 100*ms, &Disarm{ArmID: leaseArmID}, "", gone)
	c.lease("is too late", 110*ms, 100*ms, "over", gone)
	c = add("disarm_any", "DISARM with arm id 0 is for whatever is armed", 100*ms, 0, 0)
	c.cause = "disarm"
	c.lease("in time", 20*ms, 0, "", 270*ms)
	c.leaseOf("of any", 100*ms, &Disarm{}, "", gone)
	c.lease("is too late", 110*ms, 100*ms, "over", gone)
	c = add("estop", "ESTOP ends the arm id at once", 100*ms, 0, 0)
	c.cause = "estop"
	c.lease("in time", 20*ms, 0, "", 270*ms)
	c.leaseOf("with a nonce", 100*ms, &Stop{Nonce: 0x1D2C3B4A}, "", gone)
	c.lease("is too late", 110*ms, 100*ms, "over", gone)
}

func clockText(c PenClock) string { return strconv.FormatUint(uint64(c), 10) }

func leaseVectors(t *testing.T) map[string]fields {
	out := make(map[string]fields)
	for _, c := range leaseCases() {
		motion := c.clock(LeaseMotion)
		arrivals := []fields{}
		for _, a := range c.arrivals {
			f := fields{{"about", a.about}, {"at", clockText(c.clock(a.at))}, {"name", a.typ.String()}, {"payload", hex.EncodeToString(a.payload)}}
			if m, err := Decode(Frame{Header{Type: a.typ, Lane: a.typ.Lane()}, a.payload}); err == nil {
				f = append(f, pair{"fields", *messageFields(m)})
			} else if a.why != "payload" {
				t.Fatalf("%s: %v", c.name, err)
			}
			f = append(f, pair{"grants", a.typ == TypeLease && a.why == ""})
			if a.why != "" {
				f = append(f, pair{"why", a.why})
			}
			limits := fields{{"rf_limit", "0"}, {"motion_limit", "0"}}
			if a.rf != gone {
				motion = c.clock(a.rf + LeaseMotion - LeaseRF)
				limits = fields{{"rf_limit", clockText(c.clock(a.rf))}, {"motion_limit", clockText(motion)}}
			}
			arrivals = append(arrivals, append(f, limits...))
		}
		f := fields{{"about", c.about}, {"arm_id", uint32(leaseArmID)}, {"armed", clockText(c.armed)}, {"arrivals", arrivals},
			{"over", clockText(c.clock(c.over))}, {"cause", c.cause}, {"needle_back", clockText(motion)}}
		if c.cause == "lease" {
			f = append(f, pair{"counted_from", fields{{"arrival", clockText(c.clock(c.arrival))}, {"echo", clockText(c.clock(c.echo))}}})
		}
		out["lease/"+c.name] = f
	}
	return out
}

// leaseModel is one arm id by the words of SPEC.md section 11. It counts how old
// things are, so that nothing can wrap.
type leaseModel struct {
	id            uint32
	leased, over  bool
	arrived, echo uint64
	rf, motion    uint64
}

// passes has the time come to at.
func (m *leaseModel) passes(at uint64) { m.over = m.over || at >= m.rf }

// lease says why a lease grants nothing, empty where it grants.
func (m *leaseModel) lease(at uint64, payload []byte) string {
	var l Lease
	if l.DecodePayload(payload) != nil {
		return "payload"
	}
	clock := uint64(l.Clock)
	switch {
	case m.over:
		return "over"
	case l.ArmID != m.id:
		return "arm_id"
	case clock > at:
		return "ahead"
	case at-clock >= 300_000:
		return "stale"
	}
	rf := at + min(250_000, 300_000-(at-clock))
	motion := at + min(450_000, 500_000-(at-clock))
	if m.leased && rf <= m.rf {
		return "not_later"
	}
	m.leased, m.arrived, m.echo, m.rf, m.motion = true, at, clock, rf, motion
	return ""
}

func TestLeaseVectors(t *testing.T) {
	list, err := vectors.Leases()
	if err != nil || len(list) != len(leaseCases()) {
		t.Fatalf("%d vectors, error %v", len(list), err)
	}
	used := make(map[string]int)
	for _, v := range list {
		m := leaseModel{id: v.ArmID, arrived: v.Armed, echo: v.Armed, rf: v.Armed + 250_000, motion: v.Armed + 450_000}
		for i, a := range v.Arrivals {
			if a.At < m.rf && m.rf-a.At <= 10_000 {
				t.Errorf("%s: arrival %d comes within what a pen may end early", v.Name, i)
			}
			m.passes(a.At)
			why := ""
			switch a.Name {
			case "LEASE":
				why = m.lease(a.At, a.Payload)
				used[why]++
			case "ESTOP":
				m.over, m.rf = true, a.At
			case "DISARM":
				var d Disarm
				if err := d.DecodePayload(a.Payload); err != nil {
					t.Fatal(err)
				}
				if d.ArmID == 0 || d.ArmID == m.id {
					m.over, m.rf = true, a.At
				}
			}
			rf, motion := m.rf, m.motion
			if m.over {
				rf, motion = 0, 0
			}
			if why != a.Why || rf != a.RFLimit || motion != a.MotionLimit {
				t.Errorf("%s: arrival %d (%s): %q, limits %d and %d, the file says %q, %d and %d", v.Name, i, a.About, why, rf, motion, a.Why, a.RFLimit, a.MotionLimit)
			}
		}
		if m.rf != v.Over || m.motion != v.NeedleBack || v.CountedFrom != nil && (m.arrived != v.CountedFrom.Arrival || m.echo != v.CountedFrom.Echo) {
			t.Errorf("%s: %+v, the file says %+v", v.Name, m, v)
		}
	}
	for _, why := range append(leaseWords(), "") {
		if used[why] < 3 {
			t.Errorf("%d leases with the outcome %q, want 3", used[why], why)
		}
		delete(used, why)
	}
	if len(used) > 0 {
		t.Errorf("outcomes that README.md does not know: %v", used)
	}
}
