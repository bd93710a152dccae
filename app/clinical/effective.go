package clinical

import (
	"fmt"
	"slices"

	"stipple/protocol"
)

// Sources of bounds that do not come from the library's table.
const (
	sourceDescriptor = "descriptor" // the pen's own word
	sourceTip        = "tip"        // the cartridge's own word
	sourceClinic     = "clinic"     // the clinic's policy
)

// Effective intersects all layers for q. It answers
//   - Limits: what may be set, each end with its reason;
//   - a *NotTreatableError: nothing may be set, and the two rules that
//     conflict;
//   - a *QueryError: the question is not complete, such as an unknown zone.
func (l *Library) Effective(q Query) (Limits, error) {
	c, err := l.resolve(q)
	if err != nil {
		return Limits{}, err
	}
	if err := c.admissible(); err != nil {
		return Limits{}, err
	}
	lim := Limits{Kind: q.Pen.Kind, Pins: q.Tip.Pins, PulsesPerSpot: c.pulses, MaxPulsesPerSpot: c.maxPulses}
	if q.Pen.Kind == RF {
		lim.NeedleTravel = q.Pen.NeedleTravel
		lim.DoseCapPerPin, lim.DoseReason = c.doseCap()
	}
	var stacks [ParameterCount]stack
	for _, p := range AllParameters() {
		if !q.Pen.Has(p) {
			continue
		}
		stacks[p] = c.layers(p)
		if err := stacks[p].conflict(p); err != nil {
			return Limits{}, err
		}
	}
	if err := c.coupleStatic(&stacks, lim); err != nil {
		return Limits{}, err
	}
	for _, p := range AllParameters() {
		if q.Pen.Has(p) {
			lim.static[p] = stacks[p].span()
		}
	}
	coupled := stacks
	c.coupleDraft(&coupled, lim)
	for _, p := range AllParameters() {
		if q.Pen.Has(p) {
			lim.ByParameter[p] = c.limit(p, coupled[p])
		}
	}
	c.start(&lim)
	return lim, nil
}

// cell is a query with its keys looked up: one cell of the library, with the pen,
// tip and person it is asked for.
type cell struct {
	q          Query
	indication indicationName
	rules      indicationRules
	device     deviceRules
	zone       Zone
	site       site
	rows       cellRows
	override   bool // asked for, and by somebody who may
	pulses     int
	maxPulses  int
}

// resolve looks up what q names and refuses what is not there.
func (l *Library) resolve(q Query) (cell, error) {
	c := cell{q: q}
	if err := q.Pen.validate(); err != nil {
		return c, err
	}
	kind, ok := l.kinds[q.Pen.Kind]
	if !ok {
		return c, &QueryError{Field: "pen kind", Problem: fmt.Sprintf("%q is not in the library", q.Pen.Kind)}
	}
	c.device = kind.device
	if c.indication, ok = l.indicationName(q.Indication); !ok {
		return c, &QueryError{Field: "indication", Problem: fmt.Sprintf("%q is not in the library", q.Indication)}
	}
	if c.rules, ok = kind.indications[q.Indication]; !ok {
		return c, &QueryError{Field: "indication", Problem: fmt.Sprintf("%q is not in the library for a %s pen", q.Indication, q.Pen.Kind)}
	}
	if c.zone, ok = l.Zone(q.Zone); !ok {
		return c, &QueryError{Field: "zone", Problem: fmt.Sprintf("%q is not in the library", q.Zone)}
	}
	c.site = l.sites[c.zone.Site]
	c.rows = c.rules.rowsAt(c.zone.Site)
	c.override = q.Override && q.Role.May(PermitOverride)
	return c, c.resolvePulses()
}

func (c *cell) resolvePulses() error {
	c.pulses, c.maxPulses = max(c.q.PulsesPerSpot, 1), 1
	if c.q.PulsesPerSpot < 0 {
		return &QueryError{Field: "pulses per spot", Problem: fmt.Sprintf("%d is negative", c.q.PulsesPerSpot)}
	}
	if c.rows.dose != nil {
		c.maxPulses = int(c.rows.dose.pulsesPerSpot.Value)
	}
	if most := c.device.pulsesPerSpot; most != nil {
		c.maxPulses = min(c.maxPulses, int(most.Value))
	}
	if c.rules.access == AccessNever {
		return nil // admissible has the better answer
	}
	if c.pulses > c.maxPulses {
		return &QueryError{Field: "pulses per spot", Problem: fmt.Sprintf("%d is over %d, the most for %s here", c.pulses, c.maxPulses, c.indication.name)}
	}
	return nil
}

