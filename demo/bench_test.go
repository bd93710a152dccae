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
// whole page that is on the screen (STOP's red where STOP is), and the resident
// memory of the window at rest.
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
	floor := started{page: pixel{0xFF, 0xFF, 0xFF}, launch: launch{name: "empty window", path: empty, env: env}}
	console := started{page: stopRed(), launch: launch{name: "stipple", path: built.stipple, env: env, args: []string{"--demo", "--data", filepath.Join(dir, "data")}}}
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
	page   pixel // what stands at STOP's place once the page is there
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
	if err := screen.await(ctx, pixel{}); err != nil {
		b.Fatalf("the screen does not become empty: %v", err)
	}
	begun := time.Now()
	p, err := s.launch.start()
	if err != nil {
		b.Fatal(err)
	}
	defer p.kill()
	if err := screen.await(ctx, s.page); err != nil {
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

// pixel is a colour as the display's memory holds it: blue, green, red. The
// display's own ground is black.
type pixel [3]byte

// stopRed is the colour of STOP in the dark theme, which a new console has.
func stopRed() pixel { return pixel{0x37, 0x2D, 0xD9} }

// A place inside STOP, beside its word and its octagon.
const stopX, stopY = 1110, 660

// await waits until a colour stands at STOP's place.
func (d *display) await(ctx context.Context, want pixel) error {
	f, err := os.Open(d.memory)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	at := info.Size() - 4*screenWidth*screenHeight + 4*(stopY*screenWidth+stopX)
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for {
		var got pixel
		if _, err := f.ReadAt(got[:], at); err != nil {
			return err
		}
		if got == want {
			return nil
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return fmt.Errorf("%w: colour %x", ctx.Err(), got)
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
