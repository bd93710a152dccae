package main

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"stipple/device"
	"stipple/device/logfile"
	"stipple/protocol"
)

// logView shows records as they come: a table for people, JSON lines, or CSV.
type logView struct {
	c   console
	csv *csv.Writer // nil: not asked for
	sum uint32
}

// logColumns are the names in the first line of CSV.
var logColumns = []string{"index", "boot", "pen_us", "utc_s", "code", "name", "level", "arg0", "arg1", "crc", "damaged", "reboot", "back", "missing_from", "missing_to", "missing"}

// viewLog begins a view.
func (c console) viewLog(asCSV bool) (*logView, error) {
	v := &logView{c: c}
	switch {
	case asCSV:
		v.csv = csv.NewWriter(c.out)
		if err := v.csv.Write(logColumns); err != nil {
			return nil, fmt.Errorf("print: %w", err)
		}
	case !c.json:
		return v, c.line("%8s  %4s  %14s  %s", "index", "boot", "pen time", "event")
	}
	return v, nil
}

// page shows a page of a download.
func (v *logView) page(page device.LogPage, events []protocol.EventSpec) error {
	for _, e := range page.Entries {
		v.sum = protocol.LogSum(v.sum, &e.LogRecord)
		if err := v.line(logfile.NewLine(e, v.sum, events)); err != nil {
			return err
		}
	}
	return nil
}

// line shows one record.
func (v *logView) line(l logfile.Line) error {
	switch {
	case v.csv != nil:
		return v.row(l)
	case v.c.json:
		return v.c.print(l)
	}
	if l.Gap != nil {
		if err := v.c.line("%8s  %s", "", gapWords(l.Gap.From, l.Gap.To, l.Gap.Kind)); err != nil {
			return err
		}
	}
	return v.c.line("%8d  %4d  %14.6f  %s", l.Index, l.Boot, float64(l.PenUS)/1e6, eventWords(l))
}

// eventWords is what happened, for a person.
func eventWords(l logfile.Line) string {
	var b strings.Builder
	b.WriteString(l.Name)
	var names []string
	for name := range l.Args {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, " %s=%d", name, l.Args[name])
	}
	if len(names) == 0 && (l.Arg0 != 0 || l.Arg1 != 0) {
		fmt.Fprintf(&b, " %d %d", l.Arg0, l.Arg1)
	}
	if l.UTCS != 0 {
		b.WriteString("  " + time.Unix(int64(l.UTCS), 0).UTC().Format(time.RFC3339))
	}
	for _, note := range []struct {
		on   bool
		text string
	}{{l.Level == uint8(protocol.LevelWarning), "warning"}, {l.Level == uint8(protocol.LevelError), "error"}, {l.Damaged, "DAMAGED"}, {l.Back, "CLOCK WENT BACK"}} {
		if note.on {
			b.WriteString("  " + note.text)
		}
	}
	return b.String()
}

// gapWords says what is missing.
func gapWords(from, to uint32, kind string) string {
	numbers := fmt.Sprintf("%d to %d", from, to)
	if from == to {
		numbers = strconv.Itoa(int(from))
	}
	switch kind {
	case device.GapReset.String():
		return numbers + " skipped at a reset"
	case device.GapGone.String():
		return numbers + " were gone from the pen: wrapped or erased"
	}
	return numbers + " LOST: the pen's memory is damaged"
}

// row writes one record as CSV. Names come from a pen, so one that a
// spreadsheet would take for a formula is kept from being one.
func (v *logView) row(l logfile.Line) error {
	from, to, kind := "", "", ""
	if l.Gap != nil {
		from, to, kind = strconv.Itoa(int(l.Gap.From)), strconv.Itoa(int(l.Gap.To)), l.Gap.Kind
	}
	name := l.Name
	if strings.ContainsAny(name[:1], "=+-@") {
		name = "'" + name
	}
	number := func(n uint64) string { return strconv.FormatUint(n, 10) }
	err := v.csv.Write([]string{
		number(uint64(l.Index)), number(uint64(l.Boot)), number(l.PenUS), number(uint64(l.UTCS)), number(uint64(l.Code)), name,
		number(uint64(l.Level)), strconv.Itoa(int(l.Arg0)), strconv.Itoa(int(l.Arg1)), l.CRC,
		strconv.FormatBool(l.Damaged), strconv.FormatBool(l.Reboot), strconv.FormatBool(l.Back), from, to, kind,
	})
	v.csv.Flush()
	if err == nil {
		err = v.csv.Error()
	}
	if err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}
