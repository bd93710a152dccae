package words

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"stipple/app/clinical"
	"stipple/protocol"
)

// thin is the narrow no-break space that parts thousands and holds a number
// and its unit together (ISO 80000-1).
const thin = "\u202f"

// groupFrom is the first number whose thousands are parted.
const groupFrom = 1000

// Count is a whole number with its thousands parted: "6 000".
func Count(n int) string {
	if n > -groupFrom && n < groupFrom {
		return strconv.Itoa(n)
	}
	digits := strconv.Itoa(n)
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	var b strings.Builder
	b.WriteString(sign)
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(thin)
		}
		b.WriteRune(d)
	}
	return b.String()
}

// Tenths is a number of tenths with one decimal: 118 is "11.8".
func Tenths(n int) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	return fmt.Sprintf("%s%s.%d", sign, Count(n/10), n%10)
}

// tenthsOf rounds v/unit to tenths, half away from zero, without a float.
func tenthsOf(v, unit int64) int {
	half := unit / 20
	if v < 0 {
		half = -half
	}
	return int((v + half) / (unit / 10))
}

// Watts is a measured power in watts with one decimal: "11.8".
func Watts(p protocol.Milliwatts) string {
	const milliwatts = 1000
	return Tenths(tenthsOf(int64(p), milliwatts))
}

// Millimetres is a measured depth in millimetres with two decimals: "1.48".
func Millimetres(d protocol.Micrometres) string {
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	hundredths := (int64(d) + 5) / 10
	return fmt.Sprintf("%s%d.%02d", sign, hundredths/100, hundredths%100)
}

// Degrees is a temperature in degrees Celsius with one decimal: "41.2".
func Degrees(t protocol.Centidegrees) string {
	const centidegrees = 100
	return Tenths(tenthsOf(int64(t), centidegrees))
}

// Energy is an energy with the unit that keeps it short and true: "820 mJ",
// "1 170 mJ", "10.3 J", "103 J".
func Energy(e protocol.Microjoules) string {
	const (
		millijoule = 1_000
		joule      = 1_000_000
		tenths     = 10 * joule  // from here on millijoules tell nothing
		whole      = 100 * joule // and from here on tenths
	)
	switch {
	case e < tenths:
		return Count(int((e+millijoule/2)/millijoule)) + thin + "mJ"
	case e < whole:
		return Tenths(tenthsOf(int64(e), joule)) + thin + "J"
	}
	return Count(int((e+joule/2)/joule)) + thin + "J"
}

// Milliseconds is a short time in whole milliseconds, rounded up: "18 ms".
func Milliseconds(d time.Duration) string {
	return Count(int((d+time.Millisecond-1)/time.Millisecond)) + thin + "ms"
}

// Bytes is a size to be read, in the unit that keeps it short: "820 kB", "1.2 GB".
func Bytes(n int64) string {
	const kilobyte, megabyte, gigabyte = 1_000, 1_000_000, 1_000_000_000
	switch {
	case n < megabyte:
		return Count(int((n+kilobyte-1)/kilobyte)) + thin + "kB"
	case n < gigabyte:
		return Count(int((n+megabyte/2)/megabyte)) + thin + "MB"
	}
	return Tenths(tenthsOf(n, gigabyte)) + thin + "GB"
}

// Clock is a length of time as minutes and seconds: "03:12". From an hour on
// it has hours too: "1:03:12".
func Clock(d time.Duration) string {
	s := int(d / time.Second)
	const perMinute, perHour = 60, 3600
	if s >= perHour {
		return fmt.Sprintf("%d:%02d:%02d", s/perHour, s/perMinute%perMinute, s%perMinute)
	}
	return fmt.Sprintf("%02d:%02d", s/perMinute, s%perMinute)
}

// SecondsLeft is what is left of a time in whole seconds, rounded up: a countdown
// ends at 0 and not at 1.
func SecondsLeft(d time.Duration) time.Duration {
	return (d + time.Second - 1).Truncate(time.Second)
}

// Time is a time of day to the second, in the machine's zone: "14:02:11".
func Time(t time.Time) string { return t.Local().Format("15:04:05") }

// Date is a calendar day: "1984-02-11", or "-" where none is known.
func Date(d clinical.Date) string {
	if d == (clinical.Date{}) {
		return "-"
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// ErrDate is wrapped by every error of ParseDate.
var ErrDate = errors.New("not a date")

// ParseDate reads a day as a person types it: "1984-02-11", or "11.2.1984" as
// large parts of the world write it. A date with slashes is refused, since
// nobody can tell its day from its month. Nothing typed is no date.
func ParseDate(text string) (clinical.Date, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return clinical.Date{}, nil
	}
	for _, form := range []string{"2006-1-2", "2.1.2006"} {
		if t, err := time.Parse(form, text); err == nil {
			y, m, d := t.Date()
			return clinical.Date{Year: y, Month: m, Day: d}, nil
		}
	}
	return clinical.Date{}, fmt.Errorf("%w: %q", ErrDate, text)
}

// Month is the month of a day: "2027-03".
func Month(d clinical.Date) string { return fmt.Sprintf("%04d-%02d", d.Year, d.Month) }

// Day is the day of t for a list that is read today: "today", "yesterday",
// "Nov 19", and with the year where it is not this one's.
func (w *Words) Day(t, now time.Time) string {
	t, now = t.Local(), now.Local()
	switch {
	case sameDay(t, now):
		return w.T("day.today")
	case sameDay(t, now.AddDate(0, 0, -1)):
		return w.T("day.yesterday")
	case t.Year() == now.Year():
		return w.T("day.short", w.T("month."+strconv.Itoa(int(t.Month()))), t.Day())
	}
	return t.Format("2006-01-02")
}

// DayAndTime is the day of t and its time of day to the minute.
func (w *Words) DayAndTime(t, now time.Time) string {
	return w.T("day.time", w.Day(t, now), t.Local().Format("15:04"))
}

func sameDay(a, b time.Time) bool {
	ay, am, ad := a.Date()
	by, bm, bd := b.Date()
	return ay == by && am == bm && ad == bd
}
