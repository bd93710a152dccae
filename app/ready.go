package app

import (
	"sync"

	"stipple/app/store"
)

// readying is a practice's store that is checked and locked while somebody signs in.
type readying struct {
	done chan struct{} // closed once it is known what came of it

	mu      sync.Mutex
	waiting *store.Waiting // nil: not yet, taken, or given up
	err     error
	over    bool // taken or given up
}

// makeReady checks the door's store and takes its lock. It takes a second for a
// gigabyte.
func (d *door) makeReady() {
	r := d.ready
	waiting, err := store.Ready(d.path)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting, r.err = waiting, err
	if r.over {
		r.err = r.letGo()
	}
	close(r.done)
}

// known waits until it is known what came of it, and says why the store can't be opened.
// Errors: those of store.Ready.
func (r *readying) known() error {
	<-r.done
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// take hands over the store once it is known what came of it. Errors: those of
// store.Ready; store.ErrClosed where it was given up.
func (r *readying) take() (*store.Waiting, error) {
	if err := r.known(); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	waiting := r.waiting
	if waiting == nil {
		return nil, store.ErrClosed
	}
	r.waiting, r.over = nil, true
	return waiting, nil
}

// giveUp lets go of a store that nobody has taken. It waits for nothing: what is still
// being checked is let go of then.
func (r *readying) giveUp() error {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over = true
	return r.letGo()
}

// letGo closes what waits. The mutex is held.
func (r *readying) letGo() error {
	waiting := r.waiting
	r.waiting = nil
	if waiting == nil {
		return nil
	}
	return waiting.Close()
}
