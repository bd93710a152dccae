package clinical

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"stipple/protocol"
)

// recommended is the recommended range of p, inside sp. Where the library
// names no end, or names one beyond the effective range, the effective bound
// and its reason stand in.
func (c cell) recommended(p Parameter, s stack, sp span) (low, high Bound) {
	lows := []Bound{sp.min}
	highs := []Bound{sp.max}
	if row := c.rows.byParameter[p]; row != nil {
		if row.min != nil {
			lows = append(lows, c.indicationBound(p, *row.min, "min"))
		}
		if row.typicalTo != nil {
			highs = append(highs, c.indicationBound(p, *row.typicalTo, "typical"))
		}
	}
	if rec := c.site.caps[c.q.Pen.Kind].recommendedMax; p == Depth && rec != nil {
		highs = append(highs, Bound{rec.Value, numberReason(*rec, LayerCell, "zone."+c.zone.Site+".recommended_max", "zone: "+lowerFirst(c.zone.Name))})
	}
	high = slices.MinFunc(highs, tightest)
	high.Value = max(floorToGrid(high.Value, s.origin, s.step), sp.min.Value)
	low = lows[len(lows)-1]
	low.Value = max(ceilToGrid(low.Value, s.origin, s.step), sp.min.Value)
	if low.Value > high.Value {
		// The whole recommended range lies beyond what may be set: the nearest
		// thing to recommended is the bound itself.
		low = high
	}
	return low, high
}

// start fills in the starting values. They are judged against the ranges that
// hold without a draft and against each other, so that setting all of them is
// legal whatever the controls show now.
func (c cell) start(lim *Limits) {
	c.startDepth(lim)
	speed, okSpeed := c.startOf(Speed, lim)
	if lim.Kind != RF {
		setStart(lim, Speed, speed, okSpeed)
		return
	}
	duration, okDuration := c.startOf(Duration, lim)
	power, okPower := c.startPower(lim, duration)
	if okDuration && okPower {
		setStart(lim, Duration, duration, true)
		setStart(lim, Power, power, true)
	}
	together := Settings{Speed: protocol.StrokesPerMinute(speed), Duration: protocol.Milliseconds(duration)}
	setStart(lim, Speed, speed, okSpeed && !timingExceeds(together, lim.NeedleTravel))
}

// startOf is the library's start of p on the step, and whether it is inside
// the range.
func (c cell) startOf(p Parameter, lim *Limits) (int32, bool) {
	row := c.rows.byParameter[p]
	if row == nil || row.start == nil {
		return 0, false
	}
	return c.fit(p, row.start.Value, lim)
}

// fit brings v down to the step and says whether it is a value to start with.
// Nothing starts at zero: a control at zero would look set.
func (c cell) fit(p Parameter, v int32, lim *Limits) (int32, bool) {
	r := c.q.Pen.Parameters[p]
	v = floorToGrid(v, r.Min, r.Step)
	sp := lim.static[p]
	return v, v > 0 && v >= sp.min.Value && v <= sp.max.Value
}

// startDepth lowers the starting depth of plain needling by one step of the
// library for type IV and by two for V-VI (clinical.md section 3). One that
// would fall below the indication's own minimum is no starting value.
func (c cell) startDepth(lim *Limits) {
	row := c.rows.byParameter[Depth]
	if row == nil || row.start == nil {
		return
	}
	v := row.start.Value
	if c.device.startStep != nil {
		v -= int32(c.q.Fitzpatrick.column()) * c.device.startStep.Value
	}
	if row.min != nil && v < row.min.Value {
		return
	}
	v, ok := c.fit(Depth, v, lim)
	setStart(lim, Depth, v, ok)
}

// startPower turns the typical dose of the skin type's column into a power for
// the mounted pins and the starting duration.
func (c cell) startPower(lim *Limits, duration int32) (int32, bool) {
	if c.rows.dose == nil || duration <= 0 {
		return 0, false
	}
	typical := c.rows.dose.typical[c.q.Fitzpatrick.column()]
	v := maxPowerForDose(protocol.Microjoules(typical.Value), lim.Pins, lim.PulsesPerSpot, protocol.Milliseconds(duration))
	v, ok := c.fit(Power, v, lim)
	s := Settings{Power: protocol.Milliwatts(v), Duration: protocol.Milliseconds(duration)}
	return v, ok && !doseExceeds(s, lim.Pins, lim.PulsesPerSpot, lim.DoseCapPerPin)
}

func setStart(lim *Limits, p Parameter, v int32, ok bool) {
	if ok {
		lim.ByParameter[p].Start = &v
	}
}

// doseCap is the lower of the skin type's column and the device's own cap.
func (c cell) doseCap() (protocol.Microjoules, Reason) {
	n := c.rows.dose.most[c.q.Fitzpatrick.column()]
	reason := doseReason(n, "indication."+string(c.indication.key)+".dose_cap", c.q.Fitzpatrick)
	if d := c.device.dose; d != nil && d.Value < n.Value {
		n = *d
		reason = numberReason(n, LayerDose, "device.dose_cap", "dose "+doseCapText(n)+" mJ/pin, any RF pen")
	}
	return protocol.Microjoules(n.Value), reason
}

func (c cell) penReason(p Parameter, end string) Reason {
	return Reason{Layer: LayerPen, Rule: "pen." + ruleWord(p) + "." + end, Text: c.penName(), Source: sourceDescriptor}
}

// indicationBound is a bound that the indication puts on p wherever it is
// treated, or, where the library has numbers of their own for this site, the
// cell.
func (c cell) indicationBound(p Parameter, n Number, end string) Bound {
	layer, text := LayerIndication, "indication"
	rule := "indication." + string(c.indication.key) + "." + string(c.q.Pen.Kind) + "." + ruleWord(p) + "." + end
	if cell, ok := c.rules.cells[c.zone.Site]; ok && cell.byParameter[p] != nil {
		layer = LayerCell
		text = "zone: " + lowerFirst(c.zone.Name) + ", " + strings.ToLower(c.indication.name)
		rule = "cell." + string(c.indication.key) + "." + c.zone.Site + "." + string(c.q.Pen.Kind) + "." + ruleWord(p) + "." + end
	}
	return Bound{n.Value, numberReason(n, layer, rule, text)}
}

func (c cell) penName() string {
	if c.q.Pen.Model == "" {
		return "pen"
	}
	return "pen " + c.q.Pen.Model
}

func (c cell) kindText() string {
	if c.q.Pen.Kind == RF {
		return "RF"
	}
	return "plain needling"
}

func kindWord(k PenKind) string {
	if k == RF {
		return "an RF pen"
	}
	return "a needling pen"
}

func numberReason(n Number, layer Layer, rule, text string) Reason {
	return Reason{Layer: layer, Rule: rule, Text: text, Source: n.Source, Grade: n.Grade, Note: n.Note}
}

func ruleWord(p Parameter) string {
	switch p {
	case Depth:
		return "depth"
	case Speed:
		return "speed"
	case Power:
		return "power"
	}
	return "pulse"
}

func tissueWord(t tissue) string {
	if t == tissueBurn {
		return "burn scar"
	}
	return "scar"
}

// lowerFirst is a name as it stands inside a sentence: "left cheek". A name that
// begins with an abbreviation stays as it is: "RF power".
func lowerFirst(name string) string {
	first, size := utf8.DecodeRuneInString(name)
	if second, _ := utf8.DecodeRuneInString(name[size:]); size == 0 || unicode.IsUpper(second) {
		return name
	}
	return string(unicode.ToLower(first)) + name[size:]
}
