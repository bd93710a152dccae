package exchange

import (
	"strings"
	"time"

	"stipple/app/clinical"
)

// DateOrder is how a date with slashes or hyphens is read that does not begin
// with its year.
type DateOrder string

// The orders.
const (
	DateOrderAuto DateOrder = ""            // as the column tells
	DayFirst      DateOrder = "day_first"   // 11/02/1984 is in February
	MonthFirst    DateOrder = "month_first" // 11/02/1984 is in November
)

func (o DateOrder) known() bool { return o == DateOrderAuto || o == DayFirst || o == MonthFirst }

// dateText is a date as it is written: its parts, and in which orders they are
// a day of the calendar.
type dateText struct {
	day, month     clinical.Date // read day first, month first
	isDay, isMonth bool
}

// open says whether the order matters.
func (d dateText) open() bool { return d.isDay && d.isMonth && d.day != d.month }

// readDate takes a date apart: year-month-day with any of - / . between, or
// day.month.year, or with / or - in an order that it does not tell. The year has
// four digits. A time of midnight behind it, as databases write it, is none.
func readDate(s string) (dateText, bool) {
	s = strings.TrimSpace(s)
	if at := strings.IndexAny(s, "T "); at > 0 && midnight(s[at+1:]) {
		s = s[:at]
	}
	at := strings.IndexAny(s, "-/.")
	if at < 0 {
		return dateText{}, false
	}
	parts := strings.Split(s, s[at:at+1])
	if len(parts) != 3 {
		return dateText{}, false
	}
	var d dateText
	if len(parts[0]) == 4 {
		d.day, d.isDay = calendar(parts[0], parts[1], parts[2])
		return d, d.isDay
	}
	d.day, d.isDay = calendar(parts[2], parts[1], parts[0])
	if s[at] != '.' { // nobody writes the month first with dots
		d.month, d.isMonth = calendar(parts[2], parts[0], parts[1])
	}
	return d, d.isDay || d.isMonth
}

// midnight says whether s is a time of day of zeros.
func midnight(s string) bool {
	return strings.HasPrefix(s, "00:00") && strings.Trim(s, "0:.Z") == ""
}

// calendar is the date of three numbers, if the calendar has it.
func calendar(year, month, day string) (clinical.Date, bool) {
	y, okYear := digits(year, 4, 4)
	m, okMonth := digits(month, 1, 2)
	d, okDay := digits(day, 1, 2)
	date := clinical.Date{Year: y, Month: time.Month(m), Day: d}
	return date, okYear && okMonth && okDay && realDate(date)
}

// digits is a number of so many ASCII digits.
func digits(s string, least, most int) (int, bool) {
	if len(s) < least || len(s) > most {
		return 0, false
	}
	n := 0
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	return n, true
}

// realDate says whether the calendar has the day and the stored form its year.
func realDate(d clinical.Date) bool {
	if d.Year < minYear || d.Year > maxYear {
		return false
	}
	t := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
	return t.Year() == d.Year && t.Month() == d.Month && t.Day() == d.Day
}

// dateVotes counts what the dates of a column fit.
type dateVotes struct{ onlyDay, onlyMonth, both int }

func (v *dateVotes) add(s string) {
	switch d, ok := readDate(s); {
	case !ok:
	case d.open():
		v.both++
	case d.isDay && d.isMonth: // 05/05/1987
	case d.isMonth:
		v.onlyMonth++
	case d.isDay && !ordered(s):
		v.onlyDay++
	}
}

// ordered says whether a date's form alone tells its order: year first, or dots.
func ordered(s string) bool {
	s = strings.TrimSpace(s)
	at := strings.IndexAny(s, "-/.")
	return at == 4 || at > 0 && s[at] == '.'
}

// settled is the order of a column, and whether the caller has to choose it.
// No order and no need: no date needs one, or those that do are errors.
func (v dateVotes) settled(choice DateOrder) (order DateOrder, need bool) {
	switch {
	case choice != DateOrderAuto:
		return choice, false
	case v.onlyDay > 0 && v.onlyMonth == 0:
		return DayFirst, false
	case v.onlyMonth > 0 && v.onlyDay == 0:
		return MonthFirst, false
	}
	return DateOrderAuto, v.both > 0 && v.onlyDay == 0
}

// under is the date, written as s, in the column's order; a Problem if it is no
// date in it. Without an order a date that needs one is Ambiguous, also if it
// fits only one: its column has others that fit only the other.
func (d dateText) under(order DateOrder, s string) (clinical.Date, Problem) {
	switch {
	case ordered(s), d.isDay && d.isMonth && d.day == d.month:
		return d.day, ""
	case order == DayFirst && d.isDay:
		return d.day, ""
	case order == MonthFirst && d.isMonth:
		return d.month, ""
	case order != DateOrderAuto:
		return clinical.Date{}, BadValue
	}
	return clinical.Date{}, Ambiguous
}

// plausible is what the store would refuse of a birth date.
func plausible(d clinical.Date, now time.Time) Problem {
	born := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
	switch {
	case born.After(now.Add(dayAhead * time.Hour)):
		return InFuture
	case born.Before(now.AddDate(-maxAgeYears, 0, 0)):
		return TooLongAgo
	}
	return ""
}
