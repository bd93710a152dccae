package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
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
	backups   atomic.Int64
	stood     atomic.Int64 // ns
	silent    atomic.Int64 // ns: the longest between two STATUS
	missing   atomic.Int64 // frames of the lane of STATUS

	pace chan time.Duration // between two commits

	stick   string    // where backups go; empty: none are made
	backing chan bool // whether they are
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
	Backups   int64 `json:"backups,omitempty"`
	Missing   int64 `json:"missing,omitempty"` // frames of the pen's live lane that never came
	// Since the last "counts": the longest time in which this process did not run, and
	// the longest between two STATUS.
	Stood  int64 `json:"stood_ns,omitempty"`
	Silent int64 `json:"silent_ns,omitempty"`
	Mono   int64 `json:"mono_ns"`
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
	ctx, cancel := context.WithCancelCause(ctx) // whoever gives a command to a load that failed does not wait
	defer cancel(nil)
	var all sync.WaitGroup
	defer all.Wait()
	for _, load := range []func(context.Context, app.Parts) error{r.download, r.commit, r.backup} {
		all.Go(func() {
			if err := load(ctx, parts); err != nil && ctx.Err() == nil {
				cancel(fmt.Errorf("load: %w", err))
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
			if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
				return err
			}
			return nil
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

// commitEvery is the pace of the commits before the first command that sets one.
const commitEvery = 100 * time.Millisecond

// commit writes to the store in a loop. Each commit is on the disk before the next
// begins, one pace after the one before at the earliest.
func (r *rig) commit(ctx context.Context, parts app.Parts) error {
	value := make([]byte, commitSize)
	next := time.NewTicker(commitEvery)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case every := <-r.pace:
			next.Reset(every)
			continue
		case <-next.C:
		}
		value[r.commits.Add(1)%commitSize]++
		if err := parts.Store.SaveSetting(ctx, "rig", value); err != nil {
			return err
		}
	}
}

// backup backs up from one command to the next.
func (r *rig) backup(ctx context.Context, parts app.Parts) error {
	at := time.Now()
	for {
		on := false
		for !on {
			select {
			case <-ctx.Done():
				return nil
			case on = <-r.backing:
			}
		}
		some, cancel := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() { ended <- r.backUp(some, parts, &at) }()
		for on {
			select {
			case on = <-r.backing:
			case err := <-ended:
				cancel()
				return err
			}
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			return err
		}
	}
}

// backUp makes a backup, reads it back, removes it, and makes the next.
func (r *rig) backUp(ctx context.Context, parts app.Parts, at *time.Time) error {
	for {
		*at = at.Add(time.Second) // each has its second in its name
		made, _, err := parts.Backup(ctx, r.stick, *at)
		if made.Path != "" {
			err = errors.Join(err, os.Remove(made.Path))
		}
		if err != nil {
			return err
		}
		r.backups.Add(1)
	}
}

// port puts the rig's clock between the session and its port.
func (r *rig) port(conn io.ReadWriteCloser) io.ReadWriteCloser {
	return &clockedPort{ReadWriteCloser: conn, rig: r}
}

// clockedPort tells when an ESTOP goes out for the first time, and whether STATUS comes
// without a gap. One writer uses it, with one frame a write, and one reader.
type clockedPort struct {
	io.ReadWriteCloser
	rig *rig
	dec protocol.Decoder
	old uint32 // nonce of the newest stop

	in     protocol.Decoder
	live   bool          // a frame of the live lane has come
	of     uint32        // session of the newest
	seq    uint16        // of the newest
	status time.Duration // when the newest STATUS came; 0: none has
}

func (p *clockedPort) Read(b []byte) (int, error) {
	n, err := p.ReadWriteCloser.Read(b)
	for rest := b[:n]; len(rest) > 0; {
		var f protocol.Frame
		var broken error
		if f, rest, broken = p.in.Next(rest); broken == nil {
			p.heard(f)
		}
	}
	return n, err
}

// heard looks at one frame of the pen.
func (p *clockedPort) heard(f protocol.Frame) {
	if f.Lane != protocol.LaneLive {
		return
	}
	if p.live && p.of == f.Session {
		p.rig.missing.Add(int64(f.Seq - p.seq - 1))
	}
	p.live, p.of, p.seq = true, f.Session, f.Seq
	if f.Type != protocol.TypeStatus {
		return
	}
	now := monotonic()
	if p.status > 0 {
		p.rig.silent.Store(max(p.rig.silent.Load(), int64(now-p.status)))
	}
	p.status = now
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
