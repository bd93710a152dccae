package sim

import (
	"crypto/sha256"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"stipple/device/link"
	"stipple/protocol"
)

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

func TestSequenceNumbers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 23})
		c := b.console()
		b.sleep(150 * time.Millisecond)
		c.hello(1)
		c.seq[protocol.LaneCommand] = 40_000 // the first of a session is newer than nothing
		first := c.put(&protocol.GetSettings{})
		second := c.put(&protocol.PutEnvelope{Envelope: rfEnvelope(), Role: protocol.RoleClinician})
		b.sleep(5 * time.Millisecond)
		c.forget()
		// The same seq again: the kept reply, byte for byte, even for another
		// content. An older one: nothing.
		c.raw(second, &protocol.PutEnvelope{Role: protocol.RoleClinician})
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

// A stop that has arrived is obeyed, also where another line takes the place of
// its own before the pen has looked.
func TestStopOutlivesItsLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, err := New(Config{Model: R1, Seed: 64})
		if err != nil {
			t.Fatal(err)
		}
		near, far := link.Pipe()
		p.Attach(far)
		stop := &protocol.Stop{Nonce: 7}
		h := protocol.Header{Type: protocol.TypeStop, Lane: protocol.LaneStop}
		if _, err := near.Write(protocol.Append(nil, h, stop)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		_, another := link.Pipe()
		detach := p.Attach(another)
		defer detach()
		p.serve()
		if !p.fw.stopped {
			t.Error("the stop went with its line")
		}
	})
}
