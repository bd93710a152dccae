package conformance

import (
	"time"

	"stipple/protocol"
)

// leaser sends a lease every LeaseEvery.
type leaser struct{ stop, ended chan struct{} }

// keepLeasing leases the arm id as a console does, until stopLeasing.
func (t *trial) keepLeasing(arm uint32) {
	if t.over() {
		return
	}
	l := &leaser{stop: make(chan struct{}), ended: make(chan struct{})}
	t.leaser = l
	go func() {
		defer close(l.ended)
		tick := time.NewTicker(protocol.LeaseEvery)
		defer tick.Stop()
		for {
			if s, ok := t.s.line.newest(t.session); ok {
				if t.sendLease(&protocol.Lease{ArmID: arm, Clock: s.Clock}) != nil {
					return // the case's next wait sees it too
				}
			}
			select {
			case <-tick.C:
			case <-l.stop:
				return
			}
		}
	}()
}

// sendLease numbers and writes a lease in one step: a lease that overtook
// another would be dropped.
func (t *trial) sendLease(m *protocol.Lease) error {
	t.sending.Lock()
	defer t.sending.Unlock()
	h := protocol.Header{Session: t.session, Seq: t.seq[protocol.LaneLive]}
	t.seq[protocol.LaneLive]++
	return t.s.line.write(protocol.Append(nil, h, m))
}

// stopLeasing ends keepLeasing. It may be called without one.
func (t *trial) stopLeasing() {
	if t.leaser != nil {
		close(t.leaser.stop)
		<-t.leaser.ended
		t.leaser = nil
	}
}

// leaseAt sends one lease between two TIME_ASK and returns the pen's clock when
// each of these arrived: the lease arrived between the two.
func (t *trial) leaseAt(arm uint32, clock protocol.PenClock) (after, before protocol.PenClock) {
	first := t.bracket(&protocol.Lease{ArmID: arm, Clock: clock})
	return first[0], first[1]
}

// bracket sends messages of any lane between two TIME_ASK, in one write, and
// returns the pen's clock at the arrival of both.
func (t *trial) bracket(between ...protocol.Message) [2]protocol.PenClock {
	stamps := [2]int64{int64(t.random()), int64(t.random())}
	mark := t.mark()
	t.putAll(append(append([]protocol.Message{&protocol.TimeAsk{Sent: stamps[0]}}, between...), &protocol.TimeAsk{Sent: stamps[1]})...)
	var clocks [2]protocol.PenClock
	for i, sent := range stamps {
		a := t.await("TIME_TELL in answer to TIME_ASK", answerLimit, mark, func(a arrival) bool {
			m, ok := a.msg.(*protocol.TimeTell)
			return ok && m.Sent == sent
		})
		if m, ok := a.msg.(*protocol.TimeTell); ok {
			clocks[i] = m.Received
		}
	}
	return clocks
}

// putAll sends messages with the next seq of their lanes, in one write, and
// returns their headers.
func (t *trial) putAll(list ...protocol.Message) []protocol.Header {
	headers := make([]protocol.Header, len(list))
	if t.over() {
		return headers
	}
	t.sending.Lock()
	defer t.sending.Unlock()
	var b []byte
	for i, m := range list {
		h := protocol.Header{Session: t.session, Lane: m.Type().Lane(), Type: m.Type(), Seq: t.seq[m.Type().Lane()]}
		t.seq[h.Lane]++
		t.s.watch.asked(h)
		b = protocol.Append(b, h, m)
		headers[i] = h
	}
	if err := t.s.line.write(b); err != nil {
		t.lose(err)
	}
	return headers
}
