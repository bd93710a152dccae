package systemtest

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"stipple/device"
	"stipple/protocol"
)

// store is what the console has on its disk: it survives every restart.
type store struct {
	mu     sync.Mutex
	pulses map[uint32]protocol.Pulse // that it believes in
	first  uint32                    // the lowest index that it does not know
	newest uint32                    // by the ledger, when it was read last
	arms   map[uint64]belief
	order  []uint64 // of arms
}

// belief is what the console believes about an ARM.
type belief uint8

const (
	beliefPending  belief = iota // the call has not returned
	beliefUnknown                // uncertain: to be asked
	beliefAccepted               // the pen was READY under it
	beliefRefused                // it was not, and never will be
	beliefOpen                   // the pen itself does not know any more, and need not: see world.forgets
)

func newStore() *store {
	return &store{pulses: make(map[uint32]protocol.Pulse), first: 1, arms: make(map[uint64]belief)}
}

// put keeps a pulse that the session told of. What was told once must not come
// otherwise later.
func (s *store) put(p protocol.Pulse) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.pulses[p.Index]; ok && old != p {
		return fmt.Errorf("pulse %d was told as %+v and is told as %+v", p.Index, old, p)
	}
	s.pulses[p.Index] = p
	for {
		if _, ok := s.pulses[s.first]; !ok {
			return nil
		}
		s.first++
	}
}

// unknown is the lowest index that is not known.
func (s *store) unknown() uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.first
}

func (s *store) ledger(newest uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.newest = newest
}

// intend writes an ARM down before it is sent.
func (s *store) intend(id uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.arms[id] = beliefPending
	s.order = append(s.order, id)
}

// armed takes what the session said about an ARM.
func (s *store) armed(id uint64, err error) {
	b := beliefUnknown
	var refused *device.RefusedError
	switch {
	case err == nil:
		b = beliefAccepted
	case errors.As(err, &refused) && !errors.Is(err, device.ErrUncertain):
		b = beliefRefused
	}
	s.settle(id, b)
}

func (s *store) settle(id uint64, b belief) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.arms[id] = b
}

// open are the ARMs that must be asked about.
func (s *store) open() []uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []uint64
	for _, id := range slices.Backward(s.order) { // the newest ones, which a pen still knows, first
		if s.arms[id] == beliefUnknown {
			ids = append(ids, id)
		}
	}
	return ids
}

// said is what RESULT_OF's answer makes of a belief.
func said(r protocol.Result) belief {
	switch r.Outcome {
	case protocol.OutcomeDone:
		return beliefAccepted
	case protocol.OutcomeRejected, protocol.OutcomeNeverSeen:
		return beliefRefused
	case protocol.OutcomeRunning:
		return beliefUnknown
	}
	return beliefOpen
}
