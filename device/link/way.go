package link

import (
	"bytes"
	"time"
)

// way is one direction of a Proxy between reading and writing: it cuts frames,
// lets the faults strike, and keeps what is under way until it is due. Times
// count from its Faults' start. It is guarded by its Faults' mu.
type way struct {
	f   *Faults
	dir Direction

	held    []byte        // the front of a frame whose end has not come
	heldAt  time.Duration // when its first byte came
	inside  bool          // the last byte that came was of a frame
	passing bool          // the frame that is coming has partly passed already
	late    []byte        // a frame that waits to be overtaken
	lateBy  time.Duration // its own delay
	lateEnd time.Duration // when it waits no longer

	queue    []parcel // first in, first out
	under    int      // bytes in queue
	lineFree time.Duration
	rate     int  // of the newest bytes on the line; 0: no limit
	ended    bool // nothing more comes
	gone     bool // what it reads from is known to be closed: no stall hides that
}

// parcel is bytes on their way.
type parcel struct {
	due   time.Duration
	bytes []byte
}

// arrive takes bytes that came at t. cut says that a frame of them was struck
// by a disconnect; neither it nor what stands behind it passes.
func (w *way) arrive(t time.Duration, in []byte) (cut bool) {
	w.expire(t)
	count := &w.f.stats[w.dir]
	count.BytesIn += uint64(len(in))
	for len(in) > 0 {
		end := bytes.IndexByte(in, 0)
		part := in
		if end >= 0 {
			part = in[:end+1]
		}
		in = in[len(part):]
		if end != 0 {
			w.inside = true
		}
		ends := end >= 0 && w.inside
		if ends {
			w.inside = false
			count.Frames++
		}
		if w.piece(t, part, ends) {
			return true
		}
	}
	return false
}

// piece takes bytes of one frame, up to its end if ends.
func (w *way) piece(t time.Duration, part []byte, ends bool) (cut bool) {
	if len(w.held) == 0 && !w.passing && w.f.wantsFrames(w.dir, t) || len(w.held) > 0 {
		if len(w.held) == 0 {
			w.heldAt = t
		}
		w.held = append(w.held, part...)
		switch {
		case ends:
			frame := w.held
			w.held = nil
			return w.frame(t, frame)
		case len(w.held) > maxHeld:
			w.release(t)
		}
		return false
	}
	w.passing = !ends && w.inside
	w.pass(t, bytes.Clone(part))
	if ends {
		w.overtaken(t)
	}
	return false
}

// pass lets bytes through that no fault of whole frames can strike.
func (w *way) pass(t time.Duration, b []byte) {
	w.f.flip(w.dir, t, b)
	w.emit(t, b, 0)
}

// release lets through what is held back.
func (w *way) release(t time.Duration) {
	b := w.held
	w.held = nil
	w.passing = w.inside
	w.pass(t, b)
}

// frame lets the faults strike a whole frame. It owns b. cut: a disconnect
// struck it.
//
// Model: FrameLost, FrameDoubled, FrameHeldBack, ReplyLost.
func (w *way) frame(t time.Duration, b []byte) (cut bool) {
	count, random := &w.f.stats[w.dir], w.f.random[w.dir]
	its := w.f.judge(w.dir, t)
	if its.disconnect {
		return true
	}
	w.f.flip(w.dir, t, b)
	if its.flip {
		b[random.IntN(len(b))] ^= 1 << random.IntN(8)
		count.Flipped++
	}
	if its.truncate {
		b = b[:random.IntN(len(b))]
		count.Truncated++
	}
	if its.drop {
		count.Dropped++
		b = nil
	}
	if its.duplicate && !its.drop {
		count.Duplicated++
		b = append(b, b...)
	}
	b = append(b, its.garbage...)
	if its.reorder && w.late == nil && len(b) > 0 {
		count.Reordered++
		w.late, w.lateBy, w.lateEnd = b, its.delay, t+reorderHold
		return false
	}
	w.emit(t, b, its.delay)
	if len(b) > 0 {
		w.overtaken(t)
	}
	return false
}

// overtaken sends the frame that waited.
//
// Model: LateFrameArrives.
func (w *way) overtaken(t time.Duration) {
	if w.late != nil {
		b := w.late
		w.late = nil
		w.emit(t, b, w.lateBy)
	}
}

