package clinical

import (
	"errors"
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"stipple/protocol"
)

// drawPen is one of the reference pens, or a pen nobody has seen yet.
func drawPen(t *rapid.T) PenCapability {
	pen := rapid.SampledFrom([]PenCapability{penN1(), penR1()}).Draw(t, "pen")
	if rapid.Bool().Draw(t, "unknown pen") {
		for _, p := range AllParameters() {
			if pen.Has(p) {
				low := rapid.Int32Range(0, pen.Parameters[p].Max/2).Draw(t, "min")
				pen.Parameters[p] = Range{Min: low, Max: low + rapid.Int32Range(0, pen.Parameters[p].Max).Draw(t, "span"),
					Step: rapid.Int32Range(1, 300).Draw(t, "step")}
			}
		}
		pen.NeedleTravel = protocol.Milliseconds(rapid.Int32Range(0, 600).Draw(t, "travel"))
	}
	return pen
}

func drawSettings(t *rapid.T) Settings {
	return Settings{
		Depth:    protocol.Micrometres(rapid.Int32Range(0, 4_000).Draw(t, "depth")),
		Speed:    protocol.StrokesPerMinute(rapid.Int32Range(0, 10_000).Draw(t, "speed")),
		Power:    protocol.Milliwatts(rapid.Int32Range(0, 60_000).Draw(t, "power")),
		Duration: protocol.Milliseconds(rapid.Int32Range(0, 1_200).Draw(t, "pulse")),
	}
}

// drawQuery asks mostly about cells that exist, so that most answers are
// limits and not refusals.
func drawQuery(t *rapid.T, lib *Library) Query {
	pen := drawPen(t)
	ind := rapid.SampledFrom(lib.Indications(pen.Kind)).Draw(t, "indication")
	zones := lib.Zones(pen.Kind, ind.Key)
	if len(zones) == 0 || rapid.IntRange(0, 9).Draw(t, "any zone") == 0 {
		zones = lib.AllZones()
	}
	q := Query{
		Pen:           pen,
		Indication:    ind.Key,
		Zone:          rapid.SampledFrom(zones).Draw(t, "zone").Key,
		Fitzpatrick:   Fitzpatrick(rapid.IntRange(0, 7).Draw(t, "skin type")),
		Role:          rapid.SampledFrom([]Role{RoleClinician, RoleSeniorClinician}).Draw(t, "role"),
		Override:      rapid.Bool().Draw(t, "override"),
		PulsesPerSpot: rapid.IntRange(0, 2).Draw(t, "pulses"),
		Draft:         drawSettings(t),
		Tip: Tip{Present: true, Insulated: true,
			Pins:         rapid.IntRange(1, 160).Draw(t, "pins"),
			NeedleLength: protocol.Micrometres(rapid.SampledFrom([]int32{0, 500, 1_500, 2_530, 3_500}).Draw(t, "needles")),
			RatedPower:   protocol.Milliwatts(rapid.SampledFrom([]int32{0, 9_500, 50_000}).Draw(t, "rated"))},
	}
	if rapid.Bool().Draw(t, "policy") {
		q.Policy = []PolicyMax{drawPolicy(t)}
	}
	return q
}

func drawPolicy(t *rapid.T) PolicyMax {
	p := Parameter(rapid.IntRange(0, ParameterCount-1).Draw(t, "policy parameter"))
	return PolicyMax{Parameter: p, Max: rapid.Int32Range(0, 30_000).Draw(t, "policy max"), Rule: "policy", Text: "policy"}
}

// ask skips the questions that are not complete; what is left is an answer.
func ask(t *rapid.T, lib *Library, q Query) (lim Limits, treatable bool) {
	lim, err := lib.Effective(q)
	var no *NotTreatableError
	var incomplete *QueryError
	switch {
	case err == nil:
		return lim, true
	case errors.As(err, &no):
		return lim, false
	case errors.As(err, &incomplete):
		t.SkipNow()
	default:
		t.Fatal(err)
	}
	return lim, false
}

