package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"stipple/app/chart"
	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/pages"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
	"stipple/protocol"
)

// The live charts: room for the longest history at the highest rate of STATUS,
// and a gap where nothing came for as long as a value may be believed.
const (
	chartCapacity = int(historyLongest/time.Second) * protocol.MaxStatusRate * 5 / 4
	chartGap      = console.BlankAfter
	sampleBatch   = 256
)

// Fixed scales (auto-scaling confuses). They are room to draw in, not limits:
// those come from the pen.
const (
	impedanceScale    = 1000       // Ω
	tempLow, tempHigh = 2000, 7000 // 0.01 °C: from a cold tip to a hot one
	tempRoom          = 300        // above the pen's limit
)

// liveColumn is the column of live values and their charts.
type liveColumn struct {
	w      *Window
	panels []*livePanel
	seen   uint64
	batch  []console.Sample
	kind   clinical.PenKind
	rows   *fyne.Container
	object *fyne.Container
	newest int64
	room   float32
}

// livePanel is one value with what to read out of a sample and a status.
type livePanel struct {
	widget *widgets.LivePanel
	series *chart.Series
	sample func(console.Sample) int32
	text   func(protocol.Status) string
	unit   string
	rfOnly bool
	trace  fyne.ThemeColorName
}

func newLiveColumn(w *Window) *liveColumn {
	c := &liveColumn{w: w, batch: make([]console.Sample, sampleBatch)}
	t := w.words
	add := func(name, label, unit string, rfOnly bool, trace fyne.ThemeColorName, sample func(console.Sample) int32, text func(protocol.Status) string) {
		p := &livePanel{series: chart.NewSeries(chartCapacity, chartGap.Microseconds()), sample: sample, text: text, unit: unit, rfOnly: rfOnly, trace: trace}
		p.widget = widgets.NewLivePanel(label, p.series)
		w.names.Set(p.widget, "live", "live."+name)
		c.panels = append(c.panels, p)
	}
	add("depth", t.T("live.depth"), t.T("unit.mm"), false, theme.Accent,
		// The deepest since the sample before: no short stroke is lost.
		func(s console.Sample) int32 { return int32(s.DepthMax) },
		func(s protocol.Status) string { return words.Millimetres(protocol.Micrometres(s.Depth.Max)) })
	add("speed", t.T("live.speed"), t.T("unit.perMin"), false, theme.LowInk,
		func(s console.Sample) int32 { return int32(s.Speed) },
		func(s protocol.Status) string { return words.Count(int(s.Speed.Now)) })
	add("power", t.T("live.power"), t.T("unit.W"), true, theme.MediumInk,
		func(s console.Sample) int32 { return int32(s.PowerMax) },
		func(s protocol.Status) string { return words.Watts(protocol.Milliwatts(s.PowerMax)) })
	add("impedance", t.T("live.impedance"), t.T("unit.ohm"), true, theme.ServiceInk,
		func(s console.Sample) int32 { return int32(s.Impedance) },
		func(s protocol.Status) string { return impedanceText(t, s) })
	add("temp", t.T("live.temp"), t.T("unit.degC"), true, theme.HighInk,
		func(s console.Sample) int32 { return int32(s.Temp) },
		func(s protocol.Status) string { return words.Degrees(protocol.Centidegrees(s.Temp)) })
	objects := make([]fyne.CanvasObject, len(c.panels))
	for i, p := range c.panels {
		objects[i] = p.widget
	}
	c.rows = container.New(column{gap: 10, least: 60, most: 170}, objects...)
	c.object = container.New(c, c.rows, widgets.NewGround(theme.Line))
	return c
}

// setRoom says how much of the column's height lies above STOP.
func (c *liveColumn) setRoom(room float32) {
	if c.room != room {
		c.room = room
		c.object.Refresh()
	}
}

// MinSize implements fyne.Layout.
func (c *liveColumn) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(theme.LiveWidth, 300)
}

// Layout implements fyne.Layout: the charts take what lies above STOP. They stand
// on the window's own ground: one of the column's own would be a sixth of all that
// a redraw paints.
func (c *liveColumn) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	objects[1].Resize(fyne.NewSize(1, s.Height))
	c.rows.Move(fyne.NewPos(stopSide, 6))
	c.rows.Resize(fyne.NewSize(s.Width-2*stopSide, max(min(c.room, s.Height)-18, 0)))
}

// impedanceText is the impedance, or that there is no contact.
func impedanceText(t *words.Words, s protocol.Status) string {
	if s.Impedance == 0 {
		return t.T("live.nothing")
	}
	return words.Count(int(s.Impedance))
}

// show fits scales and lines to the pen and its settings.
func (c *liveColumn) show(v *console.View) {
	if v.Pen.Kind != c.kind {
		c.kind = v.Pen.Kind
		for _, p := range c.panels {
			p.series.Clear()
		}
		c.seen = 0
	}
	relay := false
	for i, p := range c.panels {
		visible := !p.rfOnly || v.Pen.Kind == clinical.RF
		if p.widget.Visible() != visible {
			relay = true
			if visible {
				p.widget.Show()
			} else {
				p.widget.Hide()
			}
		}
		p.widget.SetScale(scaleOf(i, p, v, c.w.prefs.history()))
	}
	if relay {
		c.rows.Refresh()
	}
}

// The places of the panels.
const (
	panelDepth = iota
	panelSpeed
	panelPower
	panelImpedance
	panelTemp
)

