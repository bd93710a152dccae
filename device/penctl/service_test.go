package main

import (
	"bytes"
	"context"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"stipple/device"
	"stipple/device/logfile"
	"stipple/protocol"
)

// Whatever table a pen may have, its file is read back as the same table.
func TestTableFileRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := func(most int, label string) string {
			return rapid.StringOfN(rapid.RuneFrom([]rune(printableASCII)), 0, most, most).Draw(t, label)
		}
		table := protocol.CalTable{
			Quantity: protocol.Quantity(rapid.IntRange(0, protocol.QuantityCount-1).Draw(t, "quantity")),
			Form:     protocol.CalForm(rapid.IntRange(0, 1).Draw(t, "form")), Revision: rapid.Uint32().Draw(t, "revision"),
			DateDays: rapid.Uint16().Draw(t, "date"), ValidDays: rapid.Uint16().Draw(t, "valid"), Span: rapid.Int32().Draw(t, "span"),
			Technician: text(protocol.MaxTechnician, "technician"), Instrument: text(protocol.MaxInstrument, "instrument"),
		}
		for range rapid.IntRange(0, protocol.MaxCalPoints).Draw(t, "points") {
			table.Points = append(table.Points, protocol.CalPoint{Raw: rapid.Int32().Draw(t, "raw"), True: rapid.Int32().Draw(t, "true")})
		}
		for range rapid.IntRange(0, protocol.MaxCalCoefficients).Draw(t, "coefficients") {
			table.Coefficients = append(table.Coefficients, rapid.Int32().Draw(t, "c"))
		}
		got, err := parseTable(tableText(table))
		if err != nil || got.Digest() != table.Digest() || !reflect.DeepEqual(got.Points, table.Points) {
			t.Fatalf("%+v became %+v: %v", table, got, err)
		}
	})
}

func TestTestsNamed(t *testing.T) {
	for list, want := range map[string]protocol.Tests{
		"": 0, "memory": protocol.TestMemory, "drive,impedance": protocol.TestDrive | protocol.TestImpedance,
	} {
		if got, err := testsNamed(list); err != nil || got != want {
			t.Errorf("%q: %v, %v", list, got, err)
		}
	}
	for _, list := range []string{"hope", "drive,", ",", "drive,hope"} {
		if _, err := testsNamed(list); err == nil {
			t.Errorf("%q passes", list)
		}
	}
}

func TestLogFlags(t *testing.T) {
	for args, field := range map[string]string{
		"--verify f --port p":       "verify",
		"--verify f --follow":       "verify",
		"--csv --json":              "csv",
		"--csv --out f":             "csv",
		"--from 4294967296":         "from",
		"--resume":                  "resume",
		"--out f --resume --from 3": "from",
		"--erase-after-copy --role service_engineer":   "erase_after_copy",
		"--out f --erase-after-copy --follow":          "erase_after_copy",
		"--out f --erase-after-copy":                   "role",
		"--out f --erase-after-copy --role magician":   "role",
		"--out f --erase-after-copy --role technician": "role",
	} {
		var out, errs bytes.Buffer
		exit := run(context.Background(), append([]string{"log", "--json"}, strings.Fields(args)...), console{out: &out, err: &errs, ports: withPens(nil, nil)})
		if exit != exitUsage && exit != exitRefused || !strings.Contains(errs.String(), `"field":"`+field+`"`) {
			t.Errorf("%s: exit %d, %s", args, exit, &errs)
		}
	}
}

// Names come from a pen: none of them is a formula.
func TestCSVIsNoFormula(t *testing.T) {
	var out bytes.Buffer
	v, err := console{out: &out}.viewLog(true)
	if err != nil {
		t.Fatal(err)
	}
	events := []protocol.EventSpec{{Code: 1, Name: "=cmd|x"}, {Code: 2, Name: `a "b", c`}}
	e := device.LogEntry{LogRecord: protocol.LogRecord{Index: 7, Code: 1}, Damaged: true, Gap: &device.LogGap{From: 3, To: 6, Kind: device.GapDamage}}
	f := device.LogEntry{LogRecord: protocol.LogRecord{Index: 8, Code: 2}}
	if err := v.page(device.LogPage{Entries: []device.LogEntry{e, f}}, events); err != nil {
		t.Fatal(err)
	}
	want := strings.Join(logColumns, ",") + "\n7,0,0,0,1,'=cmd|x,0,0,0,00000000,true,false,false,3,6,damage\n" +
		"8,0,0,0,2,\"a \"\"b\"\", c\",0,0,0,00000000,false,false,false,,,\n"
	if out.String() != want {
		t.Errorf("got\n%s", &out)
	}
}

func TestEventWords(t *testing.T) {
	for _, c := range []struct {
		line logfile.Line
		want string
	}{
		{logfile.Line{Name: "state_change", Args: map[string]int32{"to": 2, "from": 1}}, "state_change from=1 to=2"},
		{logfile.Line{Name: "code_99", Arg0: 5, Arg1: -1}, "code_99 5 -1"},
		{logfile.Line{Name: "boot", UTCS: 86400, Level: 1}, "boot  1970-01-02T00:00:00Z  warning"},
		{logfile.Line{Name: "fault", Level: 2, Damaged: true, Back: true}, "fault  error  DAMAGED  CLOCK WENT BACK"},
	} {
		if got := eventWords(c.line); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	for _, c := range [][2]string{{gapWords(3, 3, "reset"), "3 skipped at a reset"}, {gapWords(3, 9, "gone"), "3 to 9 were gone from the pen: wrapped or erased"}} {
		if c[0] != c[1] {
			t.Errorf("%q, want %q", c[0], c[1])
		}
	}
}

func TestSpread(t *testing.T) {
	if spread(nil) != nil {
		t.Error("nothing has a spread")
	}
	var d []time.Duration
	for i := 1000; i > 0; i-- {
		d = append(d, time.Duration(i)*time.Microsecond)
	}
	if got := *spread(d); got != (spreadShape{1000, 500, 990, 1000}) {
		t.Errorf("%+v", got)
	}
	if got := *spread([]time.Duration{time.Millisecond}); got != (spreadShape{1, 1000, 1000, 1000}) {
		t.Errorf("%+v", got)
	}
}

func TestDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		days := rapid.Uint16Range(0, math.MaxUint16).Draw(t, "days")
		if got, ok := dayOf(dayText(days)); !ok || got != days {
			t.Fatalf("%d became %s, and that %d", days, dayText(days), got)
		}
	})
	for _, bad := range []string{"", "1969-12-31", "2200-01-01", "2031-02-30", "tomorrow"} {
		if _, ok := dayOf(bad); ok {
			t.Errorf("%q is a day", bad)
		}
	}
}

// printableASCII is what texts of the link are made of.
const printableASCII = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"
