package device_test

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"stipple/device"
	"stipple/device/link"
	"stipple/device/serialport"
	"stipple/protocol"
)

// openPty opens a pty and returns its far end and, through the real serial
// library, its near end, which has that path.
func openPty(tb testing.TB) (far *os.File, near io.ReadWriteCloser, path string) {
	tb.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		tb.Fatal(err)
	}
	// Without blocking, so that Close frees a Read.
	fd, err := syscall.Dup(int(master.Fd()))
	if err == nil {
		err = syscall.SetNonblock(fd, true)
	}
	if err := errors.Join(err, master.Close()); err != nil {
		tb.Fatal(err)
	}
	far = os.NewFile(uintptr(fd), master.Name())
	tb.Cleanup(func() { _, _ = far.Close(), slave.Close() })
	near, err = serialport.Open(device.Port{Path: slave.Name()}, 0)
	if err != nil {
		tb.Fatal(err)
	}
	return far, near, slave.Name()
}

// settingsReplier answers just what a session over a pty asks for, as fast as
// it can: what is measured is the console's side.
type settingsReplier struct {
	conn    io.ReadWriter
	session uint32
	seq     [protocol.LaneCount]uint16
	desc    []byte
	gen     uint32
	env     protocol.Envelope
	values  []int32
	hash    [8]byte
	applied bool
	out     []byte
}

func (p *settingsReplier) run(tb testing.TB) {
	raw, err := testDescriptor().Encode()
	if err != nil {
		tb.Error(err)
		return
	}
	p.desc, p.values = raw, []int32{500, 30, 0, 10}
	var dec protocol.Decoder
	buf := make([]byte, 4096)
	for {
		n, err := p.conn.Read(buf)
		if err != nil {
			return
		}
		for in := buf[:n]; ; {
			f, rest, err := dec.Next(in)
			if errors.Is(err, protocol.ErrIncomplete) {
				break
			}
			in = rest
			if err == nil {
				p.hear(f)
			}
		}
	}
}

func (p *settingsReplier) say(h protocol.Header, m protocol.Message) {
	lane := m.Type().Lane()
	h.Session, h.Seq = p.session, p.seq[lane]
	p.seq[lane]++
	p.out = protocol.Append(p.out[:0], h, m)
	_, _ = p.conn.Write(p.out)
}

func (p *settingsReplier) hear(f protocol.Frame) {
	m, err := protocol.Decode(f)
	if err != nil {
		return
	}
	reply := protocol.Header{Flags: protocol.HasAck, Ack: f.Seq}
	switch m := m.(type) {
	case *protocol.Hello:
		p.session = 77
		ack := &protocol.HelloAck{Nonce: m.Nonce, Session: 77, Major: 1, Simulated: true, Boot: 7, Model: "R1", Serial: "1", Firmware: "1"}
		d := fakePen{}
		d.setDescriptor(p.desc)
		ack.DescriptorLength, ack.DescriptorSHA256 = d.ack.DescriptorLength, d.ack.DescriptorSHA256
		p.say(reply, ack)
		p.say(protocol.Header{}, &protocol.Status{State: protocol.StateStandby, TipID: 11, Clock: 1})
	case *protocol.DescriptorRead:
		p.say(reply, &protocol.DescriptorChunk{Offset: m.Offset, Data: p.desc[m.Offset:min(int(m.Offset)+int(m.Max), len(p.desc))]})
	case *protocol.TipRead:
		p.say(reply, &protocol.TipInfo{ID: 11, Pins: 25})
	case *protocol.PutEnvelope:
		p.env = m.Envelope
		p.say(reply, &protocol.EnvelopeReply{Envelope: m.Envelope})
	case *protocol.GetSettings:
		p.say(reply, p.settings(nil))
	case *protocol.PutSettings:
		p.gen, p.applied = m.Generation, true
		verdicts := make([]protocol.Verdict, len(m.Fields))
		for i, x := range m.Fields {
			p.values[i], verdicts[i].Index = x.Value, x.Index
		}
		p.hash = protocol.Confirmation{Boot: 7, Generation: p.gen, Envelope: p.env, TipID: 11, Pins: 25, CalRev: 3, Values: p.values}.Hash()
		p.say(reply, p.settings(verdicts))
	case *protocol.Stop:
		p.say(protocol.Header{}, &protocol.Stopped{Nonce: m.Nonce, NeedleBack: true})
	case *protocol.TimeAsk: // also keeps the link from falling silent
		p.say(protocol.Header{}, &protocol.TimeTell{Sent: m.Sent, Received: 1, Replied: 1})
	}
}

func (p *settingsReplier) settings(verdicts []protocol.Verdict) *protocol.SettingsReply {
	return &protocol.SettingsReply{Applied: p.applied, Generation: p.gen, TipID: 11, Pins: 25, CalRev: 3, Hash: p.hash,
		Values: p.values, Verdicts: verdicts}
}

