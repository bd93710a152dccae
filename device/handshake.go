package device

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"stipple/protocol"
)

// DescriptorCache keeps descriptors by their hash, so that a pen that comes
// back is known at once. What it returns is hashed again by its user. It may
// be used by several goroutines.
type DescriptorCache struct {
	mu  sync.Mutex
	raw map[[32]byte][]byte
}

// maxDescriptors bounds the cache: a clinic has a handful of models, and a
// device that invents one for each hello must not fill the memory.
const maxDescriptors = 16

// NewDescriptorCache makes an empty cache.
func NewDescriptorCache() *DescriptorCache {
	return &DescriptorCache{raw: make(map[[32]byte][]byte)}
}

func (c *DescriptorCache) get(hash [32]byte) []byte {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.raw[hash]
}

func (c *DescriptorCache) put(hash [32]byte, raw []byte) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.raw) >= maxDescriptors {
		clear(c.raw)
	}
	c.raw[hash] = raw
}

// connect takes a fresh connection to a session that is ready for use.
func (s *Session) connect(ctx context.Context, nonce uint64) error {
	ack, err := s.hello(ctx, nonce)
	if err != nil {
		return err
	}
	if ack.Simulated && s.opt.Port.USB() {
		return &SimulatedError{Port: s.opt.Port}
	}
	info := Info{
		Model: ack.Model, Serial: ack.Serial, Firmware: ack.Firmware, Simulated: ack.Simulated,
		Boot: ack.Boot, Major: ack.Major, Minor: ack.Minor, Port: s.opt.Port,
	}
	if info.Descriptor, err = s.descriptor(ctx, ack); err != nil {
		var refused *DescriptorError
		if !errors.As(err, &refused) {
			return err
		}
		info.Monitor, info.MonitorReason = true, err
	}
	if ack.Major != protocol.Major {
		info.Monitor, info.MonitorReason = true, &MajorError{Pen: ack.Major, Console: protocol.Major}
	}
	s.mu.Lock()
	s.info = info
	s.mu.Unlock()
	if !info.Monitor {
		if err := s.prepare(ctx); err != nil {
			return err
		}
	}
	select {
	case <-s.status.first:
		s.mu.Lock()
		s.ready = !info.Monitor
		s.mu.Unlock()
		return nil
	case <-s.quit:
		return s.quitError()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// quitError is why the session is ending.
func (s *Session) quitError() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cause
}

// hello asks what is on the port for a session. The answer opens it in the
// reader, so that the STATUS behind it is not missed.
//
// Model: HelloSent.
func (s *Session) hello(ctx context.Context, nonce uint64) (*protocol.HelloAck, error) {
	r := &request{
		msg:   &protocol.Hello{MajorMin: protocol.Major, MajorMax: protocol.Major, Nonce: nonce},
		hello: true,
		answers: func(m protocol.Message) bool {
			ack, ok := m.(*protocol.HelloAck)
			return ok && ack.Nonce == nonce
		},
	}
	m, err := s.ask(ctx, &s.command, r)
	if err == nil {
		return m.(*protocol.HelloAck), nil
	}
	if !errors.Is(err, ErrNoReply) {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stats.WrongSession > 0 { // a pen is there, in a session that is not ours
		return nil, &LinkLostError{Cause: fmt.Errorf("hello: %w", err)}
	}
	return nil, &NotPenError{Port: s.opt.Port, Bytes: s.stats.Bytes, Dropped: s.stats.Wire.Dropped}
}

// onHelloAck opens the session in the reader.
//
// Model: HelloAcked.
func (s *Session) onHelloAck(at time.Duration, f protocol.Frame) {
	r := s.command.first()
	if s.opened || r == nil || !r.hello {
		s.stats.WrongAck++
		return
	}
	var ack protocol.HelloAck
	if ack.DecodePayload(f.Payload) != nil {
		s.stats.BadPayload++
		return
	}
	if r.sends == 0 || f.Flags&protocol.HasAck == 0 || f.Ack != r.seq || !r.answers(&ack) ||
		f.Session != 0 && f.Session != ack.Session {
		s.stats.WrongAck++
		return
	}
	s.opened, s.id, s.fluent = true, ack.Session, ack.Major == protocol.Major
	s.lastGood, s.status.at = at, at
	s.command.seq, s.bulk.seq = 0, 0
	s.clock.next = at
	s.onReply(at, &s.command, f)
}

// descriptor reads what the pen can do. A *DescriptorError is a descriptor
// that is refused; any other error is the link's.
func (s *Session) descriptor(ctx context.Context, ack *protocol.HelloAck) (*protocol.Descriptor, error) {
	if raw := s.opt.Descriptors.get(ack.DescriptorSHA256); raw != nil {
		if d, err := protocol.ParseDescriptor(raw, ack.DescriptorSHA256); err == nil {
			return d, nil
		}
	}
	size := int(ack.DescriptorLength)
	if size == 0 || size > protocol.MaxDescriptor {
		return nil, &DescriptorError{fmt.Errorf("%w: %d bytes, 1 to %d allowed", protocol.ErrDescriptor, size, protocol.MaxDescriptor)}
	}
	raw := make([]byte, 0, size)
	for len(raw) < size {
		chunk, err := s.chunk(ctx, len(raw))
		if err != nil {
			return nil, err
		}
		if len(chunk) == 0 || len(chunk) > size-len(raw) {
			return nil, &DescriptorError{fmt.Errorf("%w: %d bytes at %d of %d", protocol.ErrDescriptor, len(chunk), len(raw), size)}
		}
		raw = append(raw, chunk...)
	}
	d, err := protocol.ParseDescriptor(raw, ack.DescriptorSHA256)
	if err != nil {
		return nil, &DescriptorError{err}
	}
	s.opt.Descriptors.put(ack.DescriptorSHA256, raw)
	return d, nil
}

// chunk reads one part of the descriptor. The read is stateless on the pen, so
// it may be asked for again and again.
func (s *Session) chunk(ctx context.Context, offset int) ([]byte, error) {
	for try := 1; ; try++ {
		r := &request{
			msg: &protocol.DescriptorRead{Offset: uint16(offset), Max: protocol.MaxChunk},
			answers: func(m protocol.Message) bool {
				c, ok := m.(*protocol.DescriptorChunk)
				return ok && int(c.Offset) == offset
			},
		}
		m, err := s.ask(ctx, &s.bulk, r)
		var refused *RefusedError
		switch {
		case err == nil:
			return m.(*protocol.DescriptorChunk).Data, nil
		case errors.As(err, &refused):
			return nil, &DescriptorError{fmt.Errorf("%w: %w", protocol.ErrDescriptor, err)}
		case errors.Is(err, ErrNoReply) && try < chunkTries:
		case errors.Is(err, ErrNoReply):
			return nil, &LinkLostError{Cause: fmt.Errorf("read descriptor: %w", err)}
		default:
			return nil, err
		}
	}
}

// prepare reads what a full session starts from.
func (s *Session) prepare(ctx context.Context) error {
	if s.opt.StatusRate != 0 {
		if _, err := s.SetRate(ctx, s.opt.StatusRate); err != nil {
			return fmt.Errorf("set status rate: %w", err)
		}
	}
	m, err := s.ask(ctx, &s.command, &request{msg: &protocol.TipRead{}, answers: is[*protocol.TipInfo]})
	if err != nil {
		return fmt.Errorf("read tip: %w", linkError(err))
	}
	s.mu.Lock()
	s.tip.info, s.tip.known = *m.(*protocol.TipInfo), true
	s.mu.Unlock()
	if _, err := s.ReadBack(ctx); err != nil {
		return fmt.Errorf("read settings: %w", linkError(err))
	}
	return nil
}

// linkError makes a lost link of a missing reply, where nothing can go on
// without it.
func linkError(err error) error {
	if errors.Is(err, ErrNoReply) {
		return &LinkLostError{Cause: err}
	}
	return err
}

// SetRate asks for a number of STATUS a second, from protocol.StatusRate to
// protocol.MaxStatusRate, and returns what the pen grants. A *RateError is a
// rate that does not exist or that would take over a fifth of a serial line.
func (s *Session) SetRate(ctx context.Context, perSecond int) (granted int, err error) {
	most := protocol.MaxStatusRate
	if s.opt.Baud > 0 {
		most = min(most, s.opt.Baud*lineShare/100/(bitsPerByte*statusWire))
	}
	if perSecond < protocol.StatusRate || perSecond > most {
		return 0, &RateError{Asked: perSecond, Max: most}
	}
	s.mu.Lock()
	err = s.mayCommand()
	s.mu.Unlock()
	if err != nil {
		return 0, err
	}
	m, err := s.ask(ctx, &s.command, &request{msg: &protocol.SetRate{PerSecond: uint16(perSecond)}, answers: is[*protocol.Rate]})
	if err != nil {
		return 0, err
	}
	return int(m.(*protocol.Rate).PerSecond), nil
}
