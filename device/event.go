package device

import (
	"time"

	"stipple/protocol"
)

// EventKind says what an Event is about and which of its fields are set.
type EventKind uint8

// The kinds of event.
const (
	// EventPen is something that the pen says happened: Pen. Lost is how many of
	// the same kind came before it and were not delivered: see graveEvents.
	EventPen EventKind = iota + 1
	// EventPulse is a closed pulse of the ledger: Pulse, Reread.
	EventPulse
	// EventPulseGap is pulses that did not arrive: From, To. They are read
	// again, which ends in an EventPulse for each or in EventPulsesLost.
	EventPulseGap
	// EventPulsesLost is pulses that the pen no longer has: From, To. What
	// they did is not known.
	EventPulsesLost
	// EventState is a change of the pen's state: Old, State.
	EventState
	// EventTip is a tip that was read: Tip.
	EventTip
	// EventArmEnded is the end of READY, TREATING or a SERVICE output, or of an
	// attempt: ArmID, Err (ErrDisarmed, ErrStopped, ErrPenDisarmed,
	// ErrOutputOver, ErrNotAlive, ErrStale, ...).
	EventArmEnded
	// EventStopSent is the start of a stop: Err is why the session sent it by
	// itself, nil for a Stop from outside.
	EventStopSent
	// EventStopConfirmed is STOPPED: Latency since the stop began, NeedleBack.
	EventStopConfirmed
	// EventNeedleBack is the second STOPPED, with the needle back: Latency.
	EventNeedleBack
	// EventStopUnconfirmed is no STOPPED within protocol.StopConfirm. ESTOP
	// goes on being sent.
	EventStopUnconfirmed
	// EventUnconfirmedReady is a pen that says READY, TREATING or a SERVICE
	// output under an arm id that was not confirmed: ArmID, State. It was sent
	// ESTOP.
	EventUnconfirmedReady
	// EventStatusSilence is no STATUS for protocol.StatusSilence while armed:
	// Latency. The pen was sent ESTOP.
	EventStatusSilence
	// EventContradiction is a pen that contradicts itself: Err (*EchoError,
	// *ClockError, *PulseError, *AlarmError). It was sent ESTOP.
	EventContradiction
	// EventGap is live frames that were lost: Lost.
	EventGap
	// EventOverflow is events that were lost because nobody read them: Lost.
	EventOverflow
	// EventEnd is the last event: Err.
	EventEnd
)

// String is the event's name in a log.
func (k EventKind) String() string {
	names := [...]string{"", "pen", "pulse", "pulse_gap", "pulses_lost", "state", "tip", "arm_ended", "stop_sent", "stop_confirmed",
		"needle_back", "stop_unconfirmed", "unconfirmed_ready", "status_silence", "contradiction", "gap", "overflow", "end"}
	if int(k) < len(names) {
		return names[k]
	}
	return "unknown"
}

// Event is something that happened in a session. Which fields are set depends
// on Kind. What the pointers point to is never changed afterwards.
type Event struct {
	Kind       EventKind
	At         time.Time // console clock
	Pen        *protocol.Event
	Pulse      *protocol.Pulse
	Reread     bool
	From, To   uint32 // pulse indices, both included
	Tip        *protocol.TipInfo
	Old, State protocol.State
	ArmID      uint32
	Latency    time.Duration
	NeedleBack bool
	Check      bool // of EventPen: it is the stop of CheckStop, and nothing to tell a person
	Lost       uint64
	Err        error
}

// eventQueueState hands events to the one channel without ever waiting. It is
// guarded by the session's mutex.
//
// What a pen tells of itself has only a part of the queue: a pen that floods
// the line with EVENT displaces neither a pulse nor what the session itself has
// found. Of the grave ones among those that find no place one of each kind is
// kept back and delivered as soon as there is room, so that no storm hides an
// alarm.
type eventQueueState struct {
	ch    chan Event
	lost  uint64
	grave graveEvents
	over  bool // the channel is closed; a reader that was left behind may still come
}

// push queues e, or counts it as lost. The first event that fits after a loss
// is the one that tells of it. The last place is kept for the end. Rank says how
// grave an EVENT of the pen is; 0 for everything else.
func (q *eventQueueState) push(e Event, rank graveRank) {
	if q.over {
		return
	}
	q.flush(e.At)
	switch {
	case q.room(e.Kind):
		q.ch <- e
	case rank > rankNone:
		q.lost += q.grave.keep(e, rank)
	default:
		q.lost++
	}
}

// room says whether an event of a kind finds a place.
func (q *eventQueueState) room(k EventKind) bool {
	places := cap(q.ch) - 2
	if k == EventPen {
		places /= penShare
	}
	return len(q.ch) < places
}

// flush delivers the grave events that were kept back, the gravest first, and
// then reports a loss, once a reader has made room again: a report for each loss
// would fill the queue by itself.
func (q *eventQueueState) flush(at time.Time) {
	for !q.over && q.grave.waits() && q.room(EventPen) {
		q.ch <- q.grave.next()
	}
	if q.over || q.lost == 0 || !q.room(EventPen) {
		return
	}
	q.ch <- Event{Kind: EventOverflow, At: at, Lost: q.lost}
	q.lost = 0
}

// end queues the last event into the places kept for it, after a report of
// what was lost, and closes the channel.
func (q *eventQueueState) end(e Event) {
	for q.grave.waits() && q.room(EventEnd) {
		q.ch <- q.grave.next()
	}
	if q.lost += q.grave.left(); q.lost > 0 {
		q.ch <- Event{Kind: EventOverflow, At: e.At, Lost: q.lost}
	}
	q.ch <- e
	q.over = true
	close(q.ch)
}
