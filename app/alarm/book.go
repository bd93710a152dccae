package alarm

import (
	"slices"
	"time"
)

// Outcome is what became of a finding.
type Outcome uint8

// The outcomes of Raise.
const (
	Fresh    Outcome = iota + 1 // a new occurrence
	Graver                      // one that was there has become graver, and counts as new
	Repeated                    // one that was there is counted once more
	NoPlace                     // no place; it is counted in the occurrence TooMany
)

// Book keeps what is alarming and what was. The zero value is an empty one.
type Book struct {
	present map[Key]*Occurrence
	history []Occurrence // oldest first, at most MaxHistory
	lastID  int
	changes uint64

	sounding Priority
	serial   uint64
	pause    pause
	test     test
}

// pause is a pause of the sound.
type pause struct {
	until time.Time // zero: none
	level Priority  // the highest that it silences
}

// test is a sound that a person wants to hear.
type test struct {
	priority Priority
	until    time.Time
}

// Raise takes a finding. A condition that is there already is counted. What
// Raise returns is a copy.
func (b *Book) Raise(f Finding, now time.Time) (Occurrence, Outcome) {
	if f.Priority == None {
		f.Priority = High // no alarm of no priority: what nobody knows is the gravest
	}
	if b.present == nil {
		b.present = make(map[Key]*Occurrence)
	}
	b.changes++
	key := Key{f.Code, f.Instance}
	if o, ok := b.present[key]; ok {
		return b.again(o, f, now)
	}
	if key.Code != TooMany && !b.room(f, now) {
		o, _ := b.Raise(Finding{
			Condition: Condition{Code: TooMany, Priority: f.Priority, Source: FromConsole, Momentary: true},
			Measured:  Value{Count, 1},
		}, now)
		return o, NoPlace
	}
	b.lastID++
	o := &Occurrence{ID: b.lastID, Finding: f, Since: now, Newest: now, Count: 1}
	b.present[key] = o
	b.began(o, now)
	return *o, Fresh
}

// room says whether a finding that is not there yet finds a place, and makes one
// where something less grave has it: among the instances of its own condition
// where there are too many of them, else among all.
func (b *Book) room(f Finding, now time.Time) bool {
	own, all := 0, 0
	for key := range b.present {
		if key.Code == f.Code {
			own++
		}
		if key.Code != TooMany {
			all++
		}
	}
	switch {
	case own >= MaxInstances:
		return b.displace(f.Priority, now, func(o *Occurrence) bool { return o.Code == f.Code })
	case all >= MaxPresent:
		return b.displace(f.Priority, now, func(*Occurrence) bool { return true })
	}
	return true
}

// again counts an occurrence once more. One that was gone and is only latched
// is there again; one that has become graver has to be acknowledged anew.
func (b *Book) again(o *Occurrence, f Finding, now time.Time) (Occurrence, Outcome) {
	before := o.Priority
	f.Priority = max(f.Priority, before)
	if f.Code == TooMany {
		f.Measured = Value{Count, o.Measured.N + 1}
	}
	o.Finding, o.Newest, o.Gone = f, now, time.Time{}
	o.Count++
	if f.Priority == before {
		return *o, Repeated // which changes nothing that is heard
	}
	o.By, o.At = "", time.Time{}
	b.began(o, now)
	return *o, Graver
}

// displace makes room for a priority by putting the least grave occurrence of
// some that is below it into the history; false where there is none.
func (b *Book) displace(p Priority, now time.Time, some func(*Occurrence) bool) bool {
	var least *Occurrence
	for _, o := range b.present {
		if some(o) && o.Priority < p && o.Code != TooMany && (least == nil || graver(o, least) > 0) {
			least = o
		}
	}
	if least == nil {
		return false
	}
	least.Displaced = true
	if least.Gone.IsZero() {
		least.Gone = now
	}
	b.bury(least)
	return true
}

