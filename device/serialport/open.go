package serialport

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"sync"
	"time"

	"go.bug.st/serial"

	"stipple/device"
)

const (
	// DefaultBaud is for a real serial line; native USB ignores it. It is the
	// slowest on which the link keeps its budgets.
	DefaultBaud = 115200
	// ReadTimeout is how long a read waits for a byte. It bounds how long Close
	// has to wait for a reader, and costs a wake-up each time it passes.
	ReadTimeout = 50 * time.Millisecond
	// CloseWait is how long Close waits for a call that is in the driver: a
	// read is back by then, and a write that is not hangs.
	CloseWait = ReadTimeout + 10*time.Millisecond
)

// Opener returns what a supervisor calls to open a port.
func Opener(baud int) func(context.Context, device.Port) (io.ReadWriteCloser, error) {
	return func(_ context.Context, p device.Port) (io.ReadWriteCloser, error) { return Open(p, baud) }
}

// Open opens a port for this program alone, raw, 8N1; baud 0 is DefaultBaud.
// Errors: *device.BusyError, *device.PermissionError, *device.PortGoneError,
// *device.NotPortError. Errors of the open port are *device.PortGoneError
// where it was unplugged, and io.ErrClosedPipe after Close.
func Open(p device.Port, baud int) (io.ReadWriteCloser, error) {
	if baud == 0 {
		baud = DefaultBaud
	}
	lock, err := acquire(p)
	if err != nil {
		return nil, err
	}
	sp, err := serial.Open(p.Path, &serial.Mode{BaudRate: baud, DataBits: 8})
	if err == nil {
		err = sp.SetReadTimeout(ReadTimeout)
		if err != nil {
			err = errors.Join(err, sp.Close())
		}
	}
	if err != nil {
		return nil, errors.Join(openError(p, err), lock.release())
	}
	return &conn{id: p, port: sp, lock: lock, idle: make(chan struct{})}, nil
}

// openError gives an error of opening its type.
func openError(p device.Port, err error) error {
	var coded *serial.PortError
	if errors.As(err, &coded) {
		switch coded.Code() {
		case serial.PortBusy:
			return &device.BusyError{Port: p, Cause: err}
		case serial.PermissionDenied:
			return denied(p, err)
		case serial.PortNotFound:
			return &device.PortGoneError{Port: p, Cause: err}
		}
		if isGone(err) {
			return &device.PortGoneError{Port: p, Cause: err}
		}
		return &device.NotPortError{Port: p, Cause: err}
	}
	switch {
	case isBusy(err):
		return &device.BusyError{Port: p, Cause: err}
	case errors.Is(err, fs.ErrPermission):
		return denied(p, err)
	case errors.Is(err, fs.ErrNotExist), isGone(err):
		return &device.PortGoneError{Port: p, Cause: err}
	}
	return &device.NotPortError{Port: p, Cause: err}
}

// conn is an open port. The library closes the file descriptor under a call
// that is about to use it, and the number may be another file's by then; so
// Close lets calls leave first, and none starts after it.
type conn struct {
	id   device.Port
	port serial.Port
	lock lock

	mu      sync.Mutex
	calls   int
	closed  bool
	waiting bool          // Close waits for calls to leave
	idle    chan struct{} // closed when the last call has left after Close
}

// enter counts a call in, unless the port is closed.
func (c *conn) enter() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return io.ErrClosedPipe
	}
	c.calls++
	return nil
}

// leave counts a call out and gives its error a type.
func (c *conn) leave(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls--
	if c.waiting && c.calls == 0 {
		c.waiting = false
		close(c.idle)
	}
	if err != nil && c.closed {
		return io.ErrClosedPipe
	}
	if err != nil {
		// Whatever it is: on an open port only unplugging makes errors, and
		// some systems give it raw numbers.
		return &device.PortGoneError{Port: c.id, Cause: err}
	}
	return nil
}

// Read returns what is there, or 0 and no error after ReadTimeout.
func (c *conn) Read(p []byte) (int, error) {
	if err := c.enter(); err != nil {
		return 0, err
	}
	n, err := c.port.Read(p)
	return n, c.leave(err)
}

// Write writes p, or what the driver takes of it.
func (c *conn) Write(p []byte) (int, error) {
	if err := c.enter(); err != nil {
		return 0, err
	}
	n, err := c.port.Write(p)
	return n, c.leave(err)
}

// Close lets running calls leave, for at most twice CloseWait, and closes the
// port. Output that keeps a write in the driver is discarded.
func (c *conn) Close() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil
	}
	c.closed = true
	busy := c.calls > 0
	c.waiting = busy
	c.mu.Unlock()
	var flushed error
	if busy && !c.wait() {
		flushed = c.port.ResetOutputBuffer()
		c.wait()
	}
	if err := errors.Join(c.port.Close(), c.lock.release()); err != nil {
		return errors.Join(err, flushed)
	}
	return nil
}

// wait waits for the last call to leave and says whether it has.
func (c *conn) wait() bool {
	patience := time.NewTimer(CloseWait)
	defer patience.Stop()
	select {
	case <-c.idle:
		return true
	case <-patience.C:
		return false
	}
}
