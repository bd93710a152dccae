package conformance

import (
	"fmt"
	"time"

	"stipple/protocol"
)

func leaseCases() []Case {
	return []Case{
		{"lease/keeps-ready", "11", "leases every 100 ms keep READY; flag LEASE and lease_left say so", NeedReady, leaseKeeps},
		{"lease/none", "11", "without a lease READY ends 250 ms after ARM", NeedReady, leaseNone},
		{"lease/arrival", "11", "the lease is over 250 ms after the last one arrived", NeedReady, leaseArrival},
		{"lease/echo", "11", "it is over 300 ms after the clock that it echoes", NeedReady, leaseEcho},
		{"lease/first-gives-less", "11", "the first lease takes the place of what ARM gave, also where it gives less", NeedReady, leaseFirst},
		{"lease/never-shortens", "11", "a further lease moves the limit only if its own is later", NeedReady, leaseNoShortening},
		{"lease/stale", "11", "a lease that waited in a buffer for over 300 ms is no lease", NeedReady, func(t *trial) {
			t.worthless(func(id uint32, now protocol.PenClock) protocol.Lease {
				return protocol.Lease{ArmID: id, Clock: now.Add(-protocol.EchoRF - penSlack)}
			})
		}},
		{"lease/ancient", "11", "a lease with clock 0 is no lease", NeedReady, func(t *trial) {
			t.worthless(func(id uint32, _ protocol.PenClock) protocol.Lease { return protocol.Lease{ArmID: id} })
		}},
		{"lease/future", "11", "a lease with a clock ahead of the pen's is no lease", NeedReady, func(t *trial) {
			t.worthless(func(id uint32, now protocol.PenClock) protocol.Lease {
				return protocol.Lease{ArmID: id, Clock: now.Add(time.Second)}
			})
		}},
		{"lease/end-of-time", "11", "a lease with the highest clock is no lease", NeedReady, func(t *trial) {
			t.worthless(func(id uint32, _ protocol.PenClock) protocol.Lease {
				return protocol.Lease{ArmID: id, Clock: ^protocol.PenClock(0)}
			})
		}},
		{"lease/foreign", "11", "a lease with another arm id is no lease", NeedReady, func(t *trial) {
			t.worthless(func(id uint32, now protocol.PenClock) protocol.Lease {
				return protocol.Lease{ArmID: id ^ 1, Clock: now}
			})
		}},
		{"lease/id-0", "11", "a lease with arm id 0 is no lease", NeedReady, func(t *trial) {
			t.worthless(func(_ uint32, now protocol.PenClock) protocol.Lease { return protocol.Lease{Clock: now} })
		}},
		{"lease/foreign-beside", "11", "foreign leases beside the pen's own change nothing", NeedReady, leaseBeside},
		{"lease/wrong-frame", "2.5", "a lease of another session, on another lane, with an old seq or too short is no lease", NeedReady, leaseWrongFrame},
		{"lease/burst", "11", "leases that were held up and come at once grant no more than the newest of them", NeedReady, leaseBurst},
		{"lease/too-late", "11", "a lease behind the limit revives nothing", NeedReady, leaseTooLate},
		{"lease/standby", "11", "leases in STANDBY arm nothing", 0, leaseStandby},
		{"lease/event", "11", "EVENT 3 counts from the newest lease that granted something", NeedReady, leaseEvent},
		{"lease/port-closed", "5", "a port that is closed ends the lease in time", NeedReady, leasePortClosed},
	}
}

// expires waits for the end of the lease behind mark, and expects it between two
// moments of the pen's clock, but for what a pen may end its outputs early.
func (t *trial) expires(mark int, low, high protocol.PenClock) protocol.Event {
	e := t.awaitEvent(protocol.EventLeaseExpired, "EVENT 3, lease expired", mark)
	t.want(t.over() || e.Clock >= low.Add(-earlyEnd-penSlack) && e.Clock <= high.Add(penSlack),
		fmt.Sprintf("the lease over by %d µs of the pen's clock and not %v before %d", high, earlyEnd, low), "%d: %v late", e.Clock, e.Clock.Sub(high))
	s := t.awaitStatus("STATUS with STANDBY at once", mark, func(s protocol.Status) bool { return s.Clock >= e.Clock })
	t.want(t.over() || s.State == protocol.StateStandby && s.ArmID == 0 && s.Clock.Sub(e.Clock) <= hostSlack, "STANDBY at once", "%v later: %s", s.Clock.Sub(e.Clock), describeStatus(s))
	return e
}

