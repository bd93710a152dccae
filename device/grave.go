package device

import (
	"slices"

	"stipple/protocol"
)

// graveRank orders what a pen tells by how grave it is.
type graveRank uint8

const (
	rankNone   graveRank = iota // may be lost: information
	rankLow                     // a warning, an alarm of low priority
	rankMedium                  // an error, an alarm of medium priority
	rankHigh                    // a fault, an alarm of high priority or of none that is known
)

// rankOf is how grave an event of the pen is. An alarm that the descriptor does
// not have counts as high, as everywhere (safety.md section 7).
func rankOf(desc *protocol.Descriptor, e *protocol.Event) graveRank {
	switch {
	case e.Code == protocol.EventFault:
		return rankHigh
	case e.Code == protocol.EventAlarm && desc != nil:
		switch a, _ := desc.Alarm(e.Args[0]); a.Priority {
		case "low":
			return rankLow
		case "medium":
			return rankMedium
		}
		return rankHigh
	case e.Code == protocol.EventAlarm:
		return rankHigh
	case e.Level == protocol.LevelInfo:
		return rankNone
	case e.Level == protocol.LevelWarning:
		return rankLow
	}
	return rankMedium
}

// graveKind is what makes two events of a pen the same: the fault, the alarm or
// the code that they tell, and how grave the pen calls it.
type graveKind struct {
	code  uint16
	level protocol.Level
	arg   int32
}

func kindOf(e *protocol.Event) graveKind {
	k := graveKind{code: e.Code, level: e.Level}
	if e.Code == protocol.EventAlarm || e.Code == protocol.EventFault {
		k.arg = e.Args[0]
	}
	return k
}

// graveEvent is the newest event of a kind that found no place. Its Lost counts
// those before it.
type graveEvent struct {
	kind  graveKind
	rank  graveRank
	event Event
}

// graveEvents are the grave events of a pen that wait for a place, one of each
// kind and at most graveKept: the gravest first, and of equal ones the kind that
// came first.
type graveEvents struct{ wait []graveEvent }

// waits says whether any is kept back.
func (g *graveEvents) waits() bool { return len(g.wait) > 0 }

// keep keeps e in the place of an older one of its kind, and returns how many
// events are lost for it: where there is no place, the last of the least grave,
// or e itself.
func (g *graveEvents) keep(e Event, rank graveRank) (lost uint64) {
	k := kindOf(e.Pen)
	if i := slices.IndexFunc(g.wait, func(o graveEvent) bool { return o.kind == k }); i >= 0 {
		e.Lost = g.wait[i].event.Lost + 1
		g.wait[i].event = e
		return 0
	}
	at := slices.IndexFunc(g.wait, func(o graveEvent) bool { return o.rank < rank })
	if at < 0 {
		at = len(g.wait)
	}
	if at == graveKept {
		return 1
	}
	if len(g.wait) == graveKept {
		last := len(g.wait) - 1
		lost = 1 + g.wait[last].event.Lost
		g.wait = g.wait[:last]
	}
	g.wait = slices.Insert(g.wait, at, graveEvent{kind: k, rank: rank, event: e})
	return lost
}

// next takes the gravest.
func (g *graveEvents) next() Event {
	e := g.wait[0].event
	g.wait = slices.Delete(g.wait, 0, 1)
	return e
}

// left counts all that waits and was not delivered.
func (g *graveEvents) left() (n uint64) {
	for _, k := range g.wait {
		n += 1 + k.event.Lost
	}
	return n
}
