package sim

import (
	"context"
	"io"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stipple/device/link"
	"stipple/protocol"
)

// console is the other end of a pen's link in a test: it says exactly what a
// test tells it to and remembers everything that came.
type console struct {
	t    *testing.T
	conn io.ReadWriteCloser

	id  uint32
	seq [protocol.LaneCount]uint16

	mu      sync.Mutex
	got     []received
	arrived map[uint16]received // replies on the command and bulk lanes, by ack
	leasing context.CancelFunc
}

type received struct {
	at  time.Duration
	hdr protocol.Header
	msg protocol.Message
}

// bench is a pen that runs in virtual time, with everything that it did.
type bench struct {
	t     *testing.T
	pen   *Pen
	hand  Handpiece
	start time.Time

	mu      sync.Mutex
	changes []Change

	cancel context.CancelFunc
	ended  chan error
}

// newBench starts a pen. It must be called in a synctest bubble, and its pen
// is ended with the test.
func newBench(t *testing.T, cfg Config) *bench {
	t.Helper()
	b := &bench{t: t, start: time.Now(), ended: make(chan error, 1)}
	observe := cfg.Observe
	cfg.Observe = func(c Change) {
		b.mu.Lock()
		b.changes = append(b.changes, c)
		b.mu.Unlock()
		if observe != nil {
			observe(c)
		}
	}
	pen, err := New(cfg)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	b.pen, b.hand, b.cancel = pen, pen.Hand(), cancel
	go func() { b.ended <- pen.Run(ctx) }()
	t.Cleanup(b.stop)
	return b
}

// stop ends the pen and waits for it; a second call does nothing.
func (b *bench) stop() {
	b.cancel()
	if err, ok := <-b.ended; ok && err != nil {
		b.t.Errorf("Run: %v", err)
	}
	select {
	case <-b.ended:
	default:
		close(b.ended)
	}
}

func (b *bench) console() *console {
	b.t.Helper()
	near, far := link.Pipe()
	b.pen.Attach(far)
	return dial(b.t, b.start, near)
}

func dial(t *testing.T, start time.Time, conn io.ReadWriteCloser) *console {
	c := &console{t: t, conn: conn, arrived: make(map[uint16]received)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		var dec protocol.Decoder
		buf := make([]byte, 4096)
		for {
			n, err := conn.Read(buf)
			for rest := buf[:n]; len(rest) > 0; {
				var f protocol.Frame
				var why error
				if f, rest, why = dec.Next(rest); why == nil {
					c.take(time.Since(start), f)
				}
			}
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		c.stopLeasing()
		conn.Close()
		<-done
	})
	return c
}

func (c *console) take(at time.Duration, f protocol.Frame) {
	m, err := protocol.Decode(f)
	if err != nil {
		c.t.Errorf("pen sent %v: %v", f.Type, err)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	r := received{at, f.Header, m}
	c.got = append(c.got, r)
	if f.Flags&protocol.HasAck != 0 && (f.Session == c.id || f.Type == protocol.TypeHelloAck) {
		c.arrived[f.Ack] = r
	}
}

// put sends m with the next seq of its lane and returns the header.
func (c *console) put(m protocol.Message) protocol.Header {
	lane := m.Type().Lane()
	h := protocol.Header{Session: c.id, Seq: c.seq[lane]}
	c.seq[lane]++
	c.raw(h, m)
	return h
}

func (c *console) raw(h protocol.Header, m protocol.Message) {
	if _, err := c.conn.Write(protocol.Append(nil, h, m)); err != nil {
		c.t.Errorf("write %v: %v", m.Type(), err)
	}
}

// ask sends a request and returns its reply, nil if none comes.
func (c *console) ask(m protocol.Message) protocol.Message {
	c.t.Helper()
	c.mu.Lock()
	delete(c.arrived, c.seq[m.Type().Lane()])
	c.mu.Unlock()
	h := c.put(m)
	return c.replyTo(h)
}

func (c *console) replyTo(h protocol.Header) protocol.Message {
	time.Sleep(5 * time.Millisecond) // of virtual time
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	if r, ok := c.arrived[h.Seq]; ok {
		return r.msg
	}
	return nil
}

// hello opens a session with the nonce.
func (c *console) hello(nonce uint64) *protocol.HelloAck {
	c.t.Helper()
	c.open(0)
	m := c.ask(&protocol.Hello{MajorMin: 1, MajorMax: 1, Nonce: nonce})
	ack, ok := m.(*protocol.HelloAck)
	if !ok {
		c.t.Fatalf("HELLO got %#v", m)
	}
	c.open(ack.Session)
	return ack
}

// open makes id the session of everything that follows.
func (c *console) open(id uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.id, c.seq = id, [protocol.LaneCount]uint16{}
}

// all returns every message of type M that came, oldest first.
func all[M any](c *console) []*M {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []*M
	for _, r := range c.got {
		if m, ok := any(r.msg).(*M); ok {
			list = append(list, m)
		}
	}
	return list
}

// forget drops what came so far.
func (c *console) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.got = nil
}

// status is the newest STATUS.
func (c *console) status() *protocol.Status {
	c.t.Helper()
	list := all[protocol.Status](c)
	if len(list) == 0 {
		c.t.Fatal("no STATUS")
	}
	return list[len(list)-1]
}

// event says whether an event with the code came.
func (c *console) event(code uint16) *protocol.Event {
	for _, e := range slices.Backward(all[protocol.Event](c)) {
		if e.Code == code {
			return e
		}
	}
	return nil
}

