package conformance_test

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"stipple/device/link"
	"stipple/device/sim"
	"stipple/protocol"
	"stipple/protocol/conformance"
)

// hand is the simulated pen's hand as the suite wants one.
type hand struct {
	sim.Handpiece
	found *sim.TipSpec
}

func (h *hand) Trigger(_ context.Context, held bool) error { return h.Handpiece.Trigger(held) }
func (h *hand) Contact(_ context.Context, on bool) error   { return h.Handpiece.Contact(on) }
func (h *hand) Reset(context.Context) error                { return h.Fault(sim.SwitchReboot, true) }
func (h *hand) Load(_ context.Context, ohms int) error     { return h.LoadOhm(protocol.Ohms(ohms)) }
func (h *hand) Patience() time.Duration                    { return time.Second }

// Tip mounts a shorter, weaker tip as the other one.
func (h *hand) Tip(_ context.Context, which conformance.Tip) error {
	state, err := h.State()
	if err != nil {
		return err
	}
	if on := state.Tip; on != nil && (h.found == nil || on.ID == h.found.ID) {
		h.found = on // with its uses so far
	}
	switch which {
	case conformance.TipNone:
		return h.RemoveTip()
	case conformance.TipFound:
		now := *h.found
		return h.ChangeTip(now)
	}
	other := *h.found
	other.ID, other.Pins, other.NeedleLengthUM, other.RatedPowerMW = 0, other.Pins/2, other.NeedleLengthUM/2, other.RatedPowerMW/2
	other.UseCount, other.BoundTreatment = 0, sim.TreatmentID{}
	return h.ChangeTip(other)
}

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
					Dial: dial(pen, nil), Hand: &hand{Handpiece: pen.Hand()}, Energy: true, Long: true, Marks: true,
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
