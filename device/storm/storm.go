package storm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"stipple/protocol"
)

// Hand is what a storm does to the pen beside the link.
type Hand interface {
	// Trigger presses or releases the trigger.
	Trigger(held bool) error
	// Contact puts the tip on the skin or lifts it.
	Contact(on bool) error
	// Tip mounts a tip that the pen has not seen.
	Tip() error
	// Load puts a resistor across the tip; 0: none.
	Load(ohms protocol.Ohms) error
}

// Config says what a storm is to do. Descriptor, Line and Hand are required.
type Config struct {
	Seed       uint64
	For        time.Duration
	Descriptor *protocol.Descriptor // of the pen
	Line       io.ReadWriteCloser   // to the pen; Run closes it
	Hand       Hand
	// Progress is called about once a second, from Run; nil: never.
	Progress func(Sent)
}

// Sent counts what a storm has done and heard.
type Sent struct {
	Frames    uint64            `json:"frames"` // good or not
	Bytes     uint64            `json:"bytes"`
	Heard     uint64            `json:"heard"`    // good frames of the pen
	Sessions  uint64            `json:"sessions"` // that it has opened
	Armed     uint64            `json:"armed"`    // that it knows of
	Pulls     uint64            `json:"pulls"`    // of the trigger
	Mischiefs map[string]uint64 `json:"mischiefs"`
}

// Times of a storm.
const (
	// replyLimit is how long it waits for an answer: it is impatient, and in a
	// flood of its own making there may be none.
	replyLimit = 150 * time.Millisecond
	// leaseEvery is SPEC.md section 21.
	leaseEvery = protocol.LeaseEvery
	// longestPause is the longest that it sends nothing but leases.
	longestPause = 12 * time.Millisecond
	// gustLeast and gustMost bound how long it rages in one way.
	gustLeast = 500 * time.Millisecond
	gustMost  = 6 * time.Second
	// progressEvery is how often it tells how far it is.
	progressEvery = time.Second
)

// ErrLine means that the line to the pen failed.
var ErrLine = errors.New("line to the pen")

// Run lets the storm rage until its time is over or ctx ends, which is no
// error. It releases the trigger and stops the pen before it returns.
func Run(ctx context.Context, cfg Config) (Sent, error) {
	if len(cfg.Descriptor.Parameters) == 0 {
		return Sent{}, errors.New("a pen without parameters")
	}
	s := &storm{
		cfg: cfg, rnd: rand.New(rand.NewPCG(cfg.Seed, streamConsole)), start: time.Now(),
		news: make(chan struct{}, 1), failed: make(chan error, 1), sent: Sent{Mischiefs: make(map[string]uint64)},
	}
	ctx, cancel := context.WithTimeout(ctx, cfg.For)
	defer cancel()
	var work sync.WaitGroup
	work.Go(s.listen)
	work.Go(func() { s.fidget(ctx) })
	err := s.rage(ctx)
	cancel()
	s.put(protocol.Header{Lane: protocol.LaneStop}, &protocol.Stop{Nonce: s.rnd.Uint32()})
	_ = cfg.Hand.Trigger(false) // a hand that is gone holds nothing
	_ = cfg.Line.Close()        // and whatever it says, the line is over
	work.Wait()
	return s.counts(), err
}

// Streams of the seed: what the hand does must not hang on what the console
// sends.
const (
	streamConsole uint64 = iota + 1
	streamHand
)

// storm is one run.
type storm struct {
	cfg    Config
	rnd    *rand.Rand // of rage
	start  time.Time
	news   chan struct{} // something was heard; capacity 1
	failed chan error    // of the line; capacity 1

	// Of rage.
	session uint32
	seq     [protocol.LaneCount]uint16
	hash    [8]byte
	armID   uint32
	quiet   time.Time // no lease before
	lease   time.Time // of the next lease
	old     []kept    // frames that were sent, in this session or another
	oldAt   int
	told    time.Time
	gen     uint32
	tip     protocol.TipInfo
	gust    time.Time // until when it rages as it does
	oneIn   int       // of so many turns one is mischief; 0: none

	mu    sync.Mutex // guards what follows
	heard heard
	sent  Sent
}

// heard is what the pen has said.
type heard struct {
	ack     protocol.HelloAck
	status  protocol.Status
	valid   bool
	replies map[uint16]protocol.Message // of the command lane, by ack
}

// kept is a frame as it was sent.
type kept struct {
	h       protocol.Header
	payload []byte
}

const keptFrames = 256

func (s *storm) counts() Sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.sent
	c.Mischiefs = make(map[string]uint64, len(s.sent.Mischiefs))
	for k, v := range s.sent.Mischiefs {
		c.Mischiefs[k] = v
	}
	return c
}