// armBare arms and returns the arm id, a mark before ARM, and the pen clock of
// the arming. No lease is sent.
func (t *trial) armBare() (id uint32, mark int, armed protocol.PenClock) {
	hash := t.confirm(t.least())
	mark = t.mark()
	id, armed = t.arm(hash)
	return id, mark, armed
}

func leaseKeeps(t *trial) {
	id := t.ready()
	mark := t.mark()
	t.wait(2 * time.Second)
	list, _, _ := t.s.line.since(mark)
	n := 0
	for _, a := range list {
		s, ok := a.msg.(*protocol.Status)
		if !ok || t.over() {
			continue
		}
		n++
		left := time.Duration(s.LeaseLeft) * time.Millisecond
		t.want(s.State == protocol.StateReady && s.ArmID == id && s.Flags&protocol.FlagLease != 0, "READY with a lease alive", "%s, flags %#x", describeStatus(*s), s.Flags)
		t.want(left > 0 && left <= protocol.LeaseRF, fmt.Sprintf("lease_left of at most %v", protocol.LeaseRF), "%v", left)
	}
	t.want(t.over() || n > 10, "STATUS 20 times a second", "%d in 2 s", n)
}

func leaseNone(t *trial) {
	_, mark, armed := t.armBare()
	t.expires(mark, armed.Add(protocol.LeaseRF), armed.Add(protocol.LeaseRF))
	list, _, _ := t.s.line.since(mark)
	for _, a := range list {
		if s, ok := a.msg.(*protocol.Status); ok {
			t.want(s.Flags&protocol.FlagLease == 0 && s.LeaseLeft == 0, "no flag LEASE before a lease has come", "flags %#x, lease_left %d", s.Flags, s.LeaseLeft)
		}
	}
}

// fresh is the newest pen clock that a lease can echo: of a STATUS, as a console
// does it.
func (t *trial) fresh() protocol.PenClock { return t.status().Clock }

// lastLease stops the leasing and sends a last lease, with the newest clock. The
// leases before it give less.
func (t *trial) lastLease(id uint32) (after, before, clock protocol.PenClock) {
	t.stopLeasing()
	clock = t.fresh()
	after, before = t.leaseAt(id, clock)
	return after, before, clock
}

// limit is when a lease is over that arrived at a moment with a clock.
func rfLimit(arrived, clock protocol.PenClock) protocol.PenClock {
	return min(arrived.Add(protocol.LeaseRF), clock.Add(protocol.EchoRF))
}

func leaseArrival(t *trial) {
	id := t.ready()
	mark := t.mark()
	after, before, clock := t.lastLease(id)
	t.expires(mark, rfLimit(after, clock), rfLimit(before, clock))
}

// leaseEcho leases twice with one clock, that of the arming: at once, and 150 ms
// later. The second one's arrival would give 400 ms, its clock gives 300.
func leaseEcho(t *trial) {
	id, mark, armed := t.armBare()
	t.leaseAt(id, armed)
	t.wait(protocol.EchoRF / 2)
	t.leaseAt(id, armed)
	t.expires(mark, armed.Add(protocol.EchoRF), armed.Add(protocol.EchoRF))
}

func leaseFirst(t *trial) {
	id, mark, armed := t.armBare()
	clock := armed.Add(-protocol.EchoRF / 2) // its limit is 150 ms behind ARM, where ARM alone gave 250
	after, _ := t.leaseAt(id, clock)
	t.want(t.over() || after < clock.Add(protocol.EchoRF), "a line that brings a lease within 150 ms of ARM", "%v", after.Sub(armed))
	t.expires(mark, clock.Add(protocol.EchoRF), clock.Add(protocol.EchoRF))
}

func leaseNoShortening(t *trial) {
	id := t.ready()
	mark := t.mark()
	after, before, clock := t.lastLease(id)
	t.leaseAt(id, clock.Add(-protocol.EchoRF/2))
	t.expires(mark, rfLimit(after, clock), rfLimit(before, clock))
}

// worthless sends leases that grant nothing after ARM: it ends as if none had
// come.
func (t *trial) worthless(of func(id uint32, now protocol.PenClock) protocol.Lease) {
	id, mark, armed := t.armBare()
	for range 3 {
		m := of(id, t.tell().Received)
		t.put(&m)
	}
	t.expires(mark, armed.Add(protocol.LeaseRF), armed.Add(protocol.LeaseRF))
	list, _, _ := t.s.line.since(mark)
	for _, a := range list {
		if s, ok := a.msg.(*protocol.Status); ok {
			t.want(s.Flags&protocol.FlagLease == 0, "no flag LEASE", "flags %#x", s.Flags)
		}
	}
}

