package trace

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// pipe is a writer that a test reads while Run writes.
type pipe struct {
	mu   sync.Mutex
	buf  bytes.Buffer
	hold chan struct{} // Write waits for it if not nil
	err  error
}

func (p *pipe) Write(b []byte) (int, error) {
	if p.hold != nil {
		<-p.hold
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return 0, p.err
	}
	return p.buf.Write(b)
}

func (p *pipe) lines() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Split(strings.TrimSuffix(p.buf.String(), "\n"), "\n")
}

func page(name string) func() Snapshot {
	return func() Snapshot {
		return Snapshot{Page: name, Controls: []Control{{Name: "stop", Kind: "button", X: 1086, Y: 640, W: 262, H: 112, Enabled: true}}}
	}
}

func TestWritesOnlyChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &pipe{}
		r := New(out)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- r.Run(ctx) }()
		for _, name := range []string{"treat", "treat", "patients", "treat"} {
			if err := r.Offer(time.Now(), page(name)); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			time.Sleep(time.Second / PerSecond)
		}
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		var pages []string
		for i, text := range out.lines() {
			var got struct {
				Seq uint64
				Snapshot
			}
			if err := json.Unmarshal([]byte(text), &got); err != nil {
				t.Fatalf("line %q: %v", text, err)
			}
			if got.Seq != uint64(i+1) {
				t.Errorf("line %d has number %d", i, got.Seq)
			}
			if c, ok := got.Find("stop"); !ok || c.W != 262 || !c.Enabled {
				t.Errorf("stop is %+v", c)
			}
			pages = append(pages, got.Page)
		}
		if got := strings.Join(pages, " "); got != "treat patients treat" {
			t.Errorf("pages %q", got)
		}
	})
}

func TestAsksAtMostTenTimesASecond(t *testing.T) {
	r := New(&pipe{})
	asked := 0
	start := time.Unix(1_800_000_000, 0)
	for i := range 1000 { // a second at 1 kHz
		_ = r.Offer(start.Add(time.Duration(i)*time.Millisecond), func() Snapshot { asked++; return Snapshot{} })
	}
	if asked != PerSecond {
		t.Errorf("asked %d times a second", asked)
	}
	before := asked
	_ = r.Offer(start.Add(-time.Hour), func() Snapshot { asked++; return Snapshot{} })
	if asked != before+1 {
		t.Error("a clock that went back silences the trace")
	}
}

func TestSlowReaderNeverBlocksAndGetsTheLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &pipe{hold: make(chan struct{})}
		r := New(out)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- r.Run(ctx) }()
		for i, name := range []string{"first", "second", "third", "last"} {
			if err := r.Offer(time.Now().Add(time.Duration(i)*time.Second), page(name)); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		close(out.hold)
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		lines := out.lines()
		if !strings.Contains(lines[len(lines)-1], `"page":"last"`) {
			t.Errorf("last line %q", lines[len(lines)-1])
		}
		if len(lines) > 2 {
			t.Errorf("%d lines were queued", len(lines))
		}
	})
}

func TestRunEndsWhenTheWriterFails(t *testing.T) {
	broken := errors.New("broken pipe")
	r := New(&pipe{err: broken})
	if err := r.Offer(time.Unix(1, 0), page("treat")); err != nil {
		t.Fatal(err)
	}
	if err := r.Run(t.Context()); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}
