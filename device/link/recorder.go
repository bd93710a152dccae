package link

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// Recorder records what passes on a link, next to it and never in its way: it
// copies bytes into a bounded queue, and a goroutine of its own writes them. What
// the queue has no room for is lost, and a gap says so in the recording.
type Recorder struct {
	w     io.Writer
	start time.Time
	wake  chan struct{} // capacity 1
	quit  chan struct{} // closed by Close
	done  chan struct{} // closed when the goroutine has ended

	mu     sync.Mutex
	closed bool
	queue  pieces
	gap    Gap // not in the queue yet
	gapAt  time.Duration
	stats  RecorderStats
}

// RecorderStats says how a recording goes.
type RecorderStats struct {
	Bytes   uint64 // of the link, offered so far
	Kept    uint64 // of them, in the file
	Lost    uint64 // of them, for want of room in the queue or on the disk
	File    int64  // size of the file
	Failure error  // of the disk; nothing is written after it
}

// LossError says that a recording is not whole.
type LossError struct {
	Bytes uint64 // of the link that are not in it; 0: only its end mark is missing
	Cause error  // of the disk; nil: it was too slow
}

func (e *LossError) Error() string {
	if e.Cause == nil {
		return fmt.Sprintf("recording lacks %d bytes: the disk was too slow", e.Bytes)
	}
	return fmt.Sprintf("recording lacks %d bytes: %v", e.Bytes, e.Cause)
}

// Unwrap returns the cause, or nil.
func (e *LossError) Unwrap() error { return e.Cause }

// ErrDiskHangs is the cause of a LossError where the disk did not answer.
var ErrDiskHangs = errors.New("disk does not answer")

// pieces is what waits to be written.
type pieces struct {
	entries []piece
	data    []byte
}

// piece is a Record without its bytes or texts, which are the next in data.
type piece struct {
	at         time.Duration
	to         Direction
	gap        Gap
	key, value int // lengths, of a note
	bytes      int
}

// NewRecorder starts a recording into w, which may be slow, and fail. Its time
// begins now; info is the header's. It must be closed, after which w may be: if
// w is a file, it has been synced.
func NewRecorder(w io.Writer, info map[string]string) *Recorder {
	r := &Recorder{
		w: w, start: time.Now(),
		wake: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}),
	}
	header := Header{Start: r.start, Info: make(map[string]string, len(info))}
	for key, value := range info {
		header.Info[key] = value
	}
	go r.write(header)
	return r
}

// Tap returns conn with everything that is read from it and written to it
// recorded; reads is the direction of what is read, which is ToConsole on the
// console's side. It does nothing else to conn. Its Close closes conn and not
// the recording.
func (r *Recorder) Tap(conn io.ReadWriteCloser, reads Direction) io.ReadWriteCloser {
	return &tap{conn, r, reads}
}

type tap struct {
	io.ReadWriteCloser
	r     *Recorder
	reads Direction
}

// Read implements io.Reader.
func (t *tap) Read(p []byte) (int, error) {
	n, err := t.ReadWriteCloser.Read(p)
	if n > 0 {
		t.r.Add(t.reads, p[:n])
	}
	return n, err
}

// Write implements io.Writer. The bytes are recorded first, so that they stand
// before what answers them.
func (t *tap) Write(p []byte) (int, error) {
	t.r.Add(t.reads.opposite(), p)
	return t.ReadWriteCloser.Write(p)
}

// Add records bytes that travel now. It never waits for the disk.
func (r *Recorder) Add(to Direction, b []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || len(b) == 0 {
		return
	}
	r.stats.Bytes += uint64(len(b))
	now := time.Since(r.start)
	if !r.room(len(b)) {
		r.lose(now, to, len(b))
		return
	}
	r.endGap()
	r.queue.data = append(r.queue.data, b...)
	r.queue.entries = append(r.queue.entries, piece{at: now, to: to, bytes: len(b)})
	signal(r.wake)
}

// Note records a text, such as what has become known of the pen. The key is
// not empty; see Header.Info for lengths. Without room it is not recorded.
func (r *Recorder) Note(key, value string) {
	key, value = cut(key, maxKey), cut(value, maxValue)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || key == "" || !r.room(len(key)+len(value)) {
		return
	}
	r.endGap()
	r.queue.data = append(append(r.queue.data, key...), value...)
	r.queue.entries = append(r.queue.entries, piece{at: time.Since(r.start), key: len(key), value: len(value)})
	signal(r.wake)
}

