package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"

	"stipple/app/ui/keys"
	"stipple/app/ui/theme"
)

// Row is one row of a list: two lines at the left, two at the right. A row
// whose second line is empty everywhere is shown on one.
type Row struct {
	Key             string // tells the row from others in a trace of the window
	Title, Sub      []Run
	Right, RightSub []Run
	Disabled        bool   // can be seen and not chosen
	Reason          string // why not; stands in the place of Sub
	Mark            Icon   // before the title
	MarkColor       fyne.ThemeColorName
}

// RowHeight is the height of a row with two lines, RowHeightSingle with one.
const (
	RowHeight       float32 = 62
	RowHeightSingle float32 = 48
)

// RowList is a list of rows that can be as long as it likes: only the rows in
// sight exist. Arrow keys, Page Up and Page Down, Home and End move the selection, Enter
// or a tap chooses.
type RowList struct {
	focusable
	rows     []Row
	selected int
	height   float32
	onSelect func(int)
	onChoose func(int)
	scroll   *container.Scroll
	sheet    *rowSheet
	empty    *Paragraph
}

// NewRowList returns an empty list. onSelect gets the row that the arrow keys
// moved to, onChoose the one that was tapped or entered. Both may be nil.
func NewRowList(r *keys.Router, onSelect, onChoose func(int)) *RowList {
	l := &RowList{selected: -1, height: RowHeight, onSelect: onSelect, onChoose: onChoose}
	l.router = r
	l.onKey = l.key
	l.sheet = &rowSheet{list: l}
	l.sheet.ExtendBaseWidget(l.sheet)
	l.scroll = container.NewVScroll(l.sheet)
	l.scroll.OnScrolled = func(fyne.Position) { l.sheet.arrange() }
	l.empty = NewParagraph(Muted(""))
	l.ExtendBaseWidget(l)
	return l
}

// Set shows rows and keeps the selection where it still exists. empty is what
// to do next, shown where there are no rows.
func (l *RowList) Set(rows []Row, empty string) {
	l.rows = rows
	l.selected = min(l.selected, len(rows)-1)
	l.height = RowHeightSingle
	for _, r := range rows {
		if len(r.Sub) > 0 || len(r.RightSub) > 0 || r.Reason != "" {
			l.height = RowHeight
			break
		}
	}
	// Larger text asks for larger rows.
	need := textHeight(l, theme.SizeBody) + 16
	if l.height == RowHeight {
		need += textHeight(l, theme.SizeLabel)
	}
	l.height = max(l.height, need)
	l.empty.Set(Muted(empty))
	l.empty.Hidden = len(rows) > 0
	l.sheet.Refresh()
	l.scroll.Refresh()
	l.Refresh()
}

// Select moves the selection without telling anybody; -1 selects nothing.
func (l *RowList) Select(i int) {
	if i < -1 || i >= len(l.rows) {
		return
	}
	l.selected = i
	l.reveal()
	l.sheet.arrange()
}

// Selected is the index of the selected row, -1 where there is none.
func (l *RowList) Selected() int { return l.selected }

// RowHeight is the height of each row as it is now.
func (l *RowList) RowHeight() float32 { return l.height }

// Rows are the rows that are shown.
func (l *RowList) Rows() []Row { return l.rows }

// Key moves or chooses by a key, for a field above the list that passes on
// what it does not need. It returns whether it used the key.
func (l *RowList) Key(k fyne.KeyName) bool {
	page := max(int(l.scroll.Size().Height/l.height)-1, 1)
	switch k {
	case fyne.KeyDown:
		l.move(1)
	case fyne.KeyUp:
		l.move(-1)
	case fyne.KeyPageDown:
		l.move(page)
	case fyne.KeyPageUp:
		l.move(-page)
	case fyne.KeyReturn, fyne.KeyEnter:
		if l.selected < 0 {
			return false
		}
		l.choose(l.selected)
	default:
		return false
	}
	return true
}

