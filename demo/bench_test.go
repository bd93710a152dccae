package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The console against an empty window of the same size, in the same run
// (issue 2, speed): start at most twice as long, memory at most one and a half
// times as much.
const (
	startRatio  = 2.0
	memoryRatio = 1.5
)

// BenchmarkStart starts an empty window and the console in turn and compares
// the time from the start of the process to the first drawn frame, and the
// resident memory then.
func BenchmarkStart(b *testing.B) {
	dir, err := os.MkdirTemp("", "stipple-bench-")
	if err != nil {
		b.Fatal(err)
	}
	defer os.RemoveAll(dir)
	empty := filepath.Join(dir, "empty")
	if out, err := exec.Command("go", "build", "-o", empty, "./testdata/emptywindow").CombinedOutput(); err != nil {
		b.Fatalf("build: %v\n%s", err, out)
	}
	screen, err := openDisplay(b.Context(), dir)
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := screen.close(); err != nil {
			b.Error(err)
		}
	}()
	env := testHome(b, screen, dir)
	var floor, console started
	for b.Loop() {
		floor.add(b, launch{name: "empty window", path: empty, env: env}, func(p *process) *follower { return p.out })
		console.add(b, launch{
			name: "stipple", path: built.stipple, env: env, side: true,
			args: []string{"--demo", "--ui-trace", "3"},
		}, func(p *process) *follower { return p.side })
	}
	b.ReportMetric(0, "ns/op") // the sum of both says nothing
	b.ReportMetric(floor.mean(), "ms-empty")
	b.ReportMetric(console.mean(), "ms-stipple")
	b.ReportMetric(floor.megabytes(), "MB-empty")
	b.ReportMetric(console.megabytes(), "MB-stipple")
	if r := console.mean() / floor.mean(); r > startRatio {
		b.Errorf("start takes %.2f times an empty window's, at most %.1f", r, startRatio)
	}
	if r := console.megabytes() / floor.megabytes(); r > memoryRatio {
		b.Errorf("memory is %.2f times an empty window's, at most %.1f", r, memoryRatio)
	}
}

// started sums up starts of one program.
type started struct {
	n      int
	total  time.Duration
	memory int64 // kB
}

func (s *started) mean() float64      { return s.total.Seconds() * 1000 / float64(s.n) }
func (s *started) megabytes() float64 { return float64(s.memory) / float64(s.n) / 1000 }

// add starts a program, waits for the first line that says that it has drawn,
// and ends it.
func (s *started) add(b *testing.B, l launch, drawn func(*process) *follower) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), startLimit)
	defer cancel()
	begun := time.Now()
	p, err := l.start()
	if err != nil {
		b.Fatal(err)
	}
	defer p.kill()
	h, _, err := drawn(p).find(ctx, 0, func([]byte) bool { return true })
	if err != nil {
		b.Fatalf("%v%s", err, p.lastWords())
	}
	memory, err := resident(p.cmd.Process.Pid)
	if err != nil {
		b.Fatal(err)
	}
	s.n, s.total, s.memory = s.n+1, s.total+h.at.Sub(begun), s.memory+memory
}

// resident is the memory of a process that is in RAM, in kB.
func resident(pid int) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			return strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
		}
	}
	return 0, fmt.Errorf("process %d has no resident memory", pid)
}
