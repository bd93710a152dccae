package app

import (
	"sync"

	"stipple/app/console"
	"stipple/device/sim"
)

// localHand is the handpiece of the simulated pen in this process.
type localHand struct {
	sim.Handpiece
	model sim.Model
}

var _ console.Handpiece = localHand{}

func (h localHand) ChangeTip() error { return h.Handpiece.ChangeTip(sim.TipFor(h.model)) }

func (h localHand) Faults() []string { return sim.FaultNames() }

func (h localHand) State() (console.HandState, error) { return stateOf(h.Handpiece) }

// stateOf is what the hand of a pen does, as the console shows it.
func stateOf(h sim.Handpiece) (console.HandState, error) {
	s, err := h.State()
	return console.HandState{Trigger: s.Trigger, Contact: s.Contact, Tip: s.Tip != nil, Faults: s.Faults}, err
}

// remoteHand is the handpiece of a simulated pen that is a process of its own,
// over its socket. What it does and what is looked at have a connection each: a
// look that waits holds up no hand.
type remoteHand struct {
	path  string // of the socket
	model func() sim.Model
	acts  handLine
	looks handLine
}

var _ console.Handpiece = (*remoteHand)(nil)

func (h *remoteHand) do(f func(sim.Handpiece) error) error { return h.acts.do(h.path, f) }

// Close lets go of the socket.
func (h *remoteHand) Close() {
	h.acts.Close()
	h.looks.Close()
}

// handLine is a connection to the socket of a handpiece. It connects on first use
// and again after a loss; a lost socket leaves the pen's inputs as they are.
type handLine struct {
	mu   sync.Mutex
	conn *sim.HandClient
}

// do runs f on the connection, and once more on a new one if the old is dead.
func (h *handLine) do(path string, f func(sim.Handpiece) error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.conn != nil {
		if err := f(h.conn); err == nil {
			return nil
		}
		h.conn.Close()
		h.conn = nil
	}
	c, err := sim.DialHand(path)
	if err != nil {
		return err
	}
	h.conn = c
	return f(c)
}

// Close lets go of the connection.
func (h *handLine) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.conn != nil {
		h.conn.Close()
		h.conn = nil
	}
}

func (h *remoteHand) Trigger(down bool) error {
	return h.do(func(p sim.Handpiece) error { return p.Trigger(down) })
}

func (h *remoteHand) Contact(on bool) error {
	return h.do(func(p sim.Handpiece) error { return p.Contact(on) })
}

func (h *remoteHand) ChangeTip() error {
	return h.do(func(p sim.Handpiece) error { return p.ChangeTip(sim.TipFor(h.model())) })
}

func (h *remoteHand) RemoveTip() error { return h.do(sim.Handpiece.RemoveTip) }

func (h *remoteHand) Fault(name string, on bool) error {
	return h.do(func(p sim.Handpiece) error { return p.Fault(name, on) })
}

func (h *remoteHand) Faults() []string { return sim.FaultNames() }

func (h *remoteHand) State() (s console.HandState, err error) {
	err = h.looks.do(h.path, func(p sim.Handpiece) error {
		s, err = stateOf(p)
		return err
	})
	return s, err
}
