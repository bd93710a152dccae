package main

import (
	"strings"
	"testing"
	"time"

	"stipple/app/ui/trace"
)

func TestMatches(t *testing.T) {
	row := func(key string, enabled bool) trace.Control {
		return trace.Control{Name: "overlay.choice." + key, Enabled: enabled}
	}
	for _, c := range []struct {
		name string
		m    match
		rows []trace.Control
		want string // key; empty: none
	}{
		{"the key", keyed("b"), []trace.Control{row("a", true), row("b", true)}, "b"},
		{"a longer key is another", keyed("b"), []trace.Control{row("bb", true), row("ab", true)}, ""},
		{"one that is off", keyed("b"), []trace.Control{row("b", false)}, ""},
		{"the only", theOnly, []trace.Control{row("a", true)}, "a"},
		{"not the only", theOnly, []trace.Control{row("a", true), row("b", true)}, ""},
		{"none", theOnly, nil, ""},
	} {
		got, ok := c.m(c.rows)
		if ok != (c.want != "") || ok && got.Name != "overlay.choice."+c.want {
			t.Errorf("%s: %q, %v; want %q", c.name, got.Name, ok, c.want)
		}
	}
}

func TestRowsAreThoseOfTheOpenList(t *testing.T) {
	s := trace.Snapshot{Controls: []trace.Control{
		{Name: "patients.list.choice.1", Enabled: false}, // covered by what is open
		{Name: "overlay.search", Enabled: true},
		{Name: "overlay.choice.2", Enabled: true},
	}}
	if got := rows(s); len(got) != 1 || got[0].Name != "overlay.choice.2" {
		t.Errorf("%v", got)
	}
}

func TestText(t *testing.T) {
	s := trace.Snapshot{Texts: []string{"Standby", "max 2.50 · Left Cheek", "LINK LOST for 2 s"}}
	for parts, want := range map[string]string{"left cheek": "max 2.50 · Left Cheek", "link lost": "LINK LOST for 2 s", "estop": ""} {
		if got := text(s, parts); got != want {
			t.Errorf("%q: %q, want %q", parts, got, want)
		}
	}
	if got := text(s, "max", "standby"); got != "" {
		t.Errorf("no text has both, got %q", got)
	}
}

func TestOutputLine(t *testing.T) {
	o, ok := readOutput([]byte(`{"type":"output","at_ns":1500000,"state":"READY","rf":true,"trigger":true,"cause":"pulse"}`))
	if !ok || o.At.Microseconds() != 1500 || o.State != "READY" || !o.RF || !o.Trigger || o.Cause != "pulse" {
		t.Errorf("%+v, %v", o, ok)
	}
	for _, l := range []string{`{"type":"ready"}`, `not json`, ``} {
		if o, ok := readOutput([]byte(l)); ok {
			t.Errorf("%q is no output: %+v", l, o)
		}
	}
}

func TestPenStoodStill(t *testing.T) {
	log := follow(strings.NewReader(`{"type":"ready"}
{"type":"output","at_ns":0,"mono_ns":5000000000}
{"type":"output","at_ns":1000000,"mono_ns":5301000000}
{"type":"output","at_ns":400000000,"mono_ns":5400000000}
{"type":"output","at_ns":500000000,"mono_ns":5502000000}
`))
	log.drained()
	p := &pen{proc: &process{out: log}}
	for from, want := range map[int]time.Duration{0: 300 * time.Millisecond, 3: 2 * time.Millisecond, 9: 0} {
		if got := p.stood(from); got != want {
			t.Errorf("from line %d on it stood still for %v, want %v", from, got, want)
		}
	}
}
