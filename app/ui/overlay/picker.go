package overlay

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
)

// Item is one thing that can be picked.
type Item struct {
	Key      string // handed to OnChoose; also its name in a trace
	Name     string
	Detail   string // a second line
	Right    string // a word at the right
	Current  bool   // what is chosen now
	Disabled bool
	Reason   string // why it is disabled; takes the place of Detail
}

// Picker chooses one of several items.
type Picker struct {
	Title string
	Items []Item
	// Search is the text in the empty search field; "" leaves the field out.
	Search string
	// Find returns the items for what was typed. Nil: those whose name or
	// detail contains it, in whatever case.
	Find  func(text string) []Item
	Empty string // what to do when nothing fits
	// Anchor is the control that asked; the picker opens under it.
	Anchor   fyne.CanvasObject
	OnChoose func(key string)
	OnCancel func() // closed without a choice; may be nil
}

// pickerWidth is the least width of a picker, pickerWidest the greatest that
// its second lines may ask for, and pickerRows how many rows it would like to
// show at most.
const (
	pickerWidth  float32 = 460
	pickerWidest float32 = 900
	pickerRows   int     = 8
)

// widthFor is the width in which no second line is cut, if there is one.
func widthFor(items []Item) float32 {
	widest := float32(0)
	for _, i := range items {
		for _, text := range []string{i.Detail, i.Reason} {
			widest = max(widest, widgets.NewLine(widgets.Small(text)).NaturalWidth())
		}
	}
	return min(max(widest+2*pad+2*gap, pickerWidth), pickerWidest)
}

// ShowPicker opens a picker. OnChoose is called after it has closed.
func (l *Layer) ShowPicker(p Picker) {
	items := p.Items
	list := widgets.NewRowList(l.router, nil, func(i int) {
		key := items[i].Key
		l.shut()
		p.OnChoose(key)
	})
	fill := func(shown []Item) {
		items = shown
		list.Set(rows(shown), p.Empty)
		list.Select(start(shown))
	}
	fill(items)
	f := &frame{width: widthFor(p.Items), body: list}
	above := float32(0)
	var search *widgets.TextEntry
	if p.Search != "" {
		find := p.Find
		if find == nil {
			find = func(text string) []Item { return matching(p.Items, text) }
		}
		search = widgets.NewSearchEntry(l.router, p.Search, func(text string) { fill(find(text)) })
		search.OnKey = list.Key
		f.body = container.NewBorder(search, nil, nil, nil, container.New(&under{gap}, list))
		above = search.MinSize().Height + gap + theme.Gap
	}
	f.bodyFor = func(float32) float32 {
		return above + list.RowHeight()*float32(min(max(len(p.Items), 2), pickerRows))
	}
	if p.Anchor != nil {
		f.width = max(f.width, p.Anchor.Size().Width)
	}
	panel := newPanel(l.router, f, p.Title, l.Close)
	panel.anchor, panel.light, panel.onCancel = p.Anchor, true, p.OnCancel
	panel.focus = list
	if search != nil {
		panel.focus = search
	}
	l.show(panel)
	list.Select(start(items)) // now that it has a size, it can be scrolled to
}

// rows are the rows of a list for items.
func rows(items []Item) []widgets.Row {
	out := make([]widgets.Row, len(items))
	for i, it := range items {
		r := widgets.Row{Key: it.Key, Title: []widgets.Run{widgets.Strong(it.Name)}, Disabled: it.Disabled, Reason: it.Reason}
		if it.Detail != "" {
			r.Sub = []widgets.Run{widgets.Small(it.Detail)}
		}
		if it.Right != "" {
			r.Right = []widgets.Run{widgets.Muted(it.Right)}
		}
		if it.Current {
			r.Mark, r.MarkColor = widgets.IconCheck, theme.Accent
		}
		out[i] = r
	}
	return out
}

// start is the row that is selected first: the current one, else the first
// that can be chosen.
func start(items []Item) int {
	for i, it := range items {
		if it.Current && !it.Disabled {
			return i
		}
	}
	for i, it := range items {
		if !it.Disabled {
			return i
		}
	}
	return -1
}

func matching(items []Item, text string) []Item {
	text = strings.ToLower(strings.TrimSpace(text))
	if text == "" {
		return items
	}
	var out []Item
	for _, it := range items {
		if strings.Contains(strings.ToLower(it.Name+"\n"+it.Detail), text) {
			out = append(out, it)
		}
	}
	return out
}

// under leaves a space above its only object.
type under struct{ space float32 }

// MinSize implements fyne.Layout.
func (u *under) MinSize(o []fyne.CanvasObject) fyne.Size {
	return o[0].MinSize().AddWidthHeight(0, u.space)
}

// Layout implements fyne.Layout.
func (u *under) Layout(o []fyne.CanvasObject, s fyne.Size) {
	set(o[0], 0, u.space, s.Width, max(s.Height-u.space, 0))
}
