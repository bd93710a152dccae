package device_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stipple/device"
	"stipple/device/link"
	"stipple/protocol"
)

// fakePen is a pen as small as the link allows, which can be told to lie. It
// is no model of a pen: it obeys, and what it says can be bent on the way out.
type fakePen struct {
	t    testing.TB
	conn io.ReadWriteCloser
	done chan struct{}

	mu      sync.Mutex
	start   time.Time
	session uint32
	hello   uint64
	seq     [protocol.LaneCount]uint16
	ack     protocol.HelloAck
	desc    []byte
	st      protocol.Status
	skew    time.Duration // added to the pen's clock
	tip     protocol.TipInfo
	env     protocol.Envelope
	gen     uint32
	values  []int32
	applied bool
	hash    [8]byte
	ledger  []protocol.Pulse
	kept    map[uint16]protocol.Message // command lane, by seq
	results map[uint64]protocol.Result
	got     []received
	svc     fakeService
	forget  bool // what arrives is not kept
	mute    bool // STATUS is not sent
	silent  bool // nothing is sent
	deaf    bool // nothing is obeyed

	// bend changes or, with nil, drops what the pen says.
	bend func(h *protocol.Header, m protocol.Message) protocol.Message
	// lose says that a message from the console is lost on the way.
	lose func(m protocol.Message) bool
}

type received struct {
	at  time.Duration // since the pen's start
	h   protocol.Header
	msg protocol.Message
}

func testDescriptor() *protocol.Descriptor {
	return &protocol.Descriptor{
		Format: 1, Kind: protocol.KindRF, StatusLayout: 1, RatedPowerMW: 50000, RFFrequencyKHz: 2000,
		NeedleTravelMS: 60, StopToRetracted: 50, MaxPulsesSpot: 5, MaxDosePinUJ: 2000000,
		Parameters: []protocol.ParameterSpec{
			{Name: protocol.ParamDepth, Unit: "um", Min: 500, Max: 3500, Step: 100, Default: 500, Role: "clinician"},
			{Name: protocol.ParamSpeed, Unit: "spm", Min: 30, Max: 120, Step: 1, Default: 30, Role: "clinician"},
			{Name: protocol.ParamPower, Unit: "mw", Min: 0, Max: 50000, Step: 1000, Default: 0, Role: "clinician"},
			{Name: protocol.ParamDuration, Unit: "ms", Min: 10, Max: 1000, Step: 10, Default: 10, Role: "clinician"},
		},
		Sensors: []protocol.SensorSpec{}, Alarms: []protocol.AlarmSpec{}, Events: []protocol.EventSpec{}, ArmBlocks: protocol.ArmBlocks(1<<protocol.BlockCount - 1).Names(),
		Hardware: 1, LogKept: fakeLogKept, Calibrations: []string{"depth", "power"}, SelfTests: []string{"memory", "battery", "drive"}, FirmwareUpdate: true,
	}
}

func testEnvelope() protocol.Envelope {
	return protocol.Envelope{DosePerPin: 1000000, PulsesPerSpot: 1, Pins: 25, Ranges: []protocol.Range{
		{Index: 0, Min: 500, Max: 2000}, {Index: 1, Min: 30, Max: 60}, {Index: 2, Min: 0, Max: 20000}, {Index: 3, Min: 10, Max: 500},
	}}
}

var testValues = []int32{1500, 30, 10000, 100}

// newFakePen starts a pen and returns the console's end of its line.
func newFakePen(t *testing.T) (*fakePen, io.ReadWriteCloser) {
	t.Helper()
	here, there := link.Pipe()
	return startFakePen(t, there), here
}

func startFakePen(t testing.TB, conn io.ReadWriteCloser) *fakePen {
	t.Helper()
	desc, err := testDescriptor().Encode()
	if err != nil {
		t.Fatal(err)
	}
	p := &fakePen{
		t: t, conn: conn, done: make(chan struct{}), start: time.Now(), desc: desc,
		ack:  protocol.HelloAck{Major: 1, Simulated: true, Boot: 7, Model: "R1", Serial: "R1-0001", Firmware: "1.0.0"},
		st:   protocol.Status{State: protocol.StateStandby, TipID: 11, Battery: 90, NewestPulse: 100},
		tip:  protocol.TipInfo{ID: 11, Pins: 25, NeedleLength: 3500, Lot: "A1"},
		kept: make(map[uint16]protocol.Message), results: make(map[uint64]protocol.Result),
		values: []int32{500, 30, 0, 10}, svc: newService(),
	}
	p.setDescriptor(desc)
	go p.run()
	return p
}

func (p *fakePen) setDescriptor(raw []byte) {
	p.desc = raw
	p.ack.DescriptorLength, p.ack.DescriptorSHA256 = uint16(len(raw)), sha256.Sum256(raw)
}

// with changes the pen under its lock.
func (p *fakePen) with(f func(p *fakePen)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(p)
}

