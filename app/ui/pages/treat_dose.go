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

// set shows a figure and says whether that changed its words.
func (s *stat) set(name string, value ...widgets.Run) bool {
	before := s.name.Text() + s.value.Text()
	s.name.Set(widgets.Small(name))
	s.value.Set(value...)
	return s.name.Text()+s.value.Text() != before
}

func (s *stat) width() float32 { return max(s.name.NaturalWidth(), s.value.NaturalWidth()) + 1 }

func (s *stat) height() float32 { return height(s.name) + height(s.value) - lineGap }

// doseRow is the energy at one spot and what the run has come to.
type doseRow struct {
	env    *Env
	dose   *widgets.DoseBar
	figure *stat // the dose again, for a narrow row
	spot   *widgets.PickerButton
	stats  []*stat // pass, pulses, energy or strokes, zone time
	card   *widgets.Card
	inner  *fyne.Container
	object *fyne.Container

	hasDose, hasSpot bool
	fresh            console.Freshness // of what the pen says
}

// dosePad is the padding of the row's card.
const dosePad float32 = 6

// tall is the height that the row needs.
func (r *doseRow) tall() float32 {
	return max(r.stats[0].height(), height(r.spot)) + 2*dosePad
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
	r := &doseRow{env: env, dose: widgets.NewDoseBar(), figure: newStat()}
	r.spot = widgets.NewPickerButton(env.Keys, env.active(pickSpot))
	env.name(r.spot, "picker", "treat.spot")
	objects := []fyne.CanvasObject{r.dose, r.figure.object, r.spot}
	for range statCount {
		s := newStat()
		r.stats = append(r.stats, s)
		objects = append(objects, s.object)
	}
	r.inner = arrange(fyne.NewSize(200, 44), r.layout, objects...)
	r.card = widgets.NewCard(r.inner, dosePad)
	r.object = container.NewStack(r.card)
	return r
}

// layout puts the dose first and shares what is left among the figures.
func (r *doseRow) layout(s fyne.Size) {
	x := cardPad - dosePad
	x = r.layoutDose(x, s)
	need := float32(0)
	for _, st := range r.stats {
		if st.object.Visible() {
			need += st.width()
		}
	}
	const least, most = 10, 40
	room := s.Width - x - dosePad
	gap := min(max((room-need)/statCount, least), most)
	// Where there is no room for all, each gives way alike: its text shrinks.
	part := min((room-gap*(statCount-1))/need, 1)
	for _, st := range r.stats {
		if st.object.Visible() {
			w := st.width() * part
			place(st.object, x, 0, w, s.Height)
			x += w + gap
		}
	}
}

// layoutDose places the dose, as a bar where there is room and else as a
// figure, and the pulses at one spot. It returns where they end.
func (r *doseRow) layoutDose(x float32, s fyne.Size) float32 {
	const spotWide, gap = 150, 18
	need := x + gap
	for _, st := range r.stats {
		need += st.width() + 10
	}
	// A row that is too narrow for all does without the choice while it is
	// locked.
	show(r.spot, r.hasSpot && !(r.spot.Disabled() && need+spotWide+gap+r.figure.width() > s.Width))
	if r.spot.Visible() {
		need += spotWide + gap
	}
	bar := r.dose.NaturalWidth() + 2
	if r.hasDose {
		roomy := need+bar <= s.Width
		show(r.dose, roomy)
		show(r.figure.object, !roomy)
		w := bar
		if !roomy {
			w = r.figure.width()
		}
		place(r.dose, x, 0, w, s.Height)
		place(r.figure.object, x, 0, w, s.Height)
		x += w + gap
	}
	if r.spot.Visible() {
		place(r.spot, x, (s.Height-height(r.spot))/2, spotWide, height(r.spot))
		x += spotWide + gap
	}
	return x
}

// show draws a view and says whether the row came or went.
func (r *doseRow) show(v *console.View) bool {
	w := r.env.Words
	changed := show(r.object, rowNeeded(v))
	inner := r.hasDose != v.Dose.Present
	r.hasDose = v.Dose.Present
	if !r.hasDose {
		show(r.dose, false)
		show(r.figure.object, false)
	}
	value, cap := widgets.Strong(clinical.FormatDose(v.Dose.PerPin)), w.T("dose.of", clinical.FormatDose(v.Dose.Cap))
	r.dose.Set(w.T("dose"), int64(v.Dose.PerPin), int64(v.Dose.Cap), value, widgets.Muted(cap))
	r.figure.set(w.T("dose"), value, widgets.Muted(cap))
	spot := v.Spot.Max > 1 && v.Pen.Kind == clinical.RF
	inner = r.hasSpot != spot || inner
	r.hasSpot = spot
	if !spot {
		show(r.spot, false)
	}
	r.spot.Set(w.T("run.spot"), words.Count(v.Spot.Pulses), "")
	r.spot.SetDisabled(locked(v) || !may(v, clinical.PermitTreat))
	if r.showRun(v) || inner || changed {
		r.inner.Refresh()
	}
	return changed
}

