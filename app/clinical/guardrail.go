package clinical

import (
	"errors"
	"fmt"
)

// ErrGuardrail is wrapped by every error of NewGuardrail.
var ErrGuardrail = errors.New("guardrail contradicts itself")

// Class is where a value stands in a guardrail.
type Class uint8

// The classes, from low to high. Sitting exactly on an absolute bound is a
// class of its own, because a person should see that there is no more.
const (
	Below Class = iota // refused
	AtAbsoluteMin
	BelowRecommended
	Recommended
	AboveRecommended
	AtAbsoluteMax
	Above // refused
)

// Allowed says whether a value of this class may be set at all.
func (c Class) Allowed() bool { return c != Below && c != Above }

// String is the class in words.
func (c Class) String() string {
	switch c {
	case Below:
		return "below the absolute minimum"
	case AtAbsoluteMin:
		return "at the absolute minimum"
	case BelowRecommended:
		return "below the recommended range"
	case Recommended:
		return "recommended"
	case AboveRecommended:
		return "above the recommended range"
	case AtAbsoluteMax:
		return "at the absolute maximum"
	case Above:
		return "above the absolute maximum"
	}
	return "unknown class"
}

// Guardrail is an absolute range that can't be left, around a recommended
// range that can be left only with a reason, with a step and, where one fits,
// a starting value. Values are in the base unit of the parameter that it
// guards. Only NewGuardrail makes a usable one: the zero Guardrail allows
// nothing but 0.
type Guardrail struct {
	absMin, recMin, recMax, absMax int32
	step                           int32
	start                          *int32
}

// NewGuardrail makes a guardrail. The ranges must be ordered
// absMin <= recMin <= recMax <= absMax, the step positive, and the absolute
// maximum and the start (nil: none) must lie on the grid that begins at absMin
// and inside the absolute range. Otherwise the error wraps ErrGuardrail and
// says what contradicts what.
func NewGuardrail(absMin, recMin, recMax, absMax, step int32, start *int32) (Guardrail, error) {
	fail := func(format string, args ...any) (Guardrail, error) {
		return Guardrail{}, fmt.Errorf("%w: %s", ErrGuardrail, fmt.Sprintf(format, args...))
	}
	switch {
	case step <= 0:
		return fail("step %d is not positive", step)
	case absMin > absMax:
		return fail("absolute minimum %d is over the absolute maximum %d", absMin, absMax)
	case recMin > recMax:
		return fail("recommended minimum %d is over the recommended maximum %d", recMin, recMax)
	case recMin < absMin:
		return fail("recommended minimum %d is under the absolute minimum %d", recMin, absMin)
	case recMax > absMax:
		return fail("recommended maximum %d is over the absolute maximum %d", recMax, absMax)
	case floorToGrid(absMax, absMin, step) != absMax:
		return fail("absolute maximum %d is not on the step %d from %d", absMax, step, absMin)
	}
	g := Guardrail{absMin: absMin, recMin: recMin, recMax: recMax, absMax: absMax, step: step}
	if start == nil {
		return g, nil
	}
	if *start < absMin || *start > absMax {
		return fail("start %d is outside %d to %d", *start, absMin, absMax)
	}
	if floorToGrid(*start, absMin, step) != *start {
		return fail("start %d is not on the step %d from %d", *start, step, absMin)
	}
	v := *start
	g.start = &v
	return g, nil
}

// Classify says where v stands. At the absolute bounds their own class wins
// over Recommended, on either end; where both ends are the same value it is
// the maximum's.
func (g Guardrail) Classify(v int32) Class {
	switch {
	case v < g.absMin:
		return Below
	case v > g.absMax:
		return Above
	case v == g.absMax:
		return AtAbsoluteMax
	case v == g.absMin:
		return AtAbsoluteMin
	case v < g.recMin:
		return BelowRecommended
	case v > g.recMax:
		return AboveRecommended
	}
	return Recommended
}

// NeedsReason says whether v may be set but lies outside the recommended
// range, also where it sits on an absolute bound: then a person has to say
// why, and the role has to allow it.
func (g Guardrail) NeedsReason(v int32) bool {
	return v >= g.absMin && v <= g.absMax && (v < g.recMin || v > g.recMax)
}

// Start is the starting value, and whether there is one.
func (g Guardrail) Start() (int32, bool) {
	if g.start == nil {
		return 0, false
	}
	return *g.start, true
}

// floorToGrid is the greatest origin + k*step that is not above v. step must
// be positive.
func floorToGrid(v, origin, step int32) int32 {
	d := int64(v) - int64(origin)
	s := int64(step)
	r := d % s
	if r < 0 {
		r += s
	}
	return saturate(int64(v) - r)
}

// ceilToGrid is the least origin + k*step that is not below v. step must be
// positive.
func ceilToGrid(v, origin, step int32) int32 {
	f := int64(floorToGrid(v, origin, step))
	if f < int64(v) {
		f += int64(step)
	}
	return saturate(f)
}
