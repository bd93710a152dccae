package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// maxLine bounds a line of a followed stream in bytes. A trace of a full page
// is under 32 KiB.
const maxLine = 1 << 20

// errStreamEnded means that the process that wrote the stream has ended
// before the awaited line came.
var errStreamEnded = errors.New("stream ended")

// heard is one line of a stream and when it arrived.
type heard struct {
	at   time.Time
	text []byte
}

// follower keeps the lines that a stream has brought so far and wakes those
// who wait for more. All methods may be called from any goroutine.
type follower struct {
	mu    sync.Mutex
	lines []heard
	ended bool
	more  chan struct{} // closed and replaced whenever something has changed
}

// follow reads r to its end on a goroutine of its own.
func follow(r io.Reader) *follower {
	f := &follower{more: make(chan struct{})}
	go f.read(r)
	return f
}

func (f *follower) read(r io.Reader) {
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, maxLine)
	for sc.Scan() {
		f.add(heard{time.Now(), append([]byte(nil), sc.Bytes()...)}, false)
	}
	f.add(heard{}, true)
	// A line over maxLine ends the following, and the writer must not block.
	_, _ = io.Copy(io.Discard, r)
}

func (f *follower) add(h heard, ended bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if ended {
		f.ended = true
	} else {
		f.lines = append(f.lines, h)
	}
	close(f.more)
	f.more = make(chan struct{})
}

// count is how many lines have come.
func (f *follower) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.lines)
}

// all returns the lines from number from on.
func (f *follower) all(from int) []heard {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]heard(nil), f.lines[min(from, len(f.lines)):]...)
}

// find returns the first line from number from on that match accepts, and its
// number; it waits for it until ctx ends. errStreamEnded: none will come.
func (f *follower) find(ctx context.Context, from int, match func([]byte) bool) (heard, int, error) {
	for i := from; ; {
		f.mu.Lock()
		lines, ended, more := f.lines, f.ended, f.more
		f.mu.Unlock()
		for ; i < len(lines); i++ {
			if match(lines[i].text) {
				return lines[i], i, nil
			}
		}
		if ended {
			return heard{}, i, errStreamEnded
		}
		select {
		case <-more:
		case <-ctx.Done():
			return heard{}, i, fmt.Errorf("not seen in time: %w", context.Cause(ctx))
		}
	}
}