// key is Key with those that a field above would use itself.
func (l *RowList) key(k fyne.KeyName) {
	switch k {
	case fyne.KeyHome:
		l.move(-len(l.rows))
	case fyne.KeyEnd:
		l.move(len(l.rows))
	default:
		l.Key(k)
	}
}

func (l *RowList) move(by int) {
	if len(l.rows) == 0 {
		return
	}
	to := min(max(l.selected+by, 0), len(l.rows)-1)
	if to == l.selected {
		return
	}
	l.Select(to)
	if l.onSelect != nil {
		l.onSelect(to)
	}
}

func (l *RowList) choose(i int) {
	if i < 0 || i >= len(l.rows) || l.rows[i].Disabled {
		return
	}
	l.Select(i)
	if l.onChoose != nil {
		l.onChoose(i)
	}
}

// reveal scrolls the selection into sight.
func (l *RowList) reveal() {
	if l.selected < 0 {
		return
	}
	top := float32(l.selected) * l.height
	view, offset := l.scroll.Size().Height, l.scroll.Offset.Y
	switch {
	case view <= 0:
	case top < offset:
		l.scroll.ScrollToOffset(fyne.NewPos(0, top))
	case top+l.height > offset+view:
		l.scroll.ScrollToOffset(fyne.NewPos(0, top+l.height-view))
	}
}

// CreateRenderer implements fyne.Widget.
func (l *RowList) CreateRenderer() fyne.WidgetRenderer {
	frame := newPlate()
	return newDrawn(&drawn{
		owner:   l,
		objects: append([]fyne.CanvasObject{l.scroll, l.empty}, frame.under()...),
		min:     func() fyne.Size { return fyne.NewSize(200, 2*RowHeightSingle) },
		layout: func(s fyne.Size) {
			place(l.scroll, 0, 0, s.Width, s.Height)
			place(l.empty, 16, 16, max(s.Width-32, 0), max(s.Height-32, 0))
			frame.place(0, 0, s.Width, s.Height)
			l.sheet.arrange()
		},
		paint: func() { frame.overlay(l, color.Transparent, l.focused) },
	})
}

// rowSheet is the full length of a list, of which only what is in sight has
// widgets.
type rowSheet struct {
	base
	list *RowList
	pool []*rowView
}

// arrange gives each row in sight a widget.
func (s *rowSheet) arrange() {
	l := s.list
	first := max(int(l.scroll.Offset.Y/l.height), 0)
	count := 0
	if h := l.scroll.Size().Height; h > 0 {
		count = min(int(h/l.height)+2, len(l.rows)-first)
	}
	for len(s.pool) < count {
		v := &rowView{list: l, title: NewLine(), sub: NewLine(),
			right:    NewLineAligned(fyne.TextAlignTrailing),
			rightSub: NewLineAligned(fyne.TextAlignTrailing)}
		v.ExtendBaseWidget(v)
		s.pool = append(s.pool, v)
	}
	for i, v := range s.pool {
		if i >= count {
			v.Hide()
			continue
		}
		v.show(first + i)
		place(v, 0, float32(first+i)*l.height, l.scroll.Size().Width, l.height)
		v.Show()
	}
	canvas.Refresh(s)
}

// CreateRenderer implements fyne.Widget.
func (s *rowSheet) CreateRenderer() fyne.WidgetRenderer { return &sheetRenderer{s} }

type sheetRenderer struct{ sheet *rowSheet }

func (r *sheetRenderer) Destroy()         {}
func (r *sheetRenderer) Layout(fyne.Size) { r.sheet.arrange() }
func (r *sheetRenderer) Refresh() {
	for _, v := range r.sheet.pool {
		v.Refresh()
	}
	r.sheet.arrange()
}

func (r *sheetRenderer) MinSize() fyne.Size {
	l := r.sheet.list
	return fyne.NewSize(100, float32(len(l.rows))*l.height)
}

