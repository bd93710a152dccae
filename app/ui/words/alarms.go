package words

import (
	"strconv"
	"strings"
	"time"

	"stipple/app/alarm"
	"stipple/protocol"
)

// AlarmSentence is an alarm as a person reads it.
type AlarmSentence struct {
	What    string // what is wrong
	Figures string // "expected 12.0 W, measured 9.2 W"; empty where there are none
	Since   string // "since 14:02:11"
	Do      string // what was kept and what to do; may be empty
}

// Bar is the sentence for one line: what is wrong, the figures, since when.
func (s AlarmSentence) Bar() string { return joined(s.What, s.Figures, s.Since) }

// Brief is the sentence for a short line: what is wrong, and the figures.
func (s AlarmSentence) Brief() string { return joined(s.What, s.Figures) }

// Whole is the sentence for one line with what to do.
func (s AlarmSentence) Whole() string { return joined(s.What, s.Figures, s.Since, s.Do) }

func joined(parts ...string) string {
	some := parts[:0]
	for _, p := range parts {
		if p != "" {
			some = append(some, p)
		}
	}
	return strings.Join(some, " · ")
}

// AlarmOf words an alarm.
func (w *Words) AlarmOf(o alarm.Occurrence) AlarmSentence {
	s := AlarmSentence{Figures: w.figures(o), Since: w.since(o)}
	s.What, s.Do = w.alarmWhat(o)
	if o.Count > 1 && !o.Momentary {
		s.What = w.T("alarm.times", s.What, Count(o.Count))
	}
	return s
}

// alarmWhat is what is wrong and what to do about it.
func (w *Words) alarmWhat(o alarm.Occurrence) (what, do string) {
	key := "alarm." + string(o.Code)
	if o.Cause != nil {
		e := w.Error(o.Cause)
		if what := w.Or(key, ""); what != "" && what != e.What && !causeSaysAll(o.Code) {
			return what + ". " + strings.TrimSuffix(e.What, "."), e.Hint()
		}
		return strings.TrimSuffix(e.What, "."), e.Hint()
	}
	switch o.Code {
	case alarm.PenFault:
		return w.T("event.fault", w.Or("fault."+o.Instance, o.Instance)), w.T("alarm.pen_fault.do")
	case alarm.PenAlarm:
		return w.T("alarm.other", printable(o.Instance)), ""
	case alarm.PenEvent:
		n, _ := strconv.Atoi(o.Instance)
		return w.Or("event."+o.Instance, w.T("notice.pen", Count(n))), ""
	}
	if o.Expected.HasTarget && o.Expected.Target > 0 && o.Measured.Quantity == o.Expected.Quantity {
		side, off := ".above", o.Measured.N-o.Expected.Target
		if off < 0 {
			side, off = ".below", -off
		}
		const hundred = 100
		if w.Has(key + side) {
			return w.T(key+side, Count(int((off*hundred+o.Expected.Target/2)/o.Expected.Target))), w.Or(key+".do", "")
		}
	}
	return w.T(key), w.Or(key+".do", "")
}

// causeSaysAll says whether the name of an alarm adds nothing to its cause: both
// are about a treatment, and the cause names it.
func causeSaysAll(c alarm.Code) bool { return c == alarm.Contradicted || c == alarm.RunUncertain }

// figures are what was expected and measured.
func (w *Words) figures(o alarm.Occurrence) string {
	if key := "alarm.counted." + string(o.Code); w.Has(key+".one") && o.Measured.Quantity == alarm.Count {
		return w.N(key, int(o.Measured.N)) // that none was expected goes without saying
	}
	expected, measured := w.Expected(o.Expected), w.Value(o.Measured)
	switch {
	case expected != "" && measured != "":
		return w.T("alarm.figures", expected, measured)
	case expected != "":
		return w.T("alarm.expected", expected)
	case measured != "":
		return w.T("alarm.measured", measured)
	}
	return ""
}

// since is when an alarm began, or from when to when it was there.
func (w *Words) since(o alarm.Occurrence) string {
	switch {
	case o.Momentary || o.Gone.Equal(o.Since):
		return w.T("alarm.at", Time(o.Newest))
	case o.Present():
		return w.T("alarm.since", Time(o.Since))
	}
	return w.T("alarm.until", Time(o.Since), Time(o.Gone))
}

// Expected is what a value should have been; "" where nothing is expected.
func (w *Words) Expected(e alarm.Expected) string {
	value := func(n int64) string { return w.Value(alarm.Value{Quantity: e.Quantity, N: n}) }
	switch {
	case !e.Known():
		return ""
	case e.HasTarget:
		return value(e.Target)
	case e.HasLow && e.HasHigh:
		return w.T("alarm.within", value(e.Low), value(e.High))
	case e.HasHigh:
		return w.T("alarm.at_most", value(e.High))
	}
	return w.T("alarm.at_least", value(e.Low))
}

// Value is a measured value with its unit; "" where there is none.
func (w *Words) Value(v alarm.Value) string {
	unit := func(text, key string) string { return text + thin + w.T(key) }
	switch v.Quantity {
	case alarm.Depth:
		return unit(Millimetres(protocol.Micrometres(v.N)), "unit.mm")
	case alarm.Speed:
		return unit(Count(int(v.N)), "unit.perMin")
	case alarm.Power:
		return unit(Watts(protocol.Milliwatts(v.N)), "unit.W")
	case alarm.Energy:
		return Energy(protocol.Microjoules(v.N))
	case alarm.Impedance:
		return unit(Count(int(v.N)), "unit.ohm")
	case alarm.Temperature:
		return unit(Degrees(protocol.Centidegrees(v.N)), "unit.degC")
	case alarm.Charge:
		return Count(int(v.N)) + thin + "%"
	case alarm.Uses:
		return w.N("alarm.uses", int(v.N))
	case alarm.Count:
		return Count(int(v.N))
	case alarm.Duration:
		d := time.Duration(v.N) * time.Microsecond
		const day = 24 * time.Hour
		switch {
		case d < time.Second:
			return Milliseconds(d)
		case d >= day:
			return w.T("alarm.days", Tenths(tenthsOf(int64(d), int64(day))))
		}
		return Tenths(tenthsOf(int64(d), int64(time.Second))) + thin + "s"
	case alarm.Storage:
		const megabyte = 1_000_000
		return Count(int(v.N/megabyte)) + thin + "MB"
	}
	return ""
}
