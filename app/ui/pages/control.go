package pages

import (
	"slices"
	"strings"
	"time"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
	"stipple/protocol"
)

// cardState turns a control into what its card shows. Locked is true while
// nothing may be set, such as while armed.
func cardState(w *words.Words, c console.Control, m measurement, locked bool) widgets.ValueCardState {
	l, p := c.Limit, c.Limit.Parameter
	s := widgets.ValueCardState{
		Title:  p.Name(),
		Step:   w.T("control.step", clinical.Format(p, l.Step)),
		Unit:   p.ShownUnit(),
		Locked: locked,
		Bar: widgets.LimitBarState{
			Min: int64(l.ScaleMin), Max: int64(l.ScaleMax),
			LowBound: int64(l.Min.Value), HighBound: int64(l.Max.Value),
			RecLow: int64(l.RecMin.Value), RecHigh: int64(l.RecMax.Value),
			Set: int64(c.Draft), HasSet: c.Has,
			Measured: m.value, HasMeasured: m.quality == widgets.InTolerance || m.quality == widgets.OutOfTolerance,
		},
		Reason:   reasonLine(w, l),
		Detail:   detailLine(w, c),
		Measured: m.text,
		Quality:  m.quality,
	}
	if c.Has {
		s.Value = clinical.Format(p, c.Draft)
		s.NoDown, s.NoUp = c.Draft <= l.Min.Value, c.Draft >= l.Max.Value
	}
	judge(w, c, &s)
	return s
}

// judge adds what is wrong with the value, or worth knowing.
func judge(w *words.Words, c console.Control, s *widgets.ValueCardState) {
	p := c.Limit.Parameter
	switch {
	case c.Refused != nil && c.Refused.Err != nil:
		s.Refused = true
		s.Value = c.Refused.Text
		s.Message = w.Error(c.Refused.Err).What
	case c.Refused != nil:
		s.Refused = true
		s.Value = clinical.Format(p, c.Refused.Value)
		s.Bar.Set, s.Bar.HasSet = int64(c.Refused.Value), true
		key := "control.under"
		if c.Refused.Over {
			key = "control.over"
		}
		// The card has a line for the rule in full; beside the value stands
		// the layer, which fits the narrowest card.
		s.Message = w.T(key, clinical.FormatWithUnit(p, c.Refused.Bound.Value), layerName(w, c.Refused.Bound.Reason.Layer))
	case c.Stale:
		s.Message = w.T("control.stale")
	case !c.Has:
		s.Message = w.T("control.must_set")
	case c.Rounded:
		s.Message = w.T("control.rounded")
	case outside(c):
		s.Message = w.T("control.beyond")
	}
}

// outside says that a value may be set and lies beyond what is recommended.
func outside(c console.Control) bool {
	l := c.Limit
	return c.Has && (c.Draft < l.RecMin.Value || c.Draft > l.RecMax.Value)
}

// reasonLine is the binding upper bound with its rule.
func reasonLine(w *words.Words, l clinical.Limit) []widgets.Run {
	return []widgets.Run{
		widgets.Plain(w.T("control.max")),
		widgets.Strong(clinical.Format(l.Parameter, l.Max.Value)),
		widgets.Plain("· " + l.Max.Reason.Text),
	}
}

// detailLine is what lies behind the binding bound: what the pen has where
// that differs, what an override or the next layer would allow, or else the
// recommended range.
func detailLine(w *words.Words, c console.Control) string {
	l, p := c.Limit, c.Limit.Parameter
	if c.IsSet && c.Has && c.Applied != c.Draft {
		return w.T("control.was", clinical.FormatWithUnit(p, c.Applied))
	}
	i := slices.IndexFunc(l.Also, func(b clinical.Bound) bool { return b.Value > l.Max.Value })
	if i < 0 {
		return w.T("control.recommended", clinical.Format(p, l.RecMin.Value), clinical.Format(p, l.RecMax.Value))
	}
	b := l.Also[i]
	if b.Reason.Layer == clinical.LayerRole {
		return w.T("control.also.role", clinical.Format(p, b.Value))
	}
	return w.T("control.also", layerName(w, b.Reason.Layer), clinical.Format(p, b.Value))
}

// layerName is the word for the layer that made a bound: "zone", "dose".
func layerName(w *words.Words, l clinical.Layer) string {
	return w.Or("layer."+l.String(), l.String())
}

// measurement is what the pen measures of a parameter.
type measurement struct {
	text    string
	value   int64 // base unit
	quality widgets.Quality
	driven  bool // the pen is told to produce it right now
}

// Tolerances of a measured value against what was set, after which it is shown
// as out of tolerance (safety.md section 7: medium alarms). The pen raises the
// alarms; this only colours a number.
const (
	depthTolerance = protocol.Micrometres(150)
	powerTolerance = 20 // %
	speedTolerance = 10 // %
)

