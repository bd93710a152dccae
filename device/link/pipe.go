package link

import (
	"io"
	"sync"
)

// PipeCapacity is how many bytes a Pipe holds in each direction before Write
// blocks. A Linux pseudo-terminal blocks after 16,896 bytes; a pipe is a stand
// in for one, so it is as generous and no more.
const PipeCapacity = 16896

// Pipe returns the two ends of a serial line in memory, with a buffer in each
// direction.
//
// Read waits until there is something, and returns what there is; it never
// returns 0, nil for a non-empty p. Write waits for room, as a port does whose
// other end has stopped reading. Close of one end gives the other end io.EOF
// once it has read what was in flight, and io.ErrClosedPipe to its writes; the
// closed end gets io.ErrClosedPipe for everything, also in calls that were
// already waiting. Close never fails and may be repeated.
func Pipe() (a, b io.ReadWriteCloser) {
	ab, ba := newWire(), newWire()
	return &end{in: ba, out: ab}, &end{in: ab, out: ba}
}

// wire is one direction of a pipe.
type wire struct {
	mu   sync.Mutex
	cond *sync.Cond
	buf  []byte
	// noWriter: the writing end is closed, what is buffered may still be read.
	// noReader: the reading end is closed, nothing more goes in or out.
	noWriter, noReader bool
}

func newWire() *wire {
	w := &wire{}
	w.cond = sync.NewCond(&w.mu)
	return w
}

func (w *wire) read(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.buf) == 0 && !w.noWriter && !w.noReader {
		w.cond.Wait()
	}
	if w.noReader {
		return 0, io.ErrClosedPipe
	}
	if len(w.buf) == 0 {
		return 0, io.EOF
	}
	n := copy(p, w.buf)
	w.buf = w.buf[:copy(w.buf, w.buf[n:])]
	w.cond.Broadcast()
	return n, nil
}

func (w *wire) write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	written := 0
	for {
		if w.noWriter || w.noReader {
			return written, io.ErrClosedPipe
		}
		n := min(len(p)-written, PipeCapacity-len(w.buf))
		if n > 0 {
			w.buf = append(w.buf, p[written:written+n]...)
			written += n
			w.cond.Broadcast()
		}
		if written == len(p) {
			return written, nil
		}
		w.cond.Wait()
	}
}

func (w *wire) shut(flag *bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	*flag = true
	w.cond.Broadcast()
}

// end is one end of a pipe.
type end struct{ in, out *wire }

// Read implements io.Reader.
func (e *end) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	return e.in.read(p)
}

// Write implements io.Writer.
func (e *end) Write(p []byte) (int, error) { return e.out.write(p) }

// Close implements io.Closer.
func (e *end) Close() error {
	e.in.shut(&e.in.noReader)
	e.out.shut(&e.out.noWriter)
	return nil
}
