package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"stipple/app"
	"stipple/app/ui"
	"stipple/device"
	"stipple/protocol"
)

// lineQueue is how many lines may wait to be written: nobody who is measured
// waits for the pipe.
const lineQueue = 1024

// stoodEvery is how finely a standstill of this process is measured.
const stoodEvery = 5 * time.Millisecond

// rig stands between the parts of one console after the other.
type rig struct {
	lines    chan any
	commands chan []string
	dispatch ui.Dispatch

	pressed   atomic.Int64 // ns, monotonic: the newest key press at the router
	redraws   atomic.Int64
	records   atomic.Int64 // of the pen's log
	downloads atomic.Int64 // whole logs
	commits   atomic.Int64
	stood     atomic.Int64 // ns
}

// event is something that was measured.
type event struct {
	Event string `json:"event"` // "key", "stop", "frozen", "thawed"
	Mono  int64  `json:"mono_ns"`
	Until int64  `json:"until_ns,omitempty"` // "stop": when the write was done
}

// answer ends a command.
type answer struct {
	Done  string `json:"done"`
	Error string `json:"error,omitempty"`
	// Of "counts": since the start.
	Redraws   int64 `json:"redraws,omitempty"`
	Records   int64 `json:"records,omitempty"`
	Downloads int64 `json:"downloads,omitempty"`
	Commits   int64 `json:"commits,omitempty"`
	// Since the last "counts": the longest time in which this process did not run.
	Stood int64 `json:"stood_ns,omitempty"`
	Mono  int64 `json:"mono_ns"`
}

// monotonic is the system's monotonic clock.
func monotonic() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &t) != nil {
		return 0 // it can't fail for this clock
	}
	return time.Duration(t.Nano())
}

// say queues a line. It never waits: a line that is lost is missed by whoever
// measures.
func (r *rig) say(line any) {
	select {
	case r.lines <- line:
	default:
	}
}

func (r *rig) print(w io.Writer) {
	out := json.NewEncoder(w)
	for line := range r.lines {
		if out.Encode(line) != nil {
			return // who measured has gone
		}
	}
}

func (r *rig) read(in io.Reader) {
	for sc := bufio.NewScanner(in); sc.Scan(); {
		if words := strings.Fields(sc.Text()); len(words) > 0 {
			r.commands <- words
		}
	}
}

// run is the load of one console, and who carries out the commands.
func (r *rig) run(ctx context.Context, parts app.Parts) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var all sync.WaitGroup
	defer all.Wait()
	failed := make(chan error, 2)
	for _, load := range []func(context.Context, app.Parts) error{r.download, r.commit} {
		all.Go(func() {
			if err := load(ctx, parts); err != nil && ctx.Err() == nil {
				failed <- err
			}
		})
	}
	o := operator{rig: r, Parts: parts}
	tick := time.NewTicker(stoodEvery)
	defer tick.Stop()
	last := time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			return fmt.Errorf("load: %w", err)
		case <-tick.C:
			r.stood.Store(max(r.stood.Load(), int64(time.Since(last))))
			last = time.Now()
		case words := <-r.commands:
			a := o.obey(ctx, words)
			a.Mono = int64(monotonic())
			r.say(a)
			last = time.Now() // it was at work
		}
	}
}

// download reads the pen's whole log, and then again.
func (r *rig) download(ctx context.Context, parts app.Parts) error {
	look := time.NewTicker(10 * time.Millisecond) // for a session
	defer look.Stop()
	for {
		if s := parts.Link.State().Session; s != nil {
			var cur device.LogCursor
			err := s.ReadLog(ctx, &cur, func(p device.LogPage) error {
				r.records.Add(int64(len(p.Entries)))
				return nil
			})
			var contradiction *device.LogError
			switch {
			case err == nil:
				r.downloads.Add(1)
			case errors.As(err, &contradiction):
				return err
			}
			// Else the link is busy or lost: there is another one soon.
		}
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
		}
	}
}

// commitSize is the length of what the store commits: about a pulse's record.
const commitSize = 512

// commitEvery is the pace of the commits: 250 a second, what a drive does that
// needs 4 ms to make one durable, and 25 times what a treatment writes. Where a
// drive answers in less, a loop without a pace commits thousands of times a second
// and measures a computer with one core less.
const commitEvery = 4 * time.Millisecond

// commit writes to the store in a loop. Each commit is on the disk before the next
// begins, commitEvery after the one before at the earliest.
func (r *rig) commit(ctx context.Context, parts app.Parts) error {
	value := make([]byte, commitSize)
	next := time.NewTicker(commitEvery)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-next.C:
		}
		value[r.commits.Add(1)%commitSize]++
		if err := parts.Store.SaveSetting(ctx, "rig", value); err != nil {
			return err
		}
	}
}

// port puts the rig's clock between the session and its port.
func (r *rig) port(conn io.ReadWriteCloser) io.ReadWriteCloser {
	return &clockedPort{ReadWriteCloser: conn, rig: r}
}

// clockedPort tells when an ESTOP goes out for the first time. One writer uses
// it, with one frame a write.
type clockedPort struct {
	io.ReadWriteCloser
	rig *rig
	dec protocol.Decoder
	old uint32 // nonce of the newest stop
}

func (p *clockedPort) Write(b []byte) (int, error) {
	f, _, err := p.dec.Next(b)
	var stop protocol.Stop
	if err != nil || f.Type != protocol.TypeStop || stop.DecodePayload(f.Payload) != nil || stop.Nonce == p.old {
		return p.ReadWriteCloser.Write(b)
	}
	p.old = stop.Nonce
	from := monotonic()
	n, err := p.ReadWriteCloser.Write(b)
	if err == nil {
		p.rig.say(event{Event: "stop", Mono: int64(from), Until: int64(monotonic())})
	}
	return n, err
}
