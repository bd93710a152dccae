package pages

import (
	"slices"
	"strings"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// unlimited is the card of a control that has no limits: nothing can be set,
// and missing says what that takes. It is no warning, so it wears no colour.
func unlimited(w *words.Words, l clinical.Limit, missing string) widgets.ValueCardState {
	return widgets.ValueCardState{
		Title:  l.Parameter.Name(),
		Step:   w.T("control.step", clinical.Format(l.Parameter, l.Step)),
		Unit:   l.Parameter.ShownUnit(),
		Locked: true,
		Bar:    widgets.LimitBarState{Min: int64(l.ScaleMin), Max: int64(l.ScaleMax), NoBounds: true},
		Reason: []widgets.Run{widgets.Muted(missing)},
	}
}

// missing says what it takes for the controls to have limits.
func missing(w *words.Words, v *console.View) string {
	if !may(v, clinical.PermitTreat) {
		return w.T("control.closed")
	}
	var parts []string
	for _, m := range []struct {
		lacks bool
		text  string
	}{
		{v.Patient == nil, w.T("control.missing.patient")},
		{v.Indication == "", w.T("control.missing.indication")},
		{v.Zone == "", w.T("control.missing.zone")},
	} {
		if m.lacks {
			parts = append(parts, m.text)
		}
	}
	n := len(parts)
	switch {
	case n == 0:
		return w.T("control.untreatable")
	case n > 1:
		return w.T("control.missing.more", strings.Join(parts[:n-1], ", "), parts[n-1])
	}
	return w.T("control.missing", parts[0])
}

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
	case s.Locked && s.Measured != "":
		// Armed, what is measured has the line; nothing can be set now.
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
