package clinical

import (
	"fmt"
	"math"

	"stipple/protocol"
)

// Range is what a pen's descriptor says about one parameter, in its base unit.
// A Step of 0 means that the pen does not have the parameter.
type Range struct {
	Min, Max, Step, Default int32
}

// Present says whether the pen has the parameter.
func (r Range) Present() bool { return r.Step > 0 }

// PenCapability is what the limits need to know of a pen. It comes from the
// pen's descriptor, which has already been checked for nonsense; Effective
// checks it again, because a wrong range here would be a wrong limit.
type PenCapability struct {
	Kind       PenKind
	Model      string // "N1", "R1"; stands in reasons as "pen R1"
	Parameters [ParameterCount]Range
	RatedPower protocol.Milliwatts // of the whole pen; 0: not stated
	// NeedleTravel is the time that one stamp of an RF pen spends moving, in
	// and out together. It is not available for the RF pulse.
	NeedleTravel protocol.Milliseconds
}

// Has says whether this pen has the parameter. The kind decides first: a
// needling pen has no power and no pulse, whatever its descriptor says.
func (c PenCapability) Has(p Parameter) bool {
	if c.Kind != RF && (p == Power || p == Duration) {
		return false
	}
	return int(p) < len(c.Parameters) && c.Parameters[p].Present()
}

// validate reports a capability that no limit can be built on.
func (c PenCapability) validate() error {
	if c.Kind != Needling && c.Kind != RF {
		return &QueryError{Field: "pen kind", Problem: fmt.Sprintf("%q is not known", c.Kind)}
	}
	if c.NeedleTravel < 0 {
		return &QueryError{Field: "pen needle travel", Problem: "is negative"}
	}
	for _, p := range AllParameters() {
		needed := p == Depth || p == Speed || c.Kind == RF
		r := c.Parameters[p]
		switch {
		case !needed:
		case !r.Present():
			return &QueryError{Field: "pen " + p.Name(), Problem: "is missing from the descriptor"}
		case r.Min < 0 || r.Min > r.Max:
			return &QueryError{Field: "pen " + p.Name(), Problem: fmt.Sprintf("range %d to %d is not a range", r.Min, r.Max)}
		}
	}
	return nil
}

// saturate brings v into the range of an int32. Bounds that come out of a
// product may be far above anything a pen can do; then "as much as an int32
// holds" is the same answer.
func saturate(v int64) int32 {
	return int32(min(max(v, math.MinInt32), math.MaxInt32))
}
