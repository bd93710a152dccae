//go:build brokenpen

package systemtest

import (
	"fmt"
	"testing"
	"time"

	"stipple/device/sim"
)

func TestBroken(t *testing.T) {
	for _, name := range sim.FlawNames() {
		for _, m := range []sim.Model{sim.R1, sim.N1} {
			out := ""
			for seed := uint64(1); seed < 6; seed++ {
				res := run(t, runConfig{Seed: seed, Model: m, For: 30 * time.Minute, newPen: func(c sim.Config) (*sim.Pen, error) { return sim.NewFlawed(c, name) }})
				rules := map[string]int{}
				for _, v := range res.Violations {
					rules[string(v.Rule)]++
				}
				out += fmt.Sprintf(" [%d: %v", seed, rules)
				if len(res.Failures) > 0 {
					out += fmt.Sprintf(" F%d", len(res.Failures))
				}
				out += "]"
			}
			t.Log(name, m, out)
		}
	}
}
