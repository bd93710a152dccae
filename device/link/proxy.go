package link

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

var (
	// ErrDisconnected is the end of a Proxy by its own script.
	ErrDisconnected = errors.New("disconnected by the script")
	// ErrRunning: another Proxy of the same Faults has not ended yet.
	ErrRunning = errors.New("another proxy of these faults is running")
)

// Proxy carries bytes between the two ends of one connection, both ways, and
// lets its Faults strike them.
type Proxy struct {
	f    *Faults
	ends [directionCount]io.ReadWriteCloser // by the direction that leads to it
	ways [directionCount]way

	readers, writers [directionCount]chan struct{} // wake; capacity 1
	timer            chan struct{}                 // wakes Run; capacity 1
	quit             chan struct{}                 // closed when all is to end

	mu    sync.Mutex // guards what follows; taken after f.mu
	cause error
	over  bool // quit is closed
}

// NewProxy makes a proxy with faults of its own. See Faults for a line that is
// connected again.
func NewProxy(toPen, toConsole io.ReadWriteCloser, cfg ProxyConfig) *Proxy {
	return NewFaults(cfg).Proxy(toPen, toConsole)
}

// Proxy makes the proxy of one connection: what is written to toPen reaches
// the pen, what is written to toConsole the console. It does nothing before Run.
func (f *Faults) Proxy(toPen, toConsole io.ReadWriteCloser) *Proxy {
	p := &Proxy{f: f, timer: make(chan struct{}, 1), quit: make(chan struct{})}
	p.ends = [directionCount]io.ReadWriteCloser{ToPen: toPen, ToConsole: toConsole}
	for d := range p.ways {
		p.ways[d] = way{f: f, dir: Direction(d)}
		p.readers[d], p.writers[d] = make(chan struct{}, 1), make(chan struct{}, 1)
	}
	return p
}

// Run carries bytes until ctx ends (nil), the script disconnects
// (ErrDisconnected), or an end fails or is closed, which is the error then,
// io.EOF for a close: what is on its way to the other end still arrives. Both
// ends are closed when it returns, also with ErrRunning. It can't be run again.
func (p *Proxy) Run(ctx context.Context) error {
	if !p.f.claim(p) {
		p.end(ErrRunning)
		return p.cause
	}
	var workers sync.WaitGroup
	for d := range Direction(directionCount) {
		workers.Go(func() { p.read(d) })
		workers.Go(func() { p.write(d) })
	}
	p.watch(ctx)
	workers.Wait()
	p.f.unclaim()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cause
}

// claim takes note of the proxy that runs now; false: there is one already.
func (f *Faults) claim(p *Proxy) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.running != nil {
		return false
	}
	f.running = p
	if f.start.IsZero() {
		f.start = time.Now()
	}
	f.skip(time.Since(f.start))
	return true
}

func (f *Faults) unclaim() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.running = nil
}

// watch sees to disconnects and to ctx until all is to end.
func (p *Proxy) watch(ctx context.Context) {
	for {
		p.f.mu.Lock()
		t := p.now()
		now, next, more := p.f.disconnect(t)
		p.f.mu.Unlock()
		if now {
			p.disconnect()
			return
		}
		switch p.wait(ctx.Done(), p.timer, next-t, more) {
		case stopped:
			p.end(nil)
			return
		case quitting:
			return
		}
	}
}

// now is the time since the start of the faults; f.mu is held.
func (p *Proxy) now() time.Duration { return time.Since(p.f.start) }

func (p *Proxy) disconnect() {
	if p.end(ErrDisconnected) {
		p.f.mu.Lock()
		p.f.disconnects++
		p.f.mu.Unlock()
	}
}

// end ends everything at once. The first cause counts; it says whether that
// was this one.
func (p *Proxy) end(cause error) (first bool) {
	p.mu.Lock()
	if p.over {
		p.mu.Unlock()
		return false
	}
	p.over = true
	if p.cause == nil {
		p.cause, first = cause, true
	}
	p.mu.Unlock()
	close(p.quit)
	for _, e := range p.ends {
		// The link is over; what an end says to its close changes nothing.
		_ = e.Close()
	}
	return first
}

