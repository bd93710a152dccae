package systemtest

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"stipple/device/sim"
)

var (
	flagFirst = flag.Uint64("first", 1, "")
	flagN     = flag.Uint64("n", 4, "")
	flagFor   = flag.Duration("for", 30*time.Minute, "")
)

func TestSystem(t *testing.T) {
	total := map[string]int{}
	for seed := *flagFirst; seed < *flagFirst+*flagN; seed++ {
		for _, m := range []sim.Model{sim.R1, sim.N1} {
			t.Run(fmt.Sprint(seed, m), func(t *testing.T) {
				res := run(t, runConfig{Seed: seed, Model: m, For: *flagFor})
				for k, v := range res.Acts {
					total[k] += v
				}
				for i, v := range res.Violations {
					if i < 12 {
						t.Error(v)
					}
				}
				for i, v := range res.Failures {
					if i < 12 {
						t.Error(v)
					}
				}
				if t.Failed() {
					t.Log(res)
				}
			})
		}
	}
	t.Log(total)
}