// parameterOf is the control that a panel measures.
func parameterOf(panel int) (clinical.Parameter, bool) {
	switch panel {
	case panelDepth:
		return clinical.Depth, true
	case panelSpeed:
		return clinical.Speed, true
	case panelPower:
		return clinical.Power, true
	}
	return 0, false
}

func control(v *console.View, panel int) (console.Control, bool) {
	par, ok := parameterOf(panel)
	if !ok {
		return console.Control{}, false
	}
	for _, c := range v.Controls {
		if c.Limit.Parameter == par {
			return c, true
		}
	}
	return console.Control{}, false
}

// scaleOf is the fixed scale of a panel. That of a setting is a third above
// what is set, so that the curve keeps its shape from depth to depth, and the
// pen's whole range where nothing is set.
func scaleOf(i int, p *livePanel, v *console.View, history time.Duration) widgets.LiveScale {
	s := widgets.LiveScale{High: 1, Window: history.Microseconds(), Trace: p.trace}
	switch i {
	case panelImpedance:
		s.High = impedanceScale
		if v.Pen.ImpedanceHigh > 0 {
			s.Limits = []int32{int32(v.Pen.ImpedanceLow), int32(v.Pen.ImpedanceHigh)}
		}
		return s
	case panelTemp:
		s.Low, s.High = tempLow, tempHigh
		if v.Pen.TempMax > 0 {
			s.High = max(s.High, int32(v.Pen.TempMax)+tempRoom)
			s.Limits = []int32{int32(v.Pen.TempMax)}
		}
		return s
	}
	c, ok := control(v, i)
	if !ok {
		return s
	}
	s.High = c.Limit.ScaleMax
	if c.IsSet {
		s.Limits = []int32{c.Applied}
		s.High = min(c.Applied+max(c.Applied/3, 1), max(c.Limit.ScaleMax, c.Applied+1))
	}
	return s
}

// tick takes in new samples and draws texts and charts.
func (c *liveColumn) tick(now time.Time, live console.LiveView) {
	c.take()
	drawn := now.UnixMicro()
	if !c.w.view.Pen.Connected {
		drawn = max(c.newest, 0)
	}
	for i, p := range c.panels {
		if !p.widget.Visible() {
			continue
		}
		p.widget.Set(c.state(i, p, live))
		p.widget.Redraw(drawn)
	}
}

func (c *liveColumn) take() {
	for {
		n, next := c.w.cfg.Desk.Samples(c.seen, c.batch)
		c.seen = next
		for _, s := range c.batch[:n] {
			c.newest = s.At
			for _, p := range c.panels {
				if s.Gap {
					p.series.Break()
				}
				p.series.Add(s.At, p.sample(s))
			}
		}
		if n < len(c.batch) {
			return
		}
	}
}

// state is the text of a panel. A last value is never shown as live.
func (c *liveColumn) state(i int, p *livePanel, live console.LiveView) widgets.LiveState {
	s := widgets.LiveState{Unit: p.unit, Right: c.note(i)}
	switch f := live.Freshness(); {
	case !c.w.view.Pen.Connected, f >= console.Blank:
		return s
	case f == console.Dimmed:
		s.Quality = widgets.Stale
	default:
		s.Quality = widgets.InTolerance
	}
	s.Value = p.text(live.Status)
	if !fits(p.widget, s) {
		s.Right = "" // large text: what is set stands on the card too
	}
	if ctl, ok := control(c.w.view, i); ok && s.Quality == widgets.InTolerance {
		s.Quality = pages.Quality(c.w.words, c.w.view.Pen.Kind, ctl, live)
	}
	return s
}

// fits says whether value, unit and note stand side by side on a panel. The
// note, which is no measured value, may shrink by a quarter for that.
func fits(p *widgets.LivePanel, s widgets.LiveState) bool {
	const label, gaps, shrink = 84, 9, 0.75
	value := widgets.NewLine(widgets.Title(s.Value), widgets.Small(s.Unit)).NaturalWidth()
	note := widgets.NewLine(widgets.Small(s.Right)).NaturalWidth()
	return p.Size().Width <= 0 || label+gaps+value+note*shrink <= p.Size().Width
}

// note is what stands at the right of a panel: what is set, or the limits.
func (c *liveColumn) note(i int) string {
	t := c.w.words
	pen := c.w.view.Pen
	switch {
	case i == panelImpedance && pen.ImpedanceHigh > 0:
		return t.T("live.window", words.Count(int(pen.ImpedanceLow)), words.Count(int(pen.ImpedanceHigh)))
	case i == panelTemp && pen.TempMax > 0:
		return t.T("live.max", words.Degrees(pen.TempMax))
	}
	if _, ok := parameterOf(i); !ok {
		return ""
	}
	ctl, ok := control(c.w.view, i)
	if !ok || !ctl.IsSet {
		return t.T("live.nothing")
	}
	return t.T("live.set", clinical.Format(ctl.Limit.Parameter, ctl.Applied))
}

// retheme draws the charts in new colours.
func (c *liveColumn) retheme() {
	for _, p := range c.panels {
		p.widget.Refresh()
	}
}

// column is a layout of equal rows, no lower than least and no higher than
// most.
type column struct{ gap, least, most float32 }

func (c column) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(100, c.least)
}

func (c column) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	n := float32(0)
	for _, o := range objects {
		if o.Visible() {
			n++
		}
	}
	if n == 0 {
		return
	}
	each := min((s.Height-(n-1)*c.gap)/n, c.most)
	y := float32(0)
	for _, o := range objects {
		if o.Visible() {
			o.Move(fyne.NewPos(0, y))
			o.Resize(fyne.NewSize(s.Width, each))
			y += each + c.gap
		}
	}
}
