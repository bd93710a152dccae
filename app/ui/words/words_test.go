package words

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"stipple/app/alarm"
	"stipple/app/clinical"
	"stipple/protocol"
)

const nb = "\u202f"

func TestFigures(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Count(0), "0"}, {Count(999), "999"}, {Count(1000), "1" + nb + "000"}, {Count(-1234567), "-1" + nb + "234" + nb + "567"},
		{Tenths(118), "11.8"}, {Tenths(-5), "-0.5"}, {Tenths(0), "0.0"},
		{Watts(11_800), "11.8"}, {Watts(11_749), "11.7"}, {Watts(49), "0.0"}, {Watts(50), "0.1"},
		{Millimetres(1480), "1.48"}, {Millimetres(1484), "1.48"}, {Millimetres(1485), "1.49"}, {Millimetres(-5), "-0.01"}, {Millimetres(0), "0.00"},
		{Degrees(4120), "41.2"}, {Degrees(-50), "-0.5"},
		{Energy(0), "0" + nb + "mJ"}, {Energy(1_170_000), "1" + nb + "170" + nb + "mJ"}, {Energy(10_300_000), "10.3" + nb + "J"}, {Energy(103_200_000), "103" + nb + "J"},
		{Milliseconds(18 * time.Millisecond), "18" + nb + "ms"}, {Milliseconds(17*time.Millisecond + 1), "18" + nb + "ms"},
		{Clock(192 * time.Second), "03:12"}, {Clock(3792 * time.Second), "1:03:12"}, {Clock(0), "00:00"},
		{Date(clinical.Date{Year: 1984, Month: 2, Day: 11}), "1984-02-11"}, {Date(clinical.Date{}), "-"},
		{Month(clinical.Date{Year: 2027, Month: 3, Day: 31}), "2027-03"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

// A shown dose or stop time is never smaller than the real one.
func TestRoundingIsNeverFlattering(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		uj := rapid.Int64Range(0, 1e12).Draw(t, "dose")
		var shown int64
		if _, err := fmt.Sscan(strings.ReplaceAll(clinical.FormatDose(protocol.Microjoules(uj)), "\u202f", ""), &shown); err != nil {
			t.Fatal(err)
		}
		if shown*1000 < uj || shown*1000-uj >= 1000 {
			t.Fatalf("%d µJ is shown as %d mJ", uj, shown)
		}
	})
}

func TestDays(t *testing.T) {
	w := English()
	now := time.Date(2026, 11, 23, 14, 2, 0, 0, time.Local)
	for _, c := range []struct {
		at   time.Time
		want string
	}{
		{now.Add(-time.Hour), "today"},
		{now.AddDate(0, 0, -1), "yesterday"},
		{now.AddDate(0, 0, -4), "Nov 19"},
		{now.AddDate(-1, 0, 0), "2025-11-23"},
	} {
		if got := w.Day(c.at, now); got != c.want {
			t.Errorf("%v: %q, want %q", c.at, got, c.want)
		}
	}
	if got := w.DayAndTime(now, now); got != "today, 14:02" {
		t.Errorf("got %q", got)
	}
}