// tighten changes one layer of q so that it allows no more than before.
func tighten(t *rapid.T, q Query) Query {
	q.Policy = slices.Clone(q.Policy)
	switch rapid.IntRange(0, 8).Draw(t, "layer") {
	case 0:
		q.Policy = append(q.Policy, drawPolicy(t))
	case 1:
		q.Override = false
	case 2:
		q.Role = RoleClinician
	case 3:
		q.Fitzpatrick = rapid.SampledFrom([]Fitzpatrick{FitzpatrickUnknown, FitzpatrickV, FitzpatrickVI}).Draw(t, "darker")
	case 4:
		q.Tip.Pins = rapid.IntRange(0, q.Tip.Pins).Draw(t, "fewer pins")
	case 5:
		q.Tip.NeedleLength = protocol.Micrometres(rapid.Int32Range(1, int32(q.Tip.NeedleLength)).Draw(t, "shorter"))
	case 6:
		q.PulsesPerSpot = max(q.PulsesPerSpot, 1) + 1
	case 7:
		p := Parameter(rapid.IntRange(0, ParameterCount-1).Draw(t, "pen parameter"))
		r := &q.Pen.Parameters[p]
		r.Max -= rapid.Int32Range(0, max(r.Max-r.Min, 0)).Draw(t, "pen max less")
	case 8:
		q.Tip.RatedPower = protocol.Milliwatts(rapid.Int32Range(1, 9_500).Draw(t, "weaker tip"))
	}
	return q
}

func TestNoCombinationWidensABound(t *testing.T) {
	lib := shipped(t)
	rapid.Check(t, func(t *rapid.T) {
		q := drawQuery(t, lib)
		if q.Tip.NeedleLength == 0 {
			q.Tip.NeedleLength = 4_000 // so that tighten can only shorten it
		}
		if q.Tip.RatedPower == 0 {
			q.Tip.RatedPower = 60_000
		}
		before, ok := ask(t, lib, q)
		tight := tighten(t, q)
		after, okAfter := ask(t, lib, tight)
		if !ok && okAfter {
			t.Fatal("a tighter layer made it treatable")
		}
		if !ok || !okAfter {
			return
		}
		for _, p := range AllParameters() {
			b, a := before.ByParameter[p], after.ByParameter[p]
			if a.Max.Value > b.Max.Value || a.Min.Value < b.Min.Value {
				t.Fatalf("%s: %d to %d became %d to %d", p, b.Min.Value, b.Max.Value, a.Min.Value, a.Max.Value)
			}
		}
		be, ae := before.Envelope(), after.Envelope()
		if ae.DosePerPin*protocol.Microjoules(ae.Pins) > be.DosePerPin*protocol.Microjoules(be.Pins) {
			t.Fatal("the dose at a spot grew")
		}
	})
}

func TestEveryLayerHolds(t *testing.T) {
	lib := shipped(t)
	rapid.Check(t, func(t *rapid.T) {
		q := drawQuery(t, lib)
		lim, ok := ask(t, lib, q)
		if !ok {
			return
		}
		for _, p := range AllParameters() {
			l := lim.ByParameter[p]
			if !l.Present {
				continue
			}
			pen := q.Pen.Parameters[p]
			if l.Min.Value < pen.Min || l.Max.Value > pen.Max || l.Min.Value > l.Max.Value {
				t.Fatalf("%s: %d to %d on a pen of %d to %d", p, l.Min.Value, l.Max.Value, pen.Min, pen.Max)
			}
			if p == Depth && q.Tip.NeedleLength > 0 && l.Max.Value > int32(q.Tip.NeedleLength) {
				t.Fatalf("deeper than the needles: %d", l.Max.Value)
			}
			for _, m := range q.Policy {
				if m.Parameter == p && l.Max.Value > m.Max {
					t.Fatalf("%s: %d over the policy's %d", p, l.Max.Value, m.Max)
				}
			}
			if _, err := l.Guardrail(); err != nil {
				t.Fatalf("%s: %v", p, err)
			}
			for _, b := range l.Also {
				if b.Value < l.Max.Value {
					t.Fatalf("%s: %s allows %d, yet %d binds", p, b.Reason.Text, b.Value, l.Max.Value)
				}
			}
		}
	})
}