// emit puts bytes on the line at t; extra is a delay of their own. It owns b.
func (w *way) emit(t time.Duration, b []byte, extra time.Duration) {
	if len(b) == 0 {
		return
	}
	extra += w.f.delay(w.dir, t)
	w.under += len(b)
	w.rate = w.f.baud(w.dir, t)
	if w.rate == 0 {
		w.push(t+extra, b)
		return
	}
	begin, slice := max(t, w.lineFree), max(1, int(int64(lineSlice)*int64(w.rate)/int64(bitsPerByte*time.Second)))
	for from := 0; from < len(b); from += slice {
		to := min(from+slice, len(b))
		w.push(begin+lineTime(to, w.rate)+extra, b[from:to])
	}
	w.lineFree = begin + lineTime(len(b), w.rate)
}

// lineTime is how long n bytes take on a line, rounded up.
func lineTime(n, rate int) time.Duration {
	bits := int64(n) * bitsPerByte * int64(time.Second)
	return time.Duration((bits + int64(rate) - 1) / int64(rate))
}

// push appends a parcel. A line keeps the order, whatever the delays are: one
// that is due waits behind one that is not.
func (w *way) push(due time.Duration, b []byte) {
	w.queue = append(w.queue, parcel{due, b})
}

// expire does what was due by t without a byte coming.
func (w *way) expire(t time.Duration) {
	if at := w.heldAt + holdLimit; len(w.held) > 0 && (at <= t || w.ended) {
		w.release(min(at, t))
	}
	// A frame must not land in the middle of one that is passing.
	if w.late != nil && (w.ended || !w.passing && w.lateEnd <= t) {
		w.overtaken(min(w.lateEnd, t))
	}
	if made, _, _ := w.f.spontaneous(w.dir, t); len(made) > 0 {
		w.emit(t, made, 0)
	}
}

// take moves what is due at t to the end of dst, up to its capacity. Without
// any, next is when something will be, if more.
func (w *way) take(t time.Duration, dst []byte) (out []byte, next time.Duration, more bool) {
	w.expire(t)
	if end, still := w.f.stalled(StallWrite, w.dir, t); still {
		return dst, end, end != 0
	}
	n := 0
	for n < len(w.queue) && w.queue[n].due <= t && len(dst) < cap(dst) {
		p := &w.queue[n]
		part := p.bytes[:min(len(p.bytes), cap(dst)-len(dst))]
		dst = append(dst, part...)
		w.under -= len(part)
		if p.bytes = p.bytes[len(part):]; len(p.bytes) > 0 {
			break
		}
		n++
	}
	clear(w.queue[:n])
	w.queue = w.queue[n:]
	if len(dst) == 0 {
		next, more = w.next(t)
	}
	return dst, next, more
}

// next is when something is to be done, if ever.
func (w *way) next(t time.Duration) (next time.Duration, more bool) {
	_, next, more = w.f.spontaneous(w.dir, t)
	earlier := func(at time.Duration) {
		if !more || at < next {
			next, more = at, true
		}
	}
	if len(w.queue) > 0 {
		earlier(w.queue[0].due)
	}
	if len(w.held) > 0 {
		earlier(w.heldAt + holdLimit)
	}
	if w.late != nil && !w.passing {
		earlier(w.lateEnd)
	}
	return next, more
}

// empty says that nothing is left and nothing more comes.
func (w *way) empty() bool {
	return w.ended && len(w.queue) == 0 && len(w.held) == 0 && w.late == nil
}

// room says whether more may be read at t. If not, again is when to ask, or 0:
// once something has been written or the script has changed.
func (w *way) room(t time.Duration) (ok bool, again time.Duration) {
	if w.gone {
		return true, 0
	}
	if end, still := w.f.stalled(StallRead, w.dir, t); still {
		return false, end
	}
	if w.under >= flightLimit {
		return false, 0
	}
	if w.rate != 0 && w.lineFree > t {
		if free := w.lineFree - lineTime(driverBuffer, w.rate); free > t {
			return false, free
		}
	}
	if _, still := w.f.stalled(StallWrite, w.dir, t); still {
		return true, 0
	}
	overdue := 0
	for i := 0; i < len(w.queue) && w.queue[i].due <= t; i++ {
		if overdue += len(w.queue[i].bytes); overdue >= driverBuffer {
			return false, 0
		}
	}
	return true, 0
}
