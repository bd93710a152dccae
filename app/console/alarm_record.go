package console

import (
	"strconv"

	"stipple/app/alarm"
	"stipple/app/clinical"
	"stipple/protocol"
)

// The bounds of what a treatment's record takes of its alarms, so that a storm
// fills neither the disk nor the queue for it. What goes beyond is counted, and
// the count is in the record. Each condition of the table has its own share: no
// storm of one takes the place of another.
const (
	// recordedEach is how many entries one alarm may have: an alarm that comes and
	// goes more often than that is told of by its count.
	recordedEach = 20
	// recordedOf is how many entries all instances of a condition may have.
	recordedOf = 60
)

// textLeftOut is the name in a record of alarms that have no entry of their own.
const textLeftOut = "left_out"

// alarmLog is what the open record has of alarms. Its maps are bounded by the
// entries, and these by the table.
type alarmLog struct {
	entries map[alarm.Key]int
	of      map[alarm.Code]int
	counts  map[alarm.Key]int   // how often each had come when an entry said so last
	skipped [alarm.High + 1]int // entries that found no place, by priority
}

// room says whether one more entry about an alarm fits, and counts it. What is
// not in the table shares one place.
func (l *alarmLog) room(o alarm.Occurrence) bool {
	if l.entries == nil {
		l.entries, l.of, l.counts = make(map[alarm.Key]int), make(map[alarm.Code]int), make(map[alarm.Key]int)
	}
	code := o.Code
	if _, known := alarm.Find(code); !known {
		code = ""
	}
	if l.of[code] >= recordedOf || l.entries[o.Key()] >= recordedEach {
		l.skipped[o.Priority]++
		return false
	}
	l.of[code]++
	l.entries[o.Key()]++
	return true
}

// recordBegan writes that an alarm began.
func (d *Desk) recordBegan(o alarm.Occurrence) {
	e := d.entry(o)
	e.At = o.Newest
	if o.Code == alarm.TooMany && o.Count > 1 {
		return // it is told of by its count at the end
	}
	d.recordEntry(o, e)
}

// recordAcknowledged writes who has acknowledged an alarm.
func (d *Desk) recordAcknowledged(o alarm.Occurrence) {
	e := d.entry(o)
	e.At, e.Mark, e.By = o.At, clinical.AlarmAcknowledged, o.By
	if !o.Present() {
		e.Count = o.Count
	}
	d.recordEntry(o, e)
}

// recordOver writes that an alarm is over, and how often it came.
func (d *Desk) recordOver(o alarm.Occurrence) {
	e := d.entry(o)
	e.At, e.Mark, e.Count = o.Gone, clinical.AlarmOver, o.Count
	d.recordEntry(o, e)
}

// recordStanding writes how often what is not over yet has come, into a record
// that is about to be closed or suspended, and what found no place in it.
func (d *Desk) recordStanding(r *run) {
	d.standing(&r.alarms, func(e clinical.Alarm) { d.appendAlarm(r, e) })
}

// standing is what recordStanding writes: what no entry has said yet.
func (d *Desk) standing(log *alarmLog, write func(clinical.Alarm)) {
	now := d.cfg.Now()
	for _, o := range d.alarms.Present() {
		if log.entries[o.Key()] == 0 || log.counts[o.Key()] == o.Count {
			continue
		}
		e := d.entry(o)
		e.At, e.Mark, e.Count = o.Newest, clinical.AlarmMore, o.Count
		log.counts[o.Key()] = o.Count
		write(e)
	}
	for p, n := range log.skipped {
		if n > 0 {
			log.skipped[p] = 0
			write(clinical.Alarm{At: now, Priority: alarm.Priority(p).String(), Text: textLeftOut, Mark: clinical.AlarmMore, Count: n})
		}
	}
}

// recordEntry appends an entry to the open record and to those that wait for
// their end, where there is room.
func (d *Desk) recordEntry(o alarm.Occurrence, e clinical.Alarm) {
	for _, r := range d.runs() {
		if r.alarms.room(o) {
			r.alarms.counts[o.Key()] = o.Count
			d.appendAlarm(r, e)
		}
	}
	d.recordUnsettled(o, e)
}

// recordUnsettled appends an entry to the records of lost runs that nobody has
// signed yet: what has begun since then and concerns them, and how it and what
// began before went on. While a signature is on its way it is held back: nothing
// follows one, and where the store refuses it the record is open still.
func (d *Desk) recordUnsettled(o alarm.Occurrence, e clinical.Alarm) {
	for _, u := range d.unsettled {
		began := u.alarms.entries[o.Key()] > 0
		if e.Mark == clinical.AlarmBegan {
			began = d.concerns(o, u)
		}
		if !began || !u.alarms.room(o) {
			continue
		}
		u.alarms.counts[o.Key()] = o.Count
		if u.signing {
			u.held = append(u.held, e)
			continue
		}
		d.appendUnsettled(u, e)
	}
}

// concerns says whether an alarm that begins while a run waits for its signature
// is about it: about that very run, about its pen or the link to it, or about the
// console. What is about another pen is not.
func (d *Desk) concerns(o alarm.Occurrence, u *unsettled) bool {
	switch {
	case o.Code == alarm.RunUncertain, o.Code == alarm.Contradicted:
		return o.Instance == string(u.record.ID)
	case o.Source == alarm.FromConsole:
		return true
	}
	return sameUnit(u.record, d.pen.info.Model, d.pen.info.Serial)
}

func (d *Desk) appendUnsettled(u *unsettled, e clinical.Alarm) {
	u.record.Alarms = append(u.record.Alarms, e)
	if err := d.rec.alarm(u.record.ID, e); err != nil {
		d.recordBehind(err)
	}
}

func (d *Desk) appendAlarm(r *run, e clinical.Alarm) {
	r.record.Alarms = append(r.record.Alarms, e)
	if err := d.rec.alarm(r.record.ID, e); err != nil {
		d.recordBehind(err)
	}
}

// entry is what every entry about an alarm has.
func (d *Desk) entry(o alarm.Occurrence) clinical.Alarm {
	a := clinical.Alarm{Priority: o.Priority.String(), Expected: o.Expected.String(), Measured: o.Measured.String()}
	a.Code, a.Text = d.recordName(o)
	return a
}

// recordName is the number of the pen's event, 0 for what the console found,
// and the stable name of an alarm.
func (d *Desk) recordName(o alarm.Occurrence) (code uint16, text string) {
	switch {
	case o.Code == alarm.RunUncertain: // whose cause changes with what the pen tells
		return 0, string(o.Code)
	case o.Code == alarm.PenEvent:
		n, _ := strconv.ParseUint(o.Instance, 10, 16)
		return uint16(n), eventName(d.pen.info.Descriptor, uint16(n))
	case o.Code == alarm.PenFault:
		return protocol.EventFault, o.Instance
	case o.Code == alarm.PenAlarm:
		return protocol.EventAlarm, o.Instance
	case o.Source == alarm.FromPen:
		return protocol.EventAlarm, string(o.Code)
	}
	if c := codeOf(o.Cause); c != "" {
		return 0, c
	}
	return 0, string(o.Code)
}
