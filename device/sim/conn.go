package sim

import (
	"io"
	"slices"
	"sync"

	"stipple/protocol"
)

// conn is one connection of the link: a reader and a writer goroutine with
// bounded queues between them and the pen. Neither ever waits for the pen, and
// the pen never waits for them.
type conn struct {
	rw          io.ReadWriteCloser
	wake        func() // tells the pen that something came
	keepsClears bool   // the pen has flawClearOutlives

	mu   sync.Mutex
	in   [protocol.LaneCount][]protocol.Frame
	busy []protocol.Header // refused because the queue was full
	out  [protocol.LaneCount][][]byte
	// Counts of the reader, added to the pen's when it looks.
	flooded, overtaken uint64
	frames             protocol.Stats
	finished           bool

	outReady chan struct{} // capacity 1
	done     chan struct{} // closed with the connection
	workers  sync.WaitGroup
}

func startConn(rw io.ReadWriteCloser, wake func(), keepsClears bool) *conn {
	c := &conn{rw: rw, wake: wake, keepsClears: keepsClears, outReady: make(chan struct{}, 1), done: make(chan struct{})}
	c.workers.Go(c.readAll)
	c.workers.Go(c.writeAll)
	return c
}

// shut closes the connection; workers end soon after. It may be repeated.
func (c *conn) shut() {
	c.mu.Lock()
	finished := c.finished
	c.finished = true
	c.mu.Unlock()
	if !finished {
		close(c.done)
		// What the other end of a failed line says to a close is of no use to
		// a pen.
		_ = c.rw.Close()
		c.wake()
	}
}

// ended says whether the connection is closed or has failed.
func (c *conn) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// readAll decodes what comes until the connection fails.
func (c *conn) readAll() {
	defer c.shut()
	var dec protocol.Decoder
	buf := make([]byte, 4096)
	for {
		n, err := c.rw.Read(buf)
		rest := buf[:n]
		for len(rest) > 0 {
			var f protocol.Frame
			var why error
			f, rest, why = dec.Next(rest)
			// Counted before it is queued: who sees a frame handled also finds it,
			// and what was dropped before it, in the counts.
			c.mu.Lock()
			c.frames = dec.Stats()
			c.mu.Unlock()
			if why == nil {
				f.Payload = append([]byte(nil), f.Payload...)
				c.queue(f)
			}
		}
		if err != nil {
			return
		}
	}
}

// queue puts a frame where the pen finds it. A full queue costs: on the stop
// lane the oldest, what is no ESTOP first, since one stop is as good as another;
// on the live lane the oldest; elsewhere the new one, which is answered BUSY.
//
// Model: CommandQueued.
func (c *conn) queue(f protocol.Frame) {
	limits := [protocol.LaneCount]int{stopQueue, commandQueue, bulkQueue, liveQueue}
	lane := f.Lane // where it waits; the frame keeps what it says
	switch {
	case f.Type == protocol.TypeStop:
		lane = protocol.LaneStop // whichever it came on, it waits for nothing
	case lane >= protocol.LaneCount:
		lane = protocol.LaneLive // the pen counts it as on the wrong lane
	}
	c.mu.Lock()
	if f.Type == protocol.TypeStop && !c.keepsClears {
		c.forgetClears()
	}
	q := &c.in[lane]
	full := len(*q) >= limits[lane]
	switch {
	case !full:
		*q = append(*q, f)
	case lane == protocol.LaneStop || lane == protocol.LaneLive:
		i := displaced(*q)
		copy((*q)[i:], (*q)[i+1:])
		(*q)[len(*q)-1] = f
		c.flooded++
	case len(c.busy) < busyQueue:
		c.busy = append(c.busy, f.Header)
	default:
		c.flooded++
	}
	c.mu.Unlock()
	c.wake()
}

// forgetClears drops each CLEAR that waits: ESTOP overtakes it, and it must not
// take away what it was sent before. Its seq counts as never seen. The mutex is
// held.
//
// Model: StopArrives.
func (c *conn) forgetClears() {
	q := &c.in[protocol.LaneCommand]
	before := len(*q)
	*q = slices.DeleteFunc(*q, func(f protocol.Frame) bool { return f.Type == protocol.TypeClear })
	c.overtaken += uint64(before - len(*q))
}

// displaced is the place of the frame that goes when a queue is full: the
// oldest, but no ESTOP as long as there is anything else. Else a flood on the
// stop lane itself would carry a stop away.
func displaced(q []protocol.Frame) int {
	for i, f := range q {
		if f.Type != protocol.TypeStop {
			return i
		}
	}
	return 0
}

// take returns the next frame, of the most urgent lane that budget still
// allows.
func (c *conn) take(budget *[protocol.LaneCount]int) (protocol.Frame, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for lane := range c.in {
		if q := c.in[lane]; len(q) > 0 && budget[lane] > 0 {
			budget[lane]--
			f := q[0]
			c.in[lane] = q[:copy(q, q[1:])]
			return f, true
		}
	}
	return protocol.Frame{}, false
}

// stops takes what came on the stop lane and nobody has handled yet.
func (c *conn) stops() (list []protocol.Frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	list = c.in[protocol.LaneStop]
	c.in[protocol.LaneStop] = nil
	return list
}

// refused takes the headers of the frames that found a full queue, how many
// frames were dropped without a word since the last call, and how many CLEAR were
// overtaken by a stop.
func (c *conn) refused() (busy []protocol.Header, flooded, overtaken uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	busy, flooded, overtaken = c.busy, c.flooded, c.overtaken
	c.busy, c.flooded, c.overtaken = nil, 0, 0
	return busy, flooded, overtaken
}

// waiting says whether frames are left, for which there was no budget.
func (c *conn) waiting() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, q := range c.in {
		if len(q) > 0 {
			return true
		}
	}
	return false
}

// send queues a frame for the writer; the oldest of its lane goes when it is
// full, which shows as a gap in the seq.
func (c *conn) send(lane protocol.Lane, frame []byte) {
	c.mu.Lock()
	q := c.out[lane]
	if len(q) >= outQueue {
		q = q[:copy(q, q[1:])]
	}
	c.out[lane] = append(q, frame)
	c.mu.Unlock()
	select {
	case c.outReady <- struct{}{}:
	default:
	}
}

// writeAll writes one frame at a time, the most urgent first: stop, command,
// live, bulk.
func (c *conn) writeAll() {
	defer c.shut()
	for {
		frame := c.nextOut()
		if frame == nil {
			select {
			case <-c.outReady:
				continue
			case <-c.done:
				return
			}
		}
		if _, err := c.rw.Write(frame); err != nil {
			return
		}
	}
}

func (c *conn) nextOut() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, lane := range [...]protocol.Lane{protocol.LaneStop, protocol.LaneCommand, protocol.LaneLive, protocol.LaneBulk} {
		if q := c.out[lane]; len(q) > 0 {
			frame := q[0]
			c.out[lane] = q[:copy(q, q[1:])]
			return frame
		}
	}
	return nil
}