func TestRoundingNeverPassesABound(t *testing.T) {
	lib := shipped(t)
	rapid.Check(t, func(t *rapid.T) {
		lim, ok := ask(t, lib, drawQuery(t, lib))
		if !ok {
			return
		}
		p := Parameter(rapid.IntRange(0, ParameterCount-1).Draw(t, "parameter"))
		l := lim.ByParameter[p]
		if !l.Present {
			return
		}
		v := rapid.Int32().Draw(t, "value")
		if rapid.Bool().Draw(t, "near") {
			v = rapid.Int32Range(l.Min.Value-l.Step, l.Max.Value+l.Step).Draw(t, "near value")
		}
		got, changed := lim.Snap(p, v)
		if int64(v) > math.MinInt32+int64(l.Step) && (got > v || int64(v)-int64(got) >= int64(l.Step)) {
			t.Fatalf("%d was snapped to %d with step %d", v, got, l.Step)
		}
		if changed != (got != v) {
			t.Fatalf("changed is %v for %d to %d", changed, v, got)
		}
		if v >= l.Min.Value && v <= l.Max.Value && (got < l.Min.Value || got > l.Max.Value) {
			t.Fatalf("%d was snapped out of the range to %d", v, got)
		}
		for _, b := range []Bound{l.Min, l.Max} {
			if r, changed := lim.Snap(p, b.Value); changed {
				t.Fatalf("bound %d is off the step, which is %d", b.Value, r)
			}
		}
	})
}

// TestBoundsAndCheckAgree: from settings that may be applied, moving one
// control anywhere inside its range keeps them so, and one step beyond does not.
func TestBoundsAndCheckAgree(t *testing.T) {
	lib := shipped(t)
	rapid.Check(t, func(t *rapid.T) {
		q := drawQuery(t, lib)
		lim, ok := ask(t, lib, q)
		if !ok {
			return
		}
		draft := drawInside(t, lim)
		if len(lim.Check(draft)) > 0 {
			return
		}
		q.Draft = draft
		lim, ok = ask(t, lib, q)
		if !ok {
			t.Fatal("the draft made it untreatable")
		}
		p := Parameter(rapid.IntRange(0, ParameterCount-1).Draw(t, "parameter"))
		l := lim.ByParameter[p]
		if !l.Present {
			return
		}
		steps := (l.Max.Value - l.Min.Value) / l.Step
		v := l.Min.Value + l.Step*rapid.Int32Range(0, steps).Draw(t, "steps")
		if bad := lim.Check(p.With(draft, v)); len(bad) > 0 {
			t.Fatalf("%s %d is inside %d to %d, yet %s", p, v, l.Min.Value, l.Max.Value, bad[0].Text())
		}
		if bad := lim.Check(p.With(draft, l.Max.Value+l.Step)); len(bad) == 0 {
			t.Fatalf("%s one step over %d is not refused", p, l.Max.Value)
		}
	})
}

// drawInside is settings on the step and inside the envelope; their dose and
// timing may still be too much.
func drawInside(t *rapid.T, lim Limits) Settings {
	var s Settings
	env := lim.Envelope()
	for _, p := range AllParameters() {
		l := lim.ByParameter[p]
		if l.Present {
			steps := (p.Of(env.Max) - p.Of(env.Min)) / l.Step
			s = p.With(s, p.Of(env.Min)+l.Step*rapid.Int32Range(0, steps).Draw(t, p.Name()))
		}
	}
	return s
}

// TestEnvelopeWithDoseAndTimingIsTheWholeRule: the pen, which knows only the
// envelope and its own timing, refuses exactly what the console refuses.
func TestEnvelopeWithDoseAndTimingIsTheWholeRule(t *testing.T) {
	lib := shipped(t)
	rapid.Check(t, func(t *rapid.T) {
		q := drawQuery(t, lib)
		lim, ok := ask(t, lib, q)
		if !ok {
			return
		}
		s := drawSettings(t)
		if rapid.Bool().Draw(t, "inside") {
			s = drawInside(t, lim)
		}
		env := lim.Envelope()
		legal := true
		for _, p := range AllParameters() {
			if !lim.ByParameter[p].Present {
				legal = legal && p.Of(s) == 0
				continue
			}
			_, off := lim.Snap(p, p.Of(s))
			legal = legal && !off && p.Of(s) >= p.Of(env.Min) && p.Of(s) <= p.Of(env.Max)
		}
		if q.Pen.Kind == RF {
			dose := int64(s.Power) * int64(s.Duration) * int64(env.PulsesPerSpot)
			legal = legal && dose <= int64(env.DosePerPin)*int64(env.Pins)
			legal = legal && (int64(s.Duration)+int64(q.Pen.NeedleTravel))*int64(s.Speed) <= 60_000
		}
		if got := len(lim.Check(s)) == 0; got != legal {
			t.Fatalf("%+v: console says %v, envelope says %v", s, got, legal)
		}
	})
}

