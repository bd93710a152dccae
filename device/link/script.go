package link

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Fault is something that goes wrong on a line.
type Fault uint8

// The faults. The package's doc describes each.
const (
	Drop Fault = iota
	Duplicate
	Reorder
	Flip
	Truncate
	Garbage
	Delay
	Jitter
	Baud
	StallRead
	StallWrite
	Disconnect
	faultCount
)

// String is the fault's word, or two words, in a script.
func (f Fault) String() string {
	names := [faultCount]string{"drop", "duplicate", "reorder", "flip", "truncate", "garbage", "delay", "jitter", "baud",
		"stall read", "stall write", "disconnect"}
	if f < faultCount {
		return names[f]
	}
	return fmt.Sprintf("fault %d", uint8(f))
}

// event says whether the fault is something that happens, by chance or at an
// instant; else it is a state of the line that lasts.
func (f Fault) event() bool { return f <= Garbage || f == Disconnect }

// Rule is one line of a script.
type Rule struct {
	// At is when the rule begins to hold, from the script's start.
	At time.Duration
	// Every is how often it begins again; 0: it does not.
	Every time.Duration
	// For is how long it holds; 0: from then on. Without For and Chance, a fault
	// that happens (Drop to Garbage, Disconnect) happens once, at At.
	For time.Duration
	To  Direction
	Fault
	// Chance is the probability, up to 1, of a fault that happens, and of Delay:
	// for each byte with Flip, else for each frame. 0: see For; a Delay is then of
	// every byte.
	Chance float64
	// Time is how long a Delay is, or a Jitter at most.
	Time time.Duration
	// Rate is in bits a second, for Baud.
	Rate int
	// Bytes is how many bytes of Garbage are made up at most; 0: 64.
	Bytes int
}

// once says whether the rule is one fault at an instant.
func (r Rule) once() bool { return r.event() && r.Chance == 0 && r.For == 0 }

// String is the rule as a line of a script.
func (r Rule) String() string {
	var b strings.Builder
	if r.At > 0 || r.Every > 0 || r.For > 0 || r.once() {
		fmt.Fprintf(&b, "at %v ", r.At)
	}
	if r.Every > 0 {
		fmt.Fprintf(&b, "every %v ", r.Every)
	}
	if r.For > 0 {
		fmt.Fprintf(&b, "for %v ", r.For)
	}
	fmt.Fprintf(&b, "%v %v", r.To, r.Fault)
	switch r.Fault {
	case Delay, Jitter:
		fmt.Fprintf(&b, " %v", r.Time)
	case Baud:
		fmt.Fprintf(&b, " %d", r.Rate)
	}
	if r.Chance > 0 {
		b.WriteString(" " + strconv.FormatFloat(r.Chance, 'g', -1, 64))
	}
	if r.Bytes > 0 {
		fmt.Fprintf(&b, " %dB", r.Bytes)
	}
	return b.String()
}

// wrong says which word of the rule can't be, and why; "" where all can.
func (r Rule) wrong() (word, why string) {
	for _, d := range []time.Duration{r.At, r.Every, r.For, r.Time} {
		if d < 0 || d > maxScriptTime {
			return d.String(), fmt.Sprintf("a time is from 0 to %v", maxScriptTime)
		}
	}
	name := r.Fault.String()
	switch {
	case r.Fault >= faultCount:
		return name, "no such fault"
	case r.To > Both:
		return r.To.String(), "no such direction"
	case math.IsNaN(r.Chance) || r.Chance < 0 || r.Chance > 1:
		return strconv.FormatFloat(r.Chance, 'g', -1, 64), "a chance is above 0 and at most 1"
	case r.Chance > 0 && !r.event() && r.Fault != Delay:
		return name, "takes no chance"
	case (r.Time > 0) != (r.Fault == Delay || r.Fault == Jitter):
		return name, "delay and jitter take a time, and nothing else does"
	case (r.Rate != 0) != (r.Fault == Baud):
		return name, "baud takes a rate, and nothing else does"
	case r.Fault == Baud && (r.Rate < minBaud || r.Rate > maxBaud):
		return strconv.Itoa(r.Rate), fmt.Sprintf("a baud rate is from %d to %d", minBaud, maxBaud)
	case r.Bytes != 0 && r.Fault != Garbage:
		return name, "takes no number of bytes"
	case r.Bytes < 0 || r.Bytes > maxGarbage:
		return fmt.Sprintf("%dB", r.Bytes), fmt.Sprintf("garbage is from 1B to %dB", maxGarbage)
	case r.Every > 0 && r.For == 0 && !r.once():
		return "every", "what lasts needs a for with every"
	case r.For > r.Every && r.Every > 0:
		return r.For.String(), "for is longer than every"
	case r.Fault == Disconnect && r.For > 0 && r.Chance == 0:
		return "for", "a disconnect happens at an instant or by chance"
	case r.Fault == Disconnect && r.once() && r.To != Both:
		return r.To.String(), "a disconnect at an instant is of both directions"
	}
	return "", ""
}

// Script is what goes wrong on a line, and when. The zero value is a line
// without a fault. A Script is never changed.
type Script struct{ rules []Rule }

// NewScript makes a script of rules. An error is a *ScriptError whose line is
// the rule's number from 1.
func NewScript(rules ...Rule) (Script, error) {
	for i, r := range rules {
		if word, why := r.wrong(); why != "" {
			return Script{}, &ScriptError{Line: i + 1, Word: word, Why: why}
		}
	}
	return Script{rules: append([]Rule(nil), rules...)}, nil
}

// Rules returns a copy of the rules.
func (s Script) Rules() []Rule { return append([]Rule(nil), s.rules...) }

// String is the script as ParseScript reads it, one rule a line.
func (s Script) String() string {
	var b strings.Builder
	for _, r := range s.rules {
		b.WriteString(r.String() + "\n")
	}
	return b.String()
}

// ScriptError says which word of a script can't be read, and why.
type ScriptError struct {
	Line int    // from 1
	Word string // empty where the line ends too early
	Why  string
}

func (e *ScriptError) Error() string {
	if e.Word == "" {
		return fmt.Sprintf("script line %d: %s", e.Line, e.Why)
	}
	return fmt.Sprintf("script line %d: %q: %s", e.Line, e.Word, e.Why)
}
