package sim

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"stipple/protocol"
)

// Bounds of a script, far beyond what a person writes.
const (
	maxScriptLines = 10_000
	maxScriptLine  = 1000 // bytes
)

// ParseScript reads a script in the language of ScriptHelp. What can't be
// understood is a *ScriptError that names line and word; anything else is an
// error of r.
func ParseScript(r io.Reader) (*Script, error) {
	s := &Script{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxScriptLine)
	n := 0
	for lines.Scan() {
		n++
		text, _, _ := strings.Cut(lines.Text(), "#")
		words := strings.Fields(text)
		if len(words) == 0 {
			continue
		}
		p := lineParser{line: n, words: words}
		l := p.parse()
		if p.err != nil {
			return nil, p.err
		}
		if len(s.lines) == maxScriptLines {
			return nil, &ScriptError{Line: n, Why: fmt.Sprintf("more than %d lines", maxScriptLines)}
		}
		s.lines = append(s.lines, l)
	}
	switch err := lines.Err(); {
	case err == bufio.ErrTooLong:
		return nil, &ScriptError{Line: n + 1, Why: fmt.Sprintf("longer than %d bytes", maxScriptLine)}
	case err != nil:
		return nil, fmt.Errorf("read script: %w", err)
	}
	return s, nil
}

// lineParser reads the words of one line. Its first error stays.
type lineParser struct {
	line  int
	words []string
	err   error // a *ScriptError
}

func (p *lineParser) fail(word, format string, args ...any) {
	if p.err == nil {
		p.err = &ScriptError{Line: p.line, Word: word, Why: fmt.Sprintf(format, args...)}
	}
}

// peek is the next word, empty at the end.
func (p *lineParser) peek() string {
	if len(p.words) == 0 {
		return ""
	}
	return p.words[0]
}

// next takes the next word; what is missing there is what.
func (p *lineParser) next(what string) string {
	w := p.peek()
	if w == "" {
		p.fail("", "%s is missing at the end", what)
		return ""
	}
	p.words = p.words[1:]
	return w
}

// took takes the next word if it is w.
func (p *lineParser) took(w string) bool {
	if p.peek() != w {
		return false
	}
	p.words = p.words[1:]
	return true
}

func (p *lineParser) parse() (l scriptLine) {
	switch first := p.next("at or every"); first {
	case "at":
		l.first = p.time(0)
		l.act = p.what()
	case "every":
		l = p.repeated()
	default:
		p.fail(first, "want at or every")
	}
	if rest := p.peek(); rest != "" {
		p.fail(rest, "nothing may follow here")
	}
	return l
}

func (p *lineParser) repeated() (l scriptLine) {
	l.every = p.time(fineStep)
	l.first = l.every
	if p.took("from") {
		l.first = p.time(0)
	}
	if !p.took("for") {
		l.act = p.what()
		return l
	}
	word := p.peek()
	l.held = p.time(fineStep)
	if l.held >= l.every {
		p.fail(word, "must be shorter than the %v of every", l.every)
	}
	l.act = p.which()
	return l
}

// time reads a time of at least least.
func (p *lineParser) time(least time.Duration) time.Duration {
	w := p.next("a time")
	d, err := time.ParseDuration(w)
	switch {
	case p.err != nil:
	case err != nil:
		p.fail(w, "no time such as 12.5s, 300ms or 2m")
	case d < least:
		p.fail(w, "must be at least %v", least)
	case d%fineStep != 0:
		p.fail(w, "no whole number of steps of %v", fineStep)
	}
	return d
}

// what reads something to do.
func (p *lineParser) what() (a act) {
	switch w := p.next("what shall happen"); w {
	case "on", "off":
		name := p.next("a fault")
		a.on, a.fault = w == "on", p.fault(name)
		if !a.on && a.fault.Once {
			p.fail(name, "happens once and can't be turned off")
		}
	case "contact":
		a.do, a.on = actContact, p.choice("on", "off")
	case "trigger":
		a.do, a.on = actTrigger, p.choice("down", "up")
	case "tip":
		a.do, a.on = actTip, p.choice("new", "remove")
	case "load":
		a.do = actLoad
		if !p.took("off") {
			a.on, a.ohm = true, p.ohms()
		}
	default:
		a.on, a.fault = true, p.fault(w)
		if p.err == nil && !a.fault.Once {
			p.fail(w, "lasts: say on or off before it")
		}
	}
	return a
}

// which reads something to turn on for a while.
func (p *lineParser) which() (a act) {
	a.on = true
	switch w := p.next("what shall be on"); w {
	case "contact":
		a.do = actContact
	case "trigger":
		a.do = actTrigger
	case "load":
		a.do, a.ohm = actLoad, p.ohms()
	default:
		a.fault = p.fault(w)
		if a.fault.Once {
			p.fail(w, "happens once and can't be on for a while")
		}
	}
	return a
}

func (p *lineParser) fault(name string) FaultSwitch {
	s, err := faultByName(name)
	if err != nil {
		p.fail(name, "no such fault; there are %s", strings.Join(FaultNames(), ", "))
	}
	return s
}

// choice reads one of two words.
func (p *lineParser) choice(yes, no string) bool {
	w := p.next(yes + " or " + no)
	if !slices.Contains([]string{yes, no, ""}, w) {
		p.fail(w, "want %s or %s", yes, no)
	}
	return w == yes
}

func (p *lineParser) ohms() protocol.Ohms {
	w := p.next("ohms")
	v, err := strconv.ParseInt(w, 10, 32)
	if err != nil || v < 1 || v > int64(MaxLoadOhm) {
		p.fail(w, "want whole ohms from 1 to %d", MaxLoadOhm)
	}
	return protocol.Ohms(v)
}