func (r *sheetRenderer) Objects() []fyne.CanvasObject {
	objects := make([]fyne.CanvasObject, len(r.sheet.pool))
	for i, v := range r.sheet.pool {
		objects[i] = v
	}
	r.sheet.keep(objects)
	return objects
}

// rowView draws one row.
type rowView struct {
	base
	list            *RowList
	index           int
	row             Row
	selected        bool
	hovered         bool
	title, sub      *Line
	right, rightSub *Line
}

func (v *rowView) show(i int) {
	row, selected := v.list.rows[i], v.list.selected == i
	title, sub, tint := row.Title, row.Sub, fyne.ThemeColorName("")
	if row.Disabled {
		tint = theme.TextSecondary
		if row.Reason != "" {
			sub = []Run{Small(row.Reason).In(theme.MediumInk)}
		}
	}
	v.title.Set(title...)
	v.title.setTint(tint)
	v.sub.Set(sub...)
	v.right.Set(row.Right...)
	v.rightSub.Set(row.RightSub...)
	v.index, v.row = i, row
	if v.selected != selected {
		v.selected = selected
	}
	v.Refresh()
}

// PartName is the row's name in a trace.
func (v *rowView) PartName() string { return "choice." + v.row.Key }

// Disabled reports whether the row can't be chosen.
func (v *rowView) Disabled() bool { return v.row.Disabled }

// Tapped chooses the row.
func (v *rowView) Tapped(*fyne.PointEvent) { v.list.choose(v.index) }

// MouseIn implements desktop.Hoverable.
func (v *rowView) MouseIn(*desktop.MouseEvent) {
	v.hovered = true
	v.Refresh()
}

// MouseMoved implements desktop.Hoverable.
func (v *rowView) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (v *rowView) MouseOut() {
	v.hovered = false
	v.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (v *rowView) CreateRenderer() fyne.WidgetRenderer {
	ground, bar, line := canvas.NewRectangle(color.Black), canvas.NewRectangle(color.Black), canvas.NewRectangle(color.Black)
	mark := newGlyph()
	const pad = 16
	return newDrawn(&drawn{
		owner:   v,
		objects: []fyne.CanvasObject{ground, bar, line, mark.Image, v.title, v.sub, v.right, v.rightSub},
		min:     func() fyne.Size { return fyne.NewSize(100, v.list.height) },
		layout: func(s fyne.Size) {
			place(ground, 0, 0, s.Width, s.Height-1)
			place(bar, 0, 0, 4, s.Height-1)
			place(line, 0, s.Height-1, s.Width, 1)
			left := float32(pad)
			if v.row.Mark != IconNone {
				const side = 16
				place(mark, left, (s.Height-side)/2, side, side)
				left += side + 10
			}
			body, small := textHeight(v, theme.SizeBody), textHeight(v, theme.SizeLabel)
			inner := s.Width - left - pad
			top := (s.Height - 1 - body) / 2
			two := len(v.sub.runs) > 0 || len(v.rightSub.runs) > 0
			if two {
				top = (s.Height - 1 - body - small + 2) / 2
			}
			place2 := func(l, r *Line, y, h float32) {
				wide := min(r.NaturalWidth()+1, inner*0.6)
				place(r, s.Width-pad-wide, y, wide, h)
				place(l, left, y, max(inner-wide-8, 0), h)
			}
			place2(v.title, v.right, top, body)
			place2(v.sub, v.rightSub, top+body-2, small)
		},
		paint: func() {
			ground.FillColor = color.Transparent
			if v.selected || v.hovered {
				ground.FillColor = ink(v, theme.Raised)
			}
			bar.FillColor, bar.Hidden = ink(v, theme.Accent), !v.selected
			line.FillColor = ink(v, theme.Line)
			shade := v.row.MarkColor
			if shade == "" {
				shade = theme.Accent
			}
			mark.set(v.row.Mark, ink(v, shade))
		},
	})
}
