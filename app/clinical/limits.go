package clinical

import (
	"fmt"

	"stipple/protocol"
)

// Query is the question that Effective answers: what may be set, with this
// pen and tip, for this patient, here and now.
type Query struct {
	Pen         PenCapability
	Tip         Tip
	Indication  IndicationKey
	Zone        ZoneKey
	Fitzpatrick Fitzpatrick
	Role        Role
	// Override is a specialist's override for this patient, zone and
	// treatment. It lifts a zone's base value to its highest value, and opens
	// an indication that is off by default. It counts only for a senior
	// clinician, and passes no bound of pen, tip, dose or policy.
	Override bool
	// PulsesPerSpot is how many pulses the operator stacks at one spot; 0
	// counts as 1. The library bounds it.
	PulsesPerSpot int
	// Draft is what the controls show now. The bound of the power moves with
	// its duration and the other way round (dose), and speed with duration
	// (timing). A zero value couples nothing.
	Draft Settings
	// Policy is what the clinic tightened.
	Policy []PolicyMax
}

// PolicyMax is one maximum that a clinic set below the library's, in the base
// unit of its parameter.
type PolicyMax struct {
	Parameter Parameter
	Max       int32
	Rule      string // stable id of the clinic's rule
	Text      string // for people: "policy: this clinic treats to 1.5 mm"
}

// Limit is the effective range of one parameter, in its base unit.
type Limit struct {
	Parameter Parameter
	Present   bool  // false: the pen does not have it; everything else is zero
	Step      int32 // of the pen, from ScaleMin

	// Min and Max are the effective absolute bounds for this draft. Both lie
	// on the pen's step, and Min <= Max.
	Min, Max Bound
	// RecMin and RecMax are the recommended range, inside Min and Max.
	RecMin, RecMax Bound
	// Start is the starting value, on the step; nil where none fits. Starts do
	// not depend on the draft, they belong together: each is judged with the
	// others, not with what the controls show now, so one of them alone may lie
	// beyond this Max until the others are set too.
	Start *int32
	// Also lists the upper bounds that do not bind, tightest first, for lines
	// such as "pen allows 3.50". A bound of LayerRole is what an override
	// would give.
	Also []Bound
	// ScaleMin and ScaleMax are the pen's own range, for drawing the bar.
	ScaleMin, ScaleMax int32
}

// Guardrail is the limit as a guardrail, without a start that the draft rules
// out. The error wraps ErrGuardrail and is always nil for a Limit that
// Effective made and that is Present.
func (l Limit) Guardrail() (Guardrail, error) {
	start := l.Start
	if start != nil && (*start < l.Min.Value || *start > l.Max.Value) {
		start = nil
	}
	return NewGuardrail(l.Min.Value, l.RecMin.Value, l.RecMax.Value, l.Max.Value, l.Step, start)
}

// Limits is the answer to a Query.
type Limits struct {
	Kind        PenKind
	ByParameter [ParameterCount]Limit

	// DoseCapPerPin bounds the dose at one spot, in µJ per pin, and DoseReason
	// says which rule set it. Both are zero on a needling pen.
	DoseCapPerPin protocol.Microjoules
	DoseReason    Reason
	// PulsesPerSpot is how many pulses are stacked at one spot, from 1, and
	// MaxPulsesPerSpot how many the library allows. Both are 1 on a needling
	// pen.
	PulsesPerSpot    int
	MaxPulsesPerSpot int
	// Pins of the mounted tip; 0 where it is not known (needling only).
	Pins int
	// NeedleTravel is the part of one stamp that the RF pulse can't use.
	NeedleTravel protocol.Milliseconds

	static [ParameterCount]span // without the draft
}

// span is a range without a draft's coupling.
type span struct{ min, max Bound }

// Envelope is what the pen gets and enforces by itself. Its ranges are the
// bounds that hold for every draft: pen, tip, zone, indication, policy and
// role, and what dose and timing rule out whatever else is set. They do not
// move with the draft, so that changing one setting never needs a new
// envelope; settings are legal when they are inside the ranges and their dose,
// compared as a product, is within DosePerPin x Pins and their timing fits.
func (l Limits) Envelope() Envelope {
	e := Envelope{
		DosePerPin:    l.DoseCapPerPin,
		PulsesPerSpot: l.PulsesPerSpot,
		Pins:          l.Pins,
	}
	for _, p := range AllParameters() {
		if l.ByParameter[p].Present {
			e.Min = p.With(e.Min, l.static[p].min.Value)
			e.Max = p.With(e.Max, l.static[p].max.Value)
		}
	}
	return e
}

// Snap brings v down to the pen's step and says whether that changed it. It
// never looks at the bounds: a value beyond them is refused by Check, not
// bent. A parameter that the pen does not have is returned as it is.
func (l Limits) Snap(p Parameter, v int32) (rounded int32, changed bool) {
	lim := l.ByParameter[p]
	if !lim.Present {
		return v, false
	}
	rounded = floorToGrid(v, lim.ScaleMin, lim.Step)
	return rounded, rounded != v
}

// Starts is the starting value of every parameter that has one, and zero for
// the others, which have to be set by hand.
func (l Limits) Starts() Settings {
	var s Settings
	for _, p := range AllParameters() {
		if start := l.ByParameter[p].Start; start != nil {
			s = p.With(s, *start)
		}
	}
	return s
}

// QueryError says that a question can't be answered because a part of it is
// missing or not known. Nothing is wrong with the patient's treatment; the
// question is not complete.
type QueryError struct {
	Field   string // "indication", "zone", "pen Depth", …
	Problem string
}

// Error is the field and what is wrong with it.
func (e *QueryError) Error() string { return fmt.Sprintf("limits: %s %s", e.Field, e.Problem) }

// NotTreatableError says that nothing is left to set: it names the two rules
// that conflict. It is an answer, not a failure.
type NotTreatableError struct {
	// Rules are the two rules, with texts that stand side by side: "zone: left
	// cheek allows at most 0.50 mm", "pen N1 starts at 1.00 mm".
	Rules [2]Reason
	// Range is set where a range is empty; then Parameter, Max and Min say
	// which. Otherwise the two rules exclude each other as such.
	Range     bool
	Parameter Parameter
	Max, Min  Bound
}

// Error is the sentence.
func (e *NotTreatableError) Error() string {
	return fmt.Sprintf("not treatable: %s, %s", e.Rules[0].Text, e.Rules[1].Text)
}
