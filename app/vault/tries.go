package vault

import (
	"errors"
	"fmt"
	"time"
)

// WaitError says that the next try has to wait. It is counted for as long as the
// program runs: who restarts it pays with its start, and who has a copy of the files
// is held up by argon2id alone.
type WaitError struct {
	For time.Duration
}

func (e *WaitError) Error() string { return fmt.Sprintf("wait %v before the next try", e.For) }

// Code is "wait".
func (e *WaitError) Code() string { return "wait" }

// tries are the wrong ones of a sign-in name since the last right one.
type tries struct {
	wrong int
	until time.Time
}

// mayTry is *WaitError where the wait is not over. The mutex is held.
func (s *Slots) mayTry(name string, now time.Time) error {
	if t := s.tries[name]; t != nil && now.Before(t.until) {
		return &WaitError{For: t.until.Sub(now)}
	}
	return nil
}

// Wait is how long the next try of a sign-in name has to wait; "" is the recovery code.
func (s *Slots) Wait(signIn string, now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.tries[SignInName(signIn)]; t != nil {
		return max(t.until.Sub(now), 0)
	}
	return 0
}

// TakeWrong is how often a sign-in name was tried in vain since TakeWrong was asked last,
// whatever came after it; "" is the recovery code. Who can write down what was tried asks.
func (s *Slots) TakeWrong(signIn string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := SignInName(signIn)
	n := s.wrong[name]
	delete(s.wrong, name)
	return n
}

// forgive lets a sign-in name with a new passphrase be tried at once.
func (s *Slots) forgive(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tries, name)
}

// tried counts a try, and returns its error.
func (s *Slots) tried(name string, err error, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		delete(s.tries, name)
		return nil
	}
	if !errors.Is(err, ErrWrong) && !errors.Is(err, ErrWrongCode) {
		return err
	}
	s.wrong[name]++
	t := s.tries[name]
	if t == nil {
		t = &tries{}
		s.tries[name] = t
	}
	t.wrong++
	if over := t.wrong - freeTries; over >= 0 {
		t.until = now.Add(min(firstWait<<min(over, 16), maxWait))
	}
	return err
}
