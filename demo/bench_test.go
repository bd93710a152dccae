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

// memorySettles is when memory is read, counted from the first frame: what the
// start itself needed has been collected by then.
const memorySettles = 2 * time.Second

// BenchmarkStart starts an empty window and the console in turn on the same
// display, and compares the time from the start of the process to the first
// frame that is on the screen, and the resident memory of the window at rest.
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
	floor := started{launch: launch{name: "empty window", path: empty, env: env}}
	console := started{launch: launch{name: "stipple", path: built.stipple, env: env, args: []string{"--data", filepath.Join(dir, "data")}}}
	// The first start of each fills the system's caches, and makes the store
	// that the next ones find.
	floor.add(b, screen)
	console.add(b, screen)
	floor.reset()
	console.reset()
	for b.Loop() {
		floor.add(b, screen)
		console.add(b, screen)
	}
	b.Logf("empty window %.0f ms, %.0f MB; stipple %.0f ms, %.0f MB", floor.mean(), floor.megabytes(), console.mean(), console.megabytes())
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
	launch launch
	n      int
	total  time.Duration
	memory int64 // kB
}

func (s *started) reset()             { s.n, s.total, s.memory = 0, 0, 0 }
func (s *started) mean() float64      { return s.total.Seconds() * 1000 / float64(s.n) }
func (s *started) megabytes() float64 { return float64(s.memory) / float64(s.n) / 1000 }

// add starts the program, waits for its first frame, looks at its memory, and
// ends it.
func (s *started) add(b *testing.B, screen *display) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), startLimit)
	defer cancel()
	if err := screen.awaitFrame(ctx, false); err != nil {
		b.Fatalf("the screen does not become empty: %v", err)
	}
	begun := time.Now()
	p, err := s.launch.start()
	if err != nil {
		b.Fatal(err)
	}
	defer p.kill()
	if err := screen.awaitFrame(ctx, true); err != nil {
		b.Fatalf("no frame: %v%s", err, p.lastWords())
	}
	s.n, s.total = s.n+1, s.total+time.Since(begun)
	<-time.After(memorySettles)
	memory, err := resident(p.cmd.Process.Pid)
	if err != nil {
		b.Fatal(err)
	}
	s.memory += memory
	if err := p.end(); err != nil {
		b.Fatal(err)
	}
}

// awaitFrame waits until something is drawn in the middle of the screen, or
// nothing is. The display's own ground is black; no window's is.
func (d *display) awaitFrame(ctx context.Context, drawn bool) error {
	f, err := os.Open(d.memory)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	middle := info.Size() - 4*screenWidth*screenHeight/2
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for {
		var pixels [4 * 64]byte
		if _, err := f.ReadAt(pixels[:], middle); err != nil {
			return err
		}
		if (pixels != [4 * 64]byte{}) == drawn {
			return nil
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
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
