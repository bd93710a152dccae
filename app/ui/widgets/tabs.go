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

// Tabs chooses one of a few views. It shows the choice; the page shows the
// view.
type Tabs struct {
	base
	tabs     []*tab
	selected int
	onSelect func(int)
}

// NewTabs returns tabs with the first selected. onSelect is not called by
// Select.
func NewTabs(r *keys.Router, labels []string, onSelect func(int)) *Tabs {
	t := &Tabs{onSelect: onSelect}
	for i, l := range labels {
		w := &tab{label: l, index: i, tabs: t}
		w.router = r
		w.onKey = w.key
		w.ExtendBaseWidget(w)
		t.tabs = append(t.tabs, w)
	}
	t.ExtendBaseWidget(t)
	return t
}

// SetLabel changes a tab's words, such as a count in them.
func (t *Tabs) SetLabel(i int, label string) {
	if i < 0 || i >= len(t.tabs) || t.tabs[i].label == label {
		return
	}
	t.tabs[i].label = label
	t.Refresh()
}

// Select shows a tab as chosen.
func (t *Tabs) Select(i int) {
	if i < 0 || i >= len(t.tabs) || i == t.selected {
		return
	}
	t.selected = i
	t.Refresh()
}

// Selected is the index of the chosen tab.
func (t *Tabs) Selected() int { return t.selected }

// CreateRenderer implements fyne.Widget.
func (t *Tabs) CreateRenderer() fyne.WidgetRenderer {
	line := canvas.NewRectangle(color.Black)
	objects := []fyne.CanvasObject{line}
	for _, w := range t.tabs {
		objects = append(objects, w)
	}
	const gap = 20
	return newDrawn(&drawn{
		owner:   t,
		objects: objects,
		min: func() fyne.Size {
			w := float32(0)
			for _, x := range t.tabs {
				w += x.MinSize().Width + gap
			}
			return fyne.NewSize(w, max(theme.Touch, textHeight(t, theme.SizeBody)+20))
		},
		layout: func(s fyne.Size) {
			place(line, 0, s.Height-1, s.Width, 1)
			x := float32(0)
			for _, w := range t.tabs {
				wide := w.MinSize().Width
				place(w, x, 0, wide, s.Height)
				x += wide + gap
			}
		},
		paint: func() { line.FillColor = ink(t, theme.Line) },
	})
}

// tab is one of the tabs.
type tab struct {
	pressable
	label string
	index int
	tabs  *Tabs
}

func (w *tab) key(k fyne.KeyName) {
	all := w.tabs.tabs
	switch {
	case isEnter(k) || k == fyne.KeySpace:
		w.choose()
	case k == fyne.KeyRight && w.index+1 < len(all):
		takeFocus(all[w.index+1])
	case k == fyne.KeyLeft && w.index > 0:
		takeFocus(all[w.index-1])
	}
}

func (w *tab) choose() {
	w.tabs.Select(w.index)
	if w.tabs.onSelect != nil {
		w.tabs.onSelect(w.index)
	}
}

// PartName is the tab's name in a trace: its index.
func (w *tab) PartName() string { return strconv.Itoa(w.index) }

// Tapped chooses the tab.
func (w *tab) Tapped(*fyne.PointEvent) { w.choose() }

// MouseDown takes the focus.
func (w *tab) MouseDown(*desktop.MouseEvent) {
	w.here()
	takeFocus(w)
}

// MouseUp implements desktop.Mouseable.
func (w *tab) MouseUp(*desktop.MouseEvent) {}

// CreateRenderer implements fyne.Widget.
func (w *tab) CreateRenderer() fyne.WidgetRenderer {
	frame, bar := newPlate(), canvas.NewRectangle(color.Black)
	word := canvas.NewText("", color.Black)
	word.Alignment = fyne.TextAlignCenter
	return newDrawn(&drawn{
		owner:   w,
		objects: frame.under(word, bar),
		min: func() fyne.Size {
			m := fyne.MeasureText(w.label, size(w, theme.SizeBody), fyne.TextStyle{Bold: true})
			return fyne.NewSize(max(theme.Touch, m.Width+10), max(theme.Touch, m.Height))
		},
		layout: func(s fyne.Size) {
			frame.place(0, 4, s.Width, s.Height-8)
			place(word, 0, 0, s.Width, s.Height)
			place(bar, 0, s.Height-3, s.Width, 3)
		},
		paint: func() {
			on := w.tabs.selected == w.index
			word.Text, word.TextSize, word.TextStyle = w.label, size(w, theme.SizeBody), fyne.TextStyle{Bold: on}
			word.Color = ink(w, theme.TextSecondary)
			if on || w.hovered {
				word.Color = ink(w, theme.Text)
			}
			bar.FillColor, bar.Hidden = ink(w, theme.Accent), !on
			frame.overlay(w, color.Transparent, w.focused)
		},
	})
}
