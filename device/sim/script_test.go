package sim

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"stipple/protocol"
)

// scripts draws scripts of any kind of line.
func scripts() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		var b strings.Builder
		for range rapid.IntRange(0, 6).Draw(t, "lines") {
			b.WriteString(scriptLines().Draw(t, "line") + "\n")
		}
		return b.String()
	})
}

func scriptLines() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		at := func(least, most int64, what string) string {
			return (time.Duration(rapid.Int64Range(least, most).Draw(t, what)) * fineStep).String()
		}
		var once, lasting []string
		for _, s := range Faults() {
			if s.Once {
				once = append(once, s.Name)
			} else {
				lasting = append(lasting, s.Name)
			}
		}
		ohms := fmt.Sprintf("load %d", rapid.Int64Range(1, int64(MaxLoadOhm)).Draw(t, "ohms"))
		what := []string{
			"contact on", "contact off", "trigger down", "trigger up", "tip new", "tip remove", "load off", ohms,
			"on " + rapid.SampledFrom(lasting).Draw(t, "on"), "off " + rapid.SampledFrom(lasting).Draw(t, "off"), rapid.SampledFrom(once).Draw(t, "once"),
		}
		which := []string{"contact", "trigger", ohms, rapid.SampledFrom(lasting).Draw(t, "for")}
		from := ""
		if rapid.Bool().Draw(t, "with from") {
			from = " from " + at(0, 30_000, "from")
		}
		switch rapid.IntRange(0, 2).Draw(t, "kind") {
		case 0:
			return "at " + at(0, 30_000, "at") + " " + rapid.SampledFrom(what).Draw(t, "what")
		case 1:
			return "every " + at(1000, 30_000, "every") + from + " " + rapid.SampledFrom(what).Draw(t, "what")
		}
		return "every " + at(1000, 30_000, "every") + from + " for " + at(1, 999, "held") + " " + rapid.SampledFrom(which).Draw(t, "which")
	})
}

func TestScriptRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := scripts().Draw(t, "script")
		s, err := ParseScript(strings.NewReader(text))
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		again, err := ParseScript(strings.NewReader(s.String()))
		if err != nil || !reflect.DeepEqual(s, again) {
			t.Fatalf("%v: %s became %s", err, s, again)
		}
	})
	text := `
# a comment, and an empty line

at 12.5s on stuck_trigger   # with a comment
  at 13s	off stuck_trigger
at 20s reboot
at 20s on reboot
every 30s for 2s impedance_spike
every 1m30s from 0 clock_jump
every 2s from 2s contact off
at 0s trigger down
`
	want := `at 12.5s on stuck_trigger
at 13s off stuck_trigger
at 20s reboot
at 20s reboot
every 30s for 2s impedance_spike
every 1m30s from 0s clock_jump
every 2s contact off
at 0s trigger down
`
	s, err := ParseScript(strings.NewReader(text))
	if err != nil || s.String() != want {
		t.Errorf("%v\n%s", err, s)
	}
}

