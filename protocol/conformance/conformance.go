package conformance

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"stipple/protocol"
)

// Config says which pen is tried, and with what.
type Config struct {
	// Dial opens the pen's port. It is called again when a case closes the port
	// on purpose, and when a reboot has taken it away. Reads may return 0 bytes
	// without an error.
	Dial func(ctx context.Context) (io.ReadWriteCloser, error)
	// Hand is the operator's hand; nil: cases that need one are not run.
	Hand Hand
	// Energy allows cases that pull the trigger of an armed pen.
	Energy bool
	// Long allows cases that take over ten seconds.
	Long bool
	// Marks allows cases that leave marks which can't be taken back: the oldest
	// records of the log erased, a calibration committed and restored, a tip bound,
	// counters set back, the date set.
	Marks bool
	// Only are patterns of path.Match over case names, with a comma between two;
	// empty: all.
	Only string
	// Met is called once with who the pen is, Begin before each case, End with its
	// result. Each may be nil. They are called from Run's goroutine.
	Met   func(protocol.HelloAck)
	Begin func(Case)
	End   func(Result)
	// Random is where nonces and command ids come from; nil: the system's.
	Random io.Reader
}

var (
	// ErrNotPen means that nothing on the port answered HELLO.
	ErrNotPen = errors.New("not a Stipple pen: no HELLO_ACK")
	// ErrRefused means that the pen is in a state that the suite would destroy.
	ErrRefused = errors.New("conformance not begun")
	// ErrLink means that the port failed or could not be opened again.
	ErrLink = errors.New("link lost")
	// ErrPattern means that Only is no pattern, or matches no case.
	ErrPattern = errors.New("no such case")
	// ErrStuck means that the pen did not come back to STANDBY, so that the
	// cases behind could not begin.
	ErrStuck = errors.New("the pen does not come back to STANDBY")
)

// Outcome is what became of a case.
type Outcome string

// The outcomes of a case.
const (
	Passed Outcome = "passed"
	Failed Outcome = "failed"
	NotRun Outcome = "not_run" // never counted as passed; Result.Why says why
)

// Case is one thing that SPEC.md demands of a pen.
type Case struct {
	Name    string // "area/what"; stable
	Section string // of SPEC.md
	Says    string // what must hold, in one line
	Needs   Need
	run     func(*trial)
}

// Need is a set of things that a case can't do without.
type Need uint16

// What a case may need.
const (
	NeedHand   Need = 1 << iota // trigger and contact
	NeedTip                     // a hand that can take the tip off
	NeedReset                   // a hand that can cut the pen's supply
	NeedEnergy                  // Config.Energy: the trigger of an armed pen is pulled
	NeedLong                    // Config.Long: over ten seconds
	NeedReady                   // a pen that can be armed now: tip on, nothing blocked
	NeedRF                      // a pen with RF
	NeedMark                    // Config.Marks: what is done can't be taken back
	NeedLoad                    // a hand that can put a resistor across the tip
	NeedFault                   // a hand that can make a defect
)

// Names lists the needs in words.
func (n Need) Names() []string {
	var list []string
	for i, name := range []string{"hand", "tip", "reset", "energy", "long", "ready", "rf", "mark", "load", "fault"} {
		if n&(1<<i) != 0 {
			list = append(list, name)
		}
	}
	return list
}

// Result is what became of one case.
type Result struct {
	Case     Case
	Outcome  Outcome
	Why      string // why it was not run
	Section  string // of the rule that was broken; that of the case where nothing else is said
	Expected string
	Got      string
	Took     time.Duration
	Stood    time.Duration // how long this computer stood still meanwhile; of the last try
}

// Report is what Run found.
type Report struct {
	Pen     protocol.HelloAck
	Kind    string // of the descriptor; empty where it could not be read
	Results []Result
	Left    []string // what is not as it was, in words
}

// Count is how many cases had the outcome.
func (r *Report) Count(o Outcome) int {
	n := 0
	for _, res := range r.Results {
		if res.Outcome == o {
			n++
		}
	}
	return n
}

// Select returns the cases whose names match one of the patterns, which have
// commas between them, in the order in which they are run; empty is all.
// ErrPattern: there is none.
func Select(patterns string) ([]Case, error) {
	if patterns == "" {
		return Cases(), nil
	}
	chosen := make(map[string]bool)
	for pattern := range strings.SplitSeq(patterns, ",") {
		n := len(chosen)
		for _, c := range Cases() {
			match, err := path.Match(pattern, c.Name)
			if err != nil {
				return nil, fmt.Errorf("%w: %q: %w", ErrPattern, pattern, err)
			}
			if match {
				chosen[c.Name] = true
			}
		}
		if len(chosen) == n {
			return nil, fmt.Errorf("%w: nothing more matches %q", ErrPattern, pattern)
		}
	}
	return slices.DeleteFunc(Cases(), func(c Case) bool { return !chosen[c.Name] }), nil
}

// Run holds the pen to every case that cfg selects. The report is as far as
// the suite came, also with an error: ErrPattern, ErrNotPen, ErrRefused,
// ErrLink, ErrStuck, or ctx's own. Run puts the pen back in each of them that
// leaves a link, for at most ten seconds.
func Run(ctx context.Context, cfg Config) (Report, error) {
	cases, err := Select(cfg.Only)
	if err != nil {
		return Report{}, err
	}
	if cfg.Random == nil {
		cfg.Random = rand.Reader
	}
	s := &suite{cfg: cfg, watch: newWatch(), stall: watchStalls()}
	defer s.stall.close()
	err = s.start(ctx)
	if err == nil {
		err = s.runAll(ctx, cases)
	}
	if s.found != nil {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), putBackLimit)
		err = errors.Join(err, s.putBack(last))
		cancel()
	}
	s.hangUp()
	return s.report, err
}
