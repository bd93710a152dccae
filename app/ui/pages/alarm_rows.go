package pages

import (
	"reflect"
	"strconv"

	"fyne.io/fyne/v2"

	"stipple/app/alarm"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// alarmList is a list of alarms that keeps its selection by the alarm, not by
// the row, while alarms come and go.
type alarmList struct {
	env   *Env
	list  *widgets.RowList
	items []alarm.Occurrence
	empty string
	rows  []widgets.Row
	// chosen is the id of the selected alarm; 0: none.
	chosen   int
	onChange func()
}

// newAlarmList returns an empty list; empty is the key of what stands there
// then. onChange is told of another selection.
func newAlarmList(env *Env, name, empty string, onChange func()) *alarmList {
	l := &alarmList{env: env, empty: env.t(empty), onChange: onChange}
	l.list = widgets.NewRowList(env.Keys, l.choose, l.choose)
	env.name(l.list, "list", name)
	return l
}

func (l *alarmList) choose(i int) {
	if i < 0 || i >= len(l.items) {
		return
	}
	l.chosen = l.items[i].ID
	l.list.Select(i)
	if l.onChange != nil {
		l.onChange()
	}
}

// set shows alarms. Nothing is drawn anew where they are the same.
func (l *alarmList) set(items []alarm.Occurrence) {
	rows := make([]widgets.Row, len(items))
	at := -1
	for i, o := range items {
		rows[i] = alarmRow(l.env.Words, o)
		if o.ID == l.chosen {
			at = i
		}
	}
	l.items = items
	if at < 0 {
		l.chosen = 0
	}
	if l.rows == nil || !reflect.DeepEqual(rows, l.rows) {
		l.rows = rows
		l.list.Set(rows, l.empty)
	}
	l.list.Select(at)
}

// selected is the chosen alarm, and false where there is none.
func (l *alarmList) selected() (alarm.Occurrence, bool) {
	for _, o := range l.items {
		if o.ID == l.chosen {
			return o, true
		}
	}
	return alarm.Occurrence{}, false
}

// alarmRow is an alarm as a row: what is wrong and its figures at the left, its
// priority and what became of it at the right.
func alarmRow(w *words.Words, o alarm.Occurrence) widgets.Row {
	s := w.AlarmOf(o)
	ink := priorityInk(o.Priority)
	row := widgets.Row{
		Key:       strconv.Itoa(o.ID),
		Title:     []widgets.Run{widgets.Strong(s.What)},
		Sub:       []widgets.Run{widgets.Small(alarmSub(s))},
		Right:     []widgets.Run{widgets.Strong(w.T("priority." + o.Priority.String())).In(ink)},
		RightSub:  []widgets.Run{widgets.Small(alarmState(w, o))},
		Mark:      widgets.IconWarning,
		MarkColor: ink,
	}
	if o.Priority <= alarm.Low {
		row.Mark = widgets.IconInfo
	}
	return row
}

func alarmSub(s words.AlarmSentence) string {
	if s.Figures == "" {
		return s.Since
	}
	return s.Figures + " · " + s.Since
}

// alarmState is what became of an alarm: who has acknowledged it, and whether it
// is still there.
func alarmState(w *words.Words, o alarm.Occurrence) string {
	switch {
	case o.Displaced:
		return w.T("alarms.displaced")
	case o.Acknowledged() && o.By != "":
		return w.T("alarms.acked_by", words.Time(o.At), o.By)
	case o.Acknowledged():
		return w.T("alarms.acked", words.Time(o.At))
	case !o.Present() && o.Priority.Latches():
		return w.T("alarms.gone")
	case !o.Present():
		return w.T("alarms.over")
	}
	return w.T("alarms.open")
}

func priorityInk(p alarm.Priority) fyne.ThemeColorName {
	switch p {
	case alarm.High:
		return theme.HighInk
	case alarm.Medium:
		return theme.MediumInk
	}
	return theme.LowInk
}
