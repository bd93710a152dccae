package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"
)

// output is a line of the simulated pen's own log: what an onlooker with a
// probe sees when one of state, RF or motion changes. See penctl sim.
type output struct {
	Type     string        `json:"type"`
	At       time.Duration `json:"at_ns"` // the pen's monotonic time
	State    string        `json:"state"`
	RF       bool          `json:"rf"`
	Motion   bool          `json:"motion"`
	Trigger  bool          `json:"trigger"`
	Leased   bool          `json:"leased"`
	EnergyUJ int64         `json:"energy_uj"`
	Cause    string        `json:"cause"`
	Mono     time.Duration `json:"mono_ns"` // the system's monotonic clock
}

// pen is a simulated pen, a process of its own.
type pen struct {
	penctl string
	link   string
	proc   *process
}

// penKind is the pen that the demo shows: the one with RF.
const penKind = "rf"

// startPen starts a simulated pen on a link in dir, with a memory there that
// outlives it, and waits until it can be opened.
func startPen(ctx context.Context, penctl, dir string) (*pen, error) {
	p := &pen{penctl: penctl, link: filepath.Join(dir, "pen")}
	return p, p.start(ctx)
}

// start starts the process, for the first time or again.
func (p *pen) start(ctx context.Context) error {
	return p.startWith(ctx, "--memory", p.link+".memory")
}

// startWith starts the process with more options.
func (p *pen) startWith(ctx context.Context, options ...string) error {
	proc, err := launch{
		name: "penctl sim", path: p.penctl,
		args: append([]string{"sim", "--model", penKind, "--link", p.link, "--seed", "1"}, options...),
	}.start()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, reactLimit)
	defer cancel()
	_, _, err = proc.out.find(ctx, 0, func(l []byte) bool {
		var line struct{ Type string }
		return json.Unmarshal(l, &line) == nil && line.Type == "ready"
	})
	if err != nil {
		proc.kill()
		return fmt.Errorf("simulated pen: %w%s", err, proc.lastWords())
	}
	p.proc = proc
	return nil
}

// read reads a line of the log; false for a line of another kind.
func readOutput(l []byte) (output, bool) {
	var o output
	return o, json.Unmarshal(l, &o) == nil && o.Type == "output"
}

// until waits for the first change of an output from line from on that is ok.
// It returns the change, when its line arrived, and the number of the next.
func (p *pen) until(ctx context.Context, limit time.Duration, what string, from int, ok func(output) bool) (o output, at time.Time, next int, err error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	h, n, err := p.proc.out.find(ctx, from, func(l []byte) bool { o, is := readOutput(l); return is && ok(o) })
	if err != nil {
		return output{}, time.Time{}, n, fmt.Errorf("the pen's log: %s: %w; it says%s%s", what, err, p.tail(), p.proc.lastWords())
	}
	o, _ = readOutput(h.text)
	return o, h.at, n + 1, nil
}

// stood is the longest that the pen's process has stood still since line from of
// its log: its physics catch up with the clock, so that what happened meanwhile
// is told late.
func (p *pen) stood(from int) (longest time.Duration) {
	least, first := time.Duration(0), true
	for i, l := range p.proc.out.all(0) {
		o, ok := readOutput(l.text)
		if !ok {
			continue
		}
		behind := o.Mono - o.At
		if first || behind < least {
			least, first = behind, false
		}
		if i >= from {
			longest = max(longest, behind-least)
		}
	}
	return longest
}

// mark is the place in the log that the next line will have.
func (p *pen) mark() int { return p.proc.out.count() }

// tail is the end of the log, for an error.
func (p *pen) tail() string {
	text := ""
	for _, l := range p.proc.out.all(max(0, p.mark()-8)) {
		text += "\n    " + string(l.text)
	}
	return text
}

// hand does something with the pen's handpiece, by penctl in a process of its
// own: "contact", "on".
func (p *pen) hand(ctx context.Context, words ...string) error {
	_, err := runTool(ctx, nil, p.penctl, append([]string{"hand", "--link", p.link}, words...)...)
	return err
}
