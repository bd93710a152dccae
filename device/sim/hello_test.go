package sim

import (
	"bytes"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"stipple/device/link"
	"stipple/protocol"
)

// tap records what a console writes.
type tap struct {
	io.ReadWriteCloser
	sent bytes.Buffer
}

func (t *tap) Write(p []byte) (int, error) {
	t.sent.Write(p)
	return t.ReadWriteCloser.Write(p)
}

// A recording of a whole session that armed and fired, played to the same pen
// again, starts a session of another number and moves nothing.
func TestReplayedSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 20})
		near, far := link.Pipe()
		b.pen.Attach(far)
		rec := &tap{ReadWriteCloser: near}
		c := dial(t, b.start, rec)
		b.sleep(150 * time.Millisecond)
		c.hello(1)
		hash := c.set(rfEnvelope(), 1, rfSettings(100))
		c.arm(armID, hash)
		c.keepLeasing(armID)
		b.do(b.hand.Contact(true))
		b.do(b.hand.Trigger(true))
		b.sleep(time.Second)
		b.do(b.hand.Trigger(false))
		c.stopLeasing()
		b.sleep(time.Second)
		if len(all[protocol.Pulse](c)) == 0 {
			t.Fatal("the recording has no pulse")
		}
		// Another console works in between, as it would on any other day.
		b.console().hello(2)

		mark := b.mark()
		b.do(b.hand.Contact(false))
		b.do(b.hand.Trigger(true))
		near, far = link.Pipe()
		b.pen.Attach(far)
		thief := dial(t, b.start, near)
		if _, err := near.Write(rec.sent.Bytes()); err != nil {
			t.Fatal(err)
		}
		b.do(b.hand.Contact(true))
		b.do(b.hand.Trigger(false))
		b.do(b.hand.Trigger(true))
		b.sleep(time.Second)
		for _, ch := range b.since(mark) {
			if ch.RF || ch.Motion || ch.State.Armed() {
				t.Errorf("replayed into life: %+v", ch)
			}
		}
		if ack := all[protocol.HelloAck](thief); len(ack) != 1 || ack[0].Session == c.id {
			t.Errorf("HELLO_ACK %+v for session %d", ack, c.id)
		}
		if n, err := b.pen.Counts(); err != nil || n.WrongSession == 0 {
			t.Errorf("counts %+v, %v", n, err)
		}
	})
}

func TestHello(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 21})
		c := b.ready(rfEnvelope(), rfSettings(100))
		id := c.id
		hello := &protocol.Hello{MajorMin: 1, MajorMax: 1, Nonce: 1}
		h := protocol.Header{Seq: 3}
		c.raw(h, hello)
		if ack, ok := c.replyTo(h).(*protocol.HelloAck); !ok || ack.Session != id {
			t.Errorf("the same nonce got %+v", ack)
		}
		if s := c.status(); s.State != protocol.StateReady {
			t.Errorf("the same nonce ended in %v", s.State)
		}
		c.stopLeasing()
		hello.Nonce = 2
		c.raw(h, hello)
		ack, ok := c.replyTo(h).(*protocol.HelloAck)
		if !ok || ack.Session == id || ack.Session == 0 {
			t.Fatalf("another nonce got %+v", ack)
		}
		if last := b.last(); last.State != protocol.StateStandby || last.Cause != "hello" {
			t.Errorf("another nonce: %+v", last)
		}
		h.Seq++
		c.raw(h, &protocol.Hello{MajorMin: 2, MajorMax: 1, Nonce: 3})
		b.sleep(5 * time.Millisecond)
		if m := all[protocol.Rejected](c); len(m) != 0 {
			t.Errorf("a range that is none got %+v", m)
		}
	})
}

