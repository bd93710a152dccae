package console

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"stipple/app/clinical"
	"stipple/app/coded"
)

// The recorder's times.
const (
	// groupEvery is how long pulses and alarms may wait to be written together:
	// well within the 250 ms by which the record may be behind (safety.md
	// section 3).
	groupEvery = 100 * time.Millisecond
	// retryEvery is how long the recorder waits after the store failed.
	retryEvery = time.Second
	// lastTries is how often it tries once more when the desk ends.
	lastTries = 3
	// queueSize is how many pulses and alarms may wait for the store, on its way
	// or refused by it: some 16 MiB, and hours of pulses of any pen that can be
	// armed. Who queues never waits.
	queueSize = 1 << 16
	// groupMost is how many are written in one call; the store takes no more than
	// 4096.
	groupMost = 1024
)

// ErrRecordBehind means that so much waits for the disk that no more is taken:
// what comes now is not in the record.
var ErrRecordBehind = errors.New("the record is too far behind")

// entry is one thing to append to a record.
type entry struct {
	id    clinical.ID
	pulse *clinical.Pulse
	alarm *clinical.Alarm
	hand  *clinical.HandOver
	then  func() // run after everything before it is on disk
}

// recorder appends to records in order, in groups. It never loses what the
// store refuses: it keeps it and tries again.
type recorder struct {
	records  Records
	post     func(func())
	queue    entryQueue
	quit     chan struct{}
	onWrite  func(id clinical.ID, pulses int, err error) // on Run's goroutine
	notTaken func(*NotTakenError)                        // on Run's goroutine

	// revision is that of the newest head of each open record. It belongs to
	// run's goroutine: every write of a head passes it, so that none of them
	// meets a revision that it does not know of.
	revision map[clinical.ID]int
}

func newRecorder(r Records, post func(func()), onWrite func(clinical.ID, int, error), notTaken func(*NotTakenError)) *recorder {
	return &recorder{records: r, post: post, onWrite: onWrite, notTaken: notTaken, queue: entryQueue{wake: make(chan struct{}, 1)}, quit: make(chan struct{}), revision: make(map[clinical.ID]int)}
}

// entryQueue is what waits for the recorder. Only its memory is bounded: nobody
// waits to put something in.
type entryQueue struct {
	wake chan struct{} // capacity 1: something was put in

	mu      sync.Mutex
	entries []entry
	count   int // entries that are not on disk yet, those that were taken too
}

// put queues e. It is ErrRecordBehind where too much waits already; what has to
// run behind it is always taken.
func (q *entryQueue) put(e entry) error {
	q.mu.Lock()
	if e.then == nil {
		if q.count >= queueSize {
			q.mu.Unlock()
			return ErrRecordBehind
		}
		q.count++
	}
	q.entries = append(q.entries, e)
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
	return nil
}

// take empties the queue.
func (q *entryQueue) take() []entry {
	q.mu.Lock()
	defer q.mu.Unlock()
	out := q.entries
	q.entries = nil
	return out
}

// done says that n of what was taken is on disk.
func (q *entryQueue) done(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.count -= n
}

func (r *recorder) pulse(id clinical.ID, p clinical.Pulse) error {
	return r.queue.put(entry{id: id, pulse: &p})
}

func (r *recorder) alarm(id clinical.ID, a clinical.Alarm) error {
	return r.queue.put(entry{id: id, alarm: &a})
}

func (r *recorder) handOver(id clinical.ID, h clinical.HandOver) error {
	return r.queue.put(entry{id: id, hand: &h})
}

// after runs then, on the recorder's goroutine, when all that was queued
// before is on disk.
func (r *recorder) after(then func()) { _ = r.queue.put(entry{then: then}) } // which never fails

// head writes the head of a record by write (BeginTreatment, AmendTreatment or
// EndTreatment), behind all that was queued before, and hands what is on disk
// then to then, on Run's goroutine.
func (r *recorder) head(write func(context.Context, clinical.Treatment) (clinical.Treatment, error), t clinical.Treatment, then func(clinical.Treatment, error)) {
	t.Pulses = nil // they are appended on their own
	r.whole(write, t, then)
}

// whole is head with the pulses of t, for a write that takes both at once.
func (r *recorder) whole(write func(context.Context, clinical.Treatment) (clinical.Treatment, error), t clinical.Treatment, then func(clinical.Treatment, error)) {
	t.Alarms, t.HandOvers = nil, nil // they are appended on their own
	r.after(func() {
		t.Revision = max(t.Revision, r.revision[t.ID])
		written, err := write(context.Background(), t)
		if err == nil {
			r.revision[written.ID] = written.Revision
			if !written.Ended.IsZero() {
				delete(r.revision, written.ID)
			}
		}
		r.post(func() { then(written, err) })
	})
}

// close lets run end once the queue is written.
func (r *recorder) close() { close(r.quit) }

