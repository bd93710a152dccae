package clinical

import (
	"cmp"
	"fmt"
	"slices"
)

// stack is the bounds that all layers put on one parameter, before they are
// intersected, and the pen's grid.
type stack struct {
	lower, upper []Bound
	withOverride *Bound // what the zone would allow with an override
	origin, step int32
	penMax       int32
}

// tightest orders upper bounds: the lowest first, and of equal ones the
// earlier layer.
func tightest(a, b Bound) int {
	return cmp.Or(cmp.Compare(a.Value, b.Value), cmp.Compare(a.Reason.Layer, b.Reason.Layer))
}

// span intersects the stack: the highest lower bound brought up to the step,
// the lowest upper bound brought down to it.
func (s stack) span() span {
	low := slices.MaxFunc(s.lower, func(a, b Bound) int { return cmp.Compare(a.Value, b.Value) })
	high := slices.MinFunc(s.upper, tightest)
	low.Value = ceilToGrid(low.Value, s.origin, s.step)
	high.Value = floorToGrid(high.Value, s.origin, s.step)
	return span{min: low, max: high}
}

// conflict is the answer that nothing is left, or nil.
func (s stack) conflict(p Parameter) error {
	sp := s.span()
	if sp.min.Value <= sp.max.Value {
		return nil
	}
	// The sentence names the values as the rules state them: a bound that was
	// rounded to the step would be nobody's rule.
	high := slices.MinFunc(s.upper, tightest)
	low := slices.MaxFunc(s.lower, func(a, b Bound) int { return cmp.Compare(a.Value, b.Value) })
	most, least := high.Reason, low.Reason
	most.Text = fmt.Sprintf("%s allows at most %s", most.Text, FormatWithUnit(p, high.Value))
	least.Text = fmt.Sprintf("%s starts at %s", least.Text, FormatWithUnit(p, low.Value))
	return &NotTreatableError{Rules: [2]Reason{most, least}, Range: true, Parameter: p, Max: high, Min: low}
}

// also lists the upper bounds that do not bind, on the step, tightest first.
// What an override would give is among them where it would give more; where it
// gives as much as another layer allows, it comes first, because it is the one
// that a person can do something about.
func (s stack) also() []Bound {
	upper := slices.SortedFunc(slices.Values(s.upper), tightest)
	binding, rest := upper[0], upper[1:]
	out := make([]Bound, 0, len(rest)+1)
	for _, b := range rest {
		if b.Value > s.penMax {
			continue // says nothing that the pen does not say already
		}
		b.Value = floorToGrid(b.Value, s.origin, s.step)
		out = append(out, b)
	}
	if s.withOverride == nil || binding.Reason.Layer != LayerCell {
		return out
	}
	lifted := *s.withOverride
	lifted.Value = floorToGrid(lifted.Value, s.origin, s.step)
	if len(out) > 0 {
		lifted.Value = min(lifted.Value, out[0].Value)
	}
	if lifted.Value <= floorToGrid(binding.Value, s.origin, s.step) {
		return out
	}
	return slices.Insert(out, 0, lifted)
}
