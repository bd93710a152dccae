package vault

import (
	"errors"
	"testing"
)

// A change of the slots takes a second, and waits for other processes: who can sign in,
// and how long the next try waits, is told meanwhile. The window's thread asks.
func TestAChangeHoldsNobodyUp(t *testing.T) {
	_, _, s, _ := clinic(t)
	before := len(s.People())
	asked := false
	err := s.change(func(*slotFile) error {
		if !s.mu.TryLock() {
			t.Fatal("a change holds up whoever asks")
		}
		s.mu.Unlock()
		asked = len(s.People()) == before && s.Wait("ada", noon()) == 0
		return errUnchanged
	})
	if !errors.Is(err, errUnchanged) || !asked {
		t.Error(err, asked)
	}
}
