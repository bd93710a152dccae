package ui

import (
	"context"
	"sync"
)

// handActs carries out what this window's hand does, one act after the other and off
// the window's thread: the handpiece may be another process that does not answer, and
// a thread that waits for it hears no STOP.
type handActs struct {
	mu      sync.Mutex
	running bool
	waiting []func()
	more    chan struct{} // signalled, conflated: something waits
}

func newHandActs() *handActs { return &handActs{more: make(chan struct{}, 1)} }

// do carries act out behind those before it; at once where nothing runs them, such as
// for a picture. It never waits otherwise.
func (a *handActs) do(act func()) {
	a.mu.Lock()
	running := a.running
	if running {
		a.waiting = append(a.waiting, act)
	}
	a.mu.Unlock()
	if !running {
		act()
		return
	}
	select {
	case a.more <- struct{}{}:
	default:
	}
}

// run carries out acts until ctx ends. What waits then is given up.
func (a *handActs) run(ctx context.Context) {
	a.setRunning(true)
	defer a.setRunning(false)
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.more:
			for act := a.next(); act != nil && ctx.Err() == nil; act = a.next() {
				act()
			}
		}
	}
}

func (a *handActs) setRunning(on bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.running, a.waiting = on, nil
}

// next is the oldest act that waits; nil: none does.
func (a *handActs) next() func() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.waiting) == 0 {
		return nil
	}
	act := a.waiting[0]
	a.waiting = a.waiting[1:]
	return act
}
