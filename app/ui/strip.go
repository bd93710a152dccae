package ui

import (
	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// chipState pairs the desk's phases with the chip's states.
func chipState(p console.Phase) widgets.State {
	switch p {
	case console.Standby:
		return widgets.Standby
	case console.Ready:
		return widgets.Ready
	case console.Treating:
		return widgets.Treating
	case console.Fault:
		return widgets.Fault
	case console.Stopped:
		return widgets.EStop
	case console.Service:
		return widgets.ServiceMode
	case console.Monitor:
		return widgets.Monitor
	case console.Uncertain:
		return widgets.Uncertain
	}
	return widgets.Disconnected
}

// stripState is what the status strip says.
func stripState(w *words.Words, v *console.View, live console.LiveView) widgets.StripState {
	s := widgets.StripState{
		State: chipState(v.Pen.Phase),
		Word:  w.T("phase." + string(v.Pen.Phase)),
		Room:  w.T("phase." + string(console.Treating)), // the longest of those that follow each other
		Items: [][]widgets.Run{penItem(w, v.Pen)},
		// Without an operator the name is a request.
		Operator: v.Operator.Name,
		Role:     w.Or("role."+string(v.Operator.Role), string(v.Operator.Role)),
	}
	if v.Operator.ID == "" {
		s.Operator, s.Role = w.T("strip.operator"), ""
	}
	if v.Pen.Simulated {
		s.Simulated = w.T("simulated")
	}
	if !v.Pen.Connected {
		return s
	}
	s.Items = append(s.Items, tipItem(w, v.Pen))
	fresh := live.Freshness()
	if live.Valid && fresh >= console.Blank {
		// The pen's state is as old as all that it says.
		s.State, s.Word = widgets.Uncertain, w.T("phase.silent")
	}
	if v.Pen.Battery >= 0 {
		s.Items = append(s.Items, []widgets.Run{
			widgets.Plain(w.T("strip.battery")), liveRun(w, words.Count(v.Pen.Battery)+" %", fresh),
		})
	}
	if live.Valid && live.RTT > 0 {
		s.Items = append(s.Items, []widgets.Run{
			widgets.Plain(w.T("strip.link")), liveRun(w, words.Milliseconds(live.RTT), fresh),
		})
	}
	return s
}

// liveRun is a live value: dimmed and marked where it is old, and "--" where it
// says nothing any more.
func liveRun(w *words.Words, text string, f console.Freshness) widgets.Run {
	switch f {
	case console.Fresh:
		return widgets.Strong(text)
	case console.Dimmed:
		return widgets.Muted(text).Marked(widgets.MarkClock)
	}
	return widgets.Muted(w.T("live.none"))
}

func penItem(w *words.Words, p console.PenView) []widgets.Run {
	if p.Model == "" {
		return []widgets.Run{widgets.Muted(w.T("pen.none"))}
	}
	name := widgets.Strong(w.T("pen.named", w.T("pen.kind."+string(p.Kind)), p.Model))
	serial := widgets.Muted(w.T("pen.serial", p.Serial))
	if !p.Connected {
		name.Bold = false
	}
	return []widgets.Run{name, serial}
}

func tipItem(w *words.Words, p console.PenView) []widgets.Run {
	label := widgets.Plain(w.T("strip.tip"))
	if !p.Tip.Present {
		return []widgets.Run{label, widgets.Strong(w.T("strip.tip.none"))}
	}
	runs := []widgets.Run{label, widgets.Strong(tipName(w, p))}
	note := w.T("strip.tip.new")
	if p.Tip.UseCount > 0 {
		note = w.T("strip.tip.uses", words.Count(int(p.Tip.UseCount)), words.Count(int(p.Tip.UseLimit)))
		if p.Tip.UseLimit == 0 {
			note = w.T("strip.tip.used", words.Count(int(p.Tip.UseCount)))
		}
	}
	if p.Tip.Expiry != (clinical.Date{}) {
		note += " · " + w.T("strip.tip.expiry", words.Month(p.Tip.Expiry))
	}
	return append(runs, widgets.Muted(note))
}

func tipName(w *words.Words, p console.PenView) string {
	switch {
	case p.Tip.Pins == 0:
		return w.T("strip.tip.unknown")
	case p.Kind != clinical.RF:
		return w.T("strip.tip.needles", words.Count(p.Tip.Pins), clinical.Format(clinical.Depth, int32(p.Tip.NeedleLength)))
	case p.Tip.Insulated:
		return w.T("strip.tip.ins", words.Count(p.Tip.Pins))
	}
	return w.T("strip.tip.pins", words.Count(p.Tip.Pins))
}
