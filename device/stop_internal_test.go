package device

import (
	"sync"
	"testing"
)

// A caller that looked at the clock, was held up while a whole stop went by,
// and then begins its own, must not get the nonce of the one that is over.
func TestNoTwoStopsShareANonce(t *testing.T) {
	p := stopState{base: 1 << 31}
	seen := make(map[uint32]bool)
	for range 1000 {
		p.begin(5)
		since := p.since.Load()
		if since == 0 || seen[p.nonce(since)] {
			t.Fatalf("since %d, nonce %x again", since, p.nonce(since))
		}
		seen[p.nonce(since)] = true
		p.begin(6)
		if p.since.Load() != since {
			t.Fatal("a stop that goes on was replaced")
		}
		p.since.CompareAndSwap(since, 0)
	}
}

func TestManyBeginAtOnce(t *testing.T) {
	var p stopState
	seen := make(map[int64]bool)
	for i := range 200 {
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() { p.begin(int64(i)) })
		}
		group.Wait()
		since := p.since.Load()
		if since == 0 || seen[since] {
			t.Fatalf("round %d: since %d", i, since)
		}
		seen[since] = true
		p.since.Store(0)
	}
}

func TestNonceIsNeverZero(t *testing.T) {
	p := stopState{base: 0}
	p.base -= 7
	if n := p.nonce(7); n != 1 {
		t.Errorf("nonce %d", n)
	}
}

// Whoever asks for a stop has one that goes on when begin returns, whatever a
// check and its confirmation do at the same moment.
func TestNoCheckSwallowsAStop(t *testing.T) {
	var p stopState
	for round := range 20_000 {
		p.since.Store(0)
		var group sync.WaitGroup
		group.Go(func() {
			if p.beginCheck(int64(round)) {
				// The reader sees STOPPED with the check's nonce.
				if since := p.since.Load(); since < 0 {
					p.since.CompareAndSwap(since, 0)
				}
			}
		})
		group.Go(func() { p.begin(int64(round)) })
		group.Wait()
		if !p.meant() {
			t.Fatalf("round %d: the stop is gone, since %d", round, p.since.Load())
		}
	}
}
