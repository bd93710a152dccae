package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"stipple/protocol"
	"stipple/protocol/conformance"
)

// tried is what the flags of conformance ask for.
type tried struct {
	port, hand, only                  string
	energy, long, marks, manual, list bool
}

func conformanceCommand() command {
	return command{
		name: "conformance", group: groupService, args: "[--port P] [--only PATTERNS] [--hand PATH | --manual] [--energy] [--long] [--marks] [--json] | --list",
		does: "holds a pen to SPEC.md, case by case. Of each failure it says what was expected, what came\n" +
			"and the section. It arms the pen with its smallest settings and never pulls the trigger of an\n" +
			"armed pen without --energy. It refuses a pen that is armed or has something latched, leaves\n" +
			"the pen as it found it, also after Ctrl-C, and says what it could not put back.\n" +
			"What only a hand can do is done by a simulated pen's handpiece, or by a person who is told\n" +
			"what to do. A case that can't be run is not counted as passed. Exit: 0 none failed, 1 one did",
		examples: []string{
			"penctl conformance --port /tmp/pen                     (a simulated pen: its hand is found)",
			"penctl conformance --port /tmp/pen --energy --json",
			"penctl conformance --port /dev/ttyACM0 --only 'stop/*,clear/*'",
			"penctl conformance --port /dev/ttyACM0 --manual --energy   (tip on a test load, never on a person)",
			"penctl conformance --list",
		},
		build: func(fs *flag.FlagSet) func(context.Context, console, []string) error {
			var f tried
			fs.StringVar(&f.port, "port", "", "`path` of the pen's port; without it the only pen found")
			fs.StringVar(&f.hand, "hand", "", "`path` of a simulated pen's handpiece, or of a bench that answers as one; without it P"+handSuffix+", if there is one")
			fs.StringVar(&f.only, "only", "", "only cases whose name matches one of the `patterns`, such as 'lease/*,stop/*'")
			fs.BoolVar(&f.energy, "energy", false, "also the cases that pull the trigger of the armed pen")
			fs.BoolVar(&f.long, "long", false, "also the cases that take over ten seconds each")
			fs.BoolVar(&f.marks, "marks", false, "also the cases that leave marks which can't be taken back: oldest log records erased, a\ncalibration committed and restored, a tip bound, counters set back, the date set")
			fs.BoolVar(&f.manual, "manual", false, "a person is the hand: what to do is said on standard error")
			fs.BoolVar(&f.list, "list", false, "list the cases and what they need, and run none")
			return func(ctx context.Context, c console, words []string) error {
				if err := noWords(words); err != nil {
					return err
				}
				if f.manual && f.hand != "" {
					return usageOf("manual", "--manual and --hand: the pen has one hand")
				}
				if f.list {
					return c.listCases(f.only)
				}
				return c.try(ctx, f)
			}
		},
	}
}

// caseShape is one case, and with an outcome its result.
type caseShape struct {
	Type    string   `json:"type"` // "case"
	Name    string   `json:"name"`
	Section string   `json:"section"` // of SPEC.md; that of the broken rule where one is
	Says    string   `json:"says"`
	Needs   []string `json:"needs"`
	// Outcome is "passed", "failed" or "not_run"; absent with --list.
	Outcome  string `json:"outcome,omitempty"`
	Why      string `json:"why,omitempty"`      // with not_run
	Expected string `json:"expected,omitempty"` // with failed, as the next
	Got      string `json:"got,omitempty"`
	TookMS   *int64 `json:"took_ms,omitempty"`
	StoodMS  int64  `json:"stood_ms,omitempty"` // how long this computer stood still meanwhile
}

func shapeCase(k conformance.Case) caseShape {
	needs := k.Needs.Names()
	if needs == nil {
		needs = []string{}
	}
	return caseShape{Type: "case", Name: k.Name, Section: k.Section, Says: k.Says, Needs: needs}
}

