package conformance_test

import (
	"context"
	"io"
	"testing"
	"testing/synctest"

	"stipple/device/link"
	"stipple/device/sim"
	"stipple/device/sim/benchhand"
	"stipple/protocol/conformance"
)

// bench is a simulated pen that runs until the test ends.
func bench(t *testing.T, model sim.Model) *sim.Pen {
	t.Helper()
	pen, err := sim.New(sim.Config{Model: model, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	live(t, pen)
	return pen
}

// live runs a pen until the test ends.
func live(t *testing.T, pen *sim.Pen) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- pen.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("pen: %v", err)
		}
	})
}

// dial attaches the pen to a new line, through what stands between.
func dial(pen *sim.Pen, between func(near io.ReadWriteCloser) io.ReadWriteCloser) func(context.Context) (io.ReadWriteCloser, error) {
	return func(context.Context) (io.ReadWriteCloser, error) {
		near, far := link.Pipe()
		pen.Attach(far)
		if between != nil {
			near = between(near)
		}
		return near, nil
	}
}

func TestSimulatedPenConforms(t *testing.T) {
	for _, model := range []sim.Model{sim.N1, sim.R1} {
		t.Run(string(model), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pen := bench(t, model)
				report, err := conformance.Run(t.Context(), conformance.Config{
					Dial: dial(pen, nil), Hand: benchhand.New(pen.Hand()), Energy: true, Long: true, Marks: true,
					End: func(r conformance.Result) {
						if r.Outcome == conformance.Failed {
							t.Errorf("%s (section %s): expected %s\n\tgot %s", r.Case.Name, r.Section, r.Expected, r.Got)
						} else if r.Outcome == conformance.NotRun {
							t.Logf("%s: %s", r.Case.Name, r.Why)
						}
					},
				})
				if err != nil {
					t.Error(err)
				}
				t.Logf("%d passed, %d failed, %d not run; left: %q", report.Count(conformance.Passed), report.Count(conformance.Failed), report.Count(conformance.NotRun), report.Left)
			})
		})
	}
}

func failedCases(r conformance.Report) []string {
	var names []string
	for _, res := range r.Results {
		if res.Outcome == conformance.Failed {
			names = append(names, res.Case.Name)
		}
	}
	return names
}