func leaseBeside(t *trial) {
	id := t.ready()
	for range 10 {
		t.leaseAt(id^0xFF, t.fresh())
	}
	s := t.inState(protocol.StateReady)
	t.want(s.ArmID == id && s.Flags&protocol.FlagLease != 0, "READY with the lease alive", "%s", describeStatus(s))
	mark := t.mark()
	after, before, clock := t.lastLease(id)
	for range 3 {
		t.leaseAt(id^0xFF, t.tell().Received)
	}
	t.expires(mark, rfLimit(after, clock), rfLimit(before, clock))
}

func leaseWrongFrame(t *trial) {
	id, mark, armed := t.armBare()
	m := &protocol.Lease{ArmID: id, Clock: t.tell().Received}
	payload := m.AppendPayload(nil)
	live := t.seq[protocol.LaneLive]
	for _, h := range []protocol.Header{
		{Session: t.session + 1, Lane: protocol.LaneLive, Seq: live}, {Session: 0, Lane: protocol.LaneLive, Seq: live},
		{Session: t.session, Lane: protocol.LaneStop}, {Session: t.session, Lane: protocol.LaneBulk}, {Session: t.session, Lane: protocol.LaneCommand, Seq: t.seq[1]},
		{Session: t.session, Lane: protocol.LaneLive, Seq: live - 1}, {Session: t.session, Lane: protocol.LaneLive, Seq: live - 1000},
	} {
		h.Type = protocol.TypeLease
		t.write(protocol.AppendFrame(nil, h, payload))
	}
	short := t.next(protocol.LaneLive)
	short.Type = protocol.TypeLease
	t.write(protocol.AppendFrame(nil, short, payload[:11]))
	t.expires(mark, armed.Add(protocol.LeaseRF), armed.Add(protocol.LeaseRF))
}

func leaseBurst(t *trial) {
	id, mark, armed := t.armBare()
	t.leaseAt(id, armed)
	t.wait(protocol.EchoRF / 2)
	var held []protocol.Message
	for i := range 5 {
		held = append(held, &protocol.Lease{ArmID: id, Clock: armed.Add(-time.Duration(4-i) * 10 * time.Millisecond)})
	}
	t.putAll(held...)
	t.expires(mark, armed.Add(protocol.EchoRF), armed.Add(protocol.EchoRF))
}

func leaseTooLate(t *trial) {
	id, mark, _ := t.armBare()
	e := t.awaitEvent(protocol.EventLeaseExpired, "EVENT 3, lease expired", mark)
	for range 3 {
		t.leaseAt(id, e.Clock)
		t.leaseAt(id, t.fresh())
	}
	s := t.inState(protocol.StateStandby)
	t.want(s.ArmID == 0 && s.Flags&protocol.FlagLease == 0, "STANDBY without an arm id", "%s", describeStatus(s))
}

func leaseStandby(t *trial) {
	t.confirm(t.least())
	for _, id := range []uint32{0, 1, ^uint32(0)} {
		t.leaseAt(id, t.fresh())
	}
	s := t.inState(protocol.StateStandby)
	t.want(s.ArmID == 0 && s.Flags&protocol.FlagLease == 0, "STANDBY without a lease", "%s", describeStatus(s))
}

func leaseEvent(t *trial) {
	id := t.ready()
	mark := t.mark()
	after, before, clock := t.lastLease(id)
	t.leaseAt(id^1, t.tell().Received) // grants nothing
	e := t.expires(mark, rfLimit(after, clock), rfLimit(before, clock))
	arrival, echo := int32(e.Clock.Sub(before).Milliseconds()), int32(e.Clock.Sub(clock).Milliseconds())
	width := int32(before.Sub(after).Milliseconds()) + 1
	t.want(t.over() || e.Args[0] >= arrival-1 && e.Args[0] <= arrival+width+1 && (e.Args[1]-echo) <= 1 && (e.Args[1]-echo) >= -1,
		fmt.Sprintf("about %d ms since its arrival, %d ms since its clock", arrival, echo), "%d and %d", e.Args[0], e.Args[1])
}

func leasePortClosed(t *trial) {
	t.ready()
	t.stopLeasing()
	closed := t.fresh()
	if err := t.s.redial(t.ctx); err != nil {
		t.lose(err)
	}
	t.from = 0
	t.wait(protocol.EchoRF)
	s := t.inState(protocol.StateStandby)
	t.want(s.ArmID == 0, fmt.Sprintf("STANDBY %v after the port was closed at %d µs", s.Clock.Sub(closed), closed), "%s", describeStatus(s))
}