func (p *fakePen) clock() protocol.PenClock {
	return protocol.PenClock(1e6).Add(time.Since(p.start) + p.skew)
}

func (p *fakePen) sendStatus() {
	if p.session == 0 {
		return
	}
	st := p.st
	st.Clock, st.SettingsHash = p.clock(), p.hash
	p.say(protocol.Header{Session: p.session}, &st)
}

// say sends a message on its lane, bent.
func (p *fakePen) say(h protocol.Header, m protocol.Message) {
	h.Lane = m.Type().Lane()
	h.Seq = p.seq[h.Lane]
	p.seq[h.Lane]++
	if p.bend != nil {
		if m = p.bend(&h, m); m == nil {
			return
		}
	}
	if p.silent {
		return
	}
	_, _ = p.conn.Write(protocol.Append(nil, h, m))
}

func (p *fakePen) reply(f protocol.Frame, m protocol.Message) {
	if f.Lane == protocol.LaneCommand {
		p.kept[f.Seq] = m
	}
	p.say(protocol.Header{Flags: protocol.HasAck, Ack: f.Seq, Session: p.session, Lane: f.Lane}, m)
}

func (p *fakePen) run() {
	defer close(p.done)
	tick := time.NewTicker(time.Second / protocol.StatusRate)
	defer tick.Stop()
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		var dec protocol.Decoder
		buf := make([]byte, 1024)
		for {
			n, err := p.conn.Read(buf)
			for in := buf[:n]; ; {
				f, rest, derr := dec.Next(in)
				if errors.Is(derr, protocol.ErrIncomplete) {
					break
				}
				in = rest
				if derr == nil {
					p.hear(f)
				}
			}
			if err != nil {
				return
			}
		}
	}()
	for {
		select {
		case <-closed:
			return
		case <-tick.C:
			p.mu.Lock()
			if !p.mute {
				p.sendStatus()
			}
			p.mu.Unlock()
		}
	}
}

func (p *fakePen) hear(f protocol.Frame) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m, err := protocol.Decode(f)
	if err != nil {
		p.t.Errorf("console sent %v: %v", f.Type, err)
		return
	}
	if !p.forget {
		p.got = append(p.got, received{time.Since(p.start), f.Header, m})
	}
	if p.deaf || p.lose != nil && p.lose(m) {
		return
	}
	if f.Session != p.session && f.Type != protocol.TypeHello && f.Type != protocol.TypeStop {
		return
	}
	if f.Lane == protocol.LaneCommand && f.Type != protocol.TypeHello {
		if kept, ok := p.kept[f.Seq]; ok {
			p.reply(f, kept)
			return
		}
	}
	p.obey(f, m)
}

func (p *fakePen) obey(f protocol.Frame, m protocol.Message) {
	switch m := m.(type) {
	case *protocol.Hello:
		if m.Nonce != p.hello {
			p.hello, p.session = m.Nonce, rand.Uint32()|1
			p.seq = [protocol.LaneCount]uint16{}
			clear(p.kept)
		}
		p.ack.Nonce, p.ack.Session = m.Nonce, p.session
		ack := p.ack
		p.reply(f, &ack)
		delete(p.kept, f.Seq)
	case *protocol.DescriptorRead:
		from := min(int(m.Offset), len(p.desc))
		p.reply(f, &protocol.DescriptorChunk{Offset: m.Offset, Data: p.desc[from:min(from+int(m.Max), len(p.desc))]})
	case *protocol.TipRead:
		tip := p.tip
		p.reply(f, &tip)
	case *protocol.SetRate:
		p.reply(f, &protocol.Rate{PerSecond: m.PerSecond})
	case *protocol.GetSettings:
		p.reply(f, p.snapshot(nil))
	case *protocol.PutEnvelope:
		p.env, p.applied = m.Envelope, false
		p.reply(f, &protocol.EnvelopeReply{Envelope: m.Envelope})
	case *protocol.PutSettings:
		p.put(f, m)
	case *protocol.Arm:
		p.st.State, p.st.ArmID = protocol.StateReady, m.ArmID()
		p.results[m.CommandID] = protocol.Result{CommandID: m.CommandID, Outcome: protocol.OutcomeDone}
		p.sendStatus()
		res := p.results[m.CommandID]
		p.reply(f, &res)
	case *protocol.Clear:
		p.st.State = protocol.StateStandby
		p.sendStatus()
		p.reply(f, &protocol.Result{CommandID: m.CommandID, Outcome: protocol.OutcomeDone})
	case *protocol.ResultOf:
		res, ok := p.results[m.CommandID]
		if !ok {
			res = protocol.Result{CommandID: m.CommandID}
			if p.svc.begun > 0 {
				res.Outcome = protocol.OutcomeRunning
			}
		}
		p.reply(f, &res)
	case *protocol.Disarm:
		if p.st.State == protocol.StateService {
			p.stand(protocol.StateService)
			return
		}
		p.stand(protocol.StateStandby)
	case *protocol.Stop:
		p.stand(protocol.StateStopped)
		p.say(protocol.Header{Session: p.session}, &protocol.Stopped{Nonce: m.Nonce, Clock: p.clock()})
		p.say(protocol.Header{Session: p.session}, &protocol.Stopped{Nonce: m.Nonce, NeedleBack: true, Clock: p.clock()})
	case *protocol.PulseRead:
		p.page(f, m)
	case *protocol.TimeAsk:
		p.say(protocol.Header{Session: p.session}, &protocol.TimeTell{Sent: m.Sent, Received: p.clock(), Replied: p.clock()})
	default:
		p.serve(f, m)
	}
}

