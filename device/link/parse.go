package link

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ParseScript reads a script in the grammar of the package's doc. An error is
// a *ScriptError.
func ParseScript(text string) (Script, error) {
	var s Script
	for i, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		p := scriptLine{number: i + 1, words: words}
		r, err := p.rule()
		if err != nil {
			return Script{}, err
		}
		s.rules = append(s.rules, r)
	}
	return s, nil
}

// scriptLine is a line of a script that is being read word by word.
type scriptLine struct {
	number int
	words  []string
	timed  bool // "at" was there
}

// next takes the next word if it is that one.
func (p *scriptLine) next(word string) bool {
	if len(p.words) == 0 || p.words[0] != word {
		return false
	}
	p.words = p.words[1:]
	return true
}

// take takes the next word; what is said where there is none.
func (p *scriptLine) take(what string) (string, error) {
	if len(p.words) == 0 {
		return "", p.fail("", what+" is missing")
	}
	word := p.words[0]
	p.words = p.words[1:]
	return word, nil
}

func (p *scriptLine) fail(word, why string) error {
	return &ScriptError{Line: p.number, Word: word, Why: why}
}

func (p *scriptLine) rule() (Rule, error) {
	r := Rule{To: Both}
	if err := p.when(&r); err != nil {
		return Rule{}, err
	}
	for _, d := range []Direction{ToPen, ToConsole, Both} {
		if p.next(d.String()) {
			r.To = d
			break
		}
	}
	if err := p.fault(&r); err != nil {
		return Rule{}, err
	}
	if len(p.words) > 0 {
		return Rule{}, p.fail(p.words[0], "nothing more is expected")
	}
	if word, why := r.wrong(); why != "" {
		return Rule{}, p.fail(word, why)
	}
	if r.once() && !p.timed {
		return Rule{}, p.fail(r.Fault.String(), "needs a chance, or a time with at")
	}
	return r, nil
}

func (p *scriptLine) when(r *Rule) (err error) {
	p.timed = p.next("at")
	if p.timed {
		if r.At, err = p.duration("at", 0); err != nil {
			return err
		}
	}
	for _, part := range []struct {
		word string
		into *time.Duration
	}{{"every", &r.Every}, {"for", &r.For}} {
		if !p.next(part.word) {
			continue
		}
		if !p.timed {
			return p.fail(part.word, "needs an at before it")
		}
		if *part.into, err = p.duration(part.word, 1); err != nil {
			return err
		}
	}
	return nil
}

// duration takes a time of at least that long.
func (p *scriptLine) duration(of string, least time.Duration) (time.Duration, error) {
	word, err := p.take("the time of " + of)
	if err != nil {
		return 0, err
	}
	d, err := time.ParseDuration(word)
	if err != nil {
		return 0, p.fail(word, "no time such as 500ms or 2s")
	}
	if d < least || d > maxScriptTime {
		return 0, p.fail(word, fmt.Sprintf("the time of %s is from %v to %v", of, least, maxScriptTime))
	}
	return d, nil
}

func (p *scriptLine) fault(r *Rule) (err error) {
	word, err := p.take("a fault")
	if err != nil {
		return err
	}
	if word == "stall" {
		second, err := p.take("read or write behind stall")
		if err != nil {
			return err
		}
		if second != "read" && second != "write" {
			return p.fail(second, "a stall is read or write")
		}
		word += " " + second
	}
	for r.Fault = 0; r.Fault < faultCount && r.Fault.String() != word; r.Fault++ {
	}
	switch r.Fault {
	case faultCount:
		return p.fail(word, "no such fault; there are drop, duplicate, reorder, flip, truncate, garbage, delay, jitter, baud, stall read, stall write, disconnect")
	case Delay, Jitter:
		r.Time, err = p.duration(word, 1)
	case Baud:
		r.Rate, err = p.rate()
	}
	if err != nil {
		return err
	}
	return p.amounts(r)
}

func (p *scriptLine) rate() (int, error) {
	word, err := p.take("the rate of baud")
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(word)
	if err != nil || n == 0 {
		return 0, p.fail(word, fmt.Sprintf("a baud rate is a number from %d to %d", minBaud, maxBaud))
	}
	return n, nil
}

// amounts takes a chance and a number of bytes, where they are given.
func (p *scriptLine) amounts(r *Rule) error {
	if len(p.words) > 0 && !strings.HasSuffix(p.words[0], "B") {
		word, _ := p.take("")
		chance, err := strconv.ParseFloat(word, 64)
		if err != nil || !(chance > 0 && chance <= 1) {
			return p.fail(word, "a chance is above 0 and at most 1")
		}
		r.Chance = chance
	}
	if len(p.words) > 0 {
		word, _ := p.take("")
		digits, _ := strings.CutSuffix(word, "B")
		n, err := strconv.Atoi(digits)
		if err != nil || n == 0 || digits == word {
			return p.fail(word, fmt.Sprintf("no number of bytes such as 64B, up to %dB", maxGarbage))
		}
		r.Bytes = n
	}
	return nil
}
