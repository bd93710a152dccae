package console

import (
	"errors"

	"stipple/app/clinical"
)

// draft is what the controls show: what the operator is about to apply. It
// never reaches the pen by itself.
type draft struct {
	value   clinical.Settings
	field   [clinical.ParameterCount]draftField
	limits  clinical.Limits
	problem error // why there are no limits
}

// draftField is the state of one control.
type draftField struct {
	has     bool // a value is there
	byHand  bool // it was set by a person or a preset, not by a starting value
	rounded bool
	refused *Refusal
}

// set puts a value into the draft.
func (f *draft) set(p clinical.Parameter, v int32, byHand bool) {
	f.value = p.With(f.value, v)
	f.field[p] = draftField{has: true, byHand: byHand}
}

// clear empties a field.
func (f *draft) clear(p clinical.Parameter) {
	f.value = p.With(f.value, 0)
	f.field[p] = draftField{}
}

// settings are the draft's settings, and whether they are whole: every control
// of the pen has a value and none is refused.
func (f *draft) settings() (clinical.Settings, bool) {
	if f.problem != nil {
		return f.value, false
	}
	for _, p := range clinical.AllParameters() {
		if f.limits.ByParameter[p].Present && (!f.field[p].has || f.field[p].refused != nil) {
			return f.value, false
		}
	}
	return f.value, true
}

// errNoContext says that patient, indication, zone or pen are not chosen yet.
var errNoContext = errors.New("choose patient, indication and zone")

// query is the question to the limit matrix for the present selection.
func (d *Desk) query() clinical.Query {
	q := clinical.Query{
		Pen:           d.pen.capability,
		Tip:           d.pen.tip,
		Indication:    d.sel.indication,
		Zone:          d.sel.zone,
		Role:          d.operator.Role,
		PulsesPerSpot: d.sel.spot,
		Draft:         d.draft.value,
	}
	if d.patient != nil {
		q.Fitzpatrick = d.patient.Fitzpatrick
	}
	return q
}

// judge computes the limits of the present selection and draft. It moves no
// value: one that is outside stays and is marked.
func (d *Desk) judge() {
	if d.patient == nil || d.sel.indication == "" || d.sel.zone == "" || !d.pen.known {
		d.draft.limits, d.draft.problem = clinical.Limits{}, errNoContext
		return
	}
	d.draft.limits, d.draft.problem = d.cfg.Library.Effective(d.query())
}

// reselect is called after anything that the limits depend on has changed: an
// armed pen falls back to STANDBY, the limits are computed again, and fields
// that no person has set get the new starting values.
func (d *Desk) reselect(why clinical.FallBackReason) {
	d.fallBack(why)
	if d.applied.has && d.applied.purpose != d.confirmation() {
		// What was confirmed for another operator, patient or place stays
		// unconfirmed, also when the old one comes back.
		d.applied = applied{}
	}
	for _, p := range clinical.AllParameters() {
		if !d.draft.field[p].byHand {
			d.draft.clear(p)
		}
		d.draft.field[p].refused = nil
	}
	d.judge()
	if d.draft.problem != nil {
		return
	}
	for _, p := range clinical.AllParameters() {
		l := d.draft.limits.ByParameter[p]
		switch {
		case !l.Present:
			d.draft.clear(p)
		case !d.draft.field[p].has && l.Start != nil:
			d.draft.set(p, *l.Start, false)
		}
	}
	d.judge() // dose and timing move with the values just filled in
}

// Type takes a typed text for a parameter. Text that is not a number, and a
// value outside the effective range, is refused with the reason and leaves
// the draft's value as it was; a value off the step is rounded down and
// marked.
func (d *Desk) Type(p clinical.Parameter, text string) {
	d.permitted(clinical.PermitTreat, func() {
		v, err := clinical.ParseInput(p, text)
		if err != nil {
			d.fallBack(clinical.FellSettings)
			d.draft.field[p].refused = &Refusal{Err: err, Text: text}
			return
		}
		d.enter(p, v, text)
	})
}

// Set takes a value in the base unit, such as the end of a drag.
func (d *Desk) Set(p clinical.Parameter, v int32) {
	d.permitted(clinical.PermitTreat, func() { d.enter(p, v, clinical.Format(p, v)) })
}

// Step moves a value by n steps of the pen, and stops at the effective bound.
// From an empty field it goes to the lowest value; a value that is outside is
// brought to the nearest bound.
func (d *Desk) Step(p clinical.Parameter, n int) {
	d.permitted(clinical.PermitTreat, func() {
		l := d.draft.limits.ByParameter[p]
		if d.draft.problem != nil || !l.Present {
			return
		}
		v := l.Min.Value
		if d.draft.field[p].has {
			v, _ = d.draft.limits.Snap(p, p.Of(d.draft.value))
			v = int32(min(max(int64(v)+int64(n)*int64(l.Step), int64(l.Min.Value)), int64(l.Max.Value)))
		}
		d.enter(p, v, clinical.Format(p, v))
	})
}

// enter puts v into the draft if it is inside the effective range.
func (d *Desk) enter(p clinical.Parameter, v int32, text string) {
	if d.draft.problem != nil || !d.draft.limits.ByParameter[p].Present {
		return
	}
	d.fallBack(clinical.FellSettings)
	snapped, rounded := d.draft.limits.Snap(p, v)
	l := d.draft.limits.ByParameter[p]
	switch {
	case v > l.Max.Value:
		d.draft.field[p].refused = &Refusal{Value: v, Bound: l.Max, Over: true, Text: text}
		return
	case snapped < l.Min.Value:
		d.draft.field[p].refused = &Refusal{Value: v, Bound: l.Min, Text: text}
		return
	}
	d.draft.set(p, snapped, true)
	d.draft.field[p].rounded = rounded
	d.judge()
}

// violations are the bounds that the draft breaks now.
func (d *Desk) violations() []clinical.Violation {
	if d.draft.problem != nil {
		return nil
	}
	s, whole := d.draft.settings()
	if whole {
		return d.draft.limits.Check(s)
	}
	// A field that is empty breaks nothing yet; it is missing.
	var out []clinical.Violation
	for _, v := range d.draft.limits.Check(s) {
		if d.draft.field[v.Parameter].has {
			out = append(out, v)
		}
	}
	return out
}
