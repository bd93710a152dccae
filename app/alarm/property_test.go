package alarm

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// machine drives a Book at random beside the plainest account of what it
// should say: a map from key to what was told of it.
type machine struct {
	book  Book
	now   time.Time
	facts map[Key]*fact
	last  uint64
	sound Priority
}

type fact struct {
	priority          Priority
	momentary         bool
	there, seen, lost bool
}

// stands says whether a fact must still be shown.
func (f *fact) stands() bool {
	return !f.lost && (f.there || f.priority.Latches() && !f.seen)
}

func (m *machine) Raise(t *rapid.T) {
	table := Table()
	f := Finding{Condition: table[rapid.IntRange(0, len(table)-1).Draw(t, "row")], Instance: fmt.Sprint(rapid.IntRange(0, 6).Draw(t, "instance"))}
	if f.Code == TooMany {
		return // the Book raises it itself
	}
	key := Key{f.Code, f.Instance}
	_, outcome := m.book.Raise(f, m.now)
	if outcome == NoPlace {
		return
	}
	old, ok := m.facts[key]
	if ok && old.stands() {
		old.there = true
	} else {
		m.facts[key] = &fact{priority: f.Priority, momentary: f.Momentary, there: true}
	}
	for _, h := range m.book.History() {
		if g, ok := m.facts[h.Key()]; ok && h.Displaced && h.Key() != key {
			if _, still := m.book.Get(h.Key()); !still {
				g.lost = true
			}
		}
	}
}

func (m *machine) End(t *rapid.T) {
	key, ok := m.pick(t)
	if !ok {
		return
	}
	m.book.End(key, m.now)
	if f, ok := m.facts[key]; ok {
		f.there = false
	}
}

func (m *machine) Acknowledge(t *rapid.T) {
	key, ok := m.pick(t)
	if !ok {
		return
	}
	o, _ := m.book.Get(key)
	m.book.Acknowledge(o.ID, "x", m.now)
	if f, ok := m.facts[key]; ok {
		f.seen = true
		f.there = f.there && !f.momentary
	}
}

func (m *machine) Pause(*rapid.T)  { m.book.Pause(m.now) }
func (m *machine) Resume(*rapid.T) { m.book.Resume(m.now) }

func (m *machine) Test(t *rapid.T) {
	m.book.Test(Priority(rapid.IntRange(0, 4).Draw(t, "priority")), m.now)
}

func (m *machine) Wait(t *rapid.T) {
	m.now = m.now.Add(time.Duration(rapid.IntRange(1, 90_000).Draw(t, "ms")) * time.Millisecond)
}

func (m *machine) pick(t *rapid.T) (Key, bool) {
	all := m.book.Present()
	if len(all) == 0 {
		return Key{}, false
	}
	o := all[rapid.IntRange(0, len(all)-1).Draw(t, "which")]
	return o.Key(), true
}

// Check holds the promises of the package.
func (m *machine) Check(t *rapid.T) {
	all := m.book.Present()
	if len(all) > MaxPresent+1 || len(m.book.History()) > MaxHistory {
		t.Fatalf("%d stand, %d are history", len(all), len(m.book.History()))
	}
	stands := map[Key]bool{}
	highest, loudest := None, None
	for i, o := range all {
		stands[o.Key()] = true
		highest = max(highest, o.Priority)
		if !o.Acknowledged() {
			loudest = max(loudest, o.Priority)
		}
		if i > 0 && o.Priority > all[i-1].Priority {
			t.Fatalf("%s of %v stands behind %v", o.Code, o.Priority, all[i-1].Priority)
		}
		if o.over() {
			t.Fatalf("%+v is over and stands", o)
		}
	}
	for key, f := range m.facts {
		if f.stands() && !stands[key] {
			t.Fatalf("%v was lost", key)
		}
		if !f.stands() && stands[key] {
			t.Fatalf("%v stands and is over", key)
		}
	}
	s := m.book.Signal(m.now)
	if s.Any != (len(all) > 0) || s.Any && (s.Shown.Priority != highest || s.More != len(all)-1 || s.Flash == s.Shown.Acknowledged()) {
		t.Fatalf("the bar says %+v of %d", s, len(all))
	}
	switch {
	case s.Test && (loudest != None || s.Sound == None):
		t.Fatalf("a test while %v alarms", loudest)
	case s.Test:
	case s.Paused(m.now) && (s.Sound != None || loudest == None || s.PausedUntil.Sub(m.now) > AudioPause):
		t.Fatalf("paused until %v, %v sounds, %v alarms", s.PausedUntil, s.Sound, loudest)
	case !s.Paused(m.now) && s.Sound != loudest:
		t.Fatalf("%v sounds, the loudest is %v", s.Sound, loudest)
	}
	if s.Sound != m.sound && s.Sound != None && s.Serial == m.last {
		t.Fatalf("%v begins under the serial of %v", s.Sound, m.sound)
	}
	m.last, m.sound = s.Serial, s.Sound
}

func TestBookProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &machine{now: then(), facts: map[Key]*fact{}}
		t.Repeat(rapid.StateMachineActions(m))
	})
}

// A new high occurrence is always heard, whatever was done before.
func TestNewHighIsAlwaysHeard(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &machine{now: then(), facts: map[Key]*fact{}}
		t.Repeat(rapid.StateMachineActions(m))
		m.book.Pause(m.now)
		before := m.book.Signal(m.now)
		m.book.Raise(Finding{Condition: Of("never.seen"), Instance: "x"}, m.now)
		after := m.book.Signal(m.now)
		if after.Sound != High || before.Sound != High && after.Serial == before.Serial {
			t.Fatalf("%v sounds, serial %d, then %d", after.Sound, before.Serial, after.Serial)
		}
	})
}
