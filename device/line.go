package device

import (
	"errors"
	"io"
	"sync/atomic"
	"time"

	"stipple/protocol"
)

// lineState counts the bytes on the line, so that a driver's buffer never
// fills and Write never blocks. Positions are bytes since the session began;
// an answer to a frame proves that everything up to its end has been read.
type lineState struct {
	written atomic.Uint64
	read    atomic.Uint64 // proved to have been read by the pen
	busy    atomic.Int64  // session clock, ns, since when Write runs; 0: it does not
	full    atomic.Int64  // session clock, ns, since when a frame has to wait for room; 0: none does
}

func (l *lineState) unacknowledged() uint64 { return l.written.Load() - l.read.Load() }

// room says whether n bytes more may go out, leaving reserve.
func (l *lineState) room(n, reserve int) bool {
	return l.unacknowledged()+uint64(n+reserve) <= protocol.MaxUnacknowledged
}

// proved records that the pen has read everything up to end. Only the reader
// calls it.
func (l *lineState) proved(end uint64) {
	if end > l.read.Load() && end <= l.written.Load() {
		l.read.Store(end)
		l.full.Store(0)
	}
}

// read is the reader: it takes what the port has and dispatches it.
func (s *Session) read() {
	defer close(s.readerDone)
	buf := make([]byte, readBuffer)
	for {
		n, err := s.conn.Read(buf)
		if n > 0 {
			s.receive(buf[:n])
		}
		if err != nil {
			s.fail(&LinkLostError{Cause: err})
			return
		}
		select {
		case <-s.quit:
			return
		default: // no bytes and no error is a read timeout
		}
	}
}

// receive decodes bytes that have arrived and handles every good frame.
func (s *Session) receive(in []byte) {
	at := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Bytes += uint64(len(in))
	for {
		f, rest, err := s.dec.Next(in)
		if errors.Is(err, protocol.ErrIncomplete) {
			break
		}
		in = rest
		if err == nil {
			s.handle(at, f)
		}
	}
	s.stats.Wire = s.dec.Stats()
	wake(s.wakeWriter)
	wake(s.wakeTimer)
}

// write is the writer. Before each frame it looks at the stop lane, which
// needs no lock; then at everything else, in the order of frame.
func (s *Session) write() {
	defer close(s.writerDone)
	buf := make([]byte, 0, protocol.MaxFrame)
	var stop stopSender
	var due *time.Timer
	var dueC <-chan time.Time
	for {
		select {
		case <-s.quit:
			return
		default:
		}
		frame, wait := stop.frame(s, buf[:0])
		if frame == nil {
			frame = s.frame(buf[:0])
		}
		if frame != nil {
			if err := s.put(frame); err != nil {
				s.fail(&LinkLostError{Cause: err})
				return
			}
			continue
		}
		if wait > 0 {
			if due == nil {
				due = time.NewTimer(wait)
			} else {
				due.Reset(wait)
			}
			dueC = due.C
		} else {
			dueC = nil
		}
		select {
		case <-s.quit:
			return
		case <-s.wakeWriter:
		case <-dueC:
		}
	}
}

// put hands one frame to the port.
func (s *Session) put(frame []byte) error {
	s.line.busy.Store(int64(max(s.now(), 1)))
	defer s.line.busy.Store(0)
	for len(frame) > 0 {
		n, err := s.conn.Write(frame)
		if err != nil {
			return err
		}
		if n <= 0 {
			return io.ErrShortWrite
		}
		frame = frame[n:]
	}
	return nil
}

// claim checks for room for a frame and counts it as written. Only the writer
// calls it.
func (s *Session) claim(frame []byte, reserve int) ([]byte, bool) {
	if !s.line.room(len(frame), reserve) {
		if s.line.full.CompareAndSwap(0, int64(max(s.now(), 1))) {
			wake(s.wakeTimer)
		}
		return nil, false
	}
	s.line.written.Add(uint64(len(frame)))
	return frame, true
}

// frame returns the next frame that is due besides ESTOP, or nil: the rest of
// the stop lane, then command, live and bulk. Frames are made here and not
// before, so that a lease carries the newest clock and nothing waits in a
// queue; with one command outstanding, commands can't starve the leases.
func (s *Session) frame(buf []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing || s.cause != nil {
		return nil
	}
	now := s.now()
	if f, ok := s.disarmFrame(now, buf); ok {
		return f
	}
	if f, ok := s.requestFrame(now, &s.command, buf); ok {
		return f
	}
	if f, ok := s.leaseFrame(now, buf); ok {
		return f
	}
	if f, ok := s.timeFrame(now, buf); ok {
		return f
	}
	f, _ := s.requestFrame(now, &s.bulk, buf)
	return f
}

// liveHeader is the header of the next live frame.
func (s *Session) liveHeader() protocol.Header {
	return protocol.Header{Seq: s.liveSeq, Session: s.id}
}
