package sim

import (
	"bytes"
	"crypto/sha256"
	"errors"
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
		put := &protocol.PutSettings{Generation: 3, Fields: rfSettings(100)}
		if r, ok := c.ask(put).(*protocol.Rejected); !ok || r.Code != protocol.CodeNoEnvelope {
			t.Errorf("PUT_SETTINGS without an envelope got %+v", r)
		}
		c.ask(&protocol.PutEnvelope{Envelope: rfEnvelope()})
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

// The retry of a refused request gets the refusal again, and uses no second
// number.
func TestRefusalIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 24})
		c := b.console()
		c.hello(1)
		for i, typ := range []protocol.Type{0xE0, protocol.TypeArm} {
			frame := protocol.AppendFrame(nil, protocol.Header{Type: typ, Lane: protocol.LaneCommand, Seq: uint16(i), Session: c.id}, []byte{1})
			c.forget()
			for range 3 {
				if _, err := c.conn.Write(frame); err != nil {
					t.Fatal(err)
				}
				b.sleep(5 * time.Millisecond)
			}
			if m := all[protocol.Rejected](c); len(m) != 3 || *m[0] != *m[2] {
				t.Errorf("type %02X: %d answers", typ, len(m))
			}
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
		if m, ok := c.ask(&protocol.PutEnvelope{Envelope: rfEnvelope()}).(*protocol.Rejected); !ok || m.Code != protocol.CodeState {
			t.Errorf("PUT_ENVELOPE got %+v", m)
		}
		if m, ok := c.ask(&protocol.DescriptorRead{Max: 10}).(*protocol.DescriptorChunk); !ok || len(m.Data) != 10 {
			t.Errorf("DESCRIPTOR_READ got %+v", m)
		}
		for _, m := range []protocol.Message{&protocol.TipRead{}, &protocol.ResultOf{CommandID: 1}, &protocol.Clear{CommandID: 2}} {
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

// While armed an answer of the bulk lane is short.
func TestBulkWhileArmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 25})
		c := b.ready(rfEnvelope(), rfSettings(100))
		m, ok := c.ask(&protocol.DescriptorRead{Max: 255}).(*protocol.DescriptorChunk)
		if !ok || len(m.AppendPayload(nil)) != protocol.BulkArmedBytes {
			t.Errorf("%d bytes of the descriptor", len(m.Data))
		}
	})
}

func TestSequenceNumbers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 23})
		c := b.console()
		b.sleep(150 * time.Millisecond)
		c.hello(1)
		c.seq[protocol.LaneCommand] = 40_000 // the first of a session is newer than nothing
		first := c.put(&protocol.GetSettings{})
		second := c.put(&protocol.PutEnvelope{Envelope: rfEnvelope()})
		b.sleep(5 * time.Millisecond)
		c.forget()
		// The same seq again: the kept reply, byte for byte, even for another
		// content. An older one: nothing.
		c.raw(second, &protocol.PutEnvelope{})
		if m, ok := c.replyTo(second).(*protocol.EnvelopeReply); !ok || len(m.Envelope.Ranges) != 4 {
			t.Errorf("the same seq got %+v", m)
		}
		if got := all[protocol.EnvelopeReply](c); len(got) != 1 {
			t.Errorf("%d replies", len(got))
		}
		c.raw(first, &protocol.GetSettings{})
		b.sleep(5 * time.Millisecond)
		if got := all[protocol.SettingsReply](c); len(got) != 0 {
			t.Error("an older seq was answered")
		}
		n, err := b.pen.Counts()
		if err != nil || n.Repeated != 1 || n.OldSeq != 1 {
			t.Errorf("counts %+v, %v", n, err)
		}
		// Wrong lane, wrong session, from the pen, broken payload.
		h := protocol.Header{Session: c.id, Seq: 40_050, Lane: protocol.LaneBulk, Type: protocol.TypeGetSettings}
		for _, frame := range [][]byte{
			protocol.AppendFrame(nil, h, nil),
			protocol.Append(nil, protocol.Header{Session: c.id + 1, Seq: 40_051}, &protocol.GetSettings{}),
			protocol.Append(nil, protocol.Header{Session: c.id, Seq: 40_052}, &protocol.Rate{PerSecond: 9}),
			protocol.AppendFrame(nil, protocol.Header{Session: c.id, Seq: 53, Lane: protocol.LaneLive, Type: protocol.TypeLease}, []byte{1}),
		} {
			if _, err := c.conn.Write(frame); err != nil {
				t.Fatal(err)
			}
		}
		b.sleep(5 * time.Millisecond)
		n, err = b.pen.Counts()
		if err != nil || n.WrongLane != 2 || n.WrongSession != 1 || n.Malformed != 1 {
			t.Errorf("counts %+v, %v", n, err)
		}
	})
}