// A new session finds what is active and can't arm it before it has put
// envelope and settings itself.
func TestNewSessionConfirmsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 21})
		c := b.console()
		b.sleep(150 * time.Millisecond)
		c.hello(1)
		hash := c.set(rfEnvelope(), 3, rfSettings(100))
		c.hello(2)
		b.sleep(60 * time.Millisecond)
		blocked := func(when string) {
			t.Helper()
			s := c.status()
			if s.ArmBlocks != protocol.BlockSettingsUnconfirmed || s.Flags&protocol.FlagSettings != 0 || s.SettingsHash != [8]byte{} {
				t.Errorf("%s: STATUS %+v", when, s)
			}
			if r := c.result(c.command(uint64(len(when)), hash)); r.Code != protocol.CodeBlocked {
				t.Errorf("%s: ARM got %+v", when, r)
			}
		}
		if s, ok := c.ask(&protocol.GetSettings{}).(*protocol.SettingsReply); !ok || !s.Applied || s.Hash != hash || s.Generation != 3 {
			t.Errorf("settings %+v", s)
		}
		blocked("after the hello")
		put := &protocol.PutSettings{Generation: 3, Fields: rfSettings(100), Role: protocol.RoleClinician}
		if r, ok := c.ask(put).(*protocol.Rejected); !ok || r.Code != protocol.CodeNoEnvelope {
			t.Errorf("PUT_SETTINGS without an envelope got %+v", r)
		}
		c.ask(&protocol.PutEnvelope{Envelope: rfEnvelope(), Role: protocol.RoleClinician})
		b.sleep(60 * time.Millisecond)
		blocked("with an envelope")
		if s, ok := c.ask(put).(*protocol.SettingsReply); !ok || !s.Applied || s.Hash != hash {
			t.Errorf("the same settings: %+v", s)
		}
		c.arm(100, hash)
	})
}

// Nothing of another session is answered, not even that it is unknown.
func TestSessionIsCheckedFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 24})
		c := b.console()
		c.hello(1)
		c.forget()
		for _, typ := range []protocol.Type{0xE0, protocol.TypeArm} {
			for _, lane := range []protocol.Lane{protocol.LaneCommand, protocol.LaneBulk} {
				h := protocol.Header{Type: typ, Lane: lane, Session: c.id + 1}
				if _, err := c.conn.Write(protocol.AppendFrame(nil, h, []byte{1})); err != nil {
					t.Fatal(err)
				}
			}
		}
		b.sleep(5 * time.Millisecond)
		if m := all[protocol.Rejected](c); len(m) != 0 {
			t.Errorf("answered with %+v", m)
		}
	})
}

// A console of another major may look, and read the descriptor, and stop.
func TestOtherMajorMonitors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 22})
		c := b.console()
		b.sleep(150 * time.Millisecond)
		ack := c.ask(&protocol.Hello{MajorMin: 2, MajorMax: 3, Nonce: 9}).(*protocol.HelloAck)
		c.open(ack.Session)
		if ack.Major != protocol.Major {
			t.Errorf("major %d", ack.Major)
		}
		b.sleep(60 * time.Millisecond)
		if s := c.status(); s.ArmBlocks&protocol.BlockVersion == 0 {
			t.Errorf("blocks %v", s.ArmBlocks.Names())
		}
		if m, ok := c.ask(&protocol.PutEnvelope{Envelope: rfEnvelope(), Role: protocol.RoleClinician}).(*protocol.Rejected); !ok || m.Code != protocol.CodeState {
			t.Errorf("PUT_ENVELOPE got %+v", m)
		}
		if m, ok := c.ask(&protocol.DescriptorRead{Max: 10}).(*protocol.DescriptorChunk); !ok || len(m.Data) != 10 {
			t.Errorf("DESCRIPTOR_READ got %+v", m)
		}
		for _, m := range []protocol.Message{&protocol.TipRead{}, &protocol.ResultOf{CommandID: 1}, &protocol.Clear{CommandID: 2, Role: protocol.RoleClinician}} {
			if r, ok := c.ask(m).(*protocol.Rejected); !ok || r.Code != protocol.CodeState {
				t.Errorf("%v got %+v", m.Type(), r)
			}
		}
		c.put(&protocol.TimeAsk{})
		b.sleep(5 * time.Millisecond)
		if m := all[protocol.TimeTell](c); len(m) != 1 {
			t.Errorf("%d TIME_TELL", len(m))
		}
		c.put(&protocol.Stop{Nonce: 1})
		b.sleep(5 * time.Millisecond)
		if s := c.status(); s.State != protocol.StateStopped {
			t.Errorf("%v", s.State)
		}
	})
}
