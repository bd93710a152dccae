package pages

import (
	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
	"stipple/protocol"
)

// measurement is what the pen measures of a parameter.
type measurement struct {
	text    string
	value   int64 // base unit
	quality widgets.Quality
}

// Tolerances of a measured value against what was set, after which it is shown
// as out of tolerance (safety.md section 7: medium alarms). The pen raises the
// alarms; this only colours a number.
const (
	depthTolerance = protocol.Micrometres(150)
	powerTolerance = 20 // %
	speedTolerance = 10 // %
	// The time of a pulse has no alarm of its own; as near as the speed.
	durationTolerance = 10 // %
)

// gauge is a measured value with what it is to come to and how far it may be
// from that.
type gauge struct {
	text            string
	value           int64 // base unit
	want, tolerance int64
	driven          bool // a difference means something
}

// measured is what a card says of a parameter: while a needling pen treats,
// what STATUS says; of an RF pen the newest pulse, since between two stamps
// nothing is driven and STATUS says 0.
func measured(w *words.Words, v *console.View, c console.Control, live console.LiveView) measurement {
	if v.Pen.Kind == clinical.RF {
		return measurePulse(w, v.Run, c, live)
	}
	return measureLive(w, v.Pen.Kind, c, live)
}

// measureLive reads a parameter out of the newest STATUS. While the needle
// moves, what counts is the extreme since the last STATUS.
func measureLive(w *words.Words, kind clinical.PenKind, c console.Control, live console.LiveView) measurement {
	if !live.Valid || live.Status.State != protocol.StateTreating {
		return measurement{}
	}
	st, want := live.Status, int64(c.Applied)
	g := gauge{want: want, driven: driven(c.Limit.Parameter, kind, st)}
	switch c.Limit.Parameter {
	case clinical.Depth:
		v := protocol.Micrometres(st.Depth.Max)
		g.value, g.text, g.tolerance = int64(v), words.Millimetres(v), int64(depthTolerance)
	case clinical.Speed:
		g.value, g.text, g.tolerance = int64(st.Speed.Now), words.Count(int(st.Speed.Now)), want*speedTolerance/100
	case clinical.Power:
		v := protocol.Milliwatts(st.PowerMax)
		g.value, g.text, g.tolerance = int64(v), words.Watts(v), want*powerTolerance/100
	default:
		return measurement{}
	}
	return g.measurement(w, live.Freshness())
}

// measurePulse reads a parameter out of the newest pulse of the open run. It
// is compared with what that pulse was to be.
func measurePulse(w *words.Words, run console.RunView, c console.Control, live console.LiveView) measurement {
	if !live.Valid || !live.Status.State.Armed() || !run.Open || run.Last == nil {
		return measurement{}
	}
	p, par := *run.Last, c.Limit.Parameter
	want := int64(par.Of(p.Set))
	g := gauge{want: want, driven: true}
	switch par {
	case clinical.Depth:
		g.value, g.text, g.tolerance = int64(p.Depth), words.Millimetres(p.Depth), int64(depthTolerance)
	case clinical.Speed:
		if p.Speed == 0 { // a single stamp has no speed
			return measurement{}
		}
		g.value, g.text, g.tolerance = int64(p.Speed), words.Count(int(p.Speed)), want*speedTolerance/100
	case clinical.Power:
		g.value, g.text, g.tolerance = int64(p.Power), words.Watts(p.Power), want*powerTolerance/100
	case clinical.Duration:
		// A pulse that was cut short, such as by letting go, is no fault.
		g.value, g.text, g.tolerance = int64(p.Duration), words.Count(int(p.Duration)), want*durationTolerance/100
		g.driven = p.Result == pulseComplete || g.value > want
	}
	m := g.measurement(w, live.Freshness())
	if m.quality == widgets.InTolerance && want != int64(c.Applied) {
		m.quality = widgets.Neutral // it was made with other settings
	}
	return m
}

// pulseComplete is the pen's word for a pulse that took its whole time.
const pulseComplete = "complete"

// measurement words a gauge: a last value is never shown as live.
func (g gauge) measurement(w *words.Words, f console.Freshness) measurement {
	m := measurement{text: w.T("control.measured", g.text), value: g.value}
	switch {
	case f == console.Lost:
		return measurement{}
	case f == console.Blank:
		return measurement{text: w.T("live.none"), quality: widgets.Stale}
	case f == console.Dimmed:
		m.quality = widgets.Stale
	case !g.driven:
		m.quality = widgets.Neutral
	case within(g.value, g.want, g.tolerance):
		m.quality = widgets.InTolerance
	default:
		m.quality = widgets.OutOfTolerance
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

// Quality is how a live value compares with what the control has applied.
func Quality(w *words.Words, kind clinical.PenKind, c console.Control, live console.LiveView) widgets.Quality {
	if m := measureLive(w, kind, c, live); m.text != "" {
		return m.quality
	}
	return widgets.Neutral
}

// driven says whether the pen is told to produce the quantity right now; only
// then does a difference mean anything.
func driven(p clinical.Parameter, kind clinical.PenKind, st protocol.Status) bool {
	switch p {
	case clinical.Depth:
		return st.Flags&protocol.FlagAtDepth != 0
	case clinical.Power:
		return st.Flags&protocol.FlagRFOn != 0
	}
	// Between two stamps an RF pen stands still.
	return st.SetSpeed > 0 && (kind != clinical.RF || st.Speed.Now > 0)
}

func within(v, want, tolerance int64) bool { return v >= want-tolerance && v <= want+tolerance }