// rowNeeded says whether there is anything to stand in the row: an RF pen's
// dose, or a run.
func rowNeeded(v *console.View) bool {
	return len(v.Controls) > 0 && (v.Pen.Kind == clinical.RF || v.Run.Open)
}

// showRun draws the figures of the run and says whether any changed.
func (r *doseRow) showRun(v *console.View) bool {
	w, run := r.env.Words, v.Run
	figure := func(text string) widgets.Run {
		if !run.Open {
			return widgets.Muted(w.T("live.nothing"))
		}
		return widgets.Strong(text)
	}
	changed := r.stats[statPass].set(w.T("run.pass"), figure(words.Count(run.Pass)))
	pulses, energy := w.T("run.pulses"), figure(words.Energy(run.Energy))
	name := w.T("run.energy")
	if v.Pen.Kind != clinical.RF {
		pulses, name, energy = w.T("run.pulls"), w.T("run.strokes"), figure(words.Count(int(run.Strokes)))
	}
	changed = r.stats[statPulses].set(pulses, figure(words.Count(run.Pulses))) || changed
	changed = r.stats[statEnergy].set(name, energy) || changed
	// The others are counted out of what is on record; this one runs with STATUS.
	time := figure(words.Clock(run.ZoneTime))
	switch {
	case !run.Open || v.Pen.Phase != console.Treating || r.fresh == console.Fresh:
	case r.fresh == console.Dimmed:
		time = widgets.Muted(words.Clock(run.ZoneTime)).Marked(widgets.MarkClock)
	default:
		time = widgets.Muted(w.T("live.none"))
	}
	return r.stats[statTime].set(w.T("run.zone_time"), time) || changed
}

// tick draws what depends on the age of what the pen says.
func (r *doseRow) tick(v *console.View, f console.Freshness) {
	if r.fresh == f {
		return
	}
	r.fresh = f
	if r.showRun(v) {
		r.inner.Refresh()
	}
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
		m := h.clear.MinSize().Max(fyne.NewSize(120, min(theme.TouchFar, s.Height)))
		top, low := height(h.text), height(h.sub)
		wide := s.Width - m.Width - 30
		if y := (s.Height - top - low) / 2; y >= -8 {
			place(h.text, 10, y, wide, top)
			place(h.sub, 10, y+top, wide, low)
		} else { // large text: side by side
			first := min(h.text.NaturalWidth()+1, wide)
			place(h.text, 10, (s.Height-top)/2, first, top)
			place(h.sub, 22+first, (s.Height-low)/2, wide-first-12, low)
		}
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
		title = w.T("fault.title")
	case !v.Stop.Confirmed && v.Stop.Active:
		title = w.T("stopped.sending")
	}
	h.text.Set(widgets.Title(title).In(theme.HighInk).Marked(widgets.MarkSquare))
	h.sub.Set(widgets.Muted(stopDetail(w, v)))
	h.clear.SetDisabled(!v.Stop.CanClear || !may(v, clinical.PermitClear), "")
}

// stopDetail says what is known of the stop, or of the fault.
func stopDetail(w *words.Words, v *console.View) string {
	text := w.T("stopped.moving")
	if v.Stop.NeedleBack {
		text = w.T("stopped.back")
	}
	if v.Pen.Phase == console.Fault {
		text = w.Or("fault."+v.Pen.Fault.String(), v.Pen.Fault.String()) + " · " + text
	}
	if v.Stop.Confirmed && v.Stop.Latency > 0 {
		text += " · " + w.T("stopped.confirmed", words.Milliseconds(v.Stop.Latency))
	}
	if v.Stop.Confirmed && !v.Stop.CanClear {
		text += " · " + w.T("stopped.release")
	}
	if !may(v, clinical.PermitClear) {
		text += " · " + w.T("stopped.nobody")
	}
	return text
}