// listen reads what the pen says until the line is closed.
func (s *storm) listen() {
	var dec protocol.Decoder
	buf := make([]byte, 4096)
	for {
		n, err := s.cfg.Line.Read(buf)
		for rest := buf[:n]; len(rest) > 0; {
			var f protocol.Frame
			var why error
			if f, rest, why = dec.Next(rest); why == nil {
				s.hear(f)
			}
		}
		if err != nil {
			s.fail(err)
			return
		}
	}
}

func (s *storm) fail(err error) {
	select {
	case s.failed <- fmt.Errorf("%w: %w", ErrLine, err):
	default:
	}
}

func (s *storm) hear(f protocol.Frame) {
	m, err := protocol.Decode(f)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent.Heard++
	switch m := m.(type) {
	case *protocol.HelloAck:
		s.heard = heard{ack: *m, replies: make(map[uint16]protocol.Message)}
	case *protocol.Status:
		s.heard.status, s.heard.valid = *m, true
	default:
		if f.Lane == protocol.LaneCommand && f.Flags&protocol.HasAck != 0 && s.heard.replies != nil {
			s.heard.replies[f.Ack] = m
		}
	}
	select {
	case s.news <- struct{}{}:
	default:
	}
}

// status is the newest, and whether there is one.
func (s *storm) status() (protocol.Status, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.heard.status, s.heard.valid
}

// write hands bytes to the line: so many frames, or what is left of them.
func (s *storm) write(frames int, b []byte) {
	n, err := s.cfg.Line.Write(b)
	s.mu.Lock()
	s.sent.Bytes += uint64(n)
	s.sent.Frames += uint64(frames)
	s.mu.Unlock()
	if err != nil {
		s.fail(err)
	}
}

// put sends a message as it is, and keeps it for later mischief.
func (s *storm) put(h protocol.Header, m protocol.Message) {
	h.Type = m.Type()
	s.send(h, m.AppendPayload(nil))
}

func (s *storm) send(h protocol.Header, payload []byte) {
	k := kept{h, payload}
	if len(s.old) < keptFrames {
		s.old = append(s.old, k)
	} else {
		s.old[s.oldAt%keptFrames] = k
	}
	s.oldAt++
	s.write(1, protocol.AppendFrame(nil, h, payload))
}

// header is that of the next proper frame of a lane.
func (s *storm) header(lane protocol.Lane) protocol.Header {
	h := protocol.Header{Lane: lane, Seq: s.seq[lane], Session: s.session}
	s.seq[lane]++
	return h
}

// ask sends a command and waits for its answer; nil: none came in time.
func (s *storm) ask(ctx context.Context, m protocol.Message) protocol.Message {
	h := s.header(protocol.LaneCommand)
	s.put(h, m)
	var answer protocol.Message
	s.wait(ctx, func() bool {
		answer = s.heard.replies[h.Seq]
		return answer != nil
	})
	return answer
}

// wait waits until what holds of what was heard, or replyLimit is over.
func (s *storm) wait(ctx context.Context, what func() bool) bool {
	limit := time.NewTimer(replyLimit)
	defer limit.Stop()
	for {
		s.mu.Lock()
		ok := what()
		s.mu.Unlock()
		if ok {
			return true
		}
		select {
		case <-s.news:
		case <-limit.C:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

// rage is the console: it treats, and between its leases does mischief.
func (s *storm) rage(ctx context.Context) error {
	for ctx.Err() == nil {
		select {
		case err := <-s.failed:
			return err
		default:
		}
		st, ok := s.status()
		switch {
		case !ok || s.session == 0:
			s.greet(ctx)
		case !st.State.Armed() && st.State != protocol.StateService && s.rnd.IntN(8) == 0:
			s.prepare(ctx, st)
		}
		s.renew()
		if s.fury() {
			s.mischief(ctx)
		}
		s.tell()
		pause := time.NewTimer(time.Duration(s.rnd.Int64N(int64(longestPause))))
		select {
		case <-ctx.Done():
		case <-pause.C:
		}
		pause.Stop()
	}
	return nil
}

func (s *storm) tell() {
	if s.cfg.Progress != nil && time.Since(s.told) >= progressEvery {
		s.told = time.Now()
		s.cfg.Progress(s.counts())
	}
}

// renew sends the lease that is due.
func (s *storm) renew() {
	now := time.Now()
	st, _ := s.status()
	if s.armID == 0 || now.Before(s.lease) || now.Before(s.quiet) {
		return
	}
	s.lease = now.Add(leaseEvery)
	s.put(s.header(protocol.LaneLive), &protocol.Lease{ArmID: s.armID, Clock: st.Clock})
}

// fury says whether now is the time for mischief. A storm has gusts and calms,
// so that the pen gets to treat, and treats while they begin.
func (s *storm) fury() bool {
	now := time.Now()
	if now.After(s.gust) {
		s.gust = now.Add(gustLeast + time.Duration(s.rnd.Int64N(int64(gustMost-gustLeast))))
		s.oneIn = []int{0, 40, 10, 2}[s.rnd.IntN(4)]
	}
	return s.oneIn > 0 && s.rnd.IntN(s.oneIn) == 0
}
