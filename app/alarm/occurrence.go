package alarm

import (
	"cmp"
	"time"
)

// Key tells occurrences apart: there is at most one of a key at a time. The
// instance is "" where a condition can be only once.
type Key struct {
	Code     Code
	Instance string
}

// Finding is what a source tells of a condition that it has found.
type Finding struct {
	Condition
	Instance string
	Expected Expected
	Measured Value
	// Cause is what it is about, for words; it may be nil. It is not looked into.
	Cause error
}

// Occurrence is a condition that is there, or that was and has not been
// acknowledged yet.
type Occurrence struct {
	ID int // from 1, never twice in one Book
	Finding

	Since  time.Time // when it was found first
	Newest time.Time // and last
	Count  int       // how often, from 1

	// Gone is when the condition ended; zero while it is present.
	Gone time.Time
	// By is who has acknowledged it and At when; zero: nobody yet.
	By string
	At time.Time
	// Displaced says that it had to make room for a graver one.
	Displaced bool
}

// Key is the occurrence's key.
func (o *Occurrence) Key() Key { return Key{o.Code, o.Instance} }

// Present says whether the condition is still there.
func (o *Occurrence) Present() bool { return o.Gone.IsZero() }

// Acknowledged says whether somebody has acknowledged it.
func (o *Occurrence) Acknowledged() bool { return !o.At.IsZero() }

// over says whether nothing keeps it any more: the condition is gone and, where
// it latches, it has been acknowledged.
func (o *Occurrence) over() bool {
	return !o.Present() && (o.Acknowledged() || !o.Priority.Latches())
}

// graver orders occurrences for the eye: by priority, then those that nobody
// has acknowledged, then the newest.
func graver(a, b *Occurrence) int {
	return cmp.Or(
		cmp.Compare(b.Priority, a.Priority),
		cmp.Compare(rank(a), rank(b)),
		b.Since.Compare(a.Since),
		cmp.Compare(b.ID, a.ID),
	)
}

func rank(o *Occurrence) int {
	if o.Acknowledged() {
		return 1
	}
	return 0
}