func (p *fakePen) put(f protocol.Frame, m *protocol.PutSettings) {
	var verdicts []protocol.Verdict
	bad := false
	for _, x := range m.Fields {
		v := protocol.Verdict{Index: x.Index}
		if r := p.env.Ranges[x.Index]; x.Value > r.Max {
			v.Code, v.Bound, bad = protocol.CodeAboveLimit, r.Max, true
		}
		verdicts = append(verdicts, v)
	}
	if !bad {
		p.gen, p.applied = m.Generation, true
		for _, x := range m.Fields {
			p.values[x.Index] = x.Value
		}
	}
	p.reply(f, p.snapshot(verdicts))
}

func (p *fakePen) snapshot(verdicts []protocol.Verdict) *protocol.SettingsReply {
	r := &protocol.SettingsReply{
		Applied: p.applied, Generation: p.gen, TipID: p.tip.ID, Pins: p.tip.Pins, CalRev: 3,
		Values: append([]int32(nil), p.values...), Verdicts: verdicts,
	}
	if p.applied {
		r.Hash = protocol.Confirmation{Boot: p.ack.Boot, Generation: p.gen, Envelope: p.env, TipID: p.tip.ID, Pins: p.tip.Pins, CalRev: 3, Values: r.Values}.Hash()
	}
	p.hash = r.Hash
	return r
}

func (p *fakePen) page(f protocol.Frame, m *protocol.PulseRead) {
	page := &protocol.PulsePage{}
	if n := len(p.ledger); n > 0 {
		page.Oldest, page.Newest = p.ledger[0].Index, p.ledger[n-1].Index
	}
	for _, x := range p.ledger {
		if x.Index >= m.From && len(page.Pulses) < min(int(m.Max), protocol.MaxPulsesPerPage) {
			page.Pulses = append(page.Pulses, x)
		}
	}
	p.reply(f, page)
}

func (p *fakePen) stand(s protocol.State) {
	p.st.State, p.st.ArmID = s, 0
	p.sendStatus()
}

// heard returns what arrived of one type.
func (p *fakePen) heard(t protocol.Type) []received {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []received
	for _, r := range p.got {
		if r.msg.Type() == t {
			out = append(out, r)
		}
	}
	return out
}

// eventLog collects a session's events.
type eventLog struct {
	mu     sync.Mutex
	events []device.Event
	done   chan struct{}
}

func collect(s *device.Session) *eventLog {
	l := &eventLog{done: make(chan struct{})}
	go func() {
		defer close(l.done)
		for e := range s.Events() {
			l.mu.Lock()
			l.events = append(l.events, e)
			l.mu.Unlock()
		}
	}()
	return l
}

// of returns the events of one kind so far.
func (l *eventLog) of(k device.EventKind) []device.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []device.Event
	for _, e := range l.events {
		if e.Kind == k {
			out = append(out, e)
		}
	}
	return out
}

// open opens a session with the pen and closes it with the test.
func open(t *testing.T, conn io.ReadWriteCloser) (*device.Session, *eventLog) {
	t.Helper()
	s, err := device.Open(context.Background(), conn, device.Options{Role: protocol.RoleClinician})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return s, collect(s)
}

// shut ends a session and waits for what is left of it, so that a bubble of
// virtual time has nothing running at its end.
func shut(t *testing.T, s *device.Session, p *fakePen, l *eventLog) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	_ = p.conn.Close()
	<-p.done
	<-l.done
}

// touching keeps a session alive until the returned function is called.
func touching(s *device.Session) (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	s.Touch()
	go func() {
		defer close(done)
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				return
			case <-tick.C:
				s.Touch()
			}
		}
	}()
	return func() { close(quit); <-done }
}

// arm applies settings and arms the pen under a fixed id.
func arm(t *testing.T, s *device.Session) {
	t.Helper()
	snap, err := s.Apply(context.Background(), testEnvelope(), testValues)
	if err != nil {
		t.Fatalf("apply: %v", err)
	}
	if err := s.Arm(context.Background(), device.ArmRequest{Hash: snap.Hash, CommandID: testCommand}); err != nil {
		t.Fatalf("arm: %v", err)
	}
}

const testCommand = 0x1122334455667788

// pass lets virtual time pass.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait() // whatever is due at the same instant has happened too
}