func TestScriptErrors(t *testing.T) {
	for text, want := range map[string]string{
		"when 1s reboot":               `line 1: "when": want at or every`,
		"at":                           `line 1: a time is missing at the end`,
		"at soon reboot":               `line 1: "soon": no time such as 12.5s, 300ms or 2m`,
		"at 5 reboot":                  `line 1: "5": no time such as`,
		"at -1s reboot":                `line 1: "-1s": must be at least 0s`,
		"at 1.00005s reboot":           `line 1: "1.00005s": no whole number of steps of 100µs`,
		"at 1ns reboot":                `line 1: "1ns": no whole number`,
		"at 9999999999h reboot":        `line 1: "9999999999h": no time such as`,
		"\n# x\nat 1s":                 `line 3: what shall happen is missing at the end`,
		"at 1s on":                     `line 1: a fault is missing at the end`,
		"at 1s on gremlin":             `line 1: "gremlin": no such fault; there are motor_stall, `,
		"at 1s motor_stall":            `line 1: "motor_stall": lasts: say on or off before it`,
		"at 1s off reboot":             `line 1: "reboot": happens once and can't be turned off`,
		"at 1s contact":                `line 1: on or off is missing at the end`,
		"at 1s contact maybe":          `line 1: "maybe": want on or off`,
		"at 1s trigger on":             `line 1: "on": want down or up`,
		"at 1s tip wash":               `line 1: "wash": want new or remove`,
		"at 1s load":                   `line 1: ohms is missing at the end`,
		"at 1s load 0":                 `line 1: "0": want whole ohms from 1 to 20000`,
		"at 1s load 20001":             `line 1: "20001": want whole ohms`,
		"at 1s load 1.5":               `line 1: "1.5": want whole ohms`,
		"at 1s reboot now":             `line 1: "now": nothing may follow here`,
		"at 1s reboot\nat 1s reboot x": `line 2: "x": nothing may follow here`,
		"every 0s reboot":              `line 1: "0s": must be at least 100µs`,
		"every 1s for 1s contact":      `line 1: "1s": must be shorter than the 1s of every`,
		"every 1s for 0s contact":      `line 1: "0s": must be at least 100µs`,
		"every 2s for 1s reboot":       `line 1: "reboot": happens once and can't be on for a while`,
		"every 2s for 1s tip":          `line 1: "tip": no such fault`,
		"every 2s for 1s":              `line 1: what shall be on is missing at the end`,
		"at 1s \x1b[31m":               `line 1: "\x1b[31m": no such fault`,
		"at 1s reboot" + strings.Repeat(" ", maxScriptLine): `line 1: longer than 1000 bytes`,
		strings.Repeat("at 1s reboot\n", maxScriptLines+1):  `line 10001: more than 10000 lines`,
	} {
		s, err := ParseScript(strings.NewReader(text))
		var bad *ScriptError
		if s != nil || !errors.As(err, &bad) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.40q: %v, want %s", text, err, want)
		}
	}
	broken := errors.New("disk")
	if _, err := ParseScript(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}

func FuzzParseScript(f *testing.F) {
	f.Add(goldenScript)
	f.Add("every 2s from 1s for 1s load 200\nat 0 tip new #\x00")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseScript(strings.NewReader(text))
		if err != nil {
			return
		}
		again, err := ParseScript(strings.NewReader(s.String()))
		if err != nil || again.String() != s.String() {
			t.Fatalf("%v: %q became %q", err, s, again)
		}
	})
}

// Lines happen at their step, in their order, and what is held is let go.
func TestScriptTimes(t *testing.T) {
	s, err := ParseScript(strings.NewReader("every 10ms from 5ms for 2ms contact\nat 1s reboot\nat 5ms trigger down\nevery 7ms tip new\n"))
	if err != nil {
		t.Fatal(err)
	}
	p := play(s)
	var got []string
	for now := int64(0); now <= 300; now++ {
		if p.next > now {
			continue
		}
		p.happen(now, func(a act) { got = append(got, fmt.Sprintf("%d %v", now, a)) })
	}
	want := "50 contact on, 50 trigger down, 70 contact off, 70 tip new, 140 tip new, 150 contact on, 170 contact off, 210 tip new, 250 contact on, 270 contact off, 280 tip new"
	if strings.Join(got, ", ") != want {
		t.Errorf("%s", strings.Join(got, ", "))
	}
	if p.next != 350 {
		t.Errorf("next at %d", p.next)
	}
}

// A pen that runs plays its script at the time of its physics, also while it
// rests and nobody looks.
func TestScriptRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := ParseScript(strings.NewReader("at 20s on over_temperature\nat 1m off over_temperature\nat 1m0.4321s on tip_removed"))
		if err != nil {
			t.Fatal(err)
		}
		var gone time.Duration
		b := newBench(t, Config{Model: R1, Seed: 1, Script: s, Probe: func(o Outputs) {
			if !o.Tip && gone == 0 {
				gone = o.At
			}
		}})
		b.sleep(2 * time.Minute)
		hot := b.find(0, "FAULT", func(c Change) bool { return c.State == protocol.StateFault })
		if hot.At < 20*time.Second || hot.At > 20*time.Second+2*time.Millisecond || gone != time.Minute+432100*time.Microsecond {
			t.Errorf("hot at %v, tip gone at %v", hot.At, gone)
		}
	})
}
