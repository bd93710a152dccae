package pages

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"stipple/app/ui/widgets"
)

// factSheet is a card of facts, each with its name, in columns.
type factSheet struct {
	columns int
	names   []*widgets.Line
	values  []*widgets.Line
	inner   *fyne.Container
	object  *fyne.Container
}

// fact is one line of a sheet.
type fact struct {
	name  string
	value widgets.Run
}

func newFactSheet(columns int) *factSheet {
	f := &factSheet{columns: columns}
	f.inner = arrange(fyne.NewSize(100, 40), f.layout)
	f.object = container.NewStack(widgets.NewCard(f.inner, cardPad))
	return f
}

func (f *factSheet) set(facts []fact) {
	for len(f.names) < len(facts) {
		name, value := widgets.NewLine(), widgets.NewLine()
		f.names, f.values = append(f.names, name), append(f.values, value)
		f.inner.Add(name)
		f.inner.Add(value)
	}
	for i := range f.names {
		if i >= len(facts) {
			f.names[i].Set()
			f.values[i].Set()
			continue
		}
		f.names[i].Set(widgets.Small(facts[i].name))
		f.values[i].Set(facts[i].value)
	}
	f.inner.Refresh()
}

// rows is how many rows the facts fill.
func (f *factSheet) rows() int {
	n := 0
	for _, l := range f.names {
		if l.Text() != "" {
			n++
		}
	}
	return (n + f.columns - 1) / f.columns
}

func (f *factSheet) line() float32 {
	if len(f.values) == 0 {
		return 0
	}
	return height(f.values[0]) + lineGap
}

// height is what the sheet needs.
func (f *factSheet) height() float32 { return float32(f.rows())*f.line() + 2*cardPad }

func (f *factSheet) layout(s fyne.Size) {
	rows := f.rows()
	if rows == 0 {
		return
	}
	wide := (s.Width - float32(f.columns-1)*20) / float32(f.columns)
	first := wide
	if f.columns == 2 {
		// The left column has the long values: settings and limits.
		first = (s.Width - 20) * 0.56
	}
	name := float32(0)
	for _, l := range f.names {
		name = max(name, l.NaturalWidth())
	}
	name = min(name+16, wide/2)
	for i := range f.names {
		x, each := float32(i/rows)*(first+20), wide
		if f.columns == 2 {
			each = first
			if i >= rows {
				each = s.Width - 20 - first
			}
		}
		y := float32(i%rows) * f.line()
		place(f.names[i], x, y, name, f.line())
		place(f.values[i], x+name, y, each-name, f.line())
	}
}
