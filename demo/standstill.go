package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

// A computer that is busy with something else can stand still for hundreds of
// milliseconds. Pen and console then fall back, as they must: that is what the
// play would show of them, and not what it was meant to show. So a play that
// failed while the computer stood still is played again; one that failed on a
// computer that did not has failed.

// neverAgain is a failure that no standstill excuses: what the pen promises
// whatever becomes of console and computer.
type neverAgain struct{ error }

func (e neverAgain) Unwrap() error { return e.error }

// performances is how often a play is played at the most.
const performances = 4

// standstillTick is how finely a standstill is measured.
const standstillTick = 5 * time.Millisecond

// standstillLimit is the standstill after which a failure proves nothing: half
// of the 250 ms after which pen and console give each other up (SPEC.md, timing).
const standstillLimit = 125 * time.Millisecond

// standstill measures the longest pause in which this process did not run.
type standstill struct{ longest atomic.Int64 }

// watch measures until ctx ends.
func (s *standstill) watch(ctx context.Context) {
	tick := time.NewTicker(standstillTick)
	defer tick.Stop()
	last := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := time.Now()
		s.longest.Store(max(s.longest.Load(), int64(now.Sub(last))))
		last = now
	}
}

// again plays until a play holds, or fails on a computer that kept going.
func again(ctx context.Context, out io.Writer, play func(context.Context) error) error {
	return againUnless(ctx, out, play, func() time.Duration { return 0 })
}

// againUnless is again where other processes tell of their standstills, too: on
// a busy computer one of several may be held up and the others not. others is
// asked after a failure.
func againUnless(ctx context.Context, out io.Writer, play func(context.Context) error, others func() time.Duration) error {
	for n := 1; ; n++ {
		var s standstill
		watching, cancel := context.WithCancel(ctx)
		ended := make(chan struct{})
		go func() { defer close(ended); s.watch(watching) }()
		err := play(ctx)
		cancel()
		<-ended
		stood := time.Duration(s.longest.Load())
		var broken neverAgain
		if err == nil || errors.As(err, &broken) || ctx.Err() != nil || n == performances {
			return err
		}
		if stood = max(stood, others()); stood < standstillLimit {
			return err
		}
		fmt.Fprintf(out, "The computer stood still for %v, and pen and console fell back, as they must (%.200s …). Once more.\n",
			stood.Round(time.Millisecond), err)
	}
}