func shapeResult(r conformance.Result) caseShape {
	s := shapeCase(r.Case)
	took := r.Took.Milliseconds()
	s.Section, s.Outcome, s.Why, s.Expected, s.Got, s.TookMS, s.StoodMS = r.Section, string(r.Outcome), r.Why, r.Expected, r.Got, &took, r.Stood.Milliseconds()
	return s
}

// metShape is the pen that is tried.
type metShape struct {
	Type      string `json:"type"` // "pen"
	Model     string `json:"model"`
	Serial    string `json:"serial"`
	Firmware  string `json:"firmware"`
	Protocol  string `json:"protocol"`
	Simulated bool   `json:"simulated"`
}

// summaryShape is the last line.
type summaryShape struct {
	Type     string   `json:"type"` // "summary"
	Complete bool     `json:"complete"`
	Passed   int      `json:"passed"`
	Failed   int      `json:"failed"`
	NotRun   int      `json:"not_run"`
	Left     []string `json:"left"` // what is not as it was
}

func (c console) listCases(pattern string) error {
	cases, err := conformance.Select(pattern)
	if err != nil {
		return wrongPattern(err)
	}
	for _, k := range cases {
		if c.json {
			err = c.print(shapeCase(k))
		} else {
			err = c.line("%-34s %-5s %s%s", k.Name, k.Section, k.Says, needsWords(k.Needs))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func needsWords(n conformance.Need) string {
	if n == 0 {
		return ""
	}
	return " [" + strings.Join(n.Names(), ", ") + "]"
}

func wrongPattern(err error) error {
	return &failure{exit: exitUsage, text: err.Error(), field: "only", cause: err}
}

// line prints one line for people.
func (c console) line(format string, args ...any) error {
	if _, err := fmt.Fprintf(c.out, format+"\n", args...); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// try runs the cases over the pen.
func (c console) try(ctx context.Context, f tried) (err error) {
	cases, err := conformance.Select(f.only)
	if err != nil {
		return wrongPattern(err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	t := &trialLog{c: c, of: len(cases), cancel: cancel}
	cfg := conformance.Config{
		Dial: func(ctx context.Context) (io.ReadWriteCloser, error) {
			port, err := c.choose(ctx, f.port)
			if err != nil {
				return nil, err
			}
			return c.ports.open(port)
		},
		Energy: f.energy, Long: f.long, Marks: f.marks, Only: f.only, Met: t.met, Begin: t.begin, End: t.end,
	}
	hand, err := c.handFor(f)
	if err != nil {
		return err
	}
	if hand != nil {
		defer func() { err = errors.Join(err, hand.Close()) }()
		cfg.Hand = hand
	}
	report, err := conformance.Run(ctx, cfg)
	return t.finish(report, err)
}

// handFor finds the hand that the flags ask for; nil: there is none.
func (c console) handFor(f tried) (closingHand, error) {
	if f.manual {
		return &personHand{c.err}, nil
	}
	path := f.hand
	if path == "" {
		path = f.port + handSuffix
		if info, err := os.Stat(path); f.port == "" || err != nil || info.Mode().Type() != fs.ModeSocket {
			return nil, nil
		}
	}
	return dialSimHand(path)
}

// trialLog prints a run as it goes.
type trialLog struct {
	c      console
	of     int
	done   int
	open   bool // a line has begun and has no end yet
	broken []conformance.Result
	cancel context.CancelFunc
	failed error // a reader that has gone ends the run
}

func (t *trialLog) keep(err error) {
	if err != nil && t.failed == nil {
		t.failed = err
		t.cancel()
	}
}

func (t *trialLog) met(ack protocol.HelloAck) {
	if t.c.json {
		t.keep(t.c.print(metShape{Type: "pen", Model: ack.Model, Serial: ack.Serial, Firmware: ack.Firmware, Protocol: fmt.Sprintf("%d.%d", ack.Major, ack.Minor), Simulated: ack.Simulated}))
		return
	}
	t.keep(t.c.line("pen %s, serial number %s, firmware %s, protocol %d.%d: %d cases", ack.Model, ack.Serial, ack.Firmware, ack.Major, ack.Minor, t.of))
}

// begin prints the first half of a line, so that a case that takes long is
// seen.
func (t *trialLog) begin(k conformance.Case) {
	t.done++
	if t.c.json {
		return
	}
	if _, err := fmt.Fprintf(t.c.out, "%3d/%d  %-34s ", t.done, t.of, k.Name); err != nil {
		t.keep(fmt.Errorf("print: %w", err))
	}
	t.open = true
}

func (t *trialLog) end(r conformance.Result) {
	if r.Outcome == conformance.Failed {
		t.broken = append(t.broken, r)
	}
	if t.c.json {
		t.keep(t.c.print(shapeResult(r)))
		return
	}
	t.open = false
	switch r.Outcome {
	case conformance.Failed:
		t.keep(t.c.line("FAILED  (SPEC.md section %s)", r.Section))
	case conformance.NotRun:
		t.keep(t.c.line("not run: %s", r.Why))
	default:
		t.keep(t.c.line("ok  %d ms", r.Took.Milliseconds()))
	}
}

// finish prints the summary, and returns what the command's end is.
func (t *trialLog) finish(report conformance.Report, err error) error {
	if t.failed != nil {
		return t.failed
	}
	s := summaryShape{
		Type: "summary", Complete: err == nil, Passed: report.Count(conformance.Passed), Failed: report.Count(conformance.Failed),
		NotRun: report.Count(conformance.NotRun), Left: report.Left,
	}
	if len(report.Results) > 0 || err == nil {
		if printed := t.summary(s); printed != nil {
			return printed
		}
	}
	switch {
	case errors.Is(err, context.Canceled):
		return &failure{exit: exitRefused, text: fmt.Sprintf("interrupted after %d of %d cases", len(report.Results), t.of), cause: err}
	case errors.Is(err, conformance.ErrNotPen):
		return &failure{exit: exitNoPen, text: err.Error(), cause: err}
	case errors.Is(err, conformance.ErrLink):
		return linkFailure(err, report)
	case err != nil:
		return err
	case s.Failed > 0:
		return &failure{exit: exitRefused, text: fmt.Sprintf("%d of %d cases failed", s.Failed, t.of)}
	}
	return nil
}

// linkFailure is a port that could not be opened, or one that was lost.
func linkFailure(err error, report conformance.Report) error {
	if known := classify(err); report.Pen.Session == 0 && known.exit == exitNoPen {
		// What was never there was not lost.
		known.text = strings.TrimPrefix(known.text, conformance.ErrLink.Error()+": ")
		return known
	}
	return &failure{exit: exitLost, text: err.Error(), cause: err}
}

func (t *trialLog) summary(s summaryShape) error {
	if t.c.json {
		if s.Left == nil {
			s.Left = []string{}
		}
		return t.c.print(s)
	}
	var b strings.Builder
	for _, r := range t.broken {
		fmt.Fprintf(&b, "\n%s: %s\n  SPEC.md   section %s\n  expected  %s\n  got       %s\n", r.Case.Name, r.Case.Says, r.Section, r.Expected, r.Got)
		if stood := r.Stood.Round(time.Millisecond); stood > stoodStill {
			fmt.Fprintf(&b, "  but       this computer stood still for %v meanwhile\n", stood)
		}
	}
	if t.open {
		b.WriteString("broken off\n")
	}
	fmt.Fprintf(&b, "\n%d passed, %d failed, %d not run", s.Passed, s.Failed, s.NotRun)
	for _, what := range s.Left {
		fmt.Fprintf(&b, "\nnot as it was: %s", what)
	}
	return t.c.line("%s", b.String())
}

// stoodStill is how long a computer may stand still without a word about it.
const stoodStill = 50 * time.Millisecond

// personPatience is how long a person may take to do what they are told. READY
// ends after 60 s without the trigger.
const personPatience = 45 * time.Second