// run writes until close, and then what is left.
func (r *recorder) run() {
	var waiting []entry
	for {
		select {
		case <-r.queue.wake:
			waiting = r.write(r.gather(r.more(waiting)))
			for len(waiting) > 0 && r.pause() {
				waiting = r.write(r.more(waiting))
			}
		case <-r.quit:
			waiting = r.more(waiting)
			for range lastTries {
				if waiting = r.write(waiting); len(waiting) == 0 {
					return
				}
			}
			return
		}
		if len(waiting) > 0 { // quit while the store refuses
			for range lastTries {
				waiting = r.write(r.more(waiting))
			}
			return
		}
	}
}

// pause waits before the next try; false once the desk ends.
func (r *recorder) pause() bool {
	t := time.NewTimer(retryEvery)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.quit:
		return false
	}
}

// gather waits for the rest of a group, unless something waits for it.
func (r *recorder) gather(waiting []entry) []entry {
	t := time.NewTimer(groupEvery)
	defer t.Stop()
	for len(waiting) > 0 && !slices.ContainsFunc(waiting, func(e entry) bool { return e.then != nil }) {
		select {
		case <-r.queue.wake:
			waiting = r.more(waiting)
		case <-t.C:
			return waiting
		case <-r.quit:
			return waiting
		}
	}
	return waiting
}

// more takes what is queued without waiting.
func (r *recorder) more(waiting []entry) []entry { return append(waiting, r.queue.take()...) }

// write appends the entries in order and returns those that the store could not
// take now and all behind them. What it will never take is left out and told, so
// that it holds back nothing else: of a group that it refuses, the halves are
// tried, down to the entry.
func (r *recorder) write(waiting []entry) []entry {
	most := groupMost
	for len(waiting) > 0 {
		if then := waiting[0].then; then != nil {
			then()
			waiting = waiting[1:]
			continue
		}
		n := group(waiting, most)
		id := waiting[0].id
		pulses, err := r.append(id, waiting[:n])
		switch {
		case err == nil || !neverTaken(err):
			r.post(func() { r.onWrite(id, pulses, err) })
			if err != nil {
				return waiting
			}
			most = min(2*most, groupMost)
		case n > 1:
			most = n / 2
			continue
		default:
			left := &NotTakenError{Treatment: id, Pulse: waiting[0].pulse, Alarm: waiting[0].alarm, HandOver: waiting[0].hand, Cause: err}
			r.post(func() { r.notTaken(left) })
		}
		r.queue.done(n)
		waiting = waiting[n:]
	}
	return nil
}

// append appends pulses and alarms to a record and says how many pulses they
// were. It goes on while the desk ends.
func (r *recorder) append(id clinical.ID, entries []entry) (int, error) {
	var pulses []clinical.Pulse
	var alarms []clinical.Alarm
	var hands []clinical.HandOver
	for _, e := range entries {
		switch {
		case e.pulse != nil:
			pulses = append(pulses, *e.pulse)
		case e.alarm != nil:
			alarms = append(alarms, *e.alarm)
		default:
			hands = append(hands, *e.hand)
		}
	}
	var err error
	if len(pulses) > 0 {
		err = r.records.AppendPulses(context.Background(), id, pulses)
	}
	if err == nil && len(alarms) > 0 {
		err = r.records.AppendAlarms(context.Background(), id, alarms)
	}
	if err == nil && len(hands) > 0 {
		err = r.records.AppendHandOvers(context.Background(), id, hands)
	}
	return len(pulses), err
}

// NotTakenError is an entry that the store will never take into a record: one that
// has ended, or an entry that it can't hold.
type NotTakenError struct {
	Treatment clinical.ID
	Pulse     *clinical.Pulse // one of the three
	Alarm     *clinical.Alarm
	HandOver  *clinical.HandOver
	Cause     error
}

func (e *NotTakenError) Error() string {
	switch {
	case e.Pulse != nil:
		return fmt.Sprintf("pulse %d is not in the record: %v", e.Pulse.Index, e.Cause)
	case e.Alarm != nil:
		return fmt.Sprintf("alarm %s is not in the record: %v", e.Alarm.Text, e.Cause)
	}
	return fmt.Sprintf("who took over is not in the record: %v", e.Cause)
}

// Unwrap is what the store says.
func (e *NotTakenError) Unwrap() error { return e.Cause }

// Code is "pulse_not_taken", "alarm_not_taken" or "hand_over_not_taken".
func (e *NotTakenError) Code() string {
	switch {
	case e.Pulse != nil:
		return "pulse_not_taken"
	case e.Alarm != nil:
		return "alarm_not_taken"
	}
	return "hand_over_not_taken"
}

// Args are the number of the pulse.
func (e *NotTakenError) Args() []any {
	if e.Pulse != nil {
		return []any{e.Pulse.Index}
	}
	return nil
}

// neverTaken says whether the store would refuse the same again for ever, by the
// codes of its errors.
func neverTaken(err error) bool {
	switch coded.Of(err) {
	case "ended", "invalid", "conflict", "not_found", "too_large":
		return true
	}
	return false
}

// group is how many entries from the front go to the same record in one call.
func group(waiting []entry, most int) int {
	n := 0
	for n < min(len(waiting), most) && waiting[n].then == nil && waiting[n].id == waiting[0].id {
		n++
	}
	return n
}