// admissible answers the questions that are not about ranges: may this person
// treat this indication here with this pen and tip at all?
func (c cell) admissible() error {
	exclude := func(a, b Reason) error { return &NotTreatableError{Rules: [2]Reason{a, b}} }
	role := Reason{Layer: LayerRole, Rule: "role.treat", Text: "role: " + roleRefusal(c.q.Role), Source: sourceClinic}
	indication := Reason{
		Layer: LayerIndication, Rule: fmt.Sprintf("indication.%s.%s.access", c.indication.key, c.q.Pen.Kind),
		Text: fmt.Sprintf("indication: %s", c.indication.name), Note: c.rules.note}
	pen := Reason{Layer: LayerPen, Rule: "pen.kind", Text: c.penName() + " is " + kindWord(c.q.Pen.Kind), Source: sourceDescriptor}

	if !c.q.Role.MayTreat() {
		return exclude(indication, role)
	}
	switch {
	case c.rules.access == AccessNever:
		indication.Text = fmt.Sprintf("indication: %s is never treated with %s", c.indication.name, c.kindText())
		return exclude(indication, pen)
	case c.rules.access == AccessOverride && !c.override:
		indication.Text = fmt.Sprintf("indication: %s with %s is off", c.indication.name, c.kindText())
		return exclude(indication, Reason{Layer: LayerRole, Rule: "role.override", Source: sourceClinic,
			Text: "role: no specialist override is active"})
	case !slices.Contains(c.rules.sites, c.zone.Site):
		indication.Text = fmt.Sprintf("indication: the library has no place for %s there", c.indication.name)
		return exclude(Reason{Layer: LayerCell, Rule: "zone." + c.zone.Site, Text: "zone: " + lowerFirst(c.zone.Name)}, indication)
	}
	return c.tipAdmissible(indication, pen, exclude)
}

// tipAdmissible refuses a tip whose facts leave a rule without its number.
func (c cell) tipAdmissible(indication, pen Reason, exclude func(a, b Reason) error) error {
	if c.q.Pen.Kind != RF {
		return nil
	}
	tip := Reason{Layer: LayerTip, Rule: "tip.pins", Text: "tip: none on the pen", Source: sourceTip}
	if !c.q.Tip.Present {
		pen.Text = c.penName() + " needs one, to bound the dose per pin"
		return exclude(tip, pen)
	}
	if c.q.Tip.Pins <= 0 {
		tip.Text = "tip: number of pins not known"
		pen.Text = c.penName() + " needs it, to bound the dose per pin"
		return exclude(tip, pen)
	}
	if (c.rules.insulated || c.device.insulated) && !c.q.Tip.Insulated {
		tip.Rule, tip.Text = "tip.insulated", "tip: pins are not insulated"
		indication.Rule = fmt.Sprintf("indication.%s.%s.insulated", c.indication.key, c.q.Pen.Kind)
		indication.Text = fmt.Sprintf("indication: %s needs insulated pins", c.indication.name)
		return exclude(tip, indication)
	}
	return nil
}

// layers is every bound of p that does not depend on other settings.
func (c cell) layers(p Parameter) stack {
	r := c.q.Pen.Parameters[p]
	s := stack{origin: r.Min, step: r.Step, penMax: r.Max}
	s.lower = append(s.lower, Bound{r.Min, c.penReason(p, "min")})
	s.upper = append(s.upper, Bound{r.Max, c.penReason(p, "max")})
	if rated := int32(c.q.Pen.RatedPower); p == Power && rated > 0 && rated < r.Max {
		s.upper = append(s.upper, Bound{rated, c.penReason(p, "rated")})
	}
	if t := c.q.Tip; t.Present {
		if p == Depth && t.NeedleLength > 0 {
			s.upper = append(s.upper, Bound{int32(t.NeedleLength), Reason{
				Layer: LayerTip, Rule: "tip.needle_length", Text: "tip: needle length", Source: sourceTip}})
		}
		if p == Power && t.RatedPower > 0 {
			s.upper = append(s.upper, Bound{int32(t.RatedPower), Reason{
				Layer: LayerTip, Rule: "tip.rated_power", Text: "tip: rated power", Source: sourceTip}})
		}
	}
	if p == Depth {
		c.zoneDepth(&s)
	}
	if row := c.rows.byParameter[p]; row != nil && row.max != nil {
		s.upper = append(s.upper, c.indicationBound(p, *row.max, "max"))
	}
	for _, m := range c.q.Policy {
		if m.Parameter == p {
			s.upper = append(s.upper, Bound{m.Max, Reason{Layer: LayerPolicy, Rule: m.Rule, Text: m.Text, Source: sourceClinic}})
		}
	}
	return s
}

