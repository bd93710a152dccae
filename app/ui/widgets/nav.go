package widgets

import (
	"image/color"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"

	"stipple/app/ui/keys"
	"stipple/app/ui/theme"
)

// NavItem is one page of the navigation.
type NavItem struct {
	Icon  Icon
	Label string
}

// NavRail is the navigation at the left, 92 wide. Tab goes through its items,
// up and down arrows move between them.
type NavRail struct {
	base
	items    []*navItem
	selected int
	onSelect func(int)
}

// navItemHeight is the height of an item: an icon over its word.
const navItemHeight = 76

// NewNavRail returns a rail with the first item selected. onSelect gets the
// index of the item that was chosen; it is not called by Select.
func NewNavRail(r *keys.Router, items []NavItem, onSelect func(int)) *NavRail {
	n := &NavRail{onSelect: onSelect}
	for i, it := range items {
		w := &navItem{item: it, rail: n, index: i}
		w.router = r
		w.onKey = w.key
		w.ExtendBaseWidget(w)
		n.items = append(n.items, w)
	}
	n.ExtendBaseWidget(n)
	return n
}

// Select shows an item as the current page.
func (n *NavRail) Select(i int) {
	if i == n.selected || i < 0 || i >= len(n.items) {
		return
	}
	old := n.selected
	n.selected = i
	n.items[old].Refresh()
	n.items[i].Refresh()
}

// Selected is the index of the current page.
func (n *NavRail) Selected() int { return n.selected }

// CreateRenderer implements fyne.Widget.
func (n *NavRail) CreateRenderer() fyne.WidgetRenderer {
	edge := canvas.NewRectangle(color.Black)
	objects := []fyne.CanvasObject{edge}
	for _, it := range n.items {
		objects = append(objects, it)
	}
	return newDrawn(&drawn{
		owner:   n,
		objects: objects,
		min:     func() fyne.Size { return fyne.NewSize(theme.NavWidth, float32(len(n.items))*navItemHeight+16) },
		layout: func(s fyne.Size) {
			place(edge, s.Width-1, 0, 1, s.Height)
			for i, it := range n.items {
				place(it, 0, 8+float32(i)*navItemHeight, s.Width-1, navItemHeight)
			}
		},
		paint: func() { edge.FillColor = ink(n, theme.Line) },
	})
}

// navItem is one item of the rail.
type navItem struct {
	pressable
	item  NavItem
	rail  *NavRail
	index int
}

func (w *navItem) key(k fyne.KeyName) {
	switch {
	case isEnter(k) || k == fyne.KeySpace:
		w.choose()
	case k == fyne.KeyDown && w.index+1 < len(w.rail.items):
		takeFocus(w.rail.items[w.index+1])
	case k == fyne.KeyUp && w.index > 0:
		takeFocus(w.rail.items[w.index-1])
	}
}

func (w *navItem) choose() {
	w.rail.Select(w.index)
	if w.rail.onSelect != nil {
		w.rail.onSelect(w.index)
	}
}

// PartName is the item's name in a trace: its index.
func (w *navItem) PartName() string { return strconv.Itoa(w.index) }

// Tapped goes to the page.
func (w *navItem) Tapped(*fyne.PointEvent) { w.choose() }

// MouseDown shows the press.
func (w *navItem) MouseDown(*desktop.MouseEvent) {
	w.here()
	takeFocus(w)
	w.pressed = true
	w.Refresh()
}

// MouseUp ends the press.
func (w *navItem) MouseUp(*desktop.MouseEvent) {
	w.pressed = false
	w.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (w *navItem) CreateRenderer() fyne.WidgetRenderer {
	ground, bar := newPlate(), canvas.NewRectangle(color.Black)
	mark, word := newGlyph(), canvas.NewText("", color.Black)
	word.Alignment = fyne.TextAlignCenter
	const side, barWidth = 24, 4
	return newDrawn(&drawn{
		owner:   w,
		objects: ground.under(bar, mark.Image, word),
		min:     func() fyne.Size { return fyne.NewSize(theme.NavWidth-1, navItemHeight) },
		layout: func(s fyne.Size) {
			th := word.MinSize().Height
			top := (s.Height - side - 8 - th) / 2
			ground.place(0, 0, s.Width, s.Height)
			place(bar, 0, 0, barWidth, s.Height)
			place(mark, (s.Width-side)/2, top, side, side)
			place(word, 0, top+side+8, s.Width, th)
		},
		paint: func() {
			on := w.rail.selected == w.index
			shade := theme.TextSecondary
			var fill color.Color = color.Transparent
			if on || w.hovered {
				fill = ink(w, w.ground(theme.Raised, theme.Pressed))
			}
			if on {
				shade = theme.Text
			}
			width := float32(0)
			if w.focused {
				width = focusWidth
			}
			ground.paint(fill, ink(w, theme.Accent), width, 0)
			bar.FillColor = ink(w, theme.Accent)
			bar.Hidden = !on
			mark.set(w.item.Icon, ink(w, shade))
			word.TextSize = shrink(w, theme.SizeLabel, w.item.Label, false, theme.NavWidth-12)
			word.Color = ink(w, shade)
			word.Text = fit(w.item.Label, word.TextSize, false, theme.NavWidth-8)
		},
	})
}
