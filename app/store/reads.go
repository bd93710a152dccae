package store

import (
	"context"
	"sync"
)

// reads are the read transactions that are open. Each sees the file as it was when it
// began, so that whoever takes away what opens older values has to wait for them.
type reads struct {
	mu  sync.Mutex
	now *readGroup // those that have begun since earlier were last called
}

// readGroup are some of them.
type readGroup struct {
	open  int
	ended chan struct{} // closed when none is open any more; nil: nobody waits
}

// begin counts one; its end must be called.
func (r *reads) begin() (end func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.now == nil {
		r.now = &readGroup{}
	}
	g := r.now
	g.open++
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if g.open--; g.open == 0 && g.ended != nil {
			close(g.ended)
		}
	}
}

// earlier waits for the end of all that have begun before, or of ctx.
func (r *reads) earlier(ctx context.Context) error {
	r.mu.Lock()
	g := r.now
	r.now = nil
	if g == nil || g.open == 0 {
		r.mu.Unlock()
		return nil
	}
	g.ended = make(chan struct{})
	r.mu.Unlock()
	select {
	case <-g.ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
