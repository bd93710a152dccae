package conformance

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"sync"
	"time"

	"stipple/protocol"
)

// trial is one case while it runs. The first expectation that is not met ends
// it: from then on sends, waits and expectations do nothing and return zero
// values, so that a case reads as a list of what must hold.
type trial struct {
	ctx     context.Context
	s       *suite
	section string

	sending sync.Mutex // session, seq and the writes that number: the leaser's too
	session uint32
	seq     [protocol.LaneCount]uint16
	from    int // mark of the line where the session began

	leaser  *leaser
	pulled  bool // the hand holds the trigger
	touched bool
	tipOff  bool
	loaded  bool
	broken  map[Defect]bool
	fault   protocol.Fault // that standby has found latched

	failed *failure
	notRun string
	lost   error
}

// failure is a rule that was broken.
type failure struct{ section, expected, got string }

// over says whether the case is decided.
func (t *trial) over() bool { return t.failed != nil || t.notRun != "" || t.lost != nil }

// fail decides the case.
func (t *trial) fail(expected, got string, args ...any) {
	if !t.over() {
		t.failed = &failure{t.section, expected, fmt.Sprintf(got, args...)}
	}
}

// want is an expectation.
func (t *trial) want(ok bool, expected, got string, args ...any) {
	if !ok {
		t.fail(expected, got, args...)
	}
}

// skip decides that the case can't be run on this pen.
func (t *trial) skip(why string, args ...any) {
	if !t.over() {
		t.notRun = fmt.Sprintf(why, args...)
	}
}

// lose decides that the run can't go on.
func (t *trial) lose(err error) {
	if !t.over() {
		t.lost = err
	}
}

// random is a number that nobody can foretell.
func (t *trial) random() uint64 {
	var b [8]byte
	if _, err := io.ReadFull(t.s.cfg.Random, b[:]); err != nil {
		t.lose(fmt.Errorf("random numbers: %w", err))
	}
	return binary.LittleEndian.Uint64(b[:])
}

// commandID is a new command id; its low 32 bits are not 0.
func (t *trial) commandID() uint64 {
	t.s.ids++
	return t.random() | 1
}

// mark is where the next frame will stand.
func (t *trial) mark() int { return t.s.line.mark() }

// write writes bytes as they are.
func (t *trial) write(b []byte) {
	if t.over() {
		return
	}
	if err := t.s.line.write(b); err != nil {
		t.lose(err)
	}
}

// next is the header of the next frame of a lane.
func (t *trial) next(lane protocol.Lane) protocol.Header {
	t.sending.Lock()
	defer t.sending.Unlock()
	h := protocol.Header{Session: t.session, Lane: lane, Seq: t.seq[lane]}
	t.seq[lane]++
	return h
}

// head is the header of the next frame of m's lane.
func (t *trial) head(m protocol.Message) protocol.Header { return t.next(m.Type().Lane()) }

// put sends m with the next seq of its lane.
func (t *trial) put(m protocol.Message) protocol.Header {
	return t.putAll(m)[0]
}

// send sends m under a header.
func (t *trial) send(h protocol.Header, m protocol.Message) {
	if !t.over() {
		h.Type = m.Type()
		t.s.watch.asked(h)
	}
	t.write(protocol.Append(nil, h, m))
}

// raw sends a payload under a header, lane and type included.
func (t *trial) raw(h protocol.Header, payload []byte) {
	if !t.over() {
		t.s.watch.asked(h)
	}
	t.write(protocol.AppendFrame(nil, h, payload))
}

// wait waits for time to pass.
func (t *trial) wait(d time.Duration) {
	if t.over() {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.ctx.Done():
		t.lose(t.ctx.Err())
	}
}

// await waits for a frame from mark on that is what is expected.
func (t *trial) await(what string, within time.Duration, mark int, is func(arrival) bool) arrival {
	a, ok := t.look(within, mark, is)
	if !ok {
		t.fail(what, "nothing of the kind within %v; %s", within, t.came(mark))
	}
	return a
}

// look is await without an expectation.
func (t *trial) look(within time.Duration, mark int, is func(arrival) bool) (arrival, bool) {
	if t.over() {
		return arrival{}, false
	}
	timer := time.NewTimer(within)
	defer timer.Stop()
	for {
		list, changed, err := t.s.line.since(mark)
		for _, a := range list {
			if is(a) {
				return a, true
			}
		}
		mark += len(list)
		if err != nil {
			t.lose(err)
			return arrival{}, false
		}
		select {
		case <-changed:
		case <-timer.C:
			return arrival{}, false
		case <-t.ctx.Done():
			t.lose(t.ctx.Err())
			return arrival{}, false
		}
	}
}

