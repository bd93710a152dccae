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
	waiting []func()
	more    chan struct{} // signalled, conflated: something waits; nil: nothing runs acts
}

// do carries act out behind those before it; at once where nothing runs them, such as
// for a picture. It never waits otherwise.
func (a *handActs) do(act func()) {
	a.mu.Lock()
	more := a.more
	if more != nil {
		a.waiting = append(a.waiting, act)
	}
	a.mu.Unlock()
	if more == nil {
		act()
		return
	}
	select {
	case more <- struct{}{}:
	default:
	}
}

// run carries out acts until ctx ends. What waits then is given up.
func (a *handActs) run(ctx context.Context) {
	more := make(chan struct{}, 1)
	a.set(more)
	defer a.set(nil)
	for {
		select {
		case <-ctx.Done():
			return
		case <-more:
			for act := a.next(); act != nil && ctx.Err() == nil; act = a.next() {
				act()
			}
		}
	}
}

func (a *handActs) set(more chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.more, a.waiting = more, nil
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
