package systemtest

import (
	"flag"
	"fmt"
	"runtime"
	"testing"
	"time"

	"stipple/device/sim"
)

// The flags of a run that is not the everyday one.
var (
	flagSeed  = flag.Uint64("seed", 0, "run that `seed` alone, for as long as -each says")
	flagEach  = flag.Duration("each", everyday.each, "simulated `time` of each seed")
	flagSeeds = flag.Int("seeds", everyday.seeds, "how many seeds")
	flagFrom  = flag.Uint64("from", 1, "the first `seed`; to go on with a run that was ended")
	flagHours = flag.Float64("hours", 0, "simulated `hours` in all, over -seeds, in as many processes as there are processors")
	flagShard = flag.String("shard", "", "FROM:TO:STEP of the seeds for one process of a long run; it prints a result a line")
)

// everyday is the share of the nightly run that is a part of `make test`.
var everyday = struct {
	seeds int
	each  time.Duration
}{20, 10 * time.Minute}

// modelOf lets odd seeds be an RF pen and even ones a needling pen.
func modelOf(seed uint64) sim.Model {
	if seed%2 == 1 {
		return sim.R1
	}
	return sim.N1
}

// TestSystem is the whole system in virtual time: see the package's doc.
//
//	go test ./device/systemtest                                     # a few seeds
//	go test ./device/systemtest -args -seed 17 -each 2h             # one, again
//	go test -timeout 0 ./device/systemtest -v -args -hours 1000 -seeds 500
func TestSystem(t *testing.T) {
	var all tally
	switch {
	case *flagShard != "":
		printShard(t, *flagShard, *flagEach)
		return // whoever started this process judges
	case *flagSeed != 0:
		all.add(t, runSeed(t, *flagSeed, *flagEach))
		t.Log(all.results[0])
		return // one seed need not have everything in it
	case *flagHours > 0:
		each := time.Duration(*flagHours * float64(time.Hour) / float64(*flagSeeds)).Round(time.Second)
		all.longRun(t, *flagFrom, *flagSeeds, each, runtime.NumCPU())
	default:
		for seed := *flagFrom; seed < *flagFrom+uint64(*flagSeeds); seed++ {
			all.add(t, runSeed(t, seed, *flagEach))
		}
	}
	all.report(t)
	all.vacuous(t)
}

func runSeed(t *testing.T, seed uint64, each time.Duration) result {
	return run(t, runConfig{Seed: seed, Model: modelOf(seed), For: each})
}

// again is the command that runs a seed again.
func (r *result) again() string {
	return fmt.Sprintf("go test ./device/systemtest -run TestSystem -args -seed %d -each %v", r.Seed, r.For)
}
