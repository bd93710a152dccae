package trace

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"
)

// PerSecond is how many lines a second the trace has at most: a test that
// polls sees a change within 100 ms, and the walk over the tree costs the
// window's thread well under 1 % of its time.
const PerSecond = 10

// Recorder writes snapshots as JSON lines. Offer is for the window's thread
// alone; Run belongs to one other goroutine.
type Recorder struct {
	w     io.Writer
	every time.Duration
	asked time.Time // of the newest snapshot
	seq   uint64

	mu   sync.Mutex
	next []byte        // newest line that is not written yet
	wake chan struct{} // next was set

	last []byte // what Offer saw last, without time and number
}

// line is a snapshot with its place in the trace.
type line struct {
	Seq  uint64 `json:"seq"`
	Time string `json:"time"` // RFC 3339 with milliseconds
	Snapshot
}

// New returns a recorder that writes to w.
func New(w io.Writer) *Recorder {
	return &Recorder{w: w, every: time.Second / PerSecond, wake: make(chan struct{}, 1)}
}

// Offer asks take for a snapshot unless the last one is too young, and keeps
// it for Run if anything visible has changed. It never blocks.
func (r *Recorder) Offer(now time.Time, take func() Snapshot) error {
	if !r.asked.IsZero() && now.Sub(r.asked) < r.every && !now.Before(r.asked) {
		return nil
	}
	r.asked = now
	snap := take()
	plain, err := json.Marshal(snap)
	if err != nil {
		return fmt.Errorf("ui trace: %w", err)
	}
	if bytes.Equal(plain, r.last) {
		return nil
	}
	r.last = plain
	r.seq++
	text, err := json.Marshal(line{Seq: r.seq, Time: now.Format("2006-01-02T15:04:05.000Z07:00"), Snapshot: snap})
	if err != nil {
		return fmt.Errorf("ui trace: %w", err)
	}
	r.mu.Lock()
	r.next = append(text, '\n')
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
	return nil
}

// Run writes until ctx ends or the writer fails. What was offered before ctx
// ended is written still.
func (r *Recorder) Run(ctx context.Context) error {
	for {
		select {
		case <-r.wake:
		case <-ctx.Done():
			return r.flush()
		}
		if err := r.flush(); err != nil {
			return err
		}
	}
}

func (r *Recorder) flush() error {
	r.mu.Lock()
	text := r.next
	r.next = nil
	r.mu.Unlock()
	if text == nil {
		return nil
	}
	if _, err := r.w.Write(text); err != nil {
		return fmt.Errorf("ui trace: %w", err)
	}
	return nil
}