// measure reads a parameter out of the live view. While the needle moves, what
// counts is the extreme since the last STATUS.
func measure(w *words.Words, p clinical.Parameter, c console.Control, live console.LiveView) measurement {
	if !live.Valid || live.Status.State != protocol.StateTreating || live.Age > console.LostAfter {
		return measurement{}
	}
	st := live.Status
	var m measurement
	var ok bool
	switch p {
	case clinical.Depth:
		v := protocol.Micrometres(st.Depth.Max)
		m.value, m.text = int64(v), words.Millimetres(v)
		ok = within(int64(v), int64(c.Applied), int64(depthTolerance))
	case clinical.Speed:
		m.value, m.text = int64(st.Speed.Now), words.Count(int(st.Speed.Now))
		ok = within(m.value, int64(c.Applied), int64(c.Applied)*speedTolerance/100)
	case clinical.Power:
		v := protocol.Milliwatts(st.PowerMax)
		m.value, m.text = int64(v), words.Watts(v)
		ok = within(m.value, int64(c.Applied), int64(c.Applied)*powerTolerance/100)
	default:
		return measurement{}
	}
	m.text = w.T("control.measured", m.text)
	switch {
	case live.Age > console.BlankAfter:
		return measurement{text: w.T("live.none"), quality: widgets.Stale}
	case live.Age > console.DimAfter:
		m.quality = widgets.Stale
	case !driven(p, st):
		m.quality = widgets.Neutral
	case ok:
		m.quality, m.driven = widgets.InTolerance, true
	default:
		m.quality, m.driven = widgets.OutOfTolerance, true
	}
	return m
}

// peak is the highest value of the stamp that is going on. Between two stamps
// nothing is driven; a card then shows what the last one came to, for as long
// as a stamp takes, instead of blinking with each. The live column shows every
// value as it is.
type peak struct {
	m  measurement
	at time.Time
}

// How long a peak is shown: one and a half stamps, and never longer than that
// of the slowest speed of the reference pen, 30 a minute.
const (
	minuteAndHalf = 90 * time.Second
	longestPeak   = 3 * time.Second
)

// held returns what the card shows of a measurement and keeps the peak.
func (p *Treat) held(par clinical.Parameter, m measurement) measurement {
	old, has := p.peaks[par]
	hold := longestPeak
	if speed := p.live.Status.SetSpeed; speed > 0 {
		hold = min(minuteAndHalf/time.Duration(speed), longestPeak)
	}
	over := !has || p.now.Sub(old.at) > hold
	switch {
	case m.text == "" || m.quality == widgets.Stale:
		delete(p.peaks, par)
	case m.driven && (over || m.value >= old.m.value):
		p.peaks[par] = peak{m: m, at: p.now}
	case !over:
		return old.m
	}
	return m
}

// secondsPerMinute turns strokes a minute into strokes a second.
const secondsPerMinute = 60

// punctures says what a speed of a needling pen comes to: strokes and
// punctures a second.
func punctures(w *words.Words, c console.Control, pins int) measurement {
	if !c.Has || pins == 0 {
		return measurement{}
	}
	tenths := (int(c.Draft)*10 + secondsPerMinute/2) / secondsPerMinute
	hertz := words.Tenths(tenths)
	if tenths%10 == 0 {
		hertz = words.Count(tenths / 10)
	}
	each := (int(c.Draft)*pins + secondsPerMinute/2) / secondsPerMinute
	return measurement{text: w.T("control.hertz", hertz, words.Count(each)), quality: widgets.Neutral}
}

// Quality is how a measured value compares with what the control has applied.
func Quality(w *words.Words, c console.Control, live console.LiveView) widgets.Quality {
	if m := measure(w, c.Limit.Parameter, c, live); m.text != "" {
		return m.quality
	}
	return widgets.Neutral
}

// driven says whether the pen is told to produce the quantity right now; only
// then does a difference mean anything.
func driven(p clinical.Parameter, st protocol.Status) bool {
	switch p {
	case clinical.Depth:
		return st.Flags&protocol.FlagAtDepth != 0
	case clinical.Power:
		return st.Flags&protocol.FlagRFOn != 0
	}
	return st.SetSpeed > 0
}

func within(v, want, tolerance int64) bool { return v >= want-tolerance && v <= want+tolerance }

// names joins the names of parameters for a sentence: "depth, RF power".
func names(ps []clinical.Parameter) string {
	out := make([]string, len(ps))
	for i, p := range ps {
		out[i] = p.Name()
		if p != clinical.Power { // "RF" keeps its capitals
			out[i] = strings.ToLower(out[i])
		}
	}
	return strings.Join(out, ", ")
}

// settingsText is all settings of a pen kind in one line, in the order of the
// controls.
func settingsText(kind clinical.PenKind, s clinical.Settings) []string {
	var out []string
	for _, p := range clinical.AllParameters() {
		if kind == clinical.RF || p == clinical.Depth || p == clinical.Speed {
			out = append(out, clinical.FormatWithUnit(p, p.Of(s)))
		}
	}
	return out
}