// lease sends one lease for the arm id, with the newest clock seen.
func (c *console) lease(arm uint32) {
	c.put(&protocol.Lease{ArmID: arm, Clock: c.status().Clock})
}

// keepLeasing sends a lease every LeaseEvery until stopLeasing.
func (c *console) keepLeasing(arm uint32) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	c.leasing = func() { cancel(); <-done }
	c.lease(arm)
	go func() {
		defer close(done)
		tick := time.NewTicker(protocol.LeaseEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				c.mu.Lock()
				var clock protocol.PenClock
				for _, r := range slices.Backward(c.got) {
					if s, ok := r.msg.(*protocol.Status); ok {
						clock = s.Clock
						break
					}
				}
				c.mu.Unlock()
				c.put(&protocol.Lease{ArmID: arm, Clock: clock})
			}
		}
	}()
}

func (c *console) stopLeasing() {
	if c.leasing != nil {
		c.leasing()
		c.leasing = nil
	}
}

// rfSettings are depth, speed, power and duration of a usual RF pulse.
func rfSettings(duration int32) []protocol.Field {
	return []protocol.Field{{Index: 0, Value: 1500}, {Index: 1, Value: 30}, {Index: 2, Value: 3000}, {Index: 3, Value: duration}}
}

// rfEnvelope is as wide as R1 allows.
func rfEnvelope() protocol.Envelope {
	return protocol.Envelope{DosePerPin: 120_000, PulsesPerSpot: 1, Pins: 25, Ranges: []protocol.Range{
		{Index: 0, Min: 500, Max: 3500}, {Index: 1, Min: 30, Max: 120}, {Index: 2, Min: 0, Max: 50_000}, {Index: 3, Min: 10, Max: 1000},
	}}
}

func needlingSettings() []protocol.Field {
	return []protocol.Field{{Index: 0, Value: 1500}, {Index: 1, Value: 7000}}
}

func needlingEnvelope() protocol.Envelope {
	return protocol.Envelope{PulsesPerSpot: 1, Pins: 12, Ranges: []protocol.Range{{Index: 0, Min: 0, Max: 2500}, {Index: 1, Min: 3000, Max: 9000}}}
}

// set puts envelope and settings and returns their hash.
func (c *console) set(e protocol.Envelope, generation uint32, fields []protocol.Field) [8]byte {
	c.t.Helper()
	if m, ok := c.ask(&protocol.PutEnvelope{Envelope: e, Role: protocol.RoleClinician}).(*protocol.EnvelopeReply); !ok {
		c.t.Fatalf("PUT_ENVELOPE got %#v", m)
	}
	m, ok := c.ask(&protocol.PutSettings{Generation: generation, Fields: fields, Role: protocol.RoleClinician}).(*protocol.SettingsReply)
	if !ok || !m.Applied {
		c.t.Fatalf("PUT_SETTINGS got %#v", m)
	}
	return m.Hash
}

var treatment = [16]byte{1, 2, 3}

// command is an ARM that the pen should take.
func (c *console) command(id uint64, hash [8]byte) *protocol.Arm {
	return &protocol.Arm{CommandID: id, SettingsHash: hash, TreatmentID: treatment, NotAfter: c.status().Clock.Add(400 * time.Millisecond), Role: protocol.RoleClinician}
}

// arm arms with the command id.
func (c *console) arm(id uint64, hash [8]byte) {
	c.t.Helper()
	r, ok := c.ask(c.command(id, hash)).(*protocol.Result)
	if !ok || r.Outcome != protocol.OutcomeDone {
		c.t.Fatalf("ARM got %+v", r)
	}
}

// ready brings a fresh pen to READY with leases coming.
func (b *bench) ready(e protocol.Envelope, fields []protocol.Field) *console {
	b.t.Helper()
	c := b.console()
	b.sleep(150 * time.Millisecond) // self-test
	c.hello(1)
	hash := c.set(e, 1, fields)
	c.arm(armID, hash)
	c.keepLeasing(armID)
	return c
}

const armID = 0x51

func (b *bench) sleep(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// do fails the test if the hand could not do it.
func (b *bench) do(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// within reads something of the pen on its own goroutine: the pen goes on, and
// time that passes orders nothing between it and the test.
func within[T any](b *bench, read func(fw *firmware) T) (v T) {
	b.t.Helper()
	b.do(b.pen.call(func() { v = read(b.pen.fw) }))
	return v
}

// strokes is how many the motor has made.
func (b *bench) strokes() int64 {
	b.t.Helper()
	return within(b, func(fw *firmware) int64 { return int64(fw.plant.strokes) })
}

// bootNumber is the number of the pen's boot.
func (b *bench) bootNumber() uint32 {
	b.t.Helper()
	return within(b, func(fw *firmware) uint32 { return fw.nv.counters.boot })
}

// since returns the changes from index on.
func (b *bench) since(from int) []Change {
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.changes[from:])
}

func (b *bench) mark() int {
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.changes)
}

// last is the newest change.
func (b *bench) last() Change {
	b.t.Helper()
	list := b.since(0)
	if len(list) == 0 {
		b.t.Fatal("no change")
	}
	return list[len(list)-1]
}

// find returns the first change from index on for which ok holds.
func (b *bench) find(from int, what string, ok func(Change) bool) Change {
	b.t.Helper()
	for _, c := range b.since(from) {
		if ok(c) {
			return c
		}
	}
	b.t.Fatalf("no change with %s in %+v", what, b.since(from))
	return Change{}
}
