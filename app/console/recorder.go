package console

import (
	"context"
	"time"

	"stipple/app/clinical"
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
	// queueSize is how many pulses and alarms may wait for the store.
	queueSize = 4096
)

// entry is one thing to append to a record.
type entry struct {
	id    clinical.ID
	pulse *clinical.Pulse
	alarm *clinical.Alarm
	then  func() // run after everything before it is on disk
}

// recorder appends to records in order, in groups. It never loses what the
// store refuses: it keeps it and tries again.
type recorder struct {
	records Records
	post    func(func())
	queue   chan entry
	quit    chan struct{}
	onWrite func(id clinical.ID, pulses int, err error) // on Run's goroutine

	// revision is that of the newest head of each open record. It belongs to
	// run's goroutine: every write of a head passes it, so that none of them
	// meets a revision that it does not know of.
	revision map[clinical.ID]int
}

func newRecorder(r Records, post func(func()), onWrite func(clinical.ID, int, error)) *recorder {
	return &recorder{records: r, post: post, onWrite: onWrite, queue: make(chan entry, queueSize), quit: make(chan struct{}), revision: make(map[clinical.ID]int)}
}

func (r *recorder) pulse(id clinical.ID, p clinical.Pulse) { r.queue <- entry{id: id, pulse: &p} }
func (r *recorder) alarm(id clinical.ID, a clinical.Alarm) { r.queue <- entry{id: id, alarm: &a} }

// after runs then, on the recorder's goroutine, when all that was queued
// before is on disk.
func (r *recorder) after(then func()) { r.queue <- entry{then: then} }

// head writes the head of a record by write (BeginTreatment, AmendTreatment or
// EndTreatment), behind all that was queued before, and hands what is on disk
// then to then, on Run's goroutine.
func (r *recorder) head(write func(context.Context, clinical.Treatment) (clinical.Treatment, error), t clinical.Treatment, then func(clinical.Treatment, error)) {
	t.Pulses = nil // they are appended on their own
	r.whole(write, t, then)
}

// whole is head with the pulses of t, for a write that takes both at once.
func (r *recorder) whole(write func(context.Context, clinical.Treatment) (clinical.Treatment, error), t clinical.Treatment, then func(clinical.Treatment, error)) {
	t.Alarms = nil // they are appended on their own
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
		case e := <-r.queue:
			waiting = append(waiting, e)
			if e.then == nil {
				waiting = r.gather(waiting)
			}
			waiting = r.write(waiting)
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

// gather waits for the rest of a group.
func (r *recorder) gather(waiting []entry) []entry {
	t := time.NewTimer(groupEvery)
	defer t.Stop()
	for {
		select {
		case e := <-r.queue:
			waiting = append(waiting, e)
			if e.then != nil {
				return waiting
			}
		case <-t.C:
			return waiting
		case <-r.quit:
			return waiting
		}
	}
}

// more takes what is queued without waiting.
func (r *recorder) more(waiting []entry) []entry {
	for {
		select {
		case e := <-r.queue:
			waiting = append(waiting, e)
		default:
			return waiting
		}
	}
}

// write appends the entries in order and returns those that the store refused
// and all behind them.
func (r *recorder) write(waiting []entry) []entry {
	ctx := context.Background() // the record is written even while the desk ends
	for len(waiting) > 0 {
		if then := waiting[0].then; then != nil {
			then()
			waiting = waiting[1:]
			continue
		}
		n := group(waiting)
		id := waiting[0].id
		var pulses []clinical.Pulse
		var alarms []clinical.Alarm
		for _, e := range waiting[:n] {
			if e.pulse != nil {
				pulses = append(pulses, *e.pulse)
			} else {
				alarms = append(alarms, *e.alarm)
			}
		}
		var err error
		if len(pulses) > 0 {
			err = r.records.AppendPulses(ctx, id, pulses)
		}
		if err == nil && len(alarms) > 0 {
			err = r.records.AppendAlarms(ctx, id, alarms)
		}
		r.post(func() { r.onWrite(id, len(pulses), err) })
		if err != nil {
			return waiting
		}
		waiting = waiting[n:]
	}
	return nil
}

// group is how many entries from the front go to the same record.
func group(waiting []entry) int {
	n := 0
	for n < len(waiting) && waiting[n].then == nil && waiting[n].id == waiting[0].id {
		n++
	}
	return n
}
