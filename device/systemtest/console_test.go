package systemtest

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"stipple/device"
	"stipple/protocol"
)

// Times of the console model.
const (
	// touchEvery is how often a live window says so: three times within
	// device.LivenessLimit.
	touchEvery = 140 * time.Millisecond
	// reconcileEvery is the pause between two attempts to reconcile.
	reconcileEvery = 500 * time.Millisecond
)

// console is a running console: a supervisor with its session, as the program
// has them, and the window's life. It believes what the session tells it.
type console struct {
	w      *world
	st     *store
	sup    *device.Supervisor
	frozen atomic.Bool
	ready  atomic.Pointer[device.Session] // reconciled
	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup
}

// startConsole starts a console on a store. baud is that of a serial line, 0
// for USB.
func startConsole(w *world, st *store, baud int, random io.Reader) *console {
	c := &console{w: w, st: st}
	c.ctx, c.cancel = context.WithCancel(w.ctx)
	c.sup = device.NewSupervisor(device.SupervisorConfig{
		Find: w.find, Open: w.open, Named: true,
		Options: device.Options{Rand: random, Baud: baud, Role: protocol.RoleClinician},
	})
	c.work.Go(func() {
		if err := c.sup.Run(c.ctx); err != nil {
			w.fail("supervisor: %v", err)
		}
	})
	c.work.Go(c.attend)
	c.work.Go(c.touch)
	w.did("console started")
	return c
}

// close ends the console in good order; its session disarms.
func (c *console) close() {
	c.cancel()
	c.work.Wait()
}

// kill ends it as kill -9 does: nothing more is said.
func (c *console) kill() {
	c.w.pull()
	c.cancel()
	c.work.Wait()
	c.w.did("console killed")
}

// touch is the window's thread.
func (c *console) touch() {
	tick := time.NewTicker(touchEvery)
	defer tick.Stop()
	for {
		select {
		case <-c.ctx.Done():
			return
		case <-tick.C:
			if s := c.sup.State().Session; s != nil && !c.frozen.Load() {
				s.Touch()
			}
		}
	}
}

// attend follows the supervisor: each session's events are read to their end,
// and each that can do more than watch is reconciled.
func (c *console) attend() {
	var current *device.Session
	for {
		if s := c.sup.State().Session; s != nil && s != current {
			current = s
			c.w.did("sessions")
			c.work.Go(func() { c.listen(s) })
			if !s.Info().Monitor {
				c.work.Go(func() { c.reconcile(s) })
			}
		}
		select {
		case <-c.ctx.Done():
			return
		case <-c.sup.Changes():
		}
	}
}

// listen takes a session's events.
func (c *console) listen(s *device.Session) {
	for e := range s.Events() {
		switch e.Kind {
		case device.EventPulse:
			if err := c.st.put(*e.Pulse); err != nil {
				c.w.fail("console: %v", err)
			}
		case device.EventOverflow:
			c.w.fail("console: %d events lost", e.Lost)
		case device.EventStopSent:
			c.w.did("ESTOP of the console: " + nameless(e.Err))
		default:
			c.w.did("event " + e.Kind.String())
		}
	}
	<-s.Done()
	if errors.Is(s.Err(), device.ErrUncertain) {
		c.w.did("uncertain ends")
	}
}

// reconcile asks the pen about everything that is not known, until it is.
func (c *console) reconcile(s *device.Session) {
	for {
		if c.settled(s) {
			c.ready.Store(s)
			c.w.did("reconciled")
			return
		}
		pause := time.NewTimer(reconcileEvery)
		select {
		case <-s.Done():
			pause.Stop()
			return
		case <-pause.C:
		}
	}
}

// settled is one attempt at it.
func (c *console) settled(s *device.Session) bool {
	for _, id := range c.st.open() {
		r, err := s.ResultOf(c.ctx, id)
		if err != nil {
			return false
		}
		b := said(r)
		if b == beliefOpen {
			c.w.forgets(id)
		}
		c.st.settle(id, b)
	}
	pulses, oldest, newest, err := s.Pulses(c.ctx, c.st.unknown())
	if err != nil {
		return false
	}
	if newest > 0 && c.st.unknown() < oldest {
		c.w.fail("console: ledger begins at %d, %d is not known", oldest, c.st.unknown())
	}
	for _, p := range pulses {
		if err := c.st.put(p); err != nil {
			c.w.fail("console: %v", err)
		}
	}
	c.st.ledger(newest)
	return len(c.st.open()) == 0
}

// session is the live one if it is reconciled; nil if there is none.
func (c *console) session() *device.Session {
	s := c.ready.Load()
	if s == nil || s != c.sup.State().Session {
		return nil
	}
	select {
	case <-s.Done():
		return nil
	default:
		return s
	}
}

// nameless is an error without its numbers, to be counted by.
func nameless(err error) string {
	if err == nil {
		return "asked for"
	}
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, err.Error())
}
