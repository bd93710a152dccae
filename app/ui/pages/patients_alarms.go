package pages

import (
	"slices"

	"stipple/app/clinical"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// alarmLine is an alarm of a record with how often it came.
type alarmLine struct {
	text   string
	count  int
	newest clinical.Alarm
	acked  clinical.Alarm // the newest entry of somebody who acknowledged it
	began  bool           // an entry says so
}

// began is how many alarms began in a treatment.
func began(alarms []clinical.Alarm) int {
	n := 0
	for _, a := range alarms {
		if a.Mark == clinical.AlarmBegan {
			n++
		}
	}
	return n
}

// times is what an entry adds to how often its alarm came: an alarm that began
// came once, and the entry with its count says how often it came in all.
func times(a clinical.Alarm) int {
	switch {
	case a.Mark == clinical.AlarmBegan, a.Mark == markTookOver:
		return 1
	case a.Count > 0:
		return a.Count - 1
	}
	return 0
}

// markTookOver stands for a hand-over among the alarms that are shown.
const markTookOver clinical.AlarmMark = "took_over"

// journal is the alarms of a treatment with each hand-over at its place.
func journal(t clinical.Treatment) []clinical.Alarm {
	all := slices.Clone(t.Alarms)
	for _, h := range t.HandOvers {
		i := slices.IndexFunc(all, func(a clinical.Alarm) bool { return a.At.After(h.At) })
		if i < 0 {
			i = len(all)
		}
		all = slices.Insert(all, i, clinical.Alarm{At: h.At, Mark: markTookOver, By: h.To.Name})
	}
	return all
}

// alarmLines is each alarm once, the newest first.
func alarmLines(w *words.Words, alarms []clinical.Alarm) []alarmLine {
	var lines []alarmLine
	for _, a := range slices.Backward(alarms) {
		text := ""
		if a.Mark == markTookOver {
			text = w.T("record.took_over.line", a.By)
		} else {
			text = w.Alarm(a)
		}
		i := slices.IndexFunc(lines, func(l alarmLine) bool { return l.text == text })
		if i < 0 {
			i, lines = len(lines), append(lines, alarmLine{text: text, newest: a})
		}
		l := &lines[i]
		l.count += times(a)
		l.began = l.began || a.Mark == clinical.AlarmBegan || a.Mark == markTookOver
		if a.Mark == clinical.AlarmAcknowledged && l.acked.At.IsZero() {
			l.acked = a
		}
	}
	for i := range lines {
		if !lines[i].began {
			lines[i].count++ // it began before, or has no entry of its own
		}
	}
	return lines
}

// showAlarms opens the alarms of the record: how often each came, and what it
// was about the last time.
func (r *recordSheet) showAlarms() {
	w := r.env.Words
	var texts []widgets.Run
	for _, l := range alarmLines(w, journal(r.row.Treatment)) {
		text, last := l.text, words.Time(l.newest.At)
		if l.count > 1 {
			text = w.T("record.alarm.times", words.Count(l.count), l.text)
			last = w.T("record.alarm.last", last)
		}
		if l.newest.Expected != "" {
			last += " · " + w.T("record.alarm.expected", l.newest.Expected)
		}
		if l.newest.Measured != "" {
			last += " · " + w.T("alarm.measured", l.newest.Measured)
		}
		if !l.acked.At.IsZero() {
			last += " · " + w.T("alarms.acked_by", words.Time(l.acked.At), l.acked.By)
		}
		texts = append(texts, widgets.Strong(text), widgets.Muted(last))
	}
	r.env.note(w.T("record.alarms"), texts)
}