// answers says whether a is the reply to the request with header h.
func answers(h protocol.Header) func(arrival) bool {
	return func(a arrival) bool {
		return a.Flags&protocol.HasAck != 0 && a.Ack == h.Seq && a.Lane == h.Lane && a.Session == h.Session
	}
}

// reply waits for the reply to the request with header h, sent after mark.
func (t *trial) reply(h protocol.Header, mark int) protocol.Message {
	a := t.await("a reply to "+h.Type.String(), answerLimit, mark, answers(h))
	t.want(a.msg != nil, "a reply to "+h.Type.String()+" that decodes", "%s", describe(a))
	return a.msg
}

// request sends m and returns its reply. BUSY means that the pen has not
// looked at it, so it is sent again under the same seq.
func (t *trial) request(m protocol.Message) protocol.Message {
	h := t.head(m)
	h.Type = m.Type()
	for deadline := time.Now().Add(answerLimit); ; t.wait(retryBusy) {
		mark := t.mark()
		t.send(h, m)
		r := t.reply(h, mark)
		if !isRejected(r, protocol.CodeBusy) || t.over() || time.Now().After(deadline) {
			return r
		}
	}
}

// ask sends m and returns the reply, which must be an R.
func ask[R any](t *trial, m protocol.Message) *R {
	return as[R](t, m.Type(), t.request(m))
}

// as is the reply to a request as what it must be.
func as[R any](t *trial, asked protocol.Type, m protocol.Message) *R {
	if r, ok := any(m).(*R); ok {
		return r
	}
	t.fail(fmt.Sprintf("%s in answer to %v", nameOf[R](), asked), "%s", describeMessage(m))
	return new(R)
}

// nameOf is the specification's name of a message.
func nameOf[R any]() string {
	if m, ok := any(new(R)).(protocol.Message); ok {
		return m.Type().String()
	}
	return "a message"
}

// refused sends m, which must be REJECTED with code, field and bound.
func (t *trial) refused(m protocol.Message, code protocol.Code, field uint8, bound int32) {
	t.wantRejected(m.Type(), t.request(m), code, field, bound)
}

func (t *trial) wantRejected(asked protocol.Type, r protocol.Message, code protocol.Code, field uint8, bound int32) {
	want := &protocol.Rejected{Request: asked, Code: code, Field: field, Bound: bound}
	got, ok := r.(*protocol.Rejected)
	t.want(ok && *got == *want, describeMessage(want), "%s", describeMessage(r))
}

func isRejected(m protocol.Message, code protocol.Code) bool {
	r, ok := m.(*protocol.Rejected)
	return ok && r.Code == code
}

// tell sends TIME_ASK and returns the pen's answer; it is asked again if it
// gets lost. What was sent on the live lane before has been handled then.
func (t *trial) tell() protocol.TimeTell {
	for range answerLimit / askEvery {
		sent, mark := int64(t.random()), t.mark()
		t.put(&protocol.TimeAsk{Sent: sent})
		a, ok := t.look(askEvery, mark, func(a arrival) bool {
			m, ok := a.msg.(*protocol.TimeTell)
			return ok && m.Sent == sent && a.Session == t.session
		})
		if t.over() {
			return protocol.TimeTell{}
		}
		if ok {
			return *a.msg.(*protocol.TimeTell)
		}
	}
	t.fail("TIME_TELL in answer to TIME_ASK", "none in %v, asked %d times", answerLimit, answerLimit/askEvery)
	return protocol.TimeTell{}
}

// quiet waits until everything that was sent since mark must have been answered,
// and expects no frame for which bad holds.
func (t *trial) quiet(what string, mark int, bad func(arrival) bool) {
	t.tell()
	if a, came := t.look(quietTime+t.s.roundTrip, mark, bad); came {
		t.fail(what, "%s", describe(a))
	}
}

// anyReply holds for everything but what a pen tells of its own accord: live
// frames, except TIME_TELL, which quiet itself asks for.
func anyReply(a arrival) bool { return a.Lane != protocol.LaneLive }

// unanswered expects no reply of any kind to what was sent since mark.
func (t *trial) unanswered(what string, mark int) {
	t.quiet("no answer to "+what, mark, anyReply)
}

// alive expects the pen to answer a request, as if nothing had been.
func (t *trial) alive() { ask[protocol.TipInfo](t, &protocol.TipRead{}) }