func TestDoseIsComparedWithoutAQuotient(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Settings{
			Power:    protocol.Milliwatts(rapid.Int32Min(0).Draw(t, "power")),
			Duration: protocol.Milliseconds(rapid.Int32Min(0).Draw(t, "pulse")),
		}
		pins := rapid.IntRange(0, math.MaxInt32).Draw(t, "pins")
		pulses := rapid.IntRange(1, math.MaxInt32).Draw(t, "pulses")
		limit := protocol.Microjoules(rapid.Int64Min(0).Draw(t, "cap"))
		if rapid.Bool().Draw(t, "edge") && pins > 0 {
			// The place where a quotient would be wrong: just at the cap.
			limit = protocol.Microjoules(int64(s.Power)*int64(s.Duration)/int64(pins)) + protocol.Microjoules(rapid.Int64Range(0, 1).Draw(t, "one"))
			pulses = 1
		}
		dose := new(big.Int).Mul(big.NewInt(int64(s.Power)), big.NewInt(int64(s.Duration)))
		dose.Mul(dose, big.NewInt(int64(pulses)))
		most := new(big.Int).Mul(big.NewInt(int64(limit)), big.NewInt(int64(pins)))
		if got, want := doseExceeds(s, pins, pulses, limit), dose.Cmp(most) > 0; got != want {
			t.Fatalf("exceeds is %v, want %v", got, want)
		}
	})
}

func TestPowerBesideTheControlKeepsTheDose(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := protocol.Microjoules(rapid.Int64Range(1, 1<<40).Draw(t, "cap"))
		pins := rapid.IntRange(1, 200).Draw(t, "pins")
		pulses := rapid.IntRange(1, 3).Draw(t, "pulses")
		d := protocol.Milliseconds(rapid.Int32Range(1, math.MaxInt32).Draw(t, "pulse"))
		p := protocol.Milliwatts(maxPowerForDose(limit, pins, pulses, d))
		if doseExceeds(Settings{Power: p, Duration: d}, pins, pulses, limit) {
			t.Fatalf("%d mW is over the dose", p)
		}
		if p < math.MaxInt32 && !doseExceeds(Settings{Power: p + 1, Duration: d}, pins, pulses, limit) {
			t.Fatalf("%d mW is not the most", p)
		}
	})
}

func TestStartsFitTogether(t *testing.T) {
	lib := shipped(t)
	rapid.Check(t, func(t *rapid.T) {
		lim, ok := ask(t, lib, drawQuery(t, lib))
		if !ok {
			return
		}
		starts := lim.Starts()
		for _, v := range lim.Check(starts) {
			if v.Parameter.Of(starts) != 0 {
				t.Fatalf("starting values %+v: %s", starts, v.Text())
			}
		}
	})
}

func TestEmptyIntersectionNamesBothRules(t *testing.T) {
	lib := shipped(t)
	found := 0
	rapid.Check(t, func(t *rapid.T) {
		q := drawQuery(t, lib)
		_, err := lib.Effective(q)
		var no *NotTreatableError
		if !errors.As(err, &no) {
			return
		}
		for _, r := range no.Rules {
			if r.Rule == "" || r.Text == "" {
				t.Fatalf("a rule is not named: %+v", no)
			}
		}
		if no.Rules[0].Rule == no.Rules[1].Rule {
			t.Fatalf("one rule can't conflict with itself: %+v", no)
		}
		if !no.Range {
			return
		}
		found++
		if no.Max.Value >= no.Min.Value {
			t.Fatalf("%d to %d is not empty", no.Min.Value, no.Max.Value)
		}
		// Lifting either rule's bound is what the sentence promises to help: the
		// binding layer must really be there.
		if no.Max.Reason.Layer != no.Rules[0].Layer || no.Min.Reason.Layer != no.Rules[1].Layer {
			t.Fatalf("bounds and rules differ: %+v", no)
		}
	})
	if found == 0 {
		t.Error("no empty range was drawn")
	}
}
