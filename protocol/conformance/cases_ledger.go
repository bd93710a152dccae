package conformance

import (
	"fmt"
	"math"

	"stipple/protocol"
)

func ledgerCases() []Case {
	return []Case{
		{"ledger/bounds", "15", "PULSE_READ of 0 pulses tells the oldest and the newest", 0, ledgerBounds},
		{"ledger/from", "15", "a page begins at the wanted index, or at the oldest, ascending, at most two", 0, ledgerFrom},
		{"ledger/behind-the-end", "15", "behind the newest there is nothing", 0, ledgerEnd},
		{"ledger/stateless", "3", "the same question has the same answer", 0, ledgerStateless},
		{"ledger/resume", "15", "reading on behind the last index that was read finds every record once", 0, ledgerResume},
		{"ledger/armed", "15", "while armed a page has at most one record", NeedReady, ledgerArmed},
	}
}

// page reads a page of the ledger.
func (t *trial) page(from uint32, most uint8) *protocol.PulsePage {
	p := ask[protocol.PulsePage](t, &protocol.PulseRead{From: from, Max: most})
	t.want(len(p.Pulses) <= int(most), fmt.Sprintf("at most %d pulses", most), "%d", len(p.Pulses))
	return p
}

func ledgerBounds(t *trial) {
	p := t.page(0, 0)
	t.want((p.Oldest == 0) == (p.Newest == 0) && p.Oldest <= p.Newest, "oldest and newest in order, or 0 and 0", "%d and %d", p.Oldest, p.Newest)
	s := t.status()
	t.want(t.over() || s.NewestPulse == p.Newest, fmt.Sprintf("newest %d, as STATUS says", s.NewestPulse), "%d", p.Newest)
}

func ledgerFrom(t *trial) {
	all := t.page(0, 255)
	t.want(len(all.Pulses) <= protocol.MaxPulsesPerPage, "at most two pulses", "%d", len(all.Pulses))
	if all.Newest == 0 {
		t.want(len(all.Pulses) == 0, "no pulses in an empty ledger", "%d", len(all.Pulses))
		return
	}
	for _, from := range []uint32{0, 1, all.Oldest, all.Newest} {
		p := t.page(from, 1)
		if t.over() {
			return
		}
		want := max(from, all.Oldest)
		t.want(len(p.Pulses) == 1 && p.Pulses[0].Index >= want && (from != all.Newest || p.Pulses[0].Index == from), fmt.Sprintf("one pulse from index %d on", want), "%+v", p.Pulses)
	}
}

func ledgerEnd(t *trial) {
	newest := t.page(0, 0).Newest
	for _, from := range []uint32{newest + 1, math.MaxUint32} {
		p := t.page(from, 2)
		t.want(len(p.Pulses) == 0 && p.Newest == newest, fmt.Sprintf("no pulse from index %d, newest %d", from, newest), "%d pulses, newest %d", len(p.Pulses), p.Newest)
	}
}

func ledgerStateless(t *trial) {
	first, between, again := t.page(0, 2), t.page(math.MaxUint32, 1), t.page(0, 2)
	t.want(t.over() || fmt.Sprint(*first) == fmt.Sprint(*again) && len(between.Pulses) == 0, "the same page again", "%+v in place of %+v", again, first)
}

// ledgerResume reads the newest records, some in pairs and some one by one.
func ledgerResume(t *trial) {
	const stretch = 20
	all := t.page(0, 0)
	if all.Newest == 0 {
		t.skip("the pen's ledger is empty")
		return
	}
	from := max(all.Oldest, all.Newest-min(all.Newest, stretch))
	read := func(step uint8) (indexes []uint32) {
		for next := from; next <= all.Newest && !t.over(); {
			p := t.page(next, step)
			if len(p.Pulses) == 0 {
				return indexes
			}
			for _, pulse := range p.Pulses {
				indexes = append(indexes, pulse.Index)
				t.want(pulse.Index >= next && pulse.Result != protocol.PulseOpen, "closed records, ascending", "%+v", pulse)
				next = pulse.Index + 1
			}
		}
		return indexes
	}
	single, pairs := read(1), read(2)
	t.want(t.over() || fmt.Sprint(single) == fmt.Sprint(pairs) && single[len(single)-1] == all.Newest, fmt.Sprintf("the same records up to %d", all.Newest), "%v one by one, %v in pairs", single, pairs)
}

func ledgerArmed(t *trial) {
	t.ready()
	p := t.page(0, 255)
	t.want(len(p.Pulses) <= 1, "at most one pulse while armed", "%d", len(p.Pulses))
	t.inState(protocol.StateReady)
}

func eventCases() []Case {
	return []Case{
		{"event/arm-and-disarm", "16", "ARM and DISARM are told: 9 and 10, and each change of state as 2", NeedReady, eventArm},
		{"event/refused", "16", "a refused ARM is told as EVENT 11 with its code", 0, eventRefused},
		{"event/session", "16", "a new session is told as EVENT 15", 0, eventSession},
		{"event/state-with-status", "5", "each change of state is sent at once as STATUS and as EVENT 2", NeedReady, eventState},
	}
}

// told waits for EVENT 2 with two states.
func (t *trial) told(mark int, from, to protocol.State) protocol.Event {
	a := t.await(fmt.Sprintf("EVENT 2 from %s to %s", from, to), settleLimit, mark, func(a arrival) bool {
		e, ok := a.msg.(*protocol.Event)
		return ok && e.Code == protocol.EventStateChange && e.Args == [2]int32{int32(from), int32(to)}
	})
	if e, ok := a.msg.(*protocol.Event); ok {
		return *e
	}
	return protocol.Event{}
}

func eventArm(t *trial) {
	mark := t.mark()
	t.ready()
	t.told(mark, protocol.StateStandby, protocol.StateReady)
	t.put(&protocol.Disarm{})
	t.told(mark, protocol.StateReady, protocol.StateStandby)
	t.awaitEvent(protocol.EventDisarmed, "EVENT 10, disarmed", mark)
}

func eventRefused(t *trial) {
	mark := t.mark()
	t.commandRefused(t.armWith([8]byte{1}), protocol.CodeBlocked)
	e := t.awaitEvent(protocol.EventRefused, "EVENT 11, refused", mark)
	t.want(t.over() || e.Args[0] == int32(protocol.CodeBlocked), "code BLOCKED", "%v", e.Args)
}

func eventSession(t *trial) {
	mark := t.mark()
	t.hello()
	e := t.awaitEvent(protocol.EventSession, "EVENT 15, session", mark)
	t.want(t.over() || e.Args[0] == 1, "argument 1, opened", "%v", e.Args)
}

func eventState(t *trial) {
	mark := t.mark()
	t.ready()
	t.stop(t.session)
	for _, change := range [][2]protocol.State{{protocol.StateStandby, protocol.StateReady}, {protocol.StateReady, protocol.StateStopped}} {
		e := t.told(mark, change[0], change[1])
		s := t.awaitStatus("STATUS with "+change[1].String(), mark, func(s protocol.Status) bool { return s.State == change[1] && s.Clock >= e.Clock })
		t.want(t.over() || s.Clock.Sub(e.Clock) <= stopOff, fmt.Sprintf("STATUS within %v of EVENT 2", stopOff), "%v", s.Clock.Sub(e.Clock))
	}
}
