package conformance_test

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stipple/device/link"
	"stipple/device/sim"
	"stipple/device/sim/benchhand"
	"stipple/protocol/conformance"
)

// slow puts a line of a script between the suite and the pen, for each time that
// the port is opened.
func slow(t *testing.T, script string) func(io.ReadWriteCloser) io.ReadWriteCloser {
	s, err := link.ParseScript(script)
	if err != nil {
		t.Fatal(err)
	}
	var runs sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(func() { cancel(); runs.Wait() })
	return func(toPen io.ReadWriteCloser) io.ReadWriteCloser {
		near, toConsole := link.Pipe()
		p := link.NewProxy(toPen, toConsole, link.ProxyConfig{Script: s, Seed: 1})
		runs.Go(func() { _ = p.Run(ctx) }) // ends with the port that a case closes
		return near
	}
}

// A sound pen passes on the slowest line that there may be, and on one that
// takes its time: what a line costs is no fault of the pen.
func TestSlowLineIsNoFault(t *testing.T) {
	for _, script := range []string{"both baud 115200", "both delay 10ms"} {
		t.Run(script, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pen := bench(t, sim.R1)
				report, err := conformance.Run(t.Context(), conformance.Config{Dial: dial(pen, slow(t, script)), Hand: benchhand.New(pen.Hand()), Energy: true})
				if err != nil {
					t.Error(err)
				}
				for _, r := range report.Results {
					if r.Outcome == conformance.Failed {
						t.Errorf("%s: expected %s\n\tgot %s", r.Case.Name, r.Expected, r.Got)
					}
				}
			})
		})
	}
}

// person is a hand that takes a while for everything, as a person at a bench
// does: each call only asks.
type person struct {
	*benchhand.Hand
	t *testing.T
}

const thinks = 2 * time.Second

func (p person) later(do func() error) error {
	time.AfterFunc(thinks, func() {
		if err := do(); err != nil && !errors.Is(err, sim.ErrStopped) {
			p.t.Error(err)
		}
	})
	return nil
}

func (p person) Trigger(ctx context.Context, held bool) error {
	return p.later(func() error { return p.Hand.Trigger(ctx, held) })
}

func (p person) Contact(ctx context.Context, on bool) error {
	return p.later(func() error { return p.Hand.Contact(ctx, on) })
}

func (p person) Tip(ctx context.Context, which conformance.Tip) error {
	return p.later(func() error { return p.Hand.Tip(ctx, which) })
}

func (p person) Load(ctx context.Context, ohms int) error {
	return p.later(func() error { return p.Hand.Load(ctx, ohms) })
}

func (p person) Break(ctx context.Context, d conformance.Defect, on bool) error {
	return p.later(func() error { return p.Hand.Break(ctx, d, on) })
}

func (p person) Reset(ctx context.Context) error {
	return p.later(func() error { return p.Hand.Reset(ctx) })
}

func (p person) Patience() time.Duration { return 5 * thinks }

// A person's hand is slow, and that is no fault of the pen either.
func TestSlowHandIsNoFault(t *testing.T) {
	for _, model := range []sim.Model{sim.N1, sim.R1} {
		t.Run(string(model), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pen := bench(t, model)
				h := person{benchhand.New(pen.Hand()), t}
				report, err := conformance.Run(t.Context(), conformance.Config{Dial: dial(pen, nil), Hand: h, Energy: true, Only: "tip/*,trigger/*,contact/*,blocks/*,guard/*,energy/*,output/*,reboot/*,log/reboot,counters/pulse"})
				if err != nil {
					t.Error(err)
				}
				for _, r := range report.Results {
					switch r.Outcome {
					case conformance.Failed:
						t.Errorf("%s: expected %s\n\tgot %s", r.Case.Name, r.Expected, r.Got)
					case conformance.NotRun:
						t.Logf("%s: %s", r.Case.Name, r.Why)
					}
				}
			})
		})
	}
}