// zoneDepth adds the zone's cap: the specialist value where an override is
// active, else the base value, to which the role layer brings it down.
func (c cell) zoneDepth(s *stack) {
	depth, own := c.site.caps[c.q.Pen.Kind].depthCap(c.indication.tissue)
	text := "zone: " + lowerFirst(c.zone.Name)
	rule := fmt.Sprintf("zone.%s.%s.cap", c.zone.Site, c.q.Pen.Kind)
	if own != tissueSkin {
		text += ", " + tissueWord(own)
		rule = fmt.Sprintf("zone.%s.%s.%s_cap", c.zone.Site, c.q.Pen.Kind, own)
	}
	most, suffix := depth.base, ""
	if depth.override != nil && depth.override.Value > most.Value {
		if c.override {
			most, suffix = *depth.override, "_override"
			text += ", override"
		} else {
			bound := Bound{depth.override.Value, numberReason(*depth.override, LayerRole, rule+"_override", "with a specialist override")}
			s.withOverride = &bound
		}
	}
	s.upper = append(s.upper, Bound{most.Value, numberReason(most, LayerCell, rule+suffix, text)})
}

// coupleStatic adds what dose and timing rule out whatever the other settings
// are, so that a draft inside its ranges always leaves its partner a value.
func (c cell) coupleStatic(stacks *[ParameterCount]stack, lim Limits) error {
	if c.q.Pen.Kind != RF {
		return nil
	}
	least := Settings{
		Speed:    protocol.StrokesPerMinute(stacks[Speed].span().min.Value),
		Power:    protocol.Milliwatts(stacks[Power].span().min.Value),
		Duration: protocol.Milliseconds(stacks[Duration].span().min.Value),
	}
	c.couple(stacks, lim, least, true)
	for _, p := range []Parameter{Power, Duration, Speed} {
		if err := stacks[p].conflict(p); err != nil {
			return err
		}
	}
	return nil
}

// coupleDraft adds the bounds of dose and timing for the draft, as it is. Where
// a draft is so far outside its own range that its partner is left nothing, the
// partner's minimum stands in: Check refuses the draft, and the control still
// shows a range.
func (c cell) coupleDraft(stacks *[ParameterCount]stack, lim Limits) {
	if c.q.Pen.Kind == RF {
		c.couple(stacks, lim, c.q.Draft, false)
	}
}

// couple adds to each parameter the bounds that its partners in s leave it;
// a partner of 0 leaves all. With onlyTighter, bounds that would not bind are
// left out, so that they do not crowd the list of the others.
func (c cell) couple(stacks *[ParameterCount]stack, lim Limits, s Settings, onlyTighter bool) {
	add := func(p Parameter, v int32, r Reason) {
		switch {
		case !onlyTighter:
			v = max(v, lim.static[p].min.Value)
		case v >= stacks[p].span().max.Value:
			return
		}
		// A copy, because the stacks with and without the draft share theirs.
		stacks[p].upper = append(slices.Clone(stacks[p].upper), Bound{v, r})
	}
	if s.Duration > 0 {
		add(Power, maxPowerForDose(lim.DoseCapPerPin, lim.Pins, lim.PulsesPerSpot, s.Duration), lim.DoseReason)
		add(Speed, maxSpeedForTiming(s.Duration, lim.NeedleTravel), timingReason(Speed, s, lim.NeedleTravel))
	}
	if s.Power > 0 {
		add(Duration, maxDurationForDose(lim.DoseCapPerPin, lim.Pins, lim.PulsesPerSpot, s.Power), lim.DoseReason)
	}
	if s.Speed > 0 {
		add(Duration, maxDurationForTiming(s.Speed, lim.NeedleTravel), timingReason(Duration, s, lim.NeedleTravel))
	}
}

// limit turns the bounds of p into what stands beside its control.
func (c cell) limit(p Parameter, s stack) Limit {
	r := c.q.Pen.Parameters[p]
	sp := s.span()
	out := Limit{
		Parameter: p, Present: true, Step: r.Step,
		Min: sp.min, Max: sp.max, Also: s.also(),
		ScaleMin: r.Min, ScaleMax: r.Max,
	}
	out.RecMin, out.RecMax = c.recommended(p, s, sp)
	return out
}
