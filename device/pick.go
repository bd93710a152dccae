package device

import (
	"errors"
	"time"
)

// decisions takes over what a person has decided since the last listing.
func (s *Supervisor) decisions() (choice string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.forget {
		s.forget = false
		s.want, s.same = "", false
		clear(s.tried)
		st := s.State()
		if st.Session == nil {
			st.SameUnit, st.Serial = false, ""
			s.set(st)
		}
	}
	return s.choice
}

// prune forgets what was learned of ports that are not there any more, or that
// were plugged in again: those are asked afresh.
func (s *Supervisor) prune(ports []Port) {
	for p := range s.tried {
		there := false
		for _, q := range ports {
			there = there || p == q
		}
		if !there {
			delete(s.tried, p)
		}
	}
}

// pick decides which port to try now; none is a zero Port.
func (s *Supervisor) pick(ports []Port, choice string) (Port, error) {
	var open []Port // not known to be something else
	for _, p := range ports {
		a := s.tried[p]
		if a == nil || !a.next.IsZero() {
			open = append(open, p)
		}
	}
	if len(open) > 1 {
		p, found := s.prefer(open, choice)
		if !found {
			return Port{}, &SeveralPensError{Ports: open}
		}
		open = []Port{p}
	}
	for _, p := range open {
		if a := s.tried[p]; a == nil || !time.Now().Before(a.next) {
			return p, nil
		}
	}
	return Port{}, nil
}

// prefer finds, among several ports, the one that a person chose or that the
// known unit was on.
func (s *Supervisor) prefer(ports []Port, choice string) (Port, bool) {
	for _, p := range ports {
		if choice != "" && (p.Path == choice || p.USBSerial == choice) {
			return p, true
		}
	}
	for _, p := range ports {
		if s.want != "" && p.USBSerial == s.want {
			return p, true
		}
	}
	for _, p := range ports {
		if s.want != "" && p.USBSerial == "" && s.pens[p.Path] == s.want {
			return p, true
		}
	}
	return Port{}, false
}

// explain says, while nothing is to be tried, what is wrong with the ports
// that are there.
func (s *Supervisor) explain(ports []Port) (Port, error) {
	for _, p := range ports {
		if a := s.tried[p]; a != nil {
			return p, a.problem
		}
	}
	if st := s.State(); st.Phase == PhaseLost {
		var gone *PortGoneError
		if !errors.As(st.Problem, &gone) {
			return st.Port, &PortGoneError{Port: st.Port, Cause: st.Problem}
		}
		return st.Port, st.Problem
	}
	return Port{}, nil
}
