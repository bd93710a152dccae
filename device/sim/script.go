package sim

import (
	"fmt"
	"strings"
	"time"

	"stipple/protocol"
)

// Script is what breaks in a simulated pen, and what a hand does to it, at
// which times of the pen's physics since Run began: the same on every machine,
// whatever the clock on the wall says. Use ParseScript.
type Script struct{ lines []scriptLine }

// ScriptHelp is the language of a script.
const ScriptHelp = `at TIME WHAT                            once
every TIME [from TIME] WHAT             again and again, first at "from", or else after TIME
every TIME [from TIME] for TIME WHICH   again and again on for so long, then off

TIME   12.5s, 300ms, 2m, 1h30m: whole steps of 100us since the pen's start
WHAT   on FAULT | off FAULT | FAULT, of those that happen once | contact on|off |
       trigger down|up | tip new|remove | load OHM|off
WHICH  FAULT, of those that last | contact | trigger | load OHM
#      begins a comment; of lines at the same time the first comes first`

// scriptLine is one line: an act, and when.
type scriptLine struct {
	first time.Duration // of the first time
	every time.Duration // of all further ones; 0: there are none
	held  time.Duration // how long it is on; 0: the act says what it does
	act   act
}

// act is one thing that a script does.
type act struct {
	do    doing
	on    bool          // fault on, contact on, trigger down, tip new, load on
	fault FaultSwitch   // of actFault
	ohm   protocol.Ohms // of actLoad
}

type doing uint8

const (
	actFault doing = iota
	actContact
	actTrigger
	actTip
	actLoad
)

// ScriptError is a line of a script that can't be understood.
type ScriptError struct {
	Line int    // from 1
	Word string // what is wrong; empty where something is missing
	Why  string
}

func (e *ScriptError) Error() string {
	if e.Word == "" {
		return fmt.Sprintf("line %d: %s", e.Line, e.Why)
	}
	return fmt.Sprintf("line %d: %q: %s", e.Line, e.Word, e.Why)
}

// String is the script as ParseScript reads it, a line each, without comments.
func (s *Script) String() string {
	var b strings.Builder
	for _, l := range s.lines {
		b.WriteString(l.String())
		b.WriteByte('\n')
	}
	return b.String()
}

func (l scriptLine) String() string {
	if l.every == 0 {
		return fmt.Sprintf("at %v %v", l.first, l.act)
	}
	from := ""
	if l.first != l.every {
		from = fmt.Sprintf(" from %v", l.first)
	}
	if l.held == 0 {
		return fmt.Sprintf("every %v%s %v", l.every, from, l.act)
	}
	return fmt.Sprintf("every %v%s for %v %s", l.every, from, l.held, l.act.which())
}

// String is the act as WHAT of ScriptHelp.
func (a act) String() string {
	word := func(yes, no string) string {
		if a.on {
			return yes
		}
		return no
	}
	switch a.do {
	case actContact:
		return "contact " + word("on", "off")
	case actTrigger:
		return "trigger " + word("down", "up")
	case actTip:
		return "tip " + word("new", "remove")
	case actLoad:
		return "load " + word(fmt.Sprint(a.ohm), "off")
	}
	if a.fault.Once {
		return a.fault.Name
	}
	return word("on ", "off ") + a.fault.Name
}

// which is the act as WHICH of ScriptHelp.
func (a act) which() string {
	switch a.do {
	case actContact:
		return "contact"
	case actTrigger:
		return "trigger"
	case actLoad:
		return fmt.Sprintf("load %d", a.ohm)
	}
	return a.fault.Name
}