// wireBytes are the lengths of the four frames of one Apply: envelope, its
// reply, settings, their reply.
func wireBytes() [4]int {
	var fields []protocol.Field
	for i, v := range testValues {
		fields = append(fields, protocol.Field{Index: uint8(i), Value: v})
	}
	env := testEnvelope()
	var n [4]int
	for i, m := range []protocol.Message{
		&protocol.PutEnvelope{Envelope: env}, &protocol.EnvelopeReply{Envelope: env}, &protocol.PutSettings{Generation: 9, Fields: fields},
		&protocol.SettingsReply{Values: testValues, Verdicts: make([]protocol.Verdict, 4)},
	} {
		n[i] = len(protocol.Append(nil, protocol.Header{Session: 77}, m))
	}
	return n
}

// BenchmarkSetReadBack applies an envelope and settings over a pty and reads
// back what the pen made of them, each time next to its floor: the same number
// of bytes there and back over the same kind of pty, read by a goroutine of its
// own. The metric "ratio" is median by median; it is to stay at or below 1.5.
func BenchmarkSetReadBack(b *testing.B) {
	far, near, _ := openPty(b)
	go (&settingsReplier{conn: far}).run(b)
	s, err := device.Open(context.Background(), near, device.Options{Role: protocol.RoleClinician})
	if err != nil {
		b.Fatal(err)
	}
	go func() {
		for range s.Events() {
		}
	}()
	echo := newEcho(b)
	defer echo.close()
	ctx, env := context.Background(), testEnvelope()
	var set, floor []time.Duration
	for b.Loop() {
		start := time.Now()
		echo.there(0, 1)
		echo.there(2, 3)
		floor = append(floor, time.Since(start))
		start = time.Now()
		if _, err := s.Apply(ctx, env, testValues); err != nil {
			b.Fatal(err)
		}
		set = append(set, time.Since(start))
	}
	if err := s.Close(); err != nil {
		b.Error(err)
	}
	ms, mf := median(set), median(floor)
	b.ReportMetric(float64(ms.Microseconds()), "set-µs")
	b.ReportMetric(float64(mf.Microseconds()), "echo-µs")
	b.ReportMetric(float64(ms)/float64(mf), "ratio")
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

// echoBench sends as many bytes as an exchange has and gets as many back as its
// answer has.
type echoBench struct {
	b     *testing.B
	near  io.ReadWriteCloser
	bytes [4]int
	got   chan int
	done  chan struct{}
	out   []byte
}

func newEcho(b *testing.B) *echoBench {
	far, near, _ := openPty(b)
	e := &echoBench{b: b, near: near, bytes: wireBytes(), got: make(chan int), done: make(chan struct{}), out: make([]byte, 512)}
	go func() {
		buf := make([]byte, 4096)
		for i := 0; ; i = (i + 2) % len(e.bytes) {
			if _, err := io.ReadFull(far, buf[:e.bytes[i]]); err != nil {
				return
			}
			if _, err := far.Write(buf[:e.bytes[i+1]]); err != nil {
				return
			}
		}
	}()
	go func() {
		defer close(e.done)
		buf := make([]byte, 4096)
		for {
			n, err := near.Read(buf)
			if err != nil {
				return
			}
			if n > 0 {
				e.got <- n
			}
		}
	}()
	return e
}

func (e *echoBench) there(ask, answer int) {
	if _, err := e.near.Write(e.out[:e.bytes[ask]]); err != nil {
		e.b.Fatal(err)
	}
	for n := 0; n < e.bytes[answer]; n += <-e.got {
	}
}

func (e *echoBench) close() {
	if err := e.near.Close(); err != nil {
		e.b.Error(err)
	}
	<-e.done
}

// BenchmarkStop is from Stop to STOPPED over a pty, and what Stop itself costs
// the goroutine that calls it.
func BenchmarkStop(b *testing.B) {
	far, near, _ := openPty(b)
	go (&settingsReplier{conn: far}).run(b)
	s, err := device.Open(context.Background(), near, device.Options{Role: protocol.RoleClinician})
	if err != nil {
		b.Fatal(err)
	}
	var call, confirmed []time.Duration
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		s.Stop()
		call = append(call, time.Since(start))
		for e := range s.Events() {
			if e.Kind == device.EventStopConfirmed {
				confirmed = append(confirmed, e.Latency)
				break
			}
		}
	}
	if err := s.Close(); err != nil {
		b.Error(err)
	}
	b.ReportMetric(float64(median(call).Nanoseconds()), "call-ns")
	b.ReportMetric(float64(median(confirmed).Microseconds()), "confirmed-µs")
}

// BenchmarkStopCall is Stop alone, while a stop goes on and nothing answers.
func BenchmarkStopCall(b *testing.B) {
	near, far := link.Pipe()
	go (&settingsReplier{conn: far}).run(b)
	s, err := device.Open(context.Background(), near, device.Options{Role: protocol.RoleClinician})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		s.Stop()
	}
	b.StopTimer()
	_ = s.Close()
	_ = far.Close()
}