func TestParseDate(t *testing.T) {
	day := clinical.Date{Year: 1984, Month: 2, Day: 11}
	for text, want := range map[string]clinical.Date{
		"1984-02-11": day, " 1984-2-11 ": day, "11.2.1984": day, "11.02.1984": day, "": {}, "  ": {},
		"2000-02-29": {Year: 2000, Month: 2, Day: 29},
	} {
		if got, err := ParseDate(text); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"2/11/1984", "1984", "1984-13-01", "2001-02-29", "11.2.84", "eleven", "1984-02-11x", "--"} {
		if got, err := ParseDate(text); !errors.Is(err, ErrDate) {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
}

// coded is an error as package console and package store make them.
type coded struct {
	code string
	args []any
}

func (e *coded) Error() string { return "inner text of " + e.code }
func (e *coded) Code() string  { return e.code }
func (e *coded) Args() []any   { return e.args }

func TestErrorsByCode(t *testing.T) {
	w := English()
	s := w.Error(fmt.Errorf("connect: %w", &coded{code: "permission", args: []any{"/dev/ttyACM0", "dialout"}}))
	if s.What != `You may not open /dev/ttyACM0; it belongs to the group "dialout".` || !strings.Contains(s.Do, "udev") {
		t.Errorf("got %+v", s)
	}
	if s := w.Error(&coded{code: "disk_full"}); s.Kept == "" || s.Do == "" {
		t.Errorf("says neither what was kept nor what to do: %+v", s)
	}
	// Too few arguments, or a code nobody knows: the error's own text.
	for _, e := range []*coded{{code: "busy"}, {code: "no_such_code"}} {
		if s := w.Error(e); !strings.Contains(s.What, "inner text") || s.Do == "" {
			t.Errorf("%s: %+v", e.code, s)
		}
	}
	if w.Error(nil) != (Sentence{}) {
		t.Error("nil has words")
	}
}

// Every code has an answer to "what now?", unless it is a plain fact.
func TestEveryErrorSaysWhatToDo(t *testing.T) {
	w := English()
	facts := map[string]bool{"monitor": true, "stopped": true, "disarmed": true, "ended": true, "too_large": true, "preset_unfit": true, "usb_simulated": false}
	for key := range w.table {
		code, ok := strings.CutPrefix(key, "error.")
		if !ok || strings.Contains(code, ".") || facts[code] {
			continue
		}
		if !w.Has(key + ".do") {
			t.Errorf("%s does not say what to do", code)
		}
		if !strings.HasSuffix(w.table[key], ".") {
			t.Errorf("%s is no sentence: %q", code, w.table[key])
		}
	}
}

func TestForeignTextCantDisturbTheWindow(t *testing.T) {
	s := English().Error(errors.New("bad\x1b[31m\nname\x00" + strings.Repeat("x", 5000)))
	if strings.ContainsAny(s.What, "\x1b\n\x00") {
		t.Errorf("control characters come through: %q", s.What)
	}
	if len([]rune(s.What)) > longestForeign+60 {
		t.Errorf("%d characters long", len(s.What))
	}
}

func TestInputErrors(t *testing.T) {
	w := English()
	for text, want := range map[string]string{
		"6.000": `no "." between digits`, "abc": `"abc" is not a number`, "": "nothing was typed", "-60": "type it without a sign",
		"60 km": `"km" is not its unit`,
	} {
		_, err := clinical.ParseInput(clinical.Speed, text)
		if got := w.Error(err).What; got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// fields is an error about a form.
type fields map[string]string

func (f fields) Error() string                    { return "refused" }
func (f fields) FieldProblems() map[string]string { return f }

func TestFieldProblems(t *testing.T) {
	w := English()
	got := w.Fields(fmt.Errorf("save: %w", fields{"FileNumber": "duplicate", "BirthDate": "in_future", "Sex": "odd"}))
	if got["FileNumber"] != "is taken by another patient" || got["BirthDate"] != "lies in the future" || got["Sex"] != "is refused (odd)" {
		t.Errorf("got %v", got)
	}
	if w.Fields(errors.New("x")) != nil {
		t.Error("an error without fields has some")
	}
}

// An alarm of a record is worded by its name, then by its event, and keeps its
// own text where neither is known.
func TestAlarmsOfARecordHaveWords(t *testing.T) {
	w := English()
	for _, c := range []struct {
		alarm clinical.Alarm
		want  string
	}{
		{clinical.Alarm{Code: protocol.EventAlarm, Text: "power_deviation"}, "The power differs from what was set"},
		{clinical.Alarm{Code: protocol.EventLeaseExpired, Text: "lease_expired"}, w.T("event.3")},
		{clinical.Alarm{Code: protocol.EventFault, Text: "fault"}, "The pen latched a fault"},
		{clinical.Alarm{Code: protocol.EventAlarm, Text: "alarm 77"}, "alarm 77"},
		{clinical.Alarm{Code: protocol.EventMaker, Text: "other"}, "other"},
		{clinical.Alarm{Text: "odd\x07"}, "odd\uFFFD"},
	} {
		if got := w.Alarm(c.alarm); got != c.want {
			t.Errorf("%+v is %q, want %q", c.alarm, got, c.want)
		}
	}
}

// A cause that says what the condition says is not said twice, and what was lost
// is counted, not measured.
func TestAlarmSaysItOnce(t *testing.T) {
	w := English()
	lost := alarm.Occurrence{Finding: alarm.Finding{Expected: alarm.AtMost(alarm.Count, 0), Measured: alarm.Value{Quantity: alarm.Count, N: 148}}}
	lost.Code = alarm.Overflow
	if s := w.AlarmOf(lost); s.Figures != "148 events were lost" {
		t.Errorf("%q", s.Figures)
	}
	twice := alarm.Occurrence{Finding: alarm.Finding{
		Cause: &coded{code: "contradicted", args: []any{"0042", "Ruiz"}}, Expected: alarm.AtMost(alarm.Count, 0), Measured: alarm.Value{Quantity: alarm.Count, N: 3},
	}}
	twice.Code = alarm.Contradicted
	if s := w.AlarmOf(twice); strings.Count(s.What, "contradicts") != 1 || s.Figures != "in 3 points" {
		t.Errorf("%q", s.What)
	}
}

// A sentence that is written twice is shown as one of the two, and nobody sees the other.
func TestNoSentenceTwice(t *testing.T) {
	seen := map[string]string{}
	for _, part := range english() {
		for key, text := range part {
			if other, twice := seen[key]; twice {
				t.Errorf("%s is %q and %q", key, other, text)
			}
			seen[key] = text
		}
	}
}
