package pages

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// stat is a figure under its name.
type stat struct {
	name, value *widgets.Line
	object      *fyne.Container
}

func newStat() *stat {
	s := &stat{name: widgets.NewLine(), value: widgets.NewLine()}
	s.object = arrange(fyne.NewSize(20, 20), func(z fyne.Size) {
		top, low := height(s.name), height(s.value)
		y := max((z.Height-top-low+lineGap)/2, 0)
		place(s.name, 0, y, z.Width, top)
		place(s.value, 0, y+top-lineGap, z.Width, low)
	}, s.name, s.value)
	return s
}

func (s *stat) set(name string, value ...widgets.Run) {
	s.name.Set(widgets.Small(name))
	s.value.Set(value...)
}

func (s *stat) width() float32 { return max(s.name.NaturalWidth(), s.value.NaturalWidth()) + 1 }

func (s *stat) height() float32 { return height(s.name) + height(s.value) - lineGap }

// doseRow is the energy at one spot and what the run has come to.
type doseRow struct {
	env    *Env
	dose   *widgets.DoseBar
	spot   *widgets.PickerButton
	stats  []*stat // pass, pulses, energy or strokes, zone time
	card   *widgets.Card
	inner  *fyne.Container
	object *fyne.Container
}

// Places in doseRow.stats.
const (
	statPass = iota
	statPulses
	statEnergy
	statTime
	statCount
)

func newDoseRow(env *Env, pickSpot func()) *doseRow {
	r := &doseRow{env: env, dose: widgets.NewDoseBar()}
	r.spot = widgets.NewPickerButton(env.Keys, env.active(pickSpot))
	env.name(r.spot, "picker", "treat.spot")
	objects := []fyne.CanvasObject{r.dose, r.spot}
	for range statCount {
		s := newStat()
		r.stats = append(r.stats, s)
		objects = append(objects, s.object)
	}
	r.inner = arrange(fyne.NewSize(200, 44), r.layout, objects...)
	r.card = widgets.NewCard(r.inner, 8)
	r.object = container.NewStack(r.card)
	return r
}

// layout puts the dose first and shares what is left among the figures.
func (r *doseRow) layout(s fyne.Size) {
	x := cardPad - 8
	if r.dose.Visible() {
		w := r.dose.NaturalWidth() + 2
		place(r.dose, x, 0, w, s.Height)
		x += w + 20
	}
	if r.spot.Visible() {
		const wide = 176
		place(r.spot, x, (s.Height-height(r.spot))/2, wide, height(r.spot))
		x += wide + 20
	}
	need := float32(0)
	for _, st := range r.stats {
		if st.object.Visible() {
			need += st.width()
		}
	}
	gap := min(max((s.Width-x-need-cardPad)/statCount, 10), 40)
	for _, st := range r.stats {
		if st.object.Visible() {
			w := st.width()
			place(st.object, x, 0, min(w, max(s.Width-x, 0)), s.Height)
			x += w + gap
		}
	}
}

// show draws a view and says whether the row came or went.
func (r *doseRow) show(v *console.View) bool {
	w := r.env.Words
	changed := show(r.object, rowNeeded(v))
	inner := show(r.dose, v.Dose.Present)
	if v.Dose.Present {
		r.dose.Set(w.T("dose"), int64(v.Dose.PerPin), int64(v.Dose.Cap),
			widgets.Strong(words.PerPin(v.Dose.PerPin)), widgets.Muted(w.T("dose.of", words.PerPin(v.Dose.Cap))))
	}
	inner = show(r.spot, v.Spot.Max > 1 && v.Pen.Kind == clinical.RF) || inner
	r.spot.Set(w.T("run.spot"), words.Count(v.Spot.Pulses), "")
	r.spot.SetDisabled(locked(v))
	r.showRun(v)
	if inner || changed {
		r.inner.Refresh()
	}
	return changed
}

// rowNeeded says whether there is anything to stand in the row: an RF pen's
// dose, or a run.
func rowNeeded(v *console.View) bool {
	return len(v.Controls) > 0 && (v.Pen.Kind == clinical.RF || v.Run.Open)
}

func (r *doseRow) showRun(v *console.View) {
	w, run := r.env.Words, v.Run
	figure := func(text string) widgets.Run {
		if !run.Open {
			return widgets.Muted(w.T("live.nothing"))
		}
		return widgets.Strong(text)
	}
	r.stats[statPass].set(w.T("run.pass"), figure(words.Count(run.Pass)))
	pulses, energy := w.T("run.pulses"), figure(words.Energy(run.Energy))
	name := w.T("run.energy")
	if v.Pen.Kind != clinical.RF {
		pulses, name, energy = w.T("run.pulls"), w.T("run.strokes"), figure(words.Count(int(run.Strokes)))
	}
	r.stats[statPulses].set(pulses, figure(words.Count(run.Pulses)))
	r.stats[statEnergy].set(name, energy)
	r.stats[statTime].set(w.T("run.zone_time"), figure(words.Clock(run.ZoneTime)))
	r.inner.Refresh()
}

// haltBar stands in the place of the arm bar while STOP or a fault is latched.
type haltBar struct {
	env    *Env
	text   *widgets.Line
	sub    *widgets.Line
	clear  *widgets.Button
	object *fyne.Container
}

func newHaltBar(env *Env) *haltBar {
	h := &haltBar{env: env, text: widgets.NewLine(), sub: widgets.NewLine()}
	h.clear = env.button("treat.clear", widgets.Secondary, "stopped.clear", env.Desk.Clear)
	frame := widgets.NewCard(arrange(fyne.NewSize(100, 50), func(s fyne.Size) {
		m := h.clear.MinSize().Max(fyne.NewSize(120, theme.TouchFar))
		top, low := height(h.text), height(h.sub)
		y := max((s.Height-top-low)/2, 0)
		place(h.text, 10, y, s.Width-m.Width-30, top)
		place(h.sub, 10, y+top, s.Width-m.Width-30, low)
		place(h.clear, s.Width-m.Width, (s.Height-m.Height)/2, m.Width, m.Height)
	}, h.text, h.sub, h.clear), 10)
	h.object = container.NewStack(frame)
	return h
}

func (h *haltBar) show(v *console.View) {
	w := h.env.Words
	title := w.T("stopped.title")
	switch {
	case v.Pen.Phase == console.Fault:
		title = w.T("fault.title") + " · " + w.Or("fault."+v.Pen.Fault.String(), v.Pen.Fault.String())
	case !v.Stop.Confirmed && v.Stop.Active:
		title = w.T("stopped.sending")
	}
	h.text.Set(widgets.Title(title).In(theme.HighInk).Marked(widgets.MarkSquare))
	h.sub.Set(widgets.Muted(stopDetail(w, v)))
	reason := ""
	if !v.Stop.CanClear {
		reason = w.T("stopped.release")
	}
	h.clear.SetDisabled(!v.Stop.CanClear, reason)
}

// stopDetail says what is known of the stop.
func stopDetail(w *words.Words, v *console.View) string {
	text := w.T("stopped.moving")
	if v.Stop.NeedleBack {
		text = w.T("stopped.back")
	}
	if v.Stop.Confirmed && v.Stop.Latency > 0 {
		text += " · " + w.T("stopped.confirmed", words.Milliseconds(v.Stop.Latency))
	}
	return text
}
