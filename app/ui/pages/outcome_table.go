package pages

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// outcomeTable shows the lines of a reconciliation, a page at a time.
type outcomeTable struct {
	rows   []outcomeRow
	first  int
	shown  int
	heads  [3]*widgets.Line
	cells  [][3]*widgets.Line
	rule   fyne.CanvasObject
	inner  *fyne.Container
	object *fyne.Container
}

// mostOutcomeRows is how many lines exist; a page never shows more.
const mostOutcomeRows = 14

func newOutcomeTable(w *words.Words) *outcomeTable {
	t := &outcomeTable{rule: widgets.NewGround(theme.Line)}
	objects := []fyne.CanvasObject{t.rule}
	for i, key := range []string{"outcome.col.what", "outcome.col.console", "outcome.col.pen"} {
		t.heads[i] = widgets.NewLine(widgets.Small(w.T(key)))
		objects = append(objects, t.heads[i])
	}
	for range mostOutcomeRows {
		row := [3]*widgets.Line{widgets.NewLine(), widgets.NewLine(), widgets.NewLine()}
		objects = append(objects, row[0], row[1], row[2])
		t.cells = append(t.cells, row)
	}
	t.inner = arrange(fyne.NewSize(300, 60), t.layout, objects...)
	t.object = container.NewStack(widgets.NewCard(t.inner, 8))
	return t
}

// set shows other lines, from the first one on where they are another run's.
func (t *outcomeTable) set(rows []outcomeRow, again bool) {
	t.rows = rows
	if !again || t.first >= len(rows) {
		t.first = 0
	}
	t.fill()
}

// turn pages forwards or backwards.
func (t *outcomeTable) turn(by int) {
	if to := t.first + by*max(t.shown, 1); to >= 0 && to < len(t.rows) {
		t.first = to
	}
	t.fill()
}

func (t *outcomeTable) fill() {
	for i, row := range t.cells {
		at := t.first + i
		if at >= len(t.rows) || i >= t.shown {
			for _, c := range row {
				c.Set()
			}
			continue
		}
		r := t.rows[at]
		row[0].Set(r.look.run(r.what))
		row[1].Set(widgets.Muted(r.console))
		row[2].Set(widgets.Plain(r.pen))
	}
}

func (t *outcomeTable) line() float32 { return height(t.cells[0][0]) + 4 }

// window says which lines fit into a height.
func (t *outcomeTable) window(tall float32) (first, n, total int) {
	fit := min(max(int((tall-16-height(t.heads[0])-10)/t.line()), 1), mostOutcomeRows)
	if fit != t.shown {
		t.shown = fit
		t.fill()
	}
	return t.first, min(fit, len(t.rows)-t.first), len(t.rows)
}

func (t *outcomeTable) layout(s fyne.Size) {
	// The pen's column has whole sentences.
	shares := [3]float32{0.2, 0.26, 0.54}
	head := height(t.heads[0])
	place(t.rule, -8, head+4, s.Width+16, 1)
	x := float32(6)
	for j := range t.heads {
		wide := (s.Width - 12) * shares[j]
		place(t.heads[j], x, 0, wide-12, head)
		for i, row := range t.cells {
			place(row[j], x, head+10+float32(i)*t.line(), wide-12, t.line())
		}
		x += wide
	}
}