// bury moves an occurrence into the history.
func (b *Book) bury(o *Occurrence) {
	delete(b.present, o.Key())
	if len(b.history) == MaxHistory {
		b.history = slices.Delete(b.history, 0, 1)
	}
	b.history = append(b.history, *o)
}

// began lets a new occurrence be heard: it ends a pause that is not meant for
// it, and a test.
func (b *Book) began(o *Occurrence, now time.Time) {
	if o.Priority == High || o.Priority > b.pause.level {
		b.pause = pause{}
	}
	b.settle(now, o)
}

// End says that the condition of a key is gone. It returns the occurrence, and
// true where nothing keeps it any more and it is history now.
func (b *Book) End(key Key, now time.Time) (o Occurrence, over bool) {
	p, ok := b.present[key]
	if !ok || !p.Present() {
		return Occurrence{}, false
	}
	p.Gone = now
	return b.changed(p, now)
}

// Acknowledge notes who has seen an occurrence. It is silent and steady from
// then on, and history once its condition is gone: that of a momentary one is.
// False where there is no such occurrence or it was acknowledged before.
func (b *Book) Acknowledge(id int, by string, now time.Time) (o Occurrence, ok bool) {
	p := b.find(id)
	if p == nil || p.Acknowledged() {
		return Occurrence{}, false
	}
	p.By, p.At = by, now
	if p.Momentary && p.Present() {
		p.Gone = now
	}
	o, _ = b.changed(p, now)
	return o, true
}

// EndWhere ends every condition that match picks, and returns the occurrences:
// those that are history now and those that stay until they are acknowledged.
func (b *Book) EndWhere(match func(Occurrence) bool, now time.Time) (over, latched []Occurrence) {
	for _, p := range b.sorted() {
		if !p.Present() || !match(*p) {
			continue
		}
		if o, isOver := b.End(p.Key(), now); isOver {
			over = append(over, o)
		} else {
			latched = append(latched, o)
		}
	}
	return over, latched
}

// Update changes what is known of an occurrence without counting it: its cause
// and its figures. Nothing happens where it is not there.
func (b *Book) Update(key Key, expected Expected, measured Value, cause error) {
	if o, ok := b.present[key]; ok {
		o.Expected, o.Measured, o.Cause = expected, measured, cause
		b.changes++
	}
}

// changed buries an occurrence that is over.
func (b *Book) changed(p *Occurrence, now time.Time) (o Occurrence, over bool) {
	b.changes++
	if over = p.over(); over {
		b.bury(p)
	}
	b.settle(now, nil)
	return *p, over
}

func (b *Book) find(id int) *Occurrence {
	for _, o := range b.present {
		if o.ID == id {
			return o
		}
	}
	return nil
}

// Get returns the occurrence of a key, and false where there is none.
func (b *Book) Get(key Key) (Occurrence, bool) {
	o, ok := b.present[key]
	if !ok {
		return Occurrence{}, false
	}
	return *o, true
}

// ByID returns the occurrence of an id that is not history yet.
func (b *Book) ByID(id int) (Occurrence, bool) {
	o := b.find(id)
	if o == nil {
		return Occurrence{}, false
	}
	return *o, true
}

// Present lists what is not history yet, the gravest first.
func (b *Book) Present() []Occurrence {
	sorted := b.sorted()
	out := make([]Occurrence, len(sorted))
	for i, o := range sorted {
		out[i] = *o
	}
	return out
}

func (b *Book) sorted() []*Occurrence {
	all := make([]*Occurrence, 0, len(b.present))
	for _, o := range b.present {
		all = append(all, o)
	}
	slices.SortFunc(all, graver)
	return all
}

// History lists what is over, the newest first.
func (b *Book) History() []Occurrence {
	out := slices.Clone(b.history)
	slices.Reverse(out)
	return out
}

// Changes grows with every change of Present or History.
func (b *Book) Changes() uint64 { return b.changes }
