package console

import (
	"context"
	"errors"
	"slices"
	"testing"

	"stipple/app/clinical"
)

// picky takes no pulse whose number it refuses, nor any group with one.
type picky struct {
	Records
	refuses func(uint32) bool
	took    []uint32
	calls   int
}

type tooLarge struct{}

func (tooLarge) Error() string { return "too large" }
func (tooLarge) Code() string  { return "too_large" }

func (p *picky) AppendPulses(_ context.Context, _ clinical.ID, pulses []clinical.Pulse) error {
	p.calls++
	for _, pulse := range pulses {
		if p.refuses(pulse.Index) {
			return tooLarge{}
		}
	}
	for _, pulse := range pulses {
		p.took = append(p.took, pulse.Index)
	}
	return nil
}

// Of a group only what is refused for good is left out, in few calls, and all
// else is written in order.
func TestGroupWithWhatIsNeverTaken(t *testing.T) {
	const n = 1000
	for name, refuses := range map[string]func(uint32) bool{
		"none": func(uint32) bool { return false },
		"one":  func(i uint32) bool { return i == 700 },
		"ends": func(i uint32) bool { return i == 1 || i == n },
		"two":  func(i uint32) bool { return i == 500 || i == 501 },
		"all":  func(uint32) bool { return true },
	} {
		t.Run(name, func(t *testing.T) {
			store := &picky{refuses: refuses}
			var left, want []uint32
			r := newRecorder(store, func(f func()) { f() }, func(clinical.ID, int, error) {}, func(e *NotTakenError) {
				if !errors.Is(e, tooLarge{}) {
					t.Error(e)
				}
				left = append(left, e.Pulse.Index)
			})
			for i := uint32(1); i <= n; i++ {
				if err := r.pulse("t", clinical.Pulse{Index: i}); err != nil {
					t.Fatal(err)
				}
				if !refuses(i) {
					want = append(want, i)
				}
			}
			if rest := r.write(r.more(nil)); len(rest) > 0 || r.queue.count != 0 {
				t.Errorf("%d wait, %d are counted", len(rest), r.queue.count)
			}
			if !slices.Equal(store.took, want) || len(left) != n-len(want) {
				t.Errorf("took %d of %d, left out %v", len(store.took), len(want), left)
			}
			if most := 60 + 2*len(left); store.calls > most {
				t.Errorf("%d calls, at most %d", store.calls, most)
			}
		})
	}
}