// lost notes why an end is gone, without ending anything yet.
func (p *Proxy) lost(d Direction, err error) {
	name := "pen's end"
	if d == ToConsole {
		name = "console's end"
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cause == nil && !p.over {
		p.cause = fmt.Errorf("%s: %w", name, err)
	}
}

// wake makes everything look again.
func (p *Proxy) wake() {
	signal(p.timer)
	for d := range p.ways {
		signal(p.readers[d])
		signal(p.writers[d])
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// woken is why a wait has ended.
type woken uint8

const (
	lookAgain woken = iota
	stopped
	quitting
)

// wait waits for a stop, a wake, the proxy's end, or until after has passed if
// timed.
func (p *Proxy) wait(stop <-chan struct{}, wake <-chan struct{}, after time.Duration, timed bool) woken {
	var fires <-chan time.Time
	if timed {
		t := time.NewTimer(after)
		defer t.Stop()
		fires = t.C
	}
	select {
	case <-p.quit:
		return quitting
	case <-stop:
		return stopped
	case <-wake:
	case <-fires:
	}
	return lookAgain
}

// read takes what the end opposite to d's sends, until it fails.
func (p *Proxy) read(d Direction) {
	w, from := &p.ways[d], d.opposite()
	defer func() {
		p.f.mu.Lock()
		w.ended = true
		p.f.mu.Unlock()
		signal(p.writers[d])
	}()
	buf := make([]byte, readBuffer)
	for p.mayRead(d) {
		n, err := p.ends[from].Read(buf)
		if n > 0 && !p.arrived(d, buf[:n]) {
			return
		}
		if err != nil {
			p.lost(from, err)
			return
		}
	}
}

// mayRead waits until more may be read; false: never.
func (p *Proxy) mayRead(d Direction) bool {
	for {
		p.f.mu.Lock()
		t := p.now()
		ok, again := p.ways[d].room(t)
		p.f.mu.Unlock()
		if ok {
			select {
			case <-p.quit:
				return false
			default:
				return true
			}
		}
		if p.wait(nil, p.readers[d], again-t, again != 0) == quitting {
			return false
		}
	}
}

// arrived hands over bytes that were read. A stall that began while Read was
// waiting holds them as if they had not been read yet.
func (p *Proxy) arrived(d Direction, b []byte) bool {
	for {
		p.f.mu.Lock()
		t := p.now()
		end, still := p.f.stalled(StallRead, d, t)
		if !still || p.ways[d].gone {
			cut := p.ways[d].arrive(t, b)
			p.f.mu.Unlock()
			if cut {
				p.disconnect()
				return false
			}
			signal(p.writers[d])
			return true
		}
		p.f.mu.Unlock()
		if p.wait(nil, p.readers[d], end-t, end != 0) == quitting {
			return false
		}
	}
}

// write gives to d's end what is due, until nothing more comes or it fails.
func (p *Proxy) write(d Direction) {
	buf := make([]byte, 0, driverBuffer)
	for {
		p.f.mu.Lock()
		t := p.now()
		out, next, more := p.ways[d].take(t, buf)
		p.f.stats[d].BytesOut += uint64(len(out))
		done := len(out) == 0 && p.ways[d].empty()
		p.f.mu.Unlock()
		switch {
		case done:
			p.end(nil)
			return
		case len(out) > 0:
			if !p.give(d, out) {
				return
			}
			signal(p.readers[d])
		case p.wait(nil, p.writers[d], next-t, more) == quitting:
			return
		}
	}
}

// give writes to d's end. Where that fails, the other direction, which reads
// from the same end, still delivers what it has.
func (p *Proxy) give(d Direction, out []byte) bool {
	if p.f.tap != nil {
		p.f.tap(d, time.Now(), out)
	}
	if _, err := p.ends[d].Write(out); err != nil {
		p.lost(d, err)
		_ = p.ends[d].Close()
		back := d.opposite()
		p.f.mu.Lock()
		p.ways[back].gone = true
		p.f.mu.Unlock()
		signal(p.readers[back])
		return false
	}
	return true
}
