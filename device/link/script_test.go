package link

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseScript(t *testing.T) {
	for _, c := range []struct {
		text string
		want Rule
		back string // where it differs from text
	}{
		{"baud 115200", Rule{To: Both, Fault: Baud, Rate: 115200}, "both baud 115200"},
		{"at 0s baud 9600", Rule{To: Both, Fault: Baud, Rate: 9600}, "both baud 9600"},
		{"at 2s for 500ms to-pen drop 0.1", Rule{At: 2 * time.Second, For: 500 * time.Millisecond, To: ToPen, Fault: Drop, Chance: 0.1}, ""},
		{"at 10s both disconnect", Rule{At: 10 * time.Second, To: Both, Fault: Disconnect}, ""},
		{"to-pen disconnect 0.001", Rule{To: ToPen, Fault: Disconnect, Chance: 0.001}, ""},
		{"at 1s every 5s to-console garbage 200B", Rule{At: time.Second, Every: 5 * time.Second, To: ToConsole, Fault: Garbage, Bytes: 200}, ""},
		{"garbage 1 1B # all of them", Rule{To: Both, Fault: Garbage, Chance: 1, Bytes: 1}, "both garbage 1 1B"},
		{"at 0s to-pen flip", Rule{To: ToPen, Fault: Flip}, ""},
		{"to-console\tflip 1e-05", Rule{To: ToConsole, Fault: Flip, Chance: 1e-5}, "to-console flip 1e-05"},
		{"at 1m every 10s for 2s both delay 80ms 0.5", Rule{At: time.Minute, Every: 10 * time.Second, For: 2 * time.Second, To: Both, Fault: Delay, Time: 80 * time.Millisecond, Chance: 0.5}, "at 1m0s every 10s for 2s both delay 80ms 0.5"},
		{"both jitter 3ms", Rule{To: Both, Fault: Jitter, Time: 3 * time.Millisecond}, ""},
		{"to-pen stall read", Rule{To: ToPen, Fault: StallRead}, ""},
		{"at 1s for 2s stall   write", Rule{At: time.Second, For: 2 * time.Second, To: Both, Fault: StallWrite}, "at 1s for 2s both stall write"},
	} {
		s, err := ParseScript("\n# a comment\n" + c.text + "\n")
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if got := s.Rules(); len(got) != 1 || got[0] != c.want {
			t.Errorf("%s: %+v", c.text, got)
		}
		back := c.back
		if back == "" {
			back = c.text
		}
		if s.String() != back+"\n" {
			t.Errorf("%s: prints %q", c.text, s)
		}
	}
}

func TestParseScriptErrors(t *testing.T) {
	for _, c := range []struct{ text, word, why string }{
		{"dorp 0.1", "dorp", "no such fault"},
		{"at", "", "time of at is missing"},
		{"at soon drop", "soon", "no time such as"},
		{"at -1s drop", "-1s", "from 0s"},
		{"at 2000h drop", "2000h", "1000h"},
		{"for 1s drop", "for", "needs an at"},
		{"at 1s for 0s drop", "0s", "from 1ns"},
		{"at 1s every 1s for 2s drop", "2s", "longer than every"},
		{"at 1s every 1s baud 9600", "every", "needs a for"},
		{"to-pen", "", "a fault is missing"},
		{"to-moon drop 1", "to-moon", "no such fault"},
		{"drop", "drop", "needs a chance"},
		{"drop 0", "0", "above 0"},
		{"drop 1.5", "1.5", "at most 1"},
		{"drop NaN", "NaN", "at most 1"},
		{"drop 0.1 5B", "drop", "takes no number of bytes"},
		{"drop 0.1 0.2", "0.2", "no number of bytes"},
		{"drop 0.1 5B 6", "6", "nothing more"},
		{"baud", "", "rate of baud is missing"},
		{"baud fast", "fast", "a number from 50"},
		{"baud 0", "0", "a number from 50"},
		{"baud 49", "49", "from 50"},
		{"baud 9600 0.5", "baud", "takes no chance"},
		{"delay", "", "time of delay is missing"},
		{"delay 0.5", "0.5", "no time"},
		{"delay 0s", "0s", "from 1ns"},
		{"jitter 1ms 0.5", "jitter", "takes no chance"},
		{"stall", "", "read or write"},
		{"stall both", "both", "read or write"},
		{"stall read 0.5", "stall read", "takes no chance"},
		{"at 1s for 1s disconnect", "for", "at an instant or by chance"},
		{"at 1s to-pen disconnect", "to-pen", "of both directions"},
		{"garbage 0.1 0B", "0B", "64B"},
		{"garbage 0.1 99999999B", "99999999B", "65536B"},
	} {
		_, err := ParseScript("baud 9600\n" + c.text)
		var e *ScriptError
		if !errors.As(err, &e) || e.Line != 2 || e.Word != c.word || !strings.Contains(e.Why, c.why) {
			t.Errorf("%s: %v", c.text, err)
		} else if !strings.Contains(err.Error(), "line 2") || !strings.Contains(err.Error(), c.word) {
			t.Errorf("%s: says %v", c.text, err)
		}
	}
}

