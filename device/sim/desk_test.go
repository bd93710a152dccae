package sim

import (
	"slices"
	"testing"
	"time"

	"stipple/protocol"
)

// desk is a pen without a line and without a clock of its own: each frame is
// handed to it at an instant of its own clock, and the physics is moved there.
// So a vector that names an instant gets that one, to the microsecond.
type desk struct {
	t       *testing.T
	pen     *Pen
	seq     [protocol.LaneCount]uint16
	sent    []received
	changes []Change
}

// newDesk boots a pen, lets its self-tests pass and opens a session.
func newDesk(t *testing.T, m Model) *desk {
	t.Helper()
	d := &desk{t: t}
	pen, err := New(Config{Model: m, Seed: 9, Random: new(vectorRandom), Observe: func(c Change) { d.changes = append(d.changes, c) }})
	if err != nil {
		t.Fatal(err)
	}
	d.pen = pen
	pen.fw.post = func(_ protocol.Lane, frame []byte) {
		f, _, err := new(protocol.Decoder).Next(frame)
		if err != nil {
			t.Fatal(err)
		}
		m, err := protocol.Decode(f)
		if err != nil {
			t.Fatal(err)
		}
		d.sent = append(d.sent, received{hdr: f.Header, msg: m})
	}
	pen.see(true)
	d.wait(2 * selfTestTime)
	d.frame(protocol.Header{Type: protocol.TypeHello, Lane: protocol.LaneCommand}, (&protocol.Hello{MajorMin: 1, MajorMax: 1, Nonce: 7}).AppendPayload(nil))
	if pen.fw.session.id != vectorSession || pen.fw.state != protocol.StateStandby {
		t.Fatalf("session %08x, %v", pen.fw.session.id, pen.fw.state)
	}
	return d
}

// wait moves the pen by dt, which is a whole number of fine steps.
func (d *desk) wait(dt time.Duration) { d.pen.advanceTo(d.pen.steps+inSteps(dt), true) }

// clockIs makes now the pen's clock; nothing may count on the one before.
func (d *desk) clockIs(now uint64) { d.pen.fw.clockShift = int64(now) - d.pen.fw.ticks() }

// until moves the pen to a clock that is a whole number of fine steps away.
func (d *desk) until(clock uint64) {
	d.t.Helper()
	dt := clock - uint64(d.pen.fw.clock())
	if dt%fineStepUS != 0 {
		d.t.Fatalf("clock %d is %d µs away", clock, dt)
	}
	d.wait(time.Duration(dt) * time.Microsecond)
}

// frame hands one frame to the pen, now.
func (d *desk) frame(h protocol.Header, payload []byte) {
	d.pen.fw.handle(protocol.Frame{Header: h, Payload: payload})
	d.pen.fw.cutOff()
	d.pen.see(false)
}

// put hands a payload to the pen, in its session.
func (d *desk) put(typ protocol.Type, payload []byte) {
	lane := typ.Lane()
	d.frame(protocol.Header{Type: typ, Lane: lane, Seq: d.seq[lane], Session: d.pen.fw.session.id}, payload)
	d.seq[lane]++
}

// ask is put with the answer, nil for none.
func (d *desk) ask(m protocol.Message) protocol.Message {
	return d.askRaw(m.Type(), m.AppendPayload(nil))
}

func (d *desk) askRaw(typ protocol.Type, payload []byte) protocol.Message {
	seq := d.seq[typ.Lane()]
	d.sent = nil
	d.put(typ, payload)
	for _, r := range d.sent {
		if r.hdr.Flags&protocol.HasAck != 0 && r.hdr.Lane == typ.Lane() && r.hdr.Ack == seq {
			return r.msg
		}
	}
	return nil
}

// event is the newest event with the code, nil for none.
func (d *desk) event(code uint16) *protocol.Event {
	for _, r := range slices.Backward(d.sent) {
		if e, ok := r.msg.(*protocol.Event); ok && e.Code == code {
			return e
		}
	}
	return nil
}
