package pages

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"stipple/app/clinical"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// mostPulseRows is how many rows of pulses exist; a page never shows more.
const mostPulseRows = 14

// pulseColumn is one column of the table of pulses. Share is its part of the
// width.
type pulseColumn struct {
	key   string
	share float32
	text  func(clinical.Pulse) string
}

// pulseTable shows the pulses of a record, a page at a time.
type pulseTable struct {
	w       *words.Words
	kind    clinical.PenKind
	pulses  []clinical.Pulse
	first   int
	shown   int
	columns []pulseColumn
	heads   []*widgets.Line
	cells   [][]*widgets.Line
	rule    fyne.CanvasObject
	inner   *fyne.Container
	object  *fyne.Container
}

// mostPulseColumns is the number of columns of the wider table.
const mostPulseColumns = 10

func newPulseTable(w *words.Words) *pulseTable {
	t := &pulseTable{w: w, rule: widgets.NewGround(theme.Line)}
	objects := []fyne.CanvasObject{t.rule}
	for range mostPulseColumns {
		l := widgets.NewLine()
		t.heads = append(t.heads, l)
		objects = append(objects, l)
	}
	for range mostPulseRows {
		row := make([]*widgets.Line, mostPulseColumns)
		for i := range row {
			row[i] = widgets.NewLine()
			objects = append(objects, row[i])
		}
		t.cells = append(t.cells, row)
	}
	t.inner = arrange(fyne.NewSize(300, 60), t.layout, objects...)
	t.object = container.NewStack(widgets.NewCard(t.inner, 8))
	return t
}

// columnsOf is what is shown of the pulses of a kind of pen: measured values,
// what was set stands among the facts.
func columnsOf(w *words.Words, kind clinical.PenKind) []pulseColumn {
	head := []pulseColumn{
		{"record.col.pulse", 0.8, func(p clinical.Pulse) string { return words.Count(int(p.Index)) }},
		{"record.col.time", 1.1, func(p clinical.Pulse) string { return words.Time(p.At) }},
		{"record.col.pass", 0.6, func(p clinical.Pulse) string { return words.Count(p.Pass) }},
		{"record.col.depth", 1, func(p clinical.Pulse) string { return words.Millimetres(p.Depth) + " mm" }},
	}
	tail := pulseColumn{"record.col.result", 1.2, func(p clinical.Pulse) string { return w.Or("result."+p.Result, p.Result) }}
	if kind != clinical.RF {
		return append(head,
			pulseColumn{"record.col.speed", 1.2, func(p clinical.Pulse) string { return words.Count(int(p.Speed)) + " /min" }},
			pulseColumn{"record.col.pull", 1, func(p clinical.Pulse) string { return words.Count(int(p.Duration)) + " ms" }},
			pulseColumn{"record.col.strokes", 1, func(p clinical.Pulse) string { return words.Count(int(p.Strokes)) }}, tail)
	}
	return append(head,
		pulseColumn{"record.col.power", 0.9, func(p clinical.Pulse) string { return words.Watts(p.Power) + " W" }},
		pulseColumn{"record.col.pulse_ms", 0.9, func(p clinical.Pulse) string { return words.Count(int(p.Duration)) + " ms" }},
		pulseColumn{"record.col.energy", 0.95, func(p clinical.Pulse) string { return words.Energy(p.Energy) }},
		pulseColumn{"record.col.ohm", 0.95, func(p clinical.Pulse) string { return words.Count(int(p.Impedance)) + " Ω" }},
		pulseColumn{"record.col.temp", 0.9, func(p clinical.Pulse) string { return words.Degrees(p.PeakTemp) + " °C" }}, tail)
}

func (t *pulseTable) set(kind clinical.PenKind, pulses []clinical.Pulse) {
	t.kind, t.pulses, t.first = kind, pulses, 0
	t.columns = columnsOf(t.w, kind)
	for i, h := range t.heads {
		if i < len(t.columns) {
			h.Set(widgets.Small(t.w.T(t.columns[i].key)))
		} else {
			h.Set()
		}
	}
	t.fill()
}

// turn pages forwards or backwards.
func (t *pulseTable) turn(by int) {
	if to := t.first + by*max(t.shown, 1); to >= 0 && to < len(t.pulses) {
		t.first = to
	}
	t.fill()
}

func (t *pulseTable) fill() {
	for i, row := range t.cells {
		at := t.first + i
		for j, cell := range row {
			if at >= len(t.pulses) || j >= len(t.columns) || i >= t.shown {
				cell.Set()
				continue
			}
			cell.Set(widgets.Plain(t.columns[j].text(t.pulses[at])).Sized(theme.SizeLabel))
		}
	}
	if len(t.pulses) == 0 && t.shown > 0 {
		text := t.w.T("record.pulses.none")
		if t.kind != clinical.RF {
			text = t.w.T("record.pulls.none")
		}
		t.cells[0][0].Set(widgets.Small(text))
	}
}

func (t *pulseTable) line() float32 { return height(t.heads[0]) + 4 }

// window says which pulses fit into a height.
func (t *pulseTable) window(tall float32) (first, n, total int) {
	fit := min(max(int((tall-16-t.line()-6)/t.line()), 1), mostPulseRows)
	if fit != t.shown {
		t.shown = fit
		t.fill()
	}
	return t.first, min(fit, len(t.pulses)-t.first), len(t.pulses)
}

func (t *pulseTable) layout(s fyne.Size) {
	var shares float32
	for _, c := range t.columns {
		shares += c.share
	}
	line := t.line()
	place(t.rule, -8, line+2, s.Width+16, 1)
	x := float32(6)
	for j := range t.heads {
		if j >= len(t.columns) {
			continue
		}
		wide := (s.Width - 12) * t.columns[j].share / shares
		place(t.heads[j], x, 0, wide-4, line)
		for i, row := range t.cells {
			cell := wide - 4
			if len(t.pulses) == 0 && j == 0 {
				cell = s.Width - 12
			}
			place(row[j], x, line+6+float32(i)*line, cell, line)
		}
		x += wide
	}
}