// ruleOf draws any rule that NewScript takes.
func ruleOf() *rapid.Generator[Rule] {
	return rapid.Custom(func(t *rapid.T) Rule {
		ms := func(name string, least, most int) time.Duration {
			return time.Duration(rapid.IntRange(least, most).Draw(t, name)) * time.Millisecond
		}
		r := Rule{
			At: ms("at", 0, 3000), To: Direction(rapid.IntRange(0, 2).Draw(t, "to")),
			Fault: Fault(rapid.IntRange(0, int(faultCount)-1).Draw(t, "fault")),
		}
		chance := func() {
			r.Chance = rapid.SampledFrom([]float64{0.001, 0.1, 0.25, 1}).Draw(t, "chance")
		}
		if rapid.Bool().Draw(t, "for") {
			r.For = ms("for", 1, 1000)
			if rapid.Bool().Draw(t, "every") {
				r.Every = r.For + ms("every", 0, 1000)
			}
		}
		switch r.Fault {
		case Baud:
			r.Rate = rapid.SampledFrom([]int{9600, 115200, 1_000_000}).Draw(t, "rate")
		case Jitter:
			r.Time = ms("time", 1, 50)
		case Delay:
			r.Time = ms("time", 1, 50)
			if rapid.Bool().Draw(t, "some") {
				chance()
			}
		case StallRead, StallWrite:
		case Garbage:
			r.Bytes = rapid.IntRange(0, 100).Draw(t, "bytes")
			chance()
		default:
			chance()
		}
		return r
	})
}

func TestScriptRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules := rapid.SliceOfN(ruleOf(), 0, 8).Draw(t, "rules")
		s, err := NewScript(rules...)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseScript(s.String())
		if err != nil || again.String() != s.String() || len(rules) > 0 && !reflect.DeepEqual(again.Rules(), s.Rules()) {
			t.Fatalf("%q reads as %q, %v", s, again, err)
		}
	})
}

func TestNewScriptNamesTheRule(t *testing.T) {
	for _, r := range []Rule{{Fault: faultCount}, {To: 3, Fault: Drop}, {Fault: Delay}, {Fault: Baud}, {Fault: Drop, Rate: 9600}, {Fault: Drop, Chance: -1}, {Fault: Garbage, Bytes: -1}} {
		var e *ScriptError
		if _, err := NewScript(Rule{Fault: Drop}, r); !errors.As(err, &e) || e.Line != 2 {
			t.Errorf("%+v: %v", r, err)
		}
	}
}

func FuzzScript(f *testing.F) {
	f.Add("baud 115200\nat 2s for 500ms to-pen drop 0.1\n")
	f.Add("at 1s every 5s to-console garbage 200B # x\nstall read")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseScript(text)
		if err != nil {
			return
		}
		again, err := ParseScript(s.String())
		if err != nil || again.String() != s.String() {
			t.Fatalf("%q reads as %q, %v", s, again, err)
		}
	})
}