// An unknown request is answered UNSUPPORTED once a type and session, an
// unknown answer never; a broken payload is answered MALFORMED.
func TestUnknownTypes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 24})
		c := b.console()
		c.hello(1)
		send := func(lane protocol.Lane, typ protocol.Type, flags protocol.Flags, payload []byte) {
			h := protocol.Header{Session: c.id, Seq: c.seq[lane], Lane: lane, Type: typ, Flags: flags}
			c.seq[lane]++
			if _, err := c.conn.Write(protocol.AppendFrame(nil, h, payload)); err != nil {
				t.Fatal(err)
			}
			b.sleep(5 * time.Millisecond)
		}
		count := func(code protocol.Code) (n int) {
			for _, r := range all[protocol.Rejected](c) {
				if r.Code == code {
					n++
				}
			}
			return n
		}
		const strange = protocol.Type(0xE0)
		for range 3 {
			send(protocol.LaneCommand, strange, 0, nil)
			send(protocol.LaneBulk, strange+1, 0, nil)
			send(protocol.LaneLive, strange+2, 0, nil)
			send(protocol.LaneCommand, strange+3, protocol.HasAck, nil)
		}
		if n := count(protocol.CodeUnsupported); n != 2 {
			t.Errorf("%d UNSUPPORTED", n)
		}
		send(protocol.LaneCommand, protocol.TypeArm, 0, []byte{1, 2, 3})
		if n := count(protocol.CodeMalformed); n != 1 {
			t.Errorf("%d MALFORMED", n)
		}
		send(protocol.LaneCommand, protocol.TypeGetSettings, 0, nil)
		if len(all[protocol.SettingsReply](c)) != 1 {
			t.Error("no answer after that")
		}
	})
}

// The descriptor as it is read in chunks is the one that HELLO_ACK announced.
func TestDescriptor(t *testing.T) {
	for _, model := range []Model{R1, N1} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, Config{Model: model, Seed: 25})
			c := b.console()
			ack := c.hello(1)
			var raw []byte
			for {
				m, ok := c.ask(&protocol.DescriptorRead{Offset: uint16(len(raw)), Max: 255}).(*protocol.DescriptorChunk)
				if !ok || int(m.Offset) != len(raw) {
					t.Fatalf("got %+v", m)
				}
				if len(m.Data) == 0 {
					break
				}
				raw = append(raw, m.Data...)
			}
			d, err := protocol.ParseDescriptor(raw, ack.DescriptorSHA256)
			if err != nil || len(raw) != int(ack.DescriptorLength) || sha256.Sum256(raw) != ack.DescriptorSHA256 {
				t.Fatalf("%d of %d bytes, %v", len(raw), ack.DescriptorLength, err)
			}
			if d.Kind != string(model) || len(d.ArmBlocks) != protocol.BlockCount {
				t.Errorf("%+v", d)
			}
		})
	}
}

// STATUS comes 20 times a second, up to 200 on request, and at once after a
// change of state.
func TestStatusRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 26})
		c := b.console()
		b.sleep(150 * time.Millisecond)
		c.hello(1)
		b.sleep(100 * time.Millisecond)
		rate := func(want int) {
			t.Helper()
			c.forget()
			b.sleep(2 * time.Second)
			if n := len(all[protocol.Status](c)); n < 2*want-2 || n > 2*want+2 {
				t.Errorf("%d STATUS in 2 s, want %d", n, 2*want)
			}
		}
		rate(20)
		for _, tc := range []struct{ ask, want uint16 }{{200, 200}, {1000, 200}, {50, 50}, {1, 20}} {
			if m, ok := c.ask(&protocol.SetRate{PerSecond: tc.ask}).(*protocol.Rate); !ok || m.PerSecond != tc.want {
				t.Errorf("SET_RATE %d got %+v", tc.ask, m)
			}
			rate(int(tc.want))
		}
		c.ask(&protocol.SetRate{PerSecond: 100})
		c.hello(2) // another session begins with the ordinary rate
		rate(20)
		c.forget()
		c.put(&protocol.Stop{Nonce: 1})
		b.sleep(2 * time.Millisecond)
		if list := all[protocol.Status](c); len(list) == 0 || list[len(list)-1].State != protocol.StateStopped {
			t.Errorf("no STATUS 2 ms after ESTOP: %+v", list)
		}
	})
}

func TestTimeExchange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 27})
		c := b.console()
		c.hello(1)
		b.sleep(1234567 * time.Microsecond)
		c.put(&protocol.TimeAsk{Sent: -5})
		now := time.Since(b.start)
		b.sleep(time.Millisecond)
		m := all[protocol.TimeTell](c)
		if len(m) != 1 || m[0].Sent != -5 {
			t.Fatalf("TIME_TELL %+v", m)
		}
		if d := now - time.Duration(m[0].Received)*time.Microsecond; d < 0 || d > fineStep {
			t.Errorf("the pen's clock is off by %v", d)
		}
	})
}

// A console that stops reading does not stop the pen, and a new connection
// finds it alive.
func TestStalledReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 28})
		near, far := link.Pipe()
		b.pen.Attach(far)
		frame := protocol.Append(nil, protocol.Header{}, &protocol.Hello{MajorMin: 1, MajorMax: 1, Nonce: 1})
		if _, err := near.Write(frame); err != nil {
			t.Fatal(err)
		}
		b.sleep(time.Minute) // 1,200 STATUS into a line that holds 200
		c := b.console()     // the next connection; the first is closed
		if _, err := near.Write(frame); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("write on the first connection: %v", err)
		}
		c.hello(2)
		b.sleep(100 * time.Millisecond)
		if s := c.status(); s.State != protocol.StateStandby {
			t.Errorf("%v", s.State)
		}
	})
}

func TestRunOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: N1})
		synctest.Wait()
		if err := b.pen.Run(t.Context()); !errors.Is(err, ErrRunning) {
			t.Errorf("a second Run = %v", err)
		}
		b.stop()
		if err := b.hand.Trigger(true); !errors.Is(err, ErrStopped) {
			t.Errorf("Trigger of an ended pen = %v", err)
		}
		near, far := link.Pipe()
		b.pen.Attach(far)()
		if _, err := near.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("link of an ended pen: %v", err)
		}
	})
	if _, err := New(Config{Model: "laser"}); err == nil {
		t.Error("a model that does not exist")
	}
}