// Stats returns the counts so far.
func (r *Recorder) Stats() RecorderStats {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stats
}

func (r *Recorder) room(n int) bool {
	return r.stats.Failure == nil && len(r.queue.data)+n <= recordQueue && len(r.queue.entries)+2 <= recordEntries
}

func (r *Recorder) lose(now time.Duration, to Direction, n int) {
	r.stats.Lost += uint64(n)
	if r.gap.Lost() == 0 {
		r.gapAt = now
	}
	r.gap.For = now - r.gapAt
	if to == ToPen {
		r.gap.ToPen += uint64(n)
	} else {
		r.gap.ToConsole += uint64(n)
	}
}

// endGap queues a gap, now that something follows it.
func (r *Recorder) endGap() {
	if r.gap.Lost() > 0 {
		r.queue.entries = append(r.queue.entries, piece{at: r.gapAt, gap: r.gap})
		r.gap = Gap{}
	}
}

// Close writes what is queued and the end mark, and waits for that, 10 s at
// most. The error is a *LossError where the recording is not whole.
func (r *Recorder) Close() error {
	r.mu.Lock()
	if !r.closed {
		r.closed = true
		r.endGap()
		close(r.quit)
	}
	r.mu.Unlock()
	limit := time.NewTimer(recordClose)
	defer limit.Stop()
	select {
	case <-r.done:
	case <-limit.C:
		s := r.Stats()
		return &LossError{Bytes: s.Bytes - s.Kept, Cause: ErrDiskHangs}
	}
	if s := r.Stats(); s.Lost > 0 || s.Failure != nil {
		return &LossError{Bytes: s.Lost, Cause: s.Failure}
	}
	return nil
}

// write is the recorder's goroutine. It ends with Close.
func (r *Recorder) write(h Header) {
	defer close(r.done)
	w, err := NewWriter(r.w, h)
	if err != nil {
		r.failed(err, 0)
		<-r.quit
		return
	}
	var spare pieces
	var age <-chan time.Time // since the open block's first record
	for open := true; open; {
		select {
		case <-r.wake:
		case <-age:
			age = nil
			r.account(w, w.Flush())
		case <-r.quit:
			open = false
		}
		spare = r.take(spare)
		r.account(w, w.writeAll(spare))
		switch {
		case !w.open():
			age = nil
		case age == nil:
			age = time.After(recordAge)
		}
	}
	r.account(w, w.Close())
	if file, ok := r.w.(interface{ Sync() error }); ok {
		if err := file.Sync(); err != nil {
			r.failed(fmt.Errorf("sync recording: %w", err), w.kept)
		}
	}
}

// take exchanges the queue for an empty one that is made of spare.
func (r *Recorder) take(spare pieces) pieces {
	r.mu.Lock()
	defer r.mu.Unlock()
	full := r.queue
	r.queue = pieces{spare.entries[:0], spare.data[:0]}
	return full
}

// writeAll writes pieces.
func (w *Writer) writeAll(q pieces) error {
	data := q.data
	for _, e := range q.entries {
		rec := Record{At: e.at, To: e.to, Gap: e.gap, Bytes: data[:e.bytes]}
		data = data[e.bytes:]
		if e.key > 0 {
			rec.Key, rec.Value = string(data[:e.key]), string(data[e.key:e.key+e.value])
			data = data[e.key+e.value:]
		}
		if err := w.Write(rec); err != nil {
			return err
		}
	}
	return nil
}

// open says whether records wait in memory.
func (w *Writer) open() bool { return len(w.body) > 0 }

// account takes over how far the file is, and the error if there is one.
func (r *Recorder) account(w *Writer, err error) {
	if err != nil {
		r.failed(err, w.kept)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stats.Kept, r.stats.File = w.kept, w.size
	if r.stats.Failure != nil {
		r.stats.Lost = r.stats.Bytes - w.kept
	}
}

// failed notes that the disk has failed. Whatever is not in the file by then,
// and all that comes, is lost.
func (r *Recorder) failed(err error, kept uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stats.Failure == nil {
		r.stats.Failure = err
		r.stats.Lost = r.stats.Bytes - kept
	}
}
