package systemtest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"stipple/device/sim"
)

// tally adds up what runs came to.
type tally struct {
	results []result
	began   time.Time
}

// add takes a run, and says what was wrong with it.
func (a *tally) add(t *testing.T, r result) {
	t.Helper()
	if a.began.IsZero() {
		a.began = time.Now().Add(-r.Wall)
	}
	a.results = append(a.results, r)
	if !r.bad() {
		return
	}
	t.Errorf("seed %d, %s, again: %s", r.Seed, r.Model, r.again())
	const most = 12 // one cause has many effects
	for i, v := range r.Violations {
		if i < most {
			t.Errorf("  %v", v)
		}
		for _, told := range v.Told {
			t.Logf("      %s", told)
		}
	}
	for i, f := range r.Failures {
		if i < most {
			t.Errorf("  %s", f)
		}
	}
}

// simulated is the time that was simulated in all.
func (a *tally) simulated() (d time.Duration) {
	for _, r := range a.results {
		d += r.Simulated
	}
	return d
}

// counts are all counts by name.
func (a *tally) counts() map[string]int {
	all := make(map[string]int)
	for _, r := range a.results {
		for name, n := range r.Acts {
			all[name] += n
		}
		o, l := r.Outputs, r.Link
		for name, n := range map[string]int{
			"pulses": o.Pulses, "strokes and stamps": o.Strokes, "spots": o.Spots, "leases": o.Leases, "leases that ran out": l.Expired,
			"ESTOP": o.Stops, "ESTOP with an output on": o.StopsOn, "ESTOP while RF flows": o.StopsRF, "boots": o.Boots, "boots with the tip on the skin": o.BootsOnSkin, "SERVICE outputs": o.Tests, "armed": l.Armed,
			"refused": l.Refused, "cleared": l.Cleared, "sessions of the pen": l.Sessions, "STATUS": l.Status, "events": l.Events,
			"line: disconnects": int(r.Line.Disconnects),
		} {
			all[name] += n
		}
		for way, c := range map[string]counted{"to the pen": r.Line.ToPen, "to the console": r.Line.ToConsole} {
			for name, n := range map[string]uint64{
				"frames": c.Frames, "dropped": c.Dropped, "doubled": c.Duplicated, "reordered": c.Reordered, "bits flipped": c.Flipped,
				"truncated": c.Truncated, "garbage bytes": c.Garbage,
			} {
				all["line: "+name+" "+way] += int(n)
			}
		}
	}
	return all
}

// report says what was run and what happened in it.
func (a *tally) report(t *testing.T) {
	t.Helper()
	if len(a.results) == 0 {
		t.Error("nothing was run")
		return
	}
	wall, simulated := time.Since(a.began), a.simulated()
	first, last := a.results[0], a.results[0]
	worst := a.results[0]
	for _, r := range a.results {
		if r.Seed < first.Seed {
			first = r
		}
		if r.Seed > last.Seed {
			last = r
		}
		if r.faults() > worst.faults() {
			worst = r
		}
	}
	t.Logf("%.2f simulated hours over %d seeds (%d to %d, %v each) in %v: %.0f times as fast as time",
		simulated.Hours(), len(a.results), first.Seed, last.Seed, first.For, wall.Round(time.Second), simulated.Seconds()/wall.Seconds())
	var armed time.Duration
	for _, r := range a.results {
		armed += r.Outputs.ArmedFor
	}
	t.Logf("armed in %.0f %% of the time", 100*armed.Seconds()/simulated.Seconds())
	t.Logf("most faults: seed %d, %d of them; again: %s", worst.Seed, worst.faults(), worst.again())
	counts := a.counts()
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if counts[name] > 0 {
			fmt.Fprintf(&b, "\n%9d  %s", counts[name], name)
		}
	}
	t.Log(b.String())
}

// faults is how much went wrong on the line and in the pen.
func (r *result) faults() (n int) {
	for _, c := range []counted{r.Line.ToPen, r.Line.ToConsole} {
		n += int(c.Dropped + c.Duplicated + c.Reordered + c.Flipped + c.Truncated)
	}
	for name, k := range r.Acts {
		if strings.HasPrefix(name, "defect ") {
			n += k
		}
	}
	return n + int(r.Line.Disconnects)
}

// vacuous fails a run in which too little has happened. What is too rare to be
// asked of a run of that length is named: it proves nothing about that.
func (a *tally) vacuous(t *testing.T) {
	t.Helper()
	counts, hours := a.counts(), a.simulated().Hours()
	var rf float64
	for _, r := range a.results {
		if r.Model == sim.R1 {
			rf += r.Simulated.Hours()
		}
	}
	var silent []string
	for name, l := range leastAnHour() {
		of := hours
		if l.rf {
			of = rf
		}
		switch want := l.in(of); {
		case want == 0:
			silent = append(silent, name)
		case counts[name] < want:
			t.Errorf("%s: %d in %.1f hours, at least %d wanted: the run proves too little", name, counts[name], of, want)
		}
	}
	if len(silent) > 0 {
		slices.Sort(silent)
		t.Logf("%.1f hours (%.1f with RF) are too short to ask for: %s", hours, rf, strings.Join(silent, ", "))
	}
}

// longRun runs seeds in processes of their own, each on one processor: virtual
// time goes faster where nothing changes between two.
func (a *tally) longRun(t *testing.T, from uint64, seeds int, each time.Duration, processes int) {
	results := make(chan result)
	ended := make(chan error, processes)
	a.began = time.Now()
	for i := range processes {
		shard := fmt.Sprintf("%d:%d:%d", from+uint64(i), from+uint64(seeds), processes)
		go func() { ended <- shardProcess(t, shard, each, results) }()
	}
	for running, said := processes, time.Now(); running > 0; {
		select {
		case r := <-results:
			a.add(t, r)
			if time.Since(said) > time.Minute {
				said = time.Now()
				fmt.Printf("%d of %d seeds, %.1f simulated hours in %v\n", len(a.results), seeds, a.simulated().Hours(), time.Since(a.began).Round(time.Second))
			}
		case err := <-ended:
			running--
			if err != nil {
				t.Error(err)
			}
		}
	}
	if len(a.results) != seeds {
		t.Errorf("%d of %d seeds were run", len(a.results), seeds)
	}
}

// shardProcess is one of them.
func shardProcess(t *testing.T, shard string, each time.Duration, results chan<- result) error {
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSystem$", "-test.timeout=0", "-test.v", "-shard="+shard, "-each="+each.String())
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		text, ok := strings.CutPrefix(lines.Text(), resultMark)
		if !ok {
			continue
		}
		var r result
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			return fmt.Errorf("shard %s: %w", shard, err)
		}
		results <- r
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("shard %s: %w", shard, err)
	}
	return nil
}

// resultMark begins a line that carries a result.
const resultMark = "RESULT "

// printShard is one process of a long run: it prints its results and judges
// nothing.
func printShard(t *testing.T, shard string, each time.Duration) {
	t.Helper()
	var from, to, step uint64
	if _, err := fmt.Sscanf(shard, "%d:%d:%d", &from, &to, &step); err != nil || step == 0 {
		t.Fatalf("-shard %s: want FROM:TO:STEP", shard)
	}
	for seed := from; seed < to; seed += step {
		text, err := json.Marshal(runSeed(t, seed, each))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("\n%s%s\n", resultMark, text)
	}
}
