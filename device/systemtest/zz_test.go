//go:build brokenpen

package systemtest

import (
	"testing"
	"time"

	"stipple/device/sim"
)

func TestZZ(t *testing.T) {
	for _, n := range []string{"stop_forgotten_by_hello", "stop_ignored_in_bulk"} {
		res := run(t, runConfig{Seed: 2, Model: sim.R1, For: 30 * time.Minute, newPen: func(c sim.Config) (*sim.Pen, error) { return sim.NewFlawed(c, n) }})
		for i, v := range res.Violations {
			if i < 14 {
				t.Log(v)
			}
		}
	}
}
