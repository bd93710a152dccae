package conformance

import (
	"fmt"
	"io"
	"sync"
	"time"

	"stipple/protocol"
)

// arrival is one frame that the pen has sent.
type arrival struct {
	at time.Time
	protocol.Header
	payload []byte
	msg     protocol.Message // nil: it does not decode
}

// line is one open port: a reader that keeps what comes, and a writer that
// sends whatever it is told to.
type line struct {
	rw    io.ReadWriteCloser
	watch *watch
	ended chan struct{} // closed when the reader has ended

	writing sync.Mutex // one frame at a time: a case and its leaser

	mu      sync.Mutex
	got     []arrival
	gone    int           // how many were forgotten in front of got
	live    time.Time     // when the newest live frame came
	silence time.Duration // the longest between two of them, since it was asked for
	changed chan struct{} // closed by the next arrival or the end
	failed  error
}

func newLine(rw io.ReadWriteCloser, w *watch) *line {
	l := &line{rw: rw, watch: w, ended: make(chan struct{}), changed: make(chan struct{})}
	go l.readAll()
	return l
}

// close ends the port and waits for the reader.
func (l *line) close() {
	// What a port says to being closed is of no use: nothing follows.
	_ = l.rw.Close()
	<-l.ended
}

func (l *line) readAll() {
	defer close(l.ended)
	var dec protocol.Decoder
	buf := make([]byte, 4096)
	for {
		n, err := l.rw.Read(buf)
		for rest := buf[:n]; len(rest) > 0; {
			var f protocol.Frame
			var why error
			if f, rest, why = dec.Next(rest); why == nil {
				l.take(f)
			} else if why != protocol.ErrIncomplete {
				l.watch.dropped(why)
			}
		}
		if err != nil {
			l.fail(err)
			return
		}
	}
}

func (l *line) take(f protocol.Frame) {
	a := arrival{at: time.Now(), Header: f.Header, payload: append([]byte(nil), f.Payload...)}
	if m, err := protocol.Decode(f); err == nil {
		a.msg = m
	}
	l.watch.see(a)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.got = append(l.got, a)
	if a.Lane == protocol.LaneLive {
		if !l.live.IsZero() {
			l.silence = max(l.silence, a.at.Sub(l.live))
		}
		l.live = a.at
	}
	l.wake()
}

// takeSilence returns the longest time without a live frame since the last call.
func (l *line) takeSilence() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	d := l.silence
	if !l.live.IsZero() {
		d = max(d, time.Since(l.live))
	}
	l.silence, l.live = 0, time.Time{}
	return d
}

func (l *line) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed == nil {
		l.failed = fmt.Errorf("%w: %w", ErrLink, err)
	}
	l.wake()
}

// wake tells whoever waits. The caller holds mu.
func (l *line) wake() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// since returns what has come from the mark on, a channel that is closed when
// there is more, and why nothing more will come.
func (l *line) since(mark int) ([]arrival, <-chan struct{}, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	from := min(max(mark-l.gone, 0), len(l.got))
	return l.got[from:], l.changed, l.failed
}

// mark is where the next frame will stand.
func (l *line) mark() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.gone + len(l.got)
}

// forget drops what has come so far, so that hours need no more than a case.
func (l *line) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gone += len(l.got)
	l.got = nil
}

// newest is the newest STATUS of the session.
func (l *line) newest(session uint32) (protocol.Status, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := len(l.got) - 1; i >= 0; i-- {
		if s, ok := l.got[i].msg.(*protocol.Status); ok && l.got[i].Session == session {
			return *s, true
		}
	}
	return protocol.Status{}, false
}

// write writes b as it is. A driver that does not take it counts as a lost
// link: closing the port frees the call.
func (l *line) write(b []byte) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	late := time.AfterFunc(writeLimit, func() { _ = l.rw.Close() })
	defer late.Stop()
	for len(b) > 0 {
		n, err := l.rw.Write(b)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrLink, err)
		}
		b = b[n:]
	}
	return nil
}
