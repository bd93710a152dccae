package widgets

import (
	"fyne.io/fyne/v2"

	"stipple/app/ui/keys"
)

// Choice is a row of buttons of which one is on: the sex of a patient, the
// seconds of a chart.
type Choice struct {
	base
	buttons  []*Button
	selected int
}

// NewChoice returns a row with nothing chosen. onSelect is not called by
// Select.
func NewChoice(r *keys.Router, labels []string, onSelect func(int)) *Choice {
	c := &Choice{selected: -1}
	for i, l := range labels {
		b := NewButton(r, Secondary, l, func() {
			c.Select(i)
			if onSelect != nil {
				onSelect(i)
			}
		})
		b.Name = l
		c.buttons = append(c.buttons, b)
	}
	c.ExtendBaseWidget(c)
	return c
}

// Select shows a button as chosen; -1 none.
func (c *Choice) Select(i int) {
	if i < -1 || i >= len(c.buttons) {
		return
	}
	c.selected = i
	for j, b := range c.buttons {
		kind, icon := Secondary, IconNone
		if j == i {
			kind, icon = Primary, IconCheck
		}
		b.SetKind(kind)
		b.setIcon(icon)
	}
}

// SetDisabled takes one of the buttons away, or gives it back.
func (c *Choice) SetDisabled(i int, disabled bool) {
	if i >= 0 && i < len(c.buttons) {
		c.buttons[i].SetDisabled(disabled, "")
	}
}

// Selected is the index of what is chosen, -1 for nothing.
func (c *Choice) Selected() int { return c.selected }

// CreateRenderer implements fyne.Widget.
func (c *Choice) CreateRenderer() fyne.WidgetRenderer {
	const gap = 8
	objects := make([]fyne.CanvasObject, len(c.buttons))
	for i, b := range c.buttons {
		objects[i] = b
	}
	return newDrawn(&drawn{
		owner:   c,
		objects: objects,
		min: func() fyne.Size {
			var m fyne.Size
			for _, b := range c.buttons {
				m = m.Max(b.MinSize())
			}
			n := float32(len(c.buttons))
			return fyne.NewSize(n*m.Width+max(n-1, 0)*gap, m.Height)
		},
		layout: func(s fyne.Size) {
			n := float32(len(c.buttons))
			w := (s.Width - (n-1)*gap) / max(n, 1)
			for i, b := range c.buttons {
				place(b, float32(i)*(w+gap), 0, w, s.Height)
			}
		},
	})
}
